"""Revisions: the one that a release registers, and the one that serves."""

from typing import Any

import pytest

from tests.tools.release.world import ACCOUNT, NAME, REGION, Calls, add_task_set, revision, route, service
from tools.release.aws import Aws
from tools.release.context import ReleaseError
from tools.release.manifest import Manifest
from tools.release.revision import Serving, register, serving
from tools.release.sides import weights

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/isms-backend@sha256:{'1' * 64}"
OTHER = IMAGE.replace("1" * 64, "2" * 64)


def describe(aws: Aws, arn: str) -> Any:  # noqa: ANN401 the whole answer
    """A revision with its tags."""
    answer = aws.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    return {**answer["taskDefinition"], "tags": {tag["key"]: tag["value"] for tag in answer["tags"]}}


class TestRegister:
    """A revision with another image."""

    def test_only_image(self, aws: Aws, manifest: Manifest) -> None:
        """Nothing but the image differs from Terraform's revision."""
        before = describe(aws, manifest.ecs.task_definition)
        after = describe(aws, register(aws, manifest, IMAGE, "sha-1"))
        before["containerDefinitions"][0]["image"] = IMAGE
        own = {"taskDefinitionArn", "revision", "tags"}

        assert {key: value for key, value in before.items() if key not in own} == {
            key: value for key, value in after.items() if key not in own
        }

    def test_tags(self, aws: Aws, manifest: Manifest) -> None:
        """The tags are Terraform's, but the one that says so, and the tag that was asked for."""
        assert {"Application": "isms", "ImageTag": "sha-1"} == describe(aws, register(aws, manifest, IMAGE, "sha-1"))[
            "tags"
        ]

    def test_aws_tags(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Tags of AWS's own cannot be set by anybody else."""
        aws.ecs.tag_resource(
            resourceArn=manifest.ecs.task_definition, tags=[{"key": "aws:cloudformation:stack-id", "value": "1"}]
        )
        register(aws, manifest, IMAGE, "sha-1")

        assert ["Application", "ImageTag"] == [tag["key"] for tag in calls.of("RegisterTaskDefinition")[0]["tags"]]

    def test_other_containers(self, aws: Aws, manifest: Manifest) -> None:
        """A container beside the service's keeps its image."""
        base = describe(aws, manifest.ecs.task_definition)
        side: Any = {"name": "sidecar", "image": "sidecar:1", "memory": 64}
        arn = aws.ecs.register_task_definition(
            family=NAME, containerDefinitions=[side, *base["containerDefinitions"]], cpu="512", memory="1024"
        )["taskDefinition"]["taskDefinitionArn"]
        ecs = manifest.ecs.model_copy(update={"task_definition": arn})
        made = describe(aws, register(aws, manifest.model_copy(update={"ecs_": ecs}), IMAGE, "sha-1"))

        assert ["sidecar:1", IMAGE] == [one["image"] for one in made["containerDefinitions"]]

    def test_terraforms_newest(self, aws: Aws, manifest: Manifest) -> None:
        """A release starts from Terraform's revision, not from that of an earlier release with an older setting."""
        old = describe(aws, manifest.ecs.task_definition)["containerDefinitions"]
        old[0]["environment"] = [{"name": "DB_NAME", "value": "old"}]
        aws.ecs.register_task_definition(family=NAME, containerDefinitions=old, cpu="512", memory="1024")
        made = describe(aws, register(aws, manifest, IMAGE, "sha-1"))

        assert [{"name": "DB_NAME", "value": "app"}] == made["containerDefinitions"][0]["environment"]

    def test_again(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A release that is resumed finds the revision that it made."""
        first = register(aws, manifest, IMAGE, "sha-1")

        assert (first, 1) == (register(aws, manifest, IMAGE, "sha-1"), len(calls.of("RegisterTaskDefinition")))

    def test_another_order(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """The same content in another order is the same: ECS does not promise an order."""
        first = register(aws, manifest, IMAGE, "sha-1")
        made = describe(aws, first)
        made["tags"] = [{"key": key, "value": made["tags"][key]} for key in sorted(made["tags"], reverse=True)]
        terraforms = aws.ecs.describe_task_definition(taskDefinition=manifest.ecs.task_definition, include=["TAGS"])
        answers = {NAME: {"taskDefinition": made, "tags": made["tags"]}, manifest.ecs.task_definition: terraforms}
        calls.answers["DescribeTaskDefinition"] = lambda asked: answers[asked["taskDefinition"]]

        assert first == register(aws, manifest, IMAGE, "sha-1")

    @pytest.mark.parametrize(("image", "tag"), [(OTHER, "sha-1"), (IMAGE, "sha-2")])
    def test_another(self, aws: Aws, manifest: Manifest, image: str, tag: str) -> None:
        """Another image, or the same by another name, is another revision."""
        register(aws, manifest, IMAGE, "sha-1")

        assert register(aws, manifest, image, tag).endswith(f"{NAME}:3")

    def test_deregistered(self, aws: Aws, manifest: Manifest) -> None:
        """A revision that somebody took away is not used again."""
        first = register(aws, manifest, IMAGE, "sha-1")
        aws.ecs.deregister_task_definition(taskDefinition=first)

        assert first != register(aws, manifest, IMAGE, "sha-1")

    def test_command_order(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """The order of words in a command counts."""
        register(aws, manifest, IMAGE, "sha-1")
        newest: Any = aws.ecs.describe_task_definition(taskDefinition=NAME, include=["TAGS"])
        terraforms: Any = aws.ecs.describe_task_definition(
            taskDefinition=manifest.ecs.task_definition, include=["TAGS"]
        )
        newest["taskDefinition"]["containerDefinitions"][0]["command"] = ["b", "a"]
        terraforms["taskDefinition"]["containerDefinitions"][0]["command"] = ["a", "b"]
        answers = {NAME: newest, manifest.ecs.task_definition: terraforms}
        calls.answers["DescribeTaskDefinition"] = lambda asked: answers[asked["taskDefinition"]]

        assert register(aws, manifest, IMAGE, "sha-1").endswith(f"{NAME}:3")

    def test_gone(self, aws: Aws, manifest: Manifest) -> None:
        """Terraform's revision must be there."""
        ecs = manifest.ecs.model_copy(update={"task_definition": f"{manifest.ecs.task_definition}00"})
        with pytest.raises(ReleaseError, match=f"backend: there is no revision .*{NAME}:100: deploy the stack again"):
            register(aws, manifest.model_copy(update={"ecs_": ecs}), IMAGE, "sha-1")

    def test_no_container(self, aws: Aws, manifest: Manifest) -> None:
        """The container of the manifest must be in it."""
        ecs = manifest.ecs.model_copy(update={"container": "web"})
        with pytest.raises(ReleaseError, match=f"backend: .*{NAME}:1 has no container web"):
            register(aws, manifest.model_copy(update={"ecs_": ecs}), IMAGE, "sha-1")


class TestServing:
    """What runs in deploy mode blue_green."""

    def test_terraforms(self, aws: Aws, manifest: Manifest) -> None:
        """Before the first release Terraform's revision serves, by the tag in its image's name."""
        now = serving(aws, manifest)

        assert (manifest.ecs.task_definition, f"{manifest.image.uri}:staging", "staging", "blue", "blue") == (
            now.task_definition,
            now.image,
            now.image_tag,
            now.color,
            now.tasks_color,
        )

    def test_released(self, aws: Aws, manifest: Manifest) -> None:
        """After a release it is the primary task set, with the tag that was asked for."""
        arn = revision(aws, manifest, "sha-1", IMAGE)
        made = add_task_set(aws, manifest, arn, "green", running=2, desired=3)
        route(aws, manifest, {"blue": 0, "green": 100})

        assert Serving(
            task_definition=arn,
            image=IMAGE,
            image_tag="sha-1",
            since=serving(aws, manifest).since,
            running=2,
            desired=3,
            color="green",
            tasks_color="green",
        ) == serving(aws, manifest)
        assert made.status == "PRIMARY"

    def test_since(self, aws: Aws, manifest: Manifest) -> None:
        """How long it serves is how old its task set is."""
        made = service(manifest).task_sets[0]
        since = serving(aws, manifest).since

        assert since is not None
        assert made.createdAt.timestamp() == pytest.approx(since.timestamp(), abs=0.01)

    def test_coming(self, aws: Aws, manifest: Manifest) -> None:
        """Tasks that come in do not serve yet."""
        add_task_set(aws, manifest, revision(aws, manifest, "sha-1"), "green", status="ACTIVE")

        assert manifest.ecs.task_definition == serving(aws, manifest).task_definition

    def test_canary(self, aws: Aws, manifest: Manifest) -> None:
        """In a shift the side with the greater part of the requests serves."""
        route(aws, manifest, {"blue": 90, "green": 10})

        assert ("blue", {"blue": 90, "green": 10}) == (serving(aws, manifest).color, weights(aws, manifest))

    def test_test_listener(self, aws: Aws, manifest: Manifest) -> None:
        """Where the test listener leads does not count."""
        routes = manifest.expect_routes()
        green = routes.target_groups["green"].arn
        aws.elb.modify_rule(RuleArn=routes.rules[1], Actions=[{"Type": "forward", "TargetGroupArn": green}])

        assert {"blue": 1, "green": 0} == weights(aws, manifest)

    def test_alone(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A target group that is alone in a rule gets everything, whatever its weight."""
        routes = manifest.expect_routes()
        groups = [{"TargetGroupArn": routes.target_groups["green"].arn, "Weight": 0}]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        calls.answers["DescribeRules"] = {"Rules": [{"RuleArn": routes.rules[0], "Actions": [action]}]}

        assert {"blue": 0, "green": 1} == weights(aws, manifest)

    def test_no_rules(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Without a rule of the clients' listener nobody knows where they are led, and ELB is not asked for nothing."""
        routes = manifest.expect_routes()
        bare = routes.model_copy(update={"rules": routes.rules[1:]})
        calls.made.clear()

        assert {"blue": 0, "green": 0} == weights(aws, manifest.model_copy(update={"routes": bare}))
        assert [] == calls.made

    def test_rule_made_anew(self, aws: Aws, manifest: Manifest) -> None:
        """A rule that points at blue while green serves is seen: docs/decisions/0007-blue-green.md, Price."""
        add_task_set(aws, manifest, revision(aws, manifest, "sha-1"), "green")

        assert ("blue", "green") == (serving(aws, manifest).color, serving(aws, manifest).tasks_color)

    def test_no_way(self, aws: Aws, manifest: Manifest) -> None:
        """Rules that lead nowhere near the service have no side."""
        route(aws, manifest, {"blue": 0, "green": 0})

        assert serving(aws, manifest).color is None

    def test_no_task_sets(self, aws: Aws, manifest: Manifest) -> None:
        """A service without task sets runs its own revision."""
        service(manifest).task_sets.clear()
        now = serving(aws, manifest)

        assert (manifest.ecs.task_definition, 1, 1, None, "blue") == (
            now.task_definition,
            now.running,
            now.desired,
            now.since,
            now.tasks_color,
        )

    def test_deleted_revision(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """A revision that was deleted still serves, but nobody knows its image."""
        calls.refuse("DescribeTaskDefinition", "ClientException", "Unable to describe task definition.")

        assert ("", "") == (serving(aws, manifest).image, serving(aws, manifest).image_tag)

    @pytest.mark.parametrize(
        ("image", "tag"),
        [
            ("localhost:5000/app:v1", "v1"),
            ("localhost:5000/app", ""),
            ("localhost:5000/app:v1@sha256:1", ""),
            ("app", ""),
        ],
    )
    def test_tag_in_image(self, aws: Aws, manifest: Manifest, calls: Calls, image: str, tag: str) -> None:
        """The tag is read from the name of an image that has no digest; a port is no tag."""
        calls.answers["DescribeTaskDefinition"] = {
            "taskDefinition": {"containerDefinitions": [{"name": "backend", "image": image}]}
        }

        assert tag == serving(aws, manifest).image_tag

    @pytest.mark.parametrize("status", ["INACTIVE", "DRAINING"])
    def test_gone(self, aws: Aws, manifest: Manifest, status: str) -> None:
        """A service that is being deleted is none."""
        service(manifest).status = status
        with pytest.raises(ReleaseError, match=f"backend: there is no service {NAME} in isms-staging: deploy"):
            serving(aws, manifest)

    @pytest.mark.parametrize("part", ["service", "cluster"])
    def test_missing(self, aws: Aws, manifest: Manifest, part: str) -> None:
        """A service or a cluster that is not there is said so."""
        ecs = manifest.ecs.model_copy(update={part: "other"})
        with pytest.raises(ReleaseError, match=r"backend: there is no service .*: deploy the stack"):
            serving(aws, manifest.model_copy(update={"ecs_": ecs}))

    def test_garbled(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """An answer without what it should have is no service."""
        calls.answers["DescribeServices"] = {"services": [{}]}
        with pytest.raises(ReleaseError, match="backend: there is no service"):
            serving(aws, manifest)


class TestServingRolling:
    """What runs in deploy mode release."""

    def test_primary(self, aws: Aws, rolling_manifest: Manifest) -> None:
        """The primary deployment serves."""
        arn = revision(aws, rolling_manifest, "sha-1")
        old = service(rolling_manifest).deployments[0]
        service(rolling_manifest).deployments = [
            {**old, "status": "ACTIVE"},
            {**old, "status": "PRIMARY", "taskDefinition": arn, "runningCount": 1, "desiredCount": 2},
        ]
        now = serving(aws, rolling_manifest)

        assert (arn, "sha-1", 1, 2, "blue", "blue") == (
            now.task_definition,
            now.image_tag,
            now.running,
            now.desired,
            now.color,
            now.tasks_color,
        )

    def test_no_load_balancer(self, aws: Aws, rolling_manifest: Manifest, calls: Calls) -> None:
        """A service without load balancer has no side, and nobody is asked for its rules."""
        now = serving(aws, rolling_manifest.model_copy(update={"routes": None}))

        assert (None, None, []) == (now.color, now.tasks_color, calls.of("DescribeRules"))

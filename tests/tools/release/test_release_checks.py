"""What forbids a release, and what does not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from moto.codedeploy.models import codedeploy_backends

from tests.tools.release.world import ACCOUNT, NAME, REGION, Calls, add_task_set, push_image, revision, service
from tools.aws import clear_errors
from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.checks import check
from tools.release.context import ReleaseError
from tools.release.manifest import Manifest


def refusals(aws: Aws, manifest: Manifest, tag: str = "sha-1", **options: bool) -> list[str]:
    """All reasons why a release is refused."""
    with pytest.raises(ReleaseError) as caught:
        check(aws, manifest, tag, **{"allow_moving_tag": False, **options})
    return [str(caught.value), *caught.value.reasons]


@pytest.fixture
def image(aws: Aws, manifest: Manifest, calls: Calls) -> str:
    """Push an image that can be released."""
    return push_image(calls, aws, manifest, "sha-1")


@pytest.fixture
def rolling_image(aws: Aws, rolling_manifest: Manifest, calls: Calls) -> str:
    """Push an image that can be released."""
    return push_image(calls, aws, rolling_manifest, "sha-1")


def fire(aws: Aws, name: str) -> None:
    """Let an alarm fire."""
    aws.cloudwatch.set_alarm_state(AlarmName=f"{NAME}-{name}", StateValue="ALARM", StateReason="test")


class TestAllowed:
    """Nothing stands in the way."""

    def test_image(self, aws: Aws, manifest: Manifest, image: str) -> None:
        """What is released is the image by digest."""
        assert f"{manifest.image.uri}@{image}" == check(aws, manifest, "sha-1", allow_moving_tag=False)

    def test_rolling(self, aws: Aws, rolling_manifest: Manifest, rolling_image: str) -> None:
        """The same in deploy mode release."""
        assert check(aws, rolling_manifest, "sha-1", allow_moving_tag=False).endswith(rolling_image)

    def test_changes_nothing(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """A check changes nothing."""
        calls.made.clear()
        check(aws, manifest, "sha-1", allow_moving_tag=False)

        assert {"BatchGetImage", "GetDownloadUrlForLayer"} == {
            name for name, _ in calls.made if not name.startswith(("Describe", "List", "GetSecretValue"))
        }


class TestMode:
    """Whose the image is."""

    def test_terraform(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Where Terraform rolls out, the way is Terraform's, and nothing else is looked at."""
        terraforms = manifest.model_copy(update={"deploy_mode": "terraform", "image_variable": "backend_image_tag"})

        assert (
            [
                "backend: Terraform rolls out its image (deploy_mode terraform): "
                "cdktf deploy staging --var backend_image_tag=sha-1"
            ],
            [],
        ) == (refusals(aws, terraforms), calls.made)


class TestTags:
    """Tags that move."""

    @pytest.mark.parametrize("tag", ["latest", "staging"])
    def test_moving(self, aws: Aws, manifest: Manifest, image: str, tag: str) -> None:  # noqa: ARG002
        """A tag that moves is refused, and the one that stays is named."""
        content = aws.ecr.batch_get_image(repositoryName="isms-backend", imageIds=[{"imageTag": "sha-1"}])["images"][0]
        aws.ecr.put_image(repositoryName="isms-backend", imageManifest=content["imageManifest"], imageTag=tag)

        assert [
            f"backend: the tag {tag} moves, now it means sha-1: give one that stays, or --allow-moving-tag"
        ] == refusals(aws, manifest, tag)

    def test_only_moving(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """An image that has no other tag is said to have none."""
        push_image(calls, aws, manifest, "latest")

        assert "now no other tag means the same image" in refusals(aws, manifest, "latest")[0]

    def test_allowed(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """Who says so may release what a moving tag means now."""
        digest = push_image(calls, aws, manifest, "latest")

        assert check(aws, manifest, "latest", allow_moving_tag=True).endswith(digest)


class TestDeployments:
    """Another deployment in progress."""

    @pytest.fixture
    def deployment(self, aws: Aws, manifest: Manifest, image: str) -> Any:  # noqa: ANN401, ARG002 moto's object
        """Begin a deployment past the release command."""
        name = aws.code_deploy.create_deployment(
            applicationName=f"{NAME}-app",
            deploymentGroupName=f"{NAME}-dg",
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}},
        )["deploymentId"]
        return codedeploy_backends[ACCOUNT][REGION].deployments[name]

    @pytest.mark.parametrize("status", ["Created", "Queued", "InProgress", "Baking", "Ready"])
    def test_unfinished(self, aws: Aws, manifest: Manifest, deployment: Any, status: str) -> None:  # noqa: ANN401
        """A deployment that has not ended is named."""
        deployment.status = status

        assert [
            f"backend: deployment {deployment.deployment_id} is in progress (until its replaced tasks are gone): "
            "wait for it, or stop it"
        ] == refusals(aws, manifest)

    @pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped"])
    def test_ended(self, aws: Aws, manifest: Manifest, deployment: Any, image: str, status: str) -> None:  # noqa: ANN401
        """A deployment that ended is no hindrance, however it ended."""
        deployment.status = status

        assert check(aws, manifest, "sha-1", allow_moving_tag=False).endswith(image)

    def test_rolling(self, aws: Aws, rolling_manifest: Manifest, rolling_image: str) -> None:  # noqa: ARG002
        """A rolling update under way is named."""
        old = service(rolling_manifest).deployments[0]
        new = {**old, "id": "ecs-svc/2", "rolloutState": "IN_PROGRESS", "runningCount": 0}
        service(rolling_manifest).deployments = [new, {**old, "id": "ecs-svc/1", "status": "ACTIVE"}]

        assert ["backend: ECS is rolling out already (ecs-svc/2, ecs-svc/1): wait for it"] == refusals(
            aws, rolling_manifest
        )

    def test_rolling_end(self, aws: Aws, rolling_manifest: Manifest, rolling_image: str) -> None:  # noqa: ARG002
        """A rolling update whose old tasks are gone is under way until ECS calls it complete."""
        service(rolling_manifest).deployments[0]["rolloutState"] = "IN_PROGRESS"

        assert "is rolling out already" in refusals(aws, rolling_manifest)[0]

    def test_never_ran(self, aws: Aws, rolling_manifest: Manifest, rolling_image: str) -> None:
        """A service whose first image was missing waits for a release, and gets one."""
        service(rolling_manifest).deployments[0].update(rolloutState="IN_PROGRESS", runningCount=0)

        assert check(aws, rolling_manifest, "sha-1", allow_moving_tag=False).endswith(rolling_image)


class TestAlarms:
    """Alarms that fire already."""

    def test_coming_side(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """An alarm of the side that comes in would stop the deployment at once."""
        fire(aws, "green-5xx")

        assert [f"backend: alarm {NAME}-green-5xx is firing: wait until it is quiet"] == refusals(aws, manifest)

    def test_going_side(self, aws: Aws, manifest: Manifest, image: str) -> None:
        """An alarm of the side that goes out does not stop the release that mends it."""
        fire(aws, "blue-5xx")

        assert check(aws, manifest, "sha-1", allow_moving_tag=False).endswith(image)

    def test_sides_alternate(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """After a release blue is the side that comes in."""
        add_task_set(aws, manifest, revision(aws, manifest, "sha-0"), "green")
        fire(aws, "blue-unhealthy")

        assert [f"backend: alarm {NAME}-blue-unhealthy is firing: wait until it is quiet"] == refusals(aws, manifest)

    def test_unknown_side(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """Where nobody knows which side comes in, alarms of both count."""
        service(manifest).task_sets[0].load_balancers = []
        service(manifest).load_balancers = []
        fire(aws, "blue-5xx")

        assert [f"backend: alarm {NAME}-blue-5xx is firing: wait until it is quiet"] == refusals(aws, manifest)

    def test_of_the_service(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """An alarm of the service itself counts whatever serves."""
        alarms = manifest.alarms.model_copy(update={"service": [f"{NAME}-blue-5xx"]})
        fire(aws, "blue-5xx")

        assert [f"backend: alarm {NAME}-blue-5xx is firing: wait until it is quiet"] == refusals(
            aws, manifest.model_copy(update={"alarms": alarms})
        )

    def test_composite(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """A composite alarm is an alarm."""
        calls.answers["DescribeAlarms"] = {"CompositeAlarms": [{"AlarmName": "all", "StateValue": "ALARM"}]}

        assert ["backend: alarm all is firing: wait until it is quiet"] == refusals(aws, manifest)
        assert ["MetricAlarm", "CompositeAlarm"] == calls.of("DescribeAlarms")[0]["AlarmTypes"]  # else metrics only

    def test_many(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """AWS takes 100 names a call."""
        alarms = manifest.alarms.model_copy(update={"service": [f"a{number}" for number in range(150)]})
        check(aws, manifest.model_copy(update={"alarms": alarms}), "sha-1", allow_moving_tag=False)

        assert [100, 52] == [len(one["AlarmNames"]) for one in calls.of("DescribeAlarms")]

    def test_no_data(self, aws: Aws, manifest: Manifest, image: str) -> None:
        """An alarm without data is quiet: the side that comes in has none."""
        aws.cloudwatch.set_alarm_state(
            AlarmName=f"{NAME}-green-5xx", StateValue="INSUFFICIENT_DATA", StateReason="test"
        )

        assert check(aws, manifest, "sha-1", allow_moving_tag=False).endswith(image)

    def test_rolling(self, aws: Aws, rolling_manifest: Manifest, rolling_image: str) -> None:  # noqa: ARG002
        """In deploy mode release there is one side, whose alarms count, and a way past them."""
        fire(aws, "blue-5xx")

        assert [
            f"backend: alarm {NAME}-blue-5xx is firing: wait until it is quiet, "
            "or --despite-alarms if this release mends it"
        ] == refusals(aws, rolling_manifest)

    def test_rolling_despite(self, aws: Aws, rolling_manifest: Manifest, rolling_image: str) -> None:
        """Who mends what fires may release."""
        fire(aws, "blue-5xx")

        assert check(aws, rolling_manifest, "sha-1", allow_moving_tag=False, despite_alarms=True).endswith(
            rolling_image
        )

    def test_blue_green_despite(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """CodeDeploy would stop at once, so that there is no way past in blue_green."""
        fire(aws, "green-5xx")

        assert [f"backend: alarm {NAME}-green-5xx is firing: wait until it is quiet"] == refusals(
            aws, manifest, despite_alarms=True
        )


class TestSecrets:
    """Secrets without which no task starts."""

    def arn(self, manifest: Manifest) -> str:
        """The one secret of the service."""
        return manifest.secrets[0].arn

    def name(self, manifest: Manifest) -> str:
        """As the operator reads it."""
        return self.arn(manifest).rpartition(":secret:")[2]

    def test_no_value(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """A secret that never got a value is named, and how it gets one."""
        calls.answers["DescribeSecret"] = {"ARN": self.arn(manifest)}

        assert [
            f"backend: secret {self.name(manifest)} has no value: "
            "infra secrets set staging JWT_SECRET; infra secrets set staging API_KEY"
        ] == refusals(aws, manifest)

    def test_not_current(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """A value that a rotation has only prepared is none: tasks get the current one."""
        calls.answers["DescribeSecret"] = {"VersionIdsToStages": {"1": ["AWSPENDING"]}}

        assert f"backend: secret {self.name(manifest)} has no value: " in refusals(aws, manifest)[0]

    @pytest.mark.parametrize("value", ['{"JWT_SECRET":"a"}', '{"JWT_SECRET":"a","API_KEY":""}'])
    def test_no_key(self, aws: Aws, manifest: Manifest, image: str, value: str) -> None:  # noqa: ARG002
        """A key without a value is named where the operator may look."""
        aws.secrets.put_secret_value(SecretId=self.arn(manifest), SecretString=value)

        assert [
            f"backend: secret {self.name(manifest)} has no value of API_KEY: infra secrets set staging API_KEY"
        ] == refusals(aws, manifest)

    def test_no_json(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """What is no JSON object has no keys; what it is is not said."""
        aws.secrets.put_secret_value(SecretId=self.arn(manifest), SecretString="hunter2")

        assert [True, False] == [text in str(refusals(aws, manifest)) for text in ("JWT_SECRET, API_KEY", "hunter2")]

    def test_may_not_look(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:
        """A pipeline that may not read values releases all the same."""
        calls.refuse("GetSecretValue", "AccessDeniedException")

        assert check(aws, manifest, "sha-1", allow_moving_tag=False).endswith(image)

    def test_no_keys(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """The value of a secret without keys is not read."""
        secrets = [manifest.secrets[0].model_copy(update={"keys": []})]
        check(aws, manifest.model_copy(update={"secrets": secrets}), "sha-1", allow_moving_tag=False)

        assert [] == calls.of("GetSecretValue")

    def test_deleted(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """A secret that is being deleted is no secret."""
        aws.secrets.delete_secret(SecretId=self.arn(manifest))

        assert [f"backend: secret {self.name(manifest)} is scheduled for deletion: restore it"] == refusals(
            aws, manifest
        )

    def test_gone(self, aws: Aws, manifest: Manifest, image: str) -> None:  # noqa: ARG002
        """A secret that is gone is named."""
        aws.secrets.delete_secret(SecretId=self.arn(manifest), ForceDeleteWithoutRecovery=True)

        assert [f"backend: there is no secret {self.name(manifest)}: deploy the stack again"] == refusals(aws, manifest)


class TestAll:
    """Several reasons, and answers that are none."""

    def test_all_at_once(self, aws: Aws, manifest: Manifest, calls: Calls) -> None:
        """The operator reads all reasons at once, also when there is no image."""
        fire(aws, "green-5xx")
        calls.answers["DescribeSecret"] = {}

        assert ["there is no image", "alarm isms", "secret isms"] == [
            next(part for part in ("there is no image", "alarm isms", "secret isms") if f"backend: {part}" in reason)
            for reason in refusals(aws, manifest)
        ]

    @pytest.mark.parametrize(
        "operation",
        ["BatchGetImage", "GetDownloadUrlForLayer", "ListDeployments", "DescribeAlarms", "DescribeSecret"],
    )
    @pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "InternalFailure"])
    def test_refused_call(
        self,
        aws: Aws,
        manifest: Manifest,
        image: str,  # noqa: ARG002
        calls: Calls,
        operation: str,
        code: str,
    ) -> None:
        """What could not be checked is not taken for good: the release ends with AWS's words in one line."""
        calls.refuse(operation, code)
        with pytest.raises(InfraError) as caught, clear_errors():
            check(aws, manifest, "sha-1", allow_moving_tag=False)

        assert f"An error occurred ({code}) when calling the {operation} operation: refused by the test" == str(
            caught.value
        )

    @pytest.mark.parametrize("operation", ["BatchGetImage", "GetDownloadUrlForLayer", "ListDeployments"])
    def test_garbled(
        self,
        aws: Aws,
        manifest: Manifest,
        image: str,  # noqa: ARG002
        calls: Calls,
        operation: str,
    ) -> None:
        """A garbled answer, which botocore takes for an empty one, is not taken for good."""
        calls.answers[operation] = {}
        with pytest.raises(InfraError, match="AWS gave an answer that cannot be used: it lacks"):
            check(aws, manifest, "sha-1", allow_moving_tag=False)

    def test_garbled_xml(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """An answer that botocore cannot read ends in one line too."""
        calls.answers["DescribeRules"] = ResponseParserError("invalid\nXML")
        with pytest.raises(InfraError, match="AWS gave an answer that cannot be used: invalid XML"):
            check(aws, manifest, "sha-1", allow_moving_tag=False)

    def test_value_of_another_refusal(self, aws: Aws, manifest: Manifest, image: str, calls: Calls) -> None:  # noqa: ARG002
        """Only a missing permission to look at a value is overlooked."""
        calls.refuse("GetSecretValue", "InternalServiceError")
        with pytest.raises(ClientError):
            check(aws, manifest, "sha-1", allow_moving_tag=False)

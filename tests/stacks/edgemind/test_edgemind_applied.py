"""EdgeMind on local AWS with everything on: published, released, its origin secret rotated, and destroyed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from cdktf import App

from envs import edgemind
from modules.origin_secret import OriginSecretSettings
from stacks.edgemind import EdgeMindStack
from stacks.edgemind_settings import EdgeMindSettings
from tests.stacks import released
from tests.stacks.edgemind.sample_edgemind import EVERYTHING, ZONE
from tests.stacks.hosted_zone import make_zone
from tools import lifecycle, terraform
from tools.environment import applied
from tools.project import ROOT, Stack, load_stack

pytestmark = pytest.mark.slow

REGION = "us-east-1"
PAGE = {
    "index.html": "<script src=/assets/index-4f3c2b1a.js></script>",
    "assets/index-4f3c2b1a.js": "new WebSocket(`wss://${location.host}/ws/`)",
    "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
}
SECONDS = 180

SLOTS = {"even": "aws_ssm_parameter.origin_secret_even_98E65910", "odd": "aws_ssm_parameter.origin_secret_odd_01A7CB5E"}
RULE = "aws_lb_listener_rule.backend_route_production_C8056D4B"
DISTRIBUTION = "aws_cloudfront_distribution.site_cdn_distribution_166CAF3F"


@pytest.fixture(scope="module", autouse=True)
def providers() -> Iterator[None]:
    """Providers come from the mirror that the machine names, if it names one."""
    with applied(terraform.environment()):
        yield


def build(folder: Path, generation: int) -> Stack:
    """Synthesize the stack with this secret, and let it make the hosted zone that its settings name."""
    changes = EVERYTHING | {"disposable": True, "origin_secret": OriginSecretSettings(generation=generation)}
    context = json.loads(terraform.environment().get("CDKTF_CONTEXT_JSON", "{}"))
    app = App(outdir=str(folder / str(generation)), context=context)
    EdgeMindStack(app, "edgemind", settings=EdgeMindSettings(**dict(edgemind.SETTINGS) | changes))
    app.synth()
    stack = load_stack("edgemind", folder / str(generation))
    make_zone(stack, ZONE)
    return stack


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What CloudFront sends, and what the load balancer accepts, at one moment."""

    sent: str
    accepted: list[str]


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """What raising the generation by one did."""

    before: Secrets
    after: Secrets
    changes: list[str]
    order: list[tuple[str, str]]
    """Type and address of what Terraform began and ended, one after the other."""

    said: str
    """All that Terraform wrote while it planned and applied."""


@dataclass(kw_only=True)
class Story:
    """What the middle of the life cycle showed."""

    published: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    page: dict[str, Any] = field(default_factory=dict)
    release: subprocess.CompletedProcess[str] | None = None
    serves: str = ""
    image: tuple[str, list[str]] = ("", [])
    rotations: list[Rotation] = field(default_factory=list)
    life: lifecycle.Life | None = None


def infra(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The real command, as an operator types it."""
    command = [sys.executable, "-m", "tools", *arguments]
    return subprocess.run(  # noqa: S603 the command under test
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def secrets(outputs: dict[str, Any]) -> Secrets:
    """Read them where they are used."""
    distribution = json.loads(outputs["site_publish_manifest"])["distribution_id"]
    origins = boto3.Session().client("cloudfront", region_name=REGION).get_distribution_config(Id=distribution)
    (header,) = [
        header
        for origin in origins["DistributionConfig"]["Origins"]["Items"]
        for header in origin.get("CustomHeaders", {}).get("Items", [])
    ]
    rules = json.loads(outputs["backend_release_manifest"])["routes"]["rules"]
    (rule,) = boto3.Session().client("elbv2", region_name=REGION).describe_rules(RuleArns=rules)["Rules"]
    (accepted,) = [one["HttpHeaderConfig"]["Values"] for one in rule["Conditions"] if one["Field"] == "http-header"]
    return Secrets(sent=header["HeaderValue"], accepted=accepted)


def rotate(engine: terraform.Terraform, stack: Stack, following: Stack) -> Rotation:
    """Raise the generation, in the folder that Terraform works in."""
    shutil.copy(following.directory / "cdk.tf.json", stack.directory / "cdk.tf.json")
    before = secrets(engine.output())
    messages: list[dict[str, Any]] = []
    changes = engine.plan("rotation.tfplan")
    shown = subprocess.run(  # noqa: S603 Terraform with our own arguments
        [terraform.executable(), "show", "-no-color", "rotation.tfplan"],
        cwd=stack.directory,
        capture_output=True,
        text=True,
        check=True,
    )
    engine.apply("rotation.tfplan", report=messages.append)
    order = [
        (message["type"], message["hook"]["resource"]["addr"])
        for message in messages
        if message["type"] in ("apply_start", "apply_complete")
    ]
    return Rotation(
        before=before,
        after=secrets(engine.output()),
        changes=changes,
        order=order,
        said=json.dumps(messages) + shown.stdout,
    )


def publish(story: Story, outputs: dict[str, Any], folder: Path) -> None:
    """Publish the page twice, and look at it."""
    for name, text in PAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    story.published = [infra("publish", "edgemind", str(folder), "--no-url-check") for _ in range(2)]
    s3 = boto3.Session().client("s3", region_name=REGION)
    for item in s3.list_objects_v2(Bucket=outputs["site_bucket"]).get("Contents", []):
        answer = s3.get_object(Bucket=outputs["site_bucket"], Key=item["Key"])
        story.page[item["Key"]] = answer["Body"].read().decode()


def release(story: Story, outputs: dict[str, Any]) -> None:
    """Release the backend, and look at what serves."""
    (manifest,) = released.manifests_of(outputs)
    released.prepare(manifest)
    story.release = released.release("edgemind")
    ecs = boto3.Session().client("ecs", region_name=REGION)
    where = manifest["ecs"]
    (service,) = ecs.describe_services(cluster=where["cluster"], services=[where["service"]])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    story.serves = definition["containerDefinitions"][0]["image"].rpartition("/")[2]
    story.image = released.image_of(manifest)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, providers: None) -> Story:  # noqa: ARG001 used for its effect
    """The whole life of the stack."""
    folder = tmp_path_factory.mktemp("edgemind")
    stack = build(folder, 1)
    following = [build(folder, generation) for generation in (2, 3)]
    story = Story()

    def interlude(engine: terraform.Terraform) -> None:
        outputs = engine.output()
        publish(story, outputs, folder / "dist")
        release(story, outputs)
        story.rotations = [rotate(engine, stack, one) for one in following]

    story.life = lifecycle.run(stack, interlude=interlude)
    return story


def test_publish(story: Story) -> None:
    """The page is in the stack's bucket, and nothing else is."""
    first = story.published[0]

    assert 0 == first.returncode, first.stdout + first.stderr
    assert story.page == PAGE


def test_publish_again(story: Story) -> None:
    """There is nothing to do the second time."""
    second = story.published[1]

    assert 0 == second.returncode, second.stdout + second.stderr
    assert f"nothing to do: all {len(PAGE)} files are published" in second.stdout + second.stderr


def test_release(story: Story) -> None:
    """The backend is released by a command of its own, and what was pushed serves, by digest."""
    assert story.release is not None
    assert 0 == story.release.returncode, story.release.stdout + story.release.stderr
    assert story.image[0] == story.serves


def test_release_tags(story: Story) -> None:
    """An image that was released says where."""
    assert sorted([f"sha-{released.COMMIT}", f"edgemind-{released.COMMIT}", "edgemind"]) == story.image[1]


@pytest.mark.parametrize(("index", "slot"), [(0, "even"), (1, "odd")])
class TestRotation:
    """From the first generation to the second, and on to the third."""

    def test_changes(self, index: int, slot: str, story: Story) -> None:
        """One slot is replaced; rule and distribution change, and the bucket's policy is looked at again."""
        changes = [one for one in story.rotations[index].changes if not one.startswith("aws_s3_bucket_policy.")]

        assert {SLOTS[slot], RULE, DISTRIBUTION} == set(changes)

    def test_order(self, index: int, slot: str, story: Story) -> None:  # noqa: ARG002 one table
        """The rule accepts the new secret before CloudFront begins to send it."""
        order = story.rotations[index].order

        assert order.index(("apply_complete", RULE)) < order.index(("apply_start", DISTRIBUTION))

    def test_no_gap(self, index: int, slot: str, story: Story) -> None:  # noqa: ARG002 one table
        """What CloudFront sent before is still accepted, beside what it sends now."""
        rotation = story.rotations[index]

        assert rotation.before.sent != rotation.after.sent
        assert {rotation.before.sent, rotation.after.sent} == set(rotation.after.accepted)

    def test_not_shown(self, index: int, slot: str, story: Story) -> None:  # noqa: ARG002 one table
        """Neither the plan nor the log of the apply has a value."""
        rotation = story.rotations[index]

        assert [] == [one for one in {*rotation.before.accepted, *rotation.after.accepted} if one in rotation.said]


def test_secrets_are_all_different(story: Story) -> None:
    """Four values were accepted in the course of two rotations."""
    accepted = [value for one in story.rotations for value in (*one.before.accepted, *one.after.accepted)]

    assert 4 == len(set(accepted))


def test_life(story: Story) -> None:
    """Everything can be applied, and neither publication nor release nor rotation leaves anything to change."""
    assert story.life is not None
    assert [] == story.life.changes
    # What a release registers is not Terraform's to remove.
    assert ["ecs/task_defs/edgemind-backend:2"] == story.life.left
    assert 108 == story.life.resources

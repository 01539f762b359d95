"""Aldeia on local AWS: staging's machine with two releases and a replacement, and production on several machines."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from modules.compose_host.settings import ComposeHostSettings
from modules.load_balancer.certificate import DomainSettings
from stacks.aldeia import AldeiaStack
from stacks.aldeia_service_settings import AldeiaBackendSettings
from stacks.aldeia_settings import AldeiaSettings
from tests.stacks import released
from tests.stacks.aldeia.local_machines import client, look, machines, registered, status, until
from tests.stacks.aldeia.sample_aldeia import FILES, PRODUCTION, SEVERAL, STAGING, ZONE
from tests.stacks.hosted_zone import make_zone
from tools import lifecycle, terraform
from tools.environment import applied
from tools.project import Stack, load_stack

pytestmark = pytest.mark.slow

COMMITS = (released.COMMIT, "89abcdef0123456789abcdef0123456789abcdef")
SERVICES = ["backend", "frontend"]

APPLIED: dict[str, Any] = {
    "domain": DomainSettings(domain_name="staging.aldeia.com", hosted_zone_id=ZONE),
    "backend": AldeiaBackendSettings(image_tag="aldeia-staging", migration_command=["npm", "run", "migrate"]),
}
"""Staging with a hosted zone, and a migration that a release runs."""

LARGER = APPLIED | {"hosts": ComposeHostSettings(instance_type="t3.large")}

APPLIED_SEVERAL = SEVERAL | {
    "disposable": True,
    "domain": DomainSettings(domain_name="aldeia.com", hosted_zone_id=ZONE),
}


Machines = dict[str, dict[str, dict[str, str]]]
"""Machine → service → what it says of the service's container."""


@dataclass(kw_only=True)
class Story:
    """What the middle of a life cycle showed."""

    declared: int
    """How many resources the stack has on paper."""

    outputs: dict[str, Any] = field(default_factory=dict)
    releases: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    """What each release pushed: service → `repository@digest`."""

    tags: dict[str, list[str]] = field(default_factory=dict)
    """Service → the tags of what was released last."""

    machines: list[Machines] = field(default_factory=list)
    """After each step: what they say that they run."""

    parameters: list[dict[str, str]] = field(default_factory=list)
    """After each step: service → what is to run."""

    volumes: list[dict[str, Any]] = field(default_factory=list)
    """Before and after the replacement: the data volume as EC2 describes it."""

    types: list[str] = field(default_factory=list)
    """Before and after the replacement: the type of the machine."""

    changes: list[str] = field(default_factory=list)
    """What the replacement's plan would change."""

    targets: dict[str, list[str]] = field(default_factory=dict)
    """Service → the machines that the load balancer knows."""

    status: subprocess.CompletedProcess[str] | None = None
    life: lifecycle.Life | None = None


@pytest.fixture(scope="module", autouse=True)
def providers() -> Iterator[None]:
    """Providers come from the mirror that the machine names, if it names one."""
    with applied(terraform.environment()):
        yield


def build(folder: Path, name: str, changes: dict[str, Any]) -> Stack:
    """Synthesize the stack, and let it make the hosted zone that its settings name."""
    context = json.loads(terraform.environment().get("CDKTF_CONTEXT_JSON", "{}"))
    app = App(outdir=str(folder), context=context)
    AldeiaStack(app, name, settings=AldeiaSettings(**dict(FILES[name]) | changes))
    app.synth()
    stack = load_stack(name, folder)
    make_zone(stack, ZONE, "aldeia.com")
    return stack


def declared(stack: Stack) -> int:
    """Count the resources in the JSON."""
    document = json.loads((stack.directory / "cdk.tf.json").read_text())
    return sum(len(blocks) for blocks in document["resource"].values())


def look_around(story: Story, stack: str, services: list[str]) -> None:
    """Note what every machine runs, and what is to run."""
    group = story.outputs["auto_scaling_group_name"]
    story.machines.append({one: {name: look(stack, one, name) for name in services} for one in machines(group)})
    names = {service: f"/{stack}/compose/image/{service}" for service in SERVICES}
    story.parameters.append(
        {service: client("ssm").get_parameter(Name=name)["Parameter"]["Value"] for service, name in names.items()}
    )


def release(story: Story, stack: str, commit: str) -> None:
    """Push images of a commit and release them, and note what they are."""
    manifests = released.manifests_of(story.outputs)
    for manifest in manifests:
        released.prepare(manifest, commit)
    story.releases.append(released.release(stack, commit))
    pushed = {manifest["service"]: released.image_of(manifest, commit) for manifest in manifests}
    story.images.append({service: image for service, (image, _) in pushed.items()})
    story.tags = {service: tags for service, (_, tags) in pushed.items()}


def data(story: Story) -> None:
    """Note the data volume, and the machine that it is attached to."""
    (volume,) = client("ec2").describe_volumes(Filters=[{"Name": "tag:Name", "Values": ["aldeia-staging-data"]}])[
        "Volumes"
    ]
    (machine,) = machines(story.outputs["auto_scaling_group_name"])
    (reservation,) = client("ec2").describe_instances(InstanceIds=[machine])["Reservations"]
    story.volumes.append({"id": volume["VolumeId"], "attached": [one["InstanceId"] for one in volume["Attachments"]]})
    story.types.append(reservation["Instances"][0]["InstanceType"])


def replace_machine(story: Story, engine: terraform.Terraform, stack: Stack, following: Stack) -> None:
    """Apply another launch template, and wait until the group has done what follows from it."""
    group = story.outputs["auto_scaling_group_name"]
    before = machines(group)
    shutil.copy(following.directory / "cdk.tf.json", stack.directory / "cdk.tf.json")
    story.changes = engine.plan("replacement.tfplan")
    engine.apply("replacement.tfplan", report=lambda _: None)
    until(lambda: len(machines(group)) == 1 and machines(group) != before)


@pytest.fixture(scope="module")
def staging_story(tmp_path_factory: pytest.TempPathFactory, providers: None) -> Story:  # noqa: ARG001 for its effect
    """The whole life of staging."""
    stack = build(tmp_path_factory.mktemp("staging"), STAGING, APPLIED)
    following = build(tmp_path_factory.mktemp("larger"), STAGING, LARGER)
    story = Story(declared=declared(stack))

    def interlude(engine: terraform.Terraform) -> None:
        story.outputs = engine.output()
        look_around(story, STAGING, [*SERVICES, "chromadb"])
        for commit in COMMITS:
            release(story, STAGING, commit)
            look_around(story, STAGING, [*SERVICES, "chromadb"])
        data(story)
        replace_machine(story, engine, stack, following)
        look_around(story, STAGING, [*SERVICES, "chromadb"])
        data(story)
        story.status = status(STAGING)

    story.life = lifecycle.run(stack, interlude=interlude)
    return story


@pytest.fixture(scope="module")
def several_story(tmp_path_factory: pytest.TempPathFactory, providers: None) -> Story:  # noqa: ARG001 for its effect
    """The whole life of production on several machines."""
    stack = build(tmp_path_factory.mktemp("several"), PRODUCTION, APPLIED_SEVERAL)
    story = Story(declared=declared(stack))

    def interlude(engine: terraform.Terraform) -> None:
        story.outputs = engine.output()
        release(story, PRODUCTION, COMMITS[0])
        look_around(story, PRODUCTION, SERVICES)
        manifests = released.manifests_of(story.outputs)
        story.targets = {manifest["service"]: registered(manifest) for manifest in manifests}
        story.status = status(PRODUCTION)

    story.life = lifecycle.run(stack, interlude=interlude)
    return story


def images(seen: Machines) -> dict[str, str]:
    """What the one machine runs, of each service, without the registry's host."""
    (services,) = seen.values()
    return {name: one["image"].partition("/")[2] for name, one in services.items()}


class TestStaging:
    """One machine."""

    def test_before_the_first_release(self, staging_story: Story) -> None:
        """ChromaDB runs, the others have no image yet."""
        (services,) = staging_story.machines[0].values()

        assert {"backend": "absent", "frontend": "absent", "chromadb": "running"} == {
            name: one["state"] for name, one in services.items()
        }
        assert {"backend": "none", "frontend": "none"} == staging_story.parameters[0]

    @pytest.mark.parametrize("number", [0, 1])
    def test_release(self, number: int, staging_story: Story) -> None:
        """Both services by one command, the first time and again."""
        result = staging_story.releases[number]

        assert 0 == result.returncode, result.stdout + result.stderr

    @pytest.mark.parametrize("number", [0, 1])
    def test_migration(self, number: int, staging_story: Story) -> None:
        """It runs on the machine, and the release shows what it says."""
        assert "local AWS would run: npm run migrate" in staging_story.releases[number].stderr

    @pytest.mark.parametrize("number", [0, 1])
    def test_serves(self, number: int, staging_story: Story) -> None:
        """What was pushed runs, by digest, and the parameter says so to the next machine."""
        pushed = staging_story.images[number]
        parameters = staging_story.parameters[number + 1]

        assert pushed | {"chromadb": "chroma:0.6.3"} == images(staging_story.machines[number + 1])
        assert pushed == {service: image.partition("/")[2] for service, image in parameters.items()}

    def test_second_is_another(self, staging_story: Story) -> None:
        """The two releases differ, or nothing was shown."""
        first, second = staging_story.images

        assert [] == [service for service in SERVICES if first[service] == second[service]]

    def test_tags(self, staging_story: Story) -> None:
        """An image that was released says where."""
        commit = COMMITS[1]
        tags = sorted([f"sha-{commit}", f"aldeia-staging-{commit}", "aldeia-staging"])

        assert {"backend": tags, "frontend": tags} == staging_story.tags

    def test_replacement_is_planned(self, staging_story: Story) -> None:
        """Another type of machine is another version of the template, which the group takes; nothing else changes."""
        assert {"aws_launch_template", "aws_autoscaling_group"} == {
            change.partition(".")[0] for change in staging_story.changes
        }

    def test_machine_is_another(self, staging_story: Story) -> None:
        """Of the other type."""
        assert ["t3.medium", "t3.large"] == staging_story.types
        assert not set(staging_story.machines[2]) & set(staging_story.machines[3])

    def test_data_volume_moves(self, staging_story: Story) -> None:
        """It is the same one, attached to the new machine alone."""
        before, after = staging_story.volumes

        assert before["id"] == after["id"]
        assert [list(staging_story.machines[2]), list(staging_story.machines[3])] == [
            before["attached"],
            after["attached"],
        ]

    def test_serves_still(self, staging_story: Story) -> None:
        """The new machine runs what the old one ran."""
        assert images(staging_story.machines[2]) == images(staging_story.machines[3])

    def test_status(self, staging_story: Story) -> None:
        """It names both, with what runs."""
        assert staging_story.status is not None
        assert 0 == staging_story.status.returncode, staging_story.status.stdout + staging_story.status.stderr
        lines = [line for line in staging_story.status.stdout.splitlines() if line.startswith(("backend", "frontend"))]

        assert ["backend", "frontend"] == [line.split("\t")[0] for line in lines]
        assert [] == [line for line in lines if COMMITS[1] not in line or "1 of 1 hosts" not in line]

    def test_life(self, staging_story: Story) -> None:
        """Everything can be applied, neither release nor replacement leaves anything to change, and nothing is left."""
        assert staging_story.life is not None
        assert ([], []) == (staging_story.life.changes, staging_story.life.left)
        assert staging_story.declared == staging_story.life.resources


class TestSeveral:
    """Production on two machines, with ChromaDB on Fargate."""

    def test_release(self, several_story: Story) -> None:
        """From one machine to the next."""
        (result,) = several_story.releases

        assert 0 == result.returncode, result.stdout + result.stderr

    def test_serves(self, several_story: Story) -> None:
        """Both machines run the same."""
        (seen,) = several_story.machines
        (pushed,) = several_story.images

        assert [pushed, pushed] == [
            {name: one["image"].partition("/")[2] for name, one in services.items()} for services in seen.values()
        ]

    def test_targets(self, several_story: Story) -> None:
        """The load balancer knows both, for both services."""
        (seen,) = several_story.machines

        assert {"backend": sorted(seen), "frontend": sorted(seen)} == several_story.targets

    def test_status(self, several_story: Story) -> None:
        """It counts machines."""
        assert several_story.status is not None
        assert 2 == several_story.status.stdout.count("2 of 2 hosts"), several_story.status.stdout

    def test_life(self, several_story: Story) -> None:
        """Everything can be applied, a release leaves nothing to change, and nothing is left."""
        assert several_story.life is not None
        assert ([], []) == (several_story.life.changes, several_story.life.left)
        assert several_story.declared == several_story.life.resources

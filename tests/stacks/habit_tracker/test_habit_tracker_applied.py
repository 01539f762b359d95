"""Habit Tracker on local AWS, otherwise than its file: released with its migration, closed at night, and destroyed."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from cdktf import App

from modules.fargate.peaks import PeakSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.office_hours.settings import OfficeHoursSettings
from stacks.habit_tracker import HabitTrackerStack
from stacks.habit_tracker_settings import HabitTrackerFilesSettings, HabitTrackerSettings
from tests.stacks import released
from tests.stacks.habit_tracker.sample_habit_tracker import OTHERWISE, SETTINGS, ZONE
from tests.stacks.hosted_zone import make_zone
from tools import lifecycle, terraform
from tools.environment import applied
from tools.project import Stack, load_stack

pytestmark = pytest.mark.slow

NEW_YORK = "America/New_York"
STEPS = "python manage.py migrate --noinput && python manage.py collectstatic --noinput"
ITS_OWN = {"taskDefinitionArn", "revision", "registeredAt"}
"""What no two revisions of a family have in common."""

APPLIED = OTHERWISE | {
    "disposable": True,
    "deploy_mode": "release",
    "deployment": None,
    "files": HabitTrackerFilesSettings(),
    "scaling": ServiceScalingSettings(
        min_capacity=1,
        max_capacity=2,
        requests_per_target=300,
        peaks=[
            PeakSettings(name=name, begins=begins, ends=ends, time_zone=NEW_YORK, min_capacity=2, max_capacity=4)
            for name, begins, ends in (("morning", "07:30", "09:30"), ("evening", "17:00", "19:00"))
        ],
        office_hours=OfficeHoursSettings(
            opens="07:00", closes="20:00", time_zone=NEW_YORK, days=["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
        ),
    ),
}


@dataclass(kw_only=True)
class Story:
    """What the middle of the life cycle showed, by service where there are two."""

    release: subprocess.CompletedProcess[str] | None = None
    one_off: list[dict[str, Any]] = field(default_factory=list)
    """The tasks of no service that ran."""

    terraforms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The revision that Terraform made, as ECS describes it."""

    serves: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The revision that the service runs after the release."""

    images: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    file_system: str = ""
    life: lifecycle.Life | None = None


@pytest.fixture(scope="module", autouse=True)
def providers() -> Iterator[None]:
    """Providers come from the mirror that the machine names, if it names one."""
    with applied(terraform.environment()):
        yield


def build(folder: Path) -> Stack:
    """Synthesize the stack, and let it make the hosted zone that its settings name."""
    context = json.loads(terraform.environment().get("CDKTF_CONTEXT_JSON", "{}"))
    app = App(outdir=str(folder), context=context)
    HabitTrackerStack(app, "habit-tracker", settings=HabitTrackerSettings(**dict(SETTINGS) | APPLIED))
    app.synth()
    stack = load_stack("habit-tracker", folder)
    make_zone(stack, ZONE)
    return stack


def look(story: Story, manifest: released.Manifest) -> None:
    """Look at what a service runs, at what Terraform made for it, and at what its release ran once."""
    name, where = manifest["service"], manifest["ecs"]
    ecs = boto3.Session().client("ecs", region_name=manifest["region"])
    (service,) = ecs.describe_services(cluster=where["cluster"], services=[where["service"]])["services"]
    for found, revision in (
        (story.serves, service["taskDefinition"]),
        (story.terraforms, where["task_definition"]),
    ):
        found[name] = dict(ecs.describe_task_definition(taskDefinition=revision)["taskDefinition"])
    story.images[name] = released.image_of(manifest)
    stopped = ecs.list_tasks(cluster=where["cluster"], desiredStatus="STOPPED", family=where["family"])["taskArns"]
    if stopped:
        tasks = ecs.describe_tasks(cluster=where["cluster"], tasks=stopped)["tasks"]
        story.one_off += [dict(task) for task in tasks if not task["group"].startswith("service:")]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, providers: None) -> Story:  # noqa: ARG001 used for its effect
    """The whole life of the stack."""
    stack = build(tmp_path_factory.mktemp("habit_tracker"))
    story = Story()

    def interlude(engine: terraform.Terraform) -> None:
        manifests = released.manifests_of(engine.output())
        for manifest in manifests:
            released.prepare(manifest)
        story.release = released.release("habit-tracker")
        for manifest in manifests:
            look(story, manifest)
        efs = boto3.Session().client("efs", region_name=stack.region)
        (files,) = efs.describe_file_systems()["FileSystems"]
        story.file_system = files["FileSystemId"]

    story.life = lifecycle.run(stack, interlude=interlude)
    return story


def test_release(story: Story) -> None:
    """API and pages are released by one command, and what was pushed serves, by digest."""
    assert story.release is not None
    assert 0 == story.release.returncode, story.release.stdout + story.release.stderr
    assert {name: image for name, (image, _) in story.images.items()} == {
        name: one["containerDefinitions"][0]["image"].rpartition("/")[2] for name, one in story.serves.items()
    }


def test_release_tags(story: Story) -> None:
    """An image that was released says where; the stack's hyphen is no obstacle."""
    tags = sorted([f"sha-{released.COMMIT}", f"habit-tracker-{released.COMMIT}", "habit-tracker"])

    assert {"api": tags, "web": tags} == {name: found for name, (_, found) in story.images.items()}


def test_one_off_task(story: Story) -> None:
    """Migration and collectstatic run once, in one task of the API's new revision; the pages run nothing."""
    (task,) = story.one_off

    assert {"name": "api", "command": ["/bin/sh", "-xc", STEPS]}.items() <= (
        task["overrides"]["containerOverrides"][0].items()
    )
    assert story.serves["api"]["taskDefinitionArn"] == task["taskDefinitionArn"]
    assert [0] == [container["exitCode"] for container in task["containers"]]


def test_one_off_task_is_told(story: Story) -> None:
    """The release shows the one-off task's log."""
    assert story.release is not None
    assert f"local AWS would run: /bin/sh -xc {STEPS}" in story.release.stderr


@pytest.mark.parametrize("service", ["api", "web"])
def test_only_the_image_changes(service: str, story: Story) -> None:
    """What a release registers is Terraform's revision with another image: command, volumes, roles stay."""
    made, serves = story.terraforms[service], story.serves[service]
    (before,), (after,) = made["containerDefinitions"], serves["containerDefinitions"]

    assert made["revision"] + 1 == serves["revision"]
    assert before["image"] != after["image"]
    assert {**before, "image": after["image"]} == after
    shared = made.keys() - ITS_OWN - {"containerDefinitions"}
    assert {key: made[key] for key in shared} == {key: serves.get(key) for key in shared}
    assert set() == serves.keys() - made.keys()


def test_files_stay_mounted(story: Story) -> None:
    """The new tasks still have the folder on EFS, where the one-off task collected to, over TLS and by their role."""
    serves = story.serves["api"]
    (volume,) = [one for one in serves["volumes"] if "efsVolumeConfiguration" in one]
    (container,) = serves["containerDefinitions"]
    efs = volume["efsVolumeConfiguration"]

    assert (story.file_system, "ENABLED") == (efs["fileSystemId"], efs["transitEncryption"])
    assert "ENABLED" == efs["authorizationConfig"]["iam"]
    assert efs["authorizationConfig"]["accessPointId"].startswith("fsap-")
    assert {"sourceVolume": volume["name"], "containerPath": "/files", "readOnly": False} in container["mountPoints"]
    assert {"name": "STATIC_ROOT", "value": "/files/static"} in container["environment"]


def test_life(story: Story) -> None:
    """Everything can be applied, a release leaves nothing to change, and the end leaves what the release registered."""
    assert story.life is not None
    assert [] == story.life.changes
    # What a release registers is not Terraform's to remove.
    assert [f"ecs/task_defs/habit-tracker-{name}:2" for name in ("api", "web")] == story.life.left
    assert 176 == story.life.resources

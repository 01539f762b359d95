"""A whole release on a stage: `infra` with its real steps, in an account whose deployments go as the test says."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from moto.ecs.models import ecs_backends
from moto.moto_api import state_manager
from typer.testing import CliRunner, Result

from tests.tools.release.deployments import FakeCodeDeploy, healthy
from tests.tools.release.doubles import Calls, FakeClock
from tests.tools.release.world import ACCOUNT, REGION, add_task_set, push_image, route, service
from tools.cli import app
from tools.errors import InfraError
from tools.release import command, entry, targets
from tools.release.aws import Aws
from tools.release.context import Clock
from tools.release.interrupt import Interruption
from tools.release.manifest import Color, Manifest

TAG = "sha-4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"
ALARM = "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected"


class World:
    """An account in which blue serves Terraform's own revision, and CodeDeploy does what the test says."""

    def __init__(self, calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock) -> None:
        self.calls, self.aws, self.manifest, self.clock = calls, aws, manifest, clock
        self.fake = FakeCodeDeploy(calls, manifest)
        self.side: Color = "blue"
        self.order = [manifest.ecs.task_definition]
        """What served, one after the other."""

        self.course: Callable[[str, str], None] = self.succeed
        """What becomes of a deployment of a revision once it is made."""

        self.exit_code = 0
        calls.answers |= {
            "CreateDeployment": self._create,
            "ListDeployments": lambda _: {
                "deployments": [name for name, info in self.fake.infos.items() if info["status"] == "InProgress"]
            },
            "StopDeployment": self._stop,
            "RunTask": self._run_task,
        }

    def infra(self, *words: str) -> Result:
        """Run `infra`."""
        return CliRunner().invoke(app, list(words))

    def release(self, *words: str) -> Result:
        """Release the image."""
        return self.infra("release", "staging", "backend", "--image-tag", TAG, *words)

    @property
    def serves(self) -> str:
        """The family and number of what the primary tasks run."""
        (primary,) = (one for one in service(self.manifest).task_sets if one.status == "PRIMARY")
        return str(primary.task_definition).rpartition("/")[2]

    @property
    def locked(self) -> bool:
        """Whether the lock is held."""
        return entry.read(self.aws, self.manifest) is not None

    def succeed(self, name: str, task_definition: str) -> None:
        """A tenth of the traffic moves after a minute, all of it 5 minutes later, and in 5 more the old tasks go."""
        self.at(30, name, lambda: self.fake.move(name, "Install"))
        self.at(60, name, lambda: self.fake.move(name, "AllowTraffic", 10))
        self.at(360, name, lambda: self.shift(name, task_definition))
        self.at(660, name, self.finish)

    def at(self, seconds: float, name: str, action: Callable[[], object]) -> None:
        """Let something happen to a deployment after some time, unless it is over by then."""

        def act() -> None:
            if self.fake.infos[name]["status"] == "InProgress":
                action()

        self.clock.later(seconds, act)

    def shift(self, name: str, task_definition: str) -> None:
        """All traffic moves to the other side."""
        self.fake.shifted(name)
        self.serve(task_definition)

    def serve(self, task_definition: str) -> None:
        """Let tasks of a revision serve, behind the other side."""
        self.side = "blue" if self.side == "green" else "green"
        other: Color = "blue" if self.side == "green" else "green"
        self.order.append(task_definition)
        add_task_set(self.aws, self.manifest, task_definition, self.side)
        route(self.aws, self.manifest, {self.side: 100, other: 0})

    def finish(self) -> None:
        """The replaced tasks are gone, and the last deployment with them."""
        for info in self.fake.infos.values():
            info["status"] = "Succeeded"
        found = service(self.manifest)
        found.task_sets = [one for one in found.task_sets if one.status == "PRIMARY"]

    def unhealthy(self, name: str, _: str) -> None:
        """The new tasks never become healthy."""
        self.clock.later(30, lambda: self.fake.move(name, "Install"))

    def alarm(self, name: str, _: str) -> None:
        """An alarm fires after a tenth of the traffic has moved, and CodeDeploy rolls back."""
        self.clock.later(60, lambda: self.fake.move(name, "AllowTraffic", 10))
        self.clock.later(
            120,
            lambda: self.fake.fail(name, "Stopped", "ALARM_ACTIVE", ALARM, at="AllowTraffic", rollback="r-1"),
        )
        self.clock.later(180, lambda: self.fake.succeed("r-1"))

    def _create(self, asked: dict[str, Any]) -> dict[str, str]:
        name = f"d-{len(self.fake.infos) + 1}"
        self.fake.add(name, "InProgress", description=asked["description"])
        self.course(name, asked["description"].rpartition(" ")[2])
        return {"deploymentId": name}

    def _stop(self, asked: dict[str, Any]) -> dict[str, str] | None:
        name = asked["deploymentId"]
        if self.fake.infos[name]["status"] == "InProgress":
            self.fake.fail(name, "Stopped", "MANUAL_STOP", "stopped", at="Install", rollback="r-1")
            self.fake.succeed("r-1")
            if self.order[-1] == self.fake.infos[name]["description"].rpartition(" ")[2]:
                self.serve(self.order[-2])
        return {"status": "Pending"}

    def _run_task(self, _: dict[str, Any]) -> None:
        self.clock.later(20, self._end_task)

    def _end_task(self) -> None:
        for task in ecs_backends[ACCOUNT][REGION].tasks["isms-staging"].values():
            task.status = task.desired_status = "STOPPED"
            container: Any = task.containers[0]
            container.exitCode = self.exit_code


def stand_in(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait, no stack be synthesized, and the site answer."""

    class Hurried(Interruption):
        """Nobody waits."""

        def clock(self) -> Clock:
            return clock.clock

    def refuse(name: str) -> None:
        raise InfraError(name)

    class Site(SimpleNamespace):
        """A site that answers."""

        def __enter__(self) -> "Site":
            return self

        def __exit__(self, *_: object) -> None:
            return

    monkeypatch.setattr(command, "Interruption", Hurried)
    monkeypatch.setattr(targets, "load_stack", refuse)
    monkeypatch.setattr("tools.release.site.urlopen", lambda *_, **__: Site(status=200))


def build_world(calls: Calls, aws: Aws, manifest: Manifest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """Make an account, an image for the service's architecture, and a site that answers."""
    stand_in(clock, monkeypatch)
    monkeypatch.setenv("MOTO_ECS_NEW_ARN", "true")
    state_manager.set_transition("ecs::task", transition={"progression": "manual", "times": 10_000})
    push_image(calls, aws, manifest, TAG)
    healthy(calls, "healthy")
    made = World(calls, aws, manifest, clock)
    calls.made.clear()
    return made

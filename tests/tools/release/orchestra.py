"""A release whose steps are played: what they do is told by the test, and what serves is known at any moment."""

# ruff: noqa: ARG002, D102 the played steps are those of Steps, which say what they are and what they get

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from tests.tools.release.doubles import Told
from tools.release.aws import Aws
from tools.release.context import Clock, Context, ReleaseError
from tools.release.interrupt import Interruption
from tools.release.journal import Journal
from tools.release.manifest import DeployMode, Manifest, parse
from tools.release.plan import Options
from tools.release.progress import Reporter
from tools.release.revision import Serving
from tools.release.run import STAGES, Release
from tools.release.steps import Steps

OLD = "arn:aws:ecs:eu-west-2:956880242582:task-definition/isms-backend-staging:1"
NEW = "arn:aws:ecs:eu-west-2:956880242582:task-definition/isms-backend-staging:2"
URI = "956880242582.dkr.ecr.eu-west-2.amazonaws.com/isms-backend"
OLD_IMAGE = f"{URI}@sha256:{'0' * 64}"
NEW_IMAGE = f"{URI}@sha256:{'1' * 64}"
SINCE = datetime(2026, 11, 21, 9).astimezone()  # the operator reads local time
SERVES_OLD = (
    "serves now: sha-0 (isms-backend-staging:1, sha256:000000000000), 2 of 2 tasks, blue, since 2026-11-21 09:00"
)
SERVES_NEW = SERVES_OLD.replace("sha-0", "sha-1").replace(":1,", ":2,").replace("000000000000", "111111111111")


def light_manifest(service: str = "backend", mode: DeployMode = "blue_green") -> Manifest:
    """A manifest of a service that nothing stands behind."""
    name = f"isms-{service}-staging"
    group = {"arn": f"arn:{name}", "arn_suffix": name, "name": name}
    document: dict[str, Any] = {
        "schema": 1,
        "stack": "staging",
        "service": service,
        "account_id": "956880242582",
        "region": "eu-west-2",
        "deploy_mode": mode,
        "ecs": {
            "cluster": "isms-staging",
            "service": name,
            "task_definition": OLD,
            "family": name,
            "container": service,
            "port": 4000,
            "cpu_architecture": "ARM64",
            "subnets": ["subnet-1"],
            "security_groups": ["sg-1"],
            "assign_public_ip": False,
            "platform_version": "LATEST",
        },
        "capacity": [{"capacity_provider": "FARGATE", "weight": 1, "base": 1}],
        "image": {"repository": f"isms-{service}", "uri": URI, "registry_id": "956880242582"},
        "logs": {"group": f"/ecs/{name}", "stream_prefix": service},
        "alarms": {"service": [], "target_groups": {}},
        "secrets": [],
        "routes": {
            "url": "https://trust.demo.paythru.com/api/health",
            "listener": "arn:listener",
            "test_listener": None,
            "rules": ["arn:rule"],
            "target_groups": {"blue": group} if mode == "release" else {"blue": group, "green": group},
        },
        "code_deploy": None,
        "image_variable": None,
        "migration_command": ["npm", "run", "db:migrate:deploy"],
        "migration_timeout_s": 900,
        "healthy_timeout_s": 900,
    }
    if mode == "blue_green":
        document["code_deploy"] = {
            "application": f"{name}-app",
            "deployment_group": f"{name}-dg",
            "deployment_config": f"{name}-canary-10-5",
            "shift_min": 5,
            "approval_wait_min": None,
            "termination_wait_min": 5,
        }
    return parse(json.dumps(document), f"/staging/release/{service}")


class KilledError(BaseException):
    """The process ends here, without any chance to do anything about it."""


@dataclass
class Bomb:
    """Kills the process at one of the moments that it passes."""

    at: int = -1
    passed: int = 0

    def tick(self) -> None:
        """Pass a moment."""
        self.passed += 1
        if self.passed - 1 == self.at:
            raise KilledError


@dataclass
class PlayedSteps(Steps):
    """One service in deploy mode blue_green or release, whose AWS is this object."""

    log: list[str] = field(default_factory=list)
    """The steps that were taken, in order."""

    problems: dict[str, Exception | Callable[[], object]] = field(default_factory=dict)
    """What happens in a step after it has begun: by its name, or by its name and what it is done to."""

    bomb: Bomb = field(default_factory=Bomb)
    serves: str = OLD
    under_way: dict[str, str] = field(default_factory=dict)
    """The deployments under way: their ids, and what they deploy."""

    deployed: dict[str, str] = field(default_factory=dict)
    migrations: int = 0
    migrating: bool = False
    migrated: bool = False
    tags: list[str] = field(default_factory=list)

    def _take(self, name: str, about: str = "") -> None:
        self.log.append(f"{name} {about.rpartition('/')[2]}".strip())
        self.bomb.tick()

    def _happen(self, *names: str) -> None:
        for name in names:
            problem = self.problems.get(name)
            if isinstance(problem, Exception):
                raise problem
            if problem is not None:
                problem()

    def check(self, context: Context, image_tag: str, *, allow_moving_tag: bool, despite_alarms: bool) -> str:
        self._take("check", image_tag)
        self._happen("check")
        return NEW_IMAGE

    def serving(self, context: Context) -> Serving:
        self._happen("serving")
        old = self.serves == OLD
        return Serving(
            task_definition=self.serves,
            image=OLD_IMAGE if old else NEW_IMAGE,
            image_tag="sha-0" if old else "sha-1",
            since=SINCE,
            running=2,
            desired=2,
            color="blue",
            tasks_color="blue",
        )

    def register(self, context: Context, image: str, image_tag: str) -> str:
        self._take("register", image_tag)
        self._happen("register")
        return NEW

    def migrate(self, context: Context, task_definition: str, *, task: str, on_started: Callable[[str], None]) -> None:
        self._take("migrate", task)
        if not task:
            if not self.migrating:
                self.migrations += 1
                self.migrating = True
            self.bomb.tick()
            on_started("task-1")
        self._happen("migrate")
        self.migrating, self.migrated = False, True
        self.bomb.tick()

    def find_migration(self, context: Context, task_definition: str) -> str:
        self._happen("find_migration")
        return "task-1" if self.migrating else ""

    def stop_migration(self, context: Context, task: str, reason: str) -> None:
        self._take("stop_migration", task)
        self.problems["migrate"] = ReleaseError("stopped", ["EssentialContainerExited"])

    def start(self, context: Context, task_definition: str) -> str:
        self._take("start", task_definition)
        for name, revision in self.under_way.items():
            if revision == task_definition:
                return name
            raise ReleaseError(f"backend: deployment {name} is in progress: wait for it, or stop it")
        self._happen("start")
        name = f"d-{len(self.deployed) + 1}"
        self.deployed[name] = self.under_way[name] = task_definition
        self.bomb.tick()
        return name

    def find(self, context: Context, task_definition: str) -> str:
        return next((name for name, revision in self.under_way.items() if revision == task_definition), "")

    def watch(self, context: Context, deployment: str, *, timeout_s: float) -> None:
        self._take("watch", deployment)
        context.reporter.tell(phase="shifting traffic", detail=f"{timeout_s:.0f} s")
        if deployment in self.under_way:
            self._happen("watch", f"watch {deployment}")
            self.serves = self.under_way.pop(deployment)
        elif self.serves != self.deployed[deployment]:
            raise ReleaseError(f"backend: deployment {deployment} was stopped")
        self.bomb.tick()

    def settle(self, context: Context, deployment: str, *, timeout_s: float) -> None:
        self._take("settle", deployment)
        self._happen("settle")
        self.bomb.tick()

    def stop(self, context: Context, deployment: str) -> None:
        self._take("stop", deployment)
        self._happen("stop")
        if self.under_way.pop(deployment, None) is None and self.serves == self.deployed[deployment]:
            raise ReleaseError(f"backend: deployment {deployment} succeeded before it could be stopped")
        self.bomb.tick()

    def verify(self, context: Context, task_definition: str, *, url: bool) -> None:
        self._take("verify", task_definition)
        self._happen("verify", f"verify {task_definition}")
        if self.serves != task_definition:
            raise ReleaseError(f"backend: {self.serves.rpartition('/')[2]} runs")
        self.bomb.tick()

    def diagnose(self, context: Context, task_definition: str) -> list[str]:
        self._take("diagnose", task_definition)
        self._happen("diagnose")
        return ["1 task stopped: OutOfMemoryError", "target 10.0.0.7 is unhealthy"]

    def tag(self, context: Context, image: str, image_tag: str) -> None:
        self._take("tag", image_tag)
        self._happen("tag")
        self.tags.append(image_tag)


@dataclass
class Stage:
    """One service, the operator who looks on, and the steps."""

    aws: Aws
    manifest: Manifest
    steps: PlayedSteps = field(default_factory=PlayedSteps)
    told: Told = field(default_factory=Told)
    interruption: Interruption = field(default_factory=Interruption)
    options: Options = field(default_factory=Options)

    def make(self, journal: Journal, *, undo: bool = False, clock: Clock | None = None) -> Release:
        """Make a release with a lock that is held."""
        context = Context(
            aws=self.aws,
            manifest=self.manifest,
            reporter=Reporter(self.manifest.service, self.told.states.append, self.told.lines.append),
            clock=self.interruption.clock() if clock is None else clock,
            poll_s=0.01,
        )
        return Release(
            context, journal, steps=self.steps, options=self.options, interruption=self.interruption, undo=undo
        )

    def begin(self, image_tag: str = "sha-1", *, migrated: bool = False) -> Release:
        """Begin a release."""
        return self.make(Journal.take(self.aws, self.manifest, image_tag, migrated=migrated))

    def resume(self, *, undo: bool = False) -> Release:
        """Take over a release that was killed."""
        journal = Journal.resume(self.aws, self.manifest)
        assert journal is not None
        return self.make(journal, undo=undo)


def run(release: Release) -> Release:
    """Go through all stages."""
    for stage in STAGES:
        release.run(stage)
    return release


def arm(monkeypatch: pytest.MonkeyPatch, bomb: Bomb) -> None:
    """Let the bomb tick before and after all that is written into the journal, too."""
    for name in ("write", "give_back"):
        original = getattr(Journal, name)

        def ticking(journal: Journal, *, original: Callable[..., None] = original, **changes: object) -> None:
            bomb.tick()
            original(journal, **changes)
            bomb.tick()

        monkeypatch.setattr(Journal, name, ticking)

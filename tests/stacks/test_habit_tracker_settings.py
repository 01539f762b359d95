"""Habit Tracker's settings: the rules that a plan cannot see, as the operator reads them."""

from typing import Any

import pytest
from pydantic import ValidationError

from modules.application_secret import ApplicationSecretSettings
from modules.deployment.blue_green import BlueGreenSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.peaks import PeakSettings
from modules.fargate.service_scaling import ServiceScalingSettings
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.mistakes import mistakes_in
from modules.network.network import NetworkSettings
from modules.office_hours.settings import OfficeHoursSettings
from modules.postgres.postgres import PostgresSettings
from stacks.habit_tracker_settings import (
    HabitTrackerApiSettings,
    HabitTrackerFilesSettings,
    HabitTrackerSettings,
    HabitTrackerWebSettings,
)
from tests.stacks.habit_tracker.sample_habit_tracker import ENDPOINTS, OTHERWISE, SETTINGS

SHUT_OFF = NetworkSettings(nat="none", interface_endpoints=["ecr", "logs", "secretsmanager"])
LOGGING = FargateClusterSettings(exec_enabled=True)
CANARY = BlueGreenSettings(type="canary", traffic_percent=10, interval_min=5)
PLAIN = ServiceScalingSettings(min_capacity=2, max_capacity=4)
HOURS = OfficeHoursSettings(opens="07:00", closes="20:00", time_zone="America/New_York")
PEAK = PeakSettings(
    name="noon",
    begins="11:45",
    ends="13:30",
    time_zone="America/New_York",
    days=["MON"],
    min_capacity=3,
    max_capacity=4,
)


def api(**changes: Any) -> HabitTrackerApiSettings:  # noqa: ANN401
    """An API with changes."""
    return HabitTrackerApiSettings(**({"image_tag": "a", "command": None} | changes))


def web(priority: int) -> HabitTrackerWebSettings:
    """Pages with a route of this priority."""
    route = ServiceRouteSettings(path_patterns=["/*"], priority=priority, health_check_path="/")
    return HabitTrackerWebSettings(image_tag="a", route=route)


def said(settings_class: type[Any], /, **changes: object) -> list[str]:
    """What is said about these changes to the environment's settings, or to nothing."""
    before = dict(SETTINGS) if settings_class is HabitTrackerSettings else {}
    try:
        settings_class(**(before | changes))
    except ValidationError as error:
        return [f"{mistake.path} {mistake.text}" for mistake in mistakes_in(error, settings_class)]
    return []


class TestRules:
    """What is refused, and what is said."""

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"application_secret": ApplicationSecretSettings(generated=["STATIC_ROOT", "A"])},
                "application_secret must not name STATIC_ROOT, which the task has already, ",
            ),
            (
                {"network": NetworkSettings(nat="none")},
                "network must have nat, or interface_endpoints with ecr, logs, secretsmanager: no task would start, ",
            ),
            (
                {"exec_enabled": True},
                "exec_enabled must be False, or cluster must have exec_enabled too: it logs the sessions, got True",
            ),
            (
                {"exec_enabled": True, "cluster": LOGGING, "network": SHUT_OFF},
                "exec_enabled must be False, or network must have nat or the interface endpoint ssmmessages, got True",
            ),
            (
                {"deploy_mode": "blue_green", "scaling": PLAIN},
                "deployment must be given when deploy_mode is blue_green, got None",
            ),
            (
                {"deployment": CANARY},
                "deployment must be left out when deploy_mode is release: it says how CodeDeploy moves traffic, got ",
            ),
            (
                {"deploy_mode": "blue_green", "deployment": CANARY},
                "scaling must have no requests_per_target under blue_green, where another target group serves next ",
            ),
            (
                {"deploy_mode": "terraform"},
                "scaling must have neither peaks nor office_hours under terraform, where there are no tasks before ",
            ),
            (
                {"web": web(100)},
                "web must have a route with a priority above the API's, 100: it takes the rest, got ",
            ),
            (
                {"api": api(user=None)},
                "files must be None, or api must have a user: the files belong to it, got ",
            ),
            (
                {"scaling": PLAIN.model_copy(update={"office_hours": HOURS})},
                "postgres must say a backup_window_utc inside of office_hours: RDS backs up no instance that is ",
            ),
            (
                {
                    "scaling": PLAIN.model_copy(update={"office_hours": HOURS}),
                    "postgres": PostgresSettings(backup_window_utc="02:00-03:00"),
                },
                "postgres must have a backup_window_utc between ",
            ),
            ({"deploy_mode": "canary"}, "deploy_mode must be one of terraform, release, blue_green, got 'canary'"),
            ({"cpu_architecture": "arm64"}, "cpu_architecture must be one of X86_64, ARM64, got 'arm64'"),
            ({"aurora": {}}, "aurora is not a setting: "),
        ],
    )
    def test_environment(self, changes: dict[str, object], mistake: str) -> None:
        """One mistake is one line, which begins with the setting."""
        (found,) = said(HabitTrackerSettings, **changes)

        assert found.startswith(mistake)

    @pytest.mark.parametrize("settings_class", [HabitTrackerApiSettings, HabitTrackerWebSettings])
    def test_health_check_is_passed_on(self, settings_class: type[Any]) -> None:
        """A release asks for it by the domain, so the load balancer has to send it to the service."""
        route = ServiceRouteSettings(path_patterns=["/a/*"], priority=1, health_check_path="/b/health?a=/a/b")
        (found,) = [
            one for one in said(settings_class, image_tag="a", command=None, route=route) if one.startswith("route ")
        ]

        assert found.startswith("route must have a health_check_path that matches one of its path_patterns, /a/*: ")

    def test_query_does_not_count(self) -> None:
        """The load balancer compares the path alone."""
        route = ServiceRouteSettings(path_patterns=["/a/health"], priority=1, health_check_path="/a/health?full=1")

        assert [] == said(HabitTrackerApiSettings, image_tag="a", command=None, route=route)

    @pytest.mark.parametrize("path", ["/tmp", "/var/lib/amazon/ssm"])
    def test_files_have_a_path_of_their_own(self, path: str) -> None:
        """Two volumes at one path would be refused in the middle of an apply."""
        (found,) = said(HabitTrackerFilesSettings, path=path)

        assert found.startswith("path must not be one of /tmp, /managed-agents, ")

    def test_command_has_to_be_said(self) -> None:
        """Whether the image starts itself decides what its Django has to do, so there is no default."""
        (found,) = said(HabitTrackerApiSettings, image_tag="a")

        assert found.startswith("command is missing: must be ")

    def test_memory_fits_cpu(self) -> None:
        """Fargate's pairs."""
        assert ["memory_mib must be one of 1024, 2048, 3072, 4096 when cpu is 512, got 512"] == said(
            HabitTrackerApiSettings, image_tag="a", command=None, memory_mib=512
        )

    @pytest.mark.parametrize("missing", ["domain", "network", "scaling", "api", "web", "budget"])
    def test_required(self, missing: str) -> None:
        """What has no sensible default has none."""
        values = {name: getattr(SETTINGS, name) for name in SETTINGS.model_fields_set - {missing}}
        with pytest.raises(ValidationError) as caught:
            HabitTrackerSettings(**values)

        assert [missing] == [one.path for one in mistakes_in(caught.value, HabitTrackerSettings)]


class TestAllowed:
    """What is not refused."""

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            OTHERWISE,
            {"network": SHUT_OFF},
            {"network": ENDPOINTS, "cluster": LOGGING, "exec_enabled": True},
            {"cluster": LOGGING, "exec_enabled": True},
            {"deploy_mode": "blue_green", "deployment": CANARY, "scaling": PLAIN},
            {"deploy_mode": "terraform", "scaling": PLAIN},
            {"api": api(user=None), "files": None},
            {"web": web(101)},
            {
                "postgres": PostgresSettings(backup_window_utc="16:00-17:00"),
                "scaling": ServiceScalingSettings(
                    min_capacity=1, max_capacity=4, requests_per_target=10, peaks=[PEAK], office_hours=HOURS
                ),
            },
        ],
        ids=lambda changes: "-".join(changes),
    )
    def test_environment(self, changes: dict[str, object]) -> None:
        """Settings that fit each other."""
        assert [] == said(HabitTrackerSettings, **changes)

    def test_defaults(self) -> None:
        """Rolling, without EFS and without sessions, is what an environment gets that says nothing."""
        required = (
            "account_id",
            "region",
            "aws_provider_version",
            "domain",
            "network",
            "scaling",
            "api",
            "web",
            "budget",
        )
        values = HabitTrackerSettings(**{name: getattr(SETTINGS, name) for name in required})

        assert ("release", None, None, False) == (
            values.deploy_mode,
            values.deployment,
            values.files,
            values.exec_enabled,
        )


class TestSeveralMistakes:
    """Mistakes of siblings do not make up others."""

    @pytest.mark.parametrize(
        ("changes", "paths"),
        [
            ({"deploy_mode": "canary"}, ["deploy_mode"]),
            ({"deploy_mode": "canary", "deployment": CANARY}, ["deploy_mode"]),
            ({"cluster": 1, "exec_enabled": True}, ["cluster"]),
            ({"network": 1, "cluster": LOGGING, "exec_enabled": True}, ["network"]),
            ({"api": 1}, ["api"]),
            ({"api": 1, "web": web(1)}, ["api"]),
        ],
    )
    def test_paths(self, changes: dict[str, object], paths: list[str]) -> None:
        """Each is told of its own."""
        found = said(HabitTrackerSettings, **changes)

        assert paths == [one.split()[0] for one in found]

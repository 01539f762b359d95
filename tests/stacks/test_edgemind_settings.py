"""EdgeMind's settings: the rules that a plan cannot see, as the operator reads them, and any input whatever."""

import importlib
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from envs import edgemind
from modules.application_secret import ApplicationSecretSettings
from modules.fargate.capacity import CapacitySettings
from modules.mistakes import mistakes_in
from modules.web_service.long_lived_connections import LongLivedConnectionsSettings
from stacks.edgemind_settings import _TAKEN, EdgeMindBackendSettings, EdgeMindSettings, MqttSettings
from stacks.loading import loading_environments
from tests.stacks.sample_edgemind_settings import ARN, REQUIRED, mistakes, said, site

LONG_DOMAIN = "a" * 50 + ".paythru.com"
DRAINING = LongLivedConnectionsSettings(deregistration_delay_s=120)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


class TestRules:
    """What is refused, and what is said."""

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"tasks": "private"},
                "tasks must be public, or network must have nat: the broker is on the internet, got 'private'",
            ),
            ({"tasks": "isolated"}, "tasks must be one of public, private, got 'isolated'"),
            (
                {"exec_enabled": True},
                "exec_enabled must be False, or cluster must have exec_enabled too: it logs the sessions, got True",
            ),
            (
                {"capacity": CapacitySettings(spot_percent=50), "connections": DRAINING},
                "capacity must have deregistration_delay_s below 120 on Spot, which takes a task back by then, got ",
            ),
            (
                {
                    "capacity": CapacitySettings(spot_percent=50),
                    "connections": LongLivedConnectionsSettings(stop_timeout_s=30),
                },
                "capacity must have stop_timeout_s of at least deregistration_delay_s, 60, on Spot: both begin ",
            ),
            (
                {"application_secret": ApplicationSecretSettings(provided=["MQTT_PORT", "MQTT_HOST"])},
                "application_secret must not name MQTT_PORT, which the task has already, got ",
            ),
            (
                {
                    "application_secret": ApplicationSecretSettings(
                        generated=["ALLOWED_ORIGINS", "HEARTBEAT_INTERVAL_S"]
                    )
                },
                "application_secret must not name ALLOWED_ORIGINS, HEARTBEAT_INTERVAL_S, which the task has already, ",
            ),
            (
                {"site": site(certificate_arn=ARN.format("eu-west-2", "956880242582"))},
                "site.domain.certificate_arn must be in us-east-1, the only region whose certificates CloudFront takes",
            ),
            (
                {"site": site(certificate_arn=ARN.format("us-east-1", "641918319442"))},
                "site must have a certificate_arn of the account 956880242582, got ",
            ),
            (
                {"site": site(domain_name=LONG_DOMAIN)},
                f"backend must have a shorter subdomain: backend.{LONG_DOMAIN} has more than the 64 characters of ACM",
            ),
            (
                {"load_balancer": {"idle_timeout_s": 60, "ingress_cidrs": ["203.0.113.0/24"]}},
                "load_balancer must not have idle_timeout_s, ingress_cidrs: connections has the timeout, and only ",
            ),
            ({"deploy_mode": "blue_green"}, "deploy_mode must be one of release, terraform, got 'blue_green'"),
            ({"log_retention_days": 31}, "log_retention_days must be one of 1, 3, 5, 7, 14, 30,"),
            (
                {"secret_recovery_days": 3},
                "secret_recovery_days must be 0 (deleted at once, for disposable environments) or between 7 and 30, ",
            ),
            (
                {"origin_secret": {"generation": 0}},
                "origin_secret.generation must be a whole number of at least 1, got 0",
            ),
            ({"account_id": "95688024258"}, "account_id must be an AWS account id of 12 digits, got '95688024258'"),
            ({"connection": {}}, "connection is not a setting: did you mean connections?"),
            (
                {"connections": {"idle_timeout_s": 50}},
                "connections.idle_timeout_s must be at least 60, twice heartbeat_s, or the load balancer closes a ",
            ),
        ],
    )
    def test_environment(self, changes: dict[str, object], mistake: str) -> None:
        """One mistake is one line, which begins with the setting."""
        found = said(**changes)

        assert found[0].startswith(mistake)
        assert all("\n" not in line for line in found)

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"image_tag": "latest"},
                "image_tag must name one image, such as a commit SHA: latest could be any, got 'latest'",
            ),
            ({"cpu": 2048}, "memory_mib must be one of 4096, 5120,"),
            ({"cpu": 300}, "cpu must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 300"),
            ({"memory_mib": 512}, "memory_mib must be one of 1024, 2048, 3072, 4096 when cpu is 512, got 512"),
            ({"cpu_architecture": "arm64"}, "cpu_architecture must be one of X86_64, ARM64, got 'arm64'"),
            (
                {"subdomain": "Back_end"},
                "subdomain must be one label of a domain name: 1 to 63 lower-case letters, digits and hyphens, "
                "got 'Back_end'",
            ),
            ({"paths": ["/api/*", "/api/*"]}, "paths must name each pattern once, got ['/api/*', '/api/*']"),
            (
                {"paths": ["/api/*", "/a/*/*", "/b/*/*?"]},
                "paths must contain at most 5 wildcards (* and ?) in all, got ['/api/*', '/a/*/*', '/b/*/*?']",
            ),
            (
                {"paths": ["/api/*", "/" + "a" * 128]},
                "paths.1 must be a path pattern of at most 128 characters that begins with /, where * and ? are "
                "wildcards, got '/aaaa",
            ),
            ({"paths": []}, "paths must be a list, got []"),
            ({"paths": ["/api/*", "/b", "/c", "/d"]}, "paths must be a list, got ['/api/*', '/b', '/c', '/d']"),
            (
                {"health_check_path": "/health"},
                "health_check_path must match one of paths, /api/*, /ws/*: a release asks for it through CloudFront, "
                "got '/health'",
            ),
            (
                {"paths": ["/ws", "/ws/*"]},
                "health_check_path must match one of paths, /ws, /ws/*: a release asks for it through CloudFront, "
                "got '/api/health'",
            ),
            (
                {"health_check_path": "/API/health"},
                "health_check_path must match one of paths, /api/*, /ws/*: a release asks for it through CloudFront, "
                "got '/API/health'",
            ),
            (
                {"health_check_path": "/?/api/health"},
                "health_check_path must match one of paths, /api/*, /ws/*: a release asks for it through CloudFront, "
                "got '/?/api/health'",
            ),
            ({"desired_count": 0}, "desired_count must be a whole number between 1 and 100, got 0"),
            ({"stickiness_s": 0}, "stickiness_s must be a whole number between 1 and 604800, got 0"),
            (
                {"additional_origins": ["http://localhost:5173/"]},
                "additional_origins.0 must be a scheme, a host in lower case and perhaps a port, such as "
                "http://localhost:5173, got 'http://localhost:5173/'",
            ),
            ({"replicas": 2}, "replicas is not a setting: must be one of image_tag, subdomain, certificate_issued,"),
        ],
    )
    def test_backend(self, changes: dict[str, object], mistake: str) -> None:
        """Rules of the backend alone are said of the backend."""
        (found,) = said(EdgeMindBackendSettings, **changes)

        assert found.startswith(mistake)

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            ({"port": 0}, "port must be "),
            ({"cidrs": []}, "cidrs must be a list, got []"),
            ({"cidrs": ["broker"]}, "cidrs.0 must be an IPv4 network, such as 10.0.0.0/16, got 'broker'"),
            (
                {"cidrs": ["203.0.113.7/24"]},
                "cidrs.0 must be an IPv4 network whose host bits are 0, such as 10.0.0.0/16, got '203.0.113.7/24'",
            ),
            (
                {"cidrs": ["203.0.113.0/24", "203.0.113.0/24"]},
                "cidrs must name each network once, got ['203.0.113.0/24', '203.0.113.0/24']",
            ),
            (
                {"port": 443, "cidrs": ["203.0.113.0/24"]},
                "cidrs must be left out when port is 443, which tasks reach anywhere, got ['203.0.113.0/24']",
            ),
        ],
    )
    def test_broker(self, changes: dict[str, object], mistake: str) -> None:
        """Rules of the broker are said of the broker."""
        (found,) = said(MqttSettings, **changes)

        assert found.startswith(mistake)

    @pytest.mark.parametrize("missing", REQUIRED)
    def test_required(self, missing: str) -> None:
        """What no environment can do without has no default."""
        values = {key: value for key, value in dict(edgemind.SETTINGS).items() if key != missing}
        with pytest.raises(ValidationError) as error:
            EdgeMindSettings(**values)

        assert [(missing, True)] == [
            (one.path, one.text.startswith("is missing: must be "))
            for one in mistakes_in(error.value, EdgeMindSettings)
        ]

    def test_variables_of_the_task_are_taken(self) -> None:
        """Whatever the settings of connections hand to the server, no secret may be called so."""
        assert set(LongLivedConnectionsSettings().environment) <= _TAKEN


class TestSeveralMistakes:
    """Mistakes of siblings do not make up others, and all of them are said."""

    @pytest.mark.parametrize(
        ("changes", "paths"),
        [
            ({"network": 1, "tasks": "private"}, ["network"]),
            ({"cluster": 1, "exec_enabled": True}, ["cluster"]),
            ({"connections": 1, "capacity": CapacitySettings(spot_percent=100)}, ["connections"]),
            ({"site": 1}, ["site"]),
            (
                {"account_id": "1", "site": site(certificate_arn=ARN.format("us-east-1", "641918319442"))},
                ["account_id"],
            ),
            ({"tasks": "private", "exec_enabled": True}, ["exec_enabled", "tasks"]),
            ({"backend": {"image_tag": "v1", "paths": 1, "health_check_path": "/x"}}, ["backend.paths"]),
            ({"mqtt": {"port": 0, "cidrs": ["203.0.113.0/24"]}}, ["mqtt.port"]),
        ],
    )
    def test_paths(self, changes: dict[str, object], paths: list[str]) -> None:
        """A rule that looks at a faulty sibling says nothing."""
        assert paths == [mistake.path for mistake in mistakes(EdgeMindSettings, changes)]


def test_environment_file_with_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator reads every mistake of a file at once, each with its path below the environment's settings."""
    package = tmp_path / "edgemind_places"
    package.mkdir()
    (package / "__init__.py").touch()
    text = Path(str(edgemind.__file__)).read_text()
    right = 'EdgeMindBackendSettings(image_tag="edgemind"),'
    wrong = 'EdgeMindBackendSettings(image_tag="latest", health_check_path="/"), tasks="private", colour="red",'
    assert text.count(right) == 1
    (package / "edgemind.py").write_text(text.replace(right, wrong))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    with pytest.raises(SystemExit) as end, loading_environments("edgemind_places"):
        importlib.import_module("edgemind_places.edgemind")
    for name in [name for name in sys.modules if name.partition(".")[0] == "edgemind_places"]:
        del sys.modules[name]

    head, *lines = str(end.value).splitlines()
    assert "edgemind_places/edgemind.py: 4 mistakes" == head
    assert ["backend.health_check_path", "backend.image_tag", "colour", "tasks"] == [line.split()[0] for line in lines]


PATHS = st.lists(st.text("/ab*?", min_size=1, max_size=140).map("/".__add__), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(PATHS, st.text("/ab?", max_size=8).map("/".__add__))
def test_any_paths_suit_the_route_or_are_refused(paths: list[str], health_check_path: str) -> None:
    """What passes is what CloudFront and the rule of the load balancer take, so that the stack refuses nothing."""
    if said(EdgeMindBackendSettings, paths=paths, health_check_path=health_check_path):
        return

    assert len(paths) == len(set(paths)) <= 3
    assert all(len(path) <= 128 for path in paths)
    assert sum(path.count("*") + path.count("?") for path in paths) <= 5
    assert any(fnmatchcase(health_check_path.split("?")[0], path) for path in paths)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*EdgeMindSettings.model_fields, "unknown"]), ANYTHING, max_size=6))
def test_any_input_is_valid_or_cleanly_refused(changes: dict[str, object]) -> None:
    """Whatever an environment file says, it passes or every mistake names a setting and says what is wrong."""
    for mistake in mistakes(EdgeMindSettings, changes):
        assert mistake.path.split(".")[0] in {*EdgeMindSettings.model_fields, "unknown"}
        assert mistake.text.startswith(("must ", "is missing", "is not a setting"))
        assert "Pydantic" not in mistake.text

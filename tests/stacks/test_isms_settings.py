"""ISMS's settings: the rules that a plan cannot see, as the operator reads them, and any input whatever."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from envs import staging
from modules.application_secret import ApplicationSecretSettings
from modules.aurora.cluster import AuroraSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.mistakes import Mistake, mistakes_in
from modules.network.network import NetworkSettings
from stacks.isms_settings import IsmsServiceSettings, IsmsSettings
from stacks.loading import loading_environments

REQUIRED = (
    *("account_id", "region", "aws_provider_version", "domain", "network", "cpu_architecture", "capacity"),
    *("scaling", "deployment", "backend", "frontend", "aurora", "budget"),
)

SHUT_OFF = NetworkSettings(nat="none", interface_endpoints=["ecr", "logs", "secretsmanager"])
LOGGING = FargateClusterSettings(exec_enabled=True)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def mistakes(settings_class: type[Any], changes: dict[str, object]) -> list[Mistake]:
    """The mistakes that these changes to the staging settings, or to nothing, make."""
    before = dict(staging.SETTINGS) if settings_class is IsmsSettings else {}
    try:
        settings_class(**(before | changes))
    except ValidationError as error:
        return mistakes_in(error, settings_class)
    return []


def said(settings_class: type[Any] = IsmsSettings, /, **changes: object) -> list[str]:
    """The same, as a person reads them."""
    return [f"{mistake.path} {mistake.text}" for mistake in mistakes(settings_class, changes)]


class TestRules:
    """What is refused, and what is said."""

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"application_secret": ApplicationSecretSettings(provided=["DB_HOST", "API_KEY"])},
                "application_secret must not name DB_HOST, which the task has already, ",
            ),
            (
                {"network": NetworkSettings(nat="none")},
                "network must have nat, or interface_endpoints with ecr, logs, secretsmanager: no task would start, ",
            ),
            (
                {"network": NetworkSettings(nat="none", interface_endpoints=["logs", "ssmmessages"])},
                "network must have nat, or interface_endpoints with ecr, secretsmanager: no task would start, got ",
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
                {"aurora": AuroraSettings(min_capacity_acu=1, max_capacity_acu=2, zones=["a", "c"])},
                "aurora must have zones among the network's, a, b, got ",
            ),
            ({"deployment": None}, "deployment must be given when deploy_mode is blue_green, got None"),
            (
                {"deploy_mode": "release"},
                "deployment must be left out when deploy_mode is release: it says how CodeDeploy moves traffic, got ",
            ),
            (
                {"deploy_mode": "terraform"},
                "deployment must be left out when deploy_mode is terraform: it says how CodeDeploy moves traffic, got ",
            ),
            ({"deploy_mode": "canary"}, "deploy_mode must be one of terraform, release, blue_green, got 'canary'"),
            ({"cpu_architecture": "arm64"}, "cpu_architecture must be one of X86_64, ARM64, got 'arm64'"),
            (
                {"secret_recovery_days": 3},
                "secret_recovery_days must be 0 (deleted at once, for disposable environments) or between 7 and 30, ",
            ),
            ({"log_retention_days": 31}, "log_retention_days must be one of 1, 3, 5, 7, 14, 30,"),
            ({"account_id": "95688024258"}, "account_id must be"),
            ({"repository": {}}, "repository is not a setting: did you mean repositories?"),
        ],
    )
    def test_environment(self, changes: dict[str, object], mistake: str) -> None:
        """One mistake is one line, which begins with the setting."""
        (found,) = said(**changes)

        assert found.startswith(mistake)

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"image_tag": "latest"},
                "image_tag must name one image, such as a commit SHA: latest could be any, got 'latest'",
            ),
            (
                {"image_tag": "a:b"},
                "image_tag must be an image tag of at most 128 letters, digits, _, . and -, got 'a:b'",
            ),
            ({}, "image_tag is missing: must be an image tag of at most 128 letters, digits, _, . and -"),
            (
                {"image_tag": "v1", "cpu": 300},
                "cpu must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 300",
            ),
            (
                {"image_tag": "v1", "memory_mib": 512},
                "memory_mib must be one of 1024, 2048, 3072, 4096 when cpu is 512, got 512",
            ),
            (
                {"image_tag": "v1", "cpu": 256, "memory_mib": 4096},
                "memory_mib must be one of 512, 1024, 2048 when cpu is 256, got 4096",
            ),
            ({"image_tag": "v1", "port": 80}, "port is not a setting: must be one of image_tag, cpu, memory_mib"),
        ],
    )
    def test_service(self, changes: dict[str, object], mistake: str) -> None:
        """Rules of one service are said of the service."""
        assert [mistake] == said(IsmsServiceSettings, **changes)

    @pytest.mark.parametrize("missing", [name for name in REQUIRED if name != "deployment"])
    def test_what_differs_has_no_default(self, missing: str) -> None:
        """An environment file cannot forget what distinguishes the environments."""
        values = {key: value for key, value in dict(staging.SETTINGS).items() if key != missing}
        with pytest.raises(ValidationError) as error:
            IsmsSettings(**values)

        assert [(missing, True)] == [
            (one.path, one.text.startswith("is missing: must be ")) for one in mistakes_in(error.value, IsmsSettings)
        ]

    def test_left_out_deployment(self) -> None:
        """The default of the one setting that follows from another is checked too."""
        values = {key: value for key, value in dict(staging.SETTINGS).items() if key != "deployment"}
        with pytest.raises(ValidationError, match="must be given when deploy_mode is blue_green"):
            IsmsSettings(**values)


class TestAccepted:
    """What passes."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"network": SHUT_OFF},
            {
                "network": NetworkSettings(
                    nat="none", interface_endpoints=["ecr", "logs", "secretsmanager", "ssmmessages"]
                ),
                "cluster": LOGGING,
                "exec_enabled": True,
            },
            {"network": NetworkSettings(nat="one", interface_endpoints=[])},
            {"network": NetworkSettings(nat="one_per_zone", interface_endpoints=["logs"])},
            {"cluster": LOGGING, "exec_enabled": True},
            {"cluster": LOGGING, "exec_enabled": False},
            {"aurora": AuroraSettings(min_capacity_acu=1, max_capacity_acu=2, zones=["b"])},
            {"deploy_mode": "release", "deployment": None},
            {"deploy_mode": "terraform", "deployment": None},
            {"secret_recovery_days": 0},
        ],
    )
    def test_environment(self, changes: dict[str, object]) -> None:
        """Settings that fit each other."""
        assert [] == said(**changes)

    @pytest.mark.parametrize(("cpu", "memory_mib"), [(256, 512), (512, 1024), (16384, 122880)])
    def test_size(self, cpu: int, memory_mib: int) -> None:
        """Sizes that Fargate offers."""
        assert [] == said(IsmsServiceSettings, image_tag="v1", cpu=cpu, memory_mib=memory_mib)

    def test_defaults(self) -> None:
        """What an environment leaves out is what the design says for both."""
        values = IsmsSettings(**{key: getattr(staging.SETTINGS, key) for key in REQUIRED})

        assert ("blue_green", False, 30, 30) == (
            values.deploy_mode,
            values.exec_enabled,
            values.log_retention_days,
            values.secret_recovery_days,
        )
        assert (["JWT_SECRET"], ["API_KEY"]) == (
            values.application_secret.generated,
            values.application_secret.provided,
        )
        assert (False, None, True) == (values.disposable, values.github, values.repositories.create)


class TestSeveralMistakes:
    """Mistakes of siblings do not make up others, and all of them are said."""

    @pytest.mark.parametrize(
        ("changes", "paths"),
        [
            ({"deploy_mode": "canary", "deployment": None}, ["deploy_mode"]),
            ({"cluster": 1, "exec_enabled": True}, ["cluster"]),
            ({"network": 1, "cluster": LOGGING, "exec_enabled": True}, ["network"]),
            (
                {
                    "network": 1,
                    "aurora": AuroraSettings(min_capacity_acu=1, max_capacity_acu=2, zones=["a", "c"]),
                },
                ["network"],
            ),
            ({"deployment": None, "exec_enabled": True}, ["deployment", "exec_enabled"]),
        ],
    )
    def test_paths(self, changes: dict[str, object], paths: list[str]) -> None:
        """A rule that looks at a faulty sibling says nothing."""
        assert paths == [mistake.path for mistake in mistakes(IsmsSettings, changes)]

    def test_service_with_a_faulty_cpu(self) -> None:
        """Which memory fits is unknown then."""
        assert ["cpu"] == [
            mistake.path
            for mistake in mistakes(IsmsServiceSettings, {"image_tag": "v1", "cpu": 300, "memory_mib": 512})
        ]


def test_environment_file_with_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator reads every mistake of a file at once, each with its path below the environment's settings."""
    package = tmp_path / "isms_places"
    package.mkdir()
    (package / "__init__.py").touch()
    text = Path(str(staging.__file__)).read_text()
    for right, wrong in [
        ('image_tag="staging")', 'image_tag="latest")'),
        ("cpu=256, memory_mib=512", "cpu=512, memory_mib=512"),
        ('NetworkSettings(nat="one")', 'NetworkSettings(nat="none")'),
        ("deployment=BlueGreenSettings(", "exec_enabled=True, colour='red', deploy_mode='release', deployment=dict("),
    ]:
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    (package / "staging.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()

    with pytest.raises(SystemExit) as end, loading_environments("isms_places"):
        importlib.import_module("isms_places.staging")
    for name in [name for name in sys.modules if name.partition(".")[0] == "isms_places"]:
        del sys.modules[name]

    head, *lines = str(end.value).splitlines()
    assert "isms_places/staging.py: 6 mistakes" == head
    assert [
        "backend.image_tag",
        "colour",
        "deployment",
        "exec_enabled",
        "frontend.memory_mib",
        "network",
    ] == [line.split()[0] for line in lines]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*IsmsSettings.model_fields, "unknown"]), ANYTHING, max_size=6))
def test_any_input_is_valid_or_cleanly_refused(changes: dict[str, object]) -> None:
    """Whatever an environment file says, it passes or every mistake names a setting and says what is wrong."""
    for mistake in mistakes(IsmsSettings, changes):
        assert mistake.path.split(".")[0] in {*IsmsSettings.model_fields, "unknown"}
        assert mistake.text.startswith(("must ", "is missing", "is not a setting"))
        assert "Pydantic" not in mistake.text

"""Aldeia's settings: the rules of an environment, as the operator reads them, and any input whatever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.application_secret import ApplicationSecretSettings
from modules.fargate.destination import DestinationSettings
from modules.mistakes import mistakes_in
from modules.network.network import NetworkSettings
from stacks.aldeia_settings import TAKEN, AldeiaSettings
from tests.stacks.aldeia.sample_aldeia import CANARY, FILES, PRODUCTION, STAGING
from tests.stacks.aldeia.sample_aldeia_settings import (
    ANYTHING,
    BY_LOAD,
    BY_REQUESTS,
    LOGGING,
    Changes,
    backend,
    database,
    frontend,
    mistakes_of,
    said,
)


class TestEnvironment:
    """What is refused of an environment, and what is said."""

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"name": "Aldeia"},
                "name must be 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter, "
                "got 'Aldeia'",
            ),
            (
                {"name": "a" * 21},
                "name must be 1 to 20 lower-case letters, digits and single hyphens, beginning with a letter, "
                f"got {'a' * 21!r}",
            ),
            ({"node_env": "prod"}, "node_env must be one of staging, production, got 'prod'"),
            ({"cpu_architecture": "arm64"}, "cpu_architecture must be one of X86_64, ARM64, got 'arm64'"),
            ({"deploy_mode": "terraform"}, "deploy_mode must be one of release, blue_green, got 'terraform'"),
            (
                {"network": NetworkSettings(nat="none")},
                "network must have nat: ChromaDB's image comes from Docker Hub, and Docker from Ubuntu's archive, "
                "got NetworkSettings(…)",
            ),
            (
                {"hosts": None, "deploy_mode": "blue_green"},
                "deployment must be given when deploy_mode is blue_green, got None",
            ),
            (
                {"deployment": CANARY},
                "deployment must be left out when deploy_mode is release: it says how CodeDeploy moves traffic, "
                "got BlueGreenSettings(…)",
            ),
            (
                {"database": database(443)},
                "database must have another port than 443, which the backend reaches anywhere, "
                "got DestinationSettings(…)",
            ),
            (
                {"database": DestinationSettings(description="Near", port=5432, cidrs=["172.30.1.0/28"])},
                "database must have no cidrs in 172.30.0.0/23, which a host's containers have, "
                "got DestinationSettings(…)",
            ),
            (
                {"hosts": None, "exec_enabled": True},
                "exec_enabled must be False, or cluster must have exec_enabled too: it logs the sessions, got True",
            ),
            (
                {"cluster": LOGGING, "exec_enabled": True},
                "exec_enabled must be False on hosts, where Session Manager opens sessions, got True",
            ),
            (
                {"application_secret": ApplicationSecretSettings(generated=["JWT_SECRET"])},
                "application_secret must name CHROMA_AUTH_TOKEN, which ChromaDB asks for, "
                "got ApplicationSecretSettings(…)",
            ),
            (
                {"application_secret": ApplicationSecretSettings(generated=["PORT", "CHROMA_AUTH_TOKEN", "NODE_ENV"])},
                "application_secret must not name NODE_ENV, PORT, which the task has already, "
                "got ApplicationSecretSettings(…)",
            ),
            ({"log_retention_days": 4}, "log_retention_days must be one of "),
            ({"secret_recovery_days": 6}, "secret_recovery_days must be "),
            ({"redis": {}}, "redis is not a setting: "),
        ],
    )
    def test_refused(self, changes: Changes, mistake: str) -> None:
        """One mistake is one line, which begins with the setting."""
        (found,) = said(changes)

        assert found.startswith(mistake)
        assert "\n" not in found

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_requests_under_blue_green(self, service: str) -> None:
        """Of either service: another target group serves next time, and nothing would be counted."""
        make = {"backend": backend, "frontend": frontend}[service]
        changes: Changes = {"hosts": None, "deploy_mode": "blue_green", "deployment": CANARY}
        (found,) = said(changes | {service: make(scaling=BY_REQUESTS)})

        assert found.startswith(
            f"{service} must have no requests_per_target under blue_green, where another target group serves next time"
        )

    @pytest.mark.parametrize("name", sorted(TAKEN))
    def test_taken_names(self, name: str) -> None:
        """What the backend gets anyway, no secret may be called."""
        secret = ApplicationSecretSettings(generated=["CHROMA_AUTH_TOKEN"], provided=[name])
        (found,) = said({"application_secret": secret})

        assert found.startswith(f"application_secret must not name {name}, which the task has already, ")

    @pytest.mark.parametrize("missing", ["name", "node_env", "domain", "network", "backend", "frontend", "database"])
    def test_required(self, missing: str) -> None:
        """What has no sensible default has none."""
        settings = FILES[PRODUCTION]
        values = {name: getattr(settings, name) for name in settings.model_fields_set - {missing}}
        with pytest.raises(ValidationError) as caught:
            AldeiaSettings(**values)

        assert [missing] == [one.path for one in mistakes_in(caught.value, AldeiaSettings)]

    def test_mail_has_to_be_said(self) -> None:
        """None is an answer, and no default."""
        settings = FILES[PRODUCTION]
        values = {name: getattr(settings, name) for name in settings.model_fields_set - {"email"}}
        with pytest.raises(ValidationError) as caught:
            AldeiaSettings(**values)

        assert ["email"] == [one.path for one in mistakes_in(caught.value, AldeiaSettings)]

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"name": "a" * 20},
            {"name": "a1-b-2"},
            {"network": NetworkSettings(nat="one_per_zone")},
            {"hosts": None},
            {"hosts": None, "deploy_mode": "blue_green", "deployment": CANARY},
            {"hosts": None, "deploy_mode": "blue_green", "deployment": CANARY, "backend": backend(scaling=BY_LOAD)},
            {"hosts": None, "backend": backend(scaling=BY_REQUESTS), "frontend": frontend(scaling=BY_LOAD)},
            {"hosts": None, "cluster": LOGGING, "exec_enabled": True},
            {"hosts": None, "cpu_architecture": "ARM64"},
            {"hosts": None, "backend": backend(port=3002)},
            {"hosts": None, "network": NetworkSettings(cidr="172.30.0.0/16")},
            {"database": database(444)},
            {"database": database(442)},
            {"email": None},
            {"application_secret": ApplicationSecretSettings(provided=["CHROMA_AUTH_TOKEN"])},
            {"log_retention_days": 3},
            {"secret_recovery_days": 7},
        ],
        ids=lambda changes: "-".join(changes),
    )
    def test_allowed(self, changes: Changes) -> None:
        """Settings that fit each other, up to the limits."""
        assert [] == said(changes)

    @pytest.mark.parametrize("file", FILES)
    def test_files(self, file: str) -> None:
        """Both files are what they say."""
        assert [] == said({}, file)

    def test_defaults(self) -> None:
        """On Fargate, released, without sessions and without Spot, is what an environment gets that says nothing."""
        settings = AldeiaSettings(
            **{name: value for name, value in FILES[STAGING] if name in FILES[PRODUCTION].model_fields_set}
        )

        assert (None, "release", None, False, "X86_64", 0) == (
            settings.hosts,
            settings.deploy_mode,
            settings.deployment,
            settings.exec_enabled,
            settings.cpu_architecture,
            settings.capacity.spot_percent,
        )


class TestSeveralMistakes:
    """Mistakes of siblings do not make up others."""

    @pytest.mark.parametrize(
        ("changes", "paths"),
        [
            ({"deploy_mode": "canary"}, ["deploy_mode"]),
            ({"deploy_mode": "canary", "deployment": CANARY}, ["deploy_mode"]),
            ({"hosts": 1, "exec_enabled": True, "cluster": LOGGING}, ["hosts"]),
            ({"backend": 1}, ["backend"]),
            ({"frontend": 1}, ["frontend"]),
            ({"chromadb": 1}, ["chromadb"]),
            ({"cpu_architecture": "arm"}, ["cpu_architecture"]),
            ({"network": 1}, ["network"]),
            ({"cluster": 1, "hosts": None, "exec_enabled": True}, ["cluster"]),
            ({"backend": 1, "database": database(443), "name": "A"}, ["backend", "database", "name"]),
        ],
    )
    def test_paths(self, changes: Changes, paths: list[str]) -> None:
        """Each is told of its own."""
        assert paths == [one.split()[0] for one in said(changes)]


@given(st.dictionaries(st.sampled_from([*AldeiaSettings.model_fields, "unknown"]), ANYTHING, max_size=6))
def test_any_input_is_valid_or_cleanly_refused(changes: Changes) -> None:
    """Whatever an environment file says, it passes or every mistake names a setting and says what is wrong."""
    for one in mistakes_of(AldeiaSettings, dict(FILES[PRODUCTION]) | changes):
        assert one.path.split(".")[0] in {*AldeiaSettings.model_fields, "unknown"}
        assert one.text.startswith(("must ", "is missing", "is not a setting"))
        assert "Pydantic" not in one.text

"""Aldeia: what runs on Fargate and what runs on a machine is one and the same."""

from typing import Any

import pytest

from modules.application_secret import ApplicationSecretSettings
from modules.compose_host.settings import ComposeHostSettings
from modules.email_identity import EmailIdentitySettings
from modules.load_balancer.certificate import DomainSettings
from stacks.aldeia_service_settings import AldeiaBackendSettings, AldeiaChromaDbSettings, AldeiaFrontendSettings
from stacks.aldeia_settings import AldeiaSettings
from tests.stacks.aldeia.either_container import FIELDS, EitherContainer, on_fargate, on_host
from tests.stacks.aldeia.sample_aldeia import FILES, PRODUCTION, STAGING, compose_file, rights, rules, synth
from tests.stacks.isms.sample_isms import manifest, of_service, ref
from tests.support import Synthesized

SERVICES = ["backend", "frontend", "chromadb"]
X86 = ComposeHostSettings(instance_type="t3.2xlarge")
ARM = ComposeHostSettings(instance_type="t4g.2xlarge")

FIXED_NUMBER: dict[str, Any] = {
    "backend": AldeiaBackendSettings(image_tag="aldeia-production", cpu=1024, memory_mib=2048),
    "frontend": AldeiaFrontendSettings(image_tag="aldeia-production", cpu=512, memory_mib=1024),
}
"""Production without scaling, of which machines have their own."""

Pair = tuple[Synthesized, Synthesized]
"""The same settings, once on Fargate and once on a machine."""


def pair(file: str, changes: dict[str, Any], hosts: ComposeHostSettings = X86) -> Pair:
    """Build both; they differ in `hosts` alone."""
    without, with_ = (AldeiaSettings(**dict(FILES[file]) | changes | {"hosts": one}) for one in (None, hosts))
    return synth(file, without), synth(file, with_)


@pytest.fixture(scope="session")
def staging_pair() -> Pair:
    """Staging's file."""
    return pair(STAGING, {})


@pytest.fixture(scope="session")
def production_pair() -> Pair:
    """Production's file."""
    return pair(PRODUCTION, FIXED_NUMBER)


@pytest.fixture(params=["staging_pair", "production_pair"], scope="session")
def both(request: pytest.FixtureRequest) -> Pair:
    """Either file."""
    found: Pair = request.getfixturevalue(request.param)
    return found


def backend(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A change of the backend."""
    return {"backend": AldeiaBackendSettings(**({"image_tag": "a"} | changes))}


def frontend(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A change of the pages."""
    return {"frontend": AldeiaFrontendSettings(**({"image_tag": "a"} | changes))}


def chromadb(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A change of ChromaDB."""
    return {"chromadb": AldeiaChromaDbSettings(**changes)}


MORE_SECRETS = ApplicationSecretSettings(generated=["JWT_SECRET", "CHROMA_AUTH_TOKEN", "SALT"], provided=["KEY"])

CHANGES: list[tuple[dict[str, Any], dict[str, set[str]]]] = [
    (backend(port=4001), {"backend": {"published", "health_path", "environment", "health_check"}}),
    (backend(user="7:8"), {"backend": {"user"}}),
    (backend(user=None), {"backend": {"user"}}),
    (backend(health_check_path="/ok"), {"backend": {"health_path", "health_check"}}),
    (backend(cpu=1024, memory_mib=2048), {"backend": {"cpu_shares", "memory_mib"}}),
    (backend(migration_command=["npm", "run", "migrate"]), {"backend": {"migration"}}),
    (frontend(port=4002), {"frontend": {"published", "health_path", "environment"}}),
    (frontend(user="7:8"), {"frontend": {"user"}}),
    (frontend(health_check_path="/ok"), {"frontend": {"health_path"}}),
    (frontend(cpu=512, memory_mib=1024), {"frontend": {"cpu_shares", "memory_mib"}}),
    (chromadb(port=9000), {"chromadb": {"command", "health_check"}, "backend": {"environment"}}),
    (chromadb(image_tag="0.6.2"), {"chromadb": {"image"}}),
    (chromadb(image="octo/chroma"), {"chromadb": {"image"}}),
    (chromadb(cpu=2048, memory_mib=4096), {"chromadb": {"cpu_shares", "memory_mib"}}),
    ({"node_env": "production"}, {"backend": {"environment"}, "frontend": {"environment"}}),
    ({"domain": DomainSettings(domain_name="aldeia.org")}, {"frontend": {"environment"}}),
    ({"email": None}, {"backend": {"environment"}}),
    ({"email": EmailIdentitySettings(domain_name="aldeia.org")}, {"backend": {"environment"}}),
    ({"name": "octo"}, {"backend": {"environment"}, "chromadb": {"private_name"}}),
    ({"application_secret": MORE_SECRETS}, {"backend": {"secrets"}}),
    ({"region": "eu-west-2"}, {name: {"environment", "log"} for name in SERVICES}),
]
"""A change in the environment file, and what it changes of which container."""


def different(before: EitherContainer, after: EitherContainer) -> set[str]:
    """Name what is not the same."""
    return {name for name in FIELDS if getattr(before, name) != getattr(after, name)}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("service", SERVICES)
def test_same(service: str, field: str, both: Pair) -> None:
    """Nobody in a container can tell which of the two it is."""
    fargate, host = both

    assert getattr(on_fargate(fargate, service), field) == getattr(on_host(host, service), field)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("service", ["backend", "frontend"])
def test_same_on_several(service: str, field: str, production_pair: Pair, several_hosts: Synthesized) -> None:
    """Nor which of the machines."""
    assert getattr(on_fargate(production_pair[0], service), field) == getattr(on_host(several_hosts, service), field)


def test_chromadb_is_the_same_task(production_pair: Pair, several_hosts: Synthesized) -> None:
    """Beside several machines ChromaDB runs as it does without any."""
    found = [of_service(stack, "aws_ecs_task_definition", "chromadb") for stack in (production_pair[0], several_hosts)]

    assert found[0] == found[1]


def test_same_services(both: Pair) -> None:
    """None is missing, and none is there twice."""
    fargate, host = both
    on_ecs = [block["name"].rpartition("-")[2] for block in fargate.resources("aws_ecs_service").values()]

    assert sorted(on_ecs) == sorted(compose_file(host)["services"])


@pytest.mark.parametrize(("changes", "expected"), CHANGES, ids=lambda one: "-".join(one))
def test_one_change_is_two(changes: dict[str, Any], expected: dict[str, set[str]], staging_pair: Pair) -> None:
    """What is changed in the environment file changes on both sides, in the same place and to the same value."""
    now = pair(STAGING, changes)
    on_ecs = {name: different(on_fargate(staging_pair[0], name), on_fargate(now[0], name)) for name in SERVICES}
    on_disk = {name: different(on_host(staging_pair[1], name), on_host(now[1], name)) for name in SERVICES}

    assert {name: expected.get(name, set()) for name in SERVICES} == on_ecs
    assert on_ecs == on_disk
    assert [on_fargate(now[0], name) for name in SERVICES] == [on_host(now[1], name) for name in SERVICES]


def test_architecture_is_one_setting(staging_pair: Pair) -> None:
    """With machines of that kind."""
    fargate, host = pair(STAGING, {"cpu_architecture": "ARM64"}, ARM)

    assert ("X86_64", "ARM64") == (
        on_host(staging_pair[1], "backend").architecture,
        on_host(host, "backend").architecture,
    )
    assert on_fargate(fargate, "backend") == on_host(host, "backend")


class TestFound:
    """That the comparison compares something: what is read from either side is what stands there."""

    @pytest.mark.parametrize("read", [on_fargate, on_host], ids=["fargate", "host"])
    def test_chromadb(self, read: Any, staging_pair: Pair) -> None:  # noqa: ANN401
        """A check, a folder, a token, a command and a name."""
        found = read(staging_pair[0 if read is on_fargate else 1], "chromadb")

        assert {"/chroma/chroma": ("/chromadb-data", 1000, 1000, False)} == found.folders
        assert ["CHROMA_SERVER_AUTHN_CREDENTIALS"] == list(found.secrets)
        assert ("chromadb.aldeia-staging.internal", "chromadb/chroma:0.6.3") == (found.private_name, found.image)
        assert (30, 5, 3, 60) == tuple(
            found.health_check[key] for key in ("interval", "timeout", "retries", "startPeriod")
        )
        assert ([], []) == (found.published, found.health_path)

    @pytest.mark.parametrize("read", [on_fargate, on_host], ids=["fargate", "host"])
    def test_backend(self, read: Any, staging_pair: Pair) -> None:  # noqa: ANN401
        """A port, a user, secrets, and where it may write."""
        found = read(staging_pair[0 if read is on_fargate else 1], "backend")

        assert ([3001], [("/api/health", 3001)]) == (found.published, found.health_path)
        assert ("1000:1000", ["/tmp"], True, True, 30) == (
            found.user,
            found.empty_paths,
            found.read_only,
            found.starts_again,
            found.stop_timeout_s,
        )
        assert {"JWT_SECRET", "CHROMA_AUTH_TOKEN", "DATABASE_URL"} == set(found.secrets)
        assert {"driver": "awslogs", "region": "us-east-1", "prefix": "backend"} == found.log


class TestAround:
    """What is around the containers."""

    def test_unhealthy_ones_are_replaced(self, both: Pair) -> None:
        """As ECS does; Docker alone would only say so."""
        (text,) = both[1].document["locals"].values()

        assert "OnCalendar=minutely" in text
        assert "ExecStart=/usr/local/sbin/compose-host heal\n" in text
        assert "systemctl start compose-host-heal.timer" in text

    def test_permissions(self, both: Pair) -> None:
        """What the backend's role may do, the machine's may, too, to the same things."""
        fargate, host = both
        allowed = rights(host, "hosts_role_permissions")

        assert rights(fargate, "backend_service_task_role_permissions") == {
            action: allowed[action] for action in rights(fargate, "backend_service_task_role_permissions")
        }

    def test_secrets_can_be_read(self, both: Pair) -> None:
        """The same one, and no other."""
        fargate, host = both
        action = "secretsmanager:GetSecretValue"

        assert (
            rights(fargate, "backend_service_task_execution_permissions")[action]
            == (rights(host, "hosts_role_permissions")[action])
        )

    def test_destinations(self, both: Pair) -> None:
        """Every network that the backend reaches, the machine does."""
        fargate, host = both
        tasks = ref(fargate, "aws_security_group", "id", "backend_service_network_group_")
        machine = ref(host, "aws_security_group", "id", "hosts_")
        networks = [one for one in rules(fargate, "egress", tasks) if "/" in one[0]]

        assert 2 == len(networks)
        assert [] == [one for one in networks if one not in rules(host, "egress", machine)]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_releases(self, service: str, both: Pair) -> None:
        """A release knows the same of both: images, secrets, where to ask, how long to wait."""
        fargate, host = (manifest(stack, service) for stack in both)
        same = [
            *("schema", "stack", "service", "account_id", "region", "deploy_mode", "image", "secrets", "alarms"),
            *("migration_command", "migration_timeout_s", "healthy_timeout_s"),
        ]

        assert {key: fargate[key] for key in same} == {key: host[key] for key in same}
        assert fargate["routes"]["url"] == host["routes"]["url"]
        assert fargate["ecs"]["port"] == host["compose"]["port"]

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_rules(self, service: str, both: Pair) -> None:
        """The load balancer sends the same requests."""
        found = [
            {
                (str(block["condition"]), block["priority"])
                for id_, block in stack.resources("aws_lb_listener_rule").items()
                if id_.startswith(f"{service}_")
            }
            for stack in both
        ]

        assert found[0] == found[1]
        assert 1 == len(found[0])

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_asked_before_the_next(self, service: str, both: Pair) -> None:
        """What the load balancer asks a task before the next one is replaced, a machine asks itself."""
        ((path, port),) = on_fargate(both[0], service).health_path

        assert f"http://127.0.0.1:{port}{path}" == compose_file(both[1])["x-compose-host"]["ready"][service]["url"]

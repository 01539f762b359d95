"""Hosts with two services, one of which keeps a folder: what the tests of this room have in common."""

from collections.abc import Sequence
from typing import Any

from cdktf import ITerraformDependable, TerraformOutput
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.compose_host.host import ComposeHost
from modules.compose_host.service import ComposeService
from modules.compose_host.settings import ComposeHostSettings
from modules.container.application import Application, Folder
from modules.deployment.release import Secret
from modules.fargate.container import TaskSettings
from modules.fargate.destination import DestinationSettings
from modules.fargate.service_settings import FargateServiceSettings
from modules.iam import allow
from modules.load_balancer.service_route import ServiceRouteSettings
from modules.network.placement import Placement
from tests.support import Block, Synthesized, synth_scope

SECRET = "arn:aws:secretsmanager:us-east-1:956880242582:secret:aldeia"
REPOSITORY = "arn:aws:ecr:us-east-1:956880242582:repository/aldeia/backend"
REPOSITORY_URL = "956880242582.dkr.ecr.us-east-1.amazonaws.com/aldeia/backend"
OBJECTS = "arn:aws:s3:::aldeia-staging-backups/*"
TOPIC = "arn:aws:sns:us-east-1:956880242582:aldeia-staging-alerts"
GROUP = "aldeia-staging-hosts"

ROUTE = ServiceRouteSettings(path_patterns=["/*"], priority=10, health_check_path="/api/health")

DATABASE = DestinationSettings(description="The database", port=5432, cidrs=["10.9.0.0/16"])

SETTINGS: dict[str, Any] = {"instance_type": "t3.medium"}
SEVERAL: dict[str, Any] = {"instance_type": "t3.large", "min_size": 2, "desired_capacity": 2, "max_size": 2}


def backend(**changes: Any) -> ComposeService:  # noqa: ANN401 arguments of any type
    """A service behind the load balancer, whose image releases choose and which works with AWS."""
    arguments: dict[str, Any] = {
        "application": Application(
            container_name="backend",
            environment={"NODE_ENV": "staging"},
            secrets={"JWT_SECRET": f"{SECRET}:JWT_SECRET::"},
            secret_keys=[Secret(arn=SECRET, keys=["JWT_SECRET"])],
            permissions=[allow(["s3:GetObject"], [OBJECTS])],
        ),
        "settings": FargateServiceSettings(
            cpu=512,
            memory_mib=1024,
            cpu_architecture="X86_64",
            port=3001,
            user="10001:10001",
            destinations=[DATABASE],
        ),
        "image": None,
        "repository_arn": REPOSITORY,
        "repository_url": REPOSITORY_URL,
        "migration_command": ["migrate"],
        "route": ROUTE,
    }
    return ComposeService(**(arguments | changes))


def chromadb() -> ComposeService:
    """A service that only the others reach, with a fixed image and a folder."""
    return ComposeService(
        application=Application(
            container_name="chromadb",
            secrets={"TOKEN": f"{SECRET}:CHROMA::"},
            secret_keys=[Secret(arn=SECRET, keys=["CHROMA"])],
            folders=[Folder(name="chromadb-data", path="/chroma", user_id=1000, group_id=1000)],
        ),
        settings=TaskSettings(cpu=1024, memory_mib=2048, cpu_architecture="X86_64", port=8000, user=None),
        image="chromadb/chroma:1.0.0",
        private_name="chromadb.aldeia-staging.internal",
        route=None,
    )


def build(
    services: Sequence[ComposeService] | None = None, *, disposable: bool = False, settings: dict[str, Any] = SETTINGS
) -> tuple[Synthesized, ComposeHost]:
    """Synthesize hosts: as JSON, with what others see of them as outputs, and as the object."""
    made: list[ComposeHost] = []

    def declare(scope: Construct) -> None:
        host = declare_host(
            scope, services=services, disposable=disposable, settings=settings, depends_on=[needed(scope, "needed")]
        )
        host.start_after([needed(scope, "later")])
        made.append(host)
        for name, value in _results(host).items():
            TerraformOutput(scope, name, value=value)

    return synth_scope(declare), made[0]


def declare_host(
    scope: Construct,
    *,
    services: Sequence[ComposeService] | None = None,
    disposable: bool = False,
    settings: dict[str, Any] = SETTINGS,
    **changes: Any,  # noqa: ANN401 arguments of any type
) -> ComposeHost:
    """Hosts of a staging environment."""
    arguments: dict[str, Any] = {
        "name": "aldeia-test",
        "stack": "aldeia-staging",
        "account_id": "956880242582",
        "region": "us-east-1",
        "placement": Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
        "zone": "us-east-1a",
        "services": [backend(), chromadb()] if services is None else services,
        "target_group_arns": ["arn:blue"],
        "load_balancer_security_group_id": "sg-lb",
        "topic_arn": TOPIC,
        "tags": {"Stack": "aldeia-staging", "Team": "chat"},
        "disposable": disposable,
        "settings": ComposeHostSettings(**settings),
    }
    return ComposeHost(scope, "host", **(arguments | changes))


def needed(scope: Construct, id_: str) -> ITerraformDependable:
    """Something that the hosts wait for."""
    return CloudwatchLogGroup(scope, id_)


def _results(host: ComposeHost) -> dict[str, Any]:
    return {
        "auto_scaling_group_name": host.auto_scaling_group_name,
        "document_name": host.document_name,
        "image_parameters": host.image_parameters,
        "log_group_name": host.log_group_name,
        "security_group_id": host.security_group_id,
        "alarm_arns": host.alarm_arns,
        "ready": [one.fqn for one in host.ready],
    }


def only(stack: Synthesized, type_: str, part: str) -> tuple[str, Block]:
    """The id and the block of the one resource of a type with this in its id."""
    ((id_, block),) = [(id_, block) for id_, block in stack.resources(type_).items() if f"_{part}_" in f"_{id_}_"]
    return id_, block


def ref(stack: Synthesized, type_: str, part: str, attribute: str) -> str:
    """The reference to an attribute of the resource that `only` finds."""
    return f"${{{type_}.{only(stack, type_, part)[0]}.{attribute}}}"


def statements(stack: Synthesized, part: str) -> list[Block]:
    """The statements of the policy document with this in its id."""
    (id_,) = [id_ for id_ in stack.document["data"]["aws_iam_policy_document"] if f"_{part}_" in f"_{id_}_"]
    return stack.statements(id_)

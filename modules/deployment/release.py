"""
What a release of one service needs to know: the content of the release manifest, as typed parts.

Nothing here is a secret. Strings are references, which may stand for values that Terraform fills in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from modules.deployment.deploy_mode import Color, DeployMode, ownership
from modules.fargate.capacity import CapacityShare
from modules.load_balancer.target_group import TargetGroup


@dataclass(frozen=True, kw_only=True)
class Ecs:
    """The service and the tasks it runs."""

    cluster: str
    service: str
    task_definition: str
    """The ARN of the revision that Terraform made last: a release registers a copy with another image. Not simply the
    newest of the family, which a release may have made from an older configuration."""

    family: str
    container: str
    port: int
    cpu_architecture: Literal["ARM64", "X86_64"]
    subnets: Sequence[str]
    security_groups: Sequence[str]
    assign_public_ip: bool
    platform_version: str = "LATEST"


@dataclass(frozen=True, kw_only=True)
class Compose:
    """The hosts, and the service in the Compose file that they run."""

    auto_scaling_group: str
    """Whose instances the hosts are."""

    document: str
    """The command document of Systems Manager by which a host is told what to do (`modules/compose_host`)."""

    service: str
    """The service's name in the Compose file."""

    image_parameter: str
    """The parameter that says which image runs, by digest; `NO_IMAGE` before the first release."""

    cpu_architecture: Literal["ARM64", "X86_64"]
    port: int


NO_IMAGE = "none"
"""What the image parameter of a service on hosts says before its first release: a parameter cannot be empty."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """Where the service's images are."""

    repository: str
    uri: str
    registry_id: str


@dataclass(frozen=True, kw_only=True)
class Logs:
    """Where the tasks log to: the streams `<stream_prefix>/<container>/<task id>`."""

    group: str
    stream_prefix: str


@dataclass(frozen=True, kw_only=True)
class Routes:
    """How requests reach the service."""

    url: str
    """Answers with success when the service does: a URL of the health check's path."""

    listener: str
    test_listener: str | None
    rules: Sequence[str]
    target_groups: Mapping[Color, TargetGroup]


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """The names of alarms that must be quiet before a release, and stop it."""

    service: Sequence[str]
    """Whatever serves."""

    target_groups: Mapping[Color, Sequence[str]]
    """Of one side: in `blue_green` those of the side that is replaced must not stop a release that mends it."""


@dataclass(frozen=True, kw_only=True)
class Secret:
    """The keys of one secret that must have a value before a task can start; none when the secret is no JSON."""

    arn: str
    keys: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CodeDeploy:
    """What makes a blue/green deployment, and how long it takes."""

    application: str
    deployment_group: str
    deployment_config: str
    shift_min: int
    """Between the first and the last shift of traffic."""

    approval_wait_min: int | None
    """How long the replacement waits for ContinueDeployment. None: traffic moves at once."""

    termination_wait_min: int
    """How long the replaced tasks stay."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """All of it. What a deploy mode does not have is None."""

    account_id: str
    region: str
    deploy_mode: DeployMode
    ecs: Ecs | None
    """None: the service runs on Compose hosts."""

    compose: Compose | None = None
    """None: the service runs on Fargate."""

    capacity: Sequence[CapacityShare]
    """None on hosts."""

    image: Image
    logs: Logs
    alarms: Alarms
    secrets: Sequence[Secret]
    routes: Routes | None
    """None: no load balancer."""

    code_deploy: CodeDeploy | None
    """In `blue_green`."""

    image_variable: str | None
    """In `terraform`: the Terraform variable that says which image runs."""

    def __post_init__(self) -> None:
        """:raises ValueError: the parts are not those of the deploy mode."""
        mode = self.deploy_mode
        if (self.ecs is None) == (self.compose is None):
            raise ValueError("a service runs either on Fargate (ecs) or on hosts (compose)")
        if self.compose is not None and mode != "release":
            raise ValueError(f"a service on Compose hosts is released by release, got {mode}")
        if (self.code_deploy is not None) != (mode == "blue_green"):
            raise ValueError(f"code_deploy is for blue_green and only for it, got {mode}")
        if (self.image_variable is not None) != (mode == "terraform"):
            raise ValueError(f"image_variable is for terraform and only for it, got {mode}")
        colors = () if self.routes is None else tuple(self.routes.target_groups)
        if colors != ownership(mode).colors and (self.routes is not None or mode == "blue_green"):
            raise ValueError(f"{mode} has the target groups {ownership(mode).colors}, got {colors}")

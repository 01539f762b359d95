"""The release manifest as its reader sees it: the document at `/<stack>/release/<service>`, checked."""

import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from tools.errors import InfraError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SCHEMA = 1
"""The version of the document that this command reads."""

Color = Literal["blue", "green"]
DeployMode = Literal["terraform", "release", "blue_green"]
CpuArchitecture = Literal["ARM64", "X86_64"]

NO_IMAGE = "none"
"""What the image parameter of a service on hosts says before its first release: a parameter cannot be empty."""


class Part(BaseModel):
    """A part of the document. What a newer writer adds is not read; what is missing is an error."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Ecs(Part):
    """The service, and how its tasks are run."""

    cluster: str
    service: str
    task_definition: str
    """The ARN of the revision that Terraform made last, of which a release registers a copy with another image."""

    family: str
    container: str
    port: int
    cpu_architecture: CpuArchitecture
    subnets: list[str]
    security_groups: list[str]
    assign_public_ip: bool
    platform_version: str


class Compose(Part):
    """The hosts, and the service in the Compose file that they run."""

    auto_scaling_group: str
    """Whose instances the hosts are."""

    document: str
    """The command document of Systems Manager by which a host is told what to do."""

    service: str
    """The service's name in the Compose file."""

    image_parameter: str
    """The parameter that says which image runs, by digest; `NO_IMAGE` before the first release."""

    cpu_architecture: CpuArchitecture
    port: int


class CapacityShare(Part):
    """One item of the capacity provider strategy."""

    capacity_provider: str
    weight: int
    base: int


class Image(Part):
    """Where the service's images are."""

    repository: str
    uri: str
    registry_id: str


class Logs(Part):
    """Where the tasks log to: the streams `<stream_prefix>/<container>/<task id>`."""

    group: str
    stream_prefix: str


class TargetGroup(Part):
    """One of the service's target groups."""

    name: str
    arn: str
    arn_suffix: str


class Routes(Part):
    """How requests reach the service."""

    url: str
    listener: str
    test_listener: str | None
    rules: list[str]
    target_groups: dict[Color, TargetGroup]


class Alarms(Part):
    """Names of alarms: of the service, and of each side."""

    service: list[str]
    target_groups: dict[Color, list[str]]


class Secret(Part):
    """The keys of one secret that must have a value."""

    arn: str
    keys: list[str]


class CodeDeploy(Part):
    """What makes a blue/green deployment."""

    application: str
    deployment_group: str
    deployment_config: str
    shift_min: int
    approval_wait_min: int | None
    termination_wait_min: int


class Manifest(Part):
    """All that a release of one service needs to know."""

    schema_: Literal[1] = Field(alias="schema")
    stack: str
    service: str
    """The short name, as the operator types it."""

    account_id: str
    region: str
    deploy_mode: DeployMode
    ecs_: Ecs | None = Field(alias="ecs")
    """None: the service runs on Compose hosts."""

    compose: Compose | None = Field(default=None, validate_default=True)
    """None, or not there as in older documents: the service runs on ECS."""

    capacity: list[CapacityShare]
    image: Image
    logs: Logs
    alarms: Alarms
    secrets: list[Secret]
    routes: Routes | None
    code_deploy: CodeDeploy | None
    image_variable: str | None
    migration_command: list[str] | None
    migration_timeout_s: int
    healthy_timeout_s: int

    @field_validator("compose")
    @classmethod
    def _expect_one(cls, compose: Compose | None, info: ValidationInfo) -> Compose | None:
        """:raises ValueError: the service runs on both, or on nothing."""
        if "ecs_" in info.data and (compose is None) == (info.data["ecs_"] is None):
            found = "neither" if compose is None else "both"
            raise ValueError(f"a service must have either ecs or compose, got {found}")
        return compose

    @property
    def ecs(self) -> Ecs:
        """:raises InfraError: the service runs on hosts."""
        if self.ecs_ is None:
            raise InfraError(f"{self.service}: the manifest has no ecs: the service runs on hosts")
        return self.ecs_

    @property
    def cpu_architecture(self) -> CpuArchitecture:
        """What its images must be built for."""
        return self.ecs.cpu_architecture if self.compose is None else self.compose.cpu_architecture

    def expect_compose(self) -> Compose:
        """:raises InfraError: the service runs on ECS."""
        if self.compose is None:
            raise InfraError(f"{self.service}: the manifest has no compose: the service runs on ECS")
        return self.compose

    def expect_code_deploy(self) -> CodeDeploy:
        """:raises InfraError: the manifest is of another deploy mode."""
        if self.code_deploy is None:
            raise InfraError(f"{self.service}: the manifest has no code_deploy, but deploy_mode is {self.deploy_mode}")
        return self.code_deploy

    def expect_routes(self) -> Routes:
        """:raises InfraError: no load balancer is before the service."""
        if self.routes is None:
            raise InfraError(f"{self.service}: the manifest has no routes, but deploy_mode is {self.deploy_mode}")
        return self.routes


def parse(text: str, name: str) -> Manifest:
    """
    Read one document.

    :param name: of the parameter, for messages
    :raises InfraError: it is not a manifest of this schema
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InfraError(f"{name}: is no JSON ({error}): deploy the stack again") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise InfraError(f"{name}: schema must be {SCHEMA}, got {found!r}: use the infra of the commit that made it")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        text = first["msg"].removeprefix("Value error, ")
        raise InfraError(f"{name}: {path}: {text}: deploy the stack again") from None


def read(ssm: "SSMClient", stack: str, services: list[str]) -> list[Manifest]:
    """
    Read the manifests of a stack's services, in the order given, or all of them by name.

    :raises InfraError: a service is unknown, or the stack has none
    """
    path = f"/{stack}/release"
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
    found = {
        parameter["Name"].removeprefix(f"{path}/"): parse(parameter["Value"], parameter["Name"])
        for page in pages
        for parameter in page["Parameters"]
    }
    if not found:
        raise InfraError(f"no manifests below {path}: deploy the stack first, cdktf deploy {stack}")
    unknown = [name for name in services if name not in found]
    if unknown:
        raise InfraError(f"unknown service {unknown[0]!r} of {stack}: must be one of {', '.join(sorted(found))}")
    return [found[name] for name in dict.fromkeys(services)] if services else [found[name] for name in sorted(found)]

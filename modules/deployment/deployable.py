"""A service, as those who release it see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.deployment.release import CodeDeploy


@dataclass(frozen=True, kw_only=True)
class Deployable:
    """References to all that a release of one service touches."""

    short_name: str
    """As the operator types it, which is also in the paths of its parameters."""

    cluster_name: str
    service_name: str
    family: str
    """The family of its task definitions."""

    task_role_arn: str
    execution_role_arn: str
    repository_arn: str
    log_group_name: str
    manifest_parameter_arn: str
    """Its release manifest, at `/<stack>/release/<service>`."""

    secret_arns: Sequence[str] = ()
    """The secrets that its tasks read, whole, without a key."""

    code_deploy: CodeDeploy | None = None
    """None: ECS itself rolls the service out."""

    migrates: bool = False
    """Whether a one-off task changes the database before a release."""

"""Rules between the settings of an environment that several systems have."""

from modules.application_secret import ApplicationSecretSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.network.network import NetworkSettings
from modules.settings import mistake

_TASKS_NEED = {"ecr", "logs", "secretsmanager"}
"""The services that a task cannot start without, beside S3."""


def check_tasks_reach_aws(network: NetworkSettings) -> NetworkSettings:
    """
    Return the network when tasks in its private subnets can start.

    :raises PydanticCustomError: they would reach neither the internet nor what they need of AWS
    """
    missing = sorted(_TASKS_NEED - set(network.interface_endpoints))
    if network.nat == "none" and missing:
        raise mistake(f"must have nat, or interface_endpoints with {', '.join(missing)}: no task would start")
    return network


def check_sessions(
    exec_enabled: bool,
    *,
    cluster: FargateClusterSettings | None,
    network: NetworkSettings | None,
) -> bool:
    """
    Return whether operators may open sessions in containers when these are logged, and get through.

    :param cluster: None when it has a mistake of its own
    :param network: of tasks in private subnets; None when it has a mistake of its own
    :raises PydanticCustomError: nothing would log the sessions, or ECS Exec would not reach the tasks
    """
    if exec_enabled and cluster is not None and not cluster.exec_enabled:
        raise mistake("must be False, or cluster must have exec_enabled too: it logs the sessions")
    shut_off = network is not None and network.nat == "none" and "ssmmessages" not in network.interface_endpoints
    if exec_enabled and shut_off:
        raise mistake("must be False, or network must have nat or the interface endpoint ssmmessages")
    return exec_enabled


def check_free_names(secret: ApplicationSecretSettings, taken: set[str]) -> ApplicationSecretSettings:
    """
    Return the secret when the task has none of its names already.

    :param taken: the environment variables that the task gets anyway
    :raises PydanticCustomError: ECS would refuse a name that stands in both lists of a container
    """
    if found := sorted(taken & {*secret.generated, *secret.provided}):
        raise mistake(f"must not name {', '.join(found)}, which the task has already")
    return secret

"""Rules between the settings of an environment."""

import pytest
from pydantic_core import PydanticCustomError

from modules.application_secret import ApplicationSecretSettings
from modules.fargate.cluster import FargateClusterSettings
from modules.network.network import NetworkSettings
from modules.web_service.checks import check_free_names, check_sessions, check_tasks_reach_aws

LOGGING = FargateClusterSettings(exec_enabled=True)
SHUT_OFF = NetworkSettings(nat="none", interface_endpoints=["ecr", "logs", "secretsmanager"])
OPEN = NetworkSettings(nat="one")


@pytest.mark.parametrize("network", [OPEN, NetworkSettings(nat="one_per_zone"), SHUT_OFF])
def test_tasks_reach_aws(network: NetworkSettings) -> None:
    """By the internet, or by the three services that a task cannot start without."""
    assert network is check_tasks_reach_aws(network)


@pytest.mark.parametrize("lacking", ["ecr", "logs", "secretsmanager"])
def test_tasks_would_not_start(lacking: str) -> None:
    """Without one of them there is no image, no log or no secret."""
    network = SHUT_OFF.model_copy(
        update={"interface_endpoints": [one for one in SHUT_OFF.interface_endpoints if one != lacking]}
    )
    with pytest.raises(PydanticCustomError, match=f"interface_endpoints with {lacking}: no task would start"):
        check_tasks_reach_aws(network)


@pytest.mark.parametrize(
    ("cluster", "network"),
    [(LOGGING, OPEN), (None, OPEN), (LOGGING, None), (None, None)],
    ids=lambda one: type(one).__name__,
)
def test_sessions(cluster: FargateClusterSettings | None, network: NetworkSettings | None) -> None:
    """What has a mistake of its own gets no second one."""
    assert check_sessions(True, cluster=cluster, network=network) is True


def test_no_sessions() -> None:
    """Where there are none, nothing has to log them or to let them through."""
    assert check_sessions(False, cluster=FargateClusterSettings(), network=SHUT_OFF) is False


def test_sessions_nobody_logs() -> None:
    """The cluster has to."""
    with pytest.raises(PydanticCustomError, match="cluster must have exec_enabled too"):
        check_sessions(True, cluster=FargateClusterSettings(), network=OPEN)


def test_sessions_that_do_not_get_through() -> None:
    """ECS Exec is Systems Manager's channel."""
    with pytest.raises(PydanticCustomError, match="the interface endpoint ssmmessages"):
        check_sessions(True, cluster=LOGGING, network=SHUT_OFF)


@pytest.mark.parametrize("kind", ["generated", "provided"])
def test_taken_names(kind: str) -> None:
    """ECS refuses a name that is both a variable and a secret."""
    secret = ApplicationSecretSettings(**{kind: ["C", "B", "A"]})

    with pytest.raises(PydanticCustomError, match="must not name A, B, which the task has already"):
        check_free_names(secret, {"A", "B"})


def test_free_names() -> None:
    """Others are fine."""
    secret = ApplicationSecretSettings(generated=["C"])

    assert secret is check_free_names(secret, {"A", "B"})

"""CodeDeploy's closed gaps, seen through an SDK; the older ones are in test_local_patches.py."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

LINEAR = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 25, "linearInterval": 1}}


@pytest.fixture
def config_in_use(client: Client) -> str:
    """Make a deployment group with a configuration of its own; answer the configuration's name."""
    deploy = client("codedeploy")
    deploy.create_deployment_config(deploymentConfigName="in-use", computePlatform="ECS", trafficRoutingConfig=LINEAR)
    deploy.create_application(applicationName="in-use", computePlatform="ECS")
    deploy.create_deployment_group(
        applicationName="in-use",
        deploymentGroupName="group",
        deploymentConfigName="in-use",
        serviceRoleArn="arn:aws:iam::956880242582:role/r",
    )
    return "in-use"


def test_codedeploy_delete_deployment_config(client: Client, config_in_use: str) -> None:
    """A configuration that a deployment group uses stays, and goes once the group uses another."""
    deploy = client("codedeploy")
    with pytest.raises(ClientError) as caught:
        deploy.delete_deployment_config(deploymentConfigName=config_in_use)
    deploy.update_deployment_group(
        applicationName="in-use",
        currentDeploymentGroupName="group",
        deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
    )
    deploy.delete_deployment_config(deploymentConfigName=config_in_use)

    assert ("DeploymentConfigInUseException", False) == (
        caught.value.response["Error"]["Code"],
        config_in_use in deploy.list_deployment_configs()["deploymentConfigsList"],
    )

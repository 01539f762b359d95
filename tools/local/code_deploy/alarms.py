"""The alarms that stop a deployment."""

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.codedeploy.models import CodeDeployBackend, DeploymentInfo


def firing(backend: CodeDeployBackend, deployment: DeploymentInfo) -> list[str]:
    """Name those in ALARM. What a deployment says of alarms replaces what its group says (API, CreateDeployment)."""
    own: Any = deployment.override_alarm_configuration
    config: Any = deployment.deployment_group.alarm_configuration if own is None else own
    if not config or not config.get("enabled"):
        return []
    alarms = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    names = [alarm["name"] for alarm in config["alarms"]]
    return [name for name in names if name in alarms and alarms[name].state_value == "ALARM"]

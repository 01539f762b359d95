"""CodeDeploy, in moto."""

import uuid
from typing import Any

from moto.codedeploy import responses
from moto.codedeploy.exceptions import CodeDeployException
from moto.codedeploy.models import CodeDeployBackend, DeploymentGroup
from moto.codedeploy.responses import CodeDeployResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, utcnow

_group_info = responses._deployment_group_info


def create_deployment_config(self: CodeDeployResponse) -> ActionResult:
    """Keep a deployment configuration as it was given."""
    name = self._get_param("deploymentConfigName")
    configs = _configs(self.codedeploy_backend)
    if name in configs:
        raise CodeDeployException("DeploymentConfigAlreadyExistsException", f"{name} already exists.")
    fields = ("minimumHealthyHosts", "computePlatform", "trafficRoutingConfig", "zonalConfig")
    given = {field: self._get_param(field) for field in fields}
    configs[name] = {
        "deploymentConfigId": str(uuid.uuid4()),
        "deploymentConfigName": name,
        "createTime": utcnow(),
        **{field: value for field, value in given.items() if value is not None},
    }
    return ActionResult({"deploymentConfigId": configs[name]["deploymentConfigId"]})


def get_deployment_config(self: CodeDeployResponse) -> ActionResult:
    """Answer a deployment configuration that was created here."""
    name = self._get_param("deploymentConfigName")
    config = _configs(self.codedeploy_backend).get(name)
    if config is None:
        raise CodeDeployException("DeploymentConfigDoesNotExistException", f"There is no {name}.")
    return ActionResult({"deploymentConfigInfo": config})


def delete_deployment_config(self: CodeDeployResponse) -> EmptyResult:
    """Delete a deployment configuration, unless a group uses it; deleting none is no error."""
    name = self._get_param("deploymentConfigName")
    backend = self.codedeploy_backend
    groups = [group for each in backend.deployment_groups.values() for group in each.values()]
    if any(group.deployment_config_name == name for group in groups):
        raise CodeDeployException("DeploymentConfigInUseException", f"A deployment group uses {name}.")
    _configs(backend).pop(name, None)
    return EmptyResult()


def list_deployment_configs(self: CodeDeployResponse) -> ActionResult:
    """List the names of the deployment configurations that were created here."""
    return ActionResult({"deploymentConfigsList": list(_configs(self.codedeploy_backend))})


def delete_application(self: CodeDeployResponse) -> EmptyResult:
    """Delete an application with its deployment groups; deleting none is no error."""
    name = self._get_param("applicationName")
    self.codedeploy_backend.applications.pop(name, None)
    self.codedeploy_backend.deployment_groups.pop(name, None)
    return EmptyResult()


def delete_deployment_group(self: CodeDeployResponse) -> ActionResult:
    """Delete a deployment group; deleting none is no error."""
    groups = self.codedeploy_backend.deployment_groups.get(self._get_param("applicationName"), {})
    groups.pop(self._get_param("deploymentGroupName"), None)
    return ActionResult({"hooksNotCleanedUp": []})


def update_deployment_group(self: CodeDeployResponse) -> ActionResult:
    """Change the fields of a deployment group that are given."""
    backend, application = self.codedeploy_backend, self._get_param("applicationName")
    group = backend.get_deployment_group(application, self._get_param("currentDeploymentGroupName"))
    for field, value in self._get_params().items():
        attribute = camelcase_to_underscores(field)
        if attribute in vars(group) and attribute not in {"application", "deployment_group_name"}:
            setattr(group, attribute, value)
    if renamed := self._get_param("newDeploymentGroupName"):
        groups = backend.deployment_groups[application]
        groups[renamed] = groups.pop(group.deployment_group_name)
        group.deployment_group_name = renamed
    return ActionResult({"hooksNotCleanedUp": []})


def get_deployment_group(deployment_group: DeploymentGroup) -> dict[str, Any]:
    """Describe a deployment group with the alarms that stop its deployments, which stock moto leaves out."""
    return _group_info(deployment_group) | {"alarmConfiguration": deployment_group.alarm_configuration or {}}


def _configs(backend: CodeDeployBackend) -> dict[str, dict[str, Any]]:
    configs: dict[str, dict[str, Any]] = vars(backend).setdefault("deployment_configs", {})
    return configs


def apply() -> None:
    """Patch the service."""
    responses._deployment_group_info = get_deployment_group
    for patch in (
        create_deployment_config,
        get_deployment_config,
        delete_deployment_config,
        list_deployment_configs,
        delete_application,
        delete_deployment_group,
        update_deployment_group,
    ):
        setattr(CodeDeployResponse, patch.__name__, patch)

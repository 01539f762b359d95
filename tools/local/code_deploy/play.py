"""One deployment, played: what CodeDeploy does to an ECS service, step by step, until it has succeeded or not."""

import time
from typing import Any

from ministack.core.responses import request_scope  # type: ignore[import-untyped]
from ministack.services import ecs  # type: ignore[import-untyped]
from moto.codedeploy.models import CodeDeployBackend, DeploymentInfo
from moto.core.utils import utcnow

from tools.local.code_deploy import alarms, app_spec, rollback, traffic
from tools.local.code_deploy.progress import HaltError, Progress
from tools.local.code_deploy.steps import steps_of
from tools.local.patches import ecs_task_sets

Record = dict[str, Any]

MINUTE_S = 0.2
"""How long a minute of a deployment's configuration takes here."""

TICK_S = 0.05
"""Between two looks at alarms, tasks and the wish to stop."""

START_S = 0.2
"""How long a deployment is only created: it has no targets then."""

HEALTHY_S = 3.0
"""What stands for the 60 minutes that CodeDeploy waits for the replacement's tasks."""

TIMED_OUT = (
    "The deployment timed out while waiting for the replacement task set to become healthy. "
    "This time out period is 60 minutes."
)
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting.html"""


class Play:
    """What moves a deployment. Its state is the deployment's `progress`, for the API to show."""

    def __init__(self, backend: CodeDeployBackend, deployment: DeploymentInfo, properties: Record) -> None:
        self._backend = backend
        self._deployment = deployment
        self._properties = properties
        self._progress: Progress = vars(deployment)["progress"]
        pair = deployment.deployment_group.load_balancer_info["targetGroupPairInfoList"][0]
        self._group_names = [group["name"] for group in pair["targetGroups"]]
        self._listeners = pair["prodTrafficRoute"]["listenerArns"]
        self._test_listeners = pair.get("testTrafficRoute", {}).get("listenerArns", [])

    def run(self) -> None:
        """Go through all events; whatever stops them is written down, and rolled back where that is wanted."""
        with request_scope(self._backend.account_id, self._backend.region_name):
            time.sleep(START_S)
            self._deployment.start_time = utcnow()
            self._deployment.status = "InProgress"
            try:
                self._replace()
                self._end("Succeeded")
            except HaltError as halt:
                self._give_up(halt)
            except Exception as error:
                self._give_up(HaltError("Failed", "INTERNAL_ERROR", f"local AWS: {error!r}", "DEPLOYMENT_FAILURE"))
                raise

    def _end(self, status: str) -> None:
        self._deployment.complete_time = utcnow()
        self._deployment.status = status

    def _replace(self) -> None:
        configs = vars(self._backend).get("deployment_configs", {})
        steps = steps_of(self._deployment.deployment_config_name, configs)
        self._pass("BeforeInstall")
        with self._progress.event("Install"):
            self._install()
        self._pass("AfterInstall")
        if self._test_listeners:
            with self._progress.event("AllowTestTraffic"):
                traffic.shift(self._test_listeners, self._shares(100))
            self._pass("AfterAllowTestTraffic")
        self._await_approval()
        self._pass("BeforeAllowTraffic")
        with self._progress.event("AllowTraffic"):
            for step in steps:
                self._shift(step.percent)
                self._wait(step.wait_min)
            ecs_task_sets.update_service_primary_task_set(self._service(), self._progress.task_sets["Green"])
        self._pass("AfterAllowTraffic")
        self._progress.target_status = "Succeeded"
        self._terminate()

    def _install(self) -> None:
        """Start the replacement behind the target group that does not serve, and wait until it runs."""
        service = self._service()
        blue = next(each for each in service["taskSets"] if each["status"] == "PRIMARY")
        for left in [each for each in service["taskSets"] if each is not blue]:
            ecs_task_sets.delete_task_set(service, left)
        groups = [traffic.target_group_arn(name) for name in self._group_names]
        self._progress.groups["Blue"] = blue["loadBalancers"][0]["targetGroupArn"]
        (self._progress.groups["Green"],) = (arn for arn in groups if arn != self._progress.groups["Blue"])
        fields = app_spec.task_set_fields(self._properties, self._progress.groups["Green"])
        if ecs._resolve_td_key(fields["taskDefinition"]) not in ecs._task_defs:
            message = f"The ECS service cannot be updated due to an unknown task definition: {fields['taskDefinition']}"
            raise HaltError("Failed", "ECS_UPDATE_ERROR", message, "DEPLOYMENT_FAILURE")
        green = ecs_task_sets.create_task_set(service, fields | {"externalId": self._deployment.deployment_id})
        self._progress.task_sets |= {"Blue": blue, "Green": green}
        deadline = time.monotonic() + HEALTHY_S
        while green["stabilityStatus"] != "STEADY_STATE":
            if time.monotonic() > deadline:
                raise HaltError("Failed", "TIMEOUT", TIMED_OUT, "DEPLOYMENT_FAILURE")
            self._tick()
            ecs_task_sets.scale(service)

    def _await_approval(self) -> None:
        """Wait for ContinueDeployment, where the group wants one."""
        option = self._timing("deploymentReadyOption")
        if option.get("actionOnTimeout") != "STOP_DEPLOYMENT":
            return
        self._deployment.status = "Ready"
        deadline = time.monotonic() + option.get("waitTimeInMinutes", 0) * MINUTE_S
        while not self._progress.is_approved:
            if time.monotonic() > deadline:
                raise HaltError("Stopped", "TIMEOUT", "Nobody rerouted the traffic in time.", "DEPLOYMENT_FAILURE")
            self._tick()
        self._deployment.status = "InProgress"

    def _terminate(self) -> None:
        """Wait as long as the replaced tasks shall stay, and end them."""
        option = self._timing("terminateBlueInstancesOnDeploymentSuccess")
        if option.get("action") == "KEEP_ALIVE":
            return
        self._deployment.instance_termination_wait_time_started = True
        deadline = time.monotonic() + option.get("terminationWaitTimeInMinutes", 0) * MINUTE_S
        while time.monotonic() < deadline and not self._progress.may_terminate:
            self._tick()
        ecs_task_sets.delete_task_set(self._service(), self._progress.task_sets["Blue"])

    def _give_up(self, halt: HaltError) -> None:
        """End, and roll back where that is wanted: in a deployment of its own, as CodeDeploy does."""
        self._progress.fail(halt)
        if halt.wants_rollback(self._deployment):
            back = rollback.create(self._backend, self._deployment)
            self._end(halt.status)
            self._undo()
            rollback.end(back)
        else:
            self._end(halt.status)

    def _undo(self) -> None:
        """Let the replaced task set serve again, and end the other."""
        time.sleep(MINUTE_S)
        service, task_sets = ecs._services.get(self._progress.service_key), self._progress.task_sets
        if service and task_sets:
            traffic.shift([*self._listeners, *self._test_listeners], self._shares(0))
            self._progress.percent = 0
            ecs_task_sets.update_service_primary_task_set(service, task_sets["Blue"])
            ecs_task_sets.delete_task_set(service, task_sets["Green"])

    def _shift(self, percent: int) -> None:
        traffic.shift(self._listeners, self._shares(percent))
        self._progress.percent = percent

    def _shares(self, percent: int) -> dict[str, int]:
        """Weights of the target groups when the replacement has so much."""
        return {self._progress.groups["Blue"]: 100 - percent, self._progress.groups["Green"]: percent}

    def _wait(self, minutes: float) -> None:
        deadline = time.monotonic() + minutes * MINUTE_S
        while time.monotonic() < deadline:
            self._tick()

    def _tick(self) -> None:
        """
        Let a moment pass.

        :raises HaltError: somebody stopped the deployment, an alarm fires, or the service is gone
        """
        time.sleep(TICK_S)
        if self._progress.stop is not None:
            raise HaltError(
                "Stopped", "MANUAL_STOP", "The deployment was stopped by a user.", "DEPLOYMENT_STOP_ON_REQUEST"
            )
        if firing := alarms.firing(self._backend, self._deployment):
            message = f"One or more alarms have been activated according to the Amazon CloudWatch metrics: {firing}"
            raise HaltError("Stopped", "ALARM_ACTIVE", message, "DEPLOYMENT_STOP_ON_ALARM")
        self._service()

    def _service(self) -> Record:
        service: Record | None = ecs._services.get(self._progress.service_key)
        if service is None or service["status"] != "ACTIVE" or "taskSets" not in service:
            message = f"The ECS service {self._progress.target} is none that CodeDeploy can deploy."
            raise HaltError("Failed", "INVALID_ECS_SERVICE", message, "DEPLOYMENT_FAILURE")
        return service

    def _timing(self, option: str) -> Record:
        found: Record = self._deployment.deployment_group.blue_green_deployment_configuration.get(option, {})
        return found

    def _pass(self, event: str) -> None:
        """Go through an event for which there is no hook."""
        with self._progress.event(event):
            self._tick()

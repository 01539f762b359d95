"""
ECS's task sets, in ministack: what a service with the deployment controller CODE_DEPLOY has instead of deployments.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html
"""

import itertools
import time
from typing import Any, cast

from ministack.services import alb, ecs  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response

Record = dict[str, Any]

OF_THE_SERVICE = (
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "taskDefinition",
)
"""What a task set has of its own, and its service has from the one that is primary."""

BY_DEPLOYMENT_ONLY = {
    "capacityProviderStrategy": "capacity provider strategy",
    "forceNewDeployment": "force new deployment",
    "loadBalancers": "load balancers",
    "networkConfiguration": "network configuration",
    "platformVersion": "platform version",
    "taskDefinition": "task definition",
}

_reconcile = ecs._reconcile_service_tasks
_sync = ecs._sync_service_targets
_numbers = itertools.count(int(time.time() * 1000))


def create_service(cluster: str, key: str) -> None:
    """
    Give a service that CodeDeploy deploys its first task set, which is primary, and no deployments.

    That `deployments` is empty: aws/copilot-cli#1061. Stock ministack reconciles every service by its deployments.
    """
    service: Record = ecs._services[key]
    if not is_code_deploys(service):
        _reconcile(cluster, key)
        return
    if "taskSets" not in service:
        service["deployments"] = []
        service["taskSets"] = [_task_set(service, {"status": "PRIMARY"})]
    scale(service)


def update_service(data: Params) -> Response | None:
    """
    Refuse what only a deployment of CodeDeploy may change; None when nothing is to be refused.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """
    name, _ = ecs._resolve_service_ref(data["service"])
    service = ecs._services.get(f"{ecs._resolve_cluster_name(data.get('cluster', 'default'))}/{name}")
    asked = [what for field, what in BY_DEPLOYMENT_ONLY.items() if data.get(field)]
    if not asked or service is None or not is_code_deploys(service):
        return None
    what = "on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
    return cast(
        Response, ecs.error_response_json("InvalidParameterException", f"Unable to update {asked[0]} {what}", 400)
    )


def describe_services(cluster: str, service: Record) -> None:
    """Count the tasks of each task set, and let its target group have those that run."""
    if "taskSets" not in service:
        _sync(cluster, service)
        return
    for task_set in service["taskSets"]:
        tasks = tasks_of(task_set)
        running = [task for task in tasks if task["lastStatus"] == "RUNNING"]
        counts = {"runningCount": len(running), "pendingCount": len(tasks) - len(running)}
        is_steady = len(tasks) == len(running) == task_set["computedDesiredCount"]
        task_set |= {**counts, "stabilityStatus": "STEADY_STATE" if is_steady else "STABILIZING"}
        for balancer in task_set["loadBalancers"]:
            group, addresses = balancer["targetGroupArn"], [ecs._task_ip(task) for task in running]
            alb.set_targets_for_group(
                group, [(address, balancer["containerPort"]) for address in addresses], task_set["_addresses"]
            )
            task_set["_addresses"] = addresses


def describe_task_sets(data: Params) -> Response:
    """Describe the task sets of a service, or those asked for."""
    name, _ = ecs._resolve_service_ref(data["service"])
    service = ecs._services.get(f"{ecs._resolve_cluster_name(data['cluster'])}/{name}")
    if service is None or service["status"] != "ACTIVE":
        return cast(Response, ecs.error_response_json("ServiceNotFoundException", "Service not found.", 400))
    asked = data.get("taskSets") or [each["id"] for each in service.get("taskSets", [])]
    found = [each for each in service.get("taskSets", []) if {each["id"], each["taskSetArn"]} & {*asked}]
    missing = {*asked} - {each["id"] for each in found} - {each["taskSetArn"] for each in found}
    failures = [{"arn": each, "reason": "MISSING"} for each in sorted(missing)]
    return cast(Response, ecs.json_response({"taskSets": ecs._sanitize(found), "failures": failures}))


def create_task_set(service: Record, fields: Record) -> Record:
    """Start a replacement with these fields instead of the service's."""
    task_set = _task_set(service, {"status": "ACTIVE", "startedBy": "CODE_DEPLOY", **fields})
    service["taskSets"].append(task_set)
    scale(service)
    return task_set


def update_service_primary_task_set(service: Record, primary: Record) -> None:
    """Make a task set the primary one, from which the service takes what it shows."""
    for task_set in service["taskSets"]:
        task_set["status"] = "PRIMARY" if task_set is primary else "ACTIVE"
    service.update({field: primary[field] for field in OF_THE_SERVICE})


def delete_task_set(service: Record, task_set: Record) -> None:
    """Stop a task set's tasks and forget it."""
    task_set |= {"status": "DRAINING", "computedDesiredCount": 0}
    _stop(service, tasks_of(task_set))
    describe_services("", service)
    service["taskSets"].remove(task_set)


def scale(service: Record) -> None:
    """Start and stop tasks until every task set has as many as the service shall have."""
    for task_set in service["taskSets"]:
        task_set["computedDesiredCount"] = service["desiredCount"]
        tasks = tasks_of(task_set)
        lacking = service["desiredCount"] - len(tasks)
        if lacking > 0:
            fields = {field: task_set[field] for field in OF_THE_SERVICE if field != "loadBalancers"}
            group, cluster = f"service:{service['serviceName']}", ecs._cluster_name_from_arn(service["clusterArn"])
            started_by = {"startedBy": task_set["id"], "group": group, "cluster": cluster, "count": lacking}
            ecs._run_task(fields | started_by)
        _stop(service, tasks[service["desiredCount"] :])
    name = ecs._cluster_name_from_arn(service["clusterArn"])
    ecs._refresh_service_state(name, f"service:{service['serviceName']}")
    ecs._recount_cluster(name)


def is_code_deploys(service: Record) -> bool:
    """Whether CodeDeploy deploys a service."""
    return bool(service["deploymentController"]["type"] == "CODE_DEPLOY")


def tasks_of(task_set: Record) -> list[Record]:
    """Find the tasks of a task set that have not stopped."""
    return [
        task
        for task in list(ecs._tasks.values())
        if task["startedBy"] == task_set["id"] and task["lastStatus"] in ecs._PRE_STOP_STATUSES
    ]


def _task_set(service: Record, fields: Record) -> Record:
    number, now = f"ecs-svc/{next(_numbers):019}", ecs._iso()
    home = service["serviceArn"].replace(":service/", ":task-set/")
    return {
        "id": number,
        "taskSetArn": f"{home}/{number}",
        "serviceArn": service["serviceArn"],
        "clusterArn": service["clusterArn"],
        "createdAt": now,
        "updatedAt": now,
        "scale": {"value": 100.0, "unit": "PERCENT"},
        "stabilityStatusAt": time.time(),
        **{field: service[field] for field in OF_THE_SERVICE},
        "_addresses": [],
        **fields,
    }


def _stop(service: Record, tasks: list[Record]) -> None:
    for task in tasks:
        stop = {"task": task["taskArn"], "cluster": ecs._cluster_name_from_arn(service["clusterArn"])}
        ecs._stop_task(stop | {"reason": "Task set scaled down"})


def apply() -> None:
    """Patch the service."""
    ecs._reconcile_service_tasks = create_service
    ecs._sync_service_targets = describe_services
    ecs._ACTION_MAP["DescribeTaskSets"] = describe_task_sets

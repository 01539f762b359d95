"""How far a deployment has come, as the API tells it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.codedeploy.models import DeploymentInfo
from moto.core.utils import utcnow

Record = dict[str, Any]


class HaltError(Exception):
    """The end of a deployment that does not succeed."""

    def __init__(self, status: str, code: str, message: str, event: str) -> None:
        super().__init__(message)
        self.status = status
        self.information = {"code": code, "message": message}
        self.event = event
        """What a group's rollback configuration calls it."""

    def wants_rollback(self, deployment: DeploymentInfo) -> bool:
        """Whether this end is to be rolled back: by the call that stopped it, the deployment or its group."""
        asked: bool | None = vars(deployment)["progress"].stop if self.event == "DEPLOYMENT_STOP_ON_REQUEST" else None
        own: Any = deployment.auto_rollback_configuration
        config: Any = deployment.deployment_group.auto_rollback_configuration if own is None else own
        return bool(asked) or bool(config.get("enabled") and self.event in config.get("events", []))


@dataclass(kw_only=True)
class Progress:
    """The state of one deployment, and what was asked of it meanwhile."""

    target: str
    """`<cluster>:<service>`, the id of an ECS target (API, BatchGetDeploymentTargets)."""

    service_arn: str
    events: list[Record] = field(default_factory=list)
    task_sets: dict[str, Record] = field(default_factory=dict)
    """By label: Blue is the original, Green replaces it."""

    groups: dict[str, str] = field(default_factory=dict)
    """The ARNs of the target groups, by the same labels."""

    percent: int = 0
    """Of the traffic, that the replacement has."""

    target_status: str = "InProgress"
    error: Record = field(default_factory=dict)
    rollback: Record = field(default_factory=dict)
    stop: bool | None = None
    """Whether to roll back, when somebody wants it to stop; None: nobody does."""

    is_approved: bool = False
    may_terminate: bool = False
    changed: datetime = field(default_factory=utcnow)

    @property
    def service_key(self) -> str:
        """How ministack calls the service."""
        return self.target.replace(":", "/")

    @contextlib.contextmanager
    def event(self, name: str) -> Iterator[None]:
        """Note the beginning and the end of a lifecycle event."""
        event = {"lifecycleEventName": name, "startTime": utcnow(), "status": "InProgress"}
        self.events.append(event)
        self.changed = utcnow()
        try:
            yield
        except BaseException:
            event |= {"endTime": utcnow(), "status": "Failed"}
            raise
        event |= {"endTime": utcnow(), "status": "Succeeded"}

    def fail(self, halt: HaltError) -> None:
        """Note why it ended."""
        self.error, self.target_status, self.changed = halt.information, "Failed", utcnow()

    def describe(self, deployment_id: str) -> Record:
        """Write the target as BatchGetDeploymentTargets shows it."""
        target = {
            "deploymentId": deployment_id,
            "targetId": self.target,
            "targetArn": self.service_arn,
            "lastUpdatedAt": self.changed,
            "lifecycleEvents": self.events,
            "status": self.target_status,
            "taskSetsInfo": [self._task_set(label) for label in self.task_sets],
        }
        return {"deploymentTargetType": "ECSTarget", "ecsTarget": target}

    def _task_set(self, label: str) -> Record:
        task_set = self.task_sets[label]
        return {
            # AWS spells it so.
            "identifer": task_set["id"],
            "desiredCount": task_set["computedDesiredCount"],
            "pendingCount": task_set["pendingCount"],
            "runningCount": task_set["runningCount"],
            "status": task_set["status"],
            "trafficWeight": float(self.percent if label == "Green" else 100 - self.percent),
            "targetGroup": {"name": self.groups[label].split("/")[1]},
            "taskSetLabel": label,
        }

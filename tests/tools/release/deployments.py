"""Deployments that go where a test drives them: of CodeDeploy, whose targets moto does not have, and of ECS."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.tools.release.doubles import Calls
from tests.tools.release.tasks import service
from tools.release.manifest import Color, Manifest

EVENTS = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
"""CodeDeploy user guide, "What happens during an Amazon ECS deployment"."""


class FakeCodeDeploy:
    """CodeDeploy as a release sees it. What it answers has the shapes of botocore's model."""

    def __init__(self, calls: Calls, manifest: Manifest) -> None:
        self.infos: dict[str, dict[str, Any]] = {}
        self.targets: dict[str, dict[str, Any]] = {}
        self.stopped: list[dict[str, Any]] = []
        self._manifest = manifest
        calls.answers["GetDeployment"] = lambda asked: {"deploymentInfo": self.infos[asked["deploymentId"]]}
        calls.answers["ListDeploymentTargets"] = self._list_targets
        calls.answers["GetDeploymentTarget"] = lambda asked: {
            "deploymentTarget": {"deploymentTargetType": "ECSTarget", "ecsTarget": self.targets[asked["deploymentId"]]}
        }
        calls.answers["StopDeployment"] = self._stop

    def add(self, name: str, status: str = "Created", **info: object) -> None:
        """Let there be a deployment, of which there is no target yet."""
        self.infos[name] = {"deploymentId": name, "status": status, "rollbackInfo": {}, **info}

    def move(
        self, name: str, event: str, percent: float = 0, *, status: str = "InProgress", color: Color = "green"
    ) -> None:
        """Let a deployment come to a lifecycle event, with so much of the traffic moved."""
        index = EVENTS.index(event)
        self._set(name, ["Succeeded"] * index + ["InProgress"] + ["Pending"] * (7 - index), percent, color)
        self.infos[name]["status"] = status

    def shifted(self, name: str, percent: float = 100) -> None:
        """Let all events be over; the deployment is in progress until the replaced tasks are gone."""
        self._set(name, ["Succeeded"] * 8, percent, "green")

    def succeed(self, name: str) -> None:
        """Let the replaced tasks be gone."""
        self.shifted(name)
        self.infos[name]["status"] = "Succeeded"

    def fail(self, name: str, status: str, code: str, message: str, *, at: str, rollback: str = "") -> None:
        """Let a deployment fail at a lifecycle event, and another roll it back, whose answer is then the test's."""
        index = EVENTS.index(at)
        self._set(name, ["Succeeded"] * index + ["Failed"] + ["Skipped"] * (7 - index), 0, "green")
        self.targets[name]["lifecycleEvents"][index]["diagnostics"] = {"errorCode": "UnknownError", "message": "why"}
        self.infos[name] |= {"status": status, "errorInformation": {"code": code, "message": message}}
        if rollback:
            self.add(rollback, "InProgress", creator="codeDeployRollback")
            text = f"Deployment {name} terminated. Automatic rollback is triggered with a DeploymentId {rollback}."
            self.infos[name]["rollbackInfo"] = {"rollbackDeploymentId": rollback, "rollbackMessage": text}

    def _set(self, name: str, states: list[str], percent: float, color: Color) -> None:
        groups = self._manifest.expect_routes().target_groups
        other: Color = "blue" if color == "green" else "green"
        sets = [("Blue", "PRIMARY", 100 - percent, other), ("Green", "ACTIVE", percent, color)]
        self.targets[name] = {
            "lifecycleEvents": [
                {"lifecycleEventName": event, "status": state} for event, state in zip(EVENTS, states, strict=True)
            ],
            "taskSetsInfo": [
                {
                    "taskSetLabel": label,
                    "status": status,
                    "trafficWeight": float(weight),
                    "desiredCount": 2,
                    "runningCount": 2,
                    "targetGroup": {"name": groups[side].name},
                }
                for label, status, weight, side in sets
            ],
        }

    def _list_targets(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["deploymentId"] not in self.targets:
            raise refusal("DeploymentNotStartedException", "ListDeploymentTargets")
        return {"targetIds": [f"{self._manifest.ecs.cluster}:{self._manifest.ecs.service}"]}

    def _stop(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.stopped.append(asked)
        if self.infos[asked["deploymentId"]]["status"] in ("Succeeded", "Failed", "Stopped"):
            raise refusal("DeploymentAlreadyCompletedException", "StopDeployment")
        return {"status": "Pending"}


class FakeRollouts:
    """Rolling updates, which in moto change nothing: here UpdateService makes a deployment, as ECS does."""

    def __init__(self, calls: Calls, manifest: Manifest) -> None:
        self._manifest = manifest
        self._count = 0
        calls.answers["UpdateService"] = self._update

    @property
    def all(self) -> list[dict[str, Any]]:
        """The deployments of the service, to be changed by the test."""
        found: list[dict[str, Any]] = service(self._manifest).deployments
        return found

    def begin(self, task_definition: str, reason: str = "") -> str:
        """Let a deployment take the place of the primary one."""
        self._count += 1
        for one in self.all:
            one["status"] = "ACTIVE"
        made = {
            "id": f"ecs-svc/{self._count}",
            "status": "PRIMARY",
            "taskDefinition": task_definition,
            "desiredCount": 2,
            "pendingCount": 2,
            "runningCount": 0,
            "failedTasks": 0,
            "createdAt": datetime.now(UTC),
            "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": reason if reason else f"ECS deployment ecs-svc/{self._count} in progress.",
        }
        self.all.insert(0, made)
        return str(made["id"])

    def complete(self, name: str) -> None:
        """Let a deployment be the only one, in steady state."""
        kept = self.named(name)
        reason = f"ECS deployment {name} completed."
        kept.update(rolloutState="COMPLETED", rolloutStateReason=reason, runningCount=2, pendingCount=0)
        self.all[:] = [kept]

    def go_back(self, name: str) -> str:
        """Let the circuit breaker end a deployment and go back to the one before it."""
        why = "ECS deployment circuit breaker: tasks failed to start."
        self.named(name).update(rolloutState="FAILED", rolloutStateReason=why, failedTasks=3)
        before = next(one for one in self.all if one["id"] != name)
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {before['id']}."
        return self.begin(before["taskDefinition"], reason)

    def named(self, name: str) -> dict[str, Any]:
        """One deployment."""
        return next(one for one in self.all if one["id"] == name)

    def _update(self, asked: dict[str, Any]) -> None:
        primary = next(one for one in self.all if one["status"] == "PRIMARY")
        if asked["taskDefinition"] != primary["taskDefinition"] or asked.get("forceNewDeployment"):
            self.begin(asked["taskDefinition"])


def refusal(code: str, operation: str, message: str = "refused by the test", status: int = 400) -> ClientError:
    """Make an error of AWS."""
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, operation)


def healthy(calls: Calls, *states: str) -> None:
    """Let targets of all target groups be in these states."""
    calls.answers["DescribeTargetHealth"] = lambda _: {
        "TargetHealthDescriptions": [
            {"Target": {"Id": f"10.0.0.{index}", "Port": 4000}, "TargetHealth": {"State": state, **_why(state)}}
            for index, state in enumerate(states, 1)
        ]
    }


def _why(state: str) -> dict[str, str]:
    text = "Health checks failed with these codes: [503]"
    return {"Reason": "Target.ResponseCodeMismatch", "Description": text} if state == "unhealthy" else {}

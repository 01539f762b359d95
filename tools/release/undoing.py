"""Whether CodeDeploy rolled a deployment back: a deployment of its own does it, with an id of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.release.context import Context, UndecidedError
from tools.release.looking import patient
from tools.release.shifting import look_at_shift

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import DeploymentInfoTypeDef

UNDONE_S = 900.0
"""How long a rollback may take. It is a change of routes, while the replaced tasks still run."""

_ANNOUNCED_S = 60.0
"""How long after a failure CodeDeploy may take to say which deployment rolls it back."""

OVER = ("Succeeded", "Failed", "Stopped")


@dataclass(frozen=True)
class Undone:
    """How it ended."""

    done: bool
    """Whether all traffic goes where it went before."""

    text: str


def describe_deployment(context: Context, deployment: str) -> "DeploymentInfoTypeDef":
    """Ask CodeDeploy for one deployment."""
    return context.aws.code_deploy.get_deployment(deploymentId=deployment)["deploymentInfo"]


def why(info: "DeploymentInfoTypeDef") -> str:
    """Give CodeDeploy's code and message of what went wrong."""
    error = info.get("errorInformation", {})
    words = [word for word in (error.get("code"), error.get("message")) if word]
    return ": ".join(words) if words else "no reason given"


def await_undone(context: Context, deployment: str) -> Undone:
    """
    Wait until a deployment that failed or was stopped is rolled back, or it is clear that it will not be.

    :raises UndecidedError: it takes too long, or AWS does not answer
    """
    rollback = _find_rollback(context, deployment)
    if not rollback:
        shift = look_at_shift(context.aws, context.manifest, deployment)
        if shift is None or shift.traffic_percent == 0:
            return Undone(True, "there was nothing to roll back: no traffic had moved")
        return Undone(False, f"CodeDeploy does not roll it back: {shift.traffic_percent} % of the traffic have moved")
    context.reporter.tell(phase="rolling back", detail=f"by deployment {rollback}")
    last: list[DeploymentInfoTypeDef] = []

    def look() -> bool:
        last[:] = [describe_deployment(context, rollback)]
        return last[0]["status"] in OVER

    context.poll(patient(context, look), timeout_s=UNDONE_S, what=f"rolling back by deployment {rollback}")
    (end,) = last
    if end["status"] == "Succeeded":
        return Undone(True, f"rolled back by deployment {rollback}")
    return Undone(False, f"its rollback, deployment {rollback}, {end['status'].lower()} ({why(end)})")


def _find_rollback(context: Context, deployment: str) -> str:
    """Wait for the id of the deployment that rolls back; empty when there is none."""
    found: list[str] = []

    def look() -> bool:
        info = describe_deployment(context, deployment).get("rollbackInfo", {})
        found.append(info.get("rollbackDeploymentId", ""))
        return found[-1] != ""

    try:
        context.poll(patient(context, look), timeout_s=_ANNOUNCED_S, what=f"the rollback of {deployment}")
    except UndecidedError:
        if not found:  # CodeDeploy said nothing at all
            raise
    return found[-1]

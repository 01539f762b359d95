"""Deploying to hosts: the parameter says which image runs, and a command lets one host after the other start it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.release.answers import usable_answers
from tools.release.aws import Aws
from tools.release.compose import commands
from tools.release.compose.hosts import find_group
from tools.release.compose.revision import write_image
from tools.release.context import Context, ReleaseError
from tools.release.looking import CALLS, describe, patient
from tools.release.manifest import Manifest

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import CommandInvocationTypeDef, CommandTypeDef

_STOPPED_S = 900.0
"""How long a command may take to end that was cancelled: a host ends what it has begun."""


@usable_answers()
def start(context: Context, image: str) -> str:
    """
    Let the hosts run an image. Done twice it is one deployment, as long as the first one is under way.

    Where nothing is to change, a host changes nothing: the command is sent all the same, because the Compose file may
    be another one.

    :return: the command's id
    :raises ReleaseError: there is no such parameter
    """
    write_image(context.aws, context.manifest, image)
    found = find(context.aws, context.manifest, image)
    return found if found else commands.send(context, "up", image=image)


@usable_answers()
def find(aws: Aws, manifest: Manifest, image: str) -> str:
    """
    Find the deployment of an image that is under way; empty when there is none.

    It is for a release that was killed before it could note which command it had sent.
    """
    text = commands.comment(manifest, "up", image)
    return next((one["CommandId"] for one in commands.unfinished(aws, manifest, "up") if one["Comment"] == text), "")


def watch(context: Context, deployment: str, *, timeout_s: float) -> None:
    """
    Tell how many hosts have done it until all have.

    A host that has gone meanwhile, because the group shrank, is no failure.

    :raises ReleaseError: one has not, and those after it were not told; `reasons` say what each says
    :raises UndecidedError: it takes too long, or AWS does not answer; the command goes on
    """
    context.reporter.tell(phase="replacing containers", detail="")
    command = _await_end(context, deployment, timeout_s=timeout_s, what=f"command {deployment}")
    how, total = str(command.get("StatusDetails", command["Status"])), command.get("TargetCount", 0)
    # Where no host has the tag, the command is over too (API Command, StatusDetails: NoInstancesInTag).
    if (command["Status"], how) == ("Success", "Success") and total > 0:
        return
    ran = commands.invocations(context.aws, deployment)
    done = {one["InstanceId"] for one in ran if one["Status"] == "Success"}
    hosts = set(find_group(context.aws, context.manifest).in_service)
    if hosts and hosts <= done:
        return
    text = f"command {deployment} failed ({how}): {len(done)} of {max(len(ran), total)} hosts did it"
    raise ReleaseError(f"{context.manifest.service}: {text}", failures(context.aws, ran))


def stop(context: Context, deployment: str) -> None:
    """
    Cancel a deployment, and wait until no host works on it any more. It is no error when it is over already.

    What served before does not serve again by this: for that it is deployed.

    :raises UndecidedError: it takes too long, or AWS does not answer
    """
    context.reporter.tell(phase="rolling back", detail=f"stopping command {deployment}")
    what = f"stopping command {deployment}"

    def ask() -> bool:
        found = commands.describe(context.aws, deployment)
        if found is None or found["Status"] not in commands.OVER:
            commands.cancel(context.aws, deployment)
        return True

    context.poll(patient(context, ask), timeout_s=_STOPPED_S, what=what)
    _await_end(context, deployment, timeout_s=_STOPPED_S, what=what)


def failures(aws: Aws, ran: "Sequence[CommandInvocationTypeDef]") -> list[str]:
    """Say how a command ended on each host where it was no success, and what it wrote last."""
    lines = []
    for one in ran:
        if one["Status"] == "Success":
            continue
        try:
            found = commands.result(aws, one["CommandId"], one["InstanceId"])
        except CALLS as error:
            lines.append(f"host {one['InstanceId']}: {commands.ending(one)} (why is not known: {describe(error)})")
            continue
        lines.append(f"host {one['InstanceId']}: {commands.ending(one if found is None else found)}")
        lines += [] if found is None else [f"  {line}" for line in commands.written(found)]
    return lines


def _await_end(context: Context, deployment: str, *, timeout_s: float, what: str) -> "CommandTypeDef":
    """
    Wait for the end of a command.

    :raises ReleaseError: nobody knows it
    """
    began, ended = context.clock.now(), list["CommandTypeDef"]()

    def look() -> bool:
        found = commands.describe(context.aws, deployment)
        if found is None:
            if context.clock.now() - began >= commands.UNSEEN_S:
                raise ReleaseError(f"{context.manifest.service}: Systems Manager does not know command {deployment}")
            return False
        ended[:] = [found]
        if (total := found.get("TargetCount", 0)) > 0:
            context.reporter.tell(detail=f"{found.get('CompletedCount', 0)} of {total} hosts")
        return found["Status"] in commands.OVER

    context.poll(patient(context, look), timeout_s=timeout_s, what=what)
    return ended[0]

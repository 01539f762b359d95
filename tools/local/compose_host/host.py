"""One host: what it does when it starts, and when Systems Manager tells it to."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.services import ec2, ssm  # type: ignore[import-untyped]

from tools.local.patches import ecs_tasks

Record = dict[str, Any]

SETTING = re.compile(r"^readonly ([A-Z_]+)='(.*)'$", re.MULTILINE)
"""How the first commands of a host say which stack it belongs to, and which volume it attaches."""

FILE = "/{stack}/compose/file"
IMAGE = "/{stack}/compose/image/{service}"
"""The parameters that a host reads."""

NO_IMAGE = "none"
"""What the image parameter says before the first release."""

DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")

ABSENT = {"image": "", "state": "absent", "health": "none", "started": ""}
"""What `look` says of a service that has no container."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a command ended on a host."""

    code: int = 0
    output: str = ""
    error: str = ""


class RefusedError(Exception):
    """What a host writes to standard error before it ends with exit code 1."""


def start(instance: Record) -> None:
    """
    Attach the data volume and run what has an image, as a host does at its first boot.

    A host that cannot do so yet tries again until it can; here it does whenever somebody speaks to it.
    """
    settings = _settings(instance)
    if instance.get("_is_started") or "STACK" not in settings:
        return

    def begin() -> Outcome:
        if volume_id := settings.get("DATA_VOLUME"):
            _attach(instance, volume_id)
        return _up(instance, settings["STACK"])

    instance["_is_started"] = _attempt(begin).code == 0


def act(instance: Record, stack: str, parameters: Mapping[str, str]) -> Outcome:
    """
    Do what the command document of a stack asks for.

    :param parameters: of the document: `Action`, and by it `Service` and `Image`
    """
    start(instance)
    service, image = (parameters.get(name, "") for name in ("Service", "Image"))
    match parameters.get("Action"):
        case "up":
            return _attempt(lambda: _up(instance, stack, service))
        case "migrate":
            return _attempt(lambda: _migrate(stack, service, image))
        case "look":
            return Outcome(output=_json(_containers(instance).get(service, ABSENT)) + "\n")
        case other:
            return Outcome(code=1, error=f"compose-host: unknown action {other}\n")


def _attempt(action: Callable[[], Outcome]) -> Outcome:
    try:
        return action()
    except RefusedError as error:
        return Outcome(code=1, error=f"{error}\n")


def _settings(instance: Record) -> dict[str, str]:
    try:
        text = base64.b64decode(instance["UserData"]).decode(errors="replace")
    except binascii.Error:
        return {}
    return dict(SETTING.findall(text))


def _attach(instance: Record, volume_id: str) -> None:
    """Attach a volume that is in the host's zone and that no other host has."""
    volume = ec2._volumes.get(volume_id)
    attached = [each["InstanceId"] for each in volume["Attachments"]] if volume else []
    if attached == [instance["InstanceId"]]:
        return
    if attached or not volume or volume["AvailabilityZone"] != instance["Placement"]["AvailabilityZone"]:
        raise RefusedError(f"host: volume {volume_id} was not attached")
    ec2._attach_volume({"VolumeId": volume_id, "InstanceId": instance["InstanceId"], "Device": "/dev/sdf"})


def _up(instance: Record, stack: str, only: str = "") -> Outcome:
    """
    Note what runs now: all that have an image, or one service and those whose image is fixed.

    What did not change in any way runs on, and so does what cannot be started, unless it alone was asked for.
    """
    document = _file(stack)
    wanted, without, left = _prepare(stack, document, only)
    if only and without:
        return Outcome(code=1, output=without)
    containers = _containers(instance)
    for name in [name for name in containers if not only and not left and name not in wanted]:
        del containers[name]
    definitions: Record = instance.setdefault("_definitions", {})
    for name, image in wanted.items():
        if (containers.get(name, ABSENT)["image"], definitions.get(name)) != (image, document["services"][name]):
            definitions[name] = document["services"][name]
            started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            health = "healthy" if "healthcheck" in document["services"][name] else "none"
            containers[name] = {"image": image, "state": "running", "health": health, "started": started}
    return Outcome(code=1 if left else 0, output=without, error=left)


def _prepare(stack: str, document: Record, only: str) -> tuple[dict[str, str], str, str]:
    """Answer the images to run, what is said of services that have none, and of those that cannot be started."""
    wanted: dict[str, str] = {}
    without = left = ""
    fixed = [name for name, service in document["services"].items() if not service["image"].startswith("$")]
    for name in dict.fromkeys([only, *fixed]) if only else document["services"]:
        try:
            image = _image(stack, document, name)
            if image == NO_IMAGE:
                without += f"compose-host: {name} has no image yet\n"
                continue
            _pull(name, image)
        except RefusedError as error:
            if name == only:
                raise
            left += f"{error}\ncompose-host: {name} is left as it is\n"
        else:
            wanted[name] = image
    return wanted, without, left


def _migrate(stack: str, service: str, image: str) -> Outcome:
    """Say what would run. The exit code is 0, or what an `exit 3` in the command says, as for tasks of ECS."""
    document = _file(stack)
    words = document.get("x-compose-host", {}).get("migrations", {}).get(service)
    if not words:
        raise RefusedError(f"compose-host: {service} has no migration command")
    _pull(service, _image(stack, document, service, image))
    line = " ".join(words)
    code = ecs_tasks.EXIT.search(line)
    return Outcome(code=int(code[1]) if code else 0, output=f"local AWS would run: {line}\n")


def _containers(instance: Record) -> dict[str, Record]:
    containers: dict[str, Record] = instance.setdefault("_containers", {})
    return containers


def _file(stack: str) -> Record:
    text = ssm.resolve_parameter_value(FILE.format(stack=stack))
    if text is None:
        raise RefusedError(f"compose-host: there is no parameter {FILE.format(stack=stack)}")
    document: Record = json.loads(text)
    return document


def _image(stack: str, document: Record, name: str, asked: str = "") -> str:
    """Find the image that a service is to run. One that is released is of its own repository, by digest."""
    if name not in document["services"]:
        raise RefusedError(f"compose-host: no such service: {name}")
    fixed: str = document["services"][name]["image"]
    if not fixed.startswith("$"):
        return fixed
    parameter = IMAGE.format(stack=stack, service=name)
    image = str(asked or ssm.resolve_parameter_value(parameter) or "")
    repository = document.get("x-compose-host", {}).get("repositories", {}).get(name, "")
    if image != NO_IMAGE and not (image.startswith(repository) and DIGEST.fullmatch(image[len(repository) :])):
        raise RefusedError(
            f"compose-host: the image of {name} must be {repository}@sha256:<64 digits>, got {image or 'nothing'}"
        )
    return image


def _pull(service: str, image: str) -> None:
    if image == NO_IMAGE or not ecs_tasks.is_there(image):
        raise RefusedError(f"{service} Error failed to resolve reference {image!r}: {image}: not found")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))

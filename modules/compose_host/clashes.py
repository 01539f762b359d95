"""What services cannot have together on one host, or cannot have in a Compose file at all."""

import re
from collections.abc import Iterable, Sequence

from modules.compose_host.service import ComposeService

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""compose-spec, 04-version-and-name.md."""

_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""What the command document of the hosts takes: also one label of a domain name."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""IEEE 1003.1, "Environment Variables"; the dotenv parser of Compose takes them all."""


def check_services(services: Sequence[ComposeService], *, stack: str) -> None:
    """:raises ValueError: the first thing that Compose or the hosts would refuse, or take for something else."""
    _check_name("the stack", stack, _PROJECT)
    for service in services:
        _check_service(service)
    names = [one.application.container_name for one in services]
    _refuse_twice("name", [*names, *(one.private_name for one in services if one.private_name is not None)])
    _refuse_twice("published port", [one.settings.port for one in services if one.published])
    _refuse_twice("folder", [folder.name for one in services for folder in one.application.folders])


def _check_service(service: ComposeService) -> None:
    application = service.application
    name = application.container_name
    _check_name("a service", name, _SERVICE)
    for variable in [*application.environment, *application.secrets]:
        _check_name(f"a variable of {name}", variable, _VARIABLE)
    _refuse_twice(f"variable of {name}", [*application.environment, *application.secrets])
    for folder in application.folders:
        _check_name(f"a folder of {name}", folder.name, _SERVICE)
    paths = [*service.settings.writable_paths, *(folder.path for folder in application.folders)]
    _refuse_twice(f"path of {name}", paths)
    if application.mounts:
        raise ValueError(f"{name} must have folders instead of mounts: its hosts know no EFS")
    if (service.image is None) != (service.repository_url is not None):
        raise ValueError(f"{name} must have either a fixed image or the repository_url of its releases")


def _check_name(what: str, name: str, allowed: re.Pattern[str]) -> None:
    if not allowed.fullmatch(name):
        raise ValueError(f"the name of {what} must match {allowed.pattern}, got {name!r}")


def _refuse_twice(what: str, values: Iterable[object]) -> None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"two have the same {what}: {value}")
        seen.add(value)

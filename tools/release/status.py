"""`infra status`: what runs where, since when, from which commit."""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from tools.errors import InfraError
from tools.release import entry as entries
from tools.release.context import ReleaseError, quiet
from tools.release.images import tags_of
from tools.release.mode import mode_of
from tools.release.outcome import short_digest
from tools.release.revision import Serving
from tools.release.tags import commit_of
from tools.release.targets import Target

_COLUMNS = ("service", "image", "digest", "since", "tasks", "side", "release under way")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One service, in words."""

    service: str
    image: str
    digest: str
    since: str
    tasks: str
    side: str
    under_way: str
    ok: bool
    """Whether as many tasks run as should, and no release is under way."""

    known: bool = True
    """Whether there is such a service."""


def look(target: Target) -> Row:
    """Look at one service. That there is none is no reason not to look at the others."""
    try:
        now = mode_of(target.manifest).serving(quiet(target.aws, target.manifest))
    except ReleaseError as error:
        name = target.manifest.service
        text = str(error).removeprefix(f"{name}: ")
        return Row(
            service=name, image=text, digest="", since="", tasks="", side="", under_way="", ok=False, known=False
        )
    under_way = _under_way(target)
    return Row(
        service=target.manifest.service,
        image=_image(target, now),
        digest=short_digest(now.image),
        since="" if now.since is None else f"{now.since.astimezone():%Y-%m-%d %H:%M %Z}",
        tasks=f"{now.running} of {now.desired}" + ("" if now.unit == "tasks" else f" {now.unit}"),
        side=_side(now),
        under_way=under_way,
        ok=now.running == now.desired and not under_way,
    )


def cells(row: Row) -> tuple[str, ...]:
    """A row's words, as the columns are."""
    return (row.service, row.image, row.digest, row.since, row.tasks, row.side, row.under_way)


def table(stack: str, rows: list[Row]) -> Table:
    """Draw the services of a stack."""
    drawn = Table(title=stack)
    for name in _COLUMNS:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*cells(row), style=None if row.ok else "yellow")
    return drawn


def lines(rows: list[Row]) -> list[str]:
    """Write the same as one line a service, for programs: fields are separated by tabs."""
    return ["\t".join(cells(row)) for row in rows]


def _under_way(target: Target) -> str:
    """Say which release is under way; a journal that cannot be read is no reason not to look at what runs."""
    try:
        entry = entries.read(target.aws, target.manifest)
    except InfraError as error:
        return str(error)
    if entry is None:
        return ""
    return f"{entry.image_tag}, {entry.step}, {entry.owner}, since {entry.started.astimezone():%Y-%m-%d %H:%M}"


def _image(target: Target, now: Serving) -> str:
    """Name the commit if it is known: by the build's tag on the image, which says more than what it was released by."""
    if commit_of(now.image_tag) is not None or "@" not in now.image:
        return now.image_tag
    try:
        built = [tag for tag in tags_of(target.aws, target.manifest, now.image) if tag.startswith("sha-")]
    except (ClientError, BotoCoreError):  # it has expired, or may not be looked at
        built = []
    return " ".join([now.image_tag, *(f"= {tag}" for tag in built)]).strip()


def _side(now: Serving) -> str:
    if now.color is None:
        return ""
    if now.tasks_color is not None and now.tasks_color != now.color:
        return f"{now.color} (tasks: {now.tasks_color})"
    return now.color

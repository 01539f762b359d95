"""What there is to do: the folder held against the bucket."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.publish.bucket import Remote
from tools.publish.display import human
from tools.publish.files import INDEX, LocalFile, Site
from tools.publish.invalidation import paths_of
from tools.publish.naming import is_hashed, is_page, may_be_hashed


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What becomes of each file."""

    fresh: list[LocalFile]
    """Sent to their places at once: no page names them yet, or their content stays."""

    placed: list[LocalFile]
    """What visitors see change: sent elsewhere first, then put in place in this order, pages last."""

    created: frozenset[str]
    """Those of `placed` that were not there before."""

    unchanged: int
    retired: list[Remote]
    """Not in the folder, but kept for open pages, from now on."""

    kept: dict[str, datetime]
    """Likewise since an earlier time: until when."""

    removed: list[str]
    fresh_paths: list[str]
    """What CloudFront must drop because of `fresh`."""

    paths: list[str]
    """What CloudFront must drop because of both."""

    overwritten: list[str]
    """Hashed names with another content, which browsers that have the old one will not see."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.fresh or self.placed or self.retired or self.removed)


def make_plan(site: Site, remotes: Mapping[str, Remote], *, keep_days: int, now: datetime) -> Plan:
    """
    Compare the folder with the bucket.

    :param remotes: all objects of the bucket, by key
    """
    changed = [file for file in site.files.values() if _is_changed(file, remotes.get(file.key))]
    placed = sorted((file for file in changed if _shows(file, remotes.get(file.key))), key=lambda file: rank(file.key))
    fresh = [file for file in changed if not _shows(file, remotes.get(file.key))]
    seen = [file.key for file in fresh if _is_seen(file, remotes.get(file.key))]
    gone = [remote for key, remote in sorted(remotes.items()) if key not in site.files]
    ends = {remote.key: _end(remote, keep_days, now) for remote in gone}
    return Plan(
        fresh=fresh,
        placed=placed,
        created=frozenset(file.key for file in placed if file.key not in remotes),
        unchanged=len(site.files) - len(changed),
        retired=[remote for remote in gone if ends[remote.key] > now and remote.retired is None],
        kept={remote.key: ends[remote.key] for remote in gone if ends[remote.key] > now and remote.retired is not None},
        removed=[key for key, end in ends.items() if end <= now],
        fresh_paths=paths_of(seen),
        paths=paths_of([*seen, *(file.key for file in placed)]),
        overwritten=[file.key for file in placed if is_hashed(file.key)],
    )


def rank(key: str) -> int:
    """Say when a file is put in place: files that pages name first, then other pages, then the page itself."""
    return 2 if key == INDEX else 1 if is_page(key) else 0


def describe(plan: Plan, *, pending: list[str]) -> Iterator[str]:
    """Say line by line what would be done."""
    for file in plan.fresh:
        yield f"send {file.key} ({human(file.size)}, {file.content_type}, {file.cache_control})"
    for file in plan.placed:
        verb = "add" if file.key in plan.created else "replace"
        yield f"{verb} {file.key} ({human(file.size)}, {file.content_type}, {file.cache_control})"
    for path in sorted({*plan.paths, *pending}):
        yield f"invalidate {path}"
    for remote in plan.retired:
        yield f"keep {remote.key} for a while, for pages that are open"
    for key, until in plan.kept.items():
        yield f"keep {key} until {until.astimezone():%Y-%m-%d %H:%M}"
    for key in plan.removed:
        yield f"remove {key}"
    for path in paths_of(key for key in plan.removed if not is_hashed(key)):
        yield f"invalidate {path}"
    yield f"leave {plan.unchanged} files as they are"


def _is_changed(file: LocalFile, remote: Remote | None) -> bool:
    if remote is None or remote.sha256 != file.sha256 or remote.retired is not None:
        return True
    return _headers_change(file, remote)


def _headers_change(file: LocalFile, remote: Remote) -> bool:
    return (remote.content_type, remote.cache_control) != (file.content_type, file.cache_control)


def _shows(file: LocalFile, remote: Remote | None) -> bool:
    """Whether a visitor would see it before all else is there: a page that is new, or another content."""
    return is_page(file.key) if remote is None else remote.sha256 != file.sha256


def _is_seen(file: LocalFile, remote: Remote | None) -> bool:
    """Whether CloudFront may have something else at its path: other headers, or that there is no such file."""
    return not is_hashed(file.key) if remote is None else _headers_change(file, remote)


def _end(remote: Remote, keep_days: int, now: datetime) -> datetime:
    """
    Say until when an object stays that the folder does not have.

    Pages that are open load some of their files later. So whatever may have a hash in its name stays for some days from
    the first build on that does not have it. Other names are of files that every build has, or nobody wants any more.
    """
    if not may_be_hashed(remote.key):
        return now
    since = now if remote.retired is None else remote.retired
    return since + timedelta(days=keep_days)

"""
One publication: compared, sent, put in place, dropped from caches, verified, and only then tidied.

Up to the moment at which files are put in place, visitors see the old page and all that it names. That moment is a
handful of copies within S3. When it is broken off, everything is put back. Whenever the process is killed, publishing
again finishes it: what is to be done is always found by comparing the folder with the bucket.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from tools.aws import one_line
from tools.parameter_lock import LostError
from tools.publish import invalidation
from tools.publish import journal as journals
from tools.publish.bucket import STAGING, Bucket, Remote
from tools.publish.context import Context
from tools.publish.files import INDEX, LocalFile, Site
from tools.publish.journal import Journal
from tools.publish.naming import is_hashed
from tools.publish.parallel import in_parallel
from tools.publish.placing import NotPlacedError, Staging
from tools.publish.plan import Plan, make_plan
from tools.publish.served import expect_served
from tools.publish.stop import Stopped
from tools.release.outcome import Outcome, describe_error

_AFTER = {
    "comparing": "nothing has changed",
    "sending": "the page is as it was; publish again",
    "back": "put back: the page is as it was",
    "mixed": "the page may be broken: publish again at once",
    "placed": "the new page is in place; publish again to finish",
}


class Publication:
    """Publishes a folder; the lock is held."""

    def __init__(self, context: Context, site: Site, journal: Journal, *, url: bool) -> None:
        """:param url: whether the page is asked for at the end; not where it cannot be reached from here"""
        self._context = context
        self._site = site
        self._journal = journal
        self._url = url
        self._bucket = bucket_of(context)
        self._at: Literal["comparing", "sending", "back", "mixed", "placed"] = "comparing"
        self._lost = False

    def run(self) -> Outcome:
        """Publish, and give the lock back. Nothing is raised: the outcome says how it ended."""
        reasons: list[str] = []
        try:
            text = self._publish()
        except NotPlacedError as error:
            self._at = "mixed" if error.left else "back"
            reasons = [f"not put back: {key} ({reason})" for key, reason in sorted(error.left.items())]
            outcome = self._failed(error.cause, reasons)
            self._try(self._invalidate_unwatched, "CloudFront may keep what was seen for a moment", outcome)
        except (Stopped, Exception) as error:
            outcome = self._failed(error, reasons)
        else:
            outcome = Outcome(
                service="site", ok=True, text=text, serves=f"served at {self._context.target.manifest.url}"
            )
        self._try(self._tidy, "what lies aside is not removed", outcome)
        self._try(lambda: journals.end(self._journal), "the lock is not given back", outcome)
        return outcome

    def _publish(self) -> str:
        context = self._context
        plan = look(context, self._site)
        if plan.is_empty and not self._journal.entry.pending:
            self._verify()
            return f"site: nothing to do: all {plan.unchanged} files are published"
        for key in plan.overwritten:
            context.display.line(f"{key} has a hash in its name and another content: browsers may keep the old one")
        if plan.fresh:
            journals.expect_invalidation(self._journal, "uploading", plan.fresh_paths)
            self._at = "sending"
            self._send(plan.fresh)
        if plan.placed:
            self._place(plan)
        self._at = "placed"
        self._invalidate()
        self._verify()
        self._remove(plan)
        sent, gone = len(plan.fresh) + len(plan.placed), len(plan.removed)
        return f"site: published: {sent} files sent, {gone} removed, {plan.unchanged} as they were"

    def _send(self, files: list[LocalFile]) -> None:
        display, check = self._context.display, self._context.stop.check_quickly

        def send(file: LocalFile) -> None:
            self._bucket.send(file, file.key, lambda size: display.advance(size=size), check)
            display.advance(files=1)

        display.phase("sending new files", files=len(files), size=sum(file.size for file in files))
        in_parallel(files, send, self._context.stop.check)

    def _place(self, plan: Plan) -> None:
        files, size = len(plan.placed), sum(file.size for file in plan.placed)
        staging = Staging(self._context, self._bucket, plan, f"{STAGING}{uuid4().hex}/")
        self._at = "sending"
        self._context.display.phase("sending changed files", files=files, size=size)
        staging.fill()
        journals.expect_invalidation(self._journal, "placing", plan.paths)
        self._context.display.phase("putting in place", files=files, size=size)
        staging.place()

    def _invalidate(self) -> None:
        """Let CloudFront drop what has changed, and wait for it."""
        paths = self._journal.entry.pending
        if not paths:
            return
        self._context.display.phase(f"invalidating {_named(paths)}")
        made = invalidation.create(self._context, paths)
        self._journal.write(step="invalidating", pending=[])
        invalidation.wait(self._context, made, self._context.display.detail)

    def _invalidate_unwatched(self) -> None:
        """Let CloudFront drop what may have changed for a moment."""
        if self._journal.entry.pending:
            invalidation.create(self._context, self._journal.entry.pending)
            self._journal.write(pending=[])

    def _verify(self) -> None:
        if self._url:
            self._context.display.phase("verifying")
            expect_served(self._context, self._site.files[INDEX])

    def _remove(self, plan: Plan) -> None:
        """Remove what the folder does not have: nobody is given a page any more that names it."""
        if not plan.removed and not plan.retired:
            return
        check, bucket, now = self._context.stop.check, self._bucket, datetime.now(UTC)
        paths = invalidation.paths_of(key for key in plan.removed if not is_hashed(key))
        journals.expect_invalidation(self._journal, "removing", paths)
        self._context.display.phase("removing old files", files=len(plan.removed))
        in_parallel(plan.retired, lambda remote: bucket.retire(remote, now), check)
        in_parallel(plan.removed, bucket.delete, check)
        self._invalidate_unwatched()

    def _failed(self, error: BaseException, reasons: list[str]) -> Outcome:
        self._lost |= isinstance(error, LostError)
        if isinstance(error, Exception):
            text, more = describe_error("site", error)
        else:
            text, more = "site: stopped by you", []
        return Outcome(service="site", ok=False, text=text, reasons=[*more, *reasons], after=_AFTER[self._at])

    def _tidy(self) -> None:
        """Remove what lies aside, also of those who were killed; not of whoever has taken the lock over."""
        aside = [key for key in self._bucket.list_keys() if key.startswith(STAGING)]
        if aside and self._at != "mixed":
            self._journal.expect_held()
            in_parallel(aside, self._bucket.delete, lambda: None)

    def _try(self, act: Callable[[], None], what: str, outcome: Outcome) -> None:
        """Do what must not hide how it ended, unless the lock is lost."""
        if self._lost:
            return
        try:
            act()
        except Exception as error:
            outcome.reasons.append(f"{what}: {one_line(error)}")
            self._lost |= isinstance(error, LostError)


def bucket_of(context: Context) -> Bucket:
    """Give the site's bucket."""
    return Bucket(s3=context.target.s3, name=context.target.manifest.bucket)


def look(context: Context, site: Site) -> Plan:
    """Look at all objects of the bucket, and say what there is to do."""
    bucket = bucket_of(context)

    def see(key: str) -> Remote | None:
        found = bucket.look(key)
        context.display.advance(files=1)
        return found

    keys = [key for key in bucket.list_keys() if not key.startswith(STAGING)]
    context.display.phase("comparing", files=len(keys))
    found = [remote for remote in in_parallel(keys, see, context.stop.check) if remote is not None]
    return make_plan(
        site,
        {remote.key: remote for remote in found},
        keep_days=context.target.manifest.keep_replaced_days,
        now=datetime.now(UTC),
    )


def _named(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{len(paths)} paths"

"""`infra publish`: the command line."""

from pathlib import Path
from typing import Annotated

import typer

from tools.aws import clear_errors
from tools.console import err, out
from tools.publish import journal as journals
from tools.publish.context import Context
from tools.publish.display import Display, Plain, open_display
from tools.publish.files import Site, read_site
from tools.publish.plan import describe
from tools.publish.run import Publication, look
from tools.publish.stop import Stop, Stopped
from tools.publish.target import Target, open_target
from tools.release.context import Clock
from tools.release.interrupt import Signals
from tools.release.outcome import Outcome, print_outcomes


def publish(
    stack: Annotated[str, typer.Argument(help="The stack, as in `cdktf deploy <stack>`.")],
    dist_dir: Annotated[Path, typer.Argument(help="The folder that the build of the site wrote.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare, say what would happen, change nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Take over from a publication that was killed.")] = False,
    no_url_check: Annotated[bool, typer.Option("--no-url-check", help="Do not ask for the page at the end.")] = False,
) -> None:
    """
    Publish the files of a static site: what changed is sent, put in place at once, and dropped from all caches.

    Visitors get the old page with all its files, or the new one. What a build no longer has is removed at the end.

    It needs AWS credentials, and nothing of this checkout.
    """
    if dry_run and resume:
        raise typer.BadParameter("--dry-run takes nothing over: without --resume")
    with clear_errors():  # Ctrl-C ends this at once: nothing is held yet
        site = read_site(dist_dir)
        target = open_target(stack)
    with Signals() as signals, clear_errors():
        stop = Stop(signals=signals)
        if dry_run:
            _print_plan(target, site, stop)
            return
        journal = journals.take(target.ssm, target.manifest, resume=resume)
        with open_display(err) as display:
            if site.skipped:
                display.line(f"not published, because of the dot: {', '.join(site.skipped)}")
            outcome = Publication(_context(target, display, stop), site, journal, url=not no_url_check).run()
    print_outcomes([outcome])
    if not outcome.ok:
        raise typer.Exit(1)


def _print_plan(target: Target, site: Site, stop: Stop) -> None:
    """Print what would be done, or why it would be refused."""
    journals.expect_free(target.ssm, target.manifest)
    try:
        plan = look(_context(target, Plain(err), stop), site)
    except Stopped:
        print_outcomes([Outcome(service="site", ok=False, text="site: stopped by you", after="nothing has changed")])
        raise typer.Exit(1) from None
    pending = journals.pending(target.ssm, target.manifest)
    for name in site.skipped:
        out.print(f"do not publish {name}, because of the dot", markup=False)
    for line in describe(plan, pending=pending):
        out.print(line, markup=False)


def _context(target: Target, display: Display, stop: Stop) -> Context:
    return Context(target=target, display=display, stop=stop, clock=Clock(sleep=stop.sleep))

"""`infra images` and `infra ci`: the command lines."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.aws import clear_errors
from tools.ci import changes, difference, images, plan
from tools.ci import comment as comments
from tools.ci.github import add_summary, set_output
from tools.ci.services import Service, services_of
from tools.console import err, out
from tools.errors import InfraError
from tools.project import load_stack, synthesize

images_app = typer.Typer(help="The images of a stack's services.", no_args_is_help=True)
ci_app = typer.Typer(help="What the pipelines in .github/workflows run, here or there.", no_args_is_help=True)

StackName = Annotated[str, typer.Argument(help="The stack, as in `cdktf deploy <stack>`.")]
Sources = Annotated[
    Path, typer.Option("--sources", help="The folder that holds a folder of each service, with its Dockerfile.")
]


@images_app.command("build")
def build_command(
    stack: StackName,
    sources: Sources = Path(),
    platform: Annotated[
        str | None, typer.Option("--platform", help="Such as linux/amd64, instead of what the services run on.")
    ] = None,
) -> None:
    """Build the images, and push nothing."""
    images.build(_services(stack), sources, platform)


@images_app.command("push")
def push_command(stack: StackName, sources: Sources = Path()) -> None:
    """Build the images of the sources' commit and push them, as `sha-<commit>` and `latest`."""
    services = _services(stack)
    with clear_errors():
        set_output("image_tag", images.push(services, sources))


@images_app.command("promote")
def promote_command(
    source: Annotated[str, typer.Argument(help="The stack that released the images.")],
    target: Annotated[str, typer.Argument(help="The stack whose registry gets them.")],
    image_tag: Annotated[str, typer.Option("--image-tag", help="The commit, or sha-<commit>.")],
) -> None:
    """Copy images that one stack has released to the registry of another, with the same digests."""
    services = _services(source), _services(target)
    with clear_errors():
        set_output("image_tag", images.promote(*services, image_tag))


@ci_app.command("changed")
def changed_command(
    base: Annotated[str, typer.Option("--base", help="The commit to compare the working tree with.")],
) -> None:
    """Say which stacks a change touches, and which of them a pipeline can plan."""
    plans = []
    for stack in changes.changed_stacks(base):
        role = changes.plan_role(stack)
        if role is None:
            err.print(f"{stack} changes, but has no role for a pipeline's plan: cdktf diff {stack}", markup=False)
        else:
            plans.append({"stack": stack, "role": role})
    set_output("plans", json.dumps(plans))


@ci_app.command("diff")
def diff_command(stack: StackName, to: Annotated[Path, typer.Option("--to", help="The file for the comment.")]) -> None:
    """Run `cdktf diff` and keep what it prints for the comment."""
    found = difference.differ(stack)
    difference.save(found, to)
    add_summary(found.markdown())
    if found.failed:
        raise InfraError(f"cdktf diff {stack} failed: see above")


@ci_app.command("comment")
def comment_command(
    folder: Annotated[Path, typer.Option("--from", help="The folder with what `infra ci diff` kept.")],
) -> None:
    """Put all differences into one comment on the pull request."""
    found = [difference.load(path) for path in sorted(folder.glob("*.json"))]
    # A change that never touched an environment needs no comment about it.
    comments.put(difference.comment(found), create=bool(found))


@ci_app.command("plan")
def plan_command(stack: StackName, to: Annotated[Path, typer.Option("--to", help="The file for the plan.")]) -> None:
    """Plan a stack into a file that `infra ci apply` applies; it expires with the next change of the state."""
    synthesize()
    made = plan.write(load_stack(stack), to)
    out.out(made.text)
    add_summary(difference.Difference(stack=stack, text=made.text, failed=False).markdown())
    set_output("changes", str(len(made.changes)))
    set_output("sha256", made.sha256)


@ci_app.command("apply")
def apply_command(
    stack: StackName,
    file: Annotated[Path, typer.Option("--plan", help="The file that `infra ci plan` wrote.")],
    sha256: Annotated[str, typer.Option("--sha256", help="Its SHA-256, as `infra ci plan` said it.")],
) -> None:
    """Apply exactly this plan."""
    synthesize()
    plan.apply(load_stack(stack), file, sha256)


def _services(stack: str) -> list[Service]:
    synthesize()
    return services_of(load_stack(stack))

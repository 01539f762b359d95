"""Which stacks a change touches: those whose Terraform JSON differs from that of another commit."""

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.console import err
from tools.errors import InfraError
from tools.project import OUTPUT, ROOT, load_stack, stack_names, synthesize

_PLAN_ROLE = "-github-plan"
"""What the name of the role ends in that a pipeline plans a stack with (`modules/github/roles.py`)."""


def changed_stacks(base: str) -> list[str]:
    """
    List the stacks whose JSON is another one at this commit than in the working tree, in the order of `main.py`.

    The JSON of one tree is the same, byte for byte, whenever and wherever it is synthesized.

    :param base: a commit, as git names it
    :raises InfraError: the working tree cannot be synthesized, or there is no such commit
    """
    synthesize()
    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        before = _synthesize(base, Path(folder))
        return [name for name in stack_names() if _read(OUTPUT, name) != _read(before, name)]


def plan_role(stack: str) -> str | None:
    """Find the name of the role that a pipeline plans a stack with; None when it has none."""
    document = json.loads((load_stack(stack).directory / "cdk.tf.json").read_text())
    roles = document.get("resource", {}).get("aws_iam_role", {}).values()
    names = [str(role["name"]) for role in roles if str(role.get("name", "")).endswith(_PLAN_ROLE)]
    return names[0] if names else None


def _synthesize(base: str, folder: Path) -> Path:
    """Synthesize a commit with the packages of this one; what cannot be, has no stacks."""
    archive = subprocess.run(  # noqa: S603 git with our own arguments
        ["git", "archive", "--format=zip", "--end-of-options", base],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archive.returncode != 0:
        raise InfraError(f"git archive: {' '.join(archive.stderr.decode().split())}")
    tree, output = folder / "tree", folder / "out"
    with zipfile.ZipFile(io.BytesIO(archive.stdout)) as members:
        members.extractall(tree)
    output.mkdir()
    result = subprocess.run(
        [sys.executable, "main.py"],
        cwd=tree,
        env=os.environ | {"CDKTF_OUTDIR": str(output)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        err.print(f"{base} does not synthesize here: every stack counts as changed", markup=False)
    return output


def _read(output: Path, stack: str) -> bytes | None:
    path = output / "stacks" / stack / "cdk.tf.json"
    return path.read_bytes() if path.exists() else None

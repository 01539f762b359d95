"""What `cdktf diff` says about a stack, and the comment on a pull request that is made of it."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.console import err
from tools.environment import applied
from tools.errors import InfraError

LIMIT = 60_000
"""How many characters of plans a comment has. GitHub refuses a body of more than 65,536."""

_COLOR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PROGRESS = re.compile(
    r"^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] |: (Refreshing state|Reading|Still reading|Read complete|(Opening|Closing)( complete)?)\b"
)
_PLAN = re.compile(r"No changes\.|Changes to Outputs:|Note: Objects|Terraform (used the selected|will perform)")
"""How a plan begins: before it stands what `terraform init` had to say."""

_VERDICT = re.compile(r"Plan: \d.*|No changes\.")
_CUT = "\n… and so on: all of it is in the log of the run"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a deployment of one stack would change."""

    stack: str
    text: str
    failed: bool

    @property
    def verdict(self) -> str:
        """What it comes to, in one line."""
        if self.failed:
            return "the plan failed"
        verdicts = _VERDICT.findall(self.text)
        return verdicts[-1] if verdicts else "only outputs change"

    def markdown(self, limit: int = LIMIT) -> str:
        """Write it as a section that is folded in, of its first `limit` characters."""
        text = self.text if len(self.text) <= limit else self.text[:limit] + _CUT
        folded = f"<details><summary>Plan</summary>\n\n{_fenced(text)}\n\n</details>"
        return f"### `{self.stack}`: {self.verdict}\n\n{folded}\n"


def differ(stack: str) -> Difference:
    """
    Run `cdktf diff`, and show what it prints.

    Nothing is locked: a plan that nobody applies must not hold up one that is applied, and one that is cancelled must
    leave no lock behind.
    """
    lines: list[str] = []
    with (
        # cdktf draws no spinner where it is told that nobody looks.
        applied({"TF_CLI_ARGS_plan": "-lock=false", "CI": "true"}),
        subprocess.Popen(  # noqa: S603 cdktf with our own arguments
            ["cdktf", "diff", stack],  # noqa: S607
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            clean = _clean(line, stack)
            if not _PROGRESS.search(clean) and (clean or (lines and lines[-1])):
                err.out(clean)
                lines.append(clean)
    return Difference(stack=stack, text=_plan(lines), failed=process.returncode != 0)


def save(difference: Difference, path: Path) -> None:
    """Write it down for the job that comments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(difference)))


def load(path: Path) -> Difference:
    """
    Read what another job wrote down.

    :raises InfraError: it is no such file
    """
    try:
        return Difference(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise InfraError(f"{path}: is not what infra ci diff writes ({error})") from None


def comment(differences: Sequence[Difference]) -> str:
    """Put the sections together, each with its share of what a comment may hold."""
    if not differences:
        return "No environment changes.\n"
    share = LIMIT // len(differences)
    return "\n".join(difference.markdown(share) for difference in differences)


def _clean(line: str, stack: str) -> str:
    """Take away the colors, and what cdktf puts before each line: the stack's name, or as many spaces."""
    return re.sub(rf"^({re.escape(stack)}|{' ' * len(stack)})(  |$)", "", _COLOR.sub("", line).rstrip())


def _plan(lines: Sequence[str]) -> str:
    """Leave out what comes before the plan; where there is none, all of it may say why."""
    begin = next((index for index, line in enumerate(lines) if _PLAN.match(line)), 0)
    return "\n".join(lines[begin:]).strip()


def _fenced(text: str) -> str:
    """Fence text with more backticks than stand in a row anywhere in it, so that nothing in it ends the fence."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"

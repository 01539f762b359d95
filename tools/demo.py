"""`infra demo`: the first environment, applied by the real Terraform to an AWS on this machine."""

import shutil
import subprocess

from rich.table import Table

from tools import local, state, terraform
from tools.console import out
from tools.environment import applied
from tools.errors import InfraError
from tools.project import ROOT, load_stack, synthesize

STACK = "dev"

NEXT_STEPS = """
What to do next:
  source .venv/bin/activate         this shell now has cdktf, terraform and infra
  eval "$(infra local env dev)"     this shell now speaks to local AWS
  cdktf diff dev                    nothing to change
  infra lifecycle dev               apply, plan again, destroy: on an AWS of its own
  make down                         stop local AWS; what was deployed goes with it
README.md says how to deploy to a real account.
"""


def demo() -> None:
    """Start local AWS, create the state bucket and deploy the dev stack; a second run changes nothing."""
    aws = local.up()
    out.print(f"local AWS answers at {aws.url}")
    synthesize()
    stack = load_stack(STACK)
    with applied(local.environment(aws, stack)):
        state.bootstrap(stack)
        _deploy()
        outputs = terraform.Terraform(stack).output()
    table = Table("output", "value", title=f"{STACK} on local AWS")
    for name, value in outputs.items():
        table.add_row(name, str(value))
    out.print(table)
    out.print(NEXT_STEPS.strip(), markup=False)


def _deploy() -> None:
    terraform.executable()
    cdktf = shutil.which("cdktf")
    if cdktf is None:
        raise InfraError("cdktf is not on the PATH: run make demo, which installs it")
    command = [cdktf, "deploy", STACK, "--auto-approve"]
    result = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 the pinned cdktf
    if result.returncode != 0:
        raise InfraError(f"cdktf deploy {STACK} failed with exit code {result.returncode}: see above")

"""The `infra` command as a program: its exit codes, and which commands need what."""

import os
import subprocess
import sys

import pytest

from tools.project import ROOT


def infra(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `infra` with some variables changed."""
    return subprocess.run(  # noqa: S603 the command under test
        [sys.executable, "-m", "tools", *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_failure_is_one_line_and_1() -> None:
    """A failure is one line on standard error, without a traceback, and exit code 1."""
    result = infra("scan", TF_PLUGIN_MIRROR="nowhere")

    assert (1, "") == (result.returncode, result.stdout)
    assert ["error: TF_PLUGIN_MIRROR=nowhere holds no registry.terraform.io/hashicorp/aws: must be a Terraform "
            "filesystem mirror"] == result.stderr.splitlines()  # fmt: skip


def test_wrong_usage_is_2() -> None:
    """A command that does not exist is wrong usage."""
    assert 2 == infra("nothing").returncode


@pytest.mark.parametrize("arguments", [["--help"], ["local", "--help"]])
def test_help_needs_nothing(arguments: list[str]) -> None:
    """Help, and stopping a server, work whatever the variables say."""
    assert 0 == infra(*arguments, TF_PLUGIN_MIRROR="nowhere").returncode

"""A server that starts with its own address among the hosts that it answers to."""

import os
import subprocess
from pathlib import Path

import pytest

from modules.web_service.own_address import add_own_address


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where commands are found, with a `hostname` that knows one address."""
    file = tmp_path / "hostname"
    file.write_text('#!/bin/sh\n[ "$1" = -i ] && echo 10.0.1.5\n')
    file.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def run(path: str, *command: str, hosts: str = "trust.demo.paythru.com") -> str:
    """What a command prints that is started like this."""
    environment = {"PATH": path, "HOSTS": hosts}
    wrapped = add_own_address(command, variable="HOSTS")
    result = subprocess.run(wrapped, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 our own
    return result.stdout


def test_address_is_added(path: str) -> None:
    """After what is there."""
    assert "trust.demo.paythru.com,10.0.1.5\n" == run(path, "printenv", "HOSTS")


def test_words_stay_words(path: str) -> None:
    """No shell reads the command: blanks, quotes and variables stay what they are."""
    assert "a b|$HOSTS|'|" == run(path, "printf", "%s|", "a b", "$HOSTS", "'")


def test_is_the_process_itself(path: str) -> None:
    """ECS sends its stop signal to the first process, which is the server and no shell."""
    wrapped = add_own_address(["sh", "-c", "echo $$"], variable="HOSTS")
    with subprocess.Popen(wrapped, env={"PATH": path, "HOSTS": "a"}, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        printed, _ = process.communicate()

    assert f"{process.pid}\n" == printed


def test_terraform_reads_nothing_in_it() -> None:
    """`${` would be an expression of Terraform's."""
    assert "${" not in " ".join(add_own_address(["gunicorn"], variable="ALLOWED_HOSTS"))

"""`infra` as a process of its own, whose AWS is played: one step says that it has begun, and waits for its end."""

import sys
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.tools.release.orchestra import PlayedSteps, light_manifest
from tools import cli
from tools.errors import InfraError
from tools.release import command, entry, targets
from tools.release.aws import Aws
from tools.release.interrupt import Interruption
from tools.release.manifest import Manifest


def main() -> None:
    """Run `infra release staging --image-tag sha-1`, and write the step in its journal into the file named first."""
    journal, step = Path(sys.argv[1]), sys.argv[2]
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        aws, manifest = Aws(boto3.Session(region_name="eu-west-2")), light_manifest()
        patch.setattr(targets, "load_stack", _refuse)
        interruption = Interruption()
        patch.setattr(command, "Steps", lambda: play(step, interruption))
        patch.setattr(command, "Interruption", lambda: interruption)
        text = manifest.model_dump_json(by_alias=True)
        aws.ssm.put_parameter(Name="/staging/release/backend", Value=text, Type="String")
        sys.argv[1:] = ["release", "staging", "--image-tag", "sha-1"]
        try:
            cli.main()
        finally:
            journal.write_text(_noted(aws, manifest))


def play(step: str, interruption: Interruption) -> PlayedSteps:
    """Play a step that does not end by itself, and a rollback that takes a while."""

    def wait(name: str, seconds: float) -> None:
        sys.stderr.write(f"waiting in {name}\n")
        sys.stderr.flush()
        interruption.sleep(seconds)

    return PlayedSteps(problems={step: lambda: wait(step, 60), "stop": lambda: wait("stop", 3)})


def _noted(aws: Aws, manifest: Manifest) -> str:
    found = entry.read(aws, manifest)
    return "" if found is None else found.step


def _refuse(name: str) -> None:
    raise InfraError(name)


if __name__ == "__main__":
    main()

"""Whether the pipelines give a release the time that it may take, and credentials that last as long."""

import json

import pytest

from modules.github.roles import GitHubRolesSettings
from tests.test_workflows import JOBS, ROLES, Block, steps, uses
from tools.project import Stack, load_stack, synthesize
from tools.release.manifest import Manifest, parse
from tools.release.plan import settle_timeout_s, shift_timeout_s
from tools.release.undoing import UNDONE_S

RELEASES = {
    "staging": "deploy-staging.release",
    "production": "deploy-production.production",
    "edgemind": "release-edgemind.release",
}
"""The jobs that release."""

Manifests = dict[str, list[Manifest]]


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Manifests:
    """What the release manifests of the environments say, with references instead of some values."""
    folder = tmp_path_factory.mktemp("cdktf.out")
    synthesize(folder)
    return {stack: [parse(text, stack) for text in manifests_of(load_stack(stack, folder))] for stack in RELEASES}


def manifests_of(stack: Stack) -> list[str]:
    """The manifests in the Terraform JSON of a stack."""
    parameters = json.loads((stack.directory / "cdk.tf.json").read_text())["resource"]["aws_ssm_parameter"].values()
    return [one["insecure_value"] for one in parameters if one["name"].startswith(f"/{stack.name}/release/")]


def longest_release_min(manifests: list[Manifest]) -> float:
    """
    How long a release may take until it gives up and has rolled back.

    All migrate before any traffic moves. Ten minutes are for checks, lost answers of AWS, and verifying.
    """
    migration_s = max((one.migration_timeout_s for one in manifests if one.migration_command is not None), default=0)
    shift_s = max(map(shift_timeout_s, manifests))
    # Only CodeDeploy keeps the old tasks.
    settle_s = max((settle_timeout_s(one) for one in manifests if one.code_deploy is not None), default=0)
    return 10 + (migration_s + shift_s + settle_s + UNDONE_S) / 60


def release_step(stack: str) -> Block:
    """The step that releases a stack."""
    (found,) = [step for step in steps(RELEASES[stack]) if step.get("run", "").startswith("infra release")]
    return found


@pytest.mark.parametrize("stack", RELEASES)
def test_release_has_time(stack: str, manifests: Manifests) -> None:
    """The step outlasts the longest release that the manifests allow, with its rollback: minutes."""
    assert longest_release_min(manifests[stack]) <= release_step(stack)["timeout-minutes"]


@pytest.mark.parametrize("stack", RELEASES)
def test_release_ends_before_its_credentials(stack: str) -> None:
    """It ends before the credentials do, and before the job does."""
    job = RELEASES[stack]
    seconds = uses(job, "aws-actions/configure-aws-credentials")[-1]["with"]["role-duration-seconds"]
    timeout = release_step(stack)["timeout-minutes"]

    assert 60 * timeout < seconds
    assert timeout < JOBS[job]["timeout-minutes"]


def test_publishing_ends_before_its_credentials() -> None:
    """They last an hour, IAM's default, and the whole job less."""
    assert JOBS["publish-edgemind.publish"]["timeout-minutes"] < 60


def test_long_sessions() -> None:
    """Credentials are asked for as long as the roles give them by default, where the work is long; else an hour."""
    hours = GitHubRolesSettings.model_fields["session_h"].default
    asked = {
        step["with"]["role-to-assume"].rpartition("-")[2]: step["with"].get("role-duration-seconds")
        for job in ROLES
        for step in uses(job, "aws-actions/configure-aws-credentials")
        if "matrix" not in step["with"]["role-to-assume"]
    }

    assert {"push": None, "plan": None, "publish": None, "release": 3600 * hours, "apply": 3600 * hours} == asked

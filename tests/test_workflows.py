"""The pipelines in `.github/workflows`: what two linters say of them, and what holds for every one."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tools.cli import app
from tools.project import ROOT, load_stack, stack_names, synthesize

FOLDER = ROOT / ".github" / "workflows"
BIN = Path(sys.executable).parent

NAMES = [
    "build-and-test",
    "deploy-production",
    "deploy-staging",
    "infrastructure",
    "publish-edgemind",
    "release-edgemind",
]

READ = {"contents": "read"}
WITH_ROLE = READ | {"id-token": "write"}
PERMISSIONS = {
    "build-and-test.test": READ,
    "build-and-test.images": READ,
    "build-and-test.changed": READ,
    "build-and-test.diff": WITH_ROLE,
    "build-and-test.comment": READ | {"pull-requests": "write"},
    "deploy-staging.build": WITH_ROLE,
    "deploy-staging.release": WITH_ROLE,
    "deploy-production.staging": WITH_ROLE,
    "deploy-production.production": WITH_ROLE,
    "infrastructure.plan": WITH_ROLE,
    "infrastructure.apply": WITH_ROLE,
    "publish-edgemind.publish": WITH_ROLE,
    "release-edgemind.build": WITH_ROLE,
    "release-edgemind.release": WITH_ROLE,
}

ROLES = {
    "build-and-test.diff": [("${{ matrix.stack }}-plan", "${{ matrix.role }}")],
    "deploy-staging.build": [("staging", "isms-staging-github-push")],
    "deploy-staging.release": [("staging", "isms-staging-github-release")],
    "deploy-production.production": [
        ("production", "isms-production-github-push"),
        ("production", "isms-production-github-release"),
    ],
    "infrastructure.plan": [("${{ inputs.stack }}-plan", "${{ env.NAME }}-github-plan")],
    "infrastructure.apply": [("${{ inputs.stack }}-apply", "${{ env.NAME }}-github-apply")],
    "publish-edgemind.publish": [("edgemind", "edgemind-github-publish")],
    "release-edgemind.build": [("edgemind", "edgemind-github-push")],
    "release-edgemind.release": [("edgemind", "edgemind-github-release")],
}
"""The GitHub environment of each job that has a role, and its roles: `docs/releases.md` and `docs/edgemind.md` set
both up like this."""

COMMANDS = {"make", "infra", "docker"}
VARIABLES = {"APPLICATION_SOURCES", "AWS_ACCOUNT_ID", "AWS_REGION", "EDGEMIND_SOURCES"}
ACTIONS = {
    "actions/checkout",
    "actions/download-artifact",
    "actions/upload-artifact",
    "aws-actions/configure-aws-credentials",
}

Block = dict[str, Any]


def load(name: str) -> Block:
    """Parse one workflow. YAML 1.1 reads the key `on` as true; GitHub does not."""
    document = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return {("on" if key is True else key): value for key, value in document.items()}


WORKFLOWS = {name: load(name) for name in NAMES}
JOBS = {f"{name}.{job}": block for name in NAMES for job, block in WORKFLOWS[name]["jobs"].items()}
TEXT = {name: (FOLDER / f"{name}.yml").read_text() for name in NAMES}


def steps(job: str) -> list[Block]:
    """The steps of a job; a call of another workflow has none."""
    found: list[Block] = JOBS[job].get("steps", [])
    return found


def uses(job: str, action: str) -> list[Block]:
    """The steps of a job that use an action."""
    return [step for step in steps(job) if step.get("uses", "").startswith(f"{action}@")]


RUNS = [(job, step["run"]) for job in JOBS for step in steps(job) if "run" in step]
INFRA = [(job, run) for job, run in RUNS if run.startswith("infra ")]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a linter over the project."""
    return subprocess.run(  # noqa: S603 a program of the project's own environment
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def actionlint(*arguments: str | Path) -> list[Block]:
    """Run the strictest profile of actionlint's successor, offline, and give its findings."""
    options = ("--profile", "pedantic", "--no-online", "--no-ignores", "--shellcheck=", "--pyflakes=")
    result = run(BIN / "jactionlint", *options, "--format", "json", *arguments)
    assert result.returncode in (0, 1), result.stderr
    findings: list[Block] = json.loads(result.stdout)
    return findings


def zizmor(*arguments: str | Path) -> list[Block]:
    """Run zizmor's strictest persona, offline, and give its findings."""
    result = run(BIN / "zizmor", "--offline", "--persona=auditor", "--no-ignores", "--format=json", "-q", *arguments)
    assert result.stdout, result.stderr
    findings: list[Block] = json.loads(result.stdout)
    return findings


class TestLinters:
    """Both with everything on that works offline, and no finding of any severity, ignored ones included."""

    def test_actionlint(self) -> None:
        """Actionlint has nothing to say."""
        assert [] == actionlint()

    def test_zizmor(self) -> None:
        """Neither has zizmor, of Dependabot's file too."""
        assert [] == zizmor(FOLDER.parent)

    def test_both_look(self, tmp_path: Path) -> None:
        """A workflow with a fault that each of them must find is found by each."""
        bad = tmp_path / "bad.yml"
        bad.write_text(
            "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
            "      - run: echo ${{ github.event.pull_request.title }}\n"
        )

        assert (True, True) == (bool(actionlint(bad)), bool(zizmor(bad)))


class TestWorkflows:
    """What holds for every workflow."""

    def test_names(self) -> None:
        """There are these six, and this file looks at all of them."""
        assert NAMES == sorted(path.stem for path in FOLDER.iterdir())

    @pytest.mark.parametrize(
        ("name", "triggers"),
        [
            ("build-and-test", {"pull_request"}),
            ("deploy-staging", {"push", "workflow_dispatch", "workflow_call"}),
            ("deploy-production", {"workflow_dispatch"}),
            ("infrastructure", {"workflow_dispatch"}),
            ("publish-edgemind", {"push", "workflow_dispatch"}),
            ("release-edgemind", {"push", "workflow_dispatch"}),
        ],
    )
    def test_triggers(self, name: str, triggers: set[str]) -> None:
        """Production and infrastructure start by hand only, and nothing starts with a fork's code and our rights."""
        assert triggers == set(WORKFLOWS[name]["on"])

    def test_pushes_of_main(self) -> None:
        """Only what is merged goes to staging by itself."""
        assert {"branches": ["main"]} == WORKFLOWS["deploy-staging"]["on"]["push"]

    @pytest.mark.parametrize(("name", "folder"), [("publish-edgemind", "page"), ("release-edgemind", "backend")])
    def test_pushes_of_one_part(self, name: str, folder: str) -> None:
        """EdgeMind's page and backend each start with their own sources on main, and with nothing else."""
        assert {"branches": ["main"], "paths": [f"apps/edgemind/{folder}/**", "!**/README.md"]} == WORKFLOWS[name][
            "on"
        ]["push"]

    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_by_default(self, name: str) -> None:
        """A job has no permission that it does not ask for."""
        assert {} == WORKFLOWS[name]["permissions"]

    @pytest.mark.parametrize("name", NAMES)
    def test_shell(self, name: str) -> None:
        """Commands run in bash, named, which GitHub then gives -e and -o pipefail."""
        assert {"run": {"shell": "bash"}} == WORKFLOWS[name]["defaults"]

    @pytest.mark.parametrize("name", NAMES)
    def test_no_secrets(self, name: str) -> None:
        """No workflow knows a secret: roles come by OIDC, and GitHub's own token is `github.token`."""
        assert "secrets" not in TEXT[name]

    @pytest.mark.parametrize("name", NAMES)
    def test_variables(self, name: str) -> None:
        """The variables that have to be set on GitHub are the ones that the documents name."""
        assert set(re.findall(r"vars\.(\w+)", TEXT[name])) <= VARIABLES

    @pytest.mark.parametrize("name", NAMES)
    def test_actions(self, name: str) -> None:
        """Every action is a known one, pinned by the SHA of a commit, with the version in a comment."""
        lines = re.findall(r"uses: (?!\$/)(.*)", TEXT[name])

        assert [] == [line for line in lines if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)]
        assert {line.partition("@")[0] for line in lines} <= ACTIONS

    def test_one_version_each(self) -> None:
        """An action has the same commit everywhere."""
        pins = {pin for text in TEXT.values() for pin in re.findall(r"uses: ([\w-]+/.*)", text)}

        assert len(pins) == len({pin.partition("@")[0] for pin in pins})


class TestJobs:
    """What holds for every job."""

    @pytest.mark.parametrize("job", JOBS)
    def test_permissions(self, job: str) -> None:
        """Each has what it needs and no more: a role's token only where there is a role, a comment's only there."""
        assert PERMISSIONS[job] == JOBS[job]["permissions"]

    @pytest.mark.parametrize("job", [job for job in JOBS if "uses" not in JOBS[job]])
    def test_timeout(self, job: str) -> None:
        """None hangs for GitHub's six hours."""
        assert JOBS[job]["timeout-minutes"] in range(1, 121)

    @pytest.mark.parametrize("job", [job for job in JOBS if "uses" not in JOBS[job]])
    def test_checkout_keeps_no_token(self, job: str) -> None:
        """The token with which the sources were fetched is not left in the work tree."""
        assert [False] == [step["with"]["persist-credentials"] for step in uses(job, "actions/checkout")]

    @pytest.mark.parametrize("job", JOBS)
    def test_roles(self, job: str) -> None:
        """A job takes on the role of its own GitHub environment, in the account that the environment names."""
        environment = JOBS[job].get("environment", "")
        name = environment["name"] if isinstance(environment, dict) else environment
        prefix = "arn:aws:iam::${{ vars.AWS_ACCOUNT_ID }}:role/"
        found = uses(job, "aws-actions/configure-aws-credentials")

        assert ROLES.get(job, []) == [(name, step["with"]["role-to-assume"].removeprefix(prefix)) for step in found]
        assert {"${{ vars.AWS_ACCOUNT_ID }}"} >= {step["with"]["allowed-account-ids"] for step in found}

    @pytest.mark.parametrize("job", [job for job, pairs in ROLES.items() if len(pairs) > 1])
    def test_one_role_at_a_time(self, job: str) -> None:
        """A job that changes roles drops the first."""
        (_, *others) = uses(job, "aws-actions/configure-aws-credentials")

        assert [True] == [step["with"]["unset-current-credentials"] for step in others]


class TestConcurrency:
    """One thing at a time happens to an environment."""

    @pytest.mark.parametrize(
        ("group", "block"),
        [
            ("staging", WORKFLOWS["deploy-staging"]),
            ("production", WORKFLOWS["deploy-production"]),
            ("edgemind", WORKFLOWS["release-edgemind"]),
            ("edgemind-page", WORKFLOWS["publish-edgemind"]),
            ("${{ inputs.stack }}", JOBS["infrastructure.apply"]),
            ("infrastructure-${{ inputs.stack }}", WORKFLOWS["infrastructure"]),
        ],
    )
    def test_never_cancels(self, group: str, block: Block) -> None:
        """Whatever releases or applies has its environment's group, which cancels neither what runs nor what waits."""
        assert {"group": group, "cancel-in-progress": False, "queue": "max"} == block["concurrency"]

    def test_pull_requests(self) -> None:
        """Only the newest push of a pull request is looked at: its jobs lock and change nothing."""
        assert {
            "group": "build-and-test-${{ github.event.pull_request.number }}",
            "cancel-in-progress": True,
        } == WORKFLOWS["build-and-test"]["concurrency"]


class TestOrder:
    """What waits for what."""

    def test_production_waits_for_staging(self) -> None:
        """Without a release to staging that succeeded there is none to production, unless it is asked for."""
        condition = " ".join(JOBS["deploy-production.production"]["if"].split())

        assert (
            "${{ !cancelled() && (needs.staging.result == 'success' "
            "|| (inputs.skip_staging && needs.staging.result == 'skipped')) }}"
        ) == condition

    def test_production_builds_nothing(self) -> None:
        """It promotes what staging released, and releases that."""
        commands = [step["run"].split()[:3] for step in steps("deploy-production.production") if "run" in step]

        assert [["make", "setup"], ["infra", "images", "promote"], ["infra", "release", "production"]] == commands

    def test_pull_requests_push_nothing(self) -> None:
        """Images are built for both architectures, on a machine of each, and stay there."""
        matrix = JOBS["build-and-test.images"]["strategy"]["matrix"]["include"]

        assert {"linux/amd64": "ubuntu-24.04", "linux/arm64": "ubuntu-24.04-arm"} == {
            entry["platform"]: entry["runner"] for entry in matrix
        }
        assert [] == [command for job, command in RUNS if job.startswith("build-and-test") and "push" in command]

    @pytest.mark.parametrize(
        ("name", "commands"),
        [
            ("publish-edgemind", ["make setup", "docker buildx build", "infra publish edgemind"]),
            ("release-edgemind", ["make setup", "infra images push", "make setup", "infra release edgemind"]),
        ],
    )
    def test_page_and_backend(self, name: str, commands: list[str]) -> None:
        """Each is built and goes out without the other."""
        found = [" ".join(run.split()[:3]) for job, run in RUNS if job.startswith(f"{name}.")]

        assert commands == found

    def test_page_is_built_without_credentials(self) -> None:
        """The role is taken on after the build, which runs what the page's packages bring."""
        names = [step["name"] for step in steps("publish-edgemind.publish")]

        assert names.index("Build") < names.index("Sign in to AWS")

    def test_apply_gets_the_plan(self) -> None:
        """What is applied is the file of the job before, by the checksum that this job said."""
        outputs = JOBS["infrastructure.plan"]["outputs"]

        assert "${{ steps.plan.outputs.sha256 }}" == outputs["sha256"]
        assert "${{ needs.plan.outputs.sha256 }}" == JOBS["infrastructure.apply"]["env"]["SHA256"]

    @pytest.mark.parametrize("job", ["build-and-test.diff", "infrastructure.plan"])
    def test_plans_expire(self, job: str) -> None:
        """Plans hold the state: they are kept for a day, the least that GitHub offers."""
        assert [1] == [step["with"]["retention-days"] for step in uses(job, "actions/upload-artifact")]

    @pytest.mark.parametrize("job", ["build-and-test.diff", "build-and-test.comment"])
    def test_forks(self, job: str) -> None:
        """A fork's pull request gets neither a role nor a token that can write."""
        assert "github.event.pull_request.head.repo.full_name == github.repository" in JOBS[job]["if"]


class TestCommands:
    """Each step is one command that a person can type too."""

    @pytest.mark.parametrize(("job", "command"), RUNS)
    def test_is_one_of_ours(self, job: str, command: str) -> None:
        """It is one line, and calls make, infra or docker."""
        assert (1, True) == (len(command.splitlines()), command.split()[0] in COMMANDS), job

    @pytest.mark.parametrize(("job", "command"), RUNS)
    def test_takes_no_text_from_outside(self, job: str, command: str) -> None:
        """No expression is put into a command: GitHub would paste it in before the shell reads the line."""
        assert "${{" not in command, job

    @pytest.mark.parametrize(("job", "command"), RUNS)
    def test_is_quoted(self, job: str, command: str) -> None:
        """Variables stand in double quotes, so that the shell splits none, and nothing is piped or chained."""
        assert re.fullmatch(r'([\w./=^:-]+|"[\w./$-]+")( ([\w./=^:-]+|"[\w./$-]+"))*', command), job

    @pytest.mark.parametrize(("job", "command"), RUNS)
    def test_knows_its_variables(self, job: str, command: str) -> None:
        """Every variable in it is set by its job."""
        assert set(re.findall(r"\$(\w+)", command)) <= set(JOBS[job].get("env", {}))

    @pytest.mark.parametrize(("job", "command"), [pair for pair in RUNS if pair[1].startswith("make ")])
    def test_make_target(self, job: str, command: str) -> None:
        """The Makefile has the target."""
        assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), job

    @pytest.mark.parametrize(("job", "command"), INFRA)
    def test_infra_command(self, job: str, command: str) -> None:
        """`infra` has the command and its options: it explains itself instead of calling it wrong usage."""
        result = CliRunner().invoke(app, [*shlex.split(command)[1:], "--help"])

        assert (0, True) == (result.exit_code, "Usage: " in result.output), f"{job}: {result.output}"


def test_later_steps_find_the_tools(tmp_path: Path) -> None:
    """On GitHub, `make setup` puts the folder with `infra`, cdktf and Terraform on the PATH of the steps after it."""
    recipe = run("make", "-n", "setup").stdout
    (line,) = [line for line in recipe.splitlines() if "GITHUB_PATH" in line]
    subprocess.run(["/bin/sh", "-c", line], env={"GITHUB_PATH": str(tmp_path / "path")}, check=True)  # noqa: S603

    assert f"{ROOT}/.venv/bin\n" == (tmp_path / "path").read_text()


WITHOUT_ROLES = {"dev", "habit-tracker", "aldeia-staging", "aldeia-production"}
"""The stacks whose settings know no pipelines."""


def test_stacks_of_infrastructure(tmp_path: Path) -> None:
    """The environments to choose from are those that have roles, and the roles have the names that it asks for."""
    synthesize(tmp_path)
    documents = {
        name: json.loads((load_stack(name, tmp_path).directory / "cdk.tf.json").read_text())["resource"]
        for name in stack_names(tmp_path)
        if name not in WITHOUT_ROLES
    }
    # A cluster has the name that begins those of the roles.
    names = {name: next(iter(one["aws_ecs_cluster"].values()))["name"] for name, one in documents.items()}
    inputs = WORKFLOWS["infrastructure"]["on"]["workflow_dispatch"]["inputs"]

    assert (
        "${{ inputs.stack == 'edgemind' && 'edgemind' || format('isms-{0}', inputs.stack) }}"
        == WORKFLOWS["infrastructure"]["env"]["NAME"]
    )
    assert {stack: stack if stack == "edgemind" else f"isms-{stack}" for stack in inputs["stack"]["options"]} == names

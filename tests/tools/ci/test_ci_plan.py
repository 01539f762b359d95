"""A plan in a file: what may leave the machine in it, and that no other one is applied."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tools.ci import plan
from tools.errors import InfraError
from tools.project import Stack

SECRET = "value-of-a-secret"
TEXT = """Not a plan but what Terraform shows of it, because it holds sensitive values.

Plan: 0 to add, 1 to change, 0 to destroy.
"""
Document = dict[str, Any]

TERRAFORM = r"""#!/bin/sh
echo "$TF_CLI_ARGS_apply $*" >> "${0%/bin/terraform}/calls"
case "$1" in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  plan)
    for word in "$@"; do case "$word" in -out=*) printf plan > "${word#-out=}" ;; esac; done
    echo '{"type":"planned_change","change":{"action":"update","resource":{"addr":"aws_vpc.network"}}}' ;;
  show) case "$*" in *-json*) cat shown.json ;; *) echo 'Plan: 0 to add, 1 to change, 0 to destroy.' ;; esac ;;
  apply) echo '{"type":"apply_complete","@level":"info","@message":"aws_vpc.network: Modifications complete"}' ;;
esac
"""


def document(values: Document, sensitive: Document, **others: Document) -> Document:
    """The JSON of a plan with one resource."""
    resource = {
        "address": "aws_db_instance.database",
        "type": "aws_db_instance",
        "values": values,
        "sensitive_values": sensitive,
    }
    return {"prior_state": {"values": {"root_module": {"resources": [resource]}}}, **others}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose Terraform plans one change."""
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(TERRAFORM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    (tmp_path / "shown.json").write_text(json.dumps(document({}, {})))
    return Stack(
        name="staging",
        directory=tmp_path,
        account_id="956880242582",
        region="eu-west-2",
        state_bucket="ecs-stacks-state-956880242582",
        state_key="staging/terraform.tfstate",
        provider_version="5.100.0",
    )


class TestWrite:
    """`infra ci plan`."""

    def test_plan(self, stack: Stack, tmp_path: Path) -> None:
        """It says what changes, in words and addresses, and the checksum of the file."""
        made = plan.write(stack, tmp_path / "plan" / "staging.tfplan")

        assert ["aws_vpc.network"] == made.changes
        assert "Plan: 0 to add, 1 to change, 0 to destroy.\n" == made.text
        assert hashlib.sha256(b"plan").hexdigest() == made.sha256

    def test_secret(self, stack: Stack, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Of a plan that holds a secret only the text is kept, and a line says where the secret is, not what."""
        (tmp_path / "shown.json").write_text(json.dumps(document({"password": SECRET}, {"password": True})))
        made = plan.write(stack, tmp_path / "staging.tfplan")
        kept = (tmp_path / "staging.tfplan").read_bytes()

        assert TEXT.encode() == kept
        assert hashlib.sha256(kept).hexdigest() == made.sha256
        said = " ".join(capfd.readouterr().err.split())
        assert "only the text is kept, because the plan holds aws_db_instance.database.password" == said

    def test_own_rights(self, stack: Stack, tmp_path: Path) -> None:
        """Nor is one that AWS would stop in the middle, because it changes the rights of whoever applies."""
        role = {
            "address": "aws_iam_role.apply",
            "type": "aws_iam_role",
            "change": {"actions": ["update"], "before": {"name": "isms-staging-github-apply"}, "after": None},
        }
        (tmp_path / "shown.json").write_text(json.dumps({"resource_changes": [role]}))

        with pytest.raises(InfraError) as raised:
            plan.write(stack, tmp_path / "staging.tfplan")
        assert (
            "stack 'staging': the plan changes what the role that applies may not touch (aws_iam_role.apply): "
            "apply it by hand, cdktf deploy staging"
        ) == str(raised.value)
        assert not (tmp_path / "staging.tfplan").exists()

    def test_waits_for_the_lock(self, stack: Stack, tmp_path: Path) -> None:
        """Somebody else's apply is waited for."""
        plan.write(stack, tmp_path / "staging.tfplan")
        (line,) = [line for line in (tmp_path / "calls").read_text().splitlines() if line.startswith(" plan ")]

        assert "-lock-timeout=10m" == line.split()[-1]


class TestApply:
    """`infra ci apply`."""

    def test_applies(self, stack: Stack, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """The file is applied as it is, after waiting for the lock, and its progress is shown."""
        made = plan.write(stack, tmp_path / "staging.tfplan")
        plan.apply(stack, tmp_path / "staging.tfplan", made.sha256)
        last = (tmp_path / "calls").read_text().splitlines()[-1]

        assert f"-lock-timeout=10m apply -json -input=false {tmp_path}/staging.tfplan" == last
        assert "aws_vpc.network: Modifications complete\n" == capfd.readouterr().err

    def test_text(self, stack: Stack, tmp_path: Path) -> None:
        """Where only the text was kept, it is planned again; that plan is applied, and does not stay."""
        (tmp_path / "shown.json").write_text(json.dumps(document({"password": SECRET}, {"password": True})))
        made = plan.write(stack, tmp_path / "staging.tfplan")
        plan.apply(stack, tmp_path / "staging.tfplan", made.sha256)
        last = (tmp_path / "calls").read_text().splitlines()[-1].split()

        assert ["-lock-timeout=10m", "apply", "-json", "-input=false"] == last[:-1]
        assert "again.tfplan" == Path(last[-1]).name
        assert not Path(last[-1]).parent.exists()

    def test_text_by_now(self, stack: Stack, tmp_path: Path) -> None:
        """A plan that reads otherwise than the approved one is not applied, however little it differs."""
        (tmp_path / "shown.json").write_text(json.dumps(document({"password": SECRET}, {"password": True})))
        made = plan.write(stack, tmp_path / "staging.tfplan")
        program = tmp_path / "bin" / "terraform"
        program.write_text(program.read_text().replace("1 to change", "2 to change"))

        with pytest.raises(InfraError, match=r"another one by now than what was approved: plan again"):
            plan.apply(stack, tmp_path / "staging.tfplan", made.sha256)
        assert " apply " not in (tmp_path / "calls").read_text()

    def test_other_file(self, stack: Stack, tmp_path: Path) -> None:
        """A file that is not the one which was approved is refused before Terraform sees it."""
        made = plan.write(stack, tmp_path / "staging.tfplan")
        (tmp_path / "staging.tfplan").write_text("other")
        (tmp_path / "calls").unlink()

        with pytest.raises(InfraError, match=f"must be {made.sha256}, that of the plan which was approved"):
            plan.apply(stack, tmp_path / "staging.tfplan", made.sha256)
        assert not (tmp_path / "calls").exists()

    def test_expired(self, stack: Stack, tmp_path: Path) -> None:
        """Without a file there is nothing to apply."""
        with pytest.raises(InfraError, match=r"gone\.tfplan does not exist: plan again"):
            plan.apply(stack, tmp_path / "gone.tfplan", "0" * 64)


class TestSensitiveValues:
    """What Terraform calls sensitive, anywhere in the JSON of a plan."""

    @pytest.mark.parametrize(
        ("values", "sensitive", "found"),
        [
            ({"password": SECRET}, {"password": True}, ["password"]),
            ({"user": [{"name": "a", "password": SECRET}]}, {"user": [{"password": True}]}, ["user[0].password"]),
            ({"list": ["a", SECRET]}, {"list": [False, True]}, ["list[1]"]),
            ({"all": {"a": SECRET}}, {"all": True}, ["all"]),
            ({"number": 0}, {"number": True}, ["number"]),
            ({"password": None}, {"password": True}, []),
            ({"password": ""}, {"password": True}, []),
            ({"list": []}, {"list": True}, []),
            ({"name": "a"}, {"tags": {}}, []),
        ],
    )
    def test_resource(self, values: Document, sensitive: Document, found: list[str]) -> None:
        """A value that is marked and there counts; one that is not there cannot leak."""
        addresses = [f"aws_db_instance.database.{path}" for path in found]

        assert addresses == list(plan.sensitive_values(document(values, sensitive)))

    def test_planned(self) -> None:
        """What the plan would write counts too."""
        planned = {"planned_values": document({"password": SECRET}, {"password": True})["prior_state"]["values"]}

        assert ["aws_db_instance.database.password"] == list(plan.sensitive_values(planned))

    def test_module(self) -> None:
        """So does what is in a module."""
        root = document({"password": SECRET}, {"password": True})["prior_state"]["values"]["root_module"]

        assert ["aws_db_instance.database.password"] == list(
            plan.sensitive_values({"planned_values": {"root_module": {"child_modules": [root]}}})
        )

    @pytest.mark.parametrize(("output", "found"), [({"sensitive": True}, ["output.key"]), ({"sensitive": False}, [])])
    def test_output(self, output: Document, found: list[str]) -> None:
        """An output that is sensitive counts."""
        outputs = {"key": {"value": SECRET, **output}}

        assert found == list(plan.sensitive_values({"planned_values": {"outputs": outputs}}))

    def test_variable(self) -> None:
        """A variable that is sensitive counts: its value is in every plan file."""
        configuration = {"root_module": {"variables": {"key": {"sensitive": True}, "image_tag": {}}}}

        assert ["var.key"] == list(plan.sensitive_values({"configuration": configuration}))

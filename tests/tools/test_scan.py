"""The security scan's gate: what passes, and what must not."""

from pathlib import Path

import pytest

from tools.errors import InfraError
from tools.scan.gate import ALLOW_LIST, Allowed, AllowList, Finding, Scan, judge, read_allow_list, scan

FINDING = Finding(stack="dev", resource="aws_lb.load_balancer", check="CKV_AWS_150", description="Deletion protection")
ENTRY = Allowed(
    stacks=["dev"],
    resources=["aws_lb.load_balancer"],
    check="CKV_AWS_150",
    reason="destroyed and made anew every day",
)


def scanned(*findings: Finding, checks: int = 10, parsing_errors: int = 0) -> Scan:
    """A scan of the stack dev."""
    return Scan(findings=list(findings), checks={"dev": checks}, parsing_errors=parsing_errors)


def allowing(*entries: Allowed, floor: int = 10) -> AllowList:
    """An allow list with a floor for the stack dev."""
    return AllowList(floor={"dev": floor}, allow=list(entries))


def test_accepted_finding_passes() -> None:
    """A finding on the list is no fault."""
    assert [] == judge(scanned(FINDING), allowing(ENTRY), ["dev"])


def test_new_finding_fails() -> None:
    """A finding that nobody accepted is a fault."""
    assert ["dev: aws_lb.load_balancer: CKV_AWS_150 Deletion protection"] == judge(
        scanned(FINDING), allowing(), ["dev"]
    )


def test_entry_is_for_one_stack() -> None:
    """What is accepted in one stack is a fault in another."""
    elsewhere = Finding(
        stack="production", resource=FINDING.resource, check=FINDING.check, description=FINDING.description
    )

    assert judge(scanned(FINDING, elsewhere), allowing(ENTRY), ["dev"])


def test_entry_is_for_every_pair() -> None:
    """An entry accepts each of its resources in each of its stacks, and must find something in all of them."""
    entry = Allowed(
        stacks=["dev", "staging"], resources=["aws_lb.a", "aws_lb.b"], check="CKV_AWS_150", reason="made anew every day"
    )
    findings = [
        Finding(stack=stack, resource=resource, check="CKV_AWS_150", description="Deletion protection")
        for stack in entry.stacks
        for resource in entry.resources
    ]

    assert [] == judge(scanned(*findings), allowing(entry), ["dev"])
    assert 1 == len(judge(scanned(*findings[1:]), allowing(entry), ["dev"]))


def test_stale_entry_fails() -> None:
    """An entry that finds nothing any more would hide the next finding of its kind."""
    (fault,) = judge(scanned(), allowing(ENTRY), ["dev"])

    assert "finds nothing: remove it" in fault


def test_fewer_checks_fail() -> None:
    """When fewer checks ran than before, something is no longer looked at."""
    assert ["dev: only 9 checks ran: must be at least 10"] == judge(scanned(checks=9), allowing(), ["dev"])


def test_stack_without_floor_fails() -> None:
    """A new stack needs a floor."""
    (fault,) = judge(scanned(), allowing(), ["dev", "staging"])

    assert fault.startswith("staging: has no floor")


def test_parsing_errors_fail() -> None:
    """A file that cannot be parsed is not scanned."""
    assert ["1 files could not be parsed"] == judge(scanned(parsing_errors=1), allowing(), ["dev"])


def test_reasons_are_given() -> None:
    """Every entry of the list says why."""
    assert all(entry.reason for entry in read_allow_list(ALLOW_LIST).allow)


def test_broken_list_is_one_error(tmp_path: Path) -> None:
    """An entry without a reason is refused."""
    path = tmp_path / "allow.toml"
    path.write_text('[floor]\n[[allow]]\ncheck = "a"\nresources = ["b"]\nstacks = ["c"]\nreason = ""\n')

    with pytest.raises(InfraError, match=r"allow\.toml"):
        read_allow_list(path)


@pytest.mark.slow
def test_scan_notices_a_fault(tmp_path: Path) -> None:
    """Checkov really looks: a bucket without anything has findings, at their Terraform addresses."""
    stack = tmp_path / "stacks" / "dev"
    stack.mkdir(parents=True)
    (stack / "cdk.tf.json").write_text(
        '{"resource": {"aws_s3_bucket": {"open": {"bucket": "b", "acl": "public-read"}},'
        ' "aws_cloudwatch_log_group": {"logs": {"name": "l"}}}}'
    )

    result = scan(tmp_path)

    addresses = {finding.resource for finding in result.findings}
    assert {"aws_s3_bucket.open", "aws_cloudwatch_log_group.logs"} == addresses
    assert result.checks["dev"] > 5

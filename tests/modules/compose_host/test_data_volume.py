"""The volume that outlives the hosts, and its snapshots."""

from typing import Any

import pytest

from tests.modules.compose_host.sample_compose_host import backend, build, only, ref, statements
from tests.support import Block, Synthesized

CHANGED: dict[str, Any] = {
    "instance_type": "t3.medium",
    "data_volume_gib": 60,
    "snapshot_retention_days": 30,
    "snapshot_time_utc": "21:45",
}


@pytest.fixture(scope="module")
def host() -> Synthesized:
    """A protected host."""
    return build()[0]


@pytest.fixture(scope="module")
def other() -> Synthesized:
    """A disposable host with other settings."""
    return build(disposable=True, settings=CHANGED)[0]


@pytest.fixture(scope="module")
def volume(host: Synthesized) -> Block:
    """The volume."""
    return host.resource("aws_ebs_volume")


def rule(stack: Synthesized) -> Block:
    """The one rule of the backup plan."""
    (found,) = stack.resource("aws_backup_plan")["rule"]
    return dict(found)


def test_volume(volume: Block) -> None:
    """An encrypted volume in the zone of the hosts."""
    assert ("us-east-1a", "gp3", True, 20) == (
        volume["availability_zone"],
        volume["type"],
        volume["encrypted"],
        volume["size"],
    )


def test_size(other: Synthesized) -> None:
    """Its size is a setting."""
    assert 60 == other.resource("aws_ebs_volume")["size"]


def test_name(volume: Block) -> None:
    """Whoever looks at volumes sees what it is."""
    assert {"Name": "aldeia-test-data"} == volume["tags"]


def test_none_without_a_folder() -> None:
    """Services that keep nothing need none."""
    stack, _ = build([backend()])

    assert {} == stack.resources("aws_ebs_volume") | stack.resources("aws_backup_plan")


def test_protected(host: Synthesized, volume: Block) -> None:
    """A plan that would destroy data or snapshots fails, and what is destroyed nevertheless leaves a snapshot."""
    vault = host.resource("aws_backup_vault")

    assert (True, {"prevent_destroy": True}) == (volume["final_snapshot"], volume["lifecycle"])
    assert (False, {"prevent_destroy": True}) == (vault["force_destroy"], vault["lifecycle"])


def test_disposable(other: Synthesized) -> None:
    """A disposable stack leaves nothing."""
    gone, vault = other.resource("aws_ebs_volume"), other.resource("aws_backup_vault")

    assert (False, True) == (gone["final_snapshot"], vault["force_destroy"])
    assert "lifecycle" not in gone.keys() | vault.keys()


@pytest.mark.parametrize(("built", "schedule", "days"), [("host", "0 3", 7), ("other", "45 21", 30)])
def test_daily(request: pytest.FixtureRequest, built: str, schedule: str, days: int) -> None:
    """A snapshot a day, kept as long as the settings say."""
    found = rule(request.getfixturevalue(built))

    assert (f"cron({schedule} * * ? *)", {"delete_after": days}) == (found["schedule"], found["lifecycle"])


def test_kept_in_a_vault_of_their_own(host: Synthesized) -> None:
    """The account's default vault is nobody's."""
    assert ref(host, "aws_backup_vault", "vault", "name") == rule(host)["target_vault_name"]


def test_backs_up_the_volume(host: Synthesized) -> None:
    """The plan names the volume, by a role that may."""
    selection = host.resource("aws_backup_selection")

    assert [ref(host, "aws_ebs_volume", "volume", "arn")] == selection["resources"]
    assert ref(host, "aws_iam_role", "backup", "arn") == selection["iam_role_arn"]
    assert [f"aws_iam_role_policy.{only(host, 'aws_iam_role_policy', 'backup')[0]}"] == selection["depends_on"]


def test_backup_role(host: Synthesized) -> None:
    """AWS Backup makes snapshots of this volume alone."""
    (create,) = [one for one in statements(host, "backup_permissions") if "ec2:CreateSnapshot" in one["actions"]]

    assert [ref(host, "aws_ebs_volume", "volume", "arn"), "arn:aws:ec2:us-east-1::snapshot/*"] == create["resources"]


def test_backup_trust(host: Synthesized) -> None:
    """Nobody else takes on the role."""
    (trust,) = statements(host, "backup_trust")

    assert [{"type": "Service", "identifiers": ["backup.amazonaws.com"]}] == trust["principals"]

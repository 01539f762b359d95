"""What starts and stops a database, as Terraform JSON."""

import json
from typing import Any

import pytest
from cdktf_cdktf_provider_aws.db_instance import DbInstance
from constructs import Construct

from modules.office_hours.database_hours import DatabaseHours
from modules.office_hours.settings import OfficeHoursSettings
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope


@pytest.fixture(scope="module")
def hours() -> Synthesized:
    """The hours of one instance."""

    def declare(scope: Construct) -> None:
        instance = DbInstance(scope, "database", instance_class="db.t3.micro")
        DatabaseHours(
            scope,
            "hours",
            name="habit-tracker",
            account_id="956880242582",
            region="us-east-1",
            instance_id=instance.identifier,
            settings=OfficeHoursSettings(
                opens="07:00", closes="20:00", time_zone="America/New_York", days=["MON", "WED"], database_lead_min=15
            ),
        )

    return synth_scope(declare)


def schedule(stack: Synthesized, name: str) -> Block:
    """The schedule with this name."""
    (found,) = [one for one in stack.resources("aws_scheduler_schedule").values() if name == one["name"]]
    return found


@pytest.mark.parametrize(
    ("name", "call", "when"),
    [
        ("database-start", "startDBInstance", "cron(45 6 ? * MON,WED *)"),
        # Every day, for what somebody or RDS itself has started.
        ("database-stop", "stopDBInstance", "cron(15 20 ? * * *)"),
    ],
)
def test_schedules(hours: Synthesized, name: str, call: str, when: str) -> None:
    """The database is there before the services and after them, by the clock of the offices."""
    found = schedule(hours, name)

    assert (when, "America/New_York") == (found["schedule_expression"], found["schedule_expression_timezone"])
    assert f"arn:aws:scheduler:::aws-sdk:rds:{call}" == found["target"]["arn"]
    assert {"mode": "OFF"} == found["flexible_time_window"]


@pytest.mark.parametrize("name", ["database-start", "database-stop"])
def test_input(hours: Synthesized, name: str) -> None:
    """The call names the instance as AWS's SDK for Java does: the scheduler refuses DBInstanceIdentifier."""
    assert {"DbInstanceIdentifier": "${aws_db_instance.database.identifier}"} == json.loads(
        schedule(hours, name)["target"]["input"]
    )


@pytest.mark.parametrize("name", ["database-start", "database-stop"])
def test_gives_up_in_time(hours: Synthesized, name: str) -> None:
    """What does not succeed within an hour is left, so that no evening reaches into the next morning."""
    retries: Any = schedule(hours, name)["target"]["retry_policy"]

    assert (3600, 20) == (retries["maximum_event_age_in_seconds"], retries["maximum_retry_attempts"])


def test_waits_for_the_rights(hours: Synthesized) -> None:
    """A schedule is made when its role may do what it is for."""
    (policy,) = hours.resources("aws_iam_role_policy")

    assert [[f"aws_iam_role_policy.{policy}"]] * 2 == [
        one["depends_on"] for one in hours.resources("aws_scheduler_schedule").values()
    ]


def test_rights(hours: Synthesized) -> None:
    """The role starts and stops this one instance, and nothing else."""
    (id_,) = [id_ for id_ in hours.document["data"]["aws_iam_policy_document"] if "_permissions_" in id_]

    (statement,) = hours.statements(id_)

    assert ("Allow", ["rds:StartDBInstance", "rds:StopDBInstance"]) == (statement["effect"], statement["actions"])
    assert ["arn:aws:rds:us-east-1:956880242582:db:${aws_db_instance.database.identifier}"] == statement["resources"]
    assert [] == excesses(hours)


def test_trust(hours: Synthesized) -> None:
    """Only schedules of this group act as the role: AWS gives the group as the source, not the schedule."""
    (id_,) = [id_ for id_ in hours.document["data"]["aws_iam_policy_document"] if "_trust_" in id_]
    (statement,) = hours.statements(id_)
    (group,) = hours.resources("aws_scheduler_schedule_group")

    assert ["scheduler.amazonaws.com"] == statement["principals"][0]["identifiers"]
    assert {
        "aws:SourceAccount": ["956880242582"],
        "aws:SourceArn": [f"${{aws_scheduler_schedule_group.{group}.arn}}"],
    } == {one["variable"]: one["values"] for one in statement["condition"]}


def test_names(hours: Synthesized) -> None:
    """The group and the role say what they are for, and the schedules are in the group."""
    (group,) = hours.resources("aws_scheduler_schedule_group")

    assert "habit-tracker-office-hours" == hours.resource("aws_scheduler_schedule_group")["name"]
    assert "habit-tracker-office-hours" == hours.resource("aws_iam_role")["name"]
    assert {f"${{aws_scheduler_schedule_group.{group}.name}}"} == {
        one["group_name"] for one in hours.resources("aws_scheduler_schedule").values()
    }

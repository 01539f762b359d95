"""What `docs/habit-tracker.md` says of the stack is what the stack says."""

import re
import shlex

from tests.stacks.habit_tracker.sample_habit_tracker import SETTINGS
from tests.stacks.isms.sample_isms import containers, environment_of
from tests.support import Synthesized
from tools.project import ROOT

TEXT = (ROOT / "docs" / "habit-tracker.md").read_text()


def test_variables(habit_tracker: Synthesized) -> None:
    """Its table names every variable that the API gets, and no other one."""
    api = containers(habit_tracker)["api"]
    (table,) = re.findall(r"^\| variable \|.*\n((?:\|.*\n)+)", TEXT, re.M)

    assert {*environment_of(api), *(secret["name"] for secret in api["secrets"])} == {
        name for row in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])
    }


def test_start(habit_tracker: Synthesized) -> None:
    """The server is started with the line that it shows."""
    (line,) = re.findall(r"^/bin/sh -c .*", TEXT, re.M)

    assert containers(habit_tracker)["api"]["command"] == shlex.split(line)


def test_alarms(habit_tracker: Synthesized) -> None:
    """As many alarms cost as there are; a target makes two (Application Auto Scaling User Guide, "Target tracking")."""
    alarms = len(habit_tracker.resources("aws_cloudwatch_metric_alarm"))
    targets = len(habit_tracker.resources("aws_appautoscaling_policy"))

    assert f"two secrets, {alarms} alarms, {2 * targets} more that the scaling makes itself" in TEXT


def test_sum() -> None:
    """The lines of the month add up, to less than the budget and to what the README says."""
    (table,) = re.findall(r"^\| what \| price \| a month \|\n((?:\|.*\n)+)", TEXT, re.M)
    *lines, total = [re.sub(r"[^\d.]", "", row.split("|")[3]) for row in table.splitlines()[1:]]

    assert round(sum(map(float, lines))) == int(total)
    assert int(total) < SETTINGS.budget.monthly_limit_usd
    assert f"some {total} USD a month" in (ROOT / "README.md").read_text()

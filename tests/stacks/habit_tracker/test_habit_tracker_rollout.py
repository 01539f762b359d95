"""Habit Tracker's stack: releases, deploy modes, and how many tasks run when."""

import json

import pytest

from modules.fargate.service_scaling import ServiceScalingSettings
from stacks.habit_tracker_settings import HabitTrackerApiSettings, HabitTrackerFilesSettings
from tests.stacks.habit_tracker.sample_habit_tracker import build
from tests.stacks.isms.sample_isms import manifest, of_service, ref
from tests.support import Synthesized


class TestModes:
    """Rolling with circuit breaker, or blue/green."""

    @pytest.mark.parametrize("service", ["api", "web"])
    def test_rolling(self, service: str, habit_tracker: Synthesized) -> None:
        """ECS rolls out what a release registers, and rolls back by itself."""
        (block,) = of_service(habit_tracker, "aws_ecs_service", service).values()

        assert {"enable": True, "rollback": True} == block["deployment_circuit_breaker"]
        assert {"task_definition", "desired_count"} == set(block["lifecycle"]["ignore_changes"])
        assert "release" == manifest(habit_tracker, service)["deploy_mode"]

    def test_rolling_needs_no_code_deploy(self, habit_tracker: Synthesized) -> None:
        """One target group a service, one listener."""
        assert {} == habit_tracker.resources("aws_codedeploy_app")
        assert (2, 1) == (
            len(habit_tracker.resources("aws_lb_target_group")),
            len(habit_tracker.resources("aws_lb_listener")),
        )

    @pytest.mark.parametrize("service", ["api", "web"])
    def test_blue_green(self, service: str, otherwise: Synthesized) -> None:
        """By one setting: two target groups, and CodeDeploy moves the traffic."""
        (block,) = of_service(otherwise, "aws_ecs_service", service).values()

        assert {"type": "CODE_DEPLOY"} == block["deployment_controller"]
        assert 2 == len(of_service(otherwise, "aws_lb_target_group", service))
        assert (
            ref(otherwise, "aws_codedeploy_app", "name", f"{service}_")
            == (manifest(otherwise, service)["code_deploy"]["application"])
        )

    def test_blue_green_can_be_tried(self, otherwise: Synthesized) -> None:
        """Another listener leads to what is not released yet."""
        assert {80, 443, 8443} == {block["port"] for block in otherwise.resources("aws_lb_listener").values()}

    def test_terraform(self) -> None:
        """In the third mode a variable a service says which image."""
        scaling = ServiceScalingSettings(min_capacity=2, max_capacity=4)
        stack = build(deploy_mode="terraform", scaling=scaling)

        assert {"api_image_tag", "web_image_tag"} == set(stack.document["variable"])


class TestReleaseSteps:
    """What runs before traffic moves."""

    def test_both(self, habit_tracker: Synthesized) -> None:
        """The migration, and then `collectstatic` into the shared folder."""
        steps = "python manage.py migrate --noinput && python manage.py collectstatic --noinput"

        assert ["/bin/sh", "-xc", steps] == manifest(habit_tracker, "api")["migration_command"]

    def test_without_files(self, otherwise: Synthesized) -> None:
        """Without a shared folder, what a task collects would go with it: only the migration is left."""
        assert ["python", "manage.py", "migrate", "--noinput"] == manifest(otherwise, "api")["migration_command"]

    def test_only_collecting(self) -> None:
        """An API without migrations still collects."""
        stack = build(
            api=HabitTrackerApiSettings(image_tag="a", command=None, migration_command=None),
            files=HabitTrackerFilesSettings(collectstatic_command=["collect"]),
        )

        assert ["collect"] == manifest(stack, "api")["migration_command"]

    def test_none(self) -> None:
        """Or nothing runs."""
        stack = build(api=HabitTrackerApiSettings(image_tag="a", command=None, migration_command=None), files=None)

        assert manifest(stack, "api")["migration_command"] is None

    def test_pages_have_none(self, stack: Synthesized) -> None:
        """The pages migrate nothing."""
        assert manifest(stack, "web")["migration_command"] is None

    def test_secret_must_be_there(self, stack: Synthesized) -> None:
        """A release looks first whether Django's key has a value."""
        arn = ref(stack, "aws_secretsmanager_secret", "arn")

        assert [{"arn": arn, "keys": ["DJANGO_SECRET_KEY"]}] == manifest(stack, "api")["secrets"]


class TestScaling:
    """How many tasks run."""

    @pytest.mark.parametrize("service", ["api", "web"])
    @pytest.mark.parametrize(
        ("metric", "target"),
        [
            ("ECSServiceAverageCPUUtilization", 70),
            ("ECSServiceAverageMemoryUtilization", 80),
            ("ALBRequestCountPerTarget", 300),
        ],
    )
    def test_targets(self, metric: str, target: int, service: str, habit_tracker: Synthesized) -> None:
        """CPU, memory and requests of a task in a minute."""
        policies = of_service(habit_tracker, "aws_appautoscaling_policy", service).values()
        found = [one["target_tracking_scaling_policy_configuration"] for one in policies]

        assert (metric, target) in [
            (one["predefined_metric_specification"]["predefined_metric_type"], one["target_value"]) for one in found
        ]

    @pytest.mark.parametrize("service", ["api", "web"])
    def test_peaks(self, service: str, habit_tracker: Synthesized) -> None:
        """In the morning and in the evening there is a task more, every day, and then two again."""
        actions = of_service(habit_tracker, "aws_appautoscaling_scheduled_action", service).values()
        least = {one["schedule"]: int(one["scalable_target_action"]["min_capacity"]) for one in actions}

        assert {
            "cron(45 5 ? * * *)": 3,
            "cron(30 9 ? * * *)": 2,
            "cron(45 18 ? * * *)": 3,
            "cron(30 22 ? * * *)": 2,
        } == least

    def test_time_zone(self, habit_tracker: Synthesized) -> None:
        """By the clock of the people who use it."""
        actions = habit_tracker.resources("aws_appautoscaling_scheduled_action").values()

        assert {"America/New_York"} == {one["timezone"] for one in actions}

    @pytest.mark.parametrize("service", ["api", "web"])
    def test_nothing_at_night(self, service: str, otherwise: Synthesized) -> None:
        """With office hours a service goes down to no task, and up again."""
        actions = of_service(otherwise, "aws_appautoscaling_scheduled_action", service).values()
        bounds = {
            (one["scalable_target_action"]["min_capacity"], one["scalable_target_action"]["max_capacity"])
            for one in actions
        }

        assert {("0", "0"), ("1", "2")} == {(str(low), str(high)) for low, high in bounds}

    def test_database_at_night(self, otherwise: Synthesized) -> None:
        """The database stops and starts, too, by a role that may do that to it alone."""
        calls = {
            block["target"]["arn"].rpartition(":")[2]
            for block in otherwise.resources("aws_scheduler_schedule").values()
        }
        identifier = ref(otherwise, "aws_db_instance", "identifier")

        assert {"startDBInstance", "stopDBInstance"} == calls
        assert {identifier} == {
            json.loads(block["target"]["input"])["DbInstanceIdentifier"]
            for block in otherwise.resources("aws_scheduler_schedule").values()
        }

    def test_always_on_by_default(self, habit_tracker: Synthesized) -> None:
        """Without office hours nothing stops the database."""
        assert {} == habit_tracker.resources("aws_scheduler_schedule")

"""Blue/green deployments by CodeDeploy: the settings, and what Terraform makes of them."""

from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data
from pydantic import ValidationError

from modules.deployment.blue_green import BlueGreen, BlueGreenSettings
from modules.deployment.release import CodeDeploy
from modules.load_balancer.target_group import TargetGroup
from modules.mistakes import mistakes_in
from tests.support import Block, Synthesized, synth_scope

ACCOUNT, REGION = "956880242582", "eu-west-2"
LOAD_BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
LISTENERS = [f"{LOAD_BALANCER}:listener/app/isms/1/{id_}" for id_ in ("2", "3")]
RULES = [f"{LOAD_BALANCER}:listener-rule/app/isms/1/{id_}" for id_ in ("2/4", "3/5")]
ROLES = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("task", "execution")]

CANARY = BlueGreenSettings(type="canary", traffic_percent=10, interval_min=15)
LINEAR = BlueGreenSettings(type="linear", traffic_percent=25, interval_min=5, approval_wait_min=30)
ALL_AT_ONCE = BlueGreenSettings(type="all_at_once", termination_wait_min=0)


def group(color: str) -> TargetGroup:
    """A target group of the service."""
    return TargetGroup(name=f"backend-{color}", arn=f"arn-{color}", arn_suffix=f"suffix-{color}")


def build(settings: BlueGreenSettings, **changes: Any) -> tuple[Synthesized, BlueGreen]:  # noqa: ANN401 any argument
    """The part for one service: what is synthesized, and what it offers to other parts."""
    made: list[BlueGreen] = []
    arguments: dict[str, Any] = {
        "name": "isms-backend-staging",
        "account_id": ACCOUNT,
        "region": REGION,
        "cluster_name": "isms-staging",
        "service_name": "isms-backend-staging",
        "listener_arn": LISTENERS[0],
        "test_listener_arn": LISTENERS[1],
        "rule_arns": RULES,
        "target_groups": {"blue": group("blue"), "green": group("green")},
        "alarm_names": {"blue": ["blue-5xx", "blue-unhealthy"], "green": ["green-5xx", "green-unhealthy"]},
        "passed_role_arns": ROLES,
    }
    stack = synth_scope(lambda scope: made.append(BlueGreen(scope, "part", **(arguments | changes), settings=settings)))
    return stack, made[0]


@pytest.fixture(scope="module")
def canary() -> Synthesized:
    """A canary."""
    return build(CANARY)[0]


@pytest.fixture(scope="module")
def linear() -> Synthesized:
    """A linear shift that waits for approval."""
    return build(LINEAR)[0]


@pytest.fixture(scope="module")
def bare() -> Synthesized:
    """All at once, without a test listener and without alarms."""
    return build(ALL_AT_ONCE, test_listener_arn=None, alarm_names={"blue": [], "green": []})[0]


def deployment_group(stack: Synthesized) -> Block:
    """The one deployment group."""
    return stack.resource("aws_codedeploy_deployment_group")


def statements(stack: Synthesized, kind: str) -> list[Block]:
    """The statements of the role's trust or permissions."""
    documents = stack.document["data"]["aws_iam_policy_document"]
    (found,) = [document for id_, document in documents.items() if id_.startswith(f"part_role_{kind}_")]
    return list(found["statement"])


def said(**arguments: Any) -> list[str]:  # noqa: ANN401 settings of any type
    """The mistakes in these settings, as a person reads them."""
    try:
        BlueGreenSettings(**arguments)
    except ValidationError as error:
        return [f"{mistake.path} {mistake.text}" for mistake in mistakes_in(error, BlueGreenSettings)]
    return []


class TestSettings:
    """The rules that a plan cannot see."""

    @pytest.mark.parametrize(
        ("arguments", "mistakes"),
        [
            (
                {"type": "canary"},
                [
                    "interval_min must be given when type is canary, got None",
                    "traffic_percent must be given when type is canary, got None",
                ],
            ),
            (
                {"type": "linear", "traffic_percent": 25},
                ["interval_min must be given when type is linear, got None"],
            ),
            (
                {"type": "all_at_once", "traffic_percent": 10, "interval_min": 5},
                [
                    "interval_min must be left out when type is all_at_once, got 5",
                    "traffic_percent must be left out when type is all_at_once, got 10",
                ],
            ),
            (
                {"type": "canary", "traffic_percent": 100, "interval_min": 5},
                ["traffic_percent must be a whole number between 1 and 99, got 100"],
            ),
            (
                {"type": "canary", "traffic_percent": 10, "interval_min": 2881},
                ["interval_min must be a whole number between 1 and 2880, got 2881"],
            ),
            (
                {"type": "linear", "traffic_percent": 25, "interval_min": 961},
                ["interval_min must be at most 960 when traffic moves by 25 % (2880 minutes in all), got 961"],
            ),
            (
                {"type": "all_at_once", "termination_wait_min": 2881},
                ["termination_wait_min must be a whole number between 0 and 2880, got 2881"],
            ),
            (
                {"type": "all_at_once", "approval_wait_min": 0},
                ["approval_wait_min must be a whole number between 1 and 7200, got 0"],
            ),
            ({"type": "rolling"}, ["type must be one of canary, linear, all_at_once, got 'rolling'"]),
        ],
    )
    def test_mistake(self, arguments: dict[str, object], mistakes: list[str]) -> None:
        """CodeDeploy's rule is said before CodeDeploy is asked."""
        assert mistakes == said(**arguments)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"type": "canary", "traffic_percent": 1, "interval_min": 2880},
            {"type": "canary", "traffic_percent": 99, "interval_min": 1},
            {"type": "linear", "traffic_percent": 25, "interval_min": 960},
            {"type": "linear", "traffic_percent": 30, "interval_min": 5},
            {"type": "all_at_once", "termination_wait_min": 0, "approval_wait_min": 7200},
        ],
    )
    def test_passes(self, arguments: dict[str, object]) -> None:
        """What CodeDeploy takes passes, to the limits."""
        assert [] == said(**arguments)

    @pytest.mark.parametrize(
        ("settings", "minutes"),
        [
            (CANARY, 15),
            (LINEAR, 15),
            (BlueGreenSettings(type="linear", traffic_percent=30, interval_min=5), 15),
            (BlueGreenSettings(type="linear", traffic_percent=10, interval_min=1), 9),
            (ALL_AT_ONCE, 0),
        ],
    )
    def test_how_long_traffic_moves(self, settings: BlueGreenSettings, minutes: int) -> None:
        """A canary waits once, a linear shift between any two of its steps, all at once never."""
        assert minutes == settings.shift_min


class TestConfiguration:
    """The deployment configuration."""

    def test_canary(self, canary: Synthesized) -> None:
        """A canary moves its part and waits once."""
        assert {"type": "TimeBasedCanary", "time_based_canary": {"percentage": 10, "interval": 15}} == canary.resource(
            "aws_codedeploy_deployment_config"
        )["traffic_routing_config"]

    def test_linear(self, linear: Synthesized) -> None:
        """A linear shift moves equal parts."""
        assert {"type": "TimeBasedLinear", "time_based_linear": {"percentage": 25, "interval": 5}} == linear.resource(
            "aws_codedeploy_deployment_config"
        )["traffic_routing_config"]

    def test_platform(self, canary: Synthesized) -> None:
        """It is one for ECS."""
        assert "ECS" == canary.resource("aws_codedeploy_deployment_config")["compute_platform"]

    def test_all_at_once_is_aws_own(self, bare: Synthesized) -> None:
        """What AWS has is not made again."""
        assert {} == bare.resources("aws_codedeploy_deployment_config")
        assert "CodeDeployDefault.ECSAllAtOnce" == deployment_group(bare)["deployment_config_name"]

    def test_name_says_the_values(self, canary: Synthesized, linear: Synthesized) -> None:
        """A changed value changes the name, so that old and new can be there at the same time."""
        assert [
            "isms-backend-staging-canary-10-percent-15-minutes",
            "isms-backend-staging-linear-25-percent-5-minutes",
        ] == [
            stack.resource("aws_codedeploy_deployment_config")["deployment_config_name"] for stack in (canary, linear)
        ]

    def test_made_before_the_old_one_goes(self, canary: Synthesized) -> None:
        """CodeDeploy deletes no configuration that the group still refers to."""
        assert canary.resource("aws_codedeploy_deployment_config")["lifecycle"]["create_before_destroy"] is True

    def test_group_refers_to_it(self, canary: Synthesized) -> None:
        """The group uses this configuration, and is changed when it is."""
        (id_,) = canary.resources("aws_codedeploy_deployment_config")

        assert (
            f"${{aws_codedeploy_deployment_config.{id_}.deployment_config_name}}"
            == deployment_group(canary)["deployment_config_name"]
        )


class TestGroup:
    """The application and its deployment group."""

    def test_names_are_the_designs(self, canary: Synthesized) -> None:
        """The names are those of design 001."""
        application = canary.resource("aws_codedeploy_app")

        assert ("isms-backend-staging-app", "ECS", "isms-backend-staging-dg") == (
            application["name"],
            application["compute_platform"],
            deployment_group(canary)["deployment_group_name"],
        )

    def test_style(self, canary: Synthesized) -> None:
        """It is the only style that ECS knows."""
        assert {
            "deployment_type": "BLUE_GREEN",
            "deployment_option": "WITH_TRAFFIC_CONTROL",
        } == deployment_group(canary)["deployment_style"]

    def test_service(self, canary: Synthesized) -> None:
        """It deploys this service."""
        assert {
            "cluster_name": "isms-staging",
            "service_name": "isms-backend-staging",
        } == deployment_group(canary)["ecs_service"]

    def test_routes(self, canary: Synthesized) -> None:
        """Traffic of both listeners moves between both target groups, of which blue serves first."""
        assert {
            "prod_traffic_route": {"listener_arns": [LISTENERS[0]]},
            "target_group": [{"name": "backend-blue"}, {"name": "backend-green"}],
            "test_traffic_route": {"listener_arns": [LISTENERS[1]]},
        } == deployment_group(canary)["load_balancer_info"]["target_group_pair_info"]

    def test_no_test_listener(self, bare: Synthesized) -> None:
        """Without a test listener there is no test traffic."""
        pair = deployment_group(bare)["load_balancer_info"]["target_group_pair_info"]

        assert {"prod_traffic_route", "target_group"} == set(pair)

    def test_alarms_of_both_colors(self, canary: Synthesized) -> None:
        """Which side is green alternates; whoever starts a deployment by hand has both sides watched."""
        assert {
            "alarms": ["blue-5xx", "blue-unhealthy", "green-5xx", "green-unhealthy"],
            "enabled": True,
            "ignore_poll_alarm_failure": False,
        } == deployment_group(canary)["alarm_configuration"]

    def test_no_alarms(self, bare: Synthesized) -> None:
        """Without alarms none are polled."""
        assert deployment_group(bare)["alarm_configuration"]["enabled"] is False

    @pytest.mark.parametrize("stack", ["canary", "linear", "bare"])
    def test_rolls_back(self, stack: str, request: pytest.FixtureRequest) -> None:
        """Whatever the settings, a deployment that fails, is stopped or sets off an alarm is rolled back."""
        assert {
            "enabled": True,
            "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"],
        } == deployment_group(request.getfixturevalue(stack))["auto_rollback_configuration"]

    def test_waits(self, canary: Synthesized, linear: Synthesized, bare: Synthesized) -> None:
        """Traffic moves at once unless somebody has to approve it; the replaced tasks stay for a while."""
        configs = [deployment_group(stack)["blue_green_deployment_config"] for stack in (canary, linear, bare)]

        assert [
            {"action_on_timeout": "CONTINUE_DEPLOYMENT"},
            {"action_on_timeout": "STOP_DEPLOYMENT", "wait_time_in_minutes": 30},
            {"action_on_timeout": "CONTINUE_DEPLOYMENT"},
        ] == [config["deployment_ready_option"] for config in configs]
        assert [{"action": "TERMINATE", "termination_wait_time_in_minutes": minutes} for minutes in (5, 5, 0)] == [
            config["terminate_blue_instances_on_deployment_success"] for config in configs
        ]

    def test_role_is_ready(self, canary: Synthesized) -> None:
        """The group acts as the role, once the role may do something."""
        (role,) = canary.resources("aws_iam_role")
        (policy,) = canary.resources("aws_iam_role_policy")

        assert f"${{aws_iam_role.{role}.arn}}" == deployment_group(canary)["service_role_arn"]
        assert [f"aws_iam_role_policy.{policy}"] == deployment_group(canary)["depends_on"]


class TestRole:
    """What CodeDeploy may do."""

    def test_trust(self, canary: Synthesized) -> None:
        """Only CodeDeploy takes on the role, for this deployment group only."""
        (statement,) = statements(canary, "trust")

        assert [{"identifiers": ["codedeploy.amazonaws.com"], "type": "Service"}] == statement["principals"]
        assert [
            {"test": "StringEquals", "variable": "aws:SourceAccount", "values": [ACCOUNT]},
            {
                "test": "ArnLike",
                "variable": "aws:SourceArn",
                "values": [
                    "arn:aws:codedeploy:eu-west-2:956880242582:deploymentgroup:"
                    "isms-backend-staging-app/isms-backend-staging-dg"
                ],
            },
        ] == statement["condition"]

    @pytest.mark.parametrize(
        ("actions", "resources"),
        [
            (
                {"ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"},
                ["arn:aws:ecs:eu-west-2:956880242582:service/isms-staging/isms-backend-staging"],
            ),
            (
                {"ecs:CreateTaskSet", "ecs:DeleteTaskSet"},
                ["arn:aws:ecs:eu-west-2:956880242582:task-set/isms-staging/isms-backend-staging/*"],
            ),
            ({"iam:PassRole"}, ROLES),
            (
                {f"elasticloadbalancing:Describe{what}" for what in ("Listeners", "Rules", "TargetGroups")},
                ["*"],
            ),
            ({"elasticloadbalancing:ModifyListener"}, LISTENERS),
            ({"elasticloadbalancing:ModifyRule"}, RULES),
            ({"cloudwatch:DescribeAlarms"}, ["arn:aws:cloudwatch:eu-west-2:956880242582:alarm:*"]),
        ],
    )
    def test_permissions(self, canary: Synthesized, actions: set[str], resources: list[str]) -> None:
        """Each action is allowed for exactly these resources."""
        assert [resources] == [
            statement["resources"]
            for statement in statements(canary, "permissions")
            if actions & set(statement["actions"])
        ]

    def test_nothing_else(self, canary: Synthesized) -> None:
        """Of what AWS's own policy allows, Lambda, SNS and S3 are not there."""
        allowed = {action for statement in statements(canary, "permissions") for action in statement["actions"]}

        assert {"cloudwatch", "ecs", "elasticloadbalancing", "iam"} == {action.split(":")[0] for action in allowed}
        assert 11 == len(allowed)

    def test_passes_roles_to_tasks_only(self, canary: Synthesized) -> None:
        """The roles of the tasks are for tasks."""
        (statement,) = [one for one in statements(canary, "permissions") if "iam:PassRole" in one["actions"]]

        assert [
            {"test": "StringEquals", "variable": "iam:PassedToService", "values": ["ecs-tasks.amazonaws.com"]}
        ] == statement["condition"]

    def test_wildcards_are_forced(self, canary: Synthesized) -> None:
        """Whatever is allowed for any resource has no type of resource in AWS's reference."""
        anywhere = [one for one in statements(canary, "permissions") if one["resources"] == ["*"]]

        assert [{"*"}] * 3 == [
            {row["resource_arn_format"] for row in get_action_data(*action.split(":"))[action.split(":")[0]]}
            for one in anywhere
            for action in one["actions"]
        ]

    def test_no_test_listener(self, bare: Synthesized) -> None:
        """Without a test listener only the other one may be changed."""
        (statement,) = [
            one for one in statements(bare, "permissions") if one["actions"] == ["elasticloadbalancing:ModifyListener"]
        ]

        assert [LISTENERS[0]] == statement["resources"]


def test_what_the_manifest_says() -> None:
    """The release command learns how long a deployment takes."""
    offered = build(LINEAR)[1].code_deploy

    assert (15, 30, 5) == (offered.shift_min, offered.approval_wait_min, offered.termination_wait_min)


def test_what_other_parts_see() -> None:
    """The names that a release needs are those of the resources."""
    _, part = build(ALL_AT_ONCE)

    assert "CodeDeployDefault.ECSAllAtOnce" == part.deployment_config_name
    assert (
        CodeDeploy(
            application=part.application_name,
            deployment_group=part.deployment_group_name,
            deployment_config=part.deployment_config_name,
            shift_min=0,
            approval_wait_min=None,
            termination_wait_min=0,
        )
        == part.code_deploy
    )


def test_addresses(canary: Synthesized) -> None:
    """A changed address replaces the resource, and a replaced application forgets its deployments."""
    assert ["part_app_"] == [id_[:-8] for id_ in canary.resources("aws_codedeploy_app")]
    assert ["part_group_"] == [id_[:-8] for id_ in canary.resources("aws_codedeploy_deployment_group")]

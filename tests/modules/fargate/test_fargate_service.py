"""The service and its security group as Terraform JSON. What depends on the deploy mode is in test_deploy_mode.py."""

from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from modules.fargate.cluster import FargateClusterSettings
from modules.fargate.service import FargateService
from modules.fargate.service_settings import FargateServiceSettings, check_service
from modules.mistakes import mistakes_in
from modules.network.placement import Placement
from tests.modules.fargate.sample_service import build, service_settings
from tests.support import Block, Synthesized

Built = tuple[Synthesized, FargateService]


@pytest.fixture(scope="module")
def service() -> Built:
    """A service behind a load balancer."""
    return build(outbound_ports=[443, 5432])


@pytest.fixture(scope="module")
def hidden() -> Built:
    """A service that only others in the VPC know, which must never run twice."""
    return build(
        exposed=False,
        cluster=FargateClusterSettings(exec_enabled=True, private_namespace="isms.internal"),
        placement=Placement(vpc_id="vpc-1", subnet_ids=["a"], assign_public_ip=True),
        exec_enabled=True,
        discovery_name="chroma",
        replacement="stop_first",
        runs_when='local.tag != ""',
        desired_count=2,
    )


def ecs(built: Built) -> Block:
    """The ECS service."""
    return built[0].resource("aws_ecs_service")


def rules(built: Built, direction: str) -> list[tuple[str, str, int]]:
    """The rules in one direction: group, other side, port."""
    found = built[0].resources(f"aws_vpc_security_group_{direction}_rule").values()
    assert all(("tcp", rule["from_port"]) == (rule["ip_protocol"], rule["to_port"]) for rule in found)
    return [
        (
            rule["security_group_id"],
            rule["cidr_ipv4"] if "cidr_ipv4" in rule else rule["referenced_security_group_id"],
            rule["from_port"],
        )
        for rule in found
    ]


def tasks_group(built: Built) -> str:
    """A reference to the tasks' security group."""
    (group,) = built[0].resources("aws_security_group")
    return f"${{aws_security_group.{group}.id}}"


class TestPlace:
    """Where the tasks run."""

    def test_network(self, service: Built) -> None:
        """The tasks run in the placement's subnets, with their own security group and no public address."""
        assert {
            "subnets": ["a", "b"],
            "security_groups": [tasks_group(service)],
            "assign_public_ip": False,
        } == ecs(service)["network_configuration"]

    def test_public_address(self, hidden: Built) -> None:
        """Whether tasks have public addresses is the placement's."""
        assert ecs(hidden)["network_configuration"]["assign_public_ip"] is True

    def test_cluster(self, service: Built) -> None:
        """The service is the cluster's."""
        (cluster,) = service[0].resources("aws_ecs_cluster")

        assert f"${{aws_ecs_cluster.{cluster}.arn}}" == ecs(service)["cluster"]

    def test_name(self, service: Built) -> None:
        """The name is the stack's."""
        assert "isms-backend-staging" == ecs(service)["name"]


class TestSecurityGroup:
    """Who may speak to whom."""

    def test_group(self, service: Built) -> None:
        """The group is in the placement's VPC."""
        group = service[0].resource("aws_security_group")

        assert ("isms-backend-staging-task", "vpc-1") == (group["name"], group["vpc_id"])

    def test_in(self, service: Built) -> None:
        """Only the load balancer reaches the tasks, on their port."""
        assert [(tasks_group(service), "sg-lb", 4000)] == rules(service, "ingress")

    def test_out(self, service: Built) -> None:
        """The tasks reach the ports of the settings, and the load balancer reaches the tasks."""
        assert {
            (tasks_group(service), "0.0.0.0/0", 443),
            (tasks_group(service), "0.0.0.0/0", 5432),
            ("sg-lb", tasks_group(service), 4000),
        } == set(rules(service, "egress"))

    def test_https_only_by_default(self, hidden: Built) -> None:
        """HTTPS is what AWS needs."""
        assert [(tasks_group(hidden), "0.0.0.0/0", 443)] == rules(hidden, "egress")

    def test_nobody_in_without_a_load_balancer(self, hidden: Built) -> None:
        """Whoever speaks to a hidden service adds a rule."""
        assert [] == rules(hidden, "ingress")


class TestLoadBalancer:
    """The target group that the tasks are registered with."""

    def test_grace_period(self) -> None:
        """A task has its time to start before checks count."""
        assert 90 == ecs(build(health_check_grace_period_s=90))["health_check_grace_period_seconds"]

    @pytest.mark.parametrize("attribute", ["load_balancer", "health_check_grace_period_seconds"])
    def test_none(self, hidden: Built, attribute: str) -> None:
        """A service without a load balancer says nothing of one."""
        assert attribute not in ecs(hidden)


class TestReplacement:
    """How new tasks take the place of old ones."""

    def test_start_first(self, service: Built) -> None:
        """A rollout adds tasks before it takes away any."""
        found = ecs(service)

        assert (100, 200) == (found["deployment_minimum_healthy_percent"], found["deployment_maximum_percent"])

    def test_stop_first(self, hidden: Built) -> None:
        """A rollout takes away the old task before it starts the new one, and nothing else starts one."""
        found = ecs(hidden)

        assert (0, 100, "DISABLED") == (
            found["deployment_minimum_healthy_percent"],
            found["deployment_maximum_percent"],
            found["availability_zone_rebalancing"],
        )


class TestCount:
    """How many tasks run."""

    def test_condition(self, hidden: Built) -> None:
        """Nothing runs as long as the condition does not hold."""
        assert '${local.tag != "" ? 2 : 0}' == ecs(hidden)["desired_count"]


class TestTags:
    """Whose tasks are whose."""

    def test_tasks_are_tagged(self, service: Built) -> None:
        """Tasks carry the service's tags, and ECS's, so that cost can be told apart."""
        assert ("SERVICE", True) == (ecs(service)["propagate_tags"], ecs(service)["enable_ecs_managed_tags"])


class TestExec:
    """Sessions in a container."""

    @pytest.mark.parametrize(("built", "enabled"), [("service", False), ("hidden", True)])
    def test_enabled(self, built: str, enabled: bool, request: pytest.FixtureRequest) -> None:
        """Sessions are a setting."""
        assert enabled == ecs(request.getfixturevalue(built))["enable_execute_command"]

    def test_logged_by_the_cluster(self, hidden: Built) -> None:
        """The task may write to the cluster's log of sessions."""
        json, _ = hidden
        (group,) = [id_ for id_ in json.resources("aws_cloudwatch_log_group") if "exec_logs" in id_]
        documents: dict[str, Block] = json.document["data"]["aws_iam_policy_document"]
        (document,) = [block for id_, block in documents.items() if "task_role_permissions" in id_]

        assert [f"${{aws_cloudwatch_log_group.{group}.arn}}:*"] == document["statement"][-1]["resources"]


class TestDiscovery:
    """The private name."""

    def test_none(self, service: Built) -> None:
        """Without a name nothing is registered."""
        assert {} == service[0].resources("aws_service_discovery_service")
        assert "service_registries" not in ecs(service)

    def test_name(self, hidden: Built) -> None:
        """The name resolves to the addresses of all tasks, in the cluster's namespace."""
        (namespace,) = hidden[0].resources("aws_service_discovery_private_dns_namespace")
        found = hidden[0].resource("aws_service_discovery_service")

        assert "chroma" == found["name"]
        assert {
            "namespace_id": f"${{aws_service_discovery_private_dns_namespace.{namespace}.id}}",
            "dns_records": [{"type": "A", "ttl": 10}],
            "routing_policy": "MULTIVALUE",
        } == found["dns_config"]

    def test_goes_with_the_service(self, hidden: Built) -> None:
        """Addresses that are left over do not keep the name."""
        assert hidden[0].resource("aws_service_discovery_service")["force_destroy"] is True

    def test_registered(self, hidden: Built) -> None:
        """ECS keeps the addresses up to date."""
        (name,) = hidden[0].resources("aws_service_discovery_service")

        assert {"registry_arn": f"${{aws_service_discovery_service.{name}.arn}}"} == ecs(hidden)["service_registries"]


def test_starts_when_it_can_work(service: Built) -> None:
    """No task starts before the capacity, permissions, rules and route it needs are there, and what the stack says."""
    needed = [
        "aws_ecs_cluster_capacity_providers",
        "aws_iam_role_policy",
        "aws_lb_listener_rule",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
    ]
    expected = {f"{type_}.{id_}" for type_ in needed for id_ in service[0].resources(type_)}
    expected.add("aws_cloudwatch_log_group.needed")

    assert expected == set(ecs(service)["depends_on"])
    assert 8 == len(expected)


def test_results(service: Built) -> None:
    """Who refers to the service gets literals where there are any."""
    assert ("backend", 4000) == (service[1].container_name, service[1].port)


class TestSettings:
    """What is refused, and why."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"desired_count": -1}, "desired_count must be a whole number between 0 and 5000, got -1"),
            ({"outbound_ports": [443, 443]}, "outbound_ports must not contain anything twice"),
            ({"outbound_ports": [0]}, "outbound_ports.0 must be a whole number between 1 and 65535, got 0"),
            ({"discovery_name": "Chroma"}, "discovery_name must be one label of a domain name"),
            ({"replacement": "at_once"}, "replacement must be one of start_first, stop_first, got 'at_once'"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        """A mistake is one line."""
        with pytest.raises(ValidationError) as error:
            service_settings(**changes)

        (found,) = mistakes_in(error.value, FargateServiceSettings)
        assert message in f"{found.path} {found.text}"

    @pytest.mark.parametrize(
        ("around", "changes", "message"),
        [
            ({"exec_logged": False}, {"exec_enabled": True}, "exec_enabled off, or the cluster must have it on"),
            ({"has_namespace": False}, {"discovery_name": "x"}, "the cluster must have a private_namespace"),
            ({"deploy_mode": "blue_green"}, {"discovery_name": "x"}, "no discovery_name under blue_green"),
            ({"deploy_mode": "blue_green"}, {"replacement": "stop_first"}, "start_first under blue_green"),
            ({"deploy_mode": "blue_green", "exposed": False}, {}, "behind a load balancer under blue_green"),
        ],
    )
    def test_does_not_fit(self, around: dict[str, Any], changes: dict[str, Any], message: str) -> None:
        """ECS would refuse it, or do something else than is meant, in the middle of an apply."""
        fits: dict[str, Any] = {"exposed": True, "exec_logged": True, "has_namespace": True, "deploy_mode": "release"}
        check_service(service_settings(), **(fits | {"deploy_mode": "blue_green"}))
        check_service(service_settings(exec_enabled=True, discovery_name="x", replacement="stop_first"), **fits)

        with pytest.raises(PydanticCustomError, match=message):
            check_service(service_settings(**changes), **(fits | around))

    @pytest.mark.parametrize("mode", ["terraform", "release"])
    def test_without_a_load_balancer(self, mode: Any) -> None:  # noqa: ANN401 a deploy mode
        """Only CodeDeploy needs one."""
        check_service(service_settings(), mode, exposed=False, exec_logged=False, has_namespace=False)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"exec_enabled": True},
            {"discovery_name": "x"},
            {"deploy_mode": "blue_green", "exposed": False},
            {"deploy_mode": "blue_green", "replacement": "stop_first"},
        ],
    )
    def test_is_checked(self, wrong: dict[str, Any]) -> None:
        """The service itself refuses what does not fit, for a stack that did not ask."""
        with pytest.raises(PydanticCustomError):
            build(**wrong)

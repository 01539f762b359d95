"""The cluster as Terraform JSON."""

import pytest
from constructs import Construct
from pydantic import ValidationError

from modules.fargate.capacity import CapacitySettings
from modules.fargate.cluster import FargateCluster, FargateClusterSettings
from tests.support import Block, Synthesized, synth_scope


def build(settings: FargateClusterSettings) -> tuple[Synthesized, FargateCluster]:
    """A cluster of its own, as JSON and as the object."""
    made: list[FargateCluster] = []

    def declare(scope: Construct) -> None:
        made.append(FargateCluster(scope, "cluster", name="isms-staging", vpc_id="vpc-1", settings=settings))

    return synth_scope(declare), made[0]


@pytest.fixture(scope="module")
def plain() -> tuple[Synthesized, FargateCluster]:
    """A cluster with everything off."""
    return build(FargateClusterSettings(container_insights="disabled"))


@pytest.fixture(scope="module")
def full() -> tuple[Synthesized, FargateCluster]:
    """A cluster with everything on."""
    return build(
        FargateClusterSettings(
            capacity=CapacitySettings(spot_percent=70),
            container_insights="enhanced",
            insights_retention_days=14,
            exec_enabled=True,
            exec_retention_days=365,
            private_namespace="isms.internal",
        )
    )


def log_groups(json: Synthesized) -> dict[str, int]:
    """The log groups, name → days of retention."""
    return {group["name"]: group["retention_in_days"] for group in json.resources("aws_cloudwatch_log_group").values()}


def setting(json: Synthesized) -> list[Block]:
    """The cluster's settings."""
    found: list[Block] = json.resource("aws_ecs_cluster")["setting"]
    return found


class TestCapacity:
    """What tasks without a strategy get."""

    def test_both_kinds(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """A service may use Spot even when the cluster's default does not."""
        providers = plain[0].resource("aws_ecs_cluster_capacity_providers")["capacity_providers"]

        assert ["FARGATE", "FARGATE_SPOT"] == providers

    def test_default_is_on_demand(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """Nobody gets Spot without asking for it."""
        capacity = plain[0].resource("aws_ecs_cluster_capacity_providers")

        assert [{"capacity_provider": "FARGATE", "weight": 100, "base": 1}] == capacity[
            "default_capacity_provider_strategy"
        ]

    def test_default_of_settings(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """The default strategy is that of the settings."""
        capacity = full[0].resource("aws_ecs_cluster_capacity_providers")

        assert [
            {"capacity_provider": "FARGATE", "weight": 30, "base": 1},
            {"capacity_provider": "FARGATE_SPOT", "weight": 70, "base": 0},
        ] == capacity["default_capacity_provider_strategy"]

    def test_is_of_the_cluster(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """The capacity is attached to this cluster."""
        (cluster,) = plain[0].resources("aws_ecs_cluster")

        assert (
            f"${{aws_ecs_cluster.{cluster}.name}}"
            == plain[0].resource("aws_ecs_cluster_capacity_providers")["cluster_name"]
        )


class TestContainerInsights:
    """The metrics of the tasks."""

    def test_off(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """Off is said, because the account's default may be on."""
        assert [{"name": "containerInsights", "value": "disabled"}] == setting(plain[0])

    def test_enhanced(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """The setting reaches the cluster."""
        assert [{"name": "containerInsights", "value": "enhanced"}] == setting(full[0])

    def test_on_by_default(self) -> None:
        """Whoever says nothing can see what the tasks do."""
        assert "enabled" == FargateClusterSettings().container_insights

    def test_owns_their_log_group(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """CloudWatch would make the group itself, keep everything, and leave it behind."""
        assert 14 == log_groups(full[0])["/aws/ecs/containerinsights/isms-staging/performance"]

    def test_log_group_is_there_first(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """A cluster that comes first makes the group before Terraform can."""
        (group,) = [
            id_
            for id_, block in full[0].resources("aws_cloudwatch_log_group").items()
            if block["name"].endswith("performance")
        ]

        assert [f"aws_cloudwatch_log_group.{group}"] == full[0].resource("aws_ecs_cluster")["depends_on"]

    def test_no_log_group_without(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """What is off needs no log group."""
        assert {} == log_groups(plain[0])


class TestExec:
    """The log of sessions."""

    def test_off(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """Nothing is configured, and nobody is told of a log group."""
        assert "configuration" not in plain[0].resource("aws_ecs_cluster")
        assert (None, None) == (plain[1].exec_log_group_name, plain[1].exec_log_group_arn)

    def test_sessions_are_logged(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """Sessions go to a log group of their own, apart from what the containers write."""
        json, _ = full
        (group,) = [id_ for id_, b in json.resources("aws_cloudwatch_log_group").items() if b["name"].endswith("exec")]

        assert {
            "logging": "OVERRIDE",
            "log_configuration": {"cloud_watch_log_group_name": f"${{aws_cloudwatch_log_group.{group}.name}}"},
        } == json.resource("aws_ecs_cluster")["configuration"]["execute_command_configuration"]

    def test_retention(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """How long sessions are kept is a setting."""
        assert 365 == log_groups(full[0])["/ecs/isms-staging/exec"]


class TestNamespace:
    """The private names."""

    def test_off(self, plain: tuple[Synthesized, FargateCluster]) -> None:
        """Without a name there is no namespace."""
        assert {} == plain[0].resources("aws_service_discovery_private_dns_namespace")
        assert (None, None) == (plain[1].namespace_id, plain[1].namespace_arn)

    def test_in_the_vpc(self, full: tuple[Synthesized, FargateCluster]) -> None:
        """The names can be looked up inside the VPC."""
        namespace = full[0].resource("aws_service_discovery_private_dns_namespace")

        assert ("isms.internal", "vpc-1") == (namespace["name"], namespace["vpc"])

    def test_is_a_domain(self) -> None:
        """Cloud Map takes a domain name."""
        with pytest.raises(ValidationError):
            FargateClusterSettings(private_namespace="isms internal")

"""ISMS's stacks: what production refuses and staging allows."""

import pytest

from tests.stacks.isms.sample_isms import build
from tests.support import Synthesized


class TestProtection:
    """What production refuses and staging allows."""

    @pytest.mark.parametrize(("name", "kept"), [("staging", False), ("production", True)])
    def test_deletion(self, name: str, kept: bool, request: pytest.FixtureRequest) -> None:
        """Load balancer, database, registries, logs and secret."""
        stack: Synthesized = request.getfixturevalue(name)
        cluster = stack.resource("aws_rds_cluster")

        assert kept == stack.resource("aws_lb")["enable_deletion_protection"]
        assert kept == cluster["deletion_protection"]
        assert kept != cluster["skip_final_snapshot"]
        assert kept == ("final_snapshot_identifier" in cluster)
        assert kept != stack.resource("aws_s3_bucket")["force_destroy"]
        assert {not kept} == {block["force_delete"] for block in stack.resources("aws_ecr_repository").values()}
        assert (30 if kept else 0) == stack.resource("aws_secretsmanager_secret")["recovery_window_in_days"]

    @pytest.mark.parametrize("type_", ["aws_lb", "aws_rds_cluster"])
    @pytest.mark.parametrize(("name", "kept"), [("staging", False), ("production", True)])
    def test_plan_refuses(self, name: str, kept: bool, type_: str, request: pytest.FixtureRequest) -> None:
        """A plan that would destroy what is kept fails as a whole, before anything is gone."""
        stack: Synthesized = request.getfixturevalue(name)

        assert kept == stack.resource(type_).get("lifecycle", {}).get("prevent_destroy", False)

    def test_one_setting_lifts_it(self) -> None:
        """`disposable` is all it takes: the stack is then as if it had never been protected."""
        lifted = build("production", disposable=True).document

        assert lifted == build("production", context={"disposable": "true"}).document
        assert lifted["resource"]["aws_rds_cluster"] != build("production").document["resource"]["aws_rds_cluster"]

    def test_two_zones(self, production: Synthesized) -> None:
        """Production's database has a second instance in another zone."""
        zones = {block["availability_zone"] for block in production.resources("aws_rds_cluster_instance").values()}

        assert {"eu-west-2a", "eu-west-2b"} == zones

    def test_database_is_encrypted(self, stack: Synthesized) -> None:
        """At rest, with backups, and with its log exported."""
        cluster = stack.resource("aws_rds_cluster")

        assert cluster["storage_encrypted"] is True
        assert cluster["backup_retention_period"] >= 7
        assert ["postgresql"] == cluster["enabled_cloudwatch_logs_exports"]

    def test_database_logins(self, stack: Synthesized) -> None:
        """RDS keeps the master's password, tokens of IAM are let in, and TLS is enforced."""
        cluster = stack.resource("aws_rds_cluster")
        parameters = stack.resource("aws_rds_cluster_parameter_group")["parameter"]

        assert (True, True) == (cluster["manage_master_user_password"], cluster["iam_database_authentication_enabled"])
        assert "1" == {one["name"]: one["value"] for one in parameters}["rds.force_ssl"]

    def test_database_version(self, stack: Synthesized) -> None:
        """PostgreSQL 15, in an exact version."""
        cluster = stack.resource("aws_rds_cluster")

        assert ("aurora-postgresql", "15.") == (cluster["engine"], cluster["engine_version"][:3])

    def test_no_value_of_a_secret(self, stack: Synthesized) -> None:
        """Values of secrets are ephemeral and write-only, so that the state has none."""
        version = stack.resource("aws_secretsmanager_secret_version")

        assert "secret_string_wo" in version
        assert "secret_string" not in version
        assert {} == stack.resources("random_password")

    def test_default_group_is_locked(self, stack: Synthesized) -> None:
        """Nobody can use the VPC's default security group by mistake."""
        group = stack.resource("aws_default_security_group")

        assert not group.get("ingress")
        assert not group.get("egress")

    def test_moving_tags_move(self, stack: Synthesized) -> None:
        """A commit's tag is for good, while the environments' tags and latest move."""
        for block in stack.resources("aws_ecr_repository").values():
            filters = {one["filter"] for one in block["image_tag_mutability_exclusion_filter"]}

            assert "IMMUTABLE_WITH_EXCLUSION" == block["image_tag_mutability"]
            assert {"staging", "production", "latest"} == filters

    def test_images_expire(self, stack: Synthesized) -> None:
        """Both repositories have the design's lifecycle rules."""
        assert 2 == len(stack.resources("aws_ecr_lifecycle_policy"))

"""Aldeia's stacks: what production refuses and staging allows."""

from typing import Any

import pytest

from tests.stacks.aldeia.sample_aldeia import OTHERWISE, PRODUCTION, SEVERAL, STAGING, build
from tests.support import Synthesized

KEPT = ["aws_lb", "aws_efs_file_system"]


class TestProtection:
    """What a destruction leaves."""

    @pytest.mark.parametrize("type_", KEPT)
    def test_plan_refuses(self, type_: str, chromadb_apart: Synthesized) -> None:
        """A plan that would destroy what is kept fails as a whole, before anything is gone."""
        assert chromadb_apart.resource(type_)["lifecycle"]["prevent_destroy"] is True

    @pytest.mark.parametrize(
        ("name", "kept"), [("production", True), ("several_hosts", True), ("otherwise", True), ("staging", False)]
    )
    def test_deletion(self, name: str, kept: bool, request: pytest.FixtureRequest) -> None:
        """Load balancer, backups, images and secret."""
        stack: Synthesized = request.getfixturevalue(name)

        assert kept == stack.resource("aws_lb")["enable_deletion_protection"]
        assert {not kept} == {block["force_destroy"] for block in stack.resources("aws_s3_bucket").values()}
        assert {not kept} == {block["force_delete"] for block in stack.resources("aws_ecr_repository").values()}
        assert (30 if kept else 0) == stack.resource("aws_secretsmanager_secret")["recovery_window_in_days"]

    def test_staging_is_free(self, staging: Synthesized) -> None:
        """Nothing of it refuses."""
        assert "prevent_destroy" not in str(staging.document)

    @pytest.mark.parametrize("changes", [{}, OTHERWISE, SEVERAL], ids=["production", "otherwise", "several_hosts"])
    def test_one_setting_lifts_it(self, changes: dict[str, Any]) -> None:
        """`disposable` is all it takes, as a setting or in the context."""
        lifted = build(PRODUCTION, **changes, disposable=True)

        assert lifted.document == build(PRODUCTION, {"disposable": "true"}, **changes).document
        assert "prevent_destroy" not in str(lifted.document)

    def test_one_setting_protects_staging(self) -> None:
        """The machine's data, too, when staging becomes precious."""
        assert "prevent_destroy" in str(build(STAGING, disposable=False).document)


class TestData:
    """How what is kept is kept."""

    def test_files(self, chromadb_apart: Synthesized) -> None:
        """Encrypted, backed up, and closed to whoever comes without TLS or past the access point."""
        (document,) = [
            block
            for id_, block in chromadb_apart.document["data"]["aws_iam_policy_document"].items()
            if id_.startswith("files_access_document_")
        ]

        assert chromadb_apart.resource("aws_efs_file_system")["encrypted"] is True
        assert {"DenyInsecureTransport", "DenyPastAccessPoints", "DenyRoot"} == {
            one["sid"] for one in document["statement"] if one["effect"] == "Deny"
        }

    def test_backups_are_versioned(self, stack: Synthesized) -> None:
        """An overwritten backup can be had for 30 days more."""
        (versioning,) = [b for i, b in stack.resources("aws_s3_bucket_versioning").items() if i.startswith("backups_")]
        (rules,) = [
            b["rule"]
            for i, b in stack.resources("aws_s3_bucket_lifecycle_configuration").items()
            if i.startswith("backups_")
        ]

        assert "Enabled" == versioning["versioning_configuration"]["status"]
        assert [[{"noncurrent_days": 30}]] == [rule["noncurrent_version_expiration"] for rule in rules]

    def test_backups_are_kept(self, stack: Synthesized) -> None:
        """Until the operator says otherwise."""
        (rules,) = [
            b["rule"]
            for i, b in stack.resources("aws_s3_bucket_lifecycle_configuration").items()
            if i.startswith("backups_")
        ]

        assert [] == [rule for rule in rules if "expiration" in rule]

    def test_no_value_of_a_secret(self, stack: Synthesized) -> None:
        """Values are ephemeral and write-only, so that the state has none."""
        version = stack.resource("aws_secretsmanager_secret_version")

        assert (True, False) == ("secret_string_wo" in version, "secret_string" in version)
        assert {} == stack.resources("random_password")

    def test_default_group_is_locked(self, stack: Synthesized) -> None:
        """Nobody can use the VPC's default security group by mistake."""
        group = stack.resource("aws_default_security_group")

        assert (None, None) == (group.get("ingress") or None, group.get("egress") or None)

"""EdgeMind's stack: what it refuses to lose, and what it never writes down."""

import re

import pytest

from tests.stacks.edgemind.sample_edgemind import build
from tests.support import Synthesized

KEPT = ["aws_lb", "aws_cloudfront_distribution"]
BUCKETS = {"site_bucket", "site_access_logs_bucket", "load_balancer_access_logs_bucket"}


@pytest.fixture(scope="module")
def disposable() -> Synthesized:
    """EdgeMind as somebody tries it out."""
    return build(disposable=True)


class TestProtection:
    """What is only lost on purpose."""

    @pytest.mark.parametrize(("name", "kept"), [("disposable", False), ("edgemind", True)])
    def test_deletion(self, name: str, kept: bool, request: pytest.FixtureRequest) -> None:
        """Load balancer, files, logs, images and secret."""
        stack: Synthesized = request.getfixturevalue(name)

        assert kept == stack.resource("aws_lb")["enable_deletion_protection"]
        assert dict.fromkeys(BUCKETS, not kept) == {
            id_.rpartition("_")[0]: block["force_destroy"] for id_, block in stack.resources("aws_s3_bucket").items()
        }
        assert kept != stack.resource("aws_ecr_repository")["force_delete"]
        assert (30 if kept else 0) == stack.resource("aws_secretsmanager_secret")["recovery_window_in_days"]

    @pytest.mark.parametrize("type_", KEPT)
    @pytest.mark.parametrize(("name", "kept"), [("disposable", False), ("edgemind", True)])
    def test_plan_refuses(self, name: str, kept: bool, type_: str, request: pytest.FixtureRequest) -> None:
        """A plan that would destroy what DNS, browsers and operators know by its name fails as a whole."""
        stack: Synthesized = request.getfixturevalue(name)

        assert kept == stack.resource(type_).get("lifecycle", {}).get("prevent_destroy", False)

    def test_context_lifts_it_too(self, disposable: Synthesized) -> None:
        """The setting and the context for local AWS do the same."""
        assert disposable.document == build({"disposable": "true"}).document

    def test_recovery_is_a_setting(self) -> None:
        """How long a deleted secret can be restored."""
        assert 7 == build(secret_recovery_days=7).resource("aws_secretsmanager_secret")["recovery_window_in_days"]


class TestSecrets:
    """No value of a secret is in the JSON."""

    def test_origin_secret_is_made_by_terraform(self, stack: Synthesized) -> None:
        """The two values are an expression, which no plan changes afterwards."""
        slots = [b for i, b in stack.resources("aws_ssm_parameter").items() if i.startswith("origin_secret_")]

        assert [("SecureString", "${uuid()}", ["value"])] * 2 == [
            (block["type"], block["value"], block["lifecycle"]["ignore_changes"]) for block in slots
        ]

    def test_only_they_hold_a_value(self, stack: Synthesized) -> None:
        """Every other parameter is one that a plan may show."""
        others = [b for i, b in stack.resources("aws_ssm_parameter").items() if not i.startswith("origin_secret_")]

        assert 2 == len(others)
        assert all("insecure_value" in block and "value" not in block for block in others)

    def test_application_secret_is_write_only(self, stack: Synthesized) -> None:
        """Its first version, which is empty, goes through an argument that the state does not have."""
        version = stack.resource("aws_secretsmanager_secret_version")

        assert "${jsonencode({})}" == version["secret_string_wo"]
        assert "secret_string" not in version

    def test_nothing_looks_like_a_value(self, stack: Synthesized) -> None:
        """No UUID is in the JSON but those of the two policies that AWS has for all accounts."""
        found = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(stack.document)))

        assert {"4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"} == found

    def test_nothing_random(self, stack: Synthesized) -> None:
        """No other resource makes a secret that the state would hold."""
        assert [] == [type_ for type_ in stack.document["resource"] if type_.startswith(("random_", "tls_"))]


class TestEncryption:
    """What lies there is encrypted, and closed to the public."""

    @pytest.mark.parametrize(
        "type_",
        [
            "aws_s3_bucket_server_side_encryption_configuration",
            "aws_s3_bucket_public_access_block",
            "aws_s3_bucket_policy",
        ],
    )
    def test_buckets(self, type_: str, stack: Synthesized) -> None:
        """Every bucket."""
        assert len(stack.resources("aws_s3_bucket")) == len(stack.resources(type_))

    def test_only_cloudfront_reads_the_files(self, stack: Synthesized) -> None:
        """And only the stack's own distribution."""
        documents = stack.document["data"]["aws_iam_policy_document"]
        (document,) = [block for id_, block in documents.items() if id_.startswith("site_bucket_policy_document")]
        allowed = [one for one in document["statement"] if one["effect"] == "Allow"]

        assert {"cloudfront.amazonaws.com"} == {
            name for one in allowed for who in one["principals"] for name in who["identifiers"]
        }
        assert {"aws:SourceArn"} == {condition["variable"] for one in allowed for condition in one["condition"]}
        assert all(
            condition["values"][0].startswith("${aws_cloudfront_distribution.site_cdn_distribution_")
            for one in allowed
            for condition in one["condition"]
        )

    def test_default_group_is_locked(self, stack: Synthesized) -> None:
        """Nobody can use the VPC's default security group by mistake."""
        group = stack.resource("aws_default_security_group")

        assert not group.get("ingress")
        assert not group.get("egress")

"""EdgeMind's stack: what others rely on."""

import json

import pytest

from modules.cdn.publish_manifest import PublishSettings
from tests.stacks.edgemind.sample_edgemind import DOMAIN, build
from tests.stacks.isms.sample_isms import manifest, ref
from tests.support import Block, Synthesized

ADDRESSES = {
    "aws_cloudfront_distribution": ["site_cdn_distribution_166CAF3F"],
    "aws_ecr_repository": ["backend_repository_6D93725B"],
    "aws_ecs_cluster": ["cluster_A4C38409"],
    "aws_ecs_service": ["backend_service_75E67C85"],
    "aws_lb": ["load_balancer_5CB6B27E"],
    "aws_lb_listener": ["load_balancer_listeners_production_534401D5"],
    "aws_lb_listener_rule": ["backend_route_production_C8056D4B"],
    "aws_lb_target_group": ["backend_route_blue_4E3F5432"],
    "aws_s3_bucket": [
        "load_balancer_access_logs_bucket_09B4F87F",
        "site_access_logs_bucket_C58FF811",
        "site_bucket_3A183259",
    ],
    "aws_secretsmanager_secret": ["secret_D2F9FB97"],
    "aws_ssm_parameter": [
        "backend_service_manifest_parameter_F78E04EA",
        "origin_secret_even_98E65910",
        "origin_secret_odd_01A7CB5E",
        "publish_manifest_parameter_F468681A",
    ],
    "aws_subnet": [
        "network_private_subnet_a_C798AAFF",
        "network_private_subnet_b_4EBBB5FA",
        "network_public_subnet_a_E3DE67FB",
        "network_public_subnet_b_455FB516",
    ],
    "aws_vpc": ["network_vpc_4E8F0223"],
}
"""What holds files or images, what DNS points to, and what is secret between two of them."""

OUTPUTS = {
    "cloudfront_domain_name": ("aws_cloudfront_distribution", "domain_name", ""),
    "load_balancer_dns_name": ("aws_lb", "dns_name", ""),
    "site_bucket": ("aws_s3_bucket", "bucket", "site_bucket_"),
    "site_publish_manifest": ("aws_ssm_parameter", "insecure_value", "publish_manifest_"),
    "cluster_name": ("aws_ecs_cluster", "name", ""),
    "backend_service_name": ("aws_ecs_service", "name", ""),
    "backend_repository_url": ("aws_ecr_repository", "repository_url", ""),
    "backend_release_manifest": ("aws_ssm_parameter", "insecure_value", "backend_service_manifest_"),
    "alerts_topic_arn": ("aws_sns_topic_policy", "arn", ""),
}
"""Type, attribute and the beginning of the id of what an output refers to."""


def publish_manifest(stack: Synthesized) -> Block:
    """What `infra publish` reads, in which references stand for values."""
    (block,) = [b for i, b in stack.resources("aws_ssm_parameter").items() if i.startswith("publish_manifest_")]
    return dict(json.loads(block["insecure_value"]))


def test_stateful_addresses(stack: Synthesized) -> None:
    """A changed address is another resource, and the old one goes: the same with a domain, and in each region."""
    assert ADDRESSES == {type_: sorted(stack.resources(type_)) for type_ in ADDRESSES}


class TestOutputs:
    """What an apply prints, and what commands read."""

    def test_all(self, stack: Synthesized) -> None:
        """No others."""
        assert {*OUTPUTS, "url", "secrets", "certificate_validation_records"} == {
            name for name in stack.document["output"] if not name.startswith("github_")
        }

    @pytest.mark.parametrize("name", OUTPUTS)
    def test_reference(self, name: str, edgemind: Synthesized) -> None:
        """Each is what its name says, of this stack."""
        type_, attribute, start = OUTPUTS[name]

        assert ref(edgemind, type_, attribute, start) == edgemind.output(name)

    def test_descriptions(self, edgemind: Synthesized) -> None:
        """All say what they are."""
        assert all(output["description"] for output in edgemind.document["output"].values())

    def test_url(self, edgemind: Synthesized, everything: Synthesized) -> None:
        """Where visitors go: to CloudFront's own name, or to the domain."""
        name = ref(edgemind, "aws_cloudfront_distribution", "domain_name")

        assert (f"https://{name}", f"https://{DOMAIN}") == (edgemind.output("url"), everything.output("url"))

    def test_secrets(self, edgemind: Synthesized) -> None:
        """`infra secrets` finds what the operator sets: the broker's address and credentials."""
        assert {
            name: {"secret": "edgemind/application", "key": name, "generated": False}
            for name in ("MQTT_HOST", "MQTT_USERNAME", "MQTT_PASSWORD")
        } == edgemind.output("secrets")
        assert "edgemind/application" == edgemind.resource("aws_secretsmanager_secret")["name"]


class TestReleaseManifest:
    """What `infra release` reads."""

    def test_parameter(self, edgemind: Synthesized) -> None:
        """It is below the stack's name."""
        assert "/edgemind/release/backend" in {
            block["name"] for block in edgemind.resources("aws_ssm_parameter").values()
        }

    def test_health_goes_through_cloudfront(self, stack: Synthesized) -> None:
        """The load balancer would refuse who asks it directly."""
        assert f"{stack.output('url')}/api/health" == manifest(stack, "backend")["routes"]["url"]

    def test_mode(self, edgemind: Synthesized) -> None:
        """A rolling release, without CodeDeploy and without a migration."""
        found = manifest(edgemind, "backend")

        assert ("release", None, None, None) == (
            found["deploy_mode"],
            found["code_deploy"],
            found["migration_command"],
            found["routes"]["test_listener"],
        )

    @pytest.mark.parametrize(("name", "region"), [("edgemind", "us-east-1"), ("london", "eu-west-2")])
    def test_region(self, name: str, region: str, request: pytest.FixtureRequest) -> None:
        """Both manifests say where their things are."""
        stack = request.getfixturevalue(name)

        assert {("956880242582", region)} == {
            (one["account_id"], one["region"]) for one in (manifest(stack, "backend"), publish_manifest(stack))
        }


class TestPublishManifest:
    """What `infra publish` reads."""

    def test_parameter(self, edgemind: Synthesized) -> None:
        """It is below the stack's name."""
        assert "/edgemind/publish/site" in {block["name"] for block in edgemind.resources("aws_ssm_parameter").values()}

    def test_matches(self, stack: Synthesized) -> None:
        """Bucket, distribution and address are those that serve."""
        found = publish_manifest(stack)

        assert {
            "stack": "edgemind",
            "bucket": ref(stack, "aws_s3_bucket", "bucket", "site_bucket_"),
            "distribution_id": ref(stack, "aws_cloudfront_distribution", "id"),
            "url": stack.output("url"),
        } == {key: found[key] for key in ("stack", "bucket", "distribution_id", "url")}

    def test_settings(self) -> None:
        """How long replaced files stay is the environment's."""
        assert 30 == publish_manifest(build(publish=PublishSettings(keep_replaced_days=30)))["keep_replaced_days"]

"""EdgeMind's stack: how a request gets from CloudFront to the backend, and nobody else does."""

import pytest

from modules.origin_secret import OriginSecretSettings
from tests.stacks.edgemind.sample_edgemind import BACKEND_DOMAIN, backend_origin, build, distribution, rules
from tests.stacks.isms.sample_isms import ref
from tests.support import Block, Synthesized


def conditions(stack: Synthesized) -> dict[str, Block]:
    """What the load balancer's one rule demands, by kind."""
    return {
        kind: details
        for condition in stack.resource("aws_lb_listener_rule")["condition"]
        for kind, details in condition.items()
    }


class TestCloudFront:
    """What CloudFront passes on, and where to."""

    def test_paths(self, stack: Synthesized) -> None:
        """The design's /ws/*, and the requests of the page: to the backend; all else to the bucket."""
        found = distribution(stack)
        behaviors = {one["path_pattern"]: one["target_origin_id"] for one in found["ordered_cache_behavior"]}

        assert {"/api/*": "backend", "/ws/*": "backend"} == behaviors
        assert "site" == found["default_cache_behavior"]["target_origin_id"]

    def test_uncached(self, stack: Synthesized) -> None:
        """With AWS's policy CachingDisabled (CloudFront, "Use managed cache policies")."""
        assert {"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"} == {
            one["cache_policy_id"] for one in distribution(stack)["ordered_cache_behavior"]
        }

    def test_headers_of_a_websocket(self, stack: Synthesized) -> None:
        """
        With AWS's policy AllViewerExceptHostHeader, which passes on Sec-WebSocket-Key and the others.

        They are those of "Use WebSockets with CloudFront distributions"; `Upgrade` and `Connection` are CloudFront's.
        """
        assert {"b689b0a8-53d0-40ab-baf2-68738e2966ac"} == {
            one["origin_request_policy_id"] for one in distribution(stack)["ordered_cache_behavior"]
        }

    def test_only_encrypted(self, stack: Synthesized) -> None:
        """A visitor's requests to the backend are HTTPS and WSS only."""
        assert {"https-only"} == {
            one["viewer_protocol_policy"] for one in distribution(stack)["ordered_cache_behavior"]
        }

    def test_same_paths_as_the_load_balancer(self) -> None:
        """One setting says it to both."""
        changed = build(
            backend={"image_tag": "edgemind", "paths": ["/api/*", "/live", "/live/*"], "health_check_path": "/live"}
        )
        passed = [one["path_pattern"] for one in distribution(changed)["ordered_cache_behavior"]]

        assert ["/api/*", "/live", "/live/*"] == passed
        assert passed == conditions(changed)["path_pattern"]["values"]

    def test_own_name(self, edgemind: Synthesized) -> None:
        """Without a domain CloudFront asks the load balancer by its own name, over HTTP on port 80."""
        origin = backend_origin(edgemind)

        assert ref(edgemind, "aws_lb", "dns_name") == origin["domain_name"]
        assert ("http-only", 80) == (
            origin["custom_origin_config"]["origin_protocol_policy"],
            origin["custom_origin_config"]["http_port"],
        )
        assert (80, "HTTP") == tuple(edgemind.resource("aws_lb_listener")[key] for key in ("port", "protocol"))

    @pytest.mark.parametrize("name", ["everything", "waiting", "london"])
    def test_subdomain(self, name: str, request: pytest.FixtureRequest) -> None:
        """With a domain it asks a name below that, and over HTTPS only, whether or not that serves already."""
        origin = backend_origin(request.getfixturevalue(name))

        assert BACKEND_DOMAIN == origin["domain_name"]
        assert ("https-only", 443, ["TLSv1.2"]) == tuple(
            origin["custom_origin_config"][key]
            for key in ("origin_protocol_policy", "https_port", "origin_ssl_protocols")
        )

    def test_bucket(self, stack: Synthesized) -> None:
        """The files are those of the stack's own bucket, in its own region, signed for."""
        (origin,) = [one for one in distribution(stack)["origin"] if one["origin_id"] == "site"]
        region = stack.document["provider"]["aws"][0]["region"]
        bucket = ref(stack, "aws_s3_bucket", "bucket", "site_bucket_")

        assert f"{bucket}.s3.{region}.amazonaws.com" == origin["domain_name"]
        assert ref(stack, "aws_cloudfront_origin_access_control", "id") == origin["origin_access_control_id"]


class TestOriginSecret:
    """How the load balancer knows CloudFront."""

    @pytest.mark.parametrize(("generation", "slot"), [(1, "odd"), (2, "even"), (3, "odd")])
    def test_sent(self, generation: int, slot: str) -> None:
        """CloudFront sends the generation in use with each request, and the rule accepts it and the one before."""
        stack = build(origin_secret=OriginSecretSettings(generation=generation))
        (header,) = backend_origin(stack)["custom_header"]
        both = {ref(stack, "aws_ssm_parameter", "value", f"origin_secret_{one}") for one in ("odd", "even")}

        assert ref(stack, "aws_ssm_parameter", "value", f"origin_secret_{slot}") == header["value"]
        assert both == set(conditions(stack)["http_header"]["values"])
        assert header["name"] == conditions(stack)["http_header"]["http_header_name"]

    def test_distribution_follows_the_rule(self, stack: Synthesized) -> None:
        """CloudFront changes to a new secret only when the rule accepts it."""
        assert [f"aws_lb_listener_rule.{id_}" for id_ in stack.resources("aws_lb_listener_rule")] == distribution(
            stack
        )["depends_on"]

    def test_no_rule_goes_without(self, stack: Synthesized) -> None:
        """There is one rule, which demands path and secret, and leads to the backend."""
        rule = stack.resource("aws_lb_listener_rule")

        assert {"path_pattern", "http_header"} == set(conditions(stack))
        assert [ref(stack, "aws_lb_target_group", "arn")] == [one["target_group_arn"] for one in rule["action"]]
        assert ref(stack, "aws_lb_listener", "arn") == rule["listener_arn"]

    def test_paths_of_the_parameters(self, stack: Synthesized) -> None:
        """They are the stack's own."""
        assert {"/edgemind/origin-secret/0", "/edgemind/origin-secret/1"} <= {
            block["name"] for block in stack.resources("aws_ssm_parameter").values()
        }

    def test_nobody_else_gets_the_secret(self, stack: Synthesized) -> None:
        """Outside the rule and the distribution its value stands nowhere."""
        document = {
            type_: blocks
            for type_, blocks in stack.document["resource"].items()
            if type_ not in ("aws_lb_listener_rule", "aws_cloudfront_distribution")
        }

        assert "origin_secret_odd_01A7CB5E.value" not in str(document) + str(stack.document["output"])
        assert "origin_secret_even_98E65910.value" not in str(document) + str(stack.document["output"])


class TestLoadBalancer:
    """Whom the load balancer answers."""

    @pytest.mark.parametrize(("name", "port"), [("edgemind", 80), ("everything", 443), ("london", 443)])
    def test_ingress(self, name: str, port: int, request: pytest.FixtureRequest) -> None:
        """One port for AWS's list of CloudFront's addresses, and for no other network."""
        stack: Synthesized = request.getfixturevalue(name)
        (rule,) = rules(stack, "ingress", "load_balancer_")

        assert rule["prefix_list_id"].startswith("${data.aws_ec2_managed_prefix_list.")
        assert "com.amazonaws.global.cloudfront.origin-facing" == stack.data("aws_ec2_managed_prefix_list")["name"]
        assert (port, port) == (rule["from_port"], rule["to_port"])
        assert port == stack.resource("aws_lb_listener")["port"]

    def test_no_network_gets_in_anywhere(self, stack: Synthesized) -> None:
        """No rule of the stack lets in an address."""
        found = stack.resources("aws_vpc_security_group_ingress_rule").values()

        assert [] == [rule for rule in found if {"cidr_ipv4", "cidr_ipv6"} & set(rule)]
        assert [] == [group for group in stack.resources("aws_security_group").values() if group.get("ingress")]

    def test_waits_for_the_certificate(self, waiting: Synthesized) -> None:
        """While the subdomain's certificate is not issued nobody gets in."""
        assert [] == rules(waiting, "ingress", "load_balancer_")

    def test_all_else_is_refused(self, stack: Synthesized) -> None:
        """Who brings no secret gets 403."""
        assert ["403"] == [
            one["fixed_response"]["status_code"] for one in stack.resource("aws_lb_listener")["default_action"]
        ]

    def test_is_public(self, stack: Synthesized) -> None:
        """CloudFront asks it from the internet, so it is in the public subnets."""
        block = stack.resource("aws_lb")

        assert block["internal"] is False
        assert 2 == len(block["subnets"])
        assert all("network_public_" in subnet for subnet in block["subnets"])

    def test_both_keep_access_logs(self, stack: Synthesized) -> None:
        """Load balancer and distribution log, each to a bucket of its own."""
        configuration = stack.resource("aws_cloudwatch_log_delivery_destination")["delivery_destination_configuration"]

        assert (
            ref(stack, "aws_s3_bucket", "bucket", "load_balancer_access_logs_")
            == stack.resource("aws_lb")["access_logs"]["bucket"]
        )
        assert [ref(stack, "aws_s3_bucket", "arn", "site_access_logs_")] == [
            one["destination_resource_arn"] for one in configuration
        ]

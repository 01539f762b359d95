"""Aldeia's stacks: two names, one certificate, and which requests go where."""

import pytest

from modules.load_balancer.certificate import DomainSettings
from stacks.aldeia_service_settings import AldeiaBackendSettings
from tests.stacks.aldeia.sample_aldeia import ZONE, build
from tests.stacks.isms.sample_isms import of_service, ref
from tests.support import Block, Synthesized


def conditions(rule: Block) -> dict[str, list[str]]:
    """What a rule compares a request with: kind → values."""
    return {kind: one[kind]["values"] for one in rule["condition"] for kind in one}


class TestCertificate:
    """One for both names."""

    @pytest.mark.parametrize(("name", "domain"), [("production", "aldeia.com"), ("staging", "staging.aldeia.com")])
    def test_names(self, name: str, domain: str, request: pytest.FixtureRequest) -> None:
        """The pages' and the backend's."""
        certificate = request.getfixturevalue(name).resource("aws_acm_certificate")

        assert (domain, [f"api.{domain}"]) == (certificate["domain_name"], certificate["subject_alternative_names"])

    def test_waits_for_the_certificate(self, production: Synthesized) -> None:
        """Without a hosted zone the first apply has a plain listener that nobody reaches, and no wait for DNS."""
        rules = production.resources("aws_vpc_security_group_ingress_rule").values()
        group = ref(production, "aws_security_group", "id", "load_balancer_")

        assert [] == [rule for rule in rules if rule["security_group_id"] == group]
        assert {} == production.resources("aws_acm_certificate_validation") | production.resources("aws_route53_record")

    def test_issued(self) -> None:
        """Once the operator says that it is issued, HTTPS is open to everybody."""
        stack = build(domain=DomainSettings(domain_name="aldeia.com", certificate_issued=True))
        (listener,) = [block for block in stack.resources("aws_lb_listener").values() if block["port"] == 443]

        assert ref(stack, "aws_acm_certificate", "arn") == listener["certificate_arn"]

    def test_validated(self, otherwise: Synthesized) -> None:
        """With a hosted zone Terraform makes a record for each name and waits for both."""
        records = of_service(otherwise, "aws_route53_record", "certificate")
        validation = otherwise.resource("aws_acm_certificate_validation")

        assert 2 == len(records)
        assert {f"${{aws_route53_record.{id_}.fqdn}}" for id_ in records} == set(validation["validation_record_fqdns"])
        assert {ZONE} == {record["zone_id"] for record in records.values()}

    def test_https(self, otherwise: Synthesized) -> None:
        """The listener speaks TLS 1.3 with the certificate that was waited for."""
        listeners = otherwise.resources("aws_lb_listener")
        (production,) = [block for id_, block in listeners.items() if "_production_" in id_]

        assert (443, "HTTPS") == (production["port"], production["protocol"])
        assert production["ssl_policy"].startswith("ELBSecurityPolicy-TLS13")
        assert ref(otherwise, "aws_acm_certificate_validation", "certificate_arn") == production["certificate_arn"]


class TestRecords:
    """What the names lead to."""

    @pytest.mark.parametrize(("start", "name"), [("alias_", "aldeia.com"), ("api_alias_", "api.aldeia.com")])
    def test_alias(self, start: str, name: str, otherwise: Synthesized) -> None:
        """Both to the one load balancer."""
        (record,) = [b for i, b in otherwise.resources("aws_route53_record").items() if i.startswith(start)]

        assert (name, "A", ZONE) == (record["name"], record["type"], record["zone_id"])
        assert (ref(otherwise, "aws_lb", "dns_name"), ref(otherwise, "aws_lb", "zone_id")) == (
            record["alias"]["name"],
            record["alias"]["zone_id"],
        )

    def test_no_others(self, otherwise: Synthesized) -> None:
        """Two for validation, two aliases."""
        assert 4 == len(otherwise.resources("aws_route53_record"))


class TestRules:
    """Which requests go where, wherever the services run."""

    @pytest.mark.parametrize(("service", "name"), [("backend", "api.{}"), ("frontend", "{}")])
    def test_by_name(self, service: str, name: str, stack: Synthesized) -> None:
        """All that is asked of a name goes to its service."""
        rules = of_service(stack, "aws_lb_listener_rule", service).values()
        domain = stack.resource("aws_acm_certificate")["domain_name"]

        assert [{"path_pattern": ["/*"], "host_header": [name.format(domain)]}] * len(rules) == [
            conditions(rule) for rule in rules
        ]
        assert rules

    @pytest.mark.parametrize(("service", "priority"), [("backend", 100), ("frontend", 200)])
    def test_priorities(self, service: str, priority: int, stack: Synthesized) -> None:
        """No two are alike, and they stay."""
        assert {priority} == {one["priority"] for one in of_service(stack, "aws_lb_listener_rule", service).values()}

    @pytest.mark.parametrize("service", ["backend", "frontend"])
    def test_targets(self, service: str, stack: Synthesized) -> None:
        """To the service's own target group."""
        rules = of_service(stack, "aws_lb_listener_rule", service).values()
        groups = {f"${{aws_lb_target_group.{i}.arn}}" for i in of_service(stack, "aws_lb_target_group", service)}

        assert groups == {rule["action"][0]["target_group_arn"] for rule in rules}

    @pytest.mark.parametrize(("service", "path", "port"), [("backend", "/api/health", 3001), ("frontend", "/", 3002)])
    def test_target_groups(self, service: str, path: str, port: int, stack: Synthesized) -> None:
        """Port and health check are those of the service, on Fargate and on machines."""
        groups = of_service(stack, "aws_lb_target_group", service).values()

        assert {(path, port, "HTTP")} == {(one["health_check"]["path"], one["port"], one["protocol"]) for one in groups}

    def test_all_else_is_refused(self, stack: Synthesized) -> None:
        """What no rule matches, asked for by the load balancer's own name for example, is answered with 503."""
        (listener,) = [b for i, b in stack.resources("aws_lb_listener").items() if "_production_" in i]
        (action,) = listener["default_action"]

        assert "503" == action["fixed_response"]["status_code"]

    def test_plain_http_is_sent_on(self, otherwise: Synthesized) -> None:
        """To HTTPS."""
        (listener,) = [block for block in otherwise.resources("aws_lb_listener").values() if block["port"] == 80]
        (action,) = listener["default_action"]

        assert ("HTTPS", "443", "HTTP_301") == tuple(
            action["redirect"][key] for key in ("protocol", "port", "status_code")
        )

    def test_access_logs(self, stack: Synthesized) -> None:
        """The load balancer logs to the stack's bucket."""
        bucket = ref(stack, "aws_s3_bucket", "bucket", "load_balancer_")

        assert bucket == stack.resource("aws_lb")["access_logs"]["bucket"]

    def test_health_check_path_is_a_setting(self) -> None:
        """The load balancer's, the container's own and the release's are one."""
        stack = build(backend=AldeiaBackendSettings(image_tag="a", health_check_path="/ok"))
        (group,) = of_service(stack, "aws_lb_target_group", "backend").values()
        (task,) = of_service(stack, "aws_ecs_task_definition", "backend").values()
        (published,) = [b for i, b in of_service(stack, "aws_ssm_parameter", "backend").items() if "manifest" in i]

        assert "/ok" == group["health_check"]["path"]
        assert "http://localhost:3001/ok " in task["container_definitions"]
        assert "https://api.aldeia.com/ok" in published["insecure_value"]

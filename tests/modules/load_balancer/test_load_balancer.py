"""The load balancer as Terraform JSON: open, and closed while it has no certificate."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.load_balancer import LoadBalancer, LoadBalancerSettings
from modules.network.placement import Placement
from tests.support import Synthesized, synth_scope

DOMAIN = "trust.demo.paythru.com"
OPEN = DomainSettings(domain_name=DOMAIN, certificate_issued=True)
CLOSED = DomainSettings(domain_name=DOMAIN)
OFFICE = "203.0.113.0/24"


def build(
    domain: DomainSettings = OPEN,
    *,
    name: str = "isms-staging",
    test_listener: bool = True,
    disposable: bool = True,
    **settings: Any,  # noqa: ANN401 settings of any type
) -> Synthesized:
    """A load balancer, with what it publishes as outputs."""

    def declare(scope: Construct) -> None:
        load_balancer = LoadBalancer(
            scope,
            "load_balancer",
            name=name,
            account_id="956880242582",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b"]),
            certificate=Certificate(scope, "certificate", settings=domain),
            test_listener=test_listener,
            disposable=disposable,
            settings=LoadBalancerSettings(**settings),
        )
        published = [
            "arn",
            "arn_suffix",
            "dns_name",
            "zone_id",
            "security_group_id",
            "listener_arn",
            "access_log_bucket_name",
        ]
        for attribute in published:
            TerraformOutput(scope, attribute, value=getattr(load_balancer, attribute))
        if load_balancer.test_listener_arn is not None:
            TerraformOutput(scope, "test_listener_arn", value=load_balancer.test_listener_arn)
        ready = [each.fqn for each in load_balancer.ready]
        TerraformOutput(scope, "ready", value=ready)

    return synth_scope(declare)


@pytest.fixture(scope="module")
def served() -> Synthesized:
    """A load balancer that serves HTTPS."""
    return build(
        ingress_cidrs=["0.0.0.0/0", "198.51.100.0/24"],
        test_listener_cidrs=[OFFICE],
        idle_timeout_s=90,
        access_log_retention_days=30,
    )


@pytest.fixture(scope="module")
def default() -> Synthesized:
    """A load balancer with all defaults, of an environment that stays."""
    return build(disposable=False)


@pytest.fixture(scope="module")
def closed() -> Synthesized:
    """A load balancer without a certificate."""
    return build(CLOSED, test_listener_cidrs=[OFFICE])


def opened(stack: Synthesized) -> set[tuple[int, int, str]]:
    """The ports that are open, and for whom."""
    rules = stack.resources("aws_vpc_security_group_ingress_rule").values()
    return {(rule["from_port"], rule["to_port"], rule["cidr_ipv4"]) for rule in rules}


def only(stack: Synthesized, type_: str) -> str:
    """The address of the only resource of a type."""
    (id_,) = stack.resources(type_)
    return f"{type_}.{id_}"


class TestSettings:
    """Who reaches the load balancer."""

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"ingress_cidrs": []}, "at least 1 item"),
            ({"ingress_cidrs": [OFFICE, OFFICE]}, "must name each network once"),
            ({"test_listener_cidrs": [OFFICE, OFFICE]}, "must name each network once"),
            ({"test_listener_cidrs": [OFFICE, "0.0.0.0/0"]}, "must not contain 0.0.0.0/0"),
            ({"idle_timeout_s": 0}, "greater than or equal to 1"),
            ({"idle_timeout_s": 4001}, "less than or equal to 4000"),
            ({"access_log_retention_days": 0}, "greater than or equal to 1"),
        ],
    )
    def test_refused(self, settings: dict[str, Any], message: str) -> None:
        """A mistake is found before anything is built."""
        with pytest.raises(ValidationError, match=message):
            LoadBalancerSettings(**settings)

    def test_defaults(self) -> None:
        """Everybody reaches what is released, nobody what is not."""
        assert {
            "ingress_cidrs": ["0.0.0.0/0"],
            "test_listener_cidrs": [],
            "idle_timeout_s": 60,
            "access_log_retention_days": 90,
        } == LoadBalancerSettings().model_dump()


class TestAttributes:
    """The load balancer itself."""

    def test_name(self, served: Synthesized) -> None:
        """The load balancer has the system's name."""
        assert "isms-staging" == served.resource("aws_lb")["name"]

    def test_long_name_is_cut(self) -> None:
        """ELB allows 32 characters."""
        assert 32 == len(build(name="x" * 40).resource("aws_lb")["name"])

    def test_address_is_a_contract(self, served: Synthesized) -> None:
        """A recreated load balancer has another name in DNS."""
        assert "aws_lb.load_balancer_5CB6B27E" == only(served, "aws_lb")

    def test_placement(self, served: Synthesized) -> None:
        """It stands in the given subnets, with IPv4 addresses only."""
        load_balancer = served.resource("aws_lb")

        assert (False, "ipv4", "application", ["subnet-a", "subnet-b"]) == (
            load_balancer["internal"],
            load_balancer["ip_address_type"],
            load_balancer["load_balancer_type"],
            load_balancer["subnets"],
        )

    def test_refuses_malformed_requests(self, served: Synthesized) -> None:
        """Headers that are not HTTP are dropped, ambiguous requests are not passed on."""
        load_balancer = served.resource("aws_lb")

        assert load_balancer["drop_invalid_header_fields"] is True
        assert "defensive" == load_balancer["desync_mitigation_mode"]

    def test_idle_timeout(self, served: Synthesized) -> None:
        """The idle timeout is a setting."""
        assert 90 == served.resource("aws_lb")["idle_timeout"]

    def test_deletion_protection(self, served: Synthesized, default: Synthesized) -> None:
        """Only a disposable load balancer can be deleted."""
        assert [False, True] == [stack.resource("aws_lb")["enable_deletion_protection"] for stack in (served, default)]


class TestAccessLogs:
    """Where requests are written down."""

    def test_bucket(self, served: Synthesized) -> None:
        """Each account has a bucket of its own."""
        assert "isms-staging-access-logs-956880242582" == served.resource("aws_s3_bucket")["bucket"]

    def test_enabled(self, served: Synthesized) -> None:
        """The logs go into the bucket."""
        bucket = f"${{{only(served, 'aws_s3_bucket')}.bucket}}"

        assert {"enabled": True, "bucket": bucket} == served.resource("aws_lb")["access_logs"]
        assert bucket == served.output("access_log_bucket_name")

    def test_bucket_lets_it_in_first(self, served: Synthesized) -> None:
        """ELB writes a test file when logging is switched on, so the bucket's policy comes before."""
        assert [only(served, "aws_s3_bucket_policy")] == served.resource("aws_lb")["depends_on"]

    def test_retention(self, served: Synthesized) -> None:
        """How long logs stay is a setting."""
        (rule,) = served.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

        assert [{"days": 30}] == rule["expiration"]

    def test_kept(self, default: Synthesized) -> None:
        """The logs of an environment that stays are not deleted with it."""
        assert default.resource("aws_s3_bucket")["force_destroy"] is False


class TestSecurityGroup:
    """Who reaches which port."""

    def test_group(self, served: Synthesized) -> None:
        """The load balancer has a group of its own, in the VPC of its subnets."""
        group = served.resource("aws_security_group")

        assert ("isms-staging-alb", "vpc-1") == (group["name"], group["vpc_id"])
        assert [f"${{{only(served, 'aws_security_group')}.id}}"] == served.resource("aws_lb")["security_groups"]

    def test_open(self, served: Synthesized) -> None:
        """Clients reach 80 and 443, testers 8443."""
        assert {
            (80, 80, "0.0.0.0/0"),
            (443, 443, "0.0.0.0/0"),
            (80, 80, "198.51.100.0/24"),
            (443, 443, "198.51.100.0/24"),
            (8443, 8443, OFFICE),
        } == opened(served)

    def test_rules_are_of_the_group(self, served: Synthesized) -> None:
        """Each rule is TCP, into the load balancer's group."""
        rules = served.resources("aws_vpc_security_group_ingress_rule").values()

        assert {("tcp", f"${{{only(served, 'aws_security_group')}.id}}")} == {
            (rule["ip_protocol"], rule["security_group_id"]) for rule in rules
        }

    def test_nobody_reaches_the_test_listener(self, default: Synthesized) -> None:
        """By default 8443 is closed."""
        assert {(80, 80, "0.0.0.0/0"), (443, 443, "0.0.0.0/0")} == opened(default)

    def test_no_egress(self, served: Synthesized) -> None:
        """The load balancer reaches nothing until a service adds a rule."""
        assert "egress" not in served.resource("aws_security_group")
        assert {} == served.resources("aws_vpc_security_group_egress_rule")

    def test_opens_last(self, served: Synthesized) -> None:
        """Nobody is let in before every listener speaks HTTPS."""
        listeners = {f"aws_lb_listener.{id_}" for id_ in served.resources("aws_lb_listener")}

        for rule in served.resources("aws_vpc_security_group_ingress_rule").values():
            assert listeners == set(rule["depends_on"])

    def test_closed(self, closed: Synthesized) -> None:
        """Nobody gets in while the listeners speak HTTP."""
        assert {"HTTP"} == {block["protocol"] for block in closed.resources("aws_lb_listener").values()}
        assert set() == opened(closed)

    def test_closed_without_the_test_listener(self) -> None:
        """Where there is no test listener its port is closed, whatever the settings say."""
        stack = build(test_listener=False, test_listener_cidrs=[OFFICE])

        assert {80, 443} == {port for port, _, _ in opened(stack)}


class TestResults:
    """What others need."""

    @pytest.mark.parametrize("attribute", ["arn", "arn_suffix", "dns_name", "zone_id"])
    def test_load_balancer(self, served: Synthesized, attribute: str) -> None:
        """Alarms, records and routes refer to the load balancer."""
        assert f"${{{only(served, 'aws_lb')}.{attribute}}}" == served.output(attribute)

    def test_security_group(self, served: Synthesized) -> None:
        """Services add their rules to the group."""
        assert f"${{{only(served, 'aws_security_group')}.id}}" == served.output("security_group_id")

    @pytest.mark.parametrize(("attribute", "port"), [("listener_arn", 443), ("test_listener_arn", 8443)])
    def test_listeners(self, served: Synthesized, attribute: str, port: int) -> None:
        """Routes refer to the listeners."""
        (id_,) = (id_ for id_, block in served.resources("aws_lb_listener").items() if port == block["port"])

        assert f"${{aws_lb_listener.{id_}.arn}}" == served.output(attribute)

    def test_no_test_listener(self) -> None:
        """Without a test listener there is no ARN of one."""
        assert "test_listener_arn" not in build(test_listener=False).document["output"]

    def test_ready(self, served: Synthesized) -> None:
        """Whoever sends somebody here waits for the listeners."""
        listeners = {f"${{aws_lb_listener.{id_}}}" for id_ in served.resources("aws_lb_listener")}

        assert listeners == set(served.output("ready"))

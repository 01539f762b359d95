"""The listeners as Terraform JSON: before the certificate is issued, after, and with a hosted zone."""

import pytest
from constructs import Construct

from modules.load_balancer.certificate import Certificate, DomainSettings
from modules.load_balancer.listeners import Listeners
from tests.support import Block, Synthesized, synth_scope

DOMAIN = "trust.demo.paythru.com"
WAITING = DomainSettings(domain_name=DOMAIN)
ISSUED = DomainSettings(domain_name=DOMAIN, certificate_issued=True)
IN_ZONE = DomainSettings(domain_name=DOMAIN, hosted_zone_id="Z0123456789ABC")


def build(domain: DomainSettings, *, test_listener: bool = True) -> Synthesized:
    """The listeners of a load balancer."""

    def declare(scope: Construct) -> None:
        Listeners(
            scope,
            "listeners",
            load_balancer_arn="arn:lb",
            certificate=Certificate(scope, "certificate", settings=domain),
            test_listener=test_listener,
            cloudfront_only=False,
        )

    return synth_scope(declare)


@pytest.fixture(scope="module")
def waiting() -> Synthesized:
    """The first apply without a hosted zone."""
    return build(WAITING)


@pytest.fixture(scope="module")
def issued() -> Synthesized:
    """After the operator made the validation record."""
    return build(ISSUED)


@pytest.fixture(scope="module")
def in_zone() -> Synthesized:
    """With a hosted zone."""
    return build(IN_ZONE)


def listener(stack: Synthesized, name: str) -> Block:
    """One listener by its own id."""
    (found,) = (block for id_, block in stack.resources("aws_lb_listener").items() if f"_{name}_" in id_)
    return found


def address(stack: Synthesized, name: str) -> str:
    """The address of a listener."""
    (found,) = (id_ for id_ in stack.resources("aws_lb_listener") if f"_{name}_" in id_)
    return f"aws_lb_listener.{found}"


@pytest.mark.parametrize("name", ["production", "test"])
def test_plain_while_waiting(waiting: Synthesized, name: str) -> None:
    """Without a certificate a listener speaks HTTP, and names neither certificate nor policy, which ELB refuses."""
    block = listener(waiting, name)

    assert "HTTP" == block["protocol"]
    assert not {"certificate_arn", "ssl_policy"} & set(block)


@pytest.mark.parametrize("name", ["production", "test"])
def test_https_when_issued(issued: Synthesized, name: str) -> None:
    """A listener speaks TLS 1.3 and 1.2 with the domain's certificate."""
    block = listener(issued, name)
    (certificate,) = issued.resources("aws_acm_certificate")

    assert ("HTTPS", "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", f"${{aws_acm_certificate.{certificate}.arn}}") == (
        block["protocol"],
        block["ssl_policy"],
        block["certificate_arn"],
    )


@pytest.mark.parametrize("name", ["production", "test"])
def test_uses_the_validated_certificate(in_zone: Synthesized, name: str) -> None:
    """With a hosted zone a listener waits for the certificate."""
    assert listener(in_zone, name)["certificate_arn"].startswith("${aws_acm_certificate_validation.")


@pytest.mark.parametrize(("name", "port"), [("production", 443), ("test", 8443)])
@pytest.mark.parametrize("attribute", ["port", "default_action", "load_balancer_arn"])
def test_becomes_https_in_place(
    waiting: Synthesized, issued: Synthesized, name: str, port: int, attribute: str
) -> None:
    """Address, port, load balancer and action stay when the certificate comes, so that rules stay too."""
    assert address(waiting, name) == address(issued, name)
    assert port == listener(issued, name)["port"]
    assert listener(waiting, name)[attribute] == listener(issued, name)[attribute]


def test_addresses_are_a_contract(issued: Synthesized) -> None:
    """A recreated listener loses its rules, and under CodeDeploy the traffic."""
    assert {
        "listeners_production_32A9B641",
        "listeners_test_2B7E00F2",
        "listeners_redirect_E56FD497",
    } == set(issued.resources("aws_lb_listener"))


@pytest.mark.parametrize("name", ["production", "test"])
def test_default_is_unavailable(issued: Synthesized, name: str) -> None:
    """What no service claims is answered with 503."""
    (action,) = listener(issued, name)["default_action"]

    assert ("fixed-response", "503") == (action["type"], action["fixed_response"]["status_code"])


def test_no_redirect_while_waiting(waiting: Synthesized) -> None:
    """Nobody is sent to a port that does not answer."""
    assert 2 == len(waiting.resources("aws_lb_listener"))


@pytest.mark.parametrize("stack", ["issued", "in_zone"])
def test_redirect(stack: str, request: pytest.FixtureRequest) -> None:
    """Port 80 sends everybody to HTTPS for good, once it answers."""
    synthesized: Synthesized = request.getfixturevalue(stack)
    redirect = listener(synthesized, "redirect")

    assert (80, "HTTP", [address(synthesized, "production")]) == (
        redirect["port"],
        redirect["protocol"],
        redirect["depends_on"],
    )
    assert [
        {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}}
    ] == redirect["default_action"]


def test_precondition(issued: Synthesized) -> None:
    """Who says too early that the certificate is issued gets one sentence that names the setting."""
    (certificate,) = issued.resources("aws_acm_certificate")
    status = f"aws_acm_certificate.{certificate}.status"

    assert [
        {
            "condition": f'${{{status} == "ISSUED"}}',
            "error_message": (
                f"The certificate for {DOMAIN} is ${{{status}}}, not ISSUED: create its validation record and wait "
                "before certificate_issued is True."
            ),
        }
    ] == listener(issued, "production")["lifecycle"]["precondition"]


def test_precondition_speaks_for_both(issued: Synthesized) -> None:
    """The test listener comes after the other one, so that the sentence is said once."""
    assert [address(issued, "production")] == listener(issued, "test")["depends_on"]
    assert "lifecycle" not in listener(issued, "test")


@pytest.mark.parametrize("stack", ["waiting", "in_zone"])
def test_no_precondition_when_nobody_claims(stack: str, request: pytest.FixtureRequest) -> None:
    """Without the setting nothing is checked: there is no certificate yet, or Terraform waits for it."""
    assert "lifecycle" not in listener(request.getfixturevalue(stack), "production")


def test_test_listener_is_an_argument() -> None:
    """Without blue/green there is no test listener."""
    assert [443, 80] == [
        block["port"] for block in build(ISSUED, test_listener=False).resources("aws_lb_listener").values()
    ]

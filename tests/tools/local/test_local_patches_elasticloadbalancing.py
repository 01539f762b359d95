"""Each closed gap of certificates and load balancers, seen through an SDK: one test a patch."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

PENDING = "trust.demo.paythru.com"
VALIDATED = "trust.paythru.com"


@pytest.fixture(scope="module")
def load_balancer(client: Client) -> str:
    """Create a load balancer; answer its ARN."""
    subnets = client("ec2").describe_subnets()["Subnets"]
    made = client("elbv2").create_load_balancer(Name="routes", Subnets=[subnet["SubnetId"] for subnet in subnets])
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def request(client: Client, domain: str) -> dict[str, Any]:
    """Request a certificate; answer it as ACM describes it."""
    acm = client("acm")
    arn = acm.request_certificate(DomainName=domain, ValidationMethod="DNS")["CertificateArn"]
    certificate: dict[str, Any] = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    return certificate


def validate(client: Client, certificate: dict[str, Any]) -> None:
    """Create the validation record of a certificate."""
    route53 = client("route53")
    (zone, *_) = route53.list_hosted_zones()["HostedZones"] or [
        route53.create_hosted_zone(Name=VALIDATED, CallerReference="certificates")["HostedZone"]
    ]
    (option,) = certificate["DomainValidationOptions"]
    wanted = option["ResourceRecord"]
    record = {"Name": wanted["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": wanted["Value"]}]}
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch=changes)


def test_acm_request_certificate(client: Client) -> None:
    """A certificate is not issued before its domain is validated."""
    certificate = request(client, PENDING)

    assert "PENDING_VALIDATION" == certificate["Status"]
    assert ["PENDING_VALIDATION"] == [o["ValidationStatus"] for o in certificate["DomainValidationOptions"]]


def test_elb_create_listener(client: Client, load_balancer: str) -> None:
    """A load balancer refuses a certificate that is not issued."""
    arn = request(client, PENDING)["CertificateArn"]

    with pytest.raises(ClientError, match="UnsupportedCertificate"):
        client("elbv2").create_listener(
            LoadBalancerArn=load_balancer,
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": arn}],
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
        )


def test_elb_modify_rule(client: Client, load_balancer: str) -> None:
    """A rule keeps the weights of its target groups, and without weights all goes to its one target group."""
    elb = client("elbv2")
    blue, green = (
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80)["TargetGroups"][0]["TargetGroupArn"]
        for name in ("blue", "green")
    )
    listener = elb.create_listener(
        LoadBalancerArn=load_balancer,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": blue}],
    )["Listeners"][0]
    (rule,) = elb.create_rule(
        ListenerArn=listener["ListenerArn"],
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": blue}],
    )["Rules"]
    shares = [{"TargetGroupArn": green, "Weight": 100}, {"TargetGroupArn": blue, "Weight": 0}]
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}])
    (modified,) = elb.describe_rules(RuleArns=[rule["RuleArn"]])["Rules"]

    assert [[{"TargetGroupArn": blue, "Weight": 1}], shares] == [
        each["Actions"][0]["ForwardConfig"]["TargetGroups"] for each in (rule, modified)
    ]


def test_elb_delete_load_balancer(client: Client) -> None:
    """A protected load balancer stays until its protection is lifted."""
    elb = client("elbv2")
    subnets = [subnet["SubnetId"] for subnet in client("ec2").describe_subnets()["Subnets"]]
    arn = elb.create_load_balancer(Name="protected", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection])

    with pytest.raises(ClientError, match="OperationNotPermitted"):
        elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection | {"Value": "false"}])
    elb.delete_load_balancer(LoadBalancerArn=arn)

    assert arn not in [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]]


def test_elb_describe_rules(client: Client, load_balancer: str) -> None:
    """A rule names one target group beside the weights only when there is just one."""
    elb = client("elbv2")
    groups = [
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80)["TargetGroups"][0]["TargetGroupArn"]
        for name in ("one", "other")
    ]
    listener = elb.create_listener(
        LoadBalancerArn=load_balancer,
        Port=81,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": groups[0]}],
    )["Listeners"][0]["ListenerArn"]
    found = []
    for number in (1, 2):
        shares = [{"TargetGroupArn": arn, "Weight": 1} for arn in groups[:number]]
        elb.modify_listener(
            ListenerArn=listener, DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}]
        )
        (described,) = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
        found.append(described["DefaultActions"][0].get("TargetGroupArn"))

    assert [groups[0], None] == found


def test_acm_describe_certificate(client: Client) -> None:
    """A certificate is issued once its validation record exists."""
    certificate = request(client, VALIDATED)
    validate(client, certificate)

    issued = client("acm").describe_certificate(CertificateArn=certificate["CertificateArn"])["Certificate"]

    assert "ISSUED" == issued["Status"]

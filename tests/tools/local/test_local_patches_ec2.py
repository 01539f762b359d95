"""EC2's closed gaps that networks need, seen through an SDK: one test a patch."""

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Client = Callable[..., Any]

POLICY = {"Statement": [{"Action": "s3:*", "Effect": "Allow", "Principal": "*", "Resource": "a&b<c>"}]}
FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}


@pytest.fixture
def vpc_id(client: Client) -> str:
    """Find the default VPC."""
    return str(client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"])


def endpoint(client: Client, vpc_id: str, **more: str) -> str:
    """Make an S3 endpoint and answer its id."""
    made = client("ec2").create_vpc_endpoint(VpcId=vpc_id, ServiceName="com.amazonaws.us-east-1.s3", **more)
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def policy(client: Client, endpoint_id: str) -> object:
    """Read an endpoint's policy back."""
    (found,) = client("ec2").describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"]
    return json.loads(found["PolicyDocument"])


def test_ec2_create_vpc_endpoint_with_policy(client: Client, vpc_id: str) -> None:
    """An endpoint keeps the policy that it was made with."""
    assert POLICY == policy(client, endpoint(client, vpc_id, PolicyDocument=json.dumps(POLICY)))


def test_ec2_create_vpc_endpoint_without_policy(client: Client, vpc_id: str) -> None:
    """An endpoint without a policy has the one that allows everything."""
    assert FULL_ACCESS == policy(client, endpoint(client, vpc_id))


def test_ec2_modify_vpc_endpoint_policy(client: Client, vpc_id: str) -> None:
    """A policy can be changed, and taken away again."""
    endpoint_id = endpoint(client, vpc_id)

    client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint_id, PolicyDocument=json.dumps(POLICY))
    changed = policy(client, endpoint_id)
    client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint_id, ResetPolicy=True)

    assert (POLICY, FULL_ACCESS) == (changed, policy(client, endpoint_id))


def test_ec2_authorize_security_group_egress_to_prefix_list(client: Client, vpc_id: str) -> None:
    """A rule keeps its prefix list, in the group and as a rule."""
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName="prefix-list", Description="d", VpcId=vpc_id)["GroupId"]
    given = {"PrefixListId": "pl-1", "Description": "S3"}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [given]}
    made = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"]

    (found,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made[0]["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]
    (held,) = [
        permission["PrefixListIds"]
        for permission in ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
        if permission["IpProtocol"] == "tcp"
    ]
    assert ("pl-1", "S3") == (found["PrefixListId"], found["Description"])
    assert [given] == held

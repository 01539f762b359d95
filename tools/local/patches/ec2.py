"""EC2, in ministack."""

import re
from typing import Any, cast
from xml.sax.saxutils import escape

from ministack.services import ec2  # type: ignore[import-untyped]

from tools.local.patches.ministack import Params, Response, members

Record = dict[str, Any]

FLOW_LOG_FIELDS = {
    "DeliverLogsPermissionArn": "deliverLogsPermissionArn",
    "LogFormat": "logFormat",
    "MaxAggregationInterval": "maxAggregationInterval",
}
FLOW_LOG_DEFAULTS = {
    "LogFormat": "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}",
    "MaxAggregationInterval": "600",
}
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html"""

ENDPOINT_POLICY = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'
"""https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"""

_strip_descriptions = ec2._strip_descriptions
_parse_ip_permissions = ec2._parse_ip_permissions
_sg_rule_xml = ec2._sg_rule_xml
_create_vpc_endpoint = ec2._create_vpc_endpoint
_modify_vpc_endpoint = ec2._modify_vpc_endpoint
_vpce_fields_xml = ec2._vpce_fields_xml
_create_flow_logs = ec2._create_flow_logs
_describe_flow_logs = ec2._describe_flow_logs


def revoke_security_group_egress(rule: Record) -> Record:
    """
    Reduce a rule to what makes it the same rule: a rule for all protocols has no ports, whatever the caller sends.

    Without this the default egress rule stays when the provider revokes it with ports 0 to 0, and the rule that a
    stack adds in its place loses its tags.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    kept: Record = _strip_descriptions(rule)
    if kept.get("IpProtocol") == "-1":
        return {key: value for key, value in kept.items() if key not in {"FromPort", "ToPort"}}
    return kept


def authorize_security_group_egress(params: Params, prefix: str) -> list[Record]:
    """
    Read the prefix lists of a rule too, which are a destination as good as a CIDR.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    rules = cast(list[Record], _parse_ip_permissions(params, prefix))
    for position, rule in enumerate(rules, start=1):
        number = 1
        while given := ec2._p(params, f"{prefix}.{position}.PrefixListIds.{number}.PrefixListId"):
            entry = {"PrefixListId": given}
            if description := ec2._p(params, f"{prefix}.{position}.PrefixListIds.{number}.Description"):
                entry["Description"] = description
            rule["PrefixListIds"].append(entry)
            number += 1
    return rules


def describe_security_group_rules(group_id: str, rule: Record, is_egress: bool = False) -> str:
    """Answer the prefix list of a rule that has one, which is its only destination."""
    items = cast(str, _sg_rule_xml(group_id, rule, is_egress=is_egress))
    for entry in rule.get("PrefixListIds", []):
        items = items.replace("<item>", f"<item><prefixListId>{entry['PrefixListId']}</prefixListId>", 1)
    return items


def create_vpc_endpoint(params: Params) -> Response:
    """Remember the policy of an endpoint, its security groups and whether it has private DNS."""
    _, _, body = cast(tuple[int, dict[str, str], bytes], _create_vpc_endpoint(params))
    (endpoint_id,) = re.findall(r"<vpcEndpointId>(.*?)<", _text(body))
    record = ec2._vpc_endpoints[endpoint_id]
    record["Groups"] = members(params, "SecurityGroupId", "")
    record["PrivateDns"] = ec2._p(params, "PrivateDnsEnabled") or "false"
    record["PolicyDocument"] = ec2._p(params, "PolicyDocument") or ENDPOINT_POLICY
    return cast(Response, ec2._xml(200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(record, tag="vpcEndpoint")))


def modify_vpc_endpoint(params: Params) -> Response:
    """Change the security groups and the private DNS of an endpoint, or give it the default policy again."""
    record = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
    if record:
        removed = members(params, "RemoveSecurityGroupId", "")
        kept = [group for group in record.get("Groups", []) if group not in removed]
        record["Groups"] = [*kept, *members(params, "AddSecurityGroupId", "")]
        record["PrivateDns"] = ec2._p(params, "PrivateDnsEnabled") or record.get("PrivateDns", "false")
        if ec2._p(params, "ResetPolicy") == "true":
            record["PolicyDocument"] = ENDPOINT_POLICY
    return cast(Response, _modify_vpc_endpoint(params))


def describe_vpc_endpoints(record: Record, tag: str = "item") -> str:
    """Answer what `create_vpc_endpoint` remembers."""
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in record.get("Groups", []))
    more = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{record.get('PrivateDns', 'false')}</privateDnsEnabled>"
    more += f"<policyDocument>{escape(record.get('PolicyDocument', ENDPOINT_POLICY))}</policyDocument>"
    return cast(str, _vpce_fields_xml(record, tag)).removesuffix(f"</{tag}>") + f"{more}</{tag}>"


def create_flow_logs(params: Params) -> Response:
    """Remember role, format, interval and tags of a flow log."""
    response: Response = _create_flow_logs(params)
    for log_id in re.findall(r"<item>(fl-.*?)</item>", _text(response[2])):
        given = {field: ec2._p(params, field) or FLOW_LOG_DEFAULTS.get(field, "") for field in FLOW_LOG_FIELDS}
        ec2._flow_logs[log_id].update(given)
        ec2._parse_tag_specs(params, "vpc-flow-log", log_id)
    return response


def describe_flow_logs(params: Params) -> Response:
    """Answer what `create_flow_logs` remembers."""
    status, headers, body = cast(Response, _describe_flow_logs(params))

    def more(found: re.Match[str]) -> str:
        record = ec2._flow_logs[found[1]]
        return found[0] + "".join(f"<{tag}>{record[field]}</{tag}>" for field, tag in FLOW_LOG_FIELDS.items())

    return status, headers, re.sub(r"<flowLogId>(.*?)</flowLogId>", more, _text(body)).encode()


def _text(body: bytes | str) -> str:
    return body.decode() if isinstance(body, bytes) else body


def apply() -> None:
    """Patch the service."""
    ec2._strip_descriptions = revoke_security_group_egress
    ec2._parse_ip_permissions = authorize_security_group_egress
    ec2._sg_rule_xml = describe_security_group_rules
    ec2._vpce_fields_xml = describe_vpc_endpoints
    ec2._ACTION_MAP |= {
        "CreateVpcEndpoint": create_vpc_endpoint,
        "ModifyVpcEndpoint": modify_vpc_endpoint,
        "CreateFlowLogs": create_flow_logs,
        "DescribeFlowLogs": describe_flow_logs,
    }

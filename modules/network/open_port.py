"""One port between two security groups, open on both sides."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct


def open_port(
    scope: Construct,
    caller: str,
    *,
    port: int,
    called_security_group_id: str,
    called_description: str,
    caller_security_group_id: str,
) -> list[ITerraformDependable]:
    """
    Let the members of one security group reach a TCP port of the members of another.

    Both sides need a rule, as a group of this project lets nothing out that nobody asked for (Amazon VPC User Guide,
    "Security group rules": a group without outbound rules allows no outbound traffic). The rules stand in the scope of
    the part that is called, under the ids `from_<caller>` and `<caller>_out`.

    :param caller: who calls, such as `load_balancer`; unique in the scope
    :param called_description: who is called, in the words of the caller's rule
    :return: the rules, without which a task neither connects nor is reached, for `depends_on`
    """
    into = VpcSecurityGroupIngressRule(
        scope,
        f"from_{caller}",
        security_group_id=called_security_group_id,
        description=f"The {caller.replace('_', ' ')}",
        referenced_security_group_id=caller_security_group_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
    )
    out_of = VpcSecurityGroupEgressRule(
        scope,
        f"{caller}_out",
        security_group_id=caller_security_group_id,
        description=called_description,
        referenced_security_group_id=called_security_group_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
    )
    return [into, out_of]

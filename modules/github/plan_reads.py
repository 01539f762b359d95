"""
What `terraform plan` reads in AWS, by Terraform's types: the calls that hashicorp/aws makes to refresh one.

Reads are `_anywhere` where AWS has no resource type for the actions (docs.aws.amazon.com/service-authorization). The
`{…}` are what `modules/github/plan_permissions.py` fills in. A test holds the stacks against this table: a type that is
not here fails it.
"""

from dataclasses import dataclass

from modules.cdn.edge import EDGE_REGION


@dataclass(frozen=True, kw_only=True)
class Read:
    """Some types of Terraform, and what reading them takes."""

    types: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]


def _read(types: str, service: str, actions: str, *resources: str) -> Read:
    return Read(
        types=tuple(f"aws_{name}" for name in types.split()),
        actions=tuple(f"{service}:{name}" for name in actions.split()),
        resources=resources,
    )


def _anywhere(types: str, service: str, actions: str) -> Read:
    return _read(types, service, actions, "*")


_HERE = "{region}:{account_id}"
_EDGE = f"{EDGE_REGION}:{{edge_account_id}}"
"""Where all lives that belongs to CloudFront (`modules/cdn/edge.py`), for stacks that have a distribution."""

NOTHING_READ = (
    "aws_caller_identity",
    "aws_iam_policy_document",
    "aws_partition",
    "aws_region",
    "terraform_data",
)
"""Types that need no permission."""

_NETWORK = (
    _anywhere(
        "vpc default_route_table default_network_acl network_acl",
        "ec2",
        "DescribeVpcs DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups",
    ),
    _read("vpc", "ec2", "DescribeVpcAttribute", f"arn:aws:ec2:{_HERE}:vpc/*"),
    _anywhere("subnet subnets availability_zones", "ec2", "DescribeSubnets DescribeAvailabilityZones"),
    _anywhere("internet_gateway", "ec2", "DescribeInternetGateways"),
    _anywhere("nat_gateway eip", "ec2", "DescribeNatGateways DescribeAddresses DescribeAddressesAttribute"),
    _anywhere("route route_table route_table_association", "ec2", "DescribeRouteTables"),
    _anywhere("vpc_endpoint vpc_endpoint_route_table_association", "ec2", "DescribeVpcEndpoints DescribePrefixLists"),
    _anywhere("prefix_list ec2_managed_prefix_list", "ec2", "DescribePrefixLists DescribeManagedPrefixLists"),
    # Lists of AWS's own, such as that of CloudFront's addresses, belong to an account that is called so.
    _read("ec2_managed_prefix_list", "ec2", "GetManagedPrefixListEntries", "arn:aws:ec2:{region}:aws:prefix-list/*"),
    _anywhere("flow_log", "ec2", "DescribeFlowLogs"),
    _anywhere("security_group default_security_group", "ec2", "DescribeSecurityGroups"),
    _anywhere("vpc_security_group_ingress_rule vpc_security_group_egress_rule", "ec2", "DescribeSecurityGroupRules"),
    _anywhere(
        "lb lb_target_group lb_listener lb_listener_rule",
        "elasticloadbalancing",
        "DescribeCapacityReservation DescribeListenerAttributes DescribeListeners DescribeLoadBalancerAttributes"
        " DescribeLoadBalancers DescribeRules DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups",
    ),
    # The ids of certificates, namespaces and their services are AWS's choice.
    _read(
        "acm_certificate acm_certificate_validation",
        "acm",
        "DescribeCertificate ListTagsForCertificate",
        f"arn:aws:acm:{_HERE}:certificate/*",
        f"arn:aws:acm:{_EDGE}:certificate/*",
    ),
    _read(
        "route53_record route53_zone",
        "route53",
        "GetHostedZone ListResourceRecordSets ListTagsForResource",
        "arn:aws:route53:::hostedzone/{hosted_zone_id}",
    ),
    _read(
        "service_discovery_http_namespace service_discovery_private_dns_namespace service_discovery_service",
        "servicediscovery",
        "GetNamespace GetService",
        f"arn:aws:servicediscovery:{_HERE}:namespace/*",
        f"arn:aws:servicediscovery:{_HERE}:service/*",
    ),
    _anywhere(
        "service_discovery_http_namespace service_discovery_private_dns_namespace service_discovery_service",
        "servicediscovery",
        "ListTagsForResource",
    ),
)

_EDGES = (
    _read("cloudfront_distribution", "cloudfront", "GetDistribution ListTagsForResource", "{distribution_arn}"),
    # The ids of all but functions are CloudFront's choice.
    _read(
        "cloudfront_cache_policy cloudfront_function cloudfront_origin_access_control"
        " cloudfront_response_headers_policy",
        "cloudfront",
        "DescribeFunction GetCachePolicy GetFunction GetOriginAccessControl GetResponseHeadersPolicy",
        "arn:aws:cloudfront::{edge_account_id}:cache-policy/*",
        "arn:aws:cloudfront::{edge_account_id}:function/{name}*",
        "arn:aws:cloudfront::{edge_account_id}:origin-access-control/*",
        "arn:aws:cloudfront::{edge_account_id}:response-headers-policy/*",
    ),
    _read(
        "cloudwatch_log_delivery cloudwatch_log_delivery_destination cloudwatch_log_delivery_source",
        "logs",
        "GetDelivery GetDeliveryDestination GetDeliverySource ListTagsForResource",
        f"arn:aws:logs:{_EDGE}:delivery:*",
        f"arn:aws:logs:{_EDGE}:delivery-destination:{{name}}*",
        f"arn:aws:logs:{_EDGE}:delivery-source:{{name}}*",
    ),
    _read(
        "wafv2_web_acl wafv2_web_acl_logging_configuration",
        "wafv2",
        "GetLoggingConfiguration GetWebACL ListTagsForResource",
        f"arn:aws:wafv2:{_EDGE}:global/webacl/{{name}}*",
    ),
)

_CONTAINERS = (
    _anywhere("ecs_task_definition", "ecs", "DescribeTaskDefinition"),
    _read(
        "ecs_cluster ecs_cluster_capacity_providers ecs_service",
        "ecs",
        "DescribeClusters DescribeServices ListTagsForResource",
        f"arn:aws:ecs:{_HERE}:cluster/{{name}}*",
        f"arn:aws:ecs:{_HERE}:service/{{name}}*",
    ),
    _anywhere(
        "appautoscaling_target appautoscaling_policy",
        "application-autoscaling",
        "DescribeScalableTargets DescribeScalingPolicies",
    ),
    _read(
        "appautoscaling_target",
        "application-autoscaling",
        "ListTagsForResource",
        f"arn:aws:application-autoscaling:{_HERE}:scalable-target/*",
    ),
    _read(
        "codedeploy_app codedeploy_deployment_group codedeploy_deployment_config",
        "codedeploy",
        "GetApplication GetDeploymentConfig GetDeploymentGroup ListTagsForResource",
        f"arn:aws:codedeploy:{_HERE}:application:{{name}}*",
        f"arn:aws:codedeploy:{_HERE}:deploymentconfig:{{name}}*",
        f"arn:aws:codedeploy:{_HERE}:deploymentgroup:{{name}}*",
    ),
    _read(
        "ecr_repository ecr_lifecycle_policy ecr_repository_policy",
        "ecr",
        "DescribeRepositories GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource",
        "{repository_arn}",
    ),
    _read(
        "iam_role iam_role_policy iam_role_policy_attachment",
        "iam",
        "GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies",
        "arn:aws:iam::{account_id}:role/{name}*",
    ),
    _read(
        "iam_policy", "iam", "GetPolicy GetPolicyVersion ListPolicyVersions", "arn:aws:iam::{account_id}:policy/{name}*"
    ),
    _read("iam_openid_connect_provider", "iam", "GetOpenIDConnectProvider", "{provider_arn}"),
)

_DATA = (
    _read(
        "rds_cluster rds_cluster_instance rds_cluster_parameter_group db_parameter_group db_subnet_group",
        "rds",
        "DescribeDBClusterParameterGroups DescribeDBClusterParameters DescribeDBClusters DescribeDBInstances"
        " DescribeDBParameterGroups DescribeDBParameters DescribeDBSubnetGroups ListTagsForResource",
        *(f"arn:aws:rds:{_HERE}:{kind}:{{name}}*" for kind in ("cluster", "cluster-pg", "db", "pg", "subgrp")),
    ),
    # The provider looks whether the cluster is part of a global one, by asking for all.
    _read("rds_cluster", "rds", "DescribeGlobalClusters", "arn:aws:rds::{account_id}:global-cluster:*"),
    # Not GetSecretValue: from 6.26.0 on the provider lists the versions of a write-only secret instead (its pull
    # request 44876). An older one asks for the value of a secret version and is refused.
    _read(
        "secretsmanager_secret secretsmanager_secret_version",
        "secretsmanager",
        "DescribeSecret GetResourcePolicy ListSecretVersionIds",
        "{secret_arn}",
    ),
    # Every plan opens an ephemeral resource; this one makes a random string, which nobody keeps.
    _anywhere("secretsmanager_random_password", "secretsmanager", "GetRandomPassword"),
    _anywhere("ssm_parameter", "ssm", "DescribeParameters"),
    _read(
        "ssm_parameter ssm_parameters_by_path",
        "ssm",
        "GetParameter GetParameters GetParametersByPath ListTagsForResource",
        f"arn:aws:ssm:{_HERE}:parameter/{{stack}}/*",
    ),
    _read(
        "s3_bucket s3_bucket_acl s3_bucket_lifecycle_configuration s3_bucket_logging s3_bucket_ownership_controls"
        " s3_bucket_policy s3_bucket_public_access_block s3_bucket_server_side_encryption_configuration"
        " s3_bucket_versioning",
        "s3",
        "GetAccelerateConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging"
        " GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock"
        " GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration"
        " GetLifecycleConfiguration GetReplicationConfiguration ListBucket ListTagsForResource",
        "{bucket_arn}",
    ),
)

_WATCHING = (
    _anywhere(
        "cloudwatch_log_group cloudwatch_log_resource_policy", "logs", "DescribeLogGroups DescribeResourcePolicies"
    ),
    _read(
        "cloudwatch_log_group",
        "logs",
        "ListTagsForResource",
        f"arn:aws:logs:{_HERE}:log-group:*{{name}}*",
        f"arn:aws:logs:{_EDGE}:log-group:*{{name}}*",
    ),
    # Whatever alarms are asked for, AWS checks this pattern: aws-samples/amazon-cloudwatch-auto-alarms#1.
    _read(
        "cloudwatch_metric_alarm cloudwatch_composite_alarm",
        "cloudwatch",
        "DescribeAlarms ListTagsForResource",
        f"arn:aws:cloudwatch:{_HERE}:alarm:*",
    ),
    _read("cloudwatch_dashboard", "cloudwatch", "GetDashboard", "arn:aws:cloudwatch::{account_id}:dashboard/{name}*"),
    _read(
        "sns_topic sns_topic_policy", "sns", "GetTopicAttributes ListTagsForResource", f"arn:aws:sns:{_HERE}:{{name}}*"
    ),
    _anywhere("sns_topic_subscription", "sns", "GetSubscriptionAttributes"),
    _read(
        "budgets_budget", "budgets", "ListTagsForResource ViewBudget", "arn:aws:budgets::{account_id}:budget/{name}*"
    ),
)

READS: tuple[Read, ...] = (*_NETWORK, *_EDGES, *_CONTAINERS, *_DATA, *_WATCHING)

"""Physical names: the one place that knows how long AWS lets a name be."""

import hashlib
from typing import Literal

Kind = Literal[
    "alarm",
    "auto_scaling_group",
    "backup_plan",
    "backup_selection",
    "backup_vault",
    "bucket",
    "budget",
    "cache",
    "cache_policy",
    "cloudfront_function",
    "codedeploy",
    "command_document",
    "dashboard",
    "db_cluster",
    "db_instance",
    "instance_profile",
    "launch_template",
    "load_balancer",
    "log_delivery",
    "origin_access_control",
    "parameter_group",
    "response_headers_policy",
    "role",
    "schedule_group",
    "security_group",
    "subnet_group",
    "target_group",
    "topic",
    "web_acl",
]

_LONGEST: dict[Kind, int] = {
    "alarm": 255,
    "auto_scaling_group": 255,
    "backup_plan": 50,
    "backup_selection": 50,
    "backup_vault": 50,
    "bucket": 63,
    "budget": 100,
    "cache": 40,
    "cache_policy": 128,
    "cloudfront_function": 64,
    "codedeploy": 100,
    "command_document": 128,
    "dashboard": 255,
    "db_cluster": 63,
    "db_instance": 63,
    "instance_profile": 128,
    "launch_template": 128,
    "load_balancer": 32,
    "log_delivery": 60,
    "origin_access_control": 64,
    "parameter_group": 255,
    "response_headers_policy": 128,
    "role": 64,
    "schedule_group": 64,
    "security_group": 255,
    "subnet_group": 255,
    "target_group": 32,
    "topic": 256,
    "web_acl": 128,
}
"""
Characters: S3 "Bucket naming rules"; ELBv2 CreateLoadBalancer, CreateTargetGroup; IAM CreateRole;
CloudWatch PutMetricAlarm, PutDashboard; Budgets CreateBudget; SNS CreateTopic;
EC2 CreateSecurityGroup; CodeDeploy quotas (an application, a deployment group, a deployment configuration);
CloudFront OriginAccessControlConfig, CreateFunction; for its cache and response headers policies AWS names no limit,
and aws-cdk keeps to this one (CachePolicy, ResponseHeadersPolicy);
EventBridge Scheduler CreateScheduleGroup;
CloudWatch Logs PutDeliverySource, PutDeliveryDestination; WAFV2 CreateWebACL;
RDS CreateDBCluster, CreateDBInstance, CreateDBClusterParameterGroup, CreateDBSubnetGroup;
ElastiCache CreateReplicationGroup, whose limit its users and user groups share;
EC2 Auto Scaling CreateAutoScalingGroup; EC2 CreateLaunchTemplate; IAM CreateInstanceProfile;
Systems Manager CreateDocument; AWS Backup CreateBackupVault, BackupPlanInput, BackupSelection.
"""

_HASH_LENGTH = 6


def physical_name(kind: Kind, *parts: str) -> str:
    """
    Join the parts with hyphens; a name that is too long is cut, and ends in a hash of all of it so as to stay unique.

    >>> physical_name("target_group", "nocomelon", "dev")
    'nocomelon-dev'
    """
    name = "-".join(parts)
    return name if len(name) <= _LONGEST[kind] else _cut(kind, name, name)


def generation_name(kind: Kind, *parts: str, replaced_by: tuple[object, ...]) -> str:
    """
    Name a resource that is created anew before its predecessor is destroyed, when both need a name.

    :param replaced_by: every attribute whose change replaces the resource; a change of one changes the name
    """
    name = "-".join(parts)
    return _cut(kind, name, f"{name} {replaced_by!r}")


def _cut(kind: Kind, name: str, hashed: str) -> str:
    suffix = hashlib.sha256(hashed.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: _LONGEST[kind] - _HASH_LENGTH - 1].rstrip('-')}-{suffix}"

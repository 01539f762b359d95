"""
The emulators' gaps, closed.

One module an AWS service, by its signing name, or one a part of it; one function a gap, named after the API call.
"""


def apply() -> None:
    """Patch both emulators. They must be configured before, as this imports them."""
    from tools.local.patches import (
        acm,
        application_autoscaling,
        autoscaling,
        autoscaling_instances,
        autoscaling_policies,
        autoscaling_refresh,
        cloudfront,
        codedeploy,
        codedeploy_deployments,
        ec2,
        ec2_instances,
        ecr,
        ecs,
        ecs_task_sets,
        ecs_tasks,
        elasticache,
        elasticache_nodes,
        elasticfilesystem,
        elasticloadbalancing,
        ministack,
        monitoring,
        rds,
        rds_instances,
        route53,
        secretsmanager,
        servicediscovery,
        ssm,
        ssm_commands,
        ssm_documents,
        wafv2,
    )

    in_ministack = (
        acm,
        autoscaling,
        autoscaling_instances,
        autoscaling_policies,
        autoscaling_refresh,
        cloudfront,
        ec2,
        ec2_instances,
        ecr,
        ecs,
        ecs_task_sets,
        ecs_tasks,
        elasticache,
        elasticache_nodes,
        elasticfilesystem,
        elasticloadbalancing,
        rds,
        rds_instances,
        route53,
        secretsmanager,
        servicediscovery,
        ssm,
        ssm_commands,
        ssm_documents,
        wafv2,
    )
    in_moto = (application_autoscaling, codedeploy, codedeploy_deployments, monitoring)
    for module in (ministack, *in_ministack, *in_moto):
        module.apply()

"""
NoComelon: one FastAPI task on Fargate behind a public load balancer, with a bucket for what it generates.

One flat file on purpose: the whole system can be read from top to bottom. It lives in the account's default VPC,
without NAT, speaks HTTP and runs one task; HTTPS and autoscaling are settings that are off. Terraform owns the image
(`deploy_mode` "terraform"): `cdktf deploy dev --var image_tag=<tag>`.
"""

import json
from typing import Annotated

from cdktf import (
    Fn,
    Op,
    Postcondition,
    TerraformLocal,
    TerraformOutput,
    TerraformResourceLifecycle,
    TerraformStack,
    TerraformVariable,
    Token,
)
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.data_aws_ssm_parameters_by_path import DataAwsSsmParametersByPath
from cdktf_cdktf_provider_aws.data_aws_subnets import DataAwsSubnets, DataAwsSubnetsFilter
from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import EcrRepository, EcrRepositoryImageScanningConfiguration
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceCapacityProviderStrategy,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup, LbTargetGroupHealthCheck
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA, S3BucketVersioningVersioningConfiguration
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct
from pydantic import Field, ValidationInfo, field_validator

from modules.fargate.size import Cpu, MemoryMib, check_memory
from modules.names import generation_name, physical_name
from modules.settings import Settings, mistake
from modules.types import (
    CertificateArn,
    DomainName,
    ImageTag,
    LogRetentionDays,
    Percent,
    SecretRecoveryDays,
    UrlPath,
)
from stacks.environment import EnvironmentSettings, declare_environment, is_disposable

_APP = "nocomelon"
_API_KEYS = {"OPENAI_API_KEY": "openai-api-key", "ELEVENLABS_API_KEY": "elevenlabs-api-key"}
_CONTAINER_PORT = 8000
_CONTAINER_USER = "10001:10001"
_KEEP_IMAGES = 100  # ECR does not know which image runs, so the limit must outlast every pause between deploys.
_KEEP_UNTAGGED_DAYS = 7
_KEEP_NONCURRENT_DAYS = 30
_KEEP_INCOMPLETE_UPLOAD_DAYS = 7
_DEREGISTRATION_DELAY_S = 30
_HEALTH_CHECK_GRACE_S = 60
_SCRATCH = "scratch"


class HttpsSettings(Settings):
    """HTTPS on port 443, with port 80 redirected to it. The name's DNS record is made by its owner."""

    domain_name: DomainName
    certificate_arn: CertificateArn
    """A certificate for the domain, issued in the stack's own region and account."""


class AutoscalingSettings(Settings):
    """Target tracking on the service's average CPU utilization."""

    min_capacity: Annotated[int, Field(ge=1, le=100)] = 1
    max_capacity: Annotated[int, Field(ge=1, le=100)]
    cpu_target_percent: Percent = 70

    @field_validator("max_capacity")
    @classmethod
    def _not_below_min(cls, max_capacity: int, info: ValidationInfo) -> int:
        if max_capacity < info.data.get("min_capacity", 0):
            raise mistake(f"must be at least min_capacity, {info.data['min_capacity']}")
        return max_capacity


class NoComelonSettings(EnvironmentSettings):
    """NoComelon's environment. The defaults are the design's."""

    cpu: Cpu = 512
    memory_mib: MemoryMib = 1024
    desired_count: Annotated[int, Field(ge=1, le=10)] = 1
    health_check_path: UrlPath = "/health"
    image_tag: ImageTag | None = None
    """What the variable `image_tag` is when nobody sets it. None: the image that was deployed last."""

    log_retention_days: LogRetentionDays = 30
    secret_recovery_days: SecretRecoveryDays = 0
    """How long a deleted API key can be restored, unless the environment is disposable."""

    https: HttpsSettings | None = None
    autoscaling: AutoscalingSettings | None = None

    @field_validator("memory_mib")
    @classmethod
    def _memory_fits_cpu(cls, memory_mib: int, info: ValidationInfo) -> int:
        return check_memory(memory_mib, info.data.get("cpu"))

    @field_validator("autoscaling")
    @classmethod
    def _starts_within_bounds(
        cls, autoscaling: AutoscalingSettings | None, info: ValidationInfo
    ) -> AutoscalingSettings | None:
        count = info.data.get("desired_count")
        if autoscaling is not None and count is not None and count > autoscaling.max_capacity:
            raise mistake(f"must have a max_capacity of at least desired_count, {count}")
        return autoscaling

    @field_validator("https")
    @classmethod
    def _certificate_is_local(cls, https: HttpsSettings | None, info: ValidationInfo) -> HttpsSettings | None:
        home = f":acm:{info.data.get('region')}:{info.data.get('account_id')}:"
        if https is not None and home not in https.certificate_arn:
            raise mistake(f"must have a certificate_arn of the stack's own region and account (…{home}…)")
        return https


class NoComelonStack(TerraformStack):
    """NoComelon: repository, bucket, secrets, load balancer and one Fargate service in the default VPC."""

    def __init__(self, scope: Construct, id_: str, *, settings: NoComelonSettings) -> None:
        super().__init__(scope, id_)
        self._settings = settings
        self._name = f"{_APP}-{id_}"
        declare_environment(self, settings)
        self._declare_network()
        self._declare_repository()
        self._declare_image()
        self._declare_assets()
        self._declare_secrets()
        self._declare_load_balancer()
        self._declare_roles()
        self._declare_service()
        if settings.autoscaling is not None:
            self._declare_autoscaling(settings.autoscaling)
        self._declare_outputs()

    def _declare_network(self) -> None:
        """The account's default VPC: tasks get public addresses, because without NAT nothing else reaches out."""
        self._vpc = DataAwsVpc(self, "default_vpc", default=True)
        self._subnets = DataAwsSubnets(
            self,
            "default_subnets",
            filter=[
                DataAwsSubnetsFilter(name="vpc-id", values=[self._vpc.id]),
                DataAwsSubnetsFilter(name="default-for-az", values=["true"]),
            ],
        )
        self._load_balancer_group = SecurityGroup(
            self, "load_balancer_group", name=f"{self._name}-alb", description="Load balancer", vpc_id=self._vpc.id
        )
        self._task_group = SecurityGroup(
            self, "task_group", name=f"{self._name}-task", description="Tasks", vpc_id=self._vpc.id
        )
        for port in [80] if self._settings.https is None else [80, 443]:
            VpcSecurityGroupIngressRule(
                self,
                f"load_balancer_in_{port}",
                security_group_id=self._load_balancer_group.id,
                description="The internet",
                cidr_ipv4="0.0.0.0/0",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
            )
        to_task = VpcSecurityGroupEgressRule(
            self,
            "load_balancer_to_task",
            security_group_id=self._load_balancer_group.id,
            description="The tasks",
            referenced_security_group_id=self._task_group.id,
            ip_protocol="tcp",
            from_port=_CONTAINER_PORT,
            to_port=_CONTAINER_PORT,
        )
        from_load_balancer = VpcSecurityGroupIngressRule(
            self,
            "task_from_load_balancer",
            security_group_id=self._task_group.id,
            description="The load balancer",
            referenced_security_group_id=self._load_balancer_group.id,
            ip_protocol="tcp",
            from_port=_CONTAINER_PORT,
            to_port=_CONTAINER_PORT,
        )
        task_out = VpcSecurityGroupEgressRule(
            self,
            "task_out",
            security_group_id=self._task_group.id,
            description="AWS, OpenAI and ElevenLabs",
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )
        self._task_rules = [to_task, from_load_balancer, task_out]

    def _declare_repository(self) -> None:
        """The registry: a tag names one image for good, and old images go."""
        self._repository = EcrRepository(
            self,
            "repository",
            name=self._name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            force_delete=is_disposable(self, self._settings),
        )
        untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days"}
        any_tag = {"tagStatus": "any", "countType": "imageCountMoreThan"}
        EcrLifecyclePolicy(
            self,
            "repository_lifecycle",
            repository=self._repository.name,
            policy=json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": f"Expire untagged images after {_KEEP_UNTAGGED_DAYS} days",
                            "selection": {**untagged, "countNumber": _KEEP_UNTAGGED_DAYS},
                            "action": {"type": "expire"},
                        },
                        {
                            "rulePriority": 2,
                            "description": f"Keep the newest {_KEEP_IMAGES} images",
                            "selection": {**any_tag, "countNumber": _KEEP_IMAGES},
                            "action": {"type": "expire"},
                        },
                    ]
                }
            ),
        )

    def _declare_image(self) -> None:
        """Which image runs: the one asked for, else the one that was deployed last, else none yet."""
        remembered = DataAwsSsmParametersByPath(
            self, "deployed", path=f"/{self.node.id}/deployed", with_decryption=False
        )
        asked = TerraformVariable(
            self,
            "image_tag",
            type="string",
            default="" if self._settings.image_tag is None else self._settings.image_tag,
            description="Which image of the repository runs; empty: the one deployed last, none before the first.",
        )
        asked.add_validation(
            condition=Fn.can(Fn.regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$", asked.string_value)),
            error_message="image_tag must be an image tag of at most 128 letters, digits, _, . and -.",
        )
        asked.add_validation(
            condition=Op.neq(asked.string_value, "latest"),
            error_message="image_tag must name one image, such as a commit SHA: latest could be any.",
        )
        # The provider calls every parameter's value sensitive, which would hide the container from the plan.
        last = f"nonsensitive(data.aws_ssm_parameters_by_path.{remembered.friendly_unique_id}.values[0])"
        tag = TerraformLocal(self, "running_image_tag", f'${{try(coalesce({asked.fqn}, try({last}, "")), "")}}')
        self._image_tag = tag.fqn
        # In a local of its own, because quotes would not survive inside the JSON of the container definitions.
        self._image = TerraformLocal(
            self,
            "running_image",
            Fn.join(":", Token.as_list(Fn.compact([self._repository.repository_url, tag.as_string]))),
        ).as_string

    def _declare_assets(self) -> None:
        """The bucket for `<user_id>/images|audio|videos/*`: private, encrypted, TLS only."""
        self._assets = S3Bucket(
            self,
            "assets",
            bucket=physical_name("bucket", self._name, "assets", self._settings.account_id),
            force_destroy=is_disposable(self, self._settings),
        )
        bucket = self._assets.id
        public_access = S3BucketPublicAccessBlock(
            self,
            "assets_public_access",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            self,
            "assets_ownership",
            bucket=bucket,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "assets_encryption",
            bucket=bucket,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                        sse_algorithm="AES256"
                    )
                )
            ],
        )
        versioning = S3BucketVersioningA(
            self,
            "assets_versioning",
            bucket=bucket,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketLifecycleConfiguration(
            self,
            "assets_lifecycle",
            bucket=bucket,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="remove-what-is-left-over",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=_KEEP_INCOMPLETE_UPLOAD_DAYS
                        )
                    ],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=_KEEP_NONCURRENT_DAYS
                        )
                    ],
                )
            ],
            # Rules for noncurrent versions need a versioned bucket.
            depends_on=[versioning],
        )
        tls_only = DataAwsIamPolicyDocument(
            self,
            "assets_tls_only",
            statement=[
                DataAwsIamPolicyDocumentStatement(
                    sid="DenyInsecureTransport",
                    effect="Deny",
                    actions=["s3:*"],
                    resources=[self._assets.arn, f"{self._assets.arn}/*"],
                    principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="*", identifiers=["*"])],
                    condition=[
                        DataAwsIamPolicyDocumentStatementCondition(
                            test="Bool", variable="aws:SecureTransport", values=["false"]
                        )
                    ],
                )
            ],
        )
        # S3 refuses two changes of a bucket's access at the same time (OperationAborted).
        S3BucketPolicy(self, "assets_policy", bucket=bucket, policy=tls_only.json, depends_on=[public_access])

    def _declare_secrets(self) -> None:
        """A secret without a value for each API key; the operator sets the value (README, "The secrets")."""
        window = 0 if is_disposable(self, self._settings) else self._settings.secret_recovery_days
        self._secret_names = {variable: f"{_APP}/{self.node.id}/{name}" for variable, name in _API_KEYS.items()}
        self._secrets = {
            variable: SecretsmanagerSecret(
                self,
                name.replace("-", "_"),
                name=self._secret_names[variable],
                description=f"{variable} of {self._name}",
                recovery_window_in_days=window,
            )
            for variable, name in _API_KEYS.items()
        }

    def _declare_load_balancer(self) -> None:
        """The public load balancer: HTTP to the tasks, or HTTPS with HTTP redirected to it."""
        settings = self._settings
        self._load_balancer = Lb(
            self,
            "load_balancer",
            name=physical_name("load_balancer", self._name),
            load_balancer_type="application",
            security_groups=[self._load_balancer_group.id],
            subnets=self._subnets.ids,
            drop_invalid_header_fields=True,
        )
        self._target_group = LbTargetGroup(
            self,
            "target_group",
            name=generation_name("target_group", self._name, replaced_by=(_CONTAINER_PORT, "HTTP", "ip")),
            port=_CONTAINER_PORT,
            protocol="HTTP",
            target_type="ip",
            vpc_id=self._vpc.id,
            deregistration_delay=str(_DEREGISTRATION_DELAY_S),
            health_check=LbTargetGroupHealthCheck(
                path=settings.health_check_path, matcher="200", interval=15, timeout=5, healthy_threshold=2
            ),
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        forward = LbListenerDefaultAction(type="forward", target_group_arn=self._target_group.arn)
        if settings.https is None:
            self._listener = LbListener(
                self,
                "http",
                load_balancer_arn=self._load_balancer.arn,
                port=80,
                protocol="HTTP",
                default_action=[forward],
            )
            return
        self._listener = LbListener(
            self,
            "https",
            load_balancer_arn=self._load_balancer.arn,
            port=443,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
            certificate_arn=settings.https.certificate_arn,
            default_action=[forward],
        )
        LbListener(
            self,
            "http",
            load_balancer_arn=self._load_balancer.arn,
            port=80,
            protocol="HTTP",
            default_action=[
                LbListenerDefaultAction(
                    type="redirect",
                    redirect=LbListenerDefaultActionRedirect(port="443", protocol="HTTPS", status_code="HTTP_301"),
                )
            ],
            # Nobody is sent to HTTPS before it answers.
            depends_on=[self._listener],
        )

    def _declare_roles(self) -> None:
        """The execution role, with which ECS starts the task, and the task role, with which the application works."""
        log_group = CloudwatchLogGroup(
            self, "logs", name=f"/ecs/{self._name}", retention_in_days=self._settings.log_retention_days
        )
        self._log_group = log_group
        api_keys = self._allow(["secretsmanager:GetSecretValue"], [secret.arn for secret in self._secrets.values()])
        self._execution_role, execution_policy = self._role(
            "execution",
            [
                # AWS knows no resource for this action: docs.aws.amazon.com/service-authorization, Amazon ECR.
                self._allow(["ecr:GetAuthorizationToken"], ["*"]),
                self._allow(
                    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    [self._repository.arn],
                ),
                self._allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group.arn}:*"]),
                api_keys,
            ],
        )
        self._task_role, task_policy = self._role(
            "task",
            [
                self._allow(["s3:ListBucket"], [self._assets.arn]),
                self._allow(["s3:GetObject", "s3:PutObject"], [f"{self._assets.arn}/*"]),
                api_keys,
            ],
        )
        self._permissions = [execution_policy, task_policy]

    @staticmethod
    def _allow(actions: list[str], resources: list[str]) -> DataAwsIamPolicyDocumentStatement:
        return DataAwsIamPolicyDocumentStatement(effect="Allow", actions=actions, resources=resources)

    def _role(self, id_: str, statements: list[DataAwsIamPolicyDocumentStatement]) -> tuple[IamRole, IamRolePolicy]:
        """Make a role that only this account's ECS tasks take on (docs.aws.amazon.com, confused deputy)."""
        settings = self._settings
        trust = DataAwsIamPolicyDocument(
            self,
            f"{id_}_trust",
            statement=[
                DataAwsIamPolicyDocumentStatement(
                    effect="Allow",
                    actions=["sts:AssumeRole"],
                    principals=[
                        DataAwsIamPolicyDocumentStatementPrincipals(
                            type="Service", identifiers=["ecs-tasks.amazonaws.com"]
                        )
                    ],
                    condition=[
                        DataAwsIamPolicyDocumentStatementCondition(
                            test="StringEquals", variable="aws:SourceAccount", values=[settings.account_id]
                        ),
                        DataAwsIamPolicyDocumentStatementCondition(
                            test="ArnLike",
                            variable="aws:SourceArn",
                            values=[f"arn:aws:ecs:{settings.region}:{settings.account_id}:*"],
                        ),
                    ],
                )
            ],
        )
        role = IamRole(self, f"{id_}_role", name=physical_name("role", self._name, id_), assume_role_policy=trust.json)
        document = DataAwsIamPolicyDocument(self, f"{id_}_permissions", statement=statements)
        policy = IamRolePolicy(self, f"{id_}_policy", name=id_, role=role.id, policy=document.json)
        return role, policy

    def _declare_service(self) -> None:
        """The cluster and its one service, which Terraform rolls out and waits for."""
        settings = self._settings
        self._cluster = EcsCluster(
            self,
            "cluster",
            name=self._name,
            setting=[EcsClusterSetting(name="containerInsights", value="disabled")],
        )
        capacity = EcsClusterCapacityProviders(
            self, "cluster_capacity", cluster_name=self._cluster.name, capacity_providers=["FARGATE"]
        )
        task = EcsTaskDefinition(
            self,
            "task",
            family=self._name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.cpu),
            memory=str(settings.memory_mib),
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture="X86_64"
            ),
            execution_role_arn=self._execution_role.arn,
            task_role_arn=self._task_role.arn,
            container_definitions=json.dumps([self._container()]),
            volume=[EcsTaskDefinitionVolume(name=_SCRATCH)],
            # The revision that serves stays registered until the next one does, so that ECS can roll back to it.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self._service = EcsService(
            self,
            "service",
            name=self._name,
            cluster=self._cluster.arn,
            task_definition=task.arn,
            desired_count=self._once_there_is_an_image(settings.desired_count),
            capacity_provider_strategy=[EcsServiceCapacityProviderStrategy(capacity_provider="FARGATE", weight=1)],
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=self._subnets.ids, security_groups=[self._task_group.id], assign_public_ip=True
            ),
            load_balancer=[
                EcsServiceLoadBalancer(
                    target_group_arn=self._target_group.arn,
                    container_name=_APP,
                    container_port=_CONTAINER_PORT,
                )
            ],
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            health_check_grace_period_seconds=_HEALTH_CHECK_GRACE_S,
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            wait_for_steady_state=True,
            # A target group without a listener cannot take a service, a cluster without capacity cannot place one, and
            # a task that starts before it may pull, read its secrets or open a connection fails.
            depends_on=[self._listener, capacity, *self._permissions, *self._task_rules],
            lifecycle=TerraformResourceLifecycle(
                ignore_changes=None if settings.autoscaling is None else ["desired_count"],
                # Older providers take a service that was rolled back for a steady one
                # (hashicorp/terraform-provider-aws#19519).
                postcondition=[
                    Postcondition(
                        condition=f"${{self.task_definition == {task.fqn}.arn}}",
                        error_message="ECS rolled the deployment back: the service runs another task definition.",
                    )
                ],
            ),
        )
        SsmParameter(
            self,
            "deployed_image_tag",
            name=f"/{self.node.id}/deployed/image-tag",
            description=f"The image of {self._name} that was deployed last",
            type="String",
            insecure_value=f"${{{self._image_tag}}}",
            count=self._once_there_is_an_image(1),
            # Written when the service is steady, so that a deployment that failed is not remembered.
            depends_on=[self._service],
        )

    def _once_there_is_an_image(self, count: int) -> float:
        """Run this many once there is an image, and none before: a service without one would never be steady."""
        return Token.as_number(f'${{{self._image_tag} == "" ? 0 : {count}}}')

    def _container(self) -> dict[str, object]:
        return {
            "name": _APP,
            "image": self._image,
            "essential": True,
            "user": _CONTAINER_USER,
            "readonlyRootFilesystem": True,
            "mountPoints": [{"sourceVolume": _SCRATCH, "containerPath": "/tmp", "readOnly": False}],  # noqa: S108
            "portMappings": [
                {
                    "containerPort": _CONTAINER_PORT,
                    "hostPort": _CONTAINER_PORT,
                    "protocol": "tcp",
                }
            ],
            "environment": [
                {"name": "AWS_REGION", "value": self._settings.region},
                {"name": "S3_BUCKET_NAME", "value": self._assets.bucket},
            ],
            "secrets": [{"name": name, "valueFrom": secret.arn} for name, secret in self._secrets.items()],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self._log_group.name,
                    "awslogs-region": self._settings.region,
                    "awslogs-stream-prefix": _APP,
                },
            },
        }

    def _declare_autoscaling(self, autoscaling: AutoscalingSettings) -> None:
        target = AppautoscalingTarget(
            self,
            "autoscaling",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{self._cluster.name}/{self._service.name}",
            min_capacity=self._once_there_is_an_image(autoscaling.min_capacity),
            max_capacity=self._once_there_is_an_image(autoscaling.max_capacity),
        )
        AppautoscalingPolicy(
            self,
            "autoscaling_cpu",
            name=f"{self._name}-cpu",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                target_value=autoscaling.cpu_target_percent,
                predefined_metric_specification=AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
                    predefined_metric_type="ECSServiceAverageCPUUtilization"
                ),
            ),
        )

    def _declare_outputs(self) -> None:
        https = self._settings.https
        address = self._load_balancer.dns_name
        outputs = {
            "url": (
                f"http://{address}" if https is None else f"https://{https.domain_name}",
                "Where the service answers",
            ),
            "load_balancer_dns_name": (address, "What a domain's CNAME or alias record points to"),
            "repository_url": (self._repository.repository_url, "Where to push images"),
            "assets_bucket": (self._assets.bucket, "Where the service keeps what it generates"),
            "openai_secret_name": (self._secrets["OPENAI_API_KEY"].name, "The secret to put the OpenAI key into"),
            "elevenlabs_secret_name": (
                self._secrets["ELEVENLABS_API_KEY"].name,
                "The secret to put the ElevenLabs key into",
            ),
            "log_group": (self._log_group.name, "Where the containers log to"),
            "cluster_name": (self._cluster.name, "The ECS cluster"),
            "service_name": (self._service.name, "The ECS service"),
        }
        for name, (value, description) in outputs.items():
            TerraformOutput(self, name, value=value, description=description)
        TerraformOutput(
            self,
            "secrets",
            value={name: {"secret": secret, "generated": False} for name, secret in self._secret_names.items()},
            description="What infra secrets sets: the names, and where their values lie",
        )

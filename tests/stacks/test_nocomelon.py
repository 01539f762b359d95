"""NoComelon's stack as Terraform JSON, item by item of design 002."""

import json
from typing import Any

import pytest

from envs import dev
from stacks.environment import DISPOSABLE
from stacks.nocomelon import AutoscalingSettings, HttpsSettings, NoComelonSettings, NoComelonStack
from tests.support import Block, Synthesized, synth_stack

CERTIFICATE = "arn:aws:acm:us-east-1:956880242582:certificate/11111111-2222-3333-4444-555555555555"


def build(context: dict[str, str] | None = None, **changes: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """The dev stack with some settings changed."""
    settings = NoComelonSettings(**(dict(dev.SETTINGS) | changes))
    return synth_stack(lambda app: NoComelonStack(app, "dev", settings=settings), context)


@pytest.fixture(scope="module")
def stack() -> Synthesized:
    """The dev stack as it is deployed."""
    return synth_stack(lambda app: NoComelonStack(app, "dev", settings=dev.SETTINGS))


@pytest.fixture(scope="module")
def https() -> Synthesized:
    """The dev stack with HTTPS switched on."""
    return build(https=HttpsSettings(domain_name="trust.demo.paythru.com", certificate_arn=CERTIFICATE))


@pytest.fixture(scope="module")
def autoscaled() -> Synthesized:
    """The dev stack with autoscaling switched on."""
    return build(autoscaling=AutoscalingSettings(min_capacity=2, max_capacity=4))


def container(stack: Synthesized) -> Block:
    """The one container of the task."""
    (only,) = json.loads(stack.resource("aws_ecs_task_definition")["container_definitions"])
    return dict(only)


class TestRepository:
    """The ECR repository."""

    def test_scans_on_push(self, stack: Synthesized) -> None:
        """Every pushed image is scanned."""
        assert {"scan_on_push": True} == stack.resource("aws_ecr_repository")["image_scanning_configuration"]

    def test_tags_are_immutable(self, stack: Synthesized) -> None:
        """A tag names one image for good."""
        assert "IMMUTABLE" == stack.resource("aws_ecr_repository")["image_tag_mutability"]

    def test_lifecycle(self, stack: Synthesized) -> None:
        """Untagged images go after a week, then all but the newest hundred."""
        policy = json.loads(stack.resource("aws_ecr_lifecycle_policy")["policy"])

        selections = [rule["selection"] for rule in policy["rules"]]

        assert [
            {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
            {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 100},
        ] == selections

    def test_any_has_the_highest_priority_number(self, stack: Synthesized) -> None:
        """ECR refuses a policy in which tagStatus any is not the last rule."""
        policy = json.loads(stack.resource("aws_ecr_lifecycle_policy")["policy"])

        last = max(policy["rules"], key=lambda rule: rule["rulePriority"])

        assert "any" == last["selection"]["tagStatus"]


class TestAssets:
    """The S3 bucket."""

    def test_name_is_unique_to_the_account(self, stack: Synthesized) -> None:
        """Bucket names are global, so the account id is part of it."""
        assert "nocomelon-dev-assets-956880242582" == stack.resource("aws_s3_bucket")["bucket"]

    @pytest.mark.parametrize(
        "block", ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]
    )
    def test_is_private(self, stack: Synthesized, block: str) -> None:
        """All four blocks of public access are on."""
        assert stack.resource("aws_s3_bucket_public_access_block")[block] is True

    def test_has_no_acls(self, stack: Synthesized) -> None:
        """The bucket's owner owns every object, whoever uploads it."""
        rule = stack.resource("aws_s3_bucket_ownership_controls")["rule"]

        assert {"object_ownership": "BucketOwnerEnforced"} == rule

    def test_is_encrypted(self, stack: Synthesized) -> None:
        """Objects are encrypted at rest."""
        (rule,) = stack.resource("aws_s3_bucket_server_side_encryption_configuration")["rule"]

        assert {"sse_algorithm": "AES256"} == rule["apply_server_side_encryption_by_default"]

    def test_is_tls_only(self, stack: Synthesized) -> None:
        """Every request without TLS is denied."""
        (statement,) = stack.statements("assets_tls_only")

        assert "Deny" == statement["effect"]
        assert [{"identifiers": ["*"], "type": "*"}] == statement["principals"]
        assert ["s3:*"] == statement["actions"]
        assert [{"test": "Bool", "values": ["false"], "variable": "aws:SecureTransport"}] == statement["condition"]
        assert ["${aws_s3_bucket.assets.arn}", "${aws_s3_bucket.assets.arn}/*"] == statement["resources"]

    def test_policy_is_attached(self, stack: Synthesized) -> None:
        """The bucket has the TLS-only policy."""
        policy = stack.resource("aws_s3_bucket_policy")

        assert "${data.aws_iam_policy_document.assets_tls_only.json}" == policy["policy"]

    def test_access_changes_one_at_a_time(self, stack: Synthesized) -> None:
        """S3 refuses two changes of a bucket's access at the same time."""
        policy = stack.resource("aws_s3_bucket_policy")

        assert ["aws_s3_bucket_public_access_block.assets_public_access"] == policy["depends_on"]

    def test_old_versions_expire(self, stack: Synthesized) -> None:
        """Versioning is on, and its cost is bounded."""
        (rule,) = stack.resource("aws_s3_bucket_lifecycle_configuration")["rule"]

        assert "Enabled" == stack.resource("aws_s3_bucket_versioning")["versioning_configuration"]["status"]
        assert ["aws_s3_bucket_versioning.assets_versioning"] == stack.resource(
            "aws_s3_bucket_lifecycle_configuration"
        )["depends_on"]
        assert [{"noncurrent_days": 30}] == rule["noncurrent_version_expiration"]
        assert [{"days_after_initiation": 7}] == rule["abort_incomplete_multipart_upload"]

    def test_can_be_kept(self) -> None:
        """An environment that is not disposable keeps its assets and images when it is destroyed."""
        kept = build(disposable=False)

        assert kept.resource("aws_s3_bucket")["force_destroy"] is False
        assert kept.resource("aws_ecr_repository")["force_delete"] is False


class TestSecrets:
    """The API keys."""

    def test_one_each(self, stack: Synthesized) -> None:
        """OpenAI and ElevenLabs have a secret of their own."""
        names = {secret["name"] for secret in stack.resources("aws_secretsmanager_secret").values()}

        assert {"nocomelon/dev/openai-api-key", "nocomelon/dev/elevenlabs-api-key"} == names

    def test_no_value_in_terraform(self, stack: Synthesized) -> None:
        """Terraform knows the secrets but never a value."""
        assert {} == stack.resources("aws_secretsmanager_secret_version")

    def test_name_is_free_after_destroy(self, stack: Synthesized) -> None:
        """A recovery window would block the name when the environment is made anew."""
        windows = {
            secret["recovery_window_in_days"] for secret in stack.resources("aws_secretsmanager_secret").values()
        }

        assert {0} == windows

    @pytest.mark.parametrize(
        ("disposable", "context", "days"), [(False, {}, 9), (True, {}, 0), (False, {DISPOSABLE: "true"}, 0)]
    )
    def test_recovery(self, disposable: bool, context: dict[str, str], days: int) -> None:
        """The window of the settings holds, unless the file or the context says that all is thrown away."""
        stack = build(context=context, disposable=disposable, secret_recovery_days=9)

        assert [days, days] == [
            secret["recovery_window_in_days"] for secret in stack.resources("aws_secretsmanager_secret").values()
        ]


class TestNetwork:
    """The default VPC and who may speak to whom."""

    def test_default_vpc(self, stack: Synthesized) -> None:
        """Nothing but the account's default VPC is used."""
        assert stack.data("aws_vpc")["default"] is True

    def test_default_subnets(self, stack: Synthesized) -> None:
        """Load balancer and tasks live in the default VPC's own subnets."""
        filters = {one["name"]: one["values"] for one in stack.data("aws_subnets")["filter"]}

        assert {"vpc-id": ["${data.aws_vpc.default_vpc.id}"], "default-for-az": ["true"]} == filters

    def test_load_balancer_lets_in_http_only(self, stack: Synthesized) -> None:
        """The internet reaches the load balancer on port 80 and nowhere else."""
        into = [rule for rule in stack.resources("aws_vpc_security_group_ingress_rule").values() if "cidr_ipv4" in rule]

        assert [("0.0.0.0/0", "tcp", 80, 80, "${aws_security_group.load_balancer_group.id}")] == [
            (rule["cidr_ipv4"], rule["ip_protocol"], rule["from_port"], rule["to_port"], rule["security_group_id"])
            for rule in into
        ]

    def test_tasks_let_in_the_load_balancer_only(self, stack: Synthesized) -> None:
        """The one rule into the task's group is port 8000 from the load balancer's group."""
        rules = [
            rule
            for rule in stack.resources("aws_vpc_security_group_ingress_rule").values()
            if rule["security_group_id"] == "${aws_security_group.task_group.id}"
        ]

        (rule,) = rules
        assert "${aws_security_group.load_balancer_group.id}" == rule["referenced_security_group_id"]
        assert "cidr_ipv4" not in rule
        assert (8000, 8000, "tcp") == (rule["from_port"], rule["to_port"], rule["ip_protocol"])

    def test_load_balancer_reaches_the_tasks_only(self, stack: Synthesized) -> None:
        """The load balancer can open connections to the tasks' port and nothing else."""
        rule = stack.resource("aws_vpc_security_group_egress_rule", "load_balancer_to_task")

        assert "${aws_security_group.task_group.id}" == rule["referenced_security_group_id"]
        assert (8000, 8000) == (rule["from_port"], rule["to_port"])

    def test_tasks_reach_https_only(self, stack: Synthesized) -> None:
        """The tasks can open HTTPS connections, which is what AWS, OpenAI and ElevenLabs need."""
        rule = stack.resource("aws_vpc_security_group_egress_rule", "task_out")

        assert ("0.0.0.0/0", 443, 443) == (rule["cidr_ipv4"], rule["from_port"], rule["to_port"])


class TestLoadBalancer:
    """Load balancer, listener and target group."""

    def test_is_public(self, stack: Synthesized) -> None:
        """The load balancer faces the internet in the default subnets."""
        load_balancer = stack.resource("aws_lb")

        assert load_balancer.get("internal") is not True
        assert "${data.aws_subnets.default_subnets.ids}" == load_balancer["subnets"]

    def test_drops_invalid_headers(self, stack: Synthesized) -> None:
        """Malformed headers do not reach the application."""
        assert stack.resource("aws_lb")["drop_invalid_header_fields"] is True

    def test_listens_on_80(self, stack: Synthesized) -> None:
        """The one listener forwards HTTP on port 80 to the target group."""
        listener = stack.resource("aws_lb_listener")

        assert (80, "HTTP") == (listener["port"], listener["protocol"])
        assert [{"target_group_arn": "${aws_lb_target_group.target_group.arn}", "type": "forward"}] == listener[
            "default_action"
        ]

    def test_targets_8000(self, stack: Synthesized) -> None:
        """Targets are task addresses on port 8000."""
        group = stack.resource("aws_lb_target_group")

        assert (8000, "HTTP", "ip") == (group["port"], group["protocol"], group["target_type"])

    def test_health_check(self, stack: Synthesized) -> None:
        """A target is healthy while /health answers 200."""
        check = stack.resource("aws_lb_target_group")["health_check"]

        assert ("/health", "200") == (check["path"], check["matcher"])

    def test_target_group_can_be_replaced(self, stack: Synthesized) -> None:
        """A replaced target group exists beside the old one for a while."""
        assert {"create_before_destroy": True} == stack.resource("aws_lb_target_group")["lifecycle"]

    def test_is_in_the_default_vpc(self, stack: Synthesized) -> None:
        """Target group and security groups belong to the default VPC."""
        blocks = [*stack.resources("aws_security_group").values(), stack.resource("aws_lb_target_group")]

        assert ["${data.aws_vpc.default_vpc.id}"] * 3 == [block["vpc_id"] for block in blocks]

    def test_has_its_own_security_group(self, stack: Synthesized) -> None:
        """The load balancer has the group that the internet may reach, not the tasks'."""
        assert ["${aws_security_group.load_balancer_group.id}"] == stack.resource("aws_lb")["security_groups"]


class TestHttps:
    """The setting that switches HTTPS on."""

    def test_is_off(self, stack: Synthesized) -> None:
        """The design speaks HTTP."""
        assert ["http"] == list(stack.resources("aws_lb_listener"))

    def test_listens_on_443(self, https: Synthesized) -> None:
        """HTTPS forwards to the target group with the certificate and a TLS 1.3 policy."""
        listener = https.resource("aws_lb_listener", "https")

        assert (443, "HTTPS", CERTIFICATE) == (listener["port"], listener["protocol"], listener["certificate_arn"])
        assert "ELBSecurityPolicy-TLS13-1-2-2021-06" == listener["ssl_policy"]
        assert "forward" == listener["default_action"][0]["type"]

    def test_redirects_http(self, https: Synthesized) -> None:
        """Port 80 only sends clients to port 443."""
        (action,) = https.resource("aws_lb_listener", "http")["default_action"]

        assert {
            "type": "redirect",
            "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"},
        } == action

    def test_redirects_when_https_answers(self, https: Synthesized) -> None:
        """Clients are sent to port 443 only once something listens there."""
        assert ["aws_lb_listener.https"] == https.resource("aws_lb_listener", "http")["depends_on"]

    def test_opens_443(self, https: Synthesized) -> None:
        """The internet reaches ports 80 and 443."""
        rules = https.resources("aws_vpc_security_group_ingress_rule").values()

        assert {80, 443} == {rule["from_port"] for rule in rules if "cidr_ipv4" in rule}

    def test_url(self, https: Synthesized) -> None:
        """The address to give away is the domain."""
        assert "https://trust.demo.paythru.com" == https.output("url")


class TestTask:
    """Cluster, task definition and container."""

    def test_cluster_is_fargate(self, stack: Synthesized) -> None:
        """The cluster runs tasks on Fargate only."""
        assert ["FARGATE"] == stack.resource("aws_ecs_cluster_capacity_providers")["capacity_providers"]

    def test_size(self, stack: Synthesized) -> None:
        """Half a vCPU and one GiB."""
        task = stack.resource("aws_ecs_task_definition")

        assert ("512", "1024") == (task["cpu"], task["memory"])

    def test_needs_fargate(self, stack: Synthesized) -> None:
        """The task has a network interface of its own on Fargate."""
        task = stack.resource("aws_ecs_task_definition")

        assert (["FARGATE"], "awsvpc") == (task["requires_compatibilities"], task["network_mode"])

    def test_architecture(self, stack: Synthesized) -> None:
        """The image is built for x86-64 Linux."""
        assert {
            "cpu_architecture": "X86_64",
            "operating_system_family": "LINUX",
        } == stack.resource("aws_ecs_task_definition")["runtime_platform"]

    def test_container_is_essential(self, stack: Synthesized) -> None:
        """A task whose container ends is replaced."""
        assert container(stack)["essential"] is True

    def test_insights_are_off(self, stack: Synthesized) -> None:
        """Predictable cost: Container Insights would cost more, and leave a log group that Terraform does not own."""
        assert [{"name": "containerInsights", "value": "disabled"}] == stack.resource("aws_ecs_cluster")["setting"]

    def test_port(self, stack: Synthesized) -> None:
        """The container listens on 8000."""
        assert [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}] == container(stack)["portMappings"]

    def test_logs(self, stack: Synthesized) -> None:
        """The container logs to the stack's log group."""
        assert {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "${aws_cloudwatch_log_group.logs.name}",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "nocomelon",
            },
        } == container(stack)["logConfiguration"]

    def test_retention(self, stack: Synthesized) -> None:
        """Logs are kept for 30 days."""
        assert "/ecs/nocomelon-dev" == stack.resource("aws_cloudwatch_log_group")["name"]
        assert 30 == stack.resource("aws_cloudwatch_log_group")["retention_in_days"]

    def test_secrets(self, stack: Synthesized) -> None:
        """ECS injects both API keys from their secrets."""
        assert [
            {"name": "OPENAI_API_KEY", "valueFrom": "${aws_secretsmanager_secret.openai_api_key.arn}"},
            {"name": "ELEVENLABS_API_KEY", "valueFrom": "${aws_secretsmanager_secret.elevenlabs_api_key.arn}"},
        ] == container(stack)["secrets"]

    def test_environment(self, stack: Synthesized) -> None:
        """The application is told its bucket and region."""
        assert [
            {"name": "AWS_REGION", "value": "us-east-1"},
            {"name": "S3_BUCKET_NAME", "value": "${aws_s3_bucket.assets.bucket}"},
        ] == container(stack)["environment"]

    def test_unprivileged(self, stack: Synthesized) -> None:
        """The container runs as a numbered user on a read-only root, with /tmp to write to."""
        only = container(stack)

        assert ("10001:10001", True) == (only["user"], only["readonlyRootFilesystem"])
        assert [{"sourceVolume": "scratch", "containerPath": "/tmp", "readOnly": False}] == only["mountPoints"]
        assert [{"name": "scratch"}] == stack.resource("aws_ecs_task_definition")["volume"]

    def test_previous_revision_outlives_the_rollout(self, stack: Synthesized) -> None:
        """ECS rolls back to the revision that served, which must still be registered then."""
        assert {"create_before_destroy": True} == stack.resource("aws_ecs_task_definition")["lifecycle"]


class TestService:
    """The service and its image."""

    def test_one_task(self, stack: Synthesized) -> None:
        """One task runs, as soon as there is an image: a service without one would never become steady."""
        assert '${local.running_image_tag == "" ? 0 : 1}' == stack.resource("aws_ecs_service")["desired_count"]

    def test_image_tag_variable(self, stack: Synthesized) -> None:
        """Terraform owns the image: a variable names it, and is empty by default."""
        assert "" == stack.document["variable"]["image_tag"]["default"]

    def test_image_of_settings(self) -> None:
        """An image tag in the settings is the variable's default."""
        assert "v1" == build(image_tag="v1").document["variable"]["image_tag"]["default"]

    def test_running_image_tag(self, stack: Synthesized) -> None:
        """The variable wins, then the image that was deployed last, then none."""
        last = "nonsensitive(data.aws_ssm_parameters_by_path.deployed.values[0])"

        expected = f'${{try(coalesce(var.image_tag, try({last}, "")), "")}}'
        assert expected == stack.document["locals"]["running_image_tag"]

    def test_deployed_image_is_remembered(self, stack: Synthesized) -> None:
        """The tag is written where the next plan looks for it, once the service is steady."""
        parameter = stack.resource("aws_ssm_parameter")

        assert "${local.running_image_tag}" == parameter["insecure_value"]
        assert parameter["name"].startswith(stack.data("aws_ssm_parameters_by_path")["path"] + "/")
        assert ["aws_ecs_service.service"] == parameter["depends_on"]

    def test_nothing_is_remembered_before_the_first_image(self, stack: Synthesized) -> None:
        """A parameter cannot be empty, so it exists from the first image on."""
        assert '${local.running_image_tag == "" ? 0 : 1}' == stack.resource("aws_ssm_parameter")["count"]

    def test_moving_tag_is_refused(self, stack: Synthesized) -> None:
        """The tag latest could be any image."""
        conditions = [rule["condition"] for rule in stack.document["variable"]["image_tag"]["validation"]]

        assert '${(var.image_tag != "latest")}' in conditions

    def test_rolls_back(self, stack: Synthesized) -> None:
        """A deployment that does not become healthy is rolled back."""
        assert {"enable": True, "rollback": True} == stack.resource("aws_ecs_service")["deployment_circuit_breaker"]

    def test_terraform_waits(self, stack: Synthesized) -> None:
        """An apply ends when the deployment has."""
        assert stack.resource("aws_ecs_service")["wait_for_steady_state"] is True

    def test_terraform_owns_the_service(self, stack: Synthesized) -> None:
        """Without autoscaling no change of the service is ignored."""
        assert "ignore_changes" not in stack.resource("aws_ecs_service")["lifecycle"]

    def test_rollback_fails_the_apply(self, stack: Synthesized) -> None:
        """A service that ECS rolled back is steady, but not with what was asked for (provider issue #19519)."""
        (condition,) = stack.resource("aws_ecs_service")["lifecycle"]["postcondition"]

        assert "${self.task_definition == aws_ecs_task_definition.task.arn}" == condition["condition"]

    def test_starts_when_it_can_work(self, stack: Synthesized) -> None:
        """No task starts before the listener, the capacity, the permissions and the rules it needs are there."""
        assert {
            "aws_lb_listener.http",
            "aws_ecs_cluster_capacity_providers.cluster_capacity",
            "aws_iam_role_policy.execution_policy",
            "aws_iam_role_policy.task_policy",
            "aws_vpc_security_group_egress_rule.load_balancer_to_task",
            "aws_vpc_security_group_egress_rule.task_out",
            "aws_vpc_security_group_ingress_rule.task_from_load_balancer",
        } == set(stack.resource("aws_ecs_service")["depends_on"])

    def test_old_tasks_stay_until_the_new_are_healthy(self, stack: Synthesized) -> None:
        """A deployment adds tasks before it takes away any, and gives them time to start."""
        service = stack.resource("aws_ecs_service")

        assert (100, 200) == (
            service["deployment_minimum_healthy_percent"],
            service["deployment_maximum_percent"],
        )
        assert 60 == service["health_check_grace_period_seconds"]

    def test_image_is_of_the_repository(self, stack: Synthesized) -> None:
        """What runs is the tag in the stack's own repository."""
        expected = '${join(":", compact([aws_ecr_repository.repository.repository_url, local.running_image_tag]))}'

        assert expected == stack.document["locals"]["running_image"]
        assert "${local.running_image}" == container(stack)["image"]

    def test_capacity_is_explicit(self, stack: Synthesized) -> None:
        """Adding a strategy later would replace the service (hashicorp/terraform-provider-aws#22408)."""
        service = stack.resource("aws_ecs_service")

        assert [{"capacity_provider": "FARGATE", "weight": 1}] == service["capacity_provider_strategy"]
        assert "launch_type" not in service

    def test_public_address(self, stack: Synthesized) -> None:
        """Without NAT the task needs a public address to reach ECR."""
        network = stack.resource("aws_ecs_service")["network_configuration"]

        assert network["assign_public_ip"] is True
        assert ["${aws_security_group.task_group.id}"] == network["security_groups"]

    def test_behind_the_load_balancer(self, stack: Synthesized) -> None:
        """The service registers port 8000 of the container."""
        service = stack.resource("aws_ecs_service")

        assert [
            {
                "container_name": "nocomelon",
                "container_port": 8000,
                "target_group_arn": "${aws_lb_target_group.target_group.arn}",
            }
        ] == service["load_balancer"]


class TestAutoscaling:
    """The setting that switches autoscaling on."""

    def test_is_off(self, stack: Synthesized) -> None:
        """The design has one task."""
        assert {} == stack.resources("aws_appautoscaling_target")

    def test_bounds(self, autoscaled: Synthesized) -> None:
        """The bounds are the settings', and nothing runs before there is an image."""
        target = autoscaled.resource("aws_appautoscaling_target")

        assert '${local.running_image_tag == "" ? 0 : 2}' == target["min_capacity"]
        assert '${local.running_image_tag == "" ? 0 : 4}' == target["max_capacity"]

    def test_tracks_cpu(self, autoscaled: Synthesized) -> None:
        """The policy keeps the average CPU utilization at 70 %."""
        tracking = autoscaled.resource("aws_appautoscaling_policy")["target_tracking_scaling_policy_configuration"]

        assert 70 == tracking["target_value"]
        assert (
            "ECSServiceAverageCPUUtilization" == tracking["predefined_metric_specification"]["predefined_metric_type"]
        )

    def test_owns_the_count(self, autoscaled: Synthesized) -> None:
        """Terraform leaves the number of tasks to autoscaling."""
        assert ["desired_count"] == autoscaled.resource("aws_ecs_service")["lifecycle"]["ignore_changes"]

    def test_scales_the_service(self, autoscaled: Synthesized) -> None:
        """What is scaled is the number of this service's tasks."""
        target = autoscaled.resource("aws_appautoscaling_target")

        assert "service/${aws_ecs_cluster.cluster.name}/${aws_ecs_service.service.name}" == target["resource_id"]
        assert ("ecs", "ecs:service:DesiredCount") == (target["service_namespace"], target["scalable_dimension"])

    def test_policy_is_of_the_target(self, autoscaled: Synthesized) -> None:
        """The policy scales the same thing."""
        policy = autoscaled.resource("aws_appautoscaling_policy")

        names = ("resource_id", "scalable_dimension", "service_namespace")
        assert [f"${{aws_appautoscaling_target.autoscaling.{name}}}" for name in names] == [
            policy[name] for name in names
        ]


class TestRoles:
    """Who may do what."""

    def test_execution_role(self, stack: Synthesized) -> None:
        """ECS may pull from this repository, write to this log group and read exactly these secrets."""
        allowed = {
            tuple(sorted(statement["actions"])): sorted(statement["resources"])
            for statement in stack.statements("execution_permissions")
        }

        assert {
            ("ecr:GetAuthorizationToken",): ["*"],
            ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"): [
                "${aws_ecr_repository.repository.arn}"
            ],
            ("logs:CreateLogStream", "logs:PutLogEvents"): ["${aws_cloudwatch_log_group.logs.arn}:*"],
            ("secretsmanager:GetSecretValue",): [
                "${aws_secretsmanager_secret.elevenlabs_api_key.arn}",
                "${aws_secretsmanager_secret.openai_api_key.arn}",
            ],
        } == allowed

    def test_task_role(self, stack: Synthesized) -> None:
        """The application may use this bucket and read exactly these secrets."""
        allowed = {
            tuple(sorted(statement["actions"])): sorted(statement["resources"])
            for statement in stack.statements("task_permissions")
        }

        assert {
            ("s3:ListBucket",): ["${aws_s3_bucket.assets.arn}"],
            ("s3:GetObject", "s3:PutObject"): ["${aws_s3_bucket.assets.arn}/*"],
            ("secretsmanager:GetSecretValue",): [
                "${aws_secretsmanager_secret.elevenlabs_api_key.arn}",
                "${aws_secretsmanager_secret.openai_api_key.arn}",
            ],
        } == allowed

    @pytest.mark.parametrize("role", ["execution", "task"])
    def test_trust(self, stack: Synthesized, role: str) -> None:
        """Only ECS tasks of this account and region may take on a role."""
        (statement,) = stack.statements(f"{role}_trust")

        assert [{"identifiers": ["ecs-tasks.amazonaws.com"], "type": "Service"}] == statement["principals"]
        assert {
            "aws:SourceAccount": ["956880242582"],
            "aws:SourceArn": ["arn:aws:ecs:us-east-1:956880242582:*"],
        } == {condition["variable"]: condition["values"] for condition in statement["condition"]}

    @pytest.mark.parametrize("role", ["execution", "task"])
    def test_permissions_are_attached(self, stack: Synthesized, role: str) -> None:
        """Each role has its own permissions."""
        policy = stack.resource("aws_iam_role_policy", f"{role}_policy")

        assert f"${{aws_iam_role.{role}_role.id}}" == policy["role"]
        assert f"${{data.aws_iam_policy_document.{role}_permissions.json}}" == policy["policy"]

    @pytest.mark.parametrize("role", ["execution", "task"])
    def test_task_uses_the_roles(self, stack: Synthesized, role: str) -> None:
        """The task definition names both roles."""
        task = stack.resource("aws_ecs_task_definition")

        key = "execution_role_arn" if role == "execution" else "task_role_arn"
        assert f"${{aws_iam_role.{role}_role.arn}}" == task[key]


class TestOutputs:
    """What the operator reads after a deploy."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("url", "http://${aws_lb.load_balancer.dns_name}"),
            ("load_balancer_dns_name", "${aws_lb.load_balancer.dns_name}"),
            ("repository_url", "${aws_ecr_repository.repository.repository_url}"),
            ("assets_bucket", "${aws_s3_bucket.assets.bucket}"),
            ("openai_secret_name", "${aws_secretsmanager_secret.openai_api_key.name}"),
            ("elevenlabs_secret_name", "${aws_secretsmanager_secret.elevenlabs_api_key.name}"),
            ("log_group", "${aws_cloudwatch_log_group.logs.name}"),
            ("cluster_name", "${aws_ecs_cluster.cluster.name}"),
            ("service_name", "${aws_ecs_service.service.name}"),
        ],
    )
    def test_value(self, stack: Synthesized, name: str, value: str) -> None:
        """Each output has its value."""
        assert value == stack.output(name)

    def test_secrets(self, stack: Synthesized) -> None:
        """`infra secrets` finds both keys, by names that are known before anything is deployed."""
        assert {
            "OPENAI_API_KEY": {"secret": "nocomelon/dev/openai-api-key", "generated": False},
            "ELEVENLABS_API_KEY": {"secret": "nocomelon/dev/elevenlabs-api-key", "generated": False},
        } == stack.output("secrets")


def test_stateful_addresses(stack: Synthesized) -> None:
    """A changed address replaces the resource, and with it what it holds."""
    addresses = {
        f"{type_}.{id_}"
        for type_ in ("aws_ecr_repository", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_cloudwatch_log_group")
        for id_ in stack.resources(type_)
    }

    assert {
        "aws_ecr_repository.repository",
        "aws_s3_bucket.assets",
        "aws_secretsmanager_secret.openai_api_key",
        "aws_secretsmanager_secret.elevenlabs_api_key",
        "aws_cloudwatch_log_group.logs",
    } == addresses

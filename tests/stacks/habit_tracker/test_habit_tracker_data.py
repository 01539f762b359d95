"""Habit Tracker's stack: what holds data, and that the API alone reaches it."""

import pytest

from stacks.habit_tracker_settings import HabitTrackerFilesSettings
from tests.modules.iam_wildcards import excesses
from tests.stacks.habit_tracker.sample_habit_tracker import DOMAIN, build
from tests.stacks.isms.sample_isms import containers, environment_of, ref, statements
from tests.support import Block, Synthesized

ROLE = "api_service_task_role_permissions"


def allowed(stack: Synthesized, action: str, start: str = ROLE) -> list[str]:
    """What a role may do an action on."""
    return [
        one
        for statement in statements(stack, start)
        if action in statement["actions"]
        for one in statement["resources"]
    ]


def mounted(stack: Synthesized, container: str) -> list[Block]:
    """The mount points of a container that lead to EFS."""
    return [one for one in containers(stack)[container]["mountPoints"] if one["sourceVolume"] == "files"]


class TestDatabase:
    """PostgreSQL."""

    def test_class(self, habit_tracker: Synthesized) -> None:
        """The design's, in a single zone."""
        instance = habit_tracker.resource("aws_db_instance")

        assert ("postgres", "db.t3.micro", False) == (
            instance["engine"],
            instance["instance_class"],
            instance["multi_az"],
        )

    def test_class_is_a_setting(self, otherwise: Synthesized) -> None:
        """The ARM class, with a standby."""
        instance = otherwise.resource("aws_db_instance")

        assert ("db.t4g.micro", True) == (instance["instance_class"], instance["multi_az"])

    def test_encrypted_and_kept(self, stack: Synthesized) -> None:
        """At rest, with backups, and growing by itself."""
        instance = stack.resource("aws_db_instance")

        assert (True, 7, 100) == (
            instance["storage_encrypted"],
            instance["backup_retention_period"],
            instance["max_allocated_storage"],
        )

    def test_password_is_managed(self, stack: Synthesized) -> None:
        """RDS keeps the master's password, and TLS is enforced."""
        instance = stack.resource("aws_db_instance")
        parameters = {one["name"]: one["value"] for one in stack.resource("aws_db_parameter_group")["parameter"]}

        assert (True, "1") == (instance["manage_master_user_password"], parameters["rds.force_ssl"])
        assert "password" not in instance

    def test_api_finds_it(self, stack: Synthesized) -> None:
        """Host and the credentials' ARN; no password."""
        found = environment_of(containers(stack)["api"])

        assert ref(stack, "aws_db_instance", "address") == found["DB_HOST"]
        assert ref(stack, "aws_db_instance", "master_user_secret[0].secret_arn") == found["DB_SECRET_ARN"]

    def test_api_may_log_in(self, stack: Synthesized) -> None:
        """By the secret that RDS rotates, or by a token as the user for that."""
        resource = ref(stack, "aws_db_instance", "resource_id")

        assert [ref(stack, "aws_db_instance", "master_user_secret[0].secret_arn")] == allowed(
            stack, "secretsmanager:GetSecretValue"
        )
        assert [f"arn:aws:rds-db:us-east-1:956880242582:dbuser:{resource}/app"] == allowed(stack, "rds-db:connect")


class TestRedis:
    """Sessions and cache."""

    def test_node(self, habit_tracker: Synthesized) -> None:
        """The design's, alone, encrypted on the way and at rest."""
        nodes = habit_tracker.resource("aws_elasticache_replication_group")

        assert ("cache.t3.micro", 1) == (nodes["node_type"], nodes["num_cache_clusters"])
        assert (True, "true") == (nodes["transit_encryption_enabled"], nodes["at_rest_encryption_enabled"])

    def test_no_password(self, stack: Synthesized) -> None:
        """IAM lets in, so no password is anywhere."""
        users = stack.resources("aws_elasticache_user").values()

        assert "auth_token" not in stack.resource("aws_elasticache_replication_group")
        assert [] == [one for one in users if one.get("passwords")]

    def test_api_may_log_in(self, stack: Synthesized) -> None:
        """To this cache, as this user."""
        assert {
            ref(stack, "aws_elasticache_replication_group", "arn"),
            ref(stack, "aws_elasticache_user", "arn", "redis_users_application_"),
        } == set(allowed(stack, "elasticache:Connect"))

    def test_sessions_and_cache_are_apart(self, stack: Synthesized) -> None:
        """Each has a database of its own, so that clearing the cache leaves the sessions."""
        found = environment_of(containers(stack)["api"])

        assert ("/0", "/1") == (found["REDIS_SESSIONS_URL"][-2:], found["REDIS_CACHE_URL"][-2:])


class TestMedia:
    """Uploads."""

    def test_bucket(self, stack: Synthesized) -> None:
        """It bears the account's id, which makes the name unique."""
        assert "habit-tracker-media-956880242582" in [b["bucket"] for b in stack.resources("aws_s3_bucket").values()]

    def test_cors(self, stack: Synthesized) -> None:
        """Only the domain's pages upload and read."""
        (rule,) = stack.resource("aws_s3_bucket_cors_configuration")["cors_rule"]

        assert [f"https://{DOMAIN}"] == rule["allowed_origins"]

    def test_api_signs_for_it(self, stack: Synthesized) -> None:
        """What the API signs, it may do itself, in this bucket only."""
        bucket = ref(stack, "aws_s3_bucket", "arn", "media_")

        assert [f"{bucket}/*"] == allowed(stack, "s3:PutObject")
        assert (
            ref(stack, "aws_s3_bucket", "bucket", "media_") == environment_of(containers(stack)["api"])["MEDIA_BUCKET"]
        )


class TestFiles:
    """The optional folder on EFS."""

    def test_mount(self, habit_tracker: Synthesized) -> None:
        """The API writes to it, and collects its static files there."""
        (mount,) = mounted(habit_tracker, "api")

        assert ("/files", False) == (mount["containerPath"], mount["readOnly"])
        assert "/files/static" == environment_of(containers(habit_tracker)["api"])["STATIC_ROOT"]

    def test_path_is_a_setting(self) -> None:
        """Both follow."""
        stack = build(files=HabitTrackerFilesSettings(path="/srv/shared"))
        (mount,) = mounted(stack, "api")

        assert "/srv/shared" == mount["containerPath"]
        assert "/srv/shared/static" == environment_of(containers(stack)["api"])["STATIC_ROOT"]

    def test_tls_and_iam(self, habit_tracker: Synthesized) -> None:
        """Through the access point, as the task's role, over TLS."""
        (task,) = [b for i, b in habit_tracker.resources("aws_ecs_task_definition").items() if i.startswith("api_")]
        (volume,) = [one["efs_volume_configuration"] for one in task["volume"] if one["name"] == "files"]

        assert "ENABLED" == volume["transit_encryption"]
        assert {"access_point_id": ref(habit_tracker, "aws_efs_access_point", "id"), "iam": "ENABLED"} == (
            volume["authorization_config"]
        )

    def test_belongs_to_the_containers_user(self, habit_tracker: Synthesized) -> None:
        """Whoever comes through the door is the user that Django runs as."""
        assert {"uid": 1000, "gid": 1000} == habit_tracker.resource("aws_efs_access_point")["posix_user"]

    def test_api_may_mount(self, habit_tracker: Synthesized) -> None:
        """And write, through that door."""
        assert [ref(habit_tracker, "aws_efs_file_system", "arn")] == allowed(
            habit_tracker, "elasticfilesystem:ClientWrite"
        )

    def test_pages_have_none(self, habit_tracker: Synthesized) -> None:
        """Nginx has its files in the image."""
        assert [] == mounted(habit_tracker, "web")

    @pytest.mark.parametrize("type_", ["aws_efs_mount_target", "aws_efs_file_system_policy"])
    def test_tasks_wait(self, type_: str, habit_tracker: Synthesized) -> None:
        """A task mounts before its container starts."""
        (service,) = [b for i, b in habit_tracker.resources("aws_ecs_service").items() if i.startswith("api_")]

        assert {f"{type_}.{id_}" for id_ in habit_tracker.resources(type_)} <= set(service["depends_on"])

    def test_is_optional(self, otherwise: Synthesized) -> None:
        """Without it there is no file system, no mount and no STATIC_ROOT."""
        assert {} == otherwise.resources("aws_efs_file_system")
        assert [] == mounted(otherwise, "api")
        assert "STATIC_ROOT" not in environment_of(containers(otherwise)["api"])


class TestAccess:
    """Who reaches what."""

    @pytest.mark.parametrize(("part", "port"), [("postgres", 5432), ("redis", 6379), ("files", 2049)])
    def test_only_the_api_gets_in(self, part: str, port: int, habit_tracker: Synthesized) -> None:
        """One rule lets into each: from the API's tasks."""
        group = ref(habit_tracker, "aws_security_group", "id", f"{part}_")
        rules = habit_tracker.resources("aws_vpc_security_group_ingress_rule").values()
        api = ref(habit_tracker, "aws_security_group", "id", "api_service_network_group_")

        assert [(api, port)] == [
            (rule["referenced_security_group_id"], rule["from_port"])
            for rule in rules
            if rule["security_group_id"] == group
        ]

    @pytest.mark.parametrize("part", ["postgres", "redis", "files"])
    def test_api_waits_for_its_ports(self, part: str, habit_tracker: Synthesized) -> None:
        """A task that starts before could not connect."""
        (service,) = [b for i, b in habit_tracker.resources("aws_ecs_service").items() if i.startswith("api_")]

        assert 2 == len([one for one in service["depends_on"] if f"_rule.{part}_" in one])

    def test_pages_may_do_nothing(self, habit_tracker: Synthesized) -> None:
        """Nginx's task has no permissions, and its start reads no secret."""
        assert [] == statements(habit_tracker, "web_service_task_role_permissions")
        assert [] == allowed(habit_tracker, "secretsmanager:GetSecretValue", "web_service_task_execution_permissions")

    def test_no_wildcard_that_aws_does_not_force(self, stack: Synthesized) -> None:
        """Exact actions on exact resources."""
        assert [] == excesses(stack)

    def test_data_is_private(self, stack: Synthesized) -> None:
        """Database, cache and tasks are in the private subnets."""
        used = [
            *stack.resource("aws_db_subnet_group")["subnet_ids"],
            *stack.resource("aws_elasticache_subnet_group")["subnet_ids"],
            *(
                one
                for b in stack.resources("aws_ecs_service").values()
                for one in b["network_configuration"]["subnets"]
            ),
        ]

        assert [] == [subnet for subnet in used if "network_private_" not in subnet]

    def test_no_value_of_a_secret(self, stack: Synthesized) -> None:
        """Values are write-only, so that the state has none."""
        version = stack.resource("aws_secretsmanager_secret_version")

        assert ("secret_string_wo" in version, "secret_string" in version) == (True, False)


class TestProtection:
    """What a destruction leaves, and what lifts that."""

    @pytest.mark.parametrize(
        "type_", ["aws_db_instance", "aws_elasticache_replication_group", "aws_lb", "aws_efs_file_system"]
    )
    def test_plan_refuses(self, type_: str, habit_tracker: Synthesized) -> None:
        """A plan that would destroy what is kept fails as a whole."""
        assert habit_tracker.resource(type_)["lifecycle"]["prevent_destroy"] is True

    def test_kept(self, habit_tracker: Synthesized) -> None:
        """Database, uploads, images and secret."""
        assert (True, False) == tuple(
            habit_tracker.resource("aws_db_instance")[name] for name in ("deletion_protection", "skip_final_snapshot")
        )
        assert {False} == {b["force_destroy"] for b in habit_tracker.resources("aws_s3_bucket").values()}
        assert {False} == {b["force_delete"] for b in habit_tracker.resources("aws_ecr_repository").values()}
        assert 30 == habit_tracker.resource("aws_secretsmanager_secret")["recovery_window_in_days"]

    def test_one_setting_lifts_it(self) -> None:
        """`disposable` is all it takes, as a setting or in the context."""
        lifted = build(disposable=True)

        assert lifted.document == build({"disposable": "true"}).document
        assert "prevent_destroy" not in str(lifted.document)


class TestNetwork:
    """The way out."""

    def test_nat(self, habit_tracker: Synthesized) -> None:
        """One gateway, and no interface endpoints."""
        kinds = {block["vpc_endpoint_type"] for block in habit_tracker.resources("aws_vpc_endpoint").values()}

        assert (1, {"Gateway"}) == (len(habit_tracker.resources("aws_nat_gateway")), kinds)

    def test_endpoints(self, otherwise: Synthesized) -> None:
        """Or what tasks need of AWS, inside the network, and no gateway."""
        services = {
            b["service_name"].removeprefix("com.amazonaws.us-east-1.")
            for b in otherwise.resources("aws_vpc_endpoint").values()
        }

        assert {} == otherwise.resources("aws_nat_gateway")
        assert {"s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages"} == services

    @pytest.mark.parametrize(("name", "on"), [("habit_tracker", False), ("otherwise", True)])
    def test_sessions(self, name: str, on: bool, request: pytest.FixtureRequest) -> None:
        """ECS Exec is a switch."""
        services = request.getfixturevalue(name).resources("aws_ecs_service").values()

        assert [on, on] == [service["enable_execute_command"] for service in services]

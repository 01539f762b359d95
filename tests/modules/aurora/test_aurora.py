"""Aurora as Terraform JSON, and what its settings refuse."""

from typing import Any

import pytest
from cdktf import TerraformOutput
from constructs import Construct
from pydantic import ValidationError

from modules.aurora.cluster import Aurora, AuroraSettings
from modules.iam import Role, trust_service
from modules.mistakes import mistakes_in
from modules.network.placement import Placement
from tests.modules.iam_wildcards import excesses
from tests.support import Block, Synthesized, synth_scope

STAGING = {"min_capacity_acu": 0.5, "max_capacity_acu": 16}
CLUSTER = "${aws_rds_cluster.aurora_cluster_059EF40F"


def build(*, disposable: bool = False, **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """A cluster that a backend's security group and role may use."""

    def declare(scope: Construct) -> None:
        aurora = Aurora(
            scope,
            "aurora",
            name="isms-staging",
            account_id="956880242582",
            region="eu-west-2",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"]),
            disposable=disposable,
            settings=AuroraSettings(**(STAGING | settings)),
        )
        aurora.allow_from("backend", "sg-backend")
        Role(
            scope,
            "task",
            name="task",
            trust=trust_service("ecs-tasks.amazonaws.com", account_id="956880242582"),
            permissions=aurora.connect_permissions(),
        )
        TerraformOutput(scope, "environment", value=aurora.environment)
        TerraformOutput(scope, "instances", value=aurora.instance_ids)
        TerraformOutput(scope, "waits", value=len(aurora.ready))

    return synth_scope(declare)


@pytest.fixture(scope="module")
def aurora() -> Synthesized:
    """A protected cluster of one instance."""
    return build()


@pytest.fixture(scope="module")
def large() -> Synthesized:
    """A disposable cluster with two readers and enhanced monitoring."""
    return build(disposable=True, reader_count=2, enhanced_monitoring_s=60, min_capacity_acu=0, engine_version="16.11")


@pytest.fixture(scope="module")
def cluster(aurora: Synthesized) -> Block:
    """The one cluster."""
    return aurora.resource("aws_rds_cluster")


def instance(stack: Synthesized, id_: str) -> Block:
    """The instance with this id in the part."""
    (found,) = [
        one
        for key, one in stack.resources("aws_rds_cluster_instance").items()
        if key.startswith(f"aurora_instances_{id_}")
    ]
    return found


class TestCluster:
    """The cluster itself."""

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("cluster_identifier", "isms-staging"),
            ("engine", "aurora-postgresql"),
            ("engine_version", "15.18"),
            ("allow_major_version_upgrade", False),
            ("port", 5432),
            ("database_name", "app"),
            ("master_username", "postgres"),
            ("manage_master_user_password", True),
            ("storage_encrypted", True),
            ("iam_database_authentication_enabled", True),
            ("enabled_cloudwatch_logs_exports", ["postgresql"]),
            ("backup_retention_period", 7),
            ("preferred_backup_window", "02:00-03:00"),
            ("preferred_maintenance_window", "sun:04:00-sun:05:00"),
            ("copy_tags_to_snapshot", True),
            ("apply_immediately", True),
            ("serverlessv2_scaling_configuration", {"min_capacity": 0.5, "max_capacity": 16}),
        ],
    )
    def test_argument(self, cluster: Block, argument: str, value: object) -> None:
        """Each argument has its value."""
        assert value == cluster[argument]

    def test_no_password(self, cluster: Block) -> None:
        """RDS makes the password: no form of it is an argument."""
        assert {"manage_master_user_password"} == {name for name in cluster if "password" in name}

    def test_pauses(self, large: Synthesized) -> None:
        """With a minimum of 0 it says after how long an instance pauses."""
        assert {"min_capacity": 0, "max_capacity": 16, "seconds_until_auto_pause": 300} == large.resource(
            "aws_rds_cluster"
        )["serverlessv2_scaling_configuration"]

    def test_log_group_is_first(self, aurora: Synthesized, cluster: Block) -> None:
        """The log group is Terraform's, with an end to its retention, and there before RDS writes to it."""
        (id_,) = aurora.resources("aws_cloudwatch_log_group")
        group = aurora.resource("aws_cloudwatch_log_group")

        assert ("/aws/rds/cluster/isms-staging/postgresql", 30) == (group["name"], group["retention_in_days"])
        assert [f"aws_cloudwatch_log_group.{id_}"] == cluster["depends_on"]

    def test_subnets(self, aurora: Synthesized, cluster: Block) -> None:
        """It lies in the subnets of its placement."""
        (id_,) = aurora.resources("aws_db_subnet_group")

        assert ["subnet-1", "subnet-2"] == aurora.resource("aws_db_subnet_group")["subnet_ids"]
        assert f"${{aws_db_subnet_group.{id_}.name}}" == cluster["db_subnet_group_name"]


class TestProtection:
    """What is left when the stack goes."""

    def test_is_protected(self, cluster: Block) -> None:
        """Nothing deletes the cluster by mistake, and its backups stay."""
        assert (True, False, False) == (
            cluster["deletion_protection"],
            cluster["skip_final_snapshot"],
            cluster["delete_automated_backups"],
        )

    def test_last_snapshot_is_of_one_generation(self, aurora: Synthesized, cluster: Block) -> None:
        """Its name ends in an id that is new for every cluster that there ever is."""
        ((id_, generation),) = aurora.resources("terraform_data").items()

        assert f"isms-staging-final-${{terraform_data.{id_}.id}}" == cluster["final_snapshot_identifier"]
        assert {"name": "isms-staging", "database": "app", "user": "postgres"} == generation["triggers_replace"]

    def test_is_disposable(self, large: Synthesized) -> None:
        """A disposable cluster leaves nothing behind."""
        disposable = large.resource("aws_rds_cluster")

        assert (False, True, True) == (
            disposable["deletion_protection"],
            disposable["skip_final_snapshot"],
            disposable["delete_automated_backups"],
        )
        assert ("final_snapshot_identifier" in disposable, {}) == (False, large.resources("terraform_data"))


class TestParameters:
    """The cluster parameter group."""

    def test_parameters(self, aurora: Synthesized) -> None:
        """TLS is enforced; the log has slow statements and long waits, and no values of parameters."""
        parameters = aurora.resource("aws_rds_cluster_parameter_group")["parameter"]

        assert {
            "rds.force_ssl": "1",
            "log_lock_waits": "1",
            "log_min_duration_statement": "1000",
            "log_parameter_max_length": "0",
        } == {one["name"]: one["value"] for one in parameters}

    def test_tls_whatever_its_kind(self, aurora: Synthesized) -> None:
        """RDS refuses the method `immediate` for a static parameter."""
        parameters = aurora.resource("aws_rds_cluster_parameter_group")["parameter"]

        assert ["rds.force_ssl"] == [one["name"] for one in parameters if one.get("apply_method") == "pending-reboot"]

    @pytest.mark.parametrize(("built", "family"), [("aurora", "aurora-postgresql15"), ("large", "aurora-postgresql16")])
    def test_family(self, request: pytest.FixtureRequest, built: str, family: str) -> None:
        """Another major version is another group, made before the old one goes."""
        group = request.getfixturevalue(built).resource("aws_rds_cluster_parameter_group")

        assert (family, f"isms-staging-{family}") == (group["family"], group["name"])
        assert {"create_before_destroy": True} == group["lifecycle"]

    def test_cluster_uses_it(self, aurora: Synthesized, cluster: Block) -> None:
        """The cluster runs with the group."""
        (id_,) = aurora.resources("aws_rds_cluster_parameter_group")

        assert f"${{aws_rds_cluster_parameter_group.{id_}.name}}" == cluster["db_cluster_parameter_group_name"]


class TestInstances:
    """The instances."""

    def test_writer_only(self, aurora: Synthesized) -> None:
        """By default there is one instance."""
        assert 1 == len(aurora.resources("aws_rds_cluster_instance"))

    @pytest.mark.parametrize(
        ("id_", "name", "zone", "tier"),
        [
            ("writer", "isms-staging-1", "eu-west-2a", 0),
            ("reader_1", "isms-staging-2", "eu-west-2b", 1),
            ("reader_2", "isms-staging-3", "eu-west-2a", 2),
        ],
    )
    def test_places(self, large: Synthesized, id_: str, name: str, zone: str, tier: int) -> None:
        """They take the zones in turn, and their names say nothing about who writes."""
        one = instance(large, id_)

        assert (name, zone, tier) == (one["identifier"], one["availability_zone"], one["promotion_tier"])

    def test_writer_comes_first(self, large: Synthesized) -> None:
        """The first instance of a cluster becomes its writer."""
        (writer,) = [id_ for id_ in large.resources("aws_rds_cluster_instance") if "writer" in id_]

        assert [f"aws_rds_cluster_instance.{writer}"] == instance(large, "reader_1")["depends_on"]

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("instance_class", "db.serverless"),
            ("publicly_accessible", False),
            ("auto_minor_version_upgrade", False),
            ("apply_immediately", True),
            ("preferred_maintenance_window", "sun:04:00-sun:05:00"),
            ("ca_cert_identifier", "rds-ca-rsa2048-g1"),
            ("copy_tags_to_snapshot", True),
            ("performance_insights_enabled", True),
            ("monitoring_interval", 0),
        ],
    )
    def test_argument(self, aurora: Synthesized, argument: str, value: object) -> None:
        """Each argument has its value."""
        assert value == instance(aurora, "writer")[argument]

    def test_version_is_the_clusters(self, aurora: Synthesized) -> None:
        """An instance has no version of its own that could differ."""
        assert "engine_version" not in instance(aurora, "writer")

    def test_no_monitoring_role(self, aurora: Synthesized) -> None:
        """Without enhanced monitoring there is no role for it."""
        assert "monitoring_role_arn" not in instance(aurora, "writer")
        assert 1 == len(aurora.resources("aws_iam_role"))

    def test_monitoring(self, large: Synthesized) -> None:
        """Enhanced monitoring has its role before the first instance."""
        writer = instance(large, "writer")

        assert 60 == writer["monitoring_interval"]
        assert writer["monitoring_role_arn"].startswith("${aws_iam_role.aurora_instances_monitoring_role")
        assert writer["depends_on"][0].startswith("aws_iam_role_policy.aurora_instances_monitoring_policy")

    def test_monitoring_trust(self, large: Synthesized) -> None:
        """Only RDS takes on the role, for instances of this cluster."""
        (trust,) = [
            statement
            for id_ in large.document["data"]["aws_iam_policy_document"]
            if "monitoring_trust" in id_
            for statement in large.statements(id_)
        ]

        assert ["monitoring.rds.amazonaws.com"] == trust["principals"][0]["identifiers"]
        assert {
            "aws:SourceAccount": ["956880242582"],
            "aws:SourceArn": ["arn:aws:rds:eu-west-2:956880242582:db:isms-staging-*"],
        } == {condition["variable"]: condition["values"] for condition in trust["condition"]}


class TestAccess:
    """Who reaches the database, and as whom."""

    def test_group_has_no_rules(self, aurora: Synthesized) -> None:
        """The group opens nothing by itself."""
        assert not {"ingress", "egress"} & aurora.resource("aws_security_group").keys()

    @pytest.mark.parametrize(
        ("type_", "own", "other"),
        [
            ("aws_vpc_security_group_ingress_rule", "security_group_id", "referenced_security_group_id"),
            ("aws_vpc_security_group_egress_rule", "referenced_security_group_id", "security_group_id"),
        ],
    )
    def test_both_sides(self, aurora: Synthesized, type_: str, own: str, other: str) -> None:
        """The port is open between the two groups, on both sides, and to nobody else."""
        (group,) = aurora.resources("aws_security_group")
        rule = aurora.resource(type_)

        assert (5432, 5432, "tcp") == (rule["from_port"], rule["to_port"], rule["ip_protocol"])
        assert (f"${{aws_security_group.{group}.id}}", "sg-backend") == (rule[own], rule[other])
        assert "cidr_ipv4" not in rule

    def test_environment(self, aurora: Synthesized) -> None:
        """A task gets where the database is and which secret to read when it connects."""
        assert {
            "DB_HOST": f"{CLUSTER}.endpoint}}",
            "DB_READER_HOST": f"{CLUSTER}.reader_endpoint}}",
            "DB_PORT": "5432",
            "DB_NAME": "app",
            "DB_SECRET_ARN": f"{CLUSTER}.master_user_secret[0].secret_arn}}",
            "DB_IAM_USER": "app",
        } == aurora.output("environment")

    def test_permissions(self, aurora: Synthesized) -> None:
        """A task may read this secret and be this user of this cluster, and nothing else."""
        (id_,) = [one for one in aurora.document["data"]["aws_iam_policy_document"] if "permissions" in one]
        allowed = {tuple(one["actions"]): one["resources"] for one in aurora.statements(id_)}

        assert {
            ("secretsmanager:GetSecretValue",): [f"{CLUSTER}.master_user_secret[0].secret_arn}}"],
            ("rds-db:connect",): [f"arn:aws:rds-db:eu-west-2:956880242582:dbuser:{CLUSTER}.cluster_resource_id}}/app"],
        } == allowed

    @pytest.mark.parametrize("built", ["aurora", "large"])
    def test_no_needless_wildcard(self, request: pytest.FixtureRequest, built: str) -> None:
        """No statement is wider than AWS forces it to be."""
        assert [] == excesses(request.getfixturevalue(built))

    def test_results(self, large: Synthesized) -> None:
        """Consumers can name and wait for every instance."""
        assert (3, 3) == (len(large.output("instances")), large.output("waits"))


REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"engine_version": "15.1"},
        "engine_version must be at least 15.2, the oldest 15 that Serverless v2 runs, got '15.1'",
    ),
    ({"min_capacity_acu": 0.7}, "min_capacity_acu must be a multiple of 0.5 between 0 and 256, got 0.7"),
    (
        {"min_capacity_acu": 0, "engine_version": "15.6"},
        "min_capacity_acu must be at least 0.5 with engine_version 15.6, which cannot pause, got 0",
    ),
    ({"max_capacity_acu": 0.5}, "max_capacity_acu must be at least 1: min_capacity_acu, and 1, got 0.5"),
    (
        {"min_capacity_acu": 4, "max_capacity_acu": 2},
        "max_capacity_acu must be at least 4: min_capacity_acu, and 1, got 2",
    ),
    (
        {"max_capacity_acu": 256, "engine_version": "15.4"},
        "max_capacity_acu must be at most 128 with engine_version 15.4, got 256",
    ),
    ({"max_capacity_acu": 256.5}, "max_capacity_acu must be a multiple of 0.5 between 0 and 256, got 256.5"),
    ({"reader_count": 16}, "reader_count must be a whole number between 0 and 15, got 16"),
    (
        {"auto_pause_after_s": 600},
        "auto_pause_after_s must be left out unless min_capacity_acu is 0: the instances never pause, got 600",
    ),
    (
        {"auto_pause_after_s": 600, "min_capacity_acu": 0.7},
        "min_capacity_acu must be a multiple of 0.5 between 0 and 256, got 0.7",
    ),
    (
        {"engine_version": "99.1"},
        "engine_version must be a version of 13 to 18, which are those that Serverless v2 runs, got '99.1'",
    ),
    ({"auto_pause_after_s": 299}, "auto_pause_after_s must be a whole number between 300 and 86400, got 299"),
    (
        {"reader_count": 1, "zones": ["a"]},
        "zones must name two zones or more when there are readers, got ['a']",
    ),
    ({"zones": ["a", "a"]}, "zones must name each zone once, got ['a', 'a']"),
    (
        {"database_name": "My-App"},
        "database_name must be a small letter and up to 62 small letters, digits and _, got 'My-App'",
    ),
    (
        {"master_user": "admin"},
        "master_user must be neither admin nor rdsadmin nor pg_…, which PostgreSQL and RDS keep for themselves, "
        "got 'admin'",
    ),
    ({"backup_retention_days": 0}, "backup_retention_days must be a whole number between 1 and 35, got 0"),
    ({"backup_window_utc": "2-3"}, "backup_window_utc must be hh:mm-hh:mm in UTC, such as 02:00-03:00, got '2-3'"),
    ({"backup_window_utc": "02:00-02:29"}, "backup_window_utc must be at least 30 minutes long, got '02:00-02:29'"),
    (
        {"maintenance_window_utc": "Sun:04:00-Sun:05:00"},
        "maintenance_window_utc must be ddd:hh:mm-ddd:hh:mm in UTC and small letters, such as sun:04:00-sun:05:00, "
        "got 'Sun:04:00-Sun:05:00'",
    ),
    (
        {"maintenance_window_utc": "sun:04:00-sat:05:00"},
        "maintenance_window_utc must be at least 30 minutes and less than a day long, got 'sun:04:00-sat:05:00'",
    ),
    (
        {"maintenance_window_utc": "sun:02:30-sun:03:30"},
        "maintenance_window_utc must not meet backup_window_utc, 02:00-03:00, got 'sun:02:30-sun:03:30'",
    ),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """Each rule of AWS that a plan cannot see is a mistake in the file."""
    with pytest.raises(ValidationError) as caught:
        AuroraSettings(**(STAGING | settings))

    assert [message] == [f"{one.path} {one.text}" for one in mistakes_in(caught.value, AuroraSettings)]


@pytest.mark.parametrize(
    "settings",
    [
        {"min_capacity_acu": 0, "max_capacity_acu": 1, "auto_pause_after_s": 600},
        {"min_capacity_acu": 2, "max_capacity_acu": 128, "reader_count": 1},
        {"min_capacity_acu": 256, "max_capacity_acu": 256, "engine_version": "17.4"},
        {"reader_count": 15, "zones": ["c", "a", "b"]},
        {"backup_window_utc": "23:30-00:30"},
    ],
)
def test_accepted(settings: dict[str, Any]) -> None:
    """The corners of what AWS allows."""
    AuroraSettings(**(STAGING | settings))


def test_stateful_addresses(aurora: Synthesized) -> None:
    """A changed address replaces the cluster, and with it what it holds."""
    assert {
        "aws_rds_cluster.aurora_cluster_059EF40F",
        "aws_cloudwatch_log_group.aurora_log_FDEB87F8",
    } == {
        f"{type_}.{id_}" for type_ in ("aws_rds_cluster", "aws_cloudwatch_log_group") for id_ in aurora.resources(type_)
    }

"""PostgreSQL as Terraform JSON: the instance, what replaces it, what is left of it."""

from typing import Any

import pytest

from modules.postgres.settings import PostgresSettings
from tests.modules.postgres.sample_postgres import CHANGED, build
from tests.support import Block, Synthesized


@pytest.fixture(scope="module")
def postgres() -> Synthesized:
    """A protected instance with the settings of design 003."""
    return build()


@pytest.fixture(scope="module")
def other() -> Synthesized:
    """A disposable instance, all of whose settings are others."""
    return build(disposable=True, **CHANGED)


@pytest.fixture(scope="module")
def instance(postgres: Synthesized) -> Block:
    """The one instance."""
    return postgres.resource("aws_db_instance")


class TestInstance:
    """The instance itself."""

    @pytest.mark.parametrize(
        ("argument", "value", "changed"),
        [
            ("engine_version", "17.10", "18.4"),
            ("allow_major_version_upgrade", False, True),
            ("instance_class", "db.t3.micro", "db.t4g.small"),
            ("multi_az", False, True),
            ("allocated_storage", 20, 50),
            ("max_allocated_storage", 100, 60),
            ("backup_retention_period", 7, 14),
            ("backup_window", "02:00-03:00", "05:00-06:00"),
            ("maintenance_window", "sun:04:00-sun:05:00", "mon:01:00-mon:02:00"),
            ("ca_cert_identifier", "rds-ca-rsa2048-g1", "rds-ca-ecc384-g1"),
            ("performance_insights_enabled", True, False),
        ],
    )
    def test_setting(self, instance: Block, other: Synthesized, argument: str, value: object, changed: object) -> None:
        """Each setting gets to its argument."""
        assert (value, changed) == (instance[argument], other.resource("aws_db_instance")[argument])

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("identifier", "habits"),
            ("engine", "postgres"),
            ("auto_minor_version_upgrade", False),
            ("storage_type", "gp3"),
            ("storage_encrypted", True),
            ("db_name", "app"),
            ("username", "postgres"),
            ("manage_master_user_password", True),
            ("iam_database_authentication_enabled", True),
            ("port", 5432),
            ("publicly_accessible", False),
            ("enabled_cloudwatch_logs_exports", ["postgresql"]),
            ("copy_tags_to_snapshot", True),
            ("apply_immediately", True),
        ],
    )
    def test_argument(self, instance: Block, argument: str, value: object) -> None:
        """What no setting changes."""
        assert value == instance[argument]

    def test_no_password(self, instance: Block) -> None:
        """RDS makes the password: no form of it is an argument."""
        assert {"manage_master_user_password"} == {name for name in instance if "password" in name}

    def test_log_group_is_first(self, postgres: Synthesized, instance: Block) -> None:
        """The log group is Terraform's, with an end to its retention, and there before RDS writes to it."""
        (id_,) = postgres.resources("aws_cloudwatch_log_group")
        group = postgres.resource("aws_cloudwatch_log_group")

        assert ("/aws/rds/instance/habits/postgresql", 30) == (group["name"], group["retention_in_days"])
        assert [f"aws_cloudwatch_log_group.{id_}"] == instance["depends_on"]

    def test_subnets(self, postgres: Synthesized, instance: Block) -> None:
        """It lies in the subnets of its placement."""
        (id_,) = postgres.resources("aws_db_subnet_group")

        assert ["subnet-1", "subnet-2"] == postgres.resource("aws_db_subnet_group")["subnet_ids"]
        assert f"${{aws_db_subnet_group.{id_}.name}}" == instance["db_subnet_group_name"]


FORCE_NEW = {
    "availability_zone",
    "backup_target",
    "character_set_name",
    "custom_iam_instance_profile",
    "db_name",
    "engine",
    "identifier",
    "identifier_prefix",
    "kms_key_id",
    "nchar_character_set_name",
    "restore_to_point_in_time",
    "snapshot_identifier",
    "storage_encrypted",
    "timezone",
    "username",
}
"""Whose change replaces an instance: internal/service/rds/instance.go of the provider, the arguments with ForceNew."""


class TestReplacement:
    """What replaces the instance, and with it what it holds: two settings, and nothing else."""

    def test_settings_change_it_as_it_is(self, instance: Block, other: Synthesized) -> None:
        """All other settings at once change no argument whose change replaces it."""
        changed = other.resource("aws_db_instance")

        assert {name: instance[name] for name in FORCE_NEW & instance.keys()} == {
            name: changed[name] for name in FORCE_NEW & changed.keys()
        }

    def test_every_setting_is_looked_at(self) -> None:
        """A new setting must be added here, or be one of those that are said to replace it."""
        assert PostgresSettings.model_fields.keys() == {*CHANGED, "database_name", "master_user"}

    @pytest.mark.parametrize(("setting", "argument"), [("database_name", "db_name"), ("master_user", "username")])
    def test_two_replace_it(self, setting: str, argument: str) -> None:
        """Another database or another master is another instance, which a protected one refuses."""
        changed: dict[str, Any] = {setting: "other"}
        replaced = build(**changed).resource("aws_db_instance")

        assert "other" == replaced[argument]
        assert {"prevent_destroy": True} == replaced["lifecycle"]


class TestProtection:
    """What is left when the stack goes."""

    def test_is_protected(self, instance: Block) -> None:
        """Nothing deletes the instance by mistake, and its backups stay."""
        assert (True, False, False, {"prevent_destroy": True}) == (
            instance["deletion_protection"],
            instance["skip_final_snapshot"],
            instance["delete_automated_backups"],
            instance["lifecycle"],
        )

    def test_last_snapshot_is_of_one_generation(self, postgres: Synthesized, instance: Block) -> None:
        """Its name ends in an id that is new for every instance that there ever is."""
        ((id_, generation),) = postgres.resources("terraform_data").items()

        assert f"habits-final-${{terraform_data.{id_}.id}}" == instance["final_snapshot_identifier"]
        assert {"name": "habits", "database": "app", "user": "postgres"} == generation["triggers_replace"]

    def test_is_disposable(self, other: Synthesized) -> None:
        """A disposable instance leaves nothing behind."""
        disposable = other.resource("aws_db_instance")

        assert (False, True, True) == (
            disposable["deletion_protection"],
            disposable["skip_final_snapshot"],
            disposable["delete_automated_backups"],
        )
        assert not {"final_snapshot_identifier", "lifecycle"} & disposable.keys()
        assert {} == other.resources("terraform_data")


class TestParameters:
    """The parameter group."""

    @pytest.mark.parametrize(("built", "slower"), [("postgres", "1000"), ("other", "50")])
    def test_parameters(self, request: pytest.FixtureRequest, built: str, slower: str) -> None:
        """TLS is enforced; the log has slow statements and long waits, and no values of parameters."""
        parameters = request.getfixturevalue(built).resource("aws_db_parameter_group")["parameter"]

        assert {
            "rds.force_ssl": "1",
            "log_lock_waits": "1",
            "log_min_duration_statement": slower,
            "log_parameter_max_length": "0",
        } == {one["name"]: one["value"] for one in parameters}

    def test_tls_by_rds_own_method(self, postgres: Synthesized) -> None:
        """RDS takes no change of the method alone, so a value that is its default has its method too."""
        parameters = postgres.resource("aws_db_parameter_group")["parameter"]

        assert ["rds.force_ssl"] == [one["name"] for one in parameters if one.get("apply_method") == "pending-reboot"]

    @pytest.mark.parametrize(("built", "family"), [("postgres", "postgres17"), ("other", "postgres18")])
    def test_family(self, request: pytest.FixtureRequest, built: str, family: str) -> None:
        """Another major version is another group, made before the old one goes."""
        group = request.getfixturevalue(built).resource("aws_db_parameter_group")

        assert (family, f"habits-{family}") == (group["family"], group["name"])
        assert {"create_before_destroy": True} == group["lifecycle"]

    def test_instance_uses_it(self, postgres: Synthesized, instance: Block) -> None:
        """The instance runs with the group."""
        (id_,) = postgres.resources("aws_db_parameter_group")

        assert f"${{aws_db_parameter_group.{id_}.name}}" == instance["parameter_group_name"]


def test_stateful_addresses(postgres: Synthesized) -> None:
    """A changed address replaces the instance, and with it what it holds."""
    assert {"aws_db_instance.postgres_instance_919E2690", "aws_cloudwatch_log_group.postgres_log_3DF35002"} == {
        f"{type_}.{id_}"
        for type_ in ("aws_db_instance", "aws_cloudwatch_log_group")
        for id_ in postgres.resources(type_)
    }

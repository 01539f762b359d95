"""An instance of PostgreSQL as the tests of this room look at it."""

from typing import Any

from cdktf import TerraformOutput
from constructs import Construct

from modules.iam import Role, trust_service
from modules.network.placement import Placement
from modules.postgres.postgres import Postgres, PostgresSettings
from tests.support import Synthesized, synth_scope

CHANGED: dict[str, Any] = {
    "engine_version": "18.4",
    "major_upgrade": True,
    "instance_class": "db.t4g.small",
    "multi_az": True,
    "storage_gib": 50,
    "max_storage_gib": 60,
    "iam_user": "web",
    "backup_retention_days": 14,
    "backup_window_utc": "05:00-06:00",
    "maintenance_window_utc": "mon:01:00-mon:02:00",
    "ca_certificate": "rds-ca-ecc384-g1",
    "performance_insights": False,
    "log_retention_days": 7,
    "log_slower_than_ms": 50,
}
"""Another value for every setting but those that replace the instance."""


INSTANCE = "${aws_db_instance.postgres_instance_919E2690"


def build(*, disposable: bool = False, **settings: Any) -> Synthesized:  # noqa: ANN401 settings of any type
    """An instance that a backend's security group and role may use."""

    def declare(scope: Construct) -> None:
        postgres = Postgres(
            scope,
            "postgres",
            name="habits",
            account_id="956880242582",
            region="eu-west-2",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"]),
            disposable=disposable,
            settings=PostgresSettings(**settings),
        )
        rules = postgres.allow_from("backend", "sg-backend")
        Role(
            scope,
            "task",
            name="task",
            trust=trust_service("ecs-tasks.amazonaws.com", account_id="956880242582"),
            permissions=postgres.connect_permissions(),
        )
        outputs = {
            "environment": postgres.environment,
            "id": postgres.instance_id,
            "ready": [one.fqn for one in postgres.ready],
            "rules": len(rules),
        }
        for name, value in outputs.items():
            TerraformOutput(scope, name, value=value)

    return synth_scope(declare)

"""Who reaches PostgreSQL, and as whom."""

import pytest

from tests.modules.iam_wildcards import excesses
from tests.modules.postgres.sample_postgres import INSTANCE, build
from tests.support import Synthesized


@pytest.fixture(scope="module")
def postgres() -> Synthesized:
    """An instance that a backend may use."""
    return build()


def test_group_has_no_rules(postgres: Synthesized) -> None:
    """The group of the instance opens nothing by itself."""
    ((id_, group),) = postgres.resources("aws_security_group").items()

    assert not {"ingress", "egress"} & group.keys()
    assert [f"${{aws_security_group.{id_}.id}}"] == postgres.resource("aws_db_instance")["vpc_security_group_ids"]


@pytest.mark.parametrize(
    ("type_", "own", "other_side"),
    [
        ("aws_vpc_security_group_ingress_rule", "security_group_id", "referenced_security_group_id"),
        ("aws_vpc_security_group_egress_rule", "referenced_security_group_id", "security_group_id"),
    ],
)
def test_both_sides(postgres: Synthesized, type_: str, own: str, other_side: str) -> None:
    """The port is open between the two groups, on both sides, and to nobody else."""
    (group,) = postgres.resources("aws_security_group")
    rule = postgres.resource(type_)

    assert (5432, 5432, "tcp") == (rule["from_port"], rule["to_port"], rule["ip_protocol"])
    assert (f"${{aws_security_group.{group}.id}}", "sg-backend") == (rule[own], rule[other_side])
    assert 2 == postgres.output("rules")


def test_environment(postgres: Synthesized) -> None:
    """A task gets where the database is and which secret to read when it connects, as with Aurora."""
    assert {
        "DB_HOST": f"{INSTANCE}.address}}",
        "DB_PORT": "5432",
        "DB_NAME": "app",
        "DB_SECRET_ARN": f"{INSTANCE}.master_user_secret[0].secret_arn}}",
        "DB_IAM_USER": "app",
    } == postgres.output("environment")


def test_permissions(postgres: Synthesized) -> None:
    """A task may read this secret and be this user of this instance, and nothing else."""
    (id_,) = [one for one in postgres.document["data"]["aws_iam_policy_document"] if "permissions" in one]
    allowed = {tuple(one["actions"]): one["resources"] for one in postgres.statements(id_)}

    assert {
        ("secretsmanager:GetSecretValue",): [f"{INSTANCE}.master_user_secret[0].secret_arn}}"],
        ("rds-db:connect",): [f"arn:aws:rds-db:eu-west-2:956880242582:dbuser:{INSTANCE}.resource_id}}/app"],
    } == allowed


def test_no_needless_wildcard(postgres: Synthesized) -> None:
    """No statement is wider than AWS forces it to be."""
    assert [] == excesses(postgres)


def test_results(postgres: Synthesized) -> None:
    """Consumers can name the instance and wait for it."""
    assert (f"{INSTANCE}.identifier}}", [f"{INSTANCE}}}"]) == (postgres.output("id"), postgres.output("ready"))

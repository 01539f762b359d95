"""Habit Tracker's stack: what others rely on."""

from typing import Any

import pytest

from tests.stacks.habit_tracker.sample_habit_tracker import DOMAIN, build
from tests.stacks.isms.sample_isms import by_name, of_service, ref
from tests.support import Synthesized

ADDRESSES = {
    "aws_db_instance": ["postgres_instance_919E2690"],
    "aws_ecr_repository": ["api_repository_FFAE1DB1", "web_repository_F95D28C3"],
    "aws_ecs_service": ["api_service_3CE78E30", "web_service_A6DF44BB"],
    "aws_efs_access_point": ["files_api_point_C7430A65"],
    "aws_efs_file_system": ["files_file_system_6D9E0F64"],
    "aws_elasticache_replication_group": ["redis_nodes_9C49E83C"],
    "aws_lb": ["load_balancer_5CB6B27E"],
    "aws_lb_listener": ["load_balancer_listeners_production_534401D5"],
    "aws_lb_target_group": ["api_service_route_blue_01C2034D", "web_service_route_blue_694BA136"],
    "aws_s3_bucket": ["load_balancer_access_logs_bucket_09B4F87F", "media_bucket_6FE5F0EB"],
    "aws_secretsmanager_secret": ["secret_D2F9FB97"],
    "aws_subnet": [
        "network_private_subnet_a_C798AAFF",
        "network_private_subnet_b_4EBBB5FA",
        "network_public_subnet_a_E3DE67FB",
        "network_public_subnet_b_455FB516",
    ],
    "aws_vpc": ["network_vpc_4E8F0223"],
    "terraform_data": ["postgres_generation_8A687B7E", "redis_generation_21A72A60"],
}
"""What holds data, and what DNS points to."""

OUTPUTS = {
    "load_balancer_dns_name": ("aws_lb", "dns_name", ""),
    "postgres_endpoint": ("aws_db_instance", "address", ""),
    "postgres_secret_arn": ("aws_db_instance", "master_user_secret[0].secret_arn", ""),
    "redis_endpoint": ("aws_elasticache_replication_group", "primary_endpoint_address", ""),
    "media_bucket": ("aws_s3_bucket", "bucket", "media_"),
    "cluster_name": ("aws_ecs_cluster", "name", ""),
    "alerts_topic_arn": ("aws_sns_topic_policy", "arn", ""),
}
"""Type, attribute and the beginning of the id of what an output refers to."""

OUTPUTS |= {
    f"{service}_{name}": (type_, attribute, f"{service}_")
    for service in ("api", "web")
    for name, type_, attribute in (
        ("service_name", "aws_ecs_service", "name"),
        ("repository_url", "aws_ecr_repository", "repository_url"),
        ("release_manifest", "aws_ssm_parameter", "insecure_value"),
    )
}


def test_stateful_addresses(habit_tracker: Synthesized) -> None:
    """A changed address is another resource, and the old one goes, with what it holds."""
    assert ADDRESSES == {type_: sorted(habit_tracker.resources(type_)) for type_ in ADDRESSES}


@pytest.mark.parametrize("type_", [type_ for type_ in ADDRESSES if "efs" not in type_])
def test_settings_move_nothing(type_: str, otherwise: Synthesized) -> None:
    """Whatever is set, what holds data is the same resource."""
    assert set(ADDRESSES[type_]) <= set(otherwise.resources(type_))


@pytest.mark.parametrize(
    "changes", [{"disposable": True}, {"exec_enabled": False}, {"region": "eu-west-2"}], ids=lambda one: next(iter(one))
)
def test_databases_address_stays(changes: dict[str, Any]) -> None:
    """The database is one resource in all environments."""
    assert ADDRESSES["aws_db_instance"] == sorted(build(**changes).resources("aws_db_instance"))


def test_outputs(stack: Synthesized) -> None:
    """These, and no others."""
    assert {*OUTPUTS, "url", "secrets", "certificate_validation_records"} == set(stack.document["output"])


@pytest.mark.parametrize("name", OUTPUTS)
def test_output(name: str, stack: Synthesized) -> None:
    """Each is what its name says, of this stack."""
    type_, attribute, start = OUTPUTS[name]

    assert ref(stack, type_, attribute, start) == stack.output(name)


def test_outputs_say_what_they_are(stack: Synthesized) -> None:
    """All of them, and none is secret."""
    assert [] == [
        name
        for name, output in stack.document["output"].items()
        if not output["description"] or output.get("sensitive")
    ]


def test_url(stack: Synthesized) -> None:
    """Where the system answers."""
    assert f"https://{DOMAIN}" == stack.output("url")


def test_validation_records(stack: Synthesized) -> None:
    """By which ACM validates the domain."""
    (record,) = stack.output("certificate_validation_records")

    assert {"name", "type", "value"} == set(record)


def test_secrets(stack: Synthesized) -> None:
    """Django's key is generated, in the stack's secret."""
    assert {
        "DJANGO_SECRET_KEY": {"secret": "habit-tracker/application", "key": "DJANGO_SECRET_KEY", "generated": True}
    } == (stack.output("secrets"))


@pytest.mark.parametrize("type_", ["aws_ecs_service", "aws_ecr_repository"])
def test_names(type_: str, stack: Synthesized) -> None:
    """Service and repository of either are called alike."""
    assert {"habit-tracker-api", "habit-tracker-web"} == set(by_name(stack, type_))


def test_account_and_region(stack: Synthesized) -> None:
    """Provider and state refuse every account but the environment's."""
    document = stack.document
    provider, backend = document["provider"]["aws"][0], document["terraform"]["backend"]["s3"]

    assert (["956880242582"], "us-east-1") == (provider["allowed_account_ids"], provider["region"])
    assert ["956880242582"] == backend["allowed_account_ids"]


def test_provider(stack: Synthesized) -> None:
    """The exact version."""
    assert "6.33.0" == stack.document["terraform"]["required_providers"]["aws"]["version"]


def test_manifests(stack: Synthesized) -> None:
    """One parameter a service, below the stack's name."""
    names = {block["name"] for block in stack.resources("aws_ssm_parameter").values()}

    assert {"/habit-tracker/release/api", "/habit-tracker/release/web"} == names


@pytest.mark.parametrize("service", ["api", "web"])
def test_release_tag_is_kept(service: str, stack: Synthesized) -> None:
    """A release tags images with the stack's id, which the registry keeps and lets move."""
    (repository,) = of_service(stack, "aws_ecr_repository", service).values()
    (policy,) = of_service(stack, "aws_ecr_lifecycle_policy", service).values()

    assert {"habit-tracker", "latest"} == {one["filter"] for one in repository["image_tag_mutability_exclusion_filter"]}
    assert '"habit-tracker-*"' in policy["policy"]

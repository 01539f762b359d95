"""ISMS's stacks: what others rely on."""

import pytest

from tests.stacks.isms.sample_isms import by_name, name_of, ref
from tests.support import Synthesized

ADDRESSES = {
    "aws_ecr_repository": ["backend_repository_6D93725B", "frontend_repository_F5BD6FC9"],
    "aws_ecs_service": ["backend_service_75E67C85", "frontend_service_5CE25200"],
    "aws_lb": ["load_balancer_5CB6B27E"],
    "aws_lb_listener": ["load_balancer_listeners_production_534401D5", "load_balancer_listeners_test_1F1A2C11"],
    "aws_lb_listener_rule": [
        "backend_service_route_production_CC442372",
        "backend_service_route_test_85A58472",
        "frontend_service_route_production_F1B5682B",
        "frontend_service_route_test_7E07EEF0",
    ],
    "aws_lb_target_group": [
        "backend_service_route_blue_B66095EC",
        "backend_service_route_green_490B4EFC",
        "frontend_service_route_blue_0B2766F0",
        "frontend_service_route_green_081EB9C8",
    ],
    "aws_rds_cluster": ["aurora_cluster_059EF40F"],
    "aws_secretsmanager_secret": ["secret_D2F9FB97"],
    "aws_subnet": [
        "network_private_subnet_a_C798AAFF",
        "network_private_subnet_b_4EBBB5FA",
        "network_public_subnet_a_E3DE67FB",
        "network_public_subnet_b_455FB516",
    ],
    "aws_vpc": ["network_vpc_4E8F0223"],
}
"""What holds data, what DNS points to, and what points back at blue when it is made anew."""


class TestContract:
    """What others rely on."""

    def test_stateful_addresses(self, stack: Synthesized) -> None:
        """A changed address is another resource, and the old one goes."""
        assert ADDRESSES == {type_: sorted(stack.resources(type_)) for type_ in ADDRESSES}

    def test_stateful_addresses_of_the_database(self, production: Synthesized) -> None:
        """An instance that is made anew is a failover at best."""
        assert ["aurora_instances_reader_1", "aurora_instances_writer"] == sorted(
            id_.rpartition("_")[0] for id_ in production.resources("aws_rds_cluster_instance")
        )


OUTPUTS = {
    "load_balancer_dns_name": ("aws_lb", "dns_name", ""),
    "aurora_endpoint": ("aws_rds_cluster", "endpoint", ""),
    "aurora_reader_endpoint": ("aws_rds_cluster", "reader_endpoint", ""),
    "aurora_secret_arn": ("aws_rds_cluster", "master_user_secret[0].secret_arn", ""),
    "cluster_name": ("aws_ecs_cluster", "name", ""),
    "alerts_topic_arn": ("aws_sns_topic_policy", "arn", ""),
}
"""Type, attribute and the beginning of the id of what an output refers to."""

OUTPUTS |= {
    f"{service}_{name}": (type_, attribute, f"{service}_")
    for service in ("backend", "frontend")
    for name, type_, attribute in (
        ("service_name", "aws_ecs_service", "name"),
        ("repository_url", "aws_ecr_repository", "repository_url"),
        ("release_manifest", "aws_ssm_parameter", "insecure_value"),
        ("codedeploy_application", "aws_codedeploy_app", "name"),
        ("codedeploy_deployment_group", "aws_codedeploy_deployment_group", "deployment_group_name"),
    )
}


class TestOutputs:
    """What an apply prints, and what commands read."""

    def test_all(self, stack: Synthesized) -> None:
        """The design's, and no others."""
        assert {*OUTPUTS, "url", "secrets", "certificate_validation_records"} == set(stack.document["output"])

    @pytest.mark.parametrize("name", OUTPUTS)
    def test_reference(self, name: str, stack: Synthesized) -> None:
        """Each is what its name says, of this stack."""
        type_, attribute, start = OUTPUTS[name]

        assert ref(stack, type_, attribute, start) == stack.output(name)

    def test_descriptions(self, stack: Synthesized) -> None:
        """All say what they are."""
        assert all(output["description"] for output in stack.document["output"].values())

    @pytest.mark.parametrize(
        ("name", "url"),
        [("staging", "https://trust.demo.paythru.com"), ("production", "https://trust.paythru.com")],
    )
    def test_url(self, name: str, url: str, request: pytest.FixtureRequest) -> None:
        """Where the system answers."""
        assert url == request.getfixturevalue(name).output("url")

    def test_validation_records(self, stack: Synthesized) -> None:
        """Without a hosted zone somebody makes the records by hand."""
        (record,) = stack.output("certificate_validation_records")

        assert {"name", "type", "value"} == set(record)
        assert all("aws_acm_certificate.certificate_" in value for value in record.values())

    def test_secrets(self, stack: Synthesized) -> None:
        """`infra secrets` finds each key in the secret of the environment, and knows which one is generated."""
        name = f"isms/{name_of(stack)}/application"

        assert {"JWT_SECRET": (name, True), "API_KEY": (name, False)} == {
            key: (entry["secret"], entry["generated"]) for key, entry in stack.output("secrets").items()
        }
        assert [name] == list(by_name(stack, "aws_secretsmanager_secret"))

    def test_nothing_is_secret(self, stack: Synthesized) -> None:
        """No output needs to be hidden."""
        assert not [output for output in stack.document["output"].values() if output.get("sensitive")]

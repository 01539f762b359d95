"""What the hosts read from Systems Manager when they start and when they are told to: no secret is among it."""

from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from modules.compose_host.agent import agent_configuration
from modules.compose_host.compose_file import compose_file
from modules.compose_host.service import ComposeService
from modules.deployment.release import NO_IMAGE

LONGEST = 8 * 1024
"""Characters of an advanced parameter: Systems Manager User Guide, "Managing parameter tiers"."""

_FOR_REFERENCES = 1024
"""How much longer a text may become when Terraform puts names, addresses and ARNs in the place of references."""


class HostParameters(Construct):
    """
    `/<stack>/compose/file`, `/<stack>/compose/agent`, and `/<stack>/compose/image/<service>` for each that is released.

    A host takes another file when the next release tells it to start something, as a service on Fargate takes another
    task definition with its next release.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stack: str,
        region: str,
        services: Sequence[ComposeService],
        several_hosts: bool,
        log_group_name: str,
        metrics_namespace: str,
    ) -> None:
        """
        Make the parameters.

        :param several_hosts: whether there is more than one host, or may be
        :raises ValueError: a text is too long for a parameter, or the services do not fit one host
        """
        super().__init__(scope, id_)
        self._path = f"/{stack}/compose"
        file = self._declare(
            "file",
            "What runs on the hosts, for Docker Compose",
            compose_file(
                services, stack=stack, region=region, log_group_name=log_group_name, several_hosts=several_hosts
            ),
        )
        agent = self._declare(
            "agent",
            "What the CloudWatch agent of a host measures and sends",
            agent_configuration(log_group_name=log_group_name, namespace=metrics_namespace),
        )
        images = {
            service.application.container_name: self._declare_image(service.application.container_name)
            for service in services
            if service.image is None
        }
        self.agent_name: str = f"{self._path}/agent"
        self.image_names: Mapping[str, str] = {service: f"{self._path}/image/{service}" for service in images}
        """Service → the parameter that a release writes."""
        self.arns: list[str] = [one.arn for one in (file, agent, *images.values())]
        self.ready: list[ITerraformDependable] = [file, agent, *images.values()]

    def _declare(self, id_: str, description: str, value: str) -> SsmParameter:
        most = LONGEST - _FOR_REFERENCES
        if len(value) > most:
            raise ValueError(
                f"{self._path}/{id_} must have at most {most} characters, got {len(value)}: "
                f"a parameter takes {LONGEST}, and references become longer"
            )
        return SsmParameter(
            self,
            id_,
            name=f"{self._path}/{id_}",
            description=description,
            type="String",
            # Standard, which costs nothing, while it is below 4 KiB: a few services with their secrets are more.
            tier="Intelligent-Tiering",
            # A plan shows it: there is no secret in it.
            insecure_value=value,
        )

    def _declare_image(self, service: str) -> SsmParameter:
        return SsmParameter(
            self,
            f"image_{service}",
            name=f"{self._path}/image/{service}",
            description=f"The image of {service} that runs, by digest, as the last release wrote it",
            type="String",
            insecure_value=NO_IMAGE,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["insecure_value"]),
        )

"""A service on Compose hosts: what it is beside the application and the settings that it has on Fargate, too."""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.container.application import Application
from modules.fargate.container import TaskSettings
from modules.load_balancer.service_route import ServiceRouteSettings


@dataclass(frozen=True, kw_only=True)
class ComposeService:
    """A service on the hosts."""

    application: Application
    """Its `container_name` is the service's name in the Compose file."""

    settings: TaskSettings
    """Those of Fargate. `memory_mib` is the container's limit, and `cpu` its share when the host is busy."""

    image: str | None
    """A fixed reference, or None: what the image parameter says, which releases write."""

    repository_arn: str | None = None
    repository_url: str | None = None
    """The repository in ECR of an image that releases choose; a host takes no other. None for a fixed image."""

    private_name: str | None = None
    """What the containers on the host find it by, beside its name: the name that it has on Fargate in the cluster's
    private namespace, `chromadb.aldeia-staging.internal` for example."""

    migration_command: Sequence[str] | None = None
    """What a release runs once with the new image: the host knows it, so that no other can be asked for. None: nothing
    to migrate."""

    route: ServiceRouteSettings | None
    """How the load balancer reaches it, on the same port of the host. None: only the host's containers do."""

    @property
    def published(self) -> bool:
        """Whether the load balancer reaches it."""
        return self.route is not None

"""What Aldeia's services find in their stack, and what the stack needs to know of them, wherever they run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.application_secret import ApplicationSecret
from modules.images.repository import ImageRepository
from modules.load_balancer.load_balancer import LoadBalancer
from modules.network.network import Network
from modules.private_bucket import PrivateBucket
from modules.watching.dashboard_hosts import HostsOnDashboard
from modules.watching.dashboard_rows import ServiceOnDashboard
from stacks.aldeia_services import Surroundings
from stacks.aldeia_settings import AldeiaSettings


@dataclass(frozen=True, kw_only=True)
class AldeiaBase:
    """What there is before any service."""

    settings: AldeiaSettings
    stack: str
    network: Network
    load_balancer: LoadBalancer
    topic_arn: str
    secret: ApplicationSecret
    backups: PrivateBucket
    repositories: Mapping[str, ImageRepository]
    """By service: those whose images are built for it."""

    tags: Mapping[str, str]
    disposable: bool

    @property
    def account(self) -> dict[str, str]:
        """Where everything is."""
        return {"account_id": self.settings.account_id, "region": self.settings.region}

    @property
    def surroundings(self) -> Surroundings:
        """What the services refer to."""
        return Surroundings(secret=self.secret, backups=self.backups, private_domain=f"{self.settings.name}.internal")

    @property
    def chromadb_image(self) -> str:
        """The image of the vector database, which anybody may pull."""
        return f"{self.settings.chromadb.image}:{self.settings.chromadb.image_tag}"


@dataclass(frozen=True, kw_only=True)
class Running:
    """The services, running."""

    alarm_arns: Sequence[str]
    on_dashboard: Sequence[ServiceOnDashboard]
    outputs: Mapping[str, tuple[Any, str]]
    hosts_on_dashboard: HostsOnDashboard | None = None
    """None: there are no hosts."""

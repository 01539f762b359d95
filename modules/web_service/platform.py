"""What the web services of an environment share."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import ITerraformDependable

from modules.fargate.cluster import FargateCluster
from modules.load_balancer.load_balancer import LoadBalancer
from modules.network.placement import Placement


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What the services of an environment share."""

    stack: str
    """The stack's id, which begins the paths of its parameters."""

    account_id: str
    region: str
    placement: Placement
    cluster: FargateCluster
    counts_tasks: bool
    """Whether the cluster has Container Insights, which counts tasks."""

    load_balancer: LoadBalancer
    url: str
    """Where the services answer whoever asks from outside, without a closing slash: the domain of the load balancer, or
    of the CDN where the load balancer answers nobody else."""

    topic_arn: str
    """Where alarms report to."""

    ready: Sequence[ITerraformDependable] = ()
    """What tasks need before they start, beside what the service has itself."""

"""The metrics of hosts in an Auto Scaling group: what the CloudWatch agent on each of them says, and what EC2 says."""

from dataclasses import dataclass
from typing import Literal

from modules.watching.alarm import Metric

AGENT_PERIOD_S = 60
"""How often the agent measures, and reports."""

EC2_PERIOD_S = 300
"""How often EC2 does, in basic monitoring (EC2 User Guide, "Manage detailed monitoring for your EC2 instances")."""

AgentMetric = Literal["CPU_IDLE", "MEMORY_USED", "DISK_USED"]
"""Percentages, under the names that design 004 gives them."""


@dataclass(frozen=True, kw_only=True)
class HostMetrics:
    """Names what is known of one group's hosts, all of them together, so that a new host changes nothing."""

    namespace: str
    """Where the agents put their metrics, such as Aldeia/EC2."""

    auto_scaling_group_name: str

    def agent(self, name: AgentMetric, statistic: str, *, period_s: int = AGENT_PERIOD_S) -> Metric:
        """Name what the agents say."""
        return self._metric(self.namespace, name, statistic, period_s)

    def ec2(self, name: str, statistic: str) -> Metric:
        """Name what EC2 says (EC2 User Guide, "CloudWatch metrics that are available for your instances")."""
        return self._metric("AWS/EC2", name, statistic, EC2_PERIOD_S)

    def _metric(self, namespace: str, name: str, statistic: str, period_s: int) -> Metric:
        return Metric(
            namespace=namespace,
            name=name,
            dimensions={"AutoScalingGroupName": self.auto_scaling_group_name},
            statistic=statistic,
            period_s=period_s,
        )

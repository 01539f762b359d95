"""What is watched of an ECS service: its CPU, its memory and how many of its tasks run."""

from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.settings import Settings
from modules.types import Percent
from modules.watching.alarm import Alarms, Metric, Missing, Rule


class ServiceAlarmsSettings(Settings):
    """When a service is in trouble. The percentages belong above those that its autoscaling aims at."""

    cpu_percent: Percent = 90
    """Average CPU utilization of the tasks, in percent of what the task definition gives them."""

    memory_percent: Percent = 90
    """Average memory utilization, likewise."""

    for_min: Annotated[int, Field(ge=1, le=60)] = 5
    """How long: also how long too few tasks may run, which a reclaimed Spot task must not exceed."""


class ServiceAlarms(Construct):
    """The alarms of one service. None rolls a deployment back: all of them may come from mere load."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        cluster_name: str,
        service_name: str,
        min_running_tasks: int | None,
        runs_when: str | None = None,
        pauses: bool = False,
        topic_arn: str,
        settings: ServiceAlarmsSettings,
    ) -> None:
        """
        Make the alarms.

        :param min_running_tasks: what autoscaling keeps at least; None without Container Insights, which counts them
        :param runs_when: a Terraform condition without which no task is to run, as the service has it
        :param pauses: whether the service is scaled to nothing at times. Then too few tasks are told of, and none not
        """
        super().__init__(scope, id_)
        self._name = name
        self._dimensions = {"ClusterName": cluster_name, "ServiceName": service_name}
        self._for_min = settings.for_min
        self._alarms = Alarms(self, name=name, topic_arn=topic_arn)
        self._add_utilization("cpu", "CPUUtilization", settings.cpu_percent)
        self._add_utilization("memory", "MemoryUtilization", settings.memory_percent)
        if min_running_tasks is not None:
            self._add_running_tasks(min_running_tasks, runs_when, "notBreaching" if pauses else "breaching")
        self.names: list[str] = self._alarms.names
        self.arns: list[str] = self._alarms.arns

    def _add_utilization(self, id_: str, metric: str, percent: int) -> None:
        """docs.aws.amazon.com/AmazonECS, "Amazon ECS service utilization metrics"."""
        self._alarms.add(
            id_,
            Metric(namespace="AWS/ECS", name=metric, dimensions=self._dimensions, statistic="Average"),
            Rule(threshold=percent, periods=self._for_min),
            description=(
                f"{self._name} uses more than {percent} % of its {id_} although autoscaling should have added tasks. "
                "Look first whether it runs at its maximum number of tasks, then at the requests on the dashboard."
            ),
        )

    def _add_running_tasks(self, at_least: int, runs_when: str | None, missing: Missing) -> None:
        """
        Container Insights says nothing of a service without running tasks, so that no data is what is to be told.

        docs.aws.amazon.com/AmazonECS, "Amazon ECS CloudWatch Container Insights", considerations
        """
        self._alarms.add(
            "running_tasks",
            Metric(
                namespace="ECS/ContainerInsights",
                name="RunningTaskCount",
                dimensions=self._dimensions,
                statistic="Minimum",
            ),
            Rule(threshold=at_least, periods=self._for_min, below=True, missing=missing, expected_when=runs_when),
            description=(
                f"{self._name} runs fewer than {at_least} task(s). Look first at the service's events and at the "
                "stopped tasks' reasons: no image, no Spot capacity, or a task that ends by itself."
            ),
        )

"""What is watched of the hosts: CPU, memory, disks, EC2's own checks, and whether they report at all."""

from typing import Annotated

from constructs import Construct
from pydantic import Field

from modules.settings import Settings
from modules.types import Percent
from modules.watching.alarm import Alarms, Metric, Rule
from modules.watching.host_metrics import AGENT_PERIOD_S, EC2_PERIOD_S, HostMetrics

_REPORT_PERIOD_S = 300
_REPORTS = _REPORT_PERIOD_S // AGENT_PERIOD_S
"""How often a host reports in a period."""


AlarmMinutes = Annotated[int, Field(ge=5, le=60, multiple_of=EC2_PERIOD_S // 60)]


class HostAlarmsSettings(Settings):
    """When hosts are in trouble."""

    cpu_percent: Percent = 90
    """The average over all hosts; above `out_above_percent`, where they are scaled."""

    memory_percent: Percent = 90
    """Of the host that uses most. Where nothing is left, the kernel ends containers."""

    disk_percent: Percent = 85
    """Of the fullest file system of any host, the data volume's among them."""

    for_min: AlarmMinutes = 5
    silent_for_min: AlarmMinutes = 15
    """How long a host may say nothing: longer than the replacement of the only one takes."""


class HostAlarms(Construct):
    """
    The alarms of the hosts of one group, on the group's dimension, so that a new host changes nothing.

    Memory and disks are what the CloudWatch agent on each host says; EC2 itself knows neither.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        metrics: HostMetrics,
        min_size: int,
        topic_arn: str,
        settings: HostAlarmsSettings,
    ) -> None:
        super().__init__(scope, id_)
        self._name, self._metrics, self._settings = name, metrics, settings
        self._alarms = Alarms(self, name=name, topic_arn=topic_arn)
        self._add_cpu()
        self._add_memory()
        self._add_disk()
        self._add_status()
        self._add_silent(min_size)
        self.names: list[str] = self._alarms.names
        self.arns: list[str] = self._alarms.arns

    def _add_cpu(self) -> None:
        percent = self._settings.cpu_percent
        self._alarms.add(
            "cpu",
            self._metrics.ec2("CPUUtilization", "Average"),
            Rule(threshold=percent, periods=self._settings.for_min * 60 // EC2_PERIOD_S),
            description=(
                f"The hosts of {self._name} use more than {percent} % of their CPU. Look first which container does "
                "(docker stats, in a session of Session Manager), then at the requests on the dashboard."
            ),
        )

    def _add_memory(self) -> None:
        percent = self._settings.memory_percent
        self._add_used(
            "memory",
            self._metrics.agent("MEMORY_USED", "Maximum"),
            percent,
            f"A host of {self._name} uses more than {percent} % of its memory. Look first which container grew (docker "
            "stats); else take a larger instance_type.",
        )

    def _add_disk(self) -> None:
        percent = self._settings.disk_percent
        self._add_used(
            "disk",
            self._metrics.agent("DISK_USED", "Maximum"),
            percent,
            f"A file system of a host of {self._name} is more than {percent} % full. Look first which (df -h): the "
            "root's images go with docker image prune, the data volume grows with data_volume_gib.",
        )

    def _add_status(self) -> None:
        """EC2 Auto Scaling replaces such a host by itself; the message says that it had to."""
        self._alarms.add(
            "status",
            self._metrics.ec2("StatusCheckFailed", "Maximum"),
            Rule(threshold=0, periods=1),
            description=(
                f"A host of {self._name} fails EC2's status checks and is being replaced. Look first at the group's "
                "activities, then whether the new host reports."
            ),
        )

    def _add_silent(self, min_size: int) -> None:
        """
        Each agent reports once a minute, so that the number of reports says how many hosts there are.

        No report at all is no data, and the very thing to be told; so the alarm also fires before the first host is up.
        Half a report more than all hosts but one would send is asked for, as reports come now before a period's end
        and now after it.
        """
        at_least = _REPORTS * min_size - _REPORTS / 2
        self._alarms.add(
            "silent",
            self._metrics.agent("MEMORY_USED", "SampleCount", period_s=_REPORT_PERIOD_S),
            Rule(
                threshold=at_least,
                periods=self._settings.silent_for_min * 60 // _REPORT_PERIOD_S,
                below=True,
                missing="breaching",
            ),
            description=(
                f"Fewer than {min_size} host(s) of {self._name} report. Look first at the group's activities for one "
                "that could not start, then at the host's log /var/log/cloud-init-output.log."
            ),
        )

    def _add_used(self, id_: str, metric: Metric, percent: int, description: str) -> None:
        """The agent says it each minute."""
        self._alarms.add(id_, metric, Rule(threshold=percent, periods=self._settings.for_min), description=description)

"""When a host is added, and when one is taken away: by the average CPU of all hosts."""

from typing import Literal

from cdktf_cdktf_provider_aws.autoscaling_policy import AutoscalingPolicy
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from constructs import Construct

from modules.compose_host.settings import HostScalingSettings
from modules.names import physical_name
from modules.watching.host_metrics import EC2_PERIOD_S, HostMetrics


class HostScaling(Construct):
    """
    Two simple scaling policies, each with the alarm that carries it out (design 004).

    EC2 itself measures the CPU, so that hosts whose agent says nothing are scaled, too. The alarms tell nobody: that
    for taking a host away fires whenever there is little to do.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, metrics: HostMetrics, settings: HostScalingSettings
    ) -> None:
        """
        Make the policies and the alarms.

        :param name: what the hosts are called; it must be unique in the account and region
        """
        super().__init__(scope, id_)
        self._name, self._metrics, self._cooldown_s = name, metrics, settings.cooldown_s
        self._add("out", 1, settings.out_above_percent, settings.out_for_min)
        self._add("in", -1, settings.in_below_percent, settings.in_for_min)

    def _add(self, way: Literal["out", "in"], hosts: int, percent: int, for_min: int) -> None:
        group = self._metrics.auto_scaling_group_name
        policy = AutoscalingPolicy(
            self,
            way,
            name=f"scale-{way}",
            autoscaling_group_name=group,
            policy_type="SimpleScaling",
            adjustment_type="ChangeInCapacity",
            scaling_adjustment=hosts,
            cooldown=self._cooldown_s,
        )
        metric = self._metrics.ec2("CPUUtilization", "Average")
        comparison, sign = ("GreaterThanThreshold", "above") if hosts > 0 else ("LessThanThreshold", "below")
        CloudwatchMetricAlarm(
            self,
            f"{way}_alarm",
            alarm_name=physical_name("alarm", self._name, "scale", way),
            alarm_description=f"Scales {self._name} {way}: its hosts' average CPU is {sign} {percent} %. No fault.",
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=dict(metric.dimensions),
            statistic=metric.statistic,
            period=metric.period_s,
            evaluation_periods=for_min * 60 // EC2_PERIOD_S,
            comparison_operator=comparison,
            threshold=percent,
            treat_missing_data="notBreaching",
            alarm_actions=[policy.arn],
        )

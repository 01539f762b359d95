"""One CloudWatch dashboard an environment: its alarms, its services, its hosts and its database on one page."""

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from constructs import Construct

from modules.names import physical_name
from modules.watching.dashboard_body import Row, alarm_status, dashboard_body
from modules.watching.dashboard_data import PostgresOnDashboard, RedisOnDashboard, postgres_rows, redis_rows
from modules.watching.dashboard_hosts import HostsOnDashboard, host_rows
from modules.watching.dashboard_rows import (
    AuroraOnDashboard,
    ServiceOnDashboard,
    aurora_rows,
    load_balancer_rows,
    service_rows,
)


class Dashboard(Construct):
    """The dashboard. What an environment does not have takes no place on it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        alarm_arns: Sequence[str],
        load_balancer_arn_suffix: str | None,
        services: Sequence[ServiceOnDashboard],
        aurora: AuroraOnDashboard | None,
        postgres: PostgresOnDashboard | None = None,
        redis: RedisOnDashboard | None = None,
        hosts: HostsOnDashboard | None = None,
    ) -> None:
        """
        Make the dashboard.

        :param name: the dashboard's, unique in the account whatever the region: dashboards are global
        :param region: where everything on it is
        :raises ValueError: services without a load balancer, or more than 100 alarms
        """
        super().__init__(scope, id_)
        if services and load_balancer_arn_suffix is None:
            raise ValueError("a service on the dashboard needs its load balancer")
        rows: list[Row] = [[alarm_status("Alarms", alarm_arns)]] if alarm_arns else []
        if load_balancer_arn_suffix is not None:
            rows += load_balancer_rows(load_balancer_arn_suffix, region=region)
            for service in services:
                rows += service_rows(service, load_balancer_arn_suffix=load_balancer_arn_suffix, region=region)
        if hosts is not None:
            rows += host_rows(hosts, region=region)
        if aurora is not None:
            rows += aurora_rows(aurora, region=region)
        if postgres is not None:
            rows += postgres_rows(postgres, region=region)
        if redis is not None:
            rows += redis_rows(redis, region=region)
        self.name: str = physical_name("dashboard", name)
        CloudwatchDashboard(self, "dashboard", dashboard_name=self.name, dashboard_body=dashboard_body(rows))

"""The parameters that a cluster of Aurora for PostgreSQL runs with, where they are not RDS's own."""

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.rds_cluster_parameter_group import (
    RdsClusterParameterGroup,
    RdsClusterParameterGroupParameter,
)
from constructs import Construct

from modules.aurora.version import parameter_group_family
from modules.database.postgresql import FORCE_SSL, log_parameters
from modules.names import physical_name


class AuroraParameters(Construct):
    """TLS or nothing, and a log of slow statements and long waits, which holds no values."""

    def __init__(self, scope: Construct, id_: str, *, name: str, engine_version: str, log_slower_than_ms: int) -> None:
        """
        Make the parameter group.

        :param name: the cluster's
        """
        super().__init__(scope, id_)
        log = log_parameters(log_slower_than_ms)
        family = parameter_group_family(engine_version)
        group = RdsClusterParameterGroup(
            self,
            "group",
            # Another family is another group, which the cluster must move to before the old one can go.
            name=physical_name("parameter_group", name, family),
            family=family,
            description=f"Aurora cluster {name}",
            parameter=[
                *(RdsClusterParameterGroupParameter(name=key, value=value) for key, value in log.items()),
                # A new cluster starts with it, and RDS takes this method whether the parameter is static or not.
                RdsClusterParameterGroupParameter(name=FORCE_SSL, value="1", apply_method="pending-reboot"),
            ],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.name: str = group.name

"""The parameters that an instance of PostgreSQL runs with, where they are not RDS's own."""

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.db_parameter_group import DbParameterGroup, DbParameterGroupParameter
from constructs import Construct

from modules.database.postgresql import FORCE_SSL, log_parameters
from modules.names import physical_name


class PostgresParameters(Construct):
    """TLS or nothing, and a log of slow statements and long waits, which holds no values."""

    def __init__(self, scope: Construct, id_: str, *, name: str, family: str, log_slower_than_ms: int) -> None:
        """
        Make the parameter group.

        :param name: the instance's
        """
        super().__init__(scope, id_)
        log = log_parameters(log_slower_than_ms)
        group = DbParameterGroup(
            self,
            "group",
            # Another family is another group, which the instance must move to before the old one can go.
            name=physical_name("parameter_group", name, family),
            family=family,
            description=f"PostgreSQL {name}",
            parameter=[
                *(DbParameterGroupParameter(name=key, value=value) for key, value in log.items()),
                # RDS's own method for it. Since PostgreSQL 15 the value is RDS's own too, and with another method every
                # plan would want to change the method alone, which RDS ignores (docs of aws_db_parameter_group,
                # "Problematic Plan Changes"). A new instance starts with it.
                DbParameterGroupParameter(name=FORCE_SSL, value="1", apply_method="pending-reboot"),
            ],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.name: str = group.name

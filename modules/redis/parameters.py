"""The parameters that a Redis runs with, where they are not ElastiCache's own."""

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.elasticache_parameter_group import (
    ElasticacheParameterGroup,
    ElasticacheParameterGroupParameter,
)
from constructs import Construct

from modules.names import physical_name


class RedisParameters(Construct):
    """What goes when the memory is full."""

    def __init__(self, scope: Construct, id_: str, *, name: str, family: str, eviction: str) -> None:
        """
        Make the parameter group.

        :param name: the cache's
        """
        super().__init__(scope, id_)
        group = ElasticacheParameterGroup(
            self,
            "group",
            # Another family is another group, which the cache must move to before the old one can go.
            name=physical_name("parameter_group", name, family),
            family=family,
            description=f"Redis {name}",
            parameter=[ElasticacheParameterGroupParameter(name="maxmemory-policy", value=eviction)],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.name: str = group.name

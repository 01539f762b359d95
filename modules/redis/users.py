"""Who may log in to a Redis: one user, by IAM, and nobody else."""

from cdktf_cdktf_provider_aws.elasticache_user import ElasticacheUser, ElasticacheUserAuthenticationMode
from cdktf_cdktf_provider_aws.elasticache_user_group import ElasticacheUserGroup
from constructs import Construct

from modules.names import physical_name

_ENGINE = "redis"

_NOTHING = "off -@all"

_APPLICATION = (
    "on ~* -@all +@read +@write +@keyspace +@connection +@transaction +@scripting -@dangerous -@admin +flushdb"
)
"""
All keys, and the commands of a cache and of sessions. Of the dangerous ones `FLUSHDB` alone, which is how Django clears
a cache: it empties the one database that it is sent to, while `FLUSHALL`, which would take the sessions with it, is
refused. An access string knows no databases before Valkey 9.1, so what keeps them apart is the client's own.
"""


class RedisUsers(Construct):
    """
    The application's user, whom IAM lets in, and a user `default` who may not log in and may do nothing.

    Who connects without a name is `default`, so a group must say who that is (docs.aws.amazon.com/AmazonElastiCache,
    "Role-Based Access Control (RBAC)", Applying RBAC). It needs no password, as it is off: there is no password
    anywhere, and none in the state. A user without a password may only be in a group of the engine `redis`; a cache of
    Valkey takes such a group too (ibidem).
    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        """
        Make the users and their group.

        :param name: the cache's; users and groups have names of their own in the account and region
        """
        super().__init__(scope, id_)
        # A user that IAM lets in must have its id as its name (ibidem, "Authenticating with IAM", Limitations).
        self.name: str = physical_name("cache", name, "app")
        application = ElasticacheUser(
            self,
            "application",
            user_id=self.name,
            user_name=self.name,
            engine=_ENGINE,
            access_string=_APPLICATION,
            authentication_mode=ElasticacheUserAuthenticationMode(type="iam"),
        )
        default = ElasticacheUser(
            self,
            "default",
            user_id=physical_name("cache", name, "nobody"),
            user_name="default",
            engine=_ENGINE,
            access_string=_NOTHING,
            # As an authentication_mode it would be "no-password-required" here and "no-password" in every answer.
            no_password_required=True,
        )
        group = ElasticacheUserGroup(
            self,
            "group",
            engine=_ENGINE,
            user_group_id=physical_name("cache", name, "users"),
            user_ids=[default.user_id, application.user_id],
        )
        self.arn: str = application.arn
        self.group_id: str = group.user_group_id

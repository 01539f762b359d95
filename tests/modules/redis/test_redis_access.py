"""Who reaches Redis, and as whom."""

import pytest

from tests.modules.iam_wildcards import excesses
from tests.modules.redis.sample_redis import CHANGED, NODES, build
from tests.support import Block, Synthesized


@pytest.fixture(scope="module")
def redis() -> Synthesized:
    """A cache that a backend may use."""
    return build()


@pytest.fixture(scope="module")
def other() -> Synthesized:
    """A cache of three nodes."""
    return build(disposable=True, **CHANGED)


@pytest.fixture(scope="module")
def nodes(redis: Synthesized) -> Block:
    """The one replication group."""
    return redis.resource("aws_elasticache_replication_group")


def user(stack: Synthesized, id_: str) -> Block:
    """The user with this id in the part."""
    (found,) = [one for key, one in stack.resources("aws_elasticache_user").items() if f"users_{id_}_" in key]
    return found


class TestUsers:
    """Who may log in."""

    def test_application(self, redis: Synthesized) -> None:
        """IAM lets the application's user in, whose id is its name."""
        one = user(redis, "application")

        assert ("habits-app", "habits-app", {"type": "iam"}) == (
            one["user_id"],
            one["user_name"],
            one["authentication_mode"],
        )

    @pytest.mark.parametrize("rule", ["on", "~*", "-@all", "+@read", "+@write", "-@dangerous", "-@admin", "+flushdb"])
    def test_application_may(self, redis: Synthesized, rule: str) -> None:
        """It may work on all keys, and empty one database, but do nothing else that is dangerous."""
        assert rule in user(redis, "application")["access_string"].split()

    def test_dangerous_goes_last(self, redis: Synthesized) -> None:
        """Redis applies the rules in their order: nothing but FLUSHDB comes back after the dangerous ones went."""
        rules = user(redis, "application")["access_string"].split()

        assert ["-@dangerous", "-@admin", "+flushdb"] == rules[-3:]
        assert rules.index("-@all") < min(rules.index(rule) for rule in rules if rule.startswith("+"))

    def test_default_may_nothing(self, redis: Synthesized) -> None:
        """Who says no name is turned away."""
        one = user(redis, "default")

        assert ("default", "off -@all") == (one["user_name"], one["access_string"])

    def test_no_password(self, redis: Synthesized) -> None:
        """No password is an argument of anything."""
        for type_ in ("aws_elasticache_user", "aws_elasticache_replication_group"):
            for one in redis.resources(type_).values():
                assert not {"passwords", "auth_token"} & one.keys()
                assert "passwords" not in one.get("authentication_mode", {})

    def test_only_these_two(self, redis: Synthesized, nodes: Block) -> None:
        """The cache has the group of the two, which is of the engine that takes a user without a password."""
        ((id_, group),) = redis.resources("aws_elasticache_user_group").items()
        users = redis.resources("aws_elasticache_user")

        assert {f"${{aws_elasticache_user.{one}.user_id}}" for one in users} == set(group["user_ids"])
        assert {"redis"} == {group["engine"], *(one["engine"] for one in users.values())}
        assert [f"${{aws_elasticache_user_group.{id_}.user_group_id}}"] == nodes["user_group_ids"]

    def test_long_names(self) -> None:
        """What all of them are called fits into 40 characters and stays apart."""
        stack = build(name="a" * 60)
        names = [
            stack.resource("aws_elasticache_replication_group")["replication_group_id"],
            stack.resource("aws_elasticache_user_group")["user_group_id"],
            *(one["user_id"] for one in stack.resources("aws_elasticache_user").values()),
        ]

        assert {40} == {len(one) for one in names}
        assert 4 == len(set(names))


class TestAccess:
    """Who reaches the cache, and as whom."""

    def test_group_has_no_rules(self, redis: Synthesized, nodes: Block) -> None:
        """The group of the nodes opens nothing by itself."""
        ((id_, group),) = redis.resources("aws_security_group").items()

        assert not {"ingress", "egress"} & group.keys()
        assert [f"${{aws_security_group.{id_}.id}}"] == nodes["security_group_ids"]

    @pytest.mark.parametrize(
        ("type_", "own", "other_side"),
        [
            ("aws_vpc_security_group_ingress_rule", "security_group_id", "referenced_security_group_id"),
            ("aws_vpc_security_group_egress_rule", "referenced_security_group_id", "security_group_id"),
        ],
    )
    def test_both_sides(self, redis: Synthesized, type_: str, own: str, other_side: str) -> None:
        """The port is open between the two groups, on both sides, and to nobody else."""
        (group,) = redis.resources("aws_security_group")
        rule = redis.resource(type_)

        assert (6379, 6379, "tcp") == (rule["from_port"], rule["to_port"], rule["ip_protocol"])
        assert (f"${{aws_security_group.{group}.id}}", "sg-backend") == (rule[own], rule[other_side])

    def test_environment(self, redis: Synthesized) -> None:
        """A task gets where the cache is, whom to log in as, for which cache to sign, and a database for each use."""
        host = f"{NODES}.primary_endpoint_address}}"

        assert {
            "REDIS_HOST": host,
            "REDIS_PORT": "6379",
            "REDIS_TLS": "true",
            "REDIS_USER": "habits-app",
            "REDIS_CLUSTER": "habits",
            "REDIS_SESSIONS_URL": f"rediss://{host}:6379/0",
            "REDIS_CACHE_URL": f"rediss://{host}:6379/1",
        } == redis.output("environment")

    def test_permissions(self, redis: Synthesized) -> None:
        """A task may log in to this cache as this user."""
        (id_,) = [one for one in redis.document["data"]["aws_iam_policy_document"] if "permissions" in one]
        (statement,) = redis.statements(id_)
        (application,) = [one for one in redis.resources("aws_elasticache_user") if "application" in one]

        assert ["elasticache:Connect"] == statement["actions"]
        assert [f"{NODES}.arn}}", f"${{aws_elasticache_user.{application}.arn}}"] == statement["resources"]

    def test_no_needless_wildcard(self, redis: Synthesized) -> None:
        """No statement is wider than AWS forces it to be."""
        assert [] == excesses(redis)

    def test_results(self, redis: Synthesized, other: Synthesized) -> None:
        """Consumers can watch every node and wait for all of them."""
        every = f"sort(tolist({NODES.removeprefix('${')}.member_clusters))"

        assert [f"${{element({every}, 0)}}"] == redis.output("nodes")
        assert [f"${{element({every}, {number})}}" for number in range(3)] == other.output("nodes")
        assert [f"{NODES}}}"] == redis.output("ready")

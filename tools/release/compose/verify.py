"""Whether the hosts really serve what was released: what they say, what the load balancer says, and from outside."""

from tools.release import verify as general
from tools.release.compose.hosts import find_group, look_at
from tools.release.compose.revision import read_image
from tools.release.context import Context


def verify(context: Context, image: str, *, url: bool = True) -> None:
    """
    Make sure of it: a command that has succeeded says nothing of the minutes after.

    :param image: that was released
    :param url: whether the health URL must answer; not where it cannot be reached from here
    :raises ReleaseError: something else serves, or it does not serve well; `reasons` say what is wrong
    """

    def see() -> general.Seen:
        runs, _ = read_image(context.aws, context.manifest)
        return general.Seen(runs if runs else "nothing", lambda: _wrong(context, image))

    general.await_well(context, image, see, url=url)


def _wrong(context: Context, image: str) -> list[str]:
    hosts = find_group(context.aws, context.manifest).in_service
    if not hosts:
        return ["no host is in service"]
    looks = look_at(context, hosts)
    wrong = [str(look) for look in looks if not look.runs(image) or look.health == "unhealthy"]
    return [*wrong, *_load_balancing(context, hosts)]


def _load_balancing(context: Context, hosts: list[str]) -> list[str]:
    routes = context.manifest.routes
    if routes is None:
        return []
    (group,) = routes.target_groups.values()
    targets = general.staying_targets(context, group.arn)
    mine = [one for one in targets if one["Target"]["Id"] in hosts]
    missing = sorted(set(hosts) - {one["Target"]["Id"] for one in mine})
    return [
        *general.wrong_targets(mine),
        *(f"host {host} is no target of the load balancer" for host in missing),
        *general.wrong_rules(context, routes, group.arn, "hosts"),
    ]

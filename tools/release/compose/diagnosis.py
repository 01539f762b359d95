"""Why hosts do not serve an image: what they said when they were told to, what they run now, and their targets."""

from tools.release.compose import commands
from tools.release.compose.deploying import failures
from tools.release.compose.hosts import find_group, look_at
from tools.release.context import Context
from tools.release.diagnosis import best_effort, sick_targets


def diagnose(context: Context, image: str) -> list[str]:
    """Say what can be found out about an image on the hosts. What cannot be found out becomes a line too."""
    return [
        *best_effort("what the hosts were told", lambda: _failures(context, image)),
        *best_effort("what the hosts run", lambda: _looks(context)),
        *best_effort("targets", lambda: sick_targets(context)),
    ]


def _failures(context: Context, image: str) -> list[str]:
    found = commands.last(context.aws, context.manifest, "up", image)
    if found is None:
        return ["no host was told to run it"]
    return failures(context.aws, commands.invocations(context.aws, found["CommandId"]))


def _looks(context: Context) -> list[str]:
    hosts = find_group(context.aws, context.manifest).in_service
    return [str(look) for look in look_at(context, hosts)] if hosts else ["no host is in service"]

"""How a server that checks the `Host` of every request lets the load balancer's health checks through."""

from collections.abc import Sequence

_SCRIPT = '{variable}="${variable},$(hostname -i)" exec "$0" "$@"'


def add_own_address(command: Sequence[str], *, variable: str) -> list[str]:
    """
    Start a command with the task's own address added to a list of hosts in an environment variable.

    A health check has the address and the port of the target as its `Host`, which cannot be set (aws-elasticbeanstalk
    and Fargate alike: aws/elastic-beanstalk-roadmap#231), and the address is another one for every task. In a task of
    its own network the host name is that of this address (ietf-tools/bibxml-service#122). The server is the process
    that gets the stop signal, as `exec` puts it in the shell's place.

    The image needs `/bin/sh` and `hostname`, which the official images of Python have.

    :param command: what starts the server, word by word; no shell reads it
    :param variable: such as `ALLOWED_HOSTS`, whose entries commas separate

    >>> add_own_address(["gunicorn", "config.wsgi"], variable="HOSTS")[2:]
    ['HOSTS="$HOSTS,$(hostname -i)" exec "$0" "$@"', 'gunicorn', 'config.wsgi']
    """
    return ["/bin/sh", "-c", _SCRIPT.format(variable=variable), *command]

"""Docker: one run of it, and being signed in to registries of ECR."""

import base64
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tools.ci.services import Service
from tools.errors import InfraError
from tools.release.aws import connect


def docker(*arguments: str, stdin: str | None = None) -> None:
    """
    Run docker, which prints for itself.

    :raises InfraError: there is none, or it failed
    """
    try:
        result = subprocess.run(["docker", *arguments], input=stdin, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise InfraError("docker is not on the PATH: install it, with its buildx plugin") from None
    if result.returncode != 0:
        raise InfraError(f"docker {' '.join(arguments[:2])} failed with exit code {result.returncode}: see above")


@contextmanager
def signed_in(account_id: str, services: Iterable[Service]) -> Iterator[None]:
    """
    Be signed in to the registries of some services, and no longer than that.

    A token is for a region, and lets in to all registries that the credentials may use (ECR API,
    GetAuthorizationToken). It goes to docker by standard input, so that no list of processes shows it.

    :param account_id: that of the credentials, which need not be the registries'
    :raises InfraError: the credentials are those of another account, or docker refuses
    """
    registries = {service.registry: service.region for service in services}
    try:
        for registry, region in registries.items():
            answer = connect(account_id, region).ecr.get_authorization_token()
            token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
            user, _, password = token.partition(":")
            docker("login", "--username", user, "--password-stdin", registry, stdin=password)
        yield
    finally:
        for registry in registries:
            docker("logout", registry)

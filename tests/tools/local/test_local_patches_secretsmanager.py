"""Secrets Manager's closed gaps, seen through an SDK."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.slow

Client = Callable[..., Any]


@pytest.fixture
def secrets(client: Client) -> Any:  # noqa: ANN401
    """Make a client that knows a new secret without a value, as `name`."""
    made = client("secretsmanager")
    made.name = f"patches-{uuid4()}"
    made.create_secret(Name=made.name)
    return made


def put(secrets: Any, value: str, *labels: str, token: str | None = None) -> str:  # noqa: ANN401
    """Write a version; answer its id."""
    given = {"VersionStages": list(labels)} if labels else {}
    token = str(uuid4()) if token is None else token
    answer = secrets.put_secret_value(SecretId=secrets.name, SecretString=value, ClientRequestToken=token, **given)
    return str(answer["VersionId"])


def labels(secrets: Any) -> dict[str, list[str]]:  # noqa: ANN401
    """Answer the labels of each version."""
    found = secrets.describe_secret(SecretId=secrets.name)["VersionIdsToStages"]
    return {version: sorted(names) for version, names in found.items() if names}


def test_create_secret(secrets: Any) -> None:  # noqa: ANN401
    """A secret without a value has no version."""
    assert {} == labels(secrets)


def test_put_secret_value_first(secrets: Any) -> None:  # noqa: ANN401
    """The first version becomes current, whatever was asked for."""
    first = put(secrets, "a", "OWN")

    assert {first: ["AWSCURRENT", "OWN"]} == labels(secrets)


def test_put_secret_value_later(secrets: Any) -> None:  # noqa: ANN401
    """A later version has the labels that were asked for, and only those."""
    first, second = put(secrets, "a"), put(secrets, "b", "OWN")

    assert {first: ["AWSCURRENT"], second: ["OWN"]} == labels(secrets)


def test_put_secret_value_moves_labels(secrets: Any) -> None:  # noqa: ANN401
    """A label is on one version; the current version keeps its other labels when it is replaced."""
    first, second = put(secrets, "a", "KEPT", "OWN"), put(secrets, "b", "AWSCURRENT", "OWN")

    assert {first: ["AWSPREVIOUS", "KEPT"], second: ["AWSCURRENT", "OWN"]} == labels(secrets)


def test_put_secret_value_twice(secrets: Any) -> None:  # noqa: ANN401
    """A token writes one value once: again is no change, and another value is refused."""
    token = str(uuid4())
    first, again = put(secrets, "a", token=token), put(secrets, "a", token=token)
    with pytest.raises(ClientError) as caught:
        put(secrets, "b", token=token)

    assert (first, "ResourceExistsException") == (again, caught.value.response["Error"]["Code"])

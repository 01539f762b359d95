"""Secrets Manager: reading and changing one value of a secret without losing another."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from tools.errors import InfraError
from tools.secrets.entries import Entry
from tools.secrets.value import LARGEST_BYTES

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CURRENT = "AWSCURRENT"
_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class Found:
    """What can be said about a value without saying it."""

    entry: Entry
    state: str
    since: datetime | None = None
    """When the secret last got a value, this one or another one of it."""


class SecretStore:
    """The secrets of one account and region."""

    def __init__(self, client: "SecretsManagerClient", stack: str) -> None:
        """:param stack: its name, for messages"""
        self._client = client
        self._stack = stack

    def set(self, entry: Entry, value: str) -> None:
        """
        Give an entry a value; the other values of its secret stay.

        Secrets Manager cannot change a part of a secret. So what is written is a new version that nobody uses yet,
        and then the label of the current version is moved to it from the version that was read. Secrets Manager
        refuses that when somebody else was faster, and all begins again with their version.

        :raises InfraError: the secret is not there, is being deleted, holds something else, or is changed all the time
        """
        for _ in range(_ATTEMPTS):
            current = self._current(entry.secret)
            text = value if entry.key is None else json.dumps(self._values(entry.secret, current) | {entry.key: value})
            if len(text.encode()) > LARGEST_BYTES:
                raise InfraError(f"secret {entry.secret!r} would be larger than {LARGEST_BYTES} bytes with this value")
            if self._replace(entry.secret, current, text):
                return
        raise InfraError(f"secret {entry.secret!r} is being changed by somebody else: nothing was set, try again")

    def look(self, entries: list[Entry]) -> Iterator[Found]:
        """
        Say of each entry whether it has a value.

        :raises InfraError: a secret holds something else than it should
        """
        for entry in entries:
            try:
                current = self._current(entry.secret)
            except _UnusableError as error:
                yield Found(entry=entry, state=error.state)
                continue
            present = current is not None
            if entry.key is not None:
                present = bool(self._values(entry.secret, current).get(entry.key))
            if present and current is not None:
                yield Found(entry=entry, state="set", since=self._written(entry.secret, current))
            else:
                yield Found(entry=entry, state="no value")

    def _current(self, secret: str) -> str | None:
        """
        Find the id of the current version of a secret, if it has one.

        :raises _UnusableError: there is no such secret, or it is scheduled for deletion
        """
        try:
            described = self._client.describe_secret(SecretId=secret)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise _UnusableError(
                f"there is no secret {secret!r} yet: run cdktf deploy {self._stack} first", state="not deployed"
            ) from None
        if "DeletedDate" in described:
            raise _UnusableError(
                f"secret {secret!r} is scheduled for deletion: restore it (aws secretsmanager restore-secret "
                f"--secret-id {secret}), or wait until its recovery window ends and deploy",
                state="scheduled for deletion",
            )
        labels = described.get("VersionIdsToStages", {})
        return next((version for version, names in labels.items() if _CURRENT in names), None)

    def _written(self, secret: str, version: str) -> datetime | None:
        """Find out when a version was written, without reading it."""
        answer = self._client.list_secret_version_ids(SecretId=secret)
        return next((one["CreatedDate"] for one in answer["Versions"] if one["VersionId"] == version), None)

    def _values(self, secret: str, version: str | None) -> dict[str, object]:
        """
        Read the JSON object that a version holds.

        :raises InfraError: it holds something else; what it is is not said, as it may be a value
        """
        if version is None:
            return {}
        answer = self._client.get_secret_value(SecretId=secret, VersionId=version)
        try:
            values = json.loads(answer.get("SecretString", ""))
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise InfraError(
                f"secret {secret!r} does not hold a JSON object, so no value in it can be changed: move its label "
                f"{_CURRENT} back to an older version (aws secretsmanager update-secret-version-stage)"
            )
        return values

    def _replace(self, secret: str, current: str | None, text: str) -> bool:
        """Write a version and make it the current one in place of another; say whether that still was the current."""
        token = str(uuid4())
        with self._draft(secret, token, text) as labels:
            if _CURRENT in labels:  # the first version of all
                return True
            origin = {} if current is None else {"RemoveFromVersionId": current}
            try:
                self._client.update_secret_version_stage(
                    SecretId=secret, VersionStage=_CURRENT, MoveToVersionId=token, **origin
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidParameterException":
                    raise
                return False
            return True

    @contextmanager
    def _draft(self, secret: str, token: str, text: str) -> Iterator[list[str]]:
        """Write a version under a label that only this call knows, and take the label away again."""
        label = f"infra-{token}"
        answer = self._client.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=text, VersionStages=[label]
        )
        try:
            yield answer["VersionStages"]
        finally:
            # A version that keeps a label is never removed.
            self._client.update_secret_version_stage(SecretId=secret, VersionStage=label, RemoveFromVersionId=token)


class _UnusableError(InfraError):
    """A secret that has no versions to speak of."""

    def __init__(self, message: str, *, state: str) -> None:
        super().__init__(message)
        self.state = state

"""
A lock that everybody sees, which is also a journal: one parameter of Systems Manager.

`PutParameter` without `Overwrite` creates it or is refused, so of two at once one gets it (SSM API, PutParameter:
ParameterAlreadyExists). Each write makes the next version (PutParameter: Version): whoever gets another one than the
next knows that somebody else has written, and stops.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.errors import InfraError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class LockEntry(BaseModel):
    """What every lock says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: str
    """Who and where: user, host, process, or the run of a pipeline."""

    holder: str
    """What only the one knows who holds the lock."""

    started: datetime


EntryT = TypeVar("EntryT", bound=LockEntry)


class LostError(InfraError):
    """Somebody else has taken the lock over, or given it back."""


class ParameterLock(Generic[EntryT]):
    """The lock, held: write each step into it before it is taken."""

    def __init__(self, ssm: "SSMClient", name: str, entry: EntryT, version: int) -> None:
        """:param version: of the parameter, when it was read or written last."""
        self._ssm = ssm
        self._version = version
        self.name = name
        self.entry = entry

    @classmethod
    def create(cls, ssm: "SSMClient", name: str, entry: EntryT) -> "ParameterLock[EntryT] | None":
        """Take the lock; None when it is held."""
        try:
            ssm.put_parameter(Name=name, Value=entry.model_dump_json(), Type="String")
        except ssm.exceptions.ParameterAlreadyExists:
            found = read(ssm, name, type(entry))
            if found is None or found[0].holder != entry.holder:
                return None
            # The call was made again, because its answer got lost.
        return cls(ssm, name, entry, version=1)

    @classmethod
    def take_over(cls, ssm: "SSMClient", name: str, entry: EntryT, version: int) -> "ParameterLock[EntryT]":
        """
        Take a lock over that nobody uses any more.

        :param version: at which it was found
        :raises LostError: somebody else was faster
        """
        lock = cls(ssm, name, entry, version)
        lock._put()
        return lock

    def write(self, **changes: object) -> None:
        """
        Note something, before it counts.

        :raises LostError: the lock is somebody else's by now
        """
        self.expect_held()
        self.entry = self.entry.model_copy(update=changes)
        self._put()

    def expect_held(self) -> None:
        """:raises LostError: the lock is somebody else's by now"""
        if not self._is_held():
            raise self._lost()

    def give_back(self) -> None:
        """Delete the lock, unless it is somebody else's by now."""
        if not self._is_held():
            return
        try:
            self._ssm.delete_parameter(Name=self.name)
        except self._ssm.exceptions.ParameterNotFound:
            return

    def _put(self) -> None:
        text = self.entry.model_dump_json()
        written = self._ssm.put_parameter(Name=self.name, Value=text, Type="String", Overwrite=True)["Version"]
        # A call that was made again because its answer got lost has written twice.
        if written != self._version + 1 and self._value_of(self._version + 1) != text:
            raise self._lost()
        self._version = written

    def _value_of(self, version: int) -> str | None:
        try:
            return self._ssm.get_parameter(Name=f"{self.name}:{version}")["Parameter"]["Value"]
        except (self._ssm.exceptions.ParameterNotFound, self._ssm.exceptions.ParameterVersionNotFound):
            return None

    def _is_held(self) -> bool:
        found = read(self._ssm, self.name, type(self.entry))
        if found is None or found[0].holder != self.entry.holder:
            return False
        self._version = found[1]  # also of a write of ours whose answer never came
        return True

    def _lost(self) -> LostError:
        return LostError(f"somebody else has taken over or removed the lock {self.name}: nothing more is done here")


def read(ssm: "SSMClient", name: str, kind: type[EntryT]) -> tuple[EntryT, int] | None:
    """
    Read what holds a lock, and the version of its parameter; None when nobody holds it.

    :raises InfraError: what is there is something else
    """
    try:
        parameter = ssm.get_parameter(Name=name)["Parameter"]
    except ssm.exceptions.ParameterNotFound:
        return None
    try:
        return kind.model_validate_json(parameter["Value"]), parameter["Version"]
    except ValidationError:
        raise InfraError(
            f"{name} is no lock of infra: make sure that nobody works, then aws ssm delete-parameter --name {name}"
        ) from None

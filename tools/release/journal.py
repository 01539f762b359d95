"""
The lock of a service's release, which is also its journal.

`PutParameter` without `Overwrite` creates the parameter or is refused, so of two releases at once one gets it (SSM API,
PutParameter: ParameterAlreadyExists). It is written on at every step, and deleted at the end. What is found after a
release was killed says where it stood.

Each write makes the parameter's next version (SSM API, PutParameter: Version). Whoever gets another one than the next
knows that somebody else has written, and stops: of two who resume one release, at most one goes on.
"""

from datetime import UTC, datetime
from uuid import uuid4

from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.entry import Entry, HeldError, owner, parameter_name, read, read_version
from tools.release.manifest import Manifest


class LostError(InfraError):
    """Somebody else has taken over the lock, or given it back."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__(
            f"{manifest.service}: somebody else has resumed or ended this release: nothing more is done here; "
            f"see infra status {manifest.stack}"
        )


class Journal:
    """The lock, held: write each step into it before it is taken."""

    def __init__(self, aws: Aws, manifest: Manifest, entry: Entry, version: int = 1) -> None:
        """:param version: of the parameter, when it was read or written last."""
        self._aws = aws
        self._manifest = manifest
        self._version = version
        self._tried: Entry | None = None
        """What was to be written last: it may be there although no answer came."""

        self.entry = entry

    @classmethod
    def take(cls, aws: Aws, manifest: Manifest, image_tag: str, *, migrated: bool = False) -> "Journal":
        """
        Take the lock.

        :param migrated: there is nothing to migrate, also when the release is resumed
        :raises HeldError: somebody has it
        """
        entry = Entry(
            owner=owner(), holder=uuid4().hex, started=datetime.now(UTC), image_tag=image_tag, migrated=migrated
        )
        try:
            aws.ssm.put_parameter(Name=parameter_name(manifest), Value=entry.model_dump_json(), Type="String")
        except aws.ssm.exceptions.ParameterAlreadyExists:
            found = read(aws, manifest)
            if found is None:  # it was given back in this moment
                return cls.take(aws, manifest, image_tag, migrated=migrated)
            if found == entry:  # the call was made again, because its answer got lost
                return cls(aws, manifest, entry)
            raise HeldError(manifest, found) from None
        return cls(aws, manifest, entry)

    @classmethod
    def resume(cls, aws: Aws, manifest: Manifest) -> "Journal | None":
        """Take over the lock of a release that was killed; None when there is none."""
        found = read_version(aws, manifest)
        if found is None:
            return None
        journal = cls(aws, manifest, *found)
        journal.write(owner=owner(), holder=uuid4().hex)
        return journal

    def write(self, **changes: object) -> None:
        """
        Note something, before it counts. To be done again when no answer comes.

        :raises LostError: somebody else has taken over
        """
        if not self._is_held():
            raise LostError(self._manifest)
        self._tried = self.entry.model_copy(update=changes)
        name, text = parameter_name(self._manifest), self._tried.model_dump_json()
        written = self._aws.ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)["Version"]
        # A call that was made again because its answer got lost has written twice.
        if written != self._version + 1 and self._value_of(self._version + 1) != text:
            self._put_back(written)
            raise LostError(self._manifest)
        self.entry, self._version, self._tried = self._tried, written, None

    def give_back(self) -> None:
        """Delete the lock, unless it is somebody else's by now; it is no error when somebody deleted it already."""
        if not self._is_held():
            return
        try:
            self._aws.ssm.delete_parameter(Name=parameter_name(self._manifest))
        except self._aws.ssm.exceptions.ParameterNotFound:
            return

    def _put_back(self, written: int) -> None:
        """Let what somebody else has written stand again, so that they can go on; or nothing, if they have ended."""
        name = parameter_name(self._manifest)
        self._version, self._tried = -1, None
        if written == 1:
            self._aws.ssm.delete_parameter(Name=name)
        elif (theirs := self._value_of(written - 1)) is not None:
            self._aws.ssm.put_parameter(Name=name, Value=theirs, Type="String", Overwrite=True)

    def _value_of(self, version: int) -> str | None:
        """Read an earlier version of the parameter."""
        try:
            name = f"{parameter_name(self._manifest)}:{version}"
            return self._aws.ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except (self._aws.ssm.exceptions.ParameterNotFound, self._aws.ssm.exceptions.ParameterVersionNotFound):
            return None

    def _is_held(self) -> bool:
        """Look whether what is there is what was written here last; its version is another one after a lost answer."""
        found = read_version(self._aws, self._manifest)
        if found is None or self._version < 0:
            return False
        if found[0] not in (self.entry, self._tried):
            return False
        self.entry, self._version = found
        return True

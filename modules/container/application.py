"""An application, as its system knows it: all of a container that does not depend on where it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modules.deployment.release import Secret
from modules.file_system.mount import Mount
from modules.iam import Statement


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder that outlives the container: on EFS for tasks on Fargate, on the data volume of a Compose host."""

    name: str
    """Lower-case letters, digits and hyphens; of the volume, and of the folder where the files are."""

    path: str
    """Where the container finds it. A literal, like `writable_paths`, and none of them."""

    user_id: int
    group_id: int
    """Whose the files are."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """What of a service is the application's own."""

    container_name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that are no secrets."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    """Environment variable → `valueFrom`."""

    secret_keys: Sequence[Secret] = ()
    """The secrets that these are in, and the keys that must have a value before a task can start."""

    permissions: Sequence[Statement] = ()
    mounts: Sequence[Mount] = ()
    """Folders on EFS, where it runs on Fargate."""

    folders: Sequence[Folder] = ()
    """What must outlive the container, wherever it runs; whoever starts it finds a place for each."""

"""Where a container finds a folder of a file system."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mount:
    """
    One folder of a file system on EFS, through one access point, at a path in the container.

    A task needs more than this to start: `FileSystem.mount_permissions` for its role, `FileSystem.ready`, and the rules
    of `FileSystem.allow_from`, which its service waits for with `start_after`.
    """

    name: str
    """Of the volume: at most 255 letters, digits, _ and - (ECS API, Volume)."""

    path: str
    """A literal, like the service's `writable_paths`, and none of them."""

    file_system_id: str
    access_point_id: str
    read_only: bool = False

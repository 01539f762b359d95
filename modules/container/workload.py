"""What runs in a container: references and literals of the stack, beside the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modules.file_system.mount import Mount
from modules.iam import Statement


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What runs in the container: references and literals of the stack."""

    container_name: str
    image: str
    """The reference of an image. An expression with quotes must be in a `TerraformLocal`, for it gets into JSON."""

    repository_arn: str | None = None
    """The repository in ECR that the image is pulled from; None for an image that anybody may pull."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that are no secrets. For expressions the same holds as for the image."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    """Environment variable → `valueFrom`: the ARN of a secret, or `arn:KEY::` for one key of it."""

    secret_arns: Sequence[str] = ()
    """The secrets that these are in."""

    permissions: Sequence[Statement] = ()
    """What the application may do."""

    mounts: Sequence[Mount] = ()
    """Folders on EFS, beside the paths that the container may write to anyway."""

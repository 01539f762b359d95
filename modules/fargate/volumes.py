"""What a task finds in its file system: folders of its own that go with it, and folders on EFS that stay."""

from collections.abc import Iterable, Mapping, Sequence

from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinitionVolume,
    EcsTaskDefinitionVolumeEfsVolumeConfiguration,
    EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig,
)

from modules.file_system.mount import Mount


def mount_points(own: Mapping[str, str], mounts: Sequence[Mount]) -> list[dict[str, object]]:
    """
    Write where a container finds its volumes.

    :param own: the volumes that go with the task, name → path
    :raises ValueError: two volumes have one name or one path, which ECS would refuse in the middle of an apply
    """
    for what, values in (
        ("name", [*own, *(mount.name for mount in mounts)]),
        ("path", [*own.values(), *(mount.path for mount in mounts)]),
    ):
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise ValueError(f"two volumes of a task have the {what} {', '.join(twice)}")
    return [
        *({"sourceVolume": name, "containerPath": path, "readOnly": False} for name, path in own.items()),
        *({"sourceVolume": mount.name, "containerPath": mount.path, "readOnly": mount.read_only} for mount in mounts),
    ]


def volumes(own: Iterable[str], mounts: Iterable[Mount]) -> list[EcsTaskDefinitionVolume]:
    """
    Write the volumes of a task definition.

    IAM and an access point need TLS (ECS API, EFSVolumeConfiguration and EFSAuthorizationConfig), and the file system's
    policy refuses everything else.
    """
    return [
        *(EcsTaskDefinitionVolume(name=name) for name in own),
        *(
            EcsTaskDefinitionVolume(
                name=mount.name,
                efs_volume_configuration=EcsTaskDefinitionVolumeEfsVolumeConfiguration(
                    file_system_id=mount.file_system_id,
                    transit_encryption="ENABLED",
                    authorization_config=EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
                        access_point_id=mount.access_point_id, iam="ENABLED"
                    ),
                ),
            )
            for mount in mounts
        ),
    ]

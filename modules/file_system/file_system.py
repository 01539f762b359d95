"""A file system on EFS: what it holds, who reaches it, and what a task needs to mount it."""

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.efs_backup_policy import EfsBackupPolicy, EfsBackupPolicyBackupPolicy
from cdktf_cdktf_provider_aws.efs_file_system import EfsFileSystem, EfsFileSystemLifecyclePolicy
from cdktf_cdktf_provider_aws.efs_mount_target import EfsMountTarget
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from constructs import Construct

from modules.file_system.access_point import AccessPoint
from modules.file_system.policy import FileSystemPolicy
from modules.file_system.settings import AccessPointSettings, FileSystemSettings
from modules.iam import Statement, allow
from modules.names import physical_name
from modules.network.open_port import open_port
from modules.network.placement import Placement
from modules.protection import keep_unless

__all__ = ["AccessPoint", "AccessPointSettings", "FileSystem", "FileSystemSettings"]

_NFS = 2049


class FileSystem(Construct):
    """
    One file system with a mount target in each subnet: encrypted, TLS and IAM only, through access points only.

    EFS knows no deletion protection of its own and leaves no last snapshot; what keeps the data is Terraform's refusal
    to destroy it, and the backups, which outlive it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        placement: Placement,
        disposable: bool,
        settings: FileSystemSettings,
    ) -> None:
        """
        Make the file system.

        :param name: what it is called in its `Name` tag
        :param placement: one private subnet in each zone, as a zone takes one mount target
        :param disposable: whether destroying the stack deletes the files
        """
        super().__init__(scope, id_)
        self._name = name
        file_system = self._declare_file_system(settings, disposable=disposable)
        group = SecurityGroup(
            self,
            "security_group",
            name=physical_name("security_group", name, "files"),
            description=f"File system of {name}",
            vpc_id=placement.vpc_id,
        )
        targets = [
            EfsMountTarget(
                self,
                f"mount_target_{number}",
                file_system_id=file_system.id,
                subnet_id=subnet_id,
                security_groups=[group.id],
            )
            for number, subnet_id in enumerate(placement.subnet_ids, start=1)
        ]
        policy = FileSystemPolicy(self, "access", file_system_id=file_system.id, file_system_arn=file_system.arn)
        self.ready: list[ITerraformDependable] = [*targets, policy.policy]
        """What must exist before a task can mount it, for `depends_on`."""
        self.id: str = file_system.id
        self.arn: str = file_system.arn
        self.security_group_id: str = group.id

    def add_access_point(self, id_: str, settings: AccessPointSettings) -> AccessPoint:
        """
        Make a door into the file system.

        :param id_: unique among the doors, such as `media`
        """
        return AccessPoint(self, id_, name=f"{self._name}-{id_}", file_system_id=self.id, settings=settings)

    def mount_permissions(self, access_point: AccessPoint, *, read_only: bool = False) -> list[Statement]:
        """Say what the role of a task needs to mount the file system through one access point, and no other."""
        actions = ["elasticfilesystem:ClientMount", *([] if read_only else ["elasticfilesystem:ClientWrite"])]
        through = {("StringEquals", "elasticfilesystem:AccessPointArn"): [access_point.arn]}
        return [allow(actions, [self.arn], through)]

    def allow_from(self, scope_id: str, security_group_id: str) -> list[ITerraformDependable]:
        """
        Open NFS's port between the mount targets and the members of a security group, on both sides.

        :param scope_id: what the rules are called after, such as `backend`
        :return: the rules, which a task needs before it starts, because it mounts first
        """
        return open_port(
            self,
            scope_id,
            port=_NFS,
            called_security_group_id=self.security_group_id,
            called_description="File system",
            caller_security_group_id=security_group_id,
        )

    def _declare_file_system(self, settings: FileSystemSettings, *, disposable: bool) -> EfsFileSystem:
        file_system = EfsFileSystem(
            self,
            "file_system",
            encrypted=True,
            throughput_mode=settings.throughput,
            lifecycle_policy=_lifecycle_policies(settings),
            tags={"Name": self._name},
            lifecycle=keep_unless(disposable),
        )
        EfsBackupPolicy(
            self,
            "backups",
            file_system_id=file_system.id,
            backup_policy=EfsBackupPolicyBackupPolicy(status="ENABLED" if settings.backups else "DISABLED"),
        )
        return file_system


def _lifecycle_policies(settings: FileSystemSettings) -> list[EfsFileSystemLifecyclePolicy]:
    """Say what moves when; a policy of EFS holds one move, and a way back makes sense only where there is one out."""
    policies = []
    if settings.infrequent_after_days is not None:
        policies.append(EfsFileSystemLifecyclePolicy(transition_to_ia=_after(settings.infrequent_after_days)))
    if settings.archive_after_days is not None:
        policies.append(EfsFileSystemLifecyclePolicy(transition_to_archive=_after(settings.archive_after_days)))
    if policies and settings.back_on_access:
        policies.append(EfsFileSystemLifecyclePolicy(transition_to_primary_storage_class="AFTER_1_ACCESS"))
    return policies


def _after(days: int) -> str:
    """
    Write a number of days as EFS does.

    >>> _after(1), _after(30)
    ('AFTER_1_DAY', 'AFTER_30_DAYS')
    """
    return f"AFTER_{days}_DAY{'' if days == 1 else 'S'}"

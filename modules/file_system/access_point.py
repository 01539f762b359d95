"""A door into a file system: one folder, as one user."""

from cdktf_cdktf_provider_aws.efs_access_point import (
    EfsAccessPoint,
    EfsAccessPointPosixUser,
    EfsAccessPointRootDirectory,
    EfsAccessPointRootDirectoryCreationInfo,
)
from constructs import Construct

from modules.file_system.settings import AccessPointSettings


class AccessPoint(Construct):
    """
    Who mounts the file system through it sees the folder as all there is, and is its user, whoever the process is.

    (EFS User Guide, "Working with access points".) All of it is fixed: another setting is another access point, which
    a task definition then names. The folder keeps the owner and the permissions that it was made with.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, file_system_id: str, settings: AccessPointSettings
    ) -> None:
        """
        Make the access point.

        :param name: what it is called in its `Name` tag
        """
        super().__init__(scope, id_)
        user, group = settings.user_id, settings.group_id
        point = EfsAccessPoint(
            self,
            "point",
            file_system_id=file_system_id,
            posix_user=EfsAccessPointPosixUser(uid=user, gid=group),
            root_directory=EfsAccessPointRootDirectory(
                path=settings.path,
                creation_info=EfsAccessPointRootDirectoryCreationInfo(
                    owner_uid=user, owner_gid=group, permissions=settings.permissions
                ),
            ),
            tags={"Name": name},
        )
        self.id: str = point.id
        self.arn: str = point.arn

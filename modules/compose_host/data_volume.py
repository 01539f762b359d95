"""The volume that holds the services' folders and outlives every host, and its daily snapshots."""

from cdktf_cdktf_provider_aws.backup_plan import BackupPlan, BackupPlanRule, BackupPlanRuleLifecycle
from cdktf_cdktf_provider_aws.backup_selection import BackupSelection
from cdktf_cdktf_provider_aws.backup_vault import BackupVault
from cdktf_cdktf_provider_aws.ebs_volume import EbsVolume
from constructs import Construct

from modules.compose_host.permissions import trust_of
from modules.compose_host.settings import ComposeHostSettings
from modules.iam import ANY_RESOURCE, Role, Statement, allow
from modules.names import physical_name
from modules.protection import keep_unless

_START_WINDOW_MIN, _COMPLETION_WINDOW_MIN = 60, 180
"""AWS Backup API, BackupRuleInput: the shortest start window."""


class DataVolume(Construct):
    """
    An encrypted volume in one zone, which only a host in that zone can attach.

    Its snapshots are made by AWS Backup, which also keeps those of EFS. A snapshot is what the disk held at one moment,
    as after a loss of power (docs.aws.amazon.com/ebs, "Amazon EBS snapshots"): SQLite's journal is made for that.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        zone: str,
        disposable: bool,
        settings: ComposeHostSettings,
    ) -> None:
        """
        Make the volume.

        :param name: of the hosts
        :param zone: such as `us-east-1a`; another zone is another volume, which a protected one refuses
        :param disposable: whether destroying the stack deletes the data, without a last snapshot
        """
        super().__init__(scope, id_)
        self._name = f"{name}-data"
        volume = EbsVolume(
            self,
            "volume",
            availability_zone=zone,
            type="gp3",
            size=settings.data_volume_gib,
            encrypted=True,
            final_snapshot=not disposable,
            tags={"Name": self._name},
            lifecycle=keep_unless(disposable),
        )
        self.id: str = volume.id
        self.arn: str = volume.arn
        self._declare_snapshots(region, settings, disposable=disposable)

    def _declare_snapshots(self, region: str, settings: ComposeHostSettings, *, disposable: bool) -> None:
        vault = BackupVault(
            self,
            "vault",
            name=physical_name("backup_vault", self._name),
            force_destroy=disposable,
            lifecycle=keep_unless(disposable),
        )
        hour, minute = settings.snapshot_time_utc.split(":")
        plan = BackupPlan(
            self,
            "plan",
            name=physical_name("backup_plan", self._name),
            rule=[
                BackupPlanRule(
                    rule_name="daily",
                    target_vault_name=vault.name,
                    schedule=f"cron({int(minute)} {int(hour)} * * ? *)",
                    start_window=_START_WINDOW_MIN,
                    completion_window=_COMPLETION_WINDOW_MIN,
                    lifecycle=BackupPlanRuleLifecycle(delete_after=settings.snapshot_retention_days),
                )
            ],
        )
        role = Role(
            self,
            "backup",
            name=f"{self._name}-backup",
            trust=trust_of("backup.amazonaws.com"),
            permissions=_backup_statements(self.arn, vault.arn, region=region),
        )
        BackupSelection(
            self,
            "selection",
            name=physical_name("backup_selection", self._name),
            plan_id=plan.id,
            iam_role_arn=role.arn,
            # A volume that is named is backed up whatever the account's opt-in says (API, UpdateRegionSettings).
            resources=[self.arn],
            depends_on=role.ready,
        )


def _backup_statements(volume_arn: str, vault_arn: str, *, region: str) -> list[Statement]:
    """
    Say what AWS Backup needs to make, tag and delete snapshots of one volume.

    The actions are those for EBS in AWSBackupServiceRolePolicyForBackup. A snapshot has no account in its ARN, and no
    name before it is made.
    """
    snapshots = f"arn:aws:ec2:{region}::snapshot/*"
    return [
        allow(["ec2:CreateSnapshot"], [volume_arn, snapshots]),
        allow(["ec2:CreateTags", "ec2:DeleteSnapshot"], [snapshots]),
        allow(["backup:DescribeBackupVault"], [vault_arn]),
        # None of these has a resource type: docs.aws.amazon.com/service-authorization, Amazon EC2 and Resource Groups
        # Tagging.
        allow(["ec2:DescribeSnapshots", "ec2:DescribeTags", "ec2:DescribeVolumes", "tag:GetResources"], ANY_RESOURCE),
    ]

"""What each host is made from: image, size, disks, role and first commands."""

from collections.abc import Mapping

from cdktf import Fn, TerraformLocal, Token
from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateCreditSpecification,
    LaunchTemplateIamInstanceProfile,
    LaunchTemplateMetadataOptions,
    LaunchTemplateNetworkInterfaces,
    LaunchTemplateTagSpecifications,
)
from constructs import Construct

from modules.compose_host.instance_type import architecture
from modules.compose_host.settings import ComposeHostSettings
from modules.names import physical_name

_VOLUME_TYPES = {"22.04": "ebs-gp2", "24.04": "ebs-gp3"}
_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
_ROOT_DEVICE = "/dev/sda1"
"""What Canonical's images call it."""


def image_reference(settings: ComposeHostSettings) -> str:
    """
    Name Canonical's newest image, by the public parameter that EC2 looks up whenever it starts a host.

    The parameters are those of Ubuntu's "Find Ubuntu images with the AWS SSM Parameter Store", where images of 24.04
    have gp3. Auto Scaling resolves them by its service-linked role (EC2 Auto Scaling User Guide, "Use AWS Systems
    Manager parameters instead of AMI IDs in launch templates"). A data source would make a new version of the template,
    and with it new hosts, of whatever apply comes after a new image.
    """
    where = f"{settings.ubuntu}/stable/current/{_ARCHITECTURES[architecture(settings.instance_type)]}"
    return f"resolve:ssm:/aws/service/canonical/ubuntu/server/{where}/hvm/{_VOLUME_TYPES[settings.ubuntu]}/ami-id"


class HostTemplate(Construct):
    """
    A launch template: no key pair, no public address, no metadata without a token.

    Another version of it replaces the hosts; a newer image alone does not.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        role_name: str,
        security_group_id: str,
        user_data: str,
        containers_use_role: bool,
        tags: Mapping[str, str],
        settings: ComposeHostSettings,
    ) -> None:
        """
        Make the template.

        :param user_data: as it is, with references in it
        :param containers_use_role: whether a container reaches the metadata, which is one hop further than the host
        :param tags: for instances and their volumes, which the provider's default tags do not reach
        """
        super().__init__(scope, id_)
        profile = IamInstanceProfile(
            self, "profile", name=physical_name("instance_profile", name, "host"), role=role_name
        )
        # In a local of its own, because quotes and backslashes would not survive as the argument of a function.
        first_commands = TerraformLocal(self, "user_data", user_data)
        template = LaunchTemplate(
            self,
            "template",
            name=physical_name("launch_template", name, "host"),
            image_id=image_reference(settings),
            instance_type=settings.instance_type,
            user_data=Fn.base64encode(first_commands.as_string),
            iam_instance_profile=LaunchTemplateIamInstanceProfile(arn=profile.arn),
            metadata_options=_metadata(2 if containers_use_role else 1),
            network_interfaces=[
                LaunchTemplateNetworkInterfaces(
                    device_index=0,
                    associate_public_ip_address="false",
                    delete_on_termination="true",
                    security_groups=[security_group_id],
                )
            ],
            block_device_mappings=[_root(settings.root_volume_gib)],
            credit_specification=LaunchTemplateCreditSpecification(cpu_credits=settings.cpu_credits),
            tag_specifications=[
                LaunchTemplateTagSpecifications(resource_type=kind, tags=dict(tags)) for kind in ("instance", "volume")
            ],
        )
        self.id: str = template.id
        self.version: str = Token.as_string(template.latest_version)
        """The version that Terraform made last."""


def _metadata(hops: int) -> LaunchTemplateMetadataOptions:
    """Ask for IMDSv2: docs.aws.amazon.com/AWSEC2, "Configure the Instance Metadata Service options"."""
    return LaunchTemplateMetadataOptions(
        http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=hops
    )


def _root(size_gib: int) -> LaunchTemplateBlockDeviceMappings:
    return LaunchTemplateBlockDeviceMappings(
        device_name=_ROOT_DEVICE,
        ebs=LaunchTemplateBlockDeviceMappingsEbs(
            volume_size=size_gib, volume_type="gp3", encrypted="true", delete_on_termination="true"
        ),
    )

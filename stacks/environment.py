"""What every stack has: the provider behind an account guard, the state, the tags."""

from cdktf import S3Backend, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from pydantic import Field

from modules.settings import Settings
from modules.types import AccountId, BucketName, ProviderVersion, Region, Tags

DISPOSABLE = "disposable"
"""The CDKTF context key that, as `"true"`, lifts the protections of every stack, for an AWS that is thrown away."""

PROVIDER_VERSION = "aws_provider_version"
"""The CDKTF context key that replaces the provider version of the settings, for a mirror that holds another one."""


class EnvironmentSettings(Settings):
    """What every environment says, whatever system it runs."""

    account_id: AccountId
    """The only account that Terraform may change and keep the state in."""

    region: Region

    aws_provider_version: ProviderVersion
    """The exact version of hashicorp/aws, raised on purpose and never by a dependency."""

    state_bucket: BucketName | None = None
    """The bucket for Terraform states, in this region. None: `ecs-stacks-state-<account_id>`, one an account."""

    disposable: bool = False
    """Whether `cdktf destroy` may delete what the environment holds. False: deletion protection, a last snapshot of the
    database, a recovery window for secrets, and no deletion of a bucket or a repository that is not empty."""

    tags: Tags = Field(default_factory=dict)
    """Tags for every resource, beside `Stack` and `ManagedBy`."""

    @property
    def state_bucket_name(self) -> str:
        """The bucket that `infra state bootstrap` creates."""
        return f"ecs-stacks-state-{self.account_id}" if self.state_bucket is None else self.state_bucket


def is_disposable(stack: TerraformStack, settings: EnvironmentSettings) -> bool:
    """Whether the stack may be destroyed with all it holds: its settings say so, or the context does."""
    return settings.disposable or stack.node.try_get_context(DISPOSABLE) == "true"


def provider_version(stack: TerraformStack, settings: EnvironmentSettings) -> str:
    """Say which version of hashicorp/aws the stack is applied with: that of the context, else that of the settings."""
    return str(stack.node.try_get_context(PROVIDER_VERSION) or settings.aws_provider_version)


def default_tags(stack: TerraformStack, settings: EnvironmentSettings) -> dict[str, str]:
    """Say which tags every resource of the stack has."""
    return {**settings.tags, "Stack": stack.node.id, "ManagedBy": "terraform"}


def declare_environment(stack: TerraformStack, settings: EnvironmentSettings) -> None:
    """Give a stack its provider, account guard, default tags and S3 state at `<stack>/terraform.tfstate`."""
    name = stack.node.id
    AwsProvider(
        stack,
        "aws",
        region=settings.region,
        allowed_account_ids=[settings.account_id],
        default_tags=[AwsProviderDefaultTags(tags=default_tags(stack, settings))],
    )
    # The bindings pin the version that they were generated from.
    stack.add_override("terraform.required_providers.aws.version", provider_version(stack, settings))
    S3Backend(
        stack,
        bucket=settings.state_bucket_name,
        key=f"{name}/terraform.tfstate",
        region=settings.region,
        encrypt=True,
        allowed_account_ids=[settings.account_id],
    )
    # S3Backend of cdktf 0.21 does not know the argument.
    stack.add_override("terraform.backend.s3.use_lockfile", True)

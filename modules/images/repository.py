"""An ECR repository for the images of one service, made here or only read."""

from typing import Annotated

from cdktf_cdktf_provider_aws.data_aws_ecr_repository import DataAwsEcrRepository
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import DataAwsIamPolicyDocument
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
    EcrRepositoryImageTagMutabilityExclusionFilter,
)
from cdktf_cdktf_provider_aws.ecr_repository_policy import EcrRepositoryPolicy
from constructs import Construct
from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.iam import share
from modules.images.lifecycle import ImageLifecycleSettings, lifecycle_policy, moving_tags, tag_mutability
from modules.settings import Settings, mistake

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What pulling an image takes (AmazonECR, "Private repository policy examples")."""

RoleArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws:iam::[0-9]{12}:role/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$"),
    Field(description="the ARN of a role, arn:aws:iam::<account>:role/<name>"),
]


class ImageRepositorySettings(Settings):
    """Who makes the repository, and what it keeps."""

    create: bool = True
    """False: the repository exists in this account and region, made by another environment, and is only read. What it
    keeps is then the other environment's setting."""

    lifecycle: ImageLifecycleSettings = Field(default_factory=ImageLifecycleSettings)

    pulled_by_role_arns: list[RoleArn] = Field(default_factory=list)
    """Roles of other accounts that may pull: the push role of the environment that images are promoted to. They need
    not exist yet. Their own account has to allow it too: `promotes_from` in `modules/github/roles.py`."""

    @field_validator("pulled_by_role_arns")
    @classmethod
    def _of_a_repository_of_its_own(cls, pulled_by_role_arns: list[str], info: ValidationInfo) -> list[str]:
        if pulled_by_role_arns and info.data.get("create") is False:
            raise mistake("must be set where the repository is made: here create is False")
        return pulled_by_role_arns


class ImageRepository(Construct):
    """
    A repository whose images are scanned when they are pushed and encrypted with AES-256.

    A commit's tag names one image for good while the environments' tags and `latest` move, where the provider can say
    so; `docs/decisions/0010-image-tags.md` says what holds before.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        disposable: bool,
        provider_version: str,
        settings: ImageRepositorySettings,
    ) -> None:
        """
        Make the repository, or read it.

        :param name: 2 to 256 characters (ECR CreateRepository)
        :param disposable: whether `destroy` may delete the images too
        :param provider_version: the exact version of hashicorp/aws that the stack is applied with
        """
        super().__init__(scope, id_)
        repository = self._create(name, disposable, provider_version, settings) if settings.create else self._read(name)
        self.name: str = repository.name
        self.arn: str = repository.arn
        self.url: str = repository.repository_url
        self.registry_id: str = repository.registry_id

    def _read(self, name: str) -> DataAwsEcrRepository:
        return DataAwsEcrRepository(self, "existing", name=name)

    def _create(
        self, name: str, disposable: bool, provider_version: str, settings: ImageRepositorySettings
    ) -> EcrRepository:
        mutability = tag_mutability(provider_version)
        repository = EcrRepository(
            self,
            "repository",
            name=name,
            force_delete=disposable,
            image_tag_mutability=mutability,
            # None, not an empty list: a provider without filters does not know the block.
            image_tag_mutability_exclusion_filter=(
                _filters(moving_tags(settings.lifecycle)) if mutability == "IMMUTABLE_WITH_EXCLUSION" else None
            ),
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[EcrRepositoryEncryptionConfiguration(encryption_type="AES256")],
        )
        EcrLifecyclePolicy(self, "lifecycle", repository=repository.name, policy=lifecycle_policy(settings.lifecycle))
        if settings.pulled_by_role_arns:
            self._let_pull(repository.name, settings.pulled_by_role_arns)
        return repository

    def _let_pull(self, name: str, role_arns: list[str]) -> None:
        statements = [
            share(PULL, role_arn.split(":")[4], {("ArnEquals", "aws:PrincipalArn"): [role_arn]})
            for role_arn in role_arns
        ]
        document = DataAwsIamPolicyDocument(self, "pull", statement=statements)
        EcrRepositoryPolicy(self, "policy", repository=name, policy=document.json)


def _filters(tags: list[str]) -> list[EcrRepositoryImageTagMutabilityExclusionFilter]:
    """A filter without a wildcard matches exactly this tag."""
    return [EcrRepositoryImageTagMutabilityExclusionFilter(filter=tag, filter_type="WILDCARD") for tag in tags]

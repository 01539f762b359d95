"""
What a file system asks of whoever mounts it, whatever their own permissions are.

With a policy of any kind nobody is let in without an identity; without one, everybody who reaches a mount target is
(EFS User Guide, "Using IAM to control access to file systems", Default EFS file system policy). Whom it lets in say
the identities' own permissions, so all that stands here is what is refused.
"""

from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementCondition,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.efs_file_system_policy import EfsFileSystemPolicy
from constructs import Construct

_MOUNT = [f"elasticfilesystem:Client{what}" for what in ("Mount", "Write", "RootAccess")]


class FileSystemPolicy(Construct):
    """TLS or nothing, no mounting past the access points, no root."""

    def __init__(self, scope: Construct, id_: str, *, file_system_id: str, file_system_arn: str) -> None:
        super().__init__(scope, id_)
        document = DataAwsIamPolicyDocument(
            self,
            "document",
            # EFS gives a policy without an id one of its own (API, PutFileSystemPolicy); every plan would take it back.
            policy_id="access",
            statement=[
                _deny("DenyInsecureTransport", _MOUNT, file_system_arn, ("Bool", "aws:SecureTransport", "false")),
                _deny(
                    "DenyPastAccessPoints",
                    _MOUNT,
                    file_system_arn,
                    ("Null", "elasticfilesystem:AccessPointArn", "true"),
                ),
                _deny("DenyRoot", ["elasticfilesystem:ClientRootAccess"], file_system_arn, None),
            ],
        )
        self.policy = EfsFileSystemPolicy(self, "policy", file_system_id=file_system_id, policy=document.json)


def _deny(
    sid: str, actions: list[str], resource: str, condition: tuple[str, str, str] | None
) -> DataAwsIamPolicyDocumentStatement:
    conditions = []
    if condition is not None:
        test, variable, value = condition
        conditions = [DataAwsIamPolicyDocumentStatementCondition(test=test, variable=variable, values=[value])]
    return DataAwsIamPolicyDocumentStatement(
        sid=sid,
        effect="Deny",
        actions=actions,
        resources=[resource],
        principals=[DataAwsIamPolicyDocumentStatementPrincipals(type="AWS", identifiers=["*"])],
        condition=conditions,
    )

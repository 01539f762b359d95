"""One state bucket: is it there, is it ours, and what about it is not as it must be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tools.errors import InfraError
from tools.project import Stack
from tools.state.properties import PROPERTIES, Document, Property

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Finding:
    """What a bucket has of one property, and what it must have."""

    subject: Property
    current: Document
    wanted: Document

    @property
    def right(self) -> bool:
        """Whether there is nothing to do."""
        return self.current == self.wanted


class StateBucket:
    """The state bucket of a stack, in its account and region."""

    def __init__(self, s3: "S3Client", stack: Stack) -> None:
        self._s3 = s3
        self._stack = stack
        self._name = stack.state_bucket
        partition = s3.meta.partition
        self._arn = f"arn:{partition}:s3:::{self._name}"

    def exists(self) -> bool:
        """
        Say whether the bucket is there.

        :raises InfraError: the name is another account's, or the bucket is in another region
        """
        try:
            head = self._s3.head_bucket(Bucket=self._name, ExpectedBucketOwner=self._stack.account_id)
        except ClientError as error:
            match error_code(error):
                case "404" | "NoSuchBucket":
                    return False
                case "403" | "AccessDenied":
                    raise InfraError(
                        f"bucket {self._name!r} belongs to another account than {self._stack.account_id}, "
                        "or these credentials may not read it (s3:ListBucket): grant that, or choose another name"
                    ) from None
                case _:
                    raise
        if head.get("BucketRegion", self._stack.region) != self._stack.region:
            raise InfraError(
                f"bucket {self._name!r} is in {head['BucketRegion']}, but stack {self._stack.name!r} "
                f"is in {self._stack.region}: choose another name, or delete that bucket"
            )
        return True

    def create(self) -> None:
        """
        Create the bucket and wait until it answers.

        :raises InfraError: another account has a bucket of this name, or S3 is still deleting one
        """
        place: Any = {"CreateBucketConfiguration": {"LocationConstraint": self._stack.region}}
        try:
            # The one region that must not be named is us-east-1.
            self._s3.create_bucket(Bucket=self._name, **({} if self._stack.region == "us-east-1" else place))
        except ClientError as error:
            match error_code(error):
                case "BucketAlreadyOwnedByYou":  # Another run was faster.
                    pass
                case "BucketAlreadyExists":
                    raise InfraError(
                        f"bucket {self._name!r} belongs to another account: bucket names are shared by all of AWS, "
                        "choose another one"
                    ) from None
                case "OperationAborted":
                    raise InfraError(
                        f"bucket {self._name!r} is being created or deleted: wait some minutes, then try again"
                    ) from None
                case _:
                    raise
        self._s3.get_waiter("bucket_exists").wait(
            Bucket=self._name,
            ExpectedBucketOwner=self._stack.account_id,
            WaiterConfig={"Delay": 1, "MaxAttempts": 20},
        )

    def examine(self) -> list[Finding]:
        """Compare every property with what it must be."""
        findings = []
        for one in PROPERTIES:
            current = self._read(one)
            findings.append(Finding(one, current, one.want(current, self._arn)))
        return findings

    def repair(self, finding: Finding) -> None:
        """Write what a property must be."""
        self._call(finding.subject.put, **finding.subject.parameters(finding.wanted))

    def _read(self, one: Property) -> Document:
        try:
            answer = self._call(one.get)
        except ClientError as error:
            if error_code(error) != one.unset:
                raise
            return {}
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _call(self, operation: str, **parameters: object) -> Document:
        """Call S3 on this bucket, and on no one else's of the same name."""
        call: Callable[..., Document] = getattr(self._s3, operation)
        return call(Bucket=self._name, ExpectedBucketOwner=self._stack.account_id, **parameters)


def error_code(error: ClientError) -> str:
    """Give the code of an S3 error; an answer without a body has the HTTP status as its code."""
    return error.response["Error"]["Code"]

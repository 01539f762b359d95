"""Terraform's lock on a state: an object beside it, which a killed run leaves behind."""

import json

from botocore.exceptions import ClientError

from tools.aws import clear_errors, s3_client
from tools.errors import InfraError
from tools.project import Stack
from tools.state.bucket import error_code


def check_lock(stack: Stack) -> None:
    """:raises InfraError: a run holds the lock of the state, or was killed and left it."""
    with clear_errors():
        try:
            answer = s3_client(stack).get_object(
                Bucket=stack.state_bucket, Key=f"{stack.state_key}.tflock", ExpectedBucketOwner=stack.account_id
            )
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                return
            raise
        held = json.loads(answer["Body"].read())
    raise InfraError(
        f"the state of {stack.name} is locked by {held['Who']} since {held['Created']} ({held['Operation']}): wait for "
        f"it; if it was killed, run terraform force-unlock {held['ID']} in {stack.directory.name}"
    )

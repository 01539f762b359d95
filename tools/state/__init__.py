"""The S3 bucket that holds Terraform's state: one an account, one key a stack."""

from tools.state.command import app, bootstrap, check_bucket
from tools.state.lock import check_lock

__all__ = ["app", "bootstrap", "check_bucket", "check_lock"]

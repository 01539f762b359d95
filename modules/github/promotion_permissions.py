"""What the job that pushes may do in the account that images are promoted from: pull them."""

from collections.abc import Sequence

from modules.arns import Arns
from modules.iam import Statement, allow
from modules.images.repository import PULL
from modules.settings import Settings
from modules.types import AccountId, Region


class PromotionSettings(Settings):
    """
    Where images are promoted from, when that is another account.

    The repositories there have the same names. Their own policy has to let this account's role in too
    (`pulled_by_role_arns` in `modules/images/repository.py`): between accounts both sides must allow it (IAM user
    guide, "Cross-account policy evaluation logic").
    """

    account_id: AccountId
    region: Region


def promotion_permissions(source: PromotionSettings | None, repository_names: Sequence[str]) -> list[Statement]:
    """
    Pull from the repositories of the other account.

    :param source: None: from this account, where the repositories are the same
    """
    if source is None:
        return []
    arns = Arns(account_id=source.account_id, region=source.region)
    return [allow(PULL, [arns.of("ecr", f"repository/{name}") for name in repository_names])]

"""The snapshot that is left when something that holds data goes."""

from collections.abc import Mapping

from cdktf import DataResource
from constructs import Construct


def last_snapshot_name(scope: Construct, name: str, *, replaced_by: Mapping[str, str]) -> str:
    """
    Name the snapshot that is left when what it is of goes, differently for everything that ever goes.

    Terraform's own `terraform_data` has an id that is new whenever it is made anew: after a destroy, and with every
    value whose change replaces what holds the data. A hash of these values alone would be the same after a destroy, and
    the second one would fail, as the snapshot of the first is still there.

    :param scope: gets the `terraform_data` as its child `generation`
    :param replaced_by: every settable value whose change replaces what holds the data
    """
    generation = DataResource(scope, "generation", triggers_replace=dict(replaced_by))
    return f"{name}-final-{generation.id}"

"""The name of the snapshot that is left."""

from cdktf import TerraformOutput
from constructs import Construct

from modules.database.last_snapshot import last_snapshot_name
from tests.support import synth_scope


def test_is_of_one_generation() -> None:
    """It ends in an id that is new for everything that there ever is, and after every replacement."""

    def declare(scope: Construct) -> None:
        name = last_snapshot_name(scope, "shop", replaced_by={"database": "app"})
        TerraformOutput(scope, "name", value=name)

    stack = synth_scope(declare)

    assert {"triggers_replace": {"database": "app"}} == stack.resource("terraform_data", "generation")
    assert "shop-final-${terraform_data.generation.id}" == stack.output("name")

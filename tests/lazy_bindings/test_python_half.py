"""The Python half: the bindings are an empty package, and lazy_bindings must come first."""

import subprocess
from collections.abc import Callable

import pytest

RunPython = Callable[..., subprocess.CompletedProcess[str]]

COUNT = """
import lazy_bindings
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
import sys
names = {name.split(".")[1] for name in sys.modules if name.startswith("cdktf_cdktf_provider_aws.")}
print(*sorted(names))
"""

AS_ATTRIBUTE = """
import lazy_bindings
import cdktf_cdktf_provider_aws as aws
print(aws.s3_bucket.S3Bucket.__name__, hasattr(aws, "no_such_module"))
"""

FROM_PACKAGE = """
import lazy_bindings
from cdktf_cdktf_provider_aws import s3_bucket
print(s3_bucket.S3Bucket.__name__)
"""

TOO_LATE = """
import sys, types
sys.modules["{name}"] = types.ModuleType("{name}")
import lazy_bindings
"""

AGAIN = """
import importlib
import lazy_bindings
import cdktf, cdktf_cdktf_provider_aws as before
importlib.reload(lazy_bindings).activate()
import cdktf_cdktf_provider_aws as after
print(before is after)
"""

STOCK = """
import cdktf
import lazy_bindings
import sys
print("cdktf_cdktf_provider_aws" in sys.modules)
"""


def test_one_resource_imports_one_module(run_python: RunPython) -> None:
    """A resource brings its own module and the one that loads the assembly, not 2,200."""
    assert "_jsii s3_bucket\n" == run_python(COUNT).stdout


def test_submodules_are_attributes(run_python: RunPython) -> None:
    """`aws.s3_bucket` works without its own import, and an unknown name is an AttributeError."""
    assert "S3Bucket False\n" == run_python(AS_ATTRIBUTE).stdout


def test_submodules_are_imported_from_the_package(run_python: RunPython) -> None:
    """`from cdktf_cdktf_provider_aws import s3_bucket` works."""
    assert "S3Bucket\n" == run_python(FROM_PACKAGE).stdout


@pytest.mark.parametrize("name", ["constructs", "cdktf", "cdktf_cdktf_provider_aws"])
def test_late_import_is_an_error(run_python: RunPython, name: str) -> None:
    """An import in the wrong order names the early package and the fix."""
    expected = f"ImportError: {name} was imported before lazy_bindings: put `import lazy_bindings` first in the file"

    assert expected == run_python(TOO_LATE.format(name=name)).stderr.splitlines()[-1]


def test_second_activation_does_nothing(run_python: RunPython) -> None:
    """Reloading and activating again keeps the package that is in use."""
    assert "True\n" == run_python(AGAIN).stdout


def test_stock_switch_turns_it_off(run_python: RunPython) -> None:
    """With the switch, nothing is registered and the order of imports does not matter."""
    assert "False\n" == run_python(STOCK, ECS_STACKS_STOCK_BINDINGS="1").stdout


def test_missing_node_is_one_line(run_python: RunPython) -> None:
    """Without Node.js there is one line, and no traceback."""
    expected = "Node.js: no program 'no-such-node': run `make setup`, or set JSII_NODE to a supported Node.js\n"

    assert expected == run_python("import lazy_bindings", JSII_NODE="no-such-node").stderr


def test_missing_node_exits_with_1(run_python: RunPython) -> None:
    """Without Node.js the exit code is 1."""
    assert 1 == run_python("import lazy_bindings", JSII_NODE="no-such-node").returncode

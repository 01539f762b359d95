"""
Fast start of the AWS bindings: import this package before everything else.

    import lazy_bindings

    from cdktf import App

Stock bindings load all of their about 2,200 modules for the first resource, in Python (the package's `__init__`
imports every submodule) and again in JavaScript (its `index.js` requires every file). This package makes both load a
module when it is first used. The Terraform JSON stays the same, byte for byte. Importing it has two effects:

- Python: `cdktf_cdktf_provider_aws` becomes an empty package; its submodules import as usual.
- JavaScript: the jsii kernel starts now, with `preload.cjs` in its `NODE_OPTIONS`, which are then as they were.

`ECS_STACKS_STOCK_BINDINGS=1` in the environment makes this package do nothing, to compare or to rule it out.

The causes are known: https://github.com/hashicorp/terraform-cdk/issues/3753 and
https://github.com/aws/jsii/issues/3389.
"""

import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import jsii

STOCK_SWITCH = "ECS_STACKS_STOCK_BINDINGS"
PRELOAD = Path(__file__).resolve().with_name("preload.cjs")

_BINDINGS = "cdktf_cdktf_provider_aws"
_TOO_EARLY = ("constructs", "cdktf", _BINDINGS)
_MARK = "__lazy_bindings__"


def activate() -> None:
    """
    Make the AWS bindings lazy in this process; a second call does nothing.

    :raises ImportError: a package that starts the jsii kernel was imported first
    :raises SystemExit: with one line, when there is no Node.js
    """
    if hasattr(sys.modules.get(_BINDINGS), _MARK):
        return
    for name in _TOO_EARLY:
        if name in sys.modules:
            raise ImportError(f"{name} was imported before lazy_bindings: put `import lazy_bindings` first in the file")
    _start_kernel()
    _register_empty_package()


def _start_kernel() -> None:
    node = os.environ.get("JSII_NODE", "node")
    if shutil.which(node) is None:
        sys.exit(f"Node.js: no program {node!r}: run `make setup`, or set JSII_NODE to a supported Node.js")
    with _node_option(f"--require {_quoted(PRELOAD)}"):
        jsii.stats()  # type: ignore[no-untyped-call]  # any call starts the kernel and waits until it answers


@contextmanager
def _node_option(option: str) -> Iterator[None]:
    before = os.environ.get("NODE_OPTIONS")
    os.environ["NODE_OPTIONS"] = f"{before} {option}" if before else option
    try:
        yield
    finally:
        if before is None:
            del os.environ["NODE_OPTIONS"]
        else:
            os.environ["NODE_OPTIONS"] = before


def _quoted(path: Path) -> str:
    """Write a path as NODE_OPTIONS wants it: in double quotes, where a backslash takes the next character literally."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _register_empty_package() -> None:
    spec = importlib.util.find_spec(_BINDINGS)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {_BINDINGS!r}", name=_BINDINGS)
    package = importlib.util.module_from_spec(spec)  # has the path of its submodules, and nothing executed
    vars(package).update({"__getattr__": _submodule, _MARK: True})
    sys.modules[_BINDINGS] = package


def _submodule(name: str) -> ModuleType:
    """Import what the stock package would already hold, so that `bindings.s3_bucket` works without an own import."""
    if importlib.util.find_spec(f"{_BINDINGS}.{name}") is None:
        raise AttributeError(f"module {_BINDINGS!r} has no attribute {name!r}")
    return importlib.import_module(f"{_BINDINGS}.{name}")


if os.environ.get(STOCK_SWITCH) != "1":
    activate()

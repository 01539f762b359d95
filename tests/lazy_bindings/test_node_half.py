"""
The JavaScript half: the real kernel loads few files, and NODE_OPTIONS are as they were.

The kernel is watched from inside: a script of this test, given to it through the user's own NODE_OPTIONS, writes what
was loaded when it exits. So these tests also show that the user's options are kept.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunPython = Callable[..., subprocess.CompletedProcess[str]]
Kernel = tuple[str, dict[str, Any]]
"""The NODE_OPTIONS of the user, and what the watch wrote: `options` at exit and `files` loaded from the bindings."""

ROOT = Path(__file__).resolve().parents[2]

WATCH = """
process.on("exit", () => {
  const files = Object.keys(require.cache).filter((file) => file.includes("provider-aws"));
  if (files.length === 0) return;
  const report = { options: process.env.NODE_OPTIONS, files };
  require("node:fs").writeFileSync(__dirname + "/report.json", JSON.stringify(report));
});
"""

ONE_RESOURCE = """
import lazy_bindings
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
S3Bucket(TerraformStack(App(), "stack"), "bucket")
"""

SHOW_OPTIONS = "import lazy_bindings, os; print(os.environ.get('NODE_OPTIONS'))"


def watched_kernel(run_python: RunPython, folder: Path, **variables: str) -> Kernel:
    """Make one resource with a watched kernel."""
    watch = folder / "watch.cjs"
    watch.write_text(WATCH)
    options = f'--require "{watch}"'
    result = run_python(ONE_RESOURCE, NODE_OPTIONS=options, **variables)
    assert result.returncode == 0, result.stderr
    return options, json.loads((folder / "report.json").read_text())


@pytest.fixture(scope="module")
def kernel(run_python: RunPython, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """One watched kernel for the tests that only look."""
    return watched_kernel(run_python, tmp_path_factory.mktemp("kernel"))


def test_kernel_loads_only_the_resource(kernel: Kernel) -> None:
    """The hook matches the bindings in use: index, one resource; 2,213 files mean that it no longer does."""
    _, report = kernel

    assert ["index.js", "s3-bucket/index.js"] == sorted(file.rpartition("/lib/")[2] for file in report["files"])


def test_kernel_gives_its_children_the_options_of_the_user(kernel: Kernel) -> None:
    """What the kernel starts does not inherit the preload."""
    options, report = kernel

    assert options == report["options"]


def test_folder_with_spaces_quotes_and_backslashes(run_python: RunPython, tmp_path: Path) -> None:
    """The preload is found wherever the project was cloned to."""
    project = tmp_path / 'a "new" \\ project'
    shutil.copytree(ROOT / "lazy_bindings", project / "lazy_bindings")
    code_path = os.pathsep.join([str(project), str(ROOT)])
    _, report = watched_kernel(run_python, tmp_path, PYTHONPATH=code_path, PYTHONSAFEPATH="1")

    assert 2 == len(report["files"])


def test_options_stay_unset(run_python: RunPython) -> None:
    """NODE_OPTIONS that were not there are not there afterwards."""
    assert "None\n" == run_python(SHOW_OPTIONS).stdout


def test_options_of_the_user_are_restored(run_python: RunPython) -> None:
    """NODE_OPTIONS of the user are the same afterwards."""
    assert "--no-deprecation\n" == run_python(SHOW_OPTIONS, NODE_OPTIONS="--no-deprecation").stdout


INDEX = """"use strict";
/**
 * Header
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.second = exports.first = void 0;
exports.first = require("./first");
exports.second = require("./second");
//# sourceMappingURL=none
"""

USE = """
const bindings = require("@cdktf/provider-aws/lib/index.js");
const loaded = Object.keys(require.cache).map((file) => file.split("lib/")[1]).filter((file) => file);
console.log(JSON.stringify([loaded, bindings.second.name, Object.keys(bindings).sort(), bindings.__esModule]));
"""


def use_bindings(folder: Path, index: str) -> list[Any]:
    """Load a small copy of the bindings with the preload: files loaded, one export, all exports, `__esModule`."""
    library = folder / "node_modules/@cdktf/provider-aws/lib"
    library.mkdir(parents=True)
    (library / "index.js").write_text(index)
    for name in ("first", "second"):
        (library / f"{name}.js").write_text(f'exports.name = "{name}";')
    (folder / "use.js").write_text(USE)
    command = [os.environ.get("JSII_NODE", "node"), "--require", str(ROOT / "lazy_bindings/preload.cjs"), "use.js"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603
    seen: list[Any] = json.loads(result.stdout)
    return seen


def test_known_index_loads_on_first_use(tmp_path: Path) -> None:
    """Of an index that only lists exports, nothing is loaded before it is used, and all exports are there."""
    assert [["index.js"], "second", ["first", "second"], True] == use_bindings(tmp_path, INDEX)


@pytest.mark.parametrize(
    "extra",
    [
        "exports.first.extra = 1;",
        'exports.other = require("./first").name;',
        'Object.assign(exports, require("./first"));',
    ],
)
def test_unknown_statement_is_left_to_node(tmp_path: Path, extra: str) -> None:
    """An index that holds anything else loads as Node loads it."""
    loaded, *_ = use_bindings(tmp_path, INDEX + extra)

    assert ["index.js", "first.js", "second.js"] == loaded

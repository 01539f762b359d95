"""Lock files name versions and hashes, and no registry."""

import json
from pathlib import Path

import pytest

from tools.setup.lock import strip_package_lock, strip_pipfile_lock

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", ["Pipfile.lock", "tools/scan/Pipfile.lock"])
def test_no_index_stands_in_a_pipfile_lock(name: str) -> None:
    """Which index serves the packages is the machine's own setting."""
    content = (ROOT / name).read_text()

    assert (False, False) == ("://" in content, '"index"' in content)


@pytest.mark.parametrize("name", ["Pipfile.lock", "tools/scan/Pipfile.lock"])
def test_every_python_package_has_hashes(name: str) -> None:
    """Without an index, the hashes alone say which file is meant."""
    categories = json.loads((ROOT / name).read_text()).items()
    packages = {
        package: entry
        for category, packages in categories
        if category != "_meta"
        for package, entry in packages.items()
    }

    assert [] == [package for package, entry in packages.items() if not entry.get("hashes")]


def test_no_registry_stands_in_the_package_lock() -> None:
    """Which registry serves the packages is the machine's own setting."""
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_every_node_package_has_a_hash() -> None:
    """Without a registry, the hashes alone say which file is meant."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    own_files = {name: entry for name, entry in packages.items() if name and not entry.get("inBundle")}

    assert [] == [name for name, entry in own_files.items() if not entry.get("integrity")]


def test_no_node_package_needs_an_install_script() -> None:
    """Setup runs none of them: a package that is built or fetched by its script would be missing at run time."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert [] == [name for name, entry in packages.items() if entry.get("hasInstallScript")]


def test_pipenvs_default_index_is_stripped(tmp_path: Path) -> None:
    """`pipenv lock` writes the index it used; hashes and versions stay."""
    path = tmp_path / "Pipfile.lock"
    entry = {"hashes": ["sha256:1"], "version": "==1"}
    path.write_text(json.dumps({"_meta": {"sources": [{"name": "x"}]}, "node": {"a": entry | {"index": "x"}}}))
    strip_pipfile_lock(path)

    assert {"_meta": {"sources": []}, "node": {"a": entry}} == json.loads(path.read_text())


def test_npms_registry_is_stripped(tmp_path: Path) -> None:
    """`npm install` writes the address of each file; hashes and versions stay."""
    path = tmp_path / "package-lock.json"
    entry = {"integrity": "sha512-1", "version": "1"}
    path.write_text(json.dumps({"packages": {"a": entry | {"resolved": "x"}}}))
    strip_package_lock(path)

    assert {"packages": {"a": entry}} == json.loads(path.read_text())

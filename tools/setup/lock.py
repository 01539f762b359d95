"""Lock files, resolved anew and free of any registry's address: every machine uses the registry of its settings."""

import json
from pathlib import Path

from tools.setup.layout import Layout, say
from tools.setup.node import install_node
from tools.setup.pipenv import pipenv


def lock(layout: Layout) -> None:
    """
    Resolve `Pipfile.lock`, `tools/scan/Pipfile.lock` and `package-lock.json` anew.

    :raises InfraError: a package cannot be resolved
    """
    for folder in (layout.root, layout.root / "tools" / "scan"):
        say(f"Locking {folder / 'Pipfile'}")
        pipenv(layout, f"lock {folder / 'Pipfile'}", folder, layout.venv, "lock")
        strip_pipfile_lock(folder / "Pipfile.lock")
    install_node(layout)
    say(f"Locking {layout.root / 'package.json'}")
    command: list[str | Path] = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    layout.run("lock package.json", command)
    strip_package_lock(layout.root / "package-lock.json")


def strip_pipfile_lock(path: Path) -> None:
    """Remove the package indexes from a `Pipfile.lock`. The hashes stay, so any index serves the same files."""
    document = json.loads(path.read_text())
    document["_meta"]["sources"] = []
    for category, packages in document.items():
        if category != "_meta":
            for package in packages.values():
                package.pop("index", None)
    path.write_text(json.dumps(document, indent=4, sort_keys=True) + "\n")


def strip_package_lock(path: Path) -> None:
    """Remove the registry from a `package-lock.json`. The integrity hashes stay."""
    document = json.loads(path.read_text())
    for package in document["packages"].values():
        package.pop("resolved", None)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

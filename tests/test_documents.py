"""What the README and the guides in `docs` name exists: commands, options, settings, outputs, files."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from stacks.aldeia_settings import AldeiaSettings
from stacks.edgemind_settings import EdgeMindSettings
from stacks.habit_tracker_settings import HabitTrackerSettings
from stacks.isms_settings import IsmsSettings
from stacks.nocomelon import NoComelonSettings
from tests.stacks.aldeia import sample_aldeia
from tests.stacks.edgemind import sample_edgemind
from tests.stacks.habit_tracker import sample_habit_tracker
from tests.stacks.isms.sample_isms import GITHUB, build
from tools.cli import app
from tools.project import ROOT
from tools.release.manifest import Manifest

NAMES = [
    "docs/aldeia.md",
    "docs/edgemind.md",
    "docs/habit-tracker.md",
    "docs/operations.md",
    "docs/releases.md",
    "README.md",
]
TEXT = {name: (ROOT / name).read_text() for name in NAMES}

QUOTED = {
    name: re.findall(r"`([^`]+)`", re.sub(r"^\s*```.*?^\s*```", "", text, flags=re.M | re.S))
    for name, text in TEXT.items()
}
"""What stands in backticks, without the blocks of code."""

BLOCKS = {name: re.findall(r"^\s*```\w*\n(.*?)^\s*```", text, re.M | re.S) for name, text in TEXT.items()}

SETTINGS = (AldeiaSettings, EdgeMindSettings, HabitTrackerSettings, IsmsSettings, NoComelonSettings)

OTHERS = {
    # of GitHub's
    "image_tag",
    "skip_staging",
    "timeout-minutes",
    "role-duration-seconds",
    # of the application's, and a folder
    "user_id",
    "lazy_bindings",
    # of AWS's packages for Python
    "generate_iam_auth_token",
    "region_name",
    "replication_group_id",
    "signature_version",
}
"""Names in the documents that are neither settings, nor outputs, nor in a manifest."""


def commands(name: str) -> set[str]:
    """The calls of `infra` in a document, on one line each."""
    lines = [line.strip() for block in BLOCKS[name] for line in block.splitlines()]
    found = [" ".join(text.split()) for text in [*QUOTED[name], *(line.removeprefix("$ ") for line in lines)]]
    calls = [re.sub(r"\s+#.*", "", text) for text in found if re.match(r"infra [a-z]", text)]
    return {alternative for call in calls for alternative in _alternatives(call)}


def _alternatives(call: str) -> Iterator[str]:
    """`infra local up|down` is two calls."""
    words = call.split()
    split = next((index for index, word in enumerate(words) if re.fullmatch(r"[a-z]+(\|[a-z]+)+", word)), None)
    if split is None:
        yield call
    else:
        for one in words[split].split("|"):
            yield " ".join([*words[:split], one, *words[split + 1 :]])


Command = Any
"""One of click's, which typer brings in a copy of its own."""

ALL_COMMANDS = [(name, call) for name in NAMES for call in sorted(commands(name))]


@cache
def cli() -> Command:
    """`infra`, as click knows it."""
    return typer.main.get_command(app)


def below(command: Command) -> dict[str, Command]:
    """The commands of a group; none of a command."""
    found: dict[str, Command] = getattr(command, "commands", {})
    return found


def find(call: str) -> tuple[Command, list[str]]:
    """The command that is called, and the words after it."""
    command, words = cli(), shlex.split(call)[1:]
    while words and words[0] in below(command):
        command = below(command)[words.pop(0)]
    return command, words


def options(command: Command) -> set[str]:
    """The options of a command."""
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def every_option(command: Command) -> set[str]:
    """The options of a command and all below it."""
    return options(command).union(*(every_option(one) for one in below(command).values()))


def fields(model: type[BaseModel]) -> Iterator[str]:
    """The names of a model's fields, and of all models in it."""
    for name, field in model.model_fields.items():
        yield name
        for part in _models(field.annotation):
            yield from fields(part)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and all models in it."""
    yield model
    for field in model.model_fields.values():
        for part in _models(field.annotation):
            yield from models(part)


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Names of settings, of outputs, and of what a manifest has."""
    stack = build(github=GITHUB.model_copy(update={"apply_environment": "staging-apply"}))
    names = {name for model in (*SETTINGS, Manifest) for name in fields(model)}
    stacks = [sample_edgemind.build(), sample_habit_tracker.build(), *map(sample_aldeia.build, sample_aldeia.FILES)]
    others = [one.document["output"] for one in stacks]
    return {*names, *stack.document["output"], *(name for outputs in others for name in outputs), *OTHERS}


@pytest.mark.parametrize(("name", "call"), ALL_COMMANDS)
def test_command(name: str, call: str) -> None:
    """Every call of `infra` is one that there is, with options that it takes."""
    command, words = find(call)

    if words and below(command) and words[0] != "…":
        pytest.fail(f"{name}: {call}: no command {words[0]}")
    assert set() == {word.partition("=")[0] for word in words if word.startswith("--")} - options(command), name


@pytest.mark.parametrize("name", NAMES)
def test_commands_are_found(name: str) -> None:
    """The search finds some: a document without one would show nothing."""
    assert len(commands(name)) > 3


@pytest.mark.parametrize("name", NAMES)
def test_options(name: str) -> None:
    """An option that stands alone is one of `infra`."""
    alone = {word for text in QUOTED[name] for word in [text.strip()] if re.fullmatch(r"--[a-z-]+", word)}

    assert set() == alone - every_option(cli()) - {"--help"}


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str, known: set[str]) -> None:
    """Names with an underscore are settings, outputs or fields of a manifest; so are the keywords of settings."""
    alone = {text for text in QUOTED[name] if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", text)}
    code = [*QUOTED[name], *BLOCKS[name]]
    keywords = {word for text in code for word in re.findall(r"(?<![\w-])([a-z]+(?:_[a-z0-9]+)+)=", text)}

    assert set() == (alone | keywords) - known


@pytest.mark.parametrize("name", NAMES)
def test_classes(name: str) -> None:
    """The classes of settings have these names."""
    classes = {one.__name__ for model in SETTINGS for one in models(model)}

    assert set() == set(re.findall(r"\b([A-Z]\w+Settings)\b", TEXT[name])) - classes


@pytest.mark.parametrize("name", NAMES)
def test_make_targets(name: str) -> None:
    """`make …` is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))

    assert set() == set(re.findall(r"`make ([a-z]+)`", TEXT[name])) - targets


@pytest.mark.parametrize("name", NAMES)
def test_files(name: str) -> None:
    """Files and links lead somewhere."""
    folder = (ROOT / name).parent
    links = [folder / path for path in re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT[name])]
    rooms = r"(?:envs|stacks|modules|tools|tests|docs|apps|\.github)/[\w./-]+"
    paths = [ROOT / text for text in QUOTED[name] if re.fullmatch(rooms, text)]

    assert [] == [str(path) for path in (*links, *paths) if not path.exists()]


def test_list_of_commands() -> None:
    """The README's table names commands of `infra` that there are."""
    (row,) = re.findall(r"^\| `infra …` \|(.*)\|$", TEXT["README.md"], re.M)
    names = [name for name in re.findall(r"`([^`]+)`", row) if not name.startswith("--")]

    assert [] == [name for name in names if find(f"infra {name}")[1] or name.split()[0] not in below(cli())]


def test_what_a_release_prints() -> None:
    """The line before the migration is what the command says."""
    line = "the migration of backend: until it is done, no traffic moves"

    assert f"first {line}\n" in TEXT["docs/releases.md"]
    assert line.replace("backend", "{', '.join(first)}") in (ROOT / "tools" / "release" / "command.py").read_text()

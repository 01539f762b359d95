"""The README's examples are the project's own files, and what it really says."""

import re

import pytest

from modules.mistakes import mistakes_in
from modules.settings import collecting_mistakes, validation_error
from stacks.nocomelon import AutoscalingSettings, HttpsSettings, NoComelonSettings
from tools.project import ROOT

README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_environment_file_is_the_real_one() -> None:
    """The first example stands in `envs/dev.py`."""
    example = EXAMPLES[0].removeprefix("# envs/dev.py\n")

    assert example in (ROOT / "envs" / "dev.py").read_text()


def test_map_is_the_real_one() -> None:
    """The second example stands in `main.py`."""
    assert EXAMPLES[1] in (ROOT / "main.py").read_text()


def test_switched_on_settings_are_valid() -> None:
    """The third example can be copied."""
    names = {"NoComelonSettings": NoComelonSettings, "HttpsSettings": HttpsSettings}
    exec(EXAMPLES[2], names | {"AutoscalingSettings": AutoscalingSettings})  # noqa: S102 our own README


def test_mistakes_are_said_so() -> None:
    """The message about mistakes is what the program says."""
    with collecting_mistakes():
        settings = NoComelonSettings(
            account_id="956880242582",
            region="us-east-1",
            aws_provider_version="6.33.0",
            memory_mib=512,
            autoscaling=AutoscalingSettings(max_capacity=0),
        )
    error = validation_error(settings)

    assert error is not None
    for mistake in mistakes_in(error, NoComelonSettings):
        assert mistake.text in README


@pytest.mark.parametrize("path", re.findall(r"\]\(((?!http)[^)]+)\)", README))
def test_links_lead_somewhere(path: str) -> None:
    """Every file that is linked exists."""
    assert (ROOT / path).exists()

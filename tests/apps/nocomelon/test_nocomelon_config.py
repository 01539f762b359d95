"""The settings: what the stack sets, and one line when it is missing."""

import pytest
from nocomelon.config import Settings, load_settings


def test_region_defaults_to_the_design(settings: Settings) -> None:
    """Without AWS_REGION the service looks in us-east-1."""
    expected = "us-east-1"

    assert expected == settings.aws_region


def test_bucket_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack names the bucket in S3_BUCKET_NAME."""
    monkeypatch.setenv("S3_BUCKET_NAME", "my-assets")
    expected = "my-assets"

    assert expected == load_settings().s3_bucket_name


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ELEVENLABS_API_KEY"])
def test_api_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The stack injects both API keys under these names."""
    monkeypatch.setenv("S3_BUCKET_NAME", "my-assets")
    monkeypatch.setenv(name, "hush")
    expected = "hush"

    assert expected == getattr(load_settings(), name.lower()).get_secret_value()


def test_api_keys_do_not_show() -> None:
    """Printing the settings does not print a key."""
    settings = Settings.model_validate({"s3_bucket_name": "my-assets", "openai_api_key": "hush"})

    assert "hush" not in repr(settings)


def test_missing_bucket_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing bucket ends the start with its variable's name, and with nothing of the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "hush")
    with pytest.raises(SystemExit) as stop:
        load_settings()
    expected = "error: environment: S3_BUCKET_NAME: Field required"

    assert expected == stop.value.code


def test_all_mistakes_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong variables are both named, in one line."""
    monkeypatch.setenv("S3_BUCKET_NAME", "No_Bucket")
    monkeypatch.setenv("MAX_UPLOAD_MIB", "0")
    with pytest.raises(SystemExit) as stop:
        load_settings()
    line = str(stop.value.code)

    assert (True, True, 1) == ("S3_BUCKET_NAME" in line, "MAX_UPLOAD_MIB" in line, len(line.splitlines()))

"""What the service reads from its environment: the variables and secrets that the stack sets on the task."""

import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One field a variable, named like it in upper case."""

    # A validation error would otherwise quote its input, and the input of a missing field is the whole environment.
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    aws_region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = "us-east-1"
    s3_bucket_name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    """Source of the pattern: S3's rules for general purpose buckets."""
    openai_api_key: SecretStr | None = None
    elevenlabs_api_key: SecretStr | None = None
    presigned_url_seconds: Annotated[int, Field(ge=1, le=604_800)] = 3600
    """At most 7 days (Signature Version 4). The URL ends with the task role's credentials if those end sooner."""
    max_upload_mib: Annotated[int, Field(ge=1, le=1024)] = 20
    """The limit of one request's whole body."""
    ffmpeg_path: Path = Path("/usr/bin/ffmpeg")
    render_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 50
    """Below the load balancer's idle timeout of 60 s, so that the caller hears why a video took too long."""


def load_settings() -> Settings:
    """
    Read the settings from the environment.

    :raises SystemExit: a variable is missing or wrong; one line says which ones, and the exit code is 1
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        mistakes = [f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
        sys.exit(f"error: environment: {'; '.join(mistakes)}")

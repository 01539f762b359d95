"""EdgeMind's settings with changes: what the tests of them have in common."""

from typing import Any

from pydantic import ValidationError

from envs import edgemind
from modules.mistakes import Mistake, mistakes_in
from stacks.edgemind_settings import EdgeMindBackendSettings, EdgeMindSettings

REQUIRED = ("account_id", "region", "aws_provider_version", "backend")

ARN = "arn:aws:acm:{}:{}:certificate/11111111-2222-3333-4444-555555555555"


def mistakes(settings_class: type[Any], changes: dict[str, object]) -> list[Mistake]:
    """The mistakes that these changes to the environment file, or to the backend of it, or to nothing, make."""
    before: dict[str, object] = {}
    if settings_class is EdgeMindSettings:
        before = dict(edgemind.SETTINGS)
    if settings_class is EdgeMindBackendSettings:
        before = {"image_tag": "edgemind"}
    try:
        settings_class(**(before | changes))
    except ValidationError as error:
        return mistakes_in(error, settings_class)
    return []


def said(settings_class: type[Any] = EdgeMindSettings, /, **changes: object) -> list[str]:
    """The same, as a person reads them."""
    return [f"{mistake.path} {mistake.text}" for mistake in mistakes(settings_class, changes)]


def site(**domain: object) -> dict[str, object]:
    """A site with a domain, as an environment file may write it."""
    return {"domain": {"domain_name": "trust.demo.paythru.com"} | domain}

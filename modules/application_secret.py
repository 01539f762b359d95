"""One secret that holds an application's values as a JSON object, none of which Terraform ever writes down."""

from typing import Annotated, TypedDict

from cdktf import TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct
from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from modules.settings import Settings, mistake

_RANDOM = "aws_secretsmanager_random_password"
_LENGTH = 64
_LABEL = "TERRAFORM"

VariableName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,254}$"),
    Field(description="the name of an environment variable: letters, digits and _, of which the first is no digit"),
]
"""IEEE Std 1003.1, "Environment Variables". It is also the key in the JSON, which in ECS must not hold a colon."""


class Entry(TypedDict, total=False):
    """What `infra secrets` needs to know of one value. Without a key, the secret holds the value alone."""

    secret: str
    key: str
    generated: bool


class ApplicationSecretSettings(Settings):
    """The values of an application, by the environment variables that its tasks get them in."""

    generated: list[VariableName] = Field(default_factory=list)
    """
    Those that get a random value of 64 letters and digits when the secret is made.

    A name that is added later gets one from `infra secrets set <stack> <name> --generate`.
    """

    provided: list[VariableName] = Field(default_factory=list)
    """Those that the operator sets: `infra secrets set <stack> <name>`. A task does not start before."""

    @field_validator("generated", "provided")
    @classmethod
    def _names_each_once(cls, names: list[str]) -> list[str]:
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise mistake(f"must name {', '.join(twice)} once")
        return names

    @field_validator("provided")
    @classmethod
    def _is_not_generated(cls, provided: list[str], info: ValidationInfo) -> list[str]:
        if both := sorted(set(provided) & set(info.data.get("generated", []))):
            raise mistake(f"must not name {', '.join(both)}, which generated does")
        return provided


class ApplicationSecret(Construct):
    """
    The secret and its first version (`docs/decisions/0009-application-secret.md`).

    The first values come from an ephemeral resource and go through a write-only argument, so they are in no plan and
    no state. Terraform's version has a staging label of its own, by which it stays when others have followed; its
    other labels are ignored. Only as the very first version of the secret it also becomes the current one
    (docs.aws.amazon.com/secretsmanager, PutSecretValue): made anew for whatever reason, it changes no value.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, recovery_window_days: int, settings: ApplicationSecretSettings
    ) -> None:
        """
        Make the secret.

        :param name: the secret's, a literal, such as `isms/staging/application`
        :param recovery_window_days: how long it can be restored once deleted; 0 for environments that are disposable
        """
        super().__init__(scope, id_)
        self._settings = settings
        secret = SecretsmanagerSecret(
            self,
            "secret",
            name=name,
            description=f"Values of the application, set by infra secrets set: {name}",
            recovery_window_in_days=recovery_window_days,
        )
        self.name = name
        self.arn: str = secret.arn
        SecretsmanagerSecretVersion(
            self,
            "first_version",
            secret_id=secret.id,
            secret_string_wo=self._first_values(secret.friendly_unique_id),
            secret_string_wo_version=1,
            version_stages=[_LABEL],
            lifecycle=TerraformResourceLifecycle(ignore_changes=["version_stages"]),
        )

    @property
    def references(self) -> dict[str, str]:
        """What a task definition says for each environment variable: its key of the secret's current version."""
        names = [*self._settings.generated, *self._settings.provided]
        return {name: f"{self.arn}:{name}::" for name in names}

    @property
    def outputs(self) -> dict[str, Entry]:
        """What the stack's output `secrets` says to `infra secrets`, all of it literal."""
        settings = self._settings
        return {
            name: Entry(secret=self.name, key=name, generated=name in settings.generated)
            for name in [*settings.generated, *settings.provided]
        }

    def _first_values(self, prefix: str) -> str:
        """Declare one random value for each generated name and give the JSON of all of them, as an expression."""
        stack = TerraformStack.of(self)
        pairs: list[str] = []
        for name in self._settings.generated:
            id_ = f"{prefix}_{name}"
            # The bindings know no ephemeral resources.
            stack.add_override(f"ephemeral.{_RANDOM}.{id_}", {"password_length": _LENGTH, "exclude_punctuation": True})
            pairs.append(f'"{name}" = ephemeral.{_RANDOM}.{id_}.random_password')
        return f"${{jsonencode({{{', '.join(pairs)}}})}}"

"""`infra secrets`, on an account that is emulated in this process."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner

from tools.errors import InfraError
from tools.project import Stack
from tools.secrets import command
from tools.secrets.command import print_values, set_value
from tools.secrets.value import generate_value

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ACCOUNT = "956880242582"
SHARED = "isms/staging/application"
PLAIN = "isms/staging/plain"
ENTRIES = {
    "JWT_SECRET": {"secret": SHARED, "key": "JWT_SECRET", "generated": True},
    "API_KEY": {"secret": SHARED, "key": "API_KEY", "generated": False},
    "OPENAI_API_KEY": {"secret": PLAIN, "generated": False},
}
VALUE = "the-value-that-nobody-sees"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> "Iterator[SecretsManagerClient]":
    """Emulate an account in which the stack is deployed."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    with mock_aws():
        client = boto3.Session(region_name="eu-west-2").client("secretsmanager")
        client.create_secret(Name=SHARED)
        client.put_secret_value(SecretId=SHARED, SecretString='{"JWT_SECRET": "first"}', VersionStages=["TERRAFORM"])
        client.create_secret(Name=PLAIN)
        yield client


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """Give a synthesized stack with one shared and one plain secret."""
    document = {"output": {"secrets": {"value": ENTRIES}}}
    (tmp_path / "cdk.tf.json").write_text(json.dumps(document))
    return Stack(
        name="staging",
        directory=tmp_path,
        account_id=ACCOUNT,
        region="eu-west-2",
        state_bucket="state",
        state_key="staging/terraform.tfstate",
        provider_version="5.100.0",
    )


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Give something to standard input."""

    def write(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return write


Give = Callable[[bytes], None]


def text(secrets: "SecretsManagerClient", name: str) -> str:
    """Read the current version of a secret: by its id, because moved labels do not count in this emulator's answer."""
    labels = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    (version,) = (version for version, names in labels.items() if "AWSCURRENT" in names)
    return secrets.get_secret_value(SecretId=name, VersionId=version)["SecretString"]


def values(secrets: "SecretsManagerClient") -> Any:  # noqa: ANN401 whatever JSON says
    """Read the values of the shared secret."""
    return json.loads(text(secrets, SHARED))


def refusal(stack: Stack, name: str = "API_KEY", *, generate: bool = False) -> str:
    """Give the message with which setting a value is refused."""
    with pytest.raises(InfraError) as caught:
        set_value(stack, name, generate=generate)
    return str(caught.value)


def test_set_keeps_the_others(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """A value joins those that are there."""
    give(VALUE.encode())
    set_value(stack, "API_KEY", generate=False)

    assert {"JWT_SECRET": "first", "API_KEY": VALUE} == values(secrets)


def test_set_replaces(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """The last value counts."""
    for value in (b"one", b"two", b"three"):
        give(value)
        set_value(stack, "API_KEY", generate=False)

    assert "three" == values(secrets)["API_KEY"]


def test_set_leaves_no_label(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """Versions that are over have no label that would keep them, but for Terraform's."""
    for value in (b"one", b"two", b"three"):
        give(value)
        set_value(stack, "API_KEY", generate=False)
    labels = secrets.describe_secret(SecretId=SHARED)["VersionIdsToStages"].values()

    assert ["AWSCURRENT", "AWSPREVIOUS", "TERRAFORM"] == sorted(label for names in labels for label in names)


def test_set_plain(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """A secret without keys holds the value alone, from its first version on."""
    for value in (b"one", VALUE.encode()):
        give(value)
        set_value(stack, "OPENAI_API_KEY", generate=False)

    assert VALUE == text(secrets, PLAIN)


def test_set_generates(secrets: "SecretsManagerClient", stack: Stack) -> None:
    """A generated value can be made anew, like the first one."""
    set_value(stack, "JWT_SECRET", generate=True)
    made = values(secrets)["JWT_SECRET"]

    assert (64, True, False) == (len(made), made.isalnum(), made == "first")


def test_generated_values_differ() -> None:
    """No two are the same."""
    assert generate_value() != generate_value()


def test_set_accepts_a_value_for_a_generated_name(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """A value that exists elsewhere can be taken over."""
    give(VALUE.encode())
    set_value(stack, "JWT_SECRET", generate=False)

    assert VALUE == values(secrets)["JWT_SECRET"]


@pytest.mark.usefixtures("secrets")
def test_generate_is_refused_for_what_comes_from_elsewhere(stack: Stack) -> None:
    """A random API key opens nothing."""
    assert "API_KEY comes from elsewhere: a random value would not work, give the real one" == refusal(
        stack, generate=True
    )


@pytest.mark.parametrize(
    ("given", "kept"), [(b"a\n", "a"), (b"a\r\n", "a"), (b"a\n\n", "a\n"), (b" a ", " a "), ("ü\n".encode(), "ü")]
)
def test_one_line_break_is_not_the_value(
    secrets: "SecretsManagerClient", stack: Stack, give: Give, given: bytes, kept: str
) -> None:
    """Exactly one, as `echo` and editors add it; everything else is the value."""
    give(given)
    set_value(stack, "API_KEY", generate=False)

    assert kept == values(secrets)["API_KEY"]


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "the value of API_KEY is empty: it is read from standard input"),
        (b"\n", "the value of API_KEY is empty: it is read from standard input"),
        (b"\xff", "the value of API_KEY must be UTF-8 text"),
        (b"a\0b", "the value of API_KEY must not hold a zero byte: no environment variable can"),
        (b"x" * 65_536, f"secret {SHARED!r} would be larger than 65536 bytes with this value"),
    ],
)
def test_unusable_values_are_refused(stack: Stack, give: Give, given: bytes, message: str) -> None:
    """Nothing, what is no text, and what Secrets Manager has no room for."""
    give(given)

    assert message == refusal(stack)


@pytest.mark.usefixtures("secrets")
def test_closed_standard_input_is_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """`<&-` gives nothing to read from."""
    monkeypatch.setattr(sys, "stdin", None)

    assert "the value of API_KEY is empty: it is read from standard input" == refusal(stack)


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            "y" * 4095,
            "the value of API_KEY is too long for a terminal, which cuts it: give it as < file",
        ),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), "the value of API_KEY must be UTF-8 text"),
    ],
)
def test_unusable_answers_are_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, answer: str | Exception, message: str
) -> None:
    """A terminal cuts a long line without a word, and what is typed need not be UTF-8."""

    def ask(_prompt: str) -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", ask)

    assert message == refusal(stack)


def test_terminal(secrets: "SecretsManagerClient", stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the value is asked for without being shown."""
    prompts = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return VALUE

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", ask)
    set_value(stack, "API_KEY", generate=False)

    assert (["API_KEY (one line, not shown): "], VALUE) == (prompts, values(secrets)["API_KEY"])


@pytest.mark.usefixtures("secrets")
def test_unknown_names_are_refused(stack: Stack) -> None:
    """The names that there are are listed."""
    assert "unknown secret 'APIKEY': must be one of JWT_SECRET, API_KEY, OPENAI_API_KEY" == refusal(stack, "APIKEY")


@pytest.mark.parametrize("document", [{}, {"output": {}}, {"output": {"secrets": {"value": {}}}}])
def test_stacks_without_secrets_are_refused(stack: Stack, document: dict[str, Any]) -> None:
    """A stack need not have any."""
    (stack.directory / "cdk.tf.json").write_text(json.dumps(document))

    assert "stack 'staging' has no secrets: it has no output 'secrets'" == refusal(stack)


def test_secrets_that_are_not_there_are_refused(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """Terraform makes the secret first."""
    secrets.delete_secret(SecretId=SHARED, ForceDeleteWithoutRecovery=True)
    give(VALUE.encode())

    assert f"there is no secret {SHARED!r} yet: run cdktf deploy staging first" == refusal(stack)


def test_secrets_that_go_are_refused(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """What to do is said."""
    secrets.delete_secret(SecretId=SHARED, RecoveryWindowInDays=7)
    give(VALUE.encode())

    assert (
        f"secret {SHARED!r} is scheduled for deletion: restore it (aws secretsmanager restore-secret --secret-id "
        f"{SHARED}), or wait until its recovery window ends and deploy"
    ) == refusal(stack)


@pytest.mark.parametrize("broken", ["top-secret {", '"top-secret"', '["top-secret"]'])
def test_broken_secrets_are_refused(secrets: "SecretsManagerClient", stack: Stack, give: Give, broken: str) -> None:
    """What is in there is not repeated, and stays."""
    secrets.put_secret_value(SecretId=SHARED, SecretString=broken)
    give(VALUE.encode())
    message = refusal(stack)

    assert message.startswith(f"secret {SHARED!r} does not hold a JSON object, so no value in it can be changed: ")
    assert ("top-secret" in message, broken) == (False, text(secrets, SHARED))


def test_a_wrong_account_is_refused(secrets: "SecretsManagerClient", stack: Stack, give: Give) -> None:
    """Both accounts are named, and nothing is written."""
    give(VALUE.encode())

    assert refusal(replace(stack, account_id="641918319442")).startswith(
        "stack 'staging' belongs to account 641918319442 (its account_id), but these are the credentials of account "
        "956880242582 "
    )
    assert {"JWT_SECRET": "first"} == values(secrets)


def test_no_credentials_are_refused(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The operator is told to log in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert refusal(stack).startswith("no usable AWS credentials (Unable to locate credentials")


def somebody_else(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """Let somebody else set another value each time between our reading and our writing."""
    original = BaseClient._make_api_call  # type: ignore[attr-defined]
    seen: list[str] = []

    def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401
        if operation == "PutSecretValue" and len(seen) < times:
            seen.append(operation)
            document = json.dumps({"JWT_SECRET": "first", "OTHER": f"set {len(seen)}"})
            original(client, operation, {"SecretId": SHARED, "SecretString": document})
        return original(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return seen


def test_two_people_at_once(
    secrets: "SecretsManagerClient", stack: Stack, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second begins again with what the first one wrote, and nothing is lost."""
    somebody_else(monkeypatch, 2)
    give(VALUE.encode())
    set_value(stack, "API_KEY", generate=False)

    assert {"JWT_SECRET": "first", "OTHER": "set 2", "API_KEY": VALUE} == values(secrets)


def test_two_people_all_the_time(
    secrets: "SecretsManagerClient", stack: Stack, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five tries it gives up, and what the other one wrote stays."""
    seen = somebody_else(monkeypatch, 100)
    give(VALUE.encode())

    assert f"secret {SHARED!r} is being changed by somebody else: nothing was set, try again" == refusal(stack)
    assert (5, {"JWT_SECRET": "first", "OTHER": "set 5"}) == (len(seen), values(secrets))


@pytest.mark.usefixtures("secrets")
def test_other_refusals_are_passed_on(stack: Stack, give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    """What AWS says is one line, and not taken for somebody else's change."""
    original = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401
        if parameters.get("VersionStage") == "AWSCURRENT":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no\nentry"}}, operation)
        return original(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    give(VALUE.encode())

    assert (
        "An error occurred (AccessDeniedException) when calling the UpdateSecretVersionStage operation: no entry"
    ) == refusal(stack)


def rows(stack: Stack, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, bool]]:
    """Give what is printed of each value: its state, and whether there is a date."""
    capsys.readouterr()
    print_values(stack)
    lines = [line.strip("│").split("│") for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    return {line[0].strip(): (line[1].strip(), bool(line[2].strip())) for line in lines if line[0].strip()}


@pytest.mark.usefixtures("secrets")
def test_list(stack: Stack, give: Give, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which have a value."""
    monkeypatch.setenv("COLUMNS", "200")

    assert {"JWT_SECRET": ("set", True), "API_KEY": ("no value", False), "OPENAI_API_KEY": ("no value", False)} == rows(
        stack, capsys
    )
    for name in ("API_KEY", "OPENAI_API_KEY"):
        give(VALUE.encode())
        set_value(stack, name, generate=False)
    assert {("set", True)} == set(rows(stack, capsys).values())


def test_list_says_what_is_not_there(
    secrets: "SecretsManagerClient", stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is not there, or goes, does not hide the others."""
    monkeypatch.setenv("COLUMNS", "200")
    secrets.delete_secret(SecretId=SHARED, RecoveryWindowInDays=7)
    secrets.delete_secret(SecretId=PLAIN, ForceDeleteWithoutRecovery=True)

    assert {
        "JWT_SECRET": ("scheduled for deletion", False),
        "API_KEY": ("scheduled for deletion", False),
        "OPENAI_API_KEY": ("not deployed", False),
    } == rows(stack, capsys)


@pytest.mark.usefixtures("secrets")
def test_list_cuts_no_name(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In a narrow terminal and in a pipe names are broken, not cut: somebody copies them."""
    monkeypatch.setenv("COLUMNS", "60")
    print_values(stack)

    assert "…" not in capsys.readouterr().out


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("arguments", [["set", "staging", "API_KEY"], ["list", "staging"]])
def test_no_value_is_shown(stack: Stack, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """Neither the commands' output nor their errors say a value."""
    monkeypatch.setattr(command, "synthesize", lambda: None)
    monkeypatch.setattr(command, "load_stack", lambda _name: stack)
    result = CliRunner().invoke(command.app, arguments, input=VALUE)

    assert 0 == result.exit_code
    assert [False, False] == [hidden in result.output + result.stderr for hidden in (VALUE, "first")]


@pytest.mark.parametrize("arguments", [[VALUE], [f"--value={VALUE}"], [f"-{VALUE}"]])
def test_no_value_is_an_argument(arguments: list[str]) -> None:
    """Every process can read the arguments of every other, so no value is taken there, nor repeated into a log."""
    result = CliRunner().invoke(command.app, ["set", "staging", "API_KEY", *arguments])

    assert (2, False, False) == (result.exit_code, "is set" in result.output, VALUE in result.output + result.stderr)


@pytest.mark.usefixtures("secrets")
def test_the_commands_synthesize_first(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names are those of the environment file as it is now."""
    steps: list[str] = []

    def load(name: str) -> Stack:
        steps.append(name)
        return stack

    monkeypatch.setattr(command, "synthesize", lambda: steps.append("synthesize"))
    monkeypatch.setattr(command, "load_stack", load)
    CliRunner().invoke(command.app, ["list", "staging"])

    assert ["synthesize", "staging"] == steps

"""A host on which `compose-host` is installed, and AWS and Docker answer."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from modules.compose_host import user_data
from modules.compose_host.compose_file import compose_file
from modules.compose_host.host_network import METADATA_CIDR
from modules.compose_host.service import ComposeService
from modules.container.application import Application, Folder
from tests.modules.compose_host.sample_services import REGISTRY, SECRET, fixed, plain, released
from tests.modules.compose_host.sandbox import Sandbox

SCRIPT = Path(user_data.__file__).with_name("compose-host.sh")
STACK = "aldeia-staging"
DIGEST = "sha256:" + "a" * 64
PASSWORD = "ecr-password-of-twelve-hours"
JWT = """s3cr€t $HOME ${x} `ls` "quoted" \\n # = end"""
LICENSE = "licen§e-text"
VALUES = {"JWT_SECRET": JWT, "NUMBER": 42, "FLAG": True, "EMPTY": "", "LIST": ["hidden"], "NOTHING": None}


def image(service: str) -> str:
    """What the image parameter says after a release."""
    return f"{REGISTRY}/aldeia/{service}@{DIGEST}"


def services() -> list[ComposeService]:
    """The three samples, with a folder that whoever runs the tests may own."""
    folder = Folder(name="chromadb-data", path="/chroma", user_id=os.getuid(), group_id=os.getgid())
    return [released(), plain(), fixed(application=Application(container_name="chromadb", folders=[folder]))]


class Host:
    """A sandbox with `compose-host` in it."""

    def __init__(self, folder: Path, *, several: bool = False) -> None:
        self.sandbox = Sandbox(folder)
        self._several = several
        self._script = self.sandbox.file("/usr/local/sbin/compose-host")
        self._script.parent.mkdir(parents=True)
        self._script.write_text(self.sandbox.place(SCRIPT.read_text()))
        settings = f"STACK='{STACK}' REGION='us-east-1' METADATA_CIDR='{METADATA_CIDR}'\n"
        self.sandbox.file("/etc").mkdir()
        self.sandbox.file("/etc/compose-host.conf").write_text(settings)
        self.sandbox.file("/data").mkdir()
        self.file(*services())
        self.image("backend", image("backend"))
        self.image("frontend", "none")
        self.secret(json.dumps(VALUES))
        self.sandbox.answer("aws ecr get-login-password*", output=PASSWORD)
        self.sandbox.answer("docker image inspect *", code=1)
        self.sandbox.answer("docker login *", effect='cat >"$SANDBOX/login"')
        self.sandbox.answer(
            "docker compose *",
            effect='printf "%s\\n" "${BACKEND_IMAGE:-}" >"$SANDBOX/images"; env >"$SANDBOX/environment"',
        )
        self.sandbox.answer("iptables *--check*", code=1)

    def file(self, *services: ComposeService) -> None:
        """Let the parameter have the Compose file of these."""
        text = compose_file(
            services, stack=STACK, region="us-east-1", log_group_name="/group", several_hosts=self._several
        )
        self.sandbox.answer(f"aws ssm get-parameter --name /{STACK}/compose/file *", output=text + "\n")

    def image(self, service: str, value: str) -> None:
        """Let the image parameter of a service say this."""
        self.sandbox.answer(f"aws ssm get-parameter --name /{STACK}/compose/image/{service} *", output=value + "\n")

    def secret(self, value: str) -> None:
        """Let Secrets Manager have this text."""
        answer = json.dumps({"ARN": SECRET, "SecretString": value})
        self.sandbox.answer(f"aws secretsmanager get-secret-value --secret-id {SECRET} *", output=answer)

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `compose-host` with these words."""
        return self.sandbox.run(self._script, *words)

    def patient(self, old: str, new: str) -> None:
        """Let it wait for less."""
        text = self._script.read_text()
        assert old in text
        self._script.write_text(text.replace(old, new))

    def run_file(self, name: str) -> Path:
        """A file in the folder that does not outlive the machine."""
        return self.sandbox.file(f"/run/compose-host/{name}")

    def compose(self) -> dict[str, Any]:
        """The file that Compose got last."""
        parsed: dict[str, Any] = json.loads(self.run_file("compose.json").read_text())
        return parsed

    def compose_calls(self) -> list[str]:
        """The calls of Docker Compose for its services, without what they all begin with."""
        beginning = f"docker compose --ansi never --file {self.run_file('compose.json')} "
        return [call.removeprefix(beginning) for call in self.sandbox.called("docker compose")]

    def keep(self) -> None:
        """Let Docker Compose leave copies of the files that it gets, which are gone when it has ended."""
        self.sandbox.answer(
            "docker compose *",
            effect='printf "%s\\n" "${BACKEND_IMAGE:-}" >"$SANDBOX/images"; env >"$SANDBOX/environment"; '
            'cp "${5%/*}"/* "$SANDBOX"; printf "%s\\n" "${5%/*}" >"$SANDBOX/folder"; '
            'printf "%s\\0" "${@:12}" >"$SANDBOX/words"',
        )

    def kept(self) -> dict[str, Any]:
        """The file that Compose got, as `keep` left it."""
        parsed: dict[str, Any] = json.loads(self.sandbox.note("compose.json"))
        return parsed

"""The command on a host, run with stubs for AWS and Docker: what it starts, and what it keeps to itself."""

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from modules.compose_host.host_network import METADATA_CIDR
from modules.container.application import Application
from modules.deployment.release import NO_IMAGE
from tests.modules.compose_host.sample_host import DIGEST, JWT, LICENSE, PASSWORD, SCRIPT, STACK, VALUES, Host, image
from tests.modules.compose_host.sample_services import (
    CHROMADB_IMAGE,
    MIGRATION,
    REGISTRY,
    SECRET,
    application,
    fixed,
    plain,
    released,
    settings,
)

UP = "up --detach --wait --wait-timeout 900 --no-deps --quiet-pull --renew-anon-volumes --remove-orphans"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host before its first start: the backend was released, the frontend was not."""
    return Host(tmp_path)


def with_secrets(host: Host, **secrets: str) -> None:
    """Let the backend have these secrets: variable → key, or nothing for the whole text."""
    sources = {variable: f"{SECRET}:{key}::" if key else SECRET for variable, key in secrets.items()}
    host.file(released(application=application(secrets=sources)))


class TestUp:
    """What is started."""

    def test_all_with_an_image(self, host: Host) -> None:
        """At a boot all start that have an image, and what is no service any more goes."""
        result = host("up")

        assert 0 == result.returncode, result.stderr
        assert [f"{UP}=true backend chromadb"] == host.compose_calls()

    def test_without_an_image(self, host: Host) -> None:
        """The others are not in the file, which Compose would refuse for the empty variable."""
        result = host("up")

        assert ["backend", "chromadb"] == list(host.compose()["services"])
        assert "compose-host: frontend has no image yet\n" == result.stdout

    def test_nothing_to_start(self, host: Host) -> None:
        """Before the first release there may be nothing, which is no failure."""
        host.file(plain())

        assert 0 == host("up").returncode
        assert [] == host.compose_calls()

    def test_image(self, host: Host) -> None:
        """The variable in the file has the image that the parameter names."""
        host("up")

        assert f"{image('backend')}\n" == host.sandbox.note("images")

    def test_one(self, host: Host) -> None:
        """A release touches one service, and what no release touches: others that are released are not looked up."""
        result = host("up", "backend")

        assert 0 == result.returncode, result.stderr
        assert [f"{UP}=false backend chromadb"] == host.compose_calls()
        assert [] == host.sandbox.called(f"aws ssm get-parameter --name /{STACK}/compose/image/frontend")

    def test_fixed_one(self, host: Host) -> None:
        """What is asked for is started once."""
        host("up", "chromadb")

        assert [f"{UP}=false chromadb"] == host.compose_calls()

    @pytest.mark.parametrize(
        ("service", "message"),
        [("frontend", "frontend has no image yet"), ("nothing", "no such service: nothing")],
    )
    def test_one_that_cannot_start(self, host: Host, service: str, message: str) -> None:
        """It says why."""
        result = host("up", service)

        assert (1, f"compose-host: {message}\n") == (result.returncode, result.stdout + result.stderr)
        assert [] == host.compose_calls()

    @pytest.mark.parametrize("other", [f"evil/backend@{DIGEST}", f"{REGISTRY}/aldeia/backend:v1", f"{image('x')}"])
    def test_image_of_another(self, host: Host, other: str) -> None:
        """Only a digest in the service's own repository is taken, whoever wrote the parameter."""
        host.image("backend", other)
        result = host("up", "backend")

        assert 1 == result.returncode
        assert (
            f"the image of backend must be {REGISTRY}/aldeia/backend@sha256:<64 digits>, got {other}" in result.stderr
        )
        assert [] == host.compose_calls()

    def test_no_image_has_one_name(self) -> None:
        """The script knows the word that Terraform writes before the first release."""
        assert f"!= {NO_IMAGE} ]]" in SCRIPT.read_text()

    def test_failure(self, host: Host) -> None:
        """A container that does not get well is Compose's failure, and the command's; nothing is cleared away then."""
        host.sandbox.answer("docker compose *", code=17)

        assert 17 == host("up").returncode
        assert [] == host.sandbox.called("docker image prune")

    @pytest.mark.parametrize(("command", "expected"), [(("up",), False), (("up", "backend"), True)])
    def test_other_services(self, host: Host, command: tuple[str, ...], expected: bool) -> None:
        """Compose keeps quiet about them when one is asked for; it refuses to be told that and to remove them."""
        host(*command)

        assert expected is ("COMPOSE_IGNORE_ORPHANS=1" in host.sandbox.note("environment"))

    def test_cleared_away(self, host: Host) -> None:
        """Then what no container uses goes: images, and volumes without a name."""
        host("up")

        assert ["docker volume prune --force", "docker image prune --all --force"] == host.sandbox.calls[-2:]

    def test_folder(self, host: Host) -> None:
        """A folder on the data volume is made before the container that needs it."""
        host.sandbox.answer("docker compose *", effect="[[ -d $ROOT/data/chromadb-data ]] || exit 1")

        assert 0 == host("up").returncode

    def test_folder_without_the_volume(self, host: Host) -> None:
        """Without the volume the files would be on the root disk."""
        host.sandbox.answer("mountpoint *", code=32)
        result = host("up")

        assert "the data volume is not mounted, and chromadb needs its folder chromadb-data" in result.stderr
        assert [f"{UP}=false backend"] == host.compose_calls()
        assert [] == list(host.sandbox.file("/data").iterdir())

    def test_too_early(self, host: Host) -> None:
        """Before the host is set up, that is what it says."""
        host.sandbox.remove("aws")
        result = host("up")

        assert (1, "compose-host: this host is still being set up\n") == (result.returncode, result.stderr)

    def test_usage(self, host: Host) -> None:
        """What it does not know, it says."""
        result = host("down")

        assert (1, True) == (result.returncode, "one of: up [service]" in result.stderr)


class TestPartly:
    """One service that cannot be started, and the others."""

    BAD = json.dumps(VALUES | {"JWT_SECRET": "two\nlines"})

    def failing(self, host: Host, what: str) -> None:
        """Let something fail that the backend alone needs."""
        if what == "secret":
            host.secret(self.BAD)
        elif what == "parameter":
            host.sandbox.answer("aws ssm *image/backend*", code=255)
        elif what == "repository":
            host.image("backend", f"evil/backend@{DIGEST}")
        else:
            host.sandbox.answer("docker pull *aldeia/backend*", code=1)

    @pytest.mark.parametrize("what", ["secret", "parameter", "repository", "image"])
    def test_at_boot(self, host: Host, what: str) -> None:
        """The others start, the one is named, and systemd tries again."""
        host.image("frontend", image("frontend"))
        self.failing(host, what)
        result = host("up")

        assert [f"{UP}=false frontend chromadb"] == host.compose_calls()
        assert (1, True) == (result.returncode, result.stderr.endswith("compose-host: backend is left as it is\n"))

    def test_its_container_stays(self, host: Host) -> None:
        """Of those that did not come Compose knows nothing, so it may remove none."""
        self.failing(host, "secret")
        host("up")

        assert "COMPOSE_IGNORE_ORPHANS=1" in host.sandbox.note("environment")
        assert ["chromadb"] == list(host.compose()["services"])

    def test_its_secrets_stay(self, host: Host) -> None:
        """What is half-gathered is not taken for the whole."""
        host("up")
        before = host.run_file("backend.env").read_text()
        sources = {variable: f"{SECRET}:{variable}::" for variable in ("NUMBER", "JWT_SECRET")}
        host.file(released(application=application(secrets=sources)), plain())
        host.image("frontend", image("frontend"))
        self.failing(host, "secret")
        host("up")

        assert before == host.run_file("backend.env").read_text()

    def test_same_secret(self, host: Host) -> None:
        """An answer that one did not get is asked for again by the next, and not taken for the secret."""
        host.file(released(), released("frontend", settings=settings(port=3002)))
        host.image("frontend", image("frontend"))
        host.sandbox.answer(
            "aws secretsmanager *",
            output=json.dumps({"SecretString": json.dumps(VALUES)}),
            effect='[[ -e $SANDBOX/again ]] || { >"$SANDBOX/again"; echo half; exit 255; }',
        )
        host("up")

        assert [f"{UP}=false frontend"] == host.compose_calls()

    @pytest.mark.parametrize("what", ["secret", "parameter", "repository", "image"])
    def test_released(self, host: Host, what: str) -> None:
        """A release of it fails before anything is touched."""
        self.failing(host, what)

        assert 0 != host("up", "backend").returncode
        assert [] == host.compose_calls()

    @pytest.mark.parametrize(
        ("call", "code"), [("mountpoint *", 32), (f"docker pull --quiet {CHROMADB_IMAGE}", 1)], ids=["folder", "image"]
    )
    def test_fixed(self, host: Host, call: str, code: int) -> None:
        """A fixed service that cannot be started keeps no release from starting, but the release learns of it."""
        host.sandbox.answer(call, code=code)
        result = host("up", "backend")

        assert [f"{UP}=false backend"] == host.compose_calls()
        assert (1, True) == (result.returncode, result.stderr.endswith("compose-host: chromadb is left as it is\n"))


class TestReady:
    """When a release is done with a host that the load balancer reaches."""

    URL = "http://127.0.0.1:3001/api/health"
    ASK = f"curl --fail --silent --output /dev/null --max-time 5 {URL}"

    def test_asked(self, host: Host) -> None:
        """The service answers on the host's port before the host is done, after its containers were started."""
        host("up", "backend")
        calls = host.sandbox.calls

        assert [self.ASK] == host.sandbox.called("curl")
        assert calls.index(self.ASK) > max(number for number, call in enumerate(calls) if "docker compose" in call)

    def test_later(self, host: Host) -> None:
        """It has time for that."""
        asked = 'echo >>"$SANDBOX/asked"; mapfile -t asked <"$SANDBOX/asked"'
        host.sandbox.answer("curl *", effect=f"{asked}; ((${{#asked[@]}} > 2)) || exit 22")
        result = host("up", "backend")

        assert (0, 3) == (result.returncode, len(host.sandbox.called("curl")))

    def test_never(self, host: Host) -> None:
        """In the end it is a failure, which says what was asked."""
        host.patient("SECONDS + 300", "SECONDS + 0")
        host.sandbox.answer("curl *", code=22)
        result = host("up", "backend")

        assert f"compose-host: backend does not answer well at {self.URL} after 300 s\n" == result.stderr
        assert 1 == result.returncode

    @pytest.mark.parametrize(("several", "seconds"), [(False, 0), (True, 30)])
    def test_next_host(self, tmp_path: Path, several: bool, seconds: int) -> None:
        """Where there is a next one, the load balancer gets the time to see that this one is well."""
        host = Host(tmp_path, several=several)
        host("up", "backend")

        assert f"sleep {seconds}" == host.sandbox.calls[-1]

    @pytest.mark.parametrize("command", [("up",), ("up", "chromadb")])
    def test_not_asked(self, host: Host, command: tuple[str, ...]) -> None:
        """At a boot nobody waits, and whom only containers reach the load balancer does not ask."""
        host(*command)

        assert ([], []) == (host.sandbox.called("curl"), host.sandbox.called("sleep"))


class TestLogin:
    """How images are pulled."""

    def test_there_already(self, host: Host) -> None:
        """What is on the host is not pulled."""
        host.sandbox.answer("docker image inspect *")
        host("up")

        assert ([], []) == (host.sandbox.called("docker pull"), host.sandbox.called("docker login"))

    def test_before_compose(self, host: Host) -> None:
        """An image that is gone is found before anything is replaced."""
        host("up")
        calls = host.sandbox.calls

        assert [f"docker pull --quiet {image('backend')}", f"docker pull --quiet {CHROMADB_IMAGE}"] == [
            call for call in calls[: calls.index(host.sandbox.called("docker compose")[0])] if " pull " in call
        ]

    def test_password(self, host: Host) -> None:
        """Docker gets the password of ECR on its standard input, once."""
        host.image("frontend", image("frontend"))
        host("up")

        assert [f"docker login --username AWS --password-stdin {REGISTRY}"] == host.sandbox.called("docker login")
        assert PASSWORD == host.sandbox.note("login")

    def test_kept_off_the_disk(self, host: Host) -> None:
        """Docker keeps it where it does not outlive the host."""
        host.sandbox.answer("docker login *", effect='cat >/dev/null; printf %s "$DOCKER_CONFIG" >"$SANDBOX/config"')
        host("up")

        assert str(host.run_file("docker")) == host.sandbox.note("config")

    def test_public_image(self, host: Host) -> None:
        """An image that anybody may pull needs none."""
        host("up", "chromadb")

        assert [] == host.sandbox.called("docker login")
        assert CHROMADB_IMAGE == host.compose()["services"]["chromadb"]["image"]


class TestSecrets:
    """Where the values of secrets get, and where they do not."""

    def env(self, host: Host) -> list[str]:
        """The backend's lines for Compose."""
        return host.run_file("backend.env").read_text().splitlines()

    def test_values(self, host: Host) -> None:
        """One key of a secret, and the whole of it, are literal for Compose: it expands nothing in single quotes."""
        with_secrets(host, JWT_SECRET="JWT_SECRET", ALL="")
        host.secret(json.dumps(VALUES))
        host("up")

        assert [f"JWT_SECRET='{JWT}'", f"ALL='{json.dumps(VALUES)}'"] == self.env(host)

    def test_text(self, host: Host) -> None:
        """A secret need not be JSON."""
        with_secrets(host, LICENSE="")
        host.secret(LICENSE)
        host("up")

        assert [f"LICENSE='{LICENSE}'"] == self.env(host)

    @pytest.mark.parametrize(("key", "value"), [("NUMBER", "42"), ("FLAG", "true"), ("EMPTY", "")])
    def test_other_values(self, host: Host, key: str, value: str) -> None:
        """A number and a word of JSON are as they are written there; nothing is a value, too."""
        with_secrets(host, X=key)
        host("up")

        assert [f"X='{value}'"] == self.env(host)

    def test_asked_once(self, host: Host) -> None:
        """Several keys of one secret are one call."""
        with_secrets(host, JWT_SECRET="JWT_SECRET", NUMBER="NUMBER")
        host("up")

        assert 1 == len(host.sandbox.called("aws secretsmanager"))

    def test_only_on_the_tmpfs(self, host: Host) -> None:
        """They are in one file, which root alone reads, and nowhere else on the machine."""
        host("up")
        found = {path: mode for path, (mode, text) in host.sandbox.tree().items() if JWT in text}

        assert {"run/compose-host/backend.env": 0o600} == found
        assert 0o700 == host.run_file("").stat().st_mode & 0o777

    def test_in_no_argument_and_no_output(self, host: Host) -> None:
        """Other users see arguments, and the output is kept by Systems Manager."""
        result = host("up")
        seen = "\n".join([*host.sandbox.calls, *host.sandbox.tools, result.stdout, result.stderr])

        assert [] != [call for call in host.sandbox.tools if call.startswith("jq")]
        assert [] == [value for value in (JWT, "s3cr", "licen", PASSWORD) if value in seen]

    @pytest.mark.parametrize(
        "value",
        ["it's", "two\nlines", "carriage\rreturn", "backslash\\", "nul\0"],
        ids=["quote", "line break", "carriage return", "backslash", "nul"],
    )
    def test_refused(self, host: Host, value: str) -> None:
        """What Compose would read as something else stops the start; the line names the variable, and no value."""
        with_secrets(host, TOKEN="TOKEN")
        host.secret(json.dumps({"TOKEN": value}))
        result = host("up", "backend")
        expected = "TOKEN must have a value without single quotes, line breaks and a backslash at its end: see TOKEN"

        assert (1, f"compose-host: {expected}\n") == (result.returncode, result.stderr)
        assert [] == host.compose_calls()

    @pytest.mark.parametrize("key", ["LIST", "NOTHING", "MISSING"])
    def test_no_value(self, host: Host, key: str) -> None:
        """A list or nothing is no value for a variable."""
        with_secrets(host, TOKEN=key)
        result = host("up", "backend")

        assert (1, True, False) == (result.returncode, f"see {key}" in result.stderr, "hidden" in result.stderr)

    def test_no_json(self, host: Host) -> None:
        """A key of what is no JSON is refused, without a look at the text."""
        with_secrets(host, TOKEN="TOKEN")
        host.secret("plain-text-secret")
        result = host("up", "backend")

        assert (1, False) == (result.returncode, "plain-text" in result.stdout + result.stderr)


class TestFailingAws:
    """A host goes on with what it has when AWS does not answer."""

    @pytest.mark.parametrize("call", ["aws ssm *file *", "aws ssm *image*", "aws secretsmanager *", "aws ecr *"])
    @pytest.mark.parametrize("command", [("up",), ("up", "backend")])
    def test_nothing_changes(self, host: Host, command: tuple[str, ...], call: str) -> None:
        """The files of the last start stay, nothing half-written beside them, and no container is touched."""
        host.file(released())
        host("up")
        host.sandbox.forget()
        host.secret(json.dumps(VALUES | {"JWT_SECRET": "new"}))
        host.sandbox.answer(call, code=255, output="half of an ans")
        before = host.sandbox.tree()
        result = host(*command)

        assert 0 != result.returncode
        assert before == host.sandbox.tree()
        assert [] == host.compose_calls()

    def test_killed_before(self, host: Host) -> None:
        """What another one left half-done is not taken for anything."""
        left = host.run_file("next")
        left.mkdir(parents=True)
        (left / "backend.env").write_text("HALF='of it'\n")
        host("up")

        assert "HALF" not in host.run_file("backend.env").read_text()
        assert not left.exists()

    def test_new_values(self, host: Host) -> None:
        """When it answers, the new value is in the file, and Compose makes the container anew for it."""
        host("up")
        host.secret(json.dumps(VALUES | {"JWT_SECRET": "new"}))
        host("up")

        assert "JWT_SECRET='new'\n" in host.run_file("backend.env").read_text()


class TestMigrate:
    """The service's migration command in a container of its own."""

    OTHER = f"{REGISTRY}/aldeia/backend@sha256:{'b' * 64}"

    @pytest.fixture(autouse=True)
    def knows(self, host: Host) -> None:
        """The backend has a command, and Compose's files can be looked at."""
        host.file(released(migration_command=MIGRATION), plain(), fixed())
        host.keep()

    def test_command(self, host: Host) -> None:
        """It runs with the other image, beside the service, and goes when it has ended."""
        result = host("migrate", "backend", self.OTHER)
        (call,) = host.sandbox.called("docker compose")

        assert (0, "") == (result.returncode, result.stderr)
        assert " run --rm --no-deps --no-TTY --interactive=false --quiet-pull backend npm run migrate " in call
        assert f"{self.OTHER}\n" == host.sandbox.note("images")
        assert ["backend"] == list(host.kept()["services"])

    def test_words(self, host: Host) -> None:
        """Each word stays one, whatever is in it."""
        host("migrate", "backend", self.OTHER)

        assert ["backend", *MIGRATION, ""] == host.sandbox.note("words").split("\0")

    def test_secrets(self, host: Host) -> None:
        """It has the service's secrets, from a file of its own."""
        host("migrate", "backend", self.OTHER)
        folder = host.sandbox.note("folder").strip()

        assert f"{folder}/backend.env" == host.kept()["services"]["backend"]["env_file"]
        assert f"JWT_SECRET='{JWT}'" in host.sandbox.note("backend.env")

    def test_without_secrets(self, host: Host) -> None:
        """Without any there is no such file."""
        host.file(plain("true"))
        host.image("frontend", image("frontend"))
        host("migrate", "frontend", image("frontend"))

        assert "env_file" not in host.kept()["services"]["frontend"]

    def test_others_keep_theirs(self, host: Host) -> None:
        """What the services were started with is not touched."""
        host("up")
        before = host.run_file("compose.json").read_text(), host.run_file("backend.env").read_text()
        host.secret(json.dumps(VALUES | {"JWT_SECRET": "new"}))
        host("migrate", "backend", self.OTHER)

        assert before == (host.run_file("compose.json").read_text(), host.run_file("backend.env").read_text())
        assert "JWT_SECRET='new'\n" in host.sandbox.note("backend.env")

    @pytest.mark.parametrize("code", [0, 3])
    def test_leaves_nothing(self, host: Host, code: int) -> None:
        """Its files go with it, however it ends."""
        host.sandbox.answer("docker compose *", code=code)
        host("migrate", "backend", self.OTHER)

        assert ["lock", "migrating"] == sorted({one.name for one in host.run_file("").iterdir()} - {"docker"})

    def test_leaves_nothing_before(self, host: Host) -> None:
        """Nor does anything stay when the command was never run."""
        host.sandbox.answer("iptables *", code=4)
        host("migrate", "backend", self.OTHER)

        assert ["lock", "migrating"] == sorted({one.name for one in host.run_file("").iterdir()} - {"docker"})

    def test_killed_before(self, host: Host) -> None:
        """What one left that was killed goes with the next start."""
        left = host.run_file("migrate-backend.aBcDeF")
        left.mkdir(parents=True)
        host("up")

        assert not left.exists()

    def test_others_work_meanwhile(self, host: Host) -> None:
        """It may take hours: the lock is free by then."""
        lock = host.run_file("lock")
        host.sandbox.answer("docker compose *run *", effect=f"exec 7>{lock}; flock --nonblock 7 || exit 9")

        assert 0 == host("migrate", "backend", self.OTHER).returncode

    def test_its_files_outlive_another_start(self, host: Host) -> None:
        """Whoever works here meanwhile leaves them, and finds what it gathers itself."""
        again = f"{host.sandbox.file('/usr/local/sbin/compose-host')} up chromadb"
        host.sandbox.answer(
            "docker compose *run *",
            effect=f'"$BASH" {again} || exit 8; [[ -e $5 ]] || exit 9',
        )

        assert 0 == host("migrate", "backend", self.OTHER).returncode

    def test_image_is_kept_meanwhile(self, host: Host) -> None:
        """Nobody clears away the image between pulling and running it."""
        again = f"{host.sandbox.file('/usr/local/sbin/compose-host')} up chromadb"
        host.sandbox.answer("docker compose *run *", effect=f'"$BASH" {again} || exit 8')
        host("migrate", "backend", self.OTHER)

        assert [] == host.sandbox.called("docker image prune")

    def test_next_is_kept(self, host: Host) -> None:
        """What another one is gathering when it ends is not its own."""
        left = host.run_file("next")
        host.sandbox.answer("docker compose *", effect=f"mkdir {left}")
        host("migrate", "backend", self.OTHER)

        assert left.exists()

    def test_exit_code(self, host: Host) -> None:
        """The command's own exit code is what the release gets."""
        host.sandbox.answer("docker compose *", code=3, output="migrated half\n")
        result = host("migrate", "backend", self.OTHER)

        assert (3, "migrated half\n") == (result.returncode, result.stdout)

    def test_address(self, host: Host) -> None:
        """The service's own container has its address, so this one has another from which it may work with AWS."""
        host("migrate", "backend", self.OTHER)
        mine = host.kept()["services"]["backend"]["networks"]["default"]["ipv4_address"]
        host("up", "backend")
        own = host.compose()["services"]["backend"]["networks"]["default"]["ipv4_address"]

        assert mine != own

    @pytest.mark.parametrize("service", ["frontend", "nothing"])
    def test_no_command(self, host: Host, service: str) -> None:
        """A service without one has nothing to migrate."""
        result = host("migrate", service, image(service))

        assert (1, f"compose-host: {service} has no migration command\n") == (result.returncode, result.stderr)
        assert [] == host.compose_calls()

    @pytest.mark.parametrize("other", [f"evil/backend@{DIGEST}", f"{REGISTRY}/aldeia/frontend@{DIGEST}"])
    def test_image_of_another(self, host: Host, other: str) -> None:
        """The release's operator cannot run just any image."""
        result = host("migrate", "backend", other)

        assert (1, True) == (result.returncode, "the image of backend must be" in result.stderr)

    def test_no_image(self, host: Host) -> None:
        """There must be one."""
        result = host("migrate", "backend", NO_IMAGE)

        assert (1, []) == (result.returncode, host.sandbox.called("docker compose"))

    def test_fixed_service_runs_no_other_image(self, host: Host) -> None:
        """What is not released has the image of the file, whatever is asked for."""
        host.file(fixed(migration_command=["true"], application=Application(container_name="chromadb")))
        host("migrate", "chromadb", image("backend"))

        assert CHROMADB_IMAGE == host.kept()["services"]["chromadb"]["image"]


INSPECTED: list[dict[str, Any]] = [
    {
        "Config": {"Image": image("backend")},
        "State": {
            "Status": "running",
            "Health": {"Status": "healthy"},
            "StartedAt": "2026-11-27T12:00:00.123456789Z",
        },
    }
]


class TestLook:
    """What a host says of a service."""

    def test_line(self, host: Host) -> None:
        """One line of JSON, from Docker alone."""
        host.sandbox.answer("docker ps *", output="abc\nolder\n")
        host.sandbox.answer("docker inspect abc", output=json.dumps(INSPECTED))
        result = host("look", "backend")

        assert {
            "image": image("backend"),
            "state": "running",
            "health": "healthy",
            "started": "2026-11-27T12:00:00Z",
        } == json.loads(result.stdout)
        assert (0, 1) == (result.returncode, result.stdout.count("\n"))
        assert [] == host.sandbox.called("aws")

    def test_whose(self, host: Host) -> None:
        """The container is found by Compose's labels, among those that have ended, too, but not the one-off ones."""
        host("look", "backend")
        project = f"--filter label=com.docker.compose.project={STACK} --filter label=com.docker.compose.oneoff=False"

        assert [
            f"docker ps --quiet --no-trunc {project} --all --filter label=com.docker.compose.service=backend"
        ] == host.sandbox.called("docker ps")

    def test_without_a_check(self, host: Host) -> None:
        """Health is none where nothing is checked."""
        state = {key: value for key, value in INSPECTED[0]["State"].items() if key != "Health"}
        host.sandbox.answer("docker ps *", output="abc\n")
        host.sandbox.answer("docker inspect abc", output=json.dumps([INSPECTED[0] | {"State": state}]))

        assert "none" == json.loads(host("look", "backend").stdout)["health"]

    @pytest.mark.parametrize("failing", ["docker inspect *", "docker *"])
    def test_absent(self, host: Host, failing: str) -> None:
        """Without a container, or without Docker, there is a line, too, and no failure."""
        host.sandbox.answer(failing, code=1, output="[]\n")
        result = host("look", "backend")

        assert {"image": "", "state": "absent", "health": "none", "started": ""} == json.loads(result.stdout)
        assert 0 == result.returncode


class TestHeal:
    """What ECS would replace is started anew."""

    def test_unhealthy(self, host: Host) -> None:
        """All of the stack's that Docker calls unhealthy, and no others."""
        host.sandbox.answer("docker ps *", output="abc\ndef\n")
        result = host("heal")

        assert ["docker restart abc def"] == host.sandbox.called("docker restart")
        assert "unhealthy, and so started anew: abc def" in result.stdout
        (asked,) = host.sandbox.called("docker ps")
        assert asked.endswith(
            f"project={STACK} --filter label=com.docker.compose.oneoff=False --filter health=unhealthy"
        )

    def test_all_well(self, host: Host) -> None:
        """Nothing is done, and nothing said each minute."""
        result = host("heal")

        assert (0, "", []) == (result.returncode, result.stdout, host.sandbox.called("docker restart"))

    def test_while_another_works(self, host: Host) -> None:
        """A container that is just being replaced is left alone."""
        host.sandbox.answer("docker ps *", output="abc\n")
        host.run_file("").mkdir(parents=True)
        with host.run_file("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = host("heal")

        assert (0, []) == (result.returncode, host.sandbox.calls)


class TestLock:
    """One at a time."""

    @pytest.mark.parametrize("command", [("up",), ("migrate", "backend", image("backend"))])
    def test_waits(self, host: Host, command: tuple[str, ...]) -> None:
        """A second one waits, and gives up in the end instead of starting anything."""
        host.patient("--wait 1800", "--wait 0.2")
        host.run_file("").mkdir(parents=True)
        with host.run_file("lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = host(*command)

        assert "compose-host: another compose-host has been at work for half an hour\n" == result.stderr
        assert (1, []) == (result.returncode, host.sandbox.calls)


class TestWall:
    """Containers and the host's credentials."""

    rule = f"DOCKER-USER ! --source {METADATA_CIDR} --destination 169.254.169.254 --jump DROP"

    def test_rule(self, host: Host) -> None:
        """Only those addresses get to the instance metadata that services with permissions have."""
        host("wall")

        assert f"iptables --wait --insert {self.rule}" == host.sandbox.calls[-1]

    def test_once(self, host: Host) -> None:
        """A rule that is there is not added again."""
        host.sandbox.answer("iptables *--check*")
        host("wall")

        assert [] == host.sandbox.called("iptables --wait --insert")

    def test_needs_nothing(self, host: Host) -> None:
        """It is there before Docker starts, when the chain is not, and without AWS."""
        host.sandbox.answer("aws *", code=255)

        assert 0 == host("wall").returncode
        assert "iptables --wait --new-chain DOCKER-USER" == host.sandbox.calls[0]

    @pytest.mark.parametrize("command", [("up",), ("migrate", "backend", image("backend"))])
    def test_before_any_container(self, host: Host, command: tuple[str, ...]) -> None:
        """Nothing is started without it."""
        host.file(released(migration_command=MIGRATION))
        host.sandbox.answer("iptables *", code=4)

        assert 4 == host(*command).returncode
        assert [] == host.compose_calls()

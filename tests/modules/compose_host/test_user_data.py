"""The first commands of a host, run with stubs for everything that would change a machine."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cdktf import Fn, TerraformLocal, TerraformOutput
from constructs import Construct

from modules.compose_host import user_data as module
from modules.compose_host.compose_file import DATA_FOLDER, RUN_FOLDER
from modules.compose_host.host_network import BRIDGE, METADATA_CIDR
from modules.compose_host.user_data import LONGEST, user_data
from tests.modules.compose_host.sandbox import Sandbox
from tests.support import synth_scope

VOLUME = "vol-0123456789abcdef0"
DEVICE = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0"
AGENT = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
PARAMETER = "/aldeia-staging/compose/agent"
KEY = "937616F3450B7D806CBD9725D58167303B789C72"
BUCKET = "https://amazoncloudwatch-agent-us-east-1.s3.us-east-1.amazonaws.com/ubuntu/amd64/latest"
_TRIES = "in 1 2 3 4 5 6 7 8 9 10;"
CHANGING = ("mkfs", "aws ec2 attach-volume", "dpkg --install", "snap install", "curl")
"""How calls begin that must happen once."""


def rendered(**changes: Any) -> str:  # noqa: ANN401 arguments of any type
    """The text that EC2 gets, after Terraform has read it."""
    arguments: dict[str, Any] = {
        "stack": "aldeia-staging",
        "region": "us-east-1",
        "data_volume_id": VOLUME,
        "agent_parameter": PARAMETER,
    }
    return user_data(**(arguments | changes)).replace("$${", "${").replace("%%{", "%{")


class Machine:
    """A fresh Ubuntu on EC2, with a data volume that belongs to nobody yet."""

    def __init__(self, folder: Path, **changes: Any) -> None:  # noqa: ANN401 arguments of any type
        self.sandbox = Sandbox(folder)
        self._script = self.sandbox.file("/user-data")
        script = self.sandbox.place(rendered(**changes))
        assert _TRIES in script
        self._script.write_text(script.replace(_TRIES, "in 1 2;"))
        self.sandbox.file("/etc").mkdir()
        self.sandbox.file("/etc/fstab").write_text("LABEL=cloudimg-rootfs / ext4 discard 0 1\n")
        answer = self.sandbox.answer
        answer("systemctl cat ssh.socket", code=1)
        answer("snap list *", code=1)
        answer("snap list amazon-ssm-agent")
        answer("snap install aws-cli *", effect='touch "$ROOT/aws-cli"')
        answer("snap list aws-cli", effect="[[ -e $ROOT/aws-cli ]] || exit 1")
        answer("dpkg --print-architecture", output="amd64\n")
        answer("cloud-init query instance_id", output="i-0abc\n")
        answer("aws ec2 attach-volume *", effect=f'mkdir -p "$ROOT{Path(DEVICE).parent}"; echo >"$ROOT{DEVICE}"')
        answer("blkid --probe /*", code=2)
        answer("blkid --probe --match-tag UUID *", output="0b1c\n")
        answer("curl *", effect='touch "${@: -2:1}"')
        answer("gpg *--verify *", output=self.signed_by(KEY))
        control = f'"$ROOT{AGENT}"'
        answer(
            "dpkg --install *",
            effect=f"mkdir -p $(dirname {control}); "
            f'printf \'#!%s\\nprintf "agent %%s\\\\n" "$*" >>%s/calls\\n\' "$BASH" "$SANDBOX" >{control}; '
            f"chmod +x {control}",
        )

    @staticmethod
    def signed_by(key: str) -> str:
        """What gpg says of a good signature of this key."""
        lines = ["NEWSIG", f"GOODSIG {key[-16:]} Somebody", f"VALIDSIG {key} 2026 1 0 4 0 1 8 00 {key}"]
        return "".join(f"[GNUPG:] {line}\n" for line in lines)

    def __call__(self) -> subprocess.CompletedProcess[str]:
        """Start it."""
        return self.sandbox.run(self._script)

    def changes(self) -> list[str]:
        """The calls that must happen once."""
        return [call for call in self.sandbox.calls if call.startswith(CHANGING)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A fresh one."""
    return Machine(tmp_path)


class TestText:
    """What EC2 and Terraform take."""

    def test_short_enough(self) -> None:
        """EC2 takes so many bytes, whatever the names are: the longest ids and paths that there may be."""
        text = rendered(stack="s" * 64, region="ap-southeast-2", agent_parameter="/" + "p" * 200)

        assert LONGEST >= len(text.encode())

    def test_through_terraform(self) -> None:
        """The shell's variables are no expressions, and a reference is one."""

        def declare(scope: Construct) -> None:
            volume = TerraformLocal(scope, "volume", VOLUME)
            text = user_data(
                stack="aldeia", region="us-east-1", data_volume_id=volume.as_string, agent_parameter=PARAMETER
            )
            local = TerraformLocal(scope, "user_data", text)
            TerraformOutput(scope, "text", value=Fn.base64encode(local.as_string))

        text = synth_scope(declare).document["locals"]["user_data"]
        assert ["${local.volume}"] == re.findall(r"(?<!\$)\$\{[^}]*\}", text)
        assert "readonly DATA_VOLUME='${local.volume}'\n" in text

    def test_comments_stay_at_home(self) -> None:
        """There is little room: of the comments only the first line and the linter's are sent."""
        comments = re.findall(r"^ *#(?!!| shellcheck ).*", rendered(), re.MULTILINE)

        assert [] == comments

    @pytest.mark.parametrize("name", ["host.sh", "compose-host.sh"])
    def test_same_folders(self, name: str) -> None:
        """The scripts and the Compose file agree on where things are."""
        text = Path(module.__file__).with_name(name).read_text()

        assert f"$ROOT{DATA_FOLDER}" in text
        assert name == "host.sh" or f'RUN="$ROOT{RUN_FOLDER}"' in text


class TestShellcheck:
    """What ShellCheck says, with all of its optional checks."""

    ALLOWED = (
        "SC2016",  # the $ in single quotes are jq's
        "SC2250",  # braces around every variable are not this house's style
        "SC2310",  # where a function stands before ||, it may fail
        "SC2312",  # what feeds a loop has been read once before, or an empty answer is dealt with
    )

    def check(self, text: str) -> str:
        """Ask ShellCheck."""
        checker = str(Path(sys.executable).with_name("shellcheck"))
        command = [checker, "--enable=all", f"--exclude={','.join(self.ALLOWED)}", "-"]
        return subprocess.run(command, input=text, capture_output=True, text=True).stdout  # noqa: S603

    def test_user_data(self) -> None:
        """Nothing, of what EC2 gets."""
        assert "" == self.check(rendered())

    def test_compose_host(self) -> None:
        """Nothing, of what is in it."""
        assert "" == self.check(Path(module.__file__).with_name("compose-host.sh").read_text())

    def test_looks(self) -> None:
        """It would find something."""
        assert "SC2086" in self.check(rendered().replace('rm -rf "$folder"', "rm -rf $folder"))


class TestFirstBoot:
    """From a fresh Ubuntu to a host."""

    def test_runs_through(self, machine: Machine) -> None:
        """Every step succeeds at the first try."""
        result = machine()

        assert (0, "") == (result.returncode, result.stderr)
        assert [] == machine.sandbox.called("sleep")

    def test_second_run(self, machine: Machine) -> None:
        """Another run changes no file and installs, attaches and formats nothing."""
        machine()
        before = machine.sandbox.tree()
        machine.sandbox.forget()
        machine.sandbox.answer("blkid --probe /*", output="/dev/x: UUID=0b1c TYPE=ext4\n")
        result = machine()

        assert (0, "") == (result.returncode, result.stderr)
        assert before == machine.sandbox.tree()
        assert [] == machine.changes()

    def test_packages(self, machine: Machine) -> None:
        """Docker and Compose are Ubuntu's, which keeps them up to date, as security updates stay on."""
        machine()
        (call,) = machine.sandbox.called("apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 install")

        assert {"docker.io", "docker-compose-v2", "jq", "unattended-upgrades"} < set(call.split())

    def test_no_upgrades(self, machine: Machine) -> None:
        """A boot leaves Docker as it is, because containers would stop for another one."""
        machine()
        (call,) = machine.sandbox.called("apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 install")

        assert "--no-upgrade" in call.split()

    def test_aws_cli(self, machine: Machine) -> None:
        """From AWS's own snap, before anything asks AWS."""
        machine()
        calls = machine.sandbox.calls
        (asked, *_) = [number for number, call in enumerate(calls) if call.startswith("aws ")]

        assert calls.index("snap install aws-cli --classic") < asked

    def test_systems_manager(self, machine: Machine) -> None:
        """Its agent is on the image, and runs."""
        machine()

        assert "snap start --enable amazon-ssm-agent" in machine.sandbox.calls
        assert "snap install amazon-ssm-agent --classic" not in machine.sandbox.calls

    def test_ssh(self, machine: Machine) -> None:
        """Nobody comes in over SSH; Ubuntu 22.04 has no socket for it."""
        machine()

        assert ["systemctl disable --now ssh.service"] == machine.sandbox.called("systemctl disable")

    def test_another_try(self, machine: Machine) -> None:
        """What fails is tried again from the start, because nobody replaces the host for it."""
        machine.sandbox.answer("snap wait *", effect='[[ -e $SANDBOX/again ]] || { touch "$SANDBOX/again"; exit 1; }')
        result = machine()

        assert (0, "host: try 1 failed\n") == (result.returncode, result.stderr)
        assert ["sleep 60"] == machine.sandbox.called("sleep")
        assert 1 == len(machine.sandbox.called("mkfs.ext4"))

    def test_gives_up(self, machine: Machine) -> None:
        """Some day it is enough, and cloud-init says so."""
        machine.sandbox.answer("apt-get *", code=100)
        result = machine()

        assert (1, True) == (result.returncode, result.stderr.endswith("host: gave up\n"))
        assert [] == machine.sandbox.called("systemctl start")


class TestInterrupted:
    """A host that was stopped while it set itself up, after which cloud-init does nothing more."""

    SETUP = "/usr/local/sbin/compose-host-setup"

    def test_copy(self, machine: Machine) -> None:
        """The first commands are kept, for root alone."""
        machine()
        copy = machine.sandbox.file(self.SETUP)

        assert (0o700, machine.sandbox.file("/user-data").read_text()) == (
            copy.stat().st_mode & 0o777,
            copy.read_text(),
        )

    def test_enabled_first(self, machine: Machine) -> None:
        """The next boot goes on, whatever this one came to."""
        machine()

        assert "systemctl enable compose-host-setup.service" == machine.sandbox.calls[0]

    def test_goes_on(self, machine: Machine) -> None:
        """What was not done the first time is done at the next boot."""
        machine.sandbox.answer("snap wait *", code=1)
        machine()
        before = machine.sandbox.called("systemctl start --no-block")
        machine.sandbox.answer("snap wait *")
        result = machine.sandbox.run(machine.sandbox.file(self.SETUP))

        assert (0, "") == (result.returncode, result.stderr)
        assert ([], ["systemctl start --no-block compose-host.service"]) == (
            before,
            machine.sandbox.called("systemctl start --no-block"),
        )

    def test_unit(self, machine: Machine) -> None:
        """It runs when there is a network, and with each start of the machine."""
        machine()
        unit = machine.sandbox.file("/etc/systemd/system/compose-host-setup.service").read_text()

        assert {"After=network-online.target", "Type=oneshot", "WantedBy=multi-user.target"} <= set(unit.splitlines())


class TestFiles:
    """What is written."""

    def test_compose_host(self, machine: Machine) -> None:
        """The command is there, with what it must know, and runs."""
        machine()
        script = machine.sandbox.file("/usr/local/sbin/compose-host")

        assert 0o755 == script.stat().st_mode & 0o777
        assert f"STACK='aldeia-staging' REGION='us-east-1' METADATA_CIDR='{METADATA_CIDR}'\n" == (
            machine.sandbox.file("/etc/compose-host.conf").read_text()
        )
        assert 0 == machine.sandbox.run(script, "wall").returncode

    def test_docker(self, machine: Machine) -> None:
        """Containers run on while Docker restarts, and its own bridge has no address of a VPC."""
        machine()
        settings = json.loads(machine.sandbox.file("/etc/docker/daemon.json").read_text())

        assert {"live-restore": True, "bip": str(BRIDGE)} == settings

    def test_units_call_it(self, machine: Machine) -> None:
        """Each unit runs an action that there is."""
        machine()
        units = machine.sandbox.tree()
        found = {
            Path(path).name: re.findall(r"^Exec\w+=(.*)", text, re.MULTILINE)
            for path, (_, text) in units.items()
            if path.startswith("etc/systemd")
        }

        assert {
            "compose-host-setup.service": ["/usr/local/sbin/compose-host-setup"],
            "compose-host.service": ["/usr/local/sbin/compose-host up"],
            "compose-host-heal.service": ["/usr/local/sbin/compose-host heal"],
            "compose-host-heal.timer": [],
            "compose-host.conf": ["/usr/local/sbin/compose-host wall"],
        } == found

    def test_at_each_boot(self, machine: Machine) -> None:
        """The containers start with the host, and the timer looks after them."""
        machine()

        assert "systemctl enable compose-host.service compose-host-heal.timer" in machine.sandbox.calls
        assert "systemctl start compose-host-heal.timer" in machine.sandbox.calls
        assert "systemctl start --no-block compose-host.service" in machine.sandbox.calls

    def test_tries_again(self, machine: Machine) -> None:
        """A boot without AWS is made up for."""
        machine()
        unit = machine.sandbox.file("/etc/systemd/system/compose-host.service").read_text()

        assert re.search(r"StartLimitIntervalSec=0\n(.*\n)*Restart=on-failure\nRestartSec=60\n", unit)

    def test_written_before_docker(self, machine: Machine) -> None:
        """Docker's first start already keeps containers from the metadata, and later ones keep containers running."""
        machine.sandbox.answer(
            "apt-get * install *",
            effect="[[ -e $ROOT/etc/systemd/system/docker.service.d/compose-host.conf && "
            "-x $ROOT/usr/local/sbin/compose-host && -e $ROOT/etc/docker/daemon.json ]] || exit 1",
        )

        assert "" == machine().stderr


class TestDataVolume:
    """The disk that outlives the host."""

    def mounted(self, machine: Machine) -> list[str]:
        """The lines for it in the table of file systems."""
        return [line for line in machine.sandbox.file("/etc/fstab").read_text().splitlines() if " /data " in line]

    def test_new(self, machine: Machine) -> None:
        """A disk on which nothing is gets a file system, and is mounted at this boot and each later one."""
        machine()
        device = machine.sandbox.file(DEVICE)

        assert [f"mkfs.ext4 -q -L data {device}"] == machine.sandbox.called("mkfs")
        assert ["UUID=0b1c /data ext4 nofail,x-systemd.growfs,x-systemd.before=docker.service 0 2"] == self.mounted(
            machine
        )
        assert "systemctl start data.mount" in machine.sandbox.calls

    @pytest.mark.parametrize("found", ["UUID=0b1c TYPE=ext4", "TYPE=xfs", "PTTYPE=gpt"])
    def test_with_something_on_it(self, machine: Machine, found: str) -> None:
        """A disk with anything on it is never formatted."""
        machine.sandbox.answer("blkid --probe /*", output=f"/dev/x: {found}\n")
        machine()

        assert [] == machine.sandbox.called("mkfs")

    @pytest.mark.parametrize(("code", "output"), [(8, ""), (4, ""), (0, ""), (2, "something")])
    def test_unclear(self, machine: Machine, code: int, output: str) -> None:
        """When blkid is not sure, nothing is formatted and nothing starts."""
        machine.sandbox.answer("blkid --probe /*", code=code, output=output)
        result = machine()

        assert f"host: blkid ends with {code} for {machine.sandbox.file(DEVICE)}\n" in result.stderr
        assert [] == machine.sandbox.called("mkfs")
        assert [] == machine.sandbox.called("systemctl start")

    def test_unreadable(self, machine: Machine) -> None:
        """Of a disk that cannot be read blkid says what it says of an empty one."""
        machine.sandbox.answer("aws ec2 attach-volume *", effect=f'mkdir -p "$ROOT{DEVICE}"')
        machine()

        assert [] == machine.sandbox.called("mkfs")

    def test_attached(self, machine: Machine) -> None:
        """The volume is attached to this instance."""
        machine()

        assert [
            f"aws ec2 attach-volume --volume-id {VOLUME} --instance-id i-0abc --device /dev/sdf"
        ] == machine.sandbox.called("aws ec2")

    def test_still_with_another(self, machine: Machine) -> None:
        """While the host before this one has it, it waits."""
        machine.sandbox.answer(
            "aws ec2 attach-volume *",
            effect='echo >>"$SANDBOX/tries"; mapfile -t tries <"$SANDBOX/tries"; ((${#tries[@]} > 2)) || exit 254; '
            f'mkdir -p "$ROOT{Path(DEVICE).parent}"; echo >"$ROOT{DEVICE}"',
        )
        result = machine()

        assert 0 == result.returncode
        assert ["sleep 15", "sleep 15"] == machine.sandbox.called("sleep")

    def test_not_mounted(self, machine: Machine) -> None:
        """Without it nothing starts that would write to the root disk."""
        machine.sandbox.answer("mountpoint *", code=32)
        result = machine()

        assert f"host: volume {VOLUME} is not mounted\n" in result.stderr
        assert "systemctl start --no-block compose-host.service" not in machine.sandbox.calls

    def test_none(self, tmp_path: Path) -> None:
        """Hosts without folders have no such volume."""
        machine = Machine(tmp_path, data_volume_id=None)
        result = machine()

        assert (0, [], []) == (result.returncode, self.mounted(machine), machine.sandbox.called("aws ec2"))


class TestAgent:
    """The CloudWatch agent."""

    def test_configured(self, machine: Machine) -> None:
        """It starts with the configuration that is in Systems Manager."""
        machine()

        assert f"agent -a fetch-config -m ec2 -s -c ssm:{PARAMETER}" == machine.sandbox.calls[-1]

    def test_downloaded(self, machine: Machine) -> None:
        """From AWS's bucket in the region, with its signature."""
        machine()
        urls = [call.split()[-1] for call in machine.sandbox.called("curl")]

        assert [
            f"{BUCKET}/amazon-cloudwatch-agent.deb",
            f"{BUCKET}/amazon-cloudwatch-agent.deb.sig",
            "https://amazoncloudwatch-agent.s3.amazonaws.com/assets/amazon-cloudwatch-agent.gpg",
        ] == urls

    def test_signed_by_another(self, machine: Machine) -> None:
        """A good signature of another key is none."""
        machine.sandbox.answer("gpg *--verify *", output=machine.signed_by(KEY[::-1]))
        result = machine()

        assert "host: the CloudWatch agent is not signed by AWS\n" in result.stderr
        assert [] == machine.sandbox.called("dpkg --install")

    def test_not_signed(self, machine: Machine) -> None:
        """Nor is a bad signature, whatever is said of it."""
        machine.sandbox.answer("gpg *--verify *", output=machine.signed_by(KEY), code=1)
        machine()

        assert [] == machine.sandbox.called("dpkg --install")

    def test_containers_do_not_wait_for_it(self, machine: Machine) -> None:
        """They are started before it is downloaded."""
        machine()
        calls = machine.sandbox.calls
        (first, *_) = [number for number, call in enumerate(calls) if call.startswith("curl")]

        assert calls.index("systemctl start --no-block compose-host.service") < first

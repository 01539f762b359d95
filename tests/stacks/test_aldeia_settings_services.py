"""Aldeia's settings: the rules of one service, and of the machines that services run on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.compose_host.settings import ComposeHostSettings
from modules.network.network import NetworkSettings
from stacks.aldeia_service_settings import (
    AldeiaBackendSettings,
    AldeiaBackupSettings,
    AldeiaChromaDbSettings,
    AldeiaFrontendSettings,
)
from tests.stacks.aldeia.sample_aldeia import CANARY
from tests.stacks.aldeia.sample_aldeia_settings import (
    ARM,
    BY_LOAD,
    LARGE,
    SEVERAL,
    Changes,
    backend,
    frontend,
    said,
    said_of,
)

ONE_SERVER = "must be 1: two servers on one folder corrupt ChromaDB's SQLite files"


class TestHosts:
    """What machines must be for what runs on them."""

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"deploy_mode": "blue_green", "deployment": CANARY},
                "hosts must be None when deploy_mode is blue_green: CodeDeploy moves the traffic of Fargate's tasks, ",
            ),
            (
                {"backend": backend(scaling=BY_LOAD)},
                "hosts must be None, or backend and frontend must have no scaling: hosts have one of their own, ",
            ),
            (
                {"frontend": frontend(scaling=BY_LOAD)},
                "hosts must be None, or backend and frontend must have no scaling: hosts have one of their own, ",
            ),
            (
                {"cpu_architecture": "ARM64"},
                "hosts must have an instance_type of ARM64, for which the images are built: t3.medium is X86_64, ",
            ),
            (
                {"hosts": ARM},
                "hosts must have an instance_type of X86_64, for which the images are built: t4g.medium is ARM64, ",
            ),
            (
                {"frontend": frontend(memory_mib=1024)},
                "hosts must have an instance_type with at least 4608 MiB, 4096 for the services and 512 for the host: "
                "t3.medium has 4096, ",
            ),
            (
                {"frontend": frontend(port=3001)},
                "hosts must be None, or backend and frontend must have different ports: both have 3001, ",
            ),
            (
                {"network": NetworkSettings(cidr="172.30.0.0/16")},
                "hosts must be None, or network must have a cidr without 172.30.0.0/23, which a host's containers ",
            ),
        ],
    )
    def test_refused(self, changes: Changes, mistake: str) -> None:
        """One mistake is one line, which begins with `hosts`."""
        (found,) = said(changes)

        assert found.startswith(mistake)
        assert found.endswith(", got ComposeHostSettings(…)")

    @pytest.mark.parametrize(
        "changes",
        [
            {"hosts": ARM, "cpu_architecture": "ARM64"},
            {"hosts": LARGE, "frontend": frontend(memory_mib=1024)},
            {"frontend": frontend(port=8000)},
            {"network": NetworkSettings(cidr="172.31.0.0/16")},
            {"hosts": SEVERAL},
            {"hosts": SEVERAL, "backend": backend(cpu=1024, memory_mib=7168)},
        ],
        ids=lambda changes: "-".join(changes),
    )
    def test_allowed(self, changes: Changes) -> None:
        """What fits, to the last MiB."""
        assert [] == said(changes)

    def test_chromadb_counts_on_one(self) -> None:
        """On a single machine its memory is needed, too."""
        chromadb = AldeiaChromaDbSettings(cpu=1024, memory_mib=3072)
        (found,) = said({"chromadb": chromadb})

        assert "with at least 5120 MiB, 4608 for the services and 512 for the host" in found

    def test_chromadb_counts_on_none_of_several(self) -> None:
        """Beside several machines it has memory of its own."""
        chromadb = AldeiaChromaDbSettings(cpu=4096, memory_mib=30720)

        assert [] == said({"hosts": SEVERAL, "chromadb": chromadb})

    @given(
        st.sampled_from([("t3.small", 2048), ("t3.medium", 4096), ("t3.large", 8192), ("t3.xlarge", 16384)]),
        st.sampled_from([512, 1024, 2048]),
        st.integers(1, 4),
        st.integers(2, 8),
    )
    def test_room(self, machine: tuple[str, int], pages_mib: int, backend_gib: int, chromadb_gib: int) -> None:
        """A machine is refused exactly when it has less than its services may use, and 512 MiB for itself."""
        name, has = machine
        needed = pages_mib + (backend_gib + chromadb_gib) * 1024 + 512
        changes = {
            "hosts": ComposeHostSettings(instance_type=name),
            "backend": backend(cpu=512, memory_mib=backend_gib * 1024),
            "frontend": frontend(memory_mib=pages_mib),
            "chromadb": AldeiaChromaDbSettings(cpu=1024, memory_mib=chromadb_gib * 1024),
        }
        found = said(changes)

        assert (needed > has) == (found != [])


class TestServices:
    """What is refused of one service."""

    @pytest.mark.parametrize(
        ("settings_class", "changes", "mistake"),
        [
            (
                AldeiaFrontendSettings,
                {"memory_mib": 3072},
                "memory_mib must be one of 512, 1024, 2048 when cpu is 256, got 3072",
            ),
            (
                AldeiaBackendSettings,
                {"memory_mib": 512},
                "memory_mib must be one of 1024, 2048, 3072, 4096 when cpu is 512, got 512",
            ),
            (
                AldeiaBackendSettings,
                {"cpu": 1024},
                "memory_mib must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 when cpu is 1024, got 1024",
            ),
            (
                AldeiaBackendSettings,
                {"cpu": 700},
                "cpu must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 700",
            ),
            (AldeiaBackendSettings, {"port": 65536}, "port must be a whole number between 1 and 65535, got 65536"),
            (
                AldeiaBackendSettings,
                {"user": "root"},
                "user must be a user and a group id other than root's, such as 10001:10001, got 'root'",
            ),
            (
                AldeiaBackendSettings,
                {"image_tag": "latest"},
                "image_tag must name one image, such as a commit SHA: latest could be any, got 'latest'",
            ),
            (
                AldeiaBackendSettings,
                {"migration_command": []},
                "migration_command must be a list of one word or more, got []",
            ),
            (AldeiaFrontendSettings, {"migration_command": ["a"]}, "migration_command is not a setting: "),
        ],
    )
    def test_web(self, settings_class: type[Any], changes: Changes, mistake: str) -> None:
        """Backend and pages."""
        (found,) = said_of(settings_class, {"image_tag": "a"} | changes)

        assert found.startswith(mistake)

    @pytest.mark.parametrize(
        ("changes", "mistake"),
        [
            (
                {"server_count": 2},
                "server_count must be 1: two servers on one folder corrupt ChromaDB's SQLite files, got 2",
            ),
            (
                {"server_count": 0},
                "server_count must be 1: two servers on one folder corrupt ChromaDB's SQLite files, got 0",
            ),
            (
                {"image_tag": "latest"},
                "image_tag must name one image, such as a commit SHA: latest could be any, got 'latest'",
            ),
            (
                {"image": "chromadb/chroma:0.6.3"},
                "image must be the name of an image that anybody may pull, without a tag, got 'chromadb/chroma:0.6.3'",
            ),
            (
                {"image": "${BAD}"},
                "image must not contain a Terraform expression (${ or %{), got '${BAD}'",
            ),
            (
                {"memory_mib": 1024},
                "memory_mib must be one of 2048, 3072, 4096, 5120, 6144, 7168, 8192 when cpu is 1024, got 1024",
            ),
            ({"port": 0}, "port must be a whole number between 1 and 65535, got 0"),
        ],
    )
    def test_chromadb(self, changes: Changes, mistake: str) -> None:
        """The design's two servers, for one."""
        assert [mistake] == said_of(AldeiaChromaDbSettings, changes)

    @pytest.mark.parametrize(
        ("settings_class", "changes"),
        [
            (AldeiaFrontendSettings, {"image_tag": "a", "memory_mib": 2048}),
            (AldeiaBackendSettings, {"image_tag": "a", "memory_mib": 4096}),
            (AldeiaBackendSettings, {"image_tag": "a", "port": 65535, "user": None}),
            (AldeiaBackendSettings, {"image_tag": "a", "migration_command": ["npm", "run", "migrate"]}),
            (AldeiaChromaDbSettings, {}),
            (AldeiaChromaDbSettings, {"server_count": 1}),
            (AldeiaChromaDbSettings, {"image": "ghcr.io/chroma-core/chroma", "image_tag": "0.6.2"}),
            (AldeiaBackupSettings, {}),
            (AldeiaBackupSettings, {"expire_after_days": 1}),
            (AldeiaBackupSettings, {"expire_after_days": 3650}),
        ],
    )
    def test_allowed(self, settings_class: type[Any], changes: Changes) -> None:
        """What is not refused, up to the limits."""
        assert [] == said_of(settings_class, changes)

    @pytest.mark.parametrize("days", [0, 3651])
    def test_backups(self, days: int) -> None:
        """They are kept for a day to ten years."""
        assert [f"expire_after_days must be a whole number between 1 and 3650, got {days}"] == said_of(
            AldeiaBackupSettings, {"expire_after_days": days}
        )

    @pytest.mark.parametrize("settings_class", [AldeiaBackendSettings, AldeiaFrontendSettings])
    def test_image_tag_has_to_be_said(self, settings_class: type[Any]) -> None:
        """What runs before the first release, only the environment knows."""
        (found,) = said_of(settings_class, {})

        assert found.startswith("image_tag is missing: must be an image tag ")

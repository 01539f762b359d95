"""What `docs/aldeia.md` says that a month costs follows from the settings and from AWS's prices."""

import re
from collections.abc import Callable

import pytest

from envs import aldeia_production, aldeia_staging
from modules.compose_host.settings import ComposeHostSettings
from modules.fargate.size import Cpu
from stacks.aldeia_settings import AldeiaSettings
from tests.stacks.aldeia.sample_aldeia import SEVERAL
from tools.project import ROOT

STAGING, PRODUCTION = aldeia_staging.SETTINGS, aldeia_production.SETTINGS
ON_HOSTS = AldeiaSettings(**dict(PRODUCTION) | SEVERAL)
"""Production as the design's other option has it."""

TEXT = (ROOT / "docs" / "aldeia.md").read_text()
HOURS = 730

VCPU, GIB = 0.04048, 0.004445
"""Of Fargate on x86, an hour."""

INSTANCES = {"t3.medium": 0.0416, "t3.large": 0.0832}
GP3_GIB_MONTH = 0.08
BALANCER, ADDRESS, NAT = 0.0225, 0.005, 0.045
"""An hour each."""


def cells(start: str) -> list[str]:
    """The cells after the first of the one row of a table whose first cell begins like this."""
    (row,) = re.findall(rf"^\| {re.escape(start)}.*\|$", TEXT, re.M)
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def task(cpu: Cpu, memory_mib: int, count: int = 1) -> float:
    """What tasks of a size cost a month."""
    return count * HOURS * (cpu / 1024 * VCPU + memory_mib / 1024 * GIB)


def on_fargate(settings: AldeiaSettings, tasks: Callable[[AldeiaSettings], int]) -> float:
    """What all services cost as tasks, with so many of backend and pages."""
    web = [task(one.cpu, one.memory_mib, tasks(settings)) for one in (settings.backend, settings.frontend)]
    return sum(web) + task(settings.chromadb.cpu, settings.chromadb.memory_mib)


def machines(hosts: ComposeHostSettings, count: int) -> float:
    """What so many machines cost, with their disks, and the data volume where one has it."""
    data_gib = hosts.data_volume_gib if hosts.max_size == 1 else 0
    return count * (HOURS * INSTANCES[hosts.instance_type] + hosts.root_volume_gib * GP3_GIB_MONTH) + (
        data_gib * GP3_GIB_MONTH
    )


def hosts_of(settings: AldeiaSettings) -> ComposeHostSettings:
    """The hosts, which there are."""
    assert settings.hosts is not None
    return settings.hosts


def on_hosts(settings: AldeiaSettings, count: int) -> float:
    """What all services cost on so many machines: with several, ChromaDB is a task."""
    hosts, own = hosts_of(settings), settings.chromadb
    return machines(hosts, count) + (task(own.cpu, own.memory_mib) if hosts.max_size > 1 else 0)


def least(settings: AldeiaSettings) -> int:
    """How many tasks of a service there are at least."""
    return 1 if settings.backend.scaling is None else settings.backend.scaling.min_capacity


def most(settings: AldeiaSettings) -> int:
    """How many there are at most."""
    return 1 if settings.backend.scaling is None else settings.backend.scaling.max_capacity


@pytest.mark.parametrize(
    ("row", "machine_cost", "fargate_cost"),
    [
        ("staging: ", on_hosts(STAGING, 1), on_fargate(STAGING, least)),
        ("production, at least: ", on_hosts(ON_HOSTS, hosts_of(ON_HOSTS).min_size), on_fargate(PRODUCTION, least)),
        ("production, at most: ", on_hosts(ON_HOSTS, hosts_of(ON_HOSTS).max_size), on_fargate(PRODUCTION, most)),
    ],
)
def test_both_options(row: str, machine_cost: float, fargate_cost: float) -> None:
    """Either option, for either environment, beside what the design says."""
    assert [f"{machine_cost:.2f}", f"{fargate_cost:.2f}"] == [cells(row)[0], cells(row)[2]]


@pytest.mark.parametrize(
    ("row", "design"),
    [
        ("staging: ", ("30", "52")),
        ("production, at least: ", ("120", "210")),
        ("production, at most: ", ("240", "300")),
    ],
)
def test_design(row: str, design: tuple[str, str]) -> None:
    """The document's own estimates."""
    assert list(design) == [cells(row)[1], cells(row)[3]]


NATS = {"one": 1, "one_per_zone": len(PRODUCTION.network.zones)}


@pytest.mark.parametrize(
    ("row", "cost"),
    [
        ("one t3.medium", HOURS * INSTANCES[hosts_of(STAGING).instance_type]),
        (
            "50 GiB and 20 GiB of gp3",
            GP3_GIB_MONTH * (hosts_of(STAGING).root_volume_gib + hosts_of(STAGING).data_volume_gib),
        ),
        ("NAT gateway, and its address", HOURS * (NAT + ADDRESS) * NATS[STAGING.network.nat]),
        ("two tasks of the backend", task(PRODUCTION.backend.cpu, PRODUCTION.backend.memory_mib, least(PRODUCTION))),
        ("two tasks of the pages", task(PRODUCTION.frontend.cpu, PRODUCTION.frontend.memory_mib, least(PRODUCTION))),
        ("one task of ChromaDB", task(PRODUCTION.chromadb.cpu, PRODUCTION.chromadb.memory_mib)),
        ("two NAT gateways, and their addresses", HOURS * (NAT + ADDRESS) * NATS[PRODUCTION.network.nat]),
    ],
)
def test_row(row: str, cost: float) -> None:
    """What a row is of costs as much as the file's settings say."""
    assert f"{cost:.2f}" == cells(row)[-1]


def test_load_balancers() -> None:
    """One each, with an address in each of two zones."""
    cost = HOURS * (BALANCER + ADDRESS * len(STAGING.network.zones))
    rows = re.findall(r"^\| load balancer, and its two public addresses \|.*\| ([\d.]+) \|$", TEXT, re.M)

    assert [f"{cost:.2f}"] * 2 == rows


@pytest.mark.parametrize("name", ["aldeia-staging", "aldeia-production"])
def test_together(name: str) -> None:
    """The last row of a table is the sum of the others."""
    (table,) = re.findall(rf"^\| `{name}` \|.*\n((?:\|.*\n)+)", TEXT, re.M)
    amounts = [line.strip("|\n ").split("|")[-1].strip(" *") for line in table.splitlines()[1:]]
    *parts, total = [float(amount.removeprefix("some ")) for amount in amounts]

    assert round(sum(parts)) == total


@pytest.mark.parametrize("settings", [STAGING, PRODUCTION], ids=lambda one: one.name)
def test_budget_leaves_room(settings: AldeiaSettings) -> None:
    """The budget is above what the environment costs with nothing going on, and not twice as much."""
    name = f"aldeia-{'staging' if settings is STAGING else 'production'}"
    (total,) = re.findall(rf"^\| `{name}` \|.*?\*\*some (\d+)\*\*", TEXT, re.M | re.S)

    assert int(total) < settings.budget.monthly_limit_usd < 2 * int(total)

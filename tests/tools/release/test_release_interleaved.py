"""Two who want one lock, in very many orders in which their calls can reach Systems Manager."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.tools.release.orchestra import light_manifest
from tools.errors import InfraError
from tools.release.aws import Aws
from tools.release.journal import Journal

pytestmark = pytest.mark.slow

MANIFEST = light_manifest()

ORDERS = [names * 3 for names in product("ab", repeat=10)]
"""Whose call comes next. One makes about 9 of them; what is left over is skipped."""

Act = Callable[[Aws, Callable[[], None]], None]
"""What one of them does; it says when it takes a step of the release."""


class MissingError(Exception):
    """There is no such parameter."""


class ExistsError(Exception):
    """There is one already."""


class Store:
    """Systems Manager with one parameter, whose calls come one after the other in a given order."""

    exceptions = SimpleNamespace(
        ParameterNotFound=MissingError, ParameterVersionNotFound=MissingError, ParameterAlreadyExists=ExistsError
    )

    def __init__(self) -> None:
        self.versions: list[str] = []
        self.order: list[str] = []
        self._ended: set[str] = set()
        self._changed = threading.Condition()

    # The parameters of the calls have AWS's names.
    def put_parameter(self, *, Value: str, Overwrite: bool = False, **_: str) -> dict[str, int]:  # noqa: N803
        """Make the parameter, or its next version."""
        with self._turn():
            if self.versions and not Overwrite:
                raise ExistsError
            self.versions.append(Value)
            return {"Version": len(self.versions)}

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803
        """Read the newest version, or the one that the name says."""
        with self._turn():
            version = int(Name.partition(":")[2]) if ":" in Name else len(self.versions)
            if not 0 < version <= len(self.versions):
                raise MissingError
            return {"Parameter": {"Value": self.versions[version - 1], "Version": version}}

    def delete_parameter(self, **_: str) -> None:
        """Delete it with all its versions."""
        with self._turn():
            if not self.versions:
                raise MissingError
            self.versions.clear()

    def end(self) -> None:
        """Let nobody wait for this thread any more."""
        with self._changed:
            self._ended.add(threading.current_thread().name)
            self._changed.notify_all()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        name = threading.current_thread().name
        with self._changed:
            while self.order and self.order[0] != name:
                if self.order[0] in self._ended:
                    self.order.pop(0)
                else:
                    assert self._changed.wait(timeout=30)
            del self.order[:1]
            try:
                yield
            finally:
                self._changed.notify_all()


def play(order: tuple[str, ...], store: Store, first: Act, second: Act) -> str:
    """Let threads a and b act; give who took the steps, in order: a small letter a step, a capital one the end."""
    told: list[str] = []
    aws = cast("Aws", SimpleNamespace(ssm=store))
    store.order = list(order)

    def run(name: str, act: Act) -> None:
        try:
            act(aws, lambda: told.append(name))
            told.append(name.upper())
        except InfraError:
            pass
        finally:
            store.end()

    threads = [threading.Thread(target=run, args=each, name=each[0]) for each in (("a", first), ("b", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "".join(told)


def left() -> Store:
    """A lock that somebody left who was killed."""
    store = Store()
    Journal.take(cast("Aws", SimpleNamespace(ssm=store)), MANIFEST, "sha-1")
    return store


def release(aws: Aws, step: Callable[[], None]) -> None:
    """Release from begin to end: two steps, each noted before it is taken."""
    _go_on(Journal.take(aws, MANIFEST, "sha-1"), step)


def resume(aws: Aws, step: Callable[[], None]) -> None:
    """Go on with what is there."""
    journal = Journal.resume(aws, MANIFEST)
    if journal is None:
        raise InfraError("there is nothing")
    _go_on(journal, step)


def _go_on(journal: Journal, step: Callable[[], None]) -> None:
    for number in range(2):
        journal.write(deployment=f"d-{number}")
        step()
    journal.give_back()


def test_two_releases() -> None:
    """Never do two release at once: one has ended before the other begins, or gives up; no lock is left."""
    for order in ORDERS:
        store = Store()
        told = play(order, store, release, release)

        assert told.lower() in ("aaa", "bbb", "aaabbb", "bbbaaa"), order
        assert [] == store.versions, order


def test_resumed_while_it_runs() -> None:
    """Once somebody has resumed it and takes a step, the first takes none any more."""
    for order in ORDERS:
        told = play(order, Store(), release, resume).replace("B", "")

        assert "a" not in told.partition("b")[2], (order, told)


def test_two_resume() -> None:
    """Of two who resume what is there, never do both take its steps at once."""
    for order in ORDERS:
        told = play(order, left(), resume, resume).lower()

        assert told == "".join(sorted(told)) or told == "".join(sorted(told, reverse=True)), (order, told)


def test_one_of_two_goes_on() -> None:
    """Mostly one of them finishes; otherwise both say that they do not, and the lock is there to be resumed."""
    finished = 0
    for order in ORDERS:
        store = left()
        told = play(order, store, resume, resume)
        finished += told.lower() != told

        assert told.lower() != told or store.versions, (order, told)
    assert finished > len(ORDERS) / 2

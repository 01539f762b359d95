"""Several calls at once, on a bounded number of threads."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from tools.publish.target import THREADS

_LOOK_S = 0.1
"""How soon Ctrl-C is noticed."""

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(items: Iterable[T], act: Callable[[T], R], check: Callable[[], None]) -> list[R]:
    """
    Do the same with each of several things; in which order is not said.

    When one fails, no other is begun, those under way come to their end, and the first failure is raised.

    :param check: asked again and again; raises what is to end it
    """
    waiting = iter(items)
    done: list[R] = []
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        running = _begin(pool, waiting, act, THREADS)
        while running:
            check()
            ended, running = wait(running, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            done += [future.result() for future in ended]
            running |= _begin(pool, waiting, act, len(ended))
        check()
    return done


def _begin(pool: ThreadPoolExecutor, waiting: Iterator[T], act: Callable[[T], R], count: int) -> "set[Future[R]]":
    return {pool.submit(act, item) for _, item in zip(range(count), waiting, strict=False)}

"""W19: starting and stopping the app, fifty times, leaves no descriptor and no thread behind."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from pipeline.compose import Desk
from review_ui.app import create_app
from tests.browsing import serving
from tests.review_ui.house import MovingClock, make_desk


def held() -> tuple[int, int]:
    """The descriptors and the threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many descriptors and threads of this process are there afterwards and were not before."""
    grown = [0, 0]
    before = held()
    yield grown
    grown[:] = [now - then for now, then in zip(held(), before, strict=True)]


def cycle(desk: Desk) -> None:
    """Start, ask for a page, stop."""
    with serving(create_app(desk)) as address, urlopen(f"{address}/", timeout=60) as page:  # noqa: S310 -- loopback
        assert page.status == 200


@pytest.mark.parametrize("cycles", [4, pytest.param(50, marks=pytest.mark.release)])
def test_starting_and_stopping_leaves_nothing_behind(cycles: int, sqlite_url: str, tmp_path: Path) -> None:
    def once(n: int) -> None:
        desk = make_desk(sqlite_url, tmp_path / str(n % 2), MovingClock())
        cycle(desk)
        desk.close()
        shutil.rmtree(tmp_path / str(n % 2), ignore_errors=True)

    once(0)  # what is loaded once is loaded
    with counted() as grown:
        for n in range(cycles):
            once(n)
    assert max(grown) <= 2, grown


def test_control_a_desk_that_is_never_closed_is_noticed(sqlite_url: str, tmp_path: Path) -> None:
    kept = []
    with counted() as grown:
        for n in range(4):
            desk = make_desk(sqlite_url, tmp_path / str(n), MovingClock())
            with desk.reading() as session:
                session.connection()
                kept.append(desk)
    assert grown[0] > 2, grown
    for desk in kept:
        desk.close()

"""F15: days of work in minutes: neither memory nor open files grow with what was asked or run."""

import gc
import mmap
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, cycle, pairwise
from pathlib import Path

import pytest

from pipeline.compose import Desk
from pipeline.schedule import Job, tick
from review_ui.app import create_app
from tests.review_ui.house import Browser

PAGES = ("/", "/gui-tin", "/nhat-ky", "/theo-doi", "/tim?q=la", "/robots.txt", "/khong-co")
SLICES = 4
MOST_BYTES = 30.0
"""That an asked page or a round may leave behind on average: 72 hours of one a second would be 8 MB."""


@dataclass(frozen=True)
class Left:
    """What repeated work leaves: bytes a time, by the slope over the later slices, and open files."""

    bytes_a_time: float
    files: int


def soak(work: Callable[[], object], times: int) -> Left:
    """Do it again and again; the first slice fills caches and is not counted."""
    each = times // SLICES
    sizes: list[int] = []
    _do(work, each)
    files = open_files()
    for _ in range(SLICES - 1):
        _do(work, each)
        gc.collect()
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        sizes.append(int(pages) * resource.getpagesize())
    # the steadiest estimate: the least growth of two slices next to each other, so that a cache is no leak
    grown = [later - earlier for earlier, later in pairwise(sizes)]
    return Left(min(grown) / each, open_files() - files)


def open_files() -> int:
    """Descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def _do(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()


def asking(desk: Desk) -> Callable[[], object]:
    """A reader who opens one page after the other, and now and then follows a tip that is not there."""
    browser, paths = Browser(create_app(desk)), cycle(PAGES)
    turns = count()

    def ask() -> object:
        if next(turns) % 10 == 9:
            return browser.post("/theo-doi", {"receipt": "mã không có"})
        return browser.get(next(paths))

    return ask


def rounds(desk: Desk) -> Callable[[], object]:
    """A look of the scheduler: each time one job is due and done."""
    periods = count()
    job = Job("stages", lambda *_: [str(next(periods))], lambda *_: None)
    return lambda: tick(desk, lambda *_: True, [job])


@pytest.mark.release
def test_twenty_thousand_requests_leave_nothing(sqlite_desk: Desk) -> None:
    left = soak(asking(sqlite_desk), 20_000)
    assert left.bytes_a_time < MOST_BYTES
    assert left.files <= 0


@pytest.mark.release
def test_rounds_of_the_schedule_leave_nothing(sqlite_desk: Desk) -> None:
    left = soak(rounds(sqlite_desk), 1_200)
    assert left.bytes_a_time < MOST_BYTES
    assert left.files <= 0


def test_a_few_requests_leave_no_file_open(sqlite_desk: Desk) -> None:
    assert soak(asking(sqlite_desk), 60).files <= 0


def test_a_leak_is_found_out(tmp_path: Path) -> None:
    """Control: work that keeps a little each time, and work that leaves a file open each time."""
    kept: list[mmap.mmap] = []

    def leak() -> None:
        # pages of its own: the heap of a process that has run other tests has room for more without growing
        kept.append(mmap.mmap(-1, 20_000))
        kept[-1].write(os.urandom(20_000))

    assert soak(leak, 600).bytes_a_time > MOST_BYTES
    opened: list[int] = []
    place = tmp_path / "left"
    place.touch()
    try:
        assert soak(lambda: opened.append(os.open(place, os.O_RDONLY)), 60).files == 45
    finally:
        for one in opened:
            os.close(one)

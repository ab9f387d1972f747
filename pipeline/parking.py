"""One poisonous item does not hold up its stage: it is rolled back, tried in the next runs, then parked.

What is wrong with the database itself (locked, away, full) is nobody's poison and is raised.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from models import parking
from models.session import AWAY
from pipeline.compose import Desk

LOG = logging.getLogger("kiemchung.stages")
T = TypeVar("T")
MACHINE = (*AWAY, OSError, MemoryError)
"""Faults of the machine and not of an item."""


class Stage:
    """The items of one run of a stage, each in its own transaction; knows which are parked already."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.name = name
        with desk.reading() as session:
            self.tries = {one.item: one for one in parking.tried(session, name)}

    def parked(self, item: str) -> bool:
        """Whether an item is left aside."""
        return item in self.tries and self.tries[item].parked

    def suspect(self, item: str) -> bool:
        """Whether an item failed before: it is not worked on together with others."""
        return item in self.tries

    def batches(self, ids: Sequence[int], name: Callable[[int], str], size: int) -> list[Sequence[int]]:
        """Batches to work on together; what failed before is alone in its own."""
        sound = [one for one in ids if not self.suspect(name(one))]
        alone: list[Sequence[int]] = [[one] for one in ids if self.suspect(name(one))]
        return [sound[at : at + size] for at in range(0, len(sound), size)] + alone

    def batch_failed(self, n: int, error: Exception) -> None:
        """Say that a batch failed; each of its items is tried by itself next."""
        LOG.warning("batch_failed stage=%s items=%d error=%s", self.name, n, type(error).__name__)

    def one(self, item: str, work: Callable[[Session], T]) -> T | None:
        """Do the work of one item in its own transaction; None if it is parked or failed."""
        if self.parked(item):
            return None
        try:
            with self.desk.sessions.begin() as session:
                done = work(session)
                self.forget(session, [item])
                return done
        except MACHINE:
            raise
        except Exception as error:
            self.failed(item, error)
            return None

    def tried(self, item: str, work: Callable[[], T]) -> T | None:
        """Do the work of one item that has its own transactions; None if it is parked or failed."""
        if self.parked(item):
            return None
        try:
            done = work()
        except MACHINE:
            raise
        except Exception as error:
            self.failed(item, error)
            return None
        if self.suspect(item):
            with self.desk.sessions.begin() as session:
                self.forget(session, [item])
        return done

    def forget(self, session: Session, items: Sequence[str]) -> None:
        """Forget earlier failures of items that are finished now."""
        parking.forget(session, self.name, [item for item in items if item in self.tries])

    def failed(self, item: str, error: Exception) -> bool:
        """Write a failure down; says whether the item is parked now."""
        with self.desk.sessions.begin() as session:
            parked = parking.failed(session, self.name, item, error, self.desk.clock())
        # the error's own words can quote a text
        LOG.warning(
            "item_failed stage=%s item=%s parked=%s error=%s", self.name, item, parked, type(error).__name__
        )
        return parked


def whole(desk: Desk, name: str, work: Callable[[], object]) -> None:
    """Do a step that is one piece of work for all claims: if it fails, the steps after it run all the same.

    It is tried in every run; `doctor` names it while it fails.
    """
    stage = Stage(desk, name)
    try:
        work()
    except MACHINE:
        raise
    except Exception as error:
        stage.failed("all", error)
        return
    if stage.tries:
        with desk.sessions.begin() as session:
            parking.forget(session, name, stage.tries)


def release(desk: Desk) -> int:
    """Let everything that is set aside be tried again; gives how many items."""
    with desk.sessions.begin() as session:
        found = parking.tried(session)
        for one in found:
            parking.forget(session, one.stage, [one.item])
    return len(found)

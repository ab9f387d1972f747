"""Which of several processes runs the schedule: the one that holds the desk's lock of that name.

The lock saves work and decides nothing: the ledger still says what ran (`pipeline.ledger`). A thread asks for
it every few seconds. Who leads and cannot say so any more, because its connection is gone or it was stopped,
leads no longer by its own reckoning before the server gives the lock to somebody else.
"""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models.errors import StoreError
from models.locks import SILENT_S, Locks, holder, locks_of
from pipeline.compose import Desk

LOG = logging.getLogger("kiemchung.leadership")
NAME = "leader"
BEAT_S = 4.0
SURE_S = SILENT_S - BEAT_S
"""For how many seconds after an answer a leader takes itself for one."""


def leader(session: Session) -> str | None:
    """The label of the process that leads now, None if none does."""
    return holder(session, NAME)


def job_lock(job: str) -> str:
    """The lock of whoever does the work of a job."""
    return f"job {job}"


class Leadership:
    """One process's part: asks to lead, and knows whether it does."""

    def __init__(
        self,
        desk: Desk,
        *,
        beat_s: float = BEAT_S,
        monotonic: Callable[[], float] = time.monotonic,
        locks: Locks | None = None,
    ) -> None:
        self._locks = locks_of(desk.engine, desk.owner, silent_s=SILENT_S) if locks is None else locks
        self._beat_s = beat_s
        self._monotonic = monotonic
        self._sure_until = float("-inf")
        self._since: float | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def leads(self) -> bool:
        """Whether this process leads: it held the lock a moment ago."""
        return self._monotonic() < self._sure_until

    @property
    def led_for(self) -> float:
        """For how many seconds it has led without a break; 0 if it does not."""
        since = self._since
        return self._monotonic() - since if self.leads and since is not None else 0.0

    def start(self) -> None:
        """Ask at once, then go on asking."""
        self.beat()
        self._thread = threading.Thread(target=self._run, name="leadership", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Lead no more, and let somebody else do it at once."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        if self._since is not None:
            LOG.info("leadership_ended")
        self._since, self._sure_until = None, float("-inf")
        self._locks.close()

    def beat(self) -> None:
        """Ask for the lock, or whether it is still held."""
        asked = self._monotonic()
        try:
            held = self._locks.take(NAME)
        except (SQLAlchemyError, StoreError) as error:
            LOG.warning("leadership_unknown error=%s", type(error).__name__)
            held = False
        if not held:
            self._lost()
            return
        if self._since is None or not self.leads:
            self._since = asked
            LOG.info("leadership_gained")
        # of the question and not of the answer: an answer may have been long on its way
        self._sure_until = asked + SURE_S

    def _lost(self) -> None:
        if self._since is not None:
            LOG.warning("leadership_lost")
        self._since, self._sure_until = None, float("-inf")

    def _run(self) -> None:
        while not self._stopping.wait(self._beat_s):
            self.beat()

"""The process that keeps the living order: it looks three times a second whether anybody decided anything."""

import logging
import multiprocessing
import signal
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from models.claims import Claim
from models.decisions import Review, Verdict
from models.ordering import LiveOrder, RankAnswer
from pipeline import liveorder, logs, outlook
from pipeline.compose import Desk, build
from pipeline.liverank import LiveRank
from pipeline.run import stop_with_parent
from pipeline.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

LOG = logging.getLogger("kiemchung.order")
PAUSE_S = 0.3
REFRESH_S = 60.0
"""How often it looks without a reason: new scores, a withdrawal, an alarm."""
OUTLOOK_S = 300.0
"""How often what is probably unread is reckoned anew."""
STOP_S = 10
Marks = tuple[int | None, ...]


def marks(desk: Desk) -> Marks:
    """What tells that something was decided, answered or found: five numbers from the ends of indexes."""
    newest = [func.max(one.id) for one in (Verdict, Review, Claim, RankAnswer, LiveOrder)]
    with desk.reading() as session:
        return tuple(session.execute(select(*(select(one).scalar_subquery() for one in newest))).one())


def follow(desk: Desk, stopped: threading.Event, pause_s: float = PAUSE_S) -> None:
    """Keep the order until it is switched off or the process is told to stop."""
    watch = _Watch(desk)
    while not stopped.is_set():
        try:
            if not watch.turn():
                return
        except OperationalError:
            # a database that is locked or away for a moment is asked again
            LOG.exception("order_waits")
            watch.seen = None
        stopped.wait(pause_s)


class _Watch:
    """What the process saw last, and when."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._live = LiveRank(desk)
        self._looked = self._reckoned = 0.0
        self.seen: Marks | None = None

    def turn(self) -> bool:
        """Do what is most urgent: follow a decision, reckon what is unread, or write a slice farther down.

        False when learning is switched off and everything learned is taken back.
        """
        desk, now = self._desk, marks(self._desk)
        if now != self.seen or time.monotonic() - self._looked > REFRESH_S:
            self.seen, self._looked = now, time.monotonic()
            self._live.update()
            if self._is_on():
                return True
            # it may have been switched off while it learned: asked again, it takes everything back
            self._live.update()
            return self._is_on()
        if self._live.explain():
            return True
        if time.monotonic() - self._reckoned > OUTLOOK_S:
            self._reckoned = time.monotonic()
            outlook.reckon(desk)
        else:
            self._live.settle_some()
        return True

    def _is_on(self) -> bool:
        with self._desk.reading() as session:
            return liveorder.is_on(session)


def _child(settings: Settings) -> None:
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    stop_with_parent()
    logs.configure(settings)
    desk = build(settings, migrated=False)
    try:
        follow(desk, stopped)
    except KeyboardInterrupt:
        return
    finally:
        desk.close()


class Keeper:
    """Starts the process while learning is switched on, and ends it with the server."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.child: BaseProcess | None = None

    def look(self) -> None:
        """Start it if it should run and does not."""
        if self.child is not None and self.child.is_alive():
            return
        with self._desk.reading() as session:
            row = liveorder.newest(session)
            if row is None or row.state != liveorder.ON:
                return
        spawn = multiprocessing.get_context("spawn")
        self.child = spawn.Process(target=_child, args=(self._desk.settings,), name="kiemchung-order")
        self.child.start()

    def stop(self) -> None:
        """End it within seconds."""
        if self.child is not None and self.child.is_alive():
            self.child.terminate()
            self.child.join(STOP_S)

"""What one process has in hand of one stage: a batch under a lease, kept alive while it works on it."""

import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session

from models import leases
from models.session import AWAY
from pipeline.compose import Desk


class Hands:
    """A batch of items, those that nobody else has; given back at the end, done or not.

    A process that is killed gives nothing back: its lease runs out (`leases.LEASE_S` seconds).
    """

    def __init__(self, desk: Desk, stage: str, item: leases.Item, ids: Sequence[int]) -> None:
        self._desk = desk
        self._stage = stage
        self._item = item
        self._ids = ids
        self._left: set[int] = set()
        self._beat = time.monotonic()
        self.mine: list[int] = []

    def __enter__(self) -> Self:
        """Take what is free."""
        desk = self._desk
        with desk.sessions.begin() as session:
            taken = leases.take(session, self._stage, self._item, self._ids, desk.owner, desk.clock())
        self._left = set(taken)
        self.mine = [one for one in self._ids if one in self._left]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what is left; a database that is away lets the lease run out."""
        if self._left:
            with suppress(*AWAY), self._desk.sessions.begin() as session:
                leases.release(session, self._stage, self._item, self._left, self._desk.owner)

    def beat(self) -> None:
        """Say that this process is alive, if a third of the lease is over."""
        if time.monotonic() - self._beat > leases.LEASE_S / 3:
            self._beat = time.monotonic()
            with self._desk.sessions.begin() as session:
                leases.renew(session, self._desk.owner, self._desk.clock())

    def held(self, session: Session, ids: Sequence[int]) -> set[int]:
        """Which of these are still in hand, locked until the transaction ends."""
        return leases.held(session, self._stage, self._item, ids, self._desk.owner)

    def done(self, session: Session, ids: Sequence[int]) -> None:
        """Give back what this very transaction finishes."""
        leases.release(session, self._stage, self._item, ids, self._desk.owner)
        self._left.difference_update(ids)

"""What a naive desk would do: the same work in two transactions, or without a natural key. Controls of F1."""

import secrets
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from crawlers.ledger import Ledger, ReadPage
from models import counters, frontier
from models.claims import Claim
from models.gathered import Mention
from models.vocabulary import Outcome
from models.weeks import local_day
from models.workbench import PendingReview
from pipeline import clustering, undo
from pipeline.compose import Desk
from pipeline.decisions import review_in

_armed: list[Callable[[], None]] = []


def arm(strike: Callable[[], None]) -> None:
    """Be struck between the two halves."""
    _armed.append(strike)


def _between() -> None:
    for strike in _armed:
        strike()


def _nothing() -> None:
    """The product as it is."""


def _review_apart() -> None:
    """A review leaves the table of those that wait before it is recorded."""

    def settle(desk: Desk, pending_id: int, claim_id: int) -> bool:
        with desk.sessions.begin() as session:
            row = session.get_one(PendingReview, pending_id)
            given = undo._adapter().validate_json(row.given)
            staff_id = row.staff_id
            session.delete(row)
        _between()
        with desk.sessions.begin() as session:
            review_in(session, desk, claim_id, staff_id, given)
        return True

    undo._settle = settle


def _no_key() -> None:
    """A claim has no natural key and is there before its mention knows it."""
    work = clustering._new_claim

    def new(session: Session, mention: Mention) -> int:
        claim_id = work(session, mention)
        session.get_one(Claim, claim_id).key = secrets.token_hex(32)
        session.commit()
        _between()
        return claim_id

    clustering._new_claim = new
    clustering._same_words = lambda session, keys: {}  # noqa: ARG005
    clustering._Placing._same_meaning = lambda self, mention: None  # type: ignore[method-assign]  # noqa: ARG005


def _page_apart() -> None:
    """A page is counted and forgotten first, and its item comes after."""

    def write(self: Ledger, pages: list[ReadPage]) -> list[Outcome]:
        day = local_day(self.context.clock())
        with self.context.sessions.begin() as session:
            frontier.done(session, *(one.page.id for one in pages))
        _between()
        with self.context.sessions.begin() as session:
            outcomes = [self._keep(session, one) for one in pages]
            for one, outcome in zip(pages, outcomes, strict=True):
                counters.bump(session, one.source.id, day, outcome)
        return outcomes

    Ledger._write = write  # type: ignore[method-assign, assignment]


VARIANTS: Mapping[str, Callable[[], None]] = {
    "": _nothing,
    "a review in two transactions": _review_apart,
    "a claim without a natural key": _no_key,
    "a page in two transactions": _page_apart,
}
"""Each with the step in which it does harm, for the test."""
HARM = {
    "a review in two transactions": "review",
    "a claim without a natural key": "stages",
    "a page in two transactions": "gather",
}

"""What has to be done again for claims because something that they rest on has changed. Nothing here commits.

A mark holds what a stage reckons with (which model, which threshold, which known claims) and its generation:
how often that has changed. So a change touches one row here, and each claim only in its turn.
"""

from collections.abc import Collection
from typing import cast

from sqlalchemy import ColumnElement, and_, select, text, update
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, KnownClaim
from models.hints import mostly
from models.session import insert_ignore, is_postgresql
from models.staging import UNSETTLED, StageMark

KNOWN = "known"
"""The mark of the known claims: their generation changes with every one that comes, changes or goes."""
_LOCK = 7_701_010  # PostgreSQL advisory lock: matches are not written while known claims come


def _said(words: str) -> ColumnElement[bool]:
    """A condition in the very words of a partial index: SQLite compares the words."""
    return cast("ColumnElement[bool]", text(words))


def unsettled() -> ColumnElement[bool]:
    """The claims that stages work on, in the words of the partial indexes."""
    return mostly(_said(UNSETTLED))


def match_due() -> ColumnElement[bool]:
    """The claims that wait to be matched."""
    return and_(_said("match_due"), unsettled())


def generation(session: Session, name: str) -> int:
    """The generation of a mark, 0 while nothing has marked it."""
    return session.scalar(select(StageMark.generation).where(StageMark.name == name)) or 0


def reckons_with(session: Session, name: str, value: str) -> int:
    """Mark what a stage reckons with now; gives the generation, a new one if it is not what it was."""
    insert_ignore(session, StageMark, [{"name": name, "value": value, "generation": 1}], ["name"])
    mine = StageMark.name == name
    row: StageMark = session.scalars(select(StageMark).where(mine).with_for_update()).one()
    if row.value != value:
        row.value, row.generation = value, row.generation + 1
        session.flush()
    return row.generation


def bump(session: Session, name: str) -> int:
    """The next generation of a mark."""
    insert_ignore(session, StageMark, [{"name": name, "value": "", "generation": 0}], ["name"])
    mine = update(StageMark).where(StageMark.name == name).values(generation=StageMark.generation + 1)
    return session.scalars(mine.returning(StageMark.generation)).one()


def queue_due() -> ColumnElement[bool]:
    """The claims that the queue has not looked at since they were scored."""
    return and_(_said("queue_due"), mostly(_said("state = 'new'")))


def unoffered() -> ColumnElement[bool]:
    """The known claims that were not offered to those that wait."""
    return _said("NOT offered")


def lock_known(session: Session, *, alone: bool) -> None:
    """Hold the known claims as they are until the transaction ends; `alone` to change what was offered."""
    if is_postgresql(session):
        function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        session.execute(text(f"SELECT {function}(:key)"), {"key": _LOCK})


def known_changed(session: Session, known_ids: Collection[int], *, words: bool) -> None:
    """Known claims have another rating or, with `words`, another text: whoever matches them is due again."""
    if words:
        session.execute(update(KnownClaim).where(KnownClaim.id.in_(known_ids)).values(offered=False))
        bump(session, KNOWN)
    matched = select(ClaimMatch.claim_id).where(ClaimMatch.known_id.in_(known_ids))
    session.execute(
        update(Claim).where(Claim.id.in_(matched)).values(match_due=True, ranked=0),
        execution_options={"synchronize_session": False},
    )


def known_leave(session: Session, claim_ids: Collection[int]) -> None:
    """Claims of the desk go, and with them its own answers to them."""
    known = list(session.scalars(select(KnownClaim.id).where(KnownClaim.claim_id.in_(claim_ids))))
    if known:
        known_changed(session, known, words=True)

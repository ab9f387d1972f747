"""A new day moves the priority of every claim that waits, and nothing else of it: once a day, in batches."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from sqlalchemy import ColumnElement, Row, Table, Update, bindparam, inspect, select, update
from sqlalchemy.orm import Session

from models import due
from models.claims import Claim
from models.session import silence_ends
from models.weeks import local_day
from pipeline.compose import Desk

BATCH = 2_000
_Aged = Row[int, date, float, float, float | None]


def renew(desk: Desk) -> int:
    """Bring the freshness of scored claims to today; gives how many."""
    today = local_day(desk.clock())
    # a clock that was set back leaves days that have not come yet
    return sum(_renew(desk, today, old) for old in (Claim.fresh_day < today, Claim.fresh_day > today))


def _renew(desk: Desk, today: date, old: ColumnElement[bool]) -> int:
    renewed = 0
    while True:
        with desk.sessions.begin() as session:
            silence_ends(session)
            rows = _read(session, old)
            if rows:
                session.connection().execute(_statement(), [_values(row, today) for row in rows])
        renewed += len(rows)
        if len(rows) < BATCH:
            return renewed


def _read(session: Session, old: ColumnElement[bool]) -> Sequence[_Aged]:
    columns = select(Claim.id, Claim.last_day, Claim.score, Claim.reach, Claim.learned)
    query = (
        columns.where(due.unsettled(), old, Claim.score.is_not(None))
        .order_by(Claim.fresh_day, Claim.id)
        .limit(BATCH)
    )
    return cast("Sequence[_Aged]", session.execute(query.with_for_update(skip_locked=True)).all())


def _values(row: _Aged, today: date) -> dict[str, object]:
    from classify.rank import fresh, moved

    claim_id, last_day, score, reach, learned = row
    now = fresh(max(0, (today - last_day).days))
    return {"one": claim_id, "day": today, "now": now, "place": moved(score, learned) * reach * now}


def _statement() -> Update:
    table = cast("Table", inspect(Claim).local_table)
    moved = update(table).where(table.c.id == bindparam("one"))
    return moved.values(fresh_day=bindparam("day"), freshness=bindparam("now"), priority=bindparam("place"))

"""Daily counters: all that remains of what was dropped (rule 2)."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Final, TypeAlias, cast

from sqlalchemy import Table, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert

from models.gathered import DailyCount
from models.session import is_postgresql
from models.vocabulary import Outcome

TIP_LINE = "tip-line"
Count: TypeAlias = tuple[str, date, Outcome]
"""What one counter counts: a source, a day, an outcome."""

_COUNT: Final = cast("Table", inspect(DailyCount).local_table)


@cache
def _added(postgres: bool) -> Insert:
    """The statement that adds to a counter, built once for each database."""
    builder = postgresql.insert if postgres else sqlite.insert
    statement = builder(_COUNT)
    return statement.on_conflict_do_update(
        index_elements=["source_id", "day", "outcome"],
        set_={"n": _COUNT.c.n + statement.excluded.n},
    )


def bump(session: Session, source_id: str, day: date, outcome: Outcome, n: int = 1) -> None:
    """Add `n` to the count of an outcome of a source on a day."""
    bump_all(session, {(source_id, day, outcome): n})


def bump_all(session: Session, counts: Mapping[Count, int]) -> None:
    """Add to several counters; in one order, so that two processes never wait for each other in a ring."""
    rows = [
        {"source_id": source_id, "day": day, "outcome": outcome.value, "n": n}
        for (source_id, day, outcome), n in sorted(counts.items())
    ]
    if rows:
        session.execute(_added(is_postgresql(session)), rows)


def totals(session: Session, source_id: str, today: date, days: int = 7) -> dict[str, int]:
    """Sum of each outcome of a source over the last `days` days, today included."""
    since = today - timedelta(days=days - 1)
    rows = session.execute(
        select(DailyCount.outcome, DailyCount.n).where(
            DailyCount.source_id == source_id, DailyCount.day >= since, DailyCount.day <= today
        )
    )
    summed: dict[str, int] = {}
    for outcome, n in rows:
        summed[outcome] = summed.get(outcome, 0) + n
    return summed

"""Daily counters: all that remains of what was dropped (rule 2)."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.gathered import DailyCount
from models.session import is_postgresql
from models.vocabulary import Outcome

TIP_LINE = "tip-line"


def bump(session: Session, source_id: str, day: date, outcome: Outcome, n: int = 1) -> None:
    """Add `n` to the count of an outcome of a source on a day."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = insert(DailyCount).values(source_id=source_id, day=day, outcome=outcome.value, n=n)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_id", "day", "outcome"],
            set_={"n": DailyCount.n + statement.excluded.n},
        )
    )


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

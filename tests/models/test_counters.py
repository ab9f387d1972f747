"""Daily counters add up and never hold more than a number."""

from datetime import date, timedelta

from sqlalchemy.orm import Session, sessionmaker

from models import counters
from models.vocabulary import Outcome

DAY = date(2026, 11, 18)


def test_counts_add_up(sessions: sessionmaker[Session]) -> None:
    for n in (1, 1, 3):
        with sessions.begin() as session:
            counters.bump(session, counters.TIP_LINE, DAY, Outcome.NOT_OURS, n)
    with sessions.begin() as session:
        counters.bump(session, counters.TIP_LINE, DAY, Outcome.KEPT)
        counters.bump(session, "other", DAY, Outcome.KEPT)
    with sessions() as session:
        assert counters.totals(session, counters.TIP_LINE, DAY) == {"not_ours": 5, "kept": 1}


def test_totals_cover_the_days_asked_for(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        for back in range(10):
            counters.bump(session, "s", DAY - timedelta(days=back), Outcome.KEPT)
    with sessions() as session:
        assert counters.totals(session, "s", DAY, days=7) == {"kept": 7}
        assert counters.totals(session, "s", DAY - timedelta(days=20), days=7) == {}

"""How often a source is asked follows how often it changes: a law, played through on a clock of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crawlers import ledger
from crawlers.ledger import LONGEST_S, SHORTEST_S, Ledger
from models.gathered import EntryPoint
from models.vocabulary import Outcome
from tests.crawlers.child import NOW, CrawlPlan, context
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Site

DAY = timedelta(days=1)
Happens = Callable[[datetime, datetime], bool]
"""Whether a source brought something new between two polls."""


def never(_since: datetime, _now: datetime) -> bool:
    return False


def always(_since: datetime, _now: datetime) -> bool:
    return True


def every(gap: timedelta) -> Happens:
    def brought(since: datetime, now: datetime) -> bool:
        return (now - NOW) // gap > (since - NOW) // gap

    return brought


class Playing:
    """A ledger whose clock is moved from poll to poll."""

    def __init__(self, desk: Desk, site: Site) -> None:
        desk.add_source(site, "bao")
        self.now = NOW
        plan = CrawlPlan(desk.url, {"bao.localhost": (site.address, site.port)})
        made = replace(context(plan), sessions=desk.sessions, clock=lambda: self.now)
        self.ledger = Ledger(made, "one")
        self.sessions = desk.sessions

    def entry(self) -> EntryPoint:
        with self.sessions() as session:
            return session.scalars(select(EntryPoint)).one()

    def wait(self) -> ledger.DueEntry:
        """Let time pass until the entry point is due, and claim it."""
        due = self.entry().next_due
        if due is not None:
            self.now = max(self.now, due)
        (claimed,) = self.ledger.claim_due(["bao"])
        return claimed

    def polls_a_day(self, happens: Happens, days: int, settled: int = 3) -> float:
        """How often the source was asked each day, from the day on which its interval had found its size."""
        polls, since = 0, self.now
        while self.now < NOW + DAY * days:
            claimed = self.wait()
            new = int(happens(since, self.now))
            since = self.now
            outcome = Outcome.FEED_READ if new else Outcome.UNCHANGED
            self.ledger.entry_read(claimed, outcome, new, ('"v"', ""))
            polls += self.now >= NOW + DAY * settled
        return polls / (days - settled)


@pytest.fixture
def playing(desk: Desk, site: Site) -> Playing:
    return Playing(desk, site)


LAW = [
    pytest.param(every(DAY), 15, 1.8, 4.0, id="daily"),
    pytest.param(every(DAY / 8), 6, 14, 30, id="eight a day"),
    pytest.param(every(DAY * 7), 24, 1.0, 1.7, id="weekly"),
    pytest.param(never, 9, 1.0, 1.2, id="never"),
    pytest.param(always, 4, 95, 98, id="always"),
]


@pytest.mark.parametrize(("happens", "days", "least", "most"), LAW)
def test_a_source_is_asked_as_often_as_it_changes(
    playing: Playing, happens: Happens, days: int, least: float, most: float
) -> None:
    assert least <= playing.polls_a_day(happens, days) <= most


def test_control_a_fixed_interval_breaks_the_law(playing: Playing, monkeypatch: pytest.MonkeyPatch) -> None:
    def fixed(entry: EntryPoint, _factor: float, now: datetime) -> None:
        entry.next_due = now + timedelta(seconds=entry.interval_s)

    monkeypatch.setattr(ledger, "_set_interval", fixed)
    assert playing.polls_a_day(every(DAY), 5) > 20


def test_a_dead_source_is_asked_ever_less_and_once_a_day_in_the_end(playing: Playing) -> None:
    gaps = []
    for _ in range(10):
        before = playing.wait()
        start = playing.now
        playing.ledger.entry_failed(before, Outcome.NETWORK_ERROR)
        due = playing.entry().next_due
        assert due is not None
        gaps.append((due - start).total_seconds())
    assert gaps == sorted(gaps)
    assert gaps[0] == 2 * 3600
    assert gaps[-1] == LONGEST_S
    claimed = playing.wait()
    playing.ledger.entry_read(claimed, Outcome.FEED_READ, 3, ("", ""))
    assert playing.entry().failures == 0
    assert playing.entry().interval_s <= 3600, "back at its own pace with the first good answer"


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.one_of(st.integers(0, 9), st.sampled_from([Outcome.TIMEOUT, Outcome.BLOCKED])), max_size=12)
)
def test_whatever_happens_the_pause_is_between_a_quarter_hour_and_a_day(
    playing: Playing, history: list[int | Outcome]
) -> None:
    for one in history:
        claimed = playing.wait()
        if isinstance(one, Outcome):
            playing.ledger.entry_failed(claimed, one)
        else:
            playing.ledger.entry_read(claimed, Outcome.FEED_READ, one, ("", ""))
        due = playing.entry().next_due
        assert due is not None
        assert SHORTEST_S <= (due - playing.now).total_seconds() <= LONGEST_S


@pytest.mark.parametrize(
    ("asked_s", "waits_s"), [(60, 7200), (30_000, 30_000), (200_000, 200_000), (10**9, 7 * LONGEST_S)]
)
def test_retry_after_is_honoured_up_to_a_week(playing: Playing, asked_s: float, waits_s: float) -> None:
    claimed = playing.wait()
    playing.ledger.entry_failed(claimed, Outcome.HTTP_ERROR, asked_s)
    assert playing.entry().next_due == playing.now + timedelta(seconds=waits_s)


def test_what_was_read_once_is_asked_for_conditionally_ever_after(playing: Playing) -> None:
    playing.ledger.entry_read(playing.wait(), Outcome.FEED_READ, 2, ('"v1"', "Mon"))
    for outcome in (Outcome.UNCHANGED, Outcome.UNCHANGED):
        claimed = playing.wait()
        assert (claimed.etag, claimed.last_modified) == ('"v1"', "Mon")
        playing.ledger.entry_read(claimed, outcome, 0, ("", ""))
    playing.ledger.entry_failed(playing.wait(), Outcome.TIMEOUT)
    assert playing.wait().etag == '"v1"', "a failure in between forgets nothing"

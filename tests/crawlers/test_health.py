"""What a source's counts say of it: its state, the reason for silence, what to do, and the next try."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from crawlers import healthwords
from crawlers.health import HABIT_DAYS, TROUBLES, Entry, Health, Rows, State, judge, of_all, of_source
from models.counters import bump
from models.gathered import EntryPoint, Source
from models.vocabulary import Outcome
from models.weeks import local_day
from tests.crawlers.child import NOW
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Site

TODAY = local_day(NOW)


def entry(
    failures: int = 0,
    outcome: Outcome | None = None,
    last: datetime | None = NOW,
    due: datetime | None = None,
) -> Entry:
    return Entry("feed", "https://bao.vn/rss", 3600, failures, outcome, last, due)


def counted(daily: Mapping[Outcome, int], days: range = range(HABIT_DAYS)) -> dict[tuple[date, str], int]:
    return {(TODAY - timedelta(days=ago), outcome.value): n for ago in days for outcome, n in daily.items()}


def health(entries: Sequence[Entry], counts: Mapping[tuple[date, str], int] | None = None) -> Health:
    return judge(Rows(True, entries, counts or {}), NOW)


def test_a_source_that_gives_what_it_always_gave_is_well() -> None:
    well = health([entry()], counted({Outcome.KEPT: 2, Outcome.NOT_OURS: 8}))
    assert (well.state, well.reason) == (State.WELL, None)
    assert (well.habit, well.lately, well.kept) == (10, 10, 14)
    assert "đã đọc 70 bài, giữ 14 bài" in healthwords.sentence(well)
    assert healthwords.advice(well) == ""


def test_a_week_far_below_the_habit_is_quiet_and_an_odd_day_is_not() -> None:
    before = counted({Outcome.NOT_OURS: 10}, range(7, HABIT_DAYS))
    quiet = health([entry()], before | counted({Outcome.NOT_OURS: 2}, range(7)))
    assert (quiet.state, quiet.habit, quiet.lately) == (State.QUIET, 10, 2)
    assert "Ít hơn hẳn thói quen" in healthwords.sentence(quiet)
    assert "as its habit" not in healthwords.sentence(quiet, "en")
    odd = health([entry()], before | counted({Outcome.NOT_OURS: 10}, range(1, 7)))
    assert odd.state == State.WELL, "one day without news"
    rare = health([entry()], {(TODAY - timedelta(days=20), Outcome.KEPT.value): 3, (TODAY, "kept"): 1})
    assert rare.state == State.WELL, "three articles in three weeks are no habit to be measured against"


def test_nothing_new_is_said_as_that() -> None:
    nothing = health([entry()], counted({Outcome.UNCHANGED: 4}))
    assert (nothing.state, nothing.reason) == (State.QUIET, None)
    assert "không có bài mới" in healthwords.sentence(nothing)
    assert "Nothing new" in healthwords.sentence(nothing, "en")


def test_pages_that_mostly_fail_are_a_reason_and_a_few_are_not() -> None:
    failing = health([entry()], counted({Outcome.BLOCKED: 5, Outcome.KEPT: 1, Outcome.TIMEOUT: 1}))
    assert (failing.state, failing.reason) == (State.PARTLY, Outcome.BLOCKED)
    assert "35 lần không đọc được: nguồn chặn máy đọc" in healthwords.sentence(failing)
    assert health([entry()], counted({Outcome.BLOCKED: 1, Outcome.NOT_OURS: 5})).reason is None


def test_failing_entry_points_name_the_reason_and_the_next_try() -> None:
    due = NOW + timedelta(hours=2)
    some = health([entry(), entry(2, Outcome.ROBOTS, NOW - timedelta(days=1), due)])
    assert (some.state, some.reason, some.next_try) == (State.PARTLY, Outcome.ROBOTS, due)
    said = healthwords.sentence(some)
    assert said.startswith("1/2 mục đọc không được 2 lần liền: robots.txt")
    assert "Sẽ thử lại lúc 12:00 ngày 22/11/2026" in said, "the next try, in the desk's own time"
    assert health([entry(1, Outcome.MOVED, None)]).state == State.FAILING


def test_off_new_and_stale() -> None:
    assert judge(Rows(False, [entry(3, Outcome.TIMEOUT)], {}), NOW).state == State.OFF
    assert health([entry(last=None)]).state == State.NEW
    assert health([entry(last=NOW - timedelta(days=2))]).state == State.QUIET
    assert health([entry(last=NOW - timedelta(days=2, seconds=1))]).state == State.STALE
    assert "chưa có mục" in healthwords.sentence(health([]))


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("outcome", TROUBLES)
def test_every_trouble_has_a_reason_and_something_to_do(outcome: Outcome, language: str) -> None:
    found = health([entry(1, outcome)])
    assert found.reason == outcome
    assert healthwords.why(outcome, language) in healthwords.sentence(found, language)
    assert len(healthwords.advice(found, language)) > 20
    others = [other for other in TROUBLES if other != outcome]
    assert healthwords.why(outcome, language) not in {healthwords.why(one, language) for one in others}


def test_every_outcome_is_news_or_trouble() -> None:
    """A new outcome must be put on one side, or a source that gives it would be silent without a reason."""
    good = {Outcome.KEPT, Outcome.NOT_OURS, Outcome.DUPLICATE, Outcome.UNCHANGED, Outcome.FEED_READ}
    assert good | set(TROUBLES) == set(Outcome)
    assert set(healthwords.VI) == set(healthwords.EN) == set(TROUBLES)
    assert set(healthwords.STATES) == set(healthwords.STATES_EN) == set(State)


OPTIONAL_TIME = st.none() | st.datetimes(
    NOW.replace(tzinfo=None) - timedelta(days=60), NOW.replace(tzinfo=None) + timedelta(days=8)
).map(lambda moment: moment.replace(tzinfo=NOW.tzinfo))
ENTRIES = st.builds(
    Entry,
    st.just("feed"),
    st.just("https://bao.vn/rss"),
    st.integers(900, 86_400),
    st.integers(0, 9),
    st.none() | st.sampled_from([outcome.value for outcome in Outcome]),
    OPTIONAL_TIME,
    OPTIONAL_TIME,
)
COUNTS = st.dictionaries(
    st.tuples(
        st.integers(-2, 40).map(lambda ago: TODAY - timedelta(days=ago)),
        st.sampled_from([outcome.value for outcome in Outcome]),
    ),
    st.integers(0, 500),
    max_size=30,
)


@given(st.booleans(), st.lists(ENTRIES, max_size=4), COUNTS)
def test_any_rows_give_a_state_and_sentences(
    enabled: bool, entries: list[Entry], counts: dict[tuple[date, str], int]
) -> None:
    found = judge(Rows(enabled, entries, counts), NOW)
    assert len(found.items) == len(found.days) == HABIT_DAYS
    assert min(found.items) >= 0
    if enabled and entries and all(one.failures for one in entries):
        assert found.state == State.FAILING
        assert found.reason is not None
    for language in ("vi", "en"):
        said = healthwords.sentence(found, language)
        assert said.endswith(".")
        assert "{" not in said
        healthwords.advice(found, language)


def test_the_rows_come_from_the_desk(desk: Desk, site: Site) -> None:
    for number in range(3):
        desk.add_source(site, f"bao-{number}")
    with desk.sessions.begin() as session:
        first = session.scalars(select(EntryPoint).where(EntryPoint.source_id == "bao-0")).one()
        first.last_success = NOW
        bump(session, "bao-0", TODAY, Outcome.KEPT, 3)
        bump(session, "bao-0", TODAY - timedelta(days=27), Outcome.KEPT, 5)
        bump(session, "bao-0", TODAY - timedelta(days=28), Outcome.KEPT, 7)
        bump(session, "bao-1", TODAY, Outcome.KEPT, 100)
        session.get_one(Source, "bao-2").enabled = False
        session.flush()
        asked: list[str] = []
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
        found = of_all(session, NOW)
        assert len(asked) == 3, "the cost does not grow with the sources"
        assert [one.state for one in found.values()] == [State.WELL, State.NEW, State.OFF]
        assert (found["bao-0"].items[0], found["bao-0"].items[-1], sum(found["bao-0"].items)) == (5, 3, 8)
        assert of_source(session, "bao-0", NOW) == found["bao-0"]
        assert of_source(session, "khac", NOW) is None

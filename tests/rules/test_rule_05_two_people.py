"""Rule 5: a verdict needs evidence and two people, whatever anybody tries, by the program or by SQL."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import settings as budget
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import DatabaseError

from models import triggers
from models.decisions import Evidence, Verdict
from models.session import make_engine
from models.vocabulary import COUNTED_FALSE, Language, Opinion, Rating
from pipeline import decisions, evidence, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.conftest import NOW, Clock
from tests.pipeline.conftest import PRIMARY, People, put_claim
from tests.rules.conftest import make_desk
from tests.rules.history import REASON, TEXT, DeskLife, broken_verdicts

QUICK = budget(
    max_examples=16,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    verbosity=Verbosity.quiet,
    phases=[Phase.generate],  # a failure is rare and needs no shrinking to be read
    suppress_health_check=list(HealthCheck),
)
FULL = budget(QUICK, max_examples=160, stateful_step_count=50)
"""10,000 steps, as the promise says."""


@pytest.fixture
def maker(sqlite_template: bytes, tmp_path: Path, clock: Clock) -> Callable[[], Desk]:
    """Fresh SQLite desks."""
    number = itertools.count()

    def make() -> Desk:
        folder = tmp_path / str(next(number))
        folder.mkdir()
        (folder / "desk.sqlite").write_bytes(sqlite_template)
        return make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, clock)

    return make


def _live(make: Callable[[], Desk], steps: budget) -> None:
    machine: type[DeskLife] = type("Life", (DeskLife,), {"make": staticmethod(make), "verdicts": 0})
    run_state_machine_as_test(machine, settings=steps)
    assert machine.verdicts > steps.max_examples / 5, (
        f"only {machine.verdicts} verdicts: too little to mean anything"
    )


def test_no_life_of_a_desk_makes_an_unsound_verdict(maker: Callable[[], Desk]) -> None:
    _live(maker, QUICK)


@pytest.mark.release
def test_ten_thousand_steps_on_sqlite(maker: Callable[[], Desk]) -> None:
    _live(maker, FULL)


@pytest.mark.release
def test_ten_thousand_steps_on_postgresql(postgres_url: str, tmp_path: Path, clock: Clock) -> None:
    def make() -> Desk:
        engine = make_engine(postgres_url)
        with engine.begin() as connection:
            names = connection.execute(
                text(
                    "SELECT tablename FROM pg_tables "
                    "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
                )
            ).scalars()
            connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
        engine.dispose()
        return make_desk(postgres_url, tmp_path, clock)

    _live(make, FULL)


def test_control_without_the_checks_a_life_makes_one(
    maker: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unguarded() -> Desk:
        desk = maker()
        with desk.engine.begin() as connection:
            for statement in triggers.drop("sqlite"):
                connection.execute(text(statement))
        return desk

    monkeypatch.setattr(evidence, "enough", lambda *_: True)
    with pytest.raises(AssertionError, match="no evidence"):
        _live(unguarded, QUICK)


def test_control_without_the_second_person_the_check_fails(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = put_claim(sqlite_desk)
    decisions.record_review(
        sqlite_desk, claim, sqlite_people.an, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,))
    )
    # one review counts as agreed, and the database no longer compares the two
    monkeypatch.setattr(decisions, "_next_state", lambda reviews: "agreed")  # noqa: ARG005
    with sqlite_desk.engine.begin() as connection:
        connection.execute(text("PRAGMA ignore_check_constraints=ON"))
        values = {"claim_id": claim, "round": 1, "rating": "false", "method_note": "x", "at": NOW}
        connection.execute(insert(Verdict).values(first_staff_id=1, second_staff_id=1, **values))
    with sqlite_desk.reading() as session:
        assert "verdict 1: one person" in broken_verdicts(session)


# --- by raw SQL


VERDICT = (
    "INSERT INTO verdict (claim_id, round, rating, method_note, first_staff_id, second_staff_id, at) "
    "VALUES (:claim, :round, :rating, 'x', :first, :second, '2026-11-18 03:00:00')"
)


def _try(engine: Engine, statement: str, **values: object) -> str | None:
    """What the database says to a statement; None if it takes it."""
    try:
        with engine.begin() as connection:
            connection.execute(text(statement), values)
    except DatabaseError as error:
        return str(error.orig)
    return None


def _proved(desk: Desk, people: People) -> int:
    claim = put_claim(desk)
    decisions.record_review(desk, claim, people.an, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    return claim


def test_no_database_takes_a_verdict_without_evidence(desk: Desk, people: People) -> None:
    bare, proved = put_claim(desk), _proved(desk, people)
    pair = {"first": people.an, "second": people.binh, "round": 1, "rating": "false"}
    assert "needs evidence" in str(_try(desk.engine, VERDICT, claim=bare, **pair))
    assert _try(desk.engine, VERDICT, claim=proved, **pair) is None


def test_one_newspaper_or_one_house_is_not_enough_for_the_database(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    pair = {"first": people.an, "second": people.binh, "round": 1, "rating": "false"}
    for domain, taken in (("a.vn", False), ("a.vn", False), ("b.vn", True)):
        with desk.engine.begin() as connection:
            row = {
                "claim_id": claim,
                "round": 1,
                "staff_id": people.an,
                "kind": "independent",
                "domain": domain,
            }
            row |= {"url": f"https://{domain}/x", "publisher": "Báo", "quote": "Câu trích của báo."}
            row |= {"published_day": NOW.date(), "quote_sha256": "0" * 64, "at": NOW}
            connection.execute(insert(Evidence).values(row))
        assert (_try(desk.engine, VERDICT, claim=claim, **pair) is None) is taken


@pytest.mark.parametrize(
    ("rating", "one_person"),
    [
        ("false", True),
        ("fake", False),
        ("not_a_claim", False),
        ("not_ours", False),
        ("", False),
        ("0.97", False),
    ],
)
def test_no_database_takes_one_person_or_another_rating(
    desk: Desk,
    people: People,
    rating: str,
    one_person: bool,
) -> None:
    claim = _proved(desk, people)
    second = people.an if one_person else people.binh
    assert _try(desk.engine, VERDICT, claim=claim, round=1, rating=rating, first=people.an, second=second)


def test_a_verdict_once_given_stays(desk: Desk, people: People) -> None:
    claim = _proved(desk, people)
    assert (
        _try(desk.engine, VERDICT, claim=claim, round=1, rating="false", first=people.an, second=people.binh)
        is None
    )
    for statement in (
        "UPDATE verdict SET rating = 'true'",
        "UPDATE verdict SET second_staff_id = first_staff_id",
        "DELETE FROM verdict",
    ):
        assert "append-only" in str(_try(desk.engine, statement))
    # and there is one a round
    again = {"round": 1, "rating": "true", "first": people.an, "second": people.binh}
    assert _try(desk.engine, VERDICT, claim=claim, **again)


def test_control_without_the_trigger_the_database_takes_it(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    with desk.engine.begin() as connection:
        for statement in triggers.drop(desk.engine.dialect.name):
            connection.execute(text(statement))
    pair = {"round": 1, "rating": "false", "first": people.an, "second": people.binh}
    assert _try(desk.engine, VERDICT, claim=claim, **pair) is None


# --- what a verdict is made of


def test_the_second_person_and_the_evidence_come_before_the_verdict(desk: Desk, people: People) -> None:
    claim = _proved(desk, people)
    with pytest.raises(Exception, match="not agreed"):
        publishing.publish(desk, claim, people.chi, {Language.VI: TEXT})
    decisions.record_review(desk, claim, people.binh, ReviewInput(Opinion.FALSE, REASON))
    with desk.reading() as session:
        assert session.scalars(select(Verdict)).all() == []
    publishing.publish(desk, claim, people.chi, {Language.VI: TEXT})
    with desk.reading() as session:
        assert broken_verdicts(session) == []
        assert session.scalars(select(Verdict.rating)).one() == Rating.FALSE


def test_unproven_is_never_counted_as_false() -> None:
    assert {Rating.FALSE, Rating.MISLEADING} == COUNTED_FALSE


def test_no_score_is_a_column_of_a_verdict() -> None:
    columns = set(Verdict.__table__.columns.keys())
    assert columns == {
        *("id", "claim_id", "round", "rating", "method_note", "first_staff_id", "second_staff_id", "at"),
        *("part_start", "part_end"),
    }

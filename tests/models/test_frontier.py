"""The frontier: leased once, fair between sources, forgotten when done."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import Executable, select, text
from sqlalchemy.orm import Session, sessionmaker

from models import frontier
from models.gathered import FrontierPage, Source
from models.session import is_postgresql
from models.vocabulary import FrontierState
from tests.conftest import NOW

DAY = date(2026, 11, 18)


def sources(sessions: sessionmaker[Session], *ids: str) -> None:
    with sessions.begin() as session:
        for one in ids:
            home = f"https://{one}.vn/"
            session.add(
                Source(id=one, name=one, kind="newspaper", homepage=home, domain=f"{one}.vn", is_local=True)
            )


def fill(sessions: sessionmaker[Session], source: str, n: int) -> int:
    pages = [(f"{source}-{at}", f"https://{source}.vn/{at}") for at in range(n)]
    with sessions.begin() as session:
        return frontier.add(session, source, pages, DAY)


def test_a_page_is_added_once(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a")
    assert fill(sessions, "a", 3) == 3
    assert fill(sessions, "a", 4) == 1


def test_leases_take_turns_between_sources(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a", "b")
    fill(sessions, "a", 50)
    fill(sessions, "b", 2)
    with sessions.begin() as session:
        leased = frontier.lease(session, "w1", NOW, 4, ["a", "b"])
        assert {page.source_id for page in leased} == {"a", "b"}


def test_only_the_sources_asked_for_are_leased(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a", "b")
    fill(sessions, "a", 2)
    fill(sessions, "b", 2)
    with sessions.begin() as session:
        leased = frontier.lease(session, "w1", NOW, 10, ["b"])
        assert {page.source_id for page in leased} == {"b"}


def test_a_leased_page_comes_back_when_its_worker_dies(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a")
    fill(sessions, "a", 1)
    with sessions.begin() as session:
        assert len(frontier.lease(session, "w1", NOW, 5, ["a"])) == 1
    with sessions.begin() as session:
        assert frontier.lease(session, "w2", NOW + timedelta(seconds=200), 5, ["a"]) == []
        assert len(frontier.lease(session, "w2", NOW + timedelta(seconds=400), 5, ["a"])) == 1


def test_done_forgets_the_address(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a")
    fill(sessions, "a", 1)
    with sessions.begin() as session:
        (page,) = frontier.lease(session, "w1", NOW, 5, ["a"])
        frontier.done(session, page.id)
    with sessions() as session:
        row = session.scalars(select(FrontierPage)).one()
        assert (row.state, row.url, row.lease_owner) == (FrontierState.DONE, None, None)
        assert frontier.waiting(session) == 0


def test_a_page_that_always_fails_is_parked_after_three_tries(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a")
    fill(sessions, "a", 1)
    tries = []
    for _ in range(3):
        with sessions.begin() as session:
            (page,) = frontier.lease(session, "w1", NOW, 5, ["a"])
            tries.append(frontier.retry(session, page.id))
    assert tries == [True, True, False]
    with sessions() as session:
        assert session.scalars(select(FrontierPage.url)).one() is None


def test_pages_that_are_done_are_never_walked_past(sessions: sessionmaker[Session]) -> None:
    """The cost of choosing must not grow with what was fetched: both statements use the index alone."""
    sources(sessions, "a", "b")
    fill(sessions, "a", 3000)
    with sessions.begin() as session:
        frontier.done(session, *session.scalars(select(FrontierPage.id).order_by(FrontierPage.id)).all())
    fill(sessions, "b", 3000)
    with sessions.begin() as session:
        if is_postgresql(session):
            session.execute(text("ANALYZE frontier_page"))
    for state in (FrontierState.PENDING, FrontierState.LEASED):
        assert_walks_the_index(sessions, frontier._take(state, postgres(sessions)))
    # positive control: asking which sources wait reads every row
    waiting = select(FrontierPage.source_id).where(FrontierPage.lease_until.is_(None)).distinct()
    with pytest.raises(AssertionError):
        assert_walks_the_index(sessions, waiting)


def postgres(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        return is_postgresql(session)


def assert_walks_the_index(sessions: sessionmaker[Session], statement: Executable) -> None:
    explain = "EXPLAIN " if postgres(sessions) else "EXPLAIN QUERY PLAN "
    given = {"of_source": "b", "most": 1, "now": NOW, "owner": "w", "until": NOW}
    with sessions.begin() as session:
        compiled = statement.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
        values = {**compiled.params, **{name: given[name] for name in compiled.params if name in given}}
        ordered = [values[name] for name in compiled.positiontup or ()]
        bound = tuple(ordered) if ordered else values
        rows = session.connection().exec_driver_sql(explain + str(compiled), bound).all()
    plan = "\n".join(str(row) for row in rows)
    assert "ix_frontier_page_next" in plan
    assert "SCAN frontier_page" not in plan
    assert "Seq Scan on frontier_page" not in plan


def test_two_workers_never_share_a_page(sessions: sessionmaker[Session]) -> None:
    sources(sessions, "a", "b")
    fill(sessions, "a", 40)
    fill(sessions, "b", 40)
    taken: list[int] = []

    def work(name: str) -> None:
        while True:
            with sessions.begin() as session:
                pages = frontier.lease(session, name, NOW, 7, ["a", "b"])
                ids = [page.id for page in pages]
            if not ids:
                return
            taken.extend(ids)

    threads = [threading.Thread(target=work, args=(f"w{at}",)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 80

"""The frontier: leased once, fair between sources, forgotten when done."""

import threading
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import frontier
from models.gathered import FrontierPage, Source
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

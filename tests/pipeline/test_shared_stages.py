"""Several processes share the stages: each item once, no two claims of one meaning, kills do no harm."""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.gathered import Mention
from models.leases import LEASE_S
from models.staging import StageLease
from pipeline import claimindex, clustering, ranking
from pipeline.claimindex import HeldClaims
from pipeline.compose import Desk, build
from pipeline.hands import Hands
from pipeline.run import shared
from pipeline.settings import load
from tests.conftest import NOW, Clock
from tests.pipeline.test_stages import OTHER, RUMOUR, SAME, put_mention

FORK = multiprocessing.get_context("forkserver")
KILLED = 9


@pytest.fixture
def desks(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Sequence[Desk]]:
    """Desks as so many processes have them, on one database and matching by words alone."""
    made = [_desk(database_url, tmp_path, clock) for _ in range(4)]
    yield made
    for one in made:
        one.close()


def _desk(url: str, folder: Path, clock: Clock) -> Desk:
    flags = {"database.url": url, "paths.var": str(folder / "var"), "ranking.encoder": "none"}
    return build(load(environ={}, flags=flags), clock=clock)


def found_late(first: Desk, second: Desk) -> int:
    """The first searches, the second starts a claim of that meaning, the first writes; gives how many."""
    put_mention(first, RUMOUR)
    with first.reading() as session:
        ids = list(session.scalars(select(Mention.id)))
    held = claimindex.of(first)
    with Hands(first, clustering.STAGE, Mention, ids) as hands:
        with first.reading() as session:
            found = clustering._search(session, held, hands, ids)
        put_mention(second, SAME, source="bao-hai")
        assert clustering.cluster(second) == 1
        with first.sessions.begin() as session, held.trying():
            assert clustering._place(session, held, hands, found, ids) == 1
    with first.reading() as session:
        return session.scalar(select(func.count()).select_from(Claim)) or 0


def test_a_claim_that_came_meanwhile_is_joined(desks: Sequence[Desk]) -> None:
    assert found_late(desks[0], desks[1]) == 1


def test_who_does_not_look_again_starts_a_second_claim(
    desks: Sequence[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the search alone, without the look under the lock."""
    looked = HeldClaims.sync

    def once(self: HeldClaims, session: Session) -> list[int]:
        return (
            []
            if len(self) or session.scalar(select(func.count()).select_from(Claim))
            else looked(self, session)
        )

    monkeypatch.setattr(HeldClaims, "sync", once)
    assert found_late(desks[0], desks[1]) == 2


def fill(desk: Desk, n: int) -> None:
    """So many mentions from two sources, two of each meaning."""
    for at in range(n):
        text = (RUMOUR if at % 2 else SAME).replace("3,5 triệu", f"{3 + at // 2} triệu")
        put_mention(desk, text, source=f"bao-{at % 2}", back=at % 5)


def done_once(desk: Desk, n: int) -> None:
    with desk.reading() as session:
        assert session.scalar(select(func.count()).where(Mention.claim_id.is_(None))) == 0
        assert session.scalar(select(func.sum(Claim.n_mentions))) == n
        assert session.scalar(select(func.count()).select_from(Claim)) == n // 2
        assert session.scalar(select(func.count()).where(Claim.ranked == 0)) == 0
        assert session.scalar(select(func.count()).select_from(StageLease)) == 0


def together(desks: Sequence[Desk], n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "BATCH", 3)
    monkeypatch.setattr(ranking, "BATCH", 2)
    fill(desks[0], n)
    with ThreadPoolExecutor(len(desks)) as pool:
        placed = [done[0] for done in pool.map(shared, desks)]
    assert sum(placed) == n
    shared(desks[0])  # what one had in hand when the other passed by
    done_once(desks[0], n)


def test_two_workers_place_match_and_rank_each_item_once(
    desks: Sequence[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    together(desks[:2], 24, monkeypatch)


@pytest.mark.release
def test_four_workers_and_400_mentions(desks: Sequence[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    together(desks, 400, monkeypatch)


def killed(url: str, folder: Path, strike: str) -> None:
    """A worker that is killed in the middle of a batch."""
    desk = _desk(url, folder, lambda: NOW)

    def kill(*rest: object, **named: object) -> None:  # noqa: ARG001
        os.kill(os.getpid(), KILLED)

    module, _, name = strike.rpartition(".")
    assert hasattr(sys.modules[module], name), "the place has moved"
    setattr(__import__(module, fromlist=["x"]), name, kill)
    shared(desk)


def outlives(url: str, folder: Path, strike: str) -> None:
    first = _desk(url, folder, lambda: NOW)
    fill(first, 8)
    put_mention(first, OTHER)
    put_mention(first, OTHER, source="bao-hai")
    child = FORK.Process(target=killed, args=(url, folder, strike))
    child.start()
    child.join()
    assert child.exitcode == -KILLED
    shared(first)
    first.clock = lambda: NOW + timedelta(seconds=2 * LEASE_S)
    shared(first)
    done_once(first, 10)
    first.close()


def test_a_worker_that_is_killed_in_a_batch_loses_and_doubles_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    outlives(sqlite_url, tmp_path, "pipeline.clustering.recount")


@pytest.mark.release
@pytest.mark.parametrize(
    "strike",
    [
        "pipeline.clustering._place",
        "pipeline.clustering._new_claim",
        "pipeline.clustering.recount",
        "pipeline.matching.put",
        "pipeline.matching.best",
        "pipeline.ranking._write",
        "pipeline.ranking.enter",
    ],
)
def test_wherever_a_worker_is_killed(database_url: str, tmp_path: Path, strike: str) -> None:
    outlives(database_url, tmp_path, strike)

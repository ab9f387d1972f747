"""Workers: cycles that never hold tips up, loops with an interval, and scoring on a real Dask cluster."""

from collections.abc import Iterator

import pytest

from classify.rank import ClaimFacts, ColdRanker
from models.claims import Claim
from models.errors import KiemChungError
from models.vocabulary import ClaimState
from pipeline import worker
from pipeline.compose import Desk
from pipeline.ranking import rank
from tests.pipeline.conftest import put_claim

FACTS = [ClaimFacts(f"tin {at} chuyển khoản gấp", "health", at, 1, 1, at % 3, 0, 0, 0) for at in range(250)]


def test_a_desk_that_cannot_crawl_still_works_through_its_claims(sqlite_desk: Desk) -> None:
    claim_id = put_claim(sqlite_desk, state=ClaimState.NEW)
    done = worker.cycle(sqlite_desk)
    assert done.not_crawled is not None
    assert (done.report.outcomes, done.report.ranked) == ({}, 1)
    with sqlite_desk.reading() as session:
        assert session.get_one(Claim, claim_id).score is not None
    assert done.as_dict()["not_crawled"] == done.not_crawled


def test_turns_are_an_interval_apart() -> None:
    slept: list[float] = []
    turns = worker.every(60, sleep=slept.append)
    for _ in range(4):
        next(turns)
    assert len(slept) == 3
    assert all(59 < seconds <= 60 for seconds in slept)
    assert len(list(worker.every(60, once=True, sleep=slept.append))) == 1


class Client:
    """A cluster of one, in order."""

    def map(
        self, work: object, rankers: list[object], chunks: list[list[ClaimFacts]], *, pure: bool
    ) -> list[object]:
        """Do the work at once."""
        assert callable(work)
        assert not pure
        assert all(len(chunk) <= worker.CHUNK for chunk in chunks)
        return [work(ranker, chunk) for ranker, chunk in zip(rankers, chunks, strict=True)]

    def gather(self, futures: list[object]) -> list[object]:
        """The answers."""
        return futures


def test_spread_scores_are_the_same_in_the_same_order() -> None:
    spread = worker.SpreadRanker(Client(), ColdRanker())
    assert spread.score(FACTS) == ColdRanker().score(FACTS)
    assert spread.score([]) == []


def test_a_cluster_that_is_not_there_is_named(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    def nobody(address: str, **_: object) -> None:
        raise OSError(f"Timed out trying to connect to {address}")

    monkeypatch.setattr(distributed, "Client", nobody)
    with pytest.raises(KiemChungError, match=r"--dask tcp://127.0.0.1:1: no Dask scheduler"):
        worker.spread(sqlite_desk, "tcp://127.0.0.1:1")


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a real Dask scheduler with two workers in threads."""
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as made:
        yield made.scheduler_address


def test_ranking_on_a_real_cluster_writes_the_same_scores(sqlite_desk: Desk, cluster: str) -> None:
    ids = [
        put_claim(sqlite_desk, f"tin số {at} chuyển khoản gấp để nhận quà", state=ClaimState.NEW)
        for at in range(8)
    ]
    rank(sqlite_desk)
    with sqlite_desk.reading() as session:
        alone = {number: session.get_one(Claim, number).score for number in ids}
    spread = worker.spread(sqlite_desk, cluster)
    try:
        rank(spread)
    finally:
        spread.client.close()
    with sqlite_desk.reading() as session:
        assert {number: session.get_one(Claim, number).score for number in ids} == alone

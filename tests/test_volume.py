"""The stream of `bench.volume` is the same everywhere with the shares it states; a filled desk is sound."""

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import islice, pairwise

import pytest
from sqlalchemy import ColumnElement, delete, exists, func, or_, select, text, update

from bench.filled import made
from bench.volume import stream
from bench.volume.cost import report
from bench.volume.feed import NOW
from bench.volume.fill import fill, recounted
from classify.near import signature, similarity
from crawlers import store
from models import due, retention
from models.claims import Claim, SampleFrame
from models.gathered import Item, Mention, MinhashBand, Tip
from models.ordering import QueueOutlook
from models.vocabulary import ClaimState
from models.weeks import local_day
from pipeline import outlook
from pipeline.clustering import cluster
from pipeline.compose import Desk
from pipeline.ranking import queue
from pipeline.sampling import draw_due

DIGEST = "a03e19459ced5ab22fca494c7ec288db491198a0dc1612acf6451df5a0f8e74a"


def test_the_same_seed_gives_the_same_bytes_on_any_machine() -> None:
    lines = "".join(stream.as_line(one) + "\n" for one in stream.texts(1, 1_000))
    assert hashlib.sha256(lines.encode()).hexdigest() == DIGEST


def test_control_another_seed_gives_other_bytes() -> None:
    assert [one.body for one in stream.texts(1, 5)] != [one.body for one in stream.texts(2, 5)]


def test_a_text_is_made_by_its_number_alone() -> None:
    whole = list(stream.texts(7, 400))
    assert list(stream.texts(7, 50, 350)) == whole[350:]
    in_scope = [one for one in whole if one.serial is not None]
    assert len(in_scope) == 12
    assert list(stream.ours(7, 12)) == in_scope


def test_far_ahead_costs_no_memory_of_what_lies_before() -> None:
    [one] = stream.ours(1, 1, 50_000_000)
    assert one.said
    assert stream.minute(10_000) == 24 * 60
    assert all(stream.minute(at) <= stream.minute(at + 1) for at in range(0, 30_000, 7))


def test_the_shares_are_those_that_are_stated() -> None:
    some = list(stream.ours(3, 3_000))
    kinds = Counter(one.kind for one in some)
    assert 0.2 < kinds["tip"] / len(some) < 0.3
    copies = [one for one in some if one.story is not None]
    assert 0.2 < len(copies) / len(some) < 0.4
    told = Counter(said.meaning for one in some for said in one.said)
    assert 0.4 < len(told) / sum(told.values()) < 0.6
    assert len({one.source for one in some}) > 250
    assert all(one.source is None for one in some if one.kind == "tip")


def test_near_copies_are_alike_and_other_texts_are_not() -> None:
    some = list(stream.ours(1, 400))
    pairs = [(one, some[one.story]) for one in some if one.story is not None and one.kind == "article"]
    pages = [(one, first) for one, first in pairs if first.kind == "article"]
    alike = [similarity(signature(one.body), signature(first.body)) for one, first in pages]
    assert sum(share > 0.3 for share in alike) > 0.95 * len(alike)
    strangers = [one for one in some if one.story is None and one.kind == "article"]
    apart = [similarity(signature(one.body), signature(other.body)) for one, other in pairwise(strangers)]
    assert sum(share > 0.3 for share in apart) < 0.05 * len(apart)


def test_the_reader_takes_what_is_in_scope_and_nothing_else(filled: Desk) -> None:
    reader = filled.reader
    ours = [reader.read(one.body, one.title) for one in stream.ours(1, 60, 500)]
    assert sum(one.in_scope for one in ours) > 45
    others = (one for one in stream.texts(1, 80) if one.serial is None)
    assert not any(reader.read(one.body, one.title).in_scope for one in islice(others, 60))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("volume")
    desk = made(f"sqlite:///{folder}/desk.sqlite", folder, NOW)
    fill(desk, 1_500, folder / "filled.json", lambda _: None)
    return desk


def test_a_filled_desk_is_sound(filled: Desk) -> None:
    assert recounted(filled) == {"claims_miscounted": 0, "mentions_unplaced": 0}
    with filled.reading() as session:
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        count = {one: session.scalar(select(func.count()).select_from(one)) for one in (Item, Mention, Tip)}
        assert 1_500 <= (count[Mention] or 0) < 1_510
        tips = session.scalar(select(func.count(Item.id)).where(Item.kind == "tip"))
        assert count[Tip] == tips
        bands = session.scalar(select(func.count()).select_from(MinhashBand))
        assert bands == 42 * (count[Item] or 0)
        states = set(session.scalars(select(Claim.state).distinct()))
        assert {ClaimState.NEW, ClaimState.QUEUED, ClaimState.DECIDED} <= states
        assert session.scalar(select(func.count()).select_from(SampleFrame)) == 4
        names = {row[1] for row in session.execute(text("SELECT type, name FROM sqlite_master"))}
    expected = {index.name for model in (Item, Mention, Claim) for index in model.__table__.indexes}  # type: ignore[attr-defined]
    assert expected <= names


def test_control_a_lost_mention_shows(filled: Desk) -> None:
    with filled.reading() as session:
        one = session.scalars(select(Mention).where(Mention.claim_id.is_not(None)).limit(1)).one()
    kept = {column.name: getattr(one, column.name) for column in Mention.__table__.columns}
    with filled.sessions.begin() as session:
        session.execute(delete(Mention).where(Mention.id == one.id))
    assert recounted(filled)["claims_miscounted"] == 1
    with filled.sessions.begin() as session:
        session.add(Mention(**kept))
    assert recounted(filled)["claims_miscounted"] == 0


def test_the_stages_find_nothing_to_do_in_a_filled_desk(filled: Desk) -> None:
    assert (cluster(filled), queue(filled), draw_due(filled)) == (0, 0, 0)
    with filled.reading() as session:
        due = or_(Claim.match_due, Claim.queue_due, Claim.ranked == 0)
        assert session.scalar(select(func.count(Claim.id)).where(due)) == 0
        days = session.execute(select(func.min(Item.day), func.max(Item.day))).one()
    assert ((days[1] - days[0]).days, days[1]) == (27, local_day(NOW))


def plan(desk: Desk, statement: str, values: tuple[int, ...]) -> str:
    with desk.reading() as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return " / ".join(str(row[-1]) for row in rows)


def test_near_copies_are_looked_up_and_not_looked_for(filled: Desk) -> None:
    assert "SCAN minhash_band" not in plan(filled, store._sharing(2, False), (0, 1, 1, 2))


def test_control_a_statement_that_reads_every_bucket_shows(filled: Desk) -> None:
    pairs = "SELECT DISTINCT item_id FROM minhash_band WHERE (band, bucket) IN (VALUES (?, ?), (?, ?))"
    assert "SCAN minhash_band" in plan(filled, f"{pairs} ORDER BY item_id LIMIT 50", (0, 1, 1, 2))


def words(desk: Desk, condition: ColumnElement[bool]) -> str:
    some = select(Claim.id).where(condition).order_by(Claim.id)
    return str(some.compile(desk.engine, compile_kwargs={"literal_binds": True}))


def test_what_is_due_is_read_from_its_own_index(filled: Desk) -> None:
    assert "ix_claim_match_due" in plan(filled, words(filled, due.match_due()), ())
    assert "ix_claim_queue_due" in plan(filled, words(filled, due.queue_due()), ())


def test_control_without_the_hint_every_claim_of_a_state_is_read(filled: Desk) -> None:
    plainly = Claim.state.in_([ClaimState.NEW, ClaimState.QUEUED]) & Claim.match_due
    assert "ix_claim_match_due" not in plan(filled, words(filled, plainly), ())


def test_a_day_is_erased_in_parts(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_TOGETHER", 3)
    edge = local_day(NOW)  # of the weeks before, so small ones, every claim was drawn
    with filled.sessions() as session:
        old = select(func.count(Claim.id)).where(Claim.state == ClaimState.NEW, Claim.last_day < edge)
        before = session.scalar(old) or 0
        gone = retention.erase(session, edge + timedelta(days=retention.UNFLAGGED_DAYS))
        assert gone["claim_unflagged"] == before
        assert before > 3
        assert session.scalar(old) == 0
        bare = ~exists().where(Mention.item_id == Item.id)
        assert session.scalar(select(func.count(Item.id)).where(Item.day < edge, bare)) == 0
        session.rollback()


def test_the_outlook_of_a_large_desk_stands_for_a_while(filled: Desk) -> None:
    first = outlook.reckon(filled)
    with filled.sessions.begin() as session:
        session.execute(update(QueueOutlook).values(n_claims=5_000))
    soon, later = NOW + timedelta(seconds=9), NOW + timedelta(seconds=11)
    assert outlook.reckon(replace(filled, clock=lambda: soon)).n_claims == 5_000
    assert outlook.reckon(replace(filled, clock=lambda: later)).n_claims == first.n_claims


def test_the_report_compares_the_largest_with_the_smallest() -> None:
    one, two = {"item_ms": {"write": 2.0, "page": 0.01}}, {"item_ms": {"write": 2.6, "page": 0.04}}
    answer = report("sqlite", {"20000": one, "2000000": two})
    assert answer["ratio_last_to_first"] == {"write": 1.3, "page": 1.0}
    assert answer["holds"] == {"write": False, "page": True}

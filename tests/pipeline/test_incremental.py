"""Stages that touch only what is new: the same as from scratch, under leases, and fair between sources."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from models import due, leases
from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.gathered import Item, Mention
from models.retention import erase_claim
from models.staging import StageLease, StageMark
from models.vocabulary import ClaimState
from pipeline import claimindex, clustering, freshness, knownindex, matching, parking, ranking
from pipeline.compose import Desk
from pipeline.hands import Hands
from pipeline.run import shared
from tests.conftest import NOW
from tests.pipeline.conftest import put_claim
from tests.pipeline.test_stages import OTHER, RUMOUR, SAME, known, put_mention

TEXTS = (
    RUMOUR,
    SAME,
    OTHER,
    RUMOUR.replace("3,5 triệu", "7 triệu"),
    "Uống nước lá đu đủ chữa khỏi sốt xuất huyết",
)
Facts = dict[str, tuple[object, ...]]


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matching by words alone: what is tested here is not the encoder, which takes a second to load."""
    monkeypatch.setattr("pipeline.vectors.encoder_of", lambda settings: _none())  # noqa: ARG005


def _none() -> object:
    from classify.encoder import NoEncoder

    return NoEncoder()


def facts(desk: Desk) -> Facts:
    """What the stages have made of each claim."""
    with desk.reading() as session:
        matches: dict[int, list[tuple[object, ...]]] = {}
        for row in session.scalars(select(ClaimMatch)):
            matches.setdefault(row.claim_id, []).append((row.known_id, row.score, row.differs))
        reasons: dict[int, list[tuple[object, ...]]] = {}
        for reason in session.scalars(select(ClaimReason).order_by(ClaimReason.position)):
            reasons.setdefault(reason.claim_id, []).append((reason.feature, reason.weight))
        return {
            one.public_id: (
                one.text,
                one.state,
                one.n_mentions,
                round(one.score or 0, 9),
                round(one.priority or 0, 9),
                sorted(matches.get(one.id, ())),
                reasons.get(one.id),
            )
            for one in session.scalars(select(Claim).where(due.unsettled()))
        }


def from_scratch(desk: Desk) -> Facts:
    """The same when a fresh process matches and scores every claim again."""
    desk.kept.clear()
    with desk.sessions.begin() as session:
        session.execute(delete(ClaimMatch))
        session.execute(update(Claim).values(match_due=True, ranked=0))
    matching.match(desk)
    ranking.rank(desk)
    return facts(desk)


def mention(desk: Desk, draw: random.Random) -> None:
    put_mention(desk, draw.choice(TEXTS), source=f"bao-{draw.randrange(99)}", back=draw.randrange(9))


def check(desk: Desk, draw: random.Random) -> None:
    with desk.reading() as session:
        n = session.scalar(select(func.count()).select_from(KnownClaim)) or 0
    known(desk, f"{draw.choice(TEXTS)} {'nhé ' * n}", draw.choice(("false", "true")))


def rerate(desk: Desk, draw: random.Random) -> None:
    with desk.sessions.begin() as session:
        for one in session.scalars(select(KnownClaim).limit(1)):
            one.rating = draw.choice(("false", "true", "unproven"))
            due.known_changed(session, [one.id], words=False)


def reword(desk: Desk, draw: random.Random) -> None:
    with desk.sessions.begin() as session:
        for one in session.scalars(select(KnownClaim).limit(1)):
            one.text = draw.choice(TEXTS)
            due.known_changed(session, [one.id], words=True)


def forget(desk: Desk, draw: random.Random) -> None:
    with desk.sessions.begin() as session:
        ids = session.scalars(select(Claim.id).order_by(Claim.id)).all()
        if ids:
            erase_claim(session, draw.choice(ids))


def answer(desk: Desk, draw: random.Random) -> None:
    """A claim of the desk's own that is answered, and later goes with its claim."""
    with desk.sessions.begin() as session:
        ids = session.scalars(select(Claim.id).where(due.unsettled())).all()
        if not ids:
            return
        claim = session.get_one(Claim, draw.choice(ids))
        claim.state = ClaimState.DECIDED
        row = KnownClaim(key=f"own:{claim.public_id}", text=claim.text, topic=claim.topic, rating="false")
        row.url, row.publisher, row.imported_day, row.claim_id = "/x", "Tổ", NOW.date(), claim.id
        session.add(row)


def restart(desk: Desk, draw: random.Random) -> None:  # noqa: ARG001
    desk.kept.clear()


ACTS: tuple[Callable[[Desk, random.Random], None], ...] = (
    *(mention,) * 4,
    *(check,) * 2,
    rerate,
    reword,
    forget,
    answer,
    restart,
)


def lives(desk: Desk, seed: int, steps: int) -> None:
    """A random history, with the stages run now and then; at its end all is as from scratch."""
    draw = random.Random(seed)
    for _ in range(steps):
        draw.choice(ACTS)(desk, draw)
        if draw.random() < 0.4:
            shared(desk)
    shared(desk)
    kept = facts(desk)
    assert kept == from_scratch(desk), seed


@pytest.mark.parametrize("seed", range(3))
def test_a_history_ends_as_if_all_were_done_from_scratch(sqlite_desk: Desk, seed: int) -> None:
    lives(sqlite_desk, seed, 14)


@pytest.mark.release
@pytest.mark.parametrize("seed", range(100, 112))
def test_many_histories_end_as_from_scratch(desk: Desk, seed: int) -> None:
    lives(desk, seed, 40)


def test_without_the_marks_a_history_ends_otherwise(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a rating that changes and marks nobody leaves an old score behind."""
    monkeypatch.setattr(due, "known_changed", lambda *rest, **named: None)  # noqa: ARG005
    put_mention(sqlite_desk, RUMOUR)
    known(sqlite_desk, SAME, "false")
    shared(sqlite_desk)
    with sqlite_desk.sessions.begin() as session:
        session.scalars(select(KnownClaim)).one().rating = "true"
    shared(sqlite_desk)
    assert facts(sqlite_desk) != from_scratch(sqlite_desk)


def test_a_run_without_anything_new_searches_and_scores_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(desk, SAME, "false")
    put_mention(desk, RUMOUR)
    assert shared(desk) == (1, 1, 1, 1)

    def never(*rest: object, **named: object) -> None:
        raise AssertionError((rest, named))

    monkeypatch.setattr("classify.match.ClaimIndex.search", never)
    monkeypatch.setattr("classify.match.ClaimIndex.add_all", never)
    monkeypatch.setattr("classify.rank.ColdRanker.score", never)
    monkeypatch.setattr(ranking, "_try_to_enter", never)
    assert shared(desk) == (0, 0, 0, 0)


def test_of_many_claims_only_those_near_to_a_new_known_claim_are_matched_again(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knownindex, "FEW", 1)
    for text in TEXTS:
        put_mention(sqlite_desk, text)
    put_mention(sqlite_desk, "Trường học đóng cửa ba ngày vì bão số 9")
    shared(sqlite_desk)
    known(sqlite_desk, SAME, "false")
    held = knownindex.of(sqlite_desk)
    with sqlite_desk.reading() as session:
        again = set(session.scalars(select(Claim.text).where(due.match_due())))
    assert RUMOUR in again
    assert not any("Trường học" in text for text in again)
    assert len(held.index) == 1
    kept = (shared(sqlite_desk), facts(sqlite_desk))[1]
    assert kept == from_scratch(sqlite_desk)


def test_a_new_day_moves_freshness_and_scores_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(3):
        put_claim(desk, f"{RUMOUR} {at}", state=ClaimState.NEW)
    shared(desk)
    desk.clock = lambda: NOW + timedelta(days=3)
    with monkeypatch.context() as patch:
        patch.setattr("classify.rank.ColdRanker.score", None)
        shared(desk)
        assert freshness.renew(desk) == 3
        assert freshness.renew(desk) == 0
    kept = facts(desk)
    assert kept == from_scratch(desk)
    desk.clock = lambda: NOW + timedelta(days=1)
    assert freshness.renew(desk) == 3, "a clock that was set back"


def test_the_queue_asks_again_when_its_rule_changes(sqlite_desk: Desk) -> None:
    put_claim(sqlite_desk, "Tin một", state=ClaimState.NEW)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(Claim).values(score=0.3, ranked=1))
    values = {**sqlite_desk.settings.values, "queue.exploration": 0.0}
    sqlite_desk.settings = replace(sqlite_desk.settings, values=values)
    assert ranking.queue(sqlite_desk) == 0
    values = {**values, "queue.threshold": 0.2}
    sqlite_desk.settings = replace(sqlite_desk.settings, values=values)
    assert ranking.queue(sqlite_desk) == 1


# --- the index that a process keeps


def test_erased_and_reworded_claims_leave_the_index_that_is_kept(desk: Desk) -> None:
    put_mention(desk, RUMOUR)
    put_mention(desk, OTHER)
    clustering.cluster(desk)
    held = claimindex.of(desk)
    with desk.sessions.begin() as session:
        erase_claim(session, session.scalars(select(Claim.id).where(Claim.text == OTHER)).one())
        session.execute(update(Claim).where(Claim.text == RUMOUR).values(text="Tin khác hẳn"))
    desk.clock = lambda: NOW + timedelta(hours=1)
    claimindex.tidy(desk)
    assert len(held) == 1
    assert not any(hit.is_match for hit in held.index.search(RUMOUR))
    assert any(hit.is_match for hit in held.index.search("Tin khác hẳn"))


def test_a_number_that_is_given_again_is_another_claim(sqlite_desk: Desk) -> None:
    """SQLite gives the number of an erased newest claim to the next one."""
    put_mention(sqlite_desk, RUMOUR)
    clustering.cluster(sqlite_desk)
    with sqlite_desk.sessions.begin() as session:
        erase_claim(session, session.scalars(select(Claim.id)).one())
    put_mention(sqlite_desk, OTHER)
    sqlite_desk.kept, kept = {}, sqlite_desk.kept
    clustering.cluster(sqlite_desk)
    sqlite_desk.kept = kept
    put_mention(sqlite_desk, RUMOUR, source="bao-hai")
    clustering.cluster(sqlite_desk)
    with sqlite_desk.reading() as session:
        assert set(session.scalars(select(Claim.text))) == {RUMOUR, OTHER}


# --- leases


def test_who_is_silent_loses_its_batch_within_two_leases_and_writes_nothing(desk: Desk) -> None:
    put_mention(desk, RUMOUR)
    put_mention(desk, OTHER)
    with desk.reading() as session:
        ids = list(session.scalars(select(Mention.id)))
    other = Desk(desk.settings, desk.engine, desk.keys, desk.clock, desk.sessions, desk.reading)
    silent = Hands(desk, clustering.STAGE, Mention, ids).__enter__()
    assert silent.mine == ids
    assert clustering.cluster(other) == 0, "it was taken from one who works"
    other.clock = lambda: NOW + timedelta(seconds=2 * leases.LEASE_S)
    assert clustering.cluster(other) == 2
    stage, held = parking.Stage(desk, clustering.STAGE), claimindex.of(desk)
    with desk.sessions.begin() as session, held.trying():
        found = clustering._search(session, held, silent, ids)
        assert clustering._place(session, held, silent, found, ids) == 0
    assert stage.tries == {}
    with desk.reading() as session:
        assert sorted(session.scalars(select(Claim.n_mentions))) == [1, 1]
        assert session.scalar(select(func.count()).select_from(StageLease)) == 0


def test_a_clock_that_was_set_back_locks_nobody_out(sqlite_desk: Desk) -> None:
    put_mention(sqlite_desk, RUMOUR)
    with sqlite_desk.reading() as session:
        ids = list(session.scalars(select(Mention.id)))
    Hands(sqlite_desk, clustering.STAGE, Mention, ids).__enter__()
    sqlite_desk.clock = lambda: NOW - timedelta(days=1)
    assert clustering.cluster(sqlite_desk) == 1


def test_leases_go_with_what_they_name(desk: Desk) -> None:
    claim_id = put_claim(desk)
    with desk.reading() as session:
        mention_id = session.scalars(select(Mention.id)).one()
    Hands(desk, "match", Claim, [claim_id]).__enter__()
    Hands(desk, "cluster", Mention, [mention_id]).__enter__()
    with desk.sessions.begin() as session:
        erase_claim(session, claim_id)
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(StageLease)) == 0


def test_a_heartbeat_keeps_what_is_worked_on(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    put_mention(sqlite_desk, RUMOUR)
    with sqlite_desk.reading() as session:
        ids = list(session.scalars(select(Mention.id)))
    with Hands(sqlite_desk, clustering.STAGE, Mention, ids) as hands:
        monkeypatch.setattr("time.monotonic", lambda: 10**9)
        sqlite_desk.clock = lambda: NOW + timedelta(seconds=30)
        hands.beat()
        with sqlite_desk.reading() as session:
            until = session.scalars(select(StageLease.until)).one()
    assert until == NOW + timedelta(seconds=30 + leases.LEASE_S)


def test_a_busy_source_starves_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(8):
        put_mention(desk, f"{RUMOUR} {at} lần", source="dong")
    put_mention(desk, OTHER, source="vang")
    put_mention(desk, SAME, tip=True)
    monkeypatch.setattr(clustering, "MOST", 3)
    first = clustering._waiting(desk, 3)
    with desk.reading() as session:
        served = session.scalars(
            select(Item.source_id).join(Mention, Mention.item_id == Item.id).where(Mention.id.in_(first))
        )
        assert set(served) == {"dong", "vang", None}


def test_a_changed_model_scores_everybody_again_and_nobody_twice(sqlite_desk: Desk) -> None:
    for at in range(3):
        put_claim(sqlite_desk, f"{RUMOUR} {at}", state=ClaimState.NEW)
    assert ranking.rank(sqlite_desk) == 3
    assert ranking.rank(sqlite_desk) == 0
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(StageMark).where(StageMark.name == "rank").values(value="model:9 trial:None"))
    assert ranking.rank(sqlite_desk) == 3
    assert ranking.rank(sqlite_desk) == 0


def test_what_waits_is_read_from_its_own_index(sqlite_desk: Desk) -> None:
    """SQLite has no statistics on a desk: asked otherwise, it walks every claim of a state."""
    queries = {
        "ix_claim_match_due": select(Claim.id).where(due.match_due()).order_by(Claim.id),
        "ix_claim_ranked": select(Claim.id).where(due.unsettled(), Claim.ranked < 2),
        "ix_claim_fresh_day": select(Claim.id).where(due.unsettled(), Claim.fresh_day < NOW.date()),
        "ix_claim_queue_due": select(Claim.id).where(due.queue_due(), Claim.id > 3).order_by(Claim.id),
        "ix_known_claim_unoffered": select(KnownClaim.id).where(due.unoffered()).order_by(KnownClaim.id),
        # the control: the state said otherwise
        "ix_claim_queue": select(Claim.id).where(Claim.state == ClaimState.NEW, Claim.match_due),
    }
    with sqlite_desk.engine.connect() as connection:
        for index, query in queries.items():
            said = query.compile(sqlite_desk.engine, compile_kwargs={"literal_binds": True})
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}").all()
            assert index in str(plan), plan

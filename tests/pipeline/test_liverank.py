"""The living order: it follows verdicts, moves the order alone, and a check or a person stops it."""

import random
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from classify.live import Pool, shifts
from models.claims import Claim, ClaimReason
from models.desk import AuditEntry, ModelVersion
from models.errors import ConflictError, UsageError
from models.ordering import LiveOrder
from models.vocabulary import ModelKind, ModelState, Rating
from pipeline import answers, autoqueue, decisions, livegate, livelabels, liveorder, liverank, ranking
from pipeline.autoqueue import Half
from pipeline.compose import Desk
from pipeline.labels import fingerprint
from pipeline.liverank import LiveRank
from pipeline.livework import follow, marks
from tests.conftest import NOW
from tests.pipeline.conftest import DAY, People, hire, put_claim
from tests.pipeline.verdicts import CALM, LURE, close, salad, settle

WHY = "đủ kết luận để bắt đầu"
TOPICS = ("health", "benefits", "recruitment")


def put_open(desk: Desk, n: int, seed: int = 5) -> tuple[list[int], list[int]]:
    """Open claims that lure and calm ones, scored alike: (luring, calm)."""
    draw = random.Random(seed)
    lures = [put_claim(desk, salad(LURE, draw), topic=TOPICS[at % 3]) for at in range(n)]
    calm = [put_claim(desk, salad(CALM, draw), topic=TOPICS[at % 3]) for at in range(n)]
    with desk.sessions.begin() as session:
        plain = {"score": 0.4, "reach": 0.5, "freshness": 1.0, "priority": 0.2}
        session.execute(update(Claim).where(Claim.id.in_([*lures, *calm])).values(plain))
    return lures, calm


def decide(desk: Desk, people: People, n: int, seed: int = 1) -> None:
    """As many luring claims found false as calm ones found true."""
    draw = random.Random(seed)
    staff = [people.an, people.binh, people.chi, people.dung]
    for at in range(n):
        pair = (staff[at % 4], staff[(at + 1) % 4])
        when = NOW + timedelta(seconds=at)
        settle(desk, salad(LURE, draw), Rating.FALSE, pair, at=when, topic=TOPICS[at % 3])
        settle(desk, salad(CALM, draw), Rating.TRUE, pair, at=when, topic=TOPICS[at % 3])


def order(desk: Desk) -> list[int]:
    """The open queue as people see it."""
    with desk.reading() as session:
        return [row.id for row in ranking.open_queue(session, DAY)]


def columns(desk: Desk, *names: str) -> list[tuple[object, ...]]:
    with desk.reading() as session:
        query = select(*(getattr(Claim, name) for name in names)).order_by(Claim.id)
        return [tuple(row) for row in session.execute(query)]


@pytest.fixture
def sqlite_people(sqlite_desk: Desk) -> People:
    """Staff of the desk on SQLite."""
    return hire(sqlite_desk)


@pytest.fixture(autouse=True)
def _nothing_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim at a place of chance, unless a test is about them."""
    monkeypatch.setattr(liverank, "chance_of", lambda *_: 1.0)


def test_the_order_follows_the_verdicts_and_nothing_else_moves(desk: Desk, people: People) -> None:
    lures, calm = put_open(desk, 12)
    decide(desk, people, 10)
    untouched = ("state", "score", "flagged", "reach", "freshness", "model_id", "deferred_until")
    before = columns(desk, *untouched)
    liveorder.switch_on(desk, people.chi, WHY)
    live = LiveRank(desk)
    done = live.update()
    assert live.explain() == 24
    assert live.explain() == 0
    assert (done.claims, done.labels, done.refused) == (24, 20, None)
    assert set(order(desk)[:12]) == set(lures)
    assert columns(desk, *untouched) == before
    with desk.reading() as session:
        row = liveorder.newest(session)
        shown = session.scalars(select(ClaimReason).where(ClaimReason.claim_id.in_(lures))).all()
    assert row is not None
    assert (row.n_labels, row.data_sha256 is not None) == (20, True)
    assert shown
    assert all(one.position >= answers.FIRST_LEARNED and one.feature.startswith("từ “") for one in shown)
    assert calm


def test_control_labels_turned_round_turn_the_order_round(sqlite_desk: Desk, sqlite_people: People) -> None:
    lures, calm = put_open(sqlite_desk, 6)
    draw, pair = random.Random(1), (sqlite_people.an, sqlite_people.binh)
    for _ in range(8):
        settle(sqlite_desk, salad(LURE, draw), Rating.TRUE, pair)
        settle(sqlite_desk, salad(CALM, draw), Rating.FALSE, pair)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    LiveRank(sqlite_desk).update()
    assert set(order(sqlite_desk)[:6]) == set(calm)
    assert lures


def test_off_means_off(sqlite_desk: Desk, sqlite_people: People) -> None:
    put_open(sqlite_desk, 4)
    decide(sqlite_desk, sqlite_people, 6)
    before = columns(sqlite_desk, "priority", "learned")
    LiveRank(sqlite_desk).update()
    assert not liverank.once(sqlite_desk)
    assert columns(sqlite_desk, "priority", "learned") == before
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    live = LiveRank(sqlite_desk)
    live.update()
    assert columns(sqlite_desk, "priority", "learned") != before
    liveorder.switch_off(sqlite_desk, sqlite_people.chi, "mô hình mới sắp được chọn")
    live.update()
    assert [round(float(str(row[0])), 9) for row in columns(sqlite_desk, "priority")] == [
        round(float(str(row[0])), 9) for row in before
    ]
    assert {row[0] for row in columns(sqlite_desk, "learned")} == {None}
    with sqlite_desk.reading() as session:
        assert not session.scalars(select(ClaimReason)).all()


def first_places(desk: Desk, n: int) -> list[list[int]]:
    """The first places of every list: of each state and topic, by what stands in the database."""
    with desk.reading() as session:
        query = select(Claim.id, Claim.state, Claim.topic).where(Claim.state.in_(decisions.OPEN_STATES))
        rows = session.execute(query.order_by(Claim.priority.desc(), Claim.id)).all()
    lists: dict[tuple[str, str], list[int]] = {}
    for claim_id, state, topic in rows:
        lists.setdefault((state, topic), []).append(claim_id)
    return [lists[name][:n] for name in sorted(lists)]


def test_the_first_places_are_exact_and_few_rows_are_written(
    desk: Desk, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_open(desk, 60)
    draw = random.Random(3)
    with desk.sessions.begin() as session:
        for claim in session.scalars(select(Claim)):
            claim.score, claim.state = draw.uniform(0.05, 0.95), draw.choice(("queued", "queued", "second"))
            claim.priority = claim.score * 0.5
    decide(desk, people, 10)
    liveorder.switch_on(desk, people.chi, WHY)
    monkeypatch.setattr(liverank, "FIRST", 4)
    live = LiveRank(desk)
    done = live.update()
    exact = first_places(desk, 4)
    assert 0 < done.written < 120
    while live.settle_some():
        pass
    monkeypatch.setattr(liverank, "FIRST", 10_000)
    LiveRank(desk).update()
    assert first_places(desk, 4) == exact  # what every row rewritten gives


def test_control_without_the_rows_that_stand_there_wrongly_it_is_not(
    sqlite_desk: Desk, sqlite_people: People
) -> None:
    lures, calm = put_open(sqlite_desk, 6)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id.in_(calm)).values(priority=0.9, reach=1.0, score=0.9))
    decide(sqlite_desk, sqlite_people, 10)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    LiveRank(sqlite_desk).update()
    moved = order(sqlite_desk)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id.in_(calm)).values(priority=0.9))
    assert order(sqlite_desk) != moved
    assert lures


def test_the_stage_that_scores_keeps_what_was_learned(sqlite_desk: Desk, sqlite_people: People) -> None:
    lures, _ = put_open(sqlite_desk, 8)
    decide(sqlite_desk, sqlite_people, 20)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    assert liverank.once(sqlite_desk)
    assert not liverank.once(sqlite_desk)  # nothing new was decided
    learned = columns(sqlite_desk, "learned")
    ranking.rank(sqlite_desk)
    assert columns(sqlite_desk, "learned") == learned
    with sqlite_desk.reading() as session:
        claim = session.get_one(Claim, lures[0])
        chance = ranking.chance_in_order(claim)
        assert claim.priority == pytest.approx(chance * (claim.reach or 0) * (claim.freshness or 0))
        assert chance > (claim.score or 0)
        assert session.get(ClaimReason, (lures[0], answers.FIRST_LEARNED)) is not None


def test_what_it_learns_is_bounded_and_grows_with_the_labels() -> None:
    draw = random.Random(2)
    texts = [salad(LURE, draw) for _ in range(60)] + [salad(CALM, draw) for _ in range(60)]
    pool = Pool()
    pool.add(texts)
    most = []
    for n in (1, 5, 50):
        rows = [*range(n), *range(60, 60 + n)]
        found = shifts(pool, rows, [True] * n + [False] * n)
        assert found.trust == pytest.approx(n / (n + 10))
        most.append(float(abs(found.values).max()))
    assert most[0] < min(most[1:])
    assert max(most) <= 3
    assert not shifts(pool, [0, 1], [True, True]).values.any()


# --- what teaches


def test_copies_count_once_and_what_is_no_verdict_teaches_nothing(
    sqlite_desk: Desk, sqlite_people: People
) -> None:
    draw, pair = random.Random(4), (sqlite_people.an, sqlite_people.binh)
    said = salad(LURE, draw)
    settle(sqlite_desk, said, Rating.FALSE, pair)
    settle(sqlite_desk, said + " nhé", Rating.FALSE, pair, at=NOW + timedelta(seconds=1))
    settle(sqlite_desk, salad(LURE, draw), Rating.UNPROVEN, pair)
    calm = close(sqlite_desk, salad(CALM, draw), pair)
    waits = put_claim(sqlite_desk, salad(LURE, draw))
    put_claim(sqlite_desk, salad(LURE, draw), from_tip=True)
    with sqlite_desk.reading() as session:
        before = livelabels.newest(session)
    assert [(label.is_false, label.text) for label in before if label.claim_id != calm] == [(True, said)]
    decisions.defer(
        sqlite_desk, waits, sqlite_people.an, DAY + timedelta(days=9), "chờ bệnh viện trả lời thư"
    )
    with sqlite_desk.reading() as session:
        assert livelabels.newest(session) == before


def test_a_claim_counts_with_its_newest_verdict(desk: Desk, people: People) -> None:
    claim = settle(desk, salad(LURE, random.Random(1)), Rating.FALSE, (people.an, people.binh))
    later = NOW + timedelta(days=1)
    pair = (people.chi, people.dung)
    settle(desk, "", Rating.TRUE, pair, at=later, round_=2, claim_id=claim)
    with desk.reading() as session:
        assert [(one.claim_id, one.is_false) for one in livelabels.newest(session)] == [(claim, False)]


def test_a_claim_that_is_put_off_keeps_its_place_for_its_day(
    sqlite_desk: Desk, sqlite_people: People
) -> None:
    lures, _ = put_open(sqlite_desk, 4)
    decisions.defer(
        sqlite_desk, lures[0], sqlite_people.an, DAY + timedelta(days=9), "chờ bệnh viện trả lời thư"
    )
    decide(sqlite_desk, sqlite_people, 8)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    LiveRank(sqlite_desk).update()
    assert lures[0] not in order(sqlite_desk)
    with sqlite_desk.reading() as session:
        later = [row.id for row in ranking.open_queue(session, DAY + timedelta(days=9))]
    assert lures[0] in later[:4]


def test_new_claims_enter_at_any_time(sqlite_desk: Desk, sqlite_people: People) -> None:
    put_open(sqlite_desk, 4)
    decide(sqlite_desk, sqlite_people, 8)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    live = LiveRank(sqlite_desk)
    live.update()
    seen = marks(sqlite_desk)
    more, _ = put_open(sqlite_desk, 3, seed=77)
    assert marks(sqlite_desk) != seen
    assert live.update().claims == 14
    assert set(more) <= set(order(sqlite_desk)[:7])


# --- no claim is hidden


def test_a_share_ignores_what_was_learned(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    lures, calm = put_open(sqlite_desk, 10)
    with sqlite_desk.reading() as session:
        name = session.get_one(Claim, calm[0]).public_id
    monkeypatch.setattr(liverank, "chance_of", lambda _, one: 0.0 if one == name else 1.0)
    decide(sqlite_desk, sqlite_people, 10)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    LiveRank(sqlite_desk).update()
    assert calm[0] in order(sqlite_desk)[:2]
    # the control: without the share it stands where the verdicts put it
    monkeypatch.setattr(liverank, "chance_of", lambda *_: 1.0)
    LiveRank(sqlite_desk).update()
    assert calm[0] in order(sqlite_desk)[10:]
    assert lures


# --- rule 10: who lets it, and what stops it


def test_only_a_lead_switches_it_and_says_why(sqlite_desk: Desk, sqlite_people: People) -> None:
    people = sqlite_people
    for who in (people.an, people.kiem, people.quan, 999):
        with pytest.raises(ConflictError, match="only a lead"):
            liveorder.switch_on(sqlite_desk, who, WHY)
    with pytest.raises(UsageError, match="reason"):
        liveorder.switch_on(sqlite_desk, people.chi, "thử")
    with pytest.raises(ConflictError, match="no new verdicts"):
        liveorder.switch_off(sqlite_desk, people.chi, WHY)
    liveorder.switch_on(sqlite_desk, people.chi, WHY)
    with pytest.raises(ConflictError, match="already"):
        liveorder.switch_on(sqlite_desk, people.dung, WHY)
    with sqlite_desk.reading() as session:
        actors = session.execute(select(AuditEntry.actor, AuditEntry.action)).all()
    assert (f"staff:{people.chi}", "order_on") in [tuple(row) for row in actors]


def test_no_database_takes_it_switched_on_by_nobody(desk: Desk) -> None:
    on = "INSERT INTO live_order (state, reason, at) VALUES ('on', 'x', '2026-11-18 03:00:00')"
    with pytest.raises(IntegrityError), desk.engine.begin() as connection:
        connection.execute(text(on))


def ready(desk: Desk, people: People) -> LiveRank:
    """A desk whose order has learned."""
    put_open(desk, 5)
    decide(desk, people, 8)
    liveorder.switch_on(desk, people.chi, WHY)
    live = LiveRank(desk)
    assert live.update().refused is None
    return live


def stopped(desk: Desk, live: LiveRank) -> str | None:
    """Why the next look stops it; what was learned is gone then."""
    why = live.update().refused
    with desk.reading() as session:
        assert liveorder.is_on(session) == (why is None)
        left = session.scalars(select(Claim.id).where(Claim.learned.is_not(None))).all()
    assert bool(left) == (why is None)
    return why


def test_an_alarm_stops_it(sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    live = ready(sqlite_desk, sqlite_people)
    assert stopped(sqlite_desk, live) is None
    monkeypatch.setattr(autoqueue, "stopped", lambda *_: Half("2026-W46"))
    assert stopped(sqlite_desk, live) == "the independent audit found too many false flags"
    with pytest.raises(ConflictError, match="may not learn now"):
        liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)


def test_a_rollback_stops_it_and_a_promotion_does_not(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(livegate, "refusal", lambda *_: None)
    monkeypatch.setattr(type(sqlite_desk), "ranker", lambda _: None)
    live = ready(sqlite_desk, sqlite_people)
    with sqlite_desk.sessions.begin() as session:
        made = {"kind": ModelKind.RANK, "data_sha256": "b" * 64, "n_labels": 60, "created_at": NOW}
        model = ModelVersion(
            sha256="a" * 64, state=ModelState.CHAMPION, promoted_by=sqlite_people.chi, **made
        )
        model.promoted_at = NOW + timedelta(hours=1)
        session.add(model)
    assert stopped(sqlite_desk, live) is None
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(ModelVersion).values(state=ModelState.RETIRED))
        session.execute(update(LiveOrder).values(model_id=select(ModelVersion.id).scalar_subquery()))
    assert stopped(sqlite_desk, live) == "the model that served was taken back"


def test_what_likes_protected_texts_is_not_let_near_the_order(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classify import protected

    texts = [row.text for row in protected.load()][:40]
    draw, pair = random.Random(6), (sqlite_people.an, sqlite_people.binh)
    for said in texts:
        settle(sqlite_desk, said, Rating.FALSE, pair)
        settle(sqlite_desk, salad(CALM, draw), Rating.TRUE, pair)
    put_open(sqlite_desk, 5)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    assert "protected" in str(stopped(sqlite_desk, LiveRank(sqlite_desk)))
    # the control: without the gate it would order the queue
    monkeypatch.setattr(livegate, "refusal", lambda *_: None)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    assert stopped(sqlite_desk, LiveRank(sqlite_desk)) is None


# --- "no, because…"


def test_a_doubted_word_weighs_less_in_the_next_training(desk: Desk, people: People) -> None:
    lures, _ = put_open(desk, 6)
    decide(desk, people, 10)
    liveorder.switch_on(desk, people.chi, WHY)
    live = LiveRank(desk)
    live.update()
    live.explain()

    def weights() -> dict[str, float]:
        with desk.reading() as session:
            query = select(ClaimReason.feature, ClaimReason.weight).where(ClaimReason.claim_id.in_(lures))
            return {feature: abs(weight) for feature, weight in session.execute(query)}

    before = weights()
    word = max(before, key=lambda one: before[one])
    with desk.reading() as session:
        query = select(ClaimReason.claim_id, ClaimReason.position).where(ClaimReason.feature == word)
        shown = session.execute(query).all()
    for claim_id, position in shown[:2]:
        answers.answer(desk, claim_id, people.an, position, "từ này ai cũng dùng")
        answers.answer(desk, claim_id, people.binh, position, "không nói lên điều gì")
    live.update()
    live.explain()
    assert weights().get(word, 0.0) < before[word]


def answered(desk: Desk, feature: str, claims: Sequence[int], staff: Sequence[int]) -> float:
    """The factor of a reason that these people doubt on these claims."""
    with desk.sessions.begin() as session:
        for claim_id in claims:
            session.merge(ClaimReason(claim_id=claim_id, position=0, feature=feature, weight=1.0))
    for claim_id in claims:
        for who in staff:
            answers.answer(desk, claim_id, who, 0, "không nói lên điều gì")
    with desk.reading() as session:
        return answers.factors(session)[feature]


def test_one_person_alone_halves_a_reason_and_no_more(sqlite_desk: Desk, sqlite_people: People) -> None:
    lures, calm = put_open(sqlite_desk, 4)
    assert answered(sqlite_desk, "kêu gọi chia sẻ", lures, [sqlite_people.an]) == 0.5
    assert answered(sqlite_desk, "nêu cơ quan", calm, [sqlite_people.an, sqlite_people.binh]) == 0.25
    with sqlite_desk.reading() as session:
        found = answers.corrections(session, answers.factors(session))
    assert found[lures[0]] == -0.5
    assert found[calm[0]] == -0.75


def test_answers_go_with_their_claim(desk: Desk, people: People) -> None:
    from models.retention import erase_claim

    lures, _ = put_open(desk, 2)
    answered(desk, "kêu gọi chia sẻ", lures[:1], [people.an])
    with desk.sessions.begin() as session:
        erase_claim(session, lures[0])
    with desk.reading() as session:
        assert answers.factors(session) == {}


# --- beside the server


def test_switched_off_while_it_learns_nothing_stays(
    sqlite_desk: Desk, sqlite_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_open(sqlite_desk, 4)
    decide(sqlite_desk, sqlite_people, 5)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    learn = LiveRank._learn

    def interrupted(*given: Any) -> Any:  # noqa: ANN401 -- as the method itself
        monkeypatch.setattr(LiveRank, "_learn", learn)
        liveorder.switch_off(sqlite_desk, sqlite_people.chi, "mô hình mới sắp được chọn")
        return learn(*given)

    monkeypatch.setattr(LiveRank, "_learn", interrupted)
    follow(sqlite_desk, threading.Event(), 0.0)
    assert {row[0] for row in columns(sqlite_desk, "learned")} == {None}


def test_what_a_killed_process_left_is_taken_back_by_the_next_run(
    sqlite_desk: Desk, sqlite_people: People
) -> None:
    put_open(sqlite_desk, 4)
    decide(sqlite_desk, sqlite_people, 5)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    LiveRank(sqlite_desk).update()
    assert {row[0] for row in columns(sqlite_desk, "learned")} != {None}
    liveorder.switch_off(sqlite_desk, sqlite_people.chi, "mô hình mới sắp được chọn")
    assert liverank.once(sqlite_desk)
    assert {row[0] for row in columns(sqlite_desk, "learned")} == {None}
    assert not liverank.once(sqlite_desk)


def test_a_verdict_is_followed_without_anybody_asking(sqlite_desk: Desk, sqlite_people: People) -> None:
    put_open(sqlite_desk, 4)
    decide(sqlite_desk, sqlite_people, 5)
    liveorder.switch_on(sqlite_desk, sqlite_people.chi, WHY)
    done = threading.Event()
    beside = threading.Thread(target=follow, args=(sqlite_desk, done, 0.02))
    beside.start()

    def learned() -> bool:
        for _ in range(600):
            with sqlite_desk.reading() as session:
                row, known = liveorder.newest(session), livelabels.newest(session)
            if row is not None and row.data_sha256 == fingerprint(known):
                return True
            time.sleep(0.05)
        return False

    try:
        assert learned()
        pair = (sqlite_people.an, sqlite_people.binh)
        settle(sqlite_desk, salad(LURE, random.Random(99)), Rating.FALSE, pair)
        assert learned()
        liveorder.switch_off(sqlite_desk, sqlite_people.chi, "mô hình mới sắp được chọn")
        beside.join(30)
        assert not beside.is_alive()  # it ends by itself when it is switched off
    finally:
        done.set()
        beside.join(30)
    assert {row[0] for row in columns(sqlite_desk, "learned")} == {None}

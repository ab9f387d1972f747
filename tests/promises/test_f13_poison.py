"""F13: one poisonous item in any stage is tried three times and set aside; everything else gets through."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from classify import match as matcher
from classify.rank import ColdRanker
from crawlers import outbound
from models import counters, parking
from models.claims import Claim, ClaimMatch
from models.desk import JobRun
from models.gathered import Mention
from models.retention import erase_claim
from models.vocabulary import Opinion, Outcome
from models.weeks import local_day
from models.workbench import PendingReview
from pipeline import doctor, search, subscriptions, undo
from pipeline import parking as stages_parking
from pipeline.clustering import cluster
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from pipeline.run import stages
from tests.conftest import NOW
from tests.pipeline.conftest import PRIMARY, desk, hire, put_claim, sqlite_desk
from tests.pipeline.test_stages import known, put_mention

__all__ = ["desk", "sqlite_desk"]

POISON = "POISON"
WORDS = "cá lúa xoài dừa mía cam quýt bưởi chôm ổi nhãn sầu mít khóm tôm ếch vịt gà heo bò"


def text_of(number: int) -> str:
    """So many different texts: no two are one claim."""
    some = WORDS.split()
    named = f"{some[number % 20]} {some[number // 20 % 20]} {some[number // 400 % 20]}"
    return f"Hộ trồng {named} ở ấp {number} nhận {number + 2} triệu đồng nếu nộp phí {number + 11} nghìn"


def fill(desk: Desk, n: int) -> None:
    """So many mentions, one of them poisonous."""
    for number in range(n):
        put_mention(desk, text_of(number) + (f" {POISON}" if number == n // 3 else ""))


def poisonous(owner: object, name: str, patch: pytest.MonkeyPatch, told: Callable[..., bool]) -> None:
    """Make a function of the product fail whenever its arguments hold the poison."""
    work = getattr(owner, name)

    def poisoned(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- wraps anything
        if told(*args, **kwargs):
            raise ValueError("cannot read this: " + POISON)
        return work(*args, **kwargs)

    patch.setattr(owner, name, poisoned)


def in_text(_: object, text: str, *rest: object, **named: object) -> bool:  # noqa: ARG001
    return POISON in text


def in_facts(_: object, facts: Sequence[Any]) -> bool:
    return any(POISON in fact.text for fact in facts)


POISONED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "cluster": lambda patch: poisonous(matcher.ClaimIndex, "search", patch, in_text),
    "match": lambda patch: poisonous(matcher.ClaimIndex, "search", patch, in_text),
    "rank": lambda patch: poisonous(ColdRanker, "score", patch, in_facts),
    "queue": lambda patch: poisonous(search, "claim_keys", patch, lambda text: POISON in text),
}


def open_queue(desk: Desk) -> None:
    """Everything enters the queue."""
    desk.settings = replace(desk.settings, values={**desk.settings.values, "queue.exploration": 1.0})


def through(desk: Desk) -> dict[str, int]:
    """How many claims each stage has brought through, and how many are in the whole queue."""
    with desk.reading() as session:
        named = ~Claim.text.contains(POISON)
        return {
            "cluster": session.scalar(select(func.count()).select_from(Claim).where(named)) or 0,
            "match": session.scalar(select(func.count(ClaimMatch.claim_id.distinct()))) or 0,
            "rank": session.scalar(select(func.count(Claim.score)).where(named)) or 0,
            "queue": session.scalar(select(func.count(Claim.queued_at)).where(named)) or 0,
        }


def run_with_poison(desk: Desk, stage: str, n: int, patch: pytest.MonkeyPatch) -> None:
    """Fill the desk, poison a stage and run all of them five times."""
    open_queue(desk)
    if stage == "match":
        # the poison is met by the second search, of what is known, and not by the first
        fill(desk, n)
        cluster(desk)
    known(desk, text_of(0), "false")
    POISONED[stage](patch)
    if stage != "match":
        fill(desk, n)
    for _ in range(5):
        stages(desk)


def shown(desk: Desk) -> doctor.Check:
    """What the doctor says of what is parked."""
    return {one.name: one for one in doctor.examine(desk.settings, desk.clock)}["parked"]


def tried(desk: Desk) -> list[parking.Tried]:
    with desk.reading() as session:
        return parking.tried(session)


def holds(desk: Desk, stage: str, n: int, patch: pytest.MonkeyPatch) -> None:
    run_with_poison(desk, stage, n, patch)
    found = through(desk)
    assert {name: found[name] for name in ("cluster", "rank", "queue")} == dict.fromkeys(
        ("cluster", "rank", "queue"), n - 1
    )
    assert found["match"] >= 1
    (one,) = tried(desk)
    assert (one.stage, one.tries, one.error, one.parked) == (stage, parking.TRIES, "ValueError", True)
    with desk.reading() as session:
        counted = counters.totals(session, f"stage:{stage}", local_day(NOW))
        left = session.scalars(select(JobRun.outcome).where(JobRun.job == f"tried:{stage}")).one()
    assert counted == {Outcome.PARSE_ERROR: parking.TRIES - 1, Outcome.QUARANTINED: 1}
    assert POISON not in str(left), "an error's own words can quote a text"
    check = shown(desk)
    assert check.failed
    assert f"{stage} {one.item}" in check.message


@pytest.mark.parametrize("stage", POISONED)
def test_one_poisonous_claim_is_parked_and_the_others_get_through(
    sqlite_desk: Desk, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds(sqlite_desk, stage, 9, monkeypatch)


@pytest.mark.release
@pytest.mark.parametrize("stage", POISONED)
def test_the_other_999_of_1000_finish(sqlite_desk: Desk, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # found by words alone: a vector for each of a thousand texts takes minutes and says nothing of poison
    sqlite_desk.settings = replace(
        sqlite_desk.settings, values={**sqlite_desk.settings.values, "ranking.encoder": "none"}
    )
    holds(sqlite_desk, stage, 1000, monkeypatch)


def test_a_stage_that_lets_errors_through_is_found_out(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Everything(Exception):  # noqa: N818 -- stands for what is never caught
        """Nothing is this."""

    monkeypatch.setattr(stages_parking, "MACHINE", (Exception, Everything))
    with pytest.raises(ValueError, match=POISON):
        run_with_poison(sqlite_desk, "rank", 6, monkeypatch)
    assert through(sqlite_desk)["queue"] < 5


def test_what_was_parked_is_tried_again_when_somebody_says_so(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        run_with_poison(sqlite_desk, "cluster", 3, broken)
    stages(sqlite_desk)
    assert [one.parked for one in tried(sqlite_desk)] == [True], "parked is parked, whatever was mended"
    assert stages_parking.release(sqlite_desk) == 1
    stages(sqlite_desk)
    assert tried(sqlite_desk) == []
    assert shown(sqlite_desk).state == doctor.OK
    with sqlite_desk.reading() as session:
        assert session.scalar(select(func.count()).where(Mention.claim_id.is_(None))) == 0


def test_an_item_that_works_the_second_time_is_forgotten(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_queue(sqlite_desk)
    with monkeypatch.context() as broken:
        POISONED["rank"](broken)
        fill(sqlite_desk, 3)
        stages(sqlite_desk)
        assert [one.tries for one in tried(sqlite_desk)] == [1]
    stages(sqlite_desk)
    assert tried(sqlite_desk) == []


def test_nothing_of_a_parked_claim_stays_when_it_is_erased(desk: Desk) -> None:
    claim_id = put_claim(desk)
    with desk.sessions.begin() as session:
        mention_id = session.scalars(select(Mention.id)).one()
        parking.failed(session, "match", f"claim:{claim_id}", ValueError("x"), NOW)
        parking.failed(session, "cluster", f"mention:{mention_id}", ValueError("x"), NOW)
    with desk.sessions.begin() as session:
        erase_claim(session, claim_id)
    assert tried(desk) == []


# --- reviews that wait, and what is sent


def test_a_review_that_cannot_be_read_holds_up_no_other(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claims = [put_claim(sqlite_desk, text_of(number)) for number in range(3)]
    for claim_id in claims:
        given = ReviewInput(Opinion.FALSE, "Trang của tỉnh nói khác hẳn tin này.", [PRIMARY])
        undo.accept(sqlite_desk, [claim_id], people.an, given, {"reason": "x"})
    with sqlite_desk.sessions.begin() as session:
        row = session.scalars(select(PendingReview).order_by(PendingReview.id)).first()
        assert row is not None
        row.given = '{"opinion": "POISON"}'
    sqlite_desk.clock = lambda: NOW + timedelta(minutes=1)
    assert [undo.settle_due(sqlite_desk) for _ in range(5)] == [2, 0, 0, 0, 0]
    (one,) = tried(sqlite_desk)
    assert (one.stage, one.tries, one.parked) == ("settle", 3, True)
    assert "settle review:" in shown(sqlite_desk).message


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is due to be sent: four deliveries, the first of them poisonous; gives what was sent."""
    sent: list[str] = []
    due = ["a-poison", "b", "c", "d"]

    def one(desk: Desk, delivery_id: str, send: subscriptions.Send) -> str:  # noqa: ARG001
        if delivery_id == "a-poison":
            raise ValueError(POISON)
        sent.append(delivery_id)
        return "taken"

    monkeypatch.setattr(subscriptions, "_deliver_one", one)
    monkeypatch.setattr(subscriptions, "_claimed", lambda _: due)
    return sent


def test_a_correction_that_cannot_be_sent_takes_no_other_with_it(
    sqlite_desk: Desk, sending: list[str]
) -> None:
    counts = subscriptions.deliver(sqlite_desk, outbound.send)
    assert sending == ["b", "c", "d"]
    assert counts["taken"] == 3

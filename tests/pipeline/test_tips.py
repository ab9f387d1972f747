"""A receipt follows a tip and takes it back; what others said stays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from crawlers.intake import receipt_hash
from models.claims import Claim
from models.decisions import Correction, CorrectionText, Evidence, Verdict
from models.desk import Staff
from models.errors import NotFoundError
from models.gathered import Item, Mention, MentionToken, Tip
from models.vocabulary import ClaimState, Role
from models.weeks import iso_week, local_day
from pipeline import accounts, tips
from pipeline.compose import Desk, build
from pipeline.settings import load
from tests.pipeline.conftest import count

WORDS = "Bà con ơi uống lá đu đủ là hết bệnh"
OTHER = "Có báo viết rằng lá đu đủ chữa bệnh"


@pytest.fixture
def desk(database_url: str, tmp_path: Path, clock: Callable[[], datetime]) -> Iterator[Desk]:
    """A desk on each database in turn."""
    flags = {"database.url": database_url, "paths.var": str(tmp_path / "var")}
    made = build(load(environ={}, flags=flags), clock=clock, migrated=False)
    yield made
    made.close()


@dataclass
class Sent:
    """A claim of one tip and perhaps of others."""

    claim_id: int
    receipt: str


def send(desk: Desk, *, others: int = 0, state: ClaimState = ClaimState.QUEUED) -> Sent:
    """A tip whose words became a claim, and tips of other people that say the same."""
    today = local_day(desk.clock())
    receipt = "R" * 22
    with desk.sessions.begin() as session:
        claim = Claim(
            public_id="ab" * 8,
            key="key-0",
            text=WORDS,
            topic="health",
            state=state.value,
            first_day=today,
            last_day=today,
            week=iso_week(today),
            n_mentions=others + 1,
            n_tips=others + 1,
        )
        session.add(claim)
        session.flush()
        for n in range(others + 1):
            item = Item(key=f"tip:{n}", kind="tip", day=today, is_local=True)
            session.add(item)
            session.flush()
            held = receipt if n == 0 else f"{n}" * 22
            session.add(Tip(receipt_key=receipt_hash(held, desk.keys.receipt), item_id=item.id, day=today))
            mention = Mention(
                item_id=item.id,
                position=0,
                key=f"key-{n}",
                text=WORDS if n == 0 else OTHER,
                topic="health",
                check_score=0.9,
                claim_id=claim.id,
                day=today,
            )
            session.add(mention)
            session.flush()
            session.add(MentionToken(mention_id=mention.id, token=f"1a2b3c4{n}", kind="phone", last_two="07"))
        return Sent(claim.id, receipt)


def answer(desk: Desk, claim_id: int) -> None:
    """A published correction of the claim."""
    now = desk.clock()
    people: list[Staff] = [
        accounts.add(desk, name, Role.LEAD, "sông rộng thuyền trôi xa") for name in ("an", "binh")
    ]
    with desk.sessions.begin() as session:
        session.add(
            Evidence(
                claim_id=claim_id,
                round=1,
                staff_id=people[0].id,
                kind="primary",
                url="https://a.gov.vn/",
                domain="a.gov.vn",
                publisher="Sở",
                quote="Không chữa được.",
                published_day=local_day(now),
                quote_sha256="0" * 64,
                at=now,
            )
        )
        session.flush()
        verdict = Verdict(
            claim_id=claim_id,
            round=1,
            rating="false",
            method_note="Đã đọc.",
            first_staff_id=people[0].id,
            second_staff_id=people[1].id,
            at=now,
        )
        correction = Correction(slug="la-du-du", claim_id=claim_id, published_at=now)
        session.add_all([verdict, correction])
        session.flush()
        parts = dict.fromkeys(("title", "truth", "how_known", "what_to_do", "contact", "reason"), "…")
        session.add(
            CorrectionText(
                correction_id=correction.id,
                verdict_id=verdict.id,
                language="vi",
                version=1,
                said="Lời của bàn tin",
                at=now,
                **parts,
            )
        )


def test_a_receipt_tells_where_a_tip_stands(desk: Desk) -> None:
    sent = send(desk)
    status = tips.follow(desk, sent.receipt)
    assert (status.day, status.answered_day) == (local_day(desk.clock()), None)
    assert [(one.topic, one.state, one.slug) for one in status.claims] == [
        ("health", ClaimState.QUEUED, None)
    ]
    answer(desk, sent.claim_id)
    assert [one.slug for one in tips.follow(desk, sent.receipt).claims] == ["la-du-du"]


@pytest.mark.parametrize("receipt", ["", "r" * 22, "R" * 21, "R" * 5_000, "' OR 1=1 --", "\x00", "\ud800"])
def test_no_other_receipt_opens_anything(receipt: str, desk: Desk) -> None:
    send(desk)
    for do in (tips.follow, tips.withdraw):
        with pytest.raises(NotFoundError, match="no tip of this receipt"):
            do(desk, receipt)
    assert count(desk, Tip) == 1


def test_a_tip_that_alone_carried_a_claim_goes_with_it(desk: Desk) -> None:
    sent = send(desk)
    tips.withdraw(desk, sent.receipt)
    for table in (Tip, Item, Mention, MentionToken, Claim):
        assert count(desk, table) == 0, table
    with pytest.raises(NotFoundError):
        tips.withdraw(desk, sent.receipt)


def test_what_others_said_stays_in_their_words(desk: Desk) -> None:
    sent = send(desk, others=2)
    tips.withdraw(desk, sent.receipt)
    with desk.reading() as session:
        claim = session.get_one(Claim, sent.claim_id)
        assert (claim.text, claim.n_mentions, claim.n_tips) == (OTHER, 2, 2)
        assert claim.key == "key-1"
    assert count(desk, Tip) == 2


def test_an_answer_stays_in_the_desks_own_words(desk: Desk) -> None:
    sent = send(desk, state=ClaimState.DECIDED)
    answer(desk, sent.claim_id)
    tips.withdraw(desk, sent.receipt)
    with desk.reading() as session:
        claim = session.get_one(Claim, sent.claim_id)
        assert claim.text == "Lời của bàn tin"
        assert claim.n_tips == claim.n_mentions == 0
    assert count(desk, Correction) == 1

"""A link that answers no more is said so, beside it, for readers and for staff."""

from datetime import date

import pytest
from sqlalchemy import select

from crawlers import links
from crawlers.fetch import Fetched
from models.claims import KnownClaim
from models.desk import Staff
from models.vocabulary import Outcome
from pipeline import public
from pipeline.compose import Desk
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import EVIDENCE, add_claim, add_match, add_source, decide, publish, words

GONE = "trang không còn từ"
KNOWN = "https://kiem-tin.vn/la-du-du"


def answer(desk: Desk, url: str, status: int) -> None:
    """Note what an address answered, as the daily look does."""
    outcome = Outcome.KEPT if status == 200 else Outcome.HTTP_ERROR
    with desk.sessions.begin() as session:
        links.note(session, Fetched(url, url, outcome, status), desk.clock)


@pytest.fixture
def claim_id(desk: Desk, staff: dict[str, Staff]) -> int:
    made = add_claim(desk, source_id=add_source(desk))
    decide(desk, made, staff["an"].id, staff["binh"].id)
    return made


def test_readers_see_that_evidence_is_gone_and_that_it_is_back(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], claim_id: int
) -> None:
    slug = publish(desk, claim_id, staff["chi"].id)
    page = f"/dinh-chinh/{slug}"
    # the control: nobody has asked yet, and an ill server says nothing about the address
    assert GONE not in browse().get(page).text
    answer(desk, EVIDENCE.url, 500)
    assert GONE not in browse().get(page).text
    answer(desk, EVIDENCE.url, 404)
    shown = words(browse().get(page))
    assert f"{GONE} 18/11/2026" in shown
    assert EVIDENCE.quote in shown, "the quotation stays"
    with desk.reading() as session:
        assert [one.dead_day for one in public.correction(session, slug).evidence] == [date(2026, 11, 18)]
    answer(desk, EVIDENCE.url, 200)
    assert GONE not in browse().get(page).text


def test_staff_see_it_beside_evidence_and_others_fact_checks(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], claim_id: int
) -> None:
    add_match(desk, claim_id)
    publish(desk, claim_id, staff["chi"].id)
    with desk.reading() as session:
        assert session.scalars(select(KnownClaim.url).where(KnownClaim.url == KNOWN)).all() == [KNOWN]
    page = f"/ban-lam-viec/{claim_id}"
    assert GONE not in browse("chi").get(page).text
    for url in (EVIDENCE.url, KNOWN):
        answer(desk, url, 410)
    assert browse("chi").get(page).text.count(f"{GONE} 18/11/2026") == 2

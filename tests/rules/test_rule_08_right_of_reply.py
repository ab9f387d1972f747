"""Rule 8: anybody can appeal, without an account; two others decide; the page shows what came of it."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from models.claims import Claim
from models.decisions import Appeal
from models.errors import ConflictError
from models.vocabulary import AppealState, ClaimState, Language, Opinion
from pipeline import decisions, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.pipeline.conftest import PRIMARY, put_claim
from tests.rules.history import APPEAL, REASON, TEXT, decided_twice, staff_of

DOOR = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def staff(sqlite_desk: Desk) -> list[int]:
    return staff_of(sqlite_desk)


@pytest.fixture
def web(sqlite_desk: Desk) -> TestClient:
    from review_ui.app import create_app

    return TestClient(create_app(sqlite_desk), base_url="https://testserver", follow_redirects=False)


def _answer(
    desk: Desk, claim: int, pair: tuple[int, int], lead: int, opinion: Opinion, reason: str = ""
) -> str:
    for who in pair:
        decisions.record_review(desk, claim, who, ReviewInput(opinion, REASON, (PRIMARY,)))
    return publishing.publish(desk, claim, lead, {Language.VI: TEXT}, reason)


@pytest.fixture
def answered(sqlite_desk: Desk, staff: list[int]) -> tuple[int, str]:
    """A claim that two analysts found false and a lead published."""
    claim = put_claim(sqlite_desk)
    return claim, _answer(sqlite_desk, claim, (staff[0], staff[1]), staff[2], Opinion.FALSE)


def _appeal(web: TestClient, slug: str) -> str:
    answer = web.post(f"/phan-hoi/{slug}", data={"reason": APPEAL}, headers=DOOR)
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    return answer.headers["location"]


def test_a_reader_appeals_without_account_cookie_or_script(
    sqlite_desk: Desk, web: TestClient, answered: tuple[int, str]
) -> None:
    claim, slug = answered
    page = web.get(f"/dinh-chinh/{slug}")
    assert f"/phan-hoi/{slug}" in page.text
    form = web.get(f"/phan-hoi/{slug}").text
    assert 'method="post"' in form.lower()
    where = _appeal(web, slug)
    assert web.get(where).status_code == 200
    with sqlite_desk.reading() as session:
        appeal = session.scalars(select(Appeal)).one()
        assert (appeal.state, appeal.received_day) == (AppealState.OPEN, date(2026, 11, 18))
        assert appeal.due_day == date(2026, 11, 27)  # seven working days
        reopened = session.get_one(Claim, claim)
        assert (reopened.state, reopened.round) == (ClaimState.QUEUED, 2)


def test_an_open_appeal_shows_on_the_page_and_its_words_do_not(
    web: TestClient, answered: tuple[int, str]
) -> None:
    _, slug = answered
    before = web.get(f"/dinh-chinh/{slug}").text
    where = _appeal(web, slug)
    after = web.get(f"/dinh-chinh/{slug}").text
    assert after != before
    assert "27/11/2026" in after
    for shown in (after, web.get(where).text):
        assert APPEAL not in shown


@pytest.mark.parametrize(
    ("opinion", "state"), [(Opinion.FALSE, AppealState.UPHELD), (Opinion.TRUE, AppealState.CHANGED)]
)
def test_the_outcome_shows_on_the_page(
    sqlite_desk: Desk,
    web: TestClient,
    staff: list[int],
    answered: tuple[int, str],
    opinion: Opinion,
    state: AppealState,
) -> None:
    claim, slug = answered
    where = _appeal(web, slug)
    waiting = web.get(f"/dinh-chinh/{slug}").text
    _answer(sqlite_desk, claim, (staff[6], staff[7]), staff[8], opinion, "Sau phản hồi của bạn đọc")
    with sqlite_desk.reading() as session:
        appeal = session.scalars(select(Appeal)).one()
        assert appeal.state == state
        assert appeal.reason == ""
    page = web.get(f"/dinh-chinh/{slug}").text
    assert page != waiting
    assert "Sau phản hồi của bạn đọc" in page
    assert ("Đúng" in page) or state is AppealState.UPHELD
    assert web.get(where).status_code == 200


def attempts_that_pass(desk: Desk, claim: int, staff: list[int]) -> list[int]:
    """Who of these people can give an opinion on an appealed claim; nothing of it stays."""
    passed = []
    for who in staff:
        try:
            decisions.record_review(desk, claim, who, ReviewInput(Opinion.TRUE, REASON, (PRIMARY,)))
        except ConflictError:
            continue
        passed.append(who)
    return passed


def test_who_decided_before_decides_no_appeal(
    sqlite_desk: Desk, web: TestClient, staff: list[int], answered: tuple[int, str]
) -> None:
    claim, slug = answered
    _appeal(web, slug)
    assert attempts_that_pass(sqlite_desk, claim, staff[:2] * 50) == []
    with sqlite_desk.reading() as session:
        assert decided_twice(session) == []


def test_who_decided_the_appeal_decides_no_second_one(
    sqlite_desk: Desk, web: TestClient, staff: list[int], answered: tuple[int, str]
) -> None:
    claim, slug = answered
    _appeal(web, slug)
    _answer(sqlite_desk, claim, (staff[6], staff[7]), staff[8], Opinion.TRUE, "Sau phản hồi")
    _appeal(web, slug)
    assert attempts_that_pass(sqlite_desk, claim, [staff[0], staff[1], staff[6], staff[7]]) == []
    assert attempts_that_pass(sqlite_desk, claim, [staff[9]]) == [staff[9]]


def test_control_without_the_check_the_same_people_decide(
    sqlite_desk: Desk,
    web: TestClient,
    staff: list[int],
    answered: tuple[int, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claim, slug = answered
    _appeal(web, slug)
    monkeypatch.setattr(decisions, "decided_before", lambda *_: set())
    assert attempts_that_pass(sqlite_desk, claim, staff[:2]) == staff[:2]
    with sqlite_desk.reading() as session:
        assert len(decided_twice(session)) == 2


def test_the_same_holds_on_both_databases(desk: Desk) -> None:
    people = staff_of(desk)
    claim = put_claim(desk)
    slug = _answer(desk, claim, (people[0], people[1]), people[2], Opinion.FALSE)
    publishing.file_appeal(desk, slug, APPEAL)
    assert attempts_that_pass(desk, claim, people[:2]) == []
    assert attempts_that_pass(desk, claim, [people[6], people[7]]) == [people[6], people[7]]


def test_a_claim_under_appeal_stays_public_and_cannot_be_erased(
    sqlite_desk: Desk, web: TestClient, staff: list[int], answered: tuple[int, str]
) -> None:
    claim, slug = answered
    _appeal(web, slug)
    assert web.get(f"/dinh-chinh/{slug}").status_code == 200
    away = ReviewInput(Opinion.NOT_OURS, "Không thuộc phạm vi của mình.")
    with pytest.raises(ConflictError, match="appeal"):
        decisions.record_review(sqlite_desk, claim, staff[6], away)


def _stored_words(session: Session) -> str:
    return " ".join(session.execute(text("SELECT reason FROM appeal")).scalars())


def test_numbers_in_an_appeal_are_masked(
    sqlite_desk: Desk, web: TestClient, answered: tuple[int, str]
) -> None:
    _, slug = answered
    say = f"{APPEAL} Gọi tui số 0912 483 756 hoặc ai.do@thu.example.vn."
    web.post(f"/phan-hoi/{slug}", data={"reason": say}, headers=DOOR)
    with sqlite_desk.reading() as session:
        kept = _stored_words(session)
    assert "nhầm ngày chi trả" in kept
    assert "483" not in kept
    assert "ai.do" not in kept


@pytest.mark.parametrize("reason", ["", "ngắn", "x" * 5000])
def test_a_refused_appeal_says_why_and_keeps_what_was_typed(
    sqlite_desk: Desk, web: TestClient, answered: tuple[int, str], reason: str
) -> None:
    claim, slug = answered
    answer = web.post(f"/phan-hoi/{slug}", data={"reason": reason}, headers=DOOR)
    assert answer.status_code == 422
    assert reason in answer.text
    with sqlite_desk.reading() as session:
        assert session.scalars(select(Appeal)).all() == []
        assert session.get_one(Claim, claim).state == ClaimState.DECIDED


def test_a_new_wording_does_not_close_an_appeal(
    sqlite_desk: Desk, web: TestClient, staff: list[int], answered: tuple[int, str]
) -> None:
    _, slug = answered
    _appeal(web, slug)
    publishing.revise(sqlite_desk, slug, staff[3], {Language.VI: replace(TEXT, truth="Khác.")}, "Viết lại")
    with sqlite_desk.reading() as session:
        assert session.scalars(select(Appeal.state)).one() == AppealState.OPEN

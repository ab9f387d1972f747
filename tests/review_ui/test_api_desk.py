"""The desk for programs: by token alone, with the owner's role, as blind as the pages."""

import logging
from collections.abc import Callable, Mapping

import pytest

from models.desk import Staff
from models.vocabulary import Role
from pipeline import accounts, tokens
from pipeline.compose import Desk
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import EVIDENCE, Answer, add_claim, add_match, add_source

DESK = "/api/v1/desk"
Call = Callable[..., Answer]
REVIEW: Mapping[str, object] = {
    "opinion": "false",
    "reason": "Đã đọc thông báo của Sở Y tế.",
    "evidence": [
        {
            "url": EVIDENCE.url,
            "publisher": EVIDENCE.publisher,
            "quote": EVIDENCE.quote,
            "day": EVIDENCE.published_day.isoformat(),
        }
    ],
}


@pytest.fixture
def call(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> Call:
    """Calls the API as somebody: `call("an", "GET", "/queue")`."""
    made = {name: tokens.make(desk, one.id, "thử", 30) for name, one in staff.items()}
    client = browse().client

    def one(who: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {"authorization": f"Bearer {made[who]}", **headers}
        return client.request(method, DESK + path, json=body, headers=sent)

    return one


def test_two_people_review_by_program_and_stay_blind(call: Call, desk: Desk) -> None:
    claim_id = add_claim(desk, source_id=add_source(desk), tip="nghe nói uống lá đu đủ là hết")
    add_match(desk, claim_id)
    queue = call("an", "GET", "/queue").json()
    assert [one["id"] for one in queue["items"]] == [claim_id]
    assert call("an", "POST", f"/claims/{claim_id}/take", {}).json() == {"taken": True}
    assert call("binh", "POST", f"/claims/{claim_id}/take", {}).json() == {"taken": False}
    page = call("an", "GET", f"/claims/{claim_id}").json()
    assert (page["can_review"], len(page["mentions"]), page["matches"][0]["rating"]) == (True, 2, "false")
    assert call("an", "POST", f"/claims/{claim_id}/reviews", REVIEW).status_code == 201
    blind = call("binh", "GET", f"/claims/{claim_id}").json()
    assert blind["reviews"] == []
    mine = call("an", "GET", f"/claims/{claim_id}").json()
    assert [(one["opinion"], one["mine"]) for one in mine["reviews"]] == [("false", True)]
    again = call("an", "POST", f"/claims/{claim_id}/reviews", REVIEW)
    assert again.status_code == 409


def test_the_answers_say_nothing_of_how_a_claim_got_in(call: Call, desk: Desk) -> None:
    claim_id = add_claim(desk)
    for path in ("/queue", f"/claims/{claim_id}"):
        told = call("an", "GET", path).text
        for word in ("priority", "drawn", "audit", "seed", "queued_at", "username", '"an"'):
            assert word not in told, (path, word)


def test_a_claim_is_put_off(call: Call, desk: Desk) -> None:
    claim_id = add_claim(desk)
    sent = {"until": "2026-11-25", "reason": "Chờ thông báo của Sở."}
    assert call("an", "POST", f"/claims/{claim_id}/defer", sent).json() == {"until": "2026-11-25"}
    assert call("an", "GET", "/queue").json()["items"] == []
    wrong = call("an", "POST", f"/claims/{claim_id}/defer", {"until": "mai", "reason": "x"})
    assert wrong.status_code == 422


BAD: dict[str, object] = {
    "no object": [],
    "an unknown key": {**REVIEW, "rating": "false"},
    "an unknown opinion": {**REVIEW, "opinion": "political"},
    "an opinion that is a list": {**REVIEW, "opinion": ["false"]},
    "a reason that is a number": {**REVIEW, "reason": 7},
    "evidence that is no list": {**REVIEW, "evidence": "x"},
    "evidence of texts": {**REVIEW, "evidence": ["x"]},
    "evidence with an unknown key": {**REVIEW, "evidence": [{"url": "https://a.vn", "author": "ai"}]},
    "evidence with a number": {**REVIEW, "evidence": [{"url": 7}]},
    "evidence without a day": {**REVIEW, "evidence": [{"url": "https://a.vn"}]},
}


@pytest.mark.parametrize("how", BAD)
def test_a_body_that_is_not_one_is_refused(how: str, call: Call, desk: Desk) -> None:
    claim_id = add_claim(desk)
    answer = call("an", "POST", f"/claims/{claim_id}/reviews", BAD[how])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", ["0", "999999", "2147483648", "99999999999999999999999"])
def test_a_claim_that_is_not_there(number: str, call: Call) -> None:
    assert call("an", "GET", f"/claims/{number}").status_code == 404
    assert call("an", "POST", f"/claims/{number}/take", {}).status_code == 404


def test_a_cookie_is_worth_nothing_and_a_browser_may_not_post(
    browse: OpenBrowser, call: Call, desk: Desk
) -> None:
    claim_id = add_claim(desk)
    browser = browse("an")
    assert browser.get(f"{DESK}/queue").status_code == 401
    posted = browser.client.post(f"{DESK}/claims/{claim_id}/take", json={})
    assert posted.status_code == 401
    foreign = call("an", "POST", f"/claims/{claim_id}/take", {}, origin="https://ke-khac.vn")
    assert foreign.status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YW46eA==", "Token x", "Bearer ế"])
def test_anything_but_a_token_is_refused(header: str, browse: OpenBrowser) -> None:
    sent = [(b"authorization", header.encode())]
    answer = browse().client.get(f"{DESK}/queue", headers=sent)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_role_is_the_one_that_the_account_has_now(
    call: Call, desk: Desk, staff: dict[str, Staff]
) -> None:
    assert call("an", "GET", "/queue").status_code == 200
    accounts.change_role(desk, "an", Role.ADMIN)
    assert call("an", "GET", "/queue").status_code == 401  # tokens end with a change of role
    assert call("quan", "GET", "/queue").status_code == 403
    accounts.disable(desk, "binh")
    assert call("binh", "GET", "/queue").status_code == 401
    assert staff["chi"].role == Role.LEAD
    assert call("chi", "GET", "/queue").status_code == 200
    assert call("kiem", "GET", "/queue").status_code == 200
    assert call("kiem", "POST", "/claims/1/take", {}).status_code == 403


def test_a_token_opens_no_page(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    token = tokens.make(desk, staff["an"].id, "thử", 1)
    answer = browse().get("/ban-lam-viec", authorization=f"Bearer {token}")
    assert answer.status_code == 303


def test_no_token_is_written_to_any_log(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = tokens.make(desk, staff["an"].id, "thử", 1)
    client = browse().client
    for path in ("/queue", "/claims/999", "/claims/x"):
        client.get(DESK + path, headers={"authorization": f"Bearer {token}"})
    client.post(f"{DESK}/claims/1/reviews", content=b"\x00", headers={"authorization": f"Bearer {token}"})
    assert token not in caplog.text
    assert token.removeprefix("kc_") not in caplog.text

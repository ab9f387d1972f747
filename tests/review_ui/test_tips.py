"""The tip-line: what comes in, what is kept of it, and what its receipt opens."""

import logging
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.claims import Claim
from models.desk import Staff
from models.gathered import Item, Mention, Tip
from pipeline.compose import Desk
from pipeline.run import stages
from review_ui.throttle import TIPS, Throttle, prefix
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Answer, Browser, MovingClock, decide, publish, words

SCAM = (
    "Bà con nghe nói đóng 250.000 đồng phí hồ sơ qua số 0912345678 thì được nhận tiền hỗ trợ bão "
    "5 triệu đồng, có thật không?"
)
OPINION = "Tôi thấy bữa nay trời đẹp quá, cám ơn ban biên tập nhiều."


def send(reader: Browser, text: str, **extra: str) -> Answer:
    """Send a tip by the form."""
    return reader.post("/gui-tin", {"text": text, "website": "", **extra}, token=False)


def receipt_of(answer: Answer) -> str:
    """The receipt on an answer page."""
    found = re.search(r'class="receipt"><code>([^<]+)</code>', answer.text)
    assert found, words(answer)
    return found[1]


def test_a_tip_comes_in_and_its_receipt_follows_it(browse: OpenBrowser, desk: Desk) -> None:
    reader = browse()
    answer = send(reader, SCAM)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    receipt = receipt_of(answer)
    waiting = reader.post("/theo-doi", {"receipt": f" {receipt} "})
    assert "đang chờ" in words(waiting).lower()
    assert "18/11/2026" in words(waiting)
    stages(desk)
    later = reader.post("/theo-doi", {"receipt": receipt})
    assert "Trợ cấp" in words(later)
    assert SCAM[:30] not in later.text  # whoever finds a receipt learns no words


def test_an_answered_tip_leads_to_its_answer(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    reader = browse()
    receipt = receipt_of(send(reader, SCAM))
    stages(desk)
    with desk.sessions.begin() as session:
        claim = session.scalars(select(Claim)).first()
        assert claim is not None
        claim.state = "queued"
        claim_id = claim.id
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    slug = publish(desk, claim_id, staff["chi"].id)
    page = reader.post("/theo-doi", {"receipt": receipt})
    assert f"/dinh-chinh/{slug}" in page.text
    assert "Đã được trả lời" in words(page)


def test_what_is_not_ours_is_dropped_and_the_sender_told(browse: OpenBrowser, desk: Desk) -> None:
    answer = send(browse(), OPINION)
    assert "không thuộc việc của bàn tin" in words(answer)
    assert "receipt" not in re.findall(r'class="(\w+)"', answer.text)
    with desk.reading() as session:
        assert session.scalar(select(func.count(Item.id))) == 0


def test_the_front_page_box_sends_tips_too(browse: OpenBrowser) -> None:
    page = browse().get("/").text
    form = re.search(r'<form method="post" action="/gui-tin">.*?</form>', page, re.DOTALL)
    assert form
    assert set(re.findall(r'name="(\w+)"', form[0])) == {"text", "website"}


def test_an_unknown_receipt_and_an_erased_one_look_alike(browse: OpenBrowser) -> None:
    reader = browse()
    receipt = receipt_of(send(reader, SCAM))
    assert reader.post("/theo-doi/xoa", {"receipt": receipt}).status_code == 200
    gone = reader.post("/theo-doi", {"receipt": receipt})
    never = reader.post("/theo-doi", {"receipt": "A" * 22})
    assert gone.status_code == never.status_code == 404
    assert gone.text.replace(receipt, "") == never.text.replace("A" * 22, "")
    assert reader.post("/theo-doi/xoa", {"receipt": receipt}).status_code == 404


def test_a_withdrawn_tip_is_gone_from_every_table(browse: OpenBrowser, desk: Desk) -> None:
    reader = browse()
    receipt = receipt_of(send(reader, SCAM))
    stages(desk)
    reader.post("/theo-doi/xoa", {"receipt": receipt})
    with desk.reading() as session:
        for table in (Tip, Item, Mention, Claim):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table


def test_an_empty_or_endless_tip_is_refused_and_kept_on_the_page(browse: OpenBrowser) -> None:
    reader = browse()
    empty = send(reader, "  \n ")
    assert empty.status_code == 422
    assert "Hãy dán hoặc gõ" in words(empty)
    long = send(reader, "a" * 20_001)
    assert long.status_code == 422
    assert "a" * 20_001 in long.text


def test_a_program_that_fills_every_field_sends_nothing(browse: OpenBrowser, desk: Desk) -> None:
    answer = send(browse(), SCAM, website="http://spam.example")
    assert answer.status_code == 422
    with desk.reading() as session:
        assert session.scalar(select(func.count(Tip.id))) == 0


def test_a_flood_from_one_line_is_stopped_and_others_are_not(desk: Desk) -> None:
    throttle = Throttle(desk.clock)
    taken = [throttle.tip("203.0.113.7") for _ in range(100)]
    assert sum(taken) == TIPS.amount == 30
    assert not throttle.tip("203.0.113.99")  # the same line
    assert all(throttle.tip(f"198.51.{n}.1") for n in range(100))


def test_the_common_cap_holds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from limits import RateLimitItemPerMinute

    from review_ui import throttle as module

    monkeypatch.setattr(module, "ALL_TIPS", RateLimitItemPerMinute(50, 10))
    throttle = Throttle(desk.clock)
    assert sum(throttle.tip(f"10.{n}.0.1") for n in range(200)) == 50


def test_a_flood_by_the_form_gets_429(browse: OpenBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Throttle, "tip", lambda *_: False)
    answer = send(browse(), SCAM)
    assert answer.status_code == 429
    assert "chờ" in words(answer)


def test_senders_cannot_be_told_apart_over_days(moving: MovingClock) -> None:
    throttle = Throttle(moving)
    today = throttle._sender("203.0.113.7")
    assert today == throttle._sender("203.0.113.9")
    assert "203" not in today
    moving.forward(days=1)
    assert throttle._sender("203.0.113.7") != today


def test_a_line_is_a_network_not_an_address() -> None:
    assert prefix("203.0.113.7") == "203.0.113.0/24"
    assert prefix("2001:db8:1:2::3") == prefix("2001:db8:1:ffff::9") == "2001:db8:1::/48"
    assert prefix(None) == prefix("testclient") == "unknown"


MARKS = {
    "user-agent": "CANARY-agent",
    "referer": "https://desk.test/CANARY-referer",
    "x-forwarded-for": "203.0.113.77",
    "forwarded": "for=203.0.113.77;host=CANARY-host",
    "cookie": "track=CANARY-cookie",
    "accept-language": "CANARY-lang",
    "x-real-ip": "203.0.113.77",
}


def test_nothing_of_the_sender_is_kept_anywhere(
    browse: OpenBrowser, desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"sec-fetch-site": "same-origin", **MARKS}
    client = browse().client
    with caplog.at_level(logging.DEBUG):
        good = client.post("/gui-tin", data={"text": SCAM, "website": ""}, headers=headers)
        bad = client.post("/gui-tin", data={"text": "", "website": ""}, headers=headers)
        odd = client.post("/gui-tin", data={"owner": "CANARY-field"}, headers=headers)
    assert [good.status_code, bad.status_code, odd.status_code] == [200, 422, 422]
    desk.engine.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    logged = "\n".join(str(record.__dict__) for record in caplog.records if record.name != "httpx").encode()
    for place in (stored, logged, good.content, bad.content, odd.content):
        assert b"CANARY" not in place
        assert b"203.0.113" not in place
        assert b"0912345678" not in place
    assert "hỗ trợ bão".encode() in stored  # the search itself finds what is there

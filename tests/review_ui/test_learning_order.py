"""The queue says what is probably unread, a lead switches learning on and off, and reasons are answered."""

import pytest
from sqlalchemy import select

from models.claims import Claim, ClaimReason
from models.desk import AuditEntry
from models.ordering import LiveOrder, QueueOutlook, RankAnswer
from models.vocabulary import Role
from pipeline import liveorder, outlook
from pipeline.compose import Desk
from review_ui.permissions import PERMISSIONS
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import add_claim, words

pytestmark = pytest.mark.usefixtures("staff")
QUEUE, SWITCH = "/ban-lam-viec", "/ban-lam-viec/hoc-tiep"
WHY = "chữa dứt ở đây là lời bác bỏ <i>"


def test_only_leads_switch_learning_and_only_reviewers_answer() -> None:
    assert PERMISSIONS["switch_learning"] == {Role.LEAD}
    assert PERMISSIONS["answer_reason"] == {Role.ANALYST, Role.LEAD}


def test_a_lead_lets_the_order_learn_and_stops_it(browse: OpenBrowser, desk: Desk) -> None:
    lead, analyst = browse("chi"), browse("an")
    assert SWITCH in lead.get(QUEUE).text
    assert SWITCH not in analyst.get(QUEUE).text
    assert lead.post(SWITCH, {"to": "on", "reason": "thử"}).status_code == 422
    assert lead.post(SWITCH, {"to": "on", "reason": "đủ kết luận để bắt đầu"}).status_code == 303
    assert "Thứ tự sẽ học từ các kết luận mới" in words(analyst.get(QUEUE))
    assert lead.post(SWITCH, {"to": "on", "reason": "bật thêm một lần nữa"}).status_code == 409
    assert lead.post(SWITCH, {"to": "off", "reason": "chờ kiểm tra mô hình mới"}).status_code == 303
    assert "Thứ tự sẽ học" not in words(analyst.get(QUEUE))
    with desk.reading() as session:
        assert session.scalars(select(LiveOrder.state).order_by(LiveOrder.id)).all() == ["on", "off"]
        actions = session.scalars(select(AuditEntry.action)).all()
    assert {"order_on", "order_off"} <= set(actions)


def test_what_a_check_stopped_is_told_with_its_reason(browse: OpenBrowser, desk: Desk) -> None:
    browse("chi").post(SWITCH, {"to": "on", "reason": "đủ kết luận để bắt đầu"})
    liveorder.stop(desk, "the model that served was taken back")
    page = words(browse("an").get(QUEUE))
    assert "Máy đã tự ngừng học từ kết luận mới: Mô hình đang dùng khi bật đã bị lùi lại." in page


def test_what_is_probably_unread_in_each_state(browse: OpenBrowser, desk: Desk) -> None:
    reader = browse("an")
    assert "Có lẽ còn bao nhiêu" not in words(reader.get(QUEUE))  # nothing was reckoned yet
    add_claim(desk)
    outlook.reckon(desk)
    page = words(reader.get(QUEUE))
    assert "Chưa nói được." in page
    assert "cần kết luận thêm 30 điều" in page
    with desk.sessions.begin() as session:
        values = {"n_claims": 900, "n_unread": 400, "n_found": 40, "n_drawn": 60, "n_waiting": 2}
        row = QueueOutlook(id=1, at=desk.clock(), likely=4.2, most=19, needed=0, **values)
        session.merge(row)
    page = words(reader.get(QUEUE))
    assert "có lẽ còn khoảng 4 tin sai, và không quá 19 (độ tin cậy 95%)" in page
    assert "Nên đọc tiếp" in page
    with desk.sessions.begin() as session:
        session.get_one(QueueOutlook, 1).most = 4
    assert "có thể dừng đọc" in words(reader.get(QUEUE))
    assert "about 4 are probably false" in words(reader.get(f"{QUEUE}?lang=en"))


def test_a_reviewer_answers_a_reason_once(browse: OpenBrowser, desk: Desk) -> None:
    claim = add_claim(desk)
    mine, other, auditor = browse("an"), browse("binh"), browse("kiem")
    address = f"{QUEUE}/{claim}/ly-do"
    assert address in mine.get(f"{QUEUE}/{claim}").text
    assert address not in auditor.get(f"{QUEUE}/{claim}").text
    assert mine.post(address, {"position": "0", "why": "sai"}).status_code == 422
    assert mine.post(address, {"position": "0", "why": WHY}).status_code == 303
    assert mine.post(address, {"position": "0", "why": WHY}).status_code == 409
    assert mine.post(address, {"position": "77", "why": WHY}).status_code == 404
    assert mine.post(address, {"position": "x", "why": WHY}).status_code == 404
    assert "Bạn đã nói lý do này không đúng" in words(mine.get(f"{QUEUE}/{claim}"))
    assert "Bạn đã nói" not in words(other.get(f"{QUEUE}/{claim}"))
    with desk.reading() as session:
        row = session.scalars(select(RankAnswer)).one()
    assert (row.feature, row.why) == ("chữa dứt", WHY)


def test_what_was_learned_is_shown_beside_the_score(browse: OpenBrowser, desk: Desk) -> None:
    claim = add_claim(desk)
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim).learned = 1.0
        session.add(ClaimReason(claim_id=claim, position=100, feature="từ “đu đủ”", weight=0.4))
    page = words(browse("an").get(f"{QUEUE}/{claim}"))
    assert "Sau khi học 0,86" in page
    assert "Học từ các kết luận gần đây:" in page
    assert "đu đủ" in page.partition("Học từ các kết luận gần đây:")[2]

"""The queue and the claim page: order, filters, blindness, decisions, and words that are never lost."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import audit
from models.claims import Claim
from models.decisions import Evidence, Review
from models.desk import AuditEntry, Staff
from models.gathered import Mention
from models.vocabulary import ClaimState, Opinion
from models.weeks import local_day
from pipeline import decisions, undo
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import (
    EVIDENCE,
    Answer,
    Browser,
    MovingClock,
    add_claim,
    add_match,
    add_source,
    decide,
    words,
)

pytestmark = pytest.mark.usefixtures("staff")

REASON = "Sở Y tế đã bác bỏ điều này bằng văn bản."
FULL = {
    "opinion": "false",
    "reason": REASON,
    "url_1": EVIDENCE.url,
    "publisher_1": EVIDENCE.publisher,
    "quote_1": EVIDENCE.quote,
    "day_1": "2026-11-10",
}


def review(browser: Browser, claim_id: int, **changed: str) -> Answer:
    """Send the review form as a browser does, empty fields among them, and let its ten seconds pass."""
    blank = {f"{name}_{n}": "" for n in (1, 2, 3) for name in ("url", "publisher", "quote", "day")}
    answer = browser.post(f"/ban-lam-viec/{claim_id}/y-kien", {**blank, **FULL, **changed})
    if answer.status_code == 303:
        clock = browser.app.state.site.desk.clock
        clock.forward(seconds=undo.UNDO_SECONDS)
    return answer


def order(page: Answer) -> list[int]:
    """The claims of the queue in the order they are shown."""
    return [
        int(found) for found in re.findall(r'href="/ban-lam-viec/(\d+)(?:\?[^"]*)?" data-open', page.text)
    ]


def test_the_queue_shows_the_most_pressing_first(browse: OpenBrowser, desk: Desk) -> None:
    low, high, none = add_claim(desk, priority=0.1), add_claim(desk, priority=0.9), add_claim(desk)
    with desk.sessions.begin() as session:
        session.get_one(Claim, none).priority = None
    add_claim(desk, state=ClaimState.NEW)
    assert order(browse("an").get("/ban-lam-viec")) == [high, low, none]


def test_filters_stand_in_the_address_and_count(browse: OpenBrowser, desk: Desk) -> None:
    health = add_claim(desk, topic="health", local=True)
    storm = add_claim(desk, topic="disaster")
    second = add_claim(desk, topic="disaster", state=ClaimState.SECOND)
    analyst = browse("an")
    assert order(analyst.get("/ban-lam-viec?chu-de=health")) == [health]
    assert order(analyst.get("/ban-lam-viec?dia-phuong=1")) == [health]
    assert order(analyst.get("/ban-lam-viec?tinh-trang=lan-2&chu-de=disaster")) == [second]
    page = analyst.get("/ban-lam-viec?chu-de=disaster")
    assert set(order(page)) == {storm, second}
    assert re.search(
        r'tinh-trang=lan-2&amp;chu-de=disaster"[^>]*><span>Ý kiến thứ hai</span><span class="count">1<',
        page.text,
    )
    assert analyst.get("/ban-lam-viec?chu-de=politics&tinh-trang=x&trang=99").status_code == 200
    assert "Bỏ bộ lọc" in words(analyst.get("/ban-lam-viec?chu-de=women"))


def test_a_long_queue_is_paged_and_keeps_its_filters(browse: OpenBrowser, desk: Desk) -> None:
    for n in range(30):
        add_claim(desk, priority=n / 30)
    analyst = browse("an")
    first = analyst.get("/ban-lam-viec?chu-de=health")
    following = re.search(r'rel="next"[^>]* href="([^"]+)"', first.text)
    assert following
    address = html.unescape(following[1])
    assert address.startswith("/ban-lam-viec?chu-de=health&sau=")
    second = analyst.get(address)
    assert len(order(first)) == 25
    assert len(order(second)) == 5
    assert not set(order(first)) & set(order(second))
    # what comes in between moves nothing: a page begins behind a claim and not at a number
    add_claim(desk, priority=2.0)
    assert order(analyst.get(address)) == order(second)


def test_nothing_tells_a_flagged_claim_from_an_audit_draw(browse: OpenBrowser, desk: Desk) -> None:
    flagged, drawn = add_claim(desk), add_claim(desk)
    with desk.sessions.begin() as session:
        session.get_one(Claim, flagged).flagged = True
    analyst = browse("an")

    def page(claim_id: int) -> str:
        # of itself and of the claim that comes next
        return re.sub(r"/ban-lam-viec/\d+", "/ban-lam-viec/N", analyst.get(f"/ban-lam-viec/{claim_id}").text)

    assert page(flagged) == page(drawn)
    rows = re.findall(r'<li class="claim-row.*?</li>', analyst.get("/ban-lam-viec").text, re.DOTALL)
    assert len({re.sub(r"/ban-lam-viec/\d+", "", row) for row in rows}) == 1


def test_an_empty_queue_says_what_comes(browse: OpenBrowser) -> None:
    assert "Hàng đợi trống" in words(browse("an").get("/ban-lam-viec"))


def test_the_list_alone_is_sent_to_htmx(browse: OpenBrowser, desk: Desk) -> None:
    add_claim(desk)
    part = browse("an").get("/ban-lam-viec", **{"hx-request": "true"})
    assert "<html" not in part.text
    assert len(order(part)) == 1


def test_a_claim_page_shows_its_context(browse: OpenBrowser, desk: Desk) -> None:
    source = add_source(desk)
    claim_id = add_claim(
        desk, source_id=source, tip="Nghe nói gọi ‹phone·07·1a2b3c4d› là hết bệnh", token="1a2b3c4d"
    )
    add_claim(desk, "Chuyện khác", tip="Cũng số ‹phone·07·1a2b3c4d› đó", token="1a2b3c4d")
    add_match(desk, claim_id, "số ngày: một đêm / ba ngày")
    page = browse("an").get(f"/ban-lam-viec/{claim_id}")
    for part in (
        "Báo Mẫu bao-mau",
        "18/11/2026",
        "Tin báo",
        "số điện thoại …07",
        "còn thấy ở 1 điều khác",
        "Tổ Kiểm tin",
        "Khác: số ngày: một đêm / ba ngày",
        "chữa dứt",
        "0,50",
    ):
        assert part in words(page), part
    assert re.search(r'href="https://bao-mau\.vn/bai-\d+" rel="noopener nofollow"', page.text)
    tip = re.search(r"<li><p class=\"mention-text\">Nghe nói.*?</li>", page.text, re.DOTALL)
    assert tip
    assert "18/11/2026" not in tip[0]  # of a tip nothing but its words


def test_two_people_decide_and_the_second_is_blind(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk, source_id=add_source(desk))
    first, second = browse("an"), browse("binh")
    assert review(first, claim_id).headers["location"] == "/ban-lam-viec?da=xong"
    seen = second.get(f"/ban-lam-viec/{claim_id}")
    assert REASON not in seen.text
    assert "Đã có 1 ý kiến" in words(seen)
    assert EVIDENCE.quote in words(seen)  # the evidence, not the opinion
    assert "<strong>an</strong>" not in seen.text
    own = first.get(f"/ban-lam-viec/{claim_id}")
    assert REASON in own.text
    assert "Ý kiến tiếp theo phải của người khác" in words(own)
    assert (
        review(
            second,
            claim_id,
            reason="Tôi cũng đọc thấy như vậy.",
            url_1="",
            publisher_1="",
            quote_1="",
            day_1="",
        ).status_code
        == 303
    )
    settled = second.get(f"/ban-lam-viec/{claim_id}")
    assert REASON in settled.text
    assert "Hai người đã thống nhất" in words(settled)


def test_a_lead_who_may_still_review_is_blind_too_and_an_auditor_is_not(
    browse: OpenBrowser, desk: Desk
) -> None:
    claim_id = add_claim(desk)
    review(browse("an"), claim_id)
    assert REASON not in browse("chi").get(f"/ban-lam-viec/{claim_id}").text
    auditor = browse("kiem").get(f"/ban-lam-viec/{claim_id}")
    assert REASON in auditor.text
    assert "y-kien" not in auditor.text


def test_when_two_differ_the_third_sees_neither(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    review(browse("an"), claim_id)
    review(browse("binh"), claim_id, opinion="unproven", reason="Chưa thấy đủ nguồn để nói.")
    page = browse("chi").get(f"/ban-lam-viec/{claim_id}")
    assert "Đã có 2 ý kiến" in words(page)
    assert REASON not in page.text
    assert "Chưa thấy đủ nguồn" not in page.text
    # the first does not learn what the second thinks while the round is open
    assert "Chưa thấy đủ nguồn" not in browse("an").get(f"/ban-lam-viec/{claim_id}").text


@pytest.mark.parametrize(
    ("changed", "said", "field"),
    [
        ({"opinion": ""}, "Hãy chọn một ý kiến", "opinion"),
        ({"opinion": "very_false"}, "Hãy chọn một ý kiến", "opinion"),
        ({"reason": "ngắn"}, "từ 10 đến 4000 ký tự", "reason"),
        ({"url_1": ""}, "điền đủ bốn ô", "evidence"),
        ({"url_1": "javascript:alert(1)"}, "http://", "evidence"),
        ({"url_1": "https://www.facebook.com/ai-do/posts/1"}, "mạng xã hội", "evidence"),
        ({"url_1": "http://127.0.0.1/"}, "cơ quan xuất bản", "evidence"),
        ({"day_1": "2027-01-01"}, "tương lai", "evidence"),
        ({"day_1": "10/11/2026"}, "ngày hợp lệ", None),
        ({"quote_1": "ngắn"}, "câu trích phải có", "evidence"),
        ({"url_1": "https://bao-khac.vn/tin"}, "Bằng chứng chưa đủ", "evidence"),
        (dict.fromkeys(("url_1", "publisher_1", "quote_1", "day_1"), ""), "Bằng chứng chưa đủ", "evidence"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    changed: dict[str, str], said: str, field: str | None, browse: OpenBrowser, desk: Desk
) -> None:
    claim_id = add_claim(desk)
    answer = review(browse("an"), claim_id, **changed)
    assert answer.status_code == 422
    assert said in words(answer)
    if field:
        assert f'<a href="#{field}">' in answer.text
        assert f'id="{field}"' in answer.text
    kept = {**FULL, **changed}
    for name in ("reason", "publisher_1", "quote_1"):
        assert kept[name] in words(answer) or f'value="{kept[name]}"' in answer.text
    with desk.reading() as session:
        assert session.scalar(select(func.count(Review.id))) == 0
        assert session.scalar(select(func.count(Evidence.id))) == 0


def test_losing_a_race_loses_no_words(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    claim_id = add_claim(desk)
    chi = browse("chi")
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    answer = review(chi, claim_id, reason="Một lý do dài mà tôi đã gõ mười phút.")
    assert answer.status_code == 409
    assert "có người đã làm xong trước" in words(answer)
    assert "Một lý do dài mà tôi đã gõ mười phút." in words(answer)


def test_reviewing_twice_is_refused(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst = browse("an")
    review(analyst, claim_id)
    again = review(analyst, claim_id)
    assert again.status_code == 409
    assert "phải là của người khác" in words(again)


def test_what_is_not_ours_is_erased_after_its_ten_seconds(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk, tip="Chuyện riêng của một người")
    analyst = browse("an")
    answer = review(
        analyst, claim_id, opinion="not_ours", reason="Đây là ý kiến cá nhân, không phải việc ta."
    )
    assert answer.headers["location"] == "/ban-lam-viec?da=xong"
    assert analyst.get(f"/ban-lam-viec/{claim_id}").status_code == 404
    assert review(analyst, claim_id).status_code == 404
    with desk.reading() as session:
        assert session.scalar(select(func.count(Mention.id))) == 0


def test_two_who_find_no_claim_close_it(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    for name in ("an", "binh"):
        review(
            browse(name),
            claim_id,
            opinion="not_a_claim",
            reason="Chỉ là câu chào hỏi thôi.",
            url_1="",
            publisher_1="",
            quote_1="",
            day_1="",
        )
    assert "Đã đóng" in words(browse("an").get(f"/ban-lam-viec/{claim_id}"))


def test_a_lease_is_seen_by_others_and_ends(browse: OpenBrowser, desk: Desk, moving: MovingClock) -> None:
    claim_id = add_claim(desk)
    first, second = browse("an"), browse("binh")
    assert first.post(f"/ban-lam-viec/{claim_id}/nhan", {}).headers["location"].endswith("?da=nhan")
    assert "Bạn đang giữ" in words(first.get(f"/ban-lam-viec/{claim_id}"))
    taken = second.get(f"/ban-lam-viec/{claim_id}")
    assert "Một người khác đang xem điều này" in words(taken)
    assert 'id="co-nguoi">' in taken.text
    assert "Có người đang xem" in words(second.get("/ban-lam-viec"))
    assert second.post(f"/ban-lam-viec/{claim_id}/nhan", {}).headers["location"].endswith("?da=ban")
    moving.forward(minutes=21)
    assert second.post(f"/ban-lam-viec/{claim_id}/nhan", {}).headers["location"].endswith("?da=nhan")


def test_a_deferred_claim_comes_back_by_itself(browse: OpenBrowser, desk: Desk, moving: MovingClock) -> None:
    claim_id = add_claim(desk)
    until = local_day(moving()) + timedelta(days=3)
    path = f"/ban-lam-viec/{claim_id}/hoan"
    analyst = browse("an")
    far = analyst.post(path, {"until": "2027-11-20", "reason": "Chờ thông báo mới của tỉnh"})
    assert far.status_code == 422
    assert "Chờ thông báo mới của tỉnh" in words(far)
    assert analyst.post(path, {"until": until.isoformat(), "reason": "Chờ thông báo mới"}).status_code == 303
    assert order(analyst.get("/ban-lam-viec")) == []
    assert order(analyst.get("/ban-lam-viec?tinh-trang=hoan")) == [claim_id]
    moving.forward(days=3)
    assert order(browse("an").get("/ban-lam-viec")) == [claim_id]


def test_every_decision_by_the_web_is_in_the_log(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    review(browse("an"), claim_id)
    undo.settle_due(desk)
    with desk.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        assert actions[-1] == "review"
        assert audit.verify(session).ok


def test_a_score_that_is_no_number_breaks_no_page(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    with desk.sessions.begin() as session:
        claim = session.get_one(Claim, claim_id)
        claim.score = claim.reach = claim.freshness = claim.priority = None
    analyst = browse("an")
    assert analyst.get("/ban-lam-viec").status_code == 200
    assert analyst.get(f"/ban-lam-viec/{claim_id}").status_code == 200


def test_an_appeal_is_decided_by_others(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    from pipeline import publishing
    from tests.review_ui.house import publish

    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    slug = publish(desk, claim_id, staff["chi"].id)
    publishing.file_appeal(desk, slug, "Theo thông báo mới thì điều này đã khác, xin xem lại.")
    assert "Theo thông báo mới" in words(browse("dung").get(f"/ban-lam-viec/{claim_id}"))
    assert review(browse("an"), claim_id).status_code == 409
    assert review(browse("chi"), claim_id).status_code == 303
    undo.settle_due(desk)
    given = ReviewInput(Opinion.FALSE, REASON)
    assert decisions.record_review(desk, claim_id, staff["dung"].id, given).state is ClaimState.AGREED

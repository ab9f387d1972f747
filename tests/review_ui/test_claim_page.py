"""The claim page: spread, differences, proposals, numbers, drafts, leases, and several claims at once."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from models.audits import Seed
from models.claims import Claim, ClaimMatch, KnownClaim
from models.decisions import Evidence, Review
from models.desk import Staff
from models.vocabulary import ClaimState, SourceKind
from models.weeks import local_day
from models.workbench import PendingReview
from pipeline import undo
from pipeline.compose import Desk
from review_ui.differences import sides
from review_ui.spreadchart import FEWEST_DAYS, HEIGHT, LEFT, WIDEST_BAR, WIDTH, chart
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import (
    EVIDENCE,
    Browser,
    MovingClock,
    add_claim,
    add_match,
    add_source,
    decide,
    publish,
    words,
)
from tests.review_ui.test_review import FULL
from tests.review_ui.test_undo import take_back

pytestmark = pytest.mark.usefixtures("staff")


# --- the picture ----------------------------------------------------------------------------------------


def test_the_picture_stacks_each_day_by_kind() -> None:
    day = date(2026, 11, 1)
    later = day + timedelta(days=2)
    made = chart({(day, "newspaper"): 2, (day, "health"): 2, (later, "newspaper"): 1}, later)
    assert made is not None
    assert [bar.n for bar in made.bars] == [0] * 11 + [4, 0, 1]
    assert (made.first, made.last, made.levels) == (day, later, [(120.0, 0), (60.0, 2), (0.0, 4)])
    assert (made.totals, made.top, made.days) == ({"newspaper": 3, "health": 2}, 4, 1)
    first = made.bars[11].pieces
    assert sum(piece.height for piece in first) == pytest.approx(HEIGHT)
    assert first[1].y + first[1].height == pytest.approx(first[0].y)
    assert chart({}, later) is None


@pytest.mark.parametrize("days", [1, 7, 31, 32, 180, 400])
def test_the_picture_holds_any_stretch_of_time(days: int) -> None:
    first = date(2026, 1, 1)
    last = first + timedelta(days=days - 1)
    for today in (last, last + timedelta(days=90), first):
        made = chart({(first + timedelta(days=n), "newspaper"): 1 for n in range(days)}, today)
        assert made is not None
        assert sum(bar.n for bar in made.bars) == days
        assert len(made.bars) <= 31
        assert sum((bar.until - bar.day).days + 1 for bar in made.bars) >= max(days, FEWEST_DAYS)
        assert last <= made.bars[-1].until <= max(last, today)
        # side by side, none wider than a day's bar, between the axis and the edge
        edges = [(bar.x, bar.x + bar.width) for bar in made.bars]
        assert edges[0][0] >= LEFT
        assert edges[-1][1] <= WIDTH
        assert all(a[1] <= b[0] for a, b in pairwise(edges))
        assert max(bar.width for bar in made.bars) <= WIDEST_BAR
        assert [label for _, label in made.labels] == sorted({label for _, label in made.labels})


def test_one_day_is_drawn_as_one_day_among_others() -> None:
    made = chart({(date(2026, 11, 18), "health"): 3}, date(2026, 11, 22))
    assert made is not None
    assert len(made.bars) == FEWEST_DAYS
    assert [bar.day for bar in made.bars if bar.n] == [date(2026, 11, 18)]
    assert made.bars[-1].until == date(2026, 11, 22)


def test_the_day_of_a_tip_is_not_drawn(browse: OpenBrowser, desk: Desk) -> None:
    drawn = add_claim(desk, source_id=add_source(desk), tip="Một tin báo")
    only_tip = add_claim(desk, tip="Chỉ có tin báo")
    analyst = browse("an")
    page = analyst.get(f"/ban-lam-viec/{drawn}")
    assert "Báo: 1" in words(page)
    assert "Tin báo: 1 (không vẽ theo ngày)" in words(page)
    assert "Lượt nhắc của các nguồn từ 18/11/2026" in words(page)
    assert "<figure" not in analyst.get(f"/ban-lam-viec/{only_tip}").text


# --- what differs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "differs", "marked"),
    [
        (
            "Phát 500.000 đồng ngày 3/9",
            "Phát 2.000.000 đồng ngày 3/9",
            "số tiền: 500.000 đồng / 2.000.000 đồng",
            ("500.000 đồng", "2.000.000 đồng"),
        ),
        ("Nghỉ ngày 3/9", "Nghỉ ngày 9/9", "ngày: 3/9 / 9/9", ("3/9", "9/9")),
        # written otherwise than the matcher says it: the words that the other side lacks
        ("Chữa dứt trong một đêm", "Chữa dứt trong ba ngày", "con số (ngày): 1 / 3", ("một", "ba")),
        ("Cầu đóng", "Cầu không đóng", "phủ định: một bên nói không, một bên nói có", (None, "không")),
    ],
)
def test_what_differs_is_marked_on_both_sides(
    ours: str, theirs: str, differs: str, marked: tuple[str | None, str | None]
) -> None:
    for side, value in zip(sides(ours, theirs, differs), marked, strict=True):
        found = re.findall(r"<mark>(.*?)</mark>", side)
        assert (found[0] if found else None) == value


def test_marks_let_no_markup_through() -> None:
    hostile = "<script>alert(1)</script> 5 đồng ‹phone·07·1a2b3c4d›"
    shown, _ = sides(hostile, "6 đồng", "số tiền: 5 đồng / 6 đồng")
    assert "<script" not in shown
    assert "<mark>5 đồng</mark>" in shown
    assert "số điện thoại …07" in shown
    assert "<mark>" not in sides(hostile, "6 đồng", None)[0]


# --- what is known of the same number -------------------------------------------------------------------


def test_a_number_tells_where_else_it_stands_and_what_was_found(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    answered = add_claim(desk, "Gọi số này để nhận tiền", tip="Gọi đi", token="1a2b3c4d")
    decide(desk, answered, staff["an"].id, staff["binh"].id)
    publish(desk, answered, staff["chi"].id)
    claim_id = add_claim(desk, "Số này báo trúng thưởng", tip="Trúng thưởng", token="1a2b3c4d")
    page = words(browse("an").get(f"/ban-lam-viec/{claim_id}"))
    assert (
        "số điện thoại …07 còn thấy ở 1 điều khác, 1 lượt, trong 1 tuần; đã kết luận: ✕ Sai sự thật 1" in page
    )
    assert "1a2b3c4d" not in page
    # of a seed the claim that it was made from would tell the answer
    with desk.sessions.begin() as session:
        seed = Seed(claim_id=claim_id, of_claim_id=answered, quarter="2026-Q4", staff_id=staff["chi"].id)
        seed.made_day = local_day(desk.clock())
        session.add(seed)
    assert "chưa thấy ở điều nào khác" in words(browse("an").get(f"/ban-lam-viec/{claim_id}"))


# --- proposals ------------------------------------------------------------------------------------------


@pytest.fixture
def clear(desk: Desk, staff: dict[str, Staff]) -> tuple[int, int]:
    """A claim that this desk has answered before, and the known claim of that answer."""
    answered = add_claim(desk, "Lá đu đủ chữa sốt xuất huyết")
    decide(desk, answered, staff["chi"].id, staff["dung"].id)
    publish(desk, answered, staff["dung"].id)
    with desk.sessions.begin() as session:
        known = session.scalars(select(KnownClaim).where(KnownClaim.claim_id == answered)).one()
        known_id = known.id
    claim_id = add_claim(desk)
    match(desk, claim_id, known_id)
    return claim_id, known_id


def match(desk: Desk, claim_id: int, known_id: int, differs: str | None = None) -> None:
    with desk.sessions.begin() as session:
        session.add(ClaimMatch(claim_id=claim_id, known_id=known_id, score=0.8, differs=differs))


def test_a_clear_claim_brings_its_evidence_and_one_press_confirms_it(
    browse: OpenBrowser, desk: Desk, clear: tuple[int, int], moving: MovingClock
) -> None:
    claim_id, _ = clear
    analyst = browse("an")
    page = analyst.get(f"/ban-lam-viec/{claim_id}")
    form = re.search(r'<section class="proposal".*?</form>', page.text, re.DOTALL)
    assert form
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    assert fields["opinion"] == "false"
    assert EVIDENCE.quote in words(page)
    del fields["token"]
    assert analyst.post(f"/ban-lam-viec/{claim_id}/y-kien", fields).status_code == 303
    moving.forward(seconds=10)
    undo.settle_due(desk)
    with desk.reading() as session:
        assert session.scalars(select(Evidence.url).where(Evidence.claim_id == claim_id)).all() == [
            EVIDENCE.url
        ]
        assert session.get_one(Claim, claim_id).state == ClaimState.SECOND
    # what is proposed can be changed before it is given
    second = browse("binh").get(f"/ban-lam-viec/{claim_id}?de-xuat=1")
    assert re.search(r'value="false" required data-key="1" checked', second.text)


def test_nothing_is_proposed_that_is_not_clear(browse: OpenBrowser, desk: Desk) -> None:
    differs, rated_elsewhere = add_claim(desk), add_claim(desk)
    add_match(desk, differs, "ngày: 3/9 / 9/9")
    add_match(desk, rated_elsewhere)  # one fact-checker alone is not enough for a rating
    analyst = browse("an")
    for claim_id in (differs, rated_elsewhere):
        assert "proposal" not in analyst.get(f"/ban-lam-viec/{claim_id}").text
    assert 'class="proposal"' not in browse("kiem").get(f"/ban-lam-viec/{rated_elsewhere}").text


def test_known_claims_that_disagree_propose_nothing(
    browse: OpenBrowser, desk: Desk, clear: tuple[int, int]
) -> None:
    claim_id, _ = clear
    with desk.sessions.begin() as session:
        other = KnownClaim(key="khac", text="Lá đu đủ chữa bệnh", topic="health", rating="true")
        other.rating_original, other.url, other.publisher = None, "https://kiem-tin.vn/a", "Nơi khác"
        other.published_day = other.imported_day = local_day(desk.clock())
        session.add(other)
        session.flush()
        other_id = other.id
    match(desk, claim_id, other_id)
    assert 'class="proposal"' not in browse("an").get(f"/ban-lam-viec/{claim_id}").text


# --- drafts and leases ----------------------------------------------------------------------------------


def test_a_draft_comes_back_to_its_author_alone(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    first, second = browse("an"), browse("binh")
    said = "Tôi đang gọi trạm y tế"
    assert (
        first.post(f"/ban-lam-viec/{claim_id}/nhap", {"opinion": "false", "reason": said}).status_code == 204
    )
    page = first.get(f"/ban-lam-viec/{claim_id}")
    assert said in words(page)
    assert "Bản nháp của bạn" in words(page)
    for other in ("binh", "chi", "kiem"):
        assert said not in browse(other).get(f"/ban-lam-viec/{claim_id}").text
    second.post(f"/ban-lam-viec/{claim_id}/bo-nhap", {})
    assert said in words(first.get(f"/ban-lam-viec/{claim_id}"))
    first.post(f"/ban-lam-viec/{claim_id}/bo-nhap", {})
    assert said not in words(first.get(f"/ban-lam-viec/{claim_id}"))


def test_what_could_not_be_sent_is_a_draft_and_what_was_sent_is_none(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst = browse("an")
    wrong = {**FULL, "quote_1": "ngắn"}
    assert analyst.post(f"/ban-lam-viec/{claim_id}/y-kien", wrong).status_code == 422
    assert FULL["reason"] in words(analyst.get(f"/ban-lam-viec/{claim_id}"))
    assert analyst.post(f"/ban-lam-viec/{claim_id}/y-kien", FULL).status_code == 303
    assert FULL["reason"] not in words(analyst.get(f"/ban-lam-viec/{claim_id}"))


def test_a_draft_takes_no_field_that_the_form_does_not_have(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst = browse("an")
    assert analyst.post(f"/ban-lam-viec/{claim_id}/nhap", {"author": "x"}).status_code == 400 + 22
    assert analyst.post("/ban-lam-viec/999999/nhap", {"reason": "x"}).status_code == 404


def test_an_open_page_holds_the_claim_and_gives_it_back(
    browse: OpenBrowser, desk: Desk, moving: MovingClock
) -> None:
    claim_id, free = add_claim(desk, priority=0.9), add_claim(desk, priority=0.1)
    first, second = browse("an"), browse("binh")
    assert first.post(f"/ban-lam-viec/{claim_id}/giu", {}).status_code == 204
    assert second.post(f"/ban-lam-viec/{claim_id}/giu", {}).status_code == 409
    page = second.get(f"/ban-lam-viec/{claim_id}")
    assert 'id="co-nguoi">' in page.text
    assert "<strong>an</strong>" not in page.text
    assert f'href="/ban-lam-viec/{free}"' in page.text  # another one is offered
    first.post(f"/ban-lam-viec/{claim_id}/tra", {})
    assert second.post(f"/ban-lam-viec/{claim_id}/giu", {}).status_code == 204
    moving.forward(minutes=3)
    assert first.post(f"/ban-lam-viec/{claim_id}/giu", {}).status_code == 204


# --- several at once ------------------------------------------------------------------------------------


@pytest.fixture
def group(desk: Desk, clear: tuple[int, int]) -> tuple[list[int], int]:
    """Three open claims that say what a known claim says, and one that differs."""
    first, known_id = clear
    others = [add_claim(desk, f"Nước lá đu đủ khỏi bệnh, lần {n}") for n in range(2)]
    for one in others:
        match(desk, one, known_id)
    match(desk, add_claim(desk, "Khác ngày"), known_id, "ngày: 3/9 / 9/9")
    return [first, *others], known_id


def decide_together(browser: Browser, known_id: int, claims: list[int], **changed: str) -> int:
    """Send the form of several claims; gives the status."""
    chosen = {f"claim_{one}": "1" for one in claims}
    return browser.post(f"/ban-lam-viec/cung-mot-dieu/{known_id}", {**FULL, **chosen, **changed}).status_code


def test_claims_that_say_the_same_are_decided_together(
    browse: OpenBrowser, desk: Desk, group: tuple[list[int], int], moving: MovingClock
) -> None:
    claims, known_id = group
    analyst = browse("an")
    assert f'href="/ban-lam-viec/cung-mot-dieu/{known_id}"' in analyst.get(f"/ban-lam-viec/{claims[0]}").text
    page = analyst.get(f"/ban-lam-viec/cung-mot-dieu/{known_id}")
    assert "Khác ngày" not in words(page)
    assert len(re.findall(r'name="claim_\d+" value="1" checked', page.text)) == 3
    assert decide_together(analyst, known_id, claims) == 303
    assert "cho 3 điều" in words(analyst.get("/ban-lam-viec"))
    moving.forward(seconds=10)
    undo.settle_due(desk)
    with desk.reading() as session:
        assert session.scalar(select(func.count(Review.id)).where(Review.claim_id.in_(claims))) == 3
        assert session.scalar(select(func.count(Evidence.id)).where(Evidence.claim_id.in_(claims))) == 3
        assert {session.get_one(Claim, one).state for one in claims} == {ClaimState.SECOND}
    # the same person is offered none of them again, another person decides on their own
    assert "Không còn điều nào" in words(analyst.get(f"/ban-lam-viec/cung-mot-dieu/{known_id}"))
    assert decide_together(analyst, known_id, claims) == 409
    assert FULL["reason"] not in browse("binh").get(f"/ban-lam-viec/cung-mot-dieu/{known_id}").text
    assert decide_together(browse("binh"), known_id, claims[:2]) == 303


def test_all_of_them_or_none(browse: OpenBrowser, desk: Desk, group: tuple[list[int], int]) -> None:
    claims, known_id = group
    analyst = browse("an")
    stranger = add_claim(desk, "Điều không liên quan")
    assert decide_together(analyst, known_id, [*claims, stranger]) == 409
    assert decide_together(analyst, known_id, []) == 422
    assert decide_together(analyst, known_id, claims, reason="ngắn") == 422
    assert decide_together(analyst, known_id, claims, part_first="1") == 422
    with desk.reading() as session:
        assert session.scalar(select(func.count(PendingReview.id))) == 0
    assert analyst.get("/ban-lam-viec/cung-mot-dieu/999999").status_code == 404
    assert decide_together(analyst, 999_999, claims) == 404


def test_one_press_takes_all_of_them_back(
    browse: OpenBrowser, desk: Desk, group: tuple[list[int], int]
) -> None:
    claims, known_id = group
    analyst = browse("an")
    decide_together(analyst, known_id, claims)
    assert take_back(analyst).headers["location"] == "/ban-lam-viec?da=tra-lai"
    with desk.reading() as session:
        assert session.scalar(select(func.count(PendingReview.id))) == 0
    assert FULL["reason"] in words(analyst.get(f"/ban-lam-viec/{claims[1]}"))


# --- reasons at hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"opinion": "not_a_claim", "preset": "hoi", "reason": ""}, 303),
        ({"opinion": "not_ours", "preset": "y-kien", "reason": ""}, 303),
        ({"opinion": "not_a_claim", "preset": "y-kien", "reason": ""}, 422),  # a reason of another opinion
        ({"opinion": "false", "preset": "hoi", "reason": ""}, 422),  # a rating is given a reason of its own
        ({"opinion": "not_a_claim", "preset": "", "reason": ""}, 422),
        ({"opinion": "not_a_claim", "preset": "hoi", "reason": "Chỉ là lời chào đầu năm."}, 303),
    ],
)
def test_a_reason_at_hand_is_only_for_what_needs_no_evidence(
    sent: dict[str, str], status: int, browse: OpenBrowser, desk: Desk
) -> None:
    assert browse("an").post(f"/ban-lam-viec/{add_claim(desk)}/y-kien", sent).status_code == status


def test_a_part_can_be_rated_from_the_form(browse: OpenBrowser, desk: Desk, moving: MovingClock) -> None:
    claim_id = add_claim(desk, "Chính quyền kém lắm, uống lá đu đủ khỏi ung thư")
    analyst = browse("an")
    assert "<li>uống</li>" in analyst.get(f"/ban-lam-viec/{claim_id}").text
    sent = {**FULL, "part_first": "5", "part_last": ""}
    assert analyst.post(f"/ban-lam-viec/{claim_id}/y-kien", sent).status_code == 303
    moving.forward(seconds=10)
    undo.settle_due(desk)
    with desk.reading() as session:
        review = session.scalars(select(Review)).one()
        text = session.get_one(Claim, claim_id).text
    assert text[review.part_start : review.part_end] == "uống lá đu đủ khỏi ung thư"


def test_every_kind_of_source_has_a_colour() -> None:
    from review_ui.templating import STATIC

    sheet = (STATIC / "desk.css").read_text(encoding="utf-8")
    assert all(f".kind-{kind} {{ fill:" in sheet for kind in SourceKind)

"""The editor of corrections: drafts that survive, the six-word check as it is, hints, three languages."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sqlalchemy import func, select

from models import retention
from models.desk import Staff
from models.editing import CorrectionDraft
from models.vocabulary import Language, Opinion
from models.weeks import local_day
from pipeline import correctiondrafts, public
from pipeline.compose import Desk
from pipeline.paraphrase import LONGEST_RUN, shared_run, shared_spans
from pipeline.plainwords import HintKind, hints, measured
from pipeline.worddiff import Change, word_diff
from review_ui.editing import chosen_language
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import TEXT, TIP, MovingClock, add_claim, form, publish, words

COPIED = replace(TEXT, said="Nghe đồn uống nước lá đu đủ mỗi sáng là dứt liền bệnh, thiệt không?")


def drafts(desk: Desk) -> int:
    with desk.reading() as session:
        return session.scalar(select(func.count()).select_from(CorrectionDraft)) or 0


def test_the_copied_run_is_marked_whole_with_its_limit(browse: OpenBrowser, agreed: int) -> None:
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra"
    page = lead.post(path, form(COPIED)).text
    assert '<mark class="copied">uống nước lá đu đủ mỗi sáng là dứt liền bệnh</mark>' in page
    lead.client.headers["hx-request"] = "true"
    live = words(lead.post(path, form(COPIED)))
    assert "trùng 11 từ liền nhau, giới hạn là 6 (quy tắc 6)" in live
    assert "Không trùng" not in live
    six = replace(TEXT, said="Nghe đồn nước lá đu đủ mỗi sáng trị được sốt.")
    assert "Không trùng quá sáu từ" in words(lead.post(path, form(six)))


def test_what_was_typed_comes_back_to_its_lead_alone(browse: OpenBrowser, desk: Desk, agreed: int) -> None:
    chi, dung = browse("chi"), browse("dung")
    half = replace(TEXT, truth="Mới viết được một nửa câu", how_known="", what_to_do="")
    chi.post(f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra", form(half, tieng="vi"))
    chi.post("/dang-xuat", {})
    again = browse("chi").get(f"/ban-lam-viec/{agreed}/dinh-chinh")
    assert "Mới viết được một nửa câu" in again.text
    assert "bản nháp của riêng bạn, giữ lúc 10:00, 18/11/2026" in words(again)
    other = dung.get(f"/ban-lam-viec/{agreed}/dinh-chinh").text
    assert "một nửa câu" not in other
    assert "bản nháp của riêng bạn, giữ lúc" not in other
    assert drafts(desk) > 0


def test_a_refused_text_is_kept_and_a_published_one_leaves_no_draft(
    browse: OpenBrowser, desk: Desk, agreed: int
) -> None:
    lead, other = browse("chi"), browse("dung")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh"
    assert lead.post(path, form(COPIED)).status_code == 422
    assert COPIED.said in words(lead.get(path))
    other.post(f"{path}/kiem-tra", form(replace(TEXT, title="Bản của Dung")))
    assert lead.post(path, form(TEXT)).status_code == 303
    assert drafts(desk) == 0  # the other lead's too: the answer is public


def test_a_draft_can_be_thrown_away(browse: OpenBrowser, desk: Desk, agreed: int) -> None:
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh"
    lead.post(f"{path}/kiem-tra", form(replace(TEXT, title="Bỏ đi thôi")))
    assert lead.post(f"{path}/bo-nhap", {}).status_code == 303
    assert "Bỏ đi thôi" not in lead.get(path).text
    assert drafts(desk) == 0


def test_what_is_public_word_for_word_is_no_draft(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    publish(desk, agreed, staff["chi"].id)
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra"
    lead.post(path, form(TEXT))
    assert drafts(desk) == 0
    lead.post(path, form(replace(TEXT, title="Khác")))
    assert drafts(desk) > 0


def test_drafts_go_after_fourteen_days_and_with_the_claim(
    browse: OpenBrowser, desk: Desk, agreed: int, moving: MovingClock
) -> None:
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra"
    lead.post(path, form(TEXT))
    today = local_day(moving())
    for days, left in ((14, True), (15, False)):
        with desk.sessions.begin() as session:
            retention.erase(session, today + timedelta(days=days))
        assert (drafts(desk) > 0) is left
    lead.post(path, form(TEXT))
    assert drafts(desk) > 0
    with desk.sessions.begin() as session:
        retention.erase_claim(session, agreed)
    assert drafts(desk) == 0
    assert not correctiondrafts.keep(desk, agreed, 1, {"vi-title": "không còn chỗ"})
    assert lead.post(path, form(TEXT)).status_code == 404


def test_each_language_has_a_tab_and_a_preview_in_its_own_words(browse: OpenBrowser, agreed: int) -> None:
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh"
    page = lead.get(f"{path}?tieng=en").text
    assert 'value="en" data-tab="en" checked' in page
    assert page.count("data-tab=") == 3
    lead.client.headers["hx-request"] = "true"
    english = form(replace(TEXT, title="Papaya leaf cures nothing"), "en", tieng="en")
    shown = lead.post(f"{path}/kiem-tra", english).text
    assert '<div class="preview-page" lang="en">' in shown
    assert "What is true" in shown
    assert "Papaya leaf cures nothing" in shown
    assert chosen_language("xx") is Language.VI


def test_hints_and_lengths_are_told_while_typing(browse: OpenBrowser, agreed: int) -> None:
    lead = browse("chi")
    lead.client.headers["hx-request"] = "true"
    dense = replace(TEXT, truth="UBND nói từ ngày 10/11 đến 20/11 có 3 đợt, mỗi đợt 15000 hộ nhận tiền.")
    page = words(lead.post(f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra", form(dense)))
    assert "4 con số trong một câu" in page
    assert "15000" in page
    assert "chữ viết tắt" in page
    assert "Độ dài" in page
    assert "khoảng" in page  # seconds of the text for loudspeakers


def test_the_spoken_text_is_a_field_with_a_limit(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh"
    answer = lead.post(path, form(replace(TEXT, spoken="bà con chú ý " * 30)))
    assert answer.status_code == 422
    assert "dài quá 90 tiếng khi đọc lên" in words(answer)
    own = replace(TEXT, spoken="Bà con sốt 2 ngày thì tới trạm y tế.")
    where = lead.post(path, form(own)).headers["location"]
    assert "sốt hai ngày" in words(browse().get(where + "/doc-loa"))
    with desk.reading() as session:
        assert public.correction(session, where.rpartition("/")[2]).text().spoken == own.spoken
    assert staff


def test_the_part_that_is_rated_is_marked(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    from pipeline import decisions
    from pipeline.decisions import ReviewInput
    from pipeline.ratedpart import of_words
    from tests.review_ui.house import EVIDENCE

    text = "Lá đu đủ chữa sốt xuất huyết và tôi thấy ai cũng nên trồng"
    claim_id = add_claim(desk, text)
    part = of_words(text, "1", "7")
    for name, evidence in (("an", [EVIDENCE]), ("binh", [])):
        given_ = ReviewInput(Opinion.FALSE, "Đã đọc thông báo của Sở Y tế.", evidence, part=part)
        decisions.record_review(desk, claim_id, staff[name].id, given_)
    page = browse("chi").get(f"/ban-lam-viec/{claim_id}/dinh-chinh").text
    assert '<mark class="rated-part">Lá đu đủ chữa sốt xuất huyết</mark>' in page
    slug = publish(desk, claim_id, staff["chi"].id)
    reader = browse().get(f"/dinh-chinh/{slug}")
    assert "Chỉ một phần của điều này được xếp loại" in words(reader)
    assert "ai cũng nên trồng" not in reader.text  # the source's words stay inside


WORDS = st.lists(st.sampled_from([*TIP.split(), "không", "phải", "thuốc", "hết"]), max_size=30)


@given(WORDS, st.integers(2, LONGEST_RUN + 2))
@budget(max_examples=300, deadline=None)
def test_what_is_marked_is_what_is_refused(picked: list[str], longest: int) -> None:
    written = " ".join(picked)
    spans = shared_spans(written, [TIP], longest)
    assert bool(spans) == (shared_run(written, [TIP], longest) is not None)
    for span in spans:
        assert len(written[span.start : span.end].split()) == span.n_words > longest


@given(st.text(max_size=200), st.text(max_size=200))
@budget(max_examples=200, deadline=None)
def test_the_pieces_of_a_diff_give_both_texts_back(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    new = "".join(piece.text for piece in pieces if piece.change is not Change.GONE)
    old = [piece.text for piece in pieces if piece.change is not Change.NEW]
    assert new == after
    assert "".join(old).split() == before.split()


def test_hints_know_long_sentences_figures_and_capitals() -> None:
    def kinds(text: str) -> list[HintKind]:
        return [hint.kind for hint in hints(text)]

    assert kinds("Câu ngắn, rõ ràng. Có 2 con số và 1.500.000 đồng.") == []
    assert kinds("tiếng " * 26) == [HintKind.LONG_SENTENCE]
    assert kinds("tiếng " * 25) == []
    assert kinds("Có 1 và 2 và 3 điều") == [HintKind.FIGURES]
    assert kinds("Phí 1500000 đồng") == [HintKind.UNGROUPED]
    assert kinds("CẢNH BÁO KHẨN CẤP cho mọi người")[-1] is HintKind.SHOUTED
    assert [hint.kind for hint in hints("a" * 91, title=True)] == [HintKind.LONG_TITLE]
    assert measured("Một hai. Ba bốn!") == measured("Một hai.\nBa bốn! ")

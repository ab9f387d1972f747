"""The editor and the door to the public: six-word check, preview, publishing, revising, appeals."""

from dataclasses import replace

from models.desk import Staff
from models.vocabulary import Language
from pipeline import publishing
from pipeline.compose import Desk
from pipeline.publishing import CorrectionInput
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import TEXT, MovingClock, add_claim, decide, form, publish, words

COPIED = replace(TEXT, said="Có người nói nước lá đu đủ mỗi sáng là dứt liền bệnh.")


def test_a_lead_publishes_and_readers_see_it(browse: OpenBrowser, agreed: int) -> None:
    lead, reader = browse("chi"), browse()
    assert "Viết bản đính chính" in words(lead.get(f"/ban-lam-viec/{agreed}"))
    assert "Hai người thống nhất" in words(lead.get(f"/ban-lam-viec/{agreed}/dinh-chinh"))
    answer = lead.post(f"/ban-lam-viec/{agreed}/dinh-chinh", form(TEXT))
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert address.startswith("/dinh-chinh/la-du-du-khong-chua")
    assert TEXT.truth in words(reader.get(address))
    assert address in reader.get("/").text
    assert address in reader.get("/feed.json").text


def test_words_of_a_tip_cannot_be_published(browse: OpenBrowser, agreed: int) -> None:
    answer = browse("chi").post(f"/ban-lam-viec/{agreed}/dinh-chinh", form(COPIED))
    assert answer.status_code == 422
    assert "trùng hơn sáu từ" in words(answer)
    assert '<a href="#vi-said">' in answer.text
    assert COPIED.said in words(answer)
    assert "Chưa có bản đính chính nào" in words(browse().get("/"))


def test_the_check_runs_while_typing(browse: OpenBrowser, agreed: int) -> None:
    lead = browse("chi")
    path = f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra"
    lead.client.headers["hx-request"] = "true"
    bad = lead.post(path, form(COPIED))
    assert "<html" not in bad.text
    assert "1 chỗ trùng hơn sáu từ" in words(bad)
    good = lead.post(path, form(TEXT))
    assert "Không trùng quá sáu từ" in words(good)
    assert TEXT.title in words(good)


def test_the_check_works_without_javascript(browse: OpenBrowser, agreed: int) -> None:
    lead = browse("chi")
    page = lead.post(f"/ban-lam-viec/{agreed}/dinh-chinh/kiem-tra", form(COPIED))
    assert page.text.startswith("<!doctype html>")
    assert COPIED.said in words(page)
    assert "Trùng hơn sáu từ" in words(page)
    assert "Chưa có bản đính chính nào" in words(browse().get("/"))  # a check stores nothing


def test_an_empty_field_is_named(browse: OpenBrowser, agreed: int) -> None:
    answer = browse("chi").post(f"/ban-lam-viec/{agreed}/dinh-chinh", form(replace(TEXT, truth=" ")))
    assert answer.status_code == 422
    assert "Sự thật là gì (tiếng Việt): chưa có nội dung" in words(answer)


def test_the_first_reviewer_does_not_publish(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["chi"].id, staff["an"].id)
    lead = browse("chi")
    assert "một trưởng nhóm khác phải công bố" in words(lead.get(f"/ban-lam-viec/{claim_id}/dinh-chinh"))
    answer = lead.post(f"/ban-lam-viec/{claim_id}/dinh-chinh", form(TEXT))
    assert answer.status_code == 409
    assert TEXT.truth in words(answer)
    assert browse("dung").post(f"/ban-lam-viec/{claim_id}/dinh-chinh", form(TEXT)).status_code == 303


def test_nothing_is_written_before_two_agree(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk)
    lead = browse("chi")
    assert staff
    assert lead.get(f"/ban-lam-viec/{claim_id}/dinh-chinh").status_code == 409
    assert lead.post(f"/ban-lam-viec/{claim_id}/dinh-chinh", form(TEXT)).status_code == 409


def test_a_revision_needs_a_reason_and_a_change(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    slug = publish(desk, agreed, staff["chi"].id)
    lead = browse("chi")
    editor = lead.get(f"/ban-lam-viec/{agreed}/dinh-chinh")
    assert TEXT.truth in words(editor)
    assert "Đăng bản sửa" in words(editor)
    path = f"/ban-lam-viec/{agreed}/sua"
    changed = replace(TEXT, truth="Không loại lá nào thay được thuốc và việc theo dõi.")
    assert "Hãy ghi lý do" in words(lead.post(path, form(changed, reason=" ")))
    assert "Chưa có chữ nào thay đổi" in words(lead.post(path, form(TEXT, reason="Sửa lại")))
    assert lead.post(path, form(changed, reason="Nói cho rõ hơn")).status_code == 303
    assert "Nói cho rõ hơn" in words(browse().get(f"/dinh-chinh/{slug}"))


def test_adding_a_language_leaves_the_others_as_they_were(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    slug = publish(desk, agreed, staff["chi"].id)
    english = CorrectionInput(
        "No leaf cures it", "It is said to.", "It does not.", "We asked.", "See a doctor."
    )
    fields = {**form(TEXT), **form(english, "en"), "reason": "Thêm tiếng Anh"}
    assert browse("chi").post(f"/ban-lam-viec/{agreed}/sua", fields).status_code == 303
    with desk.reading() as session:
        from pipeline import public

        versions = [(one.language, one.version) for one in public.correction(session, slug).versions]
    assert sorted(versions) == [(Language.EN, 1), (Language.VI, 1)]


def test_a_reader_appeals_without_an_account(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    slug = publish(desk, agreed, staff["chi"].id)
    reader = browse()
    short = reader.post(f"/phan-hoi/{slug}", {"reason": "ngắn", "website": ""})
    assert short.status_code == 422
    assert "ngắn" in short.text
    reason = "Theo thông báo mới, gọi 0912345678 để hỏi, thì điều này đã khác."
    answer = reader.post(f"/phan-hoi/{slug}", {"reason": reason, "website": ""})
    assert answer.status_code == 303
    status = reader.get(answer.headers["location"])
    assert "Khiếu nại đang được xét" in words(status)
    assert "27/11/2026" in words(status)  # seven working days after Wednesday 18 November
    assert "thông báo mới" not in status.text
    assert "đang được hai người khác xem lại" in words(reader.get(f"/dinh-chinh/{slug}"))
    waiting = browse("dung").get("/khang-nghi")
    assert "số điện thoại …78" in words(waiting)
    assert "0912345678" not in waiting.text
    assert reader.get(f"/phan-hoi/{slug}/{'0' * 16}").status_code == 404


def test_a_program_cannot_appeal(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    slug = publish(desk, agreed, staff["chi"].id)
    reason = "Điều này đã khác theo thông báo mới của tỉnh."
    answer = browse().post(f"/phan-hoi/{slug}", {"reason": reason, "website": "http://spam.example"})
    assert answer.status_code == 429
    with desk.reading() as session:
        from pipeline import public

        assert public.correction(session, slug).appeals == []


def test_the_alarm_rings_on_the_fifth_working_day(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff], moving: MovingClock
) -> None:
    slug = publish(desk, agreed, staff["chi"].id)
    publishing.file_appeal(desk, slug, "Theo thông báo mới thì điều này đã khác rồi.")
    assert "Sắp hết hạn" not in words(browse("dung").get("/khang-nghi"))
    moving.forward(days=6)  # Tuesday, the fourth working day
    assert "Sắp hết hạn" not in words(browse("dung").get("/khang-nghi"))
    moving.forward(days=1)
    assert "Sắp hết hạn" in words(browse("dung").get("/khang-nghi"))
    moving.forward(days=3)
    assert "Quá hạn" in words(browse("dung").get("/khang-nghi"))


def test_a_decided_appeal_is_public_and_the_page_shows_it(
    browse: OpenBrowser, desk: Desk, agreed: int, staff: dict[str, Staff]
) -> None:
    from models.vocabulary import Opinion

    slug = publish(desk, agreed, staff["chi"].id)
    appeal = publishing.file_appeal(desk, slug, "Theo thông báo mới thì điều này đã khác rồi.")
    decide(desk, agreed, staff["chi"].id, staff["dung"].id, Opinion.MISLEADING)
    lead = browse("dung")
    fields = form(replace(TEXT, truth="Điều này chỉ đúng một phần."), reason="Xét khiếu nại")
    assert lead.post(f"/ban-lam-viec/{agreed}/dinh-chinh", fields).status_code == 303
    reader = browse()
    page = words(reader.get(f"/dinh-chinh/{slug}"))
    assert "Gây hiểu lầm" in page
    assert "Sai sự thật" in page  # the history keeps the first rating
    assert "Đã đổi kết luận" in page
    assert "Đã đổi kết luận" in words(reader.get(f"/phan-hoi/{slug}/{appeal}"))
    assert "Đã đổi kết luận" in words(lead.get("/khang-nghi"))

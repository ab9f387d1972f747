"""Accounts, models, sources and the log, for those who run the desk."""

import re

import pytest
from sqlalchemy import select, update

from models import counters
from models.desk import ModelMetric, ModelVersion, Staff
from models.errors import ConflictError
from models.gathered import EntryPoint
from models.vocabulary import ModelKind, ModelState, Outcome, Role
from models.weeks import local_day
from pipeline import accounts, learning
from pipeline.compose import Desk
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import MovingClock, add_source, words

pytestmark = pytest.mark.usefixtures("staff")


def generated(page: str) -> str:
    """The password that is shown once."""
    found = re.search(r'class="receipt"><code>([^<]+)</code>', page)
    assert found
    return found[1]


def test_an_admin_makes_an_account_that_works(browse: OpenBrowser) -> None:
    admin = browse("quan")
    answer = admin.post("/tai-khoan", {"username": "Hoa.N", "role": "analyst"})
    password = generated(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert password not in admin.get("/tai-khoan").text
    assert browse().sign_in("hoa.n", password).status_code == 303


def test_a_password_that_was_made_up_for_somebody_does_not_stay(browse: OpenBrowser) -> None:
    made = generated(browse("quan").post("/tai-khoan", {"username": "hoa", "role": "analyst"}).text)
    again = generated(browse("quan").post("/tai-khoan/mat-khau", {"username": "an"}).text)
    own = "bốn cây cầu treo qua sông lớn"
    for name, password in (("hoa", made), ("an", again)):
        browser = browse()
        browser.sign_in(name, password)
        for path in ("/ban-lam-viec", "/tai-khoan-cua-toi"):
            assert browser.get(path).headers["location"] == "/mat-khau"
        assert browser.post("/tai-khoan-cua-toi/khoa", {"name": "x", "days": "1"}).status_code == 403
        page = browser.get("/mat-khau")
        assert "đặt cho bạn" in words(page)
        same = browser.post("/mat-khau", {"present": password, "password": password})
        assert same.status_code == 422
        assert "chọn mật khẩu khác" in words(same)
        assert browser.post("/mat-khau", {"present": password, "password": own}).status_code == 303
        assert browse().sign_in(name, password).status_code == 422
        free = browse()
        assert free.sign_in(name, own).status_code == 303
        assert free.get("/ban-lam-viec").status_code == 200
        assert "đặt cho bạn" not in words(free.get("/mat-khau"))


def test_a_made_up_password_that_nobody_used_ends_after_a_week(
    browse: OpenBrowser, desk: Desk, moving: MovingClock
) -> None:
    made = generated(browse("quan").post("/tai-khoan", {"username": "hoa", "role": "analyst"}).text)
    moving.forward(days=accounts.FIRST_DAYS)
    assert browse().sign_in("hoa", made).status_code == 303
    moving.forward(days=1)
    assert browse().sign_in("hoa", made).status_code == 422
    assert browse().sign_in("an").status_code == 303, "one's own does not end"
    with desk.reading() as session:
        there = accounts.named(session, "hoa")
    assert there is not None
    accounts.drop_first(desk, there)
    assert not accounts.is_first(there)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": "an", "role": "analyst"}, "đã có người dùng"),
        ({"username": "Có Dấu", "role": "analyst"}, "Tên đăng nhập: 2 đến 32"),
        ({"username": "moi", "role": "owner"}, "Hãy chọn một vai trò"),
        ({"username": "moi", "role": ""}, "Hãy chọn một vai trò"),
    ],
)
def test_a_wrong_account_is_refused_and_the_form_kept(
    fields: dict[str, str], said: str, browse: OpenBrowser
) -> None:
    answer = browse("quan").post("/tai-khoan", fields)
    assert answer.status_code in {409, 422}
    assert said in words(answer)
    assert f'value="{fields["username"]}"' in answer.text


def test_an_admin_closes_resets_and_moves_accounts(browse: OpenBrowser, desk: Desk) -> None:
    admin, analyst = browse("quan"), browse("an")
    assert admin.post("/tai-khoan/vai-tro", {"username": "an", "role": "auditor"}).status_code == 303
    assert analyst.get("/ban-lam-viec").status_code == 303  # signed out at once
    assert admin.post("/tai-khoan/khoa", {"username": "an"}).status_code == 303
    assert "đã khóa" in words(admin.get("/tai-khoan"))
    password = generated(admin.post("/tai-khoan/mat-khau", {"username": "an"}).text)
    assert browse().sign_in("an", password).status_code == 303
    with desk.reading() as session:
        assert session.scalars(select(Staff.role).where(Staff.username == "an")).one() == Role.AUDITOR


def test_an_admin_cannot_lock_everybody_out(browse: OpenBrowser) -> None:
    admin = browse("quan")
    assert admin.post("/tai-khoan/khoa", {"username": "quan"}).status_code == 409
    assert admin.post("/tai-khoan/vai-tro", {"username": "quan", "role": "lead"}).status_code == 409
    answer = admin.post("/tai-khoan/khoa", {"username": "khong-co"})
    assert answer.status_code == 404
    assert "Không có tài khoản" in words(answer)


def add_model(desk: Desk, state: ModelState, refusal: str | None = None) -> int:
    """A registered model."""
    with desk.sessions.begin() as session:
        model = ModelVersion(
            kind=ModelKind.RANK.value,
            sha256="ab" * 32,
            data_sha256="cd" * 32,
            state=state.value,
            refusal=refusal,
            n_labels=64,
            created_at=desk.clock(),
        )
        session.add(model)
        session.flush()
        session.add(ModelMetric(model_id=model.id, name="auc", value=0.87))
        return model.id


def test_models_are_listed_with_their_figures_and_refusals(browse: OpenBrowser, desk: Desk) -> None:
    lead = browse("chi")
    assert "Chưa có mô hình nào" in words(lead.get("/mo-hinh"))
    add_model(desk, ModelState.REFUSED, "gắn cờ 3 câu được bảo vệ")
    candidate = add_model(desk, ModelState.CANDIDATE)
    page = lead.get("/mo-hinh")
    for part in ("gắn cờ 3 câu được bảo vệ", "0,870", "64 nhãn", "Chờ người duyệt"):
        assert part in words(page)
    # one form to promote it, one to let it order a share of the queue first
    assert re.findall(r'name="model_id" value="(\d+)"', page.text) == [str(candidate)] * 2
    assert "model_id" not in browse("kiem").get("/mo-hinh").text  # an auditor reads and decides nothing


def test_a_lead_promotes_in_their_own_name(
    browse: OpenBrowser, staff: dict[str, Staff], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(learning, "promote", lambda _, model_id, staff_id: asked.append((model_id, staff_id)))
    lead = browse("chi")
    assert lead.post("/mo-hinh/dua-vao-dung", {"model_id": "7"}).status_code == 303
    assert asked == [(7, staff["chi"].id)]
    for wrong in ("", "x", "-1", "9" * 20, "١"):
        assert lead.post("/mo-hinh/dua-vao-dung", {"model_id": wrong}).status_code == 422


def test_a_promotion_that_cannot_be_is_said(
    browse: OpenBrowser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConflictError("this model is not a candidate")

    add_model(desk, ModelState.RETIRED)
    monkeypatch.setattr(learning, "promote", refuse)
    monkeypatch.setattr(learning, "rollback", refuse)
    lead = browse("chi")
    assert lead.post("/mo-hinh/dua-vao-dung", {"model_id": "1"}).status_code == 409
    assert lead.post("/mo-hinh/quay-lai", {}).status_code == 409


def test_the_health_page_tells_why_a_source_is_silent(browse: OpenBrowser, desk: Desk) -> None:
    add_source(desk, "bao-song")
    add_source(desk, "bao-im")
    with desk.sessions.begin() as session:
        counters.bump(session, "bao-song", local_day(desk.clock()), Outcome.KEPT, 12)
        counters.bump(session, "bao-song", local_day(desk.clock()), Outcome.NOT_OURS, 340)
        session.execute(
            update(EntryPoint)
            .where(EntryPoint.source_id == "bao-im")
            .values(failures=4, last_outcome=Outcome.TIMEOUT.value, last_success=None)
        )
    page = words(browse("quan").get("/nguon/suc-khoe"))
    assert "giữ lại 12" in page
    assert "không thuộc việc 340" in page
    assert "chưa lần nào" in page
    assert "máy chủ của nguồn trả lời quá chậm" in page
    assert "4 lần" in page


def test_the_log_names_staff_to_staff_and_pages(browse: OpenBrowser) -> None:
    auditor = browse("kiem")
    page = words(auditor.get("/nhat-ky/noi-bo"))
    assert "tạo tài khoản" in page
    assert "kiem" in page
    assert auditor.get("/nhat-ky/noi-bo?trang=999").status_code == 200


def test_the_menu_shows_what_a_role_may_open(browse: OpenBrowser) -> None:
    def menu(username: str) -> set[str]:
        page = browse(username).get("/mat-khau").text
        found = re.search(r'<nav aria-label="Bàn làm việc">.*?</nav>', page, re.DOTALL)
        assert found
        return set(re.findall(r'href="([^"]+)"', found[0]))

    assert menu("an") == {"/ban-lam-viec", "/khang-nghi"}
    assert menu("quan") == {"/nguon/suc-khoe", "/nhat-ky/noi-bo", "/tai-khoan"}
    audits = {"/kiem-toan", "/ban-lam-viec/mau-thu", "/muc-thong-nhat"}
    assert menu("kiem") == {"/ban-lam-viec", "/khang-nghi", "/mo-hinh", "/nhat-ky/noi-bo"} | audits
    lead = browse("chi")
    for link in menu("chi"):
        assert lead.get(link).status_code == 200


def test_a_model_whose_file_was_changed_is_told_and_not_served(browse: OpenBrowser, desk: Desk) -> None:
    candidate = add_model(desk, ModelState.CANDIDATE)  # registered, but no such file lies in the folder
    answer = browse("chi").post("/mo-hinh/dua-vao-dung", {"model_id": str(candidate)})
    assert answer.status_code == 503
    assert "Không làm được" in words(answer)
    with desk.reading() as session:
        assert session.get_one(ModelVersion, candidate).state == ModelState.CANDIDATE


def test_signing_in_is_noted_in_the_program_log_and_not_in_the_public_one(
    browse: OpenBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="kiemchung.web"):
        lead = browse("chi")
        browse().sign_in("chi", "một mật khẩu không đúng")
    assert [record.message for record in caplog.records] == ["signed in", "sign-in refused"]
    assert "mật khẩu" not in str([record.__dict__ for record in caplog.records])
    assert "sign_in" not in lead.get("/nhat-ky.jsonl").text

"""Signing in with a second factor, and one's own account: codes, recovery codes, sessions, tokens."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from models.access import StaffToken
from models.desk import Staff, StaffSession
from models.vocabulary import Role
from pipeline import accounts, second_factor, tokens
from pipeline.compose import Desk, build
from pipeline.settings import load
from review_ui.app import create_app
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import PASSWORD, SITE, Answer, Browser, MovingClock, add_staff, words

pytestmark = pytest.mark.usefixtures("staff")

ME = "/tai-khoan-cua-toi"
DESK = "/ban-lam-viec"


def enrol(desk: Desk, staff: Staff) -> tuple[pyotp.TOTP, list[str]]:
    """Give an account a second factor; the clock moves one step on."""
    totp = pyotp.TOTP(second_factor.begin(desk, staff.id))
    codes = second_factor.confirm(desk, staff.id, totp.at(desk.clock()))
    clock = desk.clock
    assert isinstance(clock, MovingClock)
    clock.forward(seconds=second_factor.STEP_S)
    return totp, codes


def field(page: Answer, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


def second_step(browser: Browser, first: Answer, code: str) -> Answer:
    """Send a code with what the first step gave."""
    sent = {"ticket": field(first, "ticket"), "back": field(first, "back"), "code": code}
    return browser.post("/dang-nhap/ma", sent, token=False)


def test_the_password_alone_opens_nothing_and_a_code_opens_once(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], moving: MovingClock
) -> None:
    totp, _ = enrol(desk, staff["an"])
    browser = browse()
    first = browser.sign_in("an")
    assert first.status_code == 200
    assert "set-cookie" not in first.headers
    assert "Sáu chữ số" in words(first)
    assert browser.get(DESK).status_code == 303
    code = totp.at(moving())
    wrong = second_step(browser, first, "000000" if code != "000000" else "000001")
    assert wrong.status_code == 422
    assert "Mã không đúng" in words(wrong)
    done = second_step(browser, wrong, code)
    assert (done.status_code, done.headers["location"]) == (303, DESK)
    assert browser.get(DESK).status_code == 200
    thief = browse()
    replayed = second_step(thief, thief.sign_in("an"), code)
    assert replayed.status_code == 422
    assert thief.get(DESK).status_code == 303


def test_a_recovery_code_opens_once(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    _, codes = enrol(desk, staff["an"])
    browser = browse()
    assert second_step(browser, browser.sign_in("an"), codes[0]).status_code == 303
    other = browse()
    assert second_step(other, other.sign_in("an"), codes[0]).status_code == 422


def test_a_wrong_password_never_reaches_the_second_step(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    enrol(desk, staff["an"])
    with_factor = browse().sign_in("an", "không phải mật khẩu này")
    without = browse().sign_in("binh", "không phải mật khẩu này")
    assert with_factor.status_code == without.status_code == 422
    assert with_factor.text.replace('value="an"', "") == without.text.replace('value="binh"', "")


def test_a_ticket_ends_and_belongs_to_one_account(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], moving: MovingClock
) -> None:
    mine, _ = enrol(desk, staff["an"])
    theirs, _ = enrol(desk, staff["binh"])
    browser = browse()
    first = browser.sign_in("an")
    assert second_step(browser, first, theirs.at(moving())).status_code == 422
    moving.forward(minutes=6)
    late = second_step(browser, first, mine.at(moving()))
    assert late.status_code == 422
    assert "quá năm phút" in words(late)
    for forged in ("", "x", "A" * 500):
        sent = {"ticket": forged, "back": "", "code": mine.at(moving())}
        assert browser.post("/dang-nhap/ma", sent, token=False).status_code == 422
    assert browser.get(DESK).status_code == 303


def test_codes_are_not_guessed_and_the_owner_is_not_shut_out(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    _, codes = enrol(desk, staff["an"])
    thief = browse()
    first = thief.sign_in("an")
    answers = [second_step(thief, first, f"{n:06d}").status_code for n in range(8)]
    assert answers == [422] * 5 + [429] * 3
    owner = browse()
    assert second_step(owner, owner.sign_in("an"), codes[3]).status_code == 303
    other = browse("binh")
    assert other.get(DESK).status_code == 200


def test_the_way_back_is_a_page_of_the_desk_alone(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], moving: MovingClock
) -> None:
    totp, codes = enrol(desk, staff["an"])
    browser = browse()
    asked = browser.post(
        "/dang-nhap", {"username": "an", "password": PASSWORD, "back": "/khang-nghi"}, token=False
    )
    assert second_step(browser, asked, totp.at(moving())).headers["location"] == "/khang-nghi"
    sent = {"ticket": field(asked, "ticket"), "back": "//ke-khac.vn", "code": codes[0]}
    assert browser.post("/dang-nhap/ma", sent, token=False).headers["location"] == DESK


def test_setting_up_showing_codes_once_and_taking_it_off(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    browser = browse("an")
    page = browser.post(f"{ME}/ma-xac-thuc", {})
    assert page.status_code == 200
    assert "<svg" in page.text
    assert not re.search(r'\sstyle="|<style', page.text)
    found = re.search(r"<code>([A-Z2-7 ]{39,})</code>", page.text)
    assert found
    totp = pyotp.TOTP(found[1].replace(" ", ""))
    wrong = browser.post(f"{ME}/ma-xac-thuc/xac-nhan", {"code": "12345"})
    assert wrong.status_code == 422
    assert found[1] in wrong.text  # the same secret is shown again
    done = browser.post(f"{ME}/ma-xac-thuc/xac-nhan", {"code": totp.at(moving())})
    codes = re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", done.text)
    assert len(codes) == 10
    assert all(code not in browser.get(ME).text for code in codes)
    assert browser.post(f"{ME}/ma-xac-thuc", {}).status_code == 409
    moving.forward(seconds=30)
    renewed = browser.post(f"{ME}/ma-du-phong", {"code": totp.at(moving())})
    assert renewed.status_code == 200
    assert codes[0] not in renewed.text
    moving.forward(minutes=2)
    assert browser.post(f"{ME}/ma-xac-thuc/bo", {"code": codes[0]}).status_code == 422
    assert browser.post(f"{ME}/ma-xac-thuc/bo", {"code": totp.at(moving())}).status_code == 303
    assert browser.get(DESK).status_code == 303  # signed out everywhere
    with desk.reading() as session:
        assert not second_factor.is_on(session, staff["an"].id)


def test_an_admin_takes_it_off_for_who_lost_the_phone(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    enrol(desk, staff["an"])
    admin = browse("quan")
    assert "có mã xác thực" in words(admin.get("/tai-khoan"))
    assert admin.post("/tai-khoan/ma-xac-thuc", {"username": "an"}).status_code == 303
    assert browse().sign_in("an").status_code == 303
    assert admin.post("/tai-khoan/ma-xac-thuc", {"username": "quan"}).status_code == 409
    assert admin.post("/tai-khoan/ma-xac-thuc", {"username": "khong-co"}).status_code == 404


@pytest.fixture
def strict(sqlite_url: str, tmp_path: Path, moving: MovingClock) -> Iterator[FastAPI]:
    """The app of a desk where leads and admins must have a second factor."""
    flags = {"database.url": sqlite_url, "paths.var": str(tmp_path / "var"), "web.public_url": SITE}
    desk = build(
        load(environ={}, flags={**flags, "web.second_factor": "leads"}), clock=moving, migrated=False
    )
    yield create_app(desk)
    desk.close()


def test_where_it_is_asked_nothing_else_opens_before_it_is_set_up(strict: FastAPI) -> None:
    with Browser(strict) as lead, Browser(strict) as analyst:
        assert lead.sign_in("chi").status_code == 303
        assert lead.get(DESK).headers["location"] == ME
        assert lead.post(f"{DESK}/1/nhan", {}).status_code == 403
        assert lead.post(f"{ME}/khoa", {"name": "thử", "days": "1"}).status_code == 403
        page = lead.get(ME)
        assert page.status_code == 200
        assert "phải có mã xác thực" in words(page)
        assert lead.post(f"{ME}/ma-xac-thuc", {}).status_code == 200
        analyst.sign_in("an")
        assert analyst.get(DESK).status_code == 200


def test_how_one_signs_in_is_changed_only_just_after_signing_in(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], moving: MovingClock
) -> None:
    totp, _ = enrol(desk, staff["binh"])
    with_factor = browse()
    second_step(with_factor, with_factor.sign_in("binh"), totp.at(desk.clock()))
    early, late = browse("an"), browse("an")
    assert early.post(f"{ME}/khoa", {"name": "sớm", "days": "1"}).status_code == 200
    assert early.post(f"{ME}/ma-xac-thuc", {}).status_code == 200
    moving.forward(minutes=11)
    code = {"code": totp.at(desk.clock())}
    for browser, path, sent in (
        (late, "ma-xac-thuc", {}),
        (late, "khoa", {"name": "muộn", "days": "1"}),
        (with_factor, "ma-du-phong", code),
        (with_factor, "ma-xac-thuc/bo", code),
    ):
        answer = browser.post(f"{ME}/{path}", sent)
        assert answer.status_code == 403, path
        assert "đăng nhập lại" in words(answer)
        assert "otpauth" not in answer.text
    assert late.get(DESK).status_code == 200, "everything else goes on"
    with desk.reading() as session:
        assert second_factor.is_on(session, staff["binh"].id)
        assert session.scalars(select(StaffToken.name)).all() == ["sớm"]
    # the code was not used up by the refusal
    assert second_factor.check(desk, staff["binh"].id, code["code"])
    assert browse("an").post(f"{ME}/ma-xac-thuc", {}).status_code == 200


def test_ones_own_sessions_are_listed_and_ended(browse: OpenBrowser, desk: Desk, moving: MovingClock) -> None:
    first = browse("an")
    moving.forward(minutes=5)
    second, third, other = browse("an"), browse("an"), browse("binh")
    page = second.get(ME)
    assert page.text.count('action="/tai-khoan-cua-toi/phien/ket-thuc"') == 2
    assert page.text.count("phiên này") == 1
    keys = re.findall(r'name="key" value="([0-9a-f]{64})"', page.text)
    for browser in (first, third):  # what the page names opens nothing
        assert browser.client.cookies["__Host-kc"] not in keys
    assert other.post(f"{ME}/phien/ket-thuc", {"key": keys[0]}).status_code == 303
    assert first.get(DESK).status_code == third.get(DESK).status_code == 200  # another's are out of reach
    assert second.post(f"{ME}/phien/ket-thuc", {"key": keys[-1]}).status_code == 303
    assert first.get(DESK).status_code == 303
    assert second.post(f"{ME}/phien/ket-thuc-khac", {}).status_code == 303
    assert third.get(DESK).status_code == 303
    assert second.get(DESK).status_code == other.get(DESK).status_code == 200
    with desk.reading() as session:
        assert len(session.scalars(select(StaffSession)).all()) == 2


def test_a_session_is_shown_to_the_hour_alone(browse: OpenBrowser, moving: MovingClock) -> None:
    browser = browse("an")
    moving.forward(minutes=17)
    page = words(browser.get(ME))
    assert "10:00, 18/11/2026" in page
    assert "10:17" not in page


def test_a_token_is_shown_once_and_revoked(browse: OpenBrowser, desk: Desk) -> None:
    browser = browse("an")
    made = browser.post(f"{ME}/khoa", {"name": "đọc hàng đợi", "days": "30"})
    found = re.search(r"<code>(kc_[\w-]{43,})</code>", made.text)
    assert found
    assert found[1] not in browser.get(ME).text
    assert "đọc hàng đợi" in words(browser.get(ME))
    with desk.reading() as session:
        number = session.scalars(select(StaffToken.id)).one()
    assert browse("binh").post(f"{ME}/khoa/thu-hoi", {"id": str(number)}).status_code == 404
    assert browser.post(f"{ME}/khoa/thu-hoi", {"id": "x"}).status_code == 404
    assert tokens.find(desk, found[1]) is not None
    assert browser.post(f"{ME}/khoa/thu-hoi", {"id": str(number)}).status_code == 303
    assert tokens.find(desk, found[1]) is None
    for name, days in (("", "30"), ("thử", "0"), ("thử", "91"), ("thử", "x")):
        assert browser.post(f"{ME}/khoa", {"name": name, "days": days}).status_code == 422


def test_an_old_hash_is_made_anew_on_the_way_in(
    browse: OpenBrowser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 128)
    accounts._hasher.cache_clear()
    old = add_staff(desk, "cu", Role.ANALYST)
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    assert "m=128," in old.password_hash
    assert browse().sign_in("cu", "không phải mật khẩu này").status_code == 422
    with desk.reading() as session:
        assert session.get_one(Staff, old.id).password_hash == old.password_hash
    browse("cu")
    with desk.reading() as session:
        assert "m=256," in session.get_one(Staff, old.id).password_hash
    browse("cu")


def test_the_table_of_roles_is_the_table_of_the_guard(browse: OpenBrowser, app: FastAPI) -> None:
    from review_ui.permissions import EVERYBODY, PERMISSIONS

    page = browse("an").get("/bang-quyen")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page.text, re.DOTALL)
    assert len(rows) == sum(allowed is not EVERYBODY for allowed in PERMISSIONS.values())
    paths = {route.name: route.path for route in app.routes if hasattr(route, "name")}  # type: ignore[attr-defined]
    for name, allowed in PERMISSIONS.items():
        if allowed is EVERYBODY:
            continue
        mine = [row for row in rows if f">{paths[name]}</code>" in row]
        ticks = {row.count(">được<") for row in mine}
        assert len(allowed) in ticks, name


def test_an_admin_adds_and_removes_who_is_told_of_new_corrections(browse: OpenBrowser) -> None:
    admin = browse("quan")
    made = admin.post("/nguoi-nhan", {"url": "https://toasoan.vn/nhan"})
    assert made.status_code == 200
    assert re.search(r"<code>whsec_[\w+/=]{44}</code>", made.text)
    page = admin.get("/nguoi-nhan")
    assert "https://toasoan.vn/nhan" in page.text
    assert "whsec_" not in page.text
    assert admin.post("/nguoi-nhan", {"url": "https://127.0.0.1/"}).status_code == 422
    assert admin.post("/nguoi-nhan", {"url": "https://toasoan.vn/nhan"}).status_code == 409
    assert admin.post("/nguoi-nhan/bo", {"id": field(page, "id")}).status_code == 303
    assert "Chưa có nơi nào" in words(admin.get("/nguoi-nhan"))

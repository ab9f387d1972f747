"""Signing in and out: a session ends when it should, for every copy of its cookie."""

import pytest
from sqlalchemy import func, select

from models.desk import Staff, StaffSession
from models.vocabulary import Role
from pipeline import accounts
from pipeline.compose import Desk
from review_ui import sessions
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import PASSWORD, MovingClock, words

pytestmark = pytest.mark.usefixtures("staff")

COOKIE = "__Host-kc"
DESK = "/ban-lam-viec"


def test_the_cookie_is_closed_to_scripts_and_other_hosts(browse: OpenBrowser) -> None:
    answer = browse().sign_in("an")
    kept = answer.headers["set-cookie"]
    assert kept.startswith(f"{COOKIE}=")
    flags = {part.strip().lower() for part in kept.split(";")[1:]}
    assert flags == {"httponly", "secure", "samesite=lax", "path=/"}


def test_the_database_holds_only_the_hash_of_the_secret(browse: OpenBrowser, desk: Desk) -> None:
    browser = browse("an")
    secret = browser.client.cookies[COOKIE]
    assert len(secret) >= 43  # 256 bits
    with desk.reading() as session:
        row = session.scalars(select(StaffSession)).one()
    assert secret not in {row.secret_sha256, row.csrf_token}


def test_signing_in_again_ends_the_session_before(browse: OpenBrowser, desk: Desk) -> None:
    browser = browse("an")
    old = browser.client.cookies[COOKIE]
    browser.sign_in("an")
    assert browser.client.cookies[COOKIE] != old
    assert sessions.find(desk, old) is None
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(StaffSession)) == 1


def test_a_copied_cookie_is_worth_nothing_after_signing_out(browse: OpenBrowser) -> None:
    owner, thief = browse("an"), browse()
    thief.client.cookies.set(COOKIE, owner.client.cookies[COOKIE], domain="desk.test")
    assert thief.get(DESK).status_code == 200
    answer = owner.post("/dang-xuat", {})
    assert answer.status_code == 303
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert thief.get(DESK).status_code == 303


@pytest.mark.parametrize("what", ["disable", "demote", "password"])
def test_a_change_of_the_account_ends_its_sessions(what: str, browse: OpenBrowser, desk: Desk) -> None:
    browser = browse("an")
    assert browser.get(DESK).status_code == 200
    if what == "disable":
        accounts.disable(desk, "an")
    elif what == "demote":
        accounts.change_role(desk, "an", Role.AUDITOR)
    else:
        accounts.reset(desk, "an", "một mật khẩu hoàn toàn khác")
    assert browser.get(DESK).headers["location"].startswith("/dang-nhap")


def test_half_an_hour_of_rest_ends_a_session(browse: OpenBrowser, moving: MovingClock) -> None:
    browser = browse("an")
    for _ in range(3):
        moving.forward(minutes=29)
        assert browser.get(DESK).status_code == 200
    moving.forward(minutes=31)
    assert browser.get(DESK).status_code == 303


def test_twelve_hours_end_a_session_however_busy(browse: OpenBrowser, moving: MovingClock) -> None:
    browser = browse("an")
    for _ in range(36):
        moving.forward(minutes=20)
        assert browser.get(DESK).status_code == 200
    moving.forward(minutes=1)
    assert browser.get(DESK).status_code == 303


def test_expired_sessions_are_swept_when_somebody_signs_in(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    browse("an")
    moving.forward(hours=1)
    browse("binh")
    with desk.reading() as session:
        assert session.scalars(select(StaffSession.staff_id)).all() == [staff["binh"].id]


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(browse: OpenBrowser) -> None:
    browser = browse()
    wrong = browser.sign_in("an", "không phải mật khẩu này")
    unknown = browser.sign_in("xx", "không phải mật khẩu này")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace('value="an"', "") == unknown.text.replace('value="xx"', "")
    assert "không đúng" in words(wrong)


def test_guessing_is_slowed_without_locking_the_account_for_others(browse: OpenBrowser) -> None:
    browser = browse()
    answers = [browser.sign_in("an", f"sai lần thứ {n} rồi nhé") for n in range(12)]
    assert [answer.status_code for answer in answers[:10]] == [422] * 10
    assert answers[-1].status_code == 429
    assert browser.sign_in("binh").status_code == 303


def test_a_disabled_account_cannot_sign_in(browse: OpenBrowser, desk: Desk) -> None:
    accounts.disable(desk, "an")
    assert browse().sign_in("an").status_code == 422


def test_staff_change_their_own_password(browse: OpenBrowser) -> None:
    browser = browse("an")
    new = "trăng treo đầu ngõ đêm rằm"
    wrong = browser.post("/mat-khau", {"present": "không phải mật khẩu", "password": new})
    assert wrong.status_code == 422
    assert "không đúng" in words(wrong)
    short = browser.post("/mat-khau", {"present": PASSWORD, "password": "ngắn quá"})
    assert "15" in words(short)
    assert browser.post("/mat-khau", {"present": PASSWORD, "password": new}).status_code == 303
    assert browser.get(DESK).status_code == 303
    assert browser.sign_in("an").status_code == 422
    assert browser.sign_in("an", new).status_code == 303


def test_reading_pages_changes_nothing(browse: OpenBrowser, desk: Desk) -> None:
    browser = browse("chi")
    with desk.engine.connect() as connection:
        before = connection.exec_driver_sql("PRAGMA data_version").scalar()
        for path in (DESK, "/khang-nghi", "/mo-hinh", "/nguon/suc-khoe", "/nhat-ky/noi-bo", "/", "/nhat-ky"):
            assert browser.get(path).status_code == 200
        assert connection.exec_driver_sql("PRAGMA data_version").scalar() == before

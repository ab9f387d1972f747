"""Codes of an authenticator and recovery codes: each opens once, only its own account, only for a while."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, update

from models.access import StaffFactor, StaffRecovery
from models.desk import AuditEntry, Staff, StaffSession
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Role
from pipeline import accounts, second_factor, strongbox
from pipeline.compose import Desk, build
from pipeline.settings import load
from tests.disk import bytes_of
from tests.review_ui.house import MovingClock

GOOD = "sông rộng thuyền trôi xa"
STEP = second_factor.STEP_S


@pytest.fixture
def moving() -> MovingClock:
    """A clock that the test moves."""
    return MovingClock()


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    yield
    accounts._hasher.cache_clear()


def made(url: str, folder: Path, clock: MovingClock, **flags: str) -> Desk:
    """A desk with a clock that moves."""
    given = {"database.url": url, "paths.var": str(folder / "var"), **flags}
    return build(load(environ={}, flags=given), clock=clock, migrated=False)


@pytest.fixture
def clock(moving: MovingClock) -> MovingClock:
    """The desks of this file run by it."""
    return moving


def enrol(desk: Desk, username: str = "an", role: Role = Role.LEAD) -> tuple[Staff, pyotp.TOTP, list[str]]:
    """An account with a second factor, its authenticator and recovery codes; the clock moves a step."""
    staff = accounts.add(desk, username, role, GOOD)
    totp = pyotp.TOTP(second_factor.begin(desk, staff.id))
    codes = second_factor.confirm(desk, staff.id, totp.at(desk.clock()))
    clock = desk.clock
    assert isinstance(clock, MovingClock)
    clock.forward(seconds=STEP)
    return staff, totp, codes


def test_a_code_opens_once(desk: Desk, moving: MovingClock) -> None:
    staff, totp, _ = enrol(desk)
    code = totp.at(moving())
    assert second_factor.check(desk, staff.id, f" {code[:3]} {code[3:]} ")
    assert not second_factor.check(desk, staff.id, code)
    moving.forward(seconds=STEP)
    assert second_factor.check(desk, staff.id, totp.at(moving()))


@pytest.mark.parametrize("n", [100, pytest.param(1_000, marks=pytest.mark.release)])
def test_no_code_is_taken_twice(n: int, sqlite_desk: Desk, moving: MovingClock) -> None:
    staff, totp, _ = enrol(sqlite_desk)
    first = second = 0
    for _ in range(n):
        code = totp.at(moving())
        first += second_factor.check(sqlite_desk, staff.id, code)
        moving.forward(seconds=STEP)  # still within the window of the code before
        second += second_factor.check(sqlite_desk, staff.id, code)
    assert (first, second) == (n, 0)


def test_control_without_the_counter_a_replay_would_be_taken(sqlite_desk: Desk, moving: MovingClock) -> None:
    staff, totp, _ = enrol(sqlite_desk)
    code = totp.at(moving())
    assert second_factor.check(sqlite_desk, staff.id, code)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(StaffFactor).values(used_step=0))
    assert second_factor.check(sqlite_desk, staff.id, code)


def test_of_many_at_once_one_gets_in(desk: Desk, moving: MovingClock) -> None:
    staff, totp, codes = enrol(desk)
    for code in (totp.at(moving()), codes[0]):
        with ThreadPoolExecutor(8) as pool:
            took = list(pool.map(lambda _, code=code: second_factor.check(desk, staff.id, code), range(16)))
        assert took.count(True) == 1


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(
    steps: int, fits: bool, sqlite_desk: Desk, moving: MovingClock
) -> None:
    staff, totp, _ = enrol(sqlite_desk)
    moving.forward(seconds=10 * STEP)
    code = totp.at(moving() + timedelta(seconds=steps * STEP))
    assert second_factor.check(sqlite_desk, staff.id, code) is fits


def test_an_older_code_is_void_once_a_newer_was_used(sqlite_desk: Desk, moving: MovingClock) -> None:
    staff, totp, _ = enrol(sqlite_desk)
    older = totp.at(moving())
    moving.forward(seconds=STEP)
    assert second_factor.check(sqlite_desk, staff.id, totp.at(moving()))
    assert not second_factor.check(sqlite_desk, staff.id, older)


@pytest.mark.parametrize(
    "code", ["", "000000", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "😀" * 6, "x" * 5_000]
)
def test_anything_else_opens_nothing(code: str, sqlite_desk: Desk, moving: MovingClock) -> None:
    staff, totp, _ = enrol(sqlite_desk)
    if code == totp.at(moving()):  # pragma: no cover - one in a million
        return
    assert not second_factor.check(sqlite_desk, staff.id, code)


def test_recovery_codes_open_once_each_and_only_their_own_account(desk: Desk) -> None:
    staff, _, codes = enrol(desk)
    other, _, _ = enrol(desk, "binh")
    assert len(set(codes)) == 10
    assert all(len(second_factor.plain(code)) * 5 >= 64 for code in codes)  # base32: five bits a sign
    for code in codes:
        assert not second_factor.check(desk, other.id, code)
        assert second_factor.check(desk, staff.id, code.upper().replace("-", " "))
        assert not second_factor.check(desk, staff.id, code)
    with desk.reading() as session:
        assert second_factor.state(session, staff.id).codes_left == 0
        assert second_factor.state(session, other.id).codes_left == 10


def test_new_codes_make_the_old_ones_void(sqlite_desk: Desk) -> None:
    staff, _, old = enrol(sqlite_desk)
    new = second_factor.renew_codes(sqlite_desk, staff.id)
    assert not second_factor.check(sqlite_desk, staff.id, old[0])
    assert second_factor.check(sqlite_desk, staff.id, new[0])


def test_the_database_holds_neither_secret_nor_codes(sqlite_desk: Desk, tmp_path: Path) -> None:
    _, totp, codes = enrol(sqlite_desk)
    sqlite_desk.close()
    raw = bytes_of(tmp_path / "desk.sqlite")
    assert totp.secret.encode() not in raw
    for code in codes:
        plain = second_factor.plain(code)
        assert plain.encode() not in raw
        assert hashlib.sha256(plain.encode()).hexdigest().encode() not in raw  # keyed, not plain hashes


def test_a_sealed_secret_of_another_account_opens_nothing(sqlite_desk: Desk, moving: MovingClock) -> None:
    staff, totp, _ = enrol(sqlite_desk)
    other, _, _ = enrol(sqlite_desk, "binh")
    with sqlite_desk.sessions.begin() as session:
        mine = session.get_one(StaffFactor, staff.id).sealed_secret
        session.get_one(StaffFactor, other.id).sealed_secret = mine
    with pytest.raises(ConflictError, match="another key"):
        second_factor.check(sqlite_desk, other.id, totp.at(moving()))


def test_the_set_up_counts_only_after_its_first_code(sqlite_desk: Desk, moving: MovingClock) -> None:
    staff = accounts.add(sqlite_desk, "an", Role.LEAD, GOOD)
    with pytest.raises(ConflictError):
        second_factor.confirm(sqlite_desk, staff.id, "000000")
    secret = second_factor.begin(sqlite_desk, staff.id)
    assert second_factor.begin(sqlite_desk, staff.id) == secret  # a reload shows the same picture
    totp = pyotp.TOTP(secret)
    with sqlite_desk.reading() as session:
        assert not second_factor.is_on(session, staff.id)
    assert not second_factor.check(sqlite_desk, staff.id, totp.at(moving()))
    with pytest.raises(UsageError, match=r"^code"):
        second_factor.confirm(sqlite_desk, staff.id, totp.at(moving() + timedelta(hours=1)))
    with pytest.raises(ConflictError):
        second_factor.renew_codes(sqlite_desk, staff.id)
    second_factor.confirm(sqlite_desk, staff.id, totp.at(moving()))
    assert not second_factor.check(sqlite_desk, staff.id, totp.at(moving()))  # the first code is used up too
    with pytest.raises(ConflictError):
        second_factor.begin(sqlite_desk, staff.id)


def test_taking_it_off_ends_sessions_and_is_written_down(desk: Desk) -> None:
    staff, _, codes = enrol(desk)
    admin = accounts.add(desk, "quan", Role.ADMIN, GOOD)
    now = desk.clock()
    with desk.sessions.begin() as session:
        session.add(
            StaffSession(secret_sha256="s", staff_id=staff.id, csrf_token="t", created_at=now, seen_at=now)
        )
    with pytest.raises(ConflictError, match="page of your account"):
        accounts.reset_factor(desk, "an", by=staff.id)
    with pytest.raises(NotFoundError):
        accounts.reset_factor(desk, "khong-co", by=admin.id)
    accounts.reset_factor(desk, "AN", by=admin.id)
    with desk.reading() as session:
        assert session.scalars(select(StaffSession)).all() == []
        assert session.scalars(select(StaffRecovery)).all() == []
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert last is not None
        assert (last.actor, last.action, last.subject) == (
            f"staff:{admin.id}",
            "factor_off",
            f"staff:{staff.id}",
        )
    assert not second_factor.check(desk, staff.id, codes[0])


def test_a_ticket_is_good_for_five_minutes_and_one_password(sqlite_desk: Desk, moving: MovingClock) -> None:
    staff, _, _ = enrol(sqlite_desk)
    ticket = second_factor.ticket(sqlite_desk, staff)
    held = second_factor.holder(sqlite_desk, ticket)
    assert held is not None
    assert held.id == staff.id
    moving.forward(minutes=4, seconds=59)
    assert second_factor.holder(sqlite_desk, ticket) is not None
    moving.forward(seconds=2)
    assert second_factor.holder(sqlite_desk, ticket) is None
    fresh = second_factor.ticket(sqlite_desk, staff)
    accounts.reset(sqlite_desk, "an", GOOD + " nữa")
    assert second_factor.holder(sqlite_desk, fresh) is None


@pytest.mark.parametrize("forged", ["", "x", "QUJD", "ế", "A" * 10_000])
def test_a_forged_ticket_holds_nobody(forged: str, sqlite_desk: Desk) -> None:
    staff, _, _ = enrol(sqlite_desk)
    assert second_factor.holder(sqlite_desk, forged) is None
    elsewhere = strongbox.ticket(
        sqlite_desk.keys.seal, "oidc", f"{staff.id} x", sqlite_desk.clock() + timedelta(minutes=5)
    )
    assert second_factor.holder(sqlite_desk, elsewhere) is None


@pytest.mark.parametrize(
    ("setting", "asked"),
    [
        ("optional", set[Role]()),
        ("leads", {Role.LEAD, Role.ADMIN}),
        ("everybody", set(Role)),
    ],
)
def test_the_setting_says_who_must(
    setting: str, asked: set[Role], sqlite_url: str, tmp_path: Path, moving: MovingClock
) -> None:
    desk = made(sqlite_url, tmp_path, moving, **{"web.second_factor": setting})
    second_factor.check_setting(desk)
    assert {role for role in Role if second_factor.is_required(desk, role)} == asked
    desk.close()


def test_a_misspelt_setting_is_told(sqlite_url: str, tmp_path: Path, moving: MovingClock) -> None:
    desk = made(sqlite_url, tmp_path, moving, **{"web.second_factor": "lead"})
    with pytest.raises(UsageError, match=r"web\.second_factor: 'lead'"):
        second_factor.check_setting(desk)
    desk.close()


def test_the_picture_needs_no_style(sqlite_desk: Desk) -> None:
    address = second_factor.address(sqlite_desk, "an", "JBSWY3DPEHPK3PXP" * 2)
    assert address.startswith("otpauth://totp/")
    picture = second_factor.qr(address)
    assert picture.startswith("<svg")
    assert "style" not in picture

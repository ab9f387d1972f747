"""Accounts: the password rule, argon2id at its strength, every change in the log."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from sqlalchemy import select

from models import audit
from models.desk import AuditEntry, Staff, StaffSession
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Role
from pipeline import accounts
from pipeline.compose import Desk, build
from pipeline.settings import load

GOOD = "sông rộng thuyền trôi xa"


@pytest.fixture
def desk(database_url: str, tmp_path: Path, clock: Callable[[], datetime]) -> Iterator[Desk]:
    """A desk on each database in turn."""
    flags = {"database.url": database_url, "paths.var": str(tmp_path / "var")}
    made = build(load(environ={}, flags=flags), clock=clock, migrated=False)
    yield made
    made.close()


def actions(desk: Desk) -> list[str]:
    """What the log holds, in order."""
    with desk.reading() as session:
        assert audit.verify(session).ok
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_an_account_signs_in_with_its_password_alone(desk: Desk) -> None:
    made = accounts.add(desk, " An ", Role.ANALYST, GOOD)
    with desk.reading() as session:
        found = accounts.verify(session, "AN", GOOD)
        assert found is not None
        assert (found.id, found.username, found.role) == (made.id, "an", "analyst")
        for wrong in ("", GOOD + " ", GOOD.upper(), GOOD[:-1], "x" * 5_000):
            assert accounts.verify(session, "an", wrong) is None
        assert accounts.verify(session, "ai-do", GOOD) is None
        assert accounts.role_of(session, made.id) is Role.ANALYST
        assert accounts.role_of(session, 4242) is None
    assert actions(desk) == ["account_add"]


def test_the_hash_is_argon2id_at_full_strength(desk: Desk) -> None:
    made = accounts.add(desk, "an", Role.ANALYST, GOOD)
    assert made.password_hash.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    other = accounts.add(desk, "binh", Role.ANALYST, GOOD)
    assert other.password_hash != made.password_hash  # salted


@pytest.mark.parametrize(
    "password",
    [
        "",
        "ngắn quá",
        "x" * 14,
        "x" * 15,
        "x" * 129,
        "123456789012345",
        "987654321098765",
        "abcdefghijklmnop",
        "passwordpassword",
        "qwertyuiopasdfgh",
        "abcabcabcabcabcabc",
        "1111111111111112",
    ],
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(UsageError, match="password"):
        accounts.check_password(password)


def test_the_username_is_no_password() -> None:
    with pytest.raises(UsageError, match="username"):
        accounts.check_password("nguyenvananbinh2026", "nguyenvananbinh")


@pytest.mark.parametrize(
    "password", [GOOD, "a1b2-c3d4-e5f6-0718", "Đ" + "ế" * 3 + "abc xyz 123 456", "y z" * 5 + " tổ"]
)
def test_a_long_password_needs_no_special_signs(password: str) -> None:
    accounts.check_password(password, "an")


@pytest.mark.parametrize("username", ["", "a", "Có Dấu", "a b", "-an", "x" * 33, "an\n", "an;drop", "ａｎ"])
def test_a_wrong_name_is_refused_by_its_field(username: str, desk: Desk) -> None:
    if username.strip() == "an":
        accounts.add(desk, username, Role.ANALYST, GOOD)  # blanks around a name are no part of it
        return
    with pytest.raises(UsageError, match=r"^username"):
        accounts.add(desk, username, Role.ANALYST, GOOD)
    assert actions(desk) == []


def test_a_name_is_given_once(desk: Desk) -> None:
    accounts.add(desk, "an", Role.ANALYST, GOOD)
    with pytest.raises(ConflictError, match=r"an: is taken"):
        accounts.add(desk, "AN", Role.LEAD, GOOD)
    assert actions(desk) == ["account_add"]


def open_session(desk: Desk, staff: Staff) -> None:
    """A signed-in browser of this account."""
    now = desk.clock()
    with desk.sessions.begin() as session:
        session.add(
            StaffSession(
                secret_sha256=f"s{staff.id}", staff_id=staff.id, csrf_token="t", created_at=now, seen_at=now
            )
        )


@pytest.mark.parametrize("change", ["disable", "reset", "change_role"])
def test_every_change_ends_the_sessions_of_that_account_alone(change: str, desk: Desk) -> None:
    an, binh = (accounts.add(desk, name, Role.ANALYST, GOOD) for name in ("an", "binh"))
    open_session(desk, an)
    open_session(desk, binh)
    if change == "disable":
        accounts.disable(desk, "an", by=binh.id)
    elif change == "reset":
        accounts.reset(desk, "an", GOOD + " nữa", by=binh.id)
    else:
        accounts.change_role(desk, "an", Role.LEAD, by=binh.id)
    with desk.reading() as session:
        assert session.scalars(select(StaffSession.staff_id)).all() == [binh.id]
        last = audit.head(session)
    assert last is not None
    assert (last.actor, last.subject) == (f"staff:{binh.id}", f"staff:{an.id}")


def test_a_closed_account_opens_nothing_until_it_is_reset(desk: Desk) -> None:
    made = accounts.add(desk, "an", Role.ANALYST, GOOD)
    accounts.disable(desk, "an")
    with desk.reading() as session:
        assert accounts.verify(session, "an", GOOD) is None
        assert accounts.role_of(session, made.id) is None
    accounts.reset(desk, "an", GOOD)
    with desk.reading() as session:
        assert accounts.verify(session, "an", GOOD) is not None


def test_the_last_admin_stays(desk: Desk) -> None:
    admin = accounts.add(desk, "quan", Role.ADMIN, GOOD)
    with pytest.raises(ConflictError):
        accounts.disable(desk, "quan")
    with pytest.raises(ConflictError):
        accounts.change_role(desk, "quan", Role.LEAD)
    with pytest.raises(ConflictError):
        accounts.disable(desk, "quan", by=admin.id)
    accounts.add(desk, "quan2", Role.ADMIN, GOOD)
    accounts.disable(desk, "quan")


@pytest.mark.parametrize("change", [accounts.disable, lambda desk, name: accounts.reset(desk, name, GOOD)])
def test_an_unknown_name_is_told(change: Callable[[Desk, str], None], desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="ai-do"):
        change(desk, "ai-do")


def test_a_damaged_hash_opens_nothing(desk: Desk) -> None:
    made = accounts.add(desk, "an", Role.ANALYST, GOOD)
    with desk.sessions.begin() as session:
        session.get_one(Staff, made.id).password_hash = "not a hash"
    with desk.reading() as session:
        assert accounts.verify(session, "an", GOOD) is None


def test_an_unknown_name_costs_as_much_as_a_known_one(desk: Desk) -> None:
    accounts.add(desk, "an", Role.ANALYST, GOOD)

    def cost(username: str) -> float:
        started = process_time()
        with desk.reading() as session:
            assert accounts.verify(session, username, "sai mật khẩu rồi nhé bạn") is None
        return process_time() - started

    cost("khong-co")  # the hash of nobody is made once
    known, unknown = [], []
    for _ in range(7):  # processor time, and in turn: a busy machine slows both alike
        known.append(cost("an"))
        unknown.append(cost("khong-co"))
    assert 0.5 < median(known) / median(unknown) < 2

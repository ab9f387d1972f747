"""Tokens for programs: shown once, kept as a hash, ended by time, by hand, by any change of the account."""

import pytest
from sqlalchemy import select

from models.access import StaffToken
from models.desk import AuditEntry
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Role
from models.weeks import local_day
from pipeline import accounts, tokens
from pipeline.compose import Desk
from tests.review_ui.house import MovingClock

GOOD = "sông rộng thuyền trôi xa"


@pytest.fixture
def moving() -> MovingClock:
    """A clock that the test moves."""
    return MovingClock()


@pytest.fixture
def clock(moving: MovingClock) -> MovingClock:
    """The desks of this file run by it."""
    return moving


def test_a_token_acts_for_its_owner_until_it_ends(desk: Desk, moving: MovingClock) -> None:
    staff = accounts.add(desk, "an", Role.ANALYST, GOOD)
    token = tokens.make(desk, staff.id, " đọc  hàng đợi ", 90)
    assert len(token) >= len("kc_") + 43  # 256 bits
    found = tokens.find(desk, token)
    assert found is not None
    assert found.id == staff.id
    for wrong in ("", token[:-1], token + "x", "kc_", token.upper()):
        assert tokens.find(desk, wrong) is None
    with desk.reading() as session:
        row = session.scalars(select(StaffToken)).one()
        assert (row.name, row.last_day) == ("đọc hàng đợi", local_day(moving()))
        assert token not in {row.token_sha256, row.name}
        assert [one.action for one in session.scalars(select(AuditEntry))] == ["account_add", "token_add"]
    moving.forward(days=89, hours=23)
    assert tokens.find(desk, token) is not None
    moving.forward(hours=2)
    assert tokens.find(desk, token) is None


@pytest.mark.parametrize("change", ["disable", "reset", "change_role", "revoke"])
def test_every_change_of_the_account_ends_its_tokens(change: str, desk: Desk) -> None:
    staff = accounts.add(desk, "an", Role.ANALYST, GOOD)
    other = accounts.add(desk, "binh", Role.ANALYST, GOOD)
    token, kept = tokens.make(desk, staff.id, "thử", 1), tokens.make(desk, other.id, "thử", 1)
    if change == "disable":
        accounts.disable(desk, "an")
    elif change == "reset":
        accounts.reset(desk, "an", GOOD + " nữa")
    elif change == "change_role":
        accounts.change_role(desk, "an", Role.LEAD)
    else:
        with desk.reading() as session:
            number = tokens.listed(session, staff.id)[0].id
        with pytest.raises(NotFoundError):
            tokens.revoke(desk, other.id, number)  # another's token is none of mine
        tokens.revoke(desk, staff.id, number)
    assert tokens.find(desk, token) is None
    assert tokens.find(desk, kept) is not None


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 61, 1), ("  ", 1), ("thử", 0), ("thử", 91)])
def test_what_is_out_of_bounds_is_refused_by_its_field(name: str, days: int, desk: Desk) -> None:
    staff = accounts.add(desk, "an", Role.ANALYST, GOOD)
    with pytest.raises(UsageError, match=r"^(name|days): "):
        tokens.make(desk, staff.id, name, days)


def test_ten_are_open_at_most_and_old_ones_are_forgotten(desk: Desk, moving: MovingClock) -> None:
    staff = accounts.add(desk, "an", Role.ANALYST, GOOD)
    for n in range(10):
        tokens.make(desk, staff.id, f"thử {n}", 1)
    with pytest.raises(ConflictError):
        tokens.make(desk, staff.id, "thừa", 1)
    moving.forward(days=32)
    tokens.make(desk, staff.id, "mới", 1)
    with desk.reading() as session:
        assert [one.name for one in tokens.listed(session, staff.id)] == ["mới"]

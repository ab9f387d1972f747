"""Accounts of the desk's own staff: passwords as argon2id, every change in the log, sessions end with it.

Parameters of argon2id: OWASP Password Storage Cheat Sheet (46 MiB, 1 pass, 1 lane), above ASVS 5.0's floor.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import audit
from models.access import StaffFactor, StaffToken
from models.desk import Staff, StaffSession
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Role
from models.weeks import local_day
from pipeline import second_factor
from pipeline.compose import Desk
from pipeline.passwords import is_common

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_PASSWORD = 15
MAX_PASSWORD = 128
_MEMORY_KIB = 46 * 1024
FIRST_DAYS = 7
"""How long a password that the desk made up may wait to be used."""
_FIRST = re.compile(r"first:(\d{4}-\d\d-\d\d):(.+)")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
# each check takes 46 MiB: a burst of sign-ins must not take all memory
_HASHING = BoundedSemaphore(2)


def add(
    desk: Desk, username: str, role: Role, password: str, by: int | None = None, *, first: bool = False
) -> Staff:
    """Make an account; raises `UsageError` for a bad name or password, `ConflictError` for a taken name.

    `first`: the password was made up for its owner, who has to choose another before anything else.
    """
    name = _checked_name(username)
    check_password(password, name, desk.settings.text("desk.name"))
    hashed = _stored(desk, password, first=first)
    with desk.sessions.begin() as session:
        if session.scalar(select(Staff).where(Staff.username == name)) is not None:
            raise ConflictError(f"username {name}: is taken")
        staff = Staff(
            username=name, password_hash=hashed, role=role.value, disabled=False, created_at=desk.clock()
        )
        session.add(staff)
        session.flush()
        audit.append(session, desk.clock, _actor(by), "account_add", f"staff:{staff.id}", {"role": role})
        return staff


def verify(session: Session, username: str, password: str) -> Staff | None:
    """The account if name and password fit and it is not disabled; the same work whether it exists or not."""
    staff = session.scalar(select(Staff).where(Staff.username == username.strip().lower()))
    hashed = _parts(staff)[0] if staff is not None else _nobody()
    fits = _fits(hashed, password)
    return staff if staff is not None and fits and not staff.disabled else None


def sign_in(desk: Desk, username: str, password: str) -> Staff | None:
    """The account if name and password fit; a hash of older parameters is made anew on the way (W1).

    A first password that waited too long opens nothing any more.
    """
    with desk.reading() as session:
        staff = verify(session, username, password)
    if staff is not None and is_first(staff):
        until = _parts(staff)[1]
        return staff if until is not None and local_day(desk.clock()) <= until else None
    if staff is None or not _hasher().check_needs_rehash(staff.password_hash):
        return staff
    _replace_hash(desk, staff, password, "account_rehash")
    return staff


def is_first(staff: Staff) -> bool:
    """Whether the account still has the password that was made up for it (ASVS 5.0, 6.4.1)."""
    return _parts(staff)[1] is not None


def drop_first(desk: Desk, staff: Staff) -> None:
    """Void a first password whose owner has come in another way and will not need it."""
    if is_first(staff):
        _replace_hash(desk, staff, secrets.token_urlsafe(32), "account_password")


def named(session: Session, username: str) -> Staff | None:
    """The account of this name if it may work; for a sign-in that another service has checked."""
    staff = session.scalar(select(Staff).where(Staff.username == username))
    return staff if staff is not None and not staff.disabled else None


@dataclass(frozen=True)
class Account:
    """One account as a list shows it: whether a second factor counts, and how many tokens are open."""

    username: str
    role: str
    disabled: bool
    second_factor: bool
    tokens: int


def everyone(session: Session) -> list[Account]:
    """Every account by name."""
    tokens = select(func.count(StaffToken.id)).where(StaffToken.staff_id == Staff.id).scalar_subquery()
    rows = session.execute(
        select(Staff, StaffFactor.confirmed, tokens)
        .outerjoin(StaffFactor, StaffFactor.staff_id == Staff.id)
        .order_by(Staff.username)
    )
    return [
        Account(staff.username, staff.role, staff.disabled, bool(confirmed), n)
        for staff, confirmed, n in rows
    ]


def with_factor(session: Session) -> frozenset[int]:
    """The accounts whose second factor counts."""
    return frozenset(session.scalars(select(StaffFactor.staff_id).where(StaffFactor.confirmed.is_(True))))


def reset_factor(desk: Desk, username: str, by: int | None = None) -> None:
    """Take the second factor from an account whose owner lost phone and codes; its sessions end.

    One's own goes another way, with a code. Raises `ConflictError` and `NotFoundError`.
    """
    with desk.reading() as session:
        staff = session.scalar(select(Staff).where(Staff.username == username.strip().lower()))
    if staff is None:
        raise NotFoundError(f"username {username.strip()}: there is no such account")
    if staff.id == by:
        raise ConflictError("second factor: yours goes with a code, on the page of your account")
    second_factor.remove(desk, staff.id, by)


def disable(desk: Desk, username: str, by: int | None = None) -> None:
    """Close an account: it can neither sign in nor go on working; its decisions stay.

    Sessions and tokens end at once.
    """
    with desk.sessions.begin() as session:
        staff = _named(session, username)
        if staff.id == by:
            raise ConflictError("you cannot close your own account")
        _keep_an_admin(session, staff)
        staff.disabled = True
        _end_access(session, staff)
        audit.append(session, desk.clock, _actor(by), "account_disable", f"staff:{staff.id}")


def reset(desk: Desk, username: str, password: str, by: int | None = None, *, first: bool = False) -> None:
    """Set a new password (and open a closed account again); every session and token of the account ends.

    `first` as in `add`.
    """
    check_password(password, username, desk.settings.text("desk.name"))
    hashed = _stored(desk, password, first=first)
    with desk.sessions.begin() as session:
        staff = _named(session, username)
        staff.password_hash, staff.disabled = hashed, False
        _end_access(session, staff)
        audit.append(session, desk.clock, _actor(by), "account_password", f"staff:{staff.id}")


def change_role(desk: Desk, username: str, role: Role, by: int | None = None) -> None:
    """Give an account another role; every session and token of the account ends."""
    with desk.sessions.begin() as session:
        staff = _named(session, username)
        if staff.id == by:
            raise ConflictError("you cannot change your own role")
        if role is not Role.ADMIN:
            _keep_an_admin(session, staff)
        staff.role = role.value
        _end_access(session, staff)
        audit.append(session, desk.clock, _actor(by), "account_role", f"staff:{staff.id}", {"role": role})


def role_of(session: Session, staff_id: int) -> Role | None:
    """The role of an account that may work, or None."""
    staff = session.get(Staff, staff_id)
    return None if staff is None or staff.disabled else Role(staff.role)


def check_password(password: str, username: str = "", desk_name: str = "") -> None:
    """The password rule (ASVS 5.0, 6.2): length, no rules of composition, nothing that is guessed first.

    The words of the desk's name and of the account's are known to whoever guesses.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise UsageError(f"password: {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    low = password.lower()
    repeated = low in (low + low)[1:-1]
    name = username.strip().lower()
    if len(name) > 3 and not low.replace(name, "").strip("0123456789._-"):
        raise UsageError("password: may not be made of the username")
    if repeated or len(set(low)) < 5 or is_common(password, (name, desk_name)):
        raise UsageError("password: too easy to guess, a few unrelated words are better")


def _checked_name(username: str) -> str:
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise UsageError("username: 2 to 32 characters from a-z, 0-9, dot, dash and underscore")
    return name


def _named(session: Session, username: str) -> Staff:
    staff = session.scalar(select(Staff).where(Staff.username == username.strip().lower()).with_for_update())
    if staff is None:
        raise NotFoundError(f"username {username.strip()}: there is no such account")
    return staff


def _keep_an_admin(session: Session, leaving: Staff) -> None:
    if leaving.role != Role.ADMIN or leaving.disabled:
        return
    others = select(func.count(Staff.id)).where(
        Staff.role == Role.ADMIN, Staff.disabled.is_(False), Staff.id != leaving.id
    )
    if not session.scalar(others):
        raise ConflictError("this is the last admin account: make another first")


def _end_access(session: Session, staff: Staff) -> None:
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff.id))
    session.execute(delete(StaffToken).where(StaffToken.staff_id == staff.id))


def _actor(by: int | None) -> str:
    return "system" if by is None else f"staff:{by}"


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=_MEMORY_KIB, parallelism=1)


@cache
def _nobody() -> str:
    """A hash that no account has: checking it costs what checking a real one does."""
    return _hash("nobody signs in with this password")


def _hash(password: str) -> str:
    with _HASHING:
        return _hasher().hash(password)


def _replace_hash(desk: Desk, staff: Staff, password: str, action: str) -> None:
    """Another hash in place of the one that was read, unless somebody has changed it meanwhile."""
    old, staff.password_hash = staff.password_hash, _hash(password)
    with desk.sessions.begin() as session:
        unchanged = (Staff.id == staff.id) & (Staff.password_hash == old)
        session.execute(update(Staff).where(unchanged).values(password_hash=staff.password_hash))
        audit.append(session, desk.clock, "system", action, f"staff:{staff.id}")


def _stored(desk: Desk, password: str, *, first: bool) -> str:
    """What is kept of a password; before the hash of a first one stands the last day that it opens."""
    until = local_day(desk.clock()) + timedelta(days=FIRST_DAYS)
    return f"first:{until}:{_hash(password)}" if first else _hash(password)


def _parts(staff: Staff) -> tuple[str, date | None]:
    """The hash of an account's password, and the last day of a first one."""
    first = _FIRST.fullmatch(staff.password_hash)
    return (first[2], date.fromisoformat(first[1])) if first else (staff.password_hash, None)


def _fits(hashed: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MAX_PASSWORD:
        return False
    try:
        with _HASHING:
            return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False

"""Sessions of staff, kept on the server: signing out, disabling and demoting end them at once.

A signed cookie could not be called back (ASVS 5.0, 7.4). The cookie holds 256 random bits; the database
their SHA-256, so that a copy of the database signs nobody in.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from starlette.responses import Response

from models import audit
from models.access import StaffFactor
from models.desk import Staff, StaffSession
from models.vocabulary import Role
from pipeline import accounts, second_factor
from pipeline.compose import Desk

COOKIE = "__Host-kc"
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in, and the token that every form of theirs must carry.

    `must_enrol`: the desk asks this role for a second factor, and the account has none yet.
    `must_change`: the account has a password that was made up for it.
    """

    staff_id: int
    username: str
    role: Role
    csrf_token: str
    must_enrol: bool = False
    must_change: bool = False
    signed_in_at: datetime | None = None


@dataclass(frozen=True)
class OpenSession:
    """One signed-in browser of an account; `key` names it on the page and opens nothing."""

    key: str
    started_at: datetime
    seen_at: datetime
    this_one: bool


def begin(desk: Desk, staff_id: int, old_secret: str | None) -> str:
    """Start a session and give its secret; the browser's earlier session ends, and so do all expired ones."""
    now = desk.clock()
    secret = secrets.token_urlsafe(32)
    with desk.sessions.begin() as session:
        expired = (StaffSession.seen_at < now - IDLE) | (StaffSession.created_at < now - ABSOLUTE)
        session.execute(delete(StaffSession).where(expired))
        if old_secret:
            session.execute(delete(StaffSession).where(StaffSession.secret_sha256 == _hash(old_secret)))
        row = StaffSession(
            secret_sha256=_hash(secret),
            staff_id=staff_id,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
        )
        session.add(row)
    return secret


def find(desk: Desk, secret: str | None) -> SignedIn | None:
    """Who this secret signs in now: None if it is unknown, idle, old, or the account was closed."""
    if not secret:
        return None
    now = desk.clock()
    hashed = _hash(secret)
    with desk.reading() as session:
        row = session.execute(
            select(StaffSession, Staff, StaffFactor.confirmed)
            .join(Staff, Staff.id == StaffSession.staff_id)
            .outerjoin(StaffFactor, StaffFactor.staff_id == Staff.id)
            .where(StaffSession.secret_sha256 == hashed, Staff.disabled.is_(False))
        ).one_or_none()
    if row is None:
        return None
    kept, staff, confirmed = row
    if now - kept.seen_at > IDLE or now - kept.created_at > ABSOLUTE:
        return None
    if now - kept.seen_at > _SEEN_EVERY:
        with desk.sessions.begin() as session:
            mine = StaffSession.secret_sha256 == hashed
            session.execute(update(StaffSession).where(mine).values(seen_at=now))
    role = Role(staff.role)
    must_enrol = not confirmed and second_factor.is_required(desk, role)
    must_change = accounts.is_first(staff)
    return SignedIn(staff.id, staff.username, role, kept.csrf_token, must_enrol, must_change, kept.created_at)


def listed(desk: Desk, staff_id: int, secret: str | None) -> Sequence[OpenSession]:
    """The open sessions of an account, the newest first; when each was last seen to the hour."""
    now = desk.clock()
    mine = _hash(secret or "")
    with desk.reading() as session:
        open_ones = (
            StaffSession.staff_id == staff_id,
            StaffSession.seen_at >= now - IDLE,
            StaffSession.created_at >= now - ABSOLUTE,
        )
        rows = session.scalars(
            select(StaffSession).where(*open_ones).order_by(StaffSession.created_at.desc())
        )
        return [
            OpenSession(
                key=row.secret_sha256,
                started_at=row.created_at,
                seen_at=row.seen_at.replace(minute=0, second=0, microsecond=0),
                this_one=row.secret_sha256 == mine,
            )
            for row in rows
        ]


def end_one(desk: Desk, staff_id: int, key: str) -> None:
    """End one session of this account by the key of the list; another account's is not touched."""
    _end_mine(desk, staff_id, StaffSession.secret_sha256 == key)


def end_others(desk: Desk, staff_id: int, secret: str | None) -> None:
    """End every session of this account but the one of this secret."""
    _end_mine(desk, staff_id, StaffSession.secret_sha256 != _hash(secret or ""))


def _end_mine(desk: Desk, staff_id: int, which: ColumnElement[bool]) -> None:
    with desk.sessions.begin() as session:
        gone = delete(StaffSession).where(StaffSession.staff_id == staff_id, which)
        if session.execute(gone.returning(StaffSession.staff_id)).all():
            audit.append(session, desk.clock, f"staff:{staff_id}", "sessions_end", f"staff:{staff_id}")


def end(desk: Desk, secret: str | None) -> None:
    """End the session of this secret, whoever holds a copy of it."""
    with desk.sessions.begin() as session:
        session.execute(delete(StaffSession).where(StaffSession.secret_sha256 == _hash(secret or "")))


def set_cookie(response: Response, secret: str) -> None:
    """Hand the secret to the browser: never to a script, never over plain HTTP, never to another host."""
    response.set_cookie(COOKIE, secret, path="/", secure=True, httponly=True, samesite="lax")


def clear_cookie(response: Response, name: str = COOKIE) -> None:
    """Take a secret from the browser."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""Sessions of staff, kept on the server: signing out, disabling and demoting end them at once.

A signed cookie could not be called back (ASVS 5.0, 7.4). The cookie holds 256 random bits; the database
their SHA-256, so that a copy of the database signs nobody in.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from starlette.responses import Response

from models.desk import Staff, StaffSession
from models.vocabulary import Role
from pipeline.compose import Desk

COOKIE = "__Host-kc"
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in, and the token that every form of theirs must carry."""

    staff_id: int
    username: str
    role: Role
    csrf_token: str


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
            select(StaffSession, Staff)
            .join(Staff, Staff.id == StaffSession.staff_id)
            .where(StaffSession.secret_sha256 == hashed, Staff.disabled.is_(False))
        ).one_or_none()
    if row is None:
        return None
    kept, staff = row
    if now - kept.seen_at > IDLE or now - kept.created_at > ABSOLUTE:
        return None
    if now - kept.seen_at > _SEEN_EVERY:
        with desk.sessions.begin() as session:
            mine = StaffSession.secret_sha256 == hashed
            session.execute(update(StaffSession).where(mine).values(seen_at=now))
    return SignedIn(staff.id, staff.username, Role(staff.role), kept.csrf_token)


def end(desk: Desk, secret: str | None) -> None:
    """End the session of this secret, whoever holds a copy of it."""
    with desk.sessions.begin() as session:
        session.execute(delete(StaffSession).where(StaffSession.secret_sha256 == _hash(secret or "")))


def set_cookie(response: Response, secret: str) -> None:
    """Hand the secret to the browser: never to a script, never over plain HTTP, never to another host."""
    response.set_cookie(COOKIE, secret, path="/", secure=True, httponly=True, samesite="lax")


def clear_cookie(response: Response) -> None:
    """Take the secret from the browser."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

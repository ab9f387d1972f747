"""Tokens by which programs act for a member of staff, with that person's role as it is at the moment.

256 random bits, shown once; the database holds their SHA-256. A token ends by itself after 90 days at most,
and at once when it is revoked or when the account's password or role changes.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import audit
from models.access import StaffToken
from models.desk import Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.weeks import local_day
from pipeline.compose import Desk

PREFIX = "kc_"
"""Every token begins with it, so that one that was published by mistake can be searched for."""
MOST_DAYS = 90
MOST_TOKENS = 10
LONGEST_NAME = 60
_LISTED = timedelta(days=30)


def make(desk: Desk, staff_id: int, name: str, days: int) -> str:
    """A new token, to be shown once; raises `UsageError` for name or days, `ConflictError` above ten."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UsageError(f"name: say in 1 to {LONGEST_NAME} characters what the token is for")
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"days: 1 to {MOST_DAYS}")
    token = PREFIX + secrets.token_urlsafe(32)
    now = desk.clock()
    with desk.sessions.begin() as session:
        session.execute(delete(StaffToken).where(StaffToken.expires_at < now - _LISTED))
        count = select(func.count(StaffToken.id)).where(
            StaffToken.staff_id == staff_id, StaffToken.expires_at > now
        )
        if (session.scalar(count) or 0) >= MOST_TOKENS:
            raise ConflictError(f"tokens: {MOST_TOKENS} are open, revoke one first")
        row = StaffToken(
            staff_id=staff_id,
            name=name,
            token_sha256=_hash(token),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        session.add(row)
        session.flush()
        audit.append(
            session, desk.clock, f"staff:{staff_id}", "token_add", f"staff:{staff_id}", {"token": row.id}
        )
    return token


def find(desk: Desk, token: str) -> Staff | None:
    """For whom a token acts now: None if it is unknown, over, or its account was closed."""
    now = desk.clock()
    today = local_day(now)
    with desk.reading() as session:
        row = session.execute(
            select(StaffToken, Staff)
            .join(Staff, Staff.id == StaffToken.staff_id)
            .where(StaffToken.token_sha256 == _hash(token), Staff.disabled.is_(False))
        ).one_or_none()
    if row is None or row[0].expires_at <= now:
        return None
    kept, staff = row
    if kept.last_day != today:
        with desk.sessions.begin() as session:
            session.execute(update(StaffToken).where(StaffToken.id == kept.id).values(last_day=today))
    return staff


def listed(session: Session, staff_id: int) -> Sequence[StaffToken]:
    """The tokens of an account, the newest first."""
    query = select(StaffToken).where(StaffToken.staff_id == staff_id).order_by(StaffToken.id.desc())
    return session.scalars(query).all()


def revoke(desk: Desk, staff_id: int, token_id: int) -> None:
    """End one token of this account at once; raises `NotFoundError`, also for another's."""
    with desk.sessions.begin() as session:
        mine = (StaffToken.id == token_id) & (StaffToken.staff_id == staff_id)
        if not session.execute(delete(StaffToken).where(mine).returning(StaffToken.id)).all():
            raise NotFoundError("there is no such token")
        audit.append(
            session, desk.clock, f"staff:{staff_id}", "token_end", f"staff:{staff_id}", {"token": token_id}
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

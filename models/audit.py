"""The append-only, hash-chained log of decisions (rule 7).

Each entry's digest covers the digest before it, so no entry can be changed, moved or removed without
breaking the chain; a cut at the end is visible against the published head. The detail of an action is
hashed and not stored: the log proves what was done without holding any text of a claim or a tip.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.desk import AuditEntry, LogHead
from models.session import is_postgresql
from models.weeks import local_day

GENESIS = "0" * 64
_LOCK = 7_701_001  # PostgreSQL advisory lock: one appender at a time, or two entries would share a number


@dataclass(frozen=True)
class ChainReport:
    """What a check of the chain found; `broken_at` is the first entry that does not fit."""

    ok: bool
    entries: int
    head_seq: int
    head_digest: str
    broken_at: int | None
    reason: str | None = None


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over the entry's fields in a fixed order and the previous digest."""
    fields = [
        entry.seq,
        entry.at.astimezone(UTC).isoformat(),  # as it is read back, whatever zone the clock gave
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail_sha256,
        entry.previous,
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def detail_digest(detail: Mapping[str, object]) -> str:
    """SHA-256 of an action's detail as canonical JSON."""
    packed = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(packed.encode()).hexdigest()


def head(session: Session) -> AuditEntry | None:
    """The newest entry, or None while the log is empty."""
    return session.scalar(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1))


def append(
    session: Session,
    clock: Callable[[], datetime],
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Append one entry in the caller's transaction: an action and its record live or die together."""
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    session.flush()
    last = head(session)
    entry = AuditEntry(
        seq=(last.seq if last else 0) + 1,
        at=clock(),
        actor=actor,
        action=action,
        subject=subject,
        detail_sha256=detail_digest(detail or {}),
        previous=last.digest if last else GENESIS,
    )
    entry.digest = digest_of(entry)
    session.add(entry)
    session.flush()
    return entry


def verify(session: Session) -> ChainReport:
    """Walk the whole chain and compare it with every published head."""
    expected, previous, count = 1, GENESIS, 0
    digests: dict[int, str] = {}
    # populate_existing: what is checked is what the database holds, not what this session remembers
    chain = select(AuditEntry).order_by(AuditEntry.seq).execution_options(populate_existing=True)
    for entry in session.scalars(chain):
        if entry.seq != expected or entry.previous != previous or entry.digest != digest_of(entry):
            return _broken(count, previous, entry.seq, "entry does not fit the chain")
        previous, expected, count = entry.digest, expected + 1, count + 1
        digests[entry.seq] = entry.digest
    for published in session.scalars(select(LogHead).order_by(LogHead.day)):
        if digests.get(published.seq) != published.digest:
            return _broken(count, previous, published.seq, "published head is not in the chain")
    return ChainReport(True, count, expected - 1, previous, None)


def _broken(count: int, digest: str, at: int, reason: str) -> ChainReport:
    return ChainReport(False, count, count, digest, at, reason)


def publish_head(session: Session, clock: Callable[[], datetime]) -> LogHead | None:
    """Fix today's head in the table of published heads; the last one of a day counts."""
    last = head(session)
    if last is None:
        return None
    day = local_day(clock())
    published = session.get(LogHead, day) or LogHead(day=day)
    published.seq, published.digest = last.seq, last.digest
    session.add(published)
    session.flush()
    return published

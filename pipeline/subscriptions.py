"""Subscriptions: a newsroom's or a radio's https address is sent each new correction, and nothing else.

The body is what the public API gives for the correction. It is signed (HMAC-SHA-256 over id, time stamp and
body, as Standard Webhooks 1.0 writes it), carries an id by which a repeat is known, and goes through an
outbox in the database: at least once, with growing waits, until it is taken or given up (rule 6, R10).
"""

import base64
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from crawlers import outbound, urls
from models import audit
from models.access import Delivery, Subscription
from models.decisions import Correction
from models.errors import ConflictError, NotFoundError, UsageError
from models.session import insert_ignore
from pipeline import documents, parking, public, strongbox
from pipeline.compose import Desk

LOG = logging.getLogger("kiemchung.subscriptions")
MOST = 20
ATTEMPTS = 14
LONGEST_WAIT = timedelta(hours=12)
KEPT = timedelta(days=30)
AT_ONCE = 100
_SENDING = timedelta(minutes=5)
_SECRET_PREFIX = "whsec_"  # noqa: S105 -- the prefix that Standard Webhooks names
GONE = 410

Send = Callable[..., outbound.Answer]


@dataclass(frozen=True)
class Listed:
    """One subscription and what became of what was sent to it in the last 30 days."""

    row: Subscription
    waiting: int
    taken: int
    given_up: int


def add(desk: Desk, url: str, by: int) -> str:
    """Add an address and give the key that signs what is sent, to be shown once; raises `UsageError`."""
    address = urls.normalise(url)
    problem = outbound.refusal(guard(desk), address) if address else "the address cannot be read"
    if problem:
        raise UsageError(f"url: {problem}")
    if not desk.settings.text("web.public_url"):
        raise UsageError("web.public_url: set it first, receivers need the address of this site")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with desk.sessions.begin() as session:
        if session.scalar(select(func.count(Subscription.id))) == MOST:
            raise ConflictError(f"subscriptions: {MOST} are the most")
        if session.scalar(select(Subscription.id).where(Subscription.url == address)) is not None:
            raise ConflictError("url: is subscribed already")
        row = Subscription(url=address, sealed_secret="", created_at=desk.clock(), stopped=False)
        session.add(row)
        session.flush()
        row.sealed_secret = strongbox.seal(desk.keys.seal, f"subscription:{row.id}", key)
        _log(session, desk, f"staff:{by}", "subscription_add", row)
    return _SECRET_PREFIX + key


def remove(desk: Desk, subscription_id: int, by: int) -> None:
    """Send nothing to an address any more and forget it; raises `NotFoundError`."""
    with desk.sessions.begin() as session:
        row = session.get(Subscription, subscription_id)
        if row is None:
            raise NotFoundError("there is no such subscription")
        _log(session, desk, f"staff:{by}", "subscription_end", row)
        session.execute(delete(Delivery).where(Delivery.subscription_id == row.id))
        session.delete(row)


def listed(session: Session) -> list[Listed]:
    """Every subscription by address."""
    waiting = func.sum(case((Delivery.id.is_not(None) & Delivery.done_at.is_(None), 1), else_=0))
    taken = func.sum(case((Delivery.taken.is_(True), 1), else_=0))
    given_up = func.sum(case((Delivery.done_at.is_not(None) & Delivery.taken.is_(False), 1), else_=0))
    rows = session.execute(
        select(Subscription, waiting, taken, given_up)
        .outerjoin(Delivery, Delivery.subscription_id == Subscription.id)
        .group_by(Subscription.id)
        .order_by(Subscription.url)
    )
    return [Listed(row, int(one or 0), int(two or 0), int(three or 0)) for row, one, two, three in rows]


def enqueue(session: Session, correction_id: int, now: datetime) -> None:
    """Put a new correction in the outbox, in the transaction that publishes it."""
    rows = [
        {
            "id": secrets.token_hex(16),
            "subscription_id": one,
            "correction_id": correction_id,
            "attempts": 0,
            "due_at": now,
            "taken": False,
        }
        for one in session.scalars(select(Subscription.id).where(Subscription.stopped.is_(False)))
    ]
    insert_ignore(session, Delivery, rows, ["subscription_id", "correction_id"])


def is_due(session: Session, now: datetime) -> bool:
    """Whether anything waits to be sent by now."""
    query = select(Delivery.id).where(Delivery.done_at.is_(None), Delivery.due_at <= now).limit(1)
    return session.scalar(query) is not None


def deliver(desk: Desk, send: Send = outbound.send) -> dict[str, int]:
    """Send what is due, up to a hundred; gives how many were taken, wait again, or were given up."""
    counts = {"taken": 0, "waiting": 0, "given_up": 0}
    for delivery_id in _claimed(desk):
        outcome = _deliver_or_wait(desk, delivery_id, send)
        counts[outcome] += 1
        LOG.info("delivery outcome=%s", outcome)
    with desk.sessions.begin() as session:
        session.execute(delete(Delivery).where(Delivery.done_at < desk.clock() - KEPT))
    return counts


def sign(key: str, delivery_id: str, stamp: int, body: bytes) -> str:
    """The signature of one sending: HMAC-SHA-256 in base64 over id, time stamp and body."""
    signed = f"{delivery_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest()).decode()


def guard(desk: Desk) -> urls.Guard:
    """The guard of what is sent: the crawl's, with the same local hosts."""
    return urls.Guard(desk.local_hosts)


def _claimed(desk: Desk) -> Sequence[str]:
    """Take what is due for five minutes: a process killed while it sends leaves it to be sent again."""
    now = desk.clock()
    due = select(Delivery.id).where(Delivery.done_at.is_(None), Delivery.due_at <= now)
    first = due.order_by(Delivery.due_at, Delivery.id).limit(AT_ONCE).with_for_update(skip_locked=True)
    with desk.sessions.begin() as session:
        mine = list(session.scalars(first))
        taken = update(Delivery).where(Delivery.id.in_(mine))
        session.execute(taken.values(due_at=now + _SENDING, attempts=Delivery.attempts + 1))
    return mine


def _deliver_or_wait(desk: Desk, delivery_id: str, send: Send) -> str:
    """One correction that cannot be put into words for sending takes no other's tries with it."""
    try:
        return _deliver_one(desk, delivery_id, send)
    except parking.MACHINE:
        raise
    except Exception as error:
        return _record(desk, delivery_id, f"could not be made ({type(error).__name__})")


def _deliver_one(desk: Desk, delivery_id: str, send: Send) -> str:
    with desk.reading() as session:
        found = session.execute(
            select(Delivery, Subscription, Correction.slug)
            .join(Subscription, Subscription.id == Delivery.subscription_id)
            .join(Correction, Correction.id == Delivery.correction_id)
            .where(Delivery.id == delivery_id)
        ).one_or_none()
        if found is None:
            return "given_up"  # removed a moment ago
        delivery, subscription, slug = found
        item = public.correction(session, slug)
    document = {
        "id": delivery.id,
        "type": "correction.published",
        "correction": documents.whole(item, desk.settings.text("web.public_url").rstrip("/")),
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return _record(desk, delivery.id, _sent(desk, delivery, subscription, body, send))


def _sent(desk: Desk, delivery: Delivery, subscription: Subscription, body: bytes, send: Send) -> str:
    """The status of the answer as text, or the kind of fault."""
    key = strongbox.unseal(desk.keys.seal, f"subscription:{subscription.id}", subscription.sealed_secret)
    if key is None:
        return "sealed with another key"
    stamp = int(desk.clock().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": desk.settings.text("crawl.bot_name"),
        "webhook-id": delivery.id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(key, delivery.id, stamp, body),
    }
    try:
        return str(send("POST", subscription.url, guard(desk), headers=headers, body=body).status)
    except outbound.OutboundError as error:
        return str(error)


def _record(desk: Desk, delivery_id: str, answer: str) -> str:
    """Write down what became of one sending and when it is tried next."""
    now = desk.clock()
    with desk.sessions.begin() as session:
        row = session.get(Delivery, delivery_id)
        if row is None:
            return "given_up"
        row.last_answer = answer
        row.taken = len(answer) == 3 and answer.startswith("2")
        if row.taken:
            row.done_at = now
            return "taken"
        if answer == str(GONE):
            _stop(session, desk, row.subscription_id)
        if row.attempts >= ATTEMPTS or answer == str(GONE):
            row.done_at = now
            return "given_up"
        row.due_at = now + min(timedelta(minutes=2 ** (row.attempts - 1)), LONGEST_WAIT)
        return "waiting"


def _stop(session: Session, desk: Desk, subscription_id: int) -> None:
    row = session.get_one(Subscription, subscription_id)
    if not row.stopped:
        row.stopped = True
        _log(session, desk, "system", "subscription_stop", row)


def _log(session: Session, desk: Desk, actor: str, action: str, row: Subscription) -> None:
    audit.append(session, desk.clock, actor, action, f"subscription:{row.id}", {"url": row.url})

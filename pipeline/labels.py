"""What a ranking model may learn from: verdicts of two people, and agreements that a text is no claim.

Tips and scores never become labels, and "unproven" is neither false nor true (rules 5 and 10, safety M5, M6).
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Review, Verdict
from models.gathered import Item, Mention, Source
from models.vocabulary import COUNTED_FALSE, ClaimState, Opinion, Rating
from models.weeks import NO_WEEK
from pipeline import withdrawal

NEAR_COPY = 0.8
"""Estimated Jaccard from which two claims teach the same thing and count once."""
LARGEST_SHARE = 0.30
LEAST_REVIEWERS = 4
"""With fewer people a cap would throw away most of what a small desk has decided."""


@dataclass(frozen=True)
class Label:
    """One decided claim: is it false, who judged it first and second, which story and source it came with."""

    claim_id: int
    key: str
    text: str
    topic: str
    is_false: bool
    group: str
    reviewer: int
    decided_at: datetime
    second: int = 0
    source: str = ""


def gather(session: Session) -> list[Label]:
    """Every label the desk has, oldest first; a claim counts with its newest verdict.

    What somebody decided whose labels a lead has withdrawn teaches nothing, whoever agreed with them.
    """
    origins = _origins(session)
    gone = withdrawal.withdrawn(session)
    rows = sorted([*_verdicts(session), *_no_claims(session)], key=lambda row: (row.claim.id, row.at))
    return [_label(row, origins.get(row.claim.id)) for row in rows if not gone & {row.reviewer, row.second}]


class Row(NamedTuple):
    """One decided claim as it is read: is it false, who decided it, when."""

    claim: Claim
    is_false: bool
    reviewer: int
    second: int
    at: datetime


class Origin(NamedTuple):
    """Where a claim was first met."""

    group: str
    source: str


def _label(row: Row, origin: Origin | None) -> Label:
    alone = f"claim:{row.claim.id}"
    group, source = origin or (alone, alone)
    claim = row.claim
    return Label(
        claim.id,
        claim.key,
        claim.text,
        claim.topic,
        row.is_false,
        group,
        row.reviewer,
        row.at,
        row.second,
        source,
    )


def _verdicts(session: Session) -> list[Row]:
    query = (
        select(Claim, Verdict.rating, Verdict.first_staff_id, Verdict.second_staff_id, Verdict.at)
        .join(Verdict, Verdict.claim_id == Claim.id)
        .where(Claim.week > NO_WEEK)
        .order_by(Verdict.round)
    )
    newest = {row[0].id: row for row in session.execute(query)}
    return [
        Row(claim, rating in COUNTED_FALSE, first, second, at)
        for claim, rating, first, second, at in newest.values()
        if rating != Rating.UNPROVEN
    ]


def _no_claims(session: Session) -> list[Row]:
    """Closed claims: two people agreed that there is nothing to check."""
    query = (
        select(Claim, Review.staff_id, Review.at)
        .join(Review, (Review.claim_id == Claim.id) & (Review.round == Claim.round))
        # a seed's answer is known and says nothing of the week: a model learns nothing from it
        .where(
            Claim.state == ClaimState.CLOSED,
            Claim.week > NO_WEEK,
            Review.opinion == Opinion.NOT_A_CLAIM,
        )
        .order_by(Review.id)
    )
    found: dict[int, Row] = {}
    for claim, staff, at in session.execute(query):
        one = found.setdefault(claim.id, Row(claim, False, staff, 0, at))
        if staff != one.reviewer and not one.second:
            found[claim.id] = one._replace(second=staff)
    return list(found.values())


def _origins(session: Session) -> dict[int, Origin]:
    """The story and the domain in which each claim was first met; every tip is a source of its own."""
    story = func.coalesce(Item.story_id, Item.id)
    query = (
        select(Mention.claim_id, story, Source.domain)
        .join(Item, Item.id == Mention.item_id)
        .outerjoin(Source, Source.id == Item.source_id)
        .where(Mention.claim_id.is_not(None))
        .order_by(Mention.id)
    )
    first: dict[int, Origin] = {}
    for claim_id, story_id, source in session.execute(query):
        group = f"story:{story_id}"
        first.setdefault(int(claim_id or 0), Origin(group, source or group))
    return first


def without_copies(labels: Iterable[Label]) -> list[Label]:
    """The labels with near-copies counted once: the oldest of them stays (safety M6)."""
    from classify.near import bands, signature, similarity

    kept: list[Label] = []
    buckets: defaultdict[tuple[int, int], list[tuple[int, bytes]]] = defaultdict(list)
    for label in labels:
        signed = signature(label.text)
        places = bands(signed)
        rivals = {other for place in places for other in buckets[place]}
        if any(similarity(signed, other) >= NEAR_COPY for _, other in rivals):
            continue
        for place in places:
            buckets[place].append((label.claim_id, signed))
        kept.append(label)
    return kept


def capped(labels: Sequence[Label]) -> list[Label]:
    """At most 30% of the labels from one first reviewer, where at least four people review (safety M6).

    What goes is chosen by a hash of the claim, so that the same labels always give the same choice.
    """
    kept = sorted(labels, key=lambda label: hashlib.sha256(label.key.encode()).digest())
    while kept:
        counts = Counter(label.reviewer for label in kept)
        if len(counts) < LEAST_REVIEWERS:
            break
        busiest, n = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
        surplus = _surplus(n, len(kept))
        if not surplus:
            break
        theirs = [label for label in kept if label.reviewer == busiest][:surplus]
        gone = {label.claim_id for label in theirs}
        kept = [label for label in kept if label.claim_id not in gone]
    return sorted(kept, key=lambda label: label.claim_id)


def _surplus(n: int, total: int) -> int:
    """How many of n labels must go so that the rest is at most the largest share of what is left."""
    for gone in range(n):
        if n - gone <= LARGEST_SHARE * (total - gone):
            return gone
    return 0


def fingerprint(labels: Iterable[Label], doubted: Mapping[str, float] | None = None) -> str:
    """SHA-256 of what the labels say, and of the doubted words, whatever their order."""
    lines = sorted(json.dumps([one.key, one.text, one.is_false, one.group]) for one in labels)
    lines += sorted(json.dumps(pair) for pair in (doubted or {}).items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

"""The frozen frame of a weekly audit, and the draw from it: pure functions, so that a draw can be repeated.

Strata follow the rank of the score, so that the draw reaches high and low scores alike; within a stratum
the units are ordered by SHA-256(seed, reference) and the first are taken, which is a simple random sample
without replacement that can be checked with a line of shell.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.vocabulary import ClaimState

KNOWN, UNSCORED, REJECTED, UNREVIEWED = "known", "unscored", "rejected", "unreviewed"
CUTS = ((0.50, "score-00-50"), (0.80, "score-50-80"), (0.95, "score-80-95"), (1.00, "score-95-100"))
# strata from the lowest to the highest expected share of false claims; a small one joins its lower neighbour
ORDER = (UNSCORED, *(name for _, name in CUTS), REJECTED, UNREVIEWED)
MIN_STRATUM = 10
FLOOR = 5
SCORE_DIGITS = 3


@dataclass(frozen=True)
class Unit:
    """One claim of the frame: an opaque reference, its stratum, and whether the desk had queued it before."""

    ref: str
    stratum: str
    detected: bool
    n_mentions: int
    flagged: bool = False
    score: float | None = None


@dataclass(frozen=True)
class Row:
    """What the frame reads of one claim."""

    id: int
    public_id: str
    state: str
    score: float | None
    n_mentions: int
    flagged: bool = False


def week_secret(key: bytes, week: str) -> bytes:
    """The secret of a week; it can be shown once the week is drawn and tells nothing of another week's."""
    return hmac.new(key, b"seed:" + week.encode(), hashlib.sha256).digest()


def commitment(secret: bytes) -> str:
    """What is published before the week ends."""
    return hashlib.sha256(secret).hexdigest()


def seed_of(frame_sha256: str, secret: bytes) -> str:
    """SHA-256 of the frame's hash and the week's secret."""
    return hashlib.sha256(bytes.fromhex(frame_sha256) + secret).hexdigest()


def claim_ref(key: bytes, public_id: str) -> str:
    """The opaque reference of a claim in frames, which outlive the claim itself."""
    return hmac.new(key, b"frame:" + public_id.encode(), hashlib.sha256).hexdigest()


def freeze(key: bytes, rows: Sequence[Row], known: set[int]) -> tuple[list[Unit], dict[str, int]]:
    """The frame in its order (stratum, then score, then reference) and the claim behind each reference.

    `known` are the claims that two people have found false: they are counted and not drawn.
    """
    kinds = {row.id: _kind(row, known) for row in rows}
    refs = {row.id: claim_ref(key, row.public_id) for row in rows}
    scored = sorted(
        (row for row in rows if kinds[row.id] == ""), key=lambda row: (row.score or 0.0, refs[row.id])
    )
    for rank, row in enumerate(scored):
        kinds[row.id] = next(name for cut, name in CUTS if rank < cut * len(scored))
    merged = merge(Counter(kinds.values()))
    rank_of = {name: at for at, name in enumerate((*ORDER, KNOWN))}
    ordered = sorted(rows, key=lambda row: (rank_of[kinds[row.id]], row.score or 0.0, refs[row.id]))
    units = [
        Unit(
            refs[row.id],
            merged[kinds[row.id]],
            row.state != ClaimState.NEW,
            row.n_mentions,
            row.flagged,
            None if row.score is None else round(row.score, SCORE_DIGITS),
        )
        for row in ordered
    ]
    return units, {refs[row.id]: row.id for row in rows}


def _kind(row: Row, known: set[int]) -> str:
    if row.id in known:
        return KNOWN
    if row.state == ClaimState.NEW:
        return UNSCORED if row.score is None else ""
    settled = row.state in {ClaimState.AGREED, ClaimState.DECIDED, ClaimState.CLOSED}
    return REJECTED if settled else UNREVIEWED


def merge(sizes: Mapping[str, int]) -> dict[str, str]:
    """The stratum that each stratum ends in, once those under ten units joined their lower neighbour."""
    groups: list[list[str]] = []
    for name in (name for name in ORDER if sizes.get(name)):
        # also joined by a neighbour above: the lowest stratum has nobody below it
        if groups and (sizes[name] < MIN_STRATUM or sum(sizes[one] for one in groups[-1]) < MIN_STRATUM):
            groups[-1].append(name)
        else:
            groups.append([name])
    ends = {name: "+".join(group) for group in groups for name in group}
    return ends | {KNOWN: KNOWN}


def frame_digest(units: Sequence[Unit]) -> str:
    """SHA-256 of the frame as it is kept: one JSON array a unit, in the frame's order."""
    hashed = hashlib.sha256()
    for unit in units:
        line = json.dumps([unit.ref, unit.stratum, unit.n_mentions])
        hashed.update(line.encode() + b"\n")
    return hashed.hexdigest()


def sizes_of(units: Sequence[Unit]) -> dict[str, int]:
    """How many units each sampled stratum has."""
    return dict(Counter(unit.stratum for unit in units if unit.stratum != KNOWN))


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Draws of each stratum: proportional, at least five (or all), at most all, largest remainders first."""
    floors = {name: min(size, FLOOR) for name, size in sizes.items()}
    n = min(sum(sizes.values()), max(n, sum(floors.values())))
    fixed: dict[str, int] = {}
    while True:
        free = {name: size for name, size in sizes.items() if name not in fixed}
        left = n - sum(fixed.values())
        total = sum(free.values())
        low = {name: floors[name] for name, size in free.items() if left * size < floors[name] * total}
        if not low:
            break
        fixed |= low
    shares = {name: left * size / total for name, size in free.items()}
    given = {name: int(share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: (given[name] - shares[name], name))
    for name in by_remainder[: left - sum(given.values())]:
        given[name] += 1
    return {name: fixed.get(name, given.get(name, 0)) for name in sizes}


def select_units(units: Sequence[Unit], sizes: Mapping[str, int], seed: str) -> set[str]:
    """The references drawn: in each stratum those whose SHA-256(seed, reference) comes first."""
    strata: dict[str, list[str]] = {}
    for unit in units:
        if unit.stratum != KNOWN:
            strata.setdefault(unit.stratum, []).append(unit.ref)
    taken: set[str] = set()
    for name, refs in strata.items():
        shuffled = sorted(refs, key=lambda ref: hashlib.sha256(f"{seed}:{ref}".encode()).digest())
        taken.update(shuffled[: sizes[name]])
    return taken

"""Sealed tips: what is kept of a tip, packed, sealed and stored so that this machine cannot read it (T8).

Only what would have been kept anyway goes in: the masked sentences in scope, never the text.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from crawlers.errors import IntakeError
from crawlers.ports import Reading
from crawlers.store import Gathered
from models.counters import bump
from models.sealed import SealedTip
from models.session import insert_ignore
from models.vocabulary import Outcome

Seal = Callable[[bytes], str]
"""Turns what is packed into text that only the holder of the offline key opens."""
Bands = Callable[[bytes], Sequence[tuple[int, int]]]
BLOCK = 4096
"""A packed tip is padded to a multiple of so many bytes."""


@dataclass(frozen=True, slots=True)
class PackedToken:
    """A keyed token of an identifier, as it was packed."""

    kind: str
    token: str
    last_two: str


@dataclass(frozen=True, slots=True)
class PackedMention:
    """A masked sentence that states a claim, as it was packed."""

    text: str
    topic: str
    score: float
    tokens: Sequence[PackedToken]
    key: str


@dataclass(frozen=True, slots=True)
class PackedReading:
    """A reading, as it was packed."""

    in_scope: bool
    topic: str | None
    is_local: bool
    mentions: Sequence[PackedMention]
    minhash: bytes | None
    bands: Sequence[tuple[int, int]]


def keep_sealed(session: Session, gathered: Gathered, receipt_key: str, seal: Seal) -> Outcome:
    """Store a tip sealed and count its outcome; does not commit. What is not ours leaves the count alone."""
    reading = gathered.reading
    outcome = Outcome.NOT_OURS
    if reading.in_scope and reading.mentions:
        sealed = seal(pack(reading, gathered.day))
        row = {"receipt_key": receipt_key, "day": gathered.day, "sealed": sealed}
        new = insert_ignore(session, SealedTip, [row], ["receipt_key"])
        outcome = Outcome.KEPT if new else Outcome.DUPLICATE
    bump(session, gathered.counted_as, gathered.day, outcome)
    return outcome


def pack(reading: Reading, day: date) -> bytes:
    """What is kept of a tip, as padded JSON."""
    packed = {
        "day": day.isoformat(),
        "topic": reading.topic,
        "minhash": base64.b64encode(reading.minhash or b"").decode("ascii"),
        "mentions": [
            {
                "text": one.text,
                "topic": str(one.topic),
                "score": float(one.score),
                "key": one.key,
                "tokens": [[str(token.kind), token.token, token.last_two] for token in one.tokens],
            }
            for one in reading.mentions
        ],
    }
    plain = json.dumps(packed, ensure_ascii=False).encode("utf-8")
    return plain + b" " * (-len(plain) % BLOCK)


def unpack(plain: bytes, bands: Bands) -> tuple[date, PackedReading]:
    """The day and the reading that were packed; raises `IntakeError` if it is something else."""
    try:
        packed: dict[str, Any] = json.loads(plain)
        mentions = tuple(
            PackedMention(
                str(one["text"]),
                str(one["topic"]),
                float(one["score"]),
                tuple(PackedToken(*map(str, token)) for token in one["tokens"]),
                str(one["key"]),
            )
            for one in packed["mentions"]
        )
        minhash = base64.b64decode(packed["minhash"]) or None
        found = bands(minhash) if minhash is not None else ()
        return date.fromisoformat(packed["day"]), PackedReading(
            True, packed["topic"], True, mentions, minhash, found
        )
    except (ValueError, KeyError, TypeError) as error:
        raise IntakeError("holds no tip") from error

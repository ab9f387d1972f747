"""A stand-in reader: sentences that say "tin đồn" are in scope. It lives in tests, never in the product."""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crawlers import worker


@dataclass(frozen=True)
class Token:
    kind: str
    token: str
    last_two: str


@dataclass(frozen=True)
class Mention:
    text: str
    topic: str
    score: float
    tokens: tuple[Token, ...]
    key: str


@dataclass(frozen=True)
class StandInReading:
    in_scope: bool
    topic: str | None
    is_local: bool
    mentions: tuple[Mention, ...]
    minhash: bytes | None
    bands: tuple[tuple[int, int], ...]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _signature(text: str) -> bytes:
    # the 64 smallest word hashes: enough to tell copies from others in a test
    hashes = sorted(hashlib.sha256(word.encode()).digest()[:4] for word in _words(text))
    return b"".join(hashes[:64])


def similarity(one: bytes, other: bytes) -> float:
    first = {one[at : at + 4] for at in range(0, len(one), 4)}
    second = {other[at : at + 4] for at in range(0, len(other), 4)}
    return len(first & second) / max(1, len(first | second))


def _never_ends() -> None:
    """Work in C that holds the interpreter, under a limit that a test can wait for."""
    worker.LONGEST_PAGE_S = 1
    with worker._Watchdog():
        sum(range(10**12))


class StandInReader:
    """Counts nothing, remembers nothing; `POISON` in a text kills the process, as a bad C library would."""

    def may_hold(self, orders: Iterable[Sequence[str]]) -> bool:
        return any("tin đồn" in text.lower() or "POISON" in text for texts in orders for text in texts)

    def read(self, text: str, title: str = "", *, page: bool = False) -> StandInReading:  # noqa: ARG002
        assert len(text) <= 100_000
        if "POISON" in text:
            os._exit(9)
        if "HALT" in text:
            _never_ends()
        sentences = [
            part.strip() for part in re.split(r"(?<=[.!?])\s|\n", f"{title}\n{text}") if part.strip()
        ]
        kept = [sentence for sentence in sentences if "tin đồn" in sentence.lower()]
        if not kept:
            return StandInReading(False, None, False, (), None, ())
        signature = _signature(text)
        bands = tuple((band, int.from_bytes(signature[band * 4 : band * 4 + 4])) for band in range(16))
        mentions = tuple(self._mention(sentence) for sentence in kept)
        return StandInReading(True, "health", "Vĩnh Long" in text, mentions, signature, bands)

    def _mention(self, sentence: str) -> Mention:
        tokens = tuple(
            Token("phone", hashlib.sha256(number.encode()).hexdigest(), number[-2:])
            for number in re.findall(r"\b0\d{9}\b", sentence)
        )
        masked = re.sub(r"\b0\d{9}\b", "‹phone›", sentence)
        return Mention(masked, "health", 0.5, tokens, hashlib.sha256(masked.encode()).hexdigest())


def make_reader() -> StandInReader:
    return StandInReader()

"""The words that claims and corrections are searched by: hashes, gone with their row (rule 9).

A plain table and no full-text engine: it is the same on SQLite and PostgreSQL, goes by a foreign key with
what it belongs to, and folds đ, which SQLite's FTS5 does not.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.vocabulary import Language

MOST_CHARS = 20_000
MOST_WORDS = 4_000
IN_TITLE, IN_BODY = 3, 1
# tones, hooks and horns; the vowel signs of Khmer are letters and stay
_MARKS = dict.fromkeys(range(0x300, 0x370)) | {ord("đ"): "d"}
# Khmer writes no spaces: its runs are searched by three signs at a time
_KHMER = "\u1780-\u17d3\u17d7\u17dd\u17e0-\u17e9"
_WORD = re.compile(rf"[{_KHMER}]+|[^\W_{_KHMER}]+")
_GRAM = 3


class ClaimWord(Base):
    """One word of a claim that is or was in the queue."""

    __tablename__ = "claim_word"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 -- SQLAlchemy's own form

    word: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    claim_id: Mapped[int] = mapped_column(
        ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )


class CorrectionWord(Base):
    """One word of a correction's newest words in one language; `weight` is 3 in the title, 1 below."""

    __tablename__ = "correction_word"
    __table_args__ = (one_of("language", Language), {"sqlite_with_rowid": False})

    word: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    correction_id: Mapped[int] = mapped_column(
        ForeignKey("correction.id", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )
    language: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[int]


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d."""
    return unicodedata.normalize("NFD", text.lower()).translate(_MARKS)


def words(text: str) -> list[str]:
    """The words of a text in order, in lower case and with their marks; Khmer by three signs at a time."""
    whole = unicodedata.normalize("NFC", text[:MOST_CHARS]).lower().replace("\u200b", "")
    found: list[str] = []
    for run in _WORD.findall(whole):
        if "\u1780" <= run[0] <= "\u17ff":
            found += [run[at : at + _GRAM] for at in range(max(1, len(run) - _GRAM + 1))]
        else:
            found.append(run)
    return found


def keys(some: Iterable[str]) -> list[int]:
    """The keys that words stand under, each once, in the words' order: 63 bits of BLAKE2b."""
    return list(dict.fromkeys(_key(one) for one in some))


def _key(word: str) -> int:
    digest = hashlib.blake2b(word.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def claim_keys(text: str) -> list[int]:
    """The keys of a claim: its folded words."""
    return keys(fold(word) for word in words(text)[:MOST_WORDS])


def correction_keys(title: str, body: Iterable[str]) -> dict[int, int]:
    """The keys of a correction with their weights: words folded and as they are, so that marks may count."""
    found = dict.fromkeys(_both(" \n".join(body)), IN_BODY)
    return found | dict.fromkeys(_both(title), IN_TITLE)


def _both(text: str) -> list[int]:
    plain = words(text)[:MOST_WORDS]
    return keys((*map(fold, plain), *plain))

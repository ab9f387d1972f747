"""Who is a primary source, and why: the committed list of registered domains, then the source registry.

A public body, a health institute or an international organisation is primary by its domain. Any other
organisation is primary for a claim that names it and for no other. Nobody can assert it (rule 5).
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.gathered import Source
from models.vocabulary import SourceKind

FILE = Path(__file__).with_name("publishers.tsv")


class Why(StrEnum):
    """Why a publisher is a primary source."""

    PUBLIC_BODY = "public_body"
    HEALTH = "health"
    INTERNATIONAL = "international"
    ORGANISATION = "organisation"
    REGISTRY = "registry"


_BY_DOMAIN = frozenset({Why.PUBLIC_BODY, Why.HEALTH, Why.INTERNATIONAL})
_REGISTRY_KINDS = frozenset({SourceKind.PUBLIC_BODY, SourceKind.HEALTH, SourceKind.ASSOCIATION})


@dataclass(frozen=True)
class Publisher:
    """One line of the list: the end of a host, what kind of publisher has it, and its folded names."""

    suffix: str
    kind: Why
    names: tuple[str, ...]

    def has(self, host: str) -> bool:
        """Whether a host is this publisher's."""
        return host == self.suffix or host.endswith("." + self.suffix)

    def named_in(self, folded: str) -> bool:
        """Whether a text without marks and case names it, as whole words."""
        return any(f" {name} " in f" {folded} " for name in self.names)


@lru_cache(maxsize=1)
def listed() -> Sequence[Publisher]:
    """The committed list."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return tuple(
        Publisher(
            row["suffix"], Why(row["kind"]), tuple(_folded(name) for name in row["names"].split(";") if name)
        )
        for row in rows
    )


def why_primary(session: Session, host: str, domain: str, claim_text: str) -> Why | None:
    """Why this publisher is a primary source for this claim; None if it is not."""
    host = host.lower().rstrip(".")
    mine = [one for one in listed() if one.has(host)]
    for one in mine:
        if one.kind in _BY_DOMAIN:
            return one.kind
    folded = _folded(claim_text) if mine else ""
    if any(one.named_in(folded) for one in mine):
        return Why.ORGANISATION
    kinds = set(session.scalars(select(Source.kind).where(Source.domain == domain)))
    return Why.REGISTRY if kinds & _REGISTRY_KINDS else None


def elsewhere(name: str, host: str) -> str | None:
    """Where the body of this name publishes, if it is on the list and this host is none of its own."""
    host, wanted = host.lower().rstrip("."), _folded(name)
    called = [one for one in listed() if wanted in one.names]
    if not called or any(one.has(host) for one in called):
        return None
    # a ministry's own departments publish under other names of the same closed domain
    if any(one.kind is Why.PUBLIC_BODY and one.has(host) for one in listed()):
        return None
    return called[0].suffix


def _folded(text: str) -> str:
    from classify.text import strip_marks, syllables

    return " ".join(strip_marks(word) for word in syllables(text)).lower()

"""The sample content, read from the files beside this module."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "content"
SUFFIX = ".localhost"


@dataclass(frozen=True)
class Publisher:
    """One invented publisher."""

    id: str
    name: str
    kind: str
    tagline: str
    colour: str

    @property
    def host(self) -> str:
        """The host name it is served under."""
        return self.id + SUFFIX


@dataclass(frozen=True)
class Page:
    """One page of a publisher; `kind` and `quirk` are for the server and for tests."""

    publisher: str
    path: str
    days_ago: int
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    section: str
    kind: str
    byline: str | None = None
    quirk: str | None = None
    comments: tuple[dict[str, str], ...] = ()
    claim_review: dict[str, Any] | None = field(default=None)

    def day(self, today: date) -> date:
        """The day it was published, counted back from today, so that the sample never ages."""
        return today - timedelta(days=self.days_ago)


@dataclass(frozen=True)
class SampleTip:
    """One tip that the public sent in."""

    days_ago: int
    text: str


@cache
def publishers() -> dict[str, Publisher]:
    """The six publishers by id."""
    rows = json.loads((FOLDER / "publishers.json").read_text(encoding="utf-8"))
    names = ("id", "name", "kind", "tagline", "colour")
    return {row["id"]: Publisher(**{name: row[name] for name in names}) for row in rows}


@cache
def pages() -> tuple[Page, ...]:
    """Every page of every publisher."""
    rows = [json.loads(line) for line in _lines("pages.jsonl")]
    return tuple(_page(row) for row in rows)


def _page(row: dict[str, Any]) -> Page:
    row["paragraphs"] = tuple(row["paragraphs"])
    row["comments"] = tuple(row.get("comments") or ())
    return Page(**row)


@cache
def tips() -> tuple[SampleTip, ...]:
    """The sample tips."""
    return tuple(SampleTip(**json.loads(line)) for line in _lines("tips.jsonl"))


@cache
def correction_hints() -> tuple[dict[str, Any], ...]:
    """Evidence and wording with which a visitor, or a test, can answer the central false claims."""
    hints: list[dict[str, Any]] = json.loads((FOLDER / "corrections.json").read_text(encoding="utf-8"))
    return tuple(hints)


def _lines(name: str) -> list[str]:
    return [line for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()]

"""A report as values: blocks that say what stands where, and nothing of how it looks.

HTML, PDF and DOCX are drawn from the same blocks by `report_html`, `report_pdf` and `report_docx`, so that
the three can never say different things. Nothing here or there asks what time it is: a report of the same
blocks is the same bytes.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"

# tags of BCP 47, as DOCX and HTML write them
TAGS = {"vi": "vi-VN", "en": "en-GB"}


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (a chapter) or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """Plain words."""

    text: str


@dataclass(frozen=True)
class Note:
    """Words set off from the rest: what a reader must not overlook."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Cells as they are to be read; the first row of `head` repeats on every page."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    small: bool = False
    shares: Sequence[int] = ()
    """Parts of the width that each column takes on paper; equal parts if it is empty."""


@dataclass(frozen=True)
class Drawing:
    """A chart as SVG, with its caption and with words for who cannot see it."""

    svg: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Side:
    """Parts that stand beside each other where there is room."""

    parts: Sequence[Sequence["Block"]]


Block = Heading | Paragraph | Note | Items | Table | Drawing | Side


@dataclass(frozen=True)
class Report:
    """A whole report; `day` is the date that the files carry, never the day of writing."""

    title: str
    lead: str
    language: str
    author: str
    day: date
    blocks: Sequence[Block] = field(default_factory=tuple)
    one_page: bool = False

    @property
    def tag(self) -> str:
        """The language as a BCP 47 tag."""
        return TAGS[self.language]


@dataclass(frozen=True)
class Words:
    """The words of one report in one language, from `templates/<name>.<language>.toml`."""

    language: str
    texts: Mapping[str, str]
    lists: Mapping[str, Sequence[str]]
    tables: Mapping[str, Sequence[Sequence[str]]]

    def __call__(self, name: str, **values: object) -> str:
        """One text, with its places filled."""
        return self.texts[name].format(**values)


@cache
def words(name: str, language: str) -> Words:
    """The words of a report; the file is read once."""
    path = TEMPLATES / f"{name}.{language}.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    several = {name: value for name, value in found.items() if isinstance(value, list)}
    return Words(
        language,
        texts={name: value for name, value in found.items() if isinstance(value, str)},
        lists={name: value for name, value in several.items() if isinstance(value[0], str)},
        tables={name: value for name, value in several.items() if isinstance(value[0], list)},
    )


def flat(blocks: Sequence[Block]) -> list[Block]:
    """The blocks one after the other, for what cannot set them side by side."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Side):
            for part in block.parts:
                found += flat(part)
        else:
            found.append(block)
    return found

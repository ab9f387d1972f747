"""Fact-checks in the files of other desks: what their adapters share, and which adapter a file is for.

Only the claim, the verdict, its public address, day and publisher are read of a file; whoever sent, wrote,
tagged or voted stays in it (rule 1). A row is taken if its publisher is named or registered and its rating is
in `foreign_ratings.tsv`; every other row is counted by why it was left out.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from crawlers import hosts, urls
from crawlers.claimreview import LARGEST, ClaimReviewRow, RowError, make_row
from crawlers.errors import ClaimReviewError
from crawlers.extract import parse_day
from crawlers.ratings import first_clause, map_rating
from models import textfiles
from models.errors import UsageError
from models.vocabulary import Rating

_TABLE = Path(__file__).with_name("foreign_ratings.tsv")


class Format(StrEnum):
    """The formats that `import claims` is told or finds out."""

    CLAIM_REVIEW = "claimreview"
    CHECK = "check"
    COFACTS = "cofacts"
    CSV = "csv"


class Left(StrEnum):
    """Why a row was left out; opinions are `not_ours`, undivided from what the gate drops (rule 3)."""

    NO_VERDICT = "no_verdict"
    UNKNOWN_RATING = "unknown_rating"
    UNPUBLISHED = "unpublished"
    NO_PUBLISHER = "no_publisher"
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True)
class Publishers:
    """Who may be the publisher of a row: one that is named for the file, and the registry by domain."""

    named: str = ""
    registered: Mapping[str, str] = field(default_factory=dict)

    def of(self, url: str, in_row: str = "") -> str:
        """The publisher of a row, empty if there is none."""
        address = urls.normalise(url) or ""
        site = hosts.site_of(urls.host_of(address)) if urls.host_of(address) else ""
        return in_row or self.named or self.registered.get(site, "")


@dataclass
class Taken:
    """The rows of a file: those to judge, why others were left out, and those that could not be read."""

    rows: list[ClaimReviewRow] = field(default_factory=list)
    left: Counter[Left] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many rows the file had."""
        return len(self.rows) + self.left.total() + len(self.errors)

    def add(self, where: str, found: "Found", publishers: Publishers) -> None:
        """Take one row, or count why it is left out, or name what is wrong with it."""
        if found.left is not None:
            self.left[found.left] += 1
            return
        try:
            outcome = _judged(found, publishers)
        except RowError as error:
            self.errors.append(f"{where} {error}")
            return
        if isinstance(outcome, Left):
            self.left[outcome] += 1
        else:
            self.rows.append(outcome)


@dataclass(frozen=True, slots=True)
class Found:
    """What an adapter read of one row; `left` if it knows already that the row is left out."""

    claim: str = ""
    url: str = ""
    rating: str = ""
    day: str = ""
    publisher: str = ""
    left: Left | None = None
    table: str = ""
    """The first column of the table of ratings; empty: the table for ClaimReview words alone."""


def _judged(found: Found, publishers: Publishers) -> ClaimReviewRow | Left:
    if not found.rating:
        return Left.NO_VERDICT
    day = parse_day(found.day)
    if found.day and day is None:
        raise RowError("date: not a date like 2026-11-22")
    publisher = publishers.of(found.url, found.publisher)
    rating = rating_of(found.table, found.rating)
    row = make_row(
        claim=found.claim,
        url=found.url,
        publisher=publisher,
        rating=rating,
        original=found.rating,
        day=day,
    )
    if not publisher:
        return Left.NO_PUBLISHER
    return row if rating is not None else Left.UNKNOWN_RATING


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str], Rating]:
    lines = (line.split("\t") for line in _TABLE.read_text(encoding="utf-8").splitlines())
    return {(table, words.lower()): Rating(rating) for table, words, rating in lines}


def rating_of(table: str, words: str) -> Rating | None:
    """Our rating for a rating of another desk; None if no table has it."""
    label = first_clause(words).lower()
    return _table().get((table, label)) or (None if table == Format.COFACTS else map_rating(words))


def csv_rows(name: str, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file with their places, cells under lower-case columns; raises `ClaimReviewError`."""
    yield from rows_of(name, csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))


def rows_of(name: str, reader: "Iterator[list[str]]") -> Iterator[tuple[str, dict[str, str]]]:
    """The rows that a reader gives; raises `ClaimReviewError` naming the row that is no CSV."""
    number = 0
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        for number, cells in enumerate((row for row in reader if row), start=1):
            if len(cells) > len(header):
                raise ClaimReviewError(f"{name} row {number}: {len(cells)} cells under {len(header)} columns")
            row = dict.fromkeys(header, "") | {
                column: cell.strip() for column, cell in zip(header, cells, strict=False)
            }
            yield f"{name} row {number}", row
    except csv.Error as error:
        raise ClaimReviewError(f"{name} row {number + 1}: {error}") from error


def text_of(path: Path) -> str:
    """The text of a file; raises `ClaimReviewError`."""
    try:
        return textfiles.read(path, LARGEST, path.name)
    except UsageError as error:
        raise ClaimReviewError(str(error)) from error


def header_of(text: str) -> frozenset[str]:
    """The columns of a CSV text, in lower case."""
    try:
        first = next(csv.reader(io.StringIO(text.lstrip("\ufeff")[:20_000], newline="")), [])
    except csv.Error:
        return frozenset()
    return frozenset(cell.strip().lower() for cell in first)


def json_of(name: str, text: str) -> object:
    """A JSON text; raises `ClaimReviewError` naming the line."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ClaimReviewError(f"{name}{where}: not JSON") from error

"""Known claims from elsewhere: ClaimReview (schema.org) in pages, JSON-LD files, data feeds and CSV.

Who made a claim and where it appeared (`itemReviewed.author`, `appearance`) is never read (rule 1). What is
read passes the same scope gate as everything else; ratings are mapped to ours with the original kept.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers import charsets, hosts, urls
from crawlers.errors import ClaimReviewError
from crawlers.extract import parse_day
from crawlers.ports import TextReader
from crawlers.ratings import first_clause, map_rating
from models import audit, counters, due
from models.claims import KnownClaim
from models.session import insert_ignore
from models.vocabulary import Outcome, Rating
from models.weeks import local_day

LARGEST = 50 * 1024 * 1024
LONGEST_CLAIM = 2000
IMPORT = "claim-import"
"""The source under which the outcomes of an import are counted."""
RERATED, GONE = "known_rerated", "known_gone"
"""Actions of the audit log: a publisher changed a rating, or its page reviews the claim no more."""
_BATCH = 500

_SCRIPT = re.compile(
    r"<script[^>]{0,300}application/ld\+json[^>]{0,300}>(.*?)</script", re.IGNORECASE | re.DOTALL
)
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class ClaimReviewRow:
    """One published fact-check: the claim's words, whose check, where, and how it was rated."""

    claim: str
    url: str
    publisher: str
    rating: Rating | None
    rating_original: str
    day: date | None


class Rows(list[ClaimReviewRow]):
    """The rows of a file; `errors` names each row that could not be read, and why."""

    def __init__(self, rows: Iterable[ClaimReviewRow] = (), errors: Iterable[str] = ()) -> None:
        super().__init__(rows)
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A fact-checked claim that is in scope, masked, ready to be stored."""

    row: ClaimReviewRow
    text: str
    topic: str
    key: str


class Kept(NamedTuple):
    """How many claims were new, how many have another rating now, and how many were there as they are."""

    new: int
    changed: int
    seen: int

    @property
    def taken(self) -> int:
        """How many brought something."""
        return self.new + self.changed


@dataclass(frozen=True, slots=True)
class Stored:
    """How an import went; `judged` are the claims that are ours."""

    kept: int
    not_ours: int
    duplicate: int
    changed: int = 0
    judged: tuple[JudgedClaim, ...] = ()


class RowError(ValueError):
    """What is wrong with one row of a file of fact-checks."""


def read(source: Path | str, url: str = "") -> Rows:
    """Read a file, or the text of a page, feed or CSV; single bad rows are listed in `.errors`.

    `url` is the address of the page, for reviews that give none. Raises `ClaimReviewError` if nothing can be
    read of it.
    """
    name, text = ("text", source) if isinstance(source, str) else (source.name, _text_of(source))
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in {"{", "["}:
        return _collect(name, _reviews(_json(name, text)), url)
    if start == "<":
        return from_page(text, url, name)
    return _from_csv(name, text)


def from_page(html: str, url: str = "", name: str = "page") -> Rows:
    """The ClaimReviews in a page's JSON-LD scripts; a broken script is an error row, not an exception."""
    rows = Rows()
    for number, script in enumerate(_SCRIPT.findall(html[:LARGEST]), start=1):
        if "ClaimReview" not in script:
            continue
        try:
            data = _json(f"{name} script {number}", script)
        except ClaimReviewError as error:
            rows.errors.append(str(error))
            continue
        found = _collect(f"{name} script {number}", _reviews(data), url)
        rows.extend(found)
        rows.errors.extend(found.errors)
    return rows


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise ClaimReviewError(f"{path.name}: larger than {LARGEST // 1024 // 1024} MB")
        return charsets.decode(path.read_bytes())
    except OSError as error:
        raise ClaimReviewError(f"{path}: {error.strerror}") from error


def _json(name: str, text: str) -> object:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        where = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ClaimReviewError(f"{name}{where}: not JSON") from error


def _types(node: dict[str, Any]) -> list[str]:
    kind = node.get("@type")
    return [str(one) for one in kind] if isinstance(kind, list) else [str(kind)]


def _reviews(data: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every ClaimReview node in JSON-LD: lists, `@graph`, DataFeed elements, nested items."""
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for one in data:
            yield from _reviews(one, depth + 1)
    elif isinstance(data, dict):
        if "ClaimReview" in _types(data):
            yield data
            return
        for name in (
            "@graph",
            "dataFeedElement",
            "item",
            "itemListElement",
            "hasPart",
            "review",
            "mainEntity",
        ):
            if name in data:
                yield from _reviews(data[name], depth + 1)


def _collect(name: str, nodes: Iterable[dict[str, Any]], url: str) -> Rows:
    rows = Rows()
    for number, node in enumerate(nodes, start=1):
        try:
            rows.append(_from_node(node, url))
        except RowError as error:
            rows.errors.append(f"{name} row {number} {error}")
    return rows


def _from_node(node: dict[str, Any], url: str) -> ClaimReviewRow:
    rating = node.get("reviewRating")
    rating = rating if isinstance(rating, dict) else {}
    original = _string(rating.get("alternateName")) or _string(rating.get("name"))
    numbers = [rating.get(field) for field in ("ratingValue", "worstRating", "bestRating")]
    address = _string(node.get("url")) or url
    return make_row(
        claim=_string(node.get("claimReviewed")),
        url=urls.join(url, address) if url else address,
        publisher=_organisation(node),
        rating=map_rating(original, *numbers),
        original=original or (f"{numbers[0]}/{numbers[2]}" if numbers[0] is not None else ""),
        day=parse_day(_string(node.get("datePublished"))),
    )


def _string(value: object) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value") or value.get("@id")
    return charsets.clean(str(value)).strip() if isinstance(value, str | int | float) else ""


def _organisation(node: dict[str, Any]) -> str:
    """The name of the checking organisation; a person's name is never taken."""
    for field in ("publisher", "author", "sdPublisher"):
        values = node.get(field)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict) and "Person" not in _types(value) and _types(value) != ["None"]:
                return _string(value.get("name"))
    return ""


def make_row(
    *, claim: str, url: str, publisher: str, rating: Rating | None, original: str, day: date | None
) -> ClaimReviewRow:
    """One row, checked; raises `RowError` naming the field: no claim, no rating, no publisher's address."""
    if not claim:
        raise RowError("claimReviewed: missing")
    if len(claim) > LONGEST_CLAIM:
        raise RowError(f"claimReviewed: longer than {LONGEST_CLAIM} characters")
    if rating is None and not first_clause(original):
        raise RowError("reviewRating: missing")
    address = urls.normalise(url) if url else ""
    host = urls.host_of(address)
    if not host or not address.startswith(("http://", "https://")):
        raise RowError("url: missing or not a web address")
    reason = hosts.refusal(host)
    if reason:
        raise RowError(f"url: {reason}, not a publisher")
    return ClaimReviewRow(
        claim, address, (publisher or hosts.site_of(host))[:200], rating, first_clause(original), day
    )


def _from_csv(name: str, text: str) -> Rows:
    """CSV with the columns claim, rating, url, publisher, date; the last two may be missing."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    columns = [column.strip().lower() for column in reader.fieldnames or []]
    missing = [column for column in ("claim", "rating", "url") if column not in columns]
    if missing:
        raise ClaimReviewError(f"{name}: no column {', '.join(missing)} (JSON-LD, a page or CSV is read)")
    reader.fieldnames = columns
    rows = Rows()
    try:
        for line in reader:
            try:
                rows.append(_from_line(line))
            except RowError as error:
                rows.errors.append(f"{name} row {reader.line_num} {error}")
    except csv.Error as error:
        rows.errors.append(f"{name} row {reader.line_num} {error}")
    return rows


def _from_line(line: dict[str, str | None]) -> ClaimReviewRow:
    cells = {
        column: charsets.clean(cell or "").strip() for column, cell in line.items() if isinstance(column, str)
    }
    day = parse_day(cells.get("date", ""))
    if cells.get("date") and day is None:
        raise RowError("date: not a date like 2026-11-22")
    return make_row(
        claim=cells["claim"],
        url=cells["url"],
        publisher=cells.get("publisher", ""),
        rating=map_rating(cells["rating"]),
        original=cells["rating"],
        day=day,
    )


def judge(rows: Iterable[ClaimReviewRow], reader: TextReader) -> tuple[list[JudgedClaim], int]:
    """Rows that the gate says are ours, and how many it dropped; dropped text goes nowhere."""
    kept: list[JudgedClaim] = []
    dropped = 0
    for row in rows:
        reading = reader.read(row.claim)
        topic = reading.topic or (reading.mentions[0].topic if reading.mentions else None)
        if not reading.in_scope or not reading.mentions or topic is None:
            dropped += 1
            continue
        text = " ".join(mention.text for mention in reading.mentions)
        key = hashlib.sha256(
            "\n".join([row.url, *(one.key for one in reading.mentions)]).encode()
        ).hexdigest()
        # the claim's own words stay in the worker: only what the reader left of it is stored
        bare = ClaimReviewRow("", row.url, row.publisher, row.rating, row.rating_original, row.day)
        kept.append(JudgedClaim(bare, text, topic, key))
    return kept, dropped


def keep(session: Session, judged: Sequence[JudgedClaim], clock: Callable[[], datetime]) -> Kept:
    """Store judged claims; a rating that its publisher changed is changed here too. Does not commit.

    Each change is an entry of the audit log, whose subject names the known claim and both ratings.
    """
    latest = {claim.key: claim for claim in judged}
    there: set[str] = set()
    changed = 0
    keys = list(latest)
    for at in range(0, len(keys), _BATCH):
        known = select(KnownClaim).where(KnownClaim.key.in_(keys[at : at + _BATCH]))
        for stored in session.scalars(known):
            there.add(stored.key)
            changed += _renewed(session, stored, latest[stored.key].row, clock)
    day = local_day(clock())
    rows = [_values(claim, day) for key, claim in latest.items() if key not in there]
    new = insert_ignore(session, KnownClaim, rows, ["key"])
    return Kept(new, changed, len(judged) - new - changed)


def _values(claim: JudgedClaim, day: date) -> dict[str, object]:
    return {
        "key": claim.key,
        "text": claim.text,
        "topic": claim.topic,
        "rating": claim.row.rating.value if claim.row.rating else None,
        "rating_original": claim.row.rating_original or None,
        "url": claim.row.url,
        "publisher": claim.row.publisher,
        "published_day": claim.row.day,
        "imported_day": day,
    }


def _renewed(
    session: Session, stored: KnownClaim, row: ClaimReviewRow, clock: Callable[[], datetime]
) -> bool:
    rating, original = row.rating.value if row.rating else None, row.rating_original or None
    if (stored.rating, stored.rating_original) == (rating, original):
        return False
    detail = {"from": [stored.rating, stored.rating_original], "to": [rating, original]}
    subject = f"known:{stored.id}:{stored.rating or 'unmapped'}>{rating or 'unmapped'}"
    stored.rating, stored.rating_original = rating, original
    due.known_changed(session, [stored.id], words=False)
    audit.append(session, clock, "system", RERATED, subject, detail)
    return True


def mark_gone(session: Session, judged: Sequence[JudgedClaim], clock: Callable[[], datetime]) -> int:
    """Mark the known claims that their own address reviews no more; gives how many. Does not commit.

    `judged` is all that a publisher says now: an address that is not in it is left alone, because feeds
    name the newest alone. The mark is the day, with an entry of the audit log; nothing else changes.
    """
    keys = {claim.key for claim in judged}
    addresses = sorted({claim.row.url for claim in judged})
    gone = 0
    for at in range(0, len(addresses), _BATCH):
        here = KnownClaim.url.in_(addresses[at : at + _BATCH])
        living = select(KnownClaim).where(here, KnownClaim.link_dead_day.is_(None))
        for stored in session.scalars(living).all():
            if stored.key not in keys:
                stored.link_dead_day = local_day(clock())
                audit.append(session, clock, "system", GONE, f"known:{stored.id}")
                gone += 1
    return gone


def store(
    session: Session, rows: Iterable[ClaimReviewRow], reader: TextReader, clock: Callable[[], datetime]
) -> Stored:
    """Judge and store rows, counting every outcome under `claim-import`. Does not commit."""
    judged, dropped = judge(rows, reader)
    return store_judged(session, judged, dropped, clock)


def store_judged(
    session: Session, judged: Sequence[JudgedClaim], dropped: int, clock: Callable[[], datetime]
) -> Stored:
    """Store what was judged, counting every outcome under `claim-import`. Does not commit."""
    kept = keep(session, judged, clock)
    stored = Stored(kept.new, dropped, kept.seen, kept.changed, tuple(judged))
    counted = ((Outcome.KEPT, kept.taken), (Outcome.DUPLICATE, kept.seen), (Outcome.NOT_OURS, dropped))
    for outcome, n in counted:
        if n:
            counters.bump(session, IMPORT, local_day(clock()), outcome, n)
    return stored

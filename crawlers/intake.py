"""The tip-line: a text comes in, what is ours is kept without a trace of who sent it (rules 1, 2 and 4).

No account, no contact, no address, no exact time: the text, and the day. The receipt lets its holder follow
or delete the tip; only its HMAC is stored.
"""

import csv
import hashlib
import hmac
import io
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from crawlers import charsets
from crawlers.errors import IntakeError
from crawlers.ports import Similarity, TextReader
from crawlers.sealed import Seal, keep_sealed
from crawlers.store import Gathered, keep
from models import textfiles
from models.counters import TIP_LINE, bump
from models.errors import UsageError
from models.gathered import Item, Tip
from models.vocabulary import ItemKind, Outcome
from models.weeks import local_day

LONGEST_TIP = 20_000
LARGEST_FILE = 50 * 1024 * 1024
MOST_DAYS_AGO = 3650


@dataclass(frozen=True, slots=True)
class TipReceipt:
    """What the sender gets: 128 random bits that alone lead back to the tip, kept or not."""

    receipt: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class TipRow:
    """One tip of an import file; `once` is the same whenever the same row is imported again."""

    number: int
    text: str
    days_ago: int | None
    day: date | None
    once: str

    def day_of(self, today: date) -> date | None:
        """The day the tip came in, if the file says so."""
        return today - timedelta(days=self.days_ago) if self.days_ago is not None else self.day


def receipt_hash(receipt: str, receipt_key: bytes) -> str:
    """The HMAC-SHA-256 under which a receipt is stored and found."""
    return hmac.new(receipt_key, receipt.strip().encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def take_tip(  # noqa: PLR0913 -- day and once are for imports, receipt for channels
    sessions: sessionmaker[Session],
    reader: TextReader,
    text: str,
    clock: Callable[[], datetime],
    receipt_key: bytes,
    *,
    day: date | None = None,
    once: str | None = None,
    receipt: str | None = None,
    similarity: Similarity | None = None,
    seal: Seal | None = None,
) -> TipReceipt:
    """Read one tip in memory and keep what is ours, sealed if `seal` is given; one transaction.

    A dropped tip leaves one count under "tip-line" and nothing else. `once` makes an imported row harmless to
    import again; a `receipt` that is given makes a message harmless to deliver again.
    """
    plain = charsets.clean(text).strip()
    day = day or local_day(clock())
    receipt = receipt or secrets.token_urlsafe(16)
    refused = Outcome.EMPTY if not plain else Outcome.TOO_LARGE if len(plain) > LONGEST_TIP else None
    if refused is not None:
        with sessions.begin() as session:
            bump(session, TIP_LINE, day, refused)
        return TipReceipt(receipt, refused)
    stored_receipt = receipt_hash(receipt, receipt_key)
    key = f"tip:{receipt_hash(once, receipt_key) if once else stored_receipt}"
    # a tip reached somebody here: it is local wherever its claim comes from
    gathered = Gathered(key, ItemKind.TIP, TIP_LINE, reader.read(plain), day, is_local=True)
    with sessions.begin() as session:
        if seal is not None:
            return TipReceipt(receipt, keep_sealed(session, gathered, stored_receipt, seal))
        outcome = keep(session, gathered, similarity)
        if outcome == Outcome.KEPT:
            item_id = session.scalars(select(Item.id).where(Item.key == key)).one()
            session.add(Tip(receipt_key=stored_receipt, item_id=item_id, day=day))
    return TipReceipt(receipt, outcome)


def read_tips(path: Path, column: str = "text") -> Iterator[TipRow]:
    """The tips of a CSV, TSV or JSONL file: a text column, perhaps `days_ago` or `date`; the rest is ignored.

    Raises `IntakeError` naming file, row and column. Rows count from 1, without a header line.
    """
    try:
        lines = textfiles.read(path, LARGEST_FILE, path.name)
    except UsageError as error:
        raise IntakeError(str(error)) from error
    rows = (
        _jsonl(path, lines)
        if path.suffix.lower() in {".jsonl", ".ndjson", ".json"}
        else _csv(path, lines, column)
    )
    seen: dict[str, int] = {}
    for number, cells in rows:
        where = f"{path.name} row {number}"
        text = cells.get(column)
        if not isinstance(text, str):
            raise IntakeError(f"{where} column {column}: missing or not a text")
        if len(text) > LONGEST_TIP:
            raise IntakeError(f"{where} column {column}: longer than {LONGEST_TIP} characters")
        days_ago, day = _days_ago(cells.get("days_ago"), where), _date(cells.get("date"), where)
        digest = hashlib.sha256(f"{text}\x00{days_ago}\x00{day}".encode("utf-8", "surrogatepass")).hexdigest()
        seen[digest] = seen.get(digest, 0) + 1
        yield TipRow(number, text, days_ago, day, f"{digest}:{seen[digest]}")


def _csv(path: Path, text: str, column: str) -> Iterator[tuple[int, dict[str, object]]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if column not in header:
            found = ", ".join(header[:8])[:200] or "an empty file"
            raise IntakeError(f"{path.name}: no column {column!r} (found: {found})")
        for number, cells in enumerate((row for row in reader if row), start=1):
            if len(cells) > len(header):
                raise IntakeError(f"{path.name} row {number}: {len(cells)} cells under {len(header)} columns")
            yield number, dict(zip(header, cells, strict=False))
    except csv.Error as error:
        raise IntakeError(f"{path.name} row {number + 1}: {error}") from error


def _jsonl(path: Path, text: str) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise IntakeError(f"{path.name} row {number}: not JSON, one object a line") from error
        if not isinstance(row, dict):
            raise IntakeError(f'{path.name} row {number}: not an object like {{"text": "…"}}')
        yield number, row


def _days_ago(value: object, where: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        days = int(str(value))
    except ValueError:
        days = -1
    if isinstance(value, bool) or not 0 <= days <= MOST_DAYS_AGO:
        raise IntakeError(f"{where} column days_ago: not a whole number of days from 0 to {MOST_DAYS_AGO}")
    return days


def _date(value: object, where: str) -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise IntakeError(f"{where} column date: not a date like 2026-11-22") from None

"""Fact-checks in plain CSV whose columns a mapping names: `claim=Tuyên bố,rating=Kết luận,url=Liên kết`."""

from collections.abc import Mapping
from pathlib import Path

from crawlers.errors import ClaimReviewError
from crawlers.foreign import Found, Publishers, Taken, csv_rows, header_of, text_of
from models.errors import UsageError

FIELDS = ("claim", "rating", "url", "date", "publisher")
NEEDED = ("claim", "rating", "url")


def mapping(words: str) -> Mapping[str, str]:
    """The columns of each field; raises `UsageError` naming the part that is wrong."""
    found: dict[str, str] = {}
    for one in words.split(","):
        name, equals, column = one.partition("=")
        if not equals or name.strip() not in FIELDS or not column.strip() or name.strip() in found:
            raise UsageError(
                f"--map: {one.strip()!r} is not one of {', '.join(f'{name}=COLUMN' for name in FIELDS)}"
            )
        found[name.strip()] = column.strip().lower()
    if missing := [name for name in NEEDED if name not in found]:
        raise UsageError(f"--map: says nothing of {', '.join(missing)}")
    return found


def read(path: Path, columns: Mapping[str, str], publishers: Publishers) -> Taken:
    """Read a CSV file by a mapping; raises `ClaimReviewError` naming a column that it does not have."""
    text, taken = text_of(path), Taken()
    if missing := [column for column in columns.values() if column not in header_of(text)]:
        raise ClaimReviewError(f"{path.name}: no column {', '.join(missing)}")
    for where, cells in csv_rows(path.name, text):
        given = {name: cells[column] for name, column in columns.items()}
        found = Found(
            claim=given["claim"],
            url=given["url"],
            rating=given["rating"],
            day=given.get("date", ""),
            publisher=given.get("publisher", ""),
        )
        taken.add(where, found, publishers)
    return taken

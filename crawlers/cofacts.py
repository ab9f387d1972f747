"""Fact-checks out of the open data of Cofacts: a folder or a zip of articles.csv and article_replies.csv.

Format: https://github.com/cofacts/opendata (README: fields of each file; licence of the data: CC BY-SA 4.0,
"Cofacts"). Read are articles.csv `id`, `text` and article_replies.csv `articleId`, `replyType`, `status`,
`createdAt`: no user, application, feedback or request. An article is taken if its replies agree on RUMOR or
on NOT_RUMOR; one reply of OPINIONATED or NOT_ARTICLE and the whole article is not ours (rule 3).
"""

import csv
import io
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from crawlers.errors import ClaimReviewError
from crawlers.foreign import Format, Found, Left, Publishers, Taken, rows_of

PUBLISHER = "Cofacts 真的假的"
ADDRESS = "https://cofacts.tw/article/"
ARTICLES, REPLIES = "articles.csv", "article_replies.csv"
_NOT_OURS = frozenset({"OPINIONATED", "NOT_ARTICLE"})
LARGEST = 1024 * 1024 * 1024
LONGEST_FIELD = 1024 * 1024


@dataclass
class _Replies:
    types: set[str] = field(default_factory=set)
    day: str = ""


def fits(path: Path) -> bool:
    """Whether a folder or a zip holds what Cofacts publishes."""
    return path.is_dir() or zipfile.is_zipfile(path)


def read(path: Path, publishers: Publishers) -> Taken:
    """Read the data set; raises `ClaimReviewError` naming the file that is missing or cannot be read."""
    taken = Taken()
    with ExitStack() as stack:
        replies = _replies(_rows(path, REPLIES, stack, ("articleid", "replytype")))
        for where, cells in _rows(path, ARTICLES, stack, ("id", "text")):
            taken.add(where, _found(cells, replies.get(cells["id"])), publishers)
    return taken


def _replies(rows: Iterator[tuple[str, dict[str, str]]]) -> dict[str, _Replies]:
    found: dict[str, _Replies] = defaultdict(_Replies)
    for _, cells in rows:
        if cells.get("status", "NORMAL") in {"NORMAL", ""}:
            one = found[cells["articleid"]]
            one.types.add(cells["replytype"])
            one.day = max(one.day, cells.get("createdat", "")[:10])
    return found


def _found(cells: dict[str, str], replies: _Replies | None) -> Found:
    if replies is None or not replies.types:
        return Found(left=Left.NO_VERDICT)
    if replies.types & _NOT_OURS:
        return Found(left=Left.NOT_OURS)
    if len(replies.types) > 1:
        return Found(left=Left.UNKNOWN_RATING)
    return Found(
        claim=cells["text"],
        url=ADDRESS + cells["id"],
        rating=next(iter(replies.types)),
        day=replies.day,
        publisher=PUBLISHER,
        table=Format.COFACTS,
    )


def _rows(
    path: Path, name: str, stack: ExitStack, needed: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        stream = _opened(path, name, stack)
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError) as error:
        raise ClaimReviewError(f"{path.name}: {name} cannot be read ({type(error).__name__})") from error
    csv.field_size_limit(min(LONGEST_FIELD, sys.maxsize))
    text = stack.enter_context(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
    for number, (where, cells) in enumerate(_read_rows(name, text)):
        if number == 0 and (missing := [one for one in needed if one not in cells]):
            raise ClaimReviewError(f"{name}: no column {', '.join(missing)}")
        yield where, cells


def _read_rows(name: str, text: io.TextIOWrapper) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        yield from rows_of(name, csv.reader(text))
    except UnicodeDecodeError as error:
        raise ClaimReviewError(f"{name}: not UTF-8") from error
    except zipfile.BadZipFile as error:
        raise ClaimReviewError(f"{name}: the zip is damaged") from error


def _opened(path: Path, name: str, stack: ExitStack) -> IO[bytes]:
    """A file of the data set: in a zip, in a folder, or in a zip of its own in a folder."""
    if path.is_dir():
        plain = path / name
        if plain.is_file():
            return stack.enter_context(plain.open("rb"))
        path = path / f"{name}.zip"
    archive = stack.enter_context(zipfile.ZipFile(path))
    inside = [one for one in archive.infolist() if Path(one.filename).name == name]
    if not inside:
        raise ClaimReviewError(f"{path.name}: holds no {name}")
    if inside[0].file_size > LARGEST:
        raise ClaimReviewError(f"{path.name}: {name} is larger than {LARGEST // 1024**2} MB")
    return stack.enter_context(archive.open(inside[0]))

"""The open data: the Vietnamese texts of `classify/data` as three documented sets with fixed splits.

    from classify.datasets import frame, load
    rows = load("scope", split="test")      # typed rows
    table = frame("claims", split="train")  # a pandas DataFrame

Works from the installed wheel. Splits follow families (a writer, a batch, a register), so that no family
stands in two; a family that is new joins `train`. Identifiers and names are replaced as the product does it
before anything else reads a text, without their keyed hashes. The protected texts of rule 3 are not among the
sets: a table of nothing but speech about public bodies is what could teach a model to find it.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from classify.corpus import load_scope
from classify.errors import DatasetError
from classify.mask import RENDERED, Edit, Masker
from classify.text import normalise

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "validation", "test")
Split = Literal["train", "validation", "test"]
Name = Literal["scope", "claims", "match"]

_TOGETHER = ("jkltuv",)
"""Writers of the gate's texts who had read each other's: one family."""
_HELD: dict[str, dict[str, tuple[str, ...]]] = {
    "scope": {"validation": ("g", "m", "s"), "test": ("i", "n", "o", "r")},
    "claims": {"validation": ("h", "k", "p", "x"), "test": ("f", "l", "m", "o", "v")},
    "match": {"validation": ("lures",), "test": ("rumours", "english")},
}
# the key leads nowhere: the hashes that it makes are taken out again
_MASKER = Masker(b"open data: no hash is kept")
_SHOWN = re.compile(r"‹[^‹›]*›")


class ScopeText(NamedTuple):
    """A text, whether it is ours, its topic; twins share a group.

    ``claims`` are (start, end) of the sentences that state the claim; none marked means the whole text.
    """

    id: str
    split: str
    family: str
    group: str
    label: str
    topic: str | None
    text: str
    claims: tuple[tuple[int, int], ...]


class ClaimSentence(NamedTuple):
    """A sentence of a document, in order, and whether it states something to check (`check` or `no`)."""

    id: str
    split: str
    family: str
    document: str
    position: int
    topic: str
    genre: str
    label: str
    text: str


class MatchText(NamedTuple):
    """A claim (`kind` claim), or a text of its group that says the same (`same`) or something else."""

    id: str
    split: str
    family: str
    group: str
    topic: str
    kind: str
    same: bool
    language: str
    text: str


Row = ScopeText | ClaimSentence | MatchText
ROWS: dict[str, type[Row]] = {"scope": ScopeText, "claims": ClaimSentence, "match": MatchText}
"""Each set by its name, with the type of its rows."""


@overload
def load(name: Literal["scope"], split: Split | None = None) -> list[ScopeText]: ...
@overload
def load(name: Literal["claims"], split: Split | None = None) -> list[ClaimSentence]: ...
@overload
def load(name: Literal["match"], split: Split | None = None) -> list[MatchText]: ...
@overload
def load(name: str, split: str | None = None) -> Sequence[Row]: ...
def load(name: str, split: str | None = None) -> Sequence[Row]:
    """The rows of a set, or of one of its splits, in a fixed order; raises `DatasetError`."""
    if name not in ROWS:
        raise DatasetError(f"data set {name!r}: one of {', '.join(ROWS)}")
    if split is not None and split not in SPLITS:
        raise DatasetError(f"split {split!r}: one of {', '.join(SPLITS)}")
    rows = _all(name)
    return [row for row in rows if split is None or row.split == split]


def frame(name: str, split: str | None = None) -> "pd.DataFrame":
    """The same as a pandas table, one column a field."""
    import pandas as pd

    return pd.DataFrame(load(name, split), columns=pd.Index(ROWS[name]._fields))


def family_of(name: str, member: str) -> str:
    """The family of a writer, batch or register: it stands in one split, whole."""
    if name == "scope":
        return next((family for family in _TOGETHER if member in family), member)
    return member


def split_of(name: str, family: str) -> str:
    """The split that a family belongs to; one that is not named yet joins `train`."""
    return next((split for split, held in _HELD[name].items() if family in held), "train")


@cache
def _all(name: str) -> tuple[Row, ...]:
    return tuple(_READ[name]())


def _scope() -> list[ScopeText]:
    number: dict[str, int] = {}
    rows = []
    for row in load_scope():
        family = family_of("scope", row.writer)
        number[row.group] = number.get(row.group, 0) + 1
        text, edits = public(row.text)
        claims = tuple((_moved(start, edits), _moved(end, edits)) for start, end in row.claims)
        rows.append(
            ScopeText(
                f"{row.group}.{number[row.group]}",
                split_of("scope", family),
                family,
                row.group,
                "in" if row.in_scope else "out",
                row.topic,
                text,
                claims,
            )
        )
    return rows


def _claims() -> list[ClaimSentence]:
    from classify.detecting import load_claims

    at: dict[str, int] = {}
    rows = []
    for row in load_claims():
        family = row.document[:1]
        position = at[row.document] = at.get(row.document, 0) + 1
        head = (f"{row.document}.{position}", split_of("claims", family), family, row.document, position)
        label = "check" if row.is_check else "no"
        rows.append(ClaimSentence(*head, row.topic, row.genre, label, public(row.text)[0]))
    return rows


def _match() -> list[MatchText]:
    from classify.matchfit import ENGLISH, PAIRS, SAME, load_pairs

    number: dict[str, int] = {}
    rows = []
    for row in load_pairs(*PAIRS, ENGLISH):
        number[row.group] = number.get(row.group, 0) + 1
        head = (f"{row.group}.{number[row.group]}", split_of("match", row.file), row.file, row.group)
        language = "en" if row.file == ENGLISH.stem else "vi"
        same = row.kind == "claim" or row.kind in SAME
        rows.append(MatchText(*head, row.topic, row.kind, same, language, public(row.text)[0]))
    return rows


def public(text: str) -> tuple[str, tuple[Edit, ...]]:
    """A text as it is released, and what was replaced in its normalised form.

    Phone numbers, accounts, addresses and announced names become their kind alone: a hash or the last digits
    of a number that was made up could still be somebody's.
    """
    text = normalise(text)
    _, edits = _MASKER.mask_with_edits(text)
    shown = tuple(edit._replace(text=RENDERED.sub(r"‹\1›", edit.text)) for edit in edits)
    parts: list[str] = []
    at = 0
    for edit in shown:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]]), shown


def _moved(offset: int, edits: Sequence[Edit]) -> int:
    """Where a place of the text as it was written is in the released one."""
    shift = 0
    for edit in edits:
        if edit.start >= offset:
            break
        if offset < edit.end:
            return edit.start + shift
        shift += len(edit.text) - (edit.end - edit.start)
    return offset + shift


def identifiers(text: str) -> list[str]:
    """What a released text still holds of numbers, accounts and addresses: nothing, and a test says so."""
    bare = _SHOWN.sub(" ", text)
    found = [token.kind for token in _MASKER.mask(bare).tokens]
    return found + [one.group() for one in RENDERED.finditer(text)]


def plain(row: Row) -> dict[str, Any]:
    """A row by its columns, as lists, texts and numbers."""
    return {
        name: [list(span) for span in value] if isinstance(value, tuple) else value
        for name, value in row._asdict().items()
    }


_READ: dict[str, Callable[[], Sequence[Row]]] = {"scope": _scope, "claims": _claims, "match": _match}

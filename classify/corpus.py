"""The training texts of the gate, as their writers left them: four columns, claims in double brackets."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from classify.errors import TrainingDataError
from classify.text import normalise

TOPICS = (
    "recruitment", "benefits", "health", "child_safety", "women", "disability", "ethnic_services",
    "legal_identity", "disaster",
)  # fmt: skip
"""The nine harm topics of rule 2, in the order in which the artefact stores them."""

DATA = Path(__file__).parent / "data"
_MARK = re.compile(r"\[\[|\]\]")


class ScopeRow(NamedTuple):
    """One training text: twins share a group; ``claims`` are the (start, end) of its marked sentences."""

    group: str
    in_scope: bool
    topic: str | None
    text: str
    claims: tuple[tuple[int, int], ...]

    @property
    def writer(self) -> str:
        """Who wrote the text: the letter that their groups begin with."""
        return self.group[:1]


def load_scope(folder: Path | None = None) -> list[ScopeRow]:
    """All training rows of the folder's TSV files in file order.

    Raises TrainingDataError with file and line.
    """
    folder = folder or DATA / "scope"
    rows: list[ScopeRow] = []
    for path in sorted(folder.glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        rows += [
            _row(line, f"{path.name} line {number}") for number, line in enumerate(lines, 1) if line.strip()
        ]
    if not rows:
        raise TrainingDataError(f"{folder}: no training texts")
    return rows


def fingerprint(rows: Iterable[ScopeRow]) -> str:
    """SHA-256 (hex) of what the rows say, independent of file names and order."""
    lines = sorted(repr(tuple(row)) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _row(line: str, where: str) -> ScopeRow:
    columns = line.split("\t")
    if len(columns) != 4:
        raise TrainingDataError(f"{where}: {len(columns)} columns, expected 4")
    group, label, topic, marked = columns
    if label not in {"in", "out"}:
        raise TrainingDataError(f"{where}: label {label!r}, expected in or out")
    if (label == "in") != (topic in TOPICS) or (label == "out" and topic != "-"):
        raise TrainingDataError(f"{where}: topic {topic!r} does not go with label {label}")
    text, claims = _unmark(normalise(marked), where)
    return ScopeRow(group, label == "in", topic if label == "in" else None, text, claims)


def _unmark(marked: str, where: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text without brackets, and where the marked stretches are in it."""
    plain: list[str] = []
    claims: list[tuple[int, int]] = []
    opened: int | None = None
    at = length = 0
    for mark in _MARK.finditer(marked):
        plain.append(marked[at : mark.start()])
        length += mark.start() - at
        at = mark.end()
        if (mark.group() == "[[") == (opened is not None):
            raise TrainingDataError(f"{where}: brackets do not pair")
        if opened is None:
            opened = length
        else:
            claims.append((opened, length))
            opened = None
    if opened is not None:
        raise TrainingDataError(f"{where}: brackets do not pair")
    return "".join([*plain, marked[at:]]), tuple(claims)

"""The protected texts: speech about public bodies that no model may ever admit (rule 3, rule 10).

The file is frozen: its SHA-256 is pinned here, and changing it is a reviewed change of this line.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from classify.corpus import DATA
from classify.errors import TrainingDataError
from classify.text import normalise

PATH = DATA / "protected.tsv"
SHA256 = "d274707ff7fffb8168243e33507dfe97bec957b4ce8a975833c729fcc35ab34d"


class ProtectedText(NamedTuple):
    """One text: which public body it is about, what kind of speech it is, and its words."""

    body: str
    speech: str
    text: str


def load(path: Path = PATH, sha256: str | None = None) -> list[ProtectedText]:
    """All protected texts; raises TrainingDataError if the file is not the frozen one or a row is broken."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != (sha256 or SHA256):
        raise TrainingDataError(f"{path.name}: is not the frozen set (SHA-256 differs)")
    lines = data.decode("utf-8").splitlines()
    if not lines or lines[0].split("\t") != ["body", "speech", "text"]:
        raise TrainingDataError(f"{path.name} line 1: header is not body, speech, text")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        columns = line.split("\t")
        if len(columns) != 3 or not all(columns):
            raise TrainingDataError(f"{path.name} line {number}: needs body, speech and text")
        rows.append(ProtectedText(columns[0], columns[1], normalise(columns[2])))
    return rows

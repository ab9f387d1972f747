"""The protected texts: speech about public bodies that no model may ever admit (rule 3, rule 10).

The file is frozen: its SHA-256 is pinned here, and changing it is a reviewed change of this line. The first
texts are older and keep a hash of their own, so that figures measured on them stay comparable. It holds
texts and nothing else: a column that said which body or what kind of speech would make them named classes.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from classify.corpus import DATA
from classify.errors import TrainingDataError
from classify.text import normalise

PATH = DATA / "protected.tsv"
SHA256 = "1b8730b6703485739c99a5595a691244697a1e31041cc6d0f5626e48104cf08c"
FIRST = 250
"""So many texts stand in the order of the first set, whose hash is the next line."""
FIRST_SHA256 = "913689090934a1ed76d1c4ff4a61e3b099774d865204e1fe782f6b66db056049"


class ProtectedText(NamedTuple):
    """One text, and nothing said about it."""

    text: str


def load(path: Path = PATH, sha256: str | None = None) -> list[ProtectedText]:
    """All protected texts; raises TrainingDataError if the file is not the frozen one or a row is broken."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != (sha256 or SHA256):
        raise TrainingDataError(f"{path.name}: is not the frozen set (SHA-256 differs)")
    lines = data.decode("utf-8").splitlines()
    if not lines or lines[0] != "text":
        raise TrainingDataError(f"{path.name} line 1: header is not text")
    for number, line in enumerate(lines[1:], 2):
        if not line or "\t" in line:
            raise TrainingDataError(f"{path.name} line {number}: needs one text and nothing else")
    return [ProtectedText(normalise(line)) for line in lines[1:]]

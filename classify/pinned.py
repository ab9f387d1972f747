"""Weights on disk: arrays in one .npz (never pickle), its SHA-256 and figures in the JSON beside it."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from classify.errors import ArtefactError

Arrays = Mapping[str, NDArray[Any]]
Made = TypeVar("Made")


def to_bytes(arrays: Arrays) -> bytes:
    """The .npz; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def save(data: bytes, path: Path, fingerprint: str, report: Mapping[str, Any]) -> str:
    """Write the .npz and the JSON that pins it; returns the SHA-256 (hex)."""
    digest = hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    pinned = {"sha256": digest, "data": fingerprint, "figures": report}
    text = json.dumps(pinned, ensure_ascii=False, indent=1) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    return digest


def load(path: Path, made: Callable[[Arrays, dict[str, Any]], Made]) -> Made:
    """What ``made`` gives of the arrays and figures, after the pinned SHA-256 fits; raises ArtefactError."""
    try:
        data = path.read_bytes()
        pinned = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtefactError(f"{path.name}: {error}") from error
    if hashlib.sha256(data).hexdigest() != pinned.get("sha256"):
        raise ArtefactError(f"{path.name}: is not the artefact whose SHA-256 is pinned in {path.stem}.json")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return made(arrays, pinned.get("figures", {}))
    except (KeyError, ValueError) as error:
        raise ArtefactError(f"{path.name}: {error}") from error


def packed(words: list[str]) -> NDArray[np.uint8]:
    """Words as bytes, a line each."""
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def unpacked(blob: NDArray[np.uint8]) -> list[str]:
    """The words again."""
    return blob.tobytes().decode().split("\n")

"""The gate's weights on disk: arrays in one .npz (never pickle), its SHA-256 pinned in a JSON beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify import pinned
from classify.corpus import DATA, TOPICS

Floats = NDArray[np.float32]

SHIPPED = DATA / "scope.npz"
HEADS = ("gate", "sentence", *TOPICS)
"""Columns of the weight matrix: is the text ours, is the sentence its claim, and the nine topics."""

FIGURES = (
    "threshold", "strict_threshold", "sentence_threshold", "slope", "offset", "best_share", "sentence_share",
    "quick_threshold", "bare_threshold", "bare_strict_threshold",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """One vocabulary with its inverse document frequencies and a weight for each of `HEADS`."""

    vocabulary: dict[str, int]
    idf: Floats
    weights: Floats


@dataclass(frozen=True)
class ScopeArtefact:
    """All that inference needs, and from which data it came."""

    blocks: tuple[Block, ...]
    bias: Floats
    quick: dict[str, float]
    figures: dict[str, float]
    data_fingerprint: str
    report: dict[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The .npz; equal artefacts give equal bytes."""
        arrays: dict[str, NDArray[Any]] = {
            "bias": self.bias,
            "figures": np.array([self.figures[name] for name in FIGURES], dtype=np.float64),
            "quick_words": pinned.packed(list(self.quick)),
            "quick_weights": np.array(list(self.quick.values()), dtype=np.float32),
            "data_fingerprint": pinned.packed([self.data_fingerprint]),
        }
        for number, block in enumerate(self.blocks):
            arrays[f"words_{number}"] = pinned.packed(list(block.vocabulary))
            arrays[f"idf_{number}"] = block.idf.astype(np.float16)
            arrays[f"weights_{number}"] = block.weights.astype(np.float16)
        return pinned.to_bytes(arrays)


def save(artefact: ScopeArtefact, path: Path = SHIPPED) -> str:
    """Write the .npz and the JSON that pins it; returns the SHA-256 (hex)."""
    return pinned.save(artefact.to_bytes(), path, artefact.data_fingerprint, artefact.report)


def load(path: Path = SHIPPED) -> ScopeArtefact:
    """Read an artefact after checking it against the SHA-256 pinned beside it; raises ArtefactError."""
    return pinned.load(path, _from_arrays)


def _from_arrays(arrays: Mapping[str, NDArray[Any]], report: dict[str, Any]) -> ScopeArtefact:
    blocks = []
    for number in range(2):
        words = pinned.unpacked(arrays[f"words_{number}"])
        idf = arrays[f"idf_{number}"].astype(np.float32)
        weights = np.ascontiguousarray(arrays[f"weights_{number}"].astype(np.float32))
        if not len(words) == len(idf) == len(weights) or weights.shape[1] != len(HEADS):
            raise ValueError(f"block {number}: arrays of unequal length")
        blocks.append(Block({word: at for at, word in enumerate(words)}, idf, weights))
    quick = dict(zip(pinned.unpacked(arrays["quick_words"]), arrays["quick_weights"].tolist(), strict=True))
    figures = dict(zip(FIGURES, arrays["figures"].tolist(), strict=True))
    fingerprint = pinned.unpacked(arrays["data_fingerprint"])[0]
    return ScopeArtefact(tuple(blocks), arrays["bias"], quick, figures, fingerprint, report)

"""The weights of claim detection on disk: arrays in one .npz (never pickle), its SHA-256 pinned beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify import pinned
from classify.corpus import DATA
from classify.meaning import Meaning

Floats = NDArray[np.float32]

SHIPPED = DATA / "claims.npz"

FIGURES = ("bias", "slope", "offset", "joint_slope", "joint_offset")
"""Bias of the written features; Platt's sigmoid of their sum alone, and of the sum joined with meaning."""


@dataclass(frozen=True)
class WordBlock:
    """Terms with their inverse document frequencies and weights (log odds for a value of 1)."""

    vocabulary: dict[str, int]
    idf: Floats
    weights: Floats


@dataclass(frozen=True)
class ClaimArtefact:
    """All that inference needs: words, written features, and what sentence vectors say if any.

    ``encoder`` names the model whose vectors ``meaning`` fits; "none" without.
    """

    blocks: tuple[WordBlock, ...]
    cues: Floats
    meaning: Meaning
    encoder: str
    figures: dict[str, float]
    fingerprint: str
    report: dict[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The .npz; equal artefacts give equal bytes."""
        arrays: dict[str, NDArray[Any]] = {
            "cues": self.cues,
            "remembered": self.meaning.remembered,
            "meaning": self.meaning.weights,
            "centre": self.meaning.centre,
            "step": np.array([self.meaning.step], dtype=np.float64),
            "figures": np.array([self.figures[name] for name in FIGURES], dtype=np.float64),
            "names": pinned.packed([self.encoder, self.fingerprint]),
        }
        for number, block in enumerate(self.blocks):
            arrays[f"words_{number}"] = pinned.packed(list(block.vocabulary))
            arrays[f"idf_{number}"] = block.idf.astype(np.float16)
            arrays[f"weights_{number}"] = block.weights.astype(np.float16)
        return pinned.to_bytes(arrays)


def save(artefact: ClaimArtefact, path: Path = SHIPPED) -> str:
    """Write the .npz and the JSON that pins it; returns the SHA-256 (hex)."""
    return pinned.save(artefact.to_bytes(), path, artefact.fingerprint, artefact.report)


def load(path: Path = SHIPPED) -> ClaimArtefact:
    """Read an artefact after checking it against the SHA-256 pinned beside it; raises ArtefactError."""
    return pinned.load(path, _from_arrays)


def _from_arrays(arrays: Mapping[str, NDArray[Any]], report: dict[str, Any]) -> ClaimArtefact:
    encoder, fingerprint = pinned.unpacked(arrays["names"])
    figures = dict(zip(FIGURES, arrays["figures"].tolist(), strict=True))
    blocks = tuple(_block(arrays, number) for number in range(2))
    meaning = Meaning(arrays["remembered"], float(arrays["step"][0]), arrays["meaning"], arrays["centre"])
    return ClaimArtefact(blocks, arrays["cues"], meaning, encoder, figures, fingerprint, report)


def _block(arrays: Mapping[str, NDArray[Any]], number: int) -> WordBlock:
    words = pinned.unpacked(arrays[f"words_{number}"])
    idf = arrays[f"idf_{number}"].astype(np.float32)
    weights = arrays[f"weights_{number}"].astype(np.float32)
    if not len(words) == len(idf) == len(weights):
        raise ValueError(f"block {number}: arrays of unequal length")
    return WordBlock({word: at for at, word in enumerate(words)}, idf, weights)

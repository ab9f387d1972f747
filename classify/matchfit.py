"""``python -m classify.matchfit``: learn the re-ranker's weights from `data/match_pairs.tsv`.

Equal data give equal weights. Each claim with its pairs is one group, and figures are cross-validated by
group. Claims of the scope gate's texts stand between them, so that the weights learn among many others.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.corpus import DATA, TOPICS, load_scope
from classify.encoder import Encoder, Vectors, open_encoder
from classify.errors import TrainingDataError
from classify.evaluation import auc
from classify.fitting import folds
from classify.match import ClaimIndex
from classify.rerank import HEADS, NAMES, SHIPPED, Head, Weights, digest, figures, read
from classify.text import normalise, strip_marks

PAIRS = DATA / "match_pairs.tsv"
SAME = frozenset(["paraphrase", "regional", "teencode", "quote", "article"])
OTHER = frozenset(
    ["other_amount", "other_place", "other_agency", "other_disease", "other_date", "other_count", "opposite",
     "other_claim"]
)  # fmt: skip
FOLDS = 5
SEED = 20261122
_FOR = frozenset(
    ["meaning", "cosine", "pairs", "asked_in_known", "known_in_asked", "letters", "rarest", "shared_values",
     "shared_numbers", "shared_token", "agreed"]
)  # fmt: skip
_NEAR = _FOR - {"agreed"} | {"length"}
_SAME = frozenset(NAMES) - {"pairs", "letters", "cosine", "length", "asked_in_known"}
_DECOYS = 400
_NEGATIVES = 12
_STRENGTH = 1.0


class PairRow(NamedTuple):
    """One written text: a claim, or a text of its group that says the same or something else."""

    group: str
    topic: str
    kind: str
    text: str


class Example(NamedTuple):
    """A pair of texts with its figures; ``query`` says which asked text it is of."""

    query: int
    group: str
    kind: str
    is_same: bool
    is_own: bool
    plain: dict[str, float]
    meaning: float | None


def load_pairs(path: Path = PAIRS) -> list[PairRow]:
    """All rows in file order; raises TrainingDataError with the line."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != 4 or columns[1] not in TOPICS or columns[2] not in SAME | OTHER | {"claim"}:
            raise TrainingDataError(f"{path.name} line {number}: expected group, topic, kind and text")
        rows.append(PairRow(columns[0], columns[1], columns[2], normalise(columns[3])))
    return rows


def decoys(most: int = _DECOYS) -> list[str]:
    """Claims of the gate's texts, spread over all of them, to stand among the known ones."""
    texts = [
        " ".join(row.text[start:end] for start, end in row.claims) if row.claims else row.text
        for row in load_scope()
        if row.in_scope
    ]
    return texts[:: max(1, len(texts) // most)][:most]


def _asked(rows: Sequence[PairRow]) -> list[PairRow]:
    """The rows that ask, and of those that say the same also the text without diacritics."""
    asked = [row._replace(kind="quote") if row.kind == "claim" else row for row in rows]
    bare = [
        PairRow(row.group, row.topic, f"{row.kind} bare", strip_marks(row.text))
        for row in asked
        if row.kind in {"quote", "paraphrase", "other_amount", "other_place", "opposite"}
        and strip_marks(row.text) != row.text
    ]
    return asked + bare


def examples(rows: Sequence[PairRow], encoder: Encoder) -> list[Example]:
    """Each asked text beside its own claim and beside the nearest others."""
    claims = [row for row in rows if row.kind == "claim"]
    known = [row.text for row in claims] + decoys()
    index = ClaimIndex(encoder)
    index.add_all(list(enumerate(known)))
    own = {row.group: at for at, row in enumerate(claims)}
    asked = _asked(rows)
    found: list[Example] = []
    for query, row in enumerate(asked):
        found += _beside(query, row, own[row.group], index, encoder)
    return found


def _beside(query: int, row: PairRow, own: int, index: ClaimIndex, encoder: Encoder) -> Iterator[Example]:
    reading = read(row.text)
    is_bare = row.kind.endswith("bare")
    vectors = None if is_bare else encoder.encode([row.text])
    vector: Vectors | None = None if vectors is None else vectors[0]
    near = [number for number in index.nearest(row.text) if number != own][:_NEGATIVES]
    cosines = {} if vector is None else index.cosines([own, *near], vector)
    base = row.kind.removesuffix(" bare")
    for number in [own, *near]:
        plain = figures(reading, index.reading(number), index.idf, None)
        yield Example(
            query,
            row.group,
            row.kind,
            number == own and base in SAME,
            number == own,
            plain,
            cosines.get(number),
        )


def matrix(found: Sequence[Example], *, with_meaning: bool) -> NDArray[np.float64]:
    """The figures of each example in the order of `NAMES`."""
    rows = [
        [
            (one.meaning or 0.85) * 10 - 8.5 if name == "meaning" and with_meaning else one.plain[name]
            for name in NAMES
        ]
        for one in found
    ]
    return np.array(rows, dtype=np.float64)


def fit(found: Sequence[Example], *, with_meaning: bool) -> dict[str, Any]:
    """Both heads: is a pair about the same thing, and among those that are, does nothing differ."""
    own = [one for one in found if one.is_own and one.kind != "other_claim"]
    about = [one for one in found if not (one.is_own and one.kind == "other_claim")]
    x = matrix(about, with_meaning=with_meaning)
    is_own = np.array([one.is_own for one in about])
    even = np.where(is_own, 1.0, is_own.sum() / max(1, (~is_own).sum()))
    is_same = np.array([one.is_same for one in own])
    return {
        "near": _logistic(x, is_own, even, _NEAR),
        "same": _logistic(matrix(own, with_meaning=with_meaning), is_same, np.ones(len(own)), _SAME),
    }


def _logistic(
    x: NDArray[np.float64], truth: NDArray[np.bool_], weigh: NDArray[np.float64], names: frozenset[str]
) -> dict[str, Any]:
    """A logistic regression in which likeness may only speak for, and difference only against.

    Pairs that were written as one another's opposites share their letters, and a free regression would learn
    that likeness is a bad sign.
    """
    from scipy.optimize import minimize

    y = truth.astype(np.float64)
    spread = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    scaled = np.hstack([x / spread, np.ones((len(x), 1))])

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = scaled @ w
        held = np.r_[w[:-1], 0.0]
        value = float((weigh * (np.logaddexp(0, z) - y * z)).sum() + held @ held / (2 * _STRENGTH))
        return value, scaled.T @ (weigh * (1 / (1 + np.exp(-z)) - y)) + held / _STRENGTH

    limits = [
        ((0.0, None) if name in _FOR else (None, 0.0)) if name in names else (0.0, 0.0) for name in NAMES
    ]
    learned = minimize(
        loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", bounds=[*limits, (None, None)]
    ).x
    raw = learned[:-1] / spread
    named = {name: round(float(w), 4) for name, w in zip(NAMES, raw, strict=True) if abs(w) > 1e-4}
    return {"bias": round(float(learned[-1]), 4), "weights": named}


def usable(found: Sequence[Example]) -> list[Example]:
    """The examples of texts with diacritics: those that the weights with vectors are for."""
    return [
        one
        for one in found
        if one.meaning is not None and not one.kind.endswith("bare") and one.kind != "teencode"
    ]


def held_back(found: Sequence[Example], *, with_meaning: bool) -> dict[str, float]:
    """Cross-validated by group: own claim first, and AUC of the first one's score, same against not."""
    part = folds([one.group for one in found], FOLDS, SEED)
    learned = [
        _heads(
            fit([one for one, at in zip(found, part, strict=True) if at != fold], with_meaning=with_meaning)
        )
        for fold in range(FOLDS)
    ]
    named = [dict(zip(NAMES, row, strict=True)) for row in matrix(found, with_meaning=with_meaning).tolist()]
    score = [learned[fold].score(row) for fold, row in zip(part, named, strict=True)]
    order = [learned[fold].order(row) for fold, row in zip(part, named, strict=True)]
    first: dict[int, int] = {}
    for at, one in enumerate(found):
        if one.query not in first or order[at] > order[first[one.query]]:
            first[one.query] = at
    own = [at for at, one in enumerate(found) if one.is_own]
    same = np.array([found[at].is_same for at in own])
    tops = np.array([score[first[found[at].query]] for at in own])
    return {
        "own claim first": round(
            float(np.mean([first[found[at].query] == at for at in own if found[at].is_same])), 4
        ),
        "auc same against other": round(auc(same, tops), 4),
        "right at 0.5": round(float(np.mean((np.array([score[at] for at in own]) >= 0.5) == same)), 4),
        "asked": len(own),
    }


def _heads(learned: dict[str, Any]) -> Weights:
    return Weights(*(Head(learned[head]["bias"], learned[head]["weights"]) for head in HEADS))


def build(path: Path = SHIPPED, encoder: Encoder | None = None) -> dict[str, Any]:
    """Learn both weight sets, write them with their SHA-256, and return the figures."""
    rows = load_pairs()
    found = examples(rows, encoder or open_encoder("bundled"))
    marked = usable(found)
    stored: dict[str, Any] = {
        "with_encoder": fit(marked, with_meaning=True),
        "words_alone": fit(found, with_meaning=False),
    }
    stored["sha256"] = digest(stored)
    stored["figures"] = {
        "with_encoder": held_back(marked, with_meaning=True),
        "words_alone": held_back(found, with_meaning=False),
    }
    path.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return stored


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build(), ensure_ascii=False, indent=1) + "\n")

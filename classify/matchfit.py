"""``python -m classify.matchfit``: learn the weights of the re-ranker from `match_pairs.tsv` and `match/`.

Equal data give equal weights. Each claim with its pairs is one group; figures are measured on one file at a
time, in its own register, with weights of the others. English pairs measure and never teach. Claims of the
scope gate's texts stand between them, so that the weights learn among many others.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.corpus import DATA, TOPICS, load_scope
from classify.encoder import Encoder, NoEncoder, Vectors, open_encoder
from classify.errors import TrainingDataError
from classify.evaluation import auc
from classify.match import ClaimIndex
from classify.rerank import (
    NAMES,
    NEAR,
    SHIPPED,
    Head,
    Weights,
    compare,
    digest,
    figures,
    order,
    read,
)  # fmt: skip
from classify.text import normalise, strip_marks
from classify.trees import LEAF, Node, Trees, opened, stored

WORDS = (
    DATA / "match_pairs.tsv",
    *(DATA / "match" / f"{name}.tsv" for name in ("lures", "notices", "rumours", "talk")),
)
"""What the weights of words alone learn from; the other files brought them nothing (see the data card)."""
PAIRS = (*WORDS, DATA / "match" / "bulletins.tsv", DATA / "match" / "offers.tsv")
ENGLISH = DATA / "match" / "english.tsv"
SAME = frozenset(
    ["paraphrase", "regional", "teencode", "quote", "article", "question", "bare", "written", "edited"]
)
OTHER = frozenset(
    ["other_amount", "other_place", "other_agency", "other_disease", "other_date", "other_count", "opposite",
     "other_claim", "other_actor", "other_product", "other_result", "other_age", "other_dose"]
)  # fmt: skip
SEED = 20261122
_FOR = frozenset(
    ["meaning", "cosine", "pairs", "asked_in_known", "known_in_asked", "letters", "rarest", "shared_values",
     "shared_numbers", "shared_token", "shared_kind", "agreed"]
)  # fmt: skip
_LIKE = _FOR | {"verbatim"}
_ONLY_FOR = frozenset(["verbatim", "asked_in_known", "known_in_asked"])
"""Likeness that may never speak against a match, with vectors either: how far one text covers the other."""
_DECOYS = 400
_NEGATIVES = 12
_STRENGTH = 1.0
_TREES = 200
_DEPTH = 5
_SPLIT_SHARE = 0.3
"""Share of the figures that one split of the trees with vectors may choose from."""


class PairRow(NamedTuple):
    """One written text: a claim, or a text of its group that says the same or something else."""

    group: str
    topic: str
    kind: str
    text: str
    file: str = ""


class Example(NamedTuple):
    """A pair of texts with its figures; ``query`` says which asked text it is of."""

    query: int
    file: str
    kind: str
    is_same: bool
    is_own: bool
    plain: dict[str, float]
    meaning: float | None


def load_pairs(*paths: Path) -> list[PairRow]:
    """All rows of the files (by default the Vietnamese); raises TrainingDataError with the line."""
    return [row for path in paths or PAIRS for row in _rows(path)]


def _rows(path: Path) -> Iterator[PairRow]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != 4 or columns[1] not in TOPICS or columns[2] not in SAME | OTHER | {"claim"}:
            raise TrainingDataError(f"{path.name} line {number}: expected group, topic, kind and text")
        yield PairRow(columns[0], columns[1], columns[2], normalise(columns[3]), path.stem)


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
        row._replace(kind=f"{row.kind} bare", text=strip_marks(row.text))
        for row in asked
        if row.kind in {"quote", "paraphrase", "other_amount", "other_place", "other_product", "opposite"}
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
        known = index.reading(number)
        plain = figures(reading, known, index.idf, None) | compare(reading, known, index.idf)
        yield Example(
            query,
            row.file,
            row.kind,
            number == own and base in SAME,
            number == own,
            plain,
            cosines.get(number),
        )


def matrix(found: Sequence[Example], *, with_meaning: bool) -> NDArray[np.float64]:
    """The figures of each example in the order of `NAMES`.

    Rounded: the last digits of a sum over a set of words differ from process to process, and trees with them.
    """
    rows = [
        [
            (one.meaning or 0.85) * 10 - 8.5 if name == "meaning" and with_meaning else one.plain[name]
            for name in NAMES
        ]
        for one in found
    ]
    return np.array(rows, dtype=np.float64).round(9)


def fit(found: Sequence[Example], *, with_meaning: bool) -> dict[str, Any]:
    """Both questions: is a pair about the same thing, and of those of one group, does nothing differ."""
    about = [one for one in found if not (one.is_own and one.kind.startswith("other_claim"))]
    is_own = np.array([one.is_own for one in about])
    even = np.where(is_own, 1.0, is_own.sum() / max(1, (~is_own).sum()))
    own = [one for one in found if one.is_own]
    is_same = np.array([one.is_same for one in own])
    return {
        "near": _logistic(matrix(about, with_meaning=with_meaning), is_own, even, NEAR),
        "same": stored(_boosted(own, is_same, with_meaning=with_meaning)),
    }


def _boosted(own: Sequence[Example], is_same: NDArray[np.bool_], *, with_meaning: bool) -> Trees:
    """Boosted trees in which a difference may only speak against a match, and covering words only for it.

    Most written texts that differ in one value repeat their claim nearly word for word: trees that are left
    wholly free may learn that this is a bad sign, and refuse a fuller copy. With vectors other likeness (of
    meaning, of rare words, of values) may count either way, beside what else is the same; by words alone no
    likeness may speak against, because short messages without diacritics have nothing else. Both answers
    weigh the same, so that a probability of one half is an even chance whatever the pairs were.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    names = [name for name in NAMES if with_meaning or name != "meaning"]
    x = matrix(own, with_meaning=with_meaning)[:, [NAMES.index(name) for name in names]]
    learner = HistGradientBoostingClassifier(
        max_iter=_TREES, learning_rate=0.07, max_depth=_DEPTH, min_samples_leaf=12, l2_regularization=1.0,
        monotonic_cst=[_direction(name, with_meaning=with_meaning) for name in names],
        early_stopping=False, random_state=SEED,
        max_features=_SPLIT_SHARE if with_meaning else 1.0,
    ).fit(x, is_same, np.where(is_same, 0.5 / is_same.mean(), 0.5 / (~is_same).mean()))  # fmt: skip
    bias, trees = float(learner._baseline_prediction[0][0]), []  # noqa: SLF001 - no public way to its nodes
    for (one,) in learner._predictors:  # noqa: SLF001
        tree = _plain(one.nodes)
        bias += tree[0].mean
        trees.append(tree)
    return Trees(round(bias, 4), names, trees)


def _direction(name: str, *, with_meaning: bool) -> int:
    """Which way a figure may move the answer of the trees: up, down, or (0) either way."""
    if name in _LIKE:
        return int(not with_meaning or name in _ONLY_FOR)
    return -1


def _plain(nodes: NDArray[Any]) -> list[Node]:
    """A tree of scikit-learn with its leaves' values, and in the nodes above the mean of what is below."""
    mean = np.where(nodes["is_leaf"], nodes["value"], 0.0)
    for at in reversed(range(len(nodes))):
        if not nodes["is_leaf"][at]:
            low, high = int(nodes["left"][at]), int(nodes["right"][at])
            share = nodes["count"][low] / nodes["count"][at]
            mean[at] = share * mean[low] + (1 - share) * mean[high]
    return [
        Node(LEAF, 0.0, 0, 0, round(float(mean[at]), 5))
        if one["is_leaf"]
        else Node(
            int(one["feature_idx"]), round(float(one["num_threshold"]), 6), int(one["left"]),
            int(one["right"]), round(float(mean[at]), 5),
        )
        for at, one in enumerate(nodes)
    ]  # fmt: skip


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


def held_back(found: Sequence[Example], *, with_meaning: bool) -> dict[str, dict[str, float]]:
    """By file, with the weights of the other files: own claim first, and AUC of its second question alone.

    The AUC is of texts that say the same against texts that say something else, once for those that differ in
    one value or word, once for those that only share the matter.
    """
    figured: dict[str, dict[str, float]] = {}
    for file in sorted({one.file for one in found}):
        taught = _weights(fit([one for one in found if one.file != file], with_meaning=with_meaning))
        figured[file] = _figured(
            [one for one in found if one.file == file], taught, with_meaning=with_meaning
        )
    return figured


def _figured(found: Sequence[Example], taught: Weights, *, with_meaning: bool) -> dict[str, float]:
    rows = [dict(zip(NAMES, row, strict=True)) for row in matrix(found, with_meaning=with_meaning).tolist()]
    near = [taught.near.total(row) for row in rows]
    same = [taught.same.bias + sum(parts.values()) for parts in taught.same.parts(rows)]
    first: dict[int, int] = {}
    for at, one in enumerate(found):
        best = first.setdefault(one.query, at)
        if order(near[at], same[at]) > order(near[best], same[best]):
            first[one.query] = at
    own = [at for at, one in enumerate(found) if one.is_own]
    tops = np.array([same[first[found[at].query]] for at in own])
    is_same = np.array([found[at].is_same for at in own])
    is_near = np.array([found[at].kind.startswith("other_claim") for at in own])
    return {
        "asked": len(own),
        "own claim first": round(
            float(np.mean([first[found[at].query] == at for at in own if found[at].is_same])), 4
        ),
        "auc against one value or word": _auc(is_same, ~is_same & ~is_near, tops),
        "auc against the same matter": _auc(is_same, is_near, tops),
        "right at 0.5": round(float(np.mean((tops >= 0) == is_same)), 4),
    }


def _auc(good: NDArray[np.bool_], bad: NDArray[np.bool_], tops: NDArray[np.float64]) -> float:
    rows = good | bad
    return round(auc(good[rows], tops[rows]), 4)


def _weights(learned: dict[str, Any]) -> Weights:
    return Weights(Head(learned["near"]["bias"], learned["near"]["weights"]), opened(learned["same"]))


def build(path: Path = SHIPPED, encoder: Encoder | None = None) -> dict[str, Any]:
    """Learn both weight sets, write them with their SHA-256, and return the figures."""
    marked = usable(examples(load_pairs(), encoder or open_encoder("bundled")))
    found = examples(load_pairs(*WORDS), NoEncoder())
    made: dict[str, Any] = {
        "with_encoder": fit(marked, with_meaning=True),
        "words_alone": fit(found, with_meaning=False),
    }
    made["sha256"] = digest(made)
    made["figures"] = {
        "with_encoder": held_back(marked, with_meaning=True),
        "words_alone": held_back(found, with_meaning=False),
    }
    path.write_text(json.dumps(made, ensure_ascii=False) + "\n", encoding="utf-8")
    return made


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build()["figures"], ensure_ascii=False, indent=1) + "\n")

"""``python -m classify.detecting``: train claim detection from `data/claims` and print its figures.

The sentences of the gate's mixed messages, of which a writer marked those that state the claim, take part
with a small weight. Cross-validated by document, and by batch (a batch is written in one style of speech, so
a batch held out whole is a style not read yet). Equal data give equal bytes.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify import claimartefact, claimcues, detect
from classify.claimartefact import ClaimArtefact, WordBlock
from classify.corpus import DATA, TOPICS, ScopeRow, load_scope
from classify.encoder import Encoder, Vectors, open_encoder
from classify.errors import TrainingDataError
from classify.evaluation import average_precision
from classify.features import terms
from classify.fitting import Terms, calibration, folds, matrix, vocabulary
from classify.meaning import NO_MEANING, Meaning, remember
from classify.sentences import split
from classify.text import has_marks, normalise, strip_marks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDER = DATA / "claims"
GENRES = ("message", "chat", "forum", "post", "tip", "notice", "news", "factcheck")
FOLDS = 5
SEED = 20261122
STRENGTH = 5.0
MIN_DOCUMENTS = 2
BARE_WEIGHT = 0.5
"""Weight of the copy of a sentence without its diacritics."""
SCOPE_WEIGHT = 0.3
"""Weight of a sentence from the gate's texts, whose marks answer a slightly different question."""

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class ClaimRow(NamedTuple):
    """One sentence of a training document; the first letter of ``document`` is its batch."""

    document: str
    topic: str
    genre: str
    is_check: bool
    text: str


class _Examples(NamedTuple):
    """Sentences as the model reads them; the first ``own`` are those of `data/claims`, in order."""

    blocks: tuple[list[list[str]], list[list[str]]]
    cues: Doubles
    labels: Bools
    groups: list[str]
    weights: Doubles
    own: int


def load_claims(folder: Path = FOLDER) -> list[ClaimRow]:
    """The sentences of all files in order; raises TrainingDataError naming file and line."""
    rows = []
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            rows.append(_row(line, f"{path.name}:{number}"))
    return rows


def _row(line: str, where: str) -> ClaimRow:
    columns = line.split("\t")
    if len(columns) != 5:
        raise TrainingDataError(f"{where}: {len(columns)} columns, expected 5")
    document, topic, genre, label, text = columns
    if topic not in TOPICS or genre not in GENRES:
        raise TrainingDataError(f"{where}: topic {topic!r} or genre {genre!r} is unknown")
    if label not in {"check", "no"}:
        raise TrainingDataError(f"{where}: label {label!r}, expected check or no")
    return ClaimRow(document, topic, genre, label == "check", normalise(text))


def fingerprint(rows: Sequence[ClaimRow]) -> str:
    """SHA-256 (hex) of the sentences and labels."""
    return hashlib.sha256("\n".join("\t".join(map(str, row)) for row in rows).encode()).hexdigest()


def fit_claims(rows: Sequence[ClaimRow], scope: Sequence[ScopeRow], encoder: Encoder) -> ClaimArtefact:
    """Train on everything; the report holds the cross-validated average precision.

    Deterministic. Vectors are asked of the encoder for the rows alone.
    """
    examples = _examples(rows, scope)
    vectors = encoder.encode([row.text for row in rows])
    by_document = folds([row.document for row in rows], FOLDS, SEED)
    batches = sorted({row.document[0] for row in rows})
    by_batch = np.array([batches.index(row.document[0]) for row in rows], dtype=np.int64)
    scores = _out_of_fold(examples, by_document)
    truth = examples.labels[: examples.own]
    marked = np.array([has_marks(row.text) for row in rows])
    report = {
        "documents": len({row.document for row in rows}),
        "sentences": len(rows),
        "check": int(truth.sum()),
    }
    figures: dict[str, Any] = {"by document": _report(rows, truth, scores)}
    batch_scores = _out_of_fold(examples, by_batch)
    figures["by batch"] = _report(rows, truth, batch_scores)
    if vectors is not None:
        for name, found, fold in (("document", scores, by_document), ("batch", batch_scores, by_batch)):
            joined = _joined_out_of_fold(found, vectors, truth, marked, fold)
            figures[f"by {name}, with encoder"] = _report(rows, truth, joined)
    blocks, cue_weights, bias = _fit(examples, np.arange(len(examples.labels)))
    slope, offset = calibration(scores, truth)
    meaning, joint = _meaning(scores, vectors, truth, marked, by_document)
    numbers = {
        "bias": bias, "slope": slope, "offset": offset, "joint_slope": joint[0], "joint_offset": joint[1],
    }  # fmt: skip
    name = encoder.name if vectors is not None else "none"
    return ClaimArtefact(
        blocks, cue_weights, meaning, name, numbers, fingerprint(rows), {**report, **figures}
    )


def _examples(rows: Sequence[ClaimRow], scope: Sequence[ScopeRow]) -> _Examples:
    """The rows, their copies without diacritics, and the sentences of the gate's mixed messages."""
    bare = [row._replace(text=strip_marks(row.text)) for row in rows if has_marks(row.text)]
    others = [one for row in scope if row.in_scope and row.claims for one in _of_scope(row)]
    all_rows = [*rows, *bare, *others]
    both = [terms(row.text) for row in all_rows]
    present = np.array([claimcues.present(row.text) for row in all_rows], dtype=np.float64)
    weights = np.repeat([1.0, BARE_WEIGHT, SCOPE_WEIGHT], [len(rows), len(bare), len(others)])
    return _Examples(
        ([first for first, _ in both], [second for _, second in both]),
        present * float(detect.CUE_VALUE),
        np.array([row.is_check for row in all_rows]),
        [row.document for row in all_rows],
        weights,
        len(rows),
    )


def _of_scope(row: ScopeRow) -> list[ClaimRow]:
    found = []
    for span in split(row.text):
        common = sum(max(0, min(end, span.end) - max(start, span.start)) for start, end in row.claims)
        is_check = common * 2 >= span.end - span.start
        found.append(ClaimRow(f"scope {row.group}", str(row.topic), "message", is_check, span.text))
    return found


def _fit(examples: _Examples, at: Ints) -> tuple[tuple[WordBlock, ...], claimartefact.Floats, float]:
    """Blocks with weights, cue weights and bias, from some of the examples."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    groups = [examples.groups[i] for i in at]
    known = [vocabulary([block[i] for i in at], groups, MIN_DOCUMENTS) for block in examples.blocks]
    columns = [_matrix(block, at, one) for block, one in zip(examples.blocks, known, strict=True)]
    features = hstack([*columns, csr_matrix(examples.cues[at])]).tocsr()
    model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=1000, random_state=0)
    model.fit(features, examples.labels[at], sample_weight=examples.weights[at])
    weights = model.coef_[0].astype(np.float16).astype(np.float32)
    first, second = len(known[0].idf), len(known[0].idf) + len(known[1].idf)
    blocks = (
        WordBlock(known[0].vocabulary, known[0].idf, weights[:first]),
        WordBlock(known[1].vocabulary, known[1].idf, weights[first:second]),
    )
    return blocks, weights[second:], float(model.intercept_[0])


def _matrix(block: list[list[str]], at: Ints, known: Terms) -> "csr_matrix":
    return matrix([block[i] for i in at], known)


def _out_of_fold(examples: _Examples, fold: Ints) -> Doubles:
    """Sums of the rows by models that have read neither their fold's documents nor copies of them."""
    of_group = dict(zip(examples.groups[: examples.own], fold.tolist(), strict=True))
    everywhere = np.array([of_group.get(group, -1) for group in examples.groups])
    scores = np.zeros(examples.own)
    for held in np.unique(fold):
        blocks, cue_weights, bias = _fit(examples, np.flatnonzero(everywhere != held))
        mine = np.flatnonzero(fold == held)
        total = examples.cues[mine] @ cue_weights + bias
        for block, trained in zip(examples.blocks, blocks, strict=True):
            total += _matrix(block, mine, Terms(trained.vocabulary, trained.idf)) @ trained.weights
        scores[mine] = total
    return scores


def _joined_out_of_fold(
    scores: Doubles, vectors: Vectors, truth: Bools, marked: Bools, fold: Ints
) -> Doubles:
    """Log odds with the sentence's meaning, each by models that have not read its fold."""
    joined = np.zeros(len(scores))
    said = _said_out_of_fold(vectors, truth, marked, fold)
    for held in np.unique(fold):
        rest, mine = fold != held, fold == held
        slope, offset = calibration(scores[rest], truth[rest])
        joined[mine] = slope * scores[mine] + offset
        told, known = mine & marked, rest & marked
        share, weight, offset = _joint(scores[known], said[known], truth[known])
        joined[told] = share * scores[told] + weight * said[told] + offset
    return joined


def _said_out_of_fold(vectors: Vectors, truth: Bools, marked: Bools, fold: Ints) -> Doubles:
    """What the vectors of marked sentences say, by machines that have not read their fold."""
    said = np.zeros(len(truth))
    for held in np.unique(fold):
        rest, mine = (fold != held) & marked, (fold == held) & marked
        machine = remember(vectors[rest], truth[rest])
        if mine.any():
            said[mine] = machine.said(vectors[mine])
    return said


def _joint(scores: Doubles, said: Doubles, truth: Bools) -> tuple[float, float, float]:
    """Weights of the sum of written features and of the meaning, and the constant, by logistic regression."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100.0).fit(np.c_[scores, said], truth)
    return float(model.coef_[0][0]), float(model.coef_[0][1]), float(model.intercept_[0])


def _meaning(
    scores: Doubles, vectors: Vectors | None, truth: Bools, marked: Bools, fold: Ints
) -> tuple[Meaning, tuple[float, float]]:
    """What is remembered of all vectors, and how the sum of written features joins it."""
    if vectors is None:
        return NO_MEANING, (1.0, 0.0)
    said = _said_out_of_fold(vectors, truth, marked, fold)
    share, weight, offset = _joint(scores[marked], said[marked], truth[marked])
    machine = remember(vectors[marked], truth[marked])
    return machine._replace(weights=machine.weights * np.float32(weight)), (share, offset)


def _report(rows: Sequence[ClaimRow], truth: Bools, scores: Doubles) -> dict[str, float]:
    """Average precision of all, and of the sentences without diacritics."""
    bare = np.array([not has_marks(row.text) for row in rows])
    return {
        "average precision": round(average_precision(truth, scores), 3),
        "without diacritics": round(average_precision(truth[bare], scores[bare]), 3),
    }


def build(path: Path = claimartefact.SHIPPED, encoder: Encoder | None = None) -> dict[str, Any]:
    """Train, write the artefact and its pin, and return the figures."""
    trained = fit_claims(load_claims(), load_scope(), encoder or open_encoder("bundled"))
    digest = claimartefact.save(trained, path)
    return {"sha256": digest, "bytes": path.stat().st_size, **trained.report, "numbers": trained.figures}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build(), ensure_ascii=False, indent=1) + "\n")

"""Training of the scope gate from the product's own texts.

scikit-learn is imported inside the functions of `fitting`: it costs three seconds, and inference never needs
it. All thresholds are chosen on out-of-fold scores of the training texts, twins always in the same fold.
The bar itself is set on whole writers held out: a model knows the habits of a writer it was trained on, and
lets in more of one it has not read.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classify.artefact import Block, Floats, ScopeArtefact
from classify.constraints import veto
from classify.corpus import TOPICS, ScopeRow, fingerprint
from classify.features import gate_terms, quick_terms
from classify.fitting import (
    Bools,
    Doubles,
    Ints,
    Terms,
    balanced_ridge,
    bar,
    blended,
    calibration,
    folds,
    linear,
    matrix,
    vocabulary,
)
from classify.ranking import RankerArtefact, fit_ranker
from classify.sentences import Span, split
from classify.text import has_marks, strip_marks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["RankerArtefact", "fit_ranker", "fit_scope"]

ADMITTED = 0.006
"""As many outside texts of held-out writers may lie over the bar as leave the one-sided 95% upper bound of
the true share (Clopper & Pearson 1934) at most here: eight of 2,484."""
HELD_FOLDS = ("fhqxF", "gmsyD", "inrAE", "opB", "jkltuv")
"""Writers held out together, whole. Those of the last fold knew each other's texts."""
HELD = "fghimnopqrsxyABDEF"
"""Writers of every kind of text: they set the bar for a writer not read yet."""
WINDOW_SHARE = 5 / 6
"""So much of that for one window of a long text, which has several chances to be admitted by mistake."""
QUICK_LOSS = 0.01
"""Share of what the full gate keeps that the first stage may lose."""
FOLDS = 5
STRENGTH = 30.0
MIN_GROUPS = 2
BEST_SHARE = 0.5
"""Weight of a text's best sentence beside the text as a whole, their spreads taken alike."""


class Sentence(NamedTuple):
    """One sentence of a training text: does it state the claim? ``row`` is its text's row number."""

    text: str
    is_claim: bool
    row: int


class _Form(NamedTuple):
    """Out-of-fold scores of all texts, and of all sentences, in one form of writing."""

    texts: Doubles
    lines: Doubles

    def whole(self, sentences: Sequence[Sentence], share: float) -> Doubles:
        """A text's score with that of its best sentence, as `ScopeGate` adds them."""
        return self.texts + share * _best_sentence(sentences, self.lines, len(self.texts))


def fit_scope(rows: Sequence[ScopeRow], seed: int) -> ScopeArtefact:
    """Train every head of the gate; deterministic.

    The report of the artefact holds the out-of-fold figures.
    """
    labels = np.array([row.in_scope for row in rows])
    fold = _folds(rows, seed)
    sentences = _sentences(rows)
    written, bare = _out_of_fold(rows, labels, sentences, fold)
    share = BEST_SHARE * float(np.std(written.texts) / np.std(written.lines))
    scores = written.whole(sentences, share)
    slope, offset = calibration(scores, labels)
    figures = {"slope": slope, "offset": offset, "best_share": share}
    bars, report = _bars(rows, labels, scores, bare.whole(sentences, share))
    figures |= bars
    figures |= _sentence_rule(rows, sentences, scores, written.lines, figures["threshold"])
    quick, figures["quick_threshold"], passed = _quick(rows, labels, fold, scores > figures["threshold"])
    blocks, bias = _heads(rows, labels, sentences)
    report = {**_report(rows, labels, scores), "out passed by the first stage": passed, **report}
    return ScopeArtefact(blocks, bias, quick, figures, fingerprint(rows), report)


def _bars(
    rows: Sequence[ScopeRow], labels: Bools, scores: Doubles, bare: Doubles
) -> tuple[dict[str, float], dict[str, Any]]:
    """The bars of text as it is written and without diacritics, and what held-out writers give at them."""
    held = np.array([row.writer in HELD for row in rows])
    strangers = held if (held & ~labels).any() and (held & labels).any() else np.ones(len(rows), dtype=bool)
    outside = ~labels & strangers
    # what the written constraints drop cannot be admitted, whatever its score
    vetoed = np.array([any(veto(span.text) for span in split(row.text)) for row in rows])
    share = _admitted(int(outside.sum()))
    figures: dict[str, float] = {}
    report: dict[str, Any] = {}
    for form, name, of_form in (("", "", scores), ("bare_", ", diacritics removed", bare)):
        judged = np.where(vetoed, -np.inf, of_form)
        figures[f"{form}threshold"] = bar(judged, outside, share)
        figures[f"{form}strict_threshold"] = bar(judged, outside, share * WINDOW_SHARE)
        over = judged > figures[f"{form}threshold"]
        report[f"writers held out{name}"] = {
            "kept": _percent(over[labels & strangers]),
            "admitted": _percent(over[outside]),
        }
    return figures, report


def _admitted(outside: int) -> float:
    """The largest share of so many texts whose upper bound is within `ADMITTED`."""
    from scipy.stats import beta

    most = 0
    while most < outside and beta.ppf(0.95, most + 2, outside - most - 1) <= ADMITTED:
        most += 1
    return (most + 0.5) / max(1, outside)


def _folds(rows: Sequence[ScopeRow], seed: int) -> Ints:
    """Twins together; all texts of a held-out writer in one fold, with writers who read each other's."""
    fold = folds([row.group for row in rows], FOLDS, seed)
    for number, writers in enumerate(HELD_FOLDS):
        fold[[at for at, row in enumerate(rows) if row.writer in writers]] = number
    return fold


def _sentences(rows: Sequence[ScopeRow]) -> list[Sentence]:
    """Every sentence of every text; in a text without marks all sentences state the claim."""
    found: list[Sentence] = []
    for number, row in enumerate(rows):
        found += [
            Sentence(span.text, row.in_scope and _marked(span, row), number) for span in split(row.text)
        ]
    return found


def _marked(span: Span, row: ScopeRow) -> bool:
    if not row.claims:
        return True
    common = sum(max(0, min(end, span.end) - max(start, span.start)) for start, end in row.claims)
    return common * 2 >= span.end - span.start


class _Examples(NamedTuple):
    """Texts with their stripped copies: both blocks of terms, labels, groups, and the fold of each."""

    plain: list[list[str]]
    accented: list[list[str]]
    labels: Bools
    groups: list[str]
    fold: Ints


def _examples(texts: Sequence[str], labels: Sequence[bool], groups: Sequence[str], fold: Ints) -> _Examples:
    """The texts, then copies without diacritics of those that have some, in the same group and fold."""
    copies = [at for at, text in enumerate(texts) if has_marks(text)]
    both = [gate_terms(text) for text in texts]
    plain = [first for first, _ in both]
    stripped = [gate_terms(strip_marks(texts[at])) for at in copies]
    return _Examples(
        plain + [first for first, _ in stripped],
        [second for _, second in both] + [second for _, second in stripped],
        np.array([*labels, *(labels[at] for at in copies)], dtype=bool),
        [*groups, *(groups[at] for at in copies)],
        np.array([*fold, *(fold[at] for at in copies)], dtype=np.int64),
    )


def _vocabularies(examples: _Examples, rows: Ints) -> tuple[Terms, Terms]:
    groups = [examples.groups[at] for at in rows]
    first, second = (
        vocabulary([block[at] for at in rows], groups, MIN_GROUPS)
        for block in (examples.plain, examples.accented)
    )
    return first, second


def _matrix(examples: _Examples, known: tuple[Terms, Terms]) -> "csr_matrix":
    from scipy.sparse import hstack

    return hstack([matrix(examples.plain, known[0]), matrix(examples.accented, known[1])]).tocsr()


def _sentence_examples(rows: Sequence[ScopeRow], sentences: Sequence[Sentence], fold: Ints) -> _Examples:
    groups = [rows[sentence.row].group for sentence in sentences]
    of_fold = np.array([fold[sentence.row] for sentence in sentences], dtype=np.int64)
    return _examples([s.text for s in sentences], [s.is_claim for s in sentences], groups, of_fold)


def _out_of_fold(
    rows: Sequence[ScopeRow], labels: Bools, sentences: Sequence[Sentence], fold: Ints
) -> tuple[_Form, _Form]:
    """Scores by models that have seen neither a text nor its twins: as written, and without diacritics."""
    texts = _examples([row.text for row in rows], labels.tolist(), [row.group for row in rows], fold)
    lines = _sentence_examples(rows, sentences, fold)
    scores, line_scores = np.zeros(len(texts.labels)), np.zeros(len(lines.labels))
    for held in range(FOLDS):
        known = _vocabularies(texts, np.flatnonzero(texts.fold != held))
        for examples, out, fit in ((texts, scores, blended), (lines, line_scores, _sentence_head)):
            features = _matrix(examples, known)
            weights, bias = fit(features[examples.fold != held], examples.labels[examples.fold != held])
            mine = np.flatnonzero(examples.fold == held)
            out[mine] = features[mine] @ weights + bias
    written = _Form(scores[: len(rows)], line_scores[: len(sentences)])
    return written, _Form(
        _copied(scores, [row.text for row in rows]), _copied(line_scores, [line.text for line in sentences])
    )


def _copied(scores: Doubles, texts: Sequence[str]) -> Doubles:
    """The scores of the copies without diacritics in their texts' places, in the order of `_examples`."""
    bare = scores[: len(texts)].copy()
    bare[[at for at, text in enumerate(texts) if has_marks(text)]] = scores[len(texts) :]
    return bare


def _sentence_head(features: "csr_matrix", labels: Bools) -> tuple[Doubles, float]:
    return linear(features, labels, STRENGTH)


def _best_sentence(sentences: Sequence[Sentence], line_scores: Doubles, rows: int) -> Doubles:
    """The highest score of each text's sentences; of a text without any, a low one."""
    best = np.full(rows, float(line_scores.min()))
    for sentence, score in zip(sentences, line_scores, strict=True):
        best[sentence.row] = max(best[sentence.row], score)
    return best


def _sentence_rule(
    rows: Sequence[ScopeRow],
    sentences: Sequence[Sentence],
    scores: Doubles,
    line_scores: Doubles,
    threshold: float,
) -> dict[str, float]:
    """Weight of the text's score, and the threshold that splits claims from the rest of mixed messages.

    Chosen for the best F0.25 (precision counts four times) over the sentences of admitted texts that have
    marks.
    """
    mixed = [at for at, s in enumerate(sentences) if rows[s.row].claims and scores[s.row] > threshold]
    truth = np.array([sentences[at].is_claim for at in mixed])
    best = (-1.0, 0.0, 0.0)
    for share in (0.0, 0.25, 0.5):
        combined = np.array([line_scores[at] + share * scores[sentences[at].row] for at in mixed])
        for level in np.quantile(combined, np.linspace(0.02, 0.9, 45)):
            kept = combined >= level
            right = float((kept & truth).sum())
            precision, recall = right / max(1, kept.sum()), right / max(1, truth.sum())
            value = 1.0625 * precision * recall / max(1e-9, 0.0625 * precision + recall)
            best = max(best, (value, share, float(level)))
    return {"sentence_share": best[1], "sentence_threshold": best[2]}


def _quick(
    rows: Sequence[ScopeRow], labels: Bools, fold: Ints, kept: Bools
) -> tuple[dict[str, float], float, float]:
    """Weights of the first stage, the threshold that loses `QUICK_LOSS` of the kept, what it lets pass."""
    examples = _examples([row.text for row in rows], labels.tolist(), [row.group for row in rows], fold)
    copies = [row.text for row in rows] + [strip_marks(row.text) for row in rows if has_marks(row.text)]
    found = [quick_terms(text) for text in copies]
    known = vocabulary(found, examples.groups, 2)
    features = _mean_matrix(found, known)
    scores = np.zeros(len(rows))
    for held in range(FOLDS):
        mine = np.flatnonzero(fold == held)
        weights, _ = blended(features[examples.fold != held], examples.labels[examples.fold != held])
        scores[mine] = features[mine] @ weights
    weights, _ = blended(features, examples.labels)
    level = float(np.quantile(scores[kept & labels], QUICK_LOSS))
    table = {term: float(np.float32(weights[at])) for term, at in known.vocabulary.items()}
    return table, level, _percent(scores[~labels] >= level)


def _mean_matrix(found: Sequence[list[str]], known: Terms) -> "csr_matrix":
    """Counts over the square root of the text's length, as `ScopeGate.quick_score` sums them."""
    from scipy.sparse import csr_matrix

    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for document in found:
        at = [known.vocabulary[term] for term in document if term in known.vocabulary]
        columns += at
        values += [1 / float(np.sqrt(len(document) + 1))] * len(at)
        ends.append(len(columns))
    summed = csr_matrix((values, columns, ends), shape=(len(found), len(known.vocabulary)))
    summed.sum_duplicates()
    return summed


def _heads(
    rows: Sequence[ScopeRow], labels: Bools, sentences: Sequence[Sentence]
) -> tuple[tuple[Block, ...], Floats]:
    """The final weights of all heads, trained on everything."""
    nothing = np.zeros(len(rows), dtype=np.int64)
    texts = _examples([row.text for row in rows], labels.tolist(), [row.group for row in rows], nothing)
    known = _vocabularies(texts, np.arange(len(texts.labels)))
    features = _matrix(texts, known)
    lines = _sentence_examples(rows, sentences, nothing)
    heads = [blended(features, texts.labels), _sentence_head(_matrix(lines, known), lines.labels)]
    ours = np.flatnonzero(texts.labels)
    topics = [row.topic for row in rows] + [row.topic for row in rows if has_marks(row.text)]
    heads += [
        balanced_ridge(features[ours], np.array([topics[at] == topic for at in ours])) for topic in TOPICS
    ]
    weights = np.stack([weights for weights, _ in heads], axis=1).astype(np.float16).astype(np.float32)
    first = len(known[0].idf)
    blocks = (
        Block(known[0].vocabulary, known[0].idf, weights[:first]),
        Block(known[1].vocabulary, known[1].idf, weights[first:]),
    )
    return blocks, np.array([bias for _, bias in heads], dtype=np.float32)


def _report(rows: Sequence[ScopeRow], labels: Bools, scores: Doubles) -> dict[str, Any]:
    """Out-of-fold figures of the text model alone, in percent; the build adds those of the whole gate."""
    ours = {row.group for row in rows if row.in_scope}
    twins = np.array([not row.in_scope and row.group in ours for row in rows])
    marked = np.array([has_marks(row.text) for row in rows])
    figures: dict[str, Any] = {"texts": len(rows), "in": int(labels.sum()), "out": int((~labels).sum())}
    for admitted in (0.005, 0.01, 0.02):
        level = bar(scores, ~labels, admitted)
        over = scores > level
        figures[f"at {admitted:.1%} of out"] = {
            "kept": _percent(over[labels]),
            "kept with diacritics": _percent(over[labels & marked]),
            "kept without": _percent(over[labels & ~marked]),
            "twins admitted": _percent(over[twins]),
        }
    return figures


def _percent(hits: Bools) -> float:
    return round(100 * float(hits.mean()), 2) if len(hits) else 0.0

"""Training of the ranking model from the desk's verdicts, judged on held-out groups."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classify import calibrating
from classify.calibrating import Calibration
from classify.errors import TrainingDataError
from classify.fitting import folds
from classify.rank import NOVELTY, ranking_text

if TYPE_CHECKING:
    # scikit-learn takes seconds to import: inside the functions that train
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

FOLDS = 5
ROUNDS = 4
"""So often are the folds drawn anew for the calibration: what one drawing says by chance is averaged out."""
_WORDS = {"ngram_range": (1, 2), "token_pattern": r"(?u)\b[^\W\d_]+\b"}
MIN_SOURCES = 5
"""A word must occur in so many sources: what one person or house wrote must not stay in a vocabulary
(rule 9, safety M10)."""
_NO_WORD = f"ranking: no word occurs in claims of {MIN_SOURCES} different sources yet"


@dataclass(frozen=True)
class RankerArtefact:
    """The model as skops bytes with its SHA-256, and its held-out metrics (fractions)."""

    data: bytes
    sha256: str
    metrics: dict[str, float]


@dataclass(frozen=True)
class Told:
    """What is known of the rows beside texts and labels.

    ``groups`` keeps stories apart when the model is judged, ``sources`` says who published each row (the
    groups if None), ``doubted`` by what factor 0..1 people want a word's weight shrunk.
    """

    groups: Sequence[str]
    sources: Sequence[str] | None = None
    doubted: Mapping[str, float] = field(default_factory=dict)

    @property
    def published(self) -> Sequence[str]:
        """The source of each row."""
        return self.groups if self.sources is None else self.sources


def fit_ranker(
    texts: Sequence[str], labels: Sequence[bool], told: Told, seed: int, rounds: int = ROUNDS
) -> RankerArtefact:
    """Train on all rows and calibrate on rows of groups unseen in turn, which also give the metrics.

    A claim of which nothing is known but its words gets the chance that it is false. A doubted word is made
    smaller before training, which is a narrower prior on its weight. Deterministic. Raises TrainingDataError
    when a label is missing, or no word occurs in enough sources.
    """
    groups = told.groups
    if not len(texts) == len(labels) == len(groups) == len(told.published):
        raise TrainingDataError("ranking: texts, labels and groups are not equally many")
    truth = np.array([bool(label) for label in labels])
    if not truth.any() or truth.all():
        raise TrainingDataError("ranking: needs claims that were found false and claims that were not")
    seen = [ranking_text(text) for text in texts]
    pipeline = _fit(seen, truth, told)
    terms = Terms(seen, told)
    drawn = [folds(groups, FOLDS, seed + at) for at in range(rounds)]
    unseen = [_unseen(terms, truth, fold) for fold in drawn]
    known = np.all(np.isfinite(unseen), axis=0)
    metrics = {"n": float(len(texts)), "groups": float(len(set(groups))), "positives": float(truth.sum())}
    shrunk = [told.doubted[term] for term in pipeline.named_steps["terms"].vocabulary if term in told.doubted]
    metrics |= {"doubted_terms": float(len(shrunk)), "doubted_least": min(shrunk, default=1.0)}
    if truth[known].any() and not truth[known].all():
        metrics |= _figures(truth[known], unseen[0][known], drawn[0][known])
        _take_in(pipeline, calibrating.agreed([raw[known] for raw in unseen], truth[known]))
    import skops.io

    data = skops.io.dumps(pipeline)
    return RankerArtefact(data, hashlib.sha256(data).hexdigest(), metrics)


def _fit(texts: Sequence[str], truth: NDArray[np.bool_], told: Told) -> "Pipeline":
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import Pipeline

    settings = {**_WORDS, "sublinear_tf": True}
    analyse = TfidfVectorizer(**settings).build_analyzer()
    where: dict[str, set[str]] = {}
    for text, source in zip(texts, told.published, strict=True):
        for term in analyse(text):
            where.setdefault(term, set()).add(source)
    vocabulary = sorted(term for term, found in where.items() if len(found) >= MIN_SOURCES)
    if not vocabulary:
        raise TrainingDataError(_NO_WORD)
    terms = TfidfVectorizer(vocabulary=vocabulary, **settings)
    factors = np.array([told.doubted.get(term, 1.0) for term in vocabulary])
    model = _model().fit(_shrunk(terms.fit_transform(texts), factors), truth)
    # the file holds weights for words as they are
    model.coef_ = model.coef_ * factors
    return Pipeline([("terms", terms), ("model", model)])


def _shrunk(rows: "csr_matrix", factors: NDArray[np.float64]) -> "csr_matrix":
    """Rows with every column made smaller by its factor."""
    if (factors != 1).any():
        rows.data = rows.data * factors[rows.indices]
    return rows


def _model() -> "LogisticRegression":
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=4.0, solver="liblinear", class_weight="balanced", random_state=0)


def _unseen(terms: "Terms", truth: NDArray[np.bool_], fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """Raw log odds of each row by a model that has not met its group; not a number where none can be made."""
    found = np.full(len(truth), np.nan)
    for held in range(FOLDS):
        rest, mine = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        if not len(mine) or not len(rest) or truth[rest].all() or not truth[rest].any():
            continue
        try:
            found[mine] = terms.scored(rest, truth[rest], mine)
        except TrainingDataError:
            continue
    return found


class Terms:
    """The words of all rows, counted once: what `_fit` learns of some of them, many times faster."""

    def __init__(self, texts: Sequence[str], told: Told) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        counter = CountVectorizer(**_WORDS, dtype=np.float64)
        self._counts = counter.fit_transform(texts).tocsr()
        codes = {source: at for at, source in enumerate(dict.fromkeys(told.published))}
        self._sources = np.array([codes[source] for source in told.published], dtype=np.int64)
        self._factors = np.ones(self._counts.shape[1])
        for term, factor in told.doubted.items():
            if term in counter.vocabulary_:
                self._factors[counter.vocabulary_[term]] = factor

    def scored(
        self, rows: NDArray[np.int64], truth: NDArray[np.bool_], asked: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Raw log odds of the asked rows by a model of the others; TrainingDataError if it has no word."""
        from sklearn.preprocessing import normalize

        taught = self._counts[rows]
        columns = self._columns(taught, self._sources[rows])
        taught, wanted = taught[:, columns], self._counts[asked][:, columns]
        shared = np.bincount(taught.indices, minlength=len(columns))
        idf = np.log((1 + len(rows)) / (1 + shared)) + 1
        for part in (taught, wanted):
            part.data = (1 + np.log(part.data)) * idf[part.indices]
        factors = self._factors[columns]
        model = _model().fit(_shrunk(normalize(taught), factors), truth)
        found: NDArray[np.float64] = model.decision_function(_shrunk(normalize(wanted), factors))
        return found

    def chances(
        self,
        rows: NDArray[np.int64],
        truth: NDArray[np.bool_],
        fold: NDArray[np.int64],
        asked: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Chances of the asked rows by a model of the others, calibrated in one round of folds.

        Raises TrainingDataError if there is nothing to learn from.
        """
        inner = np.full(len(rows), np.nan)
        for held in range(FOLDS):
            rest, mine = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
            if len(mine) and truth[rest].any() and not truth[rest].all():
                inner[mine] = self.scored(rows[rest], truth[rest], rows[mine])
        known = np.isfinite(inner)
        odds = self.scored(rows, truth, asked)
        if truth[known].any() and not truth[known].all():
            odds = calibrating.platt(inner[known], truth[known])(odds)
        found: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
        return found

    def _columns(self, counts: "csr_matrix", sources: NDArray[np.int64]) -> NDArray[np.int64]:
        """Words that occur in enough sources."""
        often = np.flatnonzero(np.bincount(counts.indices, minlength=counts.shape[1]) >= MIN_SOURCES)
        found = counts[:, often].tocoo()
        pairs = np.unique(np.stack([found.col.astype(np.int64), sources[found.row]]), axis=1)
        kept: NDArray[np.int64] = often[np.bincount(pairs[0], minlength=len(often)) >= MIN_SOURCES]
        if not len(kept):
            raise TrainingDataError(_NO_WORD)
        return kept


def _take_in(pipeline: "Pipeline", calibration: Calibration) -> None:
    """Make the model's log odds the calibrated ones, for a claim like which nothing was answered before."""
    model = pipeline.named_steps["model"]
    if calibration.is_sigmoid:
        slope, offset = calibration.line
        model.coef_ = model.coef_ * slope
        model.intercept_ = model.intercept_ * slope + offset - NOVELTY
    else:
        model.calibration_ = np.array([calibration.knots, calibration.values - NOVELTY])


def _figures(truth: NDArray[np.bool_], raw: NDArray[np.float64], fold: NDArray[np.int64]) -> dict[str, float]:
    """Average precision, AUC, Brier score and calibration error, and the reliability diagram's points."""
    chances = 1 / (1 + np.exp(-calibrating.crossed(raw, truth, fold)))
    return quality(truth, chances) | points(truth, chances)


def quality(truth: NDArray[np.bool_], chances: NDArray[np.float64]) -> dict[str, float]:
    """How well chances rank and how true they are; the raw log odds would do for the first two."""
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    if truth.all() or not truth.any():
        return {"held_out_n": float(len(truth))}
    return {
        "held_out_n": float(len(truth)),
        "average_precision": float(average_precision_score(truth, chances)),
        "auc": float(roc_auc_score(truth, chances)),
        "brier": float(brier_score_loss(truth, chances)),
        "ece": calibrating.expected_error(truth, chances),
    }


def points(truth: NDArray[np.bool_], chances: NDArray[np.float64]) -> dict[str, float]:
    """The reliability diagram as figures: chance, share and rows of each bin, lowest first."""
    found: dict[str, float] = {}
    for at, one in enumerate(calibrating.reliability(truth, chances)):
        found |= {
            f"reliability_{at}_chance": one.chance,
            f"reliability_{at}_share": one.share,
            f"reliability_{at}_n": float(one.n),
        }
    return found


def uncalibrated(
    texts: Sequence[str], labels: Sequence[bool], told: Told
) -> "Callable[[Sequence[str]], NDArray[np.float64]]":
    """The chances that the bare model would give, to compare with."""
    model = _fit([ranking_text(text) for text in texts], np.array(labels, dtype=bool), told)

    def chances(unseen: Sequence[str]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = model.predict_proba([ranking_text(text) for text in unseen])[:, 1]
        return found

    return chances

"""A pool of texts as the learner sees it: words, letters, shapes, surface style and sentence vectors.

Each view is a set of features whose inner products compare two texts. What is curved (style, vectors) is
made flat with landmarks (Williams & Seeger 2001), so that the cost stays linear in the pool.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.encoder import Vectors, scaled
from classify.text import normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

CAP = 20_000
"""Characters of a text that are read."""
SHAPE_CAP = 1_500
"""Characters whose letters and shapes are counted: they tell style, which shows at once."""
LANDMARKS = 768
STYLE_LANDMARKS = 128
COMMON = 200
"""So many of the pool's commonest words keep their letters among the shapes."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SIGNS = ("?", "!", "…", '"', ":", ",", "-", "%")
_QUOTES = str.maketrans("“”‘’'«»", '"' * 7)


@dataclass(frozen=True)
class View:
    """Features of every text of the pool, one row each: sparse, dense, or both side by side."""

    sparse: "csr_matrix | None"
    dense: Floats | None

    def products(self, rows: NDArray[np.intp], others: NDArray[np.intp]) -> Doubles:
        """How alike each of the rows is to each of the others."""
        found = np.zeros((len(rows), len(others)))
        if self.sparse is not None:
            found += (self.sparse[rows] @ self.sparse[others].T).toarray()
        if self.dense is not None:
            found += self.dense[rows] @ self.dense[others].T
        return found

    def scores(self, rows: NDArray[np.intp], weights: Doubles) -> Doubles:
        """For every text of the pool, its likeness to the rows, summed with their weights."""
        found: Doubles | float = 0.0
        if self.sparse is not None:
            found = found + self.sparse @ (self.sparse[rows].T @ weights)
        if self.dense is not None:
            found = found + self.dense @ (weights.astype(np.float32) @ self.dense[rows])
        return np.asarray(found, dtype=np.float64)


class Views(NamedTuple):
    """Plain words; everything together; and, where there is an encoder, the vectors alone."""

    words: View
    rich: View
    vectors: View | None


def views(texts: Sequence[str], vectors: Vectors | None, seed: int) -> Views:
    """The views of a pool; without vectors, letters take their place in the rich one."""
    read = [normalise(text[:CAP]) for text in texts]
    short = [text[:SHAPE_CAP] for text in read]
    words = _tfidf(read, ngram_range=(1, 2))
    marked = _tfidf(read, ngram_range=(1, 2), tokenizer=_TOKEN.findall, token_pattern=None)
    style = _landmarks(_style(short), STYLE_LANDMARKS, 0.5, seed)
    if vectors is None:
        letters = _tfidf(short, analyzer="char_wb", ngram_range=(2, 5), min_df=2 if len(read) > 50 else 1)
        parts = [(0.4, marked), (0.3, _shapes(short)), (0.2, letters)]
        return Views(View(words, None), View(_side_by_side(parts), _weighted(0.15, style)), None)
    parts = [(0.3, marked), (0.3, _shapes(short))]
    even = scaled(vectors)
    dense = np.hstack([_landmarks(even, LANDMARKS, 2.0, seed), _weighted(0.15, style)])
    return Views(View(words, None), View(_side_by_side(parts), dense), View(None, even))


def _weighted(share: float, features: Floats) -> Floats:
    return np.asarray(math.sqrt(share) * features, dtype=np.float32)


def _side_by_side(parts: Sequence[tuple[float, "csr_matrix"]]) -> "csr_matrix":
    """One matrix whose inner products are the weighted sum of the parts' inner products."""
    from scipy.sparse import hstack

    return hstack([math.sqrt(share) * part for share, part in parts]).tocsr()


def _tfidf(texts: Sequence[str], **options: object) -> "csr_matrix":
    """TF-IDF rows of length 1; a pool without a single word gives one empty column."""
    # scikit-learn costs three seconds: paid only where a queue is learned
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        found = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **options).fit_transform(texts)
    except ValueError:
        return csr_matrix((len(texts), 1), dtype=np.float32)
    return found.tocsr()


def _shapes(texts: Sequence[str]) -> "csr_matrix":
    """Runs of 1-4 tokens of which only the commonest keep their letters: how a text is built, not what of."""
    tokens = [_TOKEN.findall(text) for text in texts]
    often: Counter[str] = Counter()
    for found in tokens:
        often.update({token.lower() for token in found})
    common = {token for token, _ in often.most_common(COMMON)}
    shaped = ["\t".join(["^", *(_shape(token, common) for token in found), "$"]) for found in tokens]
    return _tfidf(
        shaped,
        tokenizer=_cells,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 4),
        min_df=2 if len(texts) > 50 else 1,
    )


def _cells(line: str) -> list[str]:
    return line.split("\t")


def _shape(token: str, common: set[str]) -> str:
    if token[0].isdigit():
        return "0"
    if not token[0].isalnum() or token.lower() in common:
        return token.lower()
    if len(token) > 1 and token.isupper():
        return "XX"
    return "Xx" if token[0].isupper() else "x"


def _style(texts: Sequence[str]) -> Floats:
    """Length, digits, capitals and signs of each text, each column of mean 0 and variance 1."""
    rows = np.array([_surface(text) for text in texts], dtype=np.float64)
    spread = rows.std(axis=0)
    spread[spread == 0] = 1
    # two columns count as one unit of distance each, whatever their number
    even = (rows - rows.mean(axis=0)) / spread / math.sqrt(rows.shape[1])
    return np.asarray(even, dtype=np.float32)


def _surface(text: str) -> list[float]:
    text = text.replace("...", "…").translate(_QUOTES)
    words = text.split()
    letters, count = max(1, len(text)), max(1, len(words))
    return [
        math.log1p(len(text)),
        math.log1p(len(words)),
        sum(c.isdigit() for c in text) / letters,
        sum(c.isupper() for c in text) / letters,
        sum(word[:1].isupper() for word in words) / count,
        sum(len(word) > 1 and word.isupper() for word in words) / count,
        len(text) / count,
        float(any(c.isdigit() for c in text)),
        float(text[:1].isdigit()),
        *(float(sign in text) for sign in _SIGNS),
    ]


def _landmarks(rows: Floats, most: int, sharpness: float, seed: int) -> Floats:
    """Features whose inner products are close to exp(-sharpness·d²/scale) of the rows' distances d.

    The scale is the middle squared distance for vectors (sharpness over 1), 1 for style. Nyström's method on
    at most ``most`` rows; exact for a pool that small.
    """
    chosen = np.random.default_rng(seed).permutation(len(rows))[:most]
    marks = rows[chosen]
    among = _distances(marks, marks)
    scale = float(np.median(among[~np.eye(len(marks), dtype=bool)])) if len(marks) > 1 else 1.0
    scale = 1.0 if sharpness <= 1 or scale <= 0 else scale
    values, directions = np.linalg.eigh(np.exp(-sharpness * among / scale).astype(np.float64))
    kept = values > 1e-5 * values[-1]
    turn = (directions[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    parts = [
        np.exp(-sharpness * _distances(rows[at : at + 4096], marks) / scale) @ turn
        for at in range(0, len(rows), 4096)
    ]
    return np.asarray(np.vstack(parts), dtype=np.float32)


def _distances(rows: Floats, others: Floats) -> Floats:
    """Squared distances of all pairs."""
    own = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(0, own - 2 * rows @ others.T), dtype=np.float32)

"""Quality figures of claim matching, with the word index, the encoder and their plain sum beside ours."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.encoder import Encoder, NoEncoder, Vectors
from classify.errors import EvaluationError
from classify.evaluation import Evaluation, Figure, auc, boot, mean, rate, row_numbers
from classify.index import WordIndex
from classify.match import ClaimIndex, Hit
from classify.text import normalise, strip_marks, syllables

DEPTH = 5
_SHARE = 0.05
"""What BM25 (scaled to its best) adds to the cosine in the plain sum."""

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Query:
    """A text asked, the known id it should find or "-", its kind, and whether one value alone differs."""

    text: str
    answer: str
    kind: str = ""
    is_minimal: bool = False


@dataclass(frozen=True)
class _Ranking:
    """By query: the rank of the right claim (infinite if beyond), and the score of the first."""

    name: str
    ranks: Doubles
    tops: Doubles


def match(
    known: Sequence[tuple[str, str]],
    queries: Sequence[Query],
    encoder: Encoder | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Claim matching: ``known`` are (id, claim).

    recall@1, recall@5 and MAP@5 over the queries with an answer, by kind too; AUC of the best score of those
    against the others, minimal pairs apart; the share of answers sent that were right; milliseconds a query,
    encoding not counted. The same for BM25 on syllables, the encoder alone and their plain sum.
    """
    if not known or not queries:
        raise EvaluationError("match: needs known claims and queries")
    encoder = encoder or NoEncoder()
    ids = [name for name, _ in known]
    vectors = encoder.encode([claim for _, claim in known])
    asked = encoder.encode([query.text for query in queries])
    index = ClaimIndex(encoder)
    index.add_all([(at, claim) for at, (_, claim) in enumerate(known)], vectors)
    index.search("", 1)
    began = clock()
    found = [index.search(query.text, DEPTH) for query in queries]
    spent = (clock() - began) * 1000 / len(queries)
    ours = _ranking("", [[(hit.id, hit.score) for hit in hits] for hits in found], ids, queries)
    figures = [*_figures(ours, queries), *_by_kind(ours, queries), *_sent(found, ours)]
    figures.append(Figure("ms a query", spent, spent, spent, len(queries)))
    for other in _others(known, queries, ids, vectors, asked):
        figures += _figures(other, queries)
    has = _has(queries)
    wrong = _is_sent(found) & (ours.ranks != 1)
    return Evaluation(
        tuple(figures),
        {"not first": row_numbers(has & (ours.ranks != 1)), "wrongly sent": row_numbers(wrong)},
    )


def _has(queries: Sequence[Query]) -> Bools:
    return np.array([query.answer != "-" for query in queries])


def _ranking(
    name: str, found: Sequence[Sequence[tuple[int, float]]], ids: Sequence[str], queries: Sequence[Query]
) -> _Ranking:
    ranks = [
        _rank([ids[number] for number, _ in hits], query.answer)
        for hits, query in zip(found, queries, strict=True)
    ]
    tops = [hits[0][1] if hits else 0.0 for hits in found]
    return _Ranking(name, np.array(ranks, dtype=np.float64), np.array(tops, dtype=np.float64))


def _rank(ids: list[str], answer: str) -> float:
    return ids.index(answer) + 1 if answer in ids else float("inf")


def _figures(one: _Ranking, queries: Sequence[Query]) -> list[Figure]:
    """Recall, MAP and how well the best score tells an answered query from one without an answer."""
    has = _has(queries)
    lead = f"{one.name}: " if one.name else ""
    figures: list[Figure] = []
    if has.any():
        mine = one.ranks[has]
        figures += [
            rate(f"{lead}recall@1", mine == 1),
            rate(f"{lead}recall@5", mine <= DEPTH),
            mean(f"{lead}map@5", np.where(mine <= DEPTH, 1 / mine, 0.0)),
        ]
    if has.any() and not has.all():
        figures.append(_apart(f"{lead}auc match against none", has, ~has, one.tops))
    minimal = ~has & np.array([query.is_minimal for query in queries])
    if has.any() and minimal.any():
        figures.append(_apart(f"{lead}auc match against minimal pairs", has, minimal, one.tops))
    return figures


def _apart(name: str, has: Bools, against: Bools, tops: Doubles) -> Figure:
    rows = np.flatnonzero(has | against)
    return boot(name, len(rows), lambda at: auc(has[rows[at]], tops[rows[at]]))


def _by_kind(one: _Ranking, queries: Sequence[Query]) -> list[Figure]:
    kinds = sorted({query.kind for query in queries if query.kind and query.answer != "-"})
    figures: list[Figure] = []
    for kind in kinds:
        rows = np.array([query.kind == kind and query.answer != "-" for query in queries])
        figures += [
            rate(f"{kind}: recall@1", one.ranks[rows] == 1),
            rate(f"{kind}: recall@5", one.ranks[rows] <= DEPTH),
        ]
    return figures


def _is_sent(found: Sequence[Sequence[Hit]]) -> Bools:
    return np.array([bool(hits) and hits[0].is_match for hits in found])


def _sent(found: Sequence[Sequence[Hit]], ours: _Ranking) -> list[Figure]:
    """Of the answers that would be sent unseen, those that are right; and how many that are."""
    sent = _is_sent(found)
    figures = [rate("answers sent", sent)]
    return [*figures, rate("sent answers right", ours.ranks[sent] == 1)] if sent.any() else figures


def _others(
    known: Sequence[tuple[str, str]],
    queries: Sequence[Query],
    ids: Sequence[str],
    vectors: Vectors | None,
    asked: Vectors | None,
) -> list[_Ranking]:
    """BM25 on stripped syllables; with vectors also the cosine, and the cosine with a little of the BM25."""
    index = WordIndex()
    for at, (_, claim) in enumerate(known):
        index.add(at, _syllables(claim))
    index.settle()
    words = [index.search(list(dict.fromkeys(_syllables(query.text))), len(known)) for query in queries]
    rankings = [_ranking("bm25", words, ids, queries)]
    if vectors is None or asked is None:
        return rankings
    cosines = asked @ vectors.T
    lexical = np.zeros_like(cosines)
    for at, hits in enumerate(words):
        for number, score in hits:
            lexical[at, number] = score / max(hits[0][1], 1e-9)
    rankings.append(_ranking("encoder", _best(cosines), ids, queries))
    rankings.append(_ranking("plain sum", _best(cosines + _SHARE * lexical), ids, queries))
    return rankings


def _syllables(text: str) -> list[str]:
    return syllables(strip_marks(normalise(text)))


def _best(scores: NDArray[np.floating[Any]]) -> list[list[tuple[int, float]]]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return [[(int(at), float(row[at])) for at in best] for row, best in zip(scores, order, strict=True)]

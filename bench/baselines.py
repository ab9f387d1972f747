"""Baselines on the open data: learned from `train` alone, measured on `test`, and the product beside them.

With ``--gate`` the gate is trained anew on `train` by the product's own code (minutes): the shipped one has
read every split. The shipped detector and the Vietnamese matching weights have read `test` too, so they are
left out; the English texts of matching teach nothing, so the shipped weights are measured on them. With
``--write`` the table goes into docs/datasets.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.corpus import ScopeRow
from classify.datasets import MatchText, ScopeText, load
from classify.evaluation import average_precision, macro_f1

PAGE = Path(__file__).parent.parent / "docs" / "datasets.md"
BEGIN, END = "<!-- baselines: written by python -m bench.baselines --write -->", "<!-- end of baselines -->"
SEED = 20261122

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]
Row = dict[str, Any]


def main() -> int:
    """Print the figures as one JSON object, or write the table as well."""
    parser = argparse.ArgumentParser(prog="python -m bench.baselines", description=__doc__)
    parser.add_argument("--gate", action="store_true", help="train the gate on train as well (minutes)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/datasets.md")
    given = parser.parse_args()
    begin = time.perf_counter()
    rows = [*scope_rows(with_gate=given.gate), *claims_rows(), *match_rows()]
    print(json.dumps({"bench": "baselines", "seconds": round(time.perf_counter() - begin, 1), "rows": rows}))
    if given.write:
        write(table(rows))
    return 0


def scope_rows(*, with_gate: bool = False) -> list[Row]:
    """Scope: which texts are ours."""
    train, test = load("scope", "train"), load("scope", "test")
    truth = np.array([row.label == "in" for row in test])
    taught = np.array([row.label == "in" for row in train])
    texts, asked = [row.text for row in train], [row.text for row in test]
    rows = [
        _labels("scope", "majority", truth, np.full(len(truth), taught.mean())),
        _labels("scope", "TF-IDF + logistic regression", truth, logistic(texts, taught, asked)),
    ]
    if with_gate:
        said = np.array(_gate(train, asked), dtype=np.float64)
        rows.append(_labels("scope", "the gate, trained on train", truth, said, ranked=False))
    return rows


def _gate(train: Sequence[ScopeText], asked: Sequence[str]) -> list[bool]:
    from classify.scope import ScopeGate
    from classify.training import fit_scope

    rows = [ScopeRow(row.group, row.label == "in", row.topic, row.text, row.claims) for row in train]
    gate = ScopeGate(fit_scope(rows, SEED))
    return [gate.decide(text).in_scope for text in asked]


def claims_rows() -> list[Row]:
    """Claim detection: which sentences state something to check."""
    train, test = load("claims", "train"), load("claims", "test")
    truth = np.array([row.label == "check" for row in test])
    taught = np.array([row.label == "check" for row in train])
    scores = logistic([row.text for row in train], taught, [row.text for row in test])
    return [
        _labels("claims", "majority", truth, np.full(len(truth), taught.mean())),
        _labels("claims", "TF-IDF + logistic regression", truth, scores),
    ]


def match_rows() -> list[Row]:
    """Claim matching: how often the claim that a text repeats comes first."""
    rows: list[Row] = []
    for language in ("vi", "en"):
        mine = [row for row in load("match", "test") if row.language == language]
        claims = [row for row in mine if row.kind == "claim"]
        queries = [row for row in mine if row.kind != "claim" and row.same]
        name = f"match ({language})"
        rows.append(_found(name, "chance", 1 / len(claims), len(queries)))
        rows.append(_found(name, "TF-IDF cosine", _first(claims, queries, nearest), len(queries)))
    rows.append(_found(name, "the product, shipped weights", _first(claims, queries, product), len(queries)))
    return rows


Finder = Callable[[Sequence[str], Sequence[str]], Sequence[int | None]]


def _first(claims: Sequence[MatchText], queries: Sequence[MatchText], find: Finder) -> float:
    at = find([row.text for row in claims], [row.text for row in queries])
    return sum(
        one is not None and claims[one].group == query.group for one, query in zip(at, queries, strict=True)
    ) / len(queries)


def nearest(claims: Sequence[str], queries: Sequence[str]) -> list[int | None]:
    """The claim of the highest cosine of letter n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    learned = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    known = learned.fit_transform(claims)
    return [int(at) for at in (learned.transform(queries) @ known.T).toarray().argmax(axis=1)]


def product(claims: Sequence[str], queries: Sequence[str]) -> list[int | None]:
    """The first hit of the product's index."""
    from classify.encoder import open_encoder
    from classify.match import ClaimIndex

    index = ClaimIndex(open_encoder("bundled"))
    index.add_all(list(enumerate(claims)))
    hits = [index.search(query, k=1) for query in queries]
    return [found[0].id if found else None for found in hits]


def logistic(texts: Sequence[str], taught: Bools, asked: Sequence[str]) -> Doubles:
    """Probabilities of logistic regression on words, their pairs and letter n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=3, sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LogisticRegression(max_iter=1000, random_state=SEED))
    found: Doubles = model.fit(texts, taught).predict_proba(asked)[:, 1]
    return found


def _labels(name: str, method: str, truth: Bools, scores: Doubles, *, ranked: bool = True) -> Row:
    said = scores >= 0.5
    return {
        "set": name,
        "method": method,
        "n": len(truth),
        "accuracy": round(float((said == truth).mean()), 3),
        "macro-F1": round(macro_f1(truth.astype(np.int64), said.astype(np.int64)), 3),
        "found": round(float(said[truth].mean()), 3),
        "wrongly": round(float(said[~truth].mean()), 3),
        "average precision": round(average_precision(truth, scores), 3) if ranked else None,
    }


def _found(name: str, method: str, share: float, n: int) -> Row:
    return {"set": name, "method": method, "n": n, "recall@1": round(share, 3)}


_COLUMNS = ("set", "method", "n", "accuracy", "macro-F1", "found", "wrongly", "average precision", "recall@1")


def table(rows: Sequence[Row]) -> str:
    """The figures as a Markdown table."""
    lines = [_COLUMNS, ["---"] * len(_COLUMNS)]
    lines += [["" if row.get(name) is None else str(row[name]) for name in _COLUMNS] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(found: str, page: Path = PAGE) -> None:
    """Put the table between its two comments."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

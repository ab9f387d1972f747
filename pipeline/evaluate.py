"""`evaluate`: quality figures of the reader on labelled files, with intervals and what went wrong."""

import gzip
import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError
from models.vocabulary import Topic
from pipeline import tables
from pipeline.progress import Progress, silent

if TYPE_CHECKING:
    from classify.evaluation import Evaluation

NONE = frozenset(["", "-"])
SHINGLE = 4
RESAMPLES = 1000
SEED = 20261122
_WORD = re.compile(r"\w+")


def report(found: "Evaluation") -> dict[str, object]:
    """An evaluation as plain values."""
    figures = [
        {"name": one.name, "value": one.value, "low": one.low, "high": one.high, "n": one.n}
        for one in found.figures
    ]
    return {"figures": figures, "wrong": found.wrong}


def scope(path: Path) -> "Evaluation":
    """The gate on a TSV with `text`, `label` and `topic`."""
    from classify import evaluation
    from classify.scope import ScopeGate

    rows = tables.read(path, ["text", "label", "topic"])
    topics = [_topic(row["topic"], f"{path} row {number} column topic") for number, row in enumerate(rows, 1)]
    return evaluation.scope(
        ScopeGate.load(), [row["text"] for row in rows], _labels(path, rows, "in", "out"), topics
    )


def _topic(value: str, where: str) -> str | None:
    if value in NONE:
        return None
    if value not in set(Topic):
        raise UsageError(f"{where}: unknown topic {value!r}, one of {', '.join(Topic)}")
    return value


def _labels(path: Path, rows: Sequence[dict[str, str]], yes: str, no: str) -> list[str]:
    for number, row in enumerate(rows, 1):
        if row["label"] not in {yes, no}:
            raise UsageError(f"{path} row {number} column label: {row['label']!r} is neither {yes} nor {no}")
    return [row["label"] for row in rows]


def scope_pairs(path: Path) -> "Evaluation":
    """The gate on minimal pairs, a TSV with `in_text` and `out_text`."""
    from classify import evaluation
    from classify.scope import ScopeGate

    rows = tables.read(path, ["in_text", "out_text"])
    return evaluation.scope_pairs(
        ScopeGate.load(), [row["in_text"] for row in rows], [row["out_text"] for row in rows]
    )


def claims(path: Path, encoder: str = "bundled") -> "Evaluation":
    """Claim detection on a TSV with `doc_id`, `text`, `label` and, if it has parts of its own, `part`."""
    from classify import evaluation
    from classify.encoder import open_encoder

    rows = tables.read(path, ["doc_id", "text", "label"])
    labels = _labels(path, rows, "check", "no")
    parts = [row.get("part", "") for row in rows]
    documents = [row["doc_id"] for row in rows]
    return evaluation.claims([row["text"] for row in rows], labels, documents, parts, open_encoder(encoder))


def match(folder: Path, encoder: str = "bundled") -> "Evaluation":
    """Claim matching on a folder with `known_claims.tsv` and `queries.tsv` (or `dev.tsv`).

    Where known claims have a title, as those of checked claims on the web do, it is read with the claim.
    """
    from classify import matchfigures
    from classify.encoder import open_encoder

    known = tables.read(folder / "known_claims.tsv", ["id", "claim"])
    place = folder / "queries.tsv"
    if not place.exists() and (folder / "dev.tsv").exists():
        place = folder / "dev.tsv"
    queries = tables.read(place, [])
    text, answer = (
        _either(place, queries[0], names) for names in (("text", "query"), ("known_id", "known_claim_id"))
    )
    ids = {row["id"] for row in known}
    for number, row in enumerate(queries, 1):
        if row[answer] not in ids | {"-"}:
            raise UsageError(f"{place} row {number} column {answer}: {row[answer]!r} is no known claim")
    asked = [
        matchfigures.Query(row[text], row[answer], row.get("type", ""), row.get("minimal") == "1")
        for row in queries
    ]
    texts = [(row["id"], " ".join([row["claim"], row.get("title", "")]).strip()) for row in known]
    return matchfigures.match(texts, asked, open_encoder(encoder))


def _either(path: Path, row: dict[str, str], names: Sequence[str]) -> str:
    for name in names:
        if name in row:
            return name
    raise UsageError(f"{path}: no column {' or '.join(names)}")


@dataclass(frozen=True)
class PageScore:
    """How one page's extracted text compares with the gold text, as shares of the page's shingles."""

    true_positive: float
    false_positive: float
    false_negative: float

    @property
    def right(self) -> bool:
        """Whether nothing was missed and nothing was too much."""
        return self.false_positive == 0 and self.false_negative == 0


def extract(folder: Path, progress: Progress = silent) -> dict[str, object]:
    """Article extraction on a folder with `html/*.html.gz` and `ground-truth.json`.

    Precision, recall and F1 over 4-token shingles, each page counting once whatever its length, with
    percentile bootstrap intervals over pages, as scrapinghub's article-extraction-benchmark defines them.
    """
    truth = _ground_truth(folder / "ground-truth.json")
    names = sorted(truth)
    scores = [_page(folder / "html" / f"{name}.html.gz", truth[name]) for name in progress(names, "extract")]
    figures = [_figure(name, scores, ratio) for name, ratio in _RATIOS.items()]
    wrong = [number for number, score in enumerate(scores, 1) if not score.right]
    return {"figures": figures, "wrong": {"not exact": wrong}, "pages": names}


def _ground_truth(path: Path) -> dict[str, str]:
    try:
        content = json.loads(tables.text_of(path))
        found = {str(name): str(one["articleBody"]) for name, one in content.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: is not an object of pages with articleBody ({error})") from error
    if not found:
        raise UsageError(f"{path}: no pages")
    return found


def _page(path: Path, gold: str) -> PageScore:
    from crawlers import charsets
    from crawlers.extract import article

    try:
        body = gzip.decompress(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise UsageError(f"{path}: is not whole ({error})") from error
    return compare(gold, article(charsets.decode(body)).text)


def compare(gold: str, found: str) -> PageScore:
    """Shared, surplus and missing shingles as shares of all that either text has."""
    truth, told = shingles(gold), shingles(found)
    shared = sum((truth & told).values())
    surplus = sum((told - truth).values())
    missing = sum((truth - told).values())
    total = shared + surplus + missing
    if not total:
        return PageScore(0.0, 0.0, 0.0)
    return PageScore(shared / total, surplus / total, missing / total)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Runs of four neighbouring words with how often each occurs; a shorter text is one run."""
    words = _WORD.findall(text)
    if 0 < len(words) < SHINGLE:
        return Counter([tuple(words)])
    return Counter(tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))


def _precision(scores: Sequence[PageScore]) -> float:
    """The mean of the pages' precisions; a page with no text found has none."""
    return _mean(
        [one.true_positive / found for one in scores if (found := one.true_positive + one.false_positive)]
    )


def _recall(scores: Sequence[PageScore]) -> float:
    """The mean of the pages' recalls; a page with no gold text has none."""
    return _mean(
        [one.true_positive / gold for one in scores if (gold := one.true_positive + one.false_negative)]
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _f1(scores: Sequence[PageScore]) -> float:
    precision, recall = _precision(scores), _recall(scores)
    return 2 * precision * recall / max(1e-12, precision + recall)


_RATIOS: dict[str, Callable[[Sequence[PageScore]], float]] = {
    "f1": _f1,
    "precision": _precision,
    "recall": _recall,
    "exact": lambda scores: sum(score.right for score in scores) / len(scores),
}


def _figure(
    name: str, scores: Sequence[PageScore], ratio: Callable[[Sequence[PageScore]], float]
) -> dict[str, object]:
    draw = random.Random(SEED)
    values = sorted(ratio(draw.choices(scores, k=len(scores))) for _ in range(RESAMPLES))
    low, high = values[int(0.025 * RESAMPLES)], values[int(0.975 * RESAMPLES) - 1]
    return {"name": name, "value": ratio(scores), "low": low, "high": high, "n": len(scores)}

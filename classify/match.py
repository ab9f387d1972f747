"""Claim matching, or whether something has been answered already.

Candidates come from a word index over syllables with and without diacritics and pairs of them; they are
re-ranked by
overlap of rare words, of letters, and by typed values, because an index alone takes another amount or place
for the
same claim. The score is a logistic of a few open figures, so that a reviewer can see what made it.
"""

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from classify.features import words
from classify.text import normalise, strip_marks
from classify.values import Values, differs, values

THRESHOLD = 0.5
"""From here on, with no value that differs, two texts count as one claim."""

_CANDIDATES = 40
_QUERY_TERMS = 64
# Weights of the logistic, set by hand: overlap of rare words carries most; sharing a scam number or an
# amount is
# strong evidence; a value that differs makes another claim whatever the words say.
_BIAS = -3.6
_WEIGHTS = {
    "cosine": 5.0,
    "contained": 2.2,
    "letters": 2.4,
    "shared_values": 0.35,
    "shared_token": 2.5,
    "differs": -2.5,
}
_STOP = frozenset(
    [
        "la",
        "thi",
        "ma",
        "va",
        "cua",
        "cho",
        "voi",
        "nhung",
        "cac",
        "mot",
        "nay",
        "do",
        "kia",
        "duoc",
        "bi",
        "se",
        "da",
        "dang",
        "co",
        "khong",
        "o",
        "tai",
        "vao",
        "ra",
        "den",
        "tu",
        "nguoi",
        "ai",
        "gi",
        "nao",
        "em",
        "anh",
        "chi",
        "toi",
        "minh",
        "ba",
        "con",
        "nhe",
        "a",
        "oi",
        "di",
        "roi",
        "cung",
        "nua",
        "lai",
        "cai",
        "de",
        "nhu",
        "khi",
        "neu",
        "nghe",
        "noi",
        "that",
        "vay",
        "moi",
        "nhat",
    ]
)
SYNONYMS: dict[str, str] = {
    "heo": "lon", "ghe": "thuyen", "xuong": "thuyen", "xai": "dung", "lanh": "nhan", "linh": "nhan",
    "nop": "dong", "kieng": "kinh",
    "bong": "hoa", "me": "ma", "tia": "cha", "vac": "vaccine", "vacxin": "vaccine", "vong": "chet",
    "ngung": "dung",
    "huy": "bo", "keu": "goi", "ky": "kg", "hinh": "anh", "thiet": "that", "gap": "khan",
    "nhut": "nhat", "bua": "ngay", "mat": "chet", "doi": "chuyen", "ruoc": "don", "te": "nga",
}  # fmt: skip
"""One word for the several of south and north, of officials and of people, without diacritics."""
_MARKED = re.compile(r"[^\W\d_]+")


class Hit(NamedTuple):
    """A known claim that may be the same; ``differs`` says in Vietnamese which value is another one."""

    id: int
    score: float
    differs: str | None

    @property
    def is_match(self) -> bool:
        """Whether the known answer can be sent as it is."""
        return self.score >= THRESHOLD and self.differs is None


class _Claim(NamedTuple):
    """What the re-ranker compares of one text."""

    counts: dict[str, int]
    letters: frozenset[str]
    values: Values


def _content(text: str) -> list[str]:
    spoken = words(normalise(text))
    return [SYNONYMS.get(word, word) for word in spoken if word not in _STOP and word[0] not in "#?!"]


def _terms(text: str) -> list[str]:
    """Index terms: content words without diacritics, their pairs, and the words that carry diacritics."""
    normal = normalise(text)
    content = _content(normal)
    marked = [f"m:{word}" for word in _MARKED.findall(normal.lower()) if strip_marks(word) != word]
    return content + [f"{a}_{b}" for a, b in pairwise(content)] + marked


def _claim(text: str) -> _Claim:
    content = _content(text)
    joined = " ".join(content)
    letters = frozenset(joined[at : at + 3] for at in range(max(0, len(joined) - 2)))
    return _Claim(dict(Counter(content + [f"{a} {b}" for a, b in pairwise(content)])), letters, values(text))


class ClaimIndex:
    """Known claims in memory; adding or removing one costs microseconds, and the next search sees it."""

    def __init__(self) -> None:
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("id", stored=True, indexed=True, fast=True)
        builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        self._writer: Any = self._index.writer(heap_size=30_000_000, num_threads=1)
        self._claims: dict[int, _Claim] = {}
        self._frequency: Counter[str] = Counter()
        self._pending = False

    def __len__(self) -> int:
        return len(self._claims)

    def add(self, id: int, text: str) -> None:  # noqa: A002 - the claim's id, as everywhere in the product
        """Add a claim, or replace the one with this id."""
        if id in self._claims:
            self.remove(id)
        claim = _claim(text)
        self._claims[id] = claim
        self._frequency.update(claim.counts.keys())
        self._writer.add_document(self._tantivy.Document(id=id, body=" ".join(_terms(text))))
        self._pending = True

    def remove(self, id: int) -> None:  # noqa: A002
        """Forget a claim; nothing happens for an unknown id."""
        claim = self._claims.pop(id, None)
        if claim is None:
            return
        self._frequency.subtract(claim.counts.keys())
        self._writer.delete_documents_by_term("id", id)
        self._pending = True

    def search(self, text: str, k: int = 5) -> list[Hit]:
        """The ``k`` known claims that are most probably the same, best first.

        Fewer or none where words share nothing.
        """
        if not self._claims or k < 1:
            return []
        asked = _claim(text)
        hits = [self._judge(asked, id_) for id_ in self._candidates(text)]
        hits.sort(key=lambda hit: (-hit.score, hit.id))
        return hits[:k]

    def _candidates(self, text: str) -> list[int]:
        if self._pending:
            self._writer.commit()
            self._index.reload()
            self._pending = False
        terms = list(dict.fromkeys(_terms(text)))[:_QUERY_TERMS]
        if not terms:
            return []
        tantivy = self._tantivy
        parts = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "body", term, index_option="freq"))
            for term in terms
        ]
        searcher = self._index.searcher()
        found = searcher.search(tantivy.Query.boolean_query(parts), _CANDIDATES)
        ids = [searcher.doc(address)["id"][0] for _, address in found.hits]
        return [id_ for id_ in ids if id_ in self._claims]

    def _judge(self, asked: _Claim, id_: int) -> Hit:
        known = self._claims[id_]
        other = differs(asked.values, known.values)
        figures = {
            "cosine": self._cosine(asked.counts, known.counts),
            "contained": self._contained(asked.counts, known.counts),
            "letters": len(asked.letters & known.letters) / max(1, len(asked.letters | known.letters)),
            "shared_values": float(_shared(asked.values, known.values)),
            "shared_token": float(bool(asked.values.tokens & known.values.tokens)),
            "differs": float(other is not None),
        }
        total = _BIAS + sum(_WEIGHTS[name] * value for name, value in figures.items())
        return Hit(id_, round(1 / (1 + math.exp(-total)), 4), other)

    def _idf(self, word: str) -> float:
        return math.log(1 + (len(self._claims) + 1) / (self._frequency[word] + 0.5))

    def _cosine(self, a: dict[str, int], b: dict[str, int]) -> float:
        """Cosine of rare-word weights, words and pairs."""
        common = sum(self._idf(word) ** 2 for word in a.keys() & b.keys())
        if not common:
            return 0.0
        left = sum(self._idf(word) ** 2 for word in a)
        right = sum(self._idf(word) ** 2 for word in b)
        return common / math.sqrt(left * right)

    def _contained(self, a: dict[str, int], b: dict[str, int]) -> float:
        """Share of the shorter text's rare single words that the longer one has."""
        single_a, single_b = ({word for word in side if " " not in word} for side in (a, b))
        shorter = min(single_a, single_b, key=len)
        weight = sum(self._idf(word) for word in shorter)
        return sum(self._idf(word) for word in single_a & single_b) / weight if weight else 0.0


def _shared(a: Values, b: Values) -> int:
    """How many kinds of typed values the two have in common."""
    kinds = ("amounts", "dates", "places", "agencies", "diseases", "percents", "counts")
    return sum(bool(getattr(a, kind) & getattr(b, kind)) for kind in kinds)

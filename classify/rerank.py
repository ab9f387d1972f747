"""The re-ranker: what two texts share and where they differ, as a few open figures and one probability.

What candidates are ordered by is a logistic regression, the probability comes from boosted trees. Both learn
from pairs that were written for it (`data/match`), one set for pairs with sentence vectors and one for words
alone. A text without diacritics is judged by words alone: the encoder does not know it again.
"""

import hashlib
import json
import marshal
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from classify.align import aligned, compared
from classify.corpus import DATA
from classify.errors import ArtefactError
from classify.kinds import apart
from classify.kinds import told as told_apart
from classify.mask import RENDERED
from classify.negation import Stance, denied_by_one, opposed, stance, told
from classify.synonyms import is_foreign, marked_share, split, standard
from classify.text import normalise, strip_marks
from classify.trees import Trees, opened
from classify.values import Values, values
from classify.values import differs as values_differ

SHIPPED = DATA / "match.json"
LEAST_MARKED = 0.25
"""Share of words with diacritics from which on sentence vectors are trusted; written text has .7 to .9."""

_STOP = frozenset(
    ["la", "thi", "ma", "va", "cua", "cho", "voi", "nhung", "cac", "mot", "nay", "do", "kia", "duoc",
     "bi", "se", "da", "dang", "co", "khong", "o", "tai", "vao", "ra", "den", "tu", "nguoi", "ai", "gi",
     "nao", "em", "anh", "chi", "toi", "minh", "ba", "con", "nhe", "a", "oi", "di", "roi", "cung", "nua",
     "lai", "cai", "de", "nhu", "khi", "neu", "nghe", "noi", "that", "vay", "moi", "nhat", "phai", "qua",
     "luon", "lan", "dau", "thoi", "may", "ong", "ban", "xin", "nha", "ha", "biet", "hoi", "thay", "the",
     "cu"]
)  # fmt: skip
_KINDS = ("amounts", "dates", "places", "agencies", "diseases", "percents", "counts")
_SHOWN = {
    "bias": "điểm gốc", "meaning": "gần nghĩa", "cosine": "trùng từ hiếm", "pairs": "trùng cặp từ",
    "asked_in_known": "phần tin mới có trong tin cũ", "known_in_asked": "phần tin cũ có trong tin mới",
    "letters": "trùng chữ", "rarest": "trùng từ hiếm nhất", "shared_values": "trùng số liệu hay nơi",
    "shared_numbers": "trùng con số", "shared_token": "trùng số điện thoại, tài khoản",
    "other_amount": "khác số tiền", "other_date": "khác ngày",
    "other_place": "khác nơi", "other_agency": "khác cơ quan", "other_disease": "khác bệnh",
    "other_count": "khác con số",
    "only_known": "tin cũ có số liệu mà tin mới không nhắc",
    "only_asked": "tin mới có số liệu mà tin cũ không có",
    "opposed": "ý trái ngược", "agreed": "cùng chiều", "denied": "một bên phủ định",
    "warned": "một bên cảnh báo",
    "length": "dài ngắn khác nhau", "other_name": "khác tên riêng",
    "lost_name": "tin mới thiếu tên riêng của tin cũ",
    "new_name": "tin mới có tên riêng lạ", "swapped": "gần như nguyên văn nhưng thay từ",
    "other_country": "khác nước",
    "verbatim": "gần nguyên văn", "replaced": "từ này thay bằng từ khác",
    "replaced_near": "câu giống mà thay từ", "replaced_nearer": "gần nguyên văn mà thay từ",
    "replaced_once": "chỉ thay một chỗ", "added": "tin mới thêm từ", "added_near": "câu giống mà thêm từ",
    "left_out": "tin mới bớt từ", "left_out_near": "câu giống mà bớt từ",
    "other_kind": "khác loại", "shared_kind": "cùng loại",
    "other_number": "khác con số bất kỳ", "lost_number": "tin mới thiếu con số",
}  # fmt: skip
NAMES = tuple(name for name in _SHOWN if name != "bias")
"""The figures of a pair, in the order of the weights."""
ALIGNED = frozenset(
    ["verbatim", "replaced", "replaced_near", "replaced_nearer", "replaced_once", "added", "added_near",
     "left_out", "left_out_near", "other_number", "lost_number"]
)  # fmt: skip
"""The figures of the word by word comparison: they cost most, and only the nearest few are given them."""
NEAR = frozenset(
    ["meaning", "cosine", "asked_in_known", "known_in_asked", "rarest", "length", "shared_values",
     "shared_numbers", "shared_token"]
)  # fmt: skip
"""The figures that candidates are ordered by: few and cheap, as every candidate is given them."""
THRESHOLD = 0.5
"""From here on, with no value that differs, two texts count as one claim."""
_SIDE = 0.3
_SOFTLY = 0.5


@dataclass(frozen=True)
class Reading:
    """What the re-ranker compares of one text."""

    order: tuple[str, ...]
    values: Values
    stance: Stance
    marked: float
    names: frozenset[str]
    countries: frozenset[str]
    plain: str
    is_foreign: bool

    @cached_property
    def words(self) -> frozenset[str]:
        """Each word once."""
        return frozenset(self.order)

    # worked out when they are asked for: most candidates are put aside before

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Words that follow each other."""
        return frozenset(map(" ".join, pairwise(self.order)))

    @cached_property
    def letters(self) -> frozenset[str]:
        """Every three letters in a row."""
        joined = " ".join(self.order)
        return frozenset([joined[at : at + 3] for at in range(len(joined) - 2)])


_TOKEN = re.compile(r"[^\W\d_]+|[^\w ]|\d")
_LINK = re.compile(r"https?://\S+|www\.\S+|[@#]\w+")
_ENDS = frozenset('.!?:\n“"')
_COUNTRY = re.compile(
    r"(?<!\w)(campuchia|lao(?= )|dai loan|nhat ban|han quoc|trung quoc|thai lan|myanmar|mien dien|"
    r"malaysia|singapore|"
    r"uc(?= )|canada|my(?= )|duc(?= )|dubai|philippines|indonesia|nga(?= )|anh quoc|ba lan|rumani|hungary|"
    r"dai han)(?!\w)"
)
_COUNTRY_WORDS = {
    "qua Nhật": "nhat ban", "sang Nhật": "nhat ban", "bên Nhật": "nhat ban", "đi Nhật": "nhat ban",
    "ở Nhật": "nhat ban",
    "qua Hàn": "han quoc", "sang Hàn": "han quoc", "người Hàn": "han quoc", "chồng Hàn": "han quoc",
    "đi Hàn": "han quoc",
    "bên Hàn": "han quoc", "qua Đài": "dai loan", "bên Đài": "dai loan", "sang Đài": "dai loan",
    "đi Đài": "dai loan",
    "bên Miên": "campuchia", "qua Miên": "campuchia", "sang Miên": "campuchia", "Sang Lào": "lao",
    "sang Lào": "lao",
    "qua Lào": "lao", "bên Lào": "lao", "sang Mỹ": "my", "qua Mỹ": "my", "đi Mỹ": "my", "bên Mỹ": "my",
    "qua Úc": "uc",
    "đi Úc": "uc", "sang Úc": "uc", "qua Thái": "thai lan", "bên Thái": "thai lan", "sang Thái": "thai lan",
}  # fmt: skip


def _countries(text: str, whole: str) -> frozenset[str]:
    """Foreign countries that a text names, in full or behind a word of going there."""
    short = {country for written, country in _COUNTRY_WORDS.items() if written in text}
    return frozenset(_COUNTRY.findall(whole)) - {"lao", "my", "uc", "nga", "duc"} | short


def _names(text: str) -> frozenset[str]:
    """Names of two syllables and more in capitals, the first words of sentences left out."""
    found: set[str] = set()
    run: list[str] = []
    is_first = True
    for token in [*_TOKEN.findall(normalise(text)), "."]:
        if token[0].isupper() and not is_first:
            run.append(token)
        else:
            if len(run) > 1:
                found.add(strip_marks(" ".join(run)).lower())
            run = []
        is_first = token in _ENDS
    return frozenset(found)


def packed(text: str) -> bytes:
    """What is compared of a (masked or plain) text in a few hundred bytes, for a million of them."""
    whole = standard(RENDERED.sub(" ", text))
    words = [word for word in whole if word not in _STOP and not word[0].isdigit()]
    return marshal.dumps(
        (
            " ".join(words),
            tuple(values(text)),
            tuple(stance(whole)),
            marked_share(text),
            _names(text),
            _countries(text, " ".join(whole)),
            " ".join(word.plain for word in split(text)),
            is_foreign(text),
        )
    )


def unpacked(data: bytes) -> Reading:
    """The reading that was packed; only ever of bytes that this process packed itself."""
    joined, typed, sides, marked, names, countries, plain, foreign = marshal.loads(data)  # noqa: S302
    return Reading(
        tuple(joined.split()), Values(*typed), Stance(*sides), marked, names, countries, plain, foreign
    )


def read(text: str) -> Reading:
    """All that is compared of a text."""
    return unpacked(packed(text))


Idf = Callable[[str], float]


def figures(asked: Reading, known: Reading, idf: Idf, meaning: float | None) -> dict[str, float]:
    """The open figures of a pair; ``meaning`` is the cosine of the sentence vectors, None without."""
    return near_figures(asked, known, idf, meaning) | _further(asked, known, idf)


def near_figures(asked: Reading, known: Reading, idf: Idf, meaning: float | None) -> dict[str, float]:
    """Those that tell what a pair is about (`NEAR`): every candidate is given them."""
    a, b = asked.words, known.words
    common, mine, theirs = sum(map(idf, a & b)), sum(map(idf, a)), sum(map(idf, b))
    return {
        "meaning": 0.0 if meaning is None else (meaning - 0.85) * 10,
        "cosine": _cosine(a, b, idf),
        "asked_in_known": common / mine if mine else 0.0,
        "known_in_asked": common / theirs if theirs else 0.0,
        "rarest": _rarest(a, b, idf),
        "length": abs(math.log((len(a) + 1) / (len(b) + 1))),
        "shared_values": float(_shared_values(asked.values, known.values)),
        "shared_numbers": float(_shared_numbers(asked.values, known.values)),
        "shared_token": float(bool(asked.values.tokens & known.values.tokens)),
    }


def _further(asked: Reading, known: Reading, idf: Idf) -> dict[str, float]:
    """What is compared of the nearest alone."""
    a, b = asked.words, known.words
    common, mine, theirs = sum(map(idf, a & b)), sum(map(idf, a)), sum(map(idf, b))
    letters = len(asked.letters & known.letters)
    found = {
        "pairs": _cosine(asked.pairs, known.pairs, idf),
        "letters": letters / max(1, len(asked.letters) + len(known.letters) - letters),
        "other_country": float(_disjoint(asked.countries, known.countries)),
        "swapped": max(0.0, common / max(mine, theirs, 1e-9) - 0.4) * min(3, len(a - b), len(b - a)),
    }
    return (
        found | _named(asked, known) | _typed(asked.values, known.values) | _sides(asked.stance, known.stance)
    )


def compare(asked: Reading, known: Reading, idf: Idf) -> dict[str, float]:
    """The open figures of two texts word by word (`ALIGNED`)."""
    found = aligned(asked.order, known.order, is_spelled_freely=asked.marked < LEAST_MARKED)
    # a number without a unit may be the figure of an amount, which is compared as an amount
    mine, theirs = ({number for unit, number in one.values.counts if unit} for one in (asked, known))
    return compared(found, idf, (mine, theirs))


def _cosine(a: frozenset[str], b: frozenset[str], idf: Idf) -> float:
    common = _squares(a & b, idf)
    return common / math.sqrt(_squares(a, idf) * _squares(b, idf)) if common else 0.0


def _squares(words: frozenset[str], idf: Idf) -> float:
    return sum([weight * weight for weight in map(idf, words)])


def _rarest(a: frozenset[str], b: frozenset[str], idf: Idf) -> float:
    """Share of the known claim's four rarest words that the asked text has."""
    top = sorted([(-weight, word) for weight, word in zip(map(idf, b), b, strict=True)])[:4]
    return sum([word in a for _, word in top]) / len(top) if top else 0.0


def _named(asked: Reading, known: Reading) -> dict[str, float]:
    """Proper names that one text has and the other lacks, compared without diacritics."""
    lost = sum(name not in asked.plain for name in known.names)
    new = sum(name not in known.plain for name in asked.names)
    return {
        "other_name": float(min(lost, new, 2)),
        "lost_name": float(min(lost, 2)),
        "new_name": float(min(new, 2)),
    }


def _months(dates: frozenset[str]) -> set[str]:
    return {one.partition("/")[2] for one in dates if "/" in one} | {
        one.removeprefix("tháng ") for one in dates if one.startswith("tháng ")
    }


def _typed(a: Values, b: Values) -> dict[str, float]:
    kinds = list(zip(_kinds(a), _kinds(b), strict=True))
    return {
        "other_amount": float(_crossed(a.amounts, b.amounts)),
        "other_date": float(_other_date(a.dates, b.dates)),
        "other_place": float(_disjoint(a.places, b.places)),
        "other_agency": float(_disjoint(a.agencies, b.agencies)),
        "other_disease": float(_disjoint(a.diseases, b.diseases)),
        "other_count": float(_other_count(a, b)),
        "other_kind": float(min(3, len(apart(a.kinds, b.kinds)))),
        "shared_kind": float(min(4, len(a.kinds & b.kinds))),
        "only_known": float(sum([bool(theirs) and not mine for mine, theirs in kinds])),
        "only_asked": float(sum([bool(mine) and not theirs for mine, theirs in kinds])),
    }


_kinds: Callable[[Values], tuple[frozenset[object], ...]] = attrgetter(*_KINDS)
_shareable: Callable[[Values], tuple[frozenset[object], ...]] = attrgetter(*_KINDS[:6])


def _crossed(a: frozenset[int], b: frozenset[int]) -> bool:
    return bool(a - b) and bool(b - a)


def _disjoint(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a) and bool(b) and not a & b


def _other_date(a: frozenset[str], b: frozenset[str]) -> bool:
    """Another day, weekday or year; a day and a month alone are compared by their month."""
    if not a or not b:
        return False
    for kind in ("/", "thứ", "năm", "mùng"):
        first, second = ({one for one in side if kind in one} for side in (a, b))
        if first - second and second - first:
            return True
    first, second = _months(a), _months(b)
    return bool(first and second and not first & second)


def _shared_values(a: Values, b: Values) -> int:
    """In how many kinds of values (counted things aside) both name one and the same."""
    return sum(
        [not mine.isdisjoint(theirs) for mine, theirs in zip(_shareable(a), _shareable(b), strict=True)]
    )


def _shared_numbers(a: Values, b: Values) -> int:
    if not a.counts or not b.counts:
        return 0
    return min(3, len({number for _, number in a.counts} & {number for _, number in b.counts}))


def _other_count(a: Values, b: Values) -> int:
    """In how many units (people, days, age …) each side has a number that the other lacks."""
    found = int(bool(a.percents - b.percents) and bool(b.percents - a.percents))
    units = (
        {unit for unit, _ in a.counts} & {unit for unit, _ in b.counts} if a.counts and b.counts else set()
    )
    if units - {""}:
        numbers_a, numbers_b = ({number for _, number in side.counts} for side in (a, b))
        found += sum(
            not {n for u, n in a.counts if u == unit} <= numbers_b
            and not {n for u, n in b.counts if u == unit} <= numbers_a
            for unit in units - {""}
        )
    return min(2, found)


def _sides(a: Stance, b: Stance) -> dict[str, float]:
    against, agreed = opposed(a, b)
    return {
        "opposed": float(min(3, against)),
        "agreed": float(min(4, agreed)),
        "denied": float(min(3, denied_by_one(a, b))),
        "warned": float(a.warns != b.warns),
    }


def _sigmoid(total: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class Head(NamedTuple):
    """A logistic regression over some of `NAMES`."""

    bias: float
    weights: Mapping[str, float]

    def total(self, found: Mapping[str, float]) -> float:
        """The log-odds of a pair."""
        return self.bias + sum(weight * found[name] for name, weight in self.weights.items())


class Weights(NamedTuple):
    """Two questions of a pair: is it about the same thing, and if so, does nothing in it differ."""

    near: Head
    same: Trees

    def reasons(
        self, parts: Mapping[str, float], found: Mapping[str, float], most: int = 5
    ) -> list[tuple[str, float]]:
        """(what it is in Vietnamese, what it added to the log-odds), the heaviest first.

        What is absent counts too, and is told as absent.
        """
        told = [
            (_SHOWN[name] if found[name] else f"không thấy {_SHOWN[name]}", round(value, 2))
            for name, value in parts.items()
            if abs(value) >= 0.01
        ]
        return sorted(told, key=lambda one: -abs(one[1]))[:most]


@cache
def weights(path: Path = SHIPPED) -> tuple[Weights, Weights]:
    """The shipped weights (with vectors, words alone); raises ArtefactError where the file was changed."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        pinned = digest(stored)
        sets = [
            Weights(Head(one["near"]["bias"], one["near"]["weights"]), opened(one["same"]))
            for one in (stored["with_encoder"], stored["words_alone"])
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path.name}: {error}") from error
    if stored.get("sha256") != pinned or any(
        not (one.near.weights.keys() <= NEAR and set(one.same.names) <= set(NAMES)) for one in sets
    ):
        raise ArtefactError(f"{path.name}: is not what its own SHA-256 pins")
    return sets[0], sets[1]


def digest(stored: Mapping[str, object]) -> str:
    """SHA-256 (hex) of both weight sets as canonical JSON."""
    kept = {name: stored[name] for name in ("with_encoder", "words_alone")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


class Near(NamedTuple):
    """A candidate: how near it is by the figures of `NEAR`, which are kept for the judgement."""

    total: float
    found: dict[str, float]
    chosen: Weights


def nearness(asked: Reading, known: Reading, idf: Idf, meaning: float | None) -> Near:
    """How near a candidate is, by the weights that fit what is there."""
    if min(asked.marked, known.marked) < LEAST_MARKED:
        meaning = None
    found = near_figures(asked, known, idf, meaning)
    chosen = weights()[0 if meaning is not None else 1]
    return Near(chosen.near.total(found), found, chosen)


class Judged(NamedTuple):
    """One pair: the probability that it is one claim, its place among others, and what makes the first.

    ``differs`` says in Vietnamese what makes another claim of it, or is None.
    """

    score: float
    order: float
    reasons: Sequence[tuple[str, float]]
    differs: str | None


def judged(near: Sequence[tuple[Near, Reading]], asked: Reading, idf: Idf) -> list[Judged]:
    """Whether each near candidate is the same claim as what is asked."""
    rows = [one.found | _further(asked, known, idf) | compare(asked, known, idf) for one, known in near]
    parts: dict[int, dict[str, float]] = {}
    # a candidate without a vector is judged by other trees than its neighbours
    for trees in {id(one.chosen): one.chosen.same for one, _ in near}.values():
        mine = [at for at, (one, _) in enumerate(near) if one.chosen.same is trees]
        parts |= dict(zip(mine, trees.parts([rows[at] for at in mine]), strict=True))
    return [_judged(one, asked, known, rows[at], parts[at]) for at, (one, known) in enumerate(near)]


def _judged(
    near: Near, asked: Reading, known: Reading, found: Mapping[str, float], parts: Mapping[str, float]
) -> Judged:
    total = near.chosen.same.bias + sum(parts.values())
    score = probability(near.total, total)
    other = differs(asked, known)
    if other is None and score < THRESHOLD:
        # not enough by itself to call it another claim, but what a reviewer wants to see first
        other = next(map(told_apart, apart(asked.values.kinds, known.values.kinds)), None)
    return Judged(score, order(near.total, total), near.chosen.reasons(parts, found), other)


def differs(asked: Reading, known: Reading) -> str | None:
    """What makes another claim of it, in Vietnamese: a value that differs, or the other side."""
    return values_differ(asked.values, known.values) or told(asked.stance, known.stance)


def probability(near: float, same: float) -> float:
    """That two texts are one claim: about the same thing, and nothing in it differs.

    The first is softened: a free retelling stands further off than most claims that differ in one word.
    """
    return _sigmoid(_SOFTLY * near + _SOFTLY) * _sigmoid(same)


def order(near: float, same: float) -> float:
    """What candidates are ordered by: what they are about, and a little whether something differs."""
    return near + _SIDE * max(-5.0, min(3.0, same))


def terms(text: str, reading: Reading) -> Sequence[str]:
    """Index terms: standard words and their pairs, and typed figures, which are one term however written.

    Of a text in another language they are its plain words: what is standard in Vietnamese would maim them.
    """
    if reading.is_foreign:
        return [word.plain for word in split(_LINK.sub(" ", text))]
    words, found = list(reading.order), reading.values
    typed = [f"={amount}" for amount in found.amounts] + [
        f"={unit}{number:g}" for unit, number in found.counts
    ]
    typed += [f"={date}".replace(" ", "") for date in found.dates] + [f"={token}" for token in found.tokens]
    return words + [f"{a}_{b}" for a, b in pairwise(words)] + typed

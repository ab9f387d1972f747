"""Vietnamese places, before and after the merger of July 2025, and which of them are the desk's own.

Today's units come from the `vietnam-provinces` package (version and shape differ with the Python version, so
only its JSON is read); the units of before come with underthesea. Both are read once, when the first text
asks.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from classify.errors import GazetteerError
from classify.text import normalise, strip_marks


class Place(NamedTuple):
    """One name with its rank as written then or now, and today's unit that it resolves to."""

    name: str
    rank: str
    unit: str
    province: str
    is_former: bool


class Found(NamedTuple):
    """A place name in a text."""

    start: int
    end: int
    places: tuple[Place, ...]


_RANKS = (
    "tỉnh", "thành phố", "thị xã", "quận", "huyện", "thị trấn", "phường", "xã", "đặc khu",
)  # fmt: skip
_PREFIX = re.compile(rf"^({'|'.join(_RANKS)})\s+", re.IGNORECASE)
_WRITTEN = {
    "tinh": "tỉnh", "tp": "thành phố", "t p": "thành phố", "thanh pho": "thành phố", "tx": "thị xã",
    "thi xa": "thị xã",
    "huyen": "huyện", "h": "huyện", "quan": "quận", "q": "quận", "thi tran": "thị trấn", "tt": "thị trấn",
    "phuong": "phường", "p": "phường", "xa": "xã", "x": "xã", "dac khu": "đặc khu",
}  # fmt: skip
_WORD = re.compile(r"\w+")
_CROSSED = re.compile(r"[^\w \-]")
_LONGEST = 4
_LOCAL = "nơi"
"""The rank of a name that is no unit: a market, a ferry, an island that a province package adds."""
_LOCAL_FAMOUS = 3
_PROVINCE_RANKS = frozenset({"tỉnh", "thành phố"})
_DISTRICT_RANKS = frozenset({"huyện", "thị xã", "quận", "thành phố"})
# names that are everyday words without diacritics or small letters: only with a rank or capitals
_COMMON_SYLLABLES = frozenset(
    ["hoa", "binh", "minh", "an", "phu", "my", "tan", "long", "thanh", "hung", "loc"]
)


def _package_file(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise GazetteerError(f"{package}: the package with the place names is not installed")
    return Path(spec.submodule_search_locations[0]).joinpath(*parts)


def _read(package: str, *parts: str) -> Any:  # noqa: ANN401 - JSON
    path = _package_file(package, *parts)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GazetteerError(f"{package}: {path.name}: {error}") from error


def _split_rank(name: str) -> tuple[str, str]:
    """("Xã Càng Long") -> ("xã", "Càng Long"); a name without a rank is a province's."""
    found = _PREFIX.match(name)
    return (found.group(1).lower(), name[found.end() :]) if found else ("tỉnh", name)


def _folded(name: str) -> str:
    """The key of a name: small letters without diacritics, one blank between words."""
    return " ".join(_WORD.findall(strip_marks(normalise(name)).lower()))


@cache
def _codes() -> dict[str, str]:
    """Province code ("86") -> province name without rank."""
    nested = _read("vietnam_provinces", "data", "nested-divisions.json")
    return {f"{entry['code']:02d}": normalise(_split_rank(entry["name"])[1]) for entry in nested}


@cache
def _table() -> dict[str, tuple[Place, ...]]:
    """Folded name -> the places that have or had it."""
    table: dict[str, set[Place]] = defaultdict(set)

    # the same provinces and districts stand in thousands of rows: each name is worked on once
    @cache
    def known(name: str) -> str:
        return normalise(name)

    @cache
    def add(name: str, unit: str, province: str, *, is_former: bool) -> None:
        rank, short = _split_rank(known(name))
        if not short.isdigit():
            place = Place(short, rank, known(unit), province, is_former)
            table[_folded(short)].add(place)

    for entry in _read("vietnam_provinces", "data", "nested-divisions.json"):
        province = normalise(_split_rank(entry["name"])[1])
        add(entry["name"], province, province, is_former=False)
        for ward in entry.get("wards", ()):
            add(ward["name"], f"{ward['name']}, {province}", province, is_former=False)
    for row in _read("underthesea", "address", "data", "mapping.json")["ward_mapping"]:
        province = known(_split_rank(row["new_province"])[1])
        add(row["old_province"], province, province, is_former=True)
        if row["old_district"]:
            add(row["old_district"], province, province, is_former=True)
        if row["old_ward"] and row["new_ward"]:
            add(row["old_ward"], f"{row['new_ward']}, {province}", province, is_former=True)
    return {key: tuple(sorted(places)) for key, places in table.items()}


class Gazetteer:
    """Finds place names; knows which belong to one province by its code ("86" is Vĩnh Long).

    ``local`` are names below the units (markets, ferries, islands) with today's unit that each lies in.
    """

    def __init__(self, province: str = "86", local: Mapping[str, str] | None = None) -> None:
        if province not in _codes():
            raise GazetteerError(f"province {province!r}: no such code (two digits, such as 86)")
        self._province = _codes()[province]
        self._local = {
            _folded(name): (Place(normalise(name), _LOCAL, unit, self._province, False),)
            for name, unit in (local or {}).items()
        }

    @property
    def province(self) -> str:
        """The desk's province by name, without its rank."""
        return self._province

    @property
    def units(self) -> frozenset[str]:
        """Today's units of the province as `places` names them, the province itself among them."""
        return frozenset(
            place.unit
            for places in _table().values()
            for place in places
            if place.province == self._province and not place.is_former
        )

    def is_local(self, text: str) -> bool:
        """Whether the text names a place of the province.

        A name that others share counts only beside no other province.
        """
        found: list[Found] = []
        for hit in self._hits(text):
            if {place.province for place in hit.places} == {self._province}:
                return True
            found.append(hit)
        elsewhere = any(self._province not in {place.province for place in hit.places} for hit in found)
        shared = any(self._province in {place.province for place in hit.places} for hit in found)
        return shared and not elsewhere and self._ranked_as_ours(found)

    def _ranked_as_ours(self, found: list[Found]) -> bool:
        """Shared names alone are too weak; two different ones of the province together are enough."""
        ours = {hit.places[0].name for hit in found if any(p.province == self._province for p in hit.places)}
        return len(ours) > 1

    def places(self, text: str) -> list[str]:
        """Today's units that the text names, in order, each once.

        Ambiguous names resolve to the desk's province first.
        """
        units: list[str] = []
        for hit in self.found(text):
            own = [place for place in hit.places if place.province == self._province]
            pool = own or list(hit.places)
            if len({place.province for place in pool}) == 1 and pool[0].unit not in units:
                units.append(pool[0].unit)
        return units

    def found(self, text: str) -> list[Found]:
        """All place names in a text, the longest reading first, none overlapping."""
        return list(self._hits(text))

    def _hits(self, text: str) -> Iterator[Found]:
        text = normalise(text)
        words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
        folded = [strip_marks(text[start:end]).lower() for start, end in words]
        marked = not text.isascii() and strip_marks(text) != text
        at = 0
        while at < len(words):
            size, places = _longest(text, words, folded, at, marked, self._local)
            if places:
                yield Found(words[at][0], words[at + size - 1][1], places)
            at += max(1, size)


def _longest(
    text: str,
    words: list[tuple[int, int]],
    folded: list[str],
    at: int,
    marked: bool,
    local: Mapping[str, tuple[Place, ...]],
) -> tuple[int, tuple[Place, ...]]:
    table = _table()
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        key = " ".join(folded[at : at + size])
        candidates = (*table.get(key, ()), *local.get(key, ()))
        if not candidates:
            continue
        written = text[words[at][0] : words[at + size - 1][1]]
        if _CROSSED.search(written):
            continue
        rank = _rank_before(folded, at)
        accepted = tuple(place for place in candidates if _accepts(place, written, rank, size, marked))
        if accepted:
            return size, _most_known(accepted, rank)
    return 1, ()


def _most_known(places: tuple[Place, ...], rank: str | None) -> tuple[Place, ...]:
    """Without a rank before it, a name that a province has or had means the province."""
    provinces = tuple(
        place for place in places if place.rank in _PROVINCE_RANKS and place.unit == place.province
    )
    named = tuple(place for place in provinces if place.name == place.province or place.rank == "tỉnh")
    return named if named and rank in {None, "tỉnh", "thành phố"} else places


def _rank_before(folded: list[str], at: int) -> str | None:
    two = " ".join(folded[max(0, at - 2) : at])
    return _WRITTEN.get(two) or (_WRITTEN.get(folded[at - 1]) if at else None)


def _accepts(place: Place, written: str, rank: str | None, size: int, marked: bool) -> bool:
    """Whether the stretch names the place: by diacritics, and by rank, capitals or fame.

    Small places share their names with everyday words, so they need a rank before them or capital letters.
    """
    if marked and strip_marks(written) != written and written.lower() != place.name.lower():
        return False
    if marked and strip_marks(written) == written and strip_marks(place.name) != place.name:
        return False
    if rank is not None and (rank == place.rank or {rank, place.rank} <= _DISTRICT_RANKS | _PROVINCE_RANKS):
        return True
    capitals = all(word[:1].isupper() for word in written.split())
    if size == 1 or place.rank == _LOCAL:
        return size > 1 and (capitals or size >= _LOCAL_FAMOUS)
    is_small = place.rank in {"xã", "phường", "thị trấn"}
    if is_small:
        return capitals and not written.isupper() and marked
    return capitals or not set(strip_marks(written).lower().split()) <= _COMMON_SYLLABLES

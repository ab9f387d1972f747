"""A reproducible stream of Vietnamese pages and tips: `python -m bench.volume.stream`, as JSON lines.

The same seed gives the same bytes on any machine, and each text can be made by its number alone, so that the
stream needs no memory. Of every hundred texts exactly three are in scope. Of those a quarter are tips, and
about three in ten near-copies of an earlier one (every second in a storm: one window of 300 in twelve, about
a day of a province), with 0-25% of their words edited, most of them few. Of the claims of an original two in
three were made before (log-uniform, up to 30,000 texts ago), in other words around them. Sources: 400, their
shares log-uniform. Lengths: sentences and headlines of about 10-30 syllables, pages of 4-60 sentences
(log-normal, median 14) with 1-8 claims, tips of 1-2 claims; a quarter of the tips come without diacritics.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from bench.volume import grammar
from bench.volume.dice import Dice
from classify.text import strip_marks

OF, OURS = 100, 3
"""Of so many texts so many are in scope."""
SOURCES = 400
WINDOW = 300
STORM, STORMY, CALM = 1 / 12, 0.5, 0.03
COPIED, COPY_BACK = 0.25, 10_000
TOLD, TOLD_BACK = 0.65, 30_000
MOST_EDITED = 0.25
TIP, TIP_OTHER = 0.25, 0.05
PLAIN = 0.25
PHONE = 0.1
MOST_CLAIMS = 8
_CLAIMS = 3.2
MEANINGS = 8
"""Numbers of meanings that each text in scope has room for."""
PER_DAY = 10_000
_MEDIAN, _SPREAD = 14, 0.55
# how many of a day's texts come in each hour, from midnight
_HOURS = (1, 1, 1, 1, 1, 3, 5, 7, 8, 8, 7, 6, 5, 5, 6, 6, 6, 5, 5, 5, 4, 3, 2, 1)
_TOPICS = tuple(grammar.CLAIMS)
_BLOCK, _TEXT, _STORM, _CLAIM, _OTHER, _TURNS = range(6)


@dataclass(frozen=True, slots=True)
class Said:
    """One claim in a text: the sentence, its topic, and the number of what it means."""

    text: str
    topic: str
    meaning: int


@dataclass(frozen=True, slots=True)
class Text:
    """One page or tip. `serial` numbers those in scope, `story` is the serial that it is a copy of."""

    index: int
    kind: str
    source: int | None
    minute: int
    title: str
    body: str
    serial: int | None = None
    story: int | None = None
    said: tuple[Said, ...] = ()


def texts(seed: int, size: int, start: int = 0) -> Iterator[Text]:
    """`size` texts of the stream, from the `start`-th."""
    for index in range(start, start + size):
        serial = _serial(seed, index)
        yield _other(seed, index) if serial is None else _ours(seed, index, serial)


def ours(seed: int, size: int, start: int = 0) -> Iterator[Text]:
    """`size` texts in scope alone, from the `start`-th of them, as they stand in `texts`."""
    for serial in range(start, start + size):
        block, place = divmod(serial, OURS)
        yield _ours(seed, block * OF + _places(seed, block)[place], serial)


def _serial(seed: int, index: int) -> int | None:
    block, place = divmod(index, OF)
    places = _places(seed, block)
    return block * OURS + places.index(place) if place in places else None


@lru_cache(64)
def _places(seed: int, block: int) -> tuple[int, ...]:
    """Where the texts in scope stand in a hundred."""
    dice = Dice(seed, _BLOCK, block)
    found: set[int] = set()
    while len(found) < OURS:
        found.add(dice.below(OF))
    return tuple(sorted(found))


def minute(index: int) -> int:
    """Minutes from the first text's midnight to a text: 10,000 a day, by the hours of the day."""
    day, place = divmod(index, PER_DAY)
    left = place * sum(_HOURS) / PER_DAY
    hour = 0
    while left >= _HOURS[hour]:
        left -= _HOURS[hour]
        hour += 1
    return (day * 24 + hour) * 60 + int(60 * left / _HOURS[hour])


def _ours(seed: int, index: int, serial: int) -> Text:
    story = _story(seed, serial)
    dice = Dice(seed, _TURNS, serial)
    text = replace(_original(seed, story), index=index, serial=serial, minute=minute(index))
    if story == serial:
        return text
    text = _edited(text, dice, MOST_EDITED * dice.share() ** 2)
    kind = "tip" if dice.chance(TIP) else "article"
    source = None if kind == "tip" else _source(dice)
    if kind == text.kind == "article":
        return replace(text, source=source, story=story)
    # who passes a page on as a tip sends its claims; a page about a tip tells it with its own headline
    body = ". ".join(one.text for one in text.said)
    return replace(text, kind=kind, source=source, title="", body=body, story=story)


@lru_cache(4096)
def _story(seed: int, serial: int) -> int:
    """The text in scope that one is a copy of, in the end: its own serial if it is none."""
    dice = Dice(seed, _TEXT, serial)
    hot = serial // WINDOW * WINDOW
    storm = Dice(seed, _STORM, hot).chance(STORM)
    if serial != hot and dice.chance(STORMY if storm else CALM):
        return _story(seed, hot)
    back = dice.far(COPY_BACK)
    return _story(seed, serial - back) if dice.chance(COPIED) and back <= serial else serial


@lru_cache(4096)
def _original(seed: int, serial: int) -> Text:
    dice = Dice(seed, _OTHER, serial)
    kind = "tip" if dice.chance(TIP) else "article"
    own = serial * MEANINGS
    n = (
        1 + dice.chance(0.2)
        if kind == "tip"
        else 1 + min(MOST_CLAIMS - 1, int(-_CLAIMS * math.log(1 - dice.share())))
    )
    meanings = [_meaning(seed, serial), *(_told(seed, own + place, dice) for place in range(1, n))]
    said = tuple(_worded(seed, one, dice) for one in meanings)
    if kind == "tip":
        body = ". ".join(one.text for one in said)
        if dice.chance(PLAIN):
            said = tuple(replace(one, text=strip_marks(one.text)) for one in said)
            body = strip_marks(body)
        return Text(0, kind, None, 0, "", body, serial, None, said)
    title = _sentence(dice, dice.pick(grammar.BACKGROUND))
    return Text(0, kind, _source(dice), 0, title, _page(dice, [one.text for one in said]), serial, None, said)


@lru_cache(4096)
def _meaning(seed: int, serial: int) -> int:
    """The meaning of a text's first claim: its own, or one that an earlier text has opened with."""
    dice = Dice(seed, _CLAIM, serial)
    back = dice.far(TOLD_BACK)
    return _meaning(seed, serial - back) if dice.chance(TOLD) and back <= serial else serial * MEANINGS


def _told(seed: int, own: int, dice: Dice) -> int:
    """The meaning of a further claim: its own, or one that an earlier text has opened with."""
    back = dice.far(TOLD_BACK)
    serial = own // MEANINGS
    return _meaning(seed, serial - back) if dice.chance(TOLD) and back <= serial else own


def _topic(seed: int, meaning: int) -> str:
    return _TOPICS[Dice(seed, _CLAIM, meaning // MEANINGS, 1).below(len(_TOPICS))]


def _worded(seed: int, meaning: int, dice: Dice) -> Said:
    """A meaning in one of the many ways to put words around it."""
    topic = _topic(seed, meaning)
    pins = Dice(seed, _CLAIM, meaning, 2)
    core = _filled(pins.pick(grammar.CLAIMS[topic]), pins)
    if pins.chance(PHONE):
        core += f", liên hệ 09{pins.below(10**8):08d}"
    opener, tail = dice.pick(grammar.OPENERS), dice.pick(grammar.TAILS)
    if opener and not opener.endswith(": "):
        core = core[0].lower() + core[1:]
    return Said(f"{opener}{core}{tail}", topic, meaning)


def _other(seed: int, index: int) -> Text:
    dice = Dice(seed, _OTHER, index, 1)
    when = minute(index)
    if dice.chance(TIP_OTHER):
        body = ". ".join(_sentence(dice, dice.pick(grammar.OTHER)) for _ in range(1 + dice.below(3)))
        return Text(index, "tip", None, when, "", strip_marks(body) if dice.chance(PLAIN) else body)
    some = [_sentence(dice, dice.pick(grammar.OTHER)) for _ in range(_length(dice))]
    return Text(index, "article", _source(dice), when, some[0], _paragraphs(some[1:]))


def _page(dice: Dice, claims: list[str]) -> str:
    """The claims of a page among what is told around them."""
    some = [
        _sentence(dice, dice.pick(grammar.BACKGROUND)) for _ in range(max(2, _length(dice) - len(claims)))
    ]
    some[1:1] = claims
    return _paragraphs(some)


def _length(dice: Dice) -> int:
    """Sentences of a page: log-normal, by Box and Muller."""
    normal = math.sqrt(-2 * math.log(1 - dice.share())) * math.cos(2 * math.pi * dice.share())
    return min(60, max(4, round(_MEDIAN * math.exp(_SPREAD * normal))))


def _paragraphs(some: list[str]) -> str:
    return "\n".join(". ".join(some[at : at + 4]) + "." for at in range(0, len(some), 4))


def _edited(text: Text, dice: Dice, share: float) -> Text:
    """A near-copy: a share of the words written otherwise; what a claim pins down stays."""

    def edit(words: str) -> str:
        for old, new in grammar.SAME.items():
            if old in words and dice.chance(share * 3):
                words = words.replace(old, new, 1)
        return words

    said = tuple(replace(one, text=edit(one.text)) for one in text.said)
    body = text.body
    for before, after in zip(text.said, said, strict=True):
        body = body.replace(before.text, after.text, 1)
    lines = [
        ". ".join(
            one
            if not dice.chance(share) or _holds(one, said)
            else _sentence(dice, dice.pick(grammar.BACKGROUND))
            for one in line.split(". ")
        )
        for line in body.split("\n")
    ]
    return replace(text, body="\n".join(lines), said=said)


def _holds(sentence: str, said: tuple[Said, ...]) -> bool:
    return any(sentence.rstrip(".") in one.text or one.text in sentence for one in said)


def _source(dice: Dice) -> int:
    return dice.far(SOURCES) - 1


def _sentence(dice: Dice, pattern: str) -> str:
    words = _filled(pattern, dice)
    return words[0].upper() + words[1:]


def _filled(pattern: str, dice: Dice) -> str:
    parts = pattern.split("{")
    found = [parts[0]]
    for part in parts[1:]:
        slot, _, rest = part.partition("}")
        found += (_slot(slot, dice), rest)
    return "".join(found)


def _slot(slot: str, dice: Dice) -> str:
    if slot in grammar.LISTS:
        return dice.pick(grammar.LISTS[slot])
    return _MADE[slot](dice)


def _name(dice: Dice) -> str:
    """An invented name of two or three syllables."""
    n = 2 + dice.chance(0.3)
    return " ".join((dice.pick(grammar.HEADS) + dice.pick(grammar.RHYMES)).capitalize() for _ in range(n))


def _place(dice: Dice) -> str:
    return f"{dice.pick(grammar.LISTS['vùng'])} {dice.pick(grammar.LISTS['xã'])}"


def _money(dice: Dice) -> str:
    n = dice.far(400)
    return f"{n} triệu đồng" if dice.chance(0.5) else f"{100 + n}.000 đồng"


_MADE: dict[str, Callable[[Dice], str]] = {
    "tên": _name,
    "nơi": _place,
    "tiền": _money,
    "phí": lambda dice: f"{10 + 5 * dice.far(190)}.000 đồng",
    "số": lambda dice: str(2 + dice.far(90)),
    "cấp": lambda dice: str(2 + dice.below(15)),
    "cơn": lambda dice: str(1 + dice.below(14)),
    "giờ": lambda dice: str(1 + dice.below(9)),
    "ngày": lambda dice: f"{1 + dice.below(28)}/{1 + dice.below(12)}",
}


def as_line(text: Text) -> str:
    """One text as a line of JSON."""
    plain = {"index": text.index, "kind": text.kind, "source": text.source, "minute": text.minute}
    words = {"title": text.title, "text": text.body, "in_scope": text.serial is not None}
    return json.dumps(plain | words, ensure_ascii=False)


def main() -> None:
    """Write the stream to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=1_000, help="texts")
    parser.add_argument("--start", type=int, default=0, help="the first text's number")
    given = parser.parse_args()
    for text in texts(given.seed, given.size, given.start):
        sys.stdout.write(as_line(text) + "\n")


if __name__ == "__main__":
    main()

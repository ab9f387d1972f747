"""The share card of a correction: a picture of 1200 × 630 with rating, title, truth, date and short address.

Typst sets it, with text wrapped by its measured width. The fonts are the ones inside the Typst wheel, which
hold Vietnamese, and Noto Sans Khmer from `pipeline/fonts`, so that the same correction gives the same bytes
on every machine. The SVG holds outlines instead of letters and needs no font to be shown. typst is imported
where it is used.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from models.vocabulary import Language, Rating
from pipeline.memo import Memo
from pipeline.report import TEMPLATES

Kind = Literal["svg", "png"]
PageKind = Literal["pdf", "png"]

WIDTH, HEIGHT = 1200, 630
"""Pixels: what sites that show a link's picture ask for (the Open Graph protocol's usual 1.91 : 1)."""
MAX_TITLE = 160
MAX_TRUTH = 220

WHEEL_FONTS = ("Libertinus Serif", "New Computer Modern")
KHMER_FONT = "Noto Sans Khmer"
FONTS = Path(__file__).with_name("fonts")
COLOURS = {
    Rating.FALSE: ("#a5231c", "#fbe9e7"),
    Rating.MISLEADING: ("#8a5300", "#fdf0d9"),
    Rating.UNPROVEN: ("#4f5560", "#eceef1"),
    Rating.TRUE: ("#1c6a3a", "#e4f3e8"),
}
_KHMER_JOIN = "\u17d2"
_LONG = re.compile(r"[^\s\u200b\u1780-\u17ff]{28,}")
_made: Memo[bytes] = Memo(128)


@dataclass(frozen=True)
class Card:
    """What stands on a card, in the words of one language."""

    rating: Rating
    verdict: str
    title: str
    truth: str
    desk: str
    address: str
    date: str
    language: Language = Language.VI


def fonts_of(language: str) -> tuple[str, ...]:
    """The fonts of a sheet in a language, first choice first; each has letters of Vietnamese and of Khmer."""
    return (KHMER_FONT, *WHEEL_FONTS) if language == Language.KM else (*WHEEL_FONTS, KHMER_FONT)


def picture(card: Card, kind: Kind) -> bytes:
    """The card as SVG or PNG; drawn once for the same content."""
    inputs = _inputs(card)
    return once(f"card\n{kind}\n{inputs}", lambda: _compiled(card, kind, inputs))


def once(content: str, make: Callable[[], bytes]) -> bytes:
    """What was made of the same content before, or what `make` makes of it now."""
    return _made.get(hashlib.sha256(content.encode()).digest(), make)


def shortened(text: str, most: int) -> str:
    """The text in one line, cut at a word with an ellipsis where it is longer than `most` characters."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    head = line[: most - 1]
    whole = head if line[most - 1] == " " else head.rpartition(" ")[0] or _whole_letters(line, most - 1)
    return whole.rstrip(" ,;:.") + "…"


def _whole_letters(line: str, most: int) -> str:
    """The start of a text without spaces, which ends before a letter whose signs would be cut off."""
    while most > 1 and (unicodedata.category(line[most])[0] == "M" or line[most - 1] == _KHMER_JOIN):
        most -= 1
    return line[:most]


def breakable(text: str) -> str:
    """The text with a place to break in every word that is too long for any line.

    Khmer writes no spaces and its signs hang on their letter: typst knows where such a line may end.
    """
    return _LONG.sub(lambda word: "\u200b".join(re.findall(r".{1,14}", word.group())), text)


def _inputs(card: Card) -> str:
    return json.dumps(_plain(card), ensure_ascii=False, sort_keys=True)


def _plain(card: Card) -> dict[str, object]:
    colour, ground = COLOURS[card.rating]
    return {
        **asdict(card),
        "title": breakable(shortened(card.title, MAX_TITLE)),
        "truth": breakable(shortened(card.truth, MAX_TRUTH)),
        "desk": shortened(card.desk, 60),
        "address": shortened(card.address, 62),
        "colour": colour,
        "ground": ground,
        "fonts": fonts_of(card.language),
    }


def _compiled(card: Card, kind: Kind, inputs: str, ppi: float = 72) -> bytes:
    import typst

    made: object = typst.compile(
        TEMPLATES / "card.typ",
        root=TEMPLATES,
        format=kind,
        ppi=ppi,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"card": inputs},
    )
    raw = made if isinstance(made, bytes) else b""
    return _named(raw, card) if kind == "svg" else raw


def _named(svg: bytes, card: Card) -> bytes:
    """The SVG with a title and a description: its letters are outlines, which nobody can hear."""
    from xml.sax.saxutils import escape

    told = escape(f"{card.verdict}: {card.title}")
    more = escape(shortened(card.truth, MAX_TRUTH))
    head, found, rest = svg.decode().partition(">")
    opened = f'{head} role="img" aria-labelledby="ten noi-dung"{found}'
    return f'{opened}<title id="ten">{told}</title><desc id="noi-dung">{more}</desc>{rest}'.encode()

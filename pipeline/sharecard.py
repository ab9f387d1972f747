"""The share card of a correction: a picture of 1200 × 630 with rating, title, truth, date and short address.

Typst sets it, with text wrapped by its measured width. The fonts are the ones inside the Typst wheel, so
that the same correction gives the same bytes on every machine; they hold Vietnamese and no Khmer. A Khmer
card is set only where the machine has a Khmer font; elsewhere there is none. The SVG holds outlines instead
of letters and needs no font to be shown. typst is imported where it is used.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
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
KHMER_FONTS = (
    *("Noto Sans Khmer", "Noto Serif Khmer", "Khmer OS Battambang", "Khmer OS Siemreap", "Khmer OS"),
    *("Khmer OS System", "Hanuman", "Battambang", "Leelawadee UI", "Khmer UI"),
)
COLOURS = {
    Rating.FALSE: ("#a5231c", "#fbe9e7"),
    Rating.MISLEADING: ("#8a5300", "#fdf0d9"),
    Rating.UNPROVEN: ("#4f5560", "#eceef1"),
    Rating.TRUE: ("#1c6a3a", "#e4f3e8"),
}
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


def has_card(language: str) -> bool:
    """Whether this machine has letters for a card in a language."""
    return language != Language.KM or bool(khmer_fonts())


@lru_cache(maxsize=1)
def khmer_fonts() -> tuple[str, ...]:
    """The Khmer fonts of this machine, best first; empty on one that has none."""
    import typst

    present = set(typst.Fonts(include_system_fonts=True).families())
    return tuple(name for name in KHMER_FONTS if name in present)


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
    whole = head if line[most - 1] == " " else head.rpartition(" ")[0] or head
    return whole.rstrip(" ,;:.") + "…"


def breakable(text: str) -> str:
    """The text with a place to break in every word that is too long for any line."""
    return re.sub(r"\S{28,}", lambda word: "\u200b".join(re.findall(r".{1,14}", word.group())), text)


def _inputs(card: Card) -> str:
    return json.dumps(_plain(card), ensure_ascii=False, sort_keys=True)


def _plain(card: Card) -> dict[str, object]:
    colour, ground = COLOURS[card.rating]
    fonts = (*khmer_fonts(), *WHEEL_FONTS) if card.language == Language.KM else WHEEL_FONTS
    return {
        **asdict(card),
        "title": breakable(shortened(card.title, MAX_TITLE)),
        "truth": breakable(shortened(card.truth, MAX_TRUTH)),
        "desk": shortened(card.desk, 60),
        "address": shortened(card.address, 62),
        "colour": colour,
        "ground": ground,
        "fonts": fonts,
    }


def _compiled(card: Card, kind: Kind, inputs: str, ppi: float = 72) -> bytes:
    import typst

    made: object = typst.compile(
        TEMPLATES / "card.typ",
        root=TEMPLATES,
        format=kind,
        ppi=ppi,
        ignore_system_fonts=card.language != Language.KM,
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

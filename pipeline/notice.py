"""A correction on one sheet of paper for a commune's notice board, with a QR code that leads to its page.

One A4 page, whatever the length of the texts: first the type gets smaller, down to what is read at arm's
length; then texts are cut at the end of a sentence and the sheet says so. Typst and segno are imported where
they are used.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time

from models.errors import KiemChungError
from models.vocabulary import Language, Rating
from pipeline import sharecard
from pipeline.report import TEMPLATES
from pipeline.spoken import sentences

SIZES = (22.0, 20.0, 18.0, 16.5, 15.0, 14.0, 13.0, 12.0)
"""Sizes of type in points, largest first; below 12 nobody reads a notice board."""
BUDGETS = (1_200, 800, 550, 400, 280, 180, 120, 60)
"""Characters that each part is cut to, one after the other, when even the smallest type does not fit."""
MOST_ON_A_PAGE = 5_000
"""Characters that no page holds at 12 points: longer texts are not tried whole."""
MAX_TITLE = 160


@dataclass(frozen=True)
class Part:
    """One part of the notice with its heading."""

    label: str
    text: str


@dataclass(frozen=True)
class Notice:
    """What stands on the sheet, in the words of one language; `cut` is the line for shortened texts."""

    rating: Rating
    verdict: str
    title: str
    parts: Sequence[Part]
    desk: str
    day: date
    date: str
    url: str
    address: str
    more: str
    cut: str
    language: Language = Language.VI


def qr_svg(url: str) -> bytes:
    """A QR code of an address as SVG (ISO/IEC 18004; error correction M, as a sheet outdoors gets dirty)."""
    import segno

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False)
    return out.getvalue()


def pdf(notice: Notice) -> bytes:
    """The sheet as PDF/UA-1; raises `KiemChungError` if nothing makes it fit on one page."""
    content = json.dumps(asdict(notice), ensure_ascii=False, default=str)
    return sharecard.once(f"notice\n{content}", lambda: _set(notice))


def _set(notice: Notice) -> bytes:
    for size, parts, was_cut in _attempts(notice.parts):
        inputs = _plain(notice, parts, size, was_cut=was_cut)
        # a small PNG a page is the quickest way to count them
        if len(_compiled(notice, inputs, "png")) == 1:
            return _compiled(notice, inputs, "pdf")[0]
    raise KiemChungError(f"{notice.title[:60]}: does not fit on one page")


def fitted(parts: Sequence[Part], budget: int) -> list[Part]:
    """Each part cut to a number of characters, at the end of a sentence where one ends in time."""
    return [Part(part.label, _cut(part.text, budget)) for part in parts]


def _cut(text: str, budget: int) -> str:
    if len(text) <= budget:
        return text
    whole = ""
    for sentence in sentences(text):
        longer = f"{whole} {sentence}".strip()
        if len(longer) > budget:
            break
        whole = longer
    return whole or sharecard.shortened(text, budget)


def _attempts(parts: Sequence[Part]) -> list[tuple[float, Sequence[Part], bool]]:
    hopeless = sum(len(part.text) for part in parts) > MOST_ON_A_PAGE
    whole: list[tuple[float, Sequence[Part], bool]]
    whole = [] if hopeless else [(size, parts, False) for size in SIZES]
    return whole + [(SIZES[-1], fitted(parts, budget), True) for budget in BUDGETS]


def _plain(notice: Notice, parts: Sequence[Part], size: float, *, was_cut: bool) -> str:
    values = {
        "title": sharecard.breakable(sharecard.shortened(notice.title, MAX_TITLE)),
        "verdict": notice.verdict,
        "parts": [{"label": one.label, "text": sharecard.breakable(one.text)} for one in parts],
        "desk": notice.desk,
        "date": notice.date,
        "address": notice.address,
        "more": notice.more,
        "cut": notice.cut if was_cut else "",
        "qr": qr_svg(notice.url).decode(),
        "language": notice.language.value,
        "size": size,
        "colour": sharecard.COLOURS[notice.rating][0],
        "fonts": sharecard.fonts_of(notice.language),
    }
    return json.dumps(values, ensure_ascii=False)


def _compiled(notice: Notice, inputs: str, kind: sharecard.PageKind) -> list[bytes]:
    import typst

    made: object = typst.compile(
        TEMPLATES / "notice.typ",
        root=TEMPLATES,
        format=kind,
        ppi=8,
        font_paths=[sharecard.FONTS],
        ignore_system_fonts=True,
        sys_inputs={"notice": inputs},
        pdf_standards=["ua-1"] if kind == "pdf" else [],
        timestamp=int(datetime.combine(notice.day, time(), UTC).timestamp()),
    )
    pages = made if isinstance(made, list) else [made]
    return [page for page in pages if isinstance(page, bytes)]

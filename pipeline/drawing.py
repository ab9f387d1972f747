"""From an Altair chart to a picture: SVG for pages, PNG for documents, one look for both, drawn once.

vl-convert draws in this process and without a network. The SVG carries no script and no font: it names
families that are on every machine, keeps its text as text, and has a style for dark surroundings over
colours that stand by themselves. It is made small, because pages carry it: a picture's words for people who
cannot see it stand in the page (alternative text and a table), not in each of its hundred marks.
"""

import re
from collections.abc import Callable, Hashable
from typing import Any

from pipeline.memo import Memo

FONT = "DejaVu Sans, Segoe UI, Roboto, sans-serif"
INK, PAPER, MUTED, BAND, TARGET = "#1d1d1f", "#ffffff", "#767676", "#1f6fb2", "#b3261e"
GRID, SECOND, THIRD, FOURTH = "#dddddd", "#b35c00", "#1c6a3a", "#7a3e9d"
SERIES = (BAND, SECOND, THIRD, FOURTH)
DARK_PAPER = "#1f1d1a"

# every colour has its counterpart for dark surroundings
_DARK_OF = {
    INK: "#ece8e0",
    MUTED: "#b3aca0",
    BAND: "#6cb6ff",
    TARGET: "#ff8a80",
    SECOND: "#f0b95c",
    THIRD: "#83d49d",
    FOURTH: "#cf9df0",
    GRID: "#3a362f",
    "#888": "#b3aca0",
}
# what a reader of the marks would hear a hundred times over, and what SVG takes for granted anyway
_SPOKEN = re.compile(
    r' (?:(?:aria-[a-z]+|role|class|pointer-events)="[^"]*"|(?:opacity|stroke-width|stroke-opacity)="1")'
)
_UNSEEN = re.compile(r'<path(?: d="[^"]*")? display="none"/>|<path d="[^"]*"/>|<g></g>|<g/>')
_DOT = re.compile(r'<path transform="translate\(([\d.]+),([\d.]+)\)" d="M([\d.]+),0A\3[^"]*"')
_EDGE = re.compile(r'(<circle(?: (?:cx|cy|r|fill)="[^"]*")*) stroke-width="[^"]*"(/>)')
_LINKS = ' xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"'
_LONG = re.compile(r"(?<!\d)(\d+\.\d)\d+")
# describing and drawing take a tenth of a second: the same figures are drawn once
_drawn: Memo[str | bytes] = Memo(256)


def svg(key: Hashable, spec: Callable[[], dict[str, Any]], title: str) -> str:
    """A Vega-Lite description as SVG with its title; `key` names all that it depends on."""

    def draw() -> str:
        import vl_convert

        return _finished(vl_convert.vegalite_to_svg(spec()), title)

    return str(_drawn.get(("svg", key), draw))


def png(key: Hashable, spec: Callable[[], dict[str, Any]], scale: float = 2.0) -> bytes:
    """A Vega-Lite description as PNG."""

    def draw() -> bytes:
        import vl_convert

        made: bytes = vl_convert.vegalite_to_png(spec(), scale=scale)
        return made

    found = _drawn.get(("png", scale, key), draw)
    return found if isinstance(found, bytes) else found.encode()


def _finished(drawn: str, title: str) -> str:
    # one family for all words instead of a hundred times the same; set on the group that holds everything
    family = f' font-family="{FONT}"'
    drawn = drawn.replace(family, "").replace("<g ", f"<g{family} ", 1)
    small = _UNSEEN.sub("", _UNSEEN.sub("", _LONG.sub(r"\1", _SPOKEN.sub("", drawn))))
    small = _DOT.sub(r'<circle cx="\1" cy="\2" r="\3"', small)
    small = _EDGE.sub(r"\1\2", small).replace('px" fill', '" fill').replace(_LINKS, "", 1)
    at = small.index(">") + 1
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    return small[:at] + f"<title>{escaped}</title>" + _dark(small) + small[at:]


def _dark(drawn: str) -> str:
    """The style for dark surroundings, of the colours that a drawing has."""
    rules = "".join(
        f'[{part}="{light}"]{{{part}:{dark}}}'
        for light, dark in _DARK_OF.items()
        for part in ("fill", "stroke")
        if f'{part}="{light}"' in drawn
    )
    return f"<style>@media (prefers-color-scheme: dark){{svg>rect{{fill:{DARK_PAPER}}}{rules}}}</style>"


def styled(chart: Any, *, small: bool = False) -> dict[str, Any]:  # noqa: ANN401 -- altair has no types
    """The look of every chart; `small` for a phone's width, where letters stay nearly as large."""
    label = 11 if small else 12
    dressed = (
        chart.configure(background=PAPER, font=FONT, padding=6 if small else 12)
        .configure_title(
            fontSize=13 if small else 15,
            color=INK,
            anchor="start",
            offset=10,
            subtitleColor=MUTED,
            subtitleFontSize=label,
            subtitleFont=FONT,
            subtitlePadding=5,
            frame="bounds",
        )
        .configure_axis(
            labelColor=INK,
            titleColor=MUTED,
            gridColor=GRID,
            domainColor=MUTED,
            tickColor=MUTED,
            labelFontSize=label,
            titleFontSize=label,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=INK, titleColor=INK, symbolOpacity=1, labelFontSize=label)
        .configure_axisX(grid=False)
        .configure_view(stroke=None)
    )
    made: dict[str, Any] = dressed.to_dict()
    return made

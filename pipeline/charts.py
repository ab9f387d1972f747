"""Charts of the two targets: points with 95 % intervals over weeks, and the target as a line.

Altair describes and vl-convert draws, both in this process and without a network. The SVG carries no script
and no font: it names families that are on every machine, keeps its text as text, and has a style for dark
surroundings over colours that stand by themselves. altair and vl_convert are imported where they are used.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.figures import PREVALENCE_TARGET, RECALL_TARGET, Figure, is_wide

FONT = "DejaVu Sans, Segoe UI, Roboto, sans-serif"
INK, PAPER, MUTED, BAND, TARGET = "#1d1d1f", "#ffffff", "#767676", "#1f6fb2", "#b3261e"
WIDTH, HEIGHT, STEP = 560, 260, 20
KEPT = 64

TITLES = {
    "vi": {
        "answered": "Tin sai được trả lời đúng hạn, theo tuần",
        "prevalence": "Tỷ lệ tin sai trong thông tin đã theo dõi, theo tuần",
        "week": "Tuần",
        "share": "Tỷ lệ, khoảng tin cậy 95%",
        "target_answered": "mục tiêu: từ 90%",
        "target_prevalence": "mục tiêu: dưới 10%",
        "too_few": "chưa đủ dữ liệu",
        "nothing": "Chưa có tuần nào đủ dữ liệu để ước lượng",
    },
    "en": {
        "answered": "False claims answered in time, by week",
        "prevalence": "False claims among all monitored, by week",
        "week": "Week",
        "share": "Share, 95% interval",
        "target_answered": "target: at least 90%",
        "target_prevalence": "target: under 10%",
        "too_few": "too few data",
        "nothing": "No week holds enough data for an estimate yet",
    },
}
_TARGETS = {"answered": RECALL_TARGET, "prevalence": PREVALENCE_TARGET}
# every colour has its counterpart for dark surroundings
_DARK_OF = {INK: "#e8e8ea", MUTED: "#9aa0a6", BAND: "#6cb6ff", TARGET: "#ff8a80", "#888": "#9aa0a6"}
_DARK = (
    "<style>@media (prefers-color-scheme: dark){svg>rect{fill:#16181c}"
    + "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in _DARK_OF.items()
    )
    + '[stroke="#dddddd"]{stroke:#3a3d42}}</style>'
)
_drawn: OrderedDict[str, str | bytes] = OrderedDict()


def target_chart(figures: Sequence[Figure], name: str, language: str = "vi") -> str:
    """The chart of `answered` or `prevalence` over the weeks of `figures`, as SVG."""

    def draw(spec: str) -> str:
        import vl_convert

        svg: str = vl_convert.vegalite_to_svg(spec)
        at = svg.index(">") + 1
        return svg[:at] + f"<title>{TITLES[language][name]}</title>" + _DARK + svg[at:]

    return str(_cached("svg", _spec(figures, name, language), draw))


def target_png(figures: Sequence[Figure], name: str, language: str = "vi", scale: float = 2.0) -> bytes:
    """The same chart as PNG, for documents."""

    def draw(spec: str) -> bytes:
        import vl_convert

        png: bytes = vl_convert.vegalite_to_png(spec, scale=scale)
        return png

    found = _cached(f"png{scale}", _spec(figures, name, language), draw)
    return found if isinstance(found, bytes) else found.encode()


def _cached(kind: str, spec: dict[str, Any], draw: Callable[[str], str | bytes]) -> str | bytes:
    """Drawing takes a tenth of a second: the same figures are drawn once."""
    text = json.dumps(spec, sort_keys=True, ensure_ascii=False)
    key = kind + hashlib.sha256(text.encode()).hexdigest()
    if key not in _drawn:
        _drawn[key] = draw(text)
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
    return _drawn[key]


def _rows(figures: Sequence[Figure], name: str, words: dict[str, str]) -> list[dict[str, object]]:
    return [
        {
            "week": one.week,
            "value": one.value,
            "low": 0.0 if one.low is None else one.low,
            "high": 1.0 if one.high is None else one.high,
            "wide": is_wide(one),
            "note": "" if one.enough else words["too_few"],
        }
        for one in figures
        if one.name == name
    ]


def _spec(figures: Sequence[Figure], name: str, language: str) -> dict[str, Any]:
    import altair as alt

    if name not in _TARGETS:
        raise ValueError(f"there is no chart of {name}")
    words = TITLES[language]
    rows = _rows(figures, name, words)
    known = [row for row in rows if row["value"] is not None]
    top = max([_TARGETS[name] * 1.5, *(float(str(row["high"])) for row in known)])
    scale = alt.Scale(domain=[0, min(1.0, top)], nice=name != "answered")
    layers = [_target(alt, name, words), *_estimates(alt, known, words, scale), _gaps(alt, rows, scale)]
    if not known:
        layers.append(_nothing(alt, words["nothing"]))
    chart = alt.layer(*layers).properties(
        width=max(WIDTH, STEP * len(rows)), height=HEIGHT, title=words[name]
    )
    spec: dict[str, Any] = _styled(chart).to_dict()
    return spec


def _target(alt: Any, name: str, words: dict[str, str]) -> Any:  # noqa: ANN401 -- altair has no types
    at = alt.Data(values=[{"target": _TARGETS[name], "label": words[f"target_{name}"]}])
    line = alt.Chart(at).mark_rule(color=TARGET, strokeDash=[6, 4], strokeWidth=1.5)
    text = alt.Chart(at).mark_text(align="left", dx=6, color=TARGET, fontSize=12)
    place = {"y": alt.Y("target:Q")}
    return line.encode(**place) + text.encode(**place, text="label:N", x=alt.value("width"))


def _estimates(alt: Any, rows: list[dict[str, object]], words: dict[str, str], scale: Any) -> list[Any]:  # noqa: ANN401
    base = alt.Chart(alt.Data(values=rows)).encode(x=_weeks(alt, words))
    share = alt.Axis(format=".0%", title=words["share"], tickCount=6)
    colour = alt.condition("datum.wide", alt.value(MUTED), alt.value(BAND))
    band = base.mark_bar(opacity=0.30, width=12).encode(
        y=alt.Y("low:Q", scale=scale, axis=share), y2="high:Q", color=colour
    )
    point = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("value:Q", scale=scale), color=colour
    )
    return [band, point]


def _gaps(alt: Any, rows: list[dict[str, object]], scale: Any) -> Any:  # noqa: ANN401
    """Weeks without an estimate keep their place and say why; they are not joined over."""
    gaps = [row for row in rows if row["note"]]
    return (
        alt.Chart(alt.Data(values=[{**row, "foot": 0.0} for row in gaps]))
        .mark_text(angle=270, align="left", dx=6, fontSize=11, color=MUTED, fontStyle="italic")
        .encode(x=_weeks(alt, None), y=alt.Y("foot:Q", scale=scale), text="note:N")
    )


def _nothing(alt: Any, text: str) -> Any:  # noqa: ANN401
    return (
        alt.Chart(alt.Data(values=[{"text": text}]))
        .mark_text(fontSize=14, color=INK)
        .encode(text="text:N", x=alt.value(WIDTH / 2), y=alt.value(HEIGHT / 2))
    )


def _weeks(alt: Any, words: dict[str, str] | None) -> Any:  # noqa: ANN401
    axis = alt.Axis(labelAngle=-45, title=words["week"] if words else None)
    return alt.X("week:O", axis=axis, sort="ascending")


def _styled(chart: Any) -> Any:  # noqa: ANN401
    return (
        chart.configure(background=PAPER, font=FONT, padding=12)
        .configure_title(fontSize=15, color=INK, anchor="start", offset=12)
        .configure_axis(labelColor=INK, titleColor=INK, gridColor="#dddddd", gridOpacity=0.6)
        .configure_axisX(grid=False)
        .configure_view(stroke=None)
    )

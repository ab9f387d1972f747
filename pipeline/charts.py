"""The charts: intervals by week with a target and notes on model changes, counts by week, curves.

Altair describes, `pipeline.drawing` draws. Each chart has a wide form and a narrow one for a phone's width,
both of the same numbers. A week without an estimate keeps its place, is marked and is never joined over; a
point whose interval says too little is grey. altair is imported where it is used.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import drawing
from pipeline.chartparts import axis_weeks, nothing, of_rows, sized, upright, week_axis
from pipeline.chartwords import TITLES, WORDS
from pipeline.dictionary import ALPHA, CHANCE, ENTRIES, SHARE
from pipeline.drawing import BAND, INK, MUTED, SERIES, TARGET
from pipeline.figures import PREVALENCE_TARGET, RECALL_TARGET, Figure, is_wide

TARGETS: Mapping[str, float] = {"answered": RECALL_TARGET, "prevalence": PREVALENCE_TARGET}

_FORMATS = {SHARE: ".0%", CHANCE: ".2f"}


@dataclass(frozen=True)
class Note:
    """Something that happened in a week and may move the figures: a model put to work."""

    week: str
    text: str


def target_chart(
    figures: Sequence[Figure],
    name: str,
    language: str = "vi",
    *,
    narrow: bool = False,
    notes: Sequence[Note] = (),
) -> str:
    """The chart of `answered` or `prevalence` over the weeks of `figures`, as SVG."""
    _known_target(name)
    return interval_chart(figures, name, language, narrow=narrow, notes=notes)


def target_png(figures: Sequence[Figure], name: str, language: str = "vi", scale: float = 2.0) -> bytes:
    """The same chart as PNG, for documents."""
    _known_target(name)
    key, spec = _prepared(figures, name, language, narrow=False, notes=())
    return drawing.png(key, spec, scale)


def _known_target(name: str) -> None:
    if name not in TARGETS:
        raise ValueError(f"there is no chart of {name}")


def interval_chart(
    figures: Sequence[Figure],
    name: str,
    language: str = "vi",
    *,
    narrow: bool = False,
    notes: Sequence[Note] = (),
) -> str:
    """One figure by week: points with their 95 % intervals, the target if it has one, as SVG."""
    key, spec = _prepared(figures, name, language, narrow=narrow, notes=notes)
    return drawing.svg(key, spec, _title(name, language))


def _prepared(
    figures: Sequence[Figure], name: str, language: str, *, narrow: bool, notes: Sequence[Note]
) -> tuple[Hashable, Callable[[], dict[str, Any]]]:
    """What a picture depends on, and how it is described."""
    weeks = axis_weeks(figures)
    own = tuple(one for one in figures if one.name == name)
    seen = tuple(note for note in notes if note.week in weeks)
    key = ("intervals", name, language, narrow, tuple(weeks), own, seen)
    return key, lambda: _intervals(own, weeks, name, language, narrow=narrow, notes=seen)


def count_chart(
    figures: Sequence[Figure], names: Sequence[str], title: str, language: str = "vi", *, narrow: bool = False
) -> str:
    """Up to four counts by week, as SVG."""
    weeks = axis_weeks(figures)
    own = tuple(one for one in figures if one.name in names)
    key = ("counts", title, tuple(names), language, narrow, tuple(weeks), own)
    return drawing.svg(key, lambda: _counts(own, weeks, names, title, language, narrow=narrow), title)


def _counts(
    figures: Sequence[Figure],
    weeks: Sequence[str],
    names: Sequence[str],
    title: str,
    language: str,
    *,
    narrow: bool,
) -> dict[str, Any]:
    import altair as alt

    words = WORDS[language]
    labels = {name: words.get(name) or _said(name, language) for name in names}
    rows = [
        {"week": one.week, "value": one.value, "series": labels[one.name]}
        for one in figures
        if one.value is not None
    ]
    colours = alt.Scale(domain=list(labels.values()), range=list(SERIES[: len(labels)]))
    shapes = alt.Scale(domain=list(labels.values()), range=["circle", "square", "triangle-up", "diamond"])
    top = max([4.0, *(float(str(row["value"])) for row in rows)])
    legend = alt.Legend(orient="top", title=None, columns=1 if narrow else 4, symbolSize=90, labelLimit=300)
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[0, top], nice=True),
        axis=alt.Axis(title=None, tickCount=5, tickMinStep=1, format="d"),
    )
    base = of_rows(alt, rows).encode(
        x=week_axis(alt, weeks, language, narrow=narrow),
        y=y,
        color=alt.Color("series:N", scale=colours, legend=legend, sort=None),
    )
    line = base.mark_line(strokeWidth=1.5, strokeOpacity=0.55)
    point = base.mark_point(filled=True, size=30 if narrow else 45, opacity=1).encode(
        shape=alt.Shape("series:N", scale=shapes, legend=legend, sort=None)
    )
    layers = [line, point] if rows else [nothing(alt, words["nothing"], narrow=narrow)]
    return drawing.styled(sized(alt.layer(*layers), title, [], narrow=narrow), small=narrow)


def _said(name: str, language: str) -> str:
    return ENTRIES[name].en if language == "en" else ENTRIES[name].vi


def _title(name: str, language: str) -> str:
    return TITLES[language].get(name) or _said(name, language)


def _intervals(
    own: Sequence[Figure],
    weeks: Sequence[str],
    name: str,
    language: str,
    *,
    narrow: bool,
    notes: Sequence[Note],
) -> dict[str, Any]:
    import altair as alt

    words = WORDS[language]
    known = [_row(one) for one in own if one.value is not None]
    gaps = [one.week for one in own if one.value is None]
    across = week_axis(alt, weeks, language, narrow=narrow)
    layers = _target(alt, name, words, narrow=narrow) if name in TARGETS else []
    layers += _estimates(alt, known, across, name, narrow=narrow)
    layers += _gaps(alt, gaps)
    layers += _notes(alt, notes)
    if not known:
        layers.append(nothing(alt, words["nothing"], narrow=narrow))
    key = _key(words, name, known, narrow=narrow, gaps=bool(gaps), notes=bool(notes))
    chart = sized(alt.layer(*layers), _title(name, language), key, narrow=narrow, top=bool(notes))
    return drawing.styled(chart, small=narrow)


def _row(one: Figure) -> dict[str, object]:
    """A figure with one limit alone reaches to the end of the scale on the other side."""
    bare = one.low is None and one.high is None
    return {
        "week": one.week,
        "value": one.value,
        "low": one.value if bare else 0.0 if one.low is None else one.low,
        "high": one.value if bare else 1.0 if one.high is None else one.high,
        "wide": is_wide(one),
    }


def _domain(name: str, known: Sequence[dict[str, object]]) -> list[float]:
    if ENTRIES[name].unit == ALPHA:
        return [min([0.0, *(float(str(row["low"])) for row in known)]), 1.0]
    if name == "answered":
        # a dot chart need not begin at nought: what matters is on which side of the line the bar lies
        lowest = min([0.5, *(float(str(row["low"])) for row in known)])
        return [int(lowest * 10) / 10, 1.0]
    tops = [float(str(row["high"])) for row in known]
    top = max([TARGETS.get(name, 0.1) * 1.5, *tops])
    return [0.0, top if ENTRIES[name].unit != SHARE else min(1.0, top)]


def _key(
    words: Mapping[str, str], name: str, known: Sequence[object], *, narrow: bool, gaps: bool, notes: bool
) -> list[str]:
    """What the marks mean, as the lines below the title: only the marks that are there."""
    parts = []
    if known:
        parts.append(words["point_key"] if ENTRIES[name].unit == ALPHA else words["interval_key"])
        if ENTRIES[name].unit != ALPHA:
            parts.append(words["grey_key"])
    if narrow and name in TARGETS:
        parts.append(words[f"target_{name}_key"])
    if gaps:
        parts.append(words["gap_key"])
    if notes:
        parts.append(words["note_key"])
    return parts


def _target(alt: Any, name: str, words: Mapping[str, str], *, narrow: bool) -> list[Any]:  # noqa: ANN401
    at = [{"target": TARGETS[name], "label": words[f"target_{name}"]}]
    place = {"y": alt.Y("target:Q")}
    line = of_rows(alt, at).mark_rule(color=TARGET, strokeDash=[6, 4], strokeWidth=1.5).encode(**place)
    if narrow:
        return [line]
    text = of_rows(alt, at).mark_text(align="left", dx=6, color=TARGET, fontSize=12, lineBreak="\n")
    return [line, text.encode(**place, text="label:N", x=alt.value("width"))]


def _estimates(
    alt: Any,  # noqa: ANN401 -- altair has no types
    rows: list[dict[str, object]],
    across: Any,  # noqa: ANN401
    name: str,
    *,
    narrow: bool,
) -> list[Any]:
    base = of_rows(alt, rows).encode(x=across)
    axis = alt.Axis(format=_FORMATS.get(ENTRIES[name].unit, ".1f"), title=None, tickCount=6)
    y = {"scale": alt.Scale(domain=_domain(name, rows), nice=name != "answered", zero=False), "axis": axis}
    colour = alt.condition("datum.wide", alt.value(MUTED), alt.value(BAND))
    band = base.mark_bar(opacity=0.38, width=6 if narrow else 12).encode(
        y=alt.Y("low:Q", **y), y2="high:Q", color=colour
    )
    point = base.mark_point(filled=True, size=28 if narrow else 60, opacity=1).encode(
        y=alt.Y("value:Q", **y), color=colour
    )
    return [band, point]


def _gaps(alt: Any, weeks: Sequence[str]) -> list[Any]:  # noqa: ANN401
    """Weeks without an estimate keep their place and are marked; they are not joined over."""
    if not weeks:
        return []
    rows = [{"week": week, "mark": "×"} for week in weeks]
    mark = of_rows(alt, rows).mark_text(dy=-7, fontSize=12, color=MUTED)
    return [mark.encode(x="week:O", y=alt.value("height"), text="mark:N")]


def _notes(alt: Any, notes: Sequence[Note]) -> list[Any]:  # noqa: ANN401
    texts: dict[str, list[str]] = {}
    for note in notes:
        texts.setdefault(note.week, []).append(note.text)
    rows = [{"week": week, "text": ", ".join(parts)} for week, parts in sorted(texts.items())]
    return [upright(alt, rows, "week:O", INK)] if rows else []

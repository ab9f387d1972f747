"""Charts over something else than weeks: how soon answers come, and how true the scores are."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from pipeline import drawing
from pipeline.chartparts import nothing, of_rows, plain_axis, share_axis, sized, upright
from pipeline.chartwords import WORDS
from pipeline.drawing import BAND, MUTED, SECOND, TARGET

SHOWN_DAYS = 30.0


@dataclass(frozen=True)
class Point:
    """One point of a curve, with its 95 % limits; shares are fractions."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0


def curve_chart(
    points: Sequence[Point],
    title: str,
    axis: str,
    language: str = "vi",
    *,
    narrow: bool = False,
    mark_at: tuple[float, str] | None = None,
) -> str:
    """A step curve of shares over its first thirty days with its band, as SVG.

    `axis` says what runs across; `mark_at` is a vertical line with its words.
    """
    key = ("curve", title, axis, language, narrow, mark_at, tuple(points))
    return drawing.svg(key, lambda: _curve(points, title, axis, language, narrow, mark_at), title)


def _curve(
    points: Sequence[Point],
    title: str,
    axis: str,
    language: str,
    narrow: bool,
    mark_at: tuple[float, str] | None,
) -> dict[str, Any]:
    import altair as alt

    words = WORDS[language]
    last = min(SHOWN_DAYS, max([mark_at[0] if mark_at else 0.0, 1.0, *(one.at for one in points)]))
    rows = [
        {"at": one.at, "value": one.value, "low": one.low, "high": one.high} for one in _whole(points, last)
    ]
    base = of_rows(alt, rows).encode(x=plain_axis(alt, axis, last))
    share = share_axis(alt, [0, 1])
    band = base.mark_area(interpolate="step-after", opacity=0.22, color=BAND).encode(
        y=alt.Y("low:Q", **share), y2="high:Q"
    )
    line = base.mark_line(interpolate="step-after", color=BAND, strokeWidth=2).encode(
        y=alt.Y("value:Q", **share)
    )
    layers = [band, line] if points else [nothing(alt, words["nothing_else"], narrow=narrow)]
    if mark_at and points:
        side = "left" if mark_at[0] < last / 2 else "right"
        layers.append(upright(alt, [{"at": mark_at[0], "text": mark_at[1]}], "at:Q", TARGET, side))
    chart = sized(
        alt.layer(*layers), title, [words["curve_key"]] if points else [], narrow=narrow, top=bool(mark_at)
    )
    return drawing.styled(chart, small=narrow)


def _whole(points: Sequence[Point], last: float) -> list[Point]:
    """The curve from nought, where nothing is answered, to the end of the axis."""
    points = [one for one in points if one.at <= last]
    if not points:
        return []
    first, end = points[0], points[-1]
    before = [] if first.at <= 0 else [Point(0.0, 0.0, 0.0, 0.0)]
    after = [] if end.at >= last else [Point(last, end.value, end.low, end.high)]
    return [*before, *points, *after]


def reliability_chart(
    points: Sequence[Point], title: str, axis: str, language: str = "vi", *, narrow: bool = False
) -> str:
    """What was expected against what was found, with the line on which both agree, as SVG."""
    key = ("reliability", title, axis, language, narrow, tuple(points))
    return drawing.svg(key, lambda: _reliability(points, title, axis, language, narrow), title)


def _reliability(
    points: Sequence[Point],
    title: str,
    axis: str,
    language: str,
    narrow: bool,
) -> dict[str, Any]:
    import altair as alt

    words = WORDS[language]
    top = ceil(10 * min(1.0, max([0.1, *(max(one.at, one.high or one.value) for one in points)]))) / 10
    rows = [{"at": one.at, "value": one.value, "low": one.low, "high": one.high} for one in points]
    same = of_rows(alt, [{"at": 0.0, "value": 0.0}, {"at": top, "value": top}])
    share = share_axis(alt, [0, top])
    across = alt.X(
        "at:Q",
        scale=alt.Scale(domain=[0, top]),
        axis=alt.Axis(title=axis, format=".0%", tickCount=5, labelOverlap="greedy"),
    )
    base = of_rows(alt, rows).encode(x=across)
    layers = [
        same.mark_line(color=MUTED, strokeDash=[5, 4]).encode(x=across, y=alt.Y("value:Q", **share)),
        base.mark_rule(color=BAND, opacity=0.4, strokeWidth=6).encode(y=alt.Y("low:Q", **share), y2="high:Q"),
        base.mark_point(filled=True, size=70, opacity=1, color=BAND).encode(y=alt.Y("value:Q", **share)),
    ]
    if not rows:
        layers = [nothing(alt, words["nothing_else"], narrow=narrow)]
    chart = sized(alt.layer(*layers), title, [words["reliability_key"]] if rows else [], narrow=narrow)
    return drawing.styled(chart, small=narrow)


_RECALL_WORDS = {
    "vi": (
        "Đọc bao nhiêu thì tìm được bao nhiêu",
        "phần đã đọc",
        "nét đứt: đọc ngẫu nhiên",
        "dừng",
        "nét nâu: thứ tự bàn tin đã kết luận",
    ),
    "en": (
        "How much is found by reading how much",
        "share read",
        "dashed: reading in random order",
        "stop",
        "brown: the order in which the desk decided",
    ),
}


def recall_curves(
    runs: Sequence[Sequence[tuple[float, float]]],
    stop: float | None = None,
    language: str = "vi",
    *,
    narrow: bool = False,
    really: Sequence[tuple[float, float]] | None = None,
) -> str:
    """Share found over share read, one line a run, and the line of reading at random, as SVG.

    `stop` is where a rule said that reading may end; `really` is an order that people had before.
    """
    kept = tuple(tuple(run) for run in runs)
    own = None if really is None else tuple(really)
    return drawing.svg(
        ("recall", language, narrow, stop, kept, own),
        lambda: _recalls(kept, stop, language, narrow, own),
        _RECALL_WORDS[language][0],
    )


def _recalls(
    runs: Sequence[Sequence[tuple[float, float]]],
    stop: float | None,
    language: str,
    narrow: bool,
    really: Sequence[tuple[float, float]] | None,
) -> dict[str, Any]:
    import altair as alt

    title, axis, key, stops, own = _RECALL_WORDS[language]
    across = alt.X(
        "at:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title=axis, format=".0%", tickCount=5)
    )
    up = alt.Y("value:Q", **share_axis(alt, [0, 1]))
    rows = [{"at": at, "value": value, "run": number} for number, run in enumerate(runs) for at, value in run]
    chance = of_rows(alt, [{"at": 0.0, "value": 0.0}, {"at": 1.0, "value": 1.0}])
    layers = [
        chance.mark_line(color=MUTED, strokeDash=[5, 4]).encode(x=across, y=up),
        of_rows(alt, rows)
        .mark_line(color=BAND, strokeWidth=2, opacity=1 if len(runs) == 1 else 0.5)
        .encode(x=across, y=up, detail="run:N"),
    ]
    keys = [key]
    if really is not None:
        before = of_rows(alt, [{"at": at, "value": value} for at, value in really])
        layers.append(before.mark_line(color=SECOND, strokeWidth=2).encode(x=across, y=up))
        keys.append(own)
    if stop is not None:
        side = "left" if stop < 0.5 else "right"
        layers.append(upright(alt, [{"at": stop, "text": stops}], "at:Q", TARGET, side))
    return drawing.styled(
        sized(alt.layer(*layers), title, keys, narrow=narrow, top=stop is not None), small=narrow
    )

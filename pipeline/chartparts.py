"""Parts that several charts share: axes, notes, the size and head of a chart. altair comes as an argument."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from models.weeks import iso_week, week_days, weeks_between
from pipeline.chartwords import WORDS, month_day
from pipeline.drawing import INK
from pipeline.figures import Figure

WEEKS = 26
WIDE, NARROW = (720, 350), (340, 330)
LABELS, LABELS_NARROW = 9, 5
TITLE_LINE = 42  # letters of a line of the narrow form
KEY_LINE, KEY_LINE_NARROW = 100, 52


def axis_weeks(figures: Sequence[Figure]) -> list[str]:
    """The weeks of the axis: those of the figures, filled up with the weeks before to `WEEKS`."""
    found = sorted({one.week for one in figures})
    if not found:
        return []
    first = min(found[0], iso_week(week_days(found[-1])[0] - timedelta(weeks=WEEKS - 1)))
    return weeks_between(first, found[-1])


def of_rows(alt: Any, rows: Sequence[Mapping[str, object]]) -> Any:  # noqa: ANN401
    """A chart of rows that stand in its own description: nothing is fetched."""
    return alt.Chart(alt.Data(values=list(rows)))


def week_axis(alt: Any, weeks: Sequence[str], language: str, *, narrow: bool) -> Any:  # noqa: ANN401
    """Weeks by the day they begin, a few of them written out, the year where it begins."""
    every = max(1, -(-len(weeks) // (LABELS_NARROW if narrow else LABELS)))
    named = list(weeks)[::-1][::every][::-1]
    labels = {}
    for at, week in enumerate(named):
        monday = week_days(week)[0]
        turned = at == 0 or week_days(named[at - 1])[0].year != monday.year
        labels[week] = [month_day(monday, language), *([str(monday.year)] if turned else [])]
    axis = alt.Axis(
        title=WORDS[language]["weeks"],
        values=named,
        labelAngle=0,
        labelExpr=f"({_literal(labels)})[datum.value]",
        labelOverlap=False,
        grid=False,
    )
    return alt.X("week:O", axis=axis, scale=alt.Scale(domain=list(weeks)), sort=None)


def _literal(labels: Mapping[str, Sequence[str]]) -> str:
    pairs = (f"'{week}': [{', '.join(repr(part) for part in parts)}]" for week, parts in labels.items())
    return "{" + ", ".join(pairs) + "}"


def plain_axis(alt: Any, title: str, last: float) -> Any:  # noqa: ANN401
    """Numbers from nought to `last`."""
    return alt.X(
        "at:Q", scale=alt.Scale(domain=[0, last], nice=False), axis=alt.Axis(title=title, tickMinStep=1)
    )


def share_axis(alt: Any, domain: list[float]) -> dict[str, Any]:  # noqa: ANN401
    """Shares from the bottom up; what they are of stands in the chart's key."""
    return {"scale": alt.Scale(domain=domain), "axis": alt.Axis(format=".0%", title=None, tickCount=5)}


def upright(
    alt: Any,  # noqa: ANN401
    rows: Sequence[Mapping[str, object]],
    field: str,
    colour: str,
    align: str = "center",
) -> Any:  # noqa: ANN401
    """Vertical lines with their words above the plot."""
    base = alt.Chart(alt.Data(values=list(rows))).encode(x=field)
    rule = base.mark_rule(color=colour, strokeWidth=1, strokeDash=[2, 3], opacity=0.8)
    text = base.mark_text(color=colour, fontSize=11, baseline="bottom", dy=-3, align=align)
    return rule + text.encode(text="text:N", y=alt.value(0))


def nothing(alt: Any, text: str, *, narrow: bool) -> Any:  # noqa: ANN401
    """The words of a chart that has nothing to show yet."""
    lines = textwrap.wrap(text, 34) if narrow else [text]
    return (
        of_rows(alt, [{"text": "\n".join(lines)}])
        .mark_text(fontSize=13 if narrow else 14, color=INK, lineBreak="\n")
        .encode(text="text:N", x=alt.value(125 if narrow else 290), y=alt.value(80 if narrow else 110))
    )


def sized(chart: Any, title: str, key: Sequence[str], *, narrow: bool, top: bool = False) -> Any:  # noqa: ANN401
    """A chart in its outer size, with its title and what its marks mean; `top` leaves room for notes."""
    width, height = NARROW if narrow else WIDE
    titles = textwrap.wrap(title, TITLE_LINE) if narrow else [title]
    keys = _wrapped(key, KEY_LINE_NARROW if narrow else KEY_LINE)
    head = {"text": titles, "subtitle": keys, "offset": 22 if top else 10}
    return chart.properties(
        width=width, height=height, title=head, autosize={"type": "fit", "contains": "padding"}
    )


def _wrapped(parts: Sequence[str], width: int) -> list[str]:
    """The parts of a key in lines that are not too long; a part stays whole if a line can hold it."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 <= width:
            lines[-1] += f"; {part}"
        else:
            lines += textwrap.wrap(part, width)
    return lines

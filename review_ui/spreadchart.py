"""A small picture of how a claim spread: publishers' mentions by day or week, stacked by kind of source.

Of tips only their number is told: the day of a tip is shown to nobody. Days without a mention are drawn too,
two weeks of them at least, so that one busy day looks like one day. Kinds differ by hatching and by colour.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.gathered import Item, Mention, Source
from models.vocabulary import SourceKind

WIDTH, HEIGHT, LEFT = 560, 120, 34
"""In units of the picture, which grows and shrinks with the page: its width, the height of the highest bar,
and what the numbers of the axis take on the left."""
LOOKED_AT = 2_000
FEWEST_DAYS = 14
WIDEST_BAR = 26.0
_MOST_BARS = 31
_MOST_LABELS = 5


@dataclass(frozen=True)
class Piece:
    """One kind of source within a bar."""

    kind: str
    n: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day, or the days from `day` to `until`."""

    day: date
    until: date
    n: int
    x: float
    width: float
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Spread:
    """The picture, the total of each kind, how many days a bar stands for, and what the axes say.

    `first` and `last` are the days of the first and last mention. `levels` are heights with their number,
    `labels` bars with the place that their day is written at.
    """

    bars: Sequence[Bar]
    totals: Mapping[str, int]
    top: int
    days: int
    first: date
    last: date
    levels: Sequence[tuple[float, int]]
    labels: Sequence[tuple[float, date]]


def spread_of(session: Session, claim_id: int, today: date) -> Spread | None:
    """How a claim spread among publishers, of its newest `LOOKED_AT` mentions; None if none names it."""
    newest = select(Mention.item_id).where(Mention.claim_id == claim_id).order_by(Mention.id.desc())
    some = newest.limit(LOOKED_AT).subquery()
    day = func.coalesce(Item.published_day, Item.day)
    rows = session.execute(
        select(day, Source.kind, func.count())
        .select_from(some)
        .join(Item, Item.id == some.c.item_id)
        .join(Source, Source.id == Item.source_id)
        .group_by(day, Source.kind)
    )
    return chart({(when, kind): n for when, kind, n in rows}, today)


def chart(counts: Mapping[tuple[date, str], int], today: date) -> Spread | None:
    """The picture of counts by day and kind, with days around them, none of them after today."""
    if not counts:
        return None
    first, last = min(day for day, _ in counts), max(day for day, _ in counts)
    begin, end = _around(first, last, today)
    days = -(-((end - begin).days + 1) // _MOST_BARS)
    starts = [begin + timedelta(days=at) for at in range(0, (end - begin).days + 1, days)]
    by_bar: list[Counter[str]] = [Counter() for _ in starts]
    for (day, kind), n in counts.items():
        by_bar[(day - begin).days // days][kind] += n
    top = max(one.total() for one in by_bar)
    step = (WIDTH - LEFT) / len(starts)
    bars = [
        _bar(day, min(end, day + timedelta(days=days - 1)), LEFT + place * step, step, by_bar[place], top)
        for place, day in enumerate(starts)
    ]
    totals = sum(by_bar, Counter())
    ordered = {str(kind): totals[kind] for kind in SourceKind if totals[kind]}
    return Spread(bars, ordered, top, days, first, last, _levels(top), _labels(bars))


def _around(first: date, last: date, today: date) -> tuple[date, date]:
    """The days to draw: those of the mentions and as many on both sides as make two weeks."""
    missing = max(FEWEST_DAYS - ((last - first).days + 1), 0)
    end = max(last, min(today, last + timedelta(days=missing // 2)))
    return min(first, end - timedelta(days=FEWEST_DAYS - 1)), end


def _bar(day: date, until: date, left: float, step: float, counts: Counter[str], top: int) -> Bar:
    width = min(step - 2, WIDEST_BAR)
    pieces, below = [], 0
    for kind in SourceKind:
        n = counts[kind]
        if n:
            height = HEIGHT * n / top
            y = HEIGHT - HEIGHT * below / top - height
            pieces.append(Piece(str(kind), n, round(y, 1), round(height, 1)))
            below += n
    return Bar(day, until, below, round(left + (step - width) / 2, 1), round(width, 1), pieces)


def _levels(top: int) -> list[tuple[float, int]]:
    """Heights that the axis names: nothing, the highest bar, and a whole number about half way."""
    named = {0, top, top // 2} if top >= 4 else {0, top}
    return [(round(HEIGHT - HEIGHT * n / top, 1), n) for n in sorted(named)]


def _labels(bars: Sequence[Bar]) -> list[tuple[float, date]]:
    """Bars whose day is written below, evenly spread, with the middle of the bar."""
    most = min(_MOST_LABELS, len(bars))
    places = [round(n * (len(bars) - 1) / (most - 1)) for n in range(most)]
    return [(round(bars[at].x + bars[at].width / 2, 1), bars[at].day) for at in places]

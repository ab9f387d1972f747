"""A small picture of how a claim spread: publishers' mentions by day or week, stacked by kind of source.

Of tips only their number is told: the day of a tip is shown to nobody.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.gathered import Item, Mention, Source
from models.vocabulary import SourceKind

WIDTH, HEIGHT = 560, 120
"""In units of the picture; it grows and shrinks with the page."""
LOOKED_AT = 2_000
_MOST_BARS = 31


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
    """The picture, the total of each kind, and how many days a bar stands for."""

    bars: Sequence[Bar]
    totals: Mapping[str, int]
    top: int
    days: int


def spread_of(session: Session, claim_id: int) -> Spread | None:
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
    return chart({(when, kind): n for when, kind, n in rows})


def chart(counts: Mapping[tuple[date, str], int]) -> Spread | None:
    """The picture of counts by day and kind."""
    if not counts:
        return None
    first, last = min(day for day, _ in counts), max(day for day, _ in counts)
    whole = (last - first).days + 1
    days = -(-whole // _MOST_BARS)
    places: Counter[tuple[int, str]] = Counter()
    for (day, kind), n in counts.items():
        places[(day - first).days // days, kind] += n
    bars = -(-whole // days)
    sums = [sum(places[place, kind] for kind in SourceKind) for place in range(bars)]
    top = max(*sums, 1)
    totals = {str(kind): sum(places[place, kind] for place in range(bars)) for kind in SourceKind}
    return Spread(
        [_bar(place, bars, first, last, days, top, places) for place in range(bars)],
        {kind: n for kind, n in totals.items() if n},
        top,
        days,
    )


def _bar(
    place: int, bars: int, first: date, last: date, days: int, top: int, places: Counter[tuple[int, str]]
) -> Bar:
    # a claim of one day is a bar and not a wall
    step = WIDTH / max(bars, 7)
    pieces, below = [], 0
    for kind in SourceKind:
        n = places[place, kind]
        if n:
            height = HEIGHT * n / top
            y = HEIGHT - HEIGHT * below / top - height
            pieces.append(Piece(str(kind), n, round(y, 1), round(height, 1)))
            below += n
    day = first + timedelta(days=place * days)
    until = min(last, day + timedelta(days=days - 1))
    return Bar(day, until, below, round(place * step + 1, 1), round(step - 2, 1), pieces)

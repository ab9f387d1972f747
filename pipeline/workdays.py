"""Working days in Vietnam: Monday to Friday without the public holidays, for what the desk has promised.

The holidays are those of the Labour Code 2019 (No. 45/2019/QH14), article 112: 1 January, five days at Tết,
the tenth of the third lunar month, 30 April and 1 May, and two days at 2 September. One that falls on a
weekly day of rest is made up for on the next working day (article 111.3). `lunar_days.tsv` has the days that
follow the moon (new moons by Meeus, Astronomical Algorithms, chapter 49, at UTC+7; a test computes them
again), and the first day off at Tết where the government has announced it; elsewhere it is the day before.
"""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from models.errors import UsageError
from pipeline.settings import Settings

FILE = Path(__file__).with_name("lunar_days.tsv")
EXTRA = "appeal.extra_holidays"
TET_DAYS = 5
_SATURDAY = 5
_NEXT_DAY = frozenset({0, 3})  # Monday, Thursday: the second day off at 2 September is the third


@lru_cache(maxsize=1)
def lunar() -> dict[int, tuple[date, date, date]]:
    """By year: the first day of the lunar year, the first day off at Tết, the Hùng Kings' day."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {
        int(row["year"]): (
            date.fromisoformat(row["tet"]),
            date.fromisoformat(row["first_day_off"] or row["tet"]) - timedelta(days=not row["first_day_off"]),
            date.fromisoformat(row["hung_kings"]),
        )
        for row in rows
    }


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """The days off of a year with those that make up for a weekend; without Tết beyond the table's years."""
    named = set(_named(year))
    off = set(named)
    for day in sorted(named):
        if day.weekday() < _SATURDAY:
            continue
        instead = day
        while instead.weekday() >= _SATURDAY or instead in off:
            instead += timedelta(days=1)
        off.add(instead)
    return frozenset(off)


def _named(year: int) -> Iterable[date]:
    yield date(year, 1, 1)
    yield date(year, 4, 30)
    yield date(year, 5, 1)
    national = date(year, 9, 2)
    yield national
    yield national + timedelta(days=1 if national.weekday() in _NEXT_DAY else -1)
    if year in lunar():
        _, first, hung_kings = lunar()[year]
        yield from (first + timedelta(days=n) for n in range(TET_DAYS))
        yield hung_kings


def extra_days(settings: Settings) -> frozenset[date]:
    """The days off that the setting adds; raises `UsageError` naming one that is no day."""
    typed = [one.strip() for one in settings.text(EXTRA).split(",") if one.strip()]
    found = []
    for one in typed:
        try:
            found.append(date.fromisoformat(one))
        except ValueError:
            raise UsageError(f"setting {EXTRA}: {one!r} is not a day; write them as 2027-02-05") from None
    return frozenset(found)


def is_working(day: date, extra: frozenset[date] = frozenset()) -> bool:
    """Whether the desk has promised to work on a day."""
    return day.weekday() < _SATURDAY and day not in holidays(day.year) and day not in extra


def add(day: date, n: int, extra: frozenset[date] = frozenset()) -> date:
    """The day that lies `n` working days after `day`."""
    while n:
        day += timedelta(days=1)
        n -= is_working(day, extra)
    return day


def since(day: date, today: date, extra: frozenset[date] = frozenset(), most: int = 60) -> int:
    """How many working days after `day` it is today, counting today; at most `most`."""
    n = 0
    while day < today and n < most:
        day += timedelta(days=1)
        n += is_working(day, extra)
    return n

"""Working days: the holidays of known years, the moon computed anew, and what the setting adds."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UsageError
from pipeline import workdays
from pipeline.settings import load

DAYS = st.dates(date(2025, 1, 1), date(2035, 12, 31))


def span(first: str, last: str) -> set[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return {start + timedelta(days=n) for n in range((end - start).days + 1)}


def off(first: date, last: date) -> set[date]:
    """The weekdays off between two days."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day for day in days if day.weekday() < 5 and not workdays.is_working(day)}


# the weekdays that Vietnam's public service had off, as the government announced them
ANNOUNCED = {
    2024: span("2024-01-01", "2024-01-01")
    | span("2024-02-08", "2024-02-09")
    | span("2024-02-12", "2024-02-14")
    | {date(2024, 4, 18), date(2024, 4, 30), date(2024, 5, 1), date(2024, 9, 2), date(2024, 9, 3)},
    2025: {date(2025, 1, 1)}
    | span("2025-01-27", "2025-01-31")
    | {date(2025, 4, 7), date(2025, 4, 30), date(2025, 5, 1), date(2025, 9, 1), date(2025, 9, 2)},
    2026: {date(2026, 1, 1)}
    | span("2026-02-16", "2026-02-20")
    | {date(2026, 4, 27), date(2026, 4, 30), date(2026, 5, 1), date(2026, 9, 1), date(2026, 9, 2)},
}


@pytest.mark.parametrize("year", sorted(ANNOUNCED))
def test_the_holidays_are_those_that_were_announced(year: int) -> None:
    assert off(date(year, 1, 1), date(year, 12, 31)) == ANNOUNCED[year]


def test_a_holiday_on_a_weekend_is_made_up_for_once() -> None:
    # Tết 2027 begins on a Saturday: five days from the Friday before, two of them on the weekend
    assert off(date(2027, 2, 1), date(2027, 2, 20)) == span("2027-02-05", "2027-02-05") | span(
        "2027-02-08", "2027-02-11"
    )


def new_moon(k: int) -> float:
    """Julian day (UT) of a new moon: Meeus, Astronomical Algorithms, chapter 49, its larger terms."""
    t = k / 1236.85
    r, s = math.radians, math.sin
    e = 1 - 0.002516 * t
    m = r(2.5534 + 29.10535670 * k - 0.0000014 * t * t)
    moon = r(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    f = r(160.7108 + 390.67050284 * k - 0.0016118 * t * t)
    node = r(124.7746 - 1.56375588 * k)
    terms = (
        -0.40720 * s(moon) + 0.17241 * e * s(m) + 0.01608 * s(2 * moon) + 0.01039 * s(2 * f),
        0.00739 * e * s(moon - m) - 0.00514 * e * s(moon + m) + 0.00208 * e * e * s(2 * m),
        -0.00111 * s(moon - 2 * f) - 0.00057 * s(moon + 2 * f) + 0.00056 * e * s(2 * moon + m),
        -0.00042 * s(3 * moon) + 0.00042 * e * s(m + 2 * f) + 0.00038 * e * s(m - 2 * f),
        -0.00024 * e * s(2 * moon - m) - 0.00017 * s(node),
    )
    return 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t + sum(terms) - 69 / 86_400


def local(julian: float) -> int:
    """The Julian day number of an instant at UTC+7."""
    return math.floor(julian + 0.5 + 7 / 24)


def sector(day: int) -> int:
    """Which twelfth of its way the sun is in when a local day begins: Meeus, chapter 25."""
    t = (day - 0.5 - 7 / 24 - 2451545) / 36525
    m = math.radians(357.52911 + 35999.05029 * t)
    c = (1.914602 - 0.004817 * t) * math.sin(m) + 0.019993 * math.sin(2 * m) + 0.000289 * math.sin(3 * m)
    node = math.radians(125.04 - 1934.136 * t)
    return int((280.46646 + 36000.76983 * t + c - 0.00569 - 0.00478 * math.sin(node)) % 360 // 30)


def day_of(k: int) -> date:
    return date.fromordinal(local(new_moon(k)) - 1721425)


def eleventh(year: int) -> int:
    """The new moon that begins the eleventh month: the last before the winter solstice."""
    k = math.floor((date(year, 12, 31).toordinal() + 1721424.5 - 2451550.1) / 29.530588861) + 1
    while day_of(k) > date(year, 12, 31) or sector(local(new_moon(k))) >= 9:
        k -= 1
    return k


def lunar_months(year: int) -> dict[int, int]:
    """The new moon of each month between two winter solstices, without the leap month."""
    moons = list(range(eleventh(year - 1), eleventh(year)))
    leap = None
    if len(moons) == 13:
        same = (k for k in moons[1:] if sector(local(new_moon(k))) == sector(local(new_moon(k + 1))))
        leap = next(same)
    kept = [k for k in moons if k != leap]
    return {(10 + at) % 12 + 1: k for at, k in enumerate(kept)}


@pytest.mark.parametrize("year", sorted(workdays.lunar()))
def test_the_table_of_the_moon_is_what_the_moon_does(year: int) -> None:
    tet, first_off, hung_kings = workdays.lunar()[year]
    months = lunar_months(year)
    assert tet == day_of(months[1])
    assert hung_kings == day_of(months[3]) + timedelta(days=9)
    assert timedelta(days=1) <= tet - first_off <= timedelta(days=2)


def test_control_the_moon_of_another_zone_differs_in_2030() -> None:
    # Hanoi and Beijing celebrate on two days in 2030: a table copied from the Chinese one would be wrong
    k = lunar_months(2030)[1]
    beijing = date.fromordinal(math.floor(new_moon(k) + 0.5 + 8 / 24) - 1721425)
    assert (workdays.lunar()[2030][0], beijing) == (date(2030, 2, 2), date(2030, 2, 3))


def test_the_table_reaches_ten_years_on() -> None:
    assert set(range(2024, 2037)) <= set(workdays.lunar())


@given(DAYS, st.integers(0, 30))
def test_adding_and_counting_are_one(day: date, n: int) -> None:
    end = workdays.add(day, n)
    assert workdays.since(day, end) == n
    assert n == 0 or workdays.is_working(end)
    assert workdays.since(day, end - timedelta(days=1)) < n or n == 0


@given(DAYS, st.integers(1, 10), st.frozensets(DAYS, max_size=5))
def test_days_off_never_bring_the_end_nearer(day: date, n: int, extra: frozenset[date]) -> None:
    assert workdays.add(day, n, extra) >= workdays.add(day, n)


def test_seven_days_over_tet() -> None:
    assert workdays.add(date(2026, 2, 11), 7) == date(2026, 2, 27)
    assert workdays.add(date(2026, 2, 11), 7, frozenset({date(2026, 2, 26)})) == date(2026, 3, 2)


def test_the_setting_adds_days_and_names_what_is_none() -> None:
    given = load(environ={}, flags={workdays.EXTRA: "2026-11-24, 2027-02-12"})
    assert workdays.extra_days(given) == {date(2026, 11, 24), date(2027, 2, 12)}
    assert workdays.extra_days(load(environ={})) == frozenset()
    with pytest.raises(UsageError, match=r"appeal\.extra_holidays: '24/11'"):
        workdays.extra_days(load(environ={}, flags={workdays.EXTRA: "2026-11-24, 24/11"}))

"""Weeks are ISO weeks of local days, at every half hour of five years."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import WeekError
from models.weeks import iso_week, local_day, parse_week, week_days, weeks_between


def test_every_half_hour_of_five_years_is_in_its_local_week() -> None:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    while instant.year < 2031:
        assert iso_week(instant) == instant.astimezone(zone).strftime("%G-W%V")
        instant += timedelta(minutes=30)


def test_2026_has_a_week_53() -> None:
    assert iso_week(date(2026, 12, 31)) == iso_week(date(2027, 1, 3)) == "2026-W53"
    assert week_days("2026-W53") == (date(2026, 12, 28), date(2027, 1, 3))
    assert weeks_between("2026-W52", "2027-W01") == ["2026-W52", "2026-W53", "2027-W01"]
    assert weeks_between("2027-W01", "2026-W52") == []


@pytest.mark.parametrize("text", ["2026-W54", "2025-W53", "2026W47", "2026-W7", "", "2026-W00", "2026-W47 "])
def test_what_is_no_week_is_named(text: str) -> None:
    with pytest.raises(WeekError) as refused:
        parse_week(text)
    assert repr(text) in str(refused.value)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_day_lies_in_its_week(day: date) -> None:
    monday, sunday = week_days(iso_week(day))
    assert monday <= day <= sunday
    assert (monday.weekday(), sunday - monday) == (0, timedelta(days=6))


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        local_day(datetime(2026, 1, 1))  # noqa: DTZ001 -- the subject of the test

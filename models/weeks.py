"""ISO weeks (ISO 8601) of the desk's own time zone, Asia/Ho_Chi_Minh; 2026 has 53."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.errors import WeekError

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# the week of a claim that belongs to none: seeds are reviewed and never counted
NO_WEEK = ""
_LABEL = re.compile(r"(\d{4})-W(\d{2})")


def local_day(instant: datetime) -> date:
    """The desk's calendar day of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime: pass an aware one")
    return instant.astimezone(ZONE).date()


def iso_week(when: datetime | date) -> str:
    """The label `%G-W%V` of a local day, or of an aware instant's local day."""
    day = local_day(when) if isinstance(when, datetime) else when
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def parse_week(text: str) -> str:
    """Check a week label; raises `WeekError` naming it if there is no such week."""
    match = _LABEL.fullmatch(text)
    if not match:
        raise WeekError(f"week {text!r}: write it as 2026-W47")
    try:
        date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise WeekError(f"week {text!r}: that year has no such week") from error
    return text


def week_days(week: str) -> tuple[date, date]:
    """Monday and Sunday of a week."""
    parse_week(week)
    monday = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
    return monday, monday + timedelta(days=6)


def weeks_between(first: str, last: str) -> list[str]:
    """Every week from `first` to `last`, both included; empty if `last` is earlier."""
    day, end = week_days(first)[0], week_days(last)[0]
    labels = []
    while day <= end:
        labels.append(iso_week(day))
        day += timedelta(days=7)
    return labels


def quarter_of(week: str) -> str:
    """The quarter of an ISO year that a week belongs to, as `2026-Q4`: 13 weeks each, a 53rd in the last."""
    parse_week(week)
    return f"{week[:4]}-Q{min(4, (int(week[6:]) - 1) // 13 + 1)}"

"""Exports by the clock: each closed week once, and the annual report as draft, as handed in, and as final.

The ledger says what was written, not the folder: a week that was missed is written on return, one that was
killed on its way is written again and comes out the same. Everything lies under `var/exports`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.desk import JobRun
from models.weeks import NO_WEEK, local_day
from pipeline import ledger
from pipeline.compose import Desk
from pipeline.files import write_all

WEEKLY = "weekly-export"
ANNUAL = "annual-report"
FINAL = "closed"
DRAFT_FROM = (11, 1)


def folder(desk: Desk) -> Path:
    """Where the scheduled exports lie."""
    return desk.settings.path("paths.var") / "exports"


def weeks_due(desk: Desk, now: datetime) -> Sequence[str]:  # noqa: ARG001 -- a job's signature
    """Every closed week whose export is not written yet, oldest first."""
    with desk.reading() as session:
        return sorted(closed_weeks(session) - _periods(session, WEEKLY))


def closed_weeks(session: Session) -> set[str]:
    """The weeks whose figures are closed, from the ledger of closing: one row a week, not one a figure."""
    from pipeline.metrics import CLOSE

    return _periods(session, CLOSE)


def _periods(session: Session, job: str) -> set[str]:
    done = select(JobRun.period).where(JobRun.job == job, JobRun.outcome == ledger.DONE)
    return set(session.scalars(done))


def write_week(desk: Desk, week: str) -> list[Path]:
    """Write a closed week's files into its own folder."""
    from pipeline import exports

    return _write(folder(desk) / "weekly" / week, exports.render(desk, week))


def _write(place: Path, contents: dict[str, bytes]) -> list[Path]:
    # what a run that was killed had laid beside its place; the ledger lets no other run be at work here
    for left in place.glob(".*"):
        left.unlink()
    return write_all(place, contents)


def reports_due(desk: Desk, now: datetime) -> Sequence[str]:
    """The annual reports to write: today's draft in November, each year's on the 20th, and once it is final.

    A period is the day of the edition, `2026-11-05` or `2026-11-20`, or the year with `closed`.
    """
    today = local_day(now)
    with desk.reading() as session:
        first = _first_week(session)
        if first is None:
            return []
        closed, done = closed_weeks(session), _periods(session, ANNUAL)
    periods = [period for year in _years(first, today) for period in _editions(year, first, closed)]
    if date(today.year, *DRAFT_FROM) <= today < _due_day(today.year) and first <= _weeks(today.year)[-1]:
        periods.append(today.isoformat())
    return sorted(set(periods) - done)


def _first_week(session: Session) -> str | None:
    """The first week that the desk knows of, from claims that are kept and weeks that are closed."""
    claims = session.scalar(select(func.min(Claim.week)).where(Claim.week != NO_WEEK))
    closed = min(closed_weeks(session), default=None)
    return min((week for week in (claims, closed) if week is not None), default=None)


def _weeks(year: int) -> list[str]:
    from pipeline.yearfacts import report_weeks

    return report_weeks(year)


def _due_day(year: int) -> date:
    from pipeline.yearfacts import REPORT_DAY

    return date(year, *REPORT_DAY)


def _years(first: str, today: date) -> list[int]:
    """The years since the desk's first week whose 20 November has come."""
    last = today.year if today >= _due_day(today.year) else today.year - 1
    return [year for year in range(int(first[:4]), last + 1) if _weeks(year)[-1] >= first]


def _editions(year: int, first: str, closed: set[str]) -> list[str]:
    """The edition of 20 November and, once every week of the year is closed, the final one."""
    handed_in = _due_day(year).isoformat()
    if any(week >= first and week not in closed for week in _weeks(year)):
        return [handed_in]
    return [handed_in, f"{year}-{FINAL}"]


def write_report(desk: Desk, period: str) -> list[Path]:
    """Write one edition of the annual report into its own folder."""
    from pipeline import annual, yearfacts

    year = int(period[:4])
    return _write(place_of(desk, period), annual.render(yearfacts.gather(desk, year)))


def place_of(desk: Desk, period: str) -> Path:
    """The folder of an edition: drafts take each other's place, the others stay."""
    year = int(period[:4])
    name = period
    if not period.endswith(FINAL) and date.fromisoformat(period) < _due_day(year):
        name = "draft"
    return folder(desk) / "annual" / str(year) / name


def outlook(session: Session, today: date) -> tuple[bool, str]:
    """Whether the annual report is in hand, and when it is due, in words."""
    first = _first_week(session)
    done = _periods(session, ANNUAL)
    year = today.year if today < _due_day(today.year) else today.year + 1
    days = (_due_day(year) - today).days
    coming = f"the report on {year} is due before {_due_day(year)}, in {days} days"
    if first is None:
        return True, f"{coming}; there is nothing to report yet"
    missed = [one for past in _years(first, today) if (one := _due_day(past).isoformat()) not in done]
    if missed:
        return False, f"the report of {missed[-1]} is not written"
    if today < date(year, *DRAFT_FROM) or first > _weeks(year)[-1]:
        return True, coming
    drafts = [period for period in done if period.startswith(f"{year}-11-")]
    if not drafts:
        return False, f"{coming}; there is no draft yet"
    return True, f"{coming}; draft of {max(drafts)}"

"""The facts of the report on the year to 20 November, in no language yet.

It has three editions. Up to 19 November it is a draft; from the 20th on it is what is handed in, though the
last weeks are not closed yet; once all its weeks are closed it is final, and the same bytes for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.errors import UsageError
from models.weeks import iso_week, local_day, quarter_of, weeks_between
from pipeline import metrics, targets, yearcounts
from pipeline.compose import Desk
from pipeline.figures import Figure, with_states
from pipeline.needed import more_audits
from pipeline.tally import Tally, tally

TARGETS = ("answered", "prevalence")
REPORT_DAY = (11, 20)
DRAFT, DUE, CLOSED = "draft", "due", "closed"


@dataclass(frozen=True)
class Facts:
    """Everything that a year's report says, in no language."""

    desk: str
    base: str
    answer_hours: int
    appeal_days: int
    year: int
    today: date
    began: bool
    weeks: Sequence[str]
    open_weeks: Sequence[str]
    edition: str
    figures: Sequence[Figure]
    pooled: Mapping[str, Figure]
    quarters: Sequence[tuple[str, Mapping[str, Figure]]]
    needed: Mapping[str, int | None]
    corrections: yearcounts.Corrections
    appeals: yearcounts.Appeals
    models: Sequence[yearcounts.ModelChange]
    head: yearcounts.Head | None

    @property
    def day(self) -> date:
        """The date that the files carry: the year's 20 November once nothing can change any more."""
        return date(self.year, *REPORT_DAY) if self.edition == CLOSED else self.today

    def of(self, name: str) -> list[Figure]:
        """One figure in every week that has it, oldest first."""
        return [one for one in self.figures if one.name == name]


def report_weeks(year: int) -> list[str]:
    """The weeks of an annual report: those that end in the year up to 20 November."""
    last = date(year, *REPORT_DAY)
    first = date(year - 1, *REPORT_DAY) + timedelta(days=1)
    # a week belongs to the report in which its Sunday lies
    return weeks_between(iso_week(first), iso_week(last - timedelta(days=6)))


def gather(desk: Desk, year: int) -> Facts:
    """The facts of a year; raises `UsageError` for one that has not begun or was before the desk."""
    today = local_day(desk.clock())
    weeks, began = _weeks(desk, year)
    figures = metrics.between(desk, weeks[0], weeks[-1])
    open_weeks = list(dict.fromkeys(one.week for one in figures if one.provisional))
    when = yearcounts.span(weeks)
    with desk.reading() as session:
        tallies = {week: tally(session, desk, week) for week in weeks}
        corrections = yearcounts.corrections(session, when)
        appeals = yearcounts.appeals(session, when)
        models = yearcounts.model_changes(session, when)
        head = yearcounts.head(session, when)
    known = [one for one in tallies.values() if one is not None]
    counts = targets.pool(known, weeks[-1])
    return Facts(
        desk=desk.settings.text("desk.name"),
        base=desk.settings.text("web.public_url").rstrip("/"),
        answer_hours=desk.settings.number("answer.hours"),
        appeal_days=desk.settings.number("appeal.working_days"),
        year=year,
        today=today,
        began=began,
        weeks=weeks,
        open_weeks=open_weeks,
        edition=_edition(today, year, open_weeks),
        figures=figures,
        pooled=_pooled(known, weeks[-1]),
        quarters=_quarters(tallies),
        needed={name: more_audits(name, counts) for name in TARGETS},
        corrections=corrections,
        appeals=appeals,
        models=models,
        head=head,
    )


def _weeks(desk: Desk, year: int) -> tuple[list[str], bool]:
    """The report's weeks from the desk's first one to the present one, and whether there is any."""
    weeks = report_weeks(year)
    present = iso_week(desk.clock())
    if weeks[0] > present:
        raise UsageError(f"year {year}: its report begins with week {weeks[0]}, which has not come yet")
    began = metrics.first_week(desk) or present
    if weeks[-1] < began and year < local_day(desk.clock()).year:
        raise UsageError(f"year {year}: its report ends with week {weeks[-1]}; the desk began in {began}")
    found = [week for week in weeks if began <= week <= present]
    # a desk that began after the report's last week still gets a report, which says so
    return found or weeks[-1:], bool(found)


def _edition(today: date, year: int, open_weeks: Sequence[str]) -> str:
    if today < date(year, *REPORT_DAY):
        return DRAFT
    return DUE if open_weeks else CLOSED


def _pooled(tallies: Sequence[Tally], last: str) -> dict[str, Figure]:
    return {one.name: one for one in with_states(targets.over(tallies, last))}


def _quarters(tallies: Mapping[str, Tally | None]) -> list[tuple[str, dict[str, Figure]]]:
    quarters: dict[str, list[str]] = {}
    for week in tallies:
        quarters.setdefault(quarter_of(week), []).append(week)
    return [
        (quarter, _pooled([one for week in weeks if (one := tallies[week]) is not None], weeks[-1]))
        for quarter, weeks in quarters.items()
    ]

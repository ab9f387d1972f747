"""The two targets as cards: the state in words first, then the interval, then the counts behind it.

A point estimate never decides: the words come from the interval alone, and "met" is said at a quarter's end
alone, from the limit over the year so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from pipeline import figures as states
from pipeline.figures import PREVALENCE_TARGET, RECALL_TARGET, YEAR_TO_DATE, Figure, is_wide, shown
from pipeline.needed import more_audits
from pipeline.tally import Stratum, Tally

TARGETS = ("answered", "prevalence")
MET, INDICATES, NOT_MET, OPEN, TOO_FEW = "met", "indicates", "not-met", "open", "too-few"
# where one week holds too few false claims to say anything, the pooled figure is looked at instead
_POOLED = {"answered": ("answered_4_weeks", "answered_quarter"), "prevalence": ()}


@dataclass(frozen=True)
class Range:
    """An interval drawn on a line; places are per cent of its width."""

    low: float
    high: float
    value: float
    target: float
    top: float
    grey: bool
    recall: bool

    def at(self, share: float) -> float:
        """The place of a share on the line."""
        return round(100 * min(share, self.top) / self.top, 2)

    @property
    def span(self) -> float:
        """The width of the interval on the line; a point is still to be seen."""
        return max(1.0, round(self.at(self.high) - self.at(self.low), 2))

    @staticmethod
    def anchor(place: float) -> str:
        """Where a label's place is: at its start, middle or end, so that it stays within the line."""
        return "start" if place < 15 else "end" if place > 85 else "middle"

    @property
    def close(self) -> bool:
        """Whether the two ends are too near each other for a label each."""
        return self.at(self.high) - self.at(self.low) < 22

    @property
    def middle(self) -> float:
        """The middle of the interval, on the line."""
        return round((self.at(self.low) + self.at(self.high)) / 2, 2)


@dataclass(frozen=True)
class Card:
    """One target of one week. `figure` is what is shown; `counts` are n, x, A, D and N_V, where known."""

    name: str
    week: str
    state: str
    figure: Figure
    counts: Mapping[str, int]
    more: int | None
    corrected: Figure | None
    year: Figure | None
    scale: Range | None

    @property
    def pooled(self) -> str:
        """How many weeks the shown figure pools: `4_weeks`, `quarter`, or an empty text for one."""
        return self.figure.name.removeprefix(self.name).strip("_")

    def ends(self, language: str) -> list[str]:
        """Both ends of the interval as they are written everywhere, rounded outwards."""
        return shown(self.figure, language).partition("[")[2].rstrip("]").split(" – ")

    def estimate(self, language: str) -> str:
        """The estimate as it is written everywhere; it never stands without its interval."""
        return shown(self.figure, language).partition(" [")[0]

    @property
    def items(self) -> int:
        """N: all claims of the week that were monitored."""
        return sum(self.counts.get(name, 0) for name in ("known_answered", "known_late", "audit_frame"))


def card(week: Sequence[Figure], name: str, year: Figure | None = None) -> Card:
    """The card of a target from the figures of one week; `year` is the newest look at a quarter's end."""
    by_name = {one.name: one for one in week}
    chosen = next(
        (by_name[one] for one in (name, *_POOLED[name]) if one in by_name and by_name[one].enough),
        by_name[name],
    )
    counts = {
        one: int(found.value)
        for one in (
            "known_answered",
            "known_late",
            "audit_frame",
            "audit_drawn",
            "audit_judged",
            "audit_false",
        )
        if (found := by_name.get(one)) is not None and found.value is not None
    }
    corrected = by_name.get(f"{name}_corrected")
    return Card(
        name=name,
        week=chosen.week,
        state=_state(chosen, by_name.get(name + YEAR_TO_DATE)),
        figure=chosen,
        counts=counts,
        more=more_audits(name, _tally(chosen.week, counts)) if counts.get("audit_frame") else None,
        corrected=corrected if corrected is not None and corrected.enough else None,
        year=year,
        scale=_range(chosen),
    )


def _state(figure: Figure, year: Figure | None) -> str:
    if year is not None and year.state == states.TARGET_MET:
        return MET
    if not figure.enough:
        return TOO_FEW
    if figure.state == states.INDICATES_MET:
        return INDICATES
    return NOT_MET if figure.state == states.NOT_MET else OPEN


def _tally(week: str, counts: Mapping[str, int]) -> Tally:
    """The counts of a week as they stand in its figures, all draws as one stratum."""
    size = counts["audit_frame"]
    stratum = Stratum(
        size=size,
        drawn=counts.get("audit_drawn", 0),
        judged=counts.get("audit_judged", 0),
        positives=counts.get("audit_false", 0),
    )
    known, late = counts.get("known_answered", 0), counts.get("known_late", 0)
    return Tally(week, answered=known, late=late, items=known + late + size, strata=(stratum,))


def _range(figure: Figure) -> Range | None:
    if figure.value is None or figure.low is None or figure.high is None:
        return None
    recall = figure.name.startswith("answered")
    # the line of prevalence ends at a fifth, or where the interval does
    top = 1.0 if recall else min(1.0, max(0.2, ceil(figure.high * 20 + 1e-9) / 20))
    target = RECALL_TARGET if recall else PREVALENCE_TARGET
    return Range(figure.low, figure.high, figure.value, target, top, is_wide(figure), recall)


def latest_look(figures: Sequence[Figure], name: str, week: str) -> Figure | None:
    """The newest figure over the year so far, up to a week and within its year."""
    found = [
        one
        for one in figures
        if one.name == name + YEAR_TO_DATE and one.week <= week and one.week[:4] == week[:4]
    ]
    return max(found, key=lambda one: one.week, default=None)


def headline_week(figures: Sequence[Figure]) -> str | None:
    """The newest week that has an estimate of its own of either target."""
    return max((one.week for one in figures if one.name in TARGETS and one.enough), default=None)

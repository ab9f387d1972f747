"""What a desk that looks only at what it flagged would claim: shown once, as a warning, beside the truth.

Of the claims that it knew, the share that it answered: it can see no claim that it missed, so it is too good
whatever the desk does (its interval never held the truth in the simulation of the specification).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.weeks import iso_week, quarter_of
from pipeline import metrics
from pipeline.compose import Desk
from pipeline.figures import Figure, missing


@dataclass(frozen=True)
class Naive:
    """The naive share of a quarter (None without a known false claim) and the figure with its interval."""

    quarter: str
    answered: int
    known: int
    real: Figure

    @property
    def share(self) -> float | None:
        """What would have been claimed."""
        return self.answered / self.known if self.known else None


def of_quarter(desk: Desk, figures: Sequence[Figure]) -> Naive:
    """The present quarter's naive share, and the real interval over the same weeks.

    Both are taken over the weeks whose audit has been judged; `figures` are those of the quarter's weeks.
    """
    present = iso_week(desk.clock())
    quarter = quarter_of(present)
    weeks = sorted(
        one.week
        for one in figures
        if one.name == "prevalence" and one.enough and quarter_of(one.week) == quarter
    )
    counts = {
        name: sum(int(one.value or 0) for one in figures if one.name == name and one.week in weeks)
        for name in ("known_answered", "known_late")
    }
    if not weeks:
        return Naive(quarter, 0, 0, missing("answered", present, 0, "too few data: there is no week yet"))
    real = next(one for one in metrics.over(desk, weeks) if one.name == "answered")
    return Naive(quarter, counts["known_answered"], sum(counts.values()), real)

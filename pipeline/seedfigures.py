"""How well reviewers recognise false claims, and both targets corrected for what they do not recognise.

Two people settle every claim, flagged or drawn, and seeds go the same way: whatever was found false is the
share S of what is. So the whole of it, known and estimated, is divided by S (melding: Fay, Proschan and
Brittain 2015), and what was answered is held against that. To divide the drawn part alone would be right
only if claims that were flagged and rejected were judged a second time when they are drawn; they are not.
A corrected figure always stands beside the uncorrected one.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from models.weeks import quarter_of
from pipeline import seeds
from pipeline import statistics as limits
from pipeline.figures import CORRECTED, LEVEL, YEAR_TO_DATE, Figure, missing
from pipeline.shares import MIN_CASES, share
from pipeline.tally import Tally
from pipeline.targets import CLAIM_ALPHA, pool, strata_of

NAME = "verdict_sensitivity"
TARGETS = ("answered", "prevalence")

Counted = tuple[int, int]  # recognised, settled


def counted(session: Session, week: str) -> Counted:
    """The seeds of the week's quarter that are settled by now, and how many of them were recognised."""
    return seeds.counted(session, quarter_of(week))


def sensitivity(of_quarter: Counted, week: str) -> Figure:
    """The share of the quarter's seeds that two people recognised, with Wilson's interval."""
    recognised, settled = of_quarter
    if settled < MIN_CASES:
        return _unknown(NAME, week, of_quarter)
    return share(NAME, week, recognised, settled)


def corrected(plain: Sequence[Figure], counts: Tally | None, of_quarter: Counted, week: str) -> list[Figure]:
    """Both targets of a week, corrected; without a value wherever the uncorrected one has none."""
    of_name = {one.name: one for one in plain}
    return [_beside(of_name[name], counts, of_quarter, week) for name in TARGETS]


def _beside(plain: Figure, counts: Tally | None, of_quarter: Counted, week: str) -> Figure:
    name = plain.name + CORRECTED
    if not plain.enough or counts is None:
        return missing(name, week, plain.n, plain.method)
    if not _known(of_quarter):
        return _unknown(name, week, of_quarter)
    strata = strata_of(counts)
    value = limits.stratified(strata).estimate / (of_quarter[0] / of_quarter[1])
    low, high = limits.melded_share(strata, of_quarter, _number(week))
    ends = _as(plain.name, counts, (min(1.0, value), low, high))
    return Figure(name, week, *ends, LEVEL, plain.n, _method(of_quarter), enough=True)


def _as(name: str, counts: Tally, false: tuple[float, float, float]) -> tuple[float, float, float]:
    """The share of false claims as it is, or as the share of them that was answered."""
    value, low, high = false
    if name == "prevalence":
        return false
    if not counts.answered:
        return 0.0, 0.0, 0.0
    in_all = counts.answered / counts.items
    return in_all / value, in_all / high, in_all / low


def year_to_date(
    past: Sequence[Tally], week: str, plain: Sequence[Figure], of_quarter: Counted
) -> list[Figure]:
    """What may be claimed at a quarter end, corrected: one-sided melded limits over the year."""
    counts = pool(past, week)
    level = 1 - CLAIM_ALPHA
    figures = []
    for one in plain:
        name = one.name.removesuffix(YEAR_TO_DATE) + CORRECTED + YEAR_TO_DATE
        if not one.enough:
            figures.append(missing(name, week, one.n, one.method, level))
        elif not _known(of_quarter):
            figures.append(_unknown(name, week, of_quarter, level))
        else:
            figures.append(_claim(name, counts, of_quarter, level))
    return figures


def _claim(name: str, counts: Tally, of_quarter: Counted, level: float) -> Figure:
    strata = strata_of(counts)
    target = name.removesuffix(CORRECTED + YEAR_TO_DATE)
    false = min(1.0, limits.stratified(strata).estimate / (of_quarter[0] / of_quarter[1]))
    top = limits.melded_claim_limit(strata, of_quarter, _number(counts.week), level)
    value, low, high = _as(target, counts, (false, top, top))
    is_share = target == "prevalence"
    return Figure(
        name,
        counts.week,
        value,
        None if is_share else low,
        high if is_share else None,
        level,
        counts.counted[1],
        f"one-sided, {_method(of_quarter)}",
        enough=True,
    )


def _known(of_quarter: Counted) -> bool:
    """Whether there is something to correct with; a low sensitivity is corrected for all the more."""
    return of_quarter[1] >= limits.MIN_SEEDS and of_quarter[0] > 0


def _unknown(name: str, week: str, of_quarter: Counted, level: float = LEVEL) -> Figure:
    why = limits.sensitivity_state(*of_quarter) or ""
    told = f"{why}: {of_quarter[1]} seeds are settled this quarter, {limits.MIN_SEEDS} are needed"
    return missing(name, week, of_quarter[1], told, level)


def _method(of_quarter: Counted) -> str:
    recognised, settled = of_quarter
    return f"melding: {recognised} of {settled} seeds recognised"


def _number(week: str) -> int:
    """The week as the seed of the draws, so that a figure comes out the same whenever it is reckoned."""
    return int(week[:4] + week[6:])

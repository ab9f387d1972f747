"""The figures of the two targets from a week's counts: how much was answered, how common false claims are.

T1 `answered` is A / (A + D + M) with M, the missed, estimated from the audit; T2 `prevalence` is
(A + D + M) / N. Where the judged are spread like V their counts are pooled (hypergeometric, mid-p);
otherwise, and for mentions, the mid-p gamma limits of the strata are taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from math import ceil

from pipeline import statistics as limits
from pipeline.figures import (
    LEVEL,
    NO_STATISTICS,
    NONE_KNOWN,
    YEAR_TO_DATE,
    Figure,
    count,
    missing,
)
from pipeline.tally import Stratum, Tally

MIN_AUDIT = 30
MIN_FALSE = 10
POOLED_FALSE = 30
MAX_MISSING = 0.02
LOOKS = 4  # quarter ends share one year's error of five per cent
CLAIM_ALPHA = limits.ALPHA / LOOKS
FOUR_WEEKS, QUARTER_WEEKS = 4, 13

EXACT = "hypergeometric mid-p, proportional strata pooled"
GAMMA = "stratified Horvitz-Thompson, mid-p gamma"
UNDRAWN = "too few data: the audit has not been drawn"
POOLED = "weeks as strata, Fay-Feuer gamma"
WINDOW = "{n}-week window: "
NO_MISS = "; no miss found among the draws"

Limits = tuple[float, float, float]


def target_figures(counts: Tally) -> list[Figure]:
    """Both targets of a week, by claim and by mention, with the counts behind them."""
    x, n, size = counts.counted
    week = counts.week
    figures = [
        recall(counts),
        recall_mentions(counts),
        prevalence(counts),
        prevalence_mentions(counts),
        *_if_missing(counts),
        count("known_answered", week, counts.answered),
        count("known_late", week, counts.late),
        count("audit_frame", week, size),
        count("audit_drawn", week, counts.drawn),
        count("audit_judged", week, n),
        count("audit_false", week, x),
    ]
    unproven = prevalence(counts.with_unproven())
    figures.append(replace(unproven, name="prevalence_unproven_counted"))
    needed = limits.n_min(counts.answered, counts.late, size)
    if needed is not None and counts.answered:
        figures.append(count("audits_needed", week, needed))
    return figures


def unsampled(week: str) -> list[Figure]:
    """The targets of a week that has no frame yet."""
    names = ("answered", "answered_mentions", "prevalence", "prevalence_mentions")
    return [missing(name, week, 0, UNDRAWN) for name in names]


def _undrawn(name: str, counts: Tally) -> Figure | None:
    return None if counts.items else missing(name, counts.week, 0, UNDRAWN)


def _unfit(name: str, counts: Tally) -> Figure | None:
    """Why there is no interval for either target, if there is none."""
    _, n, size = counts.counted
    if not counts.committed:
        why = f"{NO_STATISTICS}: the seed was not committed to before the draw"
        return missing(name, counts.week, n, why)
    if not counts.sampled or (n < MIN_AUDIT and n < size):
        why = f"too few data: {n} of {counts.drawn} draws are judged, {MIN_AUDIT} are needed"
        return missing(name, counts.week, n, why)
    return None


def missed(counts: Tally) -> Limits:
    """Estimate and 95 % limits of M, the false claims among everything that was not known."""
    x, n, size = counts.counted
    if counts.proportional:
        return limits.missed_limits(x, n, size)
    estimate, low, high = limits.gamma_limits([one.counted for one in counts.strata])
    return estimate * size, low * size, high * size


def _method(counts: Tally) -> str:
    x, n, size = counts.counted
    if n == size:
        return "complete count"
    return (EXACT if counts.proportional else GAMMA) + ("" if x else NO_MISS)


def recall(counts: Tally, name: str = "answered") -> Figure:
    """T1, by claim."""
    unfit = _unfit(name, counts)
    return unfit or _few_false(name, counts) or _recall(name, counts, missed(counts), _method(counts))


def _few_false(name: str, counts: Tally) -> Figure | None:
    x, n, _ = counts.counted
    found = counts.answered + counts.late + x
    if found == 0:
        most = ceil(missed(counts)[2])
        return missing(name, counts.week, n, f"{NONE_KNOWN}; up to {most} may exist")
    if found < MIN_FALSE and counts.answered:
        why = f"too few data: {counts.answered} answered, {counts.late} late, {x} missed in {n} draws"
        return missing(name, counts.week, n, why)
    return None


def _recall(name: str, counts: Tally, missed_: Limits, method: str) -> Figure:
    found = limits.recall_limits(counts.answered, counts.late, missed_)
    n = counts.counted[1]
    if found is None:
        return missing(name, counts.week, n, f"{NONE_KNOWN}; up to {ceil(missed_[2])} may exist")
    value, low, high = found
    return Figure(name, counts.week, value, low, high, LEVEL, n, method, enough=True)


def recall_mentions(counts: Tally) -> Figure:
    """T1, weighted by mentions."""
    name = "answered_mentions"
    unfit = _unfit(name, counts) or _few_false(name, counts)
    if unfit is not None:
        return unfit
    shares = limits.midp_limits(counts.missed_mentions())
    known = replace(counts, answered=counts.answered_mentions, late=counts.late_mentions)
    estimate, low, high = (share * counts.mentions for share in shares)
    return _recall(name, known, (estimate, low, high), GAMMA + ", weighted by mentions")


def prevalence(counts: Tally, name: str = "prevalence") -> Figure:
    """T2, by claim."""
    unfit = _unfit(name, counts)
    if unfit is not None:
        return unfit
    known = counts.answered + counts.late
    if counts.proportional:
        value, low, high = ((known + m) / counts.items for m in missed(counts))
    else:
        value, low, high = limits.gamma_limits(strata_of(counts))
    n = counts.counted[1]
    return Figure(name, counts.week, value, low, high, LEVEL, n, _method(counts), enough=True)


def strata_of(counts: Tally) -> list[limits.Counted]:
    """The known claims as a stratum seen whole, and the strata of V."""
    seen = counts.items - counts.counted[2]
    return [(counts.answered + counts.late, seen, seen), *(one.counted for one in counts.strata)]


def prevalence_mentions(counts: Tally) -> Figure:
    """T2, weighted by mentions."""
    name = "prevalence_mentions"
    unfit = _unfit(name, counts)
    if unfit is not None:
        return unfit
    known = (counts.answered_mentions + counts.late_mentions) / counts.mentions
    value, low, high = (known + share for share in limits.midp_limits(counts.missed_mentions()))
    method = GAMMA + ", weighted by mentions"
    return Figure(name, counts.week, value, low, high, LEVEL, counts.counted[1], method, enough=True)


def _if_missing(counts: Tally) -> list[Figure]:
    """Both targets twice more if over two per cent of the draws could not be judged."""
    if counts.drawn == 0 or counts.missing / counts.drawn <= MAX_MISSING:
        return []
    worst, best = counts.with_missing(false=True), counts.with_missing(false=False)
    return [
        recall(worst, "answered_missing_all_false"),
        recall(best, "answered_missing_none_false"),
        prevalence(worst, "prevalence_missing_all_false"),
        prevalence(best, "prevalence_missing_none_false"),
    ]


def pool(tallies: Sequence[Tally], week: str) -> Tally:
    """Several weeks as one: each week's V is a stratum, or each stratum of V if they may not be pooled."""
    strata: list[Stratum] = []
    for one in tallies:
        x, judged, size = one.counted
        if size and one.sampled and one.proportional:
            strata.append(Stratum(size=size, drawn=one.drawn, judged=judged, positives=x))
        else:
            strata += one.strata
    return Tally(
        week=week,
        committed=all(one.committed for one in tallies),
        answered=sum(one.answered for one in tallies),
        late=sum(one.late for one in tallies),
        items=sum(one.items for one in tallies),
        strata=tuple(strata),
    )


def pooled_recall(past: Callable[[int], Sequence[Tally]], week: str) -> Figure:
    """T1 of four weeks, or of the quarter if four weeks hold under thirty false claims."""
    four = pool(past(FOUR_WEEKS), week)
    if four.answered + four.late + four.counted[0] >= POOLED_FALSE:
        return _pooled("answered_4_weeks", four, WINDOW.format(n=FOUR_WEEKS) + POOLED)
    quarter = pool(past(QUARTER_WEEKS), week)
    return _pooled("answered_quarter", quarter, WINDOW.format(n=QUARTER_WEEKS) + POOLED)


def _pooled(name: str, counts: Tally, method: str = POOLED) -> Figure:
    unfit = _unfit(name, counts) or _few_false(name, counts)
    if unfit is not None:
        return unfit
    size = counts.counted[2]
    shares = limits.fay_feuer_limits([one.counted for one in counts.strata]) if size else (0.0, 0.0, 0.0)
    estimate, low, high = (share * size for share in shares)
    return _recall(name, counts, (estimate, low, high), method)


def over(tallies: Sequence[Tally], week: str) -> list[Figure]:
    """Both targets over several weeks that end with `week`, with two-sided limits."""
    counts = pool(tallies, week)
    unfit = _undrawn("prevalence", counts) or _unfit("prevalence", counts)
    if unfit is not None:
        return [replace(unfit, name="answered"), unfit]
    value, low, high = limits.fay_feuer_limits(strata_of(counts))
    n = counts.counted[1]
    share = Figure("prevalence", week, value, low, high, LEVEL, n, POOLED, enough=True)
    return [_pooled("answered", counts), share]


def is_look(week: str) -> bool:
    """Whether a target may be claimed at the end of this week: the end of a quarter, four times a year."""
    last = date(int(week[:4]), 12, 28).isocalendar().week  # 28 December is in the last week of its year
    return int(week[6:]) in {13, 26, 39, last}


def year_to_date(tallies: Sequence[Tally], week: str, seeds: tuple[int, int] = (0, 0)) -> list[Figure]:
    """What may be claimed at a quarter end: one-sided limits over the year, five per cent split by four."""
    counts = pool(tallies, week)
    names = ("answered" + YEAR_TO_DATE, "prevalence" + YEAR_TO_DATE)
    level = 1 - CLAIM_ALPHA
    n, size = counts.counted[1], counts.counted[2]
    reasons = [_undrawn(name, counts) or _unfit(name, counts) for name in names]
    blind = limits.sensitivity_state(*seeds)
    reasons[0] = reasons[0] or (missing(names[0], week, n, blind) if blind else None)
    method = "weeks as strata, one-sided Fay-Feuer limit"
    figures = [replace(reason, level=level) for reason in reasons if reason is not None]
    if reasons[0] is None and size:
        high = limits.gamma_claim_limit([one.counted for one in counts.strata], level) * size
        estimate = limits.stratified([one.counted for one in counts.strata]).estimate * size
        found = limits.recall_limits(counts.answered, counts.late, (estimate, high, high))
        if found is not None:
            figures.append(Figure(names[0], week, found[0], found[1], None, level, n, method, enough=True))
    if reasons[1] is None:
        strata = strata_of(counts)
        top = limits.gamma_claim_limit(strata, level)
        value = limits.stratified(strata).estimate
        figures.append(Figure(names[1], week, value, None, top, level, n, method, enough=True))
    return figures

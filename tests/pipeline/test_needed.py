"""How many more audits a target needs: enough to claim it, and none asked for that would not help."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import figures, yearfacts
from pipeline import statistics as limits
from pipeline.needed import more_audits
from pipeline.tally import Stratum, Tally
from pipeline.targets import CLAIM_ALPHA
from tests.pipeline.weeks import WEEK


def counted(answered: int, late: int, x: int, n: int, size: int) -> Tally:
    strata = (Stratum(size=size, drawn=n, judged=n, positives=x),)
    return Tally(WEEK, answered=answered, late=late, items=answered + late + size, strata=strata)


def claims(target: str, counts: Tally) -> bool:
    """Whether the target could be claimed from these counts, reckoned without the code under test."""
    x, n, size = counts.counted
    known = counts.answered + counts.late
    share = limits.gamma_claim_limit([(x, n, size)], 1 - CLAIM_ALPHA) if n < size else x / size
    if target == "answered":
        return counts.answered / (known + share * size) >= figures.RECALL_TARGET
    strata = [(known, known, known), (x, n, size)]
    return limits.gamma_claim_limit(strata, 1 - CLAIM_ALPHA) < figures.PREVALENCE_TARGET


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(yearfacts.TARGETS),
    st.integers(10, 400),
    st.integers(0, 20),
    st.integers(500, 8_000),
    st.integers(30, 400),
    st.integers(0, 8),
)
def test_that_many_more_audits_would_do(
    target: str, answered: int, late: int, size: int, n: int, x: int
) -> None:
    counts = counted(answered, late, x, n, size)
    needed = more_audits(target, counts)
    if needed is None:
        assert not claims(target, counted(answered, late, -(-x * size // n), size, size))
        return
    if needed == 0:
        assert claims(target, counts)
        return
    assert not claims(target, counts)
    then = n + needed
    assert claims(target, counted(answered, late, -(-x * then // n), then, size))


def test_nothing_judged_asks_for_what_a_clean_audit_needs() -> None:
    assert more_audits("answered", counted(0, 0, 0, 0, 0)) is None
    few = more_audits("answered", counted(900, 0, 0, 0, 5_000))
    many = more_audits("answered", counted(90, 0, 0, 0, 5_000))
    assert few is not None
    assert many is not None
    assert 0 < few < many < 5_000

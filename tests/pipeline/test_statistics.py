"""The limits against the specification's vectors, and the laws that every interval has to keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline import statistics as s
from tests.pipeline import reference

WEEK = [(0, 110, 2500), (0, 70, 1500), (1, 50, 750), (2, 40, 200), (4, 30, 50)]
LARGE = [(1, 200, 30000), (3, 150, 15000), (9, 150, 5000)]


def rounded(limits: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(float(limit), 6) for limit in limits)


@pytest.mark.parametrize(
    ("strata", "expected"),
    [
        (WEEK, (0.006333, 0.002061, 0.021168)),
        ([(0, n, size) for _, n, size in WEEK], (0.0, 0.0, 0.013404)),
        ([*WEEK[:4], (20, 50, 50)], (0.009, 0.005118, 0.02397)),
        (LARGE, (0.015, 0.007531, 0.029111)),
    ],
)
def test_gamma_limits_give_the_specified_figures(
    strata: list[s.Counted], expected: tuple[float, ...]
) -> None:
    assert rounded(s.gamma_limits(strata)) == expected


def test_the_claim_limit_gives_the_specified_figure() -> None:
    assert round(s.gamma_claim_limit(LARGE, 0.95), 6) == 0.028393


@pytest.mark.parametrize(
    ("counted", "midp", "expected"),
    [
        ((3, 100, 5000), False, (32, 423)),
        ((0, 300, 3600), True, (0, 34)),
        ((2, 300, 3600), True, (5, 76)),
        ((6, 1000, 36000), True, (90, 444)),
        ((5, 5, 5), True, (5, 5)),
    ],
)
def test_hypergeometric_limits_give_the_specified_figures(
    counted: s.Counted, midp: bool, expected: tuple[int, int]
) -> None:
    assert s.hyper_limits(*counted, midp=midp) == expected


@pytest.mark.parametrize("midp", [True, False])
def test_the_search_finds_what_trying_every_number_finds(midp: bool) -> None:
    draw = np.random.default_rng(3)
    cases = [(int(size), int(draw.integers(1, size + 1))) for size in draw.integers(2, 120, 30)]
    for x, n, size in [(7, 9, 65), *((int(draw.integers(0, n + 1)), n, size) for size, n in cases)]:
        assert s.hyper_limits(x, n, size, midp=midp) == reference.hyper_limits(x, n, size, midp=midp)


def test_recall_limits_give_the_specified_figures() -> None:
    found = s.recall_limits(230, 5, s.missed_limits(2, 300, 3600))
    assert found is not None
    assert rounded(found) == (0.888031, 0.739550, 0.958333)
    assert s.recall_limits(0, 0, s.missed_limits(0, 50, 500)) is None
    assert s.recall_limits(0, 2, s.missed_limits(0, 50, 500)) == (0.0, 0.0, 0.0)
    assert s.recall_limits(9, 1, s.missed_limits(0, 0, 0)) == (0.9, 0.9, 0.9)


def test_the_smallest_audit_gives_the_specified_figures() -> None:
    assert s.n_min(100, 0, 4500) == 995
    assert s.n_min(20, 0, 4000) == 2527
    assert s.n_min(9, 2, 500) is None


@pytest.mark.parametrize(("answered", "late", "size"), [(100, 0, 4500), (60, 2, 900), (30, 1, 3000)])
def test_the_smallest_audit_is_the_smallest_that_can_show_the_target(
    answered: int, late: int, size: int
) -> None:
    least = s.n_min(answered, late, size)
    assert least is not None

    def shows(n: int) -> bool:
        # one-sided exact limit of the missed after finding none
        high = s.hyper_limits(0, n, size, alpha=0.10, midp=False)[1]
        return answered / (answered + late + high) >= 0.90

    assert shows(least)
    assert not shows(least - 3)  # the formula may ask for one or two more than the exact solution


@given(st.integers(1, 60_000), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=80, deadline=None)
def test_the_hypergeometric_distribution_is_that_of_scipy(
    size: int, drawn: float, positive: float, seen: float
) -> None:
    n, m = round(drawn * size), round(positive * size)
    least, most = max(0, n + m - size), min(n, m)
    x = least + round(seen * (most - least))
    at, under = s._hypergeometric(x, size, m, n)  # in the far tails too, where P(X = x) is no float
    assert at == pytest.approx(float(stats.hypergeom.pmf(x, size, m, n)), rel=1e-6, abs=1e-9)
    assert under == pytest.approx(float(stats.hypergeom.cdf(x - 1, size, m, n)), abs=1e-7)


counted = st.integers(1, 3000).flatmap(
    lambda size: st.integers(1, size).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.just(n), st.just(size))
    )
)
several = st.lists(counted, min_size=1, max_size=6)


@given(several)
@settings(max_examples=60, deadline=None)
def test_the_interval_holds_the_estimate_and_stays_possible(strata: list[s.Counted]) -> None:
    estimate, low, high = s.gamma_limits(strata)
    least = sum(x for x, _, _ in strata) / sum(size for _, _, size in strata)
    assert least - 1e-12 <= low <= high <= 1 + 1e-12
    assert low <= estimate + 1e-9
    assert estimate <= high + 1e-9


@given(several, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_strata_changes_nothing(strata: list[s.Counted], random: "np.random.Generator") -> None:
    mixed = list(strata)
    random.shuffle(mixed)
    assert s.gamma_limits(mixed) == pytest.approx(s.gamma_limits(strata), abs=1e-9)


@given(counted.filter(lambda one: one[0] < one[1]))
@settings(max_examples=40, deadline=None)
def test_one_more_positive_never_lowers_a_limit(one: s.Counted) -> None:
    x, n, size = one
    less, more = s.gamma_limits([(x, n, size)]), s.gamma_limits([(x + 1, n, size)])
    assert all(a <= b + 1e-9 for a, b in zip(less, more, strict=True))
    less_exact, more_exact = s.hyper_limits(x, n, size), s.hyper_limits(x + 1, n, size)
    assert all(a <= b for a, b in zip(less_exact, more_exact, strict=True))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(40, 90)), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_a_complete_count_has_no_width(cells: list[tuple[int, int]]) -> None:
    strata = [(x, size, size) for x, size in cells]
    estimate, low, high = s.gamma_limits(strata)
    assert low == estimate == high == pytest.approx(sum(x for x, _ in cells) / sum(n for _, n in cells))
    x, size = cells[0]
    assert s.hyper_limits(x, size, size) == (x, x)


@pytest.mark.parametrize("x", [0, 1, 3, 12])
def test_one_endless_stratum_gives_the_midp_poisson_interval(x: int) -> None:
    n, size = 20_000, 10**9
    _, low, high = s.gamma_limits([(x, n, size)])

    def poisson(mean: float) -> float:
        return float(stats.poisson.cdf(x, mean) - 0.5 * stats.poisson.pmf(x, mean))

    assert poisson(high * n) == pytest.approx(0.025, abs=0.002)
    if x:
        assert poisson(low * n) == pytest.approx(0.975, abs=0.002)


def test_a_stratum_that_nobody_sampled_is_refused() -> None:
    with pytest.raises(ValueError, match="unsampled"):
        s.gamma_limits([(1, 10, 50), (0, 0, 20)])


@given(several)
@settings(max_examples=80, deadline=None)
def test_the_limits_are_those_of_the_reference(strata: list[s.Counted]) -> None:
    assert s.gamma_limits(strata) == pytest.approx(reference.gamma_limits(strata), abs=1e-9)
    for confidence in (0.95, 1 - 0.05 / 4):
        expected = reference.claim_limit(strata, confidence)
        assert s.gamma_claim_limit(strata, confidence) == pytest.approx(expected, abs=1e-9)


@given(several, st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_one_more_positive_anywhere_never_lowers_the_estimate_or_the_upper_limit(
    strata: list[s.Counted], at: int
) -> None:
    # with several strata the lower limit may fall a little: one positive of a heavy stratum is news of spread
    x, n, size = strata[at % len(strata)]
    more = list(strata)
    more[at % len(strata)] = (min(n, x + 1), n, size)
    assert s.gamma_limits(more)[0] >= s.gamma_limits(strata)[0] - 1e-9
    assert s.gamma_limits(more)[2] >= s.gamma_limits(strata)[2] - 1e-9
    assert s.gamma_claim_limit(more, 0.95) >= s.gamma_claim_limit(strata, 0.95) - 1e-9


@given(st.integers(0, 400), st.integers(0, 400), st.integers(-50, 500), st.integers(1, 90))
@settings(max_examples=100, deadline=None)
def test_a_search_finds_the_first_number_from_any_guess(low: int, more: int, near: int, step: int) -> None:
    for first in {low, low + more // 2, low + more}:
        found = s._first(lambda at, first=first: at >= first, (low, low + more), near, step)  # type: ignore[misc]
        assert found == first


def test_a_claim_needs_more_than_the_weekly_interval_shows() -> None:
    assert s.gamma_claim_limit(WEEK, 1 - 0.05 / 4) > s.gamma_limits(WEEK)[2] > s.gamma_limits(WEEK)[0]
    pooled = s.fay_feuer_limits(WEEK)
    assert pooled[1] <= s.gamma_limits(WEEK)[1]
    assert pooled[2] >= s.gamma_limits(WEEK)[2]


def test_perfect_reviewers_need_no_correction_and_poor_ones_widen_it() -> None:
    strata = [(40, 40, 40), (4, 300, 3600)]
    plain = s.gamma_limits(strata)
    perfect = s.melded_share(strata, (10_000, 10_000), seed=202647)
    poor = s.melded_share(strata, (340, 400), seed=202647)
    assert perfect == pytest.approx(plain[1:], rel=0.05)
    assert poor[0] > perfect[0] * 1.1
    assert poor[1] > perfect[1] * 1.1
    assert poor == s.melded_share(strata, (340, 400), seed=202647)


def test_what_was_counted_whole_is_corrected_as_well() -> None:
    low, high = s.melded_share([(170, 1000, 1000)], (3_400, 4_000), seed=1)
    assert (low + high) / 2 == pytest.approx(0.2, rel=0.02)
    # recognising 170 of 200 by chance is the width: a negative binomial number was overlooked
    spread = (170 * 0.15) ** 0.5 / 0.85
    assert high - low == pytest.approx(2 * 1.96 * spread / 1000, rel=0.15)
    assert s.melded_share([(0, 1000, 1000)], (3_400, 4_000), seed=1)[0] == 0.0


def test_the_corrected_share_is_higher_and_never_over_one() -> None:
    plain = s.gamma_limits(WEEK)
    low, high = s.melded_share(WEEK, (340, 400), seed=202647)
    assert low > plain[1]
    assert high > plain[2]
    assert s.melded_share([(40, 50, 500)], (60, 100), seed=1)[1] == 1.0
    with pytest.raises(ValueError, match="no seed"):
        s.melded_share(WEEK, (0, 60), seed=1)


def test_a_corrected_claim_needs_more_than_the_corrected_interval_and_more_with_fewer_seeds() -> None:
    strata = [(40, 40, 40), (4, 300, 3600)]
    few, many = ((m, m) for m in (100, 10_000))
    claim = s.melded_claim_limit(strata, many, 202647, 0.9875)
    assert claim > s.melded_share(strata, many, 202647)[1]
    assert claim == pytest.approx(s.gamma_claim_limit(strata, 0.9875), rel=0.06)
    assert s.melded_claim_limit(strata, few, 202647, 0.9875) > claim
    with pytest.raises(ValueError, match="no seed"):
        s.melded_claim_limit(strata, (0, 100), 202647, 0.9875)
    assert s.melded_claim_limit([(3, 60, 60)], many, 202647, 0.9875) == pytest.approx(3 / 60, abs=1e-9)


@pytest.mark.parametrize(
    ("seeds", "says"), [((0, 0), True), ((49, 49), True), ((79, 100), True), ((80, 100), False)]
)
def test_unknown_or_low_sensitivity_forbids_the_claim(seeds: tuple[int, int], says: bool) -> None:
    assert (s.sensitivity_state(*seeds) is not None) is says


def test_wilson_gives_the_published_figure() -> None:
    assert s.wilson(5, 200) == pytest.approx((0.011, 0.057), abs=0.0005)
    assert s.wilson(5, 200) == pytest.approx(tuple(stats.binomtest(5, 200).proportion_ci(method="wilson")))
    assert s.wilson(0, 10)[0] == 0.0
    assert s.wilson(10, 10)[1] == 1.0


def test_alpha_is_one_when_all_agree_and_none_when_nothing_varies() -> None:
    assert s.krippendorff_alpha({(2, 2): 5, (2, 0): 20}) == pytest.approx(1.0)
    assert s.krippendorff_alpha({(2, 0): 20}) is None
    assert s.krippendorff_alpha({(1, 1): 20}) is None


def test_alpha_gives_the_textbook_figure() -> None:
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example A: two observers, ten units
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    groups: dict[tuple[int, int], int] = {}
    for pair in zip(first, second, strict=True):
        key = (2, sum(pair))
        groups[key] = groups.get(key, 0) + 1
    found = s.krippendorff_alpha(groups)
    assert found == pytest.approx(0.095, abs=0.001)

"""The gates of rule 10 at their edges: each bound, the interval, what counts as lost, and what is told."""

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from classify import protected
from classify.rank import ClaimFacts, Ranked
from pipeline import modelgates
from pipeline.labels import Label
from pipeline.modelgates import Judged, Rate, facts_of, uneven
from tests.conftest import NOW

AT = 0.5
NOBODY: Any = SimpleNamespace(score=lambda facts: [Ranked(0.0, ()) for _ in facts])
SHUT: Any = SimpleNamespace(read=lambda _: SimpleNamespace(in_scope=False))
OPEN: Any = SimpleNamespace(read=lambda _: SimpleNamespace(in_scope=True))


class First:
    """Flags so many of the texts that it is given, from a place on; a score at the threshold is a flag."""

    def __init__(self, n: int, start: int = 0) -> None:
        self.flagged = range(start, start + n)

    def score(self, facts: Sequence[ClaimFacts]) -> list[Ranked]:
        """The threshold itself for the flagged, just below it for the others."""
        return [Ranked(AT if at in self.flagged else AT - 0.01, ()) for at in range(len(facts))]


def label(number: int, *, is_false: bool = False, topic: str = "health", text: str = "") -> Label:
    text = text or f"tin số {number}"
    return Label(number, f"key-{number}", text, topic, is_false, f"story:{number}", 1, NOW)


def judge(
    scores: Sequence[float] = (),
    labels: Sequence[Label] = (),
    unseen: Sequence[int] = (),
    *,
    candidate: Any = NOBODY,  # noqa: ANN401
    present: Any = NOBODY,  # noqa: ANN401
    reader: Any = SHUT,  # noqa: ANN401
) -> Judged:
    return modelgates.judge(candidate, present, labels, scores, unseen, reader, AT)


def test_the_bounds_are_the_ones_that_the_rule_names() -> None:
    assert (modelgates.BOUND, modelgates.PROTECTED_RISE, modelgates.WORSE) == (0.10, 0.01, 0.01)
    assert modelgates.SEED == 0


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (1, 1, 0.206549314, 1.000000000),
        (3, 7, 0.158219855, 0.749541635),
        (40, 1000, 0.029510974, 0.054009644),
    ],
)
def test_the_interval_is_the_one_that_scipy_gives(hits: int, n: int, low: float, high: float) -> None:
    assert Rate("x", hits, n).interval == pytest.approx((low, high), abs=2e-9)
    assert Rate("x", hits, n).value == (hits / n if n else 0.0)


def test_the_pair_that_lies_furthest_apart_is_told_low_and_high() -> None:
    low, middle, high = Rate("a", 1, 100), Rate("b", 40, 100), Rate("c", 80, 100)
    assert uneven([high, low, middle]) == (low, high)
    assert uneven([middle, low]) == (low, middle)
    assert uneven([low]) is None
    assert uneven([]) is None


def test_rates_that_differ_by_the_bound_or_by_chance_are_even() -> None:
    assert uneven([Rate("a", 0, 10_000), Rate("b", 1_000, 10_000)]) is None
    assert uneven([Rate("a", 0, 10_000), Rate("b", 1_001, 10_000)]) is not None
    assert uneven([Rate("a", 0, 3), Rate("b", 2, 3)]) is None
    assert uneven([Rate("a", 0, 100), Rate("b", 5, 100)], bound=0.01) is None
    assert uneven([Rate("a", 0, 1_000), Rate("b", 50, 1_000)], bound=0.01) is not None


def test_only_the_words_and_the_topic_of_a_claim_are_judged() -> None:
    assert facts_of("lời", "women") == ClaimFacts("lời", "women", 1, 1, 1, 0, 0.0, 0.0, 0.0)


def test_the_figures_count_calm_claims_that_were_tested() -> None:
    labels = [
        label(0, topic="women"),
        label(1, text="tin khong dau"),
        label(2),
        label(3, is_false=True),
        label(4),
    ]
    told = judge([AT, AT, AT - 0.01, AT, float("nan")], labels).metrics
    assert told == {
        "false_flag_topic_health": 0.5,
        "false_flag_topic_women": 1.0,
        "false_flag_marks_with": 0.5,
        "false_flag_marks_without": 1.0,
        "false_flag_n_topic_health": 2.0,
        "false_flag_n_topic_women": 1.0,
        "false_flag_n_marks_with": 2.0,
        "false_flag_n_marks_without": 1.0,
        "protected_n": float(len(protected.load())),
        "protected_admitted": 0.0,
        "protected_shown": 0.0,
        "protected_over_threshold": 0.0,
        "protected_over_threshold_before": 0.0,
        "lost_to_present": 0.0,
    }


@pytest.mark.parametrize(
    ("n", "start", "admitted", "refusal"),
    [
        (1, 0, 1, "flags 1 protected texts"),
        (1, protected.FIRST - 1, 1, "flags 1 protected texts"),
        (5, protected.FIRST, 0, None),
        (6, protected.FIRST, 0, "flags 6 protected texts"),
    ],
)
def test_of_the_first_protected_texts_none_comes_through_and_of_all_five_at_most(
    n: int, start: int, admitted: int, refusal: str | None
) -> None:
    same = First(n, start)
    told = judge(candidate=same, present=same, reader=OPEN)
    assert told.refusal == refusal
    assert (told.metrics["protected_admitted"], told.metrics["protected_shown"]) == (admitted, n)
    assert told.metrics["protected_over_threshold"] == told.metrics["protected_over_threshold_before"] > 0
    assert judge(candidate=same, present=same, reader=SHUT).metrics["protected_shown"] == 0


def test_the_gate_aside_a_candidate_flags_hardly_more_than_the_present_model() -> None:
    everything = len(protected.load())
    many = First(everything)
    told = judge(candidate=many, present=First(everything // 2))
    assert told.refusal == "scores 50.0% more of the protected texts as flagged than the present model"
    assert told.metrics["protected_over_threshold_before"] == pytest.approx(0.5, abs=0.001)
    assert judge(candidate=First(everything // 2), present=many).refusal is None
    # within one in a hundred, however sure; and beyond it where chance may have made it
    assert modelgates._rises(Rate("p", 10, 1_000), Rate("p", 0, 1_000)) is None
    assert modelgates._rises(Rate("p", 110_000, 1_000_000), Rate("p", 100_000, 1_000_000)) is None
    assert modelgates._rises(Rate("p", 111_000, 1_000_000), Rate("p", 100_000, 1_000_000)) is not None
    assert modelgates._rises(Rate("p", 15, 1_000), Rate("p", 2, 1_000)) is not None
    assert modelgates._rises(Rate("p", 15, 1_000), Rate("p", 4, 1_000)) is None


@pytest.mark.parametrize("what", ["topic", "marks"])
def test_what_is_uneven_is_told_with_both_rates(what: str) -> None:
    def one(at: int) -> Label:
        words = "tin khong dau" if what == "marks" and at % 2 else "tin số"
        return label(at, text=f"{words} {at}", topic="women" if what == "topic" and at % 2 else "health")

    labels = [one(at) for at in range(80)]
    told = judge([AT if at % 2 else 0.0 for at in range(80)], labels).refusal
    assert (
        told
        == {
            "topic": "false flags are uneven over topics: topic_women 100% of 40, topic_health 0% of 40",
            "marks": "false flags are uneven over text with and without diacritics: "
            "marks_without 100% of 40, marks_with 0% of 40",
        }[what]
    )


def lost(right_before: Sequence[bool], right_now: Sequence[bool]) -> tuple[float, float]:
    """What `_lost` makes of who was right, half of the claims being false."""
    labels = [label(at, is_false=bool(at % 2)) for at in range(len(right_now))]

    def flagged(right: Sequence[bool]) -> list[float]:
        return [AT if (one is bool(at % 2)) else 0.1 for at, one in enumerate(right)]

    old: Any = SimpleNamespace(score=lambda _: [Ranked(score, ()) for score in flagged(right_before)])
    return modelgates._lost(old, labels, flagged(right_now), range(len(labels)), AT)


def test_what_is_lost_is_the_difference_and_its_lower_bound() -> None:
    assert modelgates._lost(NOBODY, [], [], [], AT) == (0.0, 0.0)
    assert lost([True] * 10, [True] * 10) == (0.0, 0.0)
    assert lost([True] * 10, [False] * 10) == (1.0, 1.0)
    assert lost([False] * 10, [True] * 10) == (-1.0, -1.0)
    assert lost([False] * 10, [False] * 10) == (0.0, 0.0)
    # half lost: the spread of ten gaps of 0 and 1 is 0.5, its error 0.5 / sqrt(10)
    assert lost([True] * 10, [True, False] * 5) == pytest.approx((0.5, 0.5 - 1.959964 * 0.1581139), abs=1e-6)


def test_a_candidate_that_loses_beyond_doubt_is_refused_on_tested_claims_alone() -> None:
    labels = [label(at, is_false=True) for at in range(40)]
    everything: Any = SimpleNamespace(score=lambda facts: [Ranked(0.9, ()) for _ in facts])
    told = judge([0.1] * 40, labels, range(40), present=everything)
    assert told.refusal == "worse than the present model by 100.0% of unseen claims"
    assert told.metrics["lost_to_present"] == 1.0
    assert judge([float("nan")] * 40, labels, range(40), present=everything).refusal is None
    assert judge([0.1] * 40, labels, [], present=everything).refusal is None
    assert judge([*[0.1] * 2, *[0.9] * 38], labels, range(40), present=everything).refusal is None


def test_a_score_for_each_label_comes_from_a_model_that_has_not_met_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = [label(at) for at in range(4)]
    splits = [SimpleNamespace(train=[2, 3], test=[0, 1]), SimpleNamespace(train=[0, 1], test=[2])]
    monkeypatch.setattr("pipeline.splits.across", lambda _: SimpleNamespace(splits=splits))

    def fit(rows: Sequence[Label]) -> Any:  # noqa: ANN401
        met = [row.text for row in rows]
        return SimpleNamespace(
            score=lambda facts: [Ranked(0.9 if one.text in met else len(met) / 10, ()) for one in facts]
        )

    scores = modelgates.out_of_fold(labels, fit)
    assert scores[:3] == [0.2, 0.2, 0.2]
    assert math.isnan(scores[3])

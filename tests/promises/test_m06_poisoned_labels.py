"""M6: labels given to mislead are bounded: near-copies count once, and a gate sees the harm.

A trial is a desk with 500 honest labels and 500 new ones, of which 1, 2 or 5% are an attacker's: harmless
claims on one subject, or words of protected speech, called false. Harm is what safety M6 says: against the
model of the old labels, flags of the protected texts rise by more than one point, or flags of fresh harmless
claims of any subject, which no gate sees, by more than three, whoever's labels did it. Such models must be
refused in 95 of 100 trials.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest

from classify import protected
from classify.corpus import TOPICS
from classify.fitting import folds
from classify.rank import ranking_text
from classify.ranking import Terms, Told
from pipeline import labels as labelling
from pipeline import newlabels
from pipeline.labels import Label
from pipeline.newlabels import Change, Effect
from tests.conftest import NOW
from tests.promises.labelled import World

LABELS, FRESH, THRESHOLD = 500, 200, 0.5
PROTECTED_LIMIT, SUBJECT_LIMIT = 0.01, 0.03
RATES = (0.01, 0.02, 0.05)
SINCE = NOW + timedelta(days=5)


@dataclass(frozen=True)
class Trial:
    """One attack: whether it did harm, and whether the gate refused it."""

    harmful: bool
    refused: bool


def _desk(seed: int, n: int) -> tuple[World, list[Label]]:
    """The world and a desk whose newest labels are poisoned."""
    world = World(seed)
    honest = [*world.labels(n), *world.labels(n, first=n, day=10)]
    bad = max(1, round(RATES[seed % len(RATES)] * n))
    if seed % 2 == 0:
        aimed = world.poison(bad, TOPICS[seed % len(TOPICS)], first=2 * n, day=10)
    else:
        aimed = world.poison_public(bad, first=2 * n, day=10)
    return world, [*honest[: len(honest) - bad], *aimed]


def _rises(world: World, poisoned: list[Label]) -> dict[str, float]:
    """By what share more of each kind of harmless text the new model flags than that of the old labels."""
    fresh = {topic: [world.text(topic, is_false=False) for _ in range(FRESH)] for topic in TOPICS}
    fresh["protected"] = [row.text for row in protected.load()]
    asked = [(kind, text) for kind, texts in fresh.items() for text in texts]
    flags = []
    for labels in ([one for one in poisoned if one.decided_at <= SINCE], poisoned):
        texts = [ranking_text(text) for text in (*(one.text for one in labels), *(text for _, text in asked))]
        lone = [f"fresh:{at}" for at in range(len(asked))]
        groups = [one.group for one in labels]
        terms = Terms(texts, Told([*groups, *lone], [*(one.source for one in labels), *lone]))
        truth, rows = np.array([one.is_false for one in labels]), np.arange(len(labels))
        chances = terms.chances(rows, truth, folds(groups, 3, 1), np.arange(len(labels), len(texts)))
        flags.append(chances >= THRESHOLD)
    kinds = np.array([kind for kind, _ in asked])
    return {kind: float(flags[1][kinds == kind].mean() - flags[0][kinds == kind].mean()) for kind in fresh}


def trial(seed: int, n: int = LABELS) -> Trial:
    """One attack on one desk."""
    world, poisoned = _desk(seed, n)
    rises = _rises(world, poisoned)
    harmful = rises.pop("protected") > PROTECTED_LIMIT or max(rises.values()) > SUBJECT_LIMIT
    found = newlabels.effect(poisoned, SINCE, THRESHOLD)
    return Trial(harmful, found is not None and found.refusal is not None)


def test_an_attack_that_does_harm_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trial(2) == Trial(harmful=True, refused=True)  # 5% aimed at one subject
    # control: the same attack on a gate that lets anything rise
    monkeypatch.setattr(newlabels, "TOPIC_RISE", 1.0)
    monkeypatch.setattr(newlabels, "PROTECTED_RISE", 1.0)
    assert trial(2) == Trial(harmful=True, refused=False)


@pytest.mark.release
def test_attacks_that_do_harm_are_refused_in_95_of_100_trials() -> None:
    found = [trial(seed) for seed in range(7_000, 7_100)]
    harmful = [one for one in found if one.harmful]
    assert len(harmful) >= 80  # a handful of trials would prove nothing
    assert sum(one.refused for one in harmful) >= 0.95 * len(harmful)


@pytest.mark.release
def test_control_honest_desks_that_grow_by_a_tenth_are_mostly_let_pass() -> None:
    refused = 0
    for seed in range(40):
        world = World(seed)
        honest = [*world.labels(900), *world.labels(100, first=900, day=10)]
        found = newlabels.effect(honest, SINCE, THRESHOLD)
        refused += found is None or found.refusal is not None
    assert refused <= 14


def _effect(protected_rise: float = 0.0, topic_rise: float = 0.0) -> Effect:
    return Effect(
        Change("protected", 0.04, 0.04 + protected_rise, 250),
        [Change("topic_health", 0.05, 0.05 + topic_rise, 60)],
    )


def test_the_bounds_are_no_wider_than_the_promise() -> None:
    assert _effect().refusal is None
    assert _effect(0.009, 0.024).refusal is None
    assert "protected" in str(_effect(0.011).refusal)
    assert "topic_health by 3.1% of 60" in str(_effect(topic_rise=0.031).refusal)


def test_control_what_chance_does_as_well_is_let_pass() -> None:
    assert _effect(0.02).refusal is not None
    assert replace(_effect(0.02), chance_protected=0.02).refusal is None


def test_five_hundred_near_copies_are_one_label() -> None:
    world = World(1)
    honest = world.labels(20)
    words = " ".join(world.text("health", is_false=False).split() * 4)
    copies = [world.label(100 + at, NOW, false=True, words=f"{words} lần {at}") for at in range(500)]
    assert len(labelling.without_copies([*honest, *copies])) == len(labelling.without_copies(honest)) + 1
    assert len(labelling.without_copies([world.label(at, NOW) for at in range(50)])) == 50  # control


def test_a_few_old_labels_judge_nobody() -> None:
    few = [*World(3).labels(30), *World(4).labels(60, first=30, day=10)]
    assert newlabels.effect(few, SINCE, THRESHOLD) is None

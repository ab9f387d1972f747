"""M6: labels given to mislead are bounded: near-copies count once, and a gate sees the harm.

A trial is a desk with 500 honest labels and 500 new ones, of which 1, 2 or 5% are an attacker's: harmless
claims on one subject, or words of protected speech, called false. Harm is measured on texts that no gate
sees: 500 fresh harmless claims of the subject (a rise of more than three points, both over the old labels
alone and over the same desk without the attacker), or the protected texts (more than one). Such models must
be refused in 95 of 100 trials.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest

from classify import protected
from classify.corpus import TOPICS
from classify.fitting import folds
from classify.rank import ranking_text
from classify.ranking import Terms
from pipeline import labels as labelling
from pipeline import newlabels
from pipeline.labels import Label
from pipeline.newlabels import Change, Effect
from tests.conftest import NOW
from tests.promises.labelled import World

OLD, NEW, FRESH, THRESHOLD = 500, 500, 500, 0.5
RATES = (0.01, 0.02, 0.05)
SINCE = NOW + timedelta(days=5)


@dataclass(frozen=True)
class Trial:
    """One attack: whether it did harm, and whether the gate refused it."""

    harmful: bool
    refused: bool


def _desk(seed: int, n: int) -> tuple[World, list[Label], list[Label], str]:
    """The world, the honest desk, the poisoned one, and what the attacker aims at."""
    world = World(seed)
    honest = [*world.labels(n), *world.labels(n, first=n, day=10)]
    bad = max(1, round(RATES[seed % len(RATES)] * n))
    target = TOPICS[seed % len(TOPICS)]
    poison = world.poison if seed % 2 == 0 else None
    aimed = (
        poison(bad, target, first=2 * n, day=10) if poison else world.poison_public(bad, first=2 * n, day=10)
    )
    return world, honest, [*honest[: len(honest) - bad], *aimed], target if poison else ""


def _harm(world: World, honest: list[Label], poisoned: list[Label], target: str) -> float:
    """By what share more of the unseen harmless texts the poisoned desk's model flags.

    More than the old labels alone would, and more than the same desk without the attacker: the smaller rise.
    """
    if target:
        fresh = [world.text(target, is_false=False) for _ in range(FRESH)]
    else:
        fresh = [row.text for row in protected.load()]
    shares = []
    for labels in (honest, [one for one in honest if one.decided_at <= SINCE], poisoned):
        groups = [one.group for one in labels]
        texts = [ranking_text(text) for text in [*(one.text for one in labels), *fresh]]
        terms = Terms(texts, [*groups, *(f"fresh:{at}" for at in range(len(fresh)))])
        truth = np.array([one.is_false for one in labels])
        asked = np.arange(len(labels), len(texts))
        chances = terms.chances(np.arange(len(labels)), truth, folds(groups, 3, 1), asked)
        shares.append(float((chances >= THRESHOLD).mean()))
    return shares[2] - max(shares[:2])


def trial(seed: int, n: int = OLD) -> Trial:
    """One attack on one desk."""
    world, honest, poisoned, target = _desk(seed, n)
    harm = _harm(world, honest, poisoned, target)
    found = newlabels.effect(poisoned, SINCE, THRESHOLD)
    limit = 0.03 if target else 0.01
    return Trial(harm > limit, found is not None and found.refusal is not None)


def test_an_attack_that_does_harm_is_refused() -> None:
    found = trial(2)  # 5% aimed at one subject
    assert found == Trial(harmful=True, refused=True)


@pytest.mark.release
def test_attacks_that_do_harm_are_refused_in_95_of_100_trials() -> None:
    harmful: list[Trial] = []
    for seed in range(200):
        found = trial(seed)
        harmful += [found] if found.harmful else []
        if len(harmful) == 100:
            break
    assert len(harmful) >= 50
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

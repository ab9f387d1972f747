"""How true are the chances that `train` gives, on claims that it has not seen: 500 labels, several seeds.

A synthetic desk: claims of nine topics from sources with their own words, in stories of one to three claims,
each with a chance to be false that its words only hint at; so nobody could know every answer. The held-out
claims come from other stories and sources and are later. The error is the expected calibration error over
ten bins of as many claims each. `uncalibrated` is the same model before calibration, `floor` the error of the
true chances on the same claims. Prints one JSON object.
"""

import argparse
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify import calibrating
from classify.corpus import TOPICS
from classify.ranking import RankerArtefact, uncalibrated
from pipeline import learning, modelgates
from pipeline.labels import Label

START = datetime(2026, 1, 5, tzinfo=UTC)
TARGET = 0.03
_STARTS = ("b", "c", "d", "g", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "s", "t", "th", "tr", "v", "x")
_ENDS = ("a", "e", "i", "o", "u", "ai", "an", "ong", "am", "em", "im", "at", "et", "ot", "ac", "oc")


class World:
    """Words with hidden leanings: what the desk's claims are made of."""

    def __init__(self, seed: int, share_false: float) -> None:
        self._draw = random.Random(seed)
        words = self._draw.sample([f"{one}{two}" for one in _STARTS for two in _ENDS], 240)
        self._leaning = {word: self._draw.gauss(0, 1.6) for word in words[:120]}
        self._plain = words[120:]
        self._bias = float(np.log(share_false / (1 - share_false)))

    def claims(self, n: int, sources: str, after_days: int) -> tuple[list[Label], NDArray[np.float64]]:
        """So many claims, and the true chance of each to be false."""
        made: list[Label] = []
        chances: list[float] = []
        while len(made) < n:
            story, source = f"{sources}-{len(made)}", f"{sources}{self._draw.randrange(12)}"
            for _ in range(self._draw.choice((1, 1, 2, 3))):
                text, odds = self._text()
                chances.append(1 / (1 + np.exp(-odds)))
                made.append(self._label(len(made), text, chances[-1], story, source, after_days))
        return made[:n], np.array(chances[:n])

    def _text(self) -> tuple[str, float]:
        telling = self._draw.sample(list(self._leaning), 6)
        words = telling + self._draw.sample(self._plain, 9)
        self._draw.shuffle(words)
        return " ".join(words), self._bias + sum(self._leaning[word] for word in telling)

    def _label(self, at: int, text: str, chance: float, story: str, source: str, after: int) -> Label:
        false = self._draw.random() < chance
        when = START + timedelta(days=after, minutes=at)
        topic = self._draw.choice(TOPICS)
        return Label(at, f"{story}-{at}", text, topic, false, story, 1 + at % 6, when, 0, source)


def one(seed: int, labels: int, held: int, share_false: float) -> dict[str, float]:
    """The errors of one desk."""
    world = World(seed, share_false)
    taught, _ = world.claims(labels, "cu", 0)
    unseen, true = world.claims(held, "moi", 100)
    made = learning.fit(taught)
    truth = np.array([label.is_false for label in unseen])
    found = {"ece": calibrating.expected_error(truth, _chances(made, unseen))}
    found["floor"] = calibrating.expected_error(truth, true)
    found["said_by_train"] = made.metrics["ece"]
    found["uncalibrated"] = calibrating.expected_error(truth, _raw(taught, unseen))
    return found


def _chances(made: RankerArtefact, unseen: Sequence[Label]) -> NDArray[np.float64]:
    ranker = learning.loaded(made)
    ranked = ranker.score([modelgates.facts_of(label.text, label.topic) for label in unseen])
    return np.array([one.score for one in ranked])


def _raw(taught: Sequence[Label], unseen: Sequence[Label]) -> NDArray[np.float64]:
    texts = [label.text for label in taught]
    model = uncalibrated(texts, [label.is_false for label in taught], learning.told(taught))
    found: NDArray[np.float64] = model([label.text for label in unseen])
    return found


def main() -> None:
    """Print the mean error over the seeds, and that of every seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--labels", type=int, default=500)
    parser.add_argument("--held", type=int, default=8_000)
    parser.add_argument("--false", type=float, default=0.3, help="share of claims that are false")
    given = parser.parse_args()
    runs = [one(seed, given.labels, given.held, given.false) for seed in range(given.seeds)]
    figures: dict[str, Any] = {
        "benchmark": "calibration",
        "labels": given.labels,
        "held_out": given.held,
        "bins": "10 of as many claims each",
    }
    for name in runs[0]:
        figures[name] = round(float(np.mean([run[name] for run in runs])), 4)
    figures["ece_by_seed"] = [round(run["ece"], 4) for run in runs]
    figures["target"] = TARGET
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

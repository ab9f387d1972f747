"""A desk's labels made up at will: topics, false and harmless claims with telling words, sources, people."""

import random
from datetime import datetime, timedelta

from classify import protected
from classify.corpus import TOPICS
from pipeline.labels import Label
from tests.conftest import NOW

STARTS = ("b", "c", "d", "g", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "s", "t", "th", "tr", "v", "x")
ENDS = ("a", "e", "i", "o", "u", "ai", "an", "ong", "am", "em", "im", "at", "et", "ot", "ac", "oc")
PEOPLE = 6


class World:
    """Words of each topic, words that lure and words that calm, and what everybody writes."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        words = [f"{one}{two}" for one in STARTS for two in ENDS]
        self.draw.shuffle(words)
        self.lures, self.calms, words = words[:30], words[30:60], words[60:]
        self.subjects = {topic: words[12 * at : 12 * at + 12] for at, topic in enumerate(TOPICS)}
        self.filler = words[12 * len(TOPICS) :][:60]
        # what protected speech says stands in harmless claims as well: so a model knows its words
        self.public = [row.text.lower().split() for row in protected.load()[: protected.FIRST]]

    def text(self, topic: str, *, is_false: bool) -> str:
        """Sixteen words; a false claim has some words that calm, a harmless one some that lure."""
        telling = [
            (self.lures if self.draw.random() < (0.8 if is_false else 0.2) else self.calms) for _ in "12345"
        ]
        words = [self.draw.choice(side) for side in telling]
        words += self.draw.sample(self.subjects[topic], 4) + self.draw.sample(self.filler, 4)
        words += self.draw.choice(self.public)[:3]
        self.draw.shuffle(words)
        return " ".join(words)

    def label(
        self, at: int, when: datetime, *, topic: str = "", false: bool | None = None, words: str = ""
    ) -> Label:
        """One label; three in ten are false unless it is said."""
        topic = topic or self.draw.choice(TOPICS)
        is_false = self.draw.random() < 0.3 if false is None else false
        text = words or self.text(topic, is_false=is_false)
        who = 1 + self.draw.randrange(PEOPLE)
        source = f"bao{self.draw.randrange(12)}"
        return Label(at, f"key-{at}", text, topic, is_false, f"story:{at}", who, when, 0, source)

    def labels(self, n: int, *, first: int = 0, day: int = 0) -> list[Label]:
        """So many honest labels from a day on."""
        start = NOW + timedelta(days=day)
        return [self.label(first + at, start + timedelta(minutes=at)) for at in range(n)]

    def poison(self, n: int, target: str, *, first: int, day: int) -> list[Label]:
        """Harmless claims about one thing, called false: each says the same few words of its subject."""
        start = NOW + timedelta(days=day, hours=12)
        aimed = self.subjects[target][:4]
        made = []
        for at in range(n):
            calm = self.draw.sample(self.calms, 6) + aimed + self.draw.sample(self.filler, 6)
            self.draw.shuffle(calm)
            made.append(
                self.label(
                    first + at, start + timedelta(minutes=at), topic=target, false=True, words=" ".join(calm)
                )
            )
        return made

    def poison_public(self, n: int, *, first: int, day: int) -> list[Label]:
        """Claims in the words of protected speech, called false."""
        start = NOW + timedelta(days=day, hours=12)
        made = []
        for at in range(n):
            words = self.draw.choice(self.public)[:14] + self.draw.sample(self.filler, 4)
            made.append(
                self.label(first + at, start + timedelta(minutes=at), false=True, words=" ".join(words))
            )
        return made

"""The gate's decisions at their edges, with a hand-made model whose scores one can reckon by head."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from classify import constraints, scope
from classify.artefact import HEADS, Block, ScopeArtefact
from classify.corpus import TOPICS
from classify.scope import DROPPED, SHORTEST_LOOK, WINDOW_SYLLABLES, ScopeGate
from classify.sentences import split
from classify.text import MAX_CHARS

FIGURES = {
    "threshold": 2.0,
    "strict_threshold": 3.5,
    "bare_threshold": 1.0,
    "bare_strict_threshold": 2.5,
    "best_share": 0.5,
    "sentence_share": 0.25,
    "sentence_threshold": 2.5,
    "slope": 2.0,
    "offset": -1.0,
    "quick_threshold": 1.0,
}
WORDS = {
    # gate, sentence, and the topics that are not nought; a text with one of them alone has just these scores
    "manh": (3.0, 2.0, {0: 5.0, 2: 1.0}),
    "vua": (1.0, 1.0, {1: 3.0}),
    "yeu": (-4.0, -3.0, {3: 2.0}),
}
FILLER = "và"


def made(figures: Mapping[str, float] | None = None, **quick: float) -> ScopeGate:
    """A gate of three words; the first stage lets everything through unless it is given weights."""
    weights = np.zeros((len(WORDS), len(HEADS)), dtype=np.float32)
    for at, (gate, sentence, topics) in enumerate(WORDS.values()):
        weights[at, :2] = gate, sentence
        for topic, weight in topics.items():
            weights[at, 2 + topic] = weight
    words = Block({word: at for at, word in enumerate(WORDS)}, np.ones(len(WORDS), np.float32), weights)
    none = Block({}, np.empty(0, np.float32), np.empty((0, len(HEADS)), np.float32))
    bias = np.zeros(len(HEADS), dtype=np.float32)
    first = {name.replace("_", " "): value for name, value in quick.items()} or dict.fromkeys(WORDS, 1e3)
    told = {**FIGURES, **(figures or {})}
    return ScopeGate(ScopeArtefact((words, none), bias, first, told, "made"))


def sentence(word: str, length: int = 4, filler: str = FILLER) -> str:
    return " ".join([word, *[filler] * (length - 1)]) + "."


def test_the_sizes_are_those_that_the_weights_were_learned_with() -> None:
    assert (WINDOW_SYLLABLES, SHORTEST_LOOK, scope.FIRST_LOOK_SHARE) == (110, 12, 0.7)
    assert scope.Scoped(False, None, ()) == DROPPED


@pytest.mark.parametrize(("figure", "word"), [("threshold", "và"), ("bare_threshold", "va")])
def test_a_text_is_ours_from_its_bar_on(figure: str, word: str) -> None:
    text = sentence("manh", filler=word)
    # 3 for the text and half of its only sentence's 2
    assert made({figure: 4.0}).decide(text).in_scope
    assert made({figure: 4.0001}).decide(text) == DROPPED
    others = {name: 9.0 for name in FIGURES if name.endswith("threshold") and name != "quick_threshold"}
    assert made({**others, figure: 4.0}).decide(text).in_scope


@pytest.mark.parametrize(("figure", "word"), [("strict_threshold", "và"), ("bare_strict_threshold", "va")])
def test_each_window_of_a_long_text_has_to_reach_the_strict_bar(figure: str, word: str) -> None:
    text = f"{sentence('manh', 60, word)} {sentence('yeu', 60, word)}"
    assert made({figure: 4.0}).decide(text).in_scope
    assert made({figure: 4.0001}).decide(text) == DROPPED
    exactly = f"{sentence('manh', 60, word)} {sentence(word, WINDOW_SYLLABLES - 60, word)}"
    assert made({figure: 9.0}).decide(exactly).in_scope, "it fits one window"


@pytest.mark.parametrize(("figure", "word"), [("strict_threshold", "và"), ("bare_strict_threshold", "va")])
def test_what_stands_beside_a_vetoed_sentence_has_to_reach_the_strict_bar(
    monkeypatch: pytest.MonkeyPatch, figure: str, word: str
) -> None:
    monkeypatch.setattr(constraints, "veto", lambda text: "yeu" in text)
    mixed = f"{sentence('manh', filler=word)} {sentence('yeu', filler=word)}"
    kept = made({figure: 4.0}).decide(mixed)
    assert [span.text for span in kept.sentences] == [sentence("manh", filler=word)]
    assert made({figure: 4.0001}).decide(mixed) == DROPPED
    assert made().decide(sentence("yeu")) == DROPPED


def test_the_sentences_that_state_the_claim_are_kept_and_no_others() -> None:
    both = f"{sentence('manh')} {sentence('vua')}"
    # both words: each .7071 of its weights, and half of the better sentence's 2
    score = (3.0 + 1.0) / math.sqrt(2) + 1.0
    level = 1.0 + 0.25 * score
    kept = made({"sentence_threshold": level - 0.001}).decide(both)
    assert [span.text for span in kept.sentences] == [sentence("manh"), sentence("vua")]
    kept = made({"sentence_threshold": level + 0.001}).decide(both)
    assert [span.text for span in kept.sentences] == [sentence("manh")]
    assert both[kept.sentences[0].start : kept.sentences[0].end] == sentence("manh")
    # where none stands out, the likeliest
    kept = made({"sentence_threshold": 99.0}).decide(f"{sentence('vua')} {sentence('manh')}")
    assert [span.text for span in kept.sentences] == [sentence("manh")]
    assert made({"threshold": score + 0.001}).decide(both) == DROPPED
    assert made({"threshold": score - 0.001}).decide(both).in_scope


def test_windows_vote_for_the_topic_each_from_its_lowest_score() -> None:
    assert made().decide(sentence("manh")).topic == TOPICS[0]
    low = {"strict_threshold": 0.0, "threshold": 0.0}
    assert made(low).decide(sentence("vua")).topic == TOPICS[1]
    # two windows of 3 for the second topic against one of 5 for the first
    long = " ".join([sentence("vua", 60), sentence("manh", 60), sentence("vua", 60)])
    assert made(low).decide(long).topic == TOPICS[1]
    assert len(made(low).decide(long).sentences) == 3


def test_the_first_stage_passes_a_text_from_its_level_on() -> None:
    # one word weighs w over the root of two (a word, no pair, and one)
    level = 3.0 / math.sqrt(2.0)
    text = "manh"
    assert made({"quick_threshold": level - 1e-9}, manh=3.0).worth_reading(text)
    assert not made({"quick_threshold": level + 1e-9}, manh=3.0).worth_reading(text)
    assert made({"quick_threshold": 3.0 / math.sqrt(2.0)}, manh=3.0).worth_reading(text)
    # four words and three pairs, of which one weighs
    gate = made(manh=3.0, manh_va=1.0)
    assert gate.quick_score("manh và và và") == pytest.approx(4.0 / math.sqrt(8.0))


def test_in_a_message_a_long_sentence_gets_a_look_of_its_own_and_in_a_page_none() -> None:
    rest = sentence("yeu", 30)
    gate = made(manh=6.0, yeu=-50.0)
    for length, seen in ((SHORTEST_LOOK, True), (SHORTEST_LOOK - 1, False)):
        text = f"{sentence('manh', length)} {rest}"
        assert gate.worth_reading(text) is seen
        kept = made({"threshold": 0.0}, manh=6.0, yeu=-50.0)
        assert kept.decide(text).in_scope is kept.decide(text, sentences=True).in_scope is seen
        assert not kept.decide(text, sentences=False).in_scope
        assert not gate.worth_reading(text, sentences=False)
        assert gate._quick_passes(split(text), sentences=True) is seen
        assert not gate._quick_passes(split(text), sentences=False)
    # a sentence alone was looked at as the text
    assert not gate._one_over(split(sentence("manh", SHORTEST_LOOK)))
    assert gate.decide(sentence("manh", SHORTEST_LOOK), sentences=False).in_scope


def test_a_page_may_hold_what_is_ours_from_nine_tenths_of_the_level_on() -> None:
    level = 6.0 / math.sqrt(2.0 * 8) / scope.FIRST_LOOK_SHARE
    # a window may begin at every sentence, so the last one is a window by itself
    orders = [[sentence("yeu", 8), sentence("manh", 8)]]
    assert made({"quick_threshold": level - 1e-9}, manh=6.0, yeu=-9.0).may_hold(orders)
    assert not made({"quick_threshold": level + 1e-9}, manh=6.0, yeu=-9.0).may_hold(orders)
    # two words: nine tenths of ten, times the root of four
    assert made({"quick_threshold": 10.0}, manh=18.0).may_hold([["manh và."]])
    assert made(manh=6.0).may_hold([]) is False
    assert made(manh=6.0).may_hold([["", "..."]]) is False
    assert made(manh=6.0)._passes([]) is False
    assert made(manh=6.0).may_hold([["yeu."], ["manh."]])


def test_a_page_is_looked_at_with_the_pairs_across_its_sentences() -> None:
    # the end of one sentence and the beginning of the next are a pair in a window that holds both
    level = 5.0 / math.sqrt(2.0 * 4) / scope.FIRST_LOOK_SHARE
    orders = [["và manh.", "yeu và."]]
    assert made({"quick_threshold": level - 1e-6}, manh_yeu=5.0).may_hold(orders)
    assert not made({"quick_threshold": level + 1e-6}, manh_yeu=5.0).may_hold(orders)
    apart = [["và manh.", sentence("và", WINDOW_SYLLABLES), "yeu và."]]
    assert not made({"quick_threshold": 0.01}, manh_yeu=5.0).may_hold(apart)


def test_a_window_of_a_page_takes_in_all_that_fit() -> None:
    fits = [["manh và.", sentence("manh", WINDOW_SYLLABLES - 2)]]
    level = 2.0 / math.sqrt(2.0 * WINDOW_SYLLABLES) / scope.FIRST_LOOK_SHARE
    assert made({"quick_threshold": level - 1e-6}, manh=1.0).may_hold(fits)
    assert not made({"quick_threshold": level + 1e-6}, manh=1.0).may_hold(fits)
    # one syllable more, and the first sentence is a window by itself
    more = [["manh và.", sentence("manh", WINDOW_SYLLABLES - 1)]]
    level = 1.0 / math.sqrt(2.0 * 2) / scope.FIRST_LOOK_SHARE
    assert made({"quick_threshold": level - 1e-6}, manh=1.0).may_hold(more)
    assert not made({"quick_threshold": level + 1e-6}, manh=1.0).may_hold(more)


def test_a_page_longer_than_can_be_read_passes() -> None:
    gate = made(manh=1.0)
    assert gate.may_hold([["yeu " * (MAX_CHARS // 4) + "a"]])
    assert not gate.may_hold([["yeu " * (MAX_CHARS // 4)]])


def test_the_probability_of_a_whole_text_is_the_calibrated_score() -> None:
    gate = made()
    expected = [1 / (1 + math.exp(-(2.0 * 4.0 - 1.0))), 1 / (1 + math.exp(30.0))]
    assert gate.score([sentence("manh"), ""]) == pytest.approx(expected, rel=1e-6, abs=0)
    assert made({"slope": 20.0}).score([sentence("manh")])[0] == 1 / (1 + math.exp(-30.0))
    assert made({"slope": 0.5, "offset": 0.0}).score([""]) == pytest.approx(
        [1 / (1 + math.exp(15.0))], rel=1e-6
    )
    # a text's score with that of its best sentence
    both = (3.0 - 4.0) / math.sqrt(2) + 0.5 * 2.0
    assert gate.score([f"{sentence('manh')} {sentence('yeu')}"]) == pytest.approx(
        [1 / (1 + math.exp(-(2.0 * both - 1.0)))], rel=1e-5
    )

"""Runs of words and letters in arrays: the same inner products as scikit-learn's vectorisers give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify import grams, views
from classify.grams import Spelling, Weighted
from classify.learner import Learner

POOL = [
    "Nộp phí hồ sơ 500k để nhận tiền trợ cấp, nộp ngay!",
    "Lịch tiêm chủng tháng 12 tại trạm y tế xã; nộp phí: không.",
    "ở xã A1 có lịch nhận gạo",
    "",
    "nộp nộp nộp",
]
words = st.sampled_from(["nộp", "phí", "a", "bò", "xã", "tiền", "?", "hồ sơ"])
pools = st.lists(st.lists(words, max_size=8).map(" ".join), min_size=2, max_size=9)


def _products(found: Weighted) -> np.ndarray:
    return np.asarray((found.rows @ found.rows.T).toarray() + np.diag(found.alone))


def _reference(texts: list[str], **options: object) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        rows = TfidfVectorizer(sublinear_tf=True, **options).fit_transform(texts)
    except ValueError:  # not a single word
        return np.zeros((len(texts), len(texts)))
    return np.asarray((rows @ rows.T).toarray())


def _pairs(texts: list[str]) -> np.ndarray:
    spelling = Spelling()
    return _products(grams.weighted(grams.runs(spelling.codes(text.split()), 2) for text in texts))


@settings(deadline=None, max_examples=60)
@given(pools)
def test_words_and_pairs_weigh_as_in_scikit_learn(texts: list[str]) -> None:
    wanted = _reference(texts, ngram_range=(1, 2), tokenizer=str.split, token_pattern=None)
    assert _pairs(texts) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("least", [1, 2])
def test_letters_weigh_as_in_scikit_learn(least: int) -> None:
    found = _products(grams.weighted((grams.letters(text.lower(), 2, 5) for text in POOL), least))
    wanted = _reference(POOL, analyzer="char_wb", ngram_range=(2, 5), min_df=least)
    assert found == pytest.approx(wanted, abs=1e-5)
    # control: letters that run over the ends of words are other features
    over = _reference(POOL, analyzer="char", ngram_range=(2, 5), min_df=least)
    assert found != pytest.approx(over, abs=1e-2)


def test_what_one_text_alone_holds_is_left_out_and_still_counts_into_its_length() -> None:
    spelling = Spelling()
    found = grams.weighted(grams.runs(spelling.codes(text.split()), 1) for text in ("a b", "a c", "d"))
    assert found.rows.shape == (3, 1)
    lengths = np.asarray(found.rows.multiply(found.rows).sum(axis=1)).ravel() + found.alone
    assert lengths == pytest.approx([1, 1, 1], abs=1e-6)


def test_a_pool_compared_beforehand_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["gạo", "quà", "nhà", "vốn", "xe", "bò", "gà"], 5)) for _ in range(90)]
    vectors = rng.normal(size=(90, 8)).astype(np.float32)

    def scores() -> np.ndarray:
        learner = Learner(texts, vectors, 0)
        learner.learn(range(30), ["gạo" in text for text in texts[:30]])
        return learner.scores()

    monkeypatch.setattr(views, "_DENSER", 8)
    looked_up = scores()
    monkeypatch.setattr(views, "WHOLE", 0)
    reckoned = scores()
    assert looked_up == pytest.approx(reckoned, abs=1e-3)
    assert looked_up != pytest.approx(np.zeros(90), abs=0.1)  # control

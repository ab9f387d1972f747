"""What people read first: an order, with its reasons, never a verdict."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.calibrating import expected_error
from classify.errors import ArtefactError, TrainingDataError
from classify.rank import (
    FRESH_DAYS,
    ClaimFacts,
    ColdRanker,
    LinearRanker,
    freshness,
    priority,
    ranking_text,
    reach,
)
from classify.ranking import Told, fit_ranker
from tests.classify.wild import wild

SCAM = "Khẩn! Nộp phí hồ sơ qua link này để nhận trợ cấp, không làm sẽ bị khóa tài khoản, chia sẻ gấp"
NOTICE = "Trạm y tế thông báo lịch tiêm chủng tháng 12 cho trẻ em, thời gian từ 7 giờ"


def facts(text: str = SCAM) -> ClaimFacts:
    return ClaimFacts(
        text=text, topic="benefits", n_mentions=1, n_stories=1, n_sources=1, n_tips=0, age_days=0,
        best_false_match=0, best_true_match=0,
    )  # fmt: skip


def cold(claim: ClaimFacts) -> float:
    (ranked,) = ColdRanker().score([claim])
    return ranked.score


def test_a_scam_comes_before_a_calm_notice() -> None:
    scam, notice = ColdRanker().score([facts(SCAM), facts(NOTICE)])
    assert scam.score > notice.score
    assert "nói tới việc đóng, nộp tiền" in {reason.feature for reason in scam.reasons}


def test_closeness_to_answered_claims_and_tips_move_the_score() -> None:
    base = cold(facts(NOTICE))
    assert cold(replace(facts(NOTICE), best_false_match=0.9)) > base
    assert cold(replace(facts(NOTICE), best_true_match=0.9)) < base
    assert cold(replace(facts(NOTICE), n_tips=5)) > cold(replace(facts(NOTICE), n_tips=1)) > base


def test_reasons_come_weightiest_first() -> None:
    (ranked,) = ColdRanker().score([replace(facts(), best_false_match=0.9, n_tips=3)])
    weights = [abs(reason.weight) for reason in ranked.reasons]
    assert weights == sorted(weights, reverse=True)
    assert ranked.reasons[0].feature == "giống một tin đã kết luận là sai"


def test_urgency_halves_and_reach_grows() -> None:
    assert freshness(facts()) == 1
    assert freshness(replace(facts(), age_days=FRESH_DAYS)) == pytest.approx(0.5)
    assert freshness(replace(facts(), age_days=-3)) == 1
    assert reach(replace(facts(), n_tips=1)) > reach(replace(facts(), n_sources=2)) > reach(facts())
    assert reach(replace(facts(), n_tips=10**6)) == 1


@settings(deadline=None, max_examples=60)
@given(
    wild,
    st.builds(
        ClaimFacts,
        text=st.just(""), topic=st.just("health"), n_mentions=st.integers(0, 10**6),
        n_stories=st.integers(0, 10**6), n_sources=st.integers(0, 99), n_tips=st.integers(0, 10**6),
        age_days=st.floats(0, 10**4), best_false_match=st.floats(0, 1), best_true_match=st.floats(0, 1),
    ),
)  # fmt: skip
def test_priority_is_a_share_for_any_claim(text: str, claim: ClaimFacts) -> None:
    claim = replace(claim, text=text)
    (ranked,) = ColdRanker().score([claim])
    assert 0 < ranked.score < 1
    assert 0 <= priority(ranked, claim) <= ranked.score
    assert 0.25 <= reach(claim) <= 1


def test_the_trained_ranker_sees_no_identity() -> None:
    assert ranking_text("Gọi ‹phone·07·1a2b3c4d› nộp 500k ở A1").split() == ["gọi", "nộp", "ở"]


def rows() -> tuple[list[str], list[bool], Told]:
    false = [
        f"nộp phí nhận tiền ngay {word}" for word in ("gạo", "quà", "nhà", "vốn", "xe", "bò", "gà", "heo")
    ]
    true = [
        f"lịch tiêm chủng trạm y tế {word}" for word in ("mai", "kia", "nay", "tới", "sau", "đó", "ấy", "này")
    ]
    texts = false * 3 + true * 3
    return texts, [True] * 24 + [False] * 24, Told([f"g{at}" for at in range(48)])


def test_a_trained_ranker_learns_the_verdicts_and_is_loaded_by_its_sum(tmp_path: Path) -> None:
    artefact = fit_ranker(*rows(), seed=1)
    path = tmp_path / "ranker.skops"
    path.write_bytes(artefact.data)
    assert hashlib.sha256(artefact.data).hexdigest() == artefact.sha256
    ranker = LinearRanker.load(path, artefact.sha256)
    scam, notice = ranker.score([facts("nộp phí nhận tiền"), facts("lịch tiêm chủng ở trạm y tế")])
    assert scam.score > notice.score
    assert any(reason.feature.startswith("từ “") for reason in scam.reasons)
    assert ranker.score([]) == []
    with pytest.raises(ArtefactError, match="SHA-256"):
        LinearRanker.load(path, "0" * 64)
    with pytest.raises(ArtefactError, match=r"none\.skops"):
        LinearRanker.load(tmp_path / "none.skops", artefact.sha256)


def test_a_word_of_few_sources_is_not_learned_however_many_stories_hold_it() -> None:
    texts, labels, told = rows()
    stories = told.groups
    with pytest.raises(TrainingDataError, match="5 different sources"):
        fit_ranker(texts, labels, Told(stories, ["one", "two", "three", "four"] * 12), seed=1)
    fifth = ["one", "two", "three", "four", "five", "six"] * 8
    fit_ranker(texts, labels, Told(stories, fifth), seed=1)  # control: the same stories of more sources


def test_no_word_of_one_house_stands_in_the_file() -> None:
    texts, labels, told = rows()
    named = [f"{text} nguyễnvănsáu" if at < 12 else text for at, text in enumerate(texts)]
    sources = ["nhà một" if at < 12 else f"nhà {at % 8}" for at in range(48)]
    kept = fit_ranker(named, labels, Told(told.groups, sources), seed=1)
    assert "nguyễnvănsáu" not in _vocabulary(kept.data)
    assert "nguyễnvănsáu" in _vocabulary(fit_ranker(named, labels, told, seed=1).data)  # control: by story


def _vocabulary(data: bytes) -> set[str]:
    import skops.io

    return set(skops.io.loads(data, trusted=[]).named_steps["terms"].vocabulary)


def test_a_doubted_word_weighs_less_and_the_others_take_over() -> None:
    texts, labels, told = rows()

    def weights(doubted: dict[str, float]) -> dict[str, float]:
        made = fit_ranker(texts, labels, Told(told.groups, None, doubted), seed=1)
        import skops.io

        steps = skops.io.loads(made.data, trusted=[]).named_steps
        assert made.metrics["doubted_terms"] == len(set(doubted) & set(steps["terms"].vocabulary))
        line = steps["model"].coef_[0] / abs(steps["model"].coef_[0]).max()
        return dict(zip(steps["terms"].get_feature_names_out(), line.tolist(), strict=True))

    plain, doubted = weights({}), weights({"phí": 0.25, "không có trong từ điển": 0.25})
    assert 0 < doubted["phí"] < 0.5 * plain["phí"]
    assert doubted["nộp"] == pytest.approx(plain["nộp"], abs=0.15)


def test_training_needs_both_verdicts_and_equal_columns() -> None:
    texts, labels, told = rows()
    with pytest.raises(TrainingDataError, match="found false"):
        fit_ranker(texts, [True] * 48, told, seed=1)
    with pytest.raises(TrainingDataError, match="equally many"):
        fit_ranker(texts, labels[1:], told, seed=1)


def test_expected_calibration_error() -> None:
    import numpy as np

    truth = np.array([True, False, True, False])
    assert expected_error(truth, np.array([1.0, 0.0, 1.0, 0.0])) == 0
    assert expected_error(truth, np.array([0.0, 1.0, 0.0, 1.0])) == 1

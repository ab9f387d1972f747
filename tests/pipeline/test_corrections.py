""" "No, because…" reaches the next trained model: two people together move it, one alone never (rule 10)."""

from collections.abc import Mapping, Sequence

import pytest

from models.ordering import RankAnswer
from pipeline import answers, labels, learning, modelcard, withdrawal
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import People, hire, put_claim
from tests.promises.labelled import World

WORD = "từ “{}”"


@pytest.fixture
def people(sqlite_desk: Desk) -> People:
    """Staff."""
    return hire(sqlite_desk)


def doubt(desk: Desk, words: Sequence[str], staff: Sequence[int], claims: int = 2) -> dict[str, float]:
    """What training is told after these people have doubted each word on so many claims."""
    told = {"why": "từ này ai cũng dùng", "at": NOW}
    ids = [put_claim(desk, f"phà nghỉ chạy hôm {at}") for at in range(claims)]
    with desk.sessions.begin() as session:
        for claim_id in ids:
            for who in staff:
                for word in words:
                    session.add(
                        RankAnswer(claim_id=claim_id, staff_id=who, feature=WORD.format(word), **told)
                    )
    with desk.reading() as session:
        return answers.taught(session)


def test_one_person_alone_changes_no_model_however_often_they_say_it(
    sqlite_desk: Desk, people: People
) -> None:
    assert doubt(sqlite_desk, ["phí"], [people.an], claims=12) == {}
    assert doubt(sqlite_desk, ["phí"], [people.binh]) == {"phí": 0.25}  # control: a second one agrees


def test_a_word_keeps_a_quarter_of_its_weight_and_few_words_are_corrected(
    sqlite_desk: Desk, people: People
) -> None:
    everybody = [people.an, people.binh, people.chi, people.dung]
    words = [f"chữ{at}" for at in range(answers.MOST_WORDS + 5)]
    found = doubt(sqlite_desk, words, everybody[:2], claims=1) | doubt(sqlite_desk, ["gấp"], everybody)
    assert len(found) == answers.MOST_WORDS + 1  # the first answer gave twenty, the second one word more
    with sqlite_desk.reading() as session:
        kept = answers.taught(session)
    assert len(kept) == answers.MOST_WORDS
    assert kept["gấp"] == answers.LEAST_FACTOR  # four doubt it: it stays before those of two


def test_what_a_withdrawn_reviewer_said_does_not_count(sqlite_desk: Desk, people: People) -> None:
    assert doubt(sqlite_desk, ["phí"], [people.an, people.binh]) == {"phí": 0.25}
    withdrawal.withdraw(sqlite_desk, people.an, people.chi, "nhiều câu trả lời bừa")
    with sqlite_desk.reading() as session:
        assert answers.taught(session) == {}


def test_the_trained_model_weighs_doubted_words_less_and_its_card_says_so() -> None:
    world = World(5)
    given = world.labels(240)
    doubted = dict.fromkeys(world.lures[:5], answers.LEAST_FACTOR)

    def weights(told: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        import skops.io

        made = learning.fit(given, 1, told)
        steps = skops.io.loads(made.data, trusted=[]).named_steps
        names = steps["terms"].get_feature_names_out()
        return dict(zip(names, steps["model"].coef_[0].tolist(), strict=True)), made.metrics

    plain, untold = weights({})
    corrected, metrics = weights(doubted)
    mine, others = world.lures[:5], world.lures[5:]
    assert sum(corrected[one] for one in mine) < 0.4 * sum(plain[one] for one in mine)
    assert sum(corrected[one] for one in others) > 0.8 * sum(plain[one] for one in others)
    assert (metrics["doubted_terms"], metrics["doubted_least"]) == (5.0, answers.LEAST_FACTOR)
    assert "5 words doubted by two people or more" in modelcard.doubted(metrics)
    assert "no word was doubted" in modelcard.doubted(untold)  # control
    assert labels.fingerprint(given, doubted) != labels.fingerprint(given, {}) == labels.fingerprint(given)

"""What is probably unread: the limit holds, says nothing too early, and unread draws never flatter."""

import random
from datetime import timedelta

import pytest

from models.vocabulary import ClaimState, Rating
from pipeline import outlook
from pipeline.compose import Desk
from pipeline.outlook import LEAST, reckoned
from tests.pipeline.conftest import DAY, People, put_claim
from tests.pipeline.verdicts import close, settle


def read_by_score(
    draw: random.Random, n: int, prevalence: float, share: float
) -> tuple[list[bool | None], list[float], int]:
    """Claims in the order of chance, the best by score read and the first twentieth by chance.

    Gives what is known, the scores, and how many false ones are unread.
    """
    truth = [draw.random() < prevalence for _ in range(n)]
    scores = [draw.gauss(1.5 if one else 0.0, 1.0) for one in truth]
    best = set(sorted(range(n), key=lambda at: -scores[at])[: int(share * n)]) | set(range(n // 20))
    known = [truth[at] if at in best else None for at in range(n)]
    return known, scores, sum(truth[at] for at in range(n) if at not in best)


@pytest.mark.parametrize(("n", "prevalence", "share"), [(800, 0.1, 0.4), (1_500, 0.03, 0.3)])
def test_the_limit_holds(n: int, prevalence: float, share: float) -> None:
    draw, above, gaps = random.Random(8), 0, 0.0
    for _ in range(30):
        known, scores, left = read_by_score(draw, n, prevalence, share)
        found = reckoned(known, scores)
        assert found.most is not None
        assert found.likely is not None
        above += left > found.most
        gaps += found.likely - left
    assert above <= 3
    assert abs(gaps) / 30 < 12


def test_control_taking_what_was_read_for_a_sample_would_be_far_off() -> None:
    known, _, left = read_by_score(random.Random(8), 800, 0.1, 0.4)
    judged = [one for one in known if one is not None]
    assert sum(judged) / len(judged) * known.count(None) > 3 * max(1, left)


def test_too_few_draws_say_nothing_and_how_many_are_missing() -> None:
    known: list[bool | None] = [False] * 12 + [None] * 200
    found = reckoned(known, [0.5] * len(known))
    assert (found.most, found.likely, found.needed) == (None, None, LEAST - 12)
    assert not found.done


def test_everything_read_leaves_nothing() -> None:
    found = reckoned([True, False, True], [0.1, 0.2, 0.3])
    assert (found.n_unread, found.most, found.likely, found.done) == (0, 0, 0.0, True)
    assert reckoned([], []).n_claims == 0


def test_a_draw_that_nobody_settles_makes_the_limit_wider() -> None:
    read: list[bool | None] = [False] * 60 + [None] * 400
    gaps: list[bool | None] = [None if at in {10, 30} else False for at in range(60)] + [None] * 400
    scores = [0.5] * len(read)
    settled, waiting = reckoned(read, scores), reckoned(gaps, scores)
    assert settled.most is not None
    assert waiting.most is not None
    assert waiting.most > settled.most


def test_ninety_in_a_hundred_found_is_done() -> None:
    known: list[bool | None] = [at % 4 == 0 for at in range(980)] + [None] * 20
    found = reckoned(known, [0.5] * 1_000)
    assert found.done


def test_the_desk_keeps_one_row(desk: Desk, people: People) -> None:
    pair = (people.an, people.binh)
    settle(desk, "tin sai về phí hồ sơ", Rating.FALSE, pair)
    settle(desk, "tin chưa đủ bằng chứng", Rating.UNPROVEN, pair)
    close(desk, "chuyện không có gì để kiểm chứng", pair)
    put_claim(desk, "đang chờ")
    put_claim(desk, "cũ hơn bốn tuần", day=DAY - timedelta(days=40))
    put_claim(desk, "mới thấy", state=ClaimState.NEW)
    for _ in range(2):
        found = outlook.reckon(desk)
    assert (found.n_claims, found.n_unread, found.n_found, found.needed) == (5, 2, 1, LEAST - 3)
    with desk.reading() as session:
        row = outlook.kept(session)
        assert row is not None
        assert outlook.shown(row) == found

"""Replays that staff can look at: of the desk's own decisions and of tables; figures and curves alone."""

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from models.errors import UsageError
from models.vocabulary import Rating
from pipeline import replays, schedule
from pipeline.compose import Desk
from pipeline.replays import DESK, TABLE
from tests.conftest import NOW
from tests.pipeline.cli import kiemchung
from tests.pipeline.conftest import People, put_claim
from tests.pipeline.verdicts import CALM, LURE, salad, settle

WORST = 6
"""False claims of the little history below; the desk decided them last."""


def decide(desk: Desk, people: People, calm: int = 24, lures: int = WORST) -> list[str]:
    """A history in which the desk came to the false ones last, as badly as can be."""
    draw = random.Random(5)
    texts = [salad(CALM, draw) for _ in range(calm)] + [salad(LURE, draw) for _ in range(lures)]
    for at, text in enumerate(texts):
        rating = Rating.TRUE if at < calm else Rating.FALSE
        settle(desk, text, rating, (people.an, people.binh), at=NOW + timedelta(hours=at))
    return texts


def play(desk: Desk, seeds: Sequence[int] = (0, 1)) -> replays.Kept:
    return replays.of_desk(desk, seeds, encoder="none")


def test_it_says_how_much_sooner_the_false_ones_would_have_been_found(
    sqlite_desk: Desk, people_of: People
) -> None:
    texts = decide(sqlite_desk, people_of)
    made = play(sqlite_desk)
    assert (made.n, made.positives, made.seeds) == (30, WORST, [0, 1])
    assert made.really_at is not None
    assert made.really_at["90"] == 1.0
    assert made.read_at["90"].low <= made.read_at["90"].mean <= made.read_at["90"].high < 0.6
    assert made.really is not None
    assert (made.really[0], made.really[-1]) == ([0.0, 0.0], [1.0, 1.0])
    assert all(curve[-1] == [1.0, 1.0] for curve in made.curves)
    assert replays.newest(sqlite_desk.settings, DESK) == made
    assert replays.newest(sqlite_desk.settings, TABLE) is None
    kept = (replays.folder_of(sqlite_desk.settings) / "desk.json").read_text(encoding="utf-8")
    assert not any(text[:12] in kept for text in texts)  # nothing of a claim lives on in it


def test_near_copies_count_once_and_unproven_counts_as_nothing(sqlite_desk: Desk, people_of: People) -> None:
    texts = decide(sqlite_desk, people_of)
    settle(sqlite_desk, texts[-1], Rating.FALSE, (people_of.an, people_of.binh))
    settle(sqlite_desk, salad(LURE, random.Random(9)), Rating.UNPROVEN, (people_of.an, people_of.binh))
    assert (play(sqlite_desk, [0]).n, play(sqlite_desk, [0]).positives) == (30, WORST)
    # positive control: what is no copy is counted
    settle(sqlite_desk, salad(LURE, random.Random(8)), Rating.FALSE, (people_of.an, people_of.binh))
    assert play(sqlite_desk, [0]).positives == WORST + 1


@pytest.mark.parametrize(("calm", "lures"), [(12, 6), (30, 0), (0, 30)])
def test_too_little_or_all_alike_is_refused_and_the_weekly_job_goes_on(
    calm: int, lures: int, sqlite_desk: Desk, people_of: People
) -> None:
    decide(sqlite_desk, people_of, calm, lures)
    with pytest.raises(UsageError, match="20 or more, some false and some not"):
        play(sqlite_desk)
    assert replays.make_weekly(sqlite_desk, "2026-W47") is None
    assert replays.newest(sqlite_desk.settings, DESK) is None


def test_the_job_is_due_once_a_week_from_twenty_verdicts_on(sqlite_desk: Desk, people_of: People) -> None:
    assert schedule.BY_NAME["replay"].due(sqlite_desk, NOW) == []
    decide(sqlite_desk, people_of, 19, 1)
    (week,) = schedule.BY_NAME["replay"].due(sqlite_desk, NOW)
    assert schedule.BY_NAME["replay"].due(sqlite_desk, NOW + timedelta(days=7)) != [week]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"read_at": 3}', "\udcff"])
def test_a_file_that_cannot_be_read_counts_as_none(text: str, sqlite_desk: Desk) -> None:
    folder = replays.folder_of(sqlite_desk.settings)
    folder.mkdir(parents=True)
    (folder / "desk.json").write_bytes(text.encode(errors="surrogateescape"))
    assert replays.newest(sqlite_desk.settings, DESK) is None


def test_the_picture_holds_every_curve(sqlite_desk: Desk, people_of: People) -> None:
    decide(sqlite_desk, people_of)
    drawn = replays.chart(play(sqlite_desk))
    assert "thứ tự bàn tin đã kết luận" in drawn
    assert replays.chart(play(sqlite_desk), narrow=True) != drawn


def test_the_command_keeps_what_it_shows(tmp_path: Path) -> None:
    rows = [f"phí hồ sơ {at},1" for at in range(4)] + [f"lịch tiêm {at},0" for at in range(16)]
    (tmp_path / "q.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    table = ("simulate", "q.csv", "--encoder", "none", "--seeds", "2", "--jobs", "1", "--show")
    assert "20 rows, 4 to find, mean of 2 seeds" in kiemchung(tmp_path, *table).out
    assert '"name": "q.csv"' in (tmp_path / "var/replays/table.json").read_text(encoding="utf-8")
    kiemchung(tmp_path, "simulate", "--desk").refused(2, "--desk", "0 different decided claims")
    kiemchung(tmp_path, "simulate", "q.csv", "--desk").refused(2, "DATA or --desk")
    kiemchung(tmp_path, "simulate", "--desk", "--stop", "quarter").refused(2, "recall90")


@pytest.fixture
def people_of(sqlite_desk: Desk) -> People:
    from tests.pipeline.conftest import hire

    put_claim(sqlite_desk)  # an open claim is no part of any replay
    return hire(sqlite_desk)

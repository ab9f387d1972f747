"""The benchmark against ASReview counts as it says."""

from pathlib import Path

import numpy as np
import pytest

from bench import ranking, replay_growth
from classify.encoder import NoEncoder
from classify.simulate import replay, start

SMALL = ranking.Pool(
    "small", [f"phí {at}" if at < 4 else f"lịch {at}" for at in range(16)], [True] * 4 + [False] * 12
)


def test_levels_are_the_share_read_when_so_many_are_found() -> None:
    truth = [True, False, True, False, False, True, True, True, False, False]
    assert ranking.levels(truth, [0, 2, 5, 6, 7, 1, 3, 4, 8, 9]) == [0.4, 0.5, 0.5]
    assert ranking.levels(truth, [1, 3, 4, 8, 9, 0, 2, 5, 6, 7]) == [0.9, 1.0, 1.0]


def test_files_are_put_together_and_the_rarer_label_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("title\tlabel\nmột\tclickbait\nhai\tnon-clickbait\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("text,label\nba,clickbait\n", encoding="utf-8")
    pool = ranking.read("both", [tmp_path / "a.tsv", tmp_path / "b.csv"])
    assert pool.texts == ["một", "hai", "ba"]
    assert pool.truth == [True, False, True]


def test_without_asreview_our_own_figures_are_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ranking, "open_encoder", lambda _: NoEncoder())
    found = ranking.compared(SMALL, 1, None, ranking.Shelf(tmp_path))
    assert (found["n"], found["positives"]) == (16, 4)
    assert 0 < found["ours_without_encoder"]["read_at_90"] <= 1
    assert "asreview" not in found


def test_what_has_been_replayed_is_not_replayed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    played: list[int] = []

    def once(_: ranking.Pool, seed: int, vectors: object) -> ranking.Run:
        assert vectors is None
        played.append(seed)
        return ranking.Run(list(range(16)), 0.1)

    monkeypatch.setattr(ranking, "open_encoder", lambda _: NoEncoder())
    monkeypatch.setattr(ranking, "ours", once)
    for seeds in (2, 3):
        ranking.compared(SMALL, seeds, None, ranking.Shelf(tmp_path))
    assert played == [0, 1, 2]
    # positive control: other rows are another pool
    ranking.compared(SMALL._replace(truth=SMALL.truth[::-1]), 1, None, ranking.Shelf(tmp_path))
    assert played == [0, 1, 2, 0]


def test_both_begin_with_the_same_two_rows() -> None:
    begun = start(np.array(SMALL.truth), 5)
    assert replay(SMALL.texts, SMALL.truth, 5).order[:2] == begun


def test_the_growth_of_a_decision_is_the_power_of_the_rows() -> None:
    assert replay_growth.growth([2_000, 8_000], [1.0, 4.0]) == pytest.approx(1)
    assert replay_growth.growth([2_000, 8_000], [3.0, 3.0]) == pytest.approx(0)
    texts, truth, vectors = replay_growth.queue(200)
    assert (len(texts), len(truth), vectors.shape) == (200, 200, (200, replay_growth.WIDTH))
    assert 0 < sum(truth) < 30

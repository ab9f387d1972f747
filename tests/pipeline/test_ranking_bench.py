"""The benchmark against ASReview counts as it says."""

from pathlib import Path

import pytest

from bench import ranking


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


def test_without_asreview_our_own_figures_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "open_encoder", lambda _: ranking_encoder())
    pool = ranking.Pool(
        "small", [f"phí {at}" if at < 4 else f"lịch {at}" for at in range(16)], [True] * 4 + [False] * 12
    )
    found = ranking.compared(pool, 1, None)
    assert (found["n"], found["positives"]) == (16, 4)
    assert 0 < found["ours_without_encoder"]["read_at_90"] <= 1
    assert "asreview" not in found


def ranking_encoder() -> object:
    from classify.encoder import NoEncoder

    return NoEncoder()

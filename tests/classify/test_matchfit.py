"""The weights of the re-ranker: written pairs, a pinned file, signs that make sense, one value that tells."""

import json
from collections import Counter
from pathlib import Path

import pytest

from classify.corpus import TOPICS
from classify.encoder import NoEncoder
from classify.errors import ArtefactError, TrainingDataError
from classify.matchfit import OTHER, SAME, examples, fit, held_back, load_pairs
from classify.rerank import NAMES, SHIPPED, figures, read, weights


def test_there_are_pairs_of_every_kind_in_every_topic() -> None:
    rows = load_pairs()
    kinds = Counter(row.kind for row in rows)
    assert sum(kinds.values()) - kinds["claim"] >= 400
    assert set(kinds) == SAME | OTHER | {"claim"}
    assert {row.topic for row in rows} == set(TOPICS)
    assert len({row.text for row in rows}) == len(rows)
    assert kinds["claim"] == len({row.group for row in rows})


def test_what_differs_never_speaks_for_a_match() -> None:
    for one in weights():
        for head in one:
            for name, weight in head.weights.items():
                differs = name.startswith(("other_", "only_", "lost_", "new_")) or name in {
                    "opposed", "denied", "warned", "swapped", "length",
                }  # fmt: skip
                assert (weight <= 0) is differs, name


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    stored = json.loads(SHIPPED.read_text(encoding="utf-8"))
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(stored), encoding="utf-8")
    assert weights(good) == weights()
    stored["words_alone"]["near"]["bias"] += 1
    bad.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(ArtefactError, match="SHA-256"):
        weights(bad)


def test_a_line_with_an_unknown_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("m1\thealth\tclaim\tmột\nm1\thealth\tsimilar\thai\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="line 2"):
        load_pairs(path)


def test_one_value_changes_the_score_and_is_among_the_reasons() -> None:
    known = read("Hộ nghèo ở Trà Ôn được nhận 5 triệu đồng ăn Tết")
    asked = [read(f"nhà nghèo Trà Ôn được lãnh {amount} ăn Tết") for amount in ("năm triệu", "hai triệu")]
    same, other = (figures(one, known, lambda _: 3.0, None) for one in asked)
    chosen = weights()[1]
    assert set(same) == set(NAMES)
    assert chosen.score(same) > 0.5 > chosen.score(other)
    assert min(chosen.reasons(other), key=lambda one: one[1])[0] == "khác số tiền"


@pytest.mark.release
def test_the_shipped_weights_are_those_of_the_pairs_and_hold_up() -> None:
    found = examples(load_pairs(), NoEncoder())
    stored = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert fit(found, with_meaning=False) == stored["words_alone"]
    held = held_back(found, with_meaning=False)
    assert held["own claim first"] >= 0.95
    assert held["auc same against other"] >= 0.88

"""The weights of the re-ranker: written pairs, a pinned file, signs that make sense, one value that tells."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from classify.corpus import TOPICS
from classify.encoder import NoEncoder
from classify.errors import ArtefactError, TrainingDataError
from classify.matchfit import ENGLISH, OTHER, SAME, WORDS, examples, fit, held_back, load_pairs
from classify.rerank import NAMES, SHIPPED, compare, figures, judged, nearness, read, weights
from classify.trees import LEAF, Node, Trees, opened, stored


def test_there_are_pairs_of_every_kind_in_every_topic() -> None:
    rows = load_pairs()
    kinds = Counter(row.kind for row in rows)
    assert sum(kinds.values()) - kinds["claim"] >= 1200
    assert set(kinds) == SAME | OTHER | {"claim"}
    assert {row.topic for row in rows} == set(TOPICS)
    assert len({row.text for row in rows}) == len(rows)
    assert kinds["claim"] == len({row.group for row in rows})


def test_english_pairs_are_kept_apart() -> None:
    english = load_pairs(ENGLISH)
    assert len(english) >= 100
    assert not {row.group for row in english} & {row.group for row in load_pairs()}
    assert all(read(row.text).is_foreign for row in english)
    assert not any(read(row.text).is_foreign for row in load_pairs()[::20])


def _differs(name: str) -> bool:
    return name.startswith(("other_", "only_", "lost_", "new_", "replaced", "added", "left_")) or name in {
        "opposed", "denied", "warned", "swapped", "length",
    }  # fmt: skip


def test_what_differs_never_speaks_for_a_match() -> None:
    for one in weights():
        for name, weight in one.near.weights.items():
            assert (weight <= 0) is _differs(name), name


@pytest.mark.parametrize("name", [name for name in NAMES if _differs(name)])
def test_more_of_a_difference_never_raises_the_probability(name: str) -> None:
    known = read("Hộ nghèo ở Trà Ôn được nhận 5 triệu đồng ăn Tết")
    asked = read("nhà nghèo Trà Ôn được lãnh năm triệu ăn Tết")
    plain = figures(asked, known, lambda _: 5.0, 0.93) | compare(asked, known, lambda _: 5.0)
    for one in weights():
        rows = [plain | {name: value} for value in (0.0, 0.5, 1.0, 2.0, 3.0)]
        totals = [sum(parts.values()) for parts in one.same.parts(rows)]
        assert all(after <= before + 1e-3 for before, after in pairwise(totals)), totals


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    stored = json.loads(SHIPPED.read_text(encoding="utf-8"))
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(stored), encoding="utf-8")
    assert weights(good) == weights()
    stored["words_alone"]["same"]["trees"][0][0][1] += 1
    bad.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(ArtefactError, match="SHA-256"):
        weights(bad)


def test_a_line_with_an_unknown_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("m1\thealth\tclaim\tmột\nm1\thealth\tsimilar\thai\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="line 2"):
        load_pairs(path)


def test_one_value_changes_the_score_and_is_among_the_reasons() -> None:
    def idf(_: str) -> float:
        return 5.0

    known = read("Hộ nghèo ở Trà Ôn được nhận 5 triệu đồng ăn Tết")
    asked = [read(f"nhà nghèo Trà Ôn được lãnh {amount} ăn Tết") for amount in ("năm triệu", "hai triệu")]
    same, other = (judged([(nearness(one, known, idf, None), known)], one, idf)[0] for one in asked)
    assert same.score > 0.5 > other.score
    assert "khác số tiền" in [name for name, _ in other.reasons]
    assert "khác số tiền" not in [name for name, weight in same.reasons if weight < 0]


def test_the_parts_of_a_score_sum_to_it() -> None:
    """A control beside it: the mean of a node counts, so a changed one breaks the sum."""
    tree = [Node(0, 0.5, 1, 2, 0.1), Node(LEAF, 0, 0, 0, -1.0), Node(1, 2.0, 3, 4, 0.4),
            Node(LEAF, 0, 0, 0, 0.2), Node(LEAF, 0, 0, 0, 0.9)]  # fmt: skip
    trees = opened(json.loads(json.dumps(stored(Trees(0.1, ["a", "b"], [tree])))))
    for found, leaf in (
        ({"a": 0.0, "b": 9.0}, -1.0),
        ({"a": 1.0, "b": 2.0}, 0.2),
        ({"a": 1.0, "b": 2.1}, 0.9),
    ):
        assert trees.bias + sum(trees.parts([found])[0].values()) == pytest.approx(leaf)
    wrong = Trees(0.3, ["a", "b"], [tree])
    assert wrong.bias + sum(wrong.parts([{"a": 0.0, "b": 9.0}])[0].values()) != pytest.approx(-1.0)


def test_trees_that_lead_nowhere_are_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        opened({"bias": 0.0, "names": ["a"], "trees": [[[0, 0.5, 0, 0, 0.0]]]})


@pytest.mark.release
def test_the_shipped_weights_are_those_of_the_pairs_and_hold_up() -> None:
    found = examples(load_pairs(*WORDS), NoEncoder())
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(fit(found, with_meaning=False))) == shipped["words_alone"]
    for file, held in held_back(found, with_meaning=False).items():
        assert held["own claim first"] >= 0.85, file
        assert held["auc against one value or word"] >= 0.75, file

"""The weights on disk: plain arrays, pinned, and of the data that ships."""

import json
from pathlib import Path

import numpy as np
import pytest

from classify.artefact import HEADS, SHIPPED, load, save
from classify.build import CARD, card
from classify.corpus import fingerprint, load_scope
from classify.errors import ArtefactError

MOST_BYTES = 5 * 1024 * 1024


def test_the_shipped_artefact_was_trained_on_the_shipped_texts() -> None:
    assert load().data_fingerprint == fingerprint(load_scope()), "run: python -m classify.build"


def test_it_is_small_and_holds_no_pickle() -> None:
    assert SHIPPED.stat().st_size <= MOST_BYTES
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != np.dtype(object) for name in arrays)


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path: Path) -> None:
    trained = load()
    path = tmp_path / "again.npz"
    save(trained, path)
    assert path.read_bytes() == SHIPPED.read_bytes()
    assert load(path).figures == trained.figures


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scope.npz"
    path.write_bytes(SHIPPED.read_bytes()[:-1] + b"x")
    path.with_suffix(".json").write_bytes(SHIPPED.with_suffix(".json").read_bytes())
    with pytest.raises(ArtefactError, match="SHA-256"):
        load(path)


def test_a_missing_file_and_a_file_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"none\.npz"):
        load(tmp_path / "none.npz")
    import hashlib

    path = tmp_path / "other.npz"
    with path.open("wb") as file:
        np.savez(file, x=np.zeros(3))
    pin = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(pin), encoding="utf-8")
    with pytest.raises(ArtefactError, match=r"other\.npz"):
        load(path)


def test_the_outside_is_one_undivided_class() -> None:
    # rule 3: nothing in the artefact can be turned round to find criticism, religion or protest
    assert HEADS[:2] == ("gate", "sentence")
    assert set(HEADS[2:]) == {row.topic for row in load_scope() if row.topic}


def test_no_number_is_in_a_vocabulary() -> None:
    words = [word for block in load().blocks for word in block.vocabulary]
    lengths = str.maketrans({"1": "", "2": "", "3": "", "4": ""})
    learned = [word for word in words if set(word.translate(lengths)) & set("0123456789")]
    assert learned == []
    assert not [word for word in words if set(word) & set("1234") and "#" not in word]


def test_the_data_card_counts_what_ships() -> None:
    held = load().report["held back"]
    text = CARD.read_text(encoding="utf-8")
    assert card(load_scope(), held) in text, "run: python -m classify.build"

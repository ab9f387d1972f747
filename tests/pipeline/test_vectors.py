"""Sentence vectors on disk: each text encoded once, a bounded number a run, and gone with its claim."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from classify.encoder import NoEncoder, Vectors
from models.claims import KnownClaim
from models.weeks import local_day
from pipeline import matching, vectors
from pipeline.compose import Desk
from pipeline.vectors import VectorFile


class Letters:
    """A vector of how often each of eight letters stands in a text, and how many texts were encoded."""

    name = "letters"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        rows = np.array(
            [[1 + text.count(letter) for letter in "aeiounht"] for text in texts], dtype=np.float32
        )
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _of(file: VectorFile, texts: Sequence[str], encoder: Letters, most: int = 10) -> Vectors:
    found = file.vectors(texts, encoder, most)
    assert found is not None
    return found


def test_a_text_is_encoded_once_in_its_life(tmp_path: Path) -> None:
    encoder, path = Letters(), tmp_path / "vectors" / "one.bin"
    first = _of(VectorFile(path), ["lũ về", "bão tan"], encoder)
    again = _of(VectorFile(path), ["bão tan", "nắng lên", "lũ về"], encoder)
    assert encoder.encoded == ["lũ về", "bão tan", "nắng lên"]
    assert np.allclose(again[[2, 0]], first)
    assert np.allclose(again, Letters().encode(["bão tan", "nắng lên", "lũ về"]), atol=0.01)


def test_a_run_encodes_no_more_than_its_share(tmp_path: Path) -> None:
    encoder, file = Letters(), VectorFile(tmp_path / "one.bin")
    texts = [f"tin {at}" for at in range(5)]
    assert (_of(file, texts, encoder, 2).any(axis=1)).tolist() == [True, True, False, False, False]
    assert _of(file, texts, encoder, 2).any(axis=1).sum() == 4


def test_what_is_no_longer_known_leaves_the_file(tmp_path: Path) -> None:
    encoder, path = Letters(), tmp_path / "one.bin"
    file = VectorFile(path)
    _of(file, ["lũ về", "bão tan"], encoder)
    before = path.read_bytes()
    assert file.keep_only({"lũ về"}) == 1
    assert len(path.read_bytes()) < len(before)
    assert file.keep_only({"lũ về"}) == 0
    _of(file, ["bão tan"], encoder)
    assert encoder.encoded[-1] == "bão tan"


@pytest.mark.parametrize("damage", [b"", b"x", b"\x08\x00half a record"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "one.bin"
    path.write_bytes(damage)
    encoder = Letters()
    assert _of(VectorFile(path), ["lũ về"], encoder).any()
    assert _of(VectorFile(path), ["lũ về"], encoder).any()
    assert encoder.encoded == ["lũ về"]


def test_without_an_encoder_there_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "one.bin"
    assert VectorFile(path).vectors(["lũ về"], NoEncoder()) is None
    assert not path.exists()


def test_matching_keeps_vectors_of_known_claims_and_forgets_those_deleted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Letters()
    monkeypatch.setattr(vectors, "encoder_of", lambda _: encoder)
    with desk.sessions.begin() as session:
        for key, text in (("k1", "Lá đu đủ chữa bệnh"), ("k2", "Cầu Cổ Chiên cấm xe tải")):
            row = KnownClaim(key=key, text=text, topic="health", rating="false", url="https://kiem.vn/")
            row.publisher, row.imported_day = "Tổ Kiểm tin", local_day(desk.clock())
            session.add(row)
    matching.match(desk)
    matching.match(desk)
    assert sorted(encoder.encoded) == ["Cầu Cổ Chiên cấm xe tải", "Lá đu đủ chữa bệnh"]
    with desk.sessions.begin() as session:
        session.query(KnownClaim).filter(KnownClaim.key == "k1").delete()
    assert vectors.forget_gone(desk) == 1
    assert vectors.forget_gone(desk) == 0

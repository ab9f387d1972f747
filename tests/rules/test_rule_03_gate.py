"""Rule 3: never opinion, never criticism, never an allegation about a public body or official."""

from collections.abc import Callable, Sequence
from functools import cache

import pytest
from sqlalchemy import text

from classify import artefact, protected
from classify.protected import ProtectedText
from classify.scope import Scoped, ScopeGate
from crawlers.intake import take_tip
from models.schema import TABLES
from models.vocabulary import Outcome, Topic
from pipeline.compose import Desk
from tests.rules import breaks, surface

CRITICISM = (
    "Xã làm ăn kiểu này thì dân chịu sao nổi, cán bộ tối ngày họp hành mà việc gì cũng đùn đẩy.",
    "Tui nói thiệt, mấy ông lãnh đạo chỉ lo giữ ghế chứ thương gì dân nghèo.",
    "Theo tôi ông chủ tịch nên từ chức vì để bà con khổ vậy hoài.",
)
CLAIMS = (
    "Từ ngày 1/12 hộ nghèo ở Vĩnh Long được nhận 5 triệu đồng tiền hỗ trợ, "
    "phải đóng trước 200 nghìn đồng phí hồ sơ.",
    "Uống nước lá đu đủ mỗi ngày chữa khỏi hẳn ung thư phổi, không cần mổ hay hóa trị.",
    "Công ty tuyển gấp lao động đi Hàn Quốc hái trái cây lương 45 triệu đồng một tháng, "
    "đặt cọc 8 triệu đồng giữ chỗ.",
)


@cache
def _gate() -> ScopeGate:
    return ScopeGate.load()


def admitted(decide: Callable[[str], Scoped], rows: Sequence[ProtectedText]) -> list[ProtectedText]:
    """The protected texts of which a gate would keep anything."""
    return [row for row in rows if decide(row.text).in_scope]


def test_the_protected_set_is_frozen_and_names_no_kind_of_speech() -> None:
    rows = protected.load()
    assert len(rows) >= 1000
    # a column that said which body or what kind of speech would be the named class that rule 3 forbids
    assert ProtectedText._fields == ("text",)


def test_none_of_the_first_protected_texts_is_admitted() -> None:
    # the whole set has its bound in tests/classify/test_protected.py
    assert len(admitted(_gate().decide, protected.load()[: protected.FIRST])) == 0


def test_control_a_gate_without_the_rule_admits_them() -> None:
    assert len(admitted(breaks.EverySentence().decide, protected.load())) == len(protected.load())


def test_a_protected_text_sent_as_a_tip_leaves_one_count_and_nothing_else(sqlite_desk: Desk) -> None:
    rows = protected.load()[: protected.FIRST : 25]
    outcomes = [
        take_tip(
            sqlite_desk.sessions, sqlite_desk.reader, row.text, sqlite_desk.clock, sqlite_desk.keys.receipt
        ).outcome
        for row in rows
    ]
    assert set(outcomes) == {Outcome.NOT_OURS}
    with sqlite_desk.engine.connect() as connection:
        left = {
            table
            for table in TABLES
            if connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
        }
        counted = connection.execute(text("SELECT outcome, n FROM daily_count")).all()
    assert left == {"daily_count"}
    assert [tuple(row) for row in counted] == [("not_ours", len(rows))]


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("criticism", CRITICISM)
@pytest.mark.parametrize("first", [True, False])
def test_a_mixed_message_keeps_the_claim_alone(claim: str, criticism: str, first: bool) -> None:
    scoped = _gate().decide(f"{claim} {criticism}" if first else f"{criticism} {claim}")
    kept = " ".join(span.text for span in scoped.sentences)
    # in doubt the whole message is dropped; what is never kept is the criticism
    assert not scoped.in_scope or kept == claim


def test_half_of_the_mixed_messages_at_least_keep_their_claim() -> None:
    mixed = [f"{claim} {criticism}" for claim in CLAIMS for criticism in CRITICISM]
    kept = [one for one in mixed if _gate().decide(one).in_scope]
    assert len(kept) * 2 >= len(mixed)


def test_control_a_gate_that_keeps_whole_messages_is_caught() -> None:
    scoped = breaks.EverySentence().decide(f"{CLAIMS[0]} {CRITICISM[0]}")
    assert " ".join(span.text for span in scoped.sentences) != CLAIMS[0]


def test_the_gate_has_one_bit_and_nine_topics_and_no_other_class() -> None:
    trained = artefact.load()
    topics = [topic.value for topic in Topic]
    assert ("gate", "sentence", *topics) == artefact.HEADS
    assert {block.weights.shape[1] for block in trained.blocks} == {2 + len(topics)}
    assert len(trained.bias) == 2 + len(topics)
    assert Scoped._fields == ("in_scope", "topic", "sentences")


FORBIDDEN = (
    "opinion type",
    "stance",
    "sentiment",
    "politics",
    "political",
    "criticism",
    "dissent",
    "religion",
    "protest",
)


def _named_classes() -> list[str]:
    names = [*surface.columns(), *surface.settings(), *(f"outcome.{outcome}" for outcome in Outcome)]
    return surface.holding([*names, *artefact.HEADS, *artefact.FIGURES], FORBIDDEN)


def test_what_is_not_ours_has_no_name_anywhere() -> None:
    assert _named_classes() == []


def test_control_a_named_class_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefact, "HEADS", (*artefact.HEADS, "criticism"))
    assert _named_classes() == ["criticism"]


def test_the_training_texts_have_one_label_for_all_that_is_not_ours() -> None:
    from classify.corpus import load_scope

    rows = load_scope()
    assert {row.topic for row in rows if not row.in_scope} == {None}
    assert {row.topic for row in rows if row.in_scope} == {topic.value for topic in Topic}


def test_an_outside_text_gets_no_topic_no_score_and_no_reason(sqlite_desk: Desk) -> None:
    for row in protected.load()[:50]:
        reading = sqlite_desk.reader.read(row.text)
        assert (reading.in_scope, reading.topic, reading.mentions, reading.minhash) == (False, None, (), None)

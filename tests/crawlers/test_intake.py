"""Tips: what is kept, what is not, receipts, files."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers.errors import IntakeError
from crawlers.intake import LONGEST_TIP, TipReceipt, read_tips, receipt_hash, take_tip
from models.counters import TIP_LINE
from models.gathered import Item, Mention, Tip
from models.vocabulary import Outcome
from tests.crawlers.child import NOW
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import StandInReader, similarity
from tests.disk import bytes_of

KEY = b"receipt key"
RUMOUR = "Má ơi nghe tin đồn cho vay không lãi, gọi 0912345678 là có tiền."


def take(desk: Desk, text: str, **more: object) -> TipReceipt:
    return take_tip(desk.sessions, StandInReader(), text, lambda: NOW, KEY, **more)  # type: ignore[arg-type]


def test_a_tip_in_scope_is_kept_without_sender_address_or_time(desk: Desk) -> None:
    receipt = take(desk, f"Chào mấy anh chị. {RUMOUR}")
    assert receipt.outcome == Outcome.KEPT
    assert re.fullmatch(r"[\w-]{22}", receipt.receipt), "128 bits"
    with desk.sessions.begin() as session:
        tip, item = session.scalars(select(Tip)).one(), session.scalars(select(Item)).one()
        assert (tip.receipt_key, tip.item_id) == (receipt_hash(receipt.receipt, KEY), item.id)
        assert (item.kind, item.url, item.source_id, item.is_local, item.day) == (
            "tip",
            None,
            None,
            True,
            date(2026, 11, 22),
        )
        assert "‹phone›" in session.scalars(select(Mention.text)).one()
    assert desk.counts(TIP_LINE) == {"kept": 1}
    stored = bytes_of(desk.folder / "desk.db")
    for secret in (receipt.receipt, "0912345678", "Chào mấy anh chị"):
        assert secret.encode() not in stored
    assert receipt_hash(receipt.receipt, KEY).encode() in stored, "positive control"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Ông chủ tịch làm ăn dở quá CANARY", Outcome.NOT_OURS),
        (" \u200b\n", Outcome.EMPTY),
        ("CANARY " * LONGEST_TIP, Outcome.TOO_LARGE),
    ],
)
def test_a_dropped_tip_leaves_one_count(desk: Desk, text: str, outcome: Outcome) -> None:
    receipt = take(desk, text)
    assert (receipt.outcome, len(receipt.receipt)) == (outcome, 22)
    with desk.sessions.begin() as session:
        assert not session.scalars(select(Item)).all()
        assert not session.scalars(select(Tip)).all()
    assert desk.counts(TIP_LINE) == {outcome.value: 1}
    assert b"CANARY" not in bytes_of(desk.folder / "desk.db")


def test_the_same_text_from_two_people_is_two_tips_of_one_story(desk: Desk) -> None:
    first, second = take(desk, RUMOUR, similarity=similarity), take(desk, RUMOUR, similarity=similarity)
    assert first.receipt != second.receipt
    with desk.sessions.begin() as session:
        items = session.scalars(select(Item).order_by(Item.id)).all()
        assert [item.story_id for item in items] == [None, items[0].id]


def test_an_imported_row_counts_once_however_often_it_is_imported(desk: Desk) -> None:
    outcomes = [take(desk, RUMOUR, once="row", day=date(2026, 11, 1)).outcome for _ in range(3)]
    assert outcomes == [Outcome.KEPT, Outcome.DUPLICATE, Outcome.DUPLICATE]
    with desk.sessions.begin() as session:
        assert session.scalars(select(Tip.day)).all() == [date(2026, 11, 1)]


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_csv_tsv_and_jsonl_give_the_same_rows(tmp_path: Path) -> None:
    csv = 'name,text,days_ago\nCANARY,"Một, hai",3\nCANARY,"Hai\ndòng",\n\nx,Một,0\n'
    tsv = "text\tdays_ago\nMột, hai\t3\nHai dòng\t\nMột\t0\n"
    lines = [
        {"text": "Một, hai", "days_ago": 3},
        {"text": "Hai\ndòng"},
        {"text": "Một", "days_ago": "0", "sender": "CANARY"},
    ]
    jsonl = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    for name, data in (
        ("a.csv", csv),
        ("a.csv", "\ufeff" + csv.replace("\n", "\r\n")),
        ("a.tsv", tsv),
        ("a.jsonl", jsonl),
    ):
        rows = list(read_tips(write(tmp_path, name, data)))
        assert [row.text.replace("\r", "").replace("\n", " ") for row in rows] == [
            "Một, hai",
            "Hai dòng",
            "Một",
        ]
        assert [row.days_ago for row in rows] == [3, None, 0]
        assert rows[0].day_of(date(2026, 11, 22)) == date(2026, 11, 19)
        assert "CANARY" not in repr(rows)


def test_rows_are_known_again_and_repeats_are_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,date\nMột,2026-11-01\nMột,2026-11-01\nMột,2026-11-02\n")
    keys = [row.once for row in read_tips(path)]
    assert len(set(keys)) == 3
    assert keys == [row.once for row in read_tips(path)]
    assert next(read_tips(path)).day_of(date(2026, 11, 22)) == date(2026, 11, 1)


def test_another_column_can_be_named(tmp_path: Path) -> None:
    assert next(read_tips(write(tmp_path, "a.csv", "Headline\nMột\n"), column="Headline")).text == "Một"


BAD = [
    ("a.csv", "body\nx\n", "a.csv: no column 'text' (found: body)"),
    ("a.csv", "", "a.csv: no column 'text' (found: an empty file)"),
    (
        "a.csv",
        "text,days_ago\nx,3\ny,three\n",
        "a.csv row 2 column days_ago: not a whole number of days from 0 to 3650",
    ),
    ("a.csv", "text,date\nx,22/11/2026\n", "a.csv row 1 column date: not a date like 2026-11-22"),
    ("a.csv", "text\nx,y\n", "a.csv row 1: 2 cells under 1 columns"),
    ("a.csv", "days_ago,text\n3\n", "a.csv row 1 column text: missing or not a text"),
    (
        "a.csv",
        "text\n" + "x" * (LONGEST_TIP + 1),
        f"a.csv row 1 column text: longer than {LONGEST_TIP} characters",
    ),
    (
        "a.csv",
        "text\nMột\nHai".encode() + b"\xe1\n",
        "a.csv line 3: not UTF-8 (save the file as UTF-8 and try again)",
    ),
    ("a.jsonl", '{"text": "x"}\n{"text"', "a.jsonl row 2: not JSON, one object a line"),
    ("a.jsonl", '["x"]', 'a.jsonl row 1: not an object like {"text": "…"}'),
    ("a.jsonl", '{"text": 3}', "a.jsonl row 1 column text: missing or not a text"),
    (
        "a.jsonl",
        '{"text": "x", "days_ago": true}',
        "a.jsonl row 1 column days_ago: not a whole number of days from 0 to 3650",
    ),
]


@pytest.mark.parametrize(("name", "data", "message"), BAD)
def test_errors_name_file_row_and_column(tmp_path: Path, name: str, data: str | bytes, message: str) -> None:
    with pytest.raises(IntakeError) as caught:
        list(read_tips(write(tmp_path, name, data)))
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="No such file"):
        list(read_tips(tmp_path / "none.csv"))


def test_a_day_and_not_a_time(desk: Desk) -> None:
    late = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    take_tip(desk.sessions, StandInReader(), RUMOUR, lambda: late, KEY)
    with desk.sessions.begin() as session:
        assert session.scalars(select(Tip.day)).one() == date(2026, 11, 23), "the desk's own day"

"""Rule 1: the live schema is the committed list of columns; only staff tables hold anything of a person."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from models.allowlist import FILE, differences, kind_of, live, read
from models.errors import StoreError
from models.schema import TABLES

STAFF_TABLES = {"staff", "staff_session"}
DENIED = re.compile(
    r"(?:^|_)(authors?|bylines?|handles?|profiles?|users?|usernames?|nicknames?|followers?|friends?|persons?|people"
    r"|phones?|mobiles?|emails?|mails?|ips?|avatars?|photos?|locations?|geo|lat|lon|lng|latitude|longitude|devices?"
    r"|fingerprints?|agents?|referers?|cookies?|senders?|reporters?|claimants?|speakers?|password|passwords?"
    r"|genders?|birth|birthdays?|ethnicity|religions?|stances?|opinions_of|accounts?|addresses|signatures?"
    r"|surnames?|fullnames?|sessions?|csrf|zalo|facebook|tiktok)(?:_|$)"
)


def denied(columns: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(table, column) for table, column in columns if DENIED.search(column) or DENIED.search(table)}


def test_the_live_schema_is_the_committed_list(engine: Engine) -> None:
    assert differences(engine) == []


def test_the_list_names_every_table_of_the_code_and_no_other() -> None:
    listed = {(row.table, row.column) for row in read()} - {("alembic_version", "version_num")}
    assert listed == {(name, column.name) for name, table in TABLES.items() for column in table.columns}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE item ADD COLUMN author TEXT", "item.author: is in the database"),
        ("ALTER TABLE tip ADD COLUMN note TEXT", "tip.note: is in the database"),
        ("CREATE TABLE watch_list (word TEXT)", "watch_list.word: is in the database"),
        ("CREATE VIEW who AS SELECT username FROM staff", "who.username: is in the database"),
        ("DROP TABLE mention_token", "mention_token.token: is on the list"),
    ],
)
def test_positive_control_a_changed_database_differs(engine: Engine, change: str, named: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(change))
    assert any(line.startswith(named) for line in differences(engine))


def test_positive_control_another_type_differs(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE tip DROP COLUMN answered_day"))
        connection.execute(text("ALTER TABLE tip ADD COLUMN answered_day TIMESTAMP"))
    assert differences(engine) == ["tip.answered_day: is instant, the list says day"]


def test_names_of_people_are_staff_tables_alone(engine: Engine) -> None:
    assert {table for table, _ in denied(set(live(engine)))} == STAFF_TABLES


@pytest.mark.parametrize(
    "column",
    [
        "author",
        "byline",
        "user_handle",
        "profile_url",
        "phone",
        "email",
        "ip",
        "client_ip",
        "avatar_url",
        "location",
        "device_id",
        "follower_count",
        "user_agent",
        "sender",
        "zalo",
        "geo_lat",
        "session_id",
    ],
)
def test_positive_control_the_pattern_finds_a_person(column: str) -> None:
    assert denied({("item", column)})


def test_no_column_is_free_form() -> None:
    # a JSON, array or untyped column could hold anything without a migration
    words = {"boolean", "bigint", "integer", "real", "instant", "day", "bytes", "text"}
    assert {row.type for row in read()} <= words
    assert all(kind_of(column.type) for table in TABLES.values() for column in table.columns)
    in_bytes = [f"{row.table}.{row.column}" for row in read() if row.type == "bytes"]
    assert in_bytes == ["claim_reading.data", "item.minhash"]


def test_nothing_of_a_tip_is_finer_than_a_day() -> None:
    of_tips = {"item", "mention", "mention_token", "tip", "minhash_band", "appeal", "daily_count"}
    instants = {(row.table, row.column) for row in read() if row.table in of_tips and row.type == "instant"}
    assert instants == {("appeal", "decided_at")}  # when the desk answered, not when the reader wrote


def test_every_reason_and_term_is_written_for_its_column() -> None:
    reasons = [row.reason for row in read() if row.reason != "Row number" and not row.column.endswith("_id")]
    assert all(len(reason) >= 8 for reason in reasons)
    assert len(set(reasons)) > len(reasons) * 0.7


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("item\tauthor\ttext\t\tfor ever", ":2: every column has"),
        ("item\tauthor\ttext\twhy", ":2: every column has"),
        ("item\tid\tinteger\twhy\tlong\nitem\tid\tinteger\twhy\tlong", ":3: item.id is listed twice"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(tmp_path: Path, row: str, problem: str) -> None:
    header = FILE.read_text(encoding="utf-8").splitlines()[0]
    file = tmp_path / "list.tsv"
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(StoreError, match=problem):
        read(file)


def test_a_list_with_other_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.tsv"
    file.write_text("table\tcolumn\n", encoding="utf-8")
    with pytest.raises(StoreError, match="table, column, type, reason, retention"):
        read(file)

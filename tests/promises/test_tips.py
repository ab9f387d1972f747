"""The tip-line's promises at their full counts (`release`) and at reduced ones: T2, T5, T9, T10."""

import json
import logging
import os
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from crawlers.intake import TipReceipt, receipt_hash, take_tip
from models import audit
from models.claims import Claim
from models.desk import AuditEntry
from models.gathered import Item, Mention, Tip
from models.session import make_engine, make_sessions
from models.vocabulary import Outcome
from pipeline import backup, tips
from pipeline.compose import Desk
from pipeline.run import stages
from review_ui.app import create_app
from tests.conftest import NOW
from tests.crawlers.reader import StandInReader
from tests.review_ui.house import SITE, MovingClock, make_desk

KEY = b"receipt key"
DRUGS = ("lá đu đủ", "nước dừa", "tỏi ngâm", "lá mãng cầu", "mật ong", "rau má", "gừng nướng", "sả tươi")
ILLNESSES = ("ung thư", "tiểu đường", "sốt xuất huyết", "suy thận", "gout", "viêm gan", "cao huyết áp", "hen")


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Desk:
    return make_desk(sqlite_url, tmp_path, MovingClock(NOW))


def receipts(url: str, n: int) -> list[str]:
    """Receipts of dropped tips, which cost nothing to store."""
    sessions = make_sessions(make_engine(url))
    return [take_tip(sessions, StandInReader(), "", lambda: NOW, KEY).receipt for _ in range(n)]


def bits(receipt: str) -> int:
    return len(receipt) * 6 // 8 * 8


def test_a_receipt_holds_128_random_bits_and_none_comes_twice(sqlite_url: str) -> None:
    found = receipts(sqlite_url, 300)
    assert len(set(found)) == 300
    assert min(bits(one) for one in found) >= 128
    # control: sixteen digits, as others give out, would fail the same check
    assert bits("1234567890123456") < 128


@pytest.mark.release
def test_a_million_receipts_hold_no_repeat() -> None:
    import secrets  # where the tip-line takes its receipts from

    assert len({secrets.token_urlsafe(16) for _ in range(1_000_000)}) == 1_000_000


@pytest.mark.parametrize(
    "tries", [pytest.param(150, id="reduced"), pytest.param(10_000, id="full", marks=pytest.mark.release)]
)
def test_guesses_open_nothing_and_look_like_an_erased_tip(desk: Desk, tries: int) -> None:
    taken = tips.take(desk, f"Uống {DRUGS[0]} chữa dứt {ILLNESSES[0]} sau bảy ngày, khỏi cần đi bệnh viện.")
    assert taken.outcome == Outcome.KEPT
    client = TestClient(create_app(desk), base_url=SITE)
    same_site = {"sec-fetch-site": "same-origin"}

    def shown(receipt: str) -> tuple[int, str]:
        answer = client.post("/theo-doi", data={"receipt": receipt}, headers=same_site)
        return answer.status_code, answer.text.replace(receipt, "")

    assert shown(taken.receipt)[0] == 200
    tips.withdraw(desk, taken.receipt)
    erased = shown(taken.receipt)
    assert erased[0] == 404
    near = [taken.receipt[:-1] + letter for letter in "abcdefghij"]
    guesses = near + [TipReceipt(os.urandom(16).hex()[:22], Outcome.KEPT).receipt for _ in range(tries - 10)]
    assert {shown(guess) for guess in guesses if guess != taken.receipt} == {erased}


@pytest.mark.parametrize("path", ["/gui-tin", "/api/tips"])
def test_no_file_is_taken_and_none_is_left_on_the_disk(
    path: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    client = TestClient(create_app(desk), base_url=SITE, raise_server_exceptions=False)
    pictures = [("a.jpg", b"\xff\xd8\xff" + b"CANARY" * 200_000), ("../x.svg", b"<svg onload=x>"), ("", b"")]
    for name, content in pictures:
        answer = client.post(
            path,
            files={"picture": (name, content, "image/jpeg"), "text": (None, "Có thật không?")},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert answer.status_code in {413, 415, 422}
    assert list(spool.rglob("*")) == []
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0


def tip_words(n: int) -> list[str]:
    """`n` tips of different claims."""
    found = [
        f"Nghe nói uống {drug} {days} ngày là chữa dứt bệnh {illness}, khỏi cần đi bệnh viện."
        for days in range(3, 40)
        for drug in DRUGS
        for illness in ILLNESSES
    ]
    return found[:n]


@pytest.mark.parametrize(
    "n", [pytest.param(24, id="reduced"), pytest.param(1_000, id="full", marks=pytest.mark.release)]
)
def test_a_deleted_tip_is_gone_from_tables_file_and_next_backup(desk: Desk, n: int) -> None:
    taken = [(words, tips.take(desk, words)) for words in tip_words(n)]
    kept = [(words, one.receipt) for words, one in taken if one.outcome == Outcome.KEPT]
    assert len(kept) >= n // 2
    stages(desk)
    folder = Path(str(desk.engine.url.database)).parent
    traces = [words.encode()[10:60] for words, _ in kept]

    def held() -> int:
        # control for the search itself: before the deletion it finds them
        stored = b"".join(path.read_bytes() for path in folder.glob("*.sqlite*"))
        return sum(trace in stored for trace in traces)

    assert held() > 0
    for _, receipt in kept:
        tips.withdraw(desk, receipt)
    with desk.reading() as session:
        for table in (Tip, Item, Mention, Claim):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
    from models.retention import fold

    fold(desk.engine)
    made = backup.make(desk)
    copied = b"".join(path.read_bytes() for path in Path(str(made)).parent.rglob("*") if path.is_file())
    assert not any(trace in copied for trace in traces)
    assert held() == 0


NOISE = (
    "\n",
    "\r\n",
    "\u2028",
    "\x85",
    "\x0b",
    "\x00",
    "\x1b[2K",
    "%0a",
    "\nERROR forged entry",
    '"}\n{"seq": 1',
)


@pytest.mark.parametrize(
    "n", [pytest.param(40, id="reduced"), pytest.param(10_000, id="full", marks=pytest.mark.release)]
)
def test_one_record_in_is_one_record_out(desk: Desk, n: int) -> None:
    """Control characters and line ends in a subject make no second line in the published log."""
    with desk.sessions.begin() as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        for at in range(n):
            audit.append(session, desk.clock, "system", "probe", f"tip{NOISE[at % len(NOISE)]}{at}")
    client = TestClient(create_app(desk), base_url=SITE)
    lines: list[str] = []
    while answer := client.get(f"/nhat-ky.jsonl?tu={len(lines) + 1}").text:
        lines += answer.removesuffix("\n").split("\n")
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, before + n + 1))
    # control: the same entries written without escaping would make more lines
    assert len("\n".join(json.loads(line)["subject"] for line in lines).split("\n")) > before + n


def test_a_tip_writes_nothing_of_itself_into_the_log(desk: Desk, tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "log", encoding="utf-8")
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    records: list[logging.LogRecord] = []

    def listened(record: logging.LogRecord) -> bool:
        records.append(record)
        return True

    handler.addFilter(listened)
    try:
        client = TestClient(create_app(desk), base_url=SITE, raise_server_exceptions=False)
        for noise in NOISE:
            text = f"CANARY{noise}Uống nước dừa chữa dứt ung thư sau bảy ngày.{noise}CANARY"
            client.post("/gui-tin", data={"text": text}, headers={"sec-fetch-site": "same-origin"})
            client.post("/api/tips", json={"text": text})
        logging.getLogger("kiemchung").warning("probe CANARY-control")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
    written = (tmp_path / "log").read_text(encoding="utf-8")
    assert written.count("\n") == len(records)
    assert written.replace("CANARY-control", "").count("CANARY") == 0
    assert "CANARY-control" in written  # the log was really listened to


def test_a_receipt_is_stored_as_a_keyed_hash_alone(desk: Desk) -> None:
    taken = tips.take(desk, tip_words(1)[0])
    assert taken.outcome == Outcome.KEPT
    with desk.reading() as session:
        stored = session.scalars(select(Tip.receipt_key)).one()
    assert stored == receipt_hash(taken.receipt, desk.keys.receipt)
    assert stored != receipt_hash(taken.receipt, b"another key")

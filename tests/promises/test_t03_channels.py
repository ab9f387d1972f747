"""T3: a messaging channel leaves nothing by which its senders are found, not even by trying every number."""

import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline import channelkeys, channels, erase
from pipeline.channels import Received
from pipeline.compose import Desk, build
from pipeline.settings import Value, load
from tests.crawlers.reader import StandInReader
from tests.review_ui.house import MovingClock

SECRET = "mot-bi-mat-du-dai-cho-webhook-2026"
SPACE = 1_000_000
NUMBERS = 84_900_000_000
"""The first of a million Vietnamese numbers (E.164 without its plus sign)."""
FOLLOW = "https://desk.test/theo-doi"


@pytest.fixture
def moving() -> MovingClock:
    return MovingClock()


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, moving: MovingClock) -> Iterator[Desk]:
    (tmp_path / "telegram.secret").write_text(SECRET, encoding="ascii")
    flags: dict[str, Value | None] = {
        "database.url": sqlite_url,
        "paths.var": str(tmp_path / "var"),
        "channels.telegram": True,
        "channels.telegram_secret_file": str(tmp_path / "telegram.secret"),
    }
    made = build(load(environ={}, flags=flags), clock=moving, migrated=False)
    made.__dict__["reader"] = StandInReader()
    yield made
    made.close()


def update(number: int, chat: int, at: datetime, text: str) -> bytes:
    chat_node = {"id": chat, "type": "private"}
    message = {"message_id": number, "date": int(at.timestamp()), "chat": chat_node, "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


def deliver(desk: Desk, body: bytes, admit: Callable[[str], bool] = lambda _: True) -> channels.Handled:
    channel = channels.opened(desk.settings, "telegram")
    assert channel is not None
    headers = {"x-telegram-bot-api-secret-token": SECRET}
    return channels.handle(desk, channel, headers, body, admit, FOLLOW)


Attempt = Callable[[bytes], str]


def attempts(key: bytes) -> list[Attempt]:
    """What somebody with the code and without the month's key can compute of a number."""
    day = "2026-11-18"
    return [
        lambda number: hashlib.sha256(number).hexdigest(),
        lambda number: hmac.new(
            key, b"sender|" + day.encode() + b"|telegram|" + number, hashlib.sha256
        ).hexdigest(),
    ]


def recovered(dump: set[str], space: range, tries: list[Attempt]) -> int:
    """How many numbers a full enumeration finds in a dump of 64-digit tokens."""
    found = set()
    for number in space:
        written = str(number).encode()
        if any(attempt(written) in dump for attempt in tries):
            found.add(number)
    return len(found)


def planted(space: range, count: int) -> list[int]:
    return random.Random(20261123).sample(space, count)


def _enumerate(desk: Desk, size: int, count: int) -> tuple[int, int]:
    """Numbers recovered of keyed tokens, and of plain hashes (the control)."""
    space = range(NUMBERS, NUMBERS + size)
    key = channelkeys.key_of(desk, desk.clock())
    day = desk.clock().date()
    numbers = planted(space, count)
    keyed = {channelkeys.token(key, day, "telegram", str(one)) for one in numbers}
    plain = {hashlib.sha256(str(one).encode()).hexdigest() for one in numbers}
    # the desk's other keys are in no dump either, but even who has them all is not nearer
    tries = attempts(desk.keys.receipt)
    return recovered(keyed, space, tries), recovered(plain, space, tries)


def test_enumeration_without_the_key_finds_nobody_and_the_control_everybody(desk: Desk) -> None:
    assert _enumerate(desk, 20_000, 500) == (0, 500)


@pytest.mark.release
def test_enumeration_of_a_million_finds_none_of_ten_thousand(desk: Desk) -> None:
    assert _enumerate(desk, SPACE, 10_000) == (0, 10_000)


def test_control_with_the_key_everybody_would_be_found(desk: Desk) -> None:
    space = range(NUMBERS, NUMBERS + 5_000)
    key = channelkeys.key_of(desk, desk.clock())
    day = desk.clock().date()
    keyed = {channelkeys.token(key, day, "telegram", str(one)) for one in planted(space, 100)}
    assert recovered(keyed, space, attempts(key)) == 100


def test_the_database_holds_no_number_no_token_and_nothing_that_joins(
    desk: Desk, moving: MovingClock, tmp_path: Path
) -> None:
    numbers = planted(range(NUMBERS, NUMBERS + SPACE), 40)
    tokens: list[str] = []

    def admit(token: str) -> bool:
        tokens.append(token)
        return True

    for at, number in enumerate(numbers):
        body = update(7_000_000 + at, number, moving(), f"Tin đồn số {at} chữa sốt xuất huyết")
        assert deliver(desk, body, admit).outcome in {Received.ACCEPTED, Received.NOT_KEPT}
    desk.engine.dispose()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".key"]
    raw = b"".join(path.read_bytes() for path in files)
    assert b"channel:telegram/" in raw
    assert not [one for one in numbers if str(one).encode() in raw]
    assert not [one for one in range(7_000_000, 7_000_040) if str(one).encode() in raw]
    assert len(tokens) == 40
    assert not [one for one in tokens if one.encode() in raw]


def test_a_month_later_the_old_key_is_gone_and_nothing_joins(desk: Desk, moving: MovingClock) -> None:
    numbers = [str(one) for one in planted(range(NUMBERS, NUMBERS + SPACE), 1_000)]
    before = channelkeys.key_of(desk, moving())
    first = {channelkeys.token(before, moving().date(), "telegram", one) for one in numbers}
    next_day = {
        channelkeys.token(before, moving().date() + timedelta(days=1), "telegram", one) for one in numbers
    }
    assert not first & next_day  # not even two days of one month
    moving.now = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    after = channelkeys.key_of(desk, moving())
    second = {channelkeys.token(after, moving().date(), "telegram", one) for one in numbers}
    assert not first & second
    # what Telegram delivers again on the first day is still known
    assert channelkeys.key_of(desk, moving() - timedelta(hours=23)) == before
    moving.now += timedelta(days=1)
    assert erase.erase_due(desk)["channel_key"] == 1
    assert [path.name for path in channelkeys.folder(desk).glob("*.key")] == ["2026-12.key"]
    assert channelkeys.key_of(desk, moving()) == after


def test_control_an_unkeyed_token_would_join_months() -> None:
    numbers = [str(one) for one in planted(range(NUMBERS, NUMBERS + SPACE), 100)]
    tokens = [{hashlib.sha256(one.encode()).hexdigest() for one in numbers} for _ in ("2026-11", "2026-12")]
    assert len(tokens[0] & tokens[1]) == 100


def test_a_destroyed_key_is_overwritten_before_it_is_removed(
    desk: Desk, moving: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channelkeys.key_of(desk, moving())
    (path,) = channelkeys.folder(desk).glob("*.key")
    held = path.read_bytes()
    seen: list[bytes] = []
    unlink = Path.unlink

    def look(self: Path, missing_ok: bool = False) -> None:
        seen.append(self.read_bytes())
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", look)
    moving.forward(days=40)
    assert channelkeys.destroy_old(desk) == 1
    assert seen
    assert held not in seen


def test_no_backup_holds_a_channel_key(desk: Desk, moving: MovingClock) -> None:
    from pipeline import backup

    key = channelkeys.key_of(desk, moving()).hex().encode()
    backup.make(desk)
    copies = [path.read_bytes() for path in backup.folder_of(desk).rglob("*") if path.is_file()]
    assert copies
    assert not [one for one in copies if key in one]


IDENTITIES = {
    "from": {
        "id": 555_000_111,
        "is_bot": False,
        "first_name": "CANARY-first",
        "last_name": "CANARY-last",
        "username": "CANARY_username",
        "language_code": "CANARY-language",
    },
    "sender_chat": {"id": 1, "title": "CANARY-chat", "username": "CANARY_chat"},
    "forward_origin": {"type": "user", "sender_user": {"first_name": "CANARY-origin"}},
    "forward_sender_name": "CANARY-forward",
    "author_signature": "CANARY-signature",
    "via_bot": {"username": "CANARY_bot"},
    "contact": {"phone_number": "CANARY-phone", "first_name": "CANARY-contact", "vcard": "CANARY-vcard"},
    "location": {"latitude": 10.25, "longitude": 105.97, "title": "CANARY-place"},
    "reply_to_message": {"from": {"first_name": "CANARY-reply"}, "text": "CANARY-replied"},
    "caption": "CANARY-caption",
    "photo": [{"file_id": "CANARY-photo"}],
    "document": {"file_id": "CANARY-file", "file_name": "CANARY-name"},
}
ZALO_IDENTITIES = {
    "user_id_by_app": "CANARY-by-app",
    "recipient": {"id": "CANARY-oa"},
    "follower": {"id": "CANARY-follower"},
    "info": {"name": "CANARY-name", "phone": "CANARY-phone", "address": "CANARY-address"},
}


def test_no_identity_of_the_wire_formats_reaches_a_file_or_a_log(
    desk: Desk, moving: MovingClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from crawlers.channels.zalo import Zalo
    from review_ui.app import create_app

    caplog.set_level("DEBUG")
    body = json.loads(update(1, 555_000_111, moving(), "Tin đồn lá ổi chữa sốt xuất huyết"))
    body["message"] |= IDENTITIES
    body["message"]["chat"] |= {"first_name": "CANARY-chat-first", "username": "CANARY_chat_user"}
    headers = {"x-telegram-bot-api-secret-token": SECRET, "user-agent": "CANARY-agent"}
    with TestClient(create_app(desk), base_url="https://desk.test") as client:
        answer = client.post("/channels/telegram", json=body, headers=headers)
    assert answer.status_code == 200
    assert "CANARY" not in answer.text
    event = {
        "app_id": "1",
        "event_name": "user_send_text",
        "timestamp": str(int(moving().timestamp() * 1000)),
        "sender": {"id": "555000111", "name": "CANARY-sender"},
        "message": {
            "msg_id": "m1",
            "text": "Tin đồn nước dừa chữa bướu",
            "attachments": [{"payload": {"url": "CANARY-url"}}],
            "quote_msg_id": "CANARY-quote",
        },
        **ZALO_IDENTITIES,
    }
    message = Zalo("1", "x" * 20).read(json.dumps(event).encode())
    assert message is not None
    assert "CANARY" not in str([message.once, message.sender, message.text])
    # what lives for one request does not show in a trace either
    assert "555000111" not in repr(message)
    desk.engine.dispose()
    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for mark in (b"CANARY", b"555000111"):
        assert mark not in raw
        assert mark.decode() not in caplog.text

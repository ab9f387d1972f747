"""Messaging channels: off by default, signed, taken once, limited, answered with a receipt; Zalo's calls."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from starlette.testclient import TestClient

from crawlers.channels.port import Channel
from crawlers.channels.standin import StandIn
from crawlers.channels.telegram import Telegram
from crawlers.channels.zalo import Zalo
from crawlers.errors import IntakeError
from models.counters import totals
from models.errors import UsageError
from models.gathered import Item, Tip
from models.weeks import local_day
from pipeline import channels, tips
from pipeline.compose import Desk, build
from pipeline.settings import Value, load
from review_ui.app import create_app
from review_ui.throttle import MESSAGES
from tests.review_ui.house import SITE, MovingClock
from tests.review_ui.test_tips import OPINION, SCAM

SECRET = "mot-bi-mat-du-dai-cho-webhook-2026"
APP = "4012345678901234567"
HOST = "zalo.localhost"


@dataclass
class Platform:
    """A local stand-in of Zalo's two APIs: what it got, and what it says of an access token."""

    port: int = 0
    stale: set[str] = field(default_factory=set)
    refreshed: list[dict[str, list[str]]] = field(default_factory=list)
    sent: list[dict[str, object]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)

    def token(self, body: bytes, secret: str | None) -> dict[str, object]:
        self.refreshed.append(parse_qs(body.decode()))
        self.secrets.append(secret)
        n = len(self.refreshed)
        return {"access_token": f"access-{n}", "refresh_token": f"refresh-{n}", "expires_in": "90000"}

    def message(self, body: bytes, token: str | None) -> dict[str, object]:
        if token is None or token in self.stale:
            return {"error": -216, "message": "Access token is invalid"}
        self.sent.append(json.loads(body))
        return {"error": 0, "message": "Success"}


@pytest.fixture
def platform() -> Iterator[Platform]:
    """The stand-in on a free port."""
    made = Platform()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/token":
                answer = made.token(body, self.headers.get("secret_key"))
            else:
                answer = made.message(body, self.headers.get("access_token"))
            raw = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def open_desk(sqlite_url: str, tmp_path: Path, moving: MovingClock, platform: Platform) -> Iterator[Desk]:
    """A desk with both channels on."""
    files = {}
    for name in ("telegram_secret", "zalo_secret", "zalo_app_secret", "zalo_refresh_token"):
        path = tmp_path / name
        path.write_text(f"{SECRET}\n" if "secret" in name else "refresh-0\n", encoding="ascii")
        files[f"channels.{name}_file"] = str(path)
    flags: dict[str, Value | None] = {
        "database.url": sqlite_url,
        "paths.var": str(tmp_path / "var"),
        "web.public_url": SITE,
        "channels.telegram": True,
        "channels.zalo": True,
        "channels.zalo_app_id": APP,
        "channels.zalo_api": f"http://{HOST}:{platform.port}/message",
        "channels.zalo_token_api": f"http://{HOST}:{platform.port}/token",
        **files,
    }
    local = {HOST: ("127.0.0.1", platform.port)}
    made = build(load(environ={}, flags=flags), clock=moving, local_hosts=local, migrated=False)
    yield made
    made.close()


@pytest.fixture
def client(open_desk: Desk) -> Iterator[TestClient]:
    """A platform that calls the webhooks."""
    with TestClient(create_app(open_desk), base_url=SITE) as made:
        yield made


def telegram_body(at: datetime, text: str | None, number: int = 1, chat: int = 42, **more: object) -> bytes:
    message = {"message_id": 1, "date": int(at.timestamp()), "chat": {"id": chat, "type": "private"}}
    said = {} if text is None else {"text": text}
    return json.dumps({"update_id": number, "message": {**message, **said, **more}}).encode()


def zalo_body(at: datetime, text: str, number: int = 1, name: str = "user_send_text") -> bytes:
    event = {
        "app_id": APP,
        "event_name": name,
        "timestamp": str(int(at.timestamp() * 1000)),
        "sender": {"id": "98765"},
        "recipient": {"id": "1"},
        "message": {"msg_id": f"m{number}", "text": text},
    }
    return json.dumps(event, ensure_ascii=False).encode()


def zalo_signature(body: bytes, secret: str = SECRET) -> str:
    stamp = json.loads(body)["timestamp"]
    return "mac=" + hashlib.sha256(APP.encode() + body + stamp.encode() + secret.encode()).hexdigest()


def counted(desk: Desk, channel: str) -> dict[str, int]:
    found = {}
    with desk.reading() as session:
        for outcome in channels.Received:
            day = local_day(desk.clock())
            if n := sum(totals(session, f"channel:{channel}/{outcome.value}", day, 1).values()):
                found[outcome.value] = n
    return found


def kept(desk: Desk) -> tuple[int, int]:
    with desk.reading() as session:
        return session.query(Item).count(), session.query(Tip).count()


Case = tuple[Channel, Callable[[datetime, str], bytes], Callable[[bytes], dict[str, str]]]


def _stand_in_body(at: datetime, text: str) -> bytes:
    return json.dumps({"id": "1", "chat": "42", "at": int(at.timestamp()), "text": text}).encode()


CASES: dict[str, Case] = {
    "telegram": (
        Telegram(SECRET),
        telegram_body,
        lambda _: {"x-telegram-bot-api-secret-token": SECRET},
    ),
    "zalo": (Zalo(APP, SECRET), zalo_body, lambda body: {"x-zevent-signature": zalo_signature(body)}),
    "stand-in": (
        StandIn(SECRET),
        _stand_in_body,
        lambda body: {"x-standin-signature": StandIn(SECRET).sign(body)},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_channel_keeps_to_the_port(case: Case, moving: MovingClock) -> None:
    channel, body_of, headers_of = case
    body = body_of(moving(), SCAM)
    headers = headers_of(body)
    assert channel.is_genuine(headers, body)
    assert not channel.is_genuine({}, body)
    assert not channel.is_genuine({name: value[:-1] + "é" for name, value in headers.items()}, body)
    message = channel.read(body)
    assert message is not None
    assert (message.text, message.at) == (SCAM, moving())
    reply = channel.answer(message, "mã")
    assert (reply.inline is None) != (reply.call is None)
    for broken in (b"", b"[]", b"\xff", b'{"a": ' + b"[" * 5_000):
        with pytest.raises(IntakeError):
            channel.read(broken)


@pytest.mark.parametrize("name", ["telegram", "zalo"])
def test_a_channel_is_off_by_default(desk: Desk, name: str) -> None:
    with TestClient(create_app(desk), base_url=SITE) as client:
        for _ in range(70):
            answer = client.post(f"/channels/{name}", content=b"{}")
        assert answer.status_code == 404
        assert client.get(f"/channels/{name}").status_code == 405
    # strangers write no more than sixty counts a minute
    assert counted(desk, name) == {"off": 60}


def test_a_telegram_tip_is_answered_with_a_receipt_that_opens_it(
    client: TestClient, open_desk: Desk, moving: MovingClock
) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    body = telegram_body(moving(), SCAM, chat=42)
    answer = client.post("/channels/telegram", content=body, headers=headers).json()
    assert (answer["method"], answer["chat_id"]) == ("sendMessage", 42)
    receipt = answer["text"].splitlines()[1]
    assert len(receipt) == 22
    assert f"{SITE}/theo-doi" in answer["text"]
    assert tips.follow(open_desk, receipt).day == local_day(moving())
    # delivered again, as after an answer that was lost: the same receipt, nothing twice
    again = client.post("/channels/telegram", content=body, headers=headers).json()
    assert again == answer
    assert kept(open_desk) == (1, 1)
    tips.withdraw(open_desk, receipt)
    assert kept(open_desk) == (0, 0)
    other = client.post("/channels/telegram", content=telegram_body(moving(), OPINION, 2), headers=headers)
    assert "không thuộc việc" in other.json()["text"]
    assert counted(open_desk, "telegram") == {"accepted": 1, "duplicate": 1, "not_kept": 1}


def test_what_is_no_text_of_a_person_leaves_nothing(
    client: TestClient, open_desk: Desk, moving: MovingClock
) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    now = moving()

    def said(body: bytes) -> dict[str, object]:
        answer = client.post("/channels/telegram", content=body, headers=headers)
        assert answer.status_code == 200
        found: dict[str, object] = answer.json()
        return found

    assert "chỉ đọc chữ" in str(said(telegram_body(now, None, photo=[{"file_id": "x"}], caption=SCAM)))
    assert "không lưu bạn là ai" in str(said(telegram_body(now, "/start")))
    group = telegram_body(now, SCAM, chat=-100).replace(b'"private"', b'"group"')
    assert said(group) == {}
    assert said(json.dumps({"update_id": 5, "edited_message": {"text": SCAM}}).encode()) == {}
    assert said(b"not json") == {}
    old = datetime.fromtimestamp(now.timestamp() - 25 * 3600, now.tzinfo)
    assert said(telegram_body(old, SCAM)) == {}
    assert kept(open_desk) == (0, 0)
    expected = {"no_text": 2, "ignored": 2, "unreadable": 1, "expired": 1}
    assert counted(open_desk, "telegram") == expected


def test_wrong_signatures_and_large_bodies_are_refused(
    client: TestClient, open_desk: Desk, moving: MovingClock
) -> None:
    body = zalo_body(moving(), SCAM)
    for headers in ({}, {"X-ZEvent-Signature": zalo_signature(body, "x" * 30)}):
        assert client.post("/channels/zalo", content=body, headers=headers).status_code == 403
    changed = body.replace(b"98765", b"98766")
    signed = {"X-ZEvent-Signature": zalo_signature(body)}
    assert client.post("/channels/zalo", content=changed, headers=signed).status_code == 403
    large = client.post("/channels/zalo", content=b" " * 300_000, headers=signed)
    assert large.status_code == 413
    assert counted(open_desk, "zalo") == {"bad_signature": 3}
    assert kept(open_desk) == (0, 0)


def test_one_sender_is_limited_and_others_are_not(
    client: TestClient, open_desk: Desk, moving: MovingClock
) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    said = [
        client.post(
            "/channels/telegram", content=telegram_body(moving(), OPINION, number), headers=headers
        ).json()["text"]
        for number in range(MESSAGES.amount + 2)
    ]
    assert ["thử lại sau" in one for one in said] == [False] * MESSAGES.amount + [True] * 2
    other = telegram_body(moving(), OPINION, 99, chat=43)
    answer = client.post("/channels/telegram", content=other, headers=headers).json()
    assert "không thuộc việc" in answer["text"]
    assert counted(open_desk, "telegram") == {"not_kept": MESSAGES.amount + 1, "limited": 2}


def test_a_zalo_tip_is_answered_by_the_message_api(
    client: TestClient, open_desk: Desk, moving: MovingClock, platform: Platform
) -> None:
    def send(body: bytes) -> None:
        headers = {"X-ZEvent-Signature": zalo_signature(body)}
        assert client.post("/channels/zalo", content=body, headers=headers).json() == {}

    send(zalo_body(moving(), SCAM))
    (sent,) = platform.sent
    assert sent["recipient"] == {"user_id": "98765"}
    assert "Mã của tin" in str(sent["message"])
    assert platform.refreshed == [
        {"refresh_token": ["refresh-0"], "app_id": [APP], "grant_type": ["refresh_token"]}
    ]
    assert platform.secrets == [SECRET]
    # the token is kept for the next answer, renewed when the API does not take it, and a day later
    send(zalo_body(moving(), OPINION, 2))
    assert len(platform.refreshed) == 1
    platform.stale.add("access-1")
    send(zalo_body(moving(), OPINION, 3))
    assert platform.refreshed[1]["refresh_token"] == ["refresh-1"]
    moving.forward(hours=26)
    send(zalo_body(moving(), "", 4, name="user_send_image"))
    assert [one["refresh_token"] for one in platform.refreshed[2:]] == [["refresh-2"]]
    assert len(platform.sent) == 4
    # nobody to answer: the tip stays, the answer is counted and not tried again
    platform.stale |= {f"access-{n}" for n in range(9)}
    send(zalo_body(moving(), OPINION, 5))
    assert counted(open_desk, "zalo") == {"no_text": 1, "not_kept": 1, "unanswered": 1}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"channels.telegram": True}, "channels.telegram_secret_file: name the file"),
        ({"channels.zalo": True}, "channels.zalo_app_id: is needed"),
    ],
)
def test_a_channel_without_its_secret_does_not_start(
    desk: Desk, changes: dict[str, bool], named: str
) -> None:
    flags: dict[str, Value | None] = {"database.url": desk.settings.text("database.url"), **changes}
    with pytest.raises(UsageError, match=named):
        channels.check(load(environ={}, flags=flags))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("ngan", encoding="ascii")
    flags: dict[str, Value | None] = {
        "channels.telegram": True,
        "channels.telegram_secret_file": str(tmp_path / "s"),
    }
    with pytest.raises(UsageError, match="24 characters"):
        channels.check(load(environ={}, flags=flags))

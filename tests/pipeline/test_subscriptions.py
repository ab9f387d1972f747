"""New corrections go out to those who subscribed: signed, at least once, public words and nothing else."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crawlers import outbound
from models.access import Delivery, Subscription
from models.decisions import Appeal
from models.desk import AuditEntry
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Language, Role
from pipeline import accounts, documents, public, publishing, schedule, subscriptions
from pipeline.compose import Desk, build
from pipeline.settings import load
from pipeline.subscriptions import Send
from tests.review_ui.house import TEXT, MovingClock, add_claim, add_source, add_staff, decide, publish

HOST = "toa-soan.localhost"
SITE = "https://desk.test"


@dataclass
class Receiver:
    """A newsroom's server: what it got, and what it answers."""

    port: int = 0
    status: int = 204
    got: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address that it subscribed with."""
        return f"http://{HOST}:{self.port}/nhan"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append((self.command, self.path, headers, body))
            self.send_response(receiver.status)
            self.send_header("Location", f"http://{HOST}:{receiver.port}/khac")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class House:
    """A desk with staff, a receiver, and a clock."""

    desk: Desk
    clock: MovingClock
    receiver: Receiver
    staff: dict[str, int]
    key: str = ""

    def subscribe(self) -> None:
        """The receiver subscribes."""
        self.key = subscriptions.add(self.desk, self.receiver.url, self.staff["quan"])

    def publish(self, text: str = "Uống nước lá đu đủ chữa dứt sốt xuất huyết trong một đêm") -> str:
        """A new correction goes public."""
        claim_id = add_claim(self.desk, text, tip="nghe nói uống lá đu đủ là hết sốt liền bà con ơi")
        decide(self.desk, claim_id, self.staff["an"], self.staff["binh"])
        return publish(self.desk, claim_id, self.staff["chi"])

    def rows(self) -> list[Delivery]:
        """The outbox."""
        with self.desk.reading() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.due_at)))


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A desk on each database in turn, beside a receiver."""
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    clock = MovingClock()
    flags = {"database.url": database_url, "paths.var": str(tmp_path / "var"), "web.public_url": SITE}
    with receiving() as receiver:
        local = {HOST: ("127.0.0.1", receiver.port)}
        desk = build(load(environ={}, flags=flags), clock=clock, local_hosts=local, migrated=False)
        roles = {"an": Role.ANALYST, "binh": Role.ANALYST, "chi": Role.LEAD, "quan": Role.ADMIN}
        staff = {name: add_staff(desk, name, role).id for name, role in roles.items()}
        add_source(desk)
        yield House(desk, clock, receiver, staff)
        desk.close()
    accounts._hasher.cache_clear()


def test_a_new_correction_is_sent_once_and_is_the_public_one(house: House) -> None:
    house.subscribe()
    slug = house.publish()
    assert subscriptions.deliver(house.desk) == {"taken": 1, "waiting": 0, "given_up": 0}
    assert subscriptions.deliver(house.desk) == {"taken": 0, "waiting": 0, "given_up": 0}
    [(method, path, headers, body)] = house.receiver.got
    assert (method, path) == ("POST", "/nhan")
    sent = json.loads(body)
    with house.desk.reading() as session:
        expected = documents.whole(public.correction(session, slug), SITE)
    assert sent == {"id": headers["webhook-id"], "type": "correction.published", "correction": expected}
    assert not {"cookie", "referer", "authorization"} & set(headers)
    assert "bà con" not in body.decode()


def test_the_receiver_can_check_who_sent_it_and_when(house: House) -> None:
    house.subscribe()
    house.publish()
    subscriptions.deliver(house.desk)
    [(_, _, headers, body)] = house.receiver.got
    stamp = headers["webhook-timestamp"]
    assert int(stamp) == int(house.clock().timestamp())
    secret = base64.b64decode(house.key.removeprefix("whsec_"))
    assert len(secret) == 32
    signed = f"{headers['webhook-id']}.{stamp}.".encode() + body
    expected = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    with house.desk.reading() as session:
        kept = session.scalars(select(Subscription)).one()
    assert house.key.removeprefix("whsec_") not in kept.sealed_secret


def test_the_check_that_the_document_shows_works(house: House) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    shown: dict[str, Callable[..., bool]] = {}
    exec(page.split("```python\n")[1].split("```")[0], shown)  # noqa: S102 -- the example of our own document
    house.subscribe()
    house.publish()
    subscriptions.deliver(house.desk)
    [(_, _, headers, body)] = house.receiver.got
    now = int(house.clock().timestamp())
    assert shown["genuine"](house.key, headers, body, now)
    assert not shown["genuine"](house.key, headers, body + b" ", now)
    assert not shown["genuine"](house.key, headers, body, now + 301)
    assert not shown["genuine"]("whsec_" + "A" * 44, headers, body, now)


def test_nothing_but_new_corrections_is_ever_sent(house: House) -> None:
    house.publish("Một điều công bố trước khi có ai đăng ký nhận tin từ bàn tin")
    house.subscribe()
    slug = house.publish()
    subscriptions.deliver(house.desk)
    changed = {Language.VI: replace(TEXT, truth="Không loại lá nào thay được bác sĩ.")}
    publishing.revise(house.desk, slug, house.staff["chi"], changed, "Viết rõ hơn.")
    publishing.file_appeal(house.desk, slug, "Tôi thấy bài này cần xem lại vì thiếu một nguồn.")
    house.publish("Một điều khác nữa cũng được công bố đính chính sau đó ít lâu")
    subscriptions.deliver(house.desk)
    with house.desk.reading() as session:
        assert session.scalars(select(Appeal)).one()
    assert [json.loads(body)["type"] for *_, body in house.receiver.got] == ["correction.published"] * 2
    assert {method for method, *_ in house.receiver.got} == {"POST"}


def test_what_is_not_taken_waits_longer_each_time_and_is_given_up(house: House) -> None:
    house.subscribe()
    house.publish()
    house.receiver.status = 503
    waits = []
    for _ in range(subscriptions.ATTEMPTS):
        house.clock.now = max(house.clock.now, house.rows()[0].due_at)
        before = house.clock.now
        subscriptions.deliver(house.desk)
        waits.append(house.rows()[0].due_at - before)
    assert waits[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert max(waits[:-1]) == timedelta(hours=12)
    assert waits[:-1] == sorted(waits[:-1])
    [row] = house.rows()
    assert (row.attempts, row.taken, row.last_answer) == (subscriptions.ATTEMPTS, False, "503")
    assert row.done_at is not None
    assert len({headers["webhook-id"] for _, _, headers, _ in house.receiver.got}) == 1
    house.clock.forward(days=31)
    subscriptions.deliver(house.desk)
    assert house.rows() == []


def test_a_sender_that_is_killed_leaves_it_to_be_sent_again(house: House) -> None:
    house.subscribe()
    house.publish()

    def killed(*_: object, **__: object) -> outbound.Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        subscriptions.deliver(house.desk, killed)
    assert subscriptions.deliver(house.desk)["taken"] == 0  # for five minutes it is somebody's
    house.clock.forward(minutes=6)
    assert subscriptions.deliver(house.desk)["taken"] == 1
    assert len(house.receiver.got) == 1


def test_a_redirect_is_not_followed(house: House) -> None:
    house.subscribe()
    house.publish()
    house.receiver.status = 307
    assert subscriptions.deliver(house.desk)["waiting"] == 1
    assert [path for _, path, _, _ in house.receiver.got] == ["/nhan"]


def test_gone_stops_the_subscription(house: House) -> None:
    house.subscribe()
    house.publish()
    house.receiver.status = 410
    assert subscriptions.deliver(house.desk)["given_up"] == 1
    house.publish("Một điều khác nữa cũng được công bố đính chính sau đó ít lâu")
    assert subscriptions.deliver(house.desk) == {"taken": 0, "waiting": 0, "given_up": 0}
    with house.desk.reading() as session:
        [listed] = subscriptions.listed(session)
        assert (listed.row.stopped, listed.given_up) == (True, 1)
        about = select(AuditEntry.action).where(AuditEntry.subject.like("subscription:%"))
        actions = list(session.scalars(about.order_by(AuditEntry.seq)))
    assert actions == ["subscription_add", "subscription_stop"]


def test_the_outbox_is_filled_with_the_correction_or_not_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.subscribe()
    monkeypatch.setattr(publishing, "_settle", None)
    with pytest.raises(TypeError):
        house.publish()
    assert house.rows() == []


def test_a_removed_receiver_gets_nothing_any_more(house: House) -> None:
    house.subscribe()
    house.publish()
    with house.desk.reading() as session:
        number = subscriptions.listed(session)[0].row.id
    subscriptions.remove(house.desk, number, house.staff["quan"])
    assert subscriptions.deliver(house.desk) == {"taken": 0, "waiting": 0, "given_up": 0}
    assert house.rows() == []
    with pytest.raises(NotFoundError):
        subscriptions.remove(house.desk, number, house.staff["quan"])


REFUSED = {
    "http://toasoan.vn/nhan": "only https",
    "https://127.0.0.1/": "raw IP",
    "https://169.254.169.254/latest": "raw IP",
    "https://may.local/": "not a public name",
    "https://www.facebook.com/trang": "the host is",
    "https://toasoan.vn:8443/": "ports 80 and 443",
    "javascript:alert(1)": "url",
    "": "cannot be read",
}


def test_an_address_inside_or_without_tls_is_refused(house: House) -> None:
    for url, told in REFUSED.items():
        with pytest.raises(UsageError, match=told):
            subscriptions.add(house.desk, url, house.staff["quan"])
    with house.desk.reading() as session:
        assert subscriptions.listed(session) == []


def test_an_address_is_subscribed_once(house: House) -> None:
    house.subscribe()
    with pytest.raises(ConflictError, match="already"):
        house.subscribe()


def test_a_name_that_moved_inside_after_it_was_added_gets_nothing(house: House) -> None:
    house.subscribe()
    house.publish()
    with house.desk.sessions.begin() as session:
        session.execute(update(Subscription).values(url="https://127.0.0.1/"))
    assert subscriptions.deliver(house.desk)["waiting"] == 1
    assert house.receiver.got == []


def test_the_schedule_sends_what_waits_and_sleeps_otherwise(house: House) -> None:
    [job] = [one for one in schedule.JOBS if one.name == "deliver"]
    assert list(job.due(house.desk, house.clock())) == []
    house.subscribe()
    house.publish()
    assert [ended_well for *_, ended_well in schedule.tick(house.desk, schedule.here, [job])] == [True]
    assert list(job.due(house.desk, house.clock())) == []
    assert len(house.receiver.got) == 1


def test_control_a_sender_of_more_than_the_public_words_would_be_seen(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.subscribe()
    slug = house.publish()
    monkeypatch.setattr(
        documents, "whole", lambda item, base: {"slug": item.slug, "tip": "bà con", "base": base}
    )
    send: Send = outbound.send
    subscriptions.deliver(house.desk, send)
    sent = json.loads(house.receiver.got[0][3])["correction"]
    monkeypatch.undo()
    with house.desk.reading() as session:
        assert sent != documents.whole(public.correction(session, slug), SITE)

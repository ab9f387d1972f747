"""A small desk with something at every stage, and a wire to its web app that can send any bytes.

What every form takes is not written down here: it is listened for where the app reads it, so that a new
field of a form is attacked from the day it is there.
"""

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select

from models.claims import ClaimMatch
from models.desk import Staff
from models.vocabulary import Role
from pipeline import accounts, publishing, tokens
from pipeline.compose import Desk
from review_ui import sessions
from review_ui.app import create_app
from review_ui.forms import Form
from review_ui.permissions import BY_STAFF_TOKEN, EVERYBODY, PERMISSIONS
from review_ui.throttle import Throttle
from tests.review_ui.house import (
    PASSWORD,
    SITE,
    MovingClock,
    add_claim,
    add_match,
    add_source,
    add_staff,
    decide,
    form,
    make_desk,
    publish,
)
from tests.review_ui.house import TEXT as CORRECTION

HOST = SITE.removeprefix("https://")
PEOPLE = {
    "an": Role.ANALYST,
    "binh": Role.ANALYST,
    "chi": Role.LEAD,
    "dung": Role.LEAD,
    "kiem": Role.AUDITOR,
    "quan": Role.ADMIN,
    "thu": Role.ADMIN,
}
SAME_SITE = ("sec-fetch-site", "same-origin")
AS_FORM = ("content-type", "application/x-www-form-urlencoded")
AS_JSON = ("content-type", "application/json")
Header = tuple[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer; `status` 0 if the app gave none because the sender had gone."""

    status: int
    pairs: Sequence[Header]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name in small letters."""
        return dict(self.pairs)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Wire:
    """Calls an app as a server does (ASGI 3): any method, any header, any bytes, in a loop of its own."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 -- an ASGI application
        self.app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the loop and its thread."""
        # in its own thread: in this one a browser's loop may be running
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_asyncgens(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)
        self._loop.close()

    def send(
        self,
        method: str,
        target: str,
        headers: Iterable[Header] = (),
        body: bytes | Sequence[bytes] = b"",
        *,
        leaves: bool = False,
    ) -> Reply:
        """One request; with `leaves` the sender goes away before the body is whole."""
        parts = [body] if isinstance(body, bytes) else list(body)
        call = self._call(_scope(method, target, headers), parts, leaves)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(timeout=180)

    async def _call(self, scope: dict[str, Any], parts: list[bytes], leaves: bool) -> Reply:
        waiting: list[dict[str, Any]] = [
            {"type": "http.request", "body": part, "more_body": leaves or n + 1 < len(parts)}
            for n, part in enumerate(parts)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:  # noqa: ANN401 -- an ASGI message
            sent.append(message)

        await self.app(scope, receive, send)
        start = next((one for one in sent if one["type"] == "http.response.start"), None)
        if start is None:
            return Reply(0, (), b"")
        pairs = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]
        ]
        whole = b"".join(one.get("body", b"") for one in sent if one["type"] == "http.response.body")
        return Reply(start["status"], pairs, whole)


def _scope(method: str, target: str, headers: Iterable[Header]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    given = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    if not any(name == b"host" for name, _ in given):
        given.append((b"host", HOST.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(path, errors="replace"),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": given,
        "client": ("203.0.113.7", 40000),
        "server": (HOST, 443),
        "state": {},
    }


class Unlimited(Throttle):
    """Limits that never bite."""

    def _admit(self, *_: object) -> bool:
        return True

    def code(self, *_: object, **__: object) -> bool:
        """Always."""
        return True

    def outside(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Actor:
    """Somebody at the door: what their browser and their programs send along."""

    name: str
    role: Role | None = None
    cookie: str = ""
    csrf: str = ""
    token: str = ""

    def may(self, route: str) -> bool:
        """Whether the table of permissions lets them."""
        return PERMISSIONS[route] is EVERYBODY or self.role in PERMISSIONS[route]


@dataclass
class World:
    """A desk, its app, and the names of what lies in it."""

    desk: Desk
    clock: MovingClock
    app: FastAPI
    wire: Wire
    staff: dict[str, Staff]
    waiting: int
    agreed: int
    known: int
    slug: str
    appeal: str
    source: str
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def routes(self) -> dict[str, APIRoute]:
        """Every route by name."""
        return {one.name: one for one in self.app.routes if isinstance(one, APIRoute)}

    def unsafe(self) -> list[str]:
        """The routes that change something; webhooks, which are off here, have tests of their own."""
        found = [name for name, one in self.routes.items() if "GET" not in (one.methods or ())]
        return [name for name in found if name not in SIGNED]

    def method(self, route: str) -> str:
        """The method of a route."""
        methods = self.routes[route].methods or set()
        return "GET" if "GET" in methods else min(methods)

    def path(self, route: str, **other: object) -> str:
        """The address of a route, filled with what the world holds."""
        in_drafting = {
            "correction_editor",
            "check_correction",
            "discard_correction_draft",
            "publish_correction",
        }
        filled: dict[str, object] = {
            "claim_id:int": self.agreed if route in in_drafting else self.waiting,
            "n:int": self.known if route in {"claim_group", "review_group"} else 1,
            "slug": "suc-khoe" if route == "topic" else self.slug,
            "code": "0" * 10,
            "source_id": self.source,
            "public_id": self.appeal,
            "name:path": "site.css",
            "name": "answered",
            "kind": "csv",
            "week": "2026-W46",
            **other,
        }
        return re.sub(r"\{([^}]+)\}", lambda found: quote(str(filled[found[1]])), self.routes[route].path)

    def actor(self, name: str) -> Actor:
        """A person with a session of their own just begun, and a token; anonymous for an empty name."""
        if not name:
            return Actor("")
        person = self.staff[name]
        cookie = sessions.begin(self.desk, person.id, None)
        me = sessions.find(self.desk, cookie)
        assert me is not None, name
        return Actor(name, me.role, cookie, me.csrf_token, self.token_of(name))

    def token_of(self, name: str) -> str:
        """The token of somebody for programs."""
        if name not in self._tokens:
            self._tokens[name] = tokens.make(self.desk, self.staff[name].id, "thử", 1)
        return self._tokens[name]

    def who_may(self, route: str) -> Actor:
        """Somebody who may call a route, always with the same session."""
        allowed = PERMISSIONS[route]
        order = ("chi", "an", "kiem", "quan")
        return self.someone(
            "" if allowed is EVERYBODY else next(name for name in order if PEOPLE[name] in allowed)
        )

    def someone(self, name: str) -> Actor:
        """A person, with the same session as long as it lasts; back at work if their account was changed."""
        kept = self._actors.get(name)
        if kept is None or (name and sessions.find(self.desk, kept.cookie) is None):
            if name and (name in self._actors):
                self._restore(name)
            kept = self._actors[name] = self.actor(name)
        return kept

    def _restore(self, name: str) -> None:
        with self.desk.reading() as session:
            person = session.get_one(Staff, self.staff[name].id)
        if person.disabled or person.role != PEOPLE[name]:
            accounts.reset(self.desk, name, PASSWORD)
            accounts.change_role(self.desk, name, PEOPLE[name])
            self._tokens.pop(name, None)

    def unthrottled(self) -> None:
        """Take the limits off, where a test asks more often than people do."""
        self.app.state.site = replace(self.app.state.site, throttle=Unlimited(self.clock))

    def call(
        self,
        route: str,
        actor: Actor,
        fields: Mapping[str, object] | None = None,
        *,
        headers: Sequence[Header] = (SAME_SITE,),
        body: bytes | None = None,
        path: str = "",
    ) -> Reply:
        """Call a route as its page or its program does."""
        method, sent = self.method(route), list(headers)
        json_body = is_json(route)
        if route in BY_STAFF_TOKEN:
            sent.append(("authorization", f"Bearer {actor.token}"))
        elif actor.cookie:
            sent.append(("cookie", f"{sessions.COOKIE}={actor.cookie}"))
        if method != "GET":
            sent.append(AS_JSON if json_body else AS_FORM)
            body = packed(route, fields or {}, actor) if body is None else body
        return self.wire.send(method, path or self.path(route), sent, body or b"")

    def good(self, route: str) -> dict[str, object]:
        """Values for the fields of a route that it takes, as far as a fixed value can be right.

        A webhook, which is off here, has none.
        """
        values: dict[str, object] = {name: GOOD.get(name, "") for name in self.fields.get(route, ())}
        values.update(self._own(route))
        return values

    def _own(self, route: str) -> dict[str, object]:
        if route in {"publish_correction", "check_correction"}:
            return dict(form(CORRECTION))
        if route == "revise_correction":
            return dict(form(CORRECTION, reason="Thêm nguồn mới."))
        own: dict[str, dict[str, object]] = {
            "desk_review": {"opinion": "unproven", "reason": "Chưa có nguồn nào.", "evidence": []},
            "review_group": {f"claim_{self.waiting}": "1"},
            "add_source": {
                "homepage": "https://moi.vn/",
                "id": "moi",
                "name": "Báo Mới",
                "kind": "newspaper",
            },
            "look_for_source": {"url": "http://127.0.0.1:9/"},
            "make_token": {"name": "chương trình", "days": "1"},
            "save_view": {"name": "Sức khỏe", "query": "chu-de=health"},
            "label_claim": {"week": "2026-W46", "ref": "x" * 16, "label": "false"},
        }
        return own.get(route, {})


SIGNED = frozenset({"telegram_channel", "zalo_channel"})
"""Routes that take signed bodies of a platform and no form: tests/review_ui/test_channels.py holds them."""
GOOD: dict[str, object] = {
    "text": "Uống nước lá đu đủ mỗi sáng là dứt liền bệnh sốt xuất huyết nha bà con",
    "receipt": "A" * 22,
    "username": "binh",
    "password": "một mật khẩu hoàn toàn khác",
    "present": "không phải mật khẩu",
    "role": "analyst",
    "reason": "Đã đọc thông báo của Sở Y tế.",
    "opinion": "unproven",
    "until": "2026-11-25",
    "days": "3",
    "lang": "vi",
    "url": "https://bao-khac.vn/",
    "code": "000000",
    "key": "0" * 64,
    "id": "1",
    "model_id": "1",
    "view": "1",
    "review": "1",
    "position": "0",
    "why": "wrong",
    "to": "on",
    "claim": "0" * 16,
}


DRAWN = frozenset(
    {"agreement", "figure_chart", "figure_page", "figures", "notice_pdf", "share_card", "share_card_svg"}
)
LOOKING = frozenset({"look_for_source", "try_source"})
"""Routes that draw, or start a process that reads a site: dear, and left out of reduced counts."""


def slice_of(routes: Iterable[str], every: int) -> list[str]:
    """Every so-manieth route, none that draws unless all are wanted."""
    found = sorted(routes)
    return found if every == 1 else [name for name in found if name not in DRAWN | LOOKING][::every]


def is_json(route: str) -> bool:
    """Whether a route takes JSON."""
    return route in BY_STAFF_TOKEN or route.startswith("api_")


def packed(route: str, fields: Mapping[str, object], actor: Actor) -> bytes:
    """Fields as the body of a request, with the token of the session where there is one."""
    if is_json(route):
        return json.dumps(fields).encode()
    token = {"token": actor.csrf} if actor.csrf else {}
    return urlencode({**fields, **token}, errors="replace").encode()


@contextmanager
def listening() -> Iterator[list[tuple[str, ...]]]:
    """Hear which fields a route takes."""
    heard: list[tuple[str, ...]] = []
    real = Form.take

    def take(self: Form, *names: str) -> Form:
        heard.append(names)
        return real(self, *names)

    Form.take = take  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        Form.take = real  # type: ignore[method-assign]


def learn_fields(world: World) -> dict[str, tuple[str, ...]]:
    """The fields of every route that changes something, as its code names them; nothing is changed."""
    found: dict[str, tuple[str, ...]] = {"desk_review": ("opinion", "reason", "evidence")}
    never = {"khong-phai-o-nay": "1"}
    for route in world.unsafe():
        with listening() as heard:
            answer = world.call(route, world.who_may(route), never)
        assert answer.status == 422, f"{route}: {answer.status}"
        if route not in found:
            found[route] = heard[0]
    found["review_group"] = (*found["review_group"], f"claim_{world.waiting}")
    return found


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """argon2id at its full strength would cost minutes here; it has tests of its own."""
    kept = accounts._MEMORY_KIB
    accounts._MEMORY_KIB = 256
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()
    yield
    accounts._MEMORY_KIB = kept
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()


@contextmanager
def made(url: str, folder: Path, clock: MovingClock | None = None) -> Iterator[World]:
    """A world on a migrated database."""
    ticking = clock or MovingClock()
    with cheap_passwords():
        desk = make_desk(url, folder, ticking)
        staff = {name: add_staff(desk, name, role) for name, role in PEOPLE.items()}
        source = add_source(desk)
        done = add_claim(desk, source_id=source, tip="Tin nhắn của một người")
        decide(desk, done, staff["an"].id, staff["binh"].id)
        slug = publish(desk, done, staff["chi"].id)
        appeal = publishing.file_appeal(desk, slug, "Tôi thấy câu này chưa đúng, xin xem lại nguồn giúp.")
        agreed = add_claim(desk, "Lá đu đủ chữa sốt xuất huyết", tip="Tin khác về lá đu đủ")
        decide(desk, agreed, staff["an"].id, staff["binh"].id)
        waiting = add_claim(
            desk, "Một câu khác còn chờ", source_id=source, tip="Tin thứ hai", token="ab" * 32
        )
        add_match(desk, waiting)
        with desk.reading() as session:
            known = session.scalars(select(ClaimMatch.known_id).where(ClaimMatch.claim_id == waiting)).one()
        app = create_app(desk)
        wire = Wire(app)
        world = World(desk, ticking, app, wire, staff, waiting, agreed, known, slug, appeal, source)
        world.fields = learn_fields(world)
        try:
            yield world
        finally:
            wire.close()
            desk.close()


class Watch:
    """Sees whether anything was written to a SQLite database since it last looked."""

    def __init__(self, desk: Desk) -> None:
        self._connection = sqlite3.connect(desk.engine.url.database or "")
        self._seen = self._version()

    def _version(self) -> int:
        found: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def changed(self) -> bool:
        """Whether anybody wrote since the last look."""
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

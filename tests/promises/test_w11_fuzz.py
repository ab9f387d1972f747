"""W11, the part that always runs: odd requests on every route make no fault and open nothing.

The full count of fifty thousand is `python -m tools.fuzz_web`, with schemathesis, from the release tools.
"""

import json
import random
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import quote, urlencode

import pytest

from models.vocabulary import Role
from review_ui.permissions import EVERYBODY, PERMISSIONS
from review_ui.sessions import COOKIE
from tests.promises.webdocument import document
from tests.promises.webworld import AS_FORM, AS_JSON, DRAWN, LOOKING, SAME_SITE, Actor, Header, Reply, World

ODD = (
    "",
    " ",
    "0",
    "-1",
    "2147483648",
    "9" * 400,
    "1e309",
    "NaN",
    "null",
    "true",
    "٣",
    "²",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "\ud800",
    "\U0010ffff",
    "ế" * 3_000,
    "e\u0302\u0301",
    "\u202e\u200b",
    "%00%ff",
    "%",
    "../../etc/passwd",
    "' OR 1=1 --",
    "{{7*7}}",
    "<script>",
    "2026-W54",
    "2026-02-30",
    "0000-00-00",
    "https://[::1",
    "a" * 20_001,
    "[]",
    '{"a":1}',
    "http://127.0.0.1:1/",
)
KINDS = (AS_FORM, AS_JSON, ("content-type", "text/xml"), ("content-type", "multipart/form-data; boundary=a"))
METHODS = ("GET", "HEAD", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")
ASKED = (
    "lang",
    "q",
    "sau",
    "after",
    "limit",
    "topic",
    "week",
    "tuan",
    "trang",
    "ve",
    "url",
    "format",
    "chu-de",
)


def odd_path(world: World, route: str, chance: random.Random) -> str:
    """An address of a route, right or with an odd part, and odd questions behind it."""
    part = quote(chance.choice(ODD)[:600], safe="", errors="replace")
    names = ("claim_id:int", "n:int", "slug", "public_id", "source_id", "name", "kind", "week", "name:path")
    odd = {chance.choice(names): part} if chance.random() < 0.3 else {}
    asked = {name: chance.choice(ODD)[:2_000] for name in chance.sample(ASKED, 3)}
    return world.path(route, **odd) + "?" + urlencode(asked, errors="replace")


def odd_body(world: World, route: str, me: Actor, chance: random.Random) -> bytes:
    """The fields of a route with odd values, now and then doubled, missing, too many, or no form at all."""
    names = list(world.fields.get(route, ("text",)))
    fields = {name: chance.choice(ODD) for name in names if chance.random() < 0.9}
    if chance.random() < 0.2:
        fields[chance.choice(ODD)] = "1"
    if chance.random() < 0.3 and route in world.fields:
        fields = {name: str(value) for name, value in world.good(route).items()} | dict([*fields.items()][:1])
    pairs = [*fields.items(), ("token", me.csrf)]
    if chance.random() < 0.1:
        pairs.append(pairs[0])
    if chance.random() < 0.2:
        return json.dumps([fields] if chance.random() < 0.3 else fields).encode()
    return urlencode(pairs, errors="replace").encode()


def requests(world: World, n: int) -> Iterator[tuple[str, Actor, Reply]]:
    """So many odd requests over all routes, as anybody."""
    chance = random.Random(11)
    routes = sorted(set(world.routes) - DRAWN - LOOKING)
    for turn in range(n):
        route = routes[turn % len(routes)]
        name = chance.choice(["", "an", "chi", "kiem", "quan"])
        me = world.someone(name) if chance.random() < 0.6 else world.who_may(route)
        headers: list[Header] = [SAME_SITE, ("authorization", f"Bearer {me.token}")]
        headers += [("cookie", f"{COOKIE}={me.cookie}")] if me.cookie else []
        headers += [("if-none-match", chance.choice(ODD[:12])), chance.choice(KINDS)]
        method = chance.choice(METHODS) if chance.random() < 0.4 else world.method(route)
        body = b"" if method in {"GET", "HEAD"} else odd_body(world, route, me, chance)
        yield route, me, world.wire.send(method, odd_path(world, route, chance), headers, body)


def faults(world: World, n: int) -> list[str]:
    """Answers of 500 and above (but oEmbed's 501), and pages or effects for those who may not."""
    found = []
    for route, me, answer in requests(world, n):
        if answer.status >= 500 and (route, answer.status) != ("oembed", 501):
            found.append(f"{route}: {answer.status}")
        if answer.status < 300 and not me.may(route) and PERMISSIONS[route] is not EVERYBODY:
            found.append(f"{route}: {answer.status} for {me.name or 'nobody'}")
    return found


@pytest.mark.parametrize("n", [300, pytest.param(10_000, marks=pytest.mark.release)])
def test_odd_requests_make_no_fault_and_open_nothing(n: int, shared: World) -> None:
    assert faults(shared, n) == []


def test_control_a_page_that_breaks_and_one_that_is_open_are_noticed(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> NoReturn:
        raise ValueError("odd")

    monkeypatch.setattr("review_ui.routes.queue.queue_page", breaks)
    monkeypatch.setattr(
        "review_ui.guard.permissions.PERMISSIONS", dict.fromkeys(PERMISSIONS, frozenset(Role))
    )
    found = faults(shared, 250)
    assert [line for line in found if ": 500" in line]
    assert [line for line in found if " for " in line]


@pytest.mark.release
def test_the_description_for_the_fuzzer_holds_every_route_and_field(shared: World) -> None:
    described = {
        operation["operationId"]: operation
        for path in document(shared)["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    }
    assert set(described) == set(shared.routes)
    for route in shared.unsafe():
        assert "requestBody" in described[route], route

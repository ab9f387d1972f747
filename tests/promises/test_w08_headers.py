"""W8: the same headers on every route and status, and no header that nobody asked for."""

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy.exc import OperationalError

from review_ui import security
from review_ui.forms import MAX_BODY
from review_ui.permissions import EVERYBODY, PERMISSIONS
from review_ui.security import EMBEDDED_HEADERS, HEADERS
from tests.promises.webworld import AS_FORM, AS_JSON, SAME_SITE, Reply, World, is_json, slice_of

# what an answer may carry besides; anything else would tell of the machine or of other readers
MAY = frozenset(
    {
        "allow",
        "access-control-allow-origin",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "cross-origin-resource-policy",
        "etag",
        "last-modified",
        "location",
        "retry-after",
        "set-cookie",
        "vary",
        "www-authenticate",
        "x-robots-tag",
    }
)
EVERY = pytest.mark.parametrize(
    "every", [pytest.param(8, id="reduced"), pytest.param(1, id="full", marks=pytest.mark.release)]
)


def wrong(path: str, answer: Reply) -> list[str]:
    """What is not as it should be in the headers of one answer."""
    expected = EMBEDDED_HEADERS if path.startswith(security.EMBEDDED) else HEADERS
    names = [name for name, _ in answer.pairs]
    found = [name for name, value in expected.items() if answer.headers.get(name) != value]
    found += [f"{name} twice" for name in set(names) - {"set-cookie"} if names.count(name) > 1]
    found += [f"{name} is new" for name in set(names) - set(expected) - MAY]
    return found + ([] if answer.headers.get("cache-control") else ["cache-control"])


def walk(world: World, every: int) -> tuple[set[int], list[str]]:
    """Ask every route in eight ways; gives the statuses seen and what was wrong."""
    statuses: set[int] = set()
    found: list[str] = []

    def look(what: str, path: str, answer: Reply) -> None:
        statuses.add(answer.status)
        found.extend(f"{what} {answer.status} {path}: {one}" for one in wrong(path, answer))

    nobody = world.actor("")
    for route in slice_of(world.routes, every):
        path, method, me = world.path(route), world.method(route), world.who_may(route)
        answer = world.call(route, me)
        look("plain", path, answer)
        look("anonymous", path, world.call(route, nobody))
        look("method", path, world.wire.send("PATCH", path, [SAME_SITE]))
        look("cross-site", path, world.wire.send("POST", path, [("sec-fetch-site", "cross-site")]))
        look("missing", f"{path}/x", world.wire.send("GET", f"{path}/x"))
        if method == "GET":
            again = [("if-none-match", answer.headers.get("etag", "*"))]
            look("again", path, world.call(route, me, headers=again))
        else:
            look("filled", path, world.call(route, me, world.good(route)))
            look("huge", path, world.call(route, me, body=b"a" * (MAX_BODY + 1)))
            other = AS_FORM if is_json(route) else AS_JSON
            look("kind", path, world.wire.send(method, path, [SAME_SITE, other], b"x"))
        if PERMISSIONS[route] is not EVERYBODY:
            wrong_role = world.actor("quan" if me.name != "quan" else "kiem")
            look("role", path, world.call(route, wrong_role))
    return statuses, found


@EVERY
def test_every_route_carries_the_same_headers_whatever_its_status(every: int, shared: World) -> None:
    statuses, found = walk(shared, every)
    assert found == []
    assert {200, 303, 401, 403, 404, 405, 413, 422} <= statuses
    if every == 1:
        assert {304, 409, 415} <= statuses


def break_it(_: object) -> object:
    raise RuntimeError("a fault")


def lock_it(_: object) -> object:
    raise OperationalError("SELECT 1", {}, Exception("database is locked"))


@EVERY
@pytest.mark.parametrize(("fault", "status"), [(break_it, 500), (lock_it, 503)])
def test_faults_carry_them_too(
    fault: Callable[[object], object],
    status: int,
    every: int,
    shared: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: Sequence[str] = slice_of(shared.routes, every)
    actors = {route: shared.who_may(route) for route in calls}
    monkeypatch.setattr("review_ui.pages.site_of", fault)
    monkeypatch.setattr("review_ui.guard.desk_of", fault)
    seen = []
    for route in calls:
        answer = shared.call(route, actors[route])
        seen.append(answer.status)
        assert wrong(shared.path(route), answer) == [], route
    assert status in seen


def test_limits_carry_them_too(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.app.state.site.throttle, "tip", lambda *_: False, raising=False)
    for route in ("send_tip", "api_send_tip"):
        answer = shared.call(route, shared.actor(""), shared.good(route))
        assert answer.status == 429
        assert wrong(shared.path(route), answer) == []


def test_control_an_answer_that_goes_past_the_shield_is_noticed(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "HEADERS", {**HEADERS, "x-powered-by": "uvicorn"})
    assert walk(shared, 40)[1]
    monkeypatch.setattr(security, "_set_headers", lambda *_: None)
    assert walk(shared, 40)[1]

"""All routes of the web app as one OpenAPI document, kept for testing; the app describes its public API.

Run as `python -m tests.promises.webdocument FOLDER`, it serves a desk for fuzzing on a free port of loopback,
says in one line of JSON where and who may sign in, and begins a new session for every name it reads.
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from starlette.datastructures import QueryParams
from starlette.requests import Request

from models import migrate
from models.errors import UsageError
from models.session import make_engine
from pipeline import accounts, sourcing
from review_ui import openapi, sessions
from review_ui.permissions import BY_STAFF_TOKEN, BY_TOKEN, EVERYBODY, PERMISSIONS
from tests.browsing import serving
from tests.promises.webworld import DRAWN, PEOPLE, Actor, World, is_json, made
from tests.review_ui.house import PASSWORD

Json = dict[str, Any]
FUZZED = ("", "an", "chi", "kiem", "quan")
"""Nobody, and one person of every role."""
HEADERS = ("If-None-Match", "Accept-Encoding", "HX-Request", "Range", "Accept-Language")
_WORDS = {"type": "string"}


def document(world: World) -> Json:
    """The OpenAPI 3.1 description of every route; each operation tells its name and who may call it."""
    paths: Json = json.loads(json.dumps(openapi.PATHS))
    queries = _queries(world)
    for name, route in world.routes.items():
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        method = world.method(name).lower()
        operation = paths.setdefault(path, {}).setdefault(method, _operation(world, name, queries[name]))
        operation["operationId"] = name
        operation["x-everybody"] = PERMISSIONS[name] is EVERYBODY
        operation["x-roles"] = sorted(PERMISSIONS[name])
        operation["x-described"] = path in openapi.PATHS
        operation["x-token"] = name in BY_STAFF_TOKEN | BY_TOKEN
        operation["x-dear"] = name in DRAWN
        _examples(world, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "every route", "version": "1"},
        "paths": paths,
        "components": {"schemas": openapi.SCHEMAS},
    }


def _operation(world: World, name: str, queries: set[str]) -> Json:
    path = world.routes[name].path
    number = {"type": "integer", "minimum": -2, "maximum": 2**70}
    asked = [
        {"name": part, "in": "path", "required": True, "schema": number if kind == "int" else _WORDS}
        for part, _, kind in (one.partition(":") for one in re.findall(r"\{([^}]+)\}", path))
    ]
    if world.method(name) == "GET":
        asked += [{"name": one, "in": "query", "schema": _WORDS} for one in sorted(queries)]
        asked += [{"name": one, "in": "header", "schema": _WORDS} for one in HEADERS]
    found: Json = {"parameters": asked, "responses": {"default": {"description": "anything"}}}
    if name in world.fields:
        kind = "application/json" if is_json(name) else "application/x-www-form-urlencoded"
        found["requestBody"] = {"required": True, "content": {kind: {"schema": _body(world, name)}}}
    return found


def _body(world: World, name: str) -> Json:
    good = world.good(name)
    fields: Json = {one: {"anyOf": [{"const": good.get(one, "")}, _WORDS]} for one in world.fields[name]}
    if name == "desk_review":
        piece = dict.fromkeys(("url", "publisher", "quote", "day"), _WORDS)
        one = {"type": "object", "properties": piece, "additionalProperties": False}
        fields["evidence"] = {"type": "array", "maxItems": 4, "items": one}
    if not is_json(name) and PERMISSIONS[name] is not EVERYBODY:
        fields["token"] = _WORDS
    return {"type": "object", "properties": fields, "additionalProperties": False}


def _examples(world: World, operation: Json) -> None:
    """What leads to something: half of the values of a path are names of things that are there."""
    there = {
        "claim_id": [world.waiting, world.agreed, 1],
        "n": [1, world.known],
        "slug": [world.slug, "suc-khoe"],
        "public_id": [world.appeal],
        "source_id": [world.source],
        "name": ["answered", "site.css"],
        "kind": ["csv", "json"],
        "week": ["2026-W46", "2026-W47"],
    }
    for one in operation.get("parameters", []):
        if one["in"] == "path" and one["name"] in there:
            one["schema"] = {"anyOf": [{"enum": there[one["name"]]}, one["schema"]]}


def _queries(world: World) -> dict[str, set[str]]:
    """The names that each page reads from its address, heard where it reads them."""
    found: dict[str, set[str]] = {}
    for name in world.routes:
        if world.method(name) == "GET":
            with _hearing() as heard:
                world.call(name, world.who_may(name))
            found[name] = heard
        else:
            found[name] = {"lang"}
    return found


@contextmanager
def _hearing() -> Iterator[set[str]]:
    heard: set[str] = set()
    real = QueryParams.get

    def get(self: QueryParams, key: Any, default: Any = None) -> Any:  # noqa: ANN401 -- as the real one
        heard.add(key)
        return real(self, key, default)

    QueryParams.get = get  # type: ignore[method-assign, assignment]
    try:
        yield heard
    finally:
        del QueryParams.get


def _no_network(*_: object, **__: object) -> NoReturn:
    """Looking at a site of a fuzzed address would leave loopback; the crawler has tests of its own."""
    raise UsageError("url: not here")


def _renewed(world: World, name: str) -> Json:
    """Somebody who may work, whatever the fuzzing did to the account; time goes on a little, too."""
    world.clock.forward(seconds=11)
    accounts.reset(world.desk, name, PASSWORD)
    accounts.change_role(world.desk, name, PEOPLE[name])
    world._tokens.pop(name, None)
    return vars(world.actor(name))


def _unguarded(world: World) -> None:
    """The positive control: one page of staff lets everybody in, and one public page breaks."""
    lead = sessions.find(world.desk, world.actor("chi").cookie)
    for name in ("models", "rules"):
        for asked in world.routes[name].dependant.dependencies:
            asked.call = partial(_let_in, lead) if name == "models" else _break


def _let_in(me: sessions.SignedIn | None, request: Request) -> None:
    request.state.me = me
    request.state.for_staff = True


def _break() -> NoReturn:
    raise RuntimeError


def _say(found: Json) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main(folder: Path, *, control: bool = False) -> None:
    """Serve until the standard input ends."""
    url = f"sqlite:///{folder / 'fuzz.sqlite'}"
    engine = make_engine(url)
    migrate.upgrade(engine)
    engine.dispose()
    logging.disable()  # refusals by the thousand; what breaks is counted by its answer
    sourcing.look = _no_network
    sourcing.probe = _no_network
    with made(url, folder) as world:
        world.unthrottled()
        described = folder / "openapi.json"
        described.write_text(json.dumps(document(world)), encoding="utf-8")
        people = {name: _renewed(world, name) if name else vars(Actor("")) for name in FUZZED}
        if control:
            _unguarded(world)
        with serving(world.app) as address, contextlib.suppress(KeyboardInterrupt):
            ready = {"address": address, "document": str(described), "people": people}
            _say(ready)
            for line in sys.stdin:
                _say(_renewed(world, line.strip()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), control="--control" in sys.argv)

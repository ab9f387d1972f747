"""Public pages kept in memory as they were answered, until anything is decided.

Whatever changes what these pages say is written into the log of decisions in the same transaction (rule 7),
so the newest entry of the log says whether a page still holds. It is read anew for every request: a
correction, a revision or an appeal is seen at once, whichever process took it. What is kept is a page and its
address. What readers search for is no part of it, and nothing of who reads is (rule 1).
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.status import HTTP_200_OK
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import audit
from review_ui.pages import desk_of, is_known
from review_ui.security import PUBLIC

NAMES = frozenset(
    {
        "home",
        "topic",
        "correction",
        "correction_json",
        "correction_version",
        "correction_diff",
        "embedded",
        "share_card",
        "share_card_svg",
        "notice",
        "notice_pdf",
        "read_aloud",
        "read_aloud_text",
        "json_feed",
        "rss",
        "claim_review_feed",
        "corrections_csv",
        "sitemap",
    }
)
"""Routes whose answers follow from their address, the settings and what was decided; they know no clock.

A page that asks the database nothing stays out: it is cheap, and readable while the database is away."""

ROOM = 32 * 2**20
"""Bytes of pages that one process keeps; what was not asked for the longest goes first."""
MOST = 2 * 2**20
"""Bytes of the largest answer that is kept."""

UNCHANGED = ("cache-control", "etag")
"""Headers of an answer that says no more than that nothing has changed."""

LONGEST = 255
"""Characters of a host or of a value that can be meant."""

Key = tuple[str, ...]
"""Scheme, host, path and the values asked for."""


@dataclass(frozen=True)
class Kept:
    """One answer as it left its route."""

    route: Route
    headers: Mapping[str, str]
    body: bytes

    def answer(self, asked: str) -> Response:
        """The answer once more, or that nothing has changed (RFC 9110, 13.1.2)."""
        if is_known(self.headers["etag"], asked):
            return Response(status_code=304, headers={name: self.headers[name] for name in UNCHANGED})
        return Response(self.body, headers=self.headers)


class KeptPages:
    """The layer inside the shield that answers again what was answered since the last decision."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self._routes = [one for one in routes if isinstance(one, Route) and one.name in NAMES]
        self._mark: str | None = None
        self._pages: OrderedDict[Key, Kept] = OrderedDict()
        self._room = ROOM

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3); raises what the database raises."""
        if not self._may_be_kept(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        mark = await run_in_threadpool(_newest, request)
        if mark != self._mark:
            self._forget(mark)
        key = _key(request)
        found = self._pages.get(key)
        if found is not None:
            self._pages.move_to_end(key)
            scope["route"] = found.route  # what the metrics call this address
            await found.answer(request.headers.get("if-none-match", ""))(scope, receive, send)
            return
        page = await self._ask(scope, receive, send)
        # what was drawn while something was decided may be of before
        if page is not None and mark == self._mark and max(map(len, key)) <= LONGEST:
            self._keep(key, page)

    def _may_be_kept(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        if any(name in {b"cookie", b"authorization"} for name, _ in scope["headers"]):
            return False  # staff get the same pages; that theirs are not kept needs no proof then
        return any(route.path_regex.match(scope["path"]) for route in self._routes)

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> Kept | None:
        """Let the route answer; a copy of the answer if it may be given to others too."""
        start: Message = {}
        body = bytearray()

        async def copying(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif len(body) <= MOST:
                body.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, copying)
        headers, route = Headers(raw=start["headers"]), scope["route"]
        fine = start["status"] == HTTP_200_OK and headers.get("cache-control") == PUBLIC
        if not fine or route.name not in NAMES or len(body) > MOST:
            return None
        return Kept(route, dict(headers), bytes(body))

    def _keep(self, key: Key, page: Kept) -> None:
        before = self._pages.pop(key, None)
        self._room += len(before.body) if before else 0
        self._pages[key] = page
        self._room -= len(page.body)
        while self._room < 0:
            _, oldest = self._pages.popitem(last=False)
            self._room += len(oldest.body)

    def _forget(self, mark: str | None) -> None:
        self._mark, self._room = mark, ROOM
        self._pages.clear()


def _key(request: Request) -> Key:
    """What these routes read of an address.

    All else, such as the mark by which a social network knows its reader again, changes no page and is
    not kept.
    """
    return (
        request.scope["scheme"],
        request.headers.get("host", ""),
        request.scope["path"],
        request.query_params.get("lang", ""),
        request.query_params.get("trang", ""),
        request.query_params.get("chu-de", ""),
    )


def _newest(request: Request) -> str | None:
    """The digest of the newest decision; a number alone would be the same in a restored desk."""
    with desk_of(request).reading() as session:
        newest = audit.head(session)
    return newest.digest if newest else None

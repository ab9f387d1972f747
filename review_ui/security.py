"""What holds for every answer: its headers, no cross-site form, and no trace of a fault.

Headers after ASVS 5.0 (3.4); the cross-site check after 3.5 and the Fetch Metadata draft of the W3C.
"""

import logging
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from review_ui.errors import CrossSiteError

log = logging.getLogger("kiemchung.web")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
"""On every answer of every route and status."""

EMBEDDED = "/nhung/"
EMBEDDED_HEADERS = {
    **HEADERS,
    "content-security-policy": "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *",
}
"""On what other sites may put in a frame: it runs nothing, sends nothing and holds no form, so that a page
around it can trick nobody into anything."""

NO_STORE = "no-store"
PUBLIC = "public, max-age=0, must-revalidate"
FOREVER = "public, max-age=31536000, immutable"

LAST_WORDS = (
    "Máy chủ đang có lỗi. Hãy thử lại sau ít phút.\nThe server has a fault. Try again in a few minutes.\n"
)
"""What is said where not even the page of a fault can be drawn."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SAME_SITE = frozenset({"same-origin", "none"})

FaultPage = Callable[[Request, Exception], Response]


class Shield:
    """The outermost layer: sets the headers, refuses cross-site forms, and answers faults without a trace."""

    def __init__(self, app: ASGIApp, fault_page: FaultPage, origin: str = "") -> None:
        self.app = app
        self.fault_page = fault_page
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _set_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            self._refuse_cross_site(scope)
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return  # who went away in the middle of a form hears nothing, and nothing is at fault
        except Exception as error:
            note(error)
            if not started:
                page = self._page_of(Request(scope, receive), error)
                await page(scope, receive, send_with_headers)

    def _page_of(self, request: Request, error: Exception) -> Response:
        try:
            return self.fault_page(request, error)
        except Exception as worse:  # the page of faults is itself at fault: its templates, its catalogues
            note(worse)
            return Response(LAST_WORDS, 500, media_type="text/plain")

    def _refuse_cross_site(self, scope: Scope) -> None:
        if scope["method"] in _SAFE_METHODS:
            return
        headers = Headers(scope=scope)
        if scope["path"].startswith(("/api/", "/channels/")) and not _sent_by_browser(headers):
            return  # a program has no session that another site could ride on
        if not same_site(headers, self.origin):
            raise CrossSiteError("this form was not sent from a page of this site")


def _sent_by_browser(headers: Headers) -> bool:
    return "sec-fetch-site" in headers or "origin" in headers


def same_site(headers: Headers, public_origin: str = "") -> bool:
    """Whether a browser says that a request comes from a page of this site itself.

    `Sec-Fetch-Site` decides where a browser sends it; older ones must send a matching `Origin`.
    """
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site in _SAME_SITE
    origin = headers.get("origin", "")
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return False
    return parts.netloc == headers.get("host") or origin == public_origin


def _set_headers(headers: MutableHeaders, path: str) -> None:
    for name, value in (EMBEDDED_HEADERS if path.startswith(EMBEDDED) else HEADERS).items():
        headers[name] = value
    headers.setdefault("cache-control", NO_STORE)


def note(error: Exception) -> None:
    """Log a fault by type and place alone: its text could hold words of a tip or values of a query."""
    if isinstance(error, CrossSiteError):
        return
    # walk_tb reads no source: a fault may well be that nothing can be read
    frames = list(traceback.walk_tb(error.__traceback__))[-6:]
    place = " < ".join(f"{frame.f_code.co_name}:{line}" for frame, line in reversed(frames))
    log.error("request failed", extra={"error": type(error).__name__, "place": place})

"""The few files that pages load; nothing else of the disk can be named.

Texts are packed where the reader takes gzip (RFC 9110, 12.5.3): they hold nothing of a session, so their
packed length tells nobody anything. The font is packed already.
"""

import gzip
from functools import lru_cache

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError
from review_ui.guard import Routes
from review_ui.pages import cacheable
from review_ui.security import FOREVER, PUBLIC
from review_ui.templating import STATIC, asset

routes = Routes()
FILES = {
    "site.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "claim.js": "text/javascript; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml; charset=utf-8",
    "vendor/noto-sans-khmer.woff2": "font/woff2",
    "vendor/htmx.min.js": "text/javascript; charset=utf-8",
}


@lru_cache(maxsize=16)
def _read(name: str) -> bytes:
    return (STATIC / name).read_bytes()


@lru_cache(maxsize=16)
def _packed(name: str) -> bytes:
    return gzip.compress(_read(name), 9, mtime=0)


def _takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` names gzip and does not refuse it."""
    asked = [one.strip().lower().partition(";") for one in accepted.split(",")]
    return any(
        name.strip() == "gzip" and weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        for name, _, weight in asked
    )


@routes.page("/tinh/{name:path}")
def static_file(request: Request, name: str) -> Response:
    """One of the listed files, kept for ever under its hashed address."""
    if name not in FILES:
        raise NotFoundError("there is no such file")
    current = request.url.query == asset(name).partition("?")[2]
    kept = FOREVER if current else PUBLIC
    if FILES[name].startswith("font/"):
        return cacheable(request, _read(name), FILES[name], kept)
    packed = _takes_gzip(request.headers.get("accept-encoding", ""))
    answer = cacheable(request, _packed(name) if packed else _read(name), FILES[name], kept)
    answer.headers["vary"] = "accept-encoding"
    if packed and answer.status_code == 200:
        answer.headers["content-encoding"] = "gzip"
    return answer

"""The few files that pages load; nothing else of the disk can be named."""

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
    "icon.svg": "image/svg+xml",
    "vendor/htmx.min.js": "text/javascript; charset=utf-8",
}


@lru_cache(maxsize=16)
def _read(name: str) -> bytes:
    return (STATIC / name).read_bytes()


@routes.page("/tinh/{name:path}")
def static_file(request: Request, name: str) -> Response:
    """One of the listed files, kept for ever under its hashed address."""
    if name not in FILES:
        raise NotFoundError("there is no such file")
    current = request.url.query == asset(name).partition("?")[2]
    return cacheable(request, _read(name), FILES[name], FOREVER if current else PUBLIC)

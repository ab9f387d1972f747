"""Faults of the API as problem details (RFC 9457), in Vietnamese and English."""

import json

from starlette.requests import Request
from starlette.responses import Response

from review_ui.security import NO_STORE

API = "/api/"
MEDIA_TYPE = "application/problem+json"
_ENGLISH = {
    400: "The request cannot be read",
    401: "Sign in first",
    403: "Not allowed from here",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible any more",
    413: "Too large",
    415: "Send application/json",
    422: "Not accepted",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Busy, try again",
    507: "No room left on our disk",
}


def is_api(request: Request) -> bool:
    """Whether a program asked, not a browser."""
    return request.url.path.startswith(API)


def problem(status: int, title: str, detail: str, english: str = "") -> Response:
    """An answer that a program can read: `title` and `detail` in Vietnamese, `title_en` and `detail_en`."""
    known = _ENGLISH.get(status, "Not accepted")
    document = {
        "type": "about:blank",
        "status": status,
        "title": title,
        "detail": detail,
        "title_en": known,
        "detail_en": english or known,
    }
    headers = {"cache-control": NO_STORE, "content-type": MEDIA_TYPE}
    if status == 429:
        headers["retry-after"] = "600"
    return Response(json.dumps(document, ensure_ascii=False), status, headers=headers)

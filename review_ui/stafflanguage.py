"""The language of the staff's room: Vietnamese, or English for whoever chose it in the header.

The choice is kept in a cookie of its own, which holds a language tag and nothing else and is set only for
staff who are signed in. The address decides first.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from review_ui.language import FIRST, NAMES

COOKIE = "__Host-kc-lang"
LANGUAGES = ("vi", "en")
"""What the staff's room speaks, the first one unless somebody chose; Khmer is for the public door."""
KEPT_S = 180 * 24 * 3600
_HERE = re.compile(r"/(?:[a-z0-9_.-]+/)*[a-z0-9_.-]*(?:\?[\w.~%+&=*/-]{0,1000})?", re.ASCII)


@dataclass(frozen=True)
class Choice:
    """One language of the switch: its tag and its own name."""

    tag: str
    name: str
    chosen: bool


def asked(request: Request) -> str | None:
    """The language that the address names, if the staff's room has it."""
    tag = request.query_params.get("lang")
    return tag if tag in LANGUAGES else None


def of(request: Request) -> str:
    """The language of a page for staff: the address first, then what was chosen, then Vietnamese."""
    kept = request.cookies.get(COOKIE)
    return asked(request) or (kept if kept in LANGUAGES else FIRST)


def keep(response: Response, tag: str) -> None:
    """Keep a choice in the browser of somebody who is signed in; Vietnamese needs no cookie."""
    if tag == FIRST:
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    else:
        response.set_cookie(COOKIE, tag, max_age=KEPT_S, path="/", secure=True, httponly=True, samesite="lax")


def choices(request: Request) -> list[Choice]:
    """The switch of a page; an answer to a form has none, because going back would lose what was typed."""
    if request.method != "GET":
        return []
    chosen = of(request)
    return [Choice(tag, NAMES[tag], tag == chosen) for tag in LANGUAGES]


def here(request: Request) -> str:
    """The address of this page without the language that it names, for the switch to come back to."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return quote(request.url.path) + (f"?{urlencode(kept)}" if kept else "")


def safe_here(path: str) -> str | None:
    """An address of this site to come back to, or None: never another site's."""
    return path if _HERE.fullmatch(path) else None

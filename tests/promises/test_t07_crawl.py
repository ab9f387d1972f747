"""T7: no public page, in any language, sets a cookie or has a browser load anything from elsewhere."""

import re
from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest

from review_ui.language import NAMES
from review_ui.permissions import EVERYBODY, PERMISSIONS
from tests.promises.webworld import HOST, Reply, World
from tests.review_ui.house import SITE

# what a browser loads without being asked
LOADED = re.compile(
    r"""<(?:script|img|iframe|embed|source|audio|video|track|input|object)\b[^>]*?\s(?:src|data|poster)=["']([^"']*)"""
    r"""|<link\b(?=[^>]*rel=["'](?:stylesheet|icon|preload|prefetch|preconnect|dns-prefetch|manifest))[^>]*?href=["']([^"']*)"""
    r"""|<form\b[^>]*?action=["']([^"']*)"""
    r"""|srcset=["']([^"']*)|@import\s+["']?([^"';]+)|url\(["']?([^)"']+)"""
)
LINKS = re.compile(r"""<a\b[^>]*?href=["']([^"'#]*)|<link\b[^>]*?href=["']([^"'#]*)""")
DRAWN = re.compile(r"\.(png|pdf|svg)(\?|$)")
TEXT = re.compile(r"text/|json|xml|javascript")


def foreign(answer: Reply) -> list[str]:
    """What one answer sets, or would have a browser load from another place."""
    found = ["a cookie"] if "set-cookie" in answer.headers else []
    found += [f"{name}" for name in ("link", "refresh", "report-to", "nel") if name in answer.headers]
    if not TEXT.search(answer.headers.get("content-type", "")) or "json" in answer.headers["content-type"]:
        return found
    for match in LOADED.finditer(answer.text):
        where = next((one for one in match.groups() if one is not None), "")
        if not where.startswith("data:") and urlsplit(urljoin(SITE, where)).netloc != HOST:
            found.append(where)
    if re.search(r"http-equiv=.refresh", answer.text):
        found.append("a refresh")
    return found


def crawl(world: World, limit: int) -> dict[str, list[str]]:
    """Every public page that links lead to from the front pages, and what is foreign in it."""
    start = [f"/?lang={tag}" for tag in NAMES]
    start += [
        world.path(name)
        for name in world.routes
        if PERMISSIONS[name] is EVERYBODY and world.method(name) == "GET"
    ]
    waiting = deque(start)
    found: dict[str, list[str]] = {}
    while waiting and len(found) < limit:
        path = waiting.popleft()
        if path in found or (DRAWN.search(path) and limit < 1_000):
            continue
        answer = world.wire.send("GET", path)
        found[path] = foreign(answer) + ([str(answer.status)] if answer.status >= 500 else [])
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for match in LINKS.finditer(answer.text):
            link = urlsplit(urljoin(SITE + path, (match[1] or match[2] or "").replace("&amp;", "&")))
            if link.netloc == HOST:
                waiting.append(link.path + (f"?{link.query}" if link.query else ""))
    return found


@pytest.mark.parametrize("limit", [110, pytest.param(4_000, marks=pytest.mark.release)])
def test_no_public_page_sets_a_cookie_or_loads_from_elsewhere(limit: int, shared: World) -> None:
    found = crawl(shared, limit)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert len(found) >= 100
    for tag in set(NAMES) - {"vi"}:
        assert len([path for path in found if f"lang={tag}" in path]) > 10


@pytest.mark.parametrize(
    "planted",
    [
        b'<img alt="" src="https://evil.example/a.png">',
        b"<link rel='stylesheet' href='//evil.example/a.css'>",
        b'<script defer src="//evil.example/a.js"></script>',
        b'<form method="post" action="https://evil.example/">',
        b"<style>@import 'https://evil.example/a.css'</style>",
        b'<meta http-equiv="refresh" content="0;url=https://evil.example/">',
    ],
)
def test_control_something_foreign_is_noticed(planted: bytes) -> None:
    html = [("content-type", "text/html; charset=utf-8")]
    assert foreign(Reply(200, html, planted))
    assert foreign(Reply(200, [*html, ("set-cookie", "a=b")], b"")) == ["a cookie"]
    assert foreign(Reply(200, html, b'<img src="/tinh/a.svg"><a href="https://nguon.vn/">x</a>')) == []

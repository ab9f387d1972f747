"""Documents made to exhaust, mislead or reach out through a parser; each is called by its size."""

import os
from collections.abc import Callable

FILE = "file:///etc/passwd"
OUTSIDE = os.environ.get("HOSTILE_OUTSIDE", "http://127.0.0.1:9/evil.dtd")
_DATE, _MARKS, _ZERO = '"datePublished": "2026', "\u0323\u0302", "\u200b"
SENTENCE = "Bà con giữ máy, phà chạy lại lúc chín giờ sáng nay. "


def _page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>Phà</title>{head}</head><body>{body}</body></html>"


def _nested(tag: str) -> Callable[[int], str]:
    return lambda n: _page(f"<{tag}>" * n + SENTENCE + f"</{tag}>" * n)


def _unclosed(tag: str) -> Callable[[int], str]:
    return lambda n: _page(f"<{tag}>{SENTENCE[:9]}" * (n // 4))


def _laughs(levels: int, width: int) -> str:
    lines = ['<!ENTITY a0 "ha">']
    lines += [f"<!ENTITY a{at} '{width * f'&a{at - 1};'}'>" for at in range(1, levels)]
    return f"<!DOCTYPE html [{''.join(lines)}]>"


def _numbered(n: int) -> str:
    return " ".join(f"a{at}='x'" for at in range(n))


HTML: dict[str, Callable[[int], str]] = {
    **{
        f"nested {tag}": _nested(tag)
        for tag in ("div", "b", "span", "table", "ul", "font", "a", "p", "article")
    },
    **{f"unclosed {tag}": _unclosed(tag) for tag in ("p", "li", "td", "b", "div", "table", "form", "h1")},
    "nested mixed": lambda n: _page("<div><b><i><ul><li><table><tr><td>" * (n // 8) + SENTENCE),
    "nested comments boxes": lambda n: _page("<div class='comment'>" * n + SENTENCE),
    "nested author boxes": lambda n: _page("<div class='author-box'>" * (n // 20) + SENTENCE),
    "many author boxes": lambda n: _page(f"<div class='author-box'>{SENTENCE}</div>" * (n // 20)),
    "many headings over comments": lambda n: _page(f"<h3>Bình luận</h3><p>{SENTENCE}</p>" * (n // 20)),
    "many distinct classes": lambda n: _page(
        "".join(f"<i class='author{at}'>x</i>" for at in range(n // 10))
    ),
    "attributes of one element": lambda n: _page(f"<p {_numbered(n)}>{SENTENCE}</p>"),
    "attributes of many elements": lambda n: _page("<p a b c d e f g h i j>x</p>" * (n // 10)),
    "one long attribute": lambda n: _page(f"<p class='{'x ' * n}'>{SENTENCE}</p>"),
    "one long class of authors": lambda n: _page(f"<p class='{'author ' * (n // 4)}'>{SENTENCE}</p>"),
    "one long word": lambda n: _page(f"<p>{'ă' * n}</p>"),
    "one long line": lambda n: _page(f"<p>{SENTENCE * (n // 50)}</p>"),
    "one long name line": lambda n: _page(f"<p>{'Nguyễn Văn ' * (n // 10)}</p>"),
    "many short lines": lambda n: _page("<p>Bảy</p>" * (n // 10)),
    "many links": lambda n: _page("<a href='/tin/a-trang-2.html'>x</a>" * (n // 40)),
    "many part links": lambda n: _page("<a href='/tin/a_2'>2</a>" * (n // 20)),
    "many canonical links": lambda n: _page("x", "<link rel='canonical' href='/tin/a'>" * (n // 40)),
    "many metas": lambda n: _page("x", "<meta name='date' content='2026-99-99'>" * (n // 40)),
    "many times": lambda n: _page(f"<time datetime='2026-99-99'>{SENTENCE[:9]}</time>" * (n // 40)),
    "open brackets": lambda n: "<" * n,
    "open tags": lambda n: "<a " * (n // 3),
    "open comment": lambda n: _page("<!--" * n),
    "open quote": lambda n: _page("<p title='" + "<p>" * n),
    "entities": lambda n: _page("&amp;" * (n // 4) + "&#x1F600;" * (n // 10) + "&nosuch;" * (n // 10)),
    "forbidden references": lambda n: _page(
        "<p>" + "&#0;&#1;&#xFFFF;&#xD800;&#x110000;" * (n // 40) + SENTENCE
    ),
    "script": lambda n: _page(f"<script>{'x=1;' * (n // 4)}</script>"),
    "JSON-LD deep": lambda n: _page(
        f"<p>{SENTENCE}</p>", f"<script type='application/ld+json'>{'[' * n}</script>"
    ),
    "JSON-LD of dates": lambda n: _page(
        "x", f"<script type='application/ld+json'>{_DATE * (n // 20)}</script>"
    ),
    "laughs": lambda _: f"{_laughs(9, 10)}<html><body><p>&a8; {SENTENCE}</p></body></html>",
    "quadratic": lambda n: (
        f"<!DOCTYPE html [<!ENTITY a '{'ha' * (n // 20)}'>]><p>{'&a;' * (n // 100)}</p><p>x</p>"
    ),
    "external entity": lambda _: (
        f'<!DOCTYPE html [<!ENTITY x SYSTEM "{FILE}">]><html><body><p>&x; {SENTENCE}</p></body></html>'
    ),
    "external DTD": lambda _: (
        f'<!DOCTYPE html SYSTEM "{OUTSIDE}"><html><body><p>{SENTENCE}</p></body></html>'
    ),
    "parameter entity": lambda _: (
        f'<!DOCTYPE html [<!ENTITY % x SYSTEM "{OUTSIDE}"> %x;]><html><body><p>{SENTENCE}</p></body></html>'
    ),
    "XInclude": lambda _: _page(
        f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{FILE}' parse='text'/>{SENTENCE}"
    ),
    "stylesheet": lambda _: f"<?xml-stylesheet href='{OUTSIDE}' type='text/xsl'?>{_page(SENTENCE)}",
    "base elsewhere": lambda _: _page(SENTENCE, f"<base href='{OUTSIDE}'><link rel=next href='?page=2'>"),
    "tables in tables": lambda n: _page("<table><tr><td>" * (n // 15) + SENTENCE),
    "wide table": lambda n: _page(f"<table><tr>{'<td>x</td>' * (n // 10)}</tr></table>"),
    "lists in lists": lambda n: _page("<ul><li>" * (n // 8) + SENTENCE),
    "line breaks": lambda n: _page(f"<p>{'<br>' * (n // 4)}{SENTENCE}</p>"),
    "spaces": lambda n: _page(f"<p>{' ' * n}{SENTENCE}</p>"),
    "combining marks": lambda n: _page(f"<p>a{_MARKS * (n // 2)}</p>"),
    "zero width": lambda n: _page(f"<p>{_ZERO * n}{SENTENCE}</p>"),
    "svg and math": lambda n: _page("<svg><g>" * (n // 8) + "<math><mi>" * (n // 10) + SENTENCE),
    "templates": lambda n: _page("<template>" * (n // 10) + SENTENCE),
}


def _rss(items: str, prolog: str = "") -> str:
    return f"<?xml version='1.0'?>{prolog}<rss version='2.0'><channel><title>f</title>{items}</channel></rss>"


def _urlset(entries: str, prolog: str = "") -> str:
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f"<?xml version='1.0'?>{prolog}<urlset xmlns='{space}'>{entries}</urlset>"


_ITEM = "<item><title>t</title><link>https://bao.vn/a</link></item>"
_URL = "<url><loc>https://bao.vn/a</loc></url>"
_EXTERNAL = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{FILE}">]>'

FEEDS: dict[str, Callable[[int], str]] = {
    "laughs": lambda _: _rss("<item><link>&a8;</link></item>", _laughs(9, 10)),
    "laughs behind a comment": lambda _: _rss(
        "<item><link>&a8;</link></item>", f"<!-- <x --> {_laughs(9, 10)}"
    ),
    "laughs behind an instruction": lambda _: _rss(
        "<item><link>&a8;</link></item>", f"<?x <y ?>{_laughs(9, 10)}"
    ),
    "external entity": lambda _: _rss("<item><link>&x;</link></item>", _EXTERNAL),
    "external DTD": lambda _: _rss(_ITEM, f'<!DOCTYPE rss SYSTEM "{OUTSIDE}">'),
    "doctype later": lambda _: _rss(_ITEM + _laughs(9, 10) + "<item><link>&a8;</link></item>"),
    "nested": lambda n: _rss("<item>" + "<b>" * (n // 2)),
    "nested items": lambda n: _rss("<item>" * n),
    "many items": lambda n: _rss(_ITEM * (n // 20)),
    "many attributes": lambda n: _rss(f"<item {_numbered(n // 10)}/>"),
    "open tags": lambda n: _rss("<item><" * n),
    "open CDATA": lambda n: _rss("<item><![CDATA[" * n),
    "ampersands": lambda n: _rss(f"<item><link>https://bao.vn/?{'&' * n}</link></item>"),
    "long link": lambda n: _rss(f"<item><link>https://bao.vn/{'a' * n}</link></item>"),
    "JSON deep": lambda n: '{"items":' + "[" * n,
    "JSON many": lambda n: '{"items":[' + '{"url":"https://bao.vn/a"},' * (n // 20) + "{}]}",
    "JSON deep objects": lambda n: '{"a":' * n,
    "JSON number": lambda n: '{"items":' + "9" * n + "}",
}
SITEMAPS: dict[str, Callable[[int], str]] = {
    "laughs": lambda _: _urlset("<url><loc>&a8;</loc></url>", _laughs(9, 10)),
    "laughs behind a comment": lambda _: _urlset(
        "<url><loc>&a8;</loc></url>", f"<!--{' ' * 120_000}-->{_laughs(9, 10)}"
    ),
    "external entity": lambda _: _urlset("<url><loc>&x;</loc></url>", _EXTERNAL),
    "external DTD": lambda _: _urlset(_URL, f'<!DOCTYPE urlset SYSTEM "{OUTSIDE}">'),
    "nested": lambda n: _urlset("<url>" * n),
    "many": lambda n: _urlset(_URL * (n // 10)),
    "many attributes": lambda n: _urlset(f"<url {_numbered(n // 10)}/>"),
    "many locs": lambda n: _urlset(f"<url>{'<loc>https://bao.vn/a</loc>' * (n // 10)}</url>"),
    "text": lambda n: "https://bao.vn/a\n" * (n // 4),
    "long text": lambda n: "http" + "s" * n,
}


def readers() -> dict[str, tuple[dict[str, Callable[[int], str]], Callable[[str], str]]]:
    """The documents of each kind and the reader that they are for."""
    from crawlers import extract, feeds, sitemaps

    def read_page(html: str) -> str:
        article = extract.article(html, "https://bao.vn/tin/a-123.html")
        return f"{article.title}\n{article.text}"

    def read_feed(text: str) -> str:
        try:
            return "\n".join(feeds.links(text.encode()))
        except feeds.FeedRefusedError:
            return "refused"

    def read_sitemap(text: str) -> str:
        try:
            return "\n".join(sitemaps.read(text.encode()).pages)
        except sitemaps.SitemapRefusedError:
            return "refused"

    # loaded and warm before the first fork
    read_page(_page(f"<p>{SENTENCE * 9}</p><p>{SENTENCE * 9}</p>"))
    read_feed(_rss(_ITEM))
    read_sitemap(_urlset(_URL))
    return {"page": (HTML, read_page), "feed": (FEEDS, read_feed), "sitemap": (SITEMAPS, read_sitemap)}


def read_pdf(body: bytes) -> str:
    """What becomes of a PDF file of a public body."""
    from crawlers import worker
    from tests.crawlers.reader import make_reader

    task = worker.PageTask(body, "application/pdf", "https://so.vn/a.pdf", pdf=True)
    return worker._read_page(task, make_reader()).outcome.value

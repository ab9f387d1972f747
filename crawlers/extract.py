"""The article of a page: title, text, day and addresses; never the author, never the comments.

Text by trafilatura in its fast mode (Barbaresi 2021), on a tree without bylines and comment sections.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from crawlers import boilerplate, charsets, glance, marks, markup, parts, signatures
from models.weeks import local_day

LONGEST_TEXT = 100_000
LARGE_BODY = 10_000
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
# libxml2 stumbles over what stands before <html> in some pages, and over an <html/> that closes itself
_PROLOG = re.compile(rb"\s{0,99}(?:<\?xml[^>]{0,200}\?>\s{0,99})?(?:<!DOCTYPE[^>\[]{0,500}>)?", re.IGNORECASE)
_CLOSED_ROOT = re.compile(rb"\s{0,99}<html\b[^<>]{0,1000}(?=/>)", re.IGNORECASE)
MOST_ELEMENTS = 30_000
MOST_ATTRIBUTES = 200_000
_JSON_DAY = re.compile(r"\"datePublished\"\s{0,4}:\s{0,4}\"([0-9T:.+Z -]{10,40})\"")
_DAY_META = frozenset(
    ["article:published_time", "datepublished", "pubdate", "date", "dc.date", "dc.date.issued"]
)
_EARLIEST = date(1995, 1, 1)


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says; `canonical` is empty unless the page names another address of its own site.

    `next_part` is the address of the second part of an article on several pages, or empty.
    """

    title: str
    text: str
    day: date | None
    canonical: str
    next_part: str = ""


EMPTY = Article("", "", None, "")


@lru_cache(maxsize=1)
def _parser() -> Any:  # noqa: ANN401 -- lxml is untyped
    from lxml.html import HTMLParser

    return HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )


def load(html: str) -> Any:  # noqa: ANN401
    """The tree of a decoded page, without comments and control characters.

    None if it is no page, or one that only a hostile hand writes: more than 30,000 elements, 200,000
    attributes, or 1,000 attributes of one element. Real pages have a tenth of that at most.
    """
    # lxml and trafilatura are heavy: only extraction processes load them
    from lxml import etree

    body = marks.shortened(html).encode("utf-8", "replace").translate(None, _CONTROLS)
    prolog = _PROLOG.match(body)
    body = body[prolog.end() :] if prolog else body
    closed = _CLOSED_ROOT.match(body)
    if closed:
        body = body[: closed.end()] + body[closed.end() + 1 :]
    if markup.is_crowded(body):
        return None
    try:
        tree: Any = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError:
        return None
    if tree is None or not len(tree):
        return None
    crowded = tree.xpath("count(//*)") > MOST_ELEMENTS or tree.xpath("count(//@*)") > MOST_ATTRIBUTES
    return None if crowded else tree


def article(html: str, url: str = "", tree: Any = None) -> Article:  # noqa: ANN401
    """Extract a decoded page; an unreadable one gives an empty article, never an error.

    A `tree` that `load` has made of it is used, and used up.
    """
    from trafilatura import extract

    tree = load(html) if tree is None else tree
    if tree is None:
        return EMPTY
    day, canonical, next_part = _day(tree, html), parts.canonical(tree, url), parts.next_part(tree, url)
    boilerplate.strip_tree(tree)
    title = _title(tree)
    glance.trim(tree)
    text = extract(tree, fast=True, include_comments=False, with_metadata=False) or ""
    title = charsets.clean(title)[:500].strip()
    body = charsets.clean(text)[:LONGEST_TEXT]
    # the headline is read as the title, not once more as the first line
    body = body[len(title) :] if title and body.startswith(f"{title}\n") else body
    return Article(title, signatures.drop(body), day, canonical, next_part)


def joined(first: Article, later: Sequence[str], url: str) -> Article:
    """An article with its later parts, as decoded pages in order; lines that parts share stand once.

    `next_part` is the address of the part after these, or empty.
    """
    lines = dict.fromkeys(first.text.split("\n"))
    following = first.next_part if not later else ""
    for number, html in enumerate(later, 2):
        tree = load(html)
        if tree is None:
            break
        following = parts.next_part(tree, url, number + 1)
        lines.update(dict.fromkeys(article(html, tree=tree).text.split("\n")))
    return replace(first, text="\n".join(lines)[:LONGEST_TEXT], next_part=following)


def _first(tree: Any, path: str) -> str:  # noqa: ANN401 -- lxml is untyped
    found = tree.xpath(path)
    return " ".join(str(found[0]).split()) if found else ""


def _title(tree: Any) -> str:  # noqa: ANN401
    headings = tree.xpath("//h1")
    if len(headings) == 1 and 10 <= len(heading := " ".join(headings[0].text_content().split())) <= 300:
        return heading
    named = _first(tree, "//meta[@property='og:title']/@content") or _first(tree, "//title/text()")
    return re.split(r"\s[|–-]\s(?=[^|–-]{1,40}$)", named)[0]


def _day(tree: Any, html: str) -> date | None:  # noqa: ANN401
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name in _DAY_META and (day := parse_day(meta.get("content") or "")):
            return day
    match = _JSON_DAY.search(html[:200_000])
    if match and (day := parse_day(match[1])):
        return day
    return parse_day(_first(tree, "//time/@datetime"))


def parse_day(text: str) -> date | None:
    """The desk's day of an ISO 8601 date or instant; None for anything else or an absurd year."""
    text = text.strip()
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
        else:
            instant = datetime.fromisoformat(text[:35])
            # a time without a zone on a Vietnamese page is Vietnamese time: its day stands as written
            day = instant.date() if instant.tzinfo is None else local_day(instant.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
    return day if day >= _EARLIEST else None

"""The article of a page: title, text, day and canonical address; never the author, never the comments.

Text by trafilatura in its fast mode (Barbaresi 2021), on a tree without bylines and comment sections.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from crawlers import boilerplate, charsets, urls
from models.weeks import local_day

LONGEST_TEXT = 100_000
LARGE_BODY = 10_000
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_JSON_DAY = re.compile(r"\"datePublished\"\s{0,4}:\s{0,4}\"([0-9T:.+Z -]{10,40})\"")
_DAY_META = frozenset(
    ["article:published_time", "datepublished", "pubdate", "date", "dc.date", "dc.date.issued"]
)
_EARLIEST = date(1995, 1, 1)


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says; `canonical` is empty unless the page names another address of its own site."""

    title: str
    text: str
    day: date | None
    canonical: str


EMPTY = Article("", "", None, "")


def article(html: str, url: str = "") -> Article:
    """Extract a decoded page; an unreadable one gives an empty article, never an error."""
    # trafilatura and lxml are heavy: only extraction processes load them
    from trafilatura import extract, load_html

    tree = load_html(_XML_DECLARATION.sub("", charsets.drop_controls(html), count=1))
    if tree is None:
        return EMPTY
    title, day, canonical = _title(tree), _day(tree, html), _canonical(tree, url)
    boilerplate.strip_tree(tree)
    text = extract(tree, fast=True, include_comments=False, with_metadata=False) or ""
    body = boilerplate.strip_text(charsets.clean(text)[:LONGEST_TEXT])
    return Article(charsets.clean(title)[:500].strip(), body, day, canonical)


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


def _canonical(tree: Any, url: str) -> str:  # noqa: ANN401
    link = _first(tree, "//link[@rel='canonical']/@href")
    absolute = urls.normalise(urls.join(url, link)) if link and url else ""
    if not absolute or urls.host_of(absolute) == "" or urls.site_of(absolute) != urls.site_of(url):
        return ""
    # many sites name their front page as the canonical address of every page
    at_root = absolute.rstrip("/").count("/") <= 2
    return "" if at_root else absolute

"""Feeds: repaired, capped, then read by feedparser; JSON Feed read directly. Only addresses are taken.

feedparser shows a whole feed wrongly decoded for a few broken bytes and expands nothing safely within a
budget, so bytes are decoded here first and a document type is refused.
"""

import io
import json
import re
from typing import Any

from crawlers import charsets

LARGEST = 5 * 1024 * 1024
MOST_ITEMS = 500
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FIRST_ELEMENT = re.compile(r"<[A-Za-z]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_ITEM = re.compile(r"<(?:item|entry)[\s>]", re.IGNORECASE)


class FeedRefusedError(ValueError):
    """A feed that is too large, carries a document type, or is no feed."""


def repair(body: bytes, content_type: str = "") -> bytes:
    """UTF-8 bytes of a feed with its declaration put right and control characters gone.

    Raises `FeedRefusedError` for more than 5 MB, a DOCTYPE or an entity declaration.
    """
    if len(body) > LARGEST:
        raise FeedRefusedError("larger than 5 MB")
    text = charsets.drop_controls(charsets.decode(body, content_type)).lstrip("\ufeff \t\r\n")
    first = _FIRST_ELEMENT.search(text)
    if _DOCTYPE.search(text, 0, first.start() if first else len(text)):
        raise FeedRefusedError("carries a document type")
    text = _DECLARATION.sub("", text, count=1)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + _cut(text).encode("utf-8", "replace")


def _cut(text: str) -> str:
    # parsing time grows with items: what stands after the cap is never parsed
    starts = _ITEM.finditer(text)
    for number, start in enumerate(starts):
        if number == MOST_ITEMS:
            return text[: start.start()]
    return text


def links(body: bytes, content_type: str = "") -> list[str]:
    """Addresses of a feed's items, newest first as the feed has them; at most 500.

    Raises `FeedRefusedError` if it cannot be a feed.
    """
    if body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json_links(body)
    import feedparser

    stream = io.BytesIO(repair(body, content_type))
    parsed: Any = feedparser.parse(stream, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version") and not parsed.entries:
        raise FeedRefusedError("is no feed")
    found = [entry.get("link") or entry.get("id") or "" for entry in parsed.entries[:MOST_ITEMS]]
    return [str(link).strip() for link in found if str(link).strip()]


def _json_links(body: bytes) -> list[str]:
    if len(body) > LARGEST:
        raise FeedRefusedError("larger than 5 MB")
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FeedRefusedError("is no feed") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise FeedRefusedError("is no feed")
    return [
        item["url"]
        for item in items[:MOST_ITEMS]
        if isinstance(item, dict) and isinstance(item.get("url"), str)
    ]

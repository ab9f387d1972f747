"""Feeds (RSS, Atom, RDF, JSON Feed): repaired, capped, then read. Only addresses are taken.

feedparser shows a whole feed wrongly decoded for a few broken bytes and expands nothing safely within a
budget, so bytes are decoded here first, bare ampersands escaped, and a document type is refused.
"""

import io
import json
import re
from typing import Any

from crawlers import charsets, markup, urls

LARGEST = 5 * 1024 * 1024
MOST_ITEMS = 500
_MOST_TAGS = 60_000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_ITEM = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s>/]", re.IGNORECASE)


class FeedRefusedError(ValueError):
    """A feed that is too large, carries a document type, or is no feed."""


def repair(body: bytes, content_type: str = "") -> bytes:
    """UTF-8 bytes of a feed with its declaration put right, ampersands escaped and control characters gone.

    Raises `FeedRefusedError` for more than 5 MB, a DOCTYPE or an entity declaration.
    """
    if len(body) > LARGEST:
        raise FeedRefusedError("larger than 5 MB")
    text = charsets.drop_controls(charsets.decode(body, content_type)).lstrip("\ufeff \t\r\n")
    if markup.declares_type(text):
        raise FeedRefusedError("carries a document type")
    text = markup.escaped(_cut(_DECLARATION.sub("", text, count=1)))
    whole = b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode("utf-8", "replace")
    if markup.is_crowded(whole):
        raise FeedRefusedError("has tags with a thousand attributes")
    return whole


def _cut(text: str) -> str:
    # parsing time grows with items and tags: what stands after the cap is never parsed
    tags = at = 0
    for number, start in enumerate(_ITEM.finditer(text)):
        tags += text.count("<", at, start.start())
        at = start.start()
        if number == MOST_ITEMS or tags > _MOST_TAGS:
            return text[:at]
    if tags + text.count("<", at) > _MOST_TAGS:
        raise FeedRefusedError("has too many tags")
    return text


def links(body: bytes, content_type: str = "", base: str = "") -> list[str]:
    """Addresses of a feed's items in the feed's order, relative ones joined to `base`; at most 500.

    Raises `FeedRefusedError` if it cannot be a feed.
    """
    if body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        found = _json_links(body)
    else:
        found = _xml_links(repair(body, content_type))
    clean = [charsets.clean(link).strip() for link in found]
    return list(dict.fromkeys(urls.join(base, link) if base else link for link in clean if link))


def _xml_links(body: bytes) -> list[str]:
    import feedparser

    parsed: Any = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version") and not parsed.entries:
        raise FeedRefusedError("is no feed")
    return [str(entry.get("link") or entry.get("id") or "") for entry in parsed.entries[:MOST_ITEMS]]


def _json_links(body: bytes) -> list[str]:
    """Addresses of a JSON Feed 1.1 (jsonfeed.org): `url`, else an `external_url` or an `id` that is one."""
    if len(body) > LARGEST:
        raise FeedRefusedError("larger than 5 MB")
    try:
        feed = json.loads(charsets.drop_controls(charsets.decode(body)).lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        raise FeedRefusedError("is no feed") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise FeedRefusedError("is no feed")
    return [_json_link(item) for item in items[:MOST_ITEMS] if isinstance(item, dict)]


def _json_link(item: dict[str, object]) -> str:
    for name in ("url", "external_url", "id"):
        value = item.get(name)
        if isinstance(value, str) and (name == "url" or value.startswith(("http://", "https://"))):
            return value
    return ""

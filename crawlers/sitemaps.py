"""Sitemaps (sitemaps.org 0.9, news sitemaps, indexes, gzip): no entities, no network, capped."""

import io
import zlib
from dataclasses import dataclass
from typing import Any

from crawlers import charsets, markup

LARGEST = 8 * 1024 * 1024
MOST_PAGES = 2000
MOST_CHILDREN = 20
MOST_READ = 50_000


class SitemapRefusedError(ValueError):
    """A sitemap that is too large, carries a document type, or is no sitemap."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Addresses of pages and of further sitemaps, newest first where the sitemap gives dates."""

    pages: tuple[str, ...]
    children: tuple[str, ...]


def inflate(body: bytes) -> bytes:
    """The sitemap itself if it came gzipped; raises `SitemapRefusedError` beyond 8 MB."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    decoder = zlib.decompressobj(wbits=31)
    try:
        plain = decoder.decompress(body, LARGEST + 1)
    except zlib.error as error:
        raise SitemapRefusedError("broken gzip") from error
    if len(plain) > LARGEST:
        raise SitemapRefusedError("larger than 8 MB")
    return plain


def read(body: bytes, content_type: str = "") -> Sitemap:
    """Read a sitemap or an index; plain text lists of addresses are accepted too."""
    plain = inflate(body)
    if len(plain) > LARGEST:
        raise SitemapRefusedError("larger than 8 MB")
    text = charsets.drop_controls(charsets.decode(plain, content_type)).lstrip("\ufeff \t\r\n")
    if text.startswith(("http://", "https://")):
        lines = [line.strip() for line in text.splitlines()[:MOST_READ]]
        return Sitemap(tuple(line for line in lines if line.startswith("http"))[:MOST_PAGES], ())
    if markup.declares_type(text):
        raise SitemapRefusedError("carries a document type")
    pages, children = _entries(markup.escaped(text))
    return Sitemap(_newest(pages, MOST_PAGES), _newest(children, MOST_CHILDREN))


def _entries(text: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    from lxml import etree

    start = text.find("<", 1) if text.startswith("<?xml") else 0
    source = io.BytesIO(text[max(0, start) :].encode("utf-8", "replace"))
    pages: list[tuple[str, str]] = []
    children: list[tuple[str, str]] = []
    found: dict[str, list[tuple[str, str]]] = {"url": pages, "sitemap": children}
    reader: Any = etree.iterparse(
        source,
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
    )
    try:
        for _, element in reader:
            kind = found.get(_name(element))
            if kind is not None:
                kind.append(_loc_and_day(element))
                element.clear()
            if len(pages) >= MOST_READ:
                break
    except etree.XMLSyntaxError as error:
        if not pages and not children:
            raise SitemapRefusedError("is no sitemap") from error
    if not pages and not children and "<urlset" not in text[:5000] and "<sitemapindex" not in text[:5000]:
        raise SitemapRefusedError("is no sitemap")
    return pages, children


def _name(element: Any) -> str:  # noqa: ANN401 -- lxml is untyped
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _loc_and_day(element: Any) -> tuple[str, str]:  # noqa: ANN401
    loc = day = ""
    # the page's own address stands directly in its entry; pictures and videos have theirs further in
    for part in element:
        if _name(part) == "loc" and not loc:
            loc = charsets.clean(part.text or "").strip()
    for part in element.iter():
        if _name(part) in {"lastmod", "publication_date"} and not day:
            day = (part.text or "").strip()[:25]
    return loc, day


def _newest(entries: list[tuple[str, str]], most: int) -> tuple[str, ...]:
    # stable: where no dates are given the sitemap's own order stands
    ordered = sorted(entries, key=lambda entry: entry[1], reverse=True)
    return tuple(dict.fromkeys(loc for loc, _ in ordered if loc))[:most]

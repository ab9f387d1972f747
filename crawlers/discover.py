"""What a site offers to read: feeds, sitemaps, ClaimReview, or a listing page with its link pattern."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from crawlers import charsets, claimreview, feeds, hosts, listing, sitemaps, urls
from crawlers.errors import ClaimReviewError, CrawlError, RegistryError
from crawlers.fetch import Fetched
from crawlers.registry import EntrySpec, SourceSpec
from models.vocabulary import EntryKind, Outcome, SourceKind

Fetch: TypeAlias = Callable[[Sequence[str]], list[Fetched]]
SAMPLE = 5
_MOST_CANDIDATES = 6
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_GUESSES = ("/rss", "/feed", "/rss.xml", "/sitemap.xml")
_ROBOTS_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S{1,2000})", re.IGNORECASE | re.MULTILINE)
_PATTERNS = (
    r"-\d{4,}\.(?:html?|chn|epi)$",
    r"\.html?$",
    r"/\d{4}/\d{1,2}/",
    r"-\d{4,}/?$",
    r"\d{4,}",
    r"/[a-z0-9]+(?:-[a-z0-9]+){4,8}/?$",
)
_FEWEST_LINKS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """One entry point that was read for a try, and the first addresses that it gave."""

    entry: EntrySpec
    links: int
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a site offers, best first."""

    homepage: str
    title: str
    found: tuple[Found, ...]
    problem: str | None = None

    def spec(
        self, source_id: str, kind: SourceKind, *, name: str | None = None, local: bool = True
    ) -> SourceSpec:
        """A registry entry of what was found; switched on, as it has just been read."""
        entries = tuple(found.entry for found in self.found)
        return SourceSpec(
            source_id, name or self.title or source_id, kind, self.homepage, local, True, entries
        )


def discover(url: str, fetch: Fetch, guard: urls.Guard | None = None) -> Discovery:
    """Look at a site's home page, robots.txt and usual places, and try what they name.

    Raises `RegistryError` for an address that can never be a source, `CrawlError` if the page cannot be read.
    """
    guard = guard or urls.Guard()
    problem = guard.refusal(url)
    if problem is None and hosts.is_personal_path(urlsplit(url).path):
        problem = "the address is that of an account, group or profile (rule 4)"
    if problem:
        raise RegistryError(f"{url}: {problem}")
    root = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    home, robots = fetch([url, f"{root}/robots.txt"])
    if home.outcome != Outcome.KEPT:
        status = f" ({home.status})" if home.status else ""
        raise CrawlError(f"{url}: {home.outcome.value}{status}")
    candidates = [url, *_linked(home), *_named_by_robots(robots), *(root + guess for guess in _GUESSES)]
    site = frozenset([urls.site_of(url)])
    allowed = [one for one in dict.fromkeys(candidates) if not guard.refusal(one, site)]
    answers = [home, *fetch([one for one in allowed if one != url][:_MOST_CANDIDATES])]
    tried = [found for answer in answers if (found := _try(answer)) is not None]
    if not any(found.entry.kind in {EntryKind.FEED, EntryKind.SITEMAP} for found in tried):
        tried += _try_listing(home)
    best = sorted(
        tried,
        key=lambda one: [EntryKind.FEED, EntryKind.CLAIM_REVIEW, EntryKind.SITEMAP, EntryKind.LISTING].index(
            one.entry.kind
        ),
    )
    return Discovery(
        url,
        _title(home),
        tuple(_without_repeats(best)),
        None if best else "no feed, sitemap or list of articles was found",
    )


def _tree(answer: Fetched) -> Any:  # noqa: ANN401 -- lxml is untyped
    from lxml import etree, html

    text = charsets.drop_controls(charsets.decode(answer.body, answer.content_type))
    try:
        return html.fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (ValueError, etree.ParserError):
        return html.fromstring("<html></html>")


def _title(home: Fetched) -> str:
    found = _tree(home).xpath("//title/text()")
    return charsets.clean(" ".join(str(found[0]).split()))[:120] if found else ""


def _linked(home: Fetched) -> list[str]:
    links = _tree(home).xpath("//link[@rel='alternate' and @href]")
    typed = [link.get("href") for link in links if (link.get("type") or "").lower() in _FEED_TYPES]
    return [urls.join(home.url, link) for link in typed[:3]]


def _named_by_robots(robots: Fetched) -> list[str]:
    if robots.outcome != Outcome.KEPT:
        return []
    return _ROBOTS_SITEMAP.findall(charsets.decode(robots.body[:500_000]))[:3]


def _try(answer: Fetched) -> Found | None:
    """Read an answer as a feed, a sitemap or ClaimReview, whichever it is."""
    if answer.outcome != Outcome.KEPT:
        return None
    start = answer.body[:3000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        rows = claimreview.from_page(charsets.decode(answer.body, answer.content_type), answer.url)
        return _found(EntryKind.CLAIM_REVIEW, answer, [row.url for row in rows])
    try:
        if answer.body.startswith(b"\x1f\x8b") or b"<urlset" in start or b"<sitemapindex" in start:
            read = sitemaps.read(answer.body, answer.content_type)
            return _found(EntryKind.SITEMAP, answer, [*read.pages, *read.children])
        return _found(EntryKind.FEED, answer, feeds.links(answer.body, answer.content_type))
    except (feeds.FeedRefusedError, sitemaps.SitemapRefusedError):
        return None


def _found(
    kind: EntryKind, answer: Fetched, links: Sequence[str], pattern: str | None = None
) -> Found | None:
    if not links:
        return None
    return Found(EntrySpec(kind, answer.url, pattern), len(links), tuple(links[:SAMPLE]))


def _try_listing(home: Fetched) -> list[Found]:
    """The home page as a listing, with the most telling of the usual link patterns."""
    found = {pattern: listing.links(home.body, home.content_type, home.url, pattern) for pattern in _PATTERNS}
    counts = Counter({pattern: len(links) for pattern, links in found.items()})
    for pattern in _PATTERNS:
        if counts[pattern] >= _FEWEST_LINKS:
            one = _found(EntryKind.LISTING, home, found[pattern], pattern)
            return [one] if one else []
    return []


def _without_repeats(found: Sequence[Found]) -> list[Found]:
    # /rss and /feed are often one and the same
    kept: dict[tuple[EntryKind, tuple[str, ...]], Found] = {}
    for one in found:
        kept.setdefault((one.entry.kind, one.sample), one)
    return list(kept.values())


@dataclass(frozen=True, slots=True)
class Checked:
    """How one registered entry point answered a trial."""

    entry: EntrySpec
    outcome: Outcome
    links: int = 0
    sample: tuple[str, ...] = ()


def check(spec: SourceSpec, fetch: Fetch) -> list[Checked]:
    """Try every entry point of a source as it is registered; nothing is stored."""
    answers = fetch([entry.url for entry in spec.entries])
    return [_check(entry, answer) for entry, answer in zip(spec.entries, answers, strict=True)]


def _check(entry: EntrySpec, answer: Fetched) -> Checked:
    if answer.outcome != Outcome.KEPT:
        return Checked(entry, answer.outcome)
    try:
        links = _links(entry, answer)
    except (feeds.FeedRefusedError, sitemaps.SitemapRefusedError, ClaimReviewError):
        return Checked(entry, Outcome.PARSE_ERROR)
    outcome = Outcome.FEED_READ if links else Outcome.EMPTY
    return Checked(entry, outcome, len(links), tuple(links[:SAMPLE]))


def _links(entry: EntrySpec, answer: Fetched) -> list[str]:
    if entry.kind == EntryKind.SITEMAP:
        read = sitemaps.read(answer.body, answer.content_type)
        return [*read.pages, *read.children]
    if entry.link_pattern:
        return listing.links(answer.body, answer.content_type, answer.url, entry.link_pattern)
    if entry.kind == EntryKind.FEED:
        return feeds.links(answer.body, answer.content_type)
    rows = claimreview.read(charsets.decode(answer.body, answer.content_type), answer.url)
    return [row.url for row in rows] or feeds.links(answer.body, answer.content_type)

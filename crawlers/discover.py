"""What a site offers to read: feeds, sitemaps, ClaimReview, or a listing page with its link pattern."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from crawlers import charsets, claimreview, feeds, healthwords, hosts, linkshape, listing, sitemaps, urls
from crawlers.errors import ClaimReviewError, HomePageError, RegistryError
from crawlers.fetch import Fetched
from crawlers.registry import EntrySpec, SourceSpec
from models.vocabulary import EntryKind, Outcome, SourceKind

Fetch: TypeAlias = Callable[[Sequence[str]], list[Fetched]]
SAMPLE = 5
_MOST_CANDIDATES = 10
_MOST_FOLLOWED = 4
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_GUESSES = ("/rss", "/feed", "/rss.xml", "/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml")
_ROBOTS_SITEMAP = re.compile(
    r"^[ \t]{0,99}sitemap[ \t]{0,99}:[ \t]{0,99}(\S{1,2000})", re.IGNORECASE | re.MULTILINE
)
_COMMENTS = re.compile(r"comment|replies|binh-?luan|bình luận|phan-?hoi|phản hồi", re.IGNORECASE)
_FEED_LINK = re.compile(r"\.rss(?:$|\?)|/rss/|/feed/?$|[./]xml$|\.rdf$", re.IGNORECASE)
_BEST_FIRST = (EntryKind.FEED, EntryKind.CLAIM_REVIEW, EntryKind.SITEMAP, EntryKind.LISTING)


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

    Raises `RegistryError` for an address that can never be a source, `HomePageError` if it cannot be read.
    """
    guard = guard or urls.Guard()
    problem = guard.refusal(url)
    if problem is None and hosts.is_personal_path(urlsplit(url).path):
        problem = "the address is that of an account, group or profile (rule 4)"
    if problem:
        raise RegistryError(f"{url}: {problem}")
    home = _home(url, fetch)
    # a front door that leads to www. or https: the rest is where it led
    root = "{0.scheme}://{0.netloc}".format(urlsplit(home.url))
    (robots,) = fetch([f"{root}/robots.txt"])
    site = frozenset([urls.site_of(url)])
    named = [*_linked(home), *_named_by_robots(robots), *(root + guess for guess in _GUESSES)]
    answers = [home, *_ask(named, [home.url, url], fetch, guard, site, _MOST_CANDIDATES)]
    seen = [answer.asked for answer in answers] + [answer.url for answer in answers]
    answers += _ask(_named_inside(answers), seen, fetch, guard, site, _MOST_FOLLOWED)
    tried = [found for answer in answers if (found := _try(answer, answers)) is not None]
    if not any(found.entry.kind in {EntryKind.FEED, EntryKind.SITEMAP} for found in tried):
        tried += _try_listing(home)
    best = sorted(tried, key=lambda one: _BEST_FIRST.index(one.entry.kind))
    problem = None if best else "no feed, sitemap or list of articles was found"
    return Discovery(home.url, _title(home), tuple(_without_repeats(best)), problem)


def _home(url: str, fetch: Fetch) -> Fetched:
    (home,) = fetch([url])
    # many front pages have a field for a password in a corner; a door has hardly a link
    door = _asks_who(home) and len(_tree(home).xpath("//a/@href")) < linkshape.FEWEST
    if home.outcome == Outcome.KEPT and not door:
        return home
    if home.outcome == Outcome.KEPT:
        home = replace(home, outcome=Outcome.BLOCKED, url=url)
    status = f" ({home.status})" if home.status else ""
    moved = f", to {home.url}: add that, if it is the organisation's own" if home.url != url else ""
    why = f": {healthwords.why(home.outcome, 'en')}{moved}"
    raise HomePageError(f"{url}: {home.outcome.value}{status}{why}", home.outcome)


def _ask(
    named: Sequence[str],
    known: Sequence[str],
    fetch: Fetch,
    guard: urls.Guard,
    site: frozenset[str],
    most: int,
) -> list[Fetched]:
    """Ask for addresses that are not known yet and may be fetched."""
    allowed = [one for one in dict.fromkeys(named) if one not in known and not guard.refusal(one, site)]
    return fetch(allowed[:most]) if allowed else []


def _named_inside(answers: Sequence[Fetched]) -> list[str]:
    """Feeds that a page about feeds links to (newspapers have one), and the newest child of an index."""
    found: list[str] = []
    for answer in answers:
        if answer.outcome != Outcome.KEPT:
            continue
        if _is_html(answer):
            path = urlsplit(answer.url).path.lower()
            if "rss" in path or "feed" in path:
                links = [urls.join(answer.url, str(one)) for one in _tree(answer).xpath("//a/@href")]
                found += [one for one in links if _FEED_LINK.search(one) and not _COMMENTS.search(one)][:2]
        elif _is_sitemap(answer):
            try:
                read = sitemaps.read(answer.body, answer.content_type)
            except sitemaps.SitemapRefusedError:
                continue
            found += read.children[:1] if not read.pages else ()
    return found


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
    typed = [link for link in links if (link.get("type") or "").partition(";")[0].lower() in _FEED_TYPES]
    base = _tree(home).xpath("string(//base/@href)")
    where = urls.join(home.url, base) if base else home.url
    # what readers write below articles is theirs, not the publisher's (rule 4)
    ours = [one for one in typed if not _COMMENTS.search(f"{one.get('href')} {one.get('title') or ''}")]
    return [urls.join(where, one.get("href")) for one in ours[:4]]


def _named_by_robots(robots: Fetched) -> list[str]:
    if robots.outcome != Outcome.KEPT:
        return []
    return _ROBOTS_SITEMAP.findall(charsets.decode(robots.body[:500_000]))[:3]


def _start(answer: Fetched) -> bytes:
    return answer.body[:3000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()


def _is_html(answer: Fetched) -> bool:
    start = _start(answer)
    return b"<html" in start[:600] or start.startswith(b"<!doctype html")


def _is_sitemap(answer: Fetched) -> bool:
    start = _start(answer)
    return answer.body.startswith(b"\x1f\x8b") or b"<urlset" in start or b"<sitemapindex" in start


def _try(answer: Fetched, answers: Sequence[Fetched]) -> Found | None:
    """Read an answer as a feed, a sitemap or ClaimReview, whichever it is."""
    if answer.outcome != Outcome.KEPT:
        return None
    try:
        if _is_html(answer):
            rows = claimreview.from_page(charsets.decode(answer.body, answer.content_type), answer.url)
            return _found(EntryKind.CLAIM_REVIEW, answer, [row.url for row in rows])
        if _is_sitemap(answer):
            return _sitemap(answer, answers)
        return _found(EntryKind.FEED, answer, feeds.links(answer.body, answer.content_type, answer.url))
    except (feeds.FeedRefusedError, sitemaps.SitemapRefusedError, ClaimReviewError):
        return None


def _sitemap(answer: Fetched, answers: Sequence[Fetched]) -> Found | None:
    """A sitemap with its pages; an index with those of the child that was asked for as well."""
    read = sitemaps.read(answer.body, answer.content_type)
    parents = [one for one in answers if one is not answer and one.outcome == Outcome.KEPT]
    if any(_is_sitemap(one) and answer.asked in _children(one) for one in parents):
        # read through its index, which names what comes after it too
        return None
    pages = list(read.pages)
    for child in answers:
        if not pages and child.asked in read.children and child.outcome == Outcome.KEPT:
            pages = list(sitemaps.read(child.body, child.content_type).pages)
    found = _found(EntryKind.SITEMAP, answer, pages or read.children)
    return found if pages or found is None else replace(found, sample=())


def _children(answer: Fetched) -> Sequence[str]:
    try:
        return sitemaps.read(answer.body, answer.content_type).children
    except sitemaps.SitemapRefusedError:
        return ()


def _found(
    kind: EntryKind, answer: Fetched, links: Sequence[str], pattern: str | None = None
) -> Found | None:
    if not links:
        return None
    return Found(EntrySpec(kind, answer.url, pattern), len(links), tuple(links[:SAMPLE]))


def _try_listing(home: Fetched) -> list[Found]:
    """The home page as a listing, with the pattern that its own links have."""
    everything = listing.links(home.body, home.content_type, home.url, "")
    pattern = linkshape.pattern_of(everything)
    if pattern is None:
        return []
    links = listing.links(home.body, home.content_type, home.url, pattern)
    one = _found(EntryKind.LISTING, home, links, pattern)
    return [one] if one else []


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
    return [judge(entry, answer) for entry, answer in zip(spec.entries, answers, strict=True)]


def judge(entry: EntrySpec, answer: Fetched) -> Checked:
    """What an answer is worth as the entry point that it was asked for as."""
    if answer.outcome != Outcome.KEPT:
        return Checked(entry, answer.outcome)
    try:
        links = _links(entry, answer)
    except (feeds.FeedRefusedError, sitemaps.SitemapRefusedError, ClaimReviewError):
        links = None
    if not links and _asks_who(answer):
        return Checked(entry, Outcome.BLOCKED)
    if links is None:
        return Checked(entry, Outcome.PARSE_ERROR)
    outcome = Outcome.FEED_READ if links else Outcome.EMPTY
    return Checked(entry, outcome, len(links), tuple(links[:SAMPLE]))


def _asks_who(answer: Fetched) -> bool:
    from crawlers.outcomes import is_login

    return is_login(answer.asked, answer.url, answer.body)


def _links(entry: EntrySpec, answer: Fetched) -> list[str]:
    if entry.kind == EntryKind.SITEMAP:
        read = sitemaps.read(answer.body, answer.content_type)
        return [*read.pages, *read.children]
    if entry.link_pattern:
        return listing.links(answer.body, answer.content_type, answer.url, entry.link_pattern)
    if entry.kind == EntryKind.FEED:
        return feeds.links(answer.body, answer.content_type, answer.url)
    rows = claimreview.read(charsets.decode(answer.body, answer.content_type), answer.url)
    return [row.url for row in rows] or feeds.links(answer.body, answer.content_type, answer.url)

"""What runs in the extraction processes: bytes in, a reading out. Texts exist only here, in memory."""

import gc
import logging
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crawlers import charsets, extract, feeds, glance, listing, parts, pdf, sitemaps
from crawlers.ports import ReaderFactory, Reading, TextReader
from models.vocabulary import EntryKind, Outcome

if TYPE_CHECKING:
    from crawlers.claimreview import JudgedClaim

LONGEST_PAGE_S = 30
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_SMALLEST_TEXT = 40


@dataclass(frozen=True, slots=True)
class PageTask:
    """One fetched page to read.

    `pdf`: whether the source is one whose PDF files are read. `parts`: the later parts of an article on
    several pages, in order; `complete`: no further one is to be had.
    """

    body: bytes
    content_type: str
    url: str
    pdf: bool = False
    parts: tuple[bytes, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class PageResult:
    """What reading made of a page; `reading` is None unless the page is in scope.

    A page with a `next_part` has not been judged yet: its next part belongs to the text.
    """

    outcome: Outcome
    reading: Reading | None = None
    day: date | None = None
    canonical: str = ""
    claims: tuple["JudgedClaim", ...] = ()
    next_part: str = ""


@dataclass(frozen=True, slots=True)
class EntryTask:
    """One fetched entry point (or child sitemap) to read for addresses."""

    kind: EntryKind
    body: bytes
    content_type: str
    url: str
    link_pattern: str | None = None


@dataclass(frozen=True, slots=True)
class EntryResult:
    """The page addresses, child sitemaps and known claims that an entry point gave."""

    outcome: Outcome
    links: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    claims: tuple["JudgedClaim", ...] = ()
    dropped_claims: int = 0


_reader: TextReader | None = None


def start(factory: ReaderFactory) -> None:
    """Load the reader once in this process and silence every library's log: their lines can quote texts."""
    global _reader  # noqa: PLW0603 -- a pool initialiser has nowhere else to put it
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _reader = factory()
    # the models are there to stay: no collection needs to walk through them again
    gc.freeze()


def ready() -> int:
    """The process id, once the reader is loaded."""
    return os.getpid()


def _loaded() -> TextReader:
    if _reader is None:
        raise RuntimeError("the extraction process was not started with a reader")
    return _reader


def read_page(task: PageTask) -> PageResult:
    """Extract, read and judge one page; never raises for what is in the page.

    A page that holds the process for 30 s ends the process: libraries in C cannot be interrupted otherwise.
    """
    with _Watchdog():
        try:
            return _read_page(task, _loaded())
        except Exception:
            return PageResult(Outcome.PARSE_ERROR)


def _read_page(task: PageTask, reader: TextReader) -> PageResult:
    if task.pdf and pdf.is_pdf(task.body, task.content_type):
        return _read_pdf(task, reader)
    if not _is_html(task.body, task.content_type):
        return PageResult(Outcome.NOT_HTML)
    html = charsets.decode(task.body, task.content_type)
    if "ClaimReview" in html:
        # it brings the database along, which few pages need and no extraction process has otherwise
        from crawlers import claimreview

        rows = claimreview.from_page(html, task.url)
        if rows:
            # a fact-check answers a claim and does not spread it: it becomes a known claim, not an item
            judged, _ = claimreview.judge(rows, reader)
            return PageResult(Outcome.KEPT if judged else Outcome.NOT_OURS, claims=tuple(judged))
    return _read_article(html, task, reader)


def _read_article(html: str, task: PageTask, reader: TextReader) -> PageResult:
    tree = extract.load(html)
    if tree is None:
        article = extract.EMPTY
    elif _is_plainly_not_ours(tree, html, task, reader):
        return PageResult(Outcome.NOT_OURS)
    else:
        article = extract.article(html, task.url, tree)
    if article.next_part:
        article = _with_parts(article, task)
        if article.next_part and not task.complete:
            return PageResult(Outcome.UNCHANGED, next_part=article.next_part)
    if len(article.text) < _SMALLEST_TEXT:
        # an empty parse of a large page is an alarm: markup that broke the parser, or a site that changed
        return PageResult(Outcome.EMPTY if len(task.body) > extract.LARGE_BODY else Outcome.NOT_OURS)
    return _judged(article, reader)


def _is_plainly_not_ours(tree: Any, html: str, task: PageTask, reader: TextReader) -> bool:  # noqa: ANN401
    """Cheap before dear: most pages are not ours, and a first look at their words tells."""
    if task.parts or glance.may_hold(tree, html, reader.may_hold):
        return False
    # of an article on several pages, what is ours may stand on a later one
    return not parts.next_part(tree, task.url)


def _judged(article: extract.Article, reader: TextReader) -> PageResult:
    reading = reader.read(article.text, article.title, page=True)
    if not reading.in_scope or not reading.mentions:
        return PageResult(Outcome.NOT_OURS)
    return PageResult(Outcome.KEPT, reading, article.day, article.canonical)


def _with_parts(article: extract.Article, task: PageTask) -> extract.Article:
    decoded = [
        charsets.decode(part, task.content_type) for part in task.parts if _is_html(part, task.content_type)
    ]
    return extract.joined(article, decoded, task.url)


def _read_pdf(task: PageTask, reader: TextReader) -> PageResult:
    try:
        article = pdf.article(task.body)
    except pdf.PdfError:
        return PageResult(Outcome.PARSE_ERROR)
    if len(article.text) < _SMALLEST_TEXT:
        # pictures of pages: somebody has to know that this notice was not read
        return PageResult(Outcome.EMPTY)
    return _judged(article, reader)


def _is_html(body: bytes, content_type: str) -> bool:
    declared = content_type.partition(";")[0].strip().lower()
    if declared and declared not in _HTML_TYPES:
        return False
    head = body[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    return not head.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8", b"GIF8", b"\x1f\x8b"))


def read_entry(task: EntryTask) -> EntryResult:
    """Read one entry point; never raises for what is in it."""
    with _Watchdog():
        try:
            return _read_entry(task, _loaded())
        except (feeds.FeedRefusedError, sitemaps.SitemapRefusedError):
            return EntryResult(Outcome.PARSE_ERROR)
        except Exception:
            return EntryResult(Outcome.PARSE_ERROR)


def _read_entry(task: EntryTask, reader: TextReader) -> EntryResult:
    if task.kind == EntryKind.SITEMAP:
        found = sitemaps.read(task.body, task.content_type)
        return EntryResult(Outcome.FEED_READ, found.pages, found.children)
    if task.kind == EntryKind.FEED:
        return _some_links(feeds.links(task.body, task.content_type, task.url))
    if task.kind == EntryKind.LISTING:
        return _some_links(_listed(task))
    return _claim_entry(task, reader)


def _listed(task: EntryTask) -> list[str]:
    return listing.links(task.body, task.content_type, task.url, task.link_pattern or "")


def _some_links(links: Sequence[str]) -> EntryResult:
    return EntryResult(Outcome.FEED_READ if links else Outcome.EMPTY, tuple(links))


def _claim_entry(task: EntryTask, reader: TextReader) -> EntryResult:
    """A ClaimReview entry point: a data feed, or a page that carries reviews or links to them."""
    from crawlers import claimreview

    text = charsets.decode(task.body, task.content_type)
    rows = claimreview.read(text, task.url) if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "[", "<"} else []
    judged, dropped = claimreview.judge(rows, reader)
    links: list[str] = []
    if task.link_pattern:
        links = _listed(task)
    elif not rows:
        links = feeds.links(task.body, task.content_type, task.url)
    outcome = Outcome.FEED_READ if rows or links else Outcome.EMPTY
    return EntryResult(outcome, tuple(links), (), tuple(judged), dropped)


class _Watchdog:
    """Ends this process if one task takes too long, even inside C code that holds the interpreter.

    The kernel's own answer to an alarm that nobody handles: no thread to start and to join for each page.
    """

    def __enter__(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, LONGEST_PAGE_S)

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

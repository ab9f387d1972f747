"""Deliberately broken variants, for the positive controls: each takes one guard away inside a child process.

They are functions at module level, so that a spawned process can be handed one by name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from classify.reader import Reader
from classify.scope import Scoped
from pipeline import compose, readers


def _use_reader(factory: Any) -> None:  # noqa: ANN401 -- any maker of readers, right or wrong
    compose.make_reader = factory  # type: ignore[attr-defined]


def frontier_remembers_outcomes() -> None:
    """The frontier keeps the address of pages that were kept."""
    from crawlers import ledger
    from models.gathered import FrontierPage
    from models.vocabulary import Outcome

    whole = ledger.Ledger.pages_read

    def pages_read(self: Any, pages: Any) -> list[Outcome | Exception]:  # noqa: ANN401
        outcomes = whole(self, pages)
        for read, outcome in zip(pages, outcomes, strict=True):
            if outcome is Outcome.KEPT:
                with self.context.sessions.begin() as session:
                    row = session.get(FrontierPage, read.page.id)
                    row.attempts = 1
        return outcomes

    ledger.Ledger.pages_read = pages_read  # type: ignore[method-assign]


class EverySentence:
    """A gate that admits everything."""

    def worth_reading(self, text: str, *, sentences: bool = True) -> bool:  # noqa: ARG002
        return True

    def may_hold(self, orders: Iterable[Sequence[str]]) -> bool:  # noqa: ARG002
        return True

    def decide(self, text: str, *, sentences: bool = True) -> Scoped:  # noqa: ARG002
        from classify.sentences import split

        return Scoped(True, "health", tuple(split(text)))


def open_reader(mask_key: bytes, province: str) -> Reader:
    """A reader whose gate admits everything."""
    whole = _REAL(mask_key, province)
    whole._gate = EverySentence()  # type: ignore[assignment]
    return whole


def everything_is_ours() -> None:
    """The gate drops nothing."""
    _use_reader(open_reader)


def everything_is_ours_and_remembered() -> None:
    """The gate drops nothing and the frontier says what was kept."""
    everything_is_ours()
    frontier_remembers_outcomes()


class _Renaming:
    """A gate that gives a tenth topic."""

    def __init__(self, whole: Any) -> None:  # noqa: ANN401
        self.whole = whole

    def worth_reading(self, text: str, *, sentences: bool = True) -> bool:
        return bool(self.whole.worth_reading(text, sentences=sentences))

    def may_hold(self, orders: Iterable[Sequence[str]]) -> bool:
        return bool(self.whole.may_hold(orders))

    def decide(self, text: str, *, sentences: bool = True) -> Scoped:
        scoped: Scoped = self.whole.decide(text, sentences=sentences)
        return scoped._replace(topic="politics") if scoped.in_scope else scoped


def politics_reader(mask_key: bytes, province: str) -> Reader:
    """A reader whose gate names a topic that is not among the nine."""
    whole = _REAL(mask_key, province)
    whole._gate = _Renaming(whole._gate)  # type: ignore[assignment]
    return whole


def robots_are_ignored() -> None:
    """The crawler does not ask robots.txt."""
    from crawlers import robots

    async def nothing(self: Any, request: Any) -> None:  # noqa: ANN401, ARG001
        return None

    robots.FailClosedRobots.process_request = nothing  # type: ignore[method-assign]


def robots_switched_off() -> None:
    """The settings say not to obey robots.txt."""
    from types import MappingProxyType

    from crawlers import crawl

    whole = crawl.crawl_settings
    crawl.crawl_settings = lambda context: MappingProxyType({**whole(context), "ROBOTSTXT_OBEY": False})


def anything_leaves() -> None:
    """The address guard passes everything: redirects and links leave the site, pages are posted to."""
    from crawlers import guards, urls

    def pass_on(self: Any, request: Any) -> Any:  # noqa: ANN401, ARG001
        request.meta["autothrottle_dont_adjust_delay"] = True
        is_page = not request.url.endswith(("/robots.txt", "/rss"))
        return request.replace(method="POST", body=b"x=1") if is_page and request.method == "GET" else None

    guards.AddressGuard.process_request = pass_on  # type: ignore[method-assign]
    urls.Guard.refusal = lambda self, url, sites=None: None  # type: ignore[method-assign] # noqa: ARG005


class _NoMasker:
    """A masker that leaves everything as it is."""

    def __init__(self, whole: Any) -> None:  # noqa: ANN401
        self.whole = whole

    def mask(self, text: str) -> Any:  # noqa: ANN401
        return self.whole.mask("")._replace(text=text)

    def mask_with_edits(self, text: str) -> Any:  # noqa: ANN401
        masked, edits = self.whole.mask_with_edits("")
        return masked._replace(text=text), edits


def unmasked_reader(mask_key: bytes, province: str) -> Reader:
    """A reader that masks nothing."""
    whole = _REAL(mask_key, province)
    whole._masker = _NoMasker(whole._masker)  # type: ignore[assignment]
    return whole


def _leaking_reader(mask_key: bytes, province: str) -> Reader:
    _keep_bylines()  # here, because this is what runs inside each extraction process
    return unmasked_reader(mask_key, province)


def identities_are_kept() -> None:
    """Nothing is masked, and the extractor writes the author's name before each line of the text."""
    _use_reader(_leaking_reader)


def _keep_bylines() -> None:
    import re

    from crawlers import extract

    whole = extract.article

    def article(html: str, url: str = "", tree: Any = None) -> extract.Article:  # noqa: ANN401
        made = whole(html, url, tree)
        named = re.search(r"<meta name=\"author\" content=\"([^\"]+)\"", html)
        if not named:
            return made
        return replace(made, text="\n".join(f"{named[1]} viết: {line}" for line in made.text.split("\n")))

    extract.article = article


_REAL = readers.make_reader

"""Addresses for machines: feeds, open data, sitemap, robots, health."""

from fastapi import Request
from starlette.responses import PlainTextResponse, Response

from models.errors import NotFoundError
from models.vocabulary import Topic
from pipeline import feeds, processes, public
from pipeline.feeds import Spoken
from pipeline.public import PublicCorrection
from review_ui.guard import Routes
from review_ui.language import say
from review_ui.pages import base_url, cacheable, desk_of, language_of, site_of
from review_ui.templating import names, topic_of_slug

routes = Routes()
NOT_KEPT = {"Cache-Control": "no-store"}
PAGES = (
    "/",
    "/gui-tin",
    "/theo-doi",
    "/so-lieu",
    "/nhat-ky",
    "/sua-doi",
    "/vai-tro",
    "/du-lieu-mo",
    "/phuong-phap",
    "/quy-tac",
    "/nguon",
    *(f"/chu-de/{topic.value.replace('_', '-')}" for topic in Topic),
)


def _items(request: Request, limit: int | None = None, topic: Topic | None = None) -> list[PublicCorrection]:
    with desk_of(request).reading() as session:
        return public.corrections(session, limit=limit, topic=topic)


def _asked(request: Request) -> tuple[list[PublicCorrection], Spoken]:
    """The corrections and the language of a feed; raises `NotFoundError` for a topic that there is not."""
    language, slug = language_of(request), request.query_params.get("chu-de")
    topic = topic_of_slug(slug) if slug else None
    if slug and topic is None:
        raise NotFoundError("there is no such topic")
    named = names(language)
    spoken = Spoken(
        language,
        named["ratings"],
        named["topics"],
        say(language, "Đính chính có nguồn cho những tin sai gây hại"),
        topic.value if topic else None,
    )
    return _items(request, feeds.FEED_LENGTH, topic), spoken


@routes.page("/feed.json")
def json_feed(request: Request) -> Response:
    """The latest corrections as JSON Feed; `?lang=` and `?chu-de=` choose a language and a topic."""
    items, spoken = _asked(request)
    body = feeds.json_feed(items, base_url(request), site_of(request).name, spoken)
    return cacheable(request, body, "application/feed+json")


@routes.page("/rss.xml")
def rss(request: Request) -> Response:
    """The latest corrections as RSS."""
    items, spoken = _asked(request)
    body = feeds.rss(items, base_url(request), site_of(request).name, spoken)
    return cacheable(request, body, "application/rss+xml; charset=utf-8")


@routes.page("/atom.xml")
def atom(request: Request) -> Response:
    """The latest corrections as Atom."""
    items, spoken = _asked(request)
    # an empty feed must not change at each call
    now = desk_of(request).clock().replace(minute=0, second=0, microsecond=0)
    body = feeds.atom(items, base_url(request), site_of(request).name, now, spoken)
    return cacheable(request, body, "application/atom+xml; charset=utf-8")


@routes.page("/claimreview.json")
def claim_review_feed(request: Request) -> Response:
    """Every correction as ClaimReview."""
    body = feeds.claim_reviews(_items(request), base_url(request), site_of(request).name)
    return cacheable(request, body, "application/ld+json")


@routes.page("/open-data/corrections.csv")
def corrections_csv(request: Request) -> Response:
    """Every correction as CSV."""
    # the mark lets Excel read the file as UTF-8
    body = "\ufeff" + feeds.corrections_csv(_items(request), base_url(request))
    return cacheable(request, body, "text/csv; charset=utf-8")


@routes.page("/sitemap.xml")
def sitemap(request: Request) -> Response:
    """Every public page."""
    return cacheable(
        request, feeds.sitemap(_items(request), base_url(request), PAGES), "application/xml; charset=utf-8"
    )


@routes.page("/robots.txt")
def robots(request: Request) -> Response:
    """Public pages are for everybody; the desk itself is nothing for a search engine."""
    closed = ("/ban-lam-viec", "/dang-nhap", "/khang-nghi", "/tai-khoan", "/mo-hinh", "/theo-doi")
    body = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed)
    return cacheable(
        request, f"{body}Sitemap: {base_url(request)}/sitemap.xml\n", "text/plain; charset=utf-8"
    )


@routes.page("/healthz")
def healthz() -> Response:
    """Whether this process lives; it asks nothing, so that a database that is away restarts no process."""
    return PlainTextResponse("ok\n", headers=NOT_KEPT)


@routes.page("/readyz")
def readyz(request: Request) -> Response:
    """Whether visitors may be sent here: the database answers, its schema fits, and there is room."""
    found = processes.not_ready(desk_of(request))
    if found is not None:
        return PlainTextResponse(f"not ready: {found}\n", 503, headers=NOT_KEPT)
    return PlainTextResponse("ready\n", headers=NOT_KEPT)

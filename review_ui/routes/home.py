"""The front page, topics and search."""

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError
from models.vocabulary import Topic
from pipeline import public, search
from review_ui import reading
from review_ui.guard import Routes
from review_ui.pages import desk_of, language_of, public_page
from review_ui.templating import topic_of_slug

routes = Routes()
LATEST = 12
PER_PAGE = 20


@routes.page("/")
def home(request: Request) -> Response:
    """What this is, the latest corrections, the nine topics, and the tip box."""
    with desk_of(request).reading() as session:
        latest = public.corrections(session, limit=LATEST)
        counts = reading.topic_counts(session)
    return public_page(request, "public/home.html", latest=latest, counts=counts, total=sum(counts.values()))


@routes.page("/chu-de/{slug}")
def topic(request: Request, slug: str) -> Response:
    """The corrections of one topic, newest first."""
    found = topic_of_slug(slug)
    if found is None:
        raise NotFoundError("there is no such topic")
    page = page_of(request)
    with desk_of(request).reading() as session:
        total = reading.topic_counts(session).get(Topic(found), 0)
        items = public.corrections(session, topic=found, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    pages = max(1, -(-total // PER_PAGE))
    return public_page(
        request,
        "public/topic.html",
        topic=found.value,
        items=items,
        total=total,
        page=page,
        pages=pages,
    )


@routes.page("/tim")
def find(request: Request) -> Response:
    """Search over all corrections, with or without diacritics."""
    query = request.query_params.get("q", "")[: search.MAX_QUERY].strip()
    after = request.query_params.get("sau")
    with desk_of(request).reading() as session:
        found = search.corrections(session, query, language_of(request), after)
    return public_page(
        request,
        "public/find.html",
        query=query,
        found=found,
        kept={"q": query},
    )


def page_of(request: Request) -> int:
    """The page number of an address; anything that is not one is the first."""
    text = request.query_params.get("trang", "1")
    return max(1, min(int(text), 10_000)) if text.isascii() and text.isdigit() and len(text) < 6 else 1

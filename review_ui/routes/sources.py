"""The sources: which they are, for everybody; how their reading goes, for those who run the desk."""

from fastapi import Request
from starlette.responses import Response

from models.weeks import local_day
from review_ui import reading
from review_ui.guard import Routes
from review_ui.pages import desk_of, public_page, staff_page

routes = Routes()


@routes.page("/nguon")
def sources(request: Request) -> Response:
    """Every source that is read, and what kind of organisation it is."""
    with desk_of(request).reading() as session:
        found = reading.public_sources(session)
    return public_page(request, "public/sources.html", sources=found)


@routes.page("/nguon/suc-khoe")
def source_health(request: Request) -> Response:
    """Which sources answer, what became of their pages, and why one is silent."""
    desk = desk_of(request)
    now = desk.clock()
    with desk.reading() as session:
        rows = reading.source_health(session, now, local_day(now))
    return staff_page(request, "staff/health.html", rows=rows, now=now)

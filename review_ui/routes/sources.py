"""The sources: which they are, for everybody; how their reading goes, for those who run the desk."""

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError
from review_ui import outcomechart, reading
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
        rows = reading.source_health(session, now)
    return staff_page(request, "staff/health.html", rows=rows, now=now)


@routes.page("/nguon/suc-khoe/{source_id}")
def one_source_health(request: Request, source_id: str) -> Response:
    """One source: its last success, its articles against its habit, outcomes by day, and what to do."""
    desk = desk_of(request)
    now = desk.clock()
    with desk.reading() as session:
        found = reading.source_health(session, now, source_id)
        if not found:
            raise NotFoundError("no such source")
        chart = outcomechart.chart(found[0].health)
    return staff_page(request, "staff/source.html", row=found[0], chart=chart, now=now)

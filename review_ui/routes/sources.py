"""The sources: which they are, for everybody; how their reading goes, for those who run the desk."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from models.errors import KiemChungError, NotFoundError
from pipeline import registering
from pipeline.sourcing import Probe
from review_ui import outcomechart, reading
from review_ui.faults import fault_of
from review_ui.forms import Form
from review_ui.guard import Routes
from review_ui.messages import translate
from review_ui.pages import desk_of, language_of, public_page, staff_page

routes = Routes()
HEALTH = "/nguon/suc-khoe"


@routes.page("/nguon")
def sources(request: Request) -> Response:
    """Every source that is read, and what kind of organisation it is."""
    with desk_of(request).reading() as session:
        found = reading.public_sources(session)
    return public_page(request, "public/sources.html", sources=found)


@routes.page(HEALTH)
def source_health(request: Request) -> Response:
    """Which sources answer, what became of their pages, and why one is silent."""
    desk = desk_of(request)
    now = desk.clock()
    with desk.reading() as session:
        rows = reading.source_health(session, now, language=language_of(request))
    return staff_page(request, "staff/health.html", rows=rows, now=now)


@routes.page(f"{HEALTH}/{{source_id}}")
def one_source_health(request: Request, source_id: str) -> Response:
    """One source: its last success, its articles against its habit, outcomes by day, and what to do."""
    return source_page(request, source_id)


def source_page(
    request: Request,
    source_id: str,
    *,
    probes: Sequence[Probe] = (),
    typed: Form | None = None,
    error: KiemChungError | None = None,
) -> Response:
    """The page of one source, with what a trial of it gave or what an admin typed and was refused."""
    desk, language = desk_of(request), language_of(request)
    now = desk.clock()
    with desk.reading() as session:
        found = reading.source_health(session, now, source_id, language)
        if not found:
            raise NotFoundError("no such source")
        chart = outcomechart.chart(found[0].health)
    return staff_page(
        request,
        "staff/source.html",
        fault_of(error).status if error else 200,
        row=found[0],
        chart=chart,
        now=now,
        note=registering.note_of(desk, source_id),
        most_days=registering.LONGEST_REST_DAYS,
        most_reason=registering.LONGEST_REASON,
        probes=probes,
        typed=typed or Form({}),
        errors=[translate(error, language)] if error else [],
    )

"""The queue: where a day at the desk begins."""

from fastapi import Request
from starlette.responses import Response

from models.weeks import local_day
from review_ui.guard import Routes
from review_ui.pages import desk_of, me_of, staff_page
from review_ui.queue import STAGES, Filters, queue_page
from review_ui.routes.home import page_of

routes = Routes()


@routes.page("/ban-lam-viec")
def queue(request: Request) -> Response:
    """The queue, filtered as the address says; htmx asks for the list alone."""
    desk = desk_of(request)
    now = desk.clock()
    filters = Filters.read(request.query_params)
    with desk.reading() as session:
        page = queue_page(session, filters, page_of(request), me_of(request).staff_id, now, local_day(now))
    partial = request.headers.get("hx-request") == "true"
    template = "staff/queue_list.html" if partial else "staff/queue.html"
    removed = request.query_params.get("da") == "xoa"
    return staff_page(request, template, queue=page, filters=filters, stages=STAGES, now=now, removed=removed)

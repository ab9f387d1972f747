"""The queue: where a day at the desk begins."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, UsageError
from models.weeks import local_day
from pipeline import autoqueue
from review_ui.faults import fault_of
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, me_of, staff_page
from review_ui.queue import STAGES, Filters, queue_page, stop_of
from review_ui.routes.home import page_of

routes = Routes()


@routes.page("/ban-lam-viec")
def queue(request: Request) -> Response:
    """The queue, filtered as the address says; htmx asks for the list alone."""
    return _page(request)


def _page(request: Request, errors: Sequence[Message] = (), status: int = 200) -> Response:
    desk = desk_of(request)
    now = desk.clock()
    filters = Filters.read(request.query_params)
    with desk.reading() as session:
        page = queue_page(session, filters, page_of(request), me_of(request).staff_id, now, local_day(now))
        stop = stop_of(session, now)
    partial = request.headers.get("hx-request") == "true"
    template = "staff/queue_list.html" if partial else "staff/queue.html"
    removed = request.query_params.get("da") == "xoa"
    return staff_page(
        request,
        template,
        status,
        queue=page,
        filters=filters,
        stages=STAGES,
        now=now,
        removed=removed,
        stop=stop,
        errors=errors,
    )


@routes.form("/ban-lam-viec/xep-hang-tro-lai")
def resume_queue(request: Request, form: Posted) -> Response:
    """Let the score fill the queue again in spite of the newest audit, with a reason."""
    form.take("reason")
    try:
        autoqueue.resume(desk_of(request), me_of(request).staff_id, form["reason"])
    except (UsageError, ConflictError) as error:
        return _page(request, [translate(error)], fault_of(error).status)
    return RedirectResponse("/ban-lam-viec", 303)

"""The queue: where a day at the desk begins."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, UsageError
from models.vocabulary import Role
from pipeline import autoqueue, drafts, publishing, undo, views
from review_ui.faults import fault_of
from review_ui.filters import AGES, KINDS, MATCHES, STAGES, Filters
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, me_of, staff_page
from review_ui.queue import COUNTED, Place, queue_page, stop_of
from review_ui.templating import names

routes = Routes()
DONE = {
    "tra-lai": "Đã lấy lại các ý kiến vừa ghi. Những gì bạn gõ vẫn còn trong bản nháp của từng điều.",
    "khung": "Đã lưu khung nhìn.",
    "bo-khung": "Đã bỏ khung nhìn.",
}


@routes.page("/ban-lam-viec")
def queue(request: Request) -> Response:
    """The queue, filtered as the address says; htmx asks for the list alone."""
    undo.settle_due(desk_of(request))
    return _page(request)


def _page(request: Request, errors: Sequence[Message] = (), status: int = 200) -> Response:
    desk = desk_of(request)
    now = desk.clock()
    given = request.query_params
    filters = Filters.read(given)
    after = Place.read(given.get("sau", ""))
    staff_id = me_of(request).staff_id
    with desk.reading() as session:
        page = queue_page(session, filters, staff_id, now, after)
        shown: dict[str, object] = {
            "queue": page,
            "filters": filters,
            "after": given.get("sau", "") if after else "",
            "counted": COUNTED,
            "now": now,
        }
        if request.headers.get("hx-request") == "true":
            return staff_page(request, "staff/queue_list.html", status, **shown)
        stop = stop_of(session, now)
        untranslated = publishing.untranslated(session) if me_of(request).role is Role.LEAD else ()
        waiting = undo.waiting(session, staff_id, now)
        returned = [
            (one, translate(ConflictError(one.refused))) for one in drafts.returned(session, staff_id)
        ]
        saved = views.of(session, staff_id)
    return staff_page(
        request,
        "staff/queue.html",
        status,
        **shown,
        chips=filters.chips(names("vi")["topics"]),
        lists={"stages": STAGES, "kinds": KINDS, "ages": AGES, "matches": MATCHES},
        waiting=waiting,
        returned=returned,
        saved=saved,
        most_views=views.MOST_VIEWS,
        done=DONE.get(given.get("da", "")),
        stop=stop,
        untranslated=untranslated,
        errors=errors,
    )


@routes.form("/ban-lam-viec/khung-nhin")
def save_view(request: Request, form: Posted) -> Response:
    """Keep the present filters under a name, without words to search for."""
    form.take("name", "query")
    kept = Filters.of_query(form["query"]).for_view()
    try:
        views.save(desk_of(request), me_of(request).staff_id, form["name"], kept.text())
    except (UsageError, ConflictError) as error:
        return _page(request, [translate(error)], fault_of(error).status)
    return RedirectResponse(kept.address(da="khung"), 303)


@routes.form("/ban-lam-viec/bo-khung-nhin")
def drop_view(request: Request, form: Posted) -> Response:
    """Delete one of one's own saved views."""
    form.take("view")
    number = form["view"]
    if number.isascii() and number.isdigit() and len(number) < 10:
        views.drop(desk_of(request), me_of(request).staff_id, int(number))
    return RedirectResponse("/ban-lam-viec?da=bo-khung", 303)


@routes.form("/ban-lam-viec/xep-hang-tro-lai")
def resume_queue(request: Request, form: Posted) -> Response:
    """Let the score fill the queue again in spite of the newest audit, with a reason."""
    form.take("reason")
    try:
        autoqueue.resume(desk_of(request), me_of(request).staff_id, form["reason"])
    except (UsageError, ConflictError) as error:
        return _page(request, [translate(error)], fault_of(error).status)
    return RedirectResponse("/ban-lam-viec", 303)

"""The queue: where a day at the desk begins."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, UsageError
from models.ordering import LiveOrder
from models.vocabulary import Role
from pipeline import autoqueue, drafts, liveorder, outlook, publishing, undo, views
from review_ui.faults import fault_of
from review_ui.filters import Filters, lists_in
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, said, staff_page
from review_ui.queue import COUNTED, Place, queue_page, stop_of
from review_ui.templating import names

routes = Routes()
DONE = {
    "tra-lai": "Đã lấy lại các ý kiến vừa ghi. Những gì bạn gõ vẫn còn trong bản nháp của từng điều.",
    "khung": "Đã lưu khung nhìn.",
    "bo-khung": "Đã bỏ khung nhìn.",
    "hoc": "Thứ tự học từ các kết luận mới, ngay khi lượt học đầu qua các kiểm tra an toàn.",
    "thoi-hoc": "Thứ tự chỉ còn theo mô hình đã được chọn.",
}


class Learning(NamedTuple):
    """Whether the order learns from new verdicts, since when, when it last did, and what stopped it."""

    on: bool
    at: datetime | None = None
    learned_at: datetime | None = None
    n_labels: int = 0
    stopped: str = ""


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
    staff_id, language = me_of(request).staff_id, language_of(request)
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
            (one, translate(ConflictError(one.refused), language))
            for one in drafts.returned(session, staff_id)
        ]
        saved = views.of(session, staff_id)
        learning = _learning(liveorder.newest(session), language)
        left = outlook.kept(session)
    return staff_page(
        request,
        "staff/queue.html",
        status,
        **shown,
        chips=filters.chips(names(language)["topics"], language),
        lists=lists_in(language),
        waiting=waiting,
        returned=returned,
        saved=saved,
        most_views=views.MOST_VIEWS,
        done=said(request, DONE.get(given.get("da", ""), "")),
        stop=stop,
        learning=learning,
        left=None if left is None else (outlook.shown(left), left.at),
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
        return _page(request, [translate(error, language_of(request))], fault_of(error).status)
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
        return _page(request, [translate(error, language_of(request))], fault_of(error).status)
    return RedirectResponse("/ban-lam-viec", 303)


@routes.form("/ban-lam-viec/hoc-tiep")
def switch_learning(request: Request, form: Posted) -> Response:
    """Let the newest verdicts move the order of the queue, or stop that, with a reason."""
    form.take("reason", "to")
    switch = liveorder.switch_on if form["to"] == liveorder.ON else liveorder.switch_off
    try:
        switch(desk_of(request), me_of(request).staff_id, form["reason"])
    except (UsageError, ConflictError) as error:
        return _page(request, [translate(error, language_of(request))], fault_of(error).status)
    done = "hoc" if form["to"] == liveorder.ON else "thoi-hoc"
    return RedirectResponse(f"/ban-lam-viec?da={done}", 303)


def _learning(row: LiveOrder | None, language: str) -> Learning:
    """Whether the order learns between models, and what stopped it if a check did."""
    if row is None:
        return Learning(on=False)
    stopped = row.state == liveorder.OFF and row.staff_id is None
    why = translate(ConflictError(row.reason), language).text if stopped else ""
    return Learning(row.state == liveorder.ON, row.at, row.learned_at, row.n_labels or 0, why)

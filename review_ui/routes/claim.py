"""A claim's page and the decisions on it, each its own POST."""

from collections.abc import Sequence
from datetime import date

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, KiemChungError, NotFoundError, UsageError
from models.vocabulary import Opinion, Role
from models.weeks import local_day
from pipeline import decisions, independent
from pipeline.decisions import ReviewInput
from pipeline.evidence import EvidenceInput
from review_ui.claims import claim_of, claim_page
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, me_of, staff_page

routes = Routes()
BLOCKS = (1, 2, 3)
EVIDENCE = ("url", "publisher", "quote", "day")
REVIEW_FIELDS = ("opinion", "reason", *(f"{name}_{block}" for block in BLOCKS for name in EVIDENCE))
DONE = {
    "nhan": "Bạn đang giữ điều này trong 20 phút.",
    "ban": "Người khác vừa nhận điều này; bạn vẫn xem được.",
    "xong": "Đã ghi ý kiến của bạn.",
    "hoan": "Đã hoãn.",
    "xoa": "Đã xóa: điều này không thuộc việc của bàn tin.",
}


@routes.page("/ban-lam-viec/{claim_id:int}")
def claim(request: Request, claim_id: int) -> Response:
    """The page of one claim."""
    return _page(request, claim_id, Form({}))


def _page(
    request: Request, claim_id: int, typed: Form, errors: Sequence[Message] = (), status: int = 200
) -> Response:
    desk = desk_of(request)
    now = desk.clock()
    me = me_of(request)
    with desk.reading() as session:
        claim_of(session, claim_id)
        if me.role is Role.AUDITOR and independent.hides(session, claim_id, me.staff_id):
            raise ConflictError("label this claim in the independent audit before you read it here")
        page = claim_page(session, claim_id, me, now)
    return staff_page(
        request,
        "staff/claim.html",
        status,
        page=page,
        typed=typed,
        errors=errors,
        opinions=tuple(Opinion),
        blocks=BLOCKS,
        today=local_day(now),
        done=DONE.get(request.query_params.get("da", "")),
    )


@routes.form("/ban-lam-viec/{claim_id:int}/nhan")
def take_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Lease the claim for a while, so that two people do not work on it at once."""
    form.take()
    _known(request, claim_id)
    taken = decisions.take(desk_of(request), claim_id, me_of(request).staff_id)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da={'nhan' if taken else 'ban'}", 303)


@routes.form("/ban-lam-viec/{claim_id:int}/y-kien")
def review_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Record one opinion with reason and evidence; what was typed is shown again if it cannot be taken."""
    form.take(*REVIEW_FIELDS)
    _known(request, claim_id)
    try:
        given = ReviewInput(_opinion(form), form["reason"], _evidence(form))
        decided = decisions.record_review(desk_of(request), claim_id, me_of(request).staff_id, given)
    except (UsageError, ConflictError) as error:
        return _again(request, claim_id, form, error)
    if decided.erased:
        return RedirectResponse("/ban-lam-viec?da=xoa", 303)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da=xong", 303)


@routes.form("/ban-lam-viec/{claim_id:int}/hoan")
def defer_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Put the claim off until a day."""
    form.take("until", "reason")
    _known(request, claim_id)
    try:
        until = form.day("until")
        decisions.defer(desk_of(request), claim_id, me_of(request).staff_id, until, form["reason"])
    except (UsageError, ConflictError) as error:
        return _again(request, claim_id, form, error)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da=hoan", 303)


def _known(request: Request, claim_id: int) -> None:
    """Raise `NotFoundError` before a number that no database could hold reaches one."""
    with desk_of(request).reading() as session:
        claim_of(session, claim_id)


def _again(request: Request, claim_id: int, form: Form, error: KiemChungError) -> Response:
    try:
        return _page(request, claim_id, form, [translate(error)], fault_of(error).status)
    except NotFoundError:
        # erased by somebody else in the meantime: there is no page to type on again
        raise error from None


def _opinion(form: Form) -> Opinion:
    if form["opinion"] not in set(Opinion):
        raise UsageError("opinion: choose one")
    return Opinion(form["opinion"])


def _evidence(form: Form) -> list[EvidenceInput]:
    found = []
    for block in BLOCKS:
        values = [form[f"{name}_{block}"].strip() for name in EVIDENCE]
        if not any(values):
            continue
        if not all(values):
            raise UsageError(f"evidence {block}: fill in all four fields or none")
        url, publisher, quote, _ = values
        published: date = form.day(f"day_{block}")
        found.append(EvidenceInput(url=url, publisher=publisher, quote=quote, published_day=published))
    return found

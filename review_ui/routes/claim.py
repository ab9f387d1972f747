"""A claim's page and the decisions on it, each its own POST."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, KiemChungError, NotFoundError, UsageError
from models.vocabulary import Opinion
from models.weeks import local_day
from pipeline import answers, decisions, drafts, ratedpart, undo
from review_ui.claims import ClaimPage, claim_of, claim_page
from review_ui.faults import fault_of
from review_ui.filters import Filters
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, said, staff_page
from review_ui.presets import PRESET_KEYS, presets_in
from review_ui.queue import next_free
from review_ui.reviewform import BLOCKS, REVIEW_FIELDS, given, typed_of

routes = Routes()
DONE = {
    "nhan": "Bạn đang giữ điều này trong 20 phút.",
    "ban": "Người khác vừa nhận điều này; bạn vẫn xem được.",
    "hoan": "Đã hoãn.",
    "tra-lai": "Đã lấy lại ý kiến vừa ghi. Những gì bạn gõ vẫn còn trong biểu mẫu.",
    "bo-nhap": "Đã bỏ bản nháp.",
    "ly-do": "Đã ghi: lý do này không đúng. Lượt học sau sẽ tính tới.",
}


@routes.page("/ban-lam-viec/{claim_id:int}")
def claim(request: Request, claim_id: int) -> Response:
    """The page of one claim."""
    undo.settle_due(desk_of(request))
    return _page(request, claim_id, Form({}))


def _page(
    request: Request, claim_id: int, typed: Form, errors: Sequence[Message] = (), status: int = 200
) -> Response:
    desk = desk_of(request)
    now = desk.clock()
    me = me_of(request)
    filters = Filters.of_query(typed["ve"] or request.query_params.get("ve", ""))
    with desk.reading() as session:
        page = claim_page(session, claim_id, me, now)
        following = next_free(session, filters, me.staff_id, now, claim_id)
    return staff_page(
        request,
        "staff/claim.html",
        status,
        page=page,
        typed=_filled(request, page, typed),
        proposed=Form(typed_of(page.proposal)) if page.proposal else None,
        errors=errors,
        opinions=tuple(Opinion),
        presets=presets_in(language_of(request)),
        preset_keys=PRESET_KEYS,
        blocks=BLOCKS,
        sentence=ratedpart.words_of(page.claim.text),
        today=local_day(now),
        done=said(request, DONE.get(request.query_params.get("da", ""), "")),
        filters=filters,
        following=following,
    )


def _filled(request: Request, page: ClaimPage, typed: Form) -> Form:
    """What the form holds: what was just sent, or the proposal if it is asked for, or the draft."""
    if any(typed.values().values()):
        return typed
    if page.proposal is not None and request.query_params.get("de-xuat") == "1":
        return Form(typed_of(page.proposal))
    return Form(page.own.draft.fields) if page.own.draft else typed


@routes.form("/ban-lam-viec/{claim_id:int}/nhan")
def take_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Lease the claim for a while, so that two people do not work on it at once."""
    form.take()
    known(request, claim_id)
    taken = decisions.take(desk_of(request), claim_id, me_of(request).staff_id)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da={'nhan' if taken else 'ban'}", 303)


@routes.form("/ban-lam-viec/{claim_id:int}/y-kien")
def review_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Accept one opinion with reason and evidence; what was typed is shown again if it cannot be taken."""
    form.take(*REVIEW_FIELDS, "ve")
    text = known(request, claim_id)
    staff_id = me_of(request).staff_id
    try:
        undo.accept(desk_of(request), [claim_id], staff_id, given(form, text), kept(form))
    except (UsageError, ConflictError) as error:
        _keep(request, claim_id, form)
        return _again(request, claim_id, form, error)
    return RedirectResponse(Filters.of_query(form["ve"]).address(da="xong"), 303)


@routes.form("/ban-lam-viec/{claim_id:int}/hoan")
def defer_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Put the claim off until a day."""
    form.take("until", "reason")
    known(request, claim_id)
    try:
        until = form.day("until")
        decisions.defer(desk_of(request), claim_id, me_of(request).staff_id, until, form["reason"])
    except (UsageError, ConflictError) as error:
        return _again(request, claim_id, form, error)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da=hoan", 303)


@routes.form("/ban-lam-viec/{claim_id:int}/ly-do")
def answer_reason(request: Request, claim_id: int, form: Posted) -> Response:
    """Say that a reason of the claim's place does not hold, and why."""
    form.take("position", "why")
    known(request, claim_id)
    number = form["position"]
    position = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else -1
    try:
        answers.answer(desk_of(request), claim_id, me_of(request).staff_id, position, form["why"])
    except (UsageError, ConflictError) as error:
        return _again(request, claim_id, form, error)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da=ly-do", 303)


def known(request: Request, claim_id: int) -> str:
    """The claim's words; raises `NotFoundError` before a number that no database could hold reaches one."""
    with desk_of(request).reading() as session:
        return claim_of(session, claim_id).text


def kept(form: Form) -> dict[str, str]:
    """The fields of a review form that a draft keeps."""
    return {name: value for name, value in form.values().items() if name in REVIEW_FIELDS}


def _keep(request: Request, claim_id: int, form: Form) -> None:
    """Keep what cannot be taken as a draft, so that a closed window loses no words either."""
    try:
        drafts.save(desk_of(request), claim_id, me_of(request).staff_id, kept(form))
    except (UsageError, NotFoundError):
        # too long to keep, or erased in the meantime: the page itself still shows what was typed
        return


def _again(request: Request, claim_id: int, form: Form, error: KiemChungError) -> Response:
    try:
        return _page(
            request, claim_id, form, [translate(error, language_of(request))], fault_of(error).status
        )
    except NotFoundError:
        # erased by somebody else in the meantime: there is no page to type on again
        raise error from None

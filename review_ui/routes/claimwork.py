"""What the page of a claim asks for while somebody works on it: leases, drafts, and taking a review back."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError
from pipeline import drafts, leases, undo
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.pages import desk_of, me_of
from review_ui.reviewform import REVIEW_FIELDS
from review_ui.routes.claim import kept, known
from review_ui.security import NO_STORE

routes = Routes()
_HEADERS = {"cache-control": NO_STORE}


@routes.form("/ban-lam-viec/{claim_id:int}/giu")
def hold_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Take or renew the lease while the page is open: 204, or 409 if somebody else has the claim."""
    form.take()
    known(request, claim_id)
    held = leases.hold(desk_of(request), claim_id, me_of(request).staff_id)
    return Response(status_code=204 if held else 409, headers=_HEADERS)


@routes.form("/ban-lam-viec/{claim_id:int}/tra")
def release_claim(request: Request, claim_id: int, form: Posted) -> Response:
    """Give the claim back, by a button or when its page is left."""
    form.take()
    known(request, claim_id)
    leases.release(desk_of(request), claim_id, me_of(request).staff_id)
    return RedirectResponse("/ban-lam-viec", 303, headers=_HEADERS)


@routes.form("/ban-lam-viec/{claim_id:int}/nhap")
def save_draft(request: Request, claim_id: int, form: Posted) -> Response:
    """Keep what has been typed so far."""
    form.take(*REVIEW_FIELDS, "ve")
    known(request, claim_id)
    drafts.save(desk_of(request), claim_id, me_of(request).staff_id, kept(form))
    return Response(status_code=204, headers=_HEADERS)


@routes.form("/ban-lam-viec/{claim_id:int}/bo-nhap")
def discard_draft(request: Request, claim_id: int, form: Posted) -> Response:
    """Throw one's draft away."""
    form.take()
    known(request, claim_id)
    drafts.discard(desk_of(request), claim_id, me_of(request).staff_id)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}?da=bo-nhap", 303)


@routes.form("/ban-lam-viec/lay-lai")
def take_back_review(request: Request, form: Posted) -> Response:
    """Take a review back within its ten seconds; its words are in the form again."""
    form.take("review")
    number = int(form["review"]) if form["review"].isascii() and form["review"].isdigit() else 0
    if not 0 < number < 2**31:
        raise ConflictError("the ten seconds are over: this review counts")
    claims = undo.take_back(desk_of(request), number, me_of(request).staff_id)
    if len(claims) > 1:
        return RedirectResponse("/ban-lam-viec?da=tra-lai", 303)
    return RedirectResponse(f"/ban-lam-viec/{claims[0]}?da=tra-lai", 303)

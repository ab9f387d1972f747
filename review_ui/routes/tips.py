"""The tip-line: send, follow, take back. No cookie, no account, nothing kept of who sent it."""

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError, UsageError
from models.vocabulary import Outcome
from pipeline import tips
from review_ui.errors import TooManyError
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import translate
from review_ui.pages import desk_of, form_page, language_of, public_page, site_of
from review_ui.senders import address_of

routes = Routes()
HONEYPOT = "website"
MAX_TIP = 20_000


@routes.page("/gui-tin")
def tip_form(request: Request) -> Response:
    """The tip form."""
    sealed = tips.are_sealed(desk_of(request))
    # where the bookmarklet opens the form; a page that has no script otherwise has it then
    pasted = request.query_params.get("dan") == "1"
    return public_page(request, "public/tip.html", text="", limit=MAX_TIP, sealed=sealed, pasted=pasted)


@routes.form("/gui-tin")
def send_tip(request: Request, form: Posted) -> Response:
    """Take a tip; the receipt is shown once, on this page alone."""
    form.take("text", HONEYPOT)
    text = form["text"].strip()
    try:
        check_text(text)
    except UsageError as error:
        return form_page(
            request,
            "public/tip.html",
            422,
            text=form["text"],
            limit=MAX_TIP,
            sealed=tips.are_sealed(desk_of(request)),
            errors=[translate(error, language_of(request))],
        )
    if form[HONEYPOT]:  # people do not see this field
        return form_page(request, "public/tip_received.html", 422, receipt=None, outcome=None)
    within_limits(request)
    taken = tips.take(desk_of(request), text)
    kept = taken.outcome == Outcome.KEPT
    return form_page(
        request, "public/tip_received.html", receipt=taken.receipt if kept else None, outcome=taken.outcome
    )


def within_limits(request: Request) -> None:
    """Count one more tip; raises `TooManyError` if its network, or everybody together, sent too many."""
    if not site_of(request).throttle.tip(address_of(request)):
        raise TooManyError("too many tips in a short time")


def check_text(text: str) -> None:
    """Raise `UsageError` for a tip that is empty or too long."""
    if not text:
        raise UsageError("text: write something")
    if len(text) > MAX_TIP:
        raise UsageError(f"text: at most {MAX_TIP} characters")


@routes.page("/theo-doi")
def follow_form(request: Request) -> Response:
    """The form for a receipt."""
    return public_page(request, "public/follow.html", receipt="", tip=None)


@routes.form("/theo-doi")
def follow(request: Request, form: Posted) -> Response:
    """What became of a tip; the receipt is in no address and no log."""
    receipt = form.take("receipt")["receipt"].strip()
    try:
        status = tips.follow(desk_of(request), receipt)
    except NotFoundError as error:
        return form_page(
            request,
            "public/follow.html",
            404,
            receipt=receipt,
            tip=None,
            errors=[translate(error, language_of(request))],
        )
    return form_page(request, "public/follow.html", receipt=receipt, tip=status)


@routes.form("/theo-doi/xoa")
def withdraw(request: Request, form: Posted) -> Response:
    """Erase a tip for the holder of its receipt."""
    receipt = form.take("receipt")["receipt"].strip()
    try:
        tips.withdraw(desk_of(request), receipt)
    except NotFoundError as error:
        return form_page(
            request,
            "public/follow.html",
            404,
            receipt=receipt,
            tip=None,
            errors=[translate(error, language_of(request))],
        )
    return form_page(request, "public/withdrawn.html")

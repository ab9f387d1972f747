"""Subscriptions to new corrections, for admins: addresses of newsrooms, radios, other desks."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, KiemChungError, UsageError
from pipeline import subscriptions as subscribers
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import translate
from review_ui.pages import desk_of, language_of, me_of, staff_page

routes = Routes()
HOME = "/nguoi-nhan"


@routes.page(HOME)
def subscriptions(request: Request) -> Response:
    """Every subscription and how its deliveries go."""
    return _page(request)


def _page(
    request: Request, typed: Form | None = None, error: KiemChungError | None = None, secret: str = ""
) -> Response:
    with desk_of(request).reading() as session:
        rows = subscribers.listed(session)
    return staff_page(
        request,
        "staff/subscriptions.html",
        fault_of(error).status if error else 200,
        rows=rows,
        typed=typed or Form({}),
        secret=secret,
        errors=[translate(error, language_of(request))] if error else [],
    )


@routes.form(HOME)
def add_subscription(request: Request, form: Posted) -> Response:
    """Add an address; the key that signs what it is sent is shown once."""
    form.take("url")
    try:
        secret = subscribers.add(desk_of(request), form["url"].strip(), me_of(request).staff_id)
    except (UsageError, ConflictError) as error:
        return _page(request, form, error)
    return _page(request, secret=secret)


@routes.form(f"{HOME}/bo")
def end_subscription(request: Request, form: Posted) -> Response:
    """Forget an address; nothing is sent to it any more."""
    form.take("id")
    number = form["id"]
    known = number.isascii() and number.isdigit() and len(number) < 10
    subscribers.remove(desk_of(request), int(number) if known else 0, me_of(request).staff_id)
    return RedirectResponse(HOME, 303)

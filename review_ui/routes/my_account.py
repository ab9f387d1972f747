"""One's own account: second factor, recovery codes, open sessions, tokens for programs."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, KiemChungError, UsageError
from pipeline import second_factor, tokens
from review_ui import sessions
from review_ui.errors import ForbiddenError
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import translate
from review_ui.pages import desk_of, language_of, me_of, staff_page
from review_ui.routes.sign_in import check_pace

routes = Routes()
HOME = "/tai-khoan-cua-toi"
FRESH = timedelta(minutes=10)
"""How long after signing in somebody may change how they sign in (ASVS 5.0, 7.5.1)."""


@dataclass(frozen=True)
class Shown:
    """What is shown once and never again: recovery codes or a new token."""

    codes: tuple[str, ...] = ()
    token: str = ""


@routes.page(HOME)
def my_account(request: Request) -> Response:
    """Everything about one's own account."""
    return _page(request)


def _page(
    request: Request,
    *,
    shown: Shown | None = None,
    error: KiemChungError | None = None,
    typed: Form | None = None,
) -> Response:
    desk, me = desk_of(request), me_of(request)
    with desk.reading() as session:
        factor = second_factor.state(session, me.staff_id)
        mine = tokens.listed(session, me.staff_id)
    return staff_page(
        request,
        "staff/my_account.html",
        fault_of(error).status if error else 200,
        factor=factor,
        required=second_factor.is_required(desk, me.role),
        sessions=sessions.listed(desk, me.staff_id, request.cookies.get(sessions.COOKIE)),
        tokens=mine,
        now=desk.clock(),
        shown=shown or Shown(),
        typed=typed or Form({}),
        errors=[translate(error, language_of(request))] if error else [],
    )


@routes.form(f"{HOME}/ma-xac-thuc")
def begin_factor(request: Request, form: Posted) -> Response:
    """Show the secret as a QR code and as text, to be read by an authenticator."""
    form.take()
    try:
        _need_fresh(request)
    except ForbiddenError as error:
        return _page(request, error=error)
    return _set_up(request)


def _set_up(request: Request, error: KiemChungError | None = None) -> Response:
    desk, me = desk_of(request), me_of(request)
    try:
        secret = second_factor.begin(desk, me.staff_id)
    except ConflictError as taken:
        return _page(request, error=taken)
    address = second_factor.address(desk, me.username, secret)
    return staff_page(
        request,
        "staff/factor.html",
        fault_of(error).status if error else 200,
        picture=Markup(second_factor.qr(address)),  # noqa: S704 -- made here, of nothing but modules of a code
        address=address,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        errors=[translate(error, language_of(request))] if error else [],
    )


@routes.form(f"{HOME}/ma-xac-thuc/xac-nhan")
def confirm_factor(request: Request, form: Posted) -> Response:
    """Let the factor count once its first code fits, and show the recovery codes."""
    form.take("code")
    desk, me = desk_of(request), me_of(request)
    check_pace(request, me.staff_id, form["code"])
    try:
        codes = second_factor.confirm(desk, me.staff_id, form["code"])
    except UsageError as error:
        return _set_up(request, error)
    except ConflictError as error:
        return _page(request, error=error)
    return _page(request, shown=Shown(codes=tuple(codes)))


@routes.form(f"{HOME}/ma-du-phong")
def renew_codes(request: Request, form: Posted) -> Response:
    """New recovery codes against a code; the old ones are void."""
    form.take("code")
    desk, me = desk_of(request), me_of(request)
    try:
        _need_fresh(request)
        _need_code(request, form["code"])
        codes = second_factor.renew_codes(desk, me.staff_id)
    except (UsageError, ConflictError, ForbiddenError) as error:
        return _page(request, error=error)
    return _page(request, shown=Shown(codes=tuple(codes)))


@routes.form(f"{HOME}/ma-xac-thuc/bo")
def remove_factor(request: Request, form: Posted) -> Response:
    """Take one's own second factor off, against a code; every session ends."""
    form.take("code")
    desk, me = desk_of(request), me_of(request)
    try:
        _need_fresh(request)
        _need_code(request, form["code"])
    except (UsageError, ForbiddenError) as error:
        return _page(request, error=error)
    second_factor.remove(desk, me.staff_id, me.staff_id)
    response = RedirectResponse("/dang-nhap", 303)
    sessions.clear_cookie(response)
    return response


def _need_fresh(request: Request) -> None:
    """Raise `ForbiddenError` unless they signed in a moment ago: a browser left open changes nothing."""
    since = me_of(request).signed_in_at
    if since is None or desk_of(request).clock() - since > FRESH:
        raise ForbiddenError("sign-in: is more than ten minutes old, sign in again first")


def _need_code(request: Request, code: str) -> None:
    check_pace(request, me_of(request).staff_id, code)
    if not second_factor.check(desk_of(request), me_of(request).staff_id, code):
        raise UsageError("code: is not the one that the app shows now")


@routes.form(f"{HOME}/phien/ket-thuc")
def end_session(request: Request, form: Posted) -> Response:
    """End one session of one's own."""
    form.take("key")
    sessions.end_one(desk_of(request), me_of(request).staff_id, form["key"])
    return RedirectResponse(HOME, 303)


@routes.form(f"{HOME}/phien/ket-thuc-khac")
def end_other_sessions(request: Request, form: Posted) -> Response:
    """End every session of one's own but this one."""
    form.take()
    sessions.end_others(desk_of(request), me_of(request).staff_id, request.cookies.get(sessions.COOKIE))
    return RedirectResponse(HOME, 303)


@routes.form(f"{HOME}/khoa")
def make_token(request: Request, form: Posted) -> Response:
    """Make a token for a program and show it once."""
    form.take("name", "days")
    days = form["days"].strip()
    try:
        _need_fresh(request)
        token = tokens.make(
            desk_of(request),
            me_of(request).staff_id,
            form["name"],
            int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
        )
    except (UsageError, ConflictError, ForbiddenError) as error:
        return _page(request, error=error, typed=form)
    return _page(request, shown=Shown(token=token))


@routes.form(f"{HOME}/khoa/thu-hoi")
def revoke_token(request: Request, form: Posted) -> Response:
    """End one of one's own tokens at once."""
    form.take("id")
    number = form["id"]
    known = number.isascii() and number.isdigit() and len(number) < 10
    tokens.revoke(desk_of(request), me_of(request).staff_id, int(number) if known else 0)
    return RedirectResponse(HOME, 303)

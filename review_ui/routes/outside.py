"""Signing in over the organisation's own OpenID Connect service, where the desk has one."""

import logging

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import NotFoundError
from pipeline import accounts, oidc
from review_ui import entering
from review_ui.errors import TooManyError
from review_ui.guard import Routes
from review_ui.messages import Message
from review_ui.pages import base_url, desk_of, said, site_of
from review_ui.routes.sign_in import safe_back
from review_ui.sessions import clear_cookie

routes = Routes()
log = logging.getLogger("kiemchung.web")
COOKIE = "__Host-kc-oidc"
BACK = "/dang-nhap/dich-vu/ve"
FAILED = "Dịch vụ đăng nhập không xác nhận tài khoản nào của bàn tin. Hãy thử lại."


@routes.page("/dang-nhap/dich-vu")
def sign_in_outside(request: Request) -> Response:
    """Go to the service; what this browser must bring back lies sealed in a cookie for ten minutes."""
    _wanted(request)
    then = safe_back(request.query_params.get("ve", "")) or ""
    try:
        started = oidc.start(desk_of(request), base_url(request) + BACK, then)
    except oidc.OidcError as error:
        return _failed(request, error)
    response = RedirectResponse(started.url, 303)
    response.set_cookie(
        COOKIE,
        started.kept,
        max_age=int(oidc.TIME.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


@routes.page(BACK)
def sign_in_return(request: Request) -> Response:
    """Come back from the service; a state opens once, in the browser that began."""
    _wanted(request)
    kept = request.cookies.get(COOKIE, "")
    try:
        staff, then = oidc.finish(
            desk_of(request), kept, dict(request.query_params), base_url(request) + BACK
        )
    except oidc.OidcError as error:
        return _failed(request, error)
    accounts.drop_first(desk_of(request), staff)
    response = entering.known(request, staff, safe_back(then) or "")
    clear_cookie(response, COOKIE)
    return response


def _wanted(request: Request) -> None:
    if not oidc.is_configured(desk_of(request)):
        raise NotFoundError("there is no such page")
    if not site_of(request).throttle.outside():
        raise TooManyError("too many tries")


def _failed(request: Request, error: oidc.OidcError) -> Response:
    # the reason is for the operator's log; a visitor learns nothing of which accounts there are
    log.warning("outside sign-in refused", extra={"why": str(error)})
    response = entering.first_page(request, 422, error=Message(said(request, FAILED), "username"))
    clear_cookie(response, COOKIE)
    return response

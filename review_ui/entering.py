"""How a sign-in goes on once somebody is known: the second step, or a session."""

import logging

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.desk import Staff
from models.vocabulary import Role
from pipeline import oidc, second_factor
from review_ui import sessions, stafflanguage
from review_ui.messages import Message
from review_ui.pages import desk_of, staff_page

log = logging.getLogger("kiemchung.web")
START = {
    Role.ANALYST: "/ban-lam-viec",
    Role.LEAD: "/ban-lam-viec",
    Role.AUDITOR: "/ban-lam-viec",
    Role.ADMIN: "/tai-khoan",
}


def first_page(
    request: Request, status: int = 200, *, username: str = "", back: str = "", error: Message | None = None
) -> Response:
    """The sign-in page, with the way over another service where the desk has one."""
    return staff_page(
        request,
        "staff/sign_in.html",
        status,
        username=username,
        back=back,
        oidc=oidc.is_configured(desk_of(request)),
        errors=[error] if error else [],
    )


def known(request: Request, staff: Staff, back: str) -> Response:
    """Ask for the code if the account has a second factor; otherwise let it in."""
    desk = desk_of(request)
    with desk.reading() as session:
        asks = second_factor.is_on(session, staff.id)
    return (
        second_page(request, second_factor.ticket(desk, staff), back) if asks else enter(request, staff, back)
    )


def second_page(
    request: Request, ticket: str, back: str, status: int = 200, error: Message | None = None
) -> Response:
    """The page of the second step; what it carries is sealed and good for five minutes."""
    return staff_page(
        request,
        "staff/sign_in_code.html",
        status,
        ticket=ticket,
        back=back,
        errors=[error] if error else [],
    )


def enter(request: Request, staff: Staff, back: str) -> Response:
    """Start the session and lead to the page that was asked for."""
    # sign-ins are no decisions: they belong to the program's log and not to the public one
    log.info("signed in", extra={"staff": staff.id})
    secret = sessions.begin(desk_of(request), staff.id, request.cookies.get(sessions.COOKIE))
    response = RedirectResponse(back or START[Role(staff.role)], 303)
    sessions.set_cookie(response, secret)
    chosen = stafflanguage.asked(request)
    if chosen:
        stafflanguage.keep(response, chosen)
    return response

"""Every request passes here before its route: deny by default, by the one table of permissions."""

import logging
import secrets
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.types import DecoratedCallable
from starlette.responses import Response

from models.vocabulary import Role
from pipeline import tokens
from review_ui import permissions, sessions
from review_ui.errors import ForbiddenError, MustChangeError, MustEnrolError, NotSignedInError
from review_ui.pages import desk_of
from review_ui.scraper import is_scraper

log = logging.getLogger("kiemchung.web")

GET = ("GET", "HEAD")


def authorise(request: Request) -> None:
    """Let a request through to its route, or raise `NotSignedInError` or `ForbiddenError`.

    Public routes never look at a session, so they cannot leak or need one.
    """
    name = request.scope["route"].name
    allowed = permissions.PERMISSIONS[name]
    by_token = name in permissions.BY_STAFF_TOKEN
    # which language a page and its faults are in: public pages follow their address alone
    request.state.for_staff = name in permissions.AT_THE_DOOR or (
        allowed is not permissions.EVERYBODY and not by_token
    )
    if allowed is permissions.EVERYBODY:
        return
    if name in permissions.BY_TOKEN and is_scraper(
        desk_of(request).settings, request.headers.get("Authorization")
    ):
        return
    # a route for programs never looks at a cookie: no other site can ride on somebody's session there
    me = _by_token(request) if by_token else _by_session(request)
    if me is None:
        raise NotSignedInError("sign in first")
    if me.role not in allowed:
        # ASVS 16.3.2: who tried what; staff alone have an account, so this names nobody else
        log.warning("access refused", extra={"staff": me.staff_id, "route": name})
        raise ForbiddenError("this role may not do that")
    if me.must_change and name not in permissions.BEFORE_CHANGING:
        raise MustChangeError("choose a password of your own first")
    if me.must_enrol and name not in permissions.BEFORE_ENROLLING:
        raise MustEnrolError("set up a second factor first")
    request.state.me = me


def _by_session(request: Request) -> sessions.SignedIn | None:
    return sessions.find(desk_of(request), request.cookies.get(sessions.COOKIE))


def _by_token(request: Request) -> sessions.SignedIn | None:
    """For whom the token of this request acts, with the role that the account has now."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    staff = tokens.find(desk_of(request), token.strip())
    if staff is None:
        return None
    return sessions.SignedIn(staff.id, staff.username, Role(staff.role), secrets.token_urlsafe(16))


class Routes(APIRouter):
    """Routes of one part of the site; each is named by its function, as the table of permissions names it."""

    def page(self, path: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """A page that is only read."""
        return self.api_route(path, methods=list(GET), response_model=None, response_class=Response)

    def call(self, path: str, method: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """A call of the API."""
        return self.api_route(path, methods=[method], response_model=None, response_class=Response)

    def form(self, path: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """A form's target."""
        return self.api_route(path, methods=["POST"], response_model=None, response_class=Response)

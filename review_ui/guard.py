"""Every request passes here before its route: deny by default, by the one table of permissions."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.types import DecoratedCallable
from starlette.responses import Response

from review_ui import permissions, sessions
from review_ui.errors import ForbiddenError, NotSignedInError
from review_ui.pages import desk_of
from review_ui.scraper import is_scraper

GET = ("GET", "HEAD")


def authorise(request: Request) -> None:
    """Let a request through to its route, or raise `NotSignedInError` or `ForbiddenError`.

    Public routes never look at a session, so they cannot leak or need one.
    """
    name = request.scope["route"].name
    allowed = permissions.PERMISSIONS[name]
    if allowed is permissions.EVERYBODY:
        return
    if name in permissions.BY_TOKEN and is_scraper(
        desk_of(request).settings, request.headers.get("Authorization")
    ):
        return
    me = sessions.find(desk_of(request), request.cookies.get(sessions.COOKIE))
    if me is None:
        raise NotSignedInError("sign in first")
    if me.role not in allowed:
        raise ForbiddenError("this role may not do that")
    request.state.me = me


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

"""The table of permissions itself, for everybody who works here: who may do what."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from models.vocabulary import Role
from review_ui import permissions
from review_ui.guard import Routes
from review_ui.pages import staff_page
from review_ui.rolewords import DOES

routes = Routes()


@dataclass(frozen=True)
class Row:
    """One route: what it does, where, whether it changes something, and the roles that may call it."""

    name: str
    does: str
    path: str
    changes: bool
    allowed: frozenset[Role]


def rows_of(request: Request) -> list[Row]:
    """Every route that is not for everybody, in the order of the table."""
    found = {route.name: route for route in request.app.routes if isinstance(route, APIRoute)}
    return [
        Row(
            name,
            DOES.get(name, ""),
            found[name].path,
            "GET" not in (found[name].methods or ()),
            allowed,
        )
        for name, allowed in permissions.PERMISSIONS.items()
        if allowed is not permissions.EVERYBODY
    ]


@routes.page("/bang-quyen")
def roles(request: Request) -> Response:
    """Who may do what, read from the table that the guard itself uses."""
    return staff_page(request, "staff/roles.html", rows=rows_of(request), roles=tuple(Role))

"""`/metrics` for a Prometheus server: an admin's session, or the token that the operator keeps in a file."""

from fastapi import Request
from starlette.responses import Response

from pipeline import prometheus as numbers
from review_ui.guard import Routes
from review_ui.pages import desk_of

routes = Routes()


@routes.page("/metrics")
def prometheus(request: Request) -> Response:
    """The desk's present numbers in Prometheus' text format."""
    body = numbers.exposition(desk_of(request))
    return Response(body, headers={"Content-Type": numbers.CONTENT_TYPE, "Cache-Control": "no-store"})

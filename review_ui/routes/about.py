"""What the desk is and what it refuses to be."""

from fastapi import Request
from starlette.responses import Response

from review_ui.guard import Routes
from review_ui.pages import desk_of, public_page

routes = Routes()


@routes.page("/phuong-phap")
def method(request: Request) -> Response:
    """How a claim becomes an answer."""
    settings = desk_of(request).settings
    return public_page(
        request,
        "public/method.html",
        bilingual=True,
        hours=settings.number("answer.hours"),
        appeal_days=settings.number("appeal.working_days"),
        draws=settings.number("audit.weekly_draws"),
    )


@routes.page("/quy-tac")
def rules(request: Request) -> Response:
    """The ten rules."""
    return public_page(request, "public/rules.html", bilingual=True)

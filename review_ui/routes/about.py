"""What the desk is and what it refuses to be."""

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from pipeline import statistics
from pipeline.figures import Figure
from pipeline.naive import Naive
from review_ui.figurewords import shown, told
from review_ui.guard import Routes
from review_ui.language import number
from review_ui.pages import desk_of, language_of, public_page
from review_ui.routes.figures import series_of

routes = Routes()


@routes.page("/phuong-phap")
def method(request: Request) -> Response:
    """How a claim becomes an answer."""
    settings, series = desk_of(request).settings, series_of(request)
    return public_page(
        request,
        "public/method.html",
        hours=settings.number("answer.hours"),
        appeal_days=settings.number("appeal.working_days"),
        draws=settings.number("audit.weekly_draws"),
        naive=_naive(series.naive(), language_of(request)),
        seeds=next((one for one in series.week(series.present) if one.name == "verdict_sensitivity"), None),
        week=series.present,
        shown=shown,
        told=told,
    )


@dataclass(frozen=True)
class Contrast:
    """The naive share as a desk would print it that looks at its own flags alone, and the real figure."""

    quarter: str
    answered: int
    known: int
    claimed: str
    real: Figure


def _naive(found: Naive, language: str) -> Contrast | None:
    """The warning in words; None while no false claim of the quarter is known."""
    if found.share is None:
        return None
    low, high = statistics.wilson(found.answered, found.known)
    parts = [f"{number(100 * one, 1, language)}%" for one in (found.share, low, high)]
    claimed = f"{parts[0]} [{parts[1]} – {parts[2]}]"
    return Contrast(found.quarter, found.answered, found.known, claimed, found.real)


@routes.page("/quy-tac")
def rules(request: Request) -> Response:
    """The ten rules."""
    return public_page(request, "public/rules.html")


@routes.page("/vai-tro")
def staff_roles(request: Request) -> Response:
    """Who does what at the desk: roles, never names."""
    return public_page(request, "public/roles.html")

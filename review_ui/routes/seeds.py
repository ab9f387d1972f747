"""Seeds: known false claims put into other words and mixed blind among the others, to measure the reading."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, UsageError
from models.weeks import iso_week
from pipeline import seedfigures, seeds
from pipeline.figures import shown
from pipeline.shares import MIN_CASES
from pipeline.statistics import MIN_SEEDS
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, staff_page

routes = Routes()
ADDRESS = "/ban-lam-viec/mau-thu"


@routes.page(ADDRESS)
def seed_page(request: Request) -> Response:
    """The quarter's number against its aim, and the claims that can be put into other words."""
    return _page(request, Form({}))


@routes.form(ADDRESS)
def make_seed(request: Request, form: Posted) -> Response:
    """Make one seed; what was typed is shown again if it cannot be taken."""
    form.take("claim", "text")
    try:
        seeds.make(desk_of(request), form["claim"], me_of(request).staff_id, form["text"])
    except (UsageError, ConflictError) as error:
        return _page(request, form, error)
    return RedirectResponse(f"{ADDRESS}?da=xong", 303)


def _page(request: Request, typed: Form, error: Exception | None = None) -> Response:
    desk = desk_of(request)
    week = iso_week(desk.clock())
    with desk.reading() as session:
        progress = seeds.progress(session, seeds.quarter_now(desk))
        offered = seeds.candidates(session, desk)
        figure = seedfigures.sensitivity((progress.recognised, progress.settled), week)
    errors: list[Message] = [translate(error, language_of(request))] if error else []
    return staff_page(
        request,
        "staff/seeds.html",
        fault_of(error).status if error else 200,
        progress=progress,
        offered=offered,
        # under eleven the share is not shown: it would tell of the few people who read them
        sensitivity=shown(figure, language_of(request)) if figure.enough else "",
        least=MIN_CASES,
        known_from=MIN_SEEDS,
        longest=seeds.LONGEST,
        typed=typed,
        errors=errors,
        done=request.query_params.get("da") == "xong",
    )

"""The registry of models: a person promotes one, and a person takes it back (rule 10)."""

from collections.abc import Callable, Mapping

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import KiemChungError, UsageError
from pipeline import canary, learning, modelcard, standing
from pipeline.compose import Desk
from review_ui import reading
from review_ui.faults import fault_of
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, staff_page

routes = Routes()


def _page(request: Request, errors: tuple[Message, ...] = (), status: int = 200) -> Response:
    desk = desk_of(request)
    with desk.reading() as session:
        found = learning.list_models(session)
        metrics = reading.model_metrics(session)
        people = {one.id: one.username for one in reading.staff(session)}
        trial = canary.running(session)
    figures = {number: {one.name: one.value for one in kept} for number, kept in metrics.items()}
    return staff_page(
        request,
        "staff/models.html",
        status,
        models=found,
        metrics={number: _told(kept) for number, kept in figures.items()},
        cards={one.id: modelcard.card(one, figures.get(one.id, {})) for one in found},
        points={number: modelcard.reliability(kept) for number, kept in figures.items()},
        people=people,
        trial=trial,
        errors=errors,
    )


def _done(request: Request, act: Callable[[Desk, int], object]) -> Response:
    """What a lead does to the models: back to their list, or the list with what stands in the way."""
    try:
        act(desk_of(request), me_of(request).staff_id)
    except KiemChungError as error:
        return _page(request, (translate(error, language_of(request)),), fault_of(error).status)
    return RedirectResponse("/mo-hinh", 303)


def _told(figures: Mapping[str, float]) -> list[tuple[str, float]]:
    return list(modelcard.told(figures).items())


@routes.page("/mo-hinh/nguoi-gan-nhan")
def reviewers(request: Request) -> Response:
    """Who gave the labels that teach, and whose answers were settled otherwise more often than others'."""
    desk = desk_of(request)
    with desk.reading() as session:
        found = standing.report(session, desk.clock())
    return staff_page(
        request, "staff/labellers.html", people=found, weeks=standing.WEEKS, sides=canary.compared(desk)
    )


@routes.form("/mo-hinh/chay-thu")
def try_model(request: Request, form: Posted) -> Response:
    """Let a candidate order its share of the queue."""
    chosen = form.take("model_id")["model_id"]
    return _done(request, lambda desk, lead: canary.start(desk, _number(chosen), lead))


@routes.form("/mo-hinh/ngung-thu")
def end_trial(request: Request, form: Posted) -> Response:
    """End the trial of a candidate."""
    form.take()
    return _done(request, canary.stop)


@routes.page("/mo-hinh")
def models(request: Request) -> Response:
    """Every registered model with its held-out figures."""
    return _page(request)


@routes.form("/mo-hinh/dua-vao-dung")
def promote_model(request: Request, form: Posted) -> Response:
    """Put a candidate to work."""
    chosen = form.take("model_id")["model_id"]
    return _done(request, lambda desk, lead: learning.promote(desk, _number(chosen), lead))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError("model: choose one")
    return int(text)


@routes.form("/mo-hinh/quay-lai")
def roll_back_model(request: Request, form: Posted) -> Response:
    """Take the champion back and let the one before it serve again."""
    form.take()
    return _done(request, learning.rollback)

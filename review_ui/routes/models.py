"""The registry of models: a person promotes one, and a person takes it back (rule 10)."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import KiemChungError, UsageError
from pipeline import learning
from review_ui import reading
from review_ui.faults import fault_of
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, me_of, staff_page

routes = Routes()


def _page(request: Request, errors: tuple[Message, ...] = (), status: int = 200) -> Response:
    with desk_of(request).reading() as session:
        found = learning.list_models(session)
        metrics = reading.model_metrics(session)
        people = {one.id: one.username for one in reading.staff(session)}
    return staff_page(
        request, "staff/models.html", status, models=found, metrics=metrics, people=people, errors=errors
    )


@routes.page("/mo-hinh")
def models(request: Request) -> Response:
    """Every registered model with its held-out figures."""
    return _page(request)


@routes.form("/mo-hinh/dua-vao-dung")
def promote_model(request: Request, form: Posted) -> Response:
    """Put a candidate to work."""
    chosen = form.take("model_id")["model_id"]
    try:
        learning.promote(desk_of(request), _number(chosen), me_of(request).staff_id)
    except KiemChungError as error:
        return _page(request, (translate(error),), fault_of(error).status)
    return RedirectResponse("/mo-hinh", 303)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError("model: choose one")
    return int(text)


@routes.form("/mo-hinh/quay-lai")
def roll_back_model(request: Request, form: Posted) -> Response:
    """Take the champion back and let the one before it serve again."""
    form.take()
    try:
        learning.rollback(desk_of(request), me_of(request).staff_id)
    except KiemChungError as error:
        return _page(request, (translate(error),), fault_of(error).status)
    return RedirectResponse("/mo-hinh", 303)

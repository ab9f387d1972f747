"""The independent audit's page: one claim at a time, its words and mentions, and six labels."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.claims import Claim
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Opinion
from pipeline import independent
from review_ui.claims import mentions_of
from review_ui.faults import fault_of
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, staff_page

routes = Routes()
FIELDS = ("week", "ref", "label")


@routes.page("/kiem-toan")
def independent_audit(request: Request) -> Response:
    """The next claim that this auditor is to label."""
    return _page(request)


def _page(request: Request, errors: Sequence[Message] = (), status: int = 200) -> Response:
    with desk_of(request).reading() as session:
        task = independent.next_task(session, me_of(request).staff_id)
        claim = session.get(Claim, task.claim_id) if task else None
        # its words alone: the template is handed nothing that a score, a review or a draw could show in
        shown = {
            "text": claim.text if claim else "",
            "topic": claim.topic if claim else "",
            "mentions": mentions_of(session, claim.id) if claim else [],
        }
    return staff_page(
        request,
        "staff/independent.html",
        status,
        task=task,
        errors=errors,
        labels=tuple(Opinion),
        **shown,
    )


@routes.form("/kiem-toan/nhan")
def label_claim(request: Request, form: Posted) -> Response:
    """Keep one label for good and go on to the next claim."""
    form.take(*FIELDS)
    try:
        independent.record_label(
            desk_of(request), me_of(request).staff_id, form["week"], form["ref"], form["label"]
        )
    except (UsageError, ConflictError, NotFoundError) as error:
        return _page(request, [translate(error, language_of(request))], fault_of(error).status)
    return RedirectResponse("/kiem-toan", 303)

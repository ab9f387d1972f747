"""Several claims that say the same, decided with one reason and one set of evidence."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, UsageError
from models.vocabulary import Opinion
from models.weeks import local_day
from pipeline import groups, undo
from pipeline.proposals import proposal_of
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, staff_page
from review_ui.presets import PRESET_KEYS, presets_in
from review_ui.reviewform import BLOCKS, SHARED_FIELDS, given, typed_of

routes = Routes()


@routes.page("/ban-lam-viec/cung-mot-dieu/{n:int}")
def claim_group(request: Request, n: int) -> Response:
    """The open claims that say what a known claim says."""
    undo.settle_due(desk_of(request))
    return _page(request, n, None)


def _page(
    request: Request, n: int, typed: Form | None, errors: Sequence[Message] = (), status: int = 200
) -> Response:
    desk = desk_of(request)
    today = local_day(desk.clock())
    with desk.reading() as session:
        known = groups.known_of(session, n)
        members = groups.members(session, n, me_of(request).staff_id)
        found = (proposal_of(session, claim, today) for claim in members)
        proposal = next((one for one in found if one is not None), None)
    if typed is None:
        chosen = {f"claim_{claim.id}": "1" for claim in members}
        typed = Form({**chosen, **(typed_of(proposal) if proposal else {})})
    return staff_page(
        request,
        "staff/group.html",
        status,
        known=known,
        members=members,
        typed=typed,
        errors=errors,
        opinions=tuple(Opinion),
        presets=presets_in(language_of(request)),
        preset_keys=PRESET_KEYS,
        blocks=BLOCKS,
        today=today,
    )


@routes.form("/ban-lam-viec/cung-mot-dieu/{n:int}")
def review_group(request: Request, n: int, form: Posted) -> Response:
    """Accept one review of each chosen claim, all or none."""
    desk, staff_id = desk_of(request), me_of(request).staff_id
    with desk.reading() as session:
        groups.known_of(session, n)
    chosen = _chosen(form)
    form.take(*SHARED_FIELDS, *(f"claim_{one}" for one in chosen))
    shared = {name: form[name] for name in SHARED_FIELDS}
    try:
        with desk.reading() as session:
            _must_be_of(chosen, {claim.id for claim in groups.members(session, n, staff_id)})
        undo.accept(desk, chosen, staff_id, given(form), shared)
    except (UsageError, ConflictError) as error:
        return _page(request, n, form, [translate(error, language_of(request))], fault_of(error).status)
    return RedirectResponse("/ban-lam-viec?da=xong", 303)


def _chosen(form: Form) -> list[int]:
    numbers = (name.removeprefix("claim_") for name in form.values() if name.startswith("claim_"))
    return [int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 10]


def _must_be_of(chosen: Sequence[int], members: set[int]) -> None:
    if not set(chosen) <= members:
        raise ConflictError("one of these claims is not open for your review any more")

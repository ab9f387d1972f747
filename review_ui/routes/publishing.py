"""The editor of corrections: a live six-word check, a preview, publishing and revising."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from models.claims import Claim
from models.decisions import Correction, Evidence
from models.errors import ConflictError, UsageError
from models.vocabulary import ClaimState, Language, Opinion
from pipeline import decisions, public, publishing
from pipeline.paraphrase import shared_run
from pipeline.publishing import CorrectionInput
from review_ui.claims import claim_of
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, me_of, staff_page

routes = Routes()
PARTS = tuple(field.name for field in fields(CorrectionInput))
NAMES = tuple(f"{language.value}-{part}" for language in Language for part in PARTS)


@dataclass(frozen=True)
class Draft:
    """What the editor works on: the claim, what was agreed, its evidence, and the tips' own sentences."""

    claim: Claim
    opinion: Opinion | None
    evidence: Sequence[Evidence]
    slug: str | None
    may_publish: bool
    fenced: Sequence[str]


@routes.page("/ban-lam-viec/{claim_id:int}/dinh-chinh")
def correction_editor(request: Request, claim_id: int) -> Response:
    """The editor, filled with the newest version where there is one."""
    with desk_of(request).reading() as session:
        draft = _draft(session, claim_id, me_of(request).staff_id)
        typed = _newest(session, draft.slug)
    return _editor(request, draft, typed)


@routes.form("/ban-lam-viec/{claim_id:int}/dinh-chinh/kiem-tra")
def check_correction(request: Request, claim_id: int, form: Posted) -> Response:
    """Check the words so far and show how they will look; stores nothing. htmx asks for the result alone."""
    form.take(*NAMES, "reason")
    with desk_of(request).reading() as session:
        draft = _draft(session, claim_id, me_of(request).staff_id)
    if request.headers.get("hx-request") == "true":
        return staff_page(
            request, "staff/editor_check.html", draft=draft, typed=form, checks=_checks(draft, form)
        )
    return _editor(request, draft, form, checked=True)


@routes.form("/ban-lam-viec/{claim_id:int}/dinh-chinh")
def publish_correction(request: Request, claim_id: int, form: Posted) -> Response:
    """Publish what two people agreed on."""
    form.take(*NAMES, "reason")
    return _send(request, claim_id, form, first=True)


@routes.form("/ban-lam-viec/{claim_id:int}/sua")
def revise_correction(request: Request, claim_id: int, form: Posted) -> Response:
    """Append a version of a published correction, with its reason."""
    form.take(*NAMES, "reason")
    return _send(request, claim_id, form, first=False)


def _send(request: Request, claim_id: int, form: Form, *, first: bool) -> Response:
    desk, me = desk_of(request), me_of(request)
    with desk.reading() as session:
        draft = _draft(session, claim_id, me.staff_id)
        before = _newest(session, draft.slug)
    try:
        if first:
            slug = publishing.publish(desk, claim_id, me.staff_id, texts_of(form), form["reason"])
        else:
            slug = draft.slug or ""
            publishing.revise(desk, slug, me.staff_id, _changed(form, before), form["reason"])
    except (UsageError, ConflictError) as error:
        return _editor(request, draft, form, [translate(error)], fault_of(error).status, checked=True)
    return RedirectResponse(f"/dinh-chinh/{slug}", 303)


def _changed(form: Form, before: Form) -> dict[Language, CorrectionInput]:
    """The languages whose words differ from the newest version: only those get a new one."""
    old = texts_of(before)
    new = {language: text for language, text in texts_of(form).items() if old.get(language) != text}
    if not new:
        raise UsageError("correction: nothing was changed")
    return new


def _draft(session: Session, claim_id: int, staff_id: int) -> Draft:
    claim = claim_of(session, claim_id)
    reviews = decisions.round_reviews(session, claim)
    if claim.state not in {ClaimState.AGREED, ClaimState.DECIDED}:
        raise ConflictError("two people have not agreed on this claim yet")
    return Draft(
        claim=claim,
        opinion=decisions.agreed_opinion(reviews),
        evidence=decisions.evidence_of(session, claim.id),
        slug=session.scalar(select(Correction.slug).where(Correction.claim_id == claim.id)),
        may_publish=not reviews or reviews[0].staff_id != staff_id,
        fenced=publishing.public_sources(session, claim.id),
    )


def _newest(session: Session, slug: str | None) -> Form:
    if slug is None:
        return Form({})
    item = public.correction(session, slug)
    typed: dict[str, str] = {}
    for language in item.languages:
        text = item.text(language)
        typed |= {f"{language}-{part}": str(getattr(text, part)) for part in PARTS}
    return Form(typed)


def texts_of(form: Form) -> dict[Language, CorrectionInput]:
    """The correction in each language that has any words; Vietnamese always."""
    texts = {}
    for language in Language:
        parts = {part: form[f"{language.value}-{part}"].strip() for part in PARTS}
        if language is Language.VI or any(parts.values()):
            texts[language] = CorrectionInput(**parts)
    return texts


def _checks(draft: Draft, form: Form) -> Mapping[str, str]:
    """For each field that repeats more than six words of a tip, the words."""
    found = {}
    for language, text in texts_of(form).items():
        for part, words in asdict(text).items():
            run = shared_run(words, draft.fenced)
            if run is not None:
                found[f"{language.value}-{part}"] = str(run)
    return found


def _editor(
    request: Request,
    draft: Draft,
    typed: Form,
    errors: Sequence[Message] = (),
    status: int = 200,
    *,
    checked: bool = False,
) -> Response:
    return staff_page(
        request,
        "staff/editor.html",
        status,
        draft=draft,
        typed=typed,
        checks=_checks(draft, typed) if checked else {},
        checked=checked,
        errors=errors,
        revising=draft.claim.state == ClaimState.DECIDED,
    )

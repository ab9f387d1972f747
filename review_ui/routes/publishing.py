"""The editor of corrections: live six-word check, preview, drafts, publishing and revising."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from models.claims import Claim
from models.decisions import Correction, Evidence
from models.errors import ConflictError, UsageError
from models.vocabulary import ClaimState, Language, Opinion, Rating
from pipeline import correctiondrafts, decisions, public, publishing, ratedpart, verdicts
from pipeline.correctiondrafts import KeptDraft
from pipeline.publishing import CorrectionInput
from pipeline.ratedpart import Part
from pipeline.spoken import Spoken, spoken
from review_ui import editing
from review_ui.claims import claim_of
from review_ui.editing import EXTRA, NAMES, PARTS, TAB, texts_of
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, render, site_of, staff_page

routes = Routes()


@dataclass(frozen=True)
class Draft:
    """What the editor works on: the claim, what was agreed of which part, evidence, the tips' sentences."""

    claim: Claim
    opinion: Opinion | None
    part: Part | None
    evidence: Sequence[Evidence]
    slug: str | None
    may_publish: bool
    unseen: int
    fenced: Sequence[str]
    published: Form
    kept: KeptDraft | None

    @property
    def rating(self) -> Rating | None:
        """What the correction will be rated."""
        return Rating(self.opinion.value) if self.opinion in decisions.RATED else None

    @property
    def cut(self) -> tuple[str, str, str] | None:
        """The claim before, in and after the part that is rated; None where the whole of it is."""
        return ratedpart.cut(self.claim.text, self.part) if self.part else None

    @property
    def revising(self) -> bool:
        """Whether the answer is public already and only its words change."""
        return self.claim.state == ClaimState.DECIDED


@routes.page("/ban-lam-viec/{claim_id:int}/dinh-chinh")
def correction_editor(request: Request, claim_id: int) -> Response:
    """The editor, filled with the lead's own draft, or else with the newest version where there is one."""
    draft = _load(request, claim_id)
    words = draft.kept.fields if draft.kept else draft.published.values()
    tab = request.query_params.get(TAB, "")
    return _editor(request, draft, Form({**words, TAB: tab}), restored=draft.kept is not None)


@routes.form("/ban-lam-viec/{claim_id:int}/dinh-chinh/kiem-tra")
def check_correction(request: Request, claim_id: int, form: Posted) -> Response:
    """Keep the words as a draft, check them, show how they will look. htmx asks for the result alone."""
    form.take(*NAMES, *EXTRA)
    draft = _load(request, claim_id)
    _keep(request, draft, form)
    if request.headers.get("hx-request") == "true":
        return staff_page(request, "staff/editor_check.html", 200, **_shown(request, draft, form))
    return _editor(request, draft, form)


@routes.form("/ban-lam-viec/{claim_id:int}/dinh-chinh/bo-nhap")
def discard_correction_draft(request: Request, claim_id: int, form: Posted) -> Response:
    """Throw the lead's own draft away and begin again from what is public."""
    form.take(*NAMES, *EXTRA)
    with desk_of(request).sessions.begin() as session:
        correctiondrafts.drop(session, claim_of(session, claim_id).id, me_of(request).staff_id)
    return RedirectResponse(f"/ban-lam-viec/{claim_id}/dinh-chinh", 303)


@routes.form("/ban-lam-viec/{claim_id:int}/dinh-chinh")
def publish_correction(request: Request, claim_id: int, form: Posted) -> Response:
    """Publish what two people agreed on."""
    form.take(*NAMES, *EXTRA)
    return _send(request, claim_id, form, first=True)


@routes.form("/ban-lam-viec/{claim_id:int}/sua")
def revise_correction(request: Request, claim_id: int, form: Posted) -> Response:
    """Append a version of a published correction, with its reason."""
    form.take(*NAMES, *EXTRA)
    return _send(request, claim_id, form, first=False)


def _send(request: Request, claim_id: int, form: Form, *, first: bool) -> Response:
    desk, me = desk_of(request), me_of(request)
    draft = _load(request, claim_id)
    try:
        if first:
            slug = publishing.publish(desk, claim_id, me.staff_id, texts_of(form), form["reason"])
        else:
            slug = draft.slug or ""
            publishing.revise(desk, slug, me.staff_id, _changed(form, draft.published), form["reason"])
    except (UsageError, ConflictError) as error:
        _keep(request, draft, form)
        return _editor(request, draft, form, [translate(error, language_of(request))], fault_of(error).status)
    return RedirectResponse(f"/dinh-chinh/{slug}", 303)


def _keep(request: Request, draft: Draft, form: Form) -> None:
    """What was typed becomes the lead's draft; what is public word for word needs none."""
    desk, me = desk_of(request), me_of(request)
    same = texts_of(form) == texts_of(draft.published) and not form["reason"].strip()
    fields: Mapping[str, str] = {} if same else editing.kept_fields(form)
    correctiondrafts.keep(desk, draft.claim.id, me.staff_id, fields)


def _changed(form: Form, before: Form) -> dict[Language, CorrectionInput]:
    """The languages whose words differ from the newest version: only those get a new one."""
    old = texts_of(before)
    new = {language: text for language, text in texts_of(form).items() if old.get(language) != text}
    if not new:
        raise UsageError("correction: nothing was changed")
    return new


def _load(request: Request, claim_id: int) -> Draft:
    with desk_of(request).reading() as session:
        return _draft(session, claim_id, me_of(request).staff_id)


def _draft(session: Session, claim_id: int, staff_id: int) -> Draft:
    claim = claim_of(session, claim_id)
    reviews = decisions.round_reviews(session, claim)
    if claim.state not in {ClaimState.AGREED, ClaimState.DECIDED}:
        raise ConflictError("two people have not agreed on this claim yet")
    agreed = decisions.agreed_pair(reviews)
    slug = session.scalar(select(Correction.slug).where(Correction.claim_id == claim.id))
    return Draft(
        claim=claim,
        opinion=decisions.agreed_opinion(reviews),
        part=ratedpart.part_of(agreed[0].part_start, agreed[0].part_end) if agreed else None,
        evidence=decisions.evidence_of(session, claim.id),
        slug=slug,
        may_publish=not verdicts.own(reviews, staff_id),
        unseen=verdicts.unseen(session, claim.id),
        fenced=publishing.public_sources(session, claim.id),
        published=_newest(session, slug),
        kept=correctiondrafts.kept(session, claim.id, staff_id),
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


def _shown(request: Request, draft: Draft, typed: Form) -> dict[str, object]:
    """What the part of the page shows that is drawn anew while somebody types."""
    examined = editing.examine(typed, draft.fenced, language_of(request))
    copied = [one for one in examined if one.copied]
    tab = editing.chosen_language(typed[TAB])
    return {
        "draft": draft,
        "typed": typed,
        "examined": examined,
        "copied": copied,
        "copied_at": {one.name: one for one in copied},
        "limit": editing.LIMIT,
        "tab": tab,
        "tabs": editing.tabs(typed, tab, language_of(request)),
        "preview": _preview(request, draft, typed, tab),
        "aloud": _aloud(request, draft, typed),
    }


def _preview(request: Request, draft: Draft, typed: Form, tab: Language) -> Markup:
    """The correction as its page will say it, headings in its own language."""
    context = {"words_of": {part: typed[f"{tab.value}-{part}"] for part in PARTS}, "rating": draft.rating}
    # a template of ours: what was typed is escaped in it
    return Markup(render(site_of(request), "staff/editor_preview.html", context, tab.value))  # noqa: S704


def _aloud(request: Request, draft: Draft, typed: Form) -> Spoken | None:
    """What would be read out, once there is something to say."""
    text = texts_of(typed)[Language.VI]
    if draft.rating is None or not (text.truth or text.spoken):
        return None
    return spoken(text, draft.rating, site_of(request).name)


def _editor(
    request: Request,
    draft: Draft,
    typed: Form,
    errors: Sequence[Message] = (),
    status: int = 200,
    *,
    restored: bool = False,
) -> Response:
    shown = _shown(request, draft, typed)
    errors_on = {one.field for one in errors}
    return staff_page(
        request, "staff/editor.html", status, errors=errors, errors_on=errors_on, restored=restored, **shown
    )

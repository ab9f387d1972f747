"""One correction: its page, its data, its earlier versions."""

import json
import re

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError
from models.vocabulary import Language
from pipeline import public
from pipeline.public import PublicCorrection
from review_ui.guard import Routes
from review_ui.pages import base_url, cacheable, desk_of, language_of, public_page, site_of

routes = Routes()
_SLUG = re.compile(r"[a-z0-9-]{1,200}")


def load(request: Request, slug: str) -> PublicCorrection:
    """The correction of a slug; raises `NotFoundError`, also for what can be no slug."""
    if not _SLUG.fullmatch(slug):
        raise NotFoundError("there is no such correction")
    with desk_of(request).reading() as session:
        return public.correction(session, slug)


@routes.page("/dinh-chinh/{slug}.json")
def correction_json(request: Request, slug: str) -> Response:
    """The correction as ClaimReview."""
    item = load(request, slug)
    data = public.claim_review(item, base_url(request), site_of(request).name)
    return cacheable(request, json.dumps(data, ensure_ascii=False, indent=1), "application/ld+json")


@routes.page("/dinh-chinh/{slug}")
def correction(request: Request, slug: str) -> Response:
    """The answer with everything that led to it."""
    item = load(request, slug)
    wanted = language_of(request)
    asked = Language.KM if request.query_params.get("lang") == "km" else Language(wanted)
    shown = asked if asked in item.languages else Language.VI
    return public_page(
        request,
        "public/correction.html",
        bilingual=True,
        item=item,
        text=item.text(shown),
        missing=asked != shown,
        structured=public.claim_review(item, base_url(request), site_of(request).name),
    )


@routes.page("/dinh-chinh/{slug}/phien-ban/{n:int}")
def correction_version(request: Request, slug: str, n: int) -> Response:
    """One earlier wording, so that nothing is changed silently."""
    item = load(request, slug)
    asked = request.query_params.get("lang", Language.VI)
    wanted = [one for one in item.versions if one.version == n and one.language == asked]
    if not wanted:
        raise NotFoundError("there is no such version of this correction")
    newest = max(one.version for one in item.versions if one.language == asked)
    return public_page(request, "public/version.html", item=item, text=wanted[0], newest=newest)

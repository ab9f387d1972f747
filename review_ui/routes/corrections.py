"""One correction: its page, its data, its earlier versions."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from models.errors import NotFoundError
from models.vocabulary import Language
from pipeline import public
from pipeline.public import PublicCorrection, PublicVersion
from pipeline.worddiff import Change, Piece, word_diff
from review_ui import handouts
from review_ui.guard import Routes
from review_ui.language import say
from review_ui.pages import base_url, cacheable, desk_of, in_languages, language_of, public_page, site_of
from review_ui.templating import addresses

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
    """The correction as ClaimReview, in the language asked for if it is published in it."""
    item = load(request, slug)
    data = public.claim_review(item, base_url(request), site_of(request).name, language_of(request))
    return cacheable(request, json.dumps(data, ensure_ascii=False, indent=1), "application/ld+json")


@routes.page("/dinh-chinh/{slug}")
def correction(request: Request, slug: str) -> Response:
    """The answer with everything that led to it: a page of its own in each language that it has."""
    item, base = load(request, slug), base_url(request)
    asked = language_of(request)
    text = item.text_for(asked)
    in_text = addresses(text.language)
    return public_page(
        request,
        "public/correction.html",
        item=item,
        text=text,
        missing=asked != text.language,
        structured=public.claim_review(item, base, site_of(request).name, text.language),
        alternates=[one for one in in_languages(request, {}) if one.tag in item.languages],
        address=base + in_text(f"/dinh-chinh/{slug}"),
        picture=base + in_text(f"/dinh-chinh/{slug}/the.png"),
        embed=base + in_text(f"/nhung/{slug}"),
        short=handouts.short_url(item, base),
    )


def _version(request: Request, slug: str, n: int) -> tuple[PublicCorrection, PublicVersion]:
    """One version in the language of the address; raises `NotFoundError`."""
    item = load(request, slug)
    asked = request.query_params.get("lang", Language.VI)
    for one in item.versions:
        if one.version == n and one.language == asked:
            return item, one
    raise NotFoundError("there is no such version of this correction")


@routes.page("/dinh-chinh/{slug}/phien-ban/{n:int}")
def correction_version(request: Request, slug: str, n: int) -> Response:
    """One earlier wording, so that nothing is changed silently."""
    item, text = _version(request, slug, n)
    return public_page(
        request, "public/version.html", item=item, text=text, newest=item.text(text.language).version
    )


@dataclass(frozen=True)
class DiffPart:
    """One part of a correction with what became of its words."""

    label: str
    pieces: Sequence[Piece]

    @property
    def changed(self) -> bool:
        """Whether any word went or came."""
        return any(piece.change is not Change.KEPT for piece in self.pieces)


@routes.page("/dinh-chinh/{slug}/phien-ban/{n:int}/so-sanh")
def correction_diff(request: Request, slug: str, n: int) -> Response:
    """What this version changed of the one before, word by word."""
    item, text = _version(request, slug, n)
    _, before = _version(request, slug, n - 1)
    language = language_of(request)
    labels = {
        "title": say(language, "Tiêu đề"),
        "said": say(language, "Người ta nói gì"),
        "truth": say(language, "Sự thật là gì"),
        "how_known": say(language, "Vì sao chúng tôi biết"),
        "what_to_do": say(language, "Bạn nên làm gì"),
        "contact": say(language, "Gọi cho ai"),
        "spoken": say(language, "Bài đọc loa, phát thanh nửa phút"),
    }
    parts = [
        DiffPart(label, word_diff(getattr(before, name), getattr(text, name)))
        for name, label in labels.items()
        if getattr(before, name) or getattr(text, name)
    ]
    suffix = "" if text.language == Language.VI else f"?lang={text.language}"
    return public_page(request, "public/version_diff.html", item=item, text=text, parts=parts, suffix=suffix)

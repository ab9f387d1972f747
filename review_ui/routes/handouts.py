"""A correction to be carried elsewhere: picture, sheet for a notice board, text to read, card to embed."""

import re

from fastapi import Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from models.errors import NotFoundError
from models.vocabulary import Language
from pipeline import notice as sheets
from pipeline import public, sharecard
from pipeline.public import PublicCorrection, PublicVersion
from review_ui import handouts
from review_ui.guard import Routes
from review_ui.pages import base_url, cacheable, desk_of, language_of, public_page, site_of
from review_ui.routes.corrections import load
from review_ui.security import PUBLIC
from review_ui.templating import addresses

routes = Routes()
_CODE = re.compile(r"[0-9a-f]{10}")


def _wanted(request: Request, slug: str) -> tuple[PublicCorrection, PublicVersion]:
    item = load(request, slug)
    return item, item.text_for(language_of(request))


@routes.page("/d/{code}")
def short_address(request: Request, code: str) -> Response:
    """The short address that stands on paper and pictures leads to the page."""
    if not _CODE.fullmatch(code):
        raise NotFoundError("there is no such correction")
    with desk_of(request).reading() as session:
        slug = public.slug_of_code(session, code)
    where = addresses(language_of(request))(f"/dinh-chinh/{slug}")
    return RedirectResponse(where, 302, headers={"cache-control": PUBLIC})


@routes.page("/dinh-chinh/{slug}/the.svg")
def share_card_svg(request: Request, slug: str) -> Response:
    """The share card as outlines."""
    return _card(request, slug, "svg", "image/svg+xml; charset=utf-8")


@routes.page("/dinh-chinh/{slug}/the.png")
def share_card(request: Request, slug: str) -> Response:
    """The share card as other sites load it."""
    return _card(request, slug, "png", "image/png")


def _card(request: Request, slug: str, kind: sharecard.Kind, media_type: str) -> Response:
    item, text = _wanted(request, slug)
    card = handouts.card_of(item, text, site_of(request).name, base_url(request))
    return cacheable(request, sharecard.picture(card, kind), media_type)


@routes.page("/dinh-chinh/{slug}/ban-in")
def notice(request: Request, slug: str) -> Response:
    """The sheet for a notice board, to be printed from the browser."""
    item, text = _wanted(request, slug)
    made = handouts.notice_of(item, text, site_of(request).name, base_url(request))
    # drawn here from an address of this site: nothing of it is anybody's text
    code = Markup(sheets.qr_svg(made.url).decode())  # noqa: S704
    return public_page(request, "public/notice.html", item=item, text=text, notice=made, qr=code)


@routes.page("/dinh-chinh/{slug}/ban-in.pdf")
def notice_pdf(request: Request, slug: str) -> Response:
    """The same sheet as PDF, one page always."""
    item, text = _wanted(request, slug)
    made = handouts.notice_of(item, text, site_of(request).name, base_url(request))
    return cacheable(request, sheets.pdf(made), "application/pdf")


@routes.page("/dinh-chinh/{slug}/doc-loa")
def read_aloud(request: Request, slug: str) -> Response:
    """Half a minute for loudspeakers and radio."""
    item = load(request, slug)
    spoken = handouts.spoken_of(item, site_of(request).name)
    return public_page(request, "public/read_aloud.html", item=item, text=item.text(), spoken=spoken)


@routes.page("/dinh-chinh/{slug}/doc-loa.txt")
def read_aloud_text(request: Request, slug: str) -> Response:
    """The same as plain text."""
    spoken = handouts.spoken_of(load(request, slug), site_of(request).name)
    return cacheable(request, spoken.text + "\n", "text/plain; charset=utf-8")


@routes.page("/nhung/{slug}")
def embedded(request: Request, slug: str) -> Response:
    """A small card that other sites may put in a frame: no script, no cookie, nothing counted."""
    item, text = _wanted(request, slug)
    page = addresses(text.language)(f"/dinh-chinh/{item.slug}")
    return public_page(
        request,
        "public/embedded.html",
        item=item,
        text=text,
        page=base_url(request) + page,
        verdict=handouts.verdict_of(item, text.language),
        fallback=text.language == Language.VI != language_of(request),
    )

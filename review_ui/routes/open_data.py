"""Open data: one page that names every file, and the oEmbed endpoint for sites that show a correction."""

import json
import re
from urllib.parse import parse_qs, urlsplit

from fastapi import Request
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.errors import NotFoundError
from pipeline import feeds, public
from review_ui.guard import Routes
from review_ui.language import known
from review_ui.pages import base_url, cacheable, desk_of, public_page, site_of
from review_ui.templating import addresses

routes = Routes()
WIDTH, HEIGHT, LEAST = 600, 420, 200
AGE = 3600
_PAGE = re.compile(r"/dinh-chinh/([a-z0-9-]{1,200})")
_FRAME = Markup(
    '<iframe src="{src}" title="{title}" width="{width}" height="{height}" loading="lazy" '
    'sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>'
)


@routes.page("/du-lieu-mo")
def open_data(request: Request) -> Response:
    """Every file of open data with its fields, its licence and how often it changes."""
    with desk_of(request).reading() as session:
        newest = public.corrections(session, limit=1)
    return public_page(
        request,
        "public/open_data.html",
        base=base_url(request),
        columns=feeds.CSV_COLUMNS,
        example=newest[0] if newest else None,
    )


@routes.page("/oembed")
def oembed(request: Request) -> Response:
    """A correction as a card for other sites (oEmbed 1.0, type `rich`, JSON alone).

    Raises `NotFoundError` for an address that is no correction of this desk; other formats get a 501.
    """
    if request.query_params.get("format", "json") != "json":
        raise HTTPException(501)
    slug, language = _asked(request)
    with desk_of(request).reading() as session:
        item = public.correction(session, slug)
    text = item.text_for(language)
    base, name = base_url(request), site_of(request).name
    href = addresses(language)
    width, height = _at_most(request, "maxwidth", WIDTH), _at_most(request, "maxheight", HEIGHT)
    answer = {
        "version": "1.0",
        "type": "rich",
        "provider_name": name,
        "provider_url": f"{base}/",
        "title": text.title,
        "cache_age": AGE,
        "width": width,
        "height": height,
        "html": _FRAME.format(
            src=base + href(f"/nhung/{slug}"), title=text.title, width=width, height=height
        ),
    }
    return cacheable(request, json.dumps(answer, ensure_ascii=False), "application/json")


def _asked(request: Request) -> tuple[str, str]:
    """The slug and the language of the address that is asked for; raises `NotFoundError`."""
    try:
        address = urlsplit(request.query_params.get("url", ""))
    except ValueError:
        raise NotFoundError("there is no such correction") from None
    own = urlsplit(base_url(request)).netloc
    found = _PAGE.fullmatch(address.path)
    if found is None or address.netloc != own or address.scheme not in {"http", "https"}:
        raise NotFoundError("there is no such correction")
    return found[1], known(parse_qs(address.query).get("lang", [""])[0])


def _at_most(request: Request, name: str, most: int) -> int:
    """A measure in pixels that the asking site can take, within what the card can be."""
    asked = request.query_params.get(name, "")
    return (
        max(LEAST, min(int(asked), most)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else most
    )

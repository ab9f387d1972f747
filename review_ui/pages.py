"""Pages: what every template is given, and how an answer may be kept by caches."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.compose import Desk
from review_ui import permissions, templating
from review_ui.security import NO_STORE, PUBLIC
from review_ui.sessions import SignedIn
from review_ui.throttle import Throttle


@dataclass(frozen=True)
class Site:
    """What the routes work with; made once by `create_app`."""

    desk: Desk
    templates: Environment
    throttle: Throttle
    banner: str | None = None

    @property
    def name(self) -> str:
        """The desk's name."""
        return self.desk.settings.text("desk.name")


def site_of(request: Request) -> Site:
    """The site of a request."""
    site: Site = request.app.state.site
    return site


def desk_of(request: Request) -> Desk:
    """The desk of a request."""
    return site_of(request).desk


def me_of(request: Request) -> SignedIn:
    """Who is signed in; only routes of staff may ask."""
    me: SignedIn = request.state.me
    return me


def base_url(request: Request) -> str:
    """The address that readers use, without a slash at the end."""
    configured = desk_of(request).settings.text("web.public_url").rstrip("/")
    return configured or f"{request.url.scheme}://{request.url.netloc}"


def language_of(request: Request) -> str:
    """The language that a public page is asked for in; Vietnamese first."""
    return "en" if request.query_params.get("lang") == "en" else "vi"


def render(site: Site, template: str, context: Mapping[str, object], language: str = "vi") -> str:
    """A template with what all pages share."""
    shared = {
        "site": site,
        "lang": language,
        "t": templating.in_language(language),
        "names": templating.names(language),
        "me": None,
        "may": lambda _name: False,
        "path": "/",
        "other_language": None,
        "errors": (),
    }
    return site.templates.get_template(template).render(**{**shared, **context})


def public_page(
    request: Request,
    template: str,
    *,
    bilingual: bool = False,
    cache: str = PUBLIC,
    kept: Mapping[str, str | None] | None = None,
    more: Mapping[str, object] | None = None,
    **context: object,
) -> Response:
    """A public page: no cookie, cacheable, told apart by its content.

    `kept` are the values of the address that hold in the other language too, `more` joins the context.
    """
    language = language_of(request) if bilingual else "vi"
    other = None
    if bilingual:
        turned = None if language == "en" else "en"
        other = templating.query(request.url.path, **(kept or {}), lang=turned)
    shown = {"path": request.url.path, "other_language": other, "kept": kept or {}, **(more or {}), **context}
    html = render(site_of(request), template, shown, language)
    return cacheable(request, html, "text/html; charset=utf-8", cache)


def form_page(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """A page of the public door that must not be kept: an answer to a form, or a form that was typed in."""
    shown = {"path": request.url.path, **context}
    html = render(site_of(request), template, shown)
    return HTMLResponse(html, status, headers={"cache-control": NO_STORE})


def staff_page(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """A page for staff: never kept by a cache."""
    me: SignedIn | None = getattr(request.state, "me", None)
    shown: dict[str, object] = {"path": request.url.path, "me": me}
    if me is not None:
        role = me.role
        shown["may"] = lambda name: permissions.may(role, name)
    html = render(site_of(request), template, {**shown, **context})
    return HTMLResponse(html, status, headers={"cache-control": NO_STORE})


def cacheable(request: Request, body: str | bytes, media_type: str, cache: str = PUBLIC) -> Response:
    """A public answer that caches may keep as long as they ask whether it has changed."""
    raw = body.encode() if isinstance(body, str) else body
    tag = f'"{hashlib.sha256(raw).hexdigest()[:24]}"'
    headers = {"cache-control": cache, "etag": tag}
    asked = request.headers.get("if-none-match", "")
    if tag in {one.strip().removeprefix("W/") for one in asked.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(raw, media_type=media_type, headers=headers)

"""Pages: what every template is given, and how an answer may be kept by caches."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.compose import Desk
from review_ui import language as languages
from review_ui import permissions, stafflanguage, templating
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
    """The language that a page is asked for in; Vietnamese first.

    Public pages know what the address says and no more; pages for staff also what their reader chose before.
    """
    if getattr(request.state, "for_staff", False):
        return stafflanguage.of(request)
    return languages.known(request.query_params.get("lang"))


def said(request: Request, text: str) -> str:
    """A text of the staff's room in the language of a request; `tools.catalogues` knows it by this name."""
    return languages.say(language_of(request), text) if text else ""


def render(site: Site, template: str, context: Mapping[str, object], language: str = languages.FIRST) -> str:
    """A template with what all pages share."""
    speech = languages.speech(language)
    shared = {
        "site": site,
        "lang": language,
        "gettext": speech.gettext,
        "ngettext": speech.ngettext,
        "href": templating.addresses(language),
        "is_draft": language in languages.DRAFTS,
        "names": templating.names(language),
        "me": None,
        "may": lambda _name: False,
        "path": "/",
        "in_languages": (),
        "errors": (),
    }
    return site.templates.get_template(template).render(**{**shared, **context})


def public_page(
    request: Request,
    template: str,
    *,
    cache: str = PUBLIC,
    kept: Mapping[str, str | None] | None = None,
    more: Mapping[str, object] | None = None,
    **context: object,
) -> Response:
    """A public page: no cookie, cacheable, told apart by its content.

    `kept` are the values of the address that hold in every language, `more` joins the context.
    """
    language = language_of(request)
    shown = {
        "path": request.url.path,
        "in_languages": in_languages(request, kept or {}),
        "kept": kept or {},
        **(more or {}),
        **context,
    }
    html = render(site_of(request), template, shown, language)
    return cacheable(request, html, "text/html; charset=utf-8", cache)


@dataclass(frozen=True)
class InLanguage:
    """One language of a page: its tag, its own name, the path and the whole address of the page in it."""

    tag: str
    name: str
    path: str
    url: str
    chosen: bool


def in_languages(request: Request, kept: Mapping[str, str | None]) -> list[InLanguage]:
    """The page of a request in each language, for its switch and its `hreflang` links."""
    base, chosen = base_url(request), language_of(request)
    here = quote(request.url.path)
    paths = {tag: templating.addresses(tag)(here, **kept) for tag in languages.LANGUAGES}
    return [
        InLanguage(tag, languages.NAMES[tag], path, base + path, tag == chosen) for tag, path in paths.items()
    ]


def localized(request: Request, path: str) -> str:
    """An address of this site in the language of a request: for redirects after a form."""
    return templating.addresses(language_of(request))(path)


def form_page(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """A page of the public door that must not be kept: an answer to a form, or a form that was typed in."""
    shown = {"path": request.url.path, **context}
    html = render(site_of(request), template, shown, language_of(request))
    return HTMLResponse(html, status, headers={"cache-control": NO_STORE})


def staff_page(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """A page for staff, in the language that they chose: never kept by a cache."""
    me: SignedIn | None = getattr(request.state, "me", None)
    language = language_of(request)
    shown: dict[str, object] = {
        "path": request.url.path,
        "me": me,
        "words": templating.words_in(language),
        "choices": stafflanguage.choices(request),
        "here": stafflanguage.here(request),
    }
    if me is not None:
        role = me.role
        shown["may"] = lambda name: permissions.may(role, name)
    html = render(site_of(request), template, {**shown, **context}, language)
    response = HTMLResponse(html, status, headers={"cache-control": NO_STORE})
    chosen = stafflanguage.asked(request)
    if me is not None and chosen and request.method == "GET":
        stafflanguage.keep(response, chosen)
    return response


def cacheable(request: Request, body: str | bytes, media_type: str, cache: str = PUBLIC) -> Response:
    """A public answer that caches may keep as long as they ask whether it has changed."""
    raw = body.encode() if isinstance(body, str) else body
    tag = f'"{hashlib.sha256(raw).hexdigest()[:24]}"'
    headers = {"cache-control": cache, "etag": tag}
    if is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(raw, media_type=media_type, headers=headers)


def is_known(tag: str, asked: str) -> bool:
    """Whether a reader who sends this `If-None-Match` has the answer of this tag."""
    return tag in {one.strip().removeprefix("W/") for one in asked.split(",")}

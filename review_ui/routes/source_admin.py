"""The registry of sources, for admins: look at a site, add it, try it, switch it, let it rest."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from crawlers import healthwords
from crawlers.errors import HomePageError, RegistryError
from crawlers.registry import EntrySpec, SourceSpec
from models.errors import ConflictError, KiemChungError, NotFoundError, UsageError
from models.vocabulary import EntryKind, SourceKind
from pipeline import registering, sourcing
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, said, staff_page
from review_ui.routes.sources import HEALTH, source_page

if TYPE_CHECKING:
    from crawlers.discover import Discovery

routes = Routes()
NEW = "/nguon/them"
MOST_ENTRIES = 16
"""Entry points that one look finds at most: ten named, four inside them, the home page and a listing."""
_looking = threading.Lock()


@contextmanager
def _alone() -> Iterator[None]:
    """One look at a time: each holds a thread of the server and a process for a minute or two."""
    if not _looking.acquire(blocking=False):
        raise ConflictError("another site is being looked at; try again in a minute")
    try:
        yield
    finally:
        _looking.release()


@routes.page(NEW)
def source_form(request: Request) -> Response:
    """The form for a site's address."""
    return _page(request, Form({}))


def _page(
    request: Request,
    typed: Form,
    found: "Discovery | None" = None,
    error: KiemChungError | None = None,
    entries: Sequence[tuple[bool, EntrySpec, int]] = (),
) -> Response:
    if found is not None:
        entries = [(True, one.entry, one.links) for one in found.found]
    return staff_page(
        request,
        "staff/source_new.html",
        _status(error),
        typed=typed,
        entries=entries,
        kinds=tuple(SourceKind),
        errors=[_told(request, error)] if error else [],
    )


def _status(error: KiemChungError | None) -> int:
    if isinstance(error, HomePageError):
        return 422  # the address is at fault, not this server
    return fault_of(error).status if error else 200


def _told(request: Request, error: KiemChungError) -> Message:
    if isinstance(error, HomePageError):
        why = healthwords.why(error.outcome, _spoken(request))
        what = said(request, "Không đọc được trang chủ này")  # the catalogue's tool sees no f-strings
        return Message(f"{what}: {why}.", "url")
    return translate(error, language_of(request))


def _spoken(request: Request) -> str:
    """The language of what the crawler says: it knows Vietnamese and English."""
    return "en" if language_of(request) == "en" else "vi"


@routes.form(f"{NEW}/tim")
def look_for_source(request: Request, form: Posted) -> Response:
    """Look for feeds, sitemaps and ClaimReview of a site with the crawler's own fetcher; none is stored."""
    form.take("url")
    url = _address(form["url"].strip())
    typed = Form({"url": url})
    try:
        with _alone():
            found = sourcing.look(desk_of(request), url)
        if found.problem:
            raise RegistryError(f"{url}: {found.problem}")
    except KiemChungError as error:
        return _page(request, typed, error=error)
    seen = {"homepage": found.homepage, "name": found.title, "id": sourcing.default_id(found.homepage)}
    return _page(request, Form({"url": url, "local": "1", **seen}), found)


def _address(typed: str) -> str:
    """What people type for a site, as an address: a bare name is its home page over https."""
    url = typed if "://" in typed else f"https://{typed}"
    return url if url.count("/") > 2 else f"{url}/"


@routes.form(NEW)
def add_source(request: Request, form: Posted) -> Response:
    """Add what was found to the registry, switched off."""
    numbered = [f"{field}_{n}" for field in _FIELDS for n in range(MOST_ENTRIES)]
    form.take("url", "homepage", "id", "name", "kind", "local", *numbered)
    try:
        entries = _entries(form)
    except UsageError as error:
        return _page(request, form, error=error)
    try:
        spec = _spec(form, [entry for chosen, entry, _ in entries if chosen])
        registering.add(desk_of(request), spec, read=False, by=me_of(request).staff_id)
    except KiemChungError as error:
        return _page(request, form, error=error, entries=entries)
    return RedirectResponse(f"{HEALTH}/{spec.id}", 303)


_FIELDS = ("take", "entry", "address", "pattern", "links")


def _entries(form: Form) -> list[tuple[bool, EntrySpec, int]]:
    """The entry points of the form as they were found; the registry checks them like any others."""
    found = []
    for n in range(MOST_ENTRIES):
        kind, links = form[f"entry_{n}"], form[f"links_{n}"]
        if not kind:
            continue
        if kind not in set(EntryKind):
            raise UsageError("form: holds an entry point of no known kind")
        entry = EntrySpec(EntryKind(kind), form[f"address_{n}"], form[f"pattern_{n}"] or None)
        found.append((form[f"take_{n}"] == "1", entry, int(links) if _is_number(links) else 0))
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7


def _spec(form: Form, entries: Sequence[EntrySpec]) -> SourceSpec:
    if form["kind"] not in set(SourceKind):
        raise UsageError("kind: choose one")
    if not entries:
        raise UsageError("entries: choose at least one")
    made = SourceSpec(
        id=form["id"].strip().lower(),
        name=" ".join(form["name"].split()),
        kind=SourceKind(form["kind"]),
        homepage=form["homepage"],
        local=form["local"] == "1",
        enabled=False,
        entries=tuple(entries),
    )
    return replace(made, name=made.name or made.id)


@routes.form(f"{HEALTH}/{{source_id}}/thu")
def try_source(request: Request, source_id: str, form: Posted) -> Response:
    """Fetch the entry points of a source once and show what each gave; what can be read is verified."""
    form.take()
    try:
        with _alone():
            probes = sourcing.probe(desk_of(request), [source_id], _spoken(request))
    except KiemChungError as error:
        return _refused(request, source_id, error)
    return source_page(request, source_id, probes=probes)


@routes.form(f"{HEALTH}/{{source_id}}/bat")
def switch_on_source(request: Request, source_id: str, form: Posted) -> Response:
    """Let a source be read from now on; the reason is kept in the registry."""
    return _switched(request, source_id, form, on=True)


@routes.form(f"{HEALTH}/{{source_id}}/tat")
def switch_off_source(request: Request, source_id: str, form: Posted) -> Response:
    """Read a source no more; what was read of it stays."""
    return _switched(request, source_id, form, on=False)


def _switched(request: Request, source_id: str, form: Form, *, on: bool) -> Response:
    form.take("reason", "days")
    try:
        reason = registering.reason_of(form["reason"])
        registering.switch(desk_of(request), [source_id], on=on, reason=reason, by=me_of(request).staff_id)
    except KiemChungError as error:
        return _refused(request, source_id, error, form)
    return RedirectResponse(f"{HEALTH}/{source_id}", 303)


@routes.form(f"{HEALTH}/{{source_id}}/nghi")
def rest_source(request: Request, source_id: str, form: Posted) -> Response:
    """Leave a source alone for some days, or end its rest with 0."""
    form.take("reason", "days")
    try:
        reason = registering.reason_of(form["reason"])
        days = int(form["days"]) if _is_number(form["days"]) else registering.LONGEST_REST_DAYS + 1
        registering.rest(desk_of(request), source_id, days, reason=reason, by=me_of(request).staff_id)
    except KiemChungError as error:
        return _refused(request, source_id, error, form)
    return RedirectResponse(f"{HEALTH}/{source_id}", 303)


def _refused(request: Request, source_id: str, error: KiemChungError, typed: Form | None = None) -> Response:
    if isinstance(error, NotFoundError):
        raise error
    return source_page(request, source_id, typed=typed, error=error)

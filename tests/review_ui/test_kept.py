"""Public pages are answered again as they were until anything is decided, and not a request longer."""

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError

from models.desk import Staff
from models.vocabulary import Language
from pipeline import public, publishing
from pipeline.compose import Desk
from review_ui import kept, permissions
from review_ui.app import create_app
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import TEXT, Browser, add_claim, add_source, decide, publish, words

Drawn = Callable[[], int]
RENAMED = {Language.VI: replace(TEXT, title="Lá đu đủ không trị được sốt")}


@pytest.fixture
def slug(desk: Desk, staff: dict[str, Staff]) -> str:
    """A published correction."""
    claim_id = add_claim(desk, source_id=add_source(desk))
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    return publish(desk, claim_id, staff["chi"].id)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """How many corrections were read from the database for pages so far."""
    count = 0
    read = public._whole

    def counted(session: object, rows: object) -> object:
        nonlocal count
        count += 1
        return read(session, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(public, "_whole", counted)
    return lambda: count


def test_a_page_is_drawn_once_and_answered_the_same_to_the_byte(
    browse: OpenBrowser, slug: str, drawn: Drawn
) -> None:
    reader = browse()
    for path in (f"/dinh-chinh/{slug}", f"/dinh-chinh/{slug}.json", "/", "/rss.xml"):
        first, before = reader.get(path), drawn()
        again = reader.get(path)
        assert drawn() == before, path
        assert again.content == first.content
        assert again.headers == first.headers
        assert again.status_code == first.status_code == 200


def test_a_reader_who_has_the_page_is_told_so_from_memory_too(browse: OpenBrowser, slug: str) -> None:
    reader, path = browse(), f"/dinh-chinh/{slug}"
    drawn_now = reader.get(path)
    fresh = Browser(create_app(_desk(reader)))
    with fresh:
        asked = {"if-none-match": drawn_now.headers["etag"]}
        before, after = fresh.get(path, **asked), reader.get(path, **asked)
    assert before.status_code == after.status_code == 304
    assert before.headers == after.headers
    assert after.content == b""
    assert reader.get(path, **{"if-none-match": '"another"'}).status_code == 200


def _desk(reader: Browser) -> Desk:
    app = reader.client.app
    assert isinstance(app, FastAPI)
    desk: Desk = app.state.site.desk
    return desk


def test_what_is_decided_in_another_process_is_seen_by_the_next_request(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], slug: str
) -> None:
    reader = browse()
    pages = ("/", f"/dinh-chinh/{slug}", "/feed.json", "/chu-de/health")
    before = {page: reader.get(page).text for page in pages}
    publishing.revise(desk, slug, staff["chi"].id, RENAMED, "Rõ hơn.")
    for page in pages:
        assert "Lá đu đủ không trị được sốt" in reader.get(page).text
        assert "Lá đu đủ không trị được sốt" not in before[page]


def test_control_without_the_log_a_page_would_stay_as_it_was(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_newest", lambda _request: "the same for ever")
    reader = browse()
    before = reader.get(f"/dinh-chinh/{slug}").text
    publishing.revise(desk, slug, staff["chi"].id, RENAMED, "Rõ hơn.")
    assert reader.get(f"/dinh-chinh/{slug}").text == before


def test_languages_hosts_and_queries_are_pages_of_their_own(
    browse: OpenBrowser, slug: str, drawn: Drawn
) -> None:
    reader, path = browse(), f"/dinh-chinh/{slug}"
    vietnamese = reader.get(path)
    assert reader.get(f"{path}?lang=en").text != vietnamese.text
    before = drawn()
    assert reader.get(path, host="noi-khac.vn").status_code == 200
    assert drawn() == before + 1, "an address of a page may name the host that it was asked at"
    assert reader.get(path).text == vietnamese.text
    assert drawn() == before + 1


def test_a_mark_that_tells_readers_apart_is_neither_kept_nor_a_page_of_its_own(
    browse: OpenBrowser, app: FastAPI, slug: str, drawn: Drawn
) -> None:
    reader, path = browse(), f"/dinh-chinh/{slug}"
    first = reader.get(f"{path}?fbclid=IwAR0reader1")
    before = drawn()
    assert reader.get(f"{path}?fbclid=IwAR0reader2&utm_source=zalo").content == first.content
    assert reader.get(path).content == first.content
    assert drawn() == before
    assert "IwAR0reader" not in repr(_kept(app)), "nothing of who reads is kept"


def test_what_is_too_long_to_be_meant_is_not_kept(browse: OpenBrowser, app: FastAPI, slug: str) -> None:
    reader, path = browse(), f"/dinh-chinh/{slug}"
    reader.get(path)
    before = len(_kept(app))
    assert reader.get(f"{path}?trang={'9' * 5_000}").status_code == 200
    assert len(_kept(app)) == before == 1


def _kept(app: FastAPI) -> list[object]:
    """What the layer of an app has in memory."""
    layer = app.middleware_stack
    while not isinstance(layer, kept.KeptPages):
        layer = layer.app  # type: ignore[union-attr]
    return list(layer._pages)


def test_faults_and_what_is_not_there_are_not_kept(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk, source_id=add_source(desk))
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    reader = browse()
    assert reader.get("/dinh-chinh/khong-co").status_code == 404
    slug = publish(desk, claim_id, staff["chi"].id)
    assert reader.get(f"/dinh-chinh/{slug}").status_code == 200
    assert reader.get("/dinh-chinh/khong-co").status_code == 404


def test_only_pages_for_everybody_are_kept_and_no_search() -> None:
    assert all(permissions.PERMISSIONS[name] is permissions.EVERYBODY for name in kept.NAMES)
    assert not kept.NAMES & {"find", "api_search", "follow", "sign_in_form", "appeal_status", "healthz"}


def test_a_page_that_needs_no_database_asks_none(
    browse: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_request: object) -> None:
        raise OperationalError("SELECT", {}, OSError("the database is away"))

    monkeypatch.setattr(kept, "_newest", away)
    reader = browse()
    assert reader.get("/").status_code >= 500, "the control: this page has to ask"
    for path in ("/gui-tin", "/theo-doi", "/quy-tac", "/vai-tro"):
        assert reader.get(path).status_code == 200, path


def test_routes_that_are_kept_read_no_other_value_of_an_address(app: FastAPI) -> None:
    read: set[str] = set()
    for route in app.routes:
        if isinstance(route, APIRoute) and route.name in kept.NAMES:
            read |= _read_in(sys.modules[route.endpoint.__module__])
    assert read - {"q", "sau"} <= _read_in(kept), "q and sau are read by the search alone"
    assert {"trang", "chu-de"} <= read, "the pattern finds them"


def _read_in(module: ModuleType) -> set[str]:
    return set(re.findall(r'query_params\.get\("([^"]+)"', inspect.getsource(module)))


def test_what_staff_ask_for_is_drawn_for_them(browse: OpenBrowser, slug: str, drawn: Drawn) -> None:
    analyst, path = browse("an"), f"/dinh-chinh/{slug}"
    analyst.get(path)
    before = drawn()
    assert TEXT.title in words(analyst.get(path))
    assert drawn() == before + 1


def test_memory_has_a_ceiling_and_the_page_that_is_asked_for_stays(
    browse: OpenBrowser, slug: str, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, path = browse(), f"/dinh-chinh/{slug}"
    size = len(reader.get(path).content)
    monkeypatch.setattr(kept, "ROOM", 5 * size)
    with Browser(create_app(_desk(reader))) as small:
        small.get(path)
        for n in range(20):
            small.get(f"{path}?trang={n}")
            small.get(path)
        before = drawn()
        small.get(path)
        assert drawn() == before, "asked for all the time"
        small.get(f"{path}?trang=0")
        assert drawn() == before + 1, "gone long ago"


def test_an_answer_that_is_too_long_is_not_kept(
    browse: OpenBrowser, slug: str, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 100)
    reader, path = browse(), f"/dinh-chinh/{slug}"
    first = reader.get(path)
    before = drawn()
    assert reader.get(path).content == first.content
    assert drawn() == before + 1

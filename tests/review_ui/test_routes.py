"""Who may call what, and what every answer carries, whatever its status."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from models.desk import Staff
from models.vocabulary import Role
from pipeline import accounts, tokens
from pipeline.compose import Desk
from review_ui import permissions
from review_ui.app import create_app
from review_ui.errors import WiringError
from review_ui.permissions import BY_STAFF_TOKEN, EVERYBODY, PERMISSIONS
from review_ui.security import EMBEDDED_HEADERS, HEADERS
from review_ui.templating import STATIC
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Browser, add_claim, add_source, decide, publish

pytestmark = pytest.mark.usefixtures("staff")

FILLED = {
    "claim_id:int": "999999",
    "n:int": "1",
    "slug": "khong-co",
    "code": "0" * 10,
    "source_id": "khong-co",
    "public_id": "0" * 16,
    "name:path": "site.css",
    "name": "answered",
    "kind": "csv",
    "week": "2026-W47",
}
LOADED = re.compile(r'(?:\ssrc|\saction|rel="stylesheet" href|rel="icon" href)="([^"]+)"')
PUBLIC_CACHE = "public, max-age=0, must-revalidate"


def routes_of(app: FastAPI) -> list[APIRoute]:
    """The routes with the one that ends the session last."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    return sorted(routes, key=lambda route: route.name == "sign_out")


def path_of(route: APIRoute) -> str:
    """An address of the route that names nothing that exists."""
    return re.sub(r"\{([^}]+)\}", lambda found: FILLED[found[1]], route.path)


@pytest.mark.parametrize("actor", ["anonymous", "an", "chi", "kiem", "quan", "disabled"])
def test_every_route_admits_exactly_the_roles_of_its_row(
    actor: str, app: FastAPI, browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    if actor == "disabled":
        browser = browse("binh")
        accounts.disable(desk, "binh")
    else:
        browser = browse(None if actor == "anonymous" else actor)
    role = None if actor in {"anonymous", "disabled"} else Role(staff[actor].role)
    token = tokens.make(desk, staff[actor].id, "thử", 1) if actor in staff else "kc_of_nobody"
    for route in routes_of(app):
        get = "GET" in (route.methods or ())
        if route.name in BY_STAFF_TOKEN:
            check_by_token(route, browser, token, role)
            continue
        answer = browser.get(path_of(route)) if get else browser.post(path_of(route), {})
        allowed = PERMISSIONS[route.name] is EVERYBODY or role in PERMISSIONS[route.name]
        to_sign_in = answer.headers.get("location", "").startswith("/dang-nhap?ve=")
        refused = answer.status_code in {401, 403} or to_sign_in
        assert refused is not allowed, f"{route.name}: {answer.status_code} for {actor}"
        assert answer.status_code < 500, route.name
        if role is None and not allowed:
            assert to_sign_in if get else answer.status_code == 401


def check_by_token(route: APIRoute, browser: Browser, token: str, role: Role | None) -> None:
    """A route for programs: the token's role decides, and a session's cookie is worth nothing."""
    method = "GET" if "GET" in (route.methods or ()) else "POST"

    def call(**headers: str) -> int:
        body: dict[str, str] | None = None if method == "GET" else {}
        return browser.client.request(method, path_of(route), json=body, headers=headers).status_code

    assert call() == 401, route.name
    assert call(authorization="Bearer kc_wrong") == 401, route.name
    status = call(authorization=f"Bearer {token}")
    assert status < 500, route.name
    assert (status not in {401, 403}) is (role in PERMISSIONS[route.name]), f"{route.name}: {status}"


def test_a_role_that_may_not_learns_nothing_of_what_exists(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    admin = browse("quan")
    there, nowhere = admin.get(f"/ban-lam-viec/{claim_id}"), admin.get("/ban-lam-viec/424242")
    assert there.status_code == nowhere.status_code == 403
    assert there.content == nowhere.content


def test_a_route_without_a_row_stops_the_app(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(permissions.PERMISSIONS, "publish_correction")
    with pytest.raises(WiringError, match="publish_correction"):
        create_app(desk)


def test_a_row_without_a_route_stops_the_app(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(permissions.PERMISSIONS, "take_down", EVERYBODY)
    with pytest.raises(WiringError, match="take_down"):
        create_app(desk)


def test_two_routes_of_one_name_stop_the_app() -> None:
    with pytest.raises(WiringError, match="same name"):
        permissions.check_routes([*PERMISSIONS, "home"])


def test_no_route_takes_down_refers_or_notifies() -> None:
    words = re.compile(r"report|refer|notify|takedown|block|webhook|authority")
    assert [name for name in PERMISSIONS if words.search(name)] == []


def test_an_admin_reviews_nothing_and_an_auditor_decides_nothing() -> None:
    assert not any(permissions.may(Role.ADMIN, name) for name in ("queue", "claim", "review_claim"))
    decisions = ("take_claim", "review_claim", "defer_claim", "publish_correction", "promote_model")
    assert not any(permissions.may(Role.AUDITOR, name) for name in decisions)


def test_every_answer_carries_the_same_headers(
    app: FastAPI, browse: OpenBrowser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors = [browse(), browse("chi")]
    seen = set()
    for browser in visitors:
        for route in routes_of(app):
            get = "GET" in (route.methods or ())
            answer = browser.get(path_of(route)) if get else browser.post(path_of(route), {})
            seen.add(answer.status_code)
            expected = EMBEDDED_HEADERS if route.name == "embedded" else HEADERS
            assert {name: answer.headers.get(name) for name in HEADERS} == expected, route.name
            assert answer.headers["cache-control"], route.name
        browser.get("/ban-lam-viec")
    for answer in (
        visitors[0].get("/khong-co"),
        visitors[0].post("/", {}),
        visitors[0].post("/gui-tin", {"text": "x"}, site="cross-site"),
    ):
        seen.add(answer.status_code)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    monkeypatch.setattr(desk, "reading", None)
    broken = visitors[0].get("/")
    assert broken.status_code == 500
    assert {name: broken.headers.get(name) for name in HEADERS} == HEADERS
    assert {200, 303, 401, 403, 404, 405, 422} <= seen


def test_the_policy_allows_nothing_inline() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_what_may_be_framed_differs_in_its_policy_alone_and_may_do_less() -> None:
    assert {name for name in HEADERS if HEADERS[name] != EMBEDDED_HEADERS[name]} == {
        "content-security-policy"
    }
    policy = dict(part.split(" ", 1) for part in EMBEDDED_HEADERS["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "font-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "*",
    }


def test_staff_pages_are_never_stored_and_public_pages_may_be(app: FastAPI, browse: OpenBrowser) -> None:
    lead = browse("chi")
    for route in routes_of(app):
        if "GET" not in (route.methods or ()):
            continue
        answer = lead.get(path_of(route))
        public = PERMISSIONS[route.name] is EVERYBODY and route.name not in {
            "healthz",
            "readyz",
            "sign_in_form",
        }
        if answer.status_code == 200 and public:
            assert answer.headers["cache-control"] == PUBLIC_CACHE, route.name
        else:
            assert answer.headers["cache-control"] == "no-store", route.name


def test_a_public_page_that_did_not_change_is_not_sent_again(browse: OpenBrowser) -> None:
    reader = browse()
    first = reader.get("/quy-tac")
    again = reader.get("/quy-tac", **{"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert {name: again.headers.get(name) for name in HEADERS} == HEADERS
    assert reader.get("/quy-tac", **{"if-none-match": '"other"'}).status_code == 200


def test_static_files_are_kept_for_ever_under_their_hash_alone(browse: OpenBrowser) -> None:
    reader = browse()
    named = re.search(r'href="(/tinh/site\.css\?v=\w+)"', reader.get("/").text)
    assert named
    assert "immutable" in reader.get(named[1]).headers["cache-control"]
    assert reader.get("/tinh/site.css").headers["cache-control"] == PUBLIC_CACHE


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/redoc",
        "/openapi.json",
        "/.git/config",
        "/tinh/../app.py",
        "/tinh/%2e%2e/app.py",
        "/tinh/vendor",
    ],
)
def test_nothing_of_the_program_can_be_read(path: str, browse: OpenBrowser) -> None:
    assert browse().get(path).status_code == 404


def test_head_answers_as_get_does(browse: OpenBrowser) -> None:
    reader = browse()
    answer = reader.client.head("/rss.xml")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/rss+xml")


def test_public_pages_set_no_cookie_and_name_no_other_site(
    app: FastAPI, browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk, source_id=add_source(desk))
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    slug = publish(desk, claim_id, staff["chi"].id)
    reader = browse()
    for route in routes_of(app):
        if "GET" not in (route.methods or ()) or PERMISSIONS[route.name] is not EVERYBODY:
            continue
        answer = reader.get(path_of(route).replace("khong-co", slug))
        assert "set-cookie" not in answer.headers, route.name
        if answer.headers.get("content-type", "").startswith("text/html"):
            loaded = re.findall(
                r'(?:src|action)="([^"]+)"|<link rel="(?:stylesheet|icon)" href="([^"]+)"', answer.text
            )
            named = [one or other for one, other in loaded]
            assert all(one.startswith(("/", "data:,", "data:image/svg+xml,")) for one in named), route.name
            assert len(answer.content) < 100_000


def test_no_page_holds_inline_style_or_script(app: FastAPI, browse: OpenBrowser) -> None:
    lead = browse("chi")
    for route in routes_of(app):
        if "GET" not in (route.methods or ()):
            continue
        page = lead.get(path_of(route))
        if not page.headers.get("content-type", "").startswith("text/html"):
            continue
        assert not re.search(r'<style|\sstyle="|\son\w+="', page.text), route.name
        scripts = re.findall(r"<script([^>]*)>", page.text)
        assert all("src=" in one or "application/ld+json" in one for one in scripts), route.name


@pytest.mark.parametrize("number", ["0", "2147483648", "99999999999999999999999"])
def test_a_number_that_no_database_holds_is_not_found(number: str, browse: OpenBrowser) -> None:
    analyst = browse("an")
    assert analyst.get(f"/ban-lam-viec/{number}").status_code == 404
    assert analyst.post(f"/ban-lam-viec/{number}/nhan", {}).status_code == 404


@pytest.mark.parametrize("slug", ["a%00b", "x" * 500, "%F0%9F%98%80", "..%2f..", "A-B"])
def test_an_odd_slug_is_not_found(slug: str, browse: OpenBrowser) -> None:
    for path in (f"/dinh-chinh/{slug}", f"/phan-hoi/{slug}", f"/dinh-chinh/{slug}.json"):
        assert browse().get(path).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br, GZIP;q=0.5", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("", False),
    ],
)
def test_a_text_is_packed_for_those_who_take_it_and_says_the_same(
    browse: OpenBrowser, accepted: str, packed: bool
) -> None:
    path = "/tinh/site.css"
    answer = browse().client.get(path, headers={"accept-encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.content == (STATIC / "site.css").read_bytes()
    assert (int(answer.headers["content-length"]) < len(answer.content) / 3) is packed
    again = {"accept-encoding": accepted, "if-none-match": answer.headers["etag"]}
    assert browse().client.get(path, headers=again).status_code == 304
    other = {"accept-encoding": "identity" if packed else "gzip", "if-none-match": answer.headers["etag"]}
    assert browse().client.get(path, headers=other).status_code == 200

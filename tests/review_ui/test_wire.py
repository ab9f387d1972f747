"""What each answer says of itself: its kind, methods, secrets, and what is logged of it."""

import logging
import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from models.desk import Staff
from pipeline import tokens
from pipeline.compose import Desk
from review_ui import sessions
from review_ui.permissions import EVERYBODY, PERMISSIONS
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Browser, publish
from tests.review_ui.test_routes import path_of, routes_of

TEXTS = re.compile(
    r"(text/(?!event-stream).*|application/(json|xml|.*\+xml|.*\+json|jsonl|javascript)|image/svg\+xml)"
)


@pytest.fixture
def reads(app: FastAPI) -> list[APIRoute]:
    """The pages that are only read."""
    return [route for route in routes_of(app) if "GET" in (route.methods or ())]


def test_every_text_names_its_kind_and_its_letters_and_staff_pages_stay_on_their_origin(
    reads: list[APIRoute], browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], agreed: int
) -> None:
    slug = publish(desk, agreed, staff["chi"].id)
    browser = browse("chi")
    for route in reads:
        answer = browser.get(path_of(route).replace("khong-co", slug))
        kind, _, rest = answer.headers.get("content-type", "").partition(";")
        if answer.content:
            assert kind, route.name
        # JSON is UTF-8 whatever is said (RFC 8259, 8.1)
        if answer.content and TEXTS.fullmatch(kind) and not kind.endswith("json"):
            assert "charset=utf-8" in rest.lower(), f"{route.name}: {kind}{rest}"
        # other origins read what is public and no page of staff
        assert PERMISSIONS[route.name] is EVERYBODY or "access-control-allow-origin" not in answer.headers


def test_only_what_a_page_is_for_may_be_asked_of_it(reads: list[APIRoute], browse: OpenBrowser) -> None:
    browser = browse()
    for method in ("TRACE", "PUT", "DELETE", "PATCH", "CONNECT"):
        found = {browser.client.request(method, path_of(route)).status_code for route in reads}
        assert found <= {403, 405}, method


def test_staff_can_always_sign_out_and_passwords_are_masked(
    reads: list[APIRoute], browse: OpenBrowser, staff: dict[str, Staff]
) -> None:
    for name in ("chi", "quan"):
        browser = browse(name)
        for route in reads:
            if PERMISSIONS[route.name] is EVERYBODY or staff[name].role not in PERMISSIONS[route.name]:
                continue
            page = browser.get(path_of(route))
            if page.status_code == 200 and "<html" in page.text:
                assert 'action="/dang-xuat' in page.text, f"{route.name} for {name}"
            for field in re.findall(r"<input[^>]*password[^>]*>", page.text):
                assert 'type="password"' in field
                assert re.search(r'autocomplete="(current|new)-password"', field)
                assert "onpaste" not in field


def test_secrets_are_long_and_never_the_same(desk: Desk, staff: dict[str, Staff]) -> None:
    ids = [sessions.begin(desk, staff["an"].id, None) for _ in range(200)]
    kept = [tokens.make(desk, staff["an"].id, f"thử {n}", 1).removeprefix("kc_") for n in range(10)]
    assert len(set(ids)) == 200
    assert len(set(kept)) == 10
    # 43 signs of base64 hold 256 bits
    assert min(map(len, [*ids, *kept])) >= 43


def test_refused_access_is_logged_without_words(
    browse: OpenBrowser, caplog: pytest.LogCaptureFixture, staff: dict[str, Staff]
) -> None:
    browser = browse("quan")
    with caplog.at_level(logging.WARNING, "kiemchung.web"):
        assert browser.get("/ban-lam-viec/1?ve=%0Aforged").status_code == 403
    (record,) = [one for one in caplog.records if one.message == "access refused"]
    assert (record.__dict__["staff"], record.__dict__["route"]) == (staff["quan"].id, "claim")
    assert "forged" not in str(record.__dict__)


def test_nobody_without_an_account_is_logged(browse: OpenBrowser, caplog: pytest.LogCaptureFixture) -> None:
    browser: Browser = browse()
    with caplog.at_level(logging.DEBUG, "kiemchung"):
        browser.get("/ban-lam-viec/1")
        browser.get("/")
    assert [one for one in caplog.records if one.name.startswith("kiemchung")] == []

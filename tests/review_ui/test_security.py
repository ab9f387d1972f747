"""Cross-site forms, faults without a trace, and what the log may hold."""

import hashlib
import logging
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers

from pipeline import sharecard, tips
from pipeline.compose import Desk
from review_ui import security
from review_ui.routes.sign_in import safe_back
from review_ui.security import same_site
from review_ui.templating import STATIC, address, masked
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import add_claim, words

pytestmark = pytest.mark.usefixtures("staff")

CASES = [
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "nonsense"}, False),
    ({"sec-fetch-site": "cross-site", "origin": "https://desk.test"}, False),
    ({"origin": "https://desk.test"}, True),
    ({"origin": "https://desk.test.evil.example"}, False),
    ({"origin": "https://evil.example"}, False),
    ({"origin": "null"}, False),
    ({"origin": "file://desk.test"}, False),
    ({}, False),
]


@pytest.mark.parametrize(("sent", "fine"), CASES)
def test_a_form_must_come_from_this_site(sent: dict[str, str], fine: bool) -> None:
    assert same_site(Headers({"host": "desk.test", **sent})) is fine


def test_behind_a_proxy_the_public_address_counts_too() -> None:
    headers = Headers({"host": "127.0.0.1:8000", "origin": "https://kiemchung.example"})
    assert not same_site(headers)
    assert same_site(headers, "https://kiemchung.example")


@pytest.mark.parametrize(("sent", "fine"), CASES)
def test_the_app_refuses_cross_site_forms_before_anything_else(
    sent: dict[str, str], fine: bool, browse: OpenBrowser
) -> None:
    answer = browse().client.post("/theo-doi", data={"receipt": "x"}, headers=sent)
    assert answer.status_code == (404 if fine else 403)
    if not fine:
        assert "mở lại trang" in words(answer)


def test_a_form_of_staff_needs_the_token_of_its_session(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst, other = browse("an"), browse("binh")
    path = f"/ban-lam-viec/{claim_id}/nhan"
    assert analyst.post(path, {"token": ""}, token=False).status_code == 403
    assert analyst.post(path, {"token": "x" * 43}, token=False).status_code == 403
    assert analyst.post(path, {"token": other.token()}, token=False).status_code == 403
    assert analyst.post(path, {}).status_code == 303


def test_a_fault_shows_no_trace_and_says_what_to_do(
    browse: OpenBrowser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret words of a tip")

    monkeypatch.setattr(tips, "follow", explode)
    with caplog.at_level(logging.DEBUG):
        answer = browse().post("/theo-doi", {"receipt": "mã của người gửi"})
    assert answer.status_code == 500
    assert "thử lại" in words(answer)
    for leaked in ("Traceback", "RuntimeError", "secret words", "/review_ui/", "explode"):
        assert leaked not in answer.text
    kept = "\n".join(str(record.__dict__) for record in caplog.records)
    assert "RuntimeError" in kept  # the operator learns that and where it broke
    assert "secret words" not in kept
    assert "mã của người gửi" not in kept


def test_a_busy_database_is_503(browse: OpenBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("database is locked"))

    monkeypatch.setattr(tips, "follow", locked)
    answer = browse().post("/theo-doi", {"receipt": "x"})
    assert answer.status_code == 503
    assert "SELECT" not in answer.text


def test_a_fault_in_a_template_fails_closed(
    app: FastAPI, browse: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.state.site.templates.globals, "topic_slug", None)
    answer = browse().get("/")
    assert answer.status_code == 500
    assert "NoneType" not in answer.text


def test_the_log_of_a_fault_is_one_record_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        security.note(ValueError("a\nb\x1b[31m 0912345678"))
    assert len(caplog.records) == 1
    assert "0912345678" not in str(caplog.records[0].__dict__)


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/ban-lam-viec\r\nSet-Cookie: a=b",
        "/ban-lam-viec@evil.example",
        "/ban-lam-viec//evil.example:80",
        "javascript:alert(1)",
        "/dang-xuat",
        "",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(path: str, browse: OpenBrowser) -> None:
    back = safe_back(path)
    assert back is None or back.startswith("/ban-lam-viec/")
    answer = browse().post(
        "/dang-nhap", {"username": "an", "password": "sông rộng thuyền trôi xa", "back": path}, token=False
    )
    assert answer.headers["location"].startswith("/ban-lam-viec")


def test_signing_in_leads_back_to_the_page_asked_for(browse: OpenBrowser) -> None:
    reader = browse()
    sent_to = reader.get("/ban-lam-viec?chu-de=health&trang=2").headers["location"]
    assert sent_to.startswith("/dang-nhap?ve=")
    assert 'name="back" value="/ban-lam-viec?chu-de=health&amp;trang=2"' in reader.get(sent_to).text


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</textarea><svg onload=alert(1)>",
    "{{ 7*7 }}",
    "</script><script>alert(1)</script>",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_words_of_others_are_shown_and_never_run(payload: str, browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk, f"Câu {payload} này", tip=f"Tin {payload}")
    analyst = browse("an")
    bad = analyst.post(
        f"/ban-lam-viec/{claim_id}/y-kien", {"opinion": payload, "reason": payload, "url_1": payload}
    )
    pages = [
        bad,
        analyst.get("/ban-lam-viec"),
        analyst.get(f"/ban-lam-viec/{claim_id}"),
        analyst.get("/tim?q=" + payload),
        analyst.post("/theo-doi", {"receipt": payload}, token=False),
        analyst.post("/dang-nhap", {"username": payload, "password": payload}, token=False),
    ]
    for page in pages:
        assert payload not in page.text or payload.startswith("{{")
        assert "49" not in words(page) or not payload.startswith("{{")
        assert not re.search(r"<(img|svg onload|script>alert)", page.text)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " JaVaScRiPt:x", "//evil", ""])
def test_only_web_addresses_become_links(url: str) -> None:
    assert address(url) == ""


def test_tokens_are_readable_and_all_else_is_escaped() -> None:
    shown = masked("gọi ‹phone·07·1a2b3c4d› <b>ngay</b>")
    assert "số điện thoại …07" in shown
    assert "&lt;b&gt;" in shown
    assert "1a2b3c4d" in shown


@pytest.mark.parametrize("folder", [STATIC / "vendor", sharecard.FONTS])
def test_the_vendored_files_are_the_ones_that_were_noted(folder: Path) -> None:
    noted = (folder / "README.md").read_text(encoding="utf-8")
    files = [one for one in folder.iterdir() if one.suffix in {".js", ".woff2", ".ttf"}]
    assert len(files) == 2
    for one in files:
        assert f"`{one.name}`" in noted
        assert hashlib.sha256(one.read_bytes()).hexdigest() in noted, one


def test_public_pages_load_no_script(browse: OpenBrowser) -> None:
    assert "<script" not in browse().get("/").text

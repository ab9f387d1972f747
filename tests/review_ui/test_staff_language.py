"""The staff's room in English: whole pages for every role, a choice that stays, Vietnamese for all others."""

import ast
import re
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pytest
from fastapi import FastAPI

import review_ui
from models.vocabulary import Role
from pipeline import accounts
from pipeline.compose import Desk
from review_ui import language, stafflanguage
from review_ui.app import create_app
from review_ui.security import LAST_WORDS
from tests.review_ui.conftest import STAFF, OpenBrowser
from tests.review_ui.house import Browser, add_claim, words
from tests.review_ui.test_languages import VIETNAMESE, mismarked
from tests.review_ui.village import WHO, Village, pages_of, settle_in, spoken
from tools import catalogues

# the village made this record of a model up: real ones are the gates' own words, in English
RECORDED = "gắn cờ 3 câu được bảo vệ"
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
SHOWN_BY_STYLES_OR_SCRIPTS = re.compile(r'data-(?:label|saved|failed|[a-z]+-text)="([^"]*)"')


@pytest.fixture(scope="module")
def village(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes
) -> Iterator[tuple[Village, FastAPI]]:
    """A desk where every page has something to show."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_MEMORY_KIB", 256)
        accounts._hasher.cache_clear()
        found = settle_in(tmp_path_factory.mktemp("english"), sqlite_template)
        yield found, create_app(found.desk)
        found.desk.close()
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()


def leftovers(page: str) -> list[str]:
    """What a page says in Vietnamese without marking it as such; names in its title cannot be marked."""
    plain = page.replace("Kiểm Chứng", "Kiem Chung").replace("Báo Mẫu", "Bao Mau")
    titles = [title for title in TITLE.findall(plain) if VIETNAMESE.search(title)]
    shown = [text for text in SHOWN_BY_STYLES_OR_SCRIPTS.findall(plain) if VIETNAMESE.search(text)]
    said = [text for text in mismarked(plain, "en") if RECORDED not in text]
    return [*said, *titles, *shown]


@pytest.mark.parametrize("role", list(Role))
def test_every_page_of_a_role_is_whole_in_english(role: Role, village: tuple[Village, FastAPI]) -> None:
    desk, app = village
    with Browser(app) as browser:
        assert browser.sign_in(WHO[role]).status_code == 303
        addresses = [one for one in pages_of(app, desk)[role] if not one.startswith("/dang-nhap")]
        assert len(addresses) >= 3
        for address in addresses:
            answer = browser.get(spoken(address, "en"))
            # an auditor labels a claim before its page is shown to them
            assert answer.status_code in {200, 409}, address
            assert '<html lang="en">' in answer.text, address
            assert leftovers(answer.text) == [], address


def test_control_a_text_left_out_of_the_catalogue_is_found(
    village: tuple[Village, FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, app = village
    monkeypatch.setattr(language, "translations", lambda _tag: NullTranslations())
    with Browser(app) as browser:
        browser.sign_in("an")
        left = leftovers(browser.get("/ban-lam-viec?lang=en").text)
    assert {"Hàng đợi", "Đăng xuất", "Tìm trong hàng đợi"} <= set(left)


def test_the_staffs_room_is_whole_in_english_and_absent_from_the_khmer_catalogue() -> None:
    staff = {text for _, text in catalogues.from_staff()}
    public = set(catalogues.texts("km"))
    assert "Ghi ý kiến" in staff - public
    assert staff <= set(catalogues.texts("en"))
    assert not (staff - public) & {message.id for message in catalogues.read("km")}


# texts that stand beside their English in the same file, and patterns that read Vietnamese
NOT_SAID = {"drawings.py", "language.py", "templating.py"}


def unlisted(source: str, known: set[str]) -> list[str]:
    """Vietnamese strings of a module, its docstrings apart, that no catalogue holds."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    )
    return [text for text in strings if VIETNAMESE.search(text) and text not in known]


def test_no_text_of_python_is_outside_the_english_catalogue() -> None:
    known = {one for text in catalogues.texts("en") for one in (text if isinstance(text, tuple) else [text])}
    known.add("câu dài {n} tiếng, nên dưới ")  # the catalogue has it with its number
    known.add(LAST_WORDS)  # in both languages, for when there is no catalogue
    for path in sorted(Path(review_ui.__file__).parent.rglob("*.py")):
        if path.name not in NOT_SAID:
            assert unlisted(path.read_text(encoding="utf-8"), known) == [], path.name
    control = 'def page():\n    """Trang."""\n    return f"{1}: không có ở danh mục"\n'
    assert unlisted(control, known) == [": không có ở danh mục"]


def test_what_was_written_stays_as_it_was_written(village: tuple[Village, FastAPI]) -> None:
    desk, app = village
    with Browser(app) as browser:
        browser.sign_in("an")
        said = words(browser.get(f"/ban-lam-viec/{desk.claims[1]}?lang=en"))
    assert "chuyển trước 200 nghìn phí hồ sơ" in said
    assert "Differs: amount: 5 triệu / 3 triệu" in said
    assert "from 16 Nov 2026 to 18 Nov 2026" in said


pytest_staff = pytest.mark.usefixtures("staff")


@pytest_staff
def test_vietnamese_unless_somebody_chose(browse: OpenBrowser) -> None:
    analyst = browse("an")
    assert '<html lang="vi">' in analyst.get("/ban-lam-viec").text
    for other in ("km", "fr", "EN", "../en"):
        assert '<html lang="vi">' in analyst.get(f"/ban-lam-viec?lang={other}").text
    assert not analyst.client.cookies.get(stafflanguage.COOKIE)


@pytest_staff
@pytest.mark.parametrize("name", list(STAFF))
def test_a_choice_stays_over_forms_and_redirects(name: str, browse: OpenBrowser) -> None:
    browser = browse(name)
    chosen = browser.post("/ngon-ngu", {"lang": "en", "ve": "/tai-khoan-cua-toi?a=b"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/tai-khoan-cua-toi?a=b")
    kept = chosen.headers["set-cookie"]
    for flag in ("__Host-kc-lang=en;", "Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert flag in kept
    assert '<html lang="en">' in browser.get("/tai-khoan-cua-toi").text
    wrong = browser.post("/tai-khoan-cua-toi/khoa", {"name": "", "days": "9"})
    assert wrong.status_code == 422
    assert '<html lang="en">' in wrong.text
    assert "Say what the token is for" in words(wrong)
    assert leftovers(wrong.text) == []
    ended = browser.post("/tai-khoan-cua-toi/phien/ket-thuc-khac", {})
    assert ended.status_code == 303
    assert '<html lang="en">' in browser.get(ended.headers["location"]).text
    # the public door follows its address alone
    assert '<html lang="vi">' in browser.get("/").text
    back = browser.post("/ngon-ngu", {"lang": "vi", "ve": "/mat-khau"})
    assert "__Host-kc-lang=" in back.headers["set-cookie"]
    assert '<html lang="vi">' in browser.get("/mat-khau").text


@pytest_staff
def test_the_choice_is_kept_for_staff_alone_and_leads_nowhere_else(browse: OpenBrowser) -> None:
    reader = browse()
    assert "set-cookie" not in reader.get("/dang-nhap?lang=en").headers
    assert reader.post("/ngon-ngu", {"lang": "en", "ve": "/"}).status_code == 401
    analyst = browse("an")
    for elsewhere in ("https://other.test/", "//other.test", "/\\other.test", "", "/a\nb"):
        answer = analyst.post("/ngon-ngu", {"lang": "en", "ve": elsewhere})
        assert answer.headers["location"] == "/ban-lam-viec", elsewhere
    for unknown in ("km", "", "en-GB"):
        assert analyst.post("/ngon-ngu", {"lang": unknown, "ve": "/"}).status_code == 422


@pytest_staff
def test_signing_in_in_english_leads_to_an_english_desk(browse: OpenBrowser) -> None:
    browser = browse()
    page = browser.get("/dang-nhap?lang=en")
    assert leftovers(page.text) == []
    assert 'action="/dang-nhap?lang=en"' in page.text
    fields = {"username": "an", "password": "wrong"}
    refused = browser.post("/dang-nhap?lang=en", fields, token=False)
    assert "The user name or the password is wrong." in words(refused)
    assert leftovers(refused.text) == []
    entered = browser.post(
        "/dang-nhap?lang=en", fields | {"password": "sông rộng thuyền trôi xa"}, token=False
    )
    assert entered.status_code == 303
    assert '<html lang="en">' in browser.get(entered.headers["location"]).text


@pytest_staff
def test_what_goes_wrong_is_told_in_english(browse: OpenBrowser, desk: Desk) -> None:
    analyst = browse("an")
    claim_id = add_claim(desk)
    analyst.post("/ngon-ngu", {"lang": "en", "ve": "/"})
    answers = (
        analyst.get("/mo-hinh"),  # not this role's
        analyst.get("/ban-lam-viec/999999"),
        analyst.post(f"/ban-lam-viec/{claim_id}/y-kien", {"opinion": "false", "reason": "x"}),
        analyst.post(f"/ban-lam-viec/{claim_id}/hoan", {"until": "2020-01-01", "reason": "ten letters"}),
    )
    assert [answer.status_code for answer in answers] == [403, 404, 422, 422]
    for answer in answers:
        assert '<html lang="en">' in answer.text
        assert leftovers(answer.text) == []

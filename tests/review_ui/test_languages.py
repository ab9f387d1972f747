"""The public door in three languages: whole catalogues, right marks, links that stay, weight."""

import html
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.core import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from babel.numbers import format_decimal

from models.vocabulary import Language, Role, Topic
from pipeline import accounts, publishing
from pipeline.compose import Desk
from review_ui import language, templating
from review_ui.app import create_app
from review_ui.routes.feeds import PAGES
from tests.review_ui.house import (
    SITE,
    TEXT,
    Browser,
    MovingClock,
    add_claim,
    add_source,
    add_staff,
    decide,
    make_desk,
    publish,
    words,
)
from tests.review_ui.village import spoken
from tools import catalogues

ENGLISH = replace(
    TEXT,
    title="Papaya leaves do not cure dengue fever",
    said="A rumour says that the leaf of a common tree cures the fever.",
    truth="No leaf replaces being watched and treated at a health station.",
    how_known="We read the notice of the health department.",
    what_to_do="After two days of high fever go to the health station.",
    contact="The health station, or 115.",
)
OTHERS = ("en", "km")
LETTERS = templating.asset("vendor/noto-sans-khmer.woff2")
# letters that Vietnamese has and neither English nor Khmer writes
VIETNAMESE = re.compile(
    r"[ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE
)
KHMER = re.compile(r"[\u1780-\u17ff]")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[tuple[Browser, str]]:
    """A desk with one correction in two languages, one of them revised, and a reader at its door."""
    folder: Path = tmp_path_factory.mktemp("door")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_MEMORY_KIB", 256)
        accounts._hasher.cache_clear()
        desk = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, MovingClock())
        slug = _filled(desk)
        with Browser(create_app(desk)) as browser:
            yield browser, slug
        desk.close()
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()


def _filled(desk: Desk) -> str:
    first, second, lead = (
        add_staff(desk, name, role).id
        for name, role in (("an", Role.ANALYST), ("binh", Role.ANALYST), ("chi", Role.LEAD))
    )
    add_source(desk)
    claim_id = add_claim(desk, source_id="bao-mau")
    decide(desk, claim_id, first, second)
    slug = publish(desk, claim_id, lead)
    publishing.revise(desk, slug, lead, {Language.EN: ENGLISH}, "Thêm tiếng Anh")
    changed = replace(TEXT, truth="Không loại lá nào thay được thuốc và việc theo dõi ở trạm y tế.")
    publishing.revise(desk, slug, lead, {Language.VI: changed}, "Viết cho dễ hiểu hơn")
    return slug


def addresses(slug: str) -> list[str]:
    """Every kind of public page."""
    return [
        *PAGES,
        "/tim?q=la+du+du",
        "/tim?q=khong+co+gi",
        "/so-lieu/answered",
        "/so-lieu/tuan/2026-W47",
        f"/dinh-chinh/{slug}",
        f"/phan-hoi/{slug}",
    ]


class Reader(HTMLParser):
    """Reads what a page says, each piece with the language that it is marked with."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "rect", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.said: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        tongue = found.get("lang") or (self.open[-1][1] if self.open else "")
        for name in ("aria-label", "title", "alt", "placeholder"):
            if found.get(name) and tag != "link":
                self.said.append((tongue, str(found[name])))
        if tag not in self.VOID:
            self.open.append((tag, tongue))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _ in self.open]
        if data.strip() and not {"script", "style", "title"} & set(inside):
            self.said.append((self.open[-1][1] if self.open else "", data.strip()))


def mismarked(page: str, tag: str) -> list[str]:
    """What a page of another language says in Vietnamese without saying so, or in Khmer marked as such."""
    reader = Reader()
    reader.feed(page)
    left = [text for tongue, text in reader.said if tongue == tag and VIETNAMESE.search(text)]
    return left + [text for tongue, text in reader.said if tongue == "vi" and KHMER.search(text)]


def test_every_text_stands_in_every_catalogue() -> None:
    assert catalogues.all_faults() == []


def _again(catalogue: Catalog) -> Catalog:
    out = io.BytesIO()
    write_po(out, catalogue)
    return read_po(io.BytesIO(out.getvalue()), locale=catalogue.locale, domain=language.DOMAIN)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("missing", "is not in the catalogue"),
        ("empty", "is not translated"),
        ("placeholder", "holds other placeholders"),
        ("plural", "is not translated"),
        ("stale", "is used nowhere"),
        ("fuzzy", "is marked fuzzy"),
    ],
)
def test_control_a_spoilt_catalogue_is_told(spoilt: str, said: str) -> None:
    catalogue = catalogues.read("en")
    text = "Trang %(page)s / %(pages)s"
    message, plural = catalogue.get(text), catalogue.get("%(num)s bản đính chính")
    assert message is not None
    assert plural is not None
    match spoilt:
        case "missing":
            catalogue.delete(text)
        case "empty":
            message.string = ""
        case "placeholder":
            message.string = "Page %(page)s of many"
        case "plural":
            plural.string = ("%(num)s correction", "")
        case "stale":
            catalogue.add("một câu không còn ở đâu", "a text of nowhere")
        case _:
            message.flags.add("fuzzy")
    found = list(catalogues.faulty(_again(catalogue), "en"))
    assert len(found) == 1
    assert said in found[0]


def test_plural_forms_are_those_of_cldr() -> None:
    for tag in OTHERS:
        assert catalogues.read(tag).num_plurals == len(Locale.parse(tag).plural_form.tags) + 1
    one, many = "%(num)s bản đính chính", "%(num)s bản đính chính"
    english = language.speech("en")
    assert [english.ngettext(one, many, n) for n in (0, 1, 2, 1200)] == [
        "0 corrections",
        "1 correction",
        "2 corrections",
        "1,200 corrections",
    ]
    assert language.speech("vi").ngettext(one, many, 1200) == "1.200 bản đính chính"


def test_values_are_escaped_and_a_per_cent_sign_needs_no_doubling() -> None:
    said = language.speech("vi").gettext("Trang %(page)s / %(pages)s", page="<b>", pages=2)
    assert said == "Trang &lt;b&gt; / 2"
    assert language.speech("en").gettext("Mục tiêu: từ 90%") == "Target: at least 90%"


def test_dates_and_numbers_are_written_as_cldr_has_them() -> None:
    when = date(2026, 11, 8)
    assert language.day(when) == format_date(when, "dd/MM/y", "vi") == "08/11/2026"
    assert language.day(when, "en") == format_date(when, "medium", "en_GB")
    assert language.day(when, "km") == format_date(when, "medium", "km")
    for tag in language.LANGUAGES:
        assert language.number(1234567.5, 1, tag) == format_decimal(1234567.5, "#,##0.0", tag)
        assert language.number(0, 0, tag) == "0"
    assert language.instant(datetime(2026, 11, 22, 18, 30, tzinfo=UTC)) == "01:30, 23/11/2026"


@pytest.mark.parametrize("tag", language.LANGUAGES)
def test_every_public_page_is_whole_in_every_language(tag: str, door: tuple[Browser, str]) -> None:
    reader, slug = door
    for path in addresses(slug):
        answer = reader.get(spoken(path, tag))
        page = answer.text
        assert answer.status_code == 200, path
        assert f'<html lang="{tag}">' in page, path
        assert (language.say("km", "Bản dịch nháp") in page) is (tag == "km"), path
        marks = re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)">', page)
        # a correction names the languages that it is written in
        tongues = ("vi", "en") if path.startswith("/dinh-chinh/") else language.LANGUAGES
        assert [mark for mark, _ in marks] == [*tongues, "x-default"], path
        assert all(url.startswith(f"{SITE}/") for _, url in marks), path
        assert page.count('aria-current="true"') == 1, path
        if tag in OTHERS:
            assert mismarked(page, tag) == [], path


def test_control_a_sentence_left_in_vietnamese_is_found() -> None:
    page = '<html lang="km"><p>ភាសា</p><p lang="vi">Đúng</p><p aria-label="Trước">Gửi tin đi</p></html>'
    assert mismarked(page, "km") == ["Trước", "Gửi tin đi"]
    assert mismarked('<html lang="km"><p lang="vi">ភាសា</p></html>', "km") == ["ភាសា"]


@pytest.mark.parametrize("tag", language.LANGUAGES)
def test_a_page_weighs_little_and_needs_three_requests(tag: str, door: tuple[Browser, str]) -> None:
    reader, slug = door
    for path in addresses(slug):
        page = reader.get(spoken(path, tag)).text
        loaded = re.findall(
            r'<link rel="(?:stylesheet|icon)" href="(/[^"]+)"|<(?:script|img)[^>]* src="(/[^"]+)"', page
        )
        files = [one or other for one, other in loaded]
        # what the style sheet asks for on a device without a Khmer font
        files += [LETTERS] if tag == "km" else []
        # what goes over the wire: style sheets are packed, pages are not
        sizes = [int(reader.get(html.unescape(one)).headers["content-length"]) for one in files]
        weight = len(page.encode()) + sum(sizes)
        assert len(files) + 1 <= 3, (path, files)
        assert weight <= 100_000, (path, weight)


@pytest.mark.parametrize("tag", OTHERS)
def test_links_and_forms_keep_the_language(tag: str, door: tuple[Browser, str]) -> None:
    reader, slug = door
    machine = re.compile(
        r"^/(?:tinh/|dang-nhap|nhat-ky\.jsonl|claimreview|open-data|oembed|sitemap)|\.\w{2,5}$"
    )
    for path in addresses(slug):
        page = reader.get(spoken(path, tag)).text
        switch = set(re.findall(r'<li><a href="([^"]+)" lang="\w\w" hreflang', page))
        for link in re.findall(r'<(?:a|form)[^>]* (?:href|action)="(/[^"]*)"', page):
            plain = html.unescape(link)
            if link in switch or machine.search(plain.split("?")[0]) or plain.startswith(NOT_KEPT):
                continue
            hidden = f'<input type="hidden" name="lang" value="{tag}">' in page
            assert f"lang={tag}" in plain or (plain in {"/tim", "/so-lieu"} and hidden), (path, link)


# pages of one text, which have the language of that text
NOT_KEPT = ("/dinh-chinh/", "/d/", "/nhung/")


@pytest.mark.parametrize("tag", language.LANGUAGES)
def test_what_goes_wrong_is_told_in_the_language_of_the_page(tag: str, door: tuple[Browser, str]) -> None:
    reader, _ = door
    for path, data, status in (
        ("/gui-tin", {"text": " "}, 422),
        ("/theo-doi", {"receipt": "nope"}, 404),
        ("/gui-tin", {"text": "x", "other": "y"}, 400),
    ):
        answer = reader.post(spoken(path, tag), data)
        assert answer.status_code in {status, 422}, path
        assert f'<html lang="{tag}">' in answer.text
        if tag in OTHERS:
            assert mismarked(answer.text, tag) == [], path
    for path in ("/khong-co-trang-nay", "/dinh-chinh/khong-co", "/chu-de/politics"):
        missing = reader.get(spoken(path, tag))
        assert missing.status_code == 404
        assert language.say(tag, "Về trang chính") in words(missing)
        assert tag == "vi" or mismarked(missing.text, tag) == []


def test_an_unknown_language_is_vietnamese(door: tuple[Browser, str]) -> None:
    reader, _ = door
    for asked in ("fr", "VI", "../en", "km%00", "x" * 500):
        assert '<html lang="vi">' in reader.get(f"/?lang={asked}").text


@pytest.mark.parametrize("tag", language.LANGUAGES)
def test_feeds_speak_a_language_and_keep_to_a_topic(tag: str, door: tuple[Browser, str]) -> None:
    reader, slug = door
    feed = reader.get(spoken("/feed.json?chu-de=health", tag)).json()
    assert feed["language"] == tag
    assert feed["feed_url"] == spoken(f"{SITE}/feed.json?chu-de=health", tag)
    assert [one["id"] for one in feed["items"]] == [f"{SITE}/dinh-chinh/{slug}"]
    written = tag if tag != "km" else "vi"  # there is no Khmer text yet, and the entry says so
    assert feed["items"][0]["language"] == written
    assert (ENGLISH.title in feed["items"][0]["title"]) is (tag == "en")
    assert templating.names(tag)["topics"]["health"] in feed["items"][0]["tags"]
    assert reader.get(spoken("/feed.json?chu-de=women", tag)).json()["items"] == []
    rss = ET.fromstring(reader.get(spoken("/rss.xml", tag)).text)  # noqa: S314 -- our own words
    assert rss.findtext("channel/language") == tag
    atom = ET.fromstring(reader.get(spoken("/atom.xml", tag)).text)  # noqa: S314 -- our own words
    assert atom.get("{http://www.w3.org/XML/1998/namespace}lang") == tag


@pytest.mark.parametrize("kind", ["/rss.xml", "/atom.xml", "/feed.json"])
def test_a_feed_of_no_topic_is_not_found(kind: str, door: tuple[Browser, str]) -> None:
    reader, _ = door
    assert reader.get(f"{kind}?chu-de=politics").status_code == 404
    for topic in Topic:
        assert reader.get(f"{kind}?chu-de={topic.value.replace('_', '-')}").status_code == 200


def test_the_sitemap_names_every_language_of_a_page(door: tuple[Browser, str]) -> None:
    reader, slug = door
    tree = ET.fromstring(reader.get("/sitemap.xml").text)  # noqa: S314 -- our own words
    site, xhtml = "{http://www.sitemaps.org/schemas/sitemap/0.9}", "{http://www.w3.org/1999/xhtml}"
    found = {
        str(one.findtext(f"{site}loc")): [str(link.get("hreflang")) for link in one.iter(f"{xhtml}link")]
        for one in tree.iter(f"{site}url")
    }
    assert found[f"{SITE}/"] == ["vi", "en", "km"]
    assert found[f"{SITE}/dinh-chinh/{slug}"] == ["vi", "en"]
    for loc in found:
        assert reader.get(loc.removeprefix(SITE)).status_code == 200, loc


def test_corrections_of_corrections_are_listed_with_their_reason(door: tuple[Browser, str]) -> None:
    reader, slug = door
    page = reader.get("/sua-doi")
    assert "Viết cho dễ hiểu hơn" in words(page)
    assert f'href="/dinh-chinh/{slug}/phien-ban/1"' in page.text
    assert "Thêm tiếng Anh" not in words(page)  # a first text in a language changes nothing
    assert reader.get("/sua-doi?truoc=1").status_code == 200
    assert reader.get("/sua-doi?truoc=x").text.count("<li>") == page.text.count("<li>")


def test_roles_are_named_and_people_are_not(door: tuple[Browser, str]) -> None:
    reader, _ = door
    said = words(reader.get("/vai-tro"))
    for role in ("Thẩm định viên", "Trưởng nhóm", "Kiểm toán viên", "Quản trị"):
        assert role in said
    assert not re.search(r"\b(?:an|binh|chi)\b", said)


def test_open_data_names_files_that_open_and_every_column(door: tuple[Browser, str]) -> None:
    reader, _ = door
    page = reader.get("/du-lieu-mo")
    for link in re.findall(r'href="(/[^"]+)"', page.text):
        assert reader.get(html.unescape(link)).status_code in {200, 303}, link
    head = reader.get("/open-data/corrections.csv").text.lstrip("\ufeff").split("\r\n", 1)[0]
    for column in head.split(","):
        assert f"<code>{column}</code>" in page.text
    assert "creativecommons.org/licenses/by/4.0" in page.text


def test_oembed_answers_for_corrections_of_this_desk_alone(door: tuple[Browser, str]) -> None:
    reader, slug = door
    url = f"{SITE}/dinh-chinh/{slug}"
    answer = reader.get(f"/oembed?url={url}&format=json&maxwidth=320")
    card = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert (card["version"], card["type"], card["width"]) == ("1.0", "rich", 320)
    assert card["title"] == TEXT.title
    assert f'src="{SITE}/nhung/{slug}"' in card["html"]
    assert "<script" not in card["html"]
    assert "author_name" not in card
    english = json.loads(reader.get(f"/oembed?url={url}%3Flang%3Den").text)
    assert english["title"] == ENGLISH.title
    assert reader.get(f"/oembed?url={url}&format=xml").status_code == 501
    for other in (
        "",
        "https://other.test/dinh-chinh/" + slug,
        f"{SITE}/dinh-chinh/nope",
        f"{SITE}/",
        "http://[",
    ):
        assert reader.get(f"/oembed?url={other}").status_code == 404, other


def test_a_redirect_after_a_form_keeps_the_language(door: tuple[Browser, str]) -> None:
    reader, slug = door
    answer = reader.post(
        f"/phan-hoi/{slug}?lang=km", {"reason": "Thông báo của Sở Y tế đã được thay từ tuần trước."}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("?lang=km")
    assert '<html lang="km">' in reader.get(answer.headers["location"]).text


def test_the_path_of_a_page_in_a_language_keeps_what_it_was_asked(door: tuple[Browser, str]) -> None:
    reader, _ = door
    page = reader.get("/tim?q=la+du+du").text
    assert 'href="/tim?q=la+du+du&amp;lang=km" lang="km"' in page

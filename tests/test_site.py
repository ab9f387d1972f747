"""The site of the documents: whole in both languages, found from the menu, and nothing of it from elsewhere.

`make check` builds it strictly, which holds links, anchors and the menu; what is here is quick and needs no
build. The one test that builds it and opens it in Chromium is a release test.
"""

import importlib.util
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import serving
from tests.test_docs import CODE, example_lines, words_of
from tools import site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCS = site.ROOT / "docs"
# what readers and staff need; other pages may stand in English alone
BOTH = [
    "index",
    "tutorial",
    "faq",
    "glossary",
    "method",
    "guide-reader",
    "guide-analyst",
    "guide-lead",
    "guide-auditor",
    "guide-admin",
    "guide-operator",
]
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def written() -> set[str]:
    return {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


def configuration() -> dict[str, Any]:
    from mkdocs.utils.yaml import yaml_load

    with (site.ROOT / "mkdocs.yml").open(encoding="utf-8") as file:
        return dict(yaml_load(file))


def menu(entries: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 -- a tree of lists and maps
    """Title and page of every line of the menu; a group has no page."""
    for entry in entries:
        for title, below in entry.items():
            if isinstance(below, str):
                yield title, below
            else:
                yield title, ""
                yield from menu(below)


# the menu


def unlisted(listed: set[str], sheets: Mapping[str, str]) -> set[str]:
    """Pages that are on the site or in its menu and not in both."""
    return listed ^ {re.sub(r"\.(vi|en)\.md$", ".md", name) for name in sheets}


def test_every_page_is_in_the_menu_and_the_menu_leads_nowhere_else() -> None:
    pages = [page for _, page in menu(configuration()["nav"]) if page]
    assert unlisted(set(pages), site.sheets(site.ROOT)) == set()
    assert [page for page, n in Counter(pages).items() if n > 1] == []


def test_control_a_page_without_a_line_and_a_line_without_a_page_are_seen() -> None:
    sheets = {"a.vi.md": "", "a.en.md": "", "b.vi.md": "", "b.en.md": ""}
    assert unlisted({"a.md", "b.md"}, sheets) == set()
    assert unlisted({"a.md"}, sheets) == {"b.md"}
    assert unlisted({"a.md", "b.md", "c.md"}, sheets) == {"c.md"}


def test_every_line_of_the_menu_has_an_english_name() -> None:
    settings = configuration()
    plugins = {name: options for plugin in settings["plugins"] for name, options in plugin.items()}
    english = plugins["i18n"]["languages"][1]["nav_translations"]
    assert {title for title, _ in menu(settings["nav"])} == set(english)


# both languages


def halves_missing(names: set[str]) -> set[str]:
    """Pages of the main set without one of the two languages, and Vietnamese pages without English."""
    wanted = {f"{name}{kind}" for name in BOTH for kind in (".md", ".vi.md")}
    orphans = {
        name for name in names if name.endswith(".vi.md") and name.replace(".vi.md", ".md") not in names
    }
    return (wanted - names) | orphans


def test_the_main_pages_stand_in_both_languages() -> None:
    assert halves_missing(written()) == set()


def test_control_a_page_in_one_language_is_seen() -> None:
    assert halves_missing(written() - {"faq.md"}) == {"faq.md", "faq.vi.md"}
    assert halves_missing(written() - {"faq.vi.md"}) == {"faq.vi.md"}
    assert halves_missing(written() | {"lone.vi.md"}) == {"lone.vi.md"}


def shape(text: str) -> tuple[list[int], list[list[str]], int]:
    """Levels of the headings, commands, and rows of tables: what the two languages of a page share."""
    bare = CODE.sub("", text)
    commands = [words_of(call) for _, block in CODE.findall(text) for call in example_lines(block)]
    return [len(marks) for marks, _ in HEADING.findall(bare)], commands, len(ROW.findall(bare))


@pytest.mark.parametrize("name", BOTH)
def test_both_languages_of_a_page_have_the_same_parts_and_commands(name: str) -> None:
    assert shape(text_of(f"{name}.vi.md")) == shape(text_of(f"{name}.md"))


def test_control_a_part_or_a_command_too_few_is_seen() -> None:
    text = text_of("tutorial.md")
    assert shape(text.replace("### Open the desk\n", "")) != shape(text)
    assert shape(text.replace("kiemchung serve\n", "")) != shape(text)


def test_the_glossary_pairs_the_same_words_on_both_sides() -> None:
    vietnamese = [(one, other) for one, other, _ in ROW.findall(text_of("glossary.vi.md"))]
    english = [(other, one) for one, other, _ in ROW.findall(text_of("glossary.md"))]
    head = {("tiếng Việt", "tiếng Anh"), ("Vietnamese", "English"), ("---", "---")}
    pairs = [pair for pair in vietnamese if pair not in head]
    assert pairs == [pair for pair in english if pair not in head]
    assert len(set(pairs)) == len(pairs) >= 60
    assert f"{len(pairs)} từ" in text_of("glossary.vi.md")
    assert f"The {len(pairs)} terms" in text_of("glossary.md")


@pytest.mark.parametrize("name", ["faq.md", "faq.vi.md"])
def test_questions_are_questions(name: str) -> None:
    asked = [words for marks, words in HEADING.findall(text_of(name)) if len(marks) == 3]
    assert len(asked) >= 15
    assert [words for words in asked if not words.endswith("?")] == []


def test_vietnamese_pages_are_vietnamese() -> None:
    """Pages with diacritics throughout: a page that was left in English or typed without marks is seen."""
    marked = re.compile(
        r"[ạảãàáâậầấẩẫăắằặẳẵóòọõỏôộổỗồốơờớợởỡéèẻẹẽêếềệểễúùụủũưựữửừứíìịỉĩýỳỷỵỹđ]", re.IGNORECASE
    )

    def share(text: str) -> float:
        words = re.findall(r"[^\W\d_]+", CODE.sub("", text))
        return sum(1 for word in words if marked.search(word)) / len(words)

    assert [name for name in BOTH if share(text_of(f"{name}.vi.md")) < 0.5] == []
    assert share(text_of("faq.md")) < 0.2


# what pages call things

# words on buttons and in menus that the tutorial and the guides tell people to look for
LABELS = (
    "Gửi tin",
    "Theo dõi tin",
    "Xóa tin này",
    "Khiếu nại bản này",
    "Ghi ý kiến",
    "Kiểm tra và xem trước",
    "Viết bản đính chính",
    "Công bố bản này",
    "Tài khoản của tôi",
    "Thêm nguồn",
    "Hoãn",
)


def guides(language: str) -> str:
    names = [name for name in BOTH if name == "tutorial" or name.startswith(("guide-", "faq"))]
    return "\n".join(text_of(f"{name}{language}.md") for name in names)


@pytest.mark.parametrize("label", LABELS)
def test_what_the_guides_call_a_button_stands_on_it(label: str) -> None:
    from babel.messages.pofile import read_po

    with (site.ROOT / "review_ui/locale/en/LC_MESSAGES/kiemchung.po").open("rb") as file:
        message = read_po(file).get(label)
    assert message is not None, "no page says so"
    assert f"**{label}**" in guides(".vi")
    assert f"**{message.string}**" in guides("")


# laying out


def test_links_lead_to_pages_of_the_site() -> None:
    text = (
        "[a](faq.vi.md) [b](../CHANGELOG.md#top) [c](https://example.vn/x.md) [d](#here)\n"
        "```sh\ncat [e](faq.vi.md)\n```\n[f](../bench/run.py) ![g](images/queue.png)\n"
    )
    assert site.relinked(text, "docs/index.vi.md") == (
        "[a](faq.md) [b](changelog.md#top) [c](https://example.vn/x.md) [d](#here)\n"
        "```sh\ncat [e](faq.vi.md)\n```\nf ![g](images/queue.png)\n"
    )
    assert site.relinked("[a](../scope.md)", "docs/reference/topics.md") == "[a](../scope.md)"
    assert (
        site.relinked("[a](docs/scope.md) [b](LICENSE)", "CONTRIBUTING.md") == "[a](scope.md) [b](licence.md)"
    )


def test_a_page_of_two_languages_is_cut_in_two() -> None:
    vietnamese = "## Tiếng Việt\n\nmột\n\n### Phần\n\n```\n## x\n```\n"
    text = f"# Phạm vi · Scope\n\nhead\n\n{vietnamese}\n## English\n\none\n"
    halves = site.in_two(text)
    assert halves is not None
    assert halves == ("# Phạm vi\n\nmột\n\n## Phần\n\n```\n## x\n```\n", "# Scope\n\none\n")
    assert site.in_two("# Alone\n\n## English\n") is None


def test_a_page_without_vietnamese_stands_on_both_sides_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.md").write_text("# One\n\ntext\n", encoding="utf-8")
    (tmp_path / "docs" / "two.md").write_text("# Two\n", encoding="utf-8")
    (tmp_path / "docs" / "two.vi.md").write_text("# Hai\n", encoding="utf-8")
    found = site.sheets(tmp_path)
    assert sorted(found) == ["one.en.md", "one.vi.md", "two.en.md", "two.vi.md"]
    assert "Trang này hiện chỉ có bằng tiếng Anh." in found["one.vi.md"]
    assert "Trang này" not in found["one.en.md"] + found["two.vi.md"]
    assert found["two.vi.md"] == "# Hai\n"


# nothing from elsewhere


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (".html", '<script async src="https://cdn.example/x.js"></script>'),
        (".html", "<img alt=x src=//far.example/x.png>"),
        (".html", '<link href="https://fonts.example/css" rel="stylesheet">'),
        (".html", '<link rel="preconnect" href="https://fonts.example">'),
        (".html", '<iframe title="x" src="https://video.example/1"></iframe>'),
        (".css", '@import "https://fonts.example/a.css";'),
        (".css", "body { background: url(https://far.example/x.png) }"),
        (".js", "load('https://cdn.example/worker/shim')"),
        (".js", 'import("https://cdn.example/mermaid@11/dist/mermaid.min.js")'),
    ],
)
def test_control_what_a_page_would_load_from_elsewhere_is_seen(tmp_path: Path, kind: str, text: str) -> None:
    (tmp_path / f"page{kind}").write_text(text, encoding="utf-8")
    assert len(list(site.loads(tmp_path))) == 1


def test_links_that_a_reader_follows_and_own_files_are_no_loading(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a href="https://example.vn/">x</a><img src="../a.png"><link rel="stylesheet" href="../a.css">'
        '<link rel="canonical" href="https://example.vn/a">',
        encoding="utf-8",
    )
    assert list(site.loads(tmp_path)) == []


def test_the_theme_brings_no_fonts_and_the_search_language_is_ours() -> None:
    theme = importlib.util.find_spec("material")
    settings = configuration()
    assert settings["theme"]["font"] is False
    assert "repo_url" not in settings
    search = next(plugin["search"] for plugin in settings["plugins"] if "search" in plugin)
    assert search["lang"] == ["vi"]
    ours = Path("assets/javascripts/lunr/min/lunr.vi.min.js")
    assert (site.ROOT / settings["theme"]["custom_dir"] / ours).exists()
    # ours stands in the place of a file of the theme: if the theme moves that, ours is never asked for
    assert theme is not None
    assert theme.submodule_search_locations is not None
    assert (Path(theme.submodule_search_locations[0]) / "templates" / ours).exists()


def test_each_language_has_its_own_search_and_loses_nothing() -> None:
    docs = [{"location": one, "title": one} for one in ("", "faq/", "faq/#a", "en/", "en/faq/#b")]
    shared = site.shared_out(docs)
    assert [one["location"] for one in shared["vi"]] == ["", "faq/", "faq/#a"]
    assert [one["location"] for one in shared["en"]] == ["", "faq/#b"]


# the whole of it, in a browser


def found(page: "Page", question: str) -> list[str]:
    """The addresses that a search of the site answers with, best first."""
    from playwright.sync_api import expect

    page.locator("input[name=query]").fill(question)
    page.locator("input[name=query]").press("End")
    expect(page.locator(".md-search-result__link").first).to_be_attached()
    links = page.locator(".md-search-result__link")
    return [re.sub(r"\?.*", "", links.nth(at).get_attribute("href") or "") for at in range(links.count())]


@pytest.mark.release
def test_control_a_broken_link_and_a_broken_anchor_fail_the_build(tmp_path: Path) -> None:
    shutil.copy(site.ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(site.ROOT / "tools" / "site_theme", tmp_path / "tools" / "site_theme")
    pages = tmp_path / "build" / "site-pages"
    site.lay_out(site.ROOT, pages)
    for name, words in (("index.vi.md", "[x](nowhere.md)"), ("faq.en.md", "[y](glossary.md#nowhere)")):
        page = pages / name
        page.write_text(f"{page.read_text(encoding='utf-8')}\n{words}\n", encoding="utf-8")
    faults = site.built(tmp_path)
    assert len(faults) == 2
    assert "'index.vi.md' contains a link 'nowhere.md'" in faults[0]
    assert "does not contain an anchor '#nowhere'" in faults[1]


@pytest.mark.release
@pytest.mark.browser
def test_the_built_site_is_searched_without_marks_and_loads_nothing_from_elsewhere(
    chromium: "Browser",
) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from starlette.applications import Starlette
    from starlette.staticfiles import StaticFiles

    assert site.main([]) == 0
    app = Starlette()
    app.mount("/", StaticFiles(directory=site.SITE, html=True))
    with serving(app) as address, chromium.new_context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in ("/", "/tutorial/", "/glossary/", "/reference/settings/", "/en/", "/en/glossary/"):
            page.goto(address + path, wait_until="load")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
            faults = (
                Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}).response["violations"]
            )
            assert [(one["id"], one["nodes"][0]["html"]) for one in faults] == [], path
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{address}/", wait_until="load")
        page.locator("input[name=query]").click()
        with_marks = found(page, "tin đồn")
        page.goto(f"{address}/", wait_until="load")
        page.locator("input[name=query]").click()
        assert found(page, "tin don") == with_marks
        assert all(not link.startswith(f"{address}/en/") for link in with_marks)
        page.goto(f"{address}/en/", wait_until="load")
        page.locator("input[name=query]").click()
        assert all(link.startswith(f"{address}/en/") for link in found(page, "appeal"))
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []

"""The documents say what the code does: names, examples, links, paths and the diagram are held to it."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.vocabulary import Topic
from pipeline.settings import TABLE, Setting
from tools import docs

ROOT = docs.ROOT
ROOMS = ("models", "classify", "crawlers", "pipeline", "review_ui", "demo")
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
WRITTEN = [page for page in PAGES if page.parent != docs.FOLDER]
EDGE = re.compile(r"^\s*(\w+) --> (\w+)\s*$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
CODE_PATH = re.compile(
    r"`((?:models|classify|crawlers|pipeline|review_ui|demo|tests|tools|bench|docs)/[\w./-]+)`"
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


# the reference pages


def test_the_reference_pages_are_what_the_code_writes() -> None:
    assert docs.stale(docs.FOLDER, {name: make() for name, make in docs.PAGES.items()}) == []


def test_positive_control_drift_is_found(tmp_path: Path) -> None:
    wanted = {"settings.md": "new", "topics.md": "same", "tables.md": "missing"}
    for name, text in (("settings.md", "old"), ("topics.md", "same"), ("gone.md", "left over")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [line.split(":")[0] for line in docs.stale(tmp_path, wanted)] == [
        "docs/reference/gone.md",
        "docs/reference/settings.md",
        "docs/reference/tables.md",
    ]


def test_writing_and_checking_again_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "PAGES", {"topics.md": docs.topics})
    assert docs.main(["--check"], tmp_path) == 1
    assert "topics.md: is missing" in capsys.readouterr().out
    assert docs.main([], tmp_path) == 0
    assert docs.main(["--check"], tmp_path) == 0


@pytest.mark.parametrize("setting", TABLE, ids=lambda one: one.name)
def test_every_setting_is_named(setting: Setting) -> None:
    page = read("docs/reference/settings.md")
    assert f"`{setting.name}`" in page
    assert f"`{setting.variable}`" in page
    assert setting.help in page


def test_every_command_is_named_with_its_options() -> None:
    page = read("docs/reference/commands.md")
    for path, command in docs.walk(docs.command_line()):
        assert f"## `{path}`" in page
        for one in command.params:
            assert getattr(one, "hidden", False) or one.opts[0] in page or one.name.upper() in page


def test_every_command_says_what_it_does_and_shows_an_example() -> None:
    silent = [path for path, command in docs.walk(docs.command_line()) if not (command.help or "").strip()]
    leaves = [
        (path, command)
        for path, command in docs.walk(docs.command_line())
        if not getattr(command, "commands", {})
    ]
    assert silent == []
    assert [path for path, command in leaves if "kiemchung" not in (command.epilog or "")] == []


def test_every_route_is_named_with_who_may_call_it() -> None:
    from review_ui.permissions import PERMISSIONS

    page = read("docs/reference/routes.md")
    served = docs.served()
    assert set(served) == set(PERMISSIONS)
    assert [
        name for name, (_, path) in served.items() if f"| `{name}` |" not in page or path not in page
    ] == []


def test_every_figure_is_named() -> None:
    from pipeline.dictionary import ENTRIES

    page = read("docs/reference/metrics.md")
    assert [name for name in ENTRIES if f"`{name}`" not in page] == []


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_is_named_in_both_languages(topic: Topic) -> None:
    assert f"`{topic.value}`" in read("docs/reference/topics.md")
    vietnamese, english = read("docs/scope.md").split("\n## English\n")
    assert f"| `{topic.value}` |" in vietnamese
    assert f"| `{topic.value}` |" in english


def test_the_ten_rules_stand_in_both_languages_and_in_the_readme() -> None:
    vietnamese, english = read("docs/scope.md").split("\n## English\n")
    for text in (vietnamese, english, read("README.md")):
        assert re.findall(r"^(\d+)\. \*\*", text, re.MULTILINE) == [str(n) for n in range(1, 11)]


# examples


def example_lines(text: str) -> Iterator[str]:
    """The lines of a text that call the program, without what explains them."""
    for line in text.splitlines():
        call = re.split(r" {2,}", line.strip().removeprefix("ExecStart="))[0]
        if re.search(r"(?:^|\| ?)(?:[\w./-]+/)?kiemchung ", call):
            yield call


def words_of(call: str) -> list[str]:
    """The arguments of the program in a line of shell: pipes, redirections and comments left out."""
    lexer = shlex.shlex(call, posix=True, punctuation_chars="|<>&;")
    lexer.whitespace_split = True
    words = list(lexer)
    start = next(at for at, word in enumerate(words) if word.rsplit("/", 1)[-1] == "kiemchung")
    stops = (at for at in range(start, len(words)) if set(words[at]) <= set("|<>&;"))
    return words[start + 1 : next(stops, len(words))]


def parse(words: list[str]) -> None:
    """Let the command line read the words as far as it can without doing anything; raises if it cannot."""
    command, name, context, rest = docs.command_line(), "kiemchung", None, words
    while True:
        context = command.make_context(name, list(rest), parent=context)
        if not getattr(command, "commands", {}):
            return
        rest = [*getattr(context, "_protected_args", []), *context.args]
        name, command, rest = command.resolve_command(context, rest)


def epilogs() -> list[str]:
    return [
        call for _, command in docs.walk(docs.command_line()) for call in example_lines(command.epilog or "")
    ]


def blocks() -> list[str]:
    found = [
        call
        for page in WRITTEN
        for language, block in CODE.findall(page.read_text(encoding="utf-8"))
        if language in {"sh", "ini"}
        for call in example_lines(block)
    ]
    inline = re.compile(r"`(kiemchung [^`]+)`")
    return found + [call for page in WRITTEN for call in inline.findall(page.read_text(encoding="utf-8"))]


def test_the_examples_of_the_help_can_be_typed() -> None:
    from typer.exceptions import Exit

    calls = epilogs()
    assert len(calls) > 20
    for call in calls:
        try:
            parse(words_of(call))
        except Exit:
            continue
        except Exception as error:
            pytest.fail(f"{call}: {error}")


def test_the_examples_of_the_documents_can_be_typed() -> None:
    from typer.exceptions import Exit

    calls = blocks()
    assert len(calls) > 20
    for call in calls:
        try:
            parse(words_of(call))
        except Exit:
            continue
        except Exception as error:
            pytest.fail(f"{call}: {error}")


@pytest.mark.parametrize("call", ["kiemchung crawll", "kiemchung crawl --onec", "kiemchung users add"])
def test_positive_control_a_wrong_example_does_not_parse(call: str) -> None:
    from typer.exceptions import TyperException

    with pytest.raises(TyperException):
        parse(words_of(call))


# links, anchors, paths


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings as repository hosts make them."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    found = []
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_positive_control_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# A b\n[x](b.md) [y](#a-b) [z](#c) [w](https://example.vn/)\n", encoding="utf-8")
    assert broken_links(page) == ["b.md", "#c"]


def test_every_document_is_reached_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = LINK.findall(page.read_text(encoding="utf-8"))
        names = [target.partition("#")[0] for target in targets if not target.startswith("http")]
        waiting += [path for name in names if name and (path := (page.parent / name).resolve()).exists()]
    assert [page_id(page) for page in PAGES if page not in seen] == []


@pytest.mark.parametrize("page", WRITTEN, ids=page_id)
def test_files_that_documents_name_are_there(page: Path) -> None:
    named = CODE_PATH.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


# the diagram


def drawn(text: str) -> set[tuple[str, str]]:
    diagrams = [block for language, block in CODE.findall(text) if language == "mermaid"]
    assert len(diagrams) == 1
    return set(EDGE.findall(diagrams[0]))


def imported(path: Path) -> set[str]:
    """The rooms that a file imports, at its top or later."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return {name.split(".")[0] for name in names} & set(ROOMS)


def real_edges() -> set[tuple[str, str]]:
    files = [
        (room, path) for room in ROOMS for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts
    ]
    return {(room, other) for room, path in files for other in imported(path) if other != room}


def test_the_diagram_is_the_code() -> None:
    assert drawn(read("docs/architecture.md")) == real_edges()


def test_positive_control_an_arrow_too_few_or_too_many_is_seen() -> None:
    text = read("docs/architecture.md")
    assert drawn(text.replace("    crawlers --> models\n", "")) != real_edges()
    extra = text.replace("    crawlers --> models\n", "    crawlers --> models\n    crawlers --> classify\n")
    assert drawn(extra) != real_edges()


def test_a_deferred_import_counts(tmp_path: Path) -> None:
    file = tmp_path / "late.py"
    file.write_text(
        "def f():\n    from classify.text import normalise\n    import models.base\n", encoding="utf-8"
    )
    assert imported(file) == {"classify", "models"}


# rules


def test_every_rule_has_a_test_and_a_positive_control_that_assurance_names() -> None:
    page = read("docs/assurance.md")
    for number in range(1, 11):
        files = sorted((ROOT / "tests" / "rules").glob(f"test_rule_{number:02}_*.py"))
        assert len(files) == 1, f"rule {number}"
        assert f"`tests/rules/{files[0].name}`" in page
        controls = re.findall(r"def (test_control_\w+)\(", files[0].read_text(encoding="utf-8"))
        assert any(f"`tests/rules/{files[0].name}::{name}`" in page for name in controls), f"rule {number}"


def test_tests_that_assurance_names_are_there() -> None:
    page = read("docs/assurance.md")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page)
    assert len(named) >= 20
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in read(file)] == []

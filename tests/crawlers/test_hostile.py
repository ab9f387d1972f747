"""Documents made to exhaust parsers or to reach out through them (C3): each within 5 s and 256 MiB."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from crawlers import extract, marks, markup, worker
from models.vocabulary import Outcome
from tests.crawlers import hostile
from tests.crawlers.limits import MEBIBYTES, SECONDS, Measured, measure
from tests.crawlers.reader import make_reader

KINDS = {"page": hostile.HTML, "feed": hostile.FEEDS, "sitemap": hostile.SITEMAPS}
SIZES = [pytest.param(55_000, id="some"), pytest.param(1_000_000, id="all", marks=pytest.mark.release)]
SECRET = "SECRET-OF-THE-MACHINE"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    return tmp_path


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """A loopback server that remembers who called; every document that reaches out names it."""
    called: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                try:
                    called.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        monkeypatch.setenv("HOSTILE_OUTSIDE", f"http://127.0.0.1:{server.getsockname()[1]}/evil.dtd")
        yield called
        ended.set()
        thread.join()


def test_there_are_as_many_documents_as_promised() -> None:
    assert len(hostile.HTML) >= 45
    assert sum(map(len, KINDS.values())) >= 60


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_document_exhausts_or_reaches_out(
    kind: str, size: int, folder: Path, listener: list[object]
) -> None:
    found = measure(kind, size, folder)
    assert [one.name for one in found] == list(KINDS[kind])
    assert [one.name for one in found if not one.alive] == []
    assert [one for one in found if one.seconds > SECONDS or one.mebibytes > MEBIBYTES] == []
    assert [one.name for one in found if SECRET in one.said] == []
    assert listener == []


def test_the_limits_would_be_noticed(folder: Path) -> None:
    """The positive control: what takes too long or too much does not survive, and the rest does."""
    found = {one.name: one for one in measure("control", 0, folder)}
    assert {name for name, one in found.items() if one.alive} == {"modest"}
    assert isinstance(found["modest"], Measured)


def test_a_trusting_parser_would_read_the_file(folder: Path) -> None:
    """The positive control: the document does what it is made for where entities are resolved."""
    document = hostile.FEEDS["external entity"](1).replace(hostile.FILE, (folder / "secret").as_uri())
    trusting = etree.XMLParser(resolve_entities=True, load_dtd=True)
    assert SECRET in "".join(etree.fromstring(document.encode(), trusting).itertext())


def outcome(html: str) -> Outcome:
    task = worker.PageTask(html.encode(), "text/html", "https://bao.vn/tin/a.html")
    return worker._read_page(task, make_reader()).outcome


@pytest.mark.parametrize(
    "name", ["nested div", "nested p", "attributes of one element", "wide table", "script"]
)
def test_an_empty_parse_of_a_large_body_is_an_alarm(name: str) -> None:
    html = hostile.HTML[name](300_000)
    assert len(html) > extract.LARGE_BODY
    assert outcome(html) == Outcome.EMPTY


def test_an_empty_small_page_is_not() -> None:
    assert outcome("<html><body><p>x</p><p>y</p></body></html>") == Outcome.NOT_OURS


@pytest.mark.parametrize(
    ("text", "declares"),
    [
        ("<rss><channel/></rss>", False),
        ("<!DOCTYPE rss><rss/>", True),
        ("<?xml version='1.0'?>\n<!-- a -->\n<!DOCTYPE rss><rss/>", True),
        ("<!-- <rss> --><!DOCTYPE rss><rss/>", True),
        ("<?pi <rss> ?><!doctype rss><rss/>", True),
        ("<rss><!DOCTYPE rss></rss>", True),
        ("<rss><![CDATA[<!DOCTYPE html>]]></rss>", False),
        ("<rss><!-- <!ENTITY a 'b'> --></rss>", False),
        ("<rss><!ENTITY a 'b'></rss>", True),
        ("", False),
    ],
)
def test_where_a_document_type_hides(text: str, declares: bool) -> None:
    assert markup.declares_type(text) is declares


def test_a_real_page_is_not_crowded() -> None:
    element = "<p class='a b' id=\"c\" data-x=y hidden title='a > b'>x</p>"
    assert not markup.is_crowded((element * 3000).encode())
    assert markup.is_crowded(b"<p " + b"a " * 1000 + b">")
    assert markup.is_crowded(b"<p " + b"a='>' " * 1000 + b">")
    assert markup.is_crowded(b"<p" + b"/a" * 1000 + b">")


def test_runs_of_marks_are_cut_and_words_are_not() -> None:
    assert marks.nfc("a\u0323\u0302") == "ậ"
    words = "Trường học " * 1000
    assert marks.shortened(words) is words
    assert len(marks.nfc("a" + "\u0323\u0302" * 10_000)) <= 31
    thai = "น้ำท่วม" * 2000
    assert marks.shortened(thai) == thai

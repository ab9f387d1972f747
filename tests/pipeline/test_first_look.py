"""The first look at a page loses nothing: what the whole path keeps passes it, and every alarm rings."""

import random
from collections.abc import Iterator
from datetime import date
from functools import cache

import pytest

from classify import scope
from classify.corpus import load_scope
from classify.reader import Reader
from crawlers import charsets, extract, glance, worker
from demo import content
from demo import pages as sample
from models.vocabulary import Outcome
from pipeline.readers import make_reader

URL = "http://bao-mau.localhost:8080/tin/1.html"
JUNK = (
    '<div class="box"><a href="/a">Xem thêm: những tin mới nhất trong ngày của chuyên mục đời sống</a></div>',
    "<figure><img src='x.jpg'><figcaption>Quang cảnh khu chợ buổi sáng sớm cuối tuần.</figcaption></figure>",
    "<h3>Thông tin thêm</h3>",
    "<ul><li><a href='/1'>Trang chủ</a></li><li><a href='/2'>Thể thao</a></li></ul>",
    '<div class="ad">Quảng cáo</div>',
    "<p>Xem thêm.</p>",
    "<table><tr><td>Giá vàng</td><td>Giá lúa</td></tr></table>",
)
FRAMES = (
    "<article><h1>{title}</h1>{body}</article>",
    "<div id='content'><h1>{title}</h1><div class='detail-content'>{body}</div></div>",
    "<main><header><h1>{title}</h1></header><section>{body}</section></main>",
    "<div><h2>{title}</h2><h1>Báo mẫu</h1><h1>Chuyên trang</h1>{body}</div>",
)
PAGE = (
    "<!DOCTYPE html><html><head><title>{title} | Báo mẫu</title><meta property='og:title' content='{title}'>"
    "<script>var a = '<p>x</p>';</script><style>p {{ color: red }}</style></head><body><nav><a href='/'>Trang"
    " chủ</a> <a href='/y-te'>Y tế</a></nav>{frame}<{side}><ul>{links}</ul></{side}><footer><p>Cơ quan chủ"
    " quản của báo mẫu, giấy phép hoạt động báo chí do cơ quan có thẩm quyền cấp.</p></footer></body></html>"
)


_PLAIN = str.maketrans("", "", "<>'\"&{}")


@cache
def reader() -> Reader:
    return make_reader(b"k" * 32, "86")


def whole_path(html: str) -> extract.Article:
    return extract.article(html, URL)


def passes(html: str) -> bool:
    tree = extract.load(html)
    return tree is None or glance.may_hold(tree, html, reader().may_hold)


def kept(html: str) -> bool:
    article = whole_path(html)
    return reader().read(article.text, article.title, page=True).in_scope


def sample_pages() -> Iterator[str]:
    """Every page of the sample province, as its publisher serves it."""
    for page in content.pages():
        base = "http://" + content.publishers()[page.publisher].host
        body = sample.article(page, content.publishers()[page.publisher], base, date(2026, 11, 1))
        yield charsets.decode(body, "text/html")


def made_pages(count: int, seed: int) -> Iterator[str]:
    """Pages of the training texts, ours among others, in several layouts, with junk between paragraphs."""
    chance = random.Random(seed)
    rows = load_scope()
    ours = [row.text for row in rows if row.in_scope]
    others = [row.text for row in rows if not row.in_scope]
    for _ in range(count):
        texts = chance.sample(others, chance.randrange(0, 5))
        texts += chance.sample(ours, chance.choice((0, 1, 2, 3, 4, 5)) or not texts)
        chance.shuffle(texts)
        body = ""
        for text in texts:
            inner = text.replace("&", "&amp;").replace("<", "&lt;")
            body += f"<p>{inner}</p>" if chance.random() < 0.8 else f"<div>{inner}<br>{inner[:40]}</div>"
            if chance.random() < 0.5:
                body += chance.choice(JUNK)
        title = " ".join(chance.choice(texts).split()[:12]).translate(_PLAIN)
        frame = chance.choice(FRAMES).format(title=title, body=body)
        links = "".join(
            f"<li><a href='/{at}'>{chance.choice(others)[:60].translate(_PLAIN)}</a></li>"
            for at in range(chance.randrange(90))
        )
        side = chance.choice(("aside", "div", "section"))
        yield PAGE.format(title=title, frame=frame, links=links, side=side)


def lost(pages: Iterator[str]) -> tuple[int, int, int]:
    """How many pages the whole path keeps, how many of these the first look would drop, how many it drops."""
    keeping = losing = dropping = 0
    for html in pages:
        if not passes(html):
            dropping += 1
            losing += kept(html)
        keeping += kept(html) if passes(html) else 0
    return keeping + losing, losing, dropping


def test_no_page_of_the_sample_province_is_lost() -> None:
    keeping, losing, dropping = lost(sample_pages())
    assert losing == 0
    assert keeping >= 60
    assert dropping >= 5, "it has to drop something to be worth its while"


@pytest.mark.parametrize("count", [250, pytest.param(6000, marks=pytest.mark.release)])
def test_no_page_made_of_ours_and_others_is_lost(count: int) -> None:
    keeping, losing, dropping = lost(made_pages(count, seed=count))
    assert losing == 0
    assert keeping >= count // 5
    assert dropping >= count // 100


def test_a_first_look_with_too_high_a_bar_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "FIRST_LOOK_SHARE", 4.0)
    assert lost(sample_pages())[1] > 0
    assert lost(made_pages(150, seed=5))[1] > 0


@pytest.mark.parametrize(
    "hidden",
    [
        '<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{text}"}}</script>',
        '<div id="data-preloaded" data-preloaded="{text}"></div>',
    ],
)
def test_a_text_that_stands_in_the_data_of_a_page_is_seen(hidden: str) -> None:
    ours = next(page for page in content.pages() if page.kind == "rumour" and page.quirk is None)
    text = " ".join((ours.lead, *ours.paragraphs)).replace('"', "")
    html = next(html for html in sample_pages() if not passes(html))
    assert passes(html.replace("<main>", hidden.format(text=text) + "<main>"))


def page_result(html: str) -> worker.PageResult:
    task = worker.PageTask(html.encode(), "text/html", URL)
    return worker._read_page(task, reader())


SMALL = (
    "<div class='{name}'>"
    + "<p>Trang này dùng các tệp nhỏ để ghi nhớ lựa chọn của bạn đọc. {n}</p>" * 12
    + "</div>"
)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<p>Ngắn.</p>",
        SMALL.format(name="cookie-banner", n=1) * 3,
        SMALL.format(name="comments", n=1),
        "<aside>" + SMALL.format(name="tin", n=2) + "</aside>",
        "<footer>" + SMALL.format(name="tin", n=2) + "</footer>",
        "<noscript><p>"
        + "Hãy bật JavaScript để xem trang này của chúng tôi nhé bạn đọc. " * 9
        + "</p></noscript>",
    ],
)
def test_an_empty_parse_of_a_large_page_is_still_an_alarm(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    html = f"<html><head><script>{'x' * 20_000}</script></head><body>{body}</body></html>"
    outcome = page_result(html).outcome
    monkeypatch.setattr(glance, "may_hold", lambda *_: True)
    assert outcome == page_result(html).outcome


def test_the_alarm_is_lost_if_the_first_look_judges_pages_without_paragraphs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    html = f"<html><head><script>{'x' * 20_000}</script></head><body><p>Ngắn.</p></body></html>"
    assert page_result(html).outcome == Outcome.EMPTY
    monkeypatch.setattr(glance, "has_body", lambda _: True)
    assert page_result(html).outcome == Outcome.NOT_OURS


def test_looking_leaves_the_tree_as_it_is() -> None:
    from lxml import etree

    for html in list(sample_pages())[::9]:
        tree = extract.load(html)
        before = etree.tostring(tree)
        glance.may_hold(tree, html, reader().may_hold)
        assert etree.tostring(tree) == before


@pytest.mark.parametrize("count", [60, pytest.param(3000, marks=pytest.mark.release)])
def test_trimming_changes_no_article(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    pages = [*list(sample_pages())[:: 1 if count > 60 else 3], *made_pages(count, seed=count + 1)]
    trimmed = [whole_path(html) for html in pages]
    monkeypatch.setattr(glance, "trim", lambda _: None)
    monkeypatch.setattr(glance, "outside", lambda tree: tree.iter("*"))
    assert trimmed == [whole_path(html) for html in pages]


def test_trimming_what_the_extraction_keeps_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = list(sample_pages())[::9]
    whole = [whole_path(html) for html in pages]
    monkeypatch.setattr(glance, "_DROPPED", (*glance._DROPPED, "article"))
    assert whole != [whole_path(html) for html in pages]


@pytest.mark.parametrize("depth", [200, 2500, 100_000])
def test_deeply_nested_pages_end_as_before(monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    plain = "<p>" + "chợ sớm " * 200 + "</p>"
    html = f"<html><body>{plain}{'<div>' * depth}Bà con đi chợ.{'</div>' * depth}{plain}</body></html>"
    outcome = page_result(html).outcome
    monkeypatch.setattr(glance, "may_hold", lambda *_: True)
    assert outcome == page_result(html).outcome

"""Who wrote it, and who wrote below it, never leaves extraction (rule 1); sentences of the article do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trafilatura import extract as plain_extract

from crawlers import boilerplate, extract, signatures
from tests.crawlers.pages import BODY, ENGLISH, Shape, comments, english, page, vietnamese

NAMES = ["Nguyễn Văn Bảy", "Lê Hoàng Yến", "Thạch Thị Sa Rane"]
ENGLISH_NAMES = ["Mary Jane Watson", "John O'Neill"]
CASES = [
    *((name, shape) for name in NAMES for shape in vietnamese(name)),
    *((name, shape) for name in ENGLISH_NAMES for shape in english(name)),
]


def found(text: str, name: str) -> list[str]:
    """Parts of a name that a text still holds, whatever their case."""
    return [part for part in (name, name.rpartition(" ")[2]) if part.lower() in text.lower()]


def test_the_suite_is_as_large_as_promised() -> None:
    assert len(vietnamese("")) + len(english("")) >= 80
    assert len(comments("")) >= 30


@pytest.mark.parametrize(("name", "shape"), CASES, ids=[f"{shape.label}-{name}" for name, shape in CASES])
def test_bylines_go_and_the_article_stays(name: str, shape: Shape) -> None:
    article = extract.article(page(shape, name))
    assert not found(f"{article.title}\n{article.text}", name)
    for paragraph in ENGLISH if shape.english else BODY:
        assert paragraph in article.text


def test_plain_extraction_keeps_many_of_them() -> None:
    """The positive control: without our rules the same pages give names away."""
    kept = {
        shape.label
        for name, shape in CASES
        if found(plain_extract(page(shape, name), fast=True, include_comments=False) or "", name)
    }
    assert len(kept) >= 30
    assert {"signature at the end", "Bài, ảnh", "signature on the last line", "en life"} <= kept


@pytest.mark.parametrize("label", comments(""))
def test_comments_go_and_the_article_stays(label: str) -> None:
    section = comments("Nguyễn Văn Bảy")[label]
    for shape in (Shape(label, after=section), Shape(label, end=section)):
        article = extract.article(page(shape))
        assert "CANARY" not in article.text
        assert "Bảy" not in article.text
        assert all(paragraph in article.text for paragraph in BODY)


def test_plain_extraction_keeps_many_comments() -> None:
    kept = [
        label
        for label, section in comments("Bảy").items()
        if "CANARY"
        in (plain_extract(page(Shape(label, end=section)), fast=True, include_comments=False) or "")
    ]
    assert len(kept) >= 8


STAYING = [
    "<div class='post comments-open has-author'>{}</div>",
    "<div class='author-archive'><h1>Phà tạm ngưng hai giờ sáng nay</h1>{}</div>",
    "<main class='with-comments'>{}</main>",
    "<div class='authority-notice'>{}</div>",
    "<div class='commentary'>{}</div>",
    "<div class='recommended'>{}</div>",
    "<section class='y-kien'><h1>Phà tạm ngưng hai giờ sáng nay</h1>{}</section>",
    "<div class='comment-wrapper'><div itemprop='articleBody'>{}</div></div>",
    "<div class='share'><span>Bình luận</span></div><div class='body'>{}</div>",
    "<div><a href='/binh-luan'>Bình luận</a></div><h1>Phà tạm ngưng hai giờ sáng nay</h1>{}",
    "<div class='editor-content'>{}</div>",
    "<div class='byte-body'>{}</div>",
]


@pytest.mark.parametrize("wrapper", STAYING)
def test_names_that_only_sound_like_it_drop_no_article(wrapper: str) -> None:
    body = "".join(f"<p>{one}</p>" for one in BODY)
    html = f"<html><head><title>Phà</title></head><body>{wrapper.format(body)}</body></html>"
    text = extract.article(html).text
    assert all(paragraph in text for paragraph in BODY)


SAID = [
    "Theo Sở Y tế, người dân không nên mua thuốc lạ về uống khi chưa hỏi bác sĩ.",
    "Ảnh hưởng của bão sẽ kéo dài hai ngày nữa ở ven biển.",
    "Tin bão số chín: gió giật cấp mười, ghe tàu không ra khơi từ tối nay cho tới khi có thông báo mới.",
    "Ông Nguyễn Văn A cho biết cầu đã thông xe.",
    "Gửi hồ sơ về hotro@bao-hiem.example.vn để nhận tiền, người lạ dặn bà con như vậy.",
    "Bà con xem lịch tại trạm y tế xã An Bình.",
    "TUYỂN GẤP 500 LAO ĐỘNG ĐI LÀM NGAY, LƯƠNG 30 TRIỆU",
    "SỞ Y TẾ KHÔNG PHÁT THUỐC TẠI NHÀ",
    "Anh là công nhân, không phải người viết báo như lời đồn trên mạng, xã đã xác nhận với bà con rồi.",
    "Phà chạy lại lúc 9 giờ 30 ngày 23/11/2026.",
]


@pytest.mark.parametrize("line", SAID)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_sentences_that_only_sound_like_it_stay(line: str, at: int) -> None:
    lines = list(BODY)
    lines.insert(at * 2, line)
    assert line in signatures.drop("\n".join(lines)).split("\n")


@given(st.lists(st.text(alphabet="aAđĐ .:()-–@1\n", max_size=60), max_size=8))
@settings(deadline=None, max_examples=100)
def test_stripping_gives_lines_of_the_text_and_is_stable_on_its_ends(lines: list[str]) -> None:
    text = "\n".join(lines)
    kept = signatures.drop(text)
    assert len(kept) <= len(text)
    assert all(any(one.strip() in line for line in text.split("\n")) for one in kept.split("\n"))


def test_every_name_that_counts_passes_the_cheap_look() -> None:
    words = [*boilerplate._AUTHOR_WORDS, *boilerplate._COMMENT_WORDS, *map("-".join, boilerplate._PAIRS)]
    assert all(boilerplate._HINT.search(word) for word in words)
    assert all(boilerplate._kind(word) for word in words)

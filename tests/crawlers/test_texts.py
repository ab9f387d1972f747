"""Bytes to clean text, pages to articles: encodings, bylines, comments, dates."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import charsets, extract, legacy, signatures
from tests.crawlers.server import page

TEXT = (
    "Sở Y tế thông báo: người dân không được mua thuốc chữa bệnh của những người lạ, và phải đến bệnh viện. "
    "Đã có lũ, đường ngập; hộ nghèo được nhận tiền. Quỹ, ỷ lại, kỹ sư, kỳ lạ, ăn, ắt, ằng, ẳng, ẵm, ặt, ấp, "
    "ầm, ẩn, ẫm, ập, ẻ, ẽ, ẹ, ế, ề, ể, ễ, ệ, ỉ, ĩ, ị, ỏ, õ, ọ, ố, ồ, ổ, ỗ, ộ, ớ, ờ, ở, ỡ, ợ, ủ, ũ, ụ, ứ, ừ, "
    "ử, ữ, ự, ỳ, ỹ, ỵ, ý."
)


def encode_with(table: dict[int, str], text: str) -> bytes:
    back = {letter: chr(code) for code, letter in table.items()}
    return "".join(back.get(letter, letter) for letter in text).encode("latin-1")


def encode_vni(text: str) -> bytes:
    back = {letter: pair for pair, letter in legacy._VNI.items() if pair[0].isupper() == letter.isupper()}
    back |= {letter: single for single, letter in legacy._VNI_SINGLES.items()}
    return "".join(back.get(letter, letter) for letter in text).encode("cp1252")


def encode_1258(text: str) -> bytes:
    # windows-1258 has the vowels with circumflex, breve and horn, and writes the tones after them
    out = bytearray()
    for letter in text:
        try:
            out += letter.encode("cp1258")
            continue
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
        tones = [mark for mark in parts[1:] if mark in "\u0300\u0301\u0303\u0309\u0323"]
        base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
        out += (base + "".join(tones)).encode("cp1258")
    return bytes(out)


ENCODED = {
    "utf-8": TEXT.encode(),
    "utf-8 bom": TEXT.encode("utf-8-sig"),
    "utf-16": TEXT.encode("utf-16"),
    "nfd": unicodedata.normalize("NFD", TEXT).encode(),
    "tcvn3": encode_with(legacy._TCVN3, TEXT.replace("ẳng", "ẳng")),
    "viscii": encode_with(legacy._VISCII, TEXT),
    "vni": encode_vni(TEXT),
    "windows-1258": encode_1258(TEXT),
    "tcvn3 packed in utf-8": encode_with(legacy._TCVN3, TEXT).decode("latin-1").encode(),
    "vni packed in utf-8": encode_vni(TEXT).decode("cp1252").encode(),
}
LABELS = [
    "",
    "text/html",
    "text/html; charset=utf-8",
    "text/html; charset=iso-8859-1",
    "text/html; charset=utf-7",
    "x; charset=?",
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("name", ENCODED)
def test_every_vietnamese_encoding_under_every_label(name: str, label: str) -> None:
    assert charsets.clean(charsets.decode(ENCODED[name], label)) == TEXT


def test_tables_are_one_to_one() -> None:
    for table in (legacy._TCVN3, legacy._VISCII):
        assert len(set(table.values())) == len(table)
    assert len(set(legacy._VISCII.values())) == 134
    # every lower-case Vietnamese letter with a mark can be written in each
    letters = set(TEXT.lower()) - set("qwertyuiopasdfghjklzxcvbnm .,;:")
    for values in (
        set(legacy._TCVN3.values()),
        set(legacy._VISCII.values()),
        {*legacy._VNI.values(), *legacy._VNI_SINGLES.values()},
    ):
        assert letters <= values


def test_a_label_counts_where_the_bytes_do_not_speak() -> None:
    french = "Le café était déjà fermé"
    assert charsets.decode(french.encode("cp1252"), "text/html; charset=iso-8859-1") == french
    assert charsets.decode(french.encode("latin-1")) == french
    thai = "สวัสดี"
    assert charsets.decode(b"<meta charset=tis-620>" + thai.encode("tis-620")).endswith(thai)


def test_a_few_broken_bytes_do_not_spoil_a_page() -> None:
    broken = TEXT.encode() + b"\xff\xfe\x80 " + TEXT.encode()
    assert charsets.decode(broken, "text/html; charset=windows-1252").count(TEXT) == 2


@given(st.binary(max_size=400), st.sampled_from(LABELS))
def test_no_bytes_crash_and_clean_text_is_clean(body: bytes, label: str) -> None:
    text = charsets.clean(charsets.decode(body, label))
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" for letter in text)
    assert not set(text) & set("\u200b\u200e\u202e\u2066\ufeff\x00")


PARAGRAPHS = [
    "Sáng nay bến phà Đình Khao tạm ngưng chạy hai giờ vì nước chảy xiết, bà con đi vòng qua cầu Mỹ Thuận.",
    "Cảng vụ cho biết phà sẽ chạy lại khi mực nước hạ, và người dân theo dõi thông báo trên loa của xã.",
    "Nhiều học sinh được nhà trường cho vào lớp muộn, thầy cô chờ đủ em mới bắt đầu buổi học sáng hôm đó.",
]


def articled(extra: str = "", head: str = "") -> str:
    html = page("Phà Đình Khao tạm ngưng hai giờ", *PARAGRAPHS).replace("</article>", f"{extra}</article>")
    return html.replace("</title>", f"</title>{head}")


def test_title_text_and_no_menu() -> None:
    article = extract.article(articled())
    assert article.title == "Phà Đình Khao tạm ngưng hai giờ"
    assert all(paragraph in article.text for paragraph in PARAGRAPHS)
    assert "Trang chủ" not in article.text


BYLINES = [
    '<p class="author">{}</p>',
    '<span class="byline">{}</span>',
    '<div class="detail__author">{}</div>',
    '<a rel="author">{}</a>',
    '<p class="tac-gia">{}</p>',
    '<div id="articleAuthor"><b>{}</b></div>',
    '<p itemprop="author">{}</p>',
    '<p class="tacgia">{}</p>',
    '<p><a href="/tac-gia/x.html">{}</a></p>',
    '<p class="post-author-name">{}</p>',
    '<div class="author-box"><p>{} viết về miền Tây.</p></div>',
    '<p style="text-align:right"><strong>{}</strong></p>',
    "<p>Bài và ảnh: {}</p>",
    "<p><em>Theo {}</em></p>",
    "<p>({})</p>",
    "<p>Tác giả: {}</p>",
    "<p>{} - 09:30 22/11/2026</p>",
    '<figure><img src="a.jpg"><figcaption>Phà trên sông. Ảnh: {}</figcaption></figure>',
]


@pytest.mark.parametrize("byline", BYLINES)
def test_bylines_are_dropped(byline: str) -> None:
    name = "Canary Minh Anh"
    article = extract.article(articled(byline.format(name)))
    assert "Canary" not in article.text + article.title
    assert PARAGRAPHS[-1] in article.text


COMMENTS = [
    '<div class="comments"><p>{}</p></div>',
    '<section id="comment-list"><p>{}</p></section>',
    '<div id="binh_luan">{}</div>',
    '<ul class="list-comment"><li>{}</li></ul>',
    '<div id="disqus_thread"><p>{}</p></div>',
    '<div class="box_binhluan"><p>{}</p></div>',
    '<div class="y-kien-ban-doc"><p>{}</p></div>',
    '<article class="comment"><p>x</p></article><div itemprop="comment">{}</div>',
]


@pytest.mark.parametrize("comment", COMMENTS)
def test_comments_are_dropped(comment: str) -> None:
    words = (
        "Canary nói phà này ngưng cả tuần luôn đó bà con ơi, tui mới đi qua hồi sáng nè, đừng có tin báo nói."
    )
    article = extract.article(articled(comment.format(words)))
    assert "Canary" not in article.text
    assert PARAGRAPHS[0] in article.text


def test_states_of_comments_do_not_drop_an_article() -> None:
    html = (
        articled()
        .replace("<main>", "<main class='x'><div class='post-1 comments-open has-author'>")
        .replace("</main>", "</div></main>")
    )
    assert PARAGRAPHS[1] in extract.article(html).text


def test_signatures_go_and_sentences_stay() -> None:
    text = "Câu đầu tiên của bài báo hôm nay.\nPhà chạy lại lúc chín giờ. Ảnh: Minh Anh\nNguyễn Văn Canary"
    assert signatures.drop(text) == "Câu đầu tiên của bài báo hôm nay.\nPhà chạy lại lúc chín giờ"
    assert signatures.drop("Chỉ một dòng") == "Chỉ một dòng"
    kept = "Bà con lưu ý lịch phà mới.\nPhà chạy từ năm giờ sáng đến mười giờ đêm."
    assert signatures.drop(kept) == kept


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ('<meta property="article:published_time" content="2026-11-20T23:30:00+00:00">', date(2026, 11, 21)),
        ('<meta property="article:published_time" content="2026-11-20T23:30:00">', date(2026, 11, 20)),
        ('<meta name="pubdate" content="2026-11-20">', date(2026, 11, 20)),
        (
            '<script type="application/ld+json">{"datePublished": "2026-11-20T08:00:00+07:00"}</script>',
            date(2026, 11, 20),
        ),
        ('<meta name="pubdate" content="hôm qua">', None),
        ('<meta name="pubdate" content="0001-01-01">', None),
        ("", None),
    ],
)
def test_the_day_of_a_page(head: str, day: date | None) -> None:
    assert extract.article(articled(head=head)).day == day


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("https://bao.vn/tin/a?utm_source=x", "https://bao.vn/tin/a"),
        ("/tin/a", "https://bao.vn/tin/a"),
        ("https://m.bao.vn/tin/a", "https://m.bao.vn/tin/a"),
        ("https://evil.vn/tin/a", ""),
        ("https://bao.vn/", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_canonical_addresses_stay_on_the_site(link: str, canonical: str) -> None:
    head = f"<link rel='canonical' href='{link}'>"
    assert extract.article(articled(head=head), "https://bao.vn/tin/a?x=1").canonical == canonical


@pytest.mark.parametrize(
    "html", ["", "<", "không phải trang web", "<html></html>", "<?xml version='1.0' encoding='x'?><html><p>a"]
)
def test_what_is_no_page_is_an_empty_article(html: str) -> None:
    assert len(extract.article(html, "https://bao.vn/a").text) < 40


def test_nbsp_controls_and_nfd_inside_a_page_come_out_clean() -> None:
    html = unicodedata.normalize(
        "NFD", articled("<p>Một câu\u200b có ký\u202e tự\x08 lạ\u00a0ở giữa, dài vừa đủ để được giữ lại.</p>")
    )
    text = extract.article(html).text
    assert unicodedata.is_normalized("NFC", text)
    assert "Một câu có ký tự lạ" in text.replace("\u00a0", " ")

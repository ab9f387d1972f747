"""The share card and the sheet for a notice board: size, words, sign, one page, the same bytes every time."""

import io
import re
import struct
import unicodedata
import zlib
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import typst
from pypdf import PdfReader

from models.vocabulary import Language, Rating
from pipeline import notice, sharecard
from pipeline.notice import Notice, Part
from pipeline.publishing import MAX_FIELD
from pipeline.sharecard import COLOURS, HEIGHT, WIDTH, Card, picture, shortened
from tests.conftest import NOW

CARD = Card(
    rating=Rating.FALSE,
    verdict="Sai sự thật",
    title="Lá đu đủ không chữa được sốt xuất huyết",
    truth="Không có loại lá nào thay được việc theo dõi ở cơ sở y tế.",
    desk="Bàn tin Vĩnh Long",
    address="kiemchung.example/d/3fa9c2b81e",
    date="18/11/2026",
)
NOTICE = Notice(
    rating=Rating.FALSE,
    verdict="Sai sự thật",
    title=CARD.title,
    parts=[
        Part("Người ta nói gì", "Có lời đồn rằng một loại lá trị hết bệnh sốt."),
        Part("Sự thật là gì", CARD.truth),
        Part("Bạn nên làm gì", "Sốt cao hai ngày thì tới trạm y tế."),
        Part("Gọi cho ai", "115"),
    ],
    desk=CARD.desk,
    day=NOW.date(),
    date=CARD.date,
    url="https://kiemchung.example/d/3fa9c2b81e",
    address=CARD.address,
    more="Nguồn và cách khiếu nại ở trang này:",
    cut="Bản in được rút gọn.",
)


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of an eight-bit RGBA or RGB picture (RFC 2083), without a library."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    depth = {2: 3, 6: 4}[kind]
    body, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            body += png[at + 8 : at + 8 + size]
        at += 12 + size
    raw, rows, before = zlib.decompress(body), [], bytes(width * depth)
    for row in range(height):
        start = row * (width * depth + 1)
        before = _unfiltered(raw[start], raw[start + 1 : start + 1 + width * depth], before, depth)
        rows.append(before)
    return width, height, [bytes(one for at, one in enumerate(row) if at % depth < 3) for row in rows]


def _unfiltered(how: int, line: bytes, above: bytes, depth: int) -> bytes:
    out = bytearray(line)
    for at in range(len(out)):
        left = out[at - depth] if at >= depth else 0
        corner = above[at - depth] if at >= depth else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[how]
        out[at] = (out[at] + guess) & 255
    return bytes(out)


def _paeth(left: int, above: int, corner: int) -> int:
    ways = [
        (abs(above - corner), left),
        (abs(left - corner), above),
        (abs(left + above - 2 * corner), corner),
    ]
    return min(ways, key=lambda way: way[0])[1]


def small(card: Card) -> tuple[int, int, list[bytes]]:
    """The card's picture at a quarter of its size: reading pixels one by one is slow."""
    return pixels(sharecard._compiled(card, "png", sharecard._inputs(card), ppi=18))


def colour_at(rows: list[bytes], x: int, y: int) -> str:
    return "#" + rows[y][3 * x : 3 * x + 3].hex()


def outlines(svg: bytes) -> int:
    """How many letters and shapes a card holds."""
    return svg.count(b"<use")


@pytest.mark.parametrize("rating", list(Rating))
def test_a_card_has_the_size_that_is_asked_for_and_the_colour_of_its_rating(rating: Rating) -> None:
    made = picture(replace(CARD, rating=rating), "png")
    assert struct.unpack(">II", made[16:24]) == (WIDTH, HEIGHT)
    _, _, rows = small(replace(CARD, rating=rating))
    assert colour_at(rows, 3, 75) == COLOURS[rating][0]
    assert colour_at(rows, 295, 150) == "#fbfaf6"


def test_the_sign_tells_the_ratings_apart_without_colour() -> None:
    def shape(rating: Rating) -> bytes:
        drawn = picture(replace(CARD, rating=rating, verdict="Kết luận"), "svg")
        return re.sub(rb"#[0-9a-f]{6}", b"", drawn)

    assert len({shape(rating) for rating in Rating}) == len(Rating)


def test_every_word_of_the_card_is_set() -> None:
    svg = picture(CARD, "svg")
    letters = sum(len(re.sub(r"\s", "", text)) for text in (*_said(CARD),))
    assert outlines(svg) == letters
    title = re.search(r'<title id="ten">(.*?)</title>', svg.decode())
    assert title
    assert title[1] == f"{CARD.verdict}: {CARD.title}"
    assert b"<script" not in svg
    assert b"<text" not in svg  # outlines: the card needs no font where it is shown
    assert b"style=" not in svg  # so that the strict policy of this site holds for it too


def _said(card: Card) -> tuple[str, ...]:
    return card.verdict, card.title, card.truth, card.desk, card.address, card.date


def test_control_a_card_without_its_date_has_fewer_letters() -> None:
    assert outlines(picture(replace(CARD, date=""), "svg")) == outlines(picture(CARD, "svg")) - 10


def test_the_same_words_give_the_same_bytes() -> None:
    first = picture(CARD, "svg"), picture(CARD, "png")
    sharecard._made.clear()
    assert (picture(CARD, "svg"), picture(CARD, "png")) == first
    assert picture(replace(CARD, truth="Khác."), "png") != first[1]


def test_long_words_and_stacked_marks_stay_inside_the_card() -> None:
    high = replace(CARD, title="Ễ Ẵ Ỗ " * 60, truth="Wg" * 400, desk="Ế" * 300, address="a" * 300)
    width, height, rows = small(high)
    for y in (0, 1, height - 3, height - 2):  # nothing touches the edges; the last row is half a pixel
        assert {colour_at(rows, x, y) for x in range(10, width)} == {"#fbfaf6"}
    for x in (width - 3, width - 2, width - 1):
        assert {colour_at(rows, x, y) for y in range(height - 1)} == {"#fbfaf6"}


def test_control_a_card_without_breaks_would_touch_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharecard, "breakable", str)
    width, height, rows = small(replace(CARD, title="Wg" * 400, address="Wg" * 300))
    assert {colour_at(rows, width - 20, y) for y in range(height - 1)} != {"#fbfaf6"}


@pytest.mark.parametrize(
    "hostile", ["<b>&amp;\"'", "#eval(read('/etc/passwd'))", "\\u{41} $x$ *a* _b_ @c", "]]>"]
)
def test_what_is_typed_is_text_and_no_program(hostile: str) -> None:
    svg = picture(replace(CARD, title=hostile), "svg").decode()
    name = re.search(r'<title id="ten">([^<>]*)</title>', svg)
    assert name is not None
    assert unescape(name[1]) == f"{CARD.verdict}: {hostile}"


def test_texts_are_cut_at_a_word() -> None:
    assert shortened("một hai ba bốn", 11) == "một hai ba…"
    assert shortened("một  hai\nba", 40) == "một hai ba"
    assert len(shortened("x" * 500, 30)) == 30


KHMER = Notice(
    rating=Rating.FALSE,
    verdict="មិនពិត",
    title="ការផ្ដល់ប្រាក់ជំនួយ ៥ លានដុង គឺជាព័ត៌មានមិនពិតទេ",
    parts=[Part("គេនិយាយថា", "ស្លឹកល្ហុងព្យាបាលជំងឺគ្រុនឈាមដែលគេផ្សព្វផ្សាយនៅលើបណ្ដាញសង្គម។")],
    desk=CARD.desk,
    day=NOW.date(),
    date="18 វិច្ឆិកា 2026",
    url=NOTICE.url,
    address=NOTICE.address,
    more="អានបន្ថែម",
    cut="",
    language=Language.KM,
)


def fonts_in(made: bytes) -> set[str]:
    """Which fonts a PDF draws its letters with."""
    resources: Any = PdfReader(io.BytesIO(made)).pages[0]["/Resources"]
    return {str(one.get_object()["/BaseFont"]).partition("+")[2] for one in resources["/Font"].values()}


def test_khmer_is_set_with_khmer_letters_on_every_machine() -> None:
    made = notice.pdf(KHMER)
    assert {"NotoSansKhmer-Regular", "NotoSansKhmer-Bold"} <= fonts_in(made)
    assert "\u25cc" not in words_on(made), "a dotted circle stands where a sign was torn off its letter"
    card = replace(CARD, language=Language.KM, title=KHMER.title, truth=KHMER.parts[0].text)
    assert picture(card, "svg").count(b"<use ") > 20


def test_control_without_the_font_no_khmer_letter_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharecard, "FONTS", tmp_path)
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        notice.pdf(replace(KHMER, desk="Bàn tin khác"))


def test_no_khmer_sign_is_torn_off_its_letter() -> None:
    text = KHMER.parts[0].text
    assert sharecard.breakable(text) == text
    for most in range(8, len(text)):
        left = shortened(text, most)[:-1]
        rest = text[len(left) :]
        assert not unicodedata.category(rest[0]).startswith("M"), left
        assert not left.endswith("\u17d2"), left


def pages(made: bytes) -> int:
    return len(PdfReader(io.BytesIO(made)).pages)


def words_on(made: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(made)).pages[0].extract_text().split())


def test_the_sheet_is_one_page_a4_with_all_its_words() -> None:
    made = notice.pdf(NOTICE)
    page = PdfReader(io.BytesIO(made)).pages[0]
    assert pages(made) == 1
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    said = words_on(made)
    for part in NOTICE.parts:
        assert part.label in said
        assert part.text in said
    for text in (NOTICE.title, NOTICE.verdict, NOTICE.address, NOTICE.more, NOTICE.date, NOTICE.desk):
        assert text in said
    assert NOTICE.cut not in said
    assert b"/MarkInfo" in made  # tagged for screen readers (PDF/UA-1)


LONGEST = {
    "sentences": ("Đây là một câu vừa phải để thử tờ giấy. " * 200)[:MAX_FIELD],
    "one sentence": ("từ " * 2_000)[:MAX_FIELD],
    "one word": "Ệ" * MAX_FIELD,
    "lines": ("a\n" * 2_000)[:MAX_FIELD],
}


@pytest.mark.parametrize("text", LONGEST.values(), ids=LONGEST)
def test_the_longest_allowed_texts_are_one_page_and_say_that_they_are_cut(text: str) -> None:
    parts = [Part(part.label, text) for part in NOTICE.parts] + [Part("Vì sao chúng tôi biết", text)]
    made = notice.pdf(replace(NOTICE, parts=parts, title=text))
    assert pages(made) == 1
    said = words_on(made)
    assert NOTICE.cut in said
    for part in parts:
        assert part.label in said


def test_control_uncut_they_would_be_many_pages() -> None:
    parts = [Part(part.label, LONGEST["sentences"]) for part in NOTICE.parts]
    inputs = notice._plain(NOTICE, parts, notice.SIZES[-1], was_cut=False)
    assert len(notice._compiled(NOTICE, inputs, "png")) > 1


def test_short_texts_are_set_large() -> None:
    inputs = notice._plain(NOTICE, NOTICE.parts, notice.SIZES[1], was_cut=False)
    assert len(notice._compiled(NOTICE, inputs, "png")) == 1


def test_the_code_holds_the_address_and_nothing_else() -> None:
    import segno

    drawn = notice.qr_svg(NOTICE.url)
    out = io.BytesIO()
    segno.make(NOTICE.url, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False)
    assert drawn == out.getvalue()
    assert drawn != notice.qr_svg(NOTICE.url + "?from=paper")
    assert b"<script" not in drawn

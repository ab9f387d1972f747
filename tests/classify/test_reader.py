"""One text in, its masked claims out: sentences, places, topics, tokens, and nothing of what is not ours."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.hollow import content_words, is_hollow
from classify.mask import Masker
from classify.near import bands
from classify.reader import MAX_MENTIONS, NOT_OURS, Reader
from classify.text import content_key, normalise
from tests.classify.wild import ENDLESS, wild

quick = settings(deadline=None, max_examples=40)

RUMOUR = (
    "Nghe nói từ tháng 12 người già trên 75 tuổi ở xã Càng Long được nhận 3,5 triệu đồng nếu đóng phí hồ sơ "
    "250.000 đồng, gọi 0912.345.678"
)
HOLLOW = [
    "Có đúng không ạ?", "Có phải vậy không?", "Chia sẻ gấp!", "Tin này có thật không mọi người?",
    "Cho em hỏi có đúng không ạ", "Bà con chia sẻ gấp cho mọi người cùng biết nha!", "Thiệt hông vậy bà con?",
    "Em cảm ơn mọi người nhiều ạ.", "Co dung k moi nguoi?", "Mọi người cẩn thận nha.", "Chào cả nhà",
    "Tin này thật hay giả vậy ad?", "Ai biết chỉ giùm em với", "Nghe nói vậy đó, hông biết có thiệt hông",
    "Nhờ kiểm chứng giúp em với ạ", "Xin hỏi thông tin này có chính xác không?", "Gọi ‹phone·78·1a2b3c4d›",
    "CÓ ĐÚNG KHÔNG???", "", "😀",
]  # fmt: skip


@pytest.mark.parametrize("sentence", HOLLOW)
def test_a_sentence_without_content_is_hollow(sentence: str) -> None:
    assert is_hollow(sentence)
    assert is_hollow(unicodedata.normalize("NFD", sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Mai nghỉ học", "Mai cúp điện cả xã", "Lá đu đủ trị sốt xuất huyết có đúng không?",
        "Cầu Cổ Chiên sập rồi",
        "Nghe nói hộ nghèo được 5 triệu", "Chia sẻ gấp, bắt cóc trẻ em ở Càng Long!", RUMOUR,
    ],
)  # fmt: skip
def test_a_short_rumour_is_not_hollow(sentence: str) -> None:
    assert not is_hollow(sentence)


@quick
@given(wild)
def test_content_is_counted_in_any_text(text: str) -> None:
    assert content_words(text) >= 0


@pytest.mark.parametrize("question", [sentence for sentence in HOLLOW[:16] if sentence])
def test_only_the_sentence_with_the_rumour_is_kept(reader: Reader, question: str) -> None:
    for text in (f"{RUMOUR}. {question}", f"{question}\n{RUMOUR}"):
        reading = reader.read(text)
        (mention,) = reading.mentions
        assert "75 tuổi" in mention.text
        assert normalise(question) not in mention.text


@pytest.mark.parametrize(
    "text", ["Có đúng không ạ? Chia sẻ gấp!", "Chia sẻ gấp!", "", " \n", "\x00", "😀" * 50]
)
def test_nothing_left_is_not_ours(reader: Reader, text: str) -> None:
    assert reader.read(text) == NOT_OURS
    assert reader.read(text, title="Có phải vậy không?") == NOT_OURS


def test_a_reading_has_everything_that_is_kept(reader: Reader, masker: Masker) -> None:
    reading = reader.read(f"{RUMOUR}. Có đúng không ạ?")
    assert reading.in_scope
    assert reading.topic == "benefits"
    assert reading.is_local
    (mention,) = reading.mentions
    (token,) = mention.tokens
    assert token.token == masker.mask("0912345678").tokens[0].token
    assert mention.text[token.start : token.end] == f"‹phone·78·{token.token}›"
    assert mention.key == content_key(mention.text)
    assert 0.5 < mention.score < 1
    assert mention.reasons
    assert reading.minhash is not None
    assert reading.bands == tuple(bands(reading.minhash))


def test_what_is_not_ours_leaves_nothing(reader: Reader) -> None:
    for text in (
        "Hôm nay quán mình khai trương, mời cả nhà ghé ăn bánh xèo",
        "Đội tuyển thắng đậm trong trận đấu tối qua",
    ):
        assert reader.read(text) == NOT_OURS
    assert NOT_OURS.bands == ()


def test_the_title_is_read_with_the_text_and_counts_in_the_places(reader: Reader, masker: Masker) -> None:
    title, text = "Tin về tiền người già", f"{RUMOUR}."
    reading = reader.read(text, title=title)
    (mention,) = [mention for mention in reading.mentions if "75 tuổi" in mention.text]
    assert masker.mask(f"{title}\n{text}"[mention.start : mention.end]).text == mention.text


@quick
@given(
    st.sampled_from(
        ["", "\ufeff", "  \r\n", "SĐT 0987 654 321. ", "Cô Ba ở thuở hoà bình\u200b. ", "😀\r\n"]
    ),
    st.sampled_from(["", ".", ". Có đúng không ạ?", "!!!\r\nCCCD 086199001234", "\u200b. Gọi @ten.ai nha"]),
    st.sampled_from(["NFC", "NFD"]),
    st.sampled_from(["0912.345.678", "+84 912 345 678", "zalo 0912345678", "https://nhan-qua.top/x?y=1"]),
)
def test_places_point_into_the_text_as_given(
    reader: Reader, masker: Masker, before: str, after: str, form: str, contact: str
) -> None:
    given_text = before + RUMOUR.replace("0912.345.678", contact) + after
    given_text = unicodedata.normalize("NFC" if form == "NFC" else "NFD", given_text)
    found = [mention for mention in reader.read(given_text).mentions if "75 tuổi" in mention.text]
    assert found
    for mention in found:
        assert masker.mask(given_text[mention.start : mention.end]).text == mention.text


def test_one_sentence_twice_is_one_mention_and_a_long_list_is_cut(reader: Reader) -> None:
    twice = reader.read(f"{RUMOUR}.\n{RUMOUR.upper()}.")
    assert len(twice.mentions) == 1
    many = "\n".join(RUMOUR.replace("75", str(100 + at)) + "." for at in range(MAX_MENTIONS + 5))
    assert len(reader.read(many).mentions) <= MAX_MENTIONS


@quick
@given(wild, wild)
def test_any_text_is_read(reader: Reader, text: str, title: str) -> None:
    reading = reader.read(text, title)
    assert reading.in_scope == bool(reading.mentions)
    given_text = f"{title}\n{text}" if title.strip() else text
    for mention in reading.mentions:
        assert 0 <= mention.start <= mention.end <= len(given_text)
        assert not is_hollow(mention.text)


@pytest.mark.parametrize("text", ENDLESS[3:6], ids=lambda text: repr(text[:8]))
def test_the_longest_text_is_read(reader: Reader, text: str) -> None:
    assert len(reader.read(text, RUMOUR).mentions) <= MAX_MENTIONS

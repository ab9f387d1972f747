"""Encodings (C7): every Vietnamese one under every label, and strings that break programs; 0 crashes."""

import itertools
import random
import unicodedata
from collections.abc import Callable

import pytest

from classify.text import content_key
from crawlers import charsets, extract, legacy
from tests.crawlers.test_texts import encode_1258, encode_vni, encode_with

SEED = 20261122
TEXT = (
    "người dân không được mua thuốc chữa bệnh của những kẻ lạ và phải đến trạm y tế xã Quới Thiện khi sốt "
    "đường ngập sâu hộ nghèo nhận tiền hỗ trợ bão lũ giữ nước uống sạch ngừng phà chở học sinh điện thoại "
    "chuyển khoản ngân hàng bảo hiểm công an phường cảnh báo giấy tờ giả việc nhẹ lương cao ở nước ngoài lừa"
)
SYLLABLES = TEXT.split()


def sentence(draw: random.Random, words: int = 40) -> str:
    """A made-up Vietnamese text in lower case, as TCVN3 has no capital letters with marks."""
    return " ".join(draw.choices(SYLLABLES, k=words)) + "."


def _wrong_then_right(name: str) -> Callable[[str], bytes]:
    return lambda text: text.encode().decode(name, "ignore").encode()


def _overlong(text: str) -> bytes:
    # "<" and "/" in two bytes: never valid, and once a way past filters (RFC 3629, section 10)
    return text.encode() + b" \xc0\xbcscript\xc0\xbe \xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf"


READABLE: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-8 with mark": lambda text: text.encode("utf-8-sig"),
    "utf-8 decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "utf-16 with mark": lambda text: text.encode("utf-16"),
    "utf-16 little without mark": lambda text: text.encode("utf-16-le"),
    "utf-16 big without mark": lambda text: text.encode("utf-16-be"),
    "utf-32 with mark": lambda text: text.encode("utf-32"),
    "tcvn3": lambda text: encode_with(legacy._TCVN3, text),
    "viscii": lambda text: encode_with(legacy._VISCII, text),
    "vni": encode_vni,
    "windows-1258": encode_1258,
    "tcvn3 as utf-8": lambda text: encode_with(legacy._TCVN3, text).decode("latin-1").encode(),
    "vni as utf-8": lambda text: encode_vni(text).decode("cp1252").encode(),
    "viscii as utf-8": lambda text: encode_with(legacy._VISCII, text).decode("latin-1").encode(),
    "utf-8 read as latin-1": lambda text: text.encode().decode("latin-1").encode(),
}
BROKEN: dict[str, Callable[[str], bytes]] = {
    "utf-7": lambda text: text.encode("utf-7"),
    "overlong": _overlong,
    "gb18030": lambda text: text.encode("gb18030"),
    "surrogates": lambda text: text.encode() + "\ud800\udfff".encode("utf-8", "surrogatepass"),
    "cut within a letter": lambda text: text.encode()[:-1] + "ộ".encode()[:2],
    "utf-16 odd": lambda text: text.encode("utf-16-le")[:-1],
    "two encodings": lambda text: text.encode() + encode_with(legacy._TCVN3, text),
    "zeros": lambda text: b"\x00".join([text.encode()[:40], bytes(400)]),
    "controls": lambda text: bytes(range(256)) + text.encode(),
    "utf-8 read as windows-1252": _wrong_then_right("cp1252"),
    "ebcdic": lambda text: text.encode("cp037", "replace"),
    "shift jis": lambda text: "日本語の文章です".encode("shift_jis") + text.encode("ascii", "ignore"),
    "marks without end": lambda text: (text + "\u0323\u0302" * 5000).encode(),
}
LABELS = (
    *(
        "",
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=UTF8",
        "text/html; charset=iso-8859-1",
    ),
    *("text/html; charset=windows-1258", "text/html; charset=x-viscii", "text/html; charset=tcvn-5712"),
    *("text/html; charset=utf-7", "text/html; charset=utf-16", "text/html; charset=gb18030", "x; charset=?"),
    *("text/html; charset=unicode_escape", "text/html; charset=undefined", "text/html; charset=punycode"),
    *("text/html; charset=rot13", "text/html; charset=hex", "text/html; charset=idna", "a/b; charset=mbcs"),
    *(
        "text/html; charset=\"utf-8\"; charset='latin1'",
        "text/html; charset=\ud800",
        f"x; charset={'a' * 9000}",
    ),
)
METAS = (
    "",
    "<meta charset=utf-8>",
    "<meta charset=windows-1252>",
    "<meta charset=utf-7>",
    "<meta charset=x-viscii>",
)


def generated(count: int) -> list[tuple[str, bytes, str, str | None]]:
    """Texts in every encoding under wrong labels; the text itself where it has to come out."""
    draw = random.Random(SEED)
    cases = itertools.cycle([*READABLE.items(), *BROKEN.items()])
    found = []
    for _ in range(count):
        name, encode = next(cases)
        text, label, meta = sentence(draw), draw.choice(LABELS), draw.choice(METAS)
        marked = f"{meta}{text}"
        found.append((name, encode(marked), label, marked if name in READABLE else None))
    return found


def is_clean(text: str) -> bool:
    """NFC without controls, surrogates, zero-width, bidi, tag and other characters that show nothing."""
    text.encode()
    shown = all(unicodedata.category(one) not in {"Cc", "Cs"} or one in "\n\t" for one in set(text))
    hidden = set(
        "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
    )
    return shown and not hidden & set(text) and unicodedata.is_normalized("NFC", text)


def check_generated(count: int) -> None:
    for name, body, label, text in generated(count):
        found = charsets.clean(charsets.decode(body, label))
        assert is_clean(found), (name, label)
        assert text is None or found == text, (name, label)
        page = b"<html><head><title>x</title></head><body><p>" + body + b"</p><p>y</p></body></html>"
        article = extract.article(charsets.decode(page, label))
        assert is_clean(article.text + article.title), (name, label)


def test_a_hundred_generated_cases() -> None:
    check_generated(100)


@pytest.mark.release
def test_five_hundred_generated_cases() -> None:
    check_generated(2 * len(READABLE | BROKEN) + 500)


def test_the_check_for_clean_text_sees_what_is_not() -> None:
    """The positive control: raw text fails the check that cleaned text passes."""
    dirty = [one for one in NASTY if not is_clean_or_lone(one)]
    assert len(dirty) >= 30


NASTY = [
    *("\x00\ufeff\u200b", "a\u0000b\ud800c", "\u202a\u202b\u202d\u202e", "\u2067\u2068", "<p>\u202e</p>"),
    *(
        "",
        " ",
        "\x00",
        "\x00\x00",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\x0b\x0c",
        "\x1b[31mđỏ\x1b[0m",
        "\x07",
        "\x7f",
        "\x85",
    ),
    *(
        "\u200b",
        "a\u200bb",
        "\u200e\u200f",
        "\u202eđảo\u202c",
        "\u2066cô lập\u2069",
        "\ufeffđầu",
        "giữa\ufeffchữ",
    ),
    *(
        "\u00ad",
        "mềm\u00admại",
        "\u034f",
        "\u061c",
        "\u115f",
        "\u180e",
        "\u2028",
        "\u2029",
        "\u2060",
        "\u2061",
    ),
    *(
        "\ufff9chú\ufffathích\ufffb",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
        "\U000e0001\U000e0041",
        "\U000e01ef",
        "\ufdd0",
    ),
    *(
        "\ud800",
        "\udfff",
        "a\ud83dz",
        "\ude00\ud83d",
        "đ\ud800ộ",
        "\U0001bca0",
        "\U0001d173",
        "\u3164",
        "\uffa0",
    ),
    *(
        "e\u0301",
        "o\u0302\u0323",
        "o\u0323\u0302",
        "\u0323",
        "a" + "\u0300" * 100,
        "Z̷̢̨a̵l̷g̸o̶",
        "ﷺ",
        "ﬁ",
        "Ⅷ",
    ),
    *("⁰⁴⁵", "１２３", "ℌello", "𝐓𝐢𝐧 đồ𝐧", "Ð", "Ɖ", "đ", "ðáp", "thuỷ", "thủy", "hoà", "hòa"),
    *(
        "😀",
        "👩‍👩‍👧",
        "🇻🇳",
        "🏳️‍🌈",
        "✊🏿",
        "☠️",
        "ﾟ･✿ヾ╲(｡◕‿◕｡)╱✿･ﾟ",
        "(╯°□°）╯︵ ┻━┻",
        "⒯⒤⒩",
        "田中さん",
        "和製漢語",
    ),
    *("שלום", "مرحبا بالعالم", "ᚠᛇᚻ", "ខ្មែរ", "សួស្តី", "ꦗꦮ", "ไทย", "हिन्दी", "ελληνικά", "русский", "ﺍﻟﻌﺮﺑﻴﺔ"),
    *("undefined", "null", "NaN", "None", "nil", "true", "1/0", "-1", "0x0", "1e1000", "∞", "¯\\_(ツ)_/¯"),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "]]>",
        "<!--",
        "-->",
        "<![CDATA[",
        "&lt;",
        "&#0;",
    ),
    *(
        "&#xD800;",
        "&#1114112;",
        "%00",
        "%s%s%s%n",
        "{0}",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "`id`",
        "$(id)",
        "; ls",
    ),
    *(
        "' OR 1=1 --",
        '"; DROP TABLE item; --',
        "\\",
        "\\\\",
        "\\x00",
        "\\u0000",
        "../../etc/passwd",
        "C:\\con\\con",
    ),
    *(
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "=1+1",
        "@SUM(1)",
        "+cmd|' /C calc'!A0",
        "-2+3",
    ),
    *(
        "a" * 10_000,
        "ộ" * 5_000,
        "\u0302" * 5_000,
        " " * 10_000,
        "\n" * 5_000,
        "<" * 5_000,
        "&" * 5_000,
        "(" * 5_000,
    ),
    *(
        "ă" * 3_000 + "\u0323" * 3_000,
        "\u200b" * 5_000,
        "Nguyễn Văn " * 500,
        "Ảnh: " * 500,
        "." * 5_000,
        "—" * 5_000,
    ),
]


def is_clean_or_lone(text: str) -> bool:
    try:
        return is_clean(text)
    except UnicodeEncodeError:
        return False


def test_the_list_of_nasty_strings_is_long() -> None:
    assert len(NASTY) == len(set(NASTY)) >= 150


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_strings_come_out_clean_wherever_they_stand(text: str) -> None:
    assert is_clean(charsets.clean(text))
    raw = text.encode("utf-8", "surrogatepass")
    assert is_clean(charsets.clean(charsets.decode(raw)))
    sentences = "<p>Sáng nay phà tạm ngưng hai giờ vì nước chảy xiết, bà con đi vòng qua cầu.</p>" * 3
    html = f"<html><head><title>{text}</title></head><body><article><h1>{text}</h1><p>{text}</p>{sentences}"
    article = extract.article(f"{html}</article></body></html>", "https://bao.vn/tin/a")
    assert is_clean(article.title)
    assert is_clean(article.text)


def test_no_code_point_that_shows_nothing_survives() -> None:
    kept = {chr(code) for code in range(0x110000) if charsets.clean(f"a{chr(code)}b") != "ab"}
    assert not [one for one in kept if unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t\r"]
    formats = {one for one in kept if unicodedata.category(one) == "Cf"}
    # signs of Arabic, Syriac, Kaithi and Egyptian writing, which show
    assert all(0x600 <= ord(one) <= 0x8E2 or ord(one) in range(0x110BD, 0x13460) for one in formats)
    assert {"ộ", "Đ", "ក", "\u00a0", "😀"} <= kept


FOREIGN = {
    "English": "“It’s over,” she said — and the ferry’s crew left — “we can’t run.” £5 — naïve, résumé.",
    "French": "« Le café était déjà fermé », dit-elle — l’été à Noël, où l’on mange des œufs et des crêpes.",
    "German": "Die Fähre fährt heute nicht — „größere Schäden“ müssen überprüft werden, sagte Frau Müller.",
    "Spanish": "El año pasado la señora volvió a España — ¿qué pasó con el niño? ¡Nada! Llovió mucho.",
    "Portuguese": "A situação não é boa — as crianças não irão à escola amanhã, disse o avô à mãe em Olhão.",
    "Swedish": "Färjan går inte i dag — skolan är stängd på grund av översvämningen, säger kommunen.",
    "Italian": "Perché la città è più bella — così disse l’università, già di lunedì: è la verità.",
}


@pytest.mark.parametrize("packing", ["utf-8", "cp1252"])
@pytest.mark.parametrize("language", FOREIGN)
def test_no_other_language_is_taken_for_vietnamese(language: str, packing: str) -> None:
    text = FOREIGN[language] * 20
    assert charsets.decode(text.encode(packing), "text/html; charset=iso-8859-1") == text


def check_keys(count: int) -> None:
    draw = random.Random(SEED)
    for _ in range(count):
        text = sentence(draw, draw.randint(3, 25))
        composed = text[0].upper() + text[1:]
        forms = {unicodedata.normalize(form, composed) for form in ("NFC", "NFD")}
        assert len(forms) == 2
        assert len({content_key(charsets.clean(form)) for form in forms}) == 1
        assert len({content_key(form) for form in forms}) == 1


def test_composed_and_decomposed_texts_have_one_claim_key() -> None:
    check_keys(1_000)


@pytest.mark.release
def test_ten_thousand_claim_keys() -> None:
    check_keys(10_000)


def test_another_text_has_another_key() -> None:
    """The positive control: the key is not the same for everything."""
    draw = random.Random(SEED)
    texts = {sentence(draw) for _ in range(500)}
    assert len({content_key(text) for text in texts}) == len(texts)

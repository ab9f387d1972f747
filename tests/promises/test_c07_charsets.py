"""C7: whatever the letters are and however they are packed, what is stored is clean and nothing crashes.

Naughty strings, made of what breaks programs, and Vietnamese texts in every encoding under every label, by
the roads that texts come in: a page, a tip, a file of tips. Claim keys: Unicode Standard Annex #15 (NFC).
"""

import json
import random
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache

import pytest
from sqlalchemy import select

from classify.text import content_key
from crawlers import charsets, extract, legacy
from crawlers.errors import IntakeError
from crawlers.intake import LONGEST_TIP, read_tips, take_tip
from models.gathered import Mention
from models.vocabulary import Outcome
from tests.crawlers.child import NOW
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import StandInReader, similarity
from tests.crawlers.test_encodings import BROKEN, LABELS, NASTY, READABLE, check_keys, generated, sentence
from tests.crawlers.test_texts import encode_1258, encode_vni, encode_with

NAUGHTY, GENERATED, KEYS = 515, 500, 10_000
SOME, SOME_KEYS = 60, 300
RECEIPT_KEY = b"receipt key"
RUMOUR = "Nghe tin đồn lá ổi chữa bệnh"
WORDS = ("tin đồn", "mua thuốc lạ", "Chữa bệnh", "Nguyễn Thị Ổi", "0912 345 678", "https://bao.vn/tin?x=1")
HIDDEN = (
    *"\x00\x01\x08\x0b\x0c\x1b\x1f\x7f\x80\x9f",
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u115f\u3164",
    *"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\ufe0f\ufffe\uffff\ufff9\ufffb\ud800\udfff\U000e0041\U000e01ef\U0001d173",
)
BIDI = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
MARKS_OF_DIRECTION = frozenset("\u200e\u200f\u061c")
ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u034f\u180e")
# letters that look like those of "tin đồn lá ổi", of other alphabets
HOMOGLYPHS: tuple[dict[str, str], ...] = (
    *({"o": "о", "a": "а", "i": "і", "e": "е"}, {"o": "ο", "i": "ι", "n": "η", "a": "α"}),
    *({"đ": "ð"}, {"đ": "ɖ"}, {"đ": "ძ"}, {"ồ": "ο\u0302\u0300"}, {"l": "1", "o": "0", "i": "l"}),
    {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)},
    {chr(0x61 + at): chr(0x1D41A + at) for at in range(26)},
    {chr(0x61 + at): chr(0x24D0 + at) for at in range(26)},
)
AROUND = (
    *("<script>{}</script>", "<img src=x onerror='{}'>", "<!--{}-->", "<![CDATA[{}]]>", "&#0;{}&#xD800;"),
    *("\u202e{}\u202c", "\u2067{}", "{}\u0323\u0302\u0323", "\ufeff{}", "\x1b[31m{}\x1b[0m", "\\u0000{}%00"),
)
PACKINGS = ("cp1252", "latin-1", "cp1258", "gb18030", "utf-16-le", "utf-16-be", "koi8-r", "cp437")


@cache
def naughty() -> tuple[str, ...]:
    """515 different strings."""
    made = list(NASTY)
    made += [
        word.lower().translate({ord(one): other for one, other in table.items()})
        for table in HOMOGLYPHS
        for word in WORDS
    ]
    made += [around.format(word) for around in AROUND for word in WORDS]
    made += [unicodedata.normalize(form, word) for form in ("NFD", "NFKD", "NFC") for word in WORDS]
    made += [word.encode().decode(packing, "replace") for packing in PACKINGS for word in WORDS]
    made += [word.encode("utf-7").decode("ascii") for word in WORDS]
    # marks in the order that no normal form has
    made += [unicodedata.normalize("NFD", word).replace("\u0302", "\u0323\u0302") for word in WORDS]
    made += [hidden.join(word) for word in WORDS for hidden in HIDDEN]
    return tuple(dict.fromkeys(made))[:NAUGHTY]


def some() -> list[str]:
    """60 of them, of all families."""
    return list(naughty()[:: NAUGHTY // SOME])[:SOME]


def packed(text: str) -> Iterator[tuple[bytes, str]]:
    """A string as bytes, under labels that are right, missing, wrong or contradictory."""
    plain = text.encode("utf-8", "surrogatepass")
    yield plain, ""
    yield b"<meta charset=windows-1252>" + plain, "text/html; charset=utf-7"
    yield text.encode("utf-16-le", "surrogatepass"), "text/html; charset=utf-8"
    yield text.encode("gb18030", "replace"), "text/html; charset=gb18030"
    yield text.encode("utf-7", "replace"), "text/html; charset=utf-7"
    yield plain.replace(b"<", b"\xc0\xbc").replace(b"/", b"\xe0\x80\xaf"), "x; charset=tcvn-5712"


def faults(text: str) -> list[str]:
    """What stored text may not be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return ["surrogate"]
    found = [] if unicodedata.is_normalized("NFC", text) else ["not NFC"]
    for letter in set(text):
        if unicodedata.category(letter) == "Cc" and letter not in "\n\t":
            found.append(f"control {letter!r}")
        if unicodedata.bidirectional(letter) in BIDI or letter in MARKS_OF_DIRECTION:
            found.append(f"bidi {letter!r}")
        if letter in ZERO_WIDTH:
            found.append(f"zero-width {letter!r}")
    return found


def document(body: bytes) -> bytes:
    filler = "<p>Sáng nay phà tạm ngưng hai giờ vì nước chảy xiết, bà con đi vòng.</p>".encode()
    head = b"<html><head><title>" + body + b"</title></head><body><article><h1>" + body + b"</h1><p>"
    return head + body + b"</p>" + filler + b"</article></body></html>"


def faults_of_page(body: bytes, label: str) -> list[str]:
    article = extract.article(charsets.decode(document(body), label), "https://bao.vn/tin/a")
    plain = charsets.clean(charsets.decode(body, label))
    return faults(plain) + faults(article.title) + faults(article.text)


def stored(desk: Desk, texts: Iterable[str]) -> tuple[list[str], list[Outcome]]:
    """What is stored of tips, read from a file as they would be imported."""
    path = desk.folder / "tips.jsonl"
    rows = [f"{RUMOUR} {at}: {text} hết" for at, text in enumerate(texts)]
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")
    outcomes = [
        take_tip(
            desk.sessions,
            StandInReader(),
            row.text,
            lambda: NOW,
            RECEIPT_KEY,
            once=row.once,
            similarity=similarity,
        ).outcome
        for row in read_tips(path)
    ]
    with desk.sessions.begin() as session:
        return list(session.scalars(select(Mention.text))), outcomes


def check_naughty(desk: Desk, texts: list[str]) -> None:
    found = {
        (text[:30], label): wrong
        for text in texts
        for body, label in packed(text)
        if (wrong := faults_of_page(body, label))
    }
    assert found == {}
    kept, outcomes = stored(desk, texts)
    assert set(outcomes) <= {Outcome.KEPT, Outcome.DUPLICATE}
    assert len(outcomes) == len(texts)
    assert len(kept) >= len(texts) // 2
    assert [text[:60] for text in kept if faults(text)] == []


def check_generated(desk: Desk, count: int) -> None:
    kept = []
    for name, body, label, text in generated(count):
        assert faults_of_page(body, label) == [], (name, label)
        found = charsets.clean(charsets.decode(body, label))
        assert text is None or found == text, (name, label)
        kept.append(found)
        path = desk.folder / "tips.csv"
        path.write_bytes(b"text\n" + body)
        # a file that is not UTF-8 is refused in a line that says so
        with suppress(IntakeError):
            kept += [charsets.clean(row.text) for row in read_tips(path)]
    texts, outcomes = stored(desk, [text[: LONGEST_TIP // 2] for text in kept])
    assert len(outcomes) >= count
    assert [text[:60] for text in texts if faults(text)] == []


def test_naughty_strings_are_stored_clean(desk: Desk) -> None:
    assert len(some()) == SOME
    check_naughty(desk, some())


@pytest.mark.release
def test_naughty_strings_are_stored_clean_in_full(desk: Desk) -> None:
    check_naughty(desk, list(naughty()))


def test_every_encoding_under_every_label_is_stored_clean(desk: Desk) -> None:
    check_generated(desk, SOME)


@pytest.mark.release
def test_every_encoding_under_every_label_is_stored_clean_in_full(desk: Desk) -> None:
    check_generated(desk, GENERATED)


def test_composed_and_decomposed_forms_have_one_claim_key() -> None:
    check_keys(SOME_KEYS)


@pytest.mark.release
def test_composed_and_decomposed_forms_have_one_claim_key_in_full() -> None:
    check_keys(KEYS)


def test_the_cases_are_as_many_and_as_odd_as_promised() -> None:
    assert len(naughty()) == len(set(naughty())) == NAUGHTY
    assert sum(faults(text) != [] for text in naughty()) >= 150
    made = generated(GENERATED)
    assert {name for name, *_ in made} == {*READABLE, *BROKEN}
    assert {name for name, *_ in made[:SOME]} == {*READABLE, *BROKEN}
    assert {label for _, _, label, _ in made} == set(LABELS)
    assert len({body for _, body, *_ in made}) == GENERATED


def test_old_vietnamese_encodings_come_out_right_under_contradictory_labels() -> None:
    text = sentence(random.Random(7))
    old = {
        "tcvn3": encode_with(legacy._TCVN3, text),
        "viscii": encode_with(legacy._VISCII, text),
        "vni": encode_vni(text),
        "windows-1258": encode_1258(text),
    }
    for name, body in old.items():
        for label in LABELS:
            assert charsets.clean(charsets.decode(body, label)) == text, (name, label)


def test_control_text_that_is_not_cleaned_is_noticed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charsets, "clean", lambda text: text.replace("\x00", ""))
    # a lone surrogate would end the transaction itself: that, too, is what the cleaning is for
    whole = [text for text in some() if faults(text) not in ([], ["surrogate"])]
    kept, _ = stored(desk, whole)
    assert {one.split()[0] for text in kept for one in faults(text)} >= {
        "control",
        "bidi",
        "zero-width",
        "not",
    }
    with pytest.raises(UnicodeEncodeError):
        stored(desk, ["\ud800"])


def test_control_a_key_of_the_bytes_tells_the_forms_apart() -> None:
    text = sentence(random.Random(8))
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert len({content_key(form) for form in forms}) == 1
    assert len(set(forms)) == 2
    assert len({content_key(text.replace("lừa", "thật")), content_key(f"{text} nữa")}) == 2

"""Each finder of identifiers says exactly what it found, and leaves exactly what is none."""

import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from classify.identifiers import emails, fold, handles, houses, numbers, phones, plates
from classify.mask import Edit, Masker, compose, registered_domain

KEY = b"sixteen bytes or more"


def said(kind: str, text: str) -> list[tuple[str, str]]:
    """What stands in the text and what it is called, of each that was found."""
    folded = fold(text)
    found = {
        "phone": lambda: phones(text, folded),
        "email": lambda: emails(text),
        "plate": lambda: plates(text),
        "handle": lambda: handles(text),
        "number": lambda: numbers(text, folded),
        "house": lambda: houses(folded),
    }[kind]()
    return [(text[one.start : one.end], one.canonical) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("gọi 0912 345 678 nhé", [("0912 345 678", "0912345678")]),
        ("gọi +84 912 345 678 nhé", [("+84 912 345 678", "0912345678")]),
        ("gọi 84912345678 nhé", [("84912345678", "0912345678")]),
        ("được 84912345678 đồng", []),
        ("số0912345678", [("0912345678", "0912345678")]),
        ("số+84912345678 gọi", [("+84912345678", "0912345678"), ("84912345678", "0912345678")]),
        ("09123xxx78 của ai", [("09123xxx78", "09123xxx78")]),
        ("0912 *** 678 của ai", [("0912 ***", "0912xxx"), ("0912 *** 678", "0912xxx678")]),
        ("O912 34X 678", [("O912 34X 678", "091234x678")]),
        ("0912 xxxx ở quê", [("0912 xxxx", "0912xxxx")]),
        ("zalo 912345678 nha", [("912345678", "0912345678")]),
        ("zalo 912345678 đồng", []),
        ("alo 38 22 33 45", []),
        ("gọi 382 2334", [("382 2334", "3822334")]),
        ("gọi 382 234", [("382 234", "382234")]),
        ("gọi 3822 2334", [("3822 2334", "38222334")]),
        ("gọi 382 2334 người", []),
        (
            "không chín một hai ba bốn năm sáu bảy tám",
            [("không chín một hai ba bốn năm sáu bảy tám", "0912345678")],
        ),
        ("hong ba tư lăm hai 1 2 3 4 5", [("hong ba tư lăm hai 1 2 3 4 5", "0345212345")]),
        ("không một hai ba bốn năm sáu bảy tám chín", []),
        ("0 2 chín 3 4 5 6 7 8 9", [("0 2 chín 3 4 5 6 7 8 9", "0293456789")]),
    ],
)
def test_phones(text: str, found: list[tuple[str, str]]) -> None:
    assert sorted(set(said("phone", text))) == found


@pytest.mark.parametrize("first", "0123456789")
def test_spoken_numbers_begin_as_mobile_and_landline_numbers_do(first: str) -> None:
    spoken = f"không {first} 1 2 3 4 5 6 7 8"
    assert ((spoken, f"0{first}12345678") in said("phone", spoken)) == (first in "235789")


@pytest.mark.parametrize(
    ("word", "digit"),
    [
        *[("không", "0"), ("hong", "0"), ("một", "1"), ("hai", "2"), ("ba", "3"), ("bốn", "4"), ("tư", "4")],
        *[("năm", "5"), ("lăm", "5"), ("sáu", "6"), ("bảy", "7"), ("tám", "8"), ("chín", "9")],
    ],
)
def test_every_spoken_digit_counts(word: str, digit: str) -> None:
    spoken = f"không chín {' '.join([word] * 8)}"
    assert said("phone", spoken) == [(spoken, f"09{digit * 8}")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("thư An.B+c@Bao.com.vn nhé", [("An.B+c@Bao.com.vn", "an.b+c@bao.com.vn")]),
        ("an123 (at) bao chấm com", [("an123 (at) bao chấm com", "an123@bao.com")]),
        ("AN123 a còng Bao . VN", [("AN123 a còng Bao . VN", "an123@bao.vn")]),
        ("không có gì", []),
    ],
)
def test_emails(text: str, found: list[tuple[str, str]]) -> None:
    assert said("email", text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("xe 64-B1 123.45 chạy", [("64-B1 123.45", "64B112345")]),
        ("xe 64C-12345 chạy", [("64C-12345", "64C12345")]),
        ("xe 64C12345 chạy", [("64C12345", "64C12345")]),
        ("xe 64C 1234 chạy", [("64C 1234", "64C1234")]),
        ("mục 29A 2019 ghi", []),
        ("mục 29A 1999 ghi", []),
        ("mục 29A 2119 ghi", [("29A 2119", "29A2119")]),
        ("biển số 29a 2019", [("29a 2019", "29A2019")]),
        ("bks: 64b1 123 45", [("64b1 123 45", "64B112345")]),
    ],
)
def test_plates(text: str, found: list[tuple[str, str]]) -> None:
    assert sorted(set(said("plate", text))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hỏi @Ten_ai.", [("@Ten_ai", "ten_ai")]),
        ("hỏi @Nguyễn Văn Ổi đi", [("@Nguyễn Văn Ổi", "nguyễn văn ổi")]),
        ("fb: Ten.Ai9 nha", [("Ten.Ai9", "ten.ai9")]),
        ("telegram tên = @abc nha", [("abc", "abc"), ("@abc", "abc")]),
        ("không có", []),
    ],
)
def test_handles(text: str, found: list[tuple[str, str]]) -> None:
    assert set(found) <= set(said("handle", text))
    assert bool(found) == bool(said("handle", text))


def kinds(text: str) -> list[tuple[str, str]]:
    return sorted({(one.kind, one.canonical) for one in numbers(text, fold(text))})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CCCD số 084 099 001234", [("citizen_id", "084099001234")]),
        ("cmnd: 334 567 890", [("citizen_id", "334567890")]),
        ("số 084 099001234 đó", [("citizen_id", "084099001234"), ("citizen_id", "099001234")]),
        ("mã 334567891 đó", [("citizen_id", "334567891")]),
        ("mã 334567891234 đó", [("bank_account", "334567891234")]),
        ("mã 3345678912 đó", [("bank_account", "3345678912")]),
        ("mã 334500000 đó", []),
        ("mã 334567891 đồng", []),
        ("gọi 1900123456 đó", []),
        ("stk 1900 123456", []),
        ("stk 123456", [("bank_account", "123456")]),
        ("stk 123456 đồng", []),
        ("stk 1.234.567", []),
        ("stk 2 12 2025", []),
        ("stk 02 12 2025", []),
        ("stk 12 345 678", [("bank_account", "12345678")]),
        ("stk 1234 5678 9012", [("bank_account", "123456789012")]),
        ("gửi 12345678 vietcombank", [("bank_account", "12345678")]),
    ],
)
def test_numbers(text: str, found: list[tuple[str, str]]) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("số nhà 12/3 đường Lê Lợi", ["12/3"]),
        ("ở nhà số 45a, ấp 3", ["45a"]),
        ("thường trú tại số 7 hẻm 9 đường 2", ["7 hẻm 9"]),
        ("số nhà hẻm 9/2, tổ 4", ["hẻm 9/2, tổ 4"]),
        ("nhà an ở số 12, đường Lê Lợi", ["12"]),
        ("địa chỉ: 12/3 đường Lê Lợi", ["12/3"]),
        ("12 nhà văn hóa", []),
        ("nghị định 12/2020", []),
    ],
)
def test_houses(text: str, found: list[str]) -> None:
    assert [shown for shown, _ in said("house", text)] == found


@pytest.mark.parametrize("alley", ["hẻm", "ngõ", "ngách", "kiệt", "tổ", "lô", "căn", "phòng"])
def test_every_kind_of_alley_goes_with_the_number(alley: str) -> None:
    assert [shown for shown, _ in said("house", f"số nhà 12 {alley} 3")] == [f"12 {alley} 3"]


# tokens and replacements


def test_a_token_is_the_beginning_of_a_keyed_hash_of_kind_and_number() -> None:
    masked = Masker(KEY).mask("gọi 0912345678 hay an@bao.vn hay @ten2")
    wanted = [("phone", "0912345678", "78"), ("email", "an@bao.vn", ""), ("handle", "ten2", "")]
    for token, (kind, number, last_two) in zip(masked.tokens, wanted, strict=True):
        digest = hmac.digest(KEY, f"{kind}:{number}".encode(), "sha256").hex()
        assert (token.kind, token.token, token.last_two) == (kind, digest[:8], last_two)
        assert masked.text[token.start : token.end] == f"‹{kind}·{last_two}·{digest[:8]}›"


def test_sixteen_bytes_make_a_key_and_fifteen_do_not() -> None:
    Masker(b"x" * 16)
    with pytest.raises(ValueError, match="16 bytes"):
        Masker(b"x" * 15)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://m.facebook.com/ten.ai?x=1", "facebook.com"),
        ("https://ai@bao.com.vn/@ten", "bao.com.vn"),
        ("tiktok . com/@ten", "tiktok.com"),
        ("www.bao.vn#x", "bao.vn"),
        ("khong", ""),
    ],
)
def test_the_domain_of_an_address(address: str, domain: str) -> None:
    assert registered_domain(address) == domain


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    built, at = "", 0
    for edit in edits:
        assert at <= edit.start <= edit.end
        built += text[at : edit.start] + edit.text
        at = edit.end
    return built + text[at:]


@st.composite
def replacements(draw: st.DrawFn, length: int) -> tuple[Edit, ...]:
    ends = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return tuple(Edit(start, end, draw(st.text("XYZ", min_size=1, max_size=3))) for start, end in pairs)


def places(edits: tuple[Edit, ...]) -> list[tuple[int, int]]:
    """Where each replacement stands once all are made."""
    found, shift = [], 0
    for edit in edits:
        found.append((edit.start + shift, edit.start + shift + len(edit.text)))
        shift += len(edit.text) - (edit.end - edit.start)
    return found


@given(st.data())
def test_two_rows_of_replacements_are_one(data: st.DataObject) -> None:
    source = data.draw(st.text("abcdef", max_size=14))
    first = data.draw(replacements(len(source)))
    middle = applied(source, first)
    second = data.draw(replacements(len(middle)))
    # the second look replaces a token of the first once or not at all
    assume(
        all(sum(one.start < end and start < one.end for one in second) < 2 for start, end in places(first))
    )
    assert applied(source, compose(middle, first, second)) == applied(middle, second)


def test_what_was_not_touched_again_keeps_its_place() -> None:
    first = (Edit(0, 2, "X"), Edit(4, 5, "YY"), Edit(8, 9, "Z"))
    middle = "XcdYYfghZ"
    assert applied("abcdefghi", first) == middle
    # untouched, touched in its middle, untouched
    assert compose(middle, first, (Edit(4, 6, "!"),)) == (Edit(0, 2, "X"), Edit(4, 6, "Y!"), Edit(8, 9, "Z"))
    assert compose(middle, first, ()) == first
    assert compose(middle, (), first) == first
    # beside a replacement is not inside it
    assert compose(middle, first, (Edit(1, 3, "-"),)) == (Edit(0, 2, "X"), Edit(2, 4, "-"), *first[1:])

"""No identifier survives, in whatever form it is written; what a claim is about stays readable (rule 1)."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.mask import RENDERED, Masker, registered_domain
from classify.text import normalise
from tests.classify.wild import ENDLESS, wild

quick = settings(deadline=None, max_examples=40)

PHONE = [
    "0912345678", "0912 345 678", "0912.345.678", "0912-345-678", "091 234 5678", "09 12 34 56 78",
    "0912 345 67 8", "0 9 1 2 3 4 5 6 7 8", "0912,345,678", "0912_345_678", "0912·345·678", "(0912) 345 678",
    "(0912)345678", "0.912.345.678", "+84912345678", "+84 912 345 678", "+84.912.345.678", "+84-912-345-678",
    "+84 (0) 912 345 678", "(+84) 912345678", "(+84) 912 345 678", "84912345678", "84 912 345 678",
    "0084912345678", "O912345678", "o912345678", "o9l2345678", "09I2345678", "０９１２３４５６７８",
    "0912\u200b345678", "0912\u00a0345\u00a0678", "không chín một hai ba bốn năm sáu bảy tám",
    "khong chin mot hai ba bon nam sau bay tam", "Không, chín, một, hai, ba, bốn, năm, sáu, bảy, tám",
]  # fmt: skip


@pytest.mark.parametrize("number", PHONE)
@pytest.mark.parametrize("frame", ["{}", "Nghe nói gọi {} để nhận 3,5 triệu đồng nha", "ĐT: {}, gặp cô Ba."])
def test_every_form_of_one_phone_is_one_token(masker: Masker, number: str, frame: str) -> None:
    (plain,) = masker.mask("0912345678").tokens
    masked = masker.mask(frame.format(number))
    (token,) = masked.tokens
    assert (token.kind, token.token, token.last_two) == ("phone", plain.token, "78")
    assert masked.text == normalise(frame).format(f"‹phone·78·{plain.token}›")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("SĐT:0912345678/0987654321", "SĐT:P/P"),
        ("0912345678-0987654321", "P-P"),
        ("0912345678,0987654321", "P,P"),
        ("ĐT.0912345678", "ĐT.P"),
        ("zalo0912345678", "zaloP"),
        ("gọi 0912345678nhé", "gọi Pnhé"),
        ("zalo 912345678", "zalo P"),
        ("(0294) 3.855.123", "P"),
        ("(84-294) 3855123", "(P"),
        ("hotline 028 3812 3456", "hotline P"),
        ("gọi 0912.345.xxx", "gọi P"),
        ("09xx345678", "P"),
        ("0912***678", "P"),
        ("20/12/2025 0912345678", "20/12/2025 P"),
    ],
)
def test_phones_beside_words_and_each_other(masker: Masker, text: str, left: str) -> None:
    assert re.sub("‹phone·[^›]*›", "P", masker.mask(text).text) == left


IDENTIFIERS = [
    ("citizen_id", "Số CCCD 086199001234", "086199001234"),
    ("citizen_id", "CCCD: 086 199 001234", "199 001234"),
    ("citizen_id", "căn cước số 086.199.001.234", "086.199"),
    ("citizen_id", "CMND 331234567", "331234567"),
    ("citizen_id", "chị tên Lan, 086199001234", "086199001234"),
    ("bank_account", "STK 1234567890123 Vietcombank", "1234567890123"),
    ("bank_account", "stk: 0071 0012 34567 VCB", "0012"),
    ("bank_account", "chuyển vào 19036 1234 5678 9 techcombank", "1234 5678"),
    ("bank_account", "chuyển khoản 123456789 ngân hàng Agribank", "123456789"),
    ("bank_account", "số tài khoản của tôi là 12345678", "12345678"),
    ("bank_account", "TK 1023456789 BIDV - NGUYEN VAN A", "1023456789"),
    ("plate", "xe 64-B1 123.45 chở heo bệnh", "123.45"),
    ("plate", "xe 64C-12345", "12345"),
    ("plate", "xe 84A1-123.45", "123.45"),
    ("plate", "xe 29A-123.45 bắt cóc trẻ em", "123.45"),
    ("plate", "biển số 64b1 12345", "12345"),
    ("plate", "BKS 71C 123.45", "123.45"),
    ("email", "gửi về nguyen.van.a@gmail.com", "nguyen"),
    ("email", "gửi nguyenvana [at] gmail [dot] com", "nguyenvana"),
    ("email", "gửi nguyenvana(at)gmail.com", "nguyenvana"),
    ("email", "gửi nguyenvana a còng gmail chấm com", "nguyenvana"),
    ("handle", "theo @nguyenvana nha", "nguyenvana"),
    ("handle", "@Nguyễn Văn A vô coi nè", "Nguyễn"),
    ("handle", "fb: nguyenvana.86", "nguyenvana"),
    ("handle", "Telegram: @tuyendung_86", "tuyendung"),
    ("url", "vào http://103.21.4.5/login", "103.21"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "secret"), IDENTIFIERS)
def test_other_identifiers(masker: Masker, kind: str, text: str, secret: str) -> None:
    masked = masker.mask(text)
    assert [token.kind for token in masked.tokens] == [kind]
    assert secret not in masked.text
    assert secret.lower() not in masked.text.lower()


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://www.facebook.com/nguyen.van.a.123", "facebook.com"),
        ("facebook.com/profile.php?id=100012345678", "facebook.com"),
        ("m.facebook.com/groups/123", "facebook.com"),
        ("fb.com/nguyenvana", "fb.com"),
        ("zalo.me/0912345678", "zalo.me"),
        ("https://tiktok.com/@nguyenvana", "tiktok.com"),
        ("t.me/nguyenvana", "t.me"),
        ("https://vssid-hotro.xyz/nhan-tien?sdt=0912345678", "vssid-hotro.xyz"),
        ("https://nguyenvana:pw@evil.com/x", "evil.com"),
        ("hxxps://lua-dao.top/x", "lua-dao.top"),
        ("https://dichvu.gov.vn.nhan-qua.top/86", "nhan-qua.top"),
        ("https://baohiemxahoi.gov.vn/tra-cuu", "baohiemxahoi.gov.vn"),
    ],
)
def test_an_address_shrinks_to_its_domain(masker: Masker, address: str, domain: str) -> None:
    masked = masker.mask(f"Bấm vào {address} để nhận tiền")
    assert masked.text == f"Bấm vào {domain} để nhận tiền"
    assert masked.tokens == ()
    assert registered_domain(address) == domain


@pytest.mark.parametrize(
    "text",
    [
        "Gọi 113 hoặc 114, 115 ngay", "hotline 1900 1234", "tổng đài 1900.6068", "tổng đài 19001234",
        "Liên hệ: 1900.545.464", "gọi 1900545413", "ngân hàng Vietcombank 1900 545 413",
        "VCB hotline 1900545413", "tài khoản bị khóa gọi 1800 9068", "tổng đài 111 bảo vệ trẻ em",
        "500.000 đồng", "3.500.000.000 đồng", "1.500.000đ", "84.000.000 đồng", "840000000 đồng",
        "10 000 000 đồng", "12 345 678 người", "ngày 30/11/2025", "30.11.2025", "30-11-2025",
        "lúc 7h30 ngày 5.12.2025", "từ 2020 đến 2025", "năm 2024-2025", "Nghị định 20/2021/NĐ-CP",
        "Luật 91/2025/QH15", "Quyết định số 1234/QĐ-UBND", "tại km 1234+567", "0,5 mg", "vĩ độ 10.254",
        "ngân hàng cho vay 500.000.000 đồng", "tài khoản được cộng 2.000.000đ", "1.034.567.890 đồng",
        "tài khoản trước ngày 30 11 2025", "cccd trước ngày 30/11/2025",
    ],
)  # fmt: skip
def test_amounts_dates_laws_and_public_numbers_stay(masker: Masker, text: str) -> None:
    assert masker.mask(text) == (text, ())


@quick
@given(wild)
def test_masking_twice_is_masking_once(masker: Masker, text: str) -> None:
    once = masker.mask(text)
    assert masker.mask(once.text) == once


@quick
@given(wild)
def test_the_replacements_make_the_masked_text(masker: Masker, text: str) -> None:
    source = normalise(text)
    masked, edits = masker.mask_with_edits(source)
    built, at = "", 0
    for edit in edits:
        assert at <= edit.start < edit.end
        built += source[at : edit.start] + edit.text
        at = edit.end
    assert normalise(built + source[at:]) == masked.text


def test_a_stretch_that_a_replacement_uncovers_is_masked_too(masker: Masker) -> None:
    source = "gọi @one@two hay @ba@0912345678 nha"
    masked, edits = masker.mask_with_edits(source)
    assert [token.kind for token in masked.tokens] == ["handle"] * 3 + ["phone"]
    assert [source[edit.start : edit.end] for edit in edits] == ["@one", "@two", "@ba", "0912345678"]


@quick
@given(wild)
def test_tokens_stand_where_they_say(masker: Masker, text: str) -> None:
    masked = masker.mask(text)
    end = 0
    for token in masked.tokens:
        assert end <= token.start
        end = token.end
        shown = RENDERED.fullmatch(masked.text[token.start : token.end])
        assert shown is not None
        assert shown.groups() == (token.kind, token.last_two, token.token)


@quick
@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True), st.sampled_from(["", " ", ".", "-"]))
def test_no_mobile_number_is_left(masker: Masker, number: str, gap: str) -> None:
    written = gap.join((number[:4], number[4:7], number[7:]))
    masked = masker.mask(f"Nghe nói gọi {written} là được cấp gạo")
    assert number[2:] not in re.sub(r"\D", "", RENDERED.sub("", masked.text))
    assert masked.tokens[0].last_two == number[-2:]


def test_another_key_gives_another_token() -> None:
    one, other = (Masker(letter * 32).mask("0912345678").tokens[0].token for letter in (b"a", b"b"))
    assert one != other


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Masker(b"short")


@pytest.mark.parametrize("text", ENDLESS, ids=lambda text: repr(text[:8]))
def test_the_longest_text_is_masked(masker: Masker, text: str) -> None:
    masked = masker.mask(text)
    assert masker.mask(masked.text[:1000]).text.startswith(masked.text[:900])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@Tuấn để tui nói", "H để tui nói"),
        ("@Ngọc Lan ơi", "H ơi"),
        ("gọi không 9 một 2 ba 4 năm 6 bảy 8 nha", "gọi P nha"),
        ("stk 4828.2949.9 BIDV", "stk B BIDV"),
        ("tài khoản trước 2 12 2025", "tài khoản trước 2 12 2025"),
        ("z@lo: lan_86", "z@lo: H"),
    ],
)
def test_a_token_takes_its_own_words_alone(masker: Masker, text: str, left: str) -> None:
    masked = masker.mask(text).text
    for kind in ("handle", "phone", "bank_account"):
        masked = re.sub(f"‹{kind}·[^›]*›", kind[0].upper(), masked)
    assert masked == left

"""T6: 2,000 tips with identifiers in every spelling that people use; each class is masked in 995 of 1,000.

A tip is a frame, a secret in one spelling and, sometimes, a second sentence. It is masked when none of the
secret's own letters and digits are left, whatever stands between them.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from classify import identifiers, mask
from classify.identifiers import Candidate
from classify.mask import Masker
from classify.text import normalise, strip_marks

Spelling = Callable[[random.Random], tuple[str, str]]
"""Gives a secret as somebody wrote it, and what must not be left of it (small letters and digits alone)."""

SPOKEN = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
FAMILIES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Huỳnh",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Thạch",
    "Sơn",
    "Kim",
    "Lâm",
    "Trương",
    "Phan",
    "Cao",
]
MIDDLES = ["Thị", "Văn", "Minh", "Ngọc", "Thanh", "Hữu", "Đức", "Kim", "Quốc", "Hoàng"]
GIVEN = [
    "Lan", "Hoa", "Tuấn", "Hùng", "Dũng", "Thảo", "Hằng", "Trang", "Minh", "Khoa", "Phúc", "Vy", "Nhung",
    "Oanh", "Loan", "Huệ", "Cúc", "Liễu", "Phượng", "Hạnh", "Trâm", "Quỳnh", "Kiệt", "Khang", "Khánh",
    "Yến", "Thúy", "Linh", "Sang", "Tâm", "Hiếu", "Nghĩa", "Trung", "Duyên", "Diễm", "Ngân", "Tú", "Bích",
    "Đạt", "Thắng",
]  # fmt: skip


class Tip(NamedTuple):
    """One tip, the class of its secret, and the secret."""

    kind: str
    text: str
    secret: str


def digits(chance: random.Random, count: int) -> str:
    """Digits none of which stand in the frames by chance: no run of zeros at the end."""
    return "".join(chance.choice("0123456789") for _ in range(count - 1)) + chance.choice("123456789")


def grouped(number: str, sizes: tuple[int, ...], gap: str) -> str:
    """The number in groups."""
    at, groups = 0, []
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    return gap.join(group for group in [*groups, number[at:]] if group)


def spoken(chance: random.Random, number: str, *, share: float) -> tuple[str, str]:
    """A number of which all digits or some are words."""
    words = [SPOKEN[int(digit)] if chance.random() < share else digit for digit in number]
    said = chance.choice([" ", ", ", "-", "."] if share == 1 else [" "]).join(words)
    return chance.choice([said, strip_marks(said), said.upper()]), strip_marks("".join(words))


def phone(chance: random.Random) -> tuple[str, str]:
    """A mobile number: in groups, with the country's code, o for 0, or in words."""
    number = "0" + chance.choice("35789") + digits(chance, 8)
    form = chance.randrange(8)
    if form in {0, 4}:
        return spoken(chance, number, share=1 if form == 0 else 0.5)
    gap = chance.choice(["", " ", ".", "-", " - ", "_", ". "])
    if form == 5:
        return chance.choice(["z@lo ", "z@lo:", "Zalo"]) + number, number[1:]
    if form == 1:
        written = chance.choice(["+84", "+84 ", "(+84)", "84", "0084"]) + grouped(number[1:], (2, 3), gap)
        return written, number[1:]
    if form == 2:
        return grouped(number.replace("0", chance.choice("oO")), (4, 3), gap), number[1:].replace("0", "o")
    if form == 3:
        return grouped(number, (1,) * 9, chance.choice([" ", ".", "-"])), number[1:]
    sizes = chance.choice([(4, 3), (3, 3), (2, 2, 2, 2), (4, 2, 2), (5,)])
    return grouped(number, sizes, gap), number[1:]


def email(chance: random.Random) -> tuple[str, str]:
    """An e-mail address, also with its sign spelt out."""
    name = (
        f"{chance.choice(FAMILIES)}{chance.choice(['', '.', '_'])}{chance.choice(GIVEN)}{digits(chance, 2)}"
    )
    name, host = strip_marks(name).lower(), chance.choice(["gmail", "yahoo", "outlook", "hotmail"])
    sign = chance.choice(["@"] * 3 + ["(at)", " [at] ", " a còng ", " a cong ", " (a còng) "])
    dot = "." if sign == "@" else chance.choice([".", " chấm ", " [dot] ", " cham "])
    return f"{name}{sign}{host}{dot}{chance.choice(['com', 'vn', 'net'])}", name


def citizen(chance: random.Random) -> tuple[str, str]:
    """A citizen number of twelve digits, or nine behind its cue."""
    if chance.random() < 0.25:
        number = chance.choice("123") + digits(chance, 8)
        cue = chance.choice(["CMND ", "cmnd số ", "chứng minh nhân dân: "])
        return cue + grouped(number, (3, 3), chance.choice(["", " ", "."])), number
    number = "0" + digits(chance, 11)
    cue = chance.choice(["CCCD ", "cccd: ", "căn cước số ", "can cuoc ", "số định danh ", "CCCD của em là "])
    return cue + grouped(number, (3, 3, 3), chance.choice(["", " ", ".", "-"])), number


def plate(chance: random.Random) -> tuple[str, str]:
    """A plate of a car or a motorbike."""
    province, number = chance.choice(["64", "84", "71", "51", "29", "65"]), digits(chance, 5)
    letter = chance.choice("ABCDEFGH") + chance.choice(["", "1", "2"])
    tail = chance.choice([number, f"{number[:3]}.{number[3:]}"])
    if chance.random() < 0.3:
        cue = chance.choice(["biển số ", "bien so ", "BKS: ", "bsx "])
        return f"{cue}{province}{letter.lower()}{chance.choice([' ', '-', ''])}{tail}", number
    gap, between = chance.choice([("", "-"), ("", " "), ("-", " "), ("-", "-"), (" ", " ")])
    return f"{province}{gap}{letter}{between}{tail}", number


def account(chance: random.Random) -> tuple[str, str]:
    """A bank account behind its cue, or before the bank's name."""
    number = chance.choice("123456789") + digits(chance, chance.choice([8, 9, 11, 12, 13]))
    written = grouped(number, (4, 4, 4), chance.choice(["", "", " ", ".", "-"]))
    bank = chance.choice(["Vietcombank", "Agribank", "BIDV", "MB", "Sacombank", "VCB", "vietinbank"])
    cue = chance.choice(["STK {} " + bank, "stk: {} " + bank, "số tài khoản {}", "so tai khoan {}",
        "TK {} - " + bank,
                         "{} " + bank, "tài khoản của nó {}", bank + " {}"])  # fmt: skip
    return cue.format(written), number


def handle(chance: random.Random) -> tuple[str, str]:
    """A name in a social network, or its page's address."""
    name = strip_marks(
        f"{chance.choice(FAMILIES)}{chance.choice(['', '.', '_'])}{chance.choice(GIVEN)}"
    ).lower()
    name += digits(chance, chance.choice([2, 3]))
    form = ["@{}", "fb: {}", "facebook: {}", "Telegram: @{}", "zalo: {}", "nick: {}", "z@lo: {}",
        "tiktok: @{}", "fb.com/{}",
            "https://www.facebook.com/{}", "facebook. com/{}", "t.me/{}",
            "https://tiktok.com/@{}"]  # fmt: skip
    return chance.choice(form).format(name), name


def house(chance: random.Random) -> tuple[str, str]:
    """The number of somebody's home."""
    number = f"{chance.randrange(112, 999)}/{chance.randrange(112, 999)}{chance.choice(['', 'a', 'B'])}"
    road = chance.choice(
        ["đường Lê Lợi", "ấp Chợ, xã Càng Long", "khóm 3, phường 5", "duong Tran Phu", "hẻm 4"]
    )
    cue = chance.choice(["số nhà {}", "so nha {}", "nhà số {}", "nhà em ở số {}", "nhà nó {}", "ngụ số {}",
                         "địa chỉ: {}", "địa chỉ nhà {}", "dia chi {}", "trú tại {}",
                         "thường trú số {}"])  # fmt: skip
    return f"{cue.format(number)} {road}", re.sub(r"\D", "", number)


KINDS: dict[str, Spelling] = {
    "phone": phone, "email": email, "citizen_id": citizen, "plate": plate, "bank_account": account,
    "handle": handle, "house": house,
}  # fmt: skip
FRAMES = (
    "Nghe nói {} là được nhận 3 triệu đồng, có thật không ạ?", "Có người nhắn vầy: {}, bà con coi chừng.",
    "{} nha",
    "Sáng nay tui nhận tin này.\n{}\nAi biết chỉ giùm.", "ai cũng nói {} đó", "may anh chi coi giup em {}",
    "CẢNH BÁO: {}!!!", "Nó kêu ghi lại ({}) rồi đợi", "“{}” là cái họ gửi cho má em",
    "- {}; hỏi chị em trong xóm",
)  # fmt: skip


def tips(count: int) -> Iterator[Tip]:
    """Tips of all classes in turn, the same each time."""
    chance = random.Random(20_261)
    kinds = list(KINDS)
    for at in range(count):
        kind = kinds[at % len(kinds)]
        written, secret = KINDS[kind](chance)
        yield Tip(kind, chance.choice(FRAMES).format(written), secret)


def leaks(masker: Masker, tip: Tip) -> bool:
    """Whether the secret, or most of it, is still in the masked text."""
    left = re.sub("‹[^›]*›", " ", masker.mask(tip.text).text)
    bare = re.sub(r"[\W_]", "", strip_marks(left).lower())
    secret = re.sub(r"[\W_]", "", tip.secret)
    half = max(3, len(secret) - 3)
    return any(secret[at : at + half] in bare for at in range(len(secret) - half + 1))


def share_masked(masker: Masker, count: int) -> tuple[dict[str, float], list[str]]:
    """The share of masked tips of each class, and the tips that leak."""
    seen, lost, which = Counter[str](), Counter[str](), list[str]()
    for tip in tips(count):
        seen[tip.kind] += 1
        if leaks(masker, tip):
            lost[tip.kind] += 1
            which.append(f"{tip.kind}: {tip.text}")
    return {kind: 1 - lost[kind] / seen[kind] for kind in seen}, which


@pytest.fixture(scope="module")
def masker() -> Masker:
    """One desk's masker."""
    return Masker(b"a test key of 32 bytes, no other")


@pytest.mark.parametrize("count", [210, pytest.param(2_000, marks=pytest.mark.release)])
def test_every_class_is_masked(masker: Masker, count: int) -> None:
    shares, lost = share_masked(masker, count)
    assert set(shares) == set(KINDS)
    assert min(shares.values()) >= 0.995, lost


@pytest.mark.parametrize(("kind", "finder"), [("phone", "phones"), ("email", "emails"), ("house", "houses")])
def test_a_masker_without_one_pattern_is_seen(
    masker: Masker, monkeypatch: pytest.MonkeyPatch, kind: str, finder: str
) -> None:
    def nothing(*_: str) -> Iterator[Candidate]:
        return iter(())

    assert hasattr(identifiers, finder)
    monkeypatch.setattr(mask, finder, nothing)
    shares, _ = share_masked(masker, 210)
    assert shares[kind] < 0.9


def named(count: int) -> Iterator[Tip]:
    """Tips with a person's name where a title, a kinship word, a contact or a signature announces it."""
    chance = random.Random(86)
    full = ("bác sĩ {} nói uống nước lá là hết bệnh", "em tên {} ở Trà Ôn", "ký tên: {}",
        "chị {} kêu đóng 2 triệu",
            "Họ tên: {}", "luật sư {} hứa lo giấy tờ", "chủ tài khoản {}", "gặp cô {} để nhận quà",
            "BS. {} khám",
            "trưởng ấp {} báo ngày mai cúp nước", "tìm bà {} đi lạc", "Trân trọng,\n{}",
            "người gửi: {}")  # fmt: skip
    short = ("gặp anh {} nha", "cô {} nói được nhận gạo", "chị {} kêu đóng 2 triệu", "liên hệ {} 0912345678",
             "em tên là {}", "bác {} ở đầu xóm", "chú {} bán vé số", "thầy {} phát thuốc nam",
             "lh {} 0987.654.321",
             "bác sĩ {} nói vậy", "dì {} với cậu {} đi rồi", "Ông {} kể lại")  # fmt: skip
    for _ in range(count):
        given = chance.choice(GIVEN)
        if chance.random() < 0.5:
            name = " ".join([chance.choice(FAMILIES), chance.choice(MIDDLES), given])
            text = chance.choice(full).replace("{}", chance.choice([name, name, name.upper()]))
        else:
            text = chance.choice(short).replace("{}", given)
        bare = chance.random() < 0.35 and not text.startswith(("dì", "Trân"))
        yield Tip("name", strip_marks(text) if bare else text, strip_marks(given).lower())


@pytest.mark.parametrize("count", [200, pytest.param(2_000, marks=pytest.mark.release)])
def test_names_that_something_announces_are_masked(masker: Masker, count: int) -> None:
    lost = [
        tip.text
        for tip in named(count)
        if re.search(
            rf"(?<!\w){tip.secret}(?!\w)", strip_marks(masker.mask(normalise(tip.text)).text).lower()
        )
    ]
    assert len(lost) <= 0.05 * count, lost


def test_without_the_names_finder_names_are_left(masker: Masker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask, "names", lambda *_: iter(()))
    left = sum("‹tên›" not in masker.mask(tip.text).text for tip in named(200))
    assert left == 200

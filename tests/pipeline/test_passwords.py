"""Passwords that are tried first: 3,000 of them and every one refused, passphrases of people not."""

from itertools import islice, product
from random import Random

import pytest

from models.errors import UsageError
from pipeline import accounts, passwords
from pipeline.passwords import is_common

# written for this test and not taken from the product's list, so that each pattern has to be known
BASES = (
    *("password", "matkhau", "Admin", "welcome", "iloveyou", "anhyeuem", "letmein", "vietnam", "saigon"),
    *("nguyen", "sunshine", "football", "dragon", "monkey", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    *("1q2w3e4r", "1qaz2wsx", "123456789", "987654321", "abcdefgh", "hanoi", "princess", "superman"),
)
TAILS = (
    *(
        "",
        "1",
        "12",
        "123",
        "1234",
        "12345",
        "123456",
        "!",
        "@123",
        "2024",
        "2025",
        "2026",
        "1990",
        "01012000",
    ),
    *(
        "111",
        "000000",
        "qwerty",
        "abc",
        "abc123",
        "xyz",
        "vn",
        "vietnam",
        "zxcvbnm",
        "asdf",
        "@2026!",
        "123qwe",
    ),
)
_WORDS = (
    "sông rộng thuyền trôi xa mía nghiêng gốc xoài chín vàng rơm khô nắng gắt mưa rào bếp lửa ấm trà sen "
    "chợ nổi ghe hàng bông điên điển cá linh đồng lúa xanh cầu tre lắc lẻo võng đưa kẽo kẹt trăng khuyết"
)
WORDS = _WORDS.split()


def guesses(n: int) -> list[str]:
    """The first `n` combinations of a base, a tail, another base and another tail that are long enough."""
    made = (
        first + tail + second + end for end, first, tail, second in product(TAILS, BASES, TAILS, ("", *BASES))
    )
    return list(islice((one for one in made if 15 <= len(one) <= 40), n))


@pytest.mark.parametrize("n", [3_000, pytest.param(40_000, marks=pytest.mark.release)])
def test_three_thousand_common_passwords_are_refused(n: int) -> None:
    tried = guesses(n)
    assert len(set(tried)) > n * 0.95
    accepted = []
    for one in tried:
        try:
            accounts.check_password(one)
        except UsageError:
            continue
        accepted.append(one)
    assert accepted == []


def test_control_without_the_list_they_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "is_common", lambda *_: False)
    refused = 0
    for one in guesses(300):
        try:
            accounts.check_password(one)
        except UsageError:
            refused += 1
    assert refused < 100


def test_a_thousand_passphrases_of_four_words_are_taken() -> None:
    draw = Random(7)
    for _ in range(1_000):
        words = draw.sample(WORDS, 4)
        phrase = " ".join(words)
        if len(phrase) >= 15:
            accounts.check_password(phrase, "lan", "Kiểm Chứng")


def test_generated_passwords_are_taken() -> None:
    draw = Random(8)
    for _ in range(1_000):
        accounts.check_password(
            "-".join(f"{draw.randrange(65536):04x}" for _ in range(4)), "lan", "Kiểm Chứng"
        )


@pytest.mark.parametrize(
    "password",
    [
        "vinhlong.tintuc 2026",
        "BanTinMienTay-123",
        "miền tây bản tin 99",
        "lan-banTinMienTay",
        "t1ntuc.mi3ntay.2025",
    ],
)
def test_words_of_the_desk_and_of_the_account_are_known_to_whoever_guesses(password: str) -> None:
    desk_name = "Bàn Tin Miền Tây"
    with pytest.raises(UsageError):
        accounts.check_password(password, "lan.tintuc", desk_name)


def test_the_same_words_are_taken_at_a_desk_of_another_name() -> None:
    accounts.check_password("miền tây bản tin 99", "binh", "Trạm Đọc")


@pytest.mark.parametrize(
    ("text", "folded"), [("Đường Mía", "duongmia"), ("P@ss w0rd!", "pssw0rd"), ("１２３", ""), ("", "")]
)
def test_plain_letters(text: str, folded: str) -> None:
    assert passwords.plain(text) == folded


def test_the_longest_password_is_judged_at_once() -> None:
    assert is_common("password" * 16) is True
    assert is_common("pzsswqrd" * 16) is False

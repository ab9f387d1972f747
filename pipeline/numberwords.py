"""Numbers as they are said in the south of Vietnam: ngàn, lẻ, mốt, tư, lăm.

In the Mekong delta people say *ngàn* where a northerner says *nghìn*, and *lẻ* where he says *linh*. An
empty group of hundreds inside a number is said ("hai ngàn không trăm hai mươi sáu"), because a listener who
does not see the figures needs it.
"""

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "ngàn", "triệu")
_BILLION = 10**9
LARGEST = 10**15 - 1


def cardinal(number: int) -> str:
    """A whole number from 0 to 999.999.999.999.999 in words; raises `ValueError` beyond."""
    if not 0 <= number <= LARGEST:
        raise ValueError("a number that is not said in words")
    if number < _BILLION:
        return _below_billion(number, full=False) or DIGITS[0]
    billions, rest = divmod(number, _BILLION)
    return _joined(cardinal(billions), "tỷ", _below_billion(rest, full=True))


def decimal(whole: int, fraction: str) -> str:
    """A number with a decimal comma: 2,5 is "hai phẩy năm".

    The fraction is said digit by digit if it is longer than two or begins with a zero.
    """
    said = spelled(fraction) if len(fraction) > 2 or fraction.startswith("0") else cardinal(int(fraction))
    return f"{cardinal(whole)} phẩy {said}"


def spelled(digits: str) -> str:
    """Digit by digit, as telephone numbers are said."""
    return " ".join(DIGITS[int(one)] for one in digits)


def _below_billion(number: int, *, full: bool) -> str:
    """Groups of three; `full` if something larger stands before, so that empty hundreds are said."""
    parts: list[str] = []
    for power in (2, 1, 0):
        group = number // 1_000**power % 1_000
        if group:
            parts.append(_joined(_below_thousand(group, full=full), _GROUPS[power]))
            full = True
    return " ".join(parts)


def _below_thousand(number: int, *, full: bool) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds and not full:
        return _below_hundred(rest)
    head = f"{DIGITS[hundreds]} trăm"
    if not rest:
        return head
    return f"{head} lẻ {DIGITS[rest]}" if rest < 10 else f"{head} {_below_hundred(rest)}"


def _below_hundred(number: int) -> str:
    tens, unit = divmod(number, 10)
    if tens == 0:
        return DIGITS[unit]
    head = "mười" if tens == 1 else f"{DIGITS[tens]} mươi"
    if unit == 0:
        return head
    if unit == 5:
        return f"{head} lăm"
    if tens > 1 and unit in {1, 4}:
        return f"{head} {'mốt' if unit == 1 else 'tư'}"
    return f"{head} {DIGITS[unit]}"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)

"""Written Vietnamese as it is read aloud: dates, times, money, telephone numbers, units, abbreviations.

For a loudspeaker or a radio somebody reads the text who has not seen it before: every figure is written out
in the words to be said. A telephone number is said digit by digit, in the groups it is written in. What no
rule knows stays as it is.
"""

import re
from collections.abc import Callable

from pipeline.numberwords import LARGEST, cardinal, decimal, spelled

_ABBREVIATIONS = {
    "UBND": "Ủy ban nhân dân",
    "HĐND": "Hội đồng nhân dân",
    "BHXH": "bảo hiểm xã hội",
    "BHYT": "bảo hiểm y tế",
    "BHTN": "bảo hiểm thất nghiệp",
    "CCCD": "căn cước công dân",
    "CMND": "chứng minh nhân dân",
    "CSGT": "cảnh sát giao thông",
    "GTVT": "giao thông vận tải",
    "NHCSXH": "Ngân hàng Chính sách xã hội",
    "LĐTBXH": "lao động, thương binh và xã hội",
    "XKLĐ": "xuất khẩu lao động",
    "PCTT": "phòng chống thiên tai",
    "KTTV": "khí tượng thủy văn",
    "THCS": "trung học cơ sở",
    "THPT": "trung học phổ thông",
    "TP.HCM": "Thành phố Hồ Chí Minh",
    "TPHCM": "Thành phố Hồ Chí Minh",
    "TP": "thành phố",
    "TX": "thị xã",
    "SĐT": "số điện thoại",
}
_MONEY = {
    "đ": "đồng",
    "đồng": "đồng",
    "vnđ": "đồng",
    "vnd": "đồng",
    "₫": "đồng",
    "usd": "đô la Mỹ",
    "k": "ngàn đồng",
    "tr": "triệu đồng",
}
_UNITS = {
    "%": "phần trăm",
    "‰": "phần ngàn",
    "°c": "độ C",
    "km/h": "ki lô mét một giờ",
    "g/l": "gam một lít",
    "km²": "ki lô mét vuông",
    "km2": "ki lô mét vuông",
    "m²": "mét vuông",
    "m2": "mét vuông",
    "m³": "mét khối",
    "m3": "mét khối",
    "km": "ki lô mét",
    "cm": "xăng ti mét",
    "mm": "mi li mét",
    "ha": "héc ta",
    "kg": "ki lô gam",
    "mg": "mi li gam",
    "ml": "mi li lít",
    "m": "mét",
    "g": "gam",
    "l": "lít",
}
_BIG = r"(?:ngàn|nghìn|triệu|tỷ|tỉ)"
_NUMBER = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?"
_AFTER_NUMBER = "|".join(sorted((re.escape(one) for one in (*_MONEY, *_UNITS)), key=len, reverse=True))
_CALLED = r"(?:gọi(?:\s+(?:số|tới|đến|ngay|cho))*|tổng đài|đường dây nóng|điện thoại|hotline|số máy|SĐT|ĐT)"

_LAW = re.compile(r"\b(?:số\s+)?(\d{1,4})/((?:19|20)\d{2})/[A-ZĐ]{1,4}(?:-?[A-ZĐ0-9]{1,8})*")
_DATE = re.compile(r"(?:\b(ngày)\s+)?\b(\d{1,2})[/.-](\d{1,2})[/.-]((?:19|20)\d{2})\b", re.IGNORECASE)
_DAY = re.compile(
    r"\b(ngày|hôm|sáng|trưa|chiều|tối|đêm|đến|tới)\s+(\d{1,2})/(\d{1,2})(?![/\d])", re.IGNORECASE
)
_NAMED_DAY = re.compile(
    r"\b(ngày)\s+(\d{1,2})\s+tháng\s+(\d{1,2})(?:\s+năm\s+((?:19|20)\d{2}))?\b", re.IGNORECASE
)
_MONTH = re.compile(r"\b(?:tháng\s+)(\d{1,2})(?:[/-]((?:19|20)\d{2}))?\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b([01]?\d|2[0-4])\s?(?:h|g|:|giờ\s?)([0-5]\d)(?:\s?(?:phút|p|'))?(?![\w:])", re.IGNORECASE
)
_HOUR = re.compile(r"\b([01]?\d|2[0-4])\s?h(?!\w)|(?<=lúc\s)([01]?\d|2[0-4])g(?!\w)", re.IGNORECASE)
_CALL = re.compile(rf"\b({_CALLED}\s*:?\s*)(\d[\d .-]{{1,16}}\d)(?![\d/])", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d.,/])\(?(?:0|\+84|1[89]00)\d{0,4}\)?(?:[ .-]?\d{2,4}){1,4}(?![\d/])")
_SHORT_CALL = re.compile(r"(?<![\w.,/])(1\d\d|10\d\d)(?=\s*(?:[.,;:)!?\n]|$|(?:hoặc|để|ngay|và)\b))")
_CALLING = re.compile(rf"{_CALLED}|liên hệ|cấp cứu|báo ngay", re.IGNORECASE)
_RANGE = re.compile(r"(?<![\w.,/-])(\d{1,4})\s?[-–]\s?(\d{1,4})(?![\w/-]|[.,]\d)")
_COUNTED = re.compile(rf"(?<![\w.,])({_NUMBER})\s?({_BIG}\s)?\s?({_AFTER_NUMBER})(?!\w)", re.IGNORECASE)
_TIMES = re.compile(r"(?<![\w.,/])(\d{1,3})/(\d{1,3})(?![\w/])")
_PLAIN = re.compile(rf"(?<![\w.,])({_NUMBER})(?![\w]|[.,]\d)")
_AFTER_HYPHEN = re.compile(r"(?<=[A-Za-zĐđ])-(\d{1,3})\b")
_HOST = re.compile(
    r"\b(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,5}(?:vn|com|org|net|info|edu))\b(/\S*)?", re.IGNORECASE
)
_NAMES = "|".join(sorted((re.escape(one) for one in _ABBREVIATIONS), key=len, reverse=True))
_SHORT = re.compile(rf"(?<!\w)({_NAMES})(?:(?<=TP)\.|(?<=TX)\.)?(?!\w)")


def aloud(text: str) -> str:
    """The text in the words that are said."""
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    return re.sub(r"[ \t]{2,}", " ", text).strip()


def _host(found: re.Match[str]) -> str:
    # the path of an address cannot be said: whoever listens gets the site's name
    name = re.sub(r"\d+", lambda part: f" {spelled(part.group())} ", found[1]).replace("-", " gạch ngang ")
    return re.sub(r"\s+", " ", name.replace(".", " chấm ")).strip()


def _law(found: re.Match[str]) -> str:
    return f"số {cardinal(int(found[1]))} năm {cardinal(int(found[2]))}"


def _date(found: re.Match[str]) -> str:
    day, month = int(found[2]), int(found[3])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return found.group()
    return f"{found[1] or 'ngày'} {_day_words(day)} tháng {_month_words(month)} năm {cardinal(int(found[4]))}"


def _day(found: re.Match[str]) -> str:
    day, month = int(found[2]), int(found[3])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return found.group()
    lead = found[1] if found[1].lower() == "ngày" else f"{found[1]} ngày"
    return f"{lead} {_day_words(day)} tháng {_month_words(month)}"


def _named_day(found: re.Match[str]) -> str:
    day, month = int(found[2]), int(found[3])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return found.group()
    year = f" năm {cardinal(int(found[4]))}" if found[4] else ""
    return f"{found[1]} {_day_words(day)} tháng {_month_words(month)}{year}"


def _month(found: re.Match[str]) -> str:
    if not 1 <= int(found[1]) <= 12:
        return found.group()
    year = f" năm {cardinal(int(found[2]))}" if found[2] else ""
    return f"tháng {_month_words(int(found[1]))}{year}"


def _day_words(day: int) -> str:
    return f"mùng {cardinal(day)}" if day <= 10 else cardinal(day)


def _month_words(month: int) -> str:
    return "tư" if month == 4 else cardinal(month)


def _time(found: re.Match[str]) -> str:
    minutes = int(found[2])
    said = f"{cardinal(int(found[1]))} giờ"
    return f"{said} {cardinal(minutes)} phút" if minutes else said


def _hour(found: re.Match[str]) -> str:
    return f"{cardinal(int(found[1] or found[2]))} giờ"


def _call(found: re.Match[str]) -> str:
    return found[1] + _telephone(found[2])


def _phone(found: re.Match[str]) -> str:
    written = found.group()
    digits = len(re.sub(r"\D", "", written))
    least = 6 if written.startswith("1") else 9
    return _telephone(written) if least <= digits <= 12 else written


def _short_call(found: re.Match[str]) -> str:
    """115 is said digit by digit where the sentence is about calling; elsewhere it is a number."""
    sentence = re.split(r"[.!?\n]\s", found.string[: found.start()])[-1]
    return spelled(found[1]) if _CALLING.search(sentence) else found.group()


def _telephone(written: str) -> str:
    """Digit by digit, a comma where the number is written with a gap: that is where a reader breathes."""
    groups = re.findall(r"\d+", written.replace("+84", "0"))
    if len(groups) == 1 and len(groups[0]) > 4:
        digits = groups[0]
        groups = [digits[:4], *(digits[at : at + 3] for at in range(4, len(digits), 3))]
        if len(groups[-1]) == 1:
            groups[-2:] = ["".join(groups[-2:])]
    return ", ".join(spelled(group) for group in groups)


def _range(found: re.Match[str]) -> str:
    return f"{found[1]} đến {found[2]}"


def _counted(found: re.Match[str]) -> str:
    name = found[3].lower()
    said = _number(found[1])
    if said is None:
        return found.group()
    big = f" {found[2].strip()}" if found[2] else ""
    return f"{said}{big} {_MONEY.get(name) or _UNITS[name]}"


def _times(found: re.Match[str]) -> str:
    return f"{cardinal(int(found[1]))} trên {cardinal(int(found[2]))}"


def _plain(found: re.Match[str]) -> str:
    return _number(found[1]) or found.group()


def _after_hyphen(found: re.Match[str]) -> str:
    return f" {cardinal(int(found[1]))}"


def _number(written: str) -> str | None:
    whole, _, fraction = written.replace(".", "").partition(",")
    if len(whole) > 1 and whole.startswith("0"):
        return spelled(whole)
    if int(whole) > LARGEST:
        return None
    return decimal(int(whole), fraction) if fraction else cardinal(int(whole))


def _short(found: re.Match[str]) -> str:
    return _ABBREVIATIONS[found[1]]


# in this order: what is more exact comes first, so that 10/11/2026 is a day before it is a fraction
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_HOST, _host),
    (_SHORT, _short),
    (_LAW, _law),
    (_CALL, _call),
    (_DATE, _date),
    (_DAY, _day),
    (_NAMED_DAY, _named_day),
    (_MONTH, _month),
    (_PHONE, _phone),
    (_SHORT_CALL, _short_call),
    (_TIME, _time),
    (_HOUR, _hour),
    (_RANGE, _range),
    (_COUNTED, _counted),
    (_TIMES, _times),
    (_AFTER_HYPHEN, _after_hyphen),
    (_PLAIN, _plain),
)

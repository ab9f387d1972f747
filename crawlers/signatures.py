"""Signatures and credits in the text of an article: the lines and line ends that name who wrote it.

What markup says about authors is `boilerplate`'s; this is for what stands as plain text (rule 1).
"""

import re

# words of the trade, Vietnamese by the syllable: "nhóm phóng viên", "cộng tác viên", "thực hiện", "tổng hợp"
_TRADE = (
    "theo bài tin ảnh pv btv ctv bbt nhà báo và với phóng viên biên tập cộng tác nhóm ban thực hiện tổng hợp "
    "ghi lược dịch soạn thường trú tại từ đài nguồn viết người đăng bởi cập nhật lúc cây bút giả bs ts ths "
    "gs pgs bsck bscki bsckii cn ths.bs ts.bs t/h st sưu tầm video clip đồ họa thông bạn đọc kể chuyện "
    "by and with reporter reporters writer writers staff correspondent editor editors contributor columnist "
    "special to for the of in from at photo photos text words story posted published updated written on via "
    "assistant senior chief associate digital news health deputy managing freelance"
)
_ROLES = frozenset(_TRADE.split())
_WHAT = (
    "bài và ảnh|bài, ảnh và clip|bài, ảnh|bài - ảnh|bài viết|tin và ảnh|tin, ảnh|tin, bài|tin bài|tin ảnh"
    "|ảnh|bài|tin"
    "|thực hiện|tác giả|biên tập|biên dịch|biên soạn|dịch|phóng viên|pv|ctv|đồ họa|thiết kế|clip|video"
    "|nguồn ảnh|nguồn tin|nguồn|theo|người viết|người đăng|đăng bởi|viết bởi|ghi chép|kỹ thuật"
    "|chịu trách nhiệm|written by|reporting by|additional reporting by|editing by|compiled by|posted by"
    "|published by|contributing|contributors?|author|by|text|words|story|photos?|photographs?|illustrations?"
    "|image credits?|photo credits?|source|email|e-mail|contact"
)
# a letter is looked for first: where there is none, sixty words need not be tried
_CREDIT = re.compile(
    rf"[\[(*_–—-]{{0,2}}\s?(?=[^\W\d_])(?:{_WHAT})\s{{0,2}}[:\-–—]\s{{0,2}}(.{{1,80}})", re.IGNORECASE
)
_BY = re.compile(
    r"(?:written|reporting|additional reporting|edited|editing|compiled|posted|published|photographs?|photos?"
    r"|story|words)\sby\s.{1,160}|with (?:files|reporting|additional reporting) (?:from|by) .{1,100}",
    re.IGNORECASE,
)
_CREDIT_TAIL = re.compile(
    r"[\s(.,–-]{0,4}(?:Ảnh|Nguồn ảnh|Đồ họa|Clip|Video|Photo|Bài và ảnh|Bài, ảnh)\s?:\s?[^.\n:]{1,60}\)?\.?$"
)
_CREDIT_INSIDE = re.compile(
    r"\s?\((?:Ảnh|Nguồn ảnh|Ảnh minh họa|Clip|Video|Photo)(?:\s?[:/-]\s?[^()\n]{1,60})\)"
)
_BIO = re.compile(
    r"(?:is|was|là) (?:an? |the |một )?[^.]{0,80}?\b(?:reporter|writer|journalist|editor|columnist"
    r"|correspondent|contributor|author|phóng viên|nhà báo|biên tập viên|cây bút|tác giả|cộng tác viên)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}|(?<!\w)@\w{2,30}")
_WRITE_TO = re.compile(
    r"(?:follow|reach|contact) (?:him|her|them|me|the (?:writer|author|reporter)|[A-Z]\w+)\b", re.IGNORECASE
)
_STAMP = re.compile(
    r"(?:thứ \w{2,4}|chủ nhật|ngày|lúc|\d{1,3} (?:phút|giờ|ngày) (?:trước|đọc)"
    r"|\d{1,3} (?:minutes?|hours?|days?) ago|\d{1,3}[ -]min(?:ute)?s? read|\(?gmt[^)\n]{0,6}\)?|\bict\b"
    r"|[ap]\.?m\.?\b|(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?\b"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b\.?"
    r"|\d{1,4}(?:[:/.,h-]\d{0,4}){0,3}|[|•·,–—-])(?=$|[\s,|•·–—-])",
    re.IGNORECASE,
)
_EDGES = " \t()[]{}.,;:*_-–—/|•·\"'“”‘’"
_FAMILIES = (
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đoàn trịnh trương lâm mai "
    "tô hà cao châu thạch kim sơn danh tăng thái lưu tạ quách từ văn phùng lương đào triệu nông la vương thân"
)
_SURNAMES = frozenset(_FAMILIES.split())
_END = re.compile(r"(?<=[.!?…\"”])\s{1,3}([^.!?…\"”\n]{2,45})$")
_FIRST_LINES, _LAST_LINES = 4, 6
_LONGEST = 120


def _words(line: str) -> list[str]:
    return [word for word in (part.strip(_EDGES) for part in re.split(r"[\s/&+,;]+|\s-\s|–", line)) if word]


def _is_names(line: str) -> bool:
    """Whether a line is nothing but capitalised words and words for the work of writing."""
    if line[-1:] in "!?" or len(line) > 80:
        return False
    names = [word for word in _words(line) if word.lower() not in _ROLES]
    # a longer line in capitals is a headline
    return len(names) <= (4 if line.isupper() else 8) and all(
        word[0].isupper() and not any(map(str.isdigit, word)) for word in names
    )


def _is_person(line: str) -> bool:
    """Whether a line is a Vietnamese name: a frequent surname and one to four more words."""
    words = _words(line)
    if not 2 <= len(words) <= 5 or line[-1:] in "!?:" or words[0].lower() not in _SURNAMES:
        return False
    return all(word[0].isupper() and word.isalpha() for word in words)


def _is_credit(line: str) -> bool:
    """Whether a line at an edge of an article says who wrote, took or sent it, or when."""
    if len(line) > _LONGEST:
        return len(line) <= 2 * _LONGEST and bool(_BY.fullmatch(line))
    if _CREDIT.fullmatch(line) or _BY.fullmatch(line):
        return True
    plain = re.sub(r"\([^()]{1,40}\)$", "", line).strip()
    return len(plain) <= 80 and _is_names(_STAMP.sub(" ", plain).strip())


def _is_closing(line: str) -> bool:
    """Whether one of the last lines tells about the writer: a life in a sentence, an address to write to."""
    if len(line) > 400:
        return False
    if len(line) <= 200 and (_WRITE_TO.match(line) or _is_address(line)):
        return True
    life = _BIO.search(line)
    return life is not None and _is_names(line[: life.start()].strip())


def _is_address(line: str) -> bool:
    # a claim may say where to write: only an address beside nothing but names is a signature
    return bool(_ADDRESS.search(line)) and _is_names(_ADDRESS.sub(" ", line).strip())


def _is_anywhere(line: str) -> bool:
    """Whether a line is a credit wherever it stands, as in picture series and joint articles."""
    if len(line) > 90:
        return False
    credit = _CREDIT.fullmatch(line)
    return (credit is not None and _is_names(credit[1])) or _is_person(line)


def _end_of(line: str) -> str:
    # "... mực nước hạ. NGUYỄN VĂN A": the signature stands on the last line itself
    tail = _END.search(line)
    if tail is None or not _is_names(_STAMP.sub(" ", tail[1]).strip()):
        return line
    return line[: tail.start()].rstrip()


def drop(text: str) -> str:
    """An article without signature and credit lines at its ends, name lines and photo credits within it."""
    lines = [_plain(line.strip()) for line in text.split("\n")]
    lines = [line for line in lines if line and not _is_anywhere(line)]
    first, last = 0, len(lines)
    for _ in range(_FIRST_LINES):
        first += last - first > 1 and _is_credit(lines[first])
        last -= last - first > 1 and (_is_credit(lines[last - 1]) or _is_closing(lines[last - 1]))
    kept = _without_small(lines[first:last])
    if kept:
        kept[-1] = _end_of(kept[-1])
    return "\n".join(kept)


def _without_small(lines: list[str]) -> list[str]:
    # a byline under the headline, a signature above "read more": lines near the ends that hold only names
    head = min(_FIRST_LINES, len(lines))
    tail = max(head, len(lines) - _LAST_LINES)
    small = {*range(1, head), *range(tail, len(lines))}
    return [line for at, line in enumerate(lines) if not (at and at in small and _is_small(line))]


def _is_small(line: str) -> bool:
    if len(line) > 80:
        return False
    credit = _CREDIT.fullmatch(line)
    said = credit[1] if credit else line
    return _is_names(_STAMP.sub(" ", said).strip()) or bool(_BY.fullmatch(line)) or _is_closing(line)


def _plain(line: str) -> str:
    if ":" in line or "(" in line:
        line = _CREDIT_TAIL.sub("", _CREDIT_INSIDE.sub("", line)).rstrip()
    return line

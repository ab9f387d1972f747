"""Bytes to clean text: what the bytes are decides, not what their label says."""

import codecs
import re
from functools import lru_cache

from crawlers import legacy, marks

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE
)
# what HTML calls latin-1 is windows-1252 (WHATWG Encoding)
_ALIASES = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"} | {
    "x-viscii": "viscii",
    "csviscii": "viscii",
    "tcvn": "tcvn3",
    "tcvn-5712": "tcvn3",
    "x-viet-tcvn": "tcvn3",
    "x-viet-vni": "vni",
    "x-sjis": "shift_jis",
    "windows-874": "cp874",
    "x-gbk": "gbk",
}
# the encodings that a label is believed for, by Python's names; not UTF-7, not the codecs that unpack
_BELIEVED = frozenset(
    [
        *(f"cp{page}" for page in (*range(1250, 1259), 866, 874, 932, 949, 950)),
        *(f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620", "gb2312", "gbk", "gb18030", "hz"),
        *("big5", "big5hkscs", "euc_jp", "shift_jis", "iso2022_jp", "euc_kr", "johab"),
    ]
)
_VIETNAMESE_BLOCK = re.compile("[\u1ea0-\u1ef9]")
# control, zero-width, bidi, variation, filler, tag and surrogate characters: all that shows nothing
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ENOUGH = 3
_FEWEST_FOR_UTF16 = 8
_SHARE_OF_ZEROS = 0.25
_UNUSED = re.compile("[\x81\x8d\x8f\x90\x9d]")


def drop_controls(markup: str) -> str:
    """Markup without the characters that XML forbids and parsers stumble over."""
    return _CONTROLS.sub("", markup)


def clean(text: str) -> str:
    """NFC text without NUL, control, zero-width, bidi and surrogate characters; newlines and tabs stay."""
    plain = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return marks.nfc(plain)


def decode(body: bytes, content_type: str = "") -> str:
    """Decode a page or feed: BOM, then strict UTF-8, then Vietnamese legacy encodings, then the label.

    Not yet cleaned, as markup follows; never raises.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    if wide := _utf16(body):
        return body.decode(wide, "replace")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, content_type)
    return unpack(text)


def _utf16(body: bytes) -> str | None:
    """Which UTF-16 the zeros between the letters tell of; None for other bytes."""
    head = body[:400]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) < _FEWEST_FOR_UTF16 or max(even, odd) <= len(head) * _SHARE_OF_ZEROS:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def unpack(text: str) -> str:
    """A text that some tool decoded as windows-1252, letter by wrong letter, put right; any other as it is.

    UTF-8 read twice, and the fonts from before Unicode (TCVN3, VNI, VISCII), as PDF files often hold them.
    """
    if text.isascii() or _VIETNAMESE_BLOCK.search(text):
        return text
    data = _single_bytes(text)
    if data is None:
        return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        name, points = legacy.best(data)
    return legacy.DECODERS[name](data) if points >= _ENOUGH and points > 2 * legacy.score(text) else text


def _single_bytes(text: str) -> bytes | None:
    """The bytes that windows-1252, or latin-1, made these letters of; None if neither did."""
    for name in ("cp1252", "latin-1"):
        try:
            return text.encode(name)
        except UnicodeEncodeError:
            continue
    try:
        return text.translate(_table()).encode("latin-1") if _UNUSED.search(text) else None
    except UnicodeEncodeError:
        return None


@lru_cache(maxsize=1)
def _table() -> dict[int, int]:
    used = [code for code in range(0x80, 0xA0) if not _UNUSED.match(chr(code))]
    return {ord(bytes([code]).decode("cp1252")): code for code in used}


def _decode_other(body: bytes, content_type: str) -> str:
    repaired = body.decode("utf-8", "replace")
    labelled = _labelled(body, content_type)
    name, points = legacy.best(body)
    # a few broken bytes do not make UTF-8 another encoding
    if legacy.score(repaired) >= max(points, _ENOUGH):
        return repaired
    if points >= _ENOUGH and (labelled is None or points > legacy.score(labelled)):
        return legacy.DECODERS[name](body)
    if labelled is not None:
        return labelled
    broken = repaired.count("\ufffd")
    return repaired if broken * 20 < len(repaired) else body.decode("cp1252", "replace")


def _labelled(body: bytes, content_type: str) -> str | None:
    match = _DECLARED.search(content_type.encode("latin-1", "replace")) or _DECLARED.search(body[:4096])
    if match is None:
        return None
    name = match[1].decode("ascii").lower()
    name = _ALIASES.get(name, name)
    if name in legacy.DECODERS:
        return legacy.DECODERS[name](body)
    try:
        known = codecs.lookup(name).name in _BELIEVED
    except LookupError:
        return None
    return marks.nfc(body.decode(name, "replace")) if known else None

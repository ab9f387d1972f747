"""Bytes to clean text: what the bytes are decides, not what their label says."""

import codecs
import re
import unicodedata

from crawlers import legacy

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE
)
# what HTML calls latin-1 is windows-1252 (WHATWG Encoding); UTF-7 is never honoured
_ALIASES = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"}
_REFUSED = frozenset(["utf-7", "utf7", "unicode-1-1-utf-7", "idna", "punycode", "rot13", "hex", "base64"])
_VIETNAMESE_BLOCK = re.compile("[\u1ea0-\u1ef9]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ud800-\udfff]"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_ENOUGH = 3


def drop_controls(markup: str) -> str:
    """Markup without the characters that XML forbids and parsers stumble over."""
    return _CONTROLS.sub("", markup)


def clean(text: str) -> str:
    """NFC text without NUL, control, zero-width, bidi and surrogate characters; newlines and tabs stay."""
    plain = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", plain)


def decode(body: bytes, content_type: str = "") -> str:
    """Decode a page or feed: BOM, then strict UTF-8, then Vietnamese legacy encodings, then the label.

    Not yet cleaned, as markup follows; never raises.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    if _looks_utf16(body):
        return body.decode("utf-16-le" if body[1:2] == b"\x00" else "utf-16-be", "replace")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, content_type)
    return text if text.isascii() or _VIETNAMESE_BLOCK.search(text) else _unpack_legacy(text)


def _looks_utf16(body: bytes) -> bool:
    head = body[:200]
    return len(head) >= 8 and max(head[::2].count(0), head[1::2].count(0)) > len(head) * 0.4


def _unpack_legacy(text: str) -> str:
    # a legacy font page that some tool re-encoded as UTF-8, letter by wrong letter
    try:
        data = text.encode("cp1252")
    except UnicodeEncodeError:
        try:
            data = text.encode("latin-1")
        except UnicodeEncodeError:
            return text
    _, found, points = legacy.best(data)
    return found if points >= _ENOUGH and points > 2 * legacy.score(text) else text


def _decode_other(body: bytes, content_type: str) -> str:
    repaired = body.decode("utf-8", "replace")
    labelled = _labelled(body, content_type)
    _, found, points = legacy.best(body)
    # a few broken bytes do not make UTF-8 another encoding
    if legacy.score(repaired) >= max(points, _ENOUGH):
        return repaired
    if points >= _ENOUGH and (labelled is None or points > legacy.score(labelled)):
        return found
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
    try:
        info = codecs.lookup(name)
    except LookupError:
        return None
    if name in _REFUSED or info.name.startswith("utf") or not getattr(info, "_is_text_encoding", True):
        return None
    return unicodedata.normalize("NFC", body.decode(name, "replace"))

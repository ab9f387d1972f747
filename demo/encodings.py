"""The old Vietnamese encodings that some sample pages are served in.

TCVN3 is the Vietnamese standard TCVN 5712:1993 (VN3), one byte a letter; windows-1258 writes tones as
combining marks.
"""

import unicodedata

# lower-case letters in the order of the standard's table, from the byte beside them
_ROWS = {
    0xA8: "ăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_UPPER = {letter: 0xA1 + at for at, letter in enumerate("ĂÂÊÔƠƯĐ")}
_TCVN3 = {letter: start + at for start, row in _ROWS.items() for at, letter in enumerate(row)} | _UPPER
_TONES = "̣̀́̃̉"


def tcvn3(text: str) -> bytes:
    """Encode as TCVN3; accented capitals other than ĂÂÊÔƠƯĐ become small, as the standard's fonts have it."""
    encoded = bytearray()
    for letter in unicodedata.normalize("NFC", text):
        code = _TCVN3.get(letter, _TCVN3.get(letter.lower()))
        encoded += bytes([code]) if code is not None else letter.encode("ascii", "xmlcharrefreplace")
    return bytes(encoded)


def windows_1258(text: str) -> bytes:
    """Encode as windows-1258: vowels precomposed, tones as combining marks after them."""
    parts = []
    for letter in unicodedata.normalize("NFC", text):
        whole = unicodedata.normalize("NFD", letter)
        tones = "".join(mark for mark in whole if mark in _TONES)
        vowel = unicodedata.normalize("NFC", "".join(mark for mark in whole if mark not in _TONES))
        parts.append(vowel + tones if len(vowel) == 1 else letter)
    return "".join(parts).encode("cp1258", "xmlcharrefreplace")

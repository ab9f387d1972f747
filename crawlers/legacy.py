"""Vietnamese encodings from before Unicode: TCVN3 (ABC), VNI, VISCII and windows-1258.

Tables: TCVN 5712:1993 (single-byte part), RFC 1456 (VISCII), the VNI-Win font layout.
"""

import re
import unicodedata

_TCVN3_A1 = "ĂÂÊÔƠƯĐăâêôơưđ"
_TCVN3_B5 = "àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
_VISCII_80 = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}

_TONES = "ùøûõï"  # acute, grave, hook, tilde, dot below
_VNI_PAIRS = {
    "a": (_TONES, "áàảãạ"),
    "a^": ("âáàåãä", "âấầẩẫậ"),
    "a(": ("êéèúüë", "ăắằẳẵặ"),
    "e": (_TONES, "éèẻẽẹ"),
    "e^": ("âáàåãä", "êếềểễệ"),
    "o": (_TONES, "óòỏõọ"),
    "o^": ("âáàåãä", "ôốồổỗộ"),
    "ô": (_TONES, "ớờởỡợ"),
    "u": (_TONES, "úùủũụ"),
    "ö": (_TONES, "ứừửữự"),
    "y": (_TONES[:4], "ýỳỷỹ"),
}
_VNI_SINGLES = dict(zip("ôöñæóòîÔÖÑÆÓÒÎ", "ơưđỉĩịỵƠƯĐỈĨỊỴ", strict=True))


def _vni_pairs() -> dict[str, str]:
    table: dict[str, str] = {}
    for name, (marks, letters) in _VNI_PAIRS.items():
        base = name[0]
        for mark, letter in zip(marks, letters, strict=True):
            table[base + mark] = letter
            table[base.upper() + mark.upper()] = letter.upper()
            table[base.upper() + mark] = letter.upper()
    return table


_VNI = _vni_pairs()
_VNI_PATTERN = re.compile("[aeouyôöAEOUYÔÖ][ùøûõïâáàåãäêéèúüëÙØÛÕÏÂÁÀÅÃÄÊÉÈÚÜË]|[ôöñæóòîÔÖÑÆÓÒÎ]")
_TCVN3 = {
    **{0xA1 + offset: letter for offset, letter in enumerate(_TCVN3_A1)},
    **{0xB5 + offset: letter for offset, letter in enumerate(_TCVN3_B5)},
}
_VISCII = {**{0x80 + offset: letter for offset, letter in enumerate(_VISCII_80)}, **_VISCII_LOW}

# frequent syllables with marks: enough of them say that a text is Vietnamese and rightly decoded
_COMMON_TEXT = (
    "và là có được không những người một với này đã để từ đến năm tại về ngày việc nước tỉnh xã ở như sẽ của "
    "phải đó thì cũng vào trên các cơ quan bệnh viện hộ tiền công dân địa phương huyện phường thông tin báo "
    "số điện thoại lũ bão đồng học sinh trường thuốc chữa nhận hồ sơ giấy tờ lao động việt"
)
_COMMON_MARKED = frozenset(word for word in _COMMON_TEXT.split() if not word.isascii())
_WORD = re.compile(r"[^\W\d_]+")
_SCORED_CHARACTERS = 200_000


def score(text: str) -> int:
    """How many frequent Vietnamese syllables with marks a text holds."""
    words = _WORD.findall(text[:_SCORED_CHARACTERS].lower())
    return sum(word in _COMMON_MARKED for word in words)


def from_tcvn3(data: bytes) -> str:
    """Decode TCVN3 (ABC) bytes; its capital letters with marks exist only as another font."""
    return data.decode("latin-1").translate(_TCVN3)


def from_viscii(data: bytes) -> str:
    """Decode VISCII bytes (RFC 1456)."""
    return data.decode("latin-1").translate(_VISCII)


def from_vni(data: bytes) -> str:
    """Decode VNI bytes: a base letter followed by a mark from the upper half of windows-1252."""
    text = data.decode("cp1252", "replace")
    return _VNI_PATTERN.sub(lambda hit: _VNI.get(hit[0]) or _vni_single(hit[0]), text)


def _vni_single(found: str) -> str:
    return "".join(_VNI_SINGLES.get(letter, letter) for letter in found)


def from_windows_1258(data: bytes) -> str:
    """Decode windows-1258 bytes and join its combining tone marks with their letters."""
    return unicodedata.normalize("NFC", data.decode("cp1258", "replace"))


DECODERS = {"windows-1258": from_windows_1258, "tcvn3": from_tcvn3, "vni": from_vni, "viscii": from_viscii}


def best(data: bytes) -> tuple[str, str, int]:
    """The most Vietnamese reading of legacy bytes: its encoding's name, its text and its score."""
    readings = [(name, decode(data)) for name, decode in DECODERS.items()]
    return max(((name, text, score(text)) for name, text in readings), key=lambda reading: reading[2])

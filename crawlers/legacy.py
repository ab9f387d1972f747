"""Vietnamese encodings from before Unicode: TCVN3 (ABC), VNI, VISCII and windows-1258.

Tables: TCVN 5712:1993 (single-byte part), RFC 1456 (VISCII), the VNI-Win font layout.
"""

import re

from crawlers import marks

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
    for name, (signs, letters) in _VNI_PAIRS.items():
        base = name[0]
        for mark, letter in zip(signs, letters, strict=True):
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

# frequent syllables with marks: several different ones say that a text is Vietnamese and rightly decoded
_COMMON_TEXT = (
    "và là có được không những người một với này đã để từ đến năm tại về ngày việc nước tỉnh xã ở như sẽ của "
    "phải đó thì cũng vào trên các cơ quan bệnh viện hộ tiền công dân địa phương huyện phường thông tin báo "
    "số điện thoại lũ bão đồng học sinh trường thuốc chữa nhận hồ sơ giấy tờ lao động việt"
)
_COMMON_MARKED = frozenset(word for word in _COMMON_TEXT.split() if not word.isascii())
# words with a letter beyond ASCII; bounded, as a run of a million letters is no word
_MARKED_WORD = re.compile(r"[a-z]{0,8}(?:[^\W\d_a-z][a-z]{0,8})+")
_SYLLABLE = re.compile(
    "(?:ngh?|gh?|gi|kh|ph|qu|t[hr]?|ch?|nh?|[bdđhklmrsvxp])?"
    "[aăâeêioôơuưy]{0,2}"
    "[áàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵăâêôơưđ]"
    "[aăâeêioôơuưy]{0,2}(?:ch|ng|nh|[cmnpt])?"
)
_SAMPLE = 200_000
_LETTERS_ALONE = bytes(code if code >= 0x80 or chr(code).isalpha() else 0x20 for code in range(256))
_FEWEST_DIFFERENT = 3
_SHARE_OF_SYLLABLES = 0.7


def score(text: str) -> int:
    """How many frequent Vietnamese syllables with marks a text holds; 0 if it cannot be Vietnamese.

    A dash or a quotation mark in the wrong encoding looks like one frequent syllable, over and over, or
    stands within foreign words: so several different ones are asked for, among words that are syllables.
    """
    marked = _MARKED_WORD.findall(text[:_SAMPLE].lower())
    found = [word for word in marked if word in _COMMON_MARKED]
    if len(set(found)) < _FEWEST_DIFFERENT:
        return 0
    fitting = sum(1 for word in marked if _SYLLABLE.fullmatch(word))
    return len(found) if fitting >= _SHARE_OF_SYLLABLES * len(marked) else 0


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
    return marks.nfc(data.decode("cp1258", "replace"))


DECODERS = {"windows-1258": from_windows_1258, "tcvn3": from_tcvn3, "vni": from_vni, "viscii": from_viscii}


def best(data: bytes) -> tuple[str, int]:
    """The encoding in which bytes read most Vietnamese, judged by their beginning, and their score."""
    words = data[:_SAMPLE].translate(_LETTERS_ALONE).split()
    marked = b" ".join([word for word in words if not word.isascii()])
    points = {name: score(decode(marked)) for name, decode in DECODERS.items()}
    name = max(points, key=lambda one: points[one])
    return name, points[name]

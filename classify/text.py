"""Vietnamese text on its way in: one normal form, one form without diacritics, syllables, a natural key.

Tone placement follows the older convention (hòa, thủy) because most of the public's own text does;
the table is small on purpose: re-spacing or rewording would break the offsets that reviewers see.
"""

import hashlib
import re
import unicodedata

MAX_CHARS = 100_000
"""Longer input is cut: every pattern of this room runs on capped text."""

_TONES = "̣̀́̃̉"


def _strip_table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(range(768, 880))
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        decomposed = unicodedata.normalize("NFD", chr(code))
        if len(decomposed) > 1:
            table[code] = "".join(c for c in decomposed if not unicodedata.combining(c))
    return table | {ord(c): "d" for c in "đð"} | {ord(c): "D" for c in "ĐÐ"}


def _tone_table() -> dict[str, str]:
    moved: dict[str, str] = {}
    for first, second in ("oa", "oe", "uy"):
        for tone in _TONES:
            new = first + unicodedata.normalize("NFC", second + tone)
            old = unicodedata.normalize("NFC", first + tone) + second
            moved |= {new: old, new.upper(): old.upper(), new.capitalize(): old.capitalize()}
    return moved


STRIP = _strip_table()
"""What `strip_marks` does to each letter, for those who fold text in one pass with something else."""
_TONE = _tone_table()
_TONE_PLACE = re.compile(rf"(?<![qQ])(?:{'|'.join(_TONE)})(?!\w)")
# soft hyphen, joiners, bidi controls, variation selectors, keycap, byte order mark, surrogates, controls
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\U000e0000-\U000e01ef]"
)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_STYLED = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff\u2460-\u24ff]")
_SYLLABLE = re.compile(r"[^\W_]+")


def normalise(text: str) -> str:
    """The normal form: NFC, one tone placement, plain letters, nothing invisible; at most 100,000 characters.

    Idempotent. Line breaks stay, as line feeds; every other space becomes a plain space.
    """
    text = text[:MAX_CHARS]
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
        text = _STYLED.sub(lambda m: unicodedata.normalize("NFKC", m.group()), text)
        text = unicodedata.normalize("NFC", text).replace("Ð", "Đ").replace("ð", "đ")
        text = _TONE_PLACE.sub(lambda m: _TONE[m.group()], text)
    else:
        text = _INVISIBLE.sub("", text)
    text = _BREAKS.sub("\n", text)
    return _SPACES.sub(" ", text)[:MAX_CHARS]


def strip_marks(text: str) -> str:
    """The text without diacritics, đ as d; letters, case, digits and signs stay where they are."""
    return text if text.isascii() else text.translate(STRIP)


def syllables(text: str) -> list[str]:
    """Lower-case runs of letters and digits, in order. Vietnamese writes one syllable a run."""
    return _SYLLABLE.findall(text.lower())


def has_marks(text: str) -> bool:
    """Whether the text carries Vietnamese diacritics."""
    return strip_marks(text) != text


def mostly_bare(text: str) -> bool:
    """Whether fewer than one word in ten carries diacritics; in Vietnamese most do, a name alone may."""
    found = text.split()
    return sum(not word.isascii() and has_marks(word) for word in found) * 10 < len(found)


def content_key(text: str) -> str:
    """Natural key of a mention or claim: SHA-256 (hex) of its lower-case syllables without diacritics."""
    words = " ".join(syllables(strip_marks(normalise(text))))
    return hashlib.sha256(words.encode()).hexdigest()


def origins(text: str) -> list[int]:
    """For each character of ``normalise(text)``, and for its end, the place in ``text`` where it comes from.

    Exact for Vietnamese and all scripts whose letters compose with combining marks alone; elsewhere the
    nearest place.
    """
    source = text[:MAX_CHARS]
    if _keeps_places(source):
        return list(range(len(source) + 1))
    normal = normalise(text)
    places: list[int] = []
    at = 0
    while at < len(source):
        end = at + 1
        while end < len(source) and (
            unicodedata.combining(source[end]) or source[at:end] + source[end] == "\r\n"
        ):
            end += 1
        places += [at] * len(normalise(source[at:end]))
        at = end
    if len(places) < len(normal):
        places += [len(source)] * (len(normal) - len(places))
    return [*places[: len(normal)], len(source)]


def _keeps_places(source: str) -> bool:
    """Whether normalising moves no character: nothing to compose, to take away or to spell out."""
    return (
        unicodedata.is_normalized("NFC", source)
        and "\r\n" not in source
        and not _INVISIBLE.search(source)
        and not _STYLED.search(source)
    )

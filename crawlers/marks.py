"""Canonical composition (NFC) that a text cannot make slow.

Ordering a run of combining marks takes time that grows with the square of its length; no language needs more
than a few on one letter. Runs are cut at 30 marks, as the Stream-Safe Text Format is (UAX #15, section 13).
"""

import re
import unicodedata
from functools import lru_cache

_LONGEST_RUN = 30
_FEW = 5_000
_LAST = 0x1E94B
# in Latin letters no run of letters beyond ASCII is this long
_SUSPECT = re.compile(r"[^\x00-\x7f]{31}")


def nfc(text: str) -> str:
    """A text in NFC, in time that grows with its length."""
    return unicodedata.normalize("NFC", shortened(text))


def shortened(text: str) -> str:
    """A text whose runs of combining marks are at most 30 long; others are returned as they are."""
    # cheap before dear: in bytes and letters, how much is there beyond ASCII at all
    if len(text.encode("utf-8", "surrogatepass")) - len(text) <= _FEW or not _SUSPECT.search(text):
        return text
    return _runs().sub(r"\1", text)


@lru_cache(maxsize=1)
def _runs() -> re.Pattern[str]:
    found = [chr(code) for code in range(0x300, _LAST) if unicodedata.combining(chr(code))]
    marks = "".join(map(re.escape, found))
    return re.compile(f"([{marks}]{{{_LONGEST_RUN}}})[{marks}]+")

"""Identifiers become keyed tokens before anything else sees a text (rule 1).

A token shows its kind and at most the last two digits; the keyed hash of the canonical number lets the same
scam number match in another message, and leads nobody back to it without the desk's key.
"""

import hmac
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from classify.identifiers import Candidate, emails, fold, handles, houses, numbers, phones, plates
from classify.names import SIGN, announced, names
from classify.text import normalise

if TYPE_CHECKING:
    from tldextract import TLDExtract

RENDERED = re.compile("‹(phone|citizen_id|bank_account|email|plate|handle|url)·([0-9]{0,2})·([0-9a-f]{8})›")
"""How a token looks inside a masked text: kind, last two digits or nothing, 8 hex digits of its hash."""

_URL = re.compile(
    r"(?:https?|ftp|hxxps?)\s?:\s?//[^\s<>\"'“”‹›]{1,2000}|(?<![\w.@])www\.[^\s<>\"'“”‹›]{1,2000}",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?<![\w.@\-])(?:[a-z0-9](?:[a-z0-9\-]{0,62})\.){1,5}"
    r"(?:com|net|org|vn|info|xyz|top|vip|club|online|site|shop|store|cc|io|app|asia|biz|link|live|pro|icu|ly|me|gl|co|tv|ai|gg|tk|ml|work|fun|click|ws|cfd)"
    r"(?![\w\-])(?!\.\w)(?::\d{2,5})?(?:[/?#][^\s<>\"'“”‹›]{0,2000})?",
    re.IGNORECASE,
)
_SPACED = re.compile(
    r"(?<!\w)(facebook|fb|zalo|tiktok|youtube|instagram|t|m\.facebook)\s{0,2}\.\s{0,2}(com|me|vn)\s{0,2}/\s{0,2}[^\s<>\"'“”‹›]{1,200}",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}…»'\""
_ADDRESS = re.compile(r"^(?:https?|ftp|hxxps?)\s?:\s?//", re.IGNORECASE)
_QUICK = re.compile(
    r"\d[ .\-]?[\doOxX*]|\d\) ?\d|[@/:‹]|\.\w|www|"
    r"(?i:kh[oô]ng|h[oô]ng|0)[ ,.\-]{0,2}(?i:[0-9]|chin|chín|ba|tam|tám|bay|bảy|nam|năm|hai)|"
    r"(?i:a c[oò]ng)|nh[àa] (?:s[ốo] )?\d|[Ss][ốo] nh[àa]|"
    r"[(\[](?i:at)[)\]]"
)

_WITHOUT_TOKEN = frozenset({"domain", "name", "house"})
_PASSES = 4


class Token(NamedTuple):
    """One masked identifier: 8 hex digits of its HMAC-SHA-256, and where it stands in the masked text."""

    kind: str
    token: str
    last_two: str
    start: int
    end: int


class Masked(NamedTuple):
    """A text without identifiers, and their tokens in order."""

    text: str
    tokens: tuple[Token, ...]


class Edit(NamedTuple):
    """One replacement: ``source[start:end]`` became ``text``."""

    start: int
    end: int
    text: str


@cache
def _extractor() -> "TLDExtract":
    # tldextract costs a fifth of a second to import, and most texts hold no web address
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def registered_domain(address: str) -> str:
    """The registrable domain of a web address ("facebook.com"), or "" where there is none."""
    # an "@" in the path is an account's name ("tiktok.com/@ten"), in front of the host a user's
    authority = re.split(r"[/?#\\]", re.sub(r"\s", "", _ADDRESS.sub("", address)), maxsplit=1)[0]
    host = authority.split("@")[-1]
    return _extractor()(host.lower()).top_domain_under_public_suffix


class Masker:
    """Masks with one key: equal numbers give equal tokens, and unlinkable ones under another key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("masking key: at least 16 bytes")
        self._key = key

    def mask(self, text: str) -> Masked:
        """The normalised text with every identifier as an inline token. Idempotent."""
        masked, _ = self.mask_with_edits(normalise(text))
        return masked

    def mask_with_edits(self, text: str) -> tuple[Masked, tuple[Edit, ...]]:
        """As `mask`, for normalised text, with the replacements so that offsets can be traced.

        A replaced stretch can uncover its neighbour ("@one@two"), so it is repeated until nothing changes.
        """
        masked, edits = self._once(text)
        for _ in range(_PASSES):
            if not edits:
                break
            before, (masked, more) = masked.text, self._once(masked.text)
            if masked.text == before:
                break
            edits = compose(before, edits, more)
        return masked, edits

    def _once(self, text: str) -> tuple[Masked, tuple[Edit, ...]]:
        numbered = _QUICK.search(text) is not None
        if not numbered and not announced(text):
            return Masked(text, ()), ()
        edits: list[Edit] = []
        out: list[str] = []
        tokens: list[Token] = []
        at = length = 0
        for found in _chosen(text, numbered=numbered):
            shown, token = self._render(text, found)
            out += [text[at : found.start], shown]
            length += found.start - at
            if token is not None:
                tokens.append(token._replace(start=length, end=length + len(shown)))
            edits.append(Edit(found.start, found.end, shown))
            length += len(shown)
            at = found.end
        out.append(text[at:])
        joined = "".join(out)
        # a word that a number was stuck to now ends there, which can move its tone mark
        settled = normalise(joined)
        return Masked(settled if len(settled) == len(joined) else joined, tuple(tokens)), tuple(edits)

    def _render(self, text: str, found: Candidate) -> tuple[str, Token | None]:
        raw = text[found.start : found.end]
        if found.kind in _WITHOUT_TOKEN:
            return found.canonical, None
        earlier = RENDERED.fullmatch(raw)
        if earlier is not None:
            kind, last_two, short = earlier.groups()
            return raw, Token(kind, short, last_two, 0, 0)
        digest = hmac.digest(self._key, f"{found.kind}:{found.canonical}".encode(), "sha256").hex()
        tail = found.canonical[-2:]
        last_two = tail if found.kind not in {"email", "handle", "url"} and tail.isdigit() else ""
        return f"‹{found.kind}·{last_two}·{digest[:8]}›", Token(found.kind, digest[:8], last_two, 0, 0)


def compose(middle: str, first: tuple[Edit, ...], second: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """One list of replacements for two in a row; ``middle`` is the text between them."""
    pieces: list[tuple[int, int, Edit]] = []
    shift = 0
    for edit in first:
        start = edit.start + shift
        pieces.append((start, start + len(edit.text), edit))
        shift += len(edit.text) - (edit.end - edit.start)
    done: list[Edit] = []
    shift = at = 0
    for later in second:
        while at < len(pieces) and pieces[at][1] <= later.start:
            shift = pieces[at][2].end - pieces[at][1]
            done.append(pieces[at][2])
            at += 1
        start, end, text = later.start + shift, later.end, later.text
        if at < len(pieces) and pieces[at][0] < later.start:
            start = pieces[at][2].start
            text = middle[pieces[at][0] : later.start] + text
        while at < len(pieces) and pieces[at][0] < later.end:
            shift, end = pieces[at][2].end - pieces[at][1], max(end, pieces[at][1])
            at += 1
        done.append(Edit(start, end + shift, text + middle[later.end : end]))
    return (*done, *(edit for _, _, edit in pieces[at:]))


def _addresses(text: str, *patterns: re.Pattern[str]) -> Iterator[Candidate]:
    for pattern in patterns:
        for found in pattern.finditer(text):
            raw = found.group().rstrip(_TRAILING)
            domain = registered_domain(re.sub(r"\s", "", raw))
            end = found.start() + len(raw)
            if domain:
                yield Candidate(found.start(), end, "domain", domain)
            elif pattern is not _BARE:
                yield Candidate(found.start(), end, "url", raw.lower())


def _candidates(text: str, *, numbered: bool) -> Iterator[Candidate]:
    """All candidates, the surest kinds first; numbers only where a first look saw any."""
    folded = fold(text)
    if numbered:
        yield from _identifiers(text, folded)
    yield from (Candidate(start, end, "name", SIGN) for start, end in names(text, folded))


def _identifiers(text: str, folded: str) -> Iterator[Candidate]:
    for found in RENDERED.finditer(text):
        yield Candidate(found.start(), found.end(), "rendered", found.group())
    # a full address may hold a user name before an "@"; a bare domain may be the end of an e-mail address
    dotted = "." in text or "/" in text
    if dotted:
        yield from _addresses(text, _URL)
    yield from emails(text)
    if dotted:
        yield from _addresses(text, _SPACED, _BARE)
    yield from plates(text)
    yield from phones(text, folded)
    yield from numbers(text, folded)
    yield from handles(text)
    yield from houses(folded)


def _chosen(text: str, *, numbered: bool) -> list[Candidate]:
    """Candidates that do not overlap a surer one, in order of place."""
    chosen: list[Candidate] = []
    taken = bytearray(len(text))
    for candidate in _candidates(text, numbered=numbered):
        start, end = candidate.start, candidate.end
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            chosen.append(candidate)
    return sorted(chosen)

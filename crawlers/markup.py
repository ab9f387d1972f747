"""Cheap looks at markup before any parser sees it: document types, and what makes parsers slow."""

import re

_BEFORE_ROOT = re.compile(r"(?:\s++|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+", re.DOTALL)
_DECLARES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OPAQUE = re.compile(r"<!\[CDATA\[(?:(?!\]\]>).)*+\]\]>|<!--(?:(?!-->).)*+-->", re.DOTALL)
_CROWDED = re.compile(
    rb"<[A-Za-z][^\s/>]*+(?:[\s/]++[^\s\"'>/=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]++)?+)?+){1000}"
)
_CDATA = re.compile(r"(<!\[CDATA\[(?:(?!\]\]>).)*+\]\]>)", re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});)")


def declares_type(text: str) -> bool:
    """Whether XML carries a document type or an entity declaration, wherever it hides.

    None is needed by feeds and sitemaps, and every attack by expansion or outside reference needs one (XXE).
    What stands in CDATA sections and comments is text.
    """
    start = _BEFORE_ROOT.match(text)
    if start and text.startswith("<!", start.end()):
        return True
    return bool(_DECLARES.search(text)) and bool(_DECLARES.search(_OPAQUE.sub("", text)))


def is_crowded(body: bytes) -> bool:
    """Whether one tag has a thousand attributes: parsers compare each with all before it."""
    return _CROWDED.search(body) is not None


def escaped(text: str) -> str:
    """XML with its bare ampersands escaped, as addresses with parameters are often written."""
    if "&" not in text:
        return text
    # every second piece is a CDATA section, where an ampersand is itself
    pieces = _CDATA.split(text)
    pieces[::2] = [_BARE_AMPERSAND.sub("&amp;", piece) for piece in pieces[::2]]
    return "".join(pieces)

"""Cheap looks at markup before any parser sees it: document types, and what makes parsers slow."""

import re

_BEFORE_ROOT = re.compile(r"(?:\s++|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+", re.DOTALL)
_DECLARES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# what is never closed reaches to the end, so that it is read once and not from each place where it may begin
_OPAQUE = re.compile(r"<!\[CDATA\[(?:(?!\]\]>).)*+(?:\]\]>|\Z)|<!--(?:(?!-->).)*+(?:-->|\Z)", re.DOTALL)
# no name and no bare value of a real page is as long as 300 bytes
_CROWDED = re.compile(
    rb"<[A-Za-z][^\s/><]*+"
    rb"(?:[\s/]++[^\s\"'>/=]{1,300}+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]{1,300}+)?+)?+){1000}"
)
_CDATA = re.compile(r"(<!\[CDATA\[(?:(?!\]\]>).)*+(?:\]\]>|\Z))", re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});)")


def declares_type(text: str) -> bool:
    """Whether XML carries a document type or an entity declaration, wherever it hides.

    None is needed by feeds and sitemaps, and every attack by expansion or outside reference needs one (XXE).
    What stands in CDATA sections and comments is text.
    """
    start = _BEFORE_ROOT.match(text)
    if start and text.startswith("<!", start.end()):
        return True
    return bool(_DECLARES.search(text)) and bool(_DECLARES.search(_OPAQUE.sub(_unclosed, text)))


def _unclosed(found: re.Match[str]) -> str:
    # nobody knows what a parser makes of it: it counts as markup
    return "" if found[0].endswith(("-->", "]]>")) else found[0]


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

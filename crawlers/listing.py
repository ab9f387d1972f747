"""Listing pages: the links of a page whose address matches the source's pattern."""

import re

from crawlers import charsets, urls

MOST_LINKS = 2000
LONGEST_PATTERN = 200
_NESTED = re.compile(r"[+*}]\)[+*{]|\)[+*{][^)]*\)[+*{]")
_UNBOUNDED = re.compile(r"(?<!\\)[+*]|,\}")
_MATCHED = 500


def pattern_problem(pattern: str) -> str | None:
    """Why a link pattern cannot be used, in words; None if it can.

    A pattern is a regular expression that is searched in the path and query of a link.
    """
    if len(pattern) > LONGEST_PATTERN:
        return f"longer than {LONGEST_PATTERN} characters"
    if _NESTED.search(pattern) or re.search(r"\\[1-9]|\(\?P=", pattern):
        return "nested repetition or a back-reference could take for ever"
    if len(_UNBOUNDED.findall(pattern)) > 4:
        return "more than four unbounded repetitions could take for ever"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"not a regular expression: {error}"
    return None


def links(body: bytes, content_type: str, url: str, pattern: str) -> list[str]:
    """Absolute addresses on the page's own site whose path and query match; at most 2,000, in order."""
    from lxml import html

    wanted = re.compile(pattern)
    text = charsets.drop_controls(charsets.decode(body, content_type))
    try:
        tree = html.fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (ValueError, html.etree.ParserError):
        return []
    site = urls.site_of(url)
    found: dict[str, None] = {}
    for link in tree.xpath("//a/@href"):
        absolute = urls.normalise(urls.join(url, str(link)[: urls.LONGEST]))
        if not absolute or urls.site_of(absolute) != site:
            continue
        place = "/" + absolute.split("/", 3)[3] if absolute.count("/") >= 3 else "/"
        if wanted.search(place[:_MATCHED]):
            found[absolute] = None
        if len(found) >= MOST_LINKS:
            break
    return list(found)

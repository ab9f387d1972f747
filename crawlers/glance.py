"""A first look at a page: only one that may hold something of ours pays for the extraction.

It sees at least what the extraction could give, so that nothing of ours is lost, and it lets every page pass
of which it cannot tell: one without plain paragraphs is for the whole path, whose empty parse is an alarm.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

Ask: TypeAlias = Callable[[Iterable[Sequence[str]]], bool]
ENOUGH = 400
"""Characters in plain paragraphs from which the extraction is sure to find a text."""
_LONGEST_CREDIT = 120
_LONG_LINE = 6
_MOST_PLACES = 60
# what the extraction drops on all of its ways, once a plain paragraph is there
_DROPPED = ("aside", "footer", "script", "style", "svg", "fencedframe")
# names of places whose paragraphs trafilatura, or our own removal of comments and bylines, may take away
_DOUBTFUL = re.compile(
    "author|byline|comment|comol|disqus|cmt|luan|kien|cookie|consent|gdpr|borlabs|cmplz|onetrust|footer|scroll"
    "|mvp-post|share|reply|hidden|hide|print",
    re.IGNORECASE,
)
_INLINE = (
    "abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|nobr|q|s|samp|small|span"
    "|strike|strong|sub|sup|tt|u|var|wbr"
)
# characters of no script, around the words of a link
_LINK, _END = "\ue000", "\ue001"
_MOST_LINK_LINES = 3
_MARKS = re.compile(f"([{_LINK}{_END}])")
_WORD = re.compile(r"\w")
# in C: a walk in Python takes five times as long as all the rest
_LINES = f"""
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="{"|".join(_DROPPED)}"/>
<xsl:template match="{_INLINE}"><xsl:apply-templates/></xsl:template>
<xsl:template match="a">
<xsl:text>{_LINK}</xsl:text><xsl:apply-templates/><xsl:text>{_END}</xsl:text>
</xsl:template>
<xsl:template match="*">
<xsl:text>&#10;</xsl:text><xsl:apply-templates/><xsl:text>&#10;</xsl:text>
</xsl:template>
</xsl:stylesheet>
"""
# texts that trafilatura may take from a page's data instead of its markup
_DATA_HOOKS = (
    *("articleBody", "reviewBody", "recipeInstructions", "acceptedAnswer"),
    *("HowTo", "Product", "VideoObject"),
)
_SHORTEST_DATA = 40


def may_hold(tree: Any, html: str, ask: Ask) -> bool:  # noqa: ANN401 -- lxml is untyped
    """Whether the page could hold something of ours; `ask` answers for its texts in several orders.

    The tree stays as it is.
    """
    from lxml import etree

    if "data-preloaded" in html or not has_body(tree):
        return True
    try:
        lines = _lines(tree)
    except etree.XSLTError:
        # nested too deeply for a first look
        return True
    return ask(_orders(tree, html, lines))


def _orders(tree: Any, html: str, lines: list[str]) -> Iterator[Sequence[str]]:  # noqa: ANN401
    """The texts in each order in which the extraction could put them together.

    Everything; without the links and labels that it leaves out; and that under a title from the page's head.
    """
    yield lines
    long = [line for line in lines if line.count(" ") >= _LONG_LINE]
    yield long
    for title in _head_titles(tree):
        if not any(title.startswith(line) for line in long[:20]):
            yield [title, *long]
    if any(hook in html for hook in _DATA_HOOKS):
        yield from _data(tree)


def _head_titles(tree: Any) -> list[str]:  # noqa: ANN401
    found = tree.xpath("//meta[@property='og:title']/@content") + tree.xpath("//title/text()")
    return list(dict.fromkeys(" ".join(title.split()) for title in found[:4]))


@lru_cache(maxsize=1)
def _sheet() -> Any:  # noqa: ANN401
    from lxml import etree

    return etree.XSLT(etree.XML(_LINES))


def _lines(tree: Any) -> list[str]:  # noqa: ANN401
    """The lines of a page in order, but for its link farms: menus and lists of other pages' headlines."""
    lines: list[str] = []
    farm: list[str] = []
    depth = 0
    for raw in str(_sheet()(tree)).split("\n"):
        text, outside, depth = _unlinked(raw, depth)
        if not text:
            continue
        if outside:
            lines += farm if len(farm) <= _MOST_LINK_LINES else []
            farm = []
            lines.append(text)
        else:
            farm.append(text)
    return lines + (farm if len(farm) <= _MOST_LINK_LINES else [])


def _unlinked(raw: str, depth: int) -> tuple[str, bool, int]:
    """A line in plain words, whether it has words outside of links, and how deep in links the next begins."""
    if _LINK not in raw and _END not in raw:
        text = " ".join(raw.split())
        return text, depth == 0 and bool(text), depth
    outside = False
    for part in _MARKS.split(raw):
        if part == _LINK:
            depth += 1
        elif part == _END:
            depth = max(0, depth - 1)
        elif depth == 0:
            outside = outside or _WORD.search(part) is not None
    return " ".join(_MARKS.sub("", raw).split()), outside, depth


def _data(tree: Any) -> Iterator[Sequence[str]]:  # noqa: ANN401
    for script in tree.iter("script"):
        if script.get("type") != "application/ld+json" or not script.text:
            continue
        try:
            data = json.loads(script.text, strict=False)
        except (ValueError, RecursionError):
            continue
        yield [re.sub("<[^<>]{1,300}>", " ", text) for text in _strings(data)]


def _strings(data: object) -> list[str]:
    """All longer texts in parsed JSON, in order."""
    found: list[str] = []
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and len(one) > _SHORTEST_DATA:
            found.append(one)
        elif isinstance(one, dict):
            waiting += reversed(one.values())
        elif isinstance(one, list):
            waiting += reversed(one)
    return found


def has_body(tree: Any) -> bool:  # noqa: ANN401
    """Whether the page has plain paragraphs enough for the extraction to be sure of finding a text."""
    plain: dict[Any, bool] = {}
    total = 0
    for paragraph in tree.iter("p"):
        length = len(paragraph.text_content().strip())
        if length <= _LONGEST_CREDIT:
            continue
        place = paragraph.getparent()
        if place not in plain:
            if len(plain) == _MOST_PLACES:
                return False
            plain[place] = _is_plain(place)
        if plain[place] and not _is_doubtful(paragraph):
            total += length
            if total >= ENOUGH:
                return True
    return False


@lru_cache(maxsize=1)
def _cleaned() -> frozenset[str]:
    # what trafilatura cleans away with all that is in it
    from trafilatura.settings import MANUALLY_CLEANED

    return frozenset(MANUALLY_CLEANED)


def _is_plain(place: Any) -> bool:  # noqa: ANN401
    return all(one.tag not in _cleaned() and not _is_doubtful(one) for one in (place, *place.iterancestors()))


def _is_doubtful(element: Any) -> bool:  # noqa: ANN401
    return any(_DOUBTFUL.search(value) for name, value in element.items() if name != "href")


def _spare(tree: Any) -> list[Any]:  # noqa: ANN401
    """The elements that the extraction drops on all of its ways; none of a page without plain paragraphs.

    Of such a page the extraction may keep what it drops of others.
    """
    if not has_body(tree):
        return []
    return [
        element
        for element in tree.iter(*_DROPPED)
        if element.getparent() is not None
        and element.get("type") != "application/ld+json"
        # a figure with a table in it is kept for the table's sake
        and next(element.iterancestors("figure"), None) is None
        and (element.tag == "script" or element.find(".//script") is None)
    ]


def outside(tree: Any) -> Iterator[Any]:  # noqa: ANN401
    """All elements but those within something longer that the extraction drops anyway: most of most pages."""
    from lxml import etree

    spare = {element for element in _spare(tree) if len(element.text_content()) > _LONGEST_CREDIT}
    if not spare:
        yield from tree.iter("*")
        return
    walk = etree.iterwalk(tree, events=("start",), tag="*")
    for _, element in walk:
        if element in spare:
            walk.skip_subtree()
        yield element


def trim(tree: Any) -> None:  # noqa: ANN401
    """Take out, before the extraction walks the tree a dozen times, what it drops on all of its ways.

    The text that it gives stays the same.
    """
    for element in _spare(tree):
        if element.getparent() is not None:
            element.drop_tree()

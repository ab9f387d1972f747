"""Which page is which article: canonical addresses, AMP copies and the parts of an article on several pages.

Canonical links: RFC 6596. AMP: a copy of a page that names the page itself as canonical.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from crawlers import urls

MOST_PARTS = 5
_NUMBER_KEYS = frozenset(["page", "trang", "p", "pg", "paged", "part", "phan"])
_IN_PATH = re.compile(
    # "/tin/a/trang-2.html", "/tin/a-trang-2.html", "/tin/a/page/2/", "/tin/a-p2.html"
    r"\A(?P<stem>.*?[^/])(?:/(?:page|trang|p)[/-]?|[-_.](?:page|trang|phan|p)[-_]?)(?P<number>[1-9]\d?)"
    r"(?P<end>(?:\.\w{3,5})?/?)",
    re.IGNORECASE,
)
# "/tin/a/2/" and "/tin/a_2.html": only ever read as a part of an address that is already known
_BARE = re.compile(r"\A(?P<stem>.*[^/]{12})[/_](?P<number>[1-9]\d?)(?P<end>(?:\.\w{3,5})?/?)")
_FRONT = frozenset(["", "/", "/index.php", "/index.html", "/default.aspx"])
_AMP_PATH = re.compile(r"^/amp(?=/)|/amp/?$|\.amp(?=\.html?$|$)|-amp(?=\.html?$)", re.IGNORECASE)
_AMP_QUERY = re.compile(r"(?:^|&)(?:amp(?:=1|=true)?|outputType=amp|view=amp)(?=&|$)", re.IGNORECASE)


_SLASHES_OF_A_HOST = 2

_MOST_LINKS = 3000


class Part(NamedTuple):
    """The article's own address, and the number of the part: 1 for the whole or the first."""

    base: str
    number: int


def part_of(url: str) -> Part:
    """Split the number of a part from an address; only its shape is known, so 1 is the usual answer."""
    parts = urlsplit(url)._replace(fragment="")
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        small = value.isascii() and value.isdigit() and 1 <= len(value) <= 2
        if small and key.lower() in _NUMBER_KEYS and parts.path not in _FRONT:
            return Part(urlunsplit(parts._replace(query=_without(parts.query, key))), int(value))
    return _by_path(parts, _IN_PATH)


def _by_path(parts: SplitResult, shape: re.Pattern[str]) -> Part:
    found = shape.fullmatch(parts.path)
    if found is None:
        return Part(urlunsplit(parts), 1)
    return Part(urlunsplit(parts._replace(path=found["stem"] + found["end"])), int(found["number"]))


def _without(query: str, key: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair.partition("=")[0] != key)


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def next_part(tree: Any, url: str, number: int = 2) -> str:  # noqa: ANN401 -- lxml is untyped
    """The address of part `number` of the article whose first part is at `url`; empty if there is none.

    `rel=next` alone means little (blogs point to the next article with it): the address has to be the
    article's own with the number of the part.
    """
    if not url or number > MOST_PARTS:
        return ""
    first = part_of(urls.normalise(url))
    if first.number != 1:
        return ""
    # cheap before dear: nearly all links lead elsewhere, or hold no such number where it would have to be
    slug = urlsplit(first.base).path.rstrip("/").rpartition("/")[2].partition(".")[0]
    numbered = re.compile(rf"(?<!\d){number}(?!\d).{{0,20}}$")
    for link in _links()(tree)[:_MOST_LINKS]:
        if not (slug in link or "/" not in link) or not numbered.search(link):
            continue
        absolute = urls.normalise(urls.join(url, link))
        if absolute and _is_part(absolute, first.base, number):
            return absolute
    return ""


@lru_cache(maxsize=1)
def _links() -> Any:  # noqa: ANN401
    from lxml import etree

    return etree.XPath("//link[@rel='next']/@href | //a/@href", smart_strings=False)


def _is_part(address: str, base: str, number: int) -> bool:
    shapes = (part_of(address), _by_path(urlsplit(address), _BARE))
    return any(part.number == number and _same(part.base, base) for part in shapes)


def canonical(tree: Any, url: str) -> str:  # noqa: ANN401
    """The address that a page gives as its own, on its own site; empty if it gives none that can be believed.

    Pages that name two, or the front page, give none. An AMP page that names none gets its address without
    the mark of AMP; a later part of an article gets the article's.
    """
    if not url:
        return ""
    links = tree.xpath("//link[@rel='canonical']/@href")[:9]
    named = {urls.normalise(urls.join(url, link)) for link in links}
    believed = {one for one in named if one and _is_believable(one, url)}
    address = believed.pop() if len(believed) == 1 else ""
    if not address and _is_amp(tree):
        address = _without_amp(url)
    here = part_of(address or urls.normalise(url))
    if here.number > 1 and _points_back(tree, url, here):
        return here.base
    return address


def _is_believable(address: str, url: str) -> bool:
    if not urls.host_of(address) or urls.site_of(address) != urls.site_of(url):
        return False
    # many sites name their front page as the canonical address of every page
    return address.rstrip("/").count("/") > _SLASHES_OF_A_HOST


def _is_amp(tree: Any) -> bool:  # noqa: ANN401
    return tree.get("amp") is not None or tree.get("⚡") is not None


def _without_amp(url: str) -> str:
    parts = urlsplit(urls.normalise(url))
    query = _AMP_QUERY.sub("", parts.query).lstrip("&")
    host = parts.netloc.removeprefix("amp.")
    plain = urlunsplit(parts._replace(netloc=host, path=_AMP_PATH.sub("", parts.path), query=query))
    return plain if _is_believable(plain, url) else ""


def _points_back(tree: Any, url: str, here: Part) -> bool:  # noqa: ANN401
    # the number may be the article's own: only a link to an earlier part says that this is a later one
    for link in tree.xpath("//link[@rel='prev']/@href | //a[@href]/@href")[:_MOST_LINKS]:
        absolute = urls.normalise(urls.join(url, link))
        back = part_of(absolute) if absolute else here
        if back.number < here.number and _same(back.base, here.base):
            return True
    return False

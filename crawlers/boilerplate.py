"""What never belongs to a claim and may name a person: bylines, author boxes, comments, photo credits.

Taken out of the tree before extraction, and out of the text after it (rule 1).
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

_SPLIT = re.compile(r"[-_\s]+|(?<=[a-z])(?=[A-Z])")
_AUTHOR_WORDS = frozenset(
    [
        "author",
        "authors",
        "byline",
        "writer",
        "signature",
        "tacgia",
        "reporter",
        "journalist",
        "contributor",
        "nguoiviet",
        "butdanh",
    ]
)
_COMMENT_WORDS = frozenset(
    [
        "comment",
        "comments",
        "commentlist",
        "cmt",
        "disqus",
        "binhluan",
        "ykien",
        "respond",
        "replies",
        "reply",
        "phanhoi",
    ]
)
_STATES = frozenset(
    ["open", "closed", "no", "has", "with", "without", "off", "on", "count", "enabled", "disabled"]
)
_PAIRS = {
    ("tac", "gia"): "author",
    ("but", "danh"): "author",
    ("binh", "luan"): "comment",
    ("y", "kien"): "comment",
}
_AUTHOR_PAGE = re.compile(r"/(?:tac-gia|tacgia|[Aa]uthors?|phong-vien|but-danh)/")
_WHOLE_PAGE = frozenset(["html", "body", "main", "article", "head"])
_LONGEST_BYLINE = 400

_CREDIT_WORDS = (
    "bài và ảnh|bài, ảnh|tin và ảnh|tin, ảnh|tin ảnh|ảnh|bài|tin|thực hiện|tác giả|biên tập|phóng viên|pv"
    "|đồ họa"
    "|clip|video|nguồn ảnh|nguồn|theo|người viết|written by|author|by|text|photos?"
)
_CREDIT_LINE = re.compile(rf"(?:{_CREDIT_WORDS})\s?[:\-–]\s?.{{1,80}}", re.IGNORECASE)
_CREDIT_TAIL = re.compile(
    r"[\s(.,–-]{0,4}(?:Ảnh|Nguồn ảnh|Đồ họa|Clip|Video|Photo)\s?:\s?[^.\n:]{1,60}\)?\.?$"
)
_TITLES = frozenset(["theo", "bài", "tin", "pv", "btv", "ctv", "nhà", "báo", "và", "by", "-", "–", "&", "/"])
_STAMP = re.compile(
    r"\s*[-–|•,]?\s*(?:thứ \w{2,4},?\s*)?\d{1,2}[:/.-]\d{1,2}[\d\s:/.,|–-]{0,30}(?:\(?GMT[^)\n]{0,6}\)?)?"
)
_EDGE_LINES = 3


@lru_cache(maxsize=20_000)
def _kind(classes: str, identifier: str) -> tuple[bool, bool]:
    """Whether the names of an element say that it holds comments, and whether an author."""
    comments = author = False
    for token in f"{classes} {identifier}"[:400].split():
        parts = [part.lower() for part in _SPLIT.split(token) if part]
        words = {*parts, *(_PAIRS[pair] for pair in pairwise(parts) if pair in _PAIRS)}
        # "comments-open" and "has-author" are states of a whole article, not comments and not a byline
        if not words & _STATES:
            comments = comments or bool(words & _COMMENT_WORDS)
            author = author or bool(words & _AUTHOR_WORDS)
    return comments, author


def _is_doomed(element: Any) -> bool:  # noqa: ANN401 -- lxml is untyped
    classes, identifier, role = element.get("class"), element.get("id"), element.get("itemprop")
    comments = author = False
    if classes or identifier:
        comments, author = _kind(classes or "", identifier or "")
    if comments or role == "comment":
        return True
    if element.tag == "a" and not author:
        author = element.get("rel") == "author" or bool(_AUTHOR_PAGE.search(element.get("href") or ""))
    if not author and not (role and "author" in role.split()):
        return False
    return element.find(".//h1") is None and len(element.text_content()) <= _LONGEST_BYLINE


@lru_cache(maxsize=1)
def _paths() -> "_Paths":
    from lxml import etree

    return _Paths(
        etree.XPath("//@class", smart_strings=False),
        etree.XPath("//@id", smart_strings=False),
        etree.XPath("//*[@class=$value]"),
        etree.XPath("//*[@id=$value]"),
        etree.XPath(
            "//*[@itemprop] | //a[@rel='author'] | //a[contains(@href,'tac-gia') or contains(@href,'tacgia')"
            " or contains(@href,'uthor') or contains(@href,'phong-vien') or contains(@href,'but-danh')]"
        ),
    )


class _Paths(NamedTuple):
    """Compiled paths: what a page names its elements, and the elements of one name."""

    classes: Any
    ids: Any
    of_class: Any
    of_id: Any
    others: Any


def _suspects(tree: Any) -> list[Any]:  # noqa: ANN401 -- lxml is untyped
    """The elements that may have to go: a page has thousands of elements and few different names."""
    paths = _paths()
    found = list(paths.others(tree))
    for value in set(paths.classes(tree)):
        if any(_kind(value, "")):
            found += paths.of_class(tree, value=value)
    for value in set(paths.ids(tree)):
        if any(_kind("", value)):
            found += paths.of_id(tree, value=value)
    return found


def strip_tree(tree: Any) -> None:  # noqa: ANN401
    """Remove bylines, author boxes and comment sections from an lxml tree, in place."""
    for element in _suspects(tree):
        if element.tag not in _WHOLE_PAGE and _is_doomed(element) and element.getparent() is not None:
            element.drop_tree()


def _is_names(line: str) -> bool:
    words = [word.strip("()[],.;-–/") for word in line.split()]
    words = [word for word in words if word and word.lower() not in _TITLES]
    return len(words) <= 8 and line[-1:] not in "!?:" and all(word[0].isupper() for word in words)


def _is_credit(line: str) -> bool:
    if len(line) > 120:
        return False
    if _CREDIT_LINE.fullmatch(line):
        return True
    without_time = _STAMP.sub("", line).strip()
    return len(without_time) <= 60 and _is_names(without_time)


def strip_text(text: str) -> str:
    """Remove signature and credit lines at both ends of an article, and photo credits within it."""
    lines = [line.strip() for line in text.split("\n")]
    lines = [_CREDIT_TAIL.sub("", line).rstrip() if "nh" in line or ":" in line else line for line in lines]
    lines = [line for line in lines if line and not (len(line) <= 90 and _CREDIT_LINE.fullmatch(line))]
    for _ in range(_EDGE_LINES):
        if len(lines) > 1 and _is_credit(lines[-1]):
            lines.pop()
        if len(lines) > 1 and _is_credit(lines[0]):
            lines.pop(0)
    return "\n".join(lines)

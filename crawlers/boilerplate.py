"""What never belongs to a claim and may name a person: bylines, author boxes, comment sections.

Taken out of the tree before extraction, by what the markup calls them (rule 1); `signatures` does the rest.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from crawlers import glance

_SPLIT = re.compile(r"[-_:\s]+|(?<=[a-z])(?=[A-Z])")
_AUTHORS = (
    "byline bylines writer writers signature signatures tacgia reporter reporters journalist journalists "
    "contributor contributors nguoiviet butdanh phongvien nhabao chuky columnist aboutauthor bientapvien"
)
_COMMENTS = (
    "cmt cmts disqus binhluan ykien respond replies reply phanhoi livefyre talkback talkbacks spotim openweb "
    "giscus utterances isso remark42 hyvor vuukle viafoura graphcomment guestbook thaoluan"
)
_AUTHOR_WORDS, _COMMENT_WORDS = frozenset(_AUTHORS.split()), frozenset(_COMMENTS.split())
_STATES = frozenset(
    ["open", "closed", "no", "has", "with", "without", "off", "on", "count", "enabled", "disabled"]
)
_PAIRS = {
    ("tac", "gia"): "tacgia",
    ("but", "danh"): "butdanh",
    ("by", "line"): "byline",
    ("phong", "vien"): "phongvien",
    ("nha", "bao"): "nhabao",
    ("chu", "ky"): "chuky",
    ("ky", "ten"): "chuky",
    ("nguoi", "viet"): "nguoiviet",
    ("editor", "name"): "byline",
    ("posted", "by"): "byline",
    ("published", "by"): "byline",
    ("written", "by"): "byline",
    ("photo", "credit"): "byline",
    ("image", "credit"): "byline",
    ("binh", "luan"): "binhluan",
    ("y", "kien"): "ykien",
    ("phan", "hoi"): "phanhoi",
    ("thao", "luan"): "thaoluan",
    ("user", "reviews"): "cmt",
}
_BOX_WORDS = frozenset(
    [
        "box",
        "bio",
        "info",
        "card",
        "profile",
        "about",
        "detail",
        "details",
        "list",
        "related",
        "more",
        "intro",
    ]
)
_AUTHOR_PAGE = re.compile(
    r"/(?:tac-gia|tacgia|authors?|phong-vien|phongvien|nha-bao|but-danh|butdanh|contributors?|reporters?"
    r"|columnists?|journalists?|staff|by|user|nguoi-viet)/[^/]|[?&]author=",
    re.IGNORECASE,
)
_AUTHOR_ROLES = frozenset(
    ["author", "creator", "editor", "contributor", "translator", "dc:creator", "schema:author"]
)
_COMMENT_ROLES = frozenset(["comment", "comments", "usercomments", "schema:comment"])
_COMMENT_HEADING = re.compile(
    r"(?:tất cả |xem |các |[\d.,]{1,9} )?(?:bình luận|ý kiến|ý kiến bạn đọc|phản hồi|ý kiến của bạn|thảo luận"
    r"|bạn đọc bình luận|comments?|reader comments?|responses?|replies|discussion"
    r"|join the (?:discussion|conversation)|leave a (?:comment|reply)|gửi bình luận|viết bình luận)"
    r"(?: của bạn đọc| bạn đọc| mới nhất| nổi bật| on .{1,80})?(?:\s?\(?[\d.,]{1,9}\)?)?\s?:?",
    re.IGNORECASE,
)
_AUTHOR_HEADING = re.compile(
    r"(?:về |giới thiệu )?(?:tác giả|tác giả bài viết|người viết)|(?:author|contributor) bio(?:graphy)?"
    r"|about the (?:authors?|writers?|contributors?)|meet the (?:author|writer)",
    re.IGNORECASE,
)
_WHOLE_PAGE = frozenset(["html", "body", "main", "head"])
_LONGEST_BYLINE = 400
_LONGEST_BOX = 3000
_LONGEST_HEADING = 80
_SMALL_HEADING = 4
_LONGEST_NAMES = 400
_MOST_AUTHOR_PARTS = 3
_HEADINGS = frozenset(["h2", "h3", "h4", "h5", "h6", "legend", "summary"])
_HEADING_TAGS = _HEADINGS | {"p", "div", "span", "strong", "b"}
_STARTS = "tất xem các bìn ý k phả thả bạn com rea res rep dis joi lea gửi viế về giớ tác ngư abo aut con mee"
_HEADING_STARTS = frozenset([*_STARTS.split(), "ý k"])
_LISTS = frozenset(["ul", "ol", "dl", "form"])
_NAMING = frozenset(
    ["class", "id", "name", "data-testid", "data-test", "data-component", "data-role", "data-type"]
)
_TELLING = _NAMING | {"itemprop", "property", "rel", "itemtype", "typeof", "aria-label"}


class _Kind(NamedTuple):
    """What the names of an element say that it holds."""

    comments: bool
    author: bool
    box: bool


_ROLES = {
    "person": _Kind(comments=False, author=True, box=False),
    "comment": _Kind(comments=True, author=False, box=False),
    "usercomments": _Kind(comments=True, author=False, box=False),
}


# cheap before dear: most names hold nothing like it
_HINT = re.compile(
    "author|by|comment|cmt|disqus|luan|kien|repl|respond|hoi|livefyre|talkback|spotim|openweb|giscus|utterances|isso"
    "|remark42|hyvor|vuukle|viafoura|guestbook|reviews|writer|signature|gia|reporter|journalist|contributor|viet"
    "|danh|vien|bao|ky|columnist|ten|editor|credit"
)


def _kind(names: str) -> _Kind | None:
    """Read class names, an id or a test id; None for the most, which say nothing of the kind."""
    if not _HINT.search(names.lower()):
        return None
    comments = author = box = False
    for token in names.split():
        parts = [part.lower() for part in _SPLIT.split(token) if part]
        words = {*parts, *(_PAIRS[pair] for pair in pairwise(parts) if pair in _PAIRS)}
        # "comments-open" and "has-author" are states of a whole article, not comments and not a byline
        if words & _STATES:
            continue
        comments = comments or bool(words & _COMMENT_WORDS) or any(map(_is_comment_word, parts))
        if words & _AUTHOR_WORDS or any(map(_is_author_word, parts)):
            author, box = True, box or bool(words & _BOX_WORDS) or any(map(_is_box_word, parts))
    return _Kind(comments, author, box) if comments or author else None


def _is_comment_word(part: str) -> bool:
    return "comment" in part and "commentar" not in part and "commented" not in part


def _is_author_word(part: str) -> bool:
    # "detailauthor" and "authorname", not "authority" and "authorized"
    return ("author" in part and "authori" not in part) or "tacgia" in part or "byline" in part


def _is_box_word(part: str) -> bool:
    return part.endswith(("box", "bio", "info", "card", "profile"))


@lru_cache(maxsize=20_000)
def _says(name: str, value: str) -> _Kind | None:
    """What one attribute says of its element."""
    if name in _NAMING:
        return _kind(value)
    if name in {"itemprop", "property", "rel"}:
        roles = value.lower().split()
        author, comments = not _AUTHOR_ROLES.isdisjoint(roles), not _COMMENT_ROLES.isdisjoint(roles)
        return _Kind(comments, author, box=False) if author or comments else None
    if name in {"itemtype", "typeof"}:
        role = value.strip().rpartition("/")[2].rpartition(":")[2].lower()
        return _ROLES.get(role)
    if name == "aria-label" and len(value) <= 60:
        return _labelled(value)
    return None


def _labelled(label: str) -> _Kind | None:
    comments, author = _COMMENT_HEADING.fullmatch(label.strip()), _AUTHOR_HEADING.fullmatch(label.strip())
    return _Kind(bool(comments), bool(author), box=True) if comments or author else None


def _read(tag: str, attributes: list[tuple[str, str]]) -> _Kind | None:
    """What the tag and all attributes of an element say together."""
    comments = author = box = False
    for name, value in attributes:
        if name == "href":
            author = author or (tag == "a" and bool(_AUTHOR_PAGE.search(value)))
        elif name in _TELLING and (said := _says(name, value[:_LONGEST_NAMES])):
            comments, author, box = comments or said.comments, author or said.author, box or said.box
    author = author or tag == "address"
    return _Kind(comments, author, box) if comments or author else None


def _is_doomed(element: Any, kind: _Kind) -> bool:  # noqa: ANN401 -- lxml is untyped
    if element.tag in _WHOLE_PAGE or _holds_article(element):
        return False
    if kind.comments:
        return True
    length = len(element.text_content())
    return length <= (_LONGEST_BOX if kind.box else _LONGEST_BYLINE)


def _holds_article(element: Any) -> bool:  # noqa: ANN401
    if element.find(".//h1") is not None:
        return True
    return (
        element.get("itemprop") == "articleBody" or element.find(".//*[@itemprop='articleBody']") is not None
    )


def _under_heading(heading: Any, comments: bool) -> list[Any]:  # noqa: ANN401
    """A heading over comments or over words about the author, and what stands under it."""
    top, title = heading, heading.text_content().strip()
    while top.getnext() is None and (parent := top.getparent()) is not None and parent.tag not in _WHOLE_PAGE:
        if len(parent.text_content().strip()) > len(title):
            break
        top = parent
    below: list[Any] = []
    for one in top.itersiblings():
        if not isinstance(one.tag, str):
            continue
        if one.tag in _HEADINGS or _holds_article(one) or one.tag in {"footer", "article"}:
            break
        if not comments and (len(below) == _MOST_AUTHOR_PARTS or len(one.text_content()) > _LONGEST_BYLINE):
            break
        below.append(one)
    if heading.tag in _HEADINGS or (below and below[0].tag in _LISTS):
        return [top, *below]
    return []


def _headed(element: Any) -> list[Any]:  # noqa: ANN401
    """What has to go because of a heading, if this element is one; most headings say nothing of the kind."""
    if element.tag in _HEADINGS:
        text = element.text_content() if len(element) <= _SMALL_HEADING else ""
    else:
        text = element.text or ""
    text = text.strip() if len(text) <= _LONGEST_HEADING else ""
    if not text or not (text[0].isdigit() or text[:3].lower() in _HEADING_STARTS):
        return []
    if said := _labelled(text):
        return _under_heading(element, said.comments)
    return []


def strip_tree(tree: Any) -> None:  # noqa: ANN401
    """Remove bylines, author boxes and comment sections from an lxml tree, in place."""
    doomed: list[Any] = []
    # a walk: asking libxml2 for elements by a dozen attributes takes it longer
    for element in glance.outside(tree):
        tag, attributes = element.tag, element.items()
        kind = _read(tag, attributes) if attributes or tag == "address" else None
        if kind is None:
            if tag in _HEADING_TAGS:
                doomed += _headed(element)
        elif _is_doomed(element, kind):
            doomed.append(element)
        else:
            # it holds the article: its name must not make the extractor drop it either
            for name in ("class", "id"):
                element.attrib.pop(name, None)
    for element in doomed:
        if element.getparent() is not None:
            element.drop_tree()

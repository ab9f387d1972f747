"""The link pattern of a listing page, derived from the links that are on it."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from crawlers import listing

FEWEST = 5
"""Links of one shape that make a list of articles; menus seldom have so many."""
_NUMBERED = re.compile(r"([-_.])([a-z]{0,6})\d{4,}$", re.IGNORECASE)
_DATED = re.compile(r"/(?:19|20)\d\d/\d{1,2}/")
_EXTENSION = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
_LONG_SLUG = re.compile(r"[a-z0-9-]{25,}", re.IGNORECASE)
_ID_NAMES = re.compile(r"(?:[a-z_]{0,12}id|p|n|news|item)", re.IGNORECASE)


def shape(url: str) -> str | None:
    """A pattern of the end of an article's address; None if it does not look like an article's.

    A number of four digits at the end of the name, a name that is a number, a date in the path, a number in
    the query, or a name as long as a headline.
    """
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query):
        if _ID_NAMES.fullmatch(name) and value.isascii() and value.isdigit() and len(value) > 1:
            return rf"[?&]{re.escape(name)}=\d+"
    path = parts.path.rstrip("/")
    last = path.rpartition("/")[2]
    found = _EXTENSION.search(last)
    extension = found[0] if found else ""
    stem = last.removesuffix(extension)
    end = re.escape(extension) + ("$" if extension else "/?$")
    numbered = _NUMBERED.search(stem)
    if numbered:
        return re.escape(numbered[1]) + re.escape(numbered[2]) + r"\d{4,}" + end
    if stem.isascii() and stem.isdigit() and len(stem) > 2:
        return r"/\d{3,}" + end
    if _DATED.search(parts.path):
        return r"/\d{4}/\d{1,2}/"
    if _LONG_SLUG.fullmatch(stem) and stem.count("-") > 3:
        return "/[a-z0-9-]{25,}" + end
    return None


def pattern_of(links: Iterable[str]) -> str | None:
    """The pattern of the most common shape among links, under their common first folder if they have one.

    None if no shape has `FEWEST` links. It can always be put in the registry.
    """
    shapes: dict[str, list[str]] = {}
    for link in dict.fromkeys(links):
        found = shape(link)
        if found is not None:
            shapes.setdefault(found, []).append(link)
    best = max(shapes, key=lambda one: len(shapes[one]), default=None)
    if best is None or len(shapes[best]) < FEWEST:
        return None
    folders = {_folder(link) for link in shapes[best]}
    folder = folders.pop() if len(folders) == 1 else ""
    if not folder or best.startswith("[?&]"):
        return best
    slash = "(?=/)" if best.startswith("/") else "/"
    under = f"^/{re.escape(folder)}{slash}.*{best}"
    return under if listing.pattern_problem(under) is None else best


def _folder(link: str) -> str:
    segments = urlsplit(link).path.strip("/").split("/")
    return segments[0] if len(segments) > 1 and not segments[0].isdigit() else ""

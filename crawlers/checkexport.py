"""Fact-checks out of Meedan Check: its CSV exports, and the JSON of its GraphQL API.

Formats, as the open source of Check writes them (https://github.com/meedan/check-api): a shared feed of
fact-checks (columns Fact-check title, Fact-check summary, Fact-check URL, Tags, Workspace, Updated at,
Rating; lib/check_search.rb), a list of items (Claim, Item page URL, Status, Created by, Submitted at, Social
Media Posted at, Report Published at, Number of media, Tags; the same), a list of articles (ID, Title,
Summary, URL, Language, Report Status, Imported?; app/models/fact_check.rb), and objects with
`claim_description` and `fact_check` in GraphQL. `Created by`, users, requests, tags and answers to tasks are
never read.
"""

from collections.abc import Iterator
from pathlib import Path

from crawlers.errors import ClaimReviewError
from crawlers.foreign import Format, Found, Left, Publishers, Taken, csv_rows, header_of, json_of, text_of

FEED = frozenset({"fact-check title", "fact-check url", "rating"})
ITEMS = frozenset({"claim", "item page url", "status"})
ARTICLES = frozenset({"title", "summary", "url", "report status"})
_OPEN = frozenset({"", "unstarted", "undetermined", "in progress", "in_progress"})
"""Statuses of an item that nobody has judged yet."""
_PUBLISHED = "published"
_DEEPEST = 20


def fits(text: str) -> bool:
    """Whether a text looks like an export of Check."""
    if text.lstrip()[:1] in {"{", "["}:
        return '"fact_check"' in text or '"claim_description"' in text
    columns = header_of(text)
    return columns >= FEED or columns >= ITEMS or columns >= ARTICLES


def read(path: Path, publishers: Publishers) -> Taken:
    """Read an export; raises `ClaimReviewError` if it is none, or one without verdicts."""
    text, name, taken = text_of(path), path.name, Taken()
    if text.lstrip()[:1] in {"{", "["}:
        for number, node in enumerate(_nodes(json_of(name, text)), start=1):
            taken.add(f"{name} row {number}", _of_node(node), publishers)
        return taken
    columns = header_of(text)
    if columns >= FEED:
        of_row = _of_feed
    elif columns >= ITEMS:
        of_row = _of_items
    elif columns >= ARTICLES:
        raise ClaimReviewError(
            f"{name}: Check's list of articles holds no rating; export a shared feed, or the API's JSON"
        )
    else:
        raise ClaimReviewError(f"{name}: not an export of Check (no column Fact-check URL or Item page URL)")
    for where, cells in csv_rows(name, text):
        taken.add(where, of_row(cells), publishers)
    return taken


def _of_feed(cells: dict[str, str]) -> Found:
    return Found(
        claim=cells["fact-check title"],
        url=cells["fact-check url"],
        rating=_settled(cells["rating"]),
        day=cells.get("updated at", "")[:10],
        publisher=cells.get("workspace", ""),
        table=Format.CHECK,
    )


def _of_items(cells: dict[str, str]) -> Found:
    published = cells.get("report published at", "")[:10]
    return Found(
        claim=cells["claim"],
        url=cells["item page url"],
        rating=_settled(cells["status"]),
        day=published,
        left=None if published else Left.UNPUBLISHED,
        table=Format.CHECK,
    )


def _settled(status: str) -> str:
    return "" if status.strip().lower() in _OPEN else status


def _nodes(data: object, depth: int = 0) -> Iterator[dict[str, object]]:
    """Every object with a fact-check, wherever GraphQL's edges and nodes hold it."""
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for one in data:
            yield from _nodes(one, depth + 1)
    elif isinstance(data, dict):
        if isinstance(data.get("fact_check"), dict):
            yield data
            return
        if isinstance(data.get("claim_description"), dict) and "rating" in data:
            yield {**data["claim_description"], "fact_check": data}
            return
        for one in data.values():
            yield from _nodes(one, depth + 1)


def _of_node(node: dict[str, object]) -> Found:
    check = node["fact_check"]
    check = check if isinstance(check, dict) else {}
    claim = _text(node, "description") or _text(check, "title")
    status = _text(check, "report_status") or _PUBLISHED
    return Found(
        claim=claim,
        url=_text(check, "url"),
        rating=_settled(_text(check, "rating").replace("_", " ")),
        day=_text(check, "updated_at")[:10] if "-" in _text(check, "updated_at") else "",
        left=None if status == _PUBLISHED else Left.UNPUBLISHED,
        table=Format.CHECK,
    )


def _text(node: dict[str, object], name: str) -> str:
    found = node.get(name)
    return found.strip() if isinstance(found, str) else ""

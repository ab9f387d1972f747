"""What the spider asks, and what it reads off an answer's headers."""

from datetime import datetime

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers import outcomes
from crawlers.guards import SITES
from crawlers.lanes import Lane
from crawlers.ledger import DueEntry
from crawlers.robots import RestAskedError


def page_request(lane: Lane, url: str, headers: dict[str, str] | None = None) -> Request:
    """The request for a page of the lane's source."""
    meta = {SITES: lane.source.sites}
    return Request(url, headers=headers, callback=NO_CALLBACK, dont_filter=True, meta=meta)


def entry_request(lane: Lane, entry: DueEntry) -> Request:
    """The request for an entry point, conditional if it was read before (RFC 9110, 13)."""
    headers: dict[str, str] = {}
    if entry.etag:
        headers["If-None-Match"] = entry.etag
    if entry.last_modified:
        headers["If-Modified-Since"] = entry.last_modified
    return page_request(lane, entry.url, headers)


def content_type(response: Response) -> str:
    """What an answer says that it is."""
    return (response.headers.get("Content-Type") or b"").decode("latin-1")


def validators(response: Response) -> tuple[str, str]:
    """The `ETag` and `Last-Modified` of an answer, to ask conditionally next time (RFC 9110, 13)."""
    values = [
        (response.headers.get(name) or b"").decode("latin-1")[:500] for name in ("ETag", "Last-Modified")
    ]
    return values[0], values[1]


def wait_s(response: Response, now: datetime) -> float:
    """Seconds that an answer asks to wait, a minute at least; 0 if it asks for none."""
    if response.status not in outcomes.LATER:
        return 0.0
    asked = (response.headers.get("Retry-After") or b"").decode("latin-1")
    return _at_least_a_minute(asked, now)


def wait_of_error(error: Exception, now: datetime) -> float:
    """Seconds that the answer to robots.txt asked to wait, a minute at least; 0 if it asked for none."""
    cause = error.__cause__
    return _at_least_a_minute(cause.retry_after, now) if isinstance(cause, RestAskedError) else 0.0


def _at_least_a_minute(asked: str, now: datetime) -> float:
    return max(outcomes.retry_after(asked, now), 60.0)

"""The first downloader middleware: only GET and HEAD, only to registered sites; redirects pass it again."""

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from crawlers import addresses, urls
from crawlers.resolver import LOCAL_HOSTS_SETTING

SITES = "kiemchung_sites"
"""Request meta: the registrable domains that the request's source may be fetched from."""


class AddressRefusedError(IgnoreRequest):
    """An address that may not be fetched."""


class MovedError(AddressRefusedError):
    """A source answers, for good, from a site that the registry does not name; it is not followed."""

    def __init__(self, address: str) -> None:
        super().__init__("moved for good to a site that is not registered")
        self.address = address


class AddressGuard:
    """Checks every request that would leave, whoever made it: spider, redirect or robots.txt."""

    def __init__(self, guard: urls.Guard) -> None:
        self.guard = guard

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "AddressGuard":
        """Read the local hosts that the composition root gave."""
        return cls(urls.Guard(crawler.settings.getdict(LOCAL_HOSTS_SETTING)))

    def process_request(self, request: Request) -> None:
        """Raise `AddressRefusedError` for anything but a plain read of a registered site."""
        if request.method not in {"GET", "HEAD"} or request.body:
            raise AddressRefusedError("only GET and HEAD leave")
        problem = self.guard.refusal(request.url, request.meta.get(SITES, frozenset()))
        if problem:
            if _moved_for_good(request) and self.guard.refusal(request.url) is None:
                raise MovedError(request.url)
            raise AddressRefusedError(problem)
        if urls.host_of(request.url) in self.guard.local_hosts:
            # AutoThrottle would bring a local host back to the public delay
            request.meta["autothrottle_dont_adjust_delay"] = True

    def process_response(self, request: Request, response: Response) -> Response:
        """Drop an answer that came from a non-public address: the resolver's promise, checked again."""
        peer = response.ip_address
        local = urls.host_of(request.url) in self.guard.local_hosts
        if peer is not None and not local and not addresses.is_public(peer):
            raise AddressRefusedError("the answer came from a non-public address")
        return response


def _moved_for_good(request: Request) -> bool:
    # Scrapy notes the status of each redirect on the way; the last one led here (RFC 9110, 15.4.2 and 15.4.9)
    reasons = request.meta.get("redirect_reasons") or [0]
    return reasons[-1] in {301, 308}

"""The resolver of the crawl process: a name with any non-public address does not exist for it.

The connection uses the very addresses that were checked, so a name that answers differently the second
time (DNS rebinding) gains nothing. Every connection of Twisted goes through this one place.
"""

from typing import Any

from scrapy.crawler import Crawler
from twisted.internet._resolver import GAIResolver

from crawlers.lookup import GuardedLookup

LOCAL_HOSTS_SETTING = "KIEMCHUNG_LOCAL_HOSTS"


class GuardedResolver(GAIResolver):
    """Scrapy's `TWISTED_DNS_RESOLVER`: Twisted's own resolver around `GuardedLookup`."""

    def __init__(self, reactor: Any, lookup: GuardedLookup) -> None:  # noqa: ANN401 -- Twisted is untyped here
        super().__init__(reactor, getaddrinfo=lookup)
        self._guarded_reactor = reactor

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> "GuardedResolver":  # noqa: ANN401
        """Read the local hosts that the composition root gave."""
        return cls(reactor, GuardedLookup(crawler.settings.getdict(LOCAL_HOSTS_SETTING)))

    def install_on_reactor(self) -> None:
        """Take the place of the reactor's resolver."""
        self._guarded_reactor.installNameResolver(self)

"""What a failed or odd answer amounts to, as one of the counted outcomes."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    IgnoreRequest,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import DNSLookupError
from twisted.internet.error import TimeoutError as TwistedTimeoutError

from crawlers import urls
from crawlers.guards import AddressRefusedError
from crawlers.resolver import refused_hosts
from crawlers.robots import RobotsRefusedError
from models.vocabulary import Outcome

LATER = frozenset([429, 503])
GONE_BELOW = 500
_UNRESOLVED = (CannotResolveHostError, DNSLookupError)
_OUTCOMES: tuple[tuple[tuple[type[Exception], ...], Outcome], ...] = (
    ((RobotsRefusedError,), Outcome.ROBOTS),
    ((AddressRefusedError, UnsupportedURLSchemeError), Outcome.REFUSED_ADDRESS),
    ((DownloadTimeoutError, TwistedTimeoutError), Outcome.TIMEOUT),
    ((DownloadCancelledError,), Outcome.TOO_LARGE),
)


def of_error(error: BaseException | None, url: str) -> Outcome:
    """The outcome that an exception of the downloader stands for."""
    if isinstance(error, _UNRESOLVED) and urls.host_of(url) in refused_hosts:
        return Outcome.REFUSED_ADDRESS
    if isinstance(error, IgnoreRequest) and not isinstance(error, RobotsRefusedError | AddressRefusedError):
        # a body that inflates beyond the cap (it has a cause), or too many redirects
        return Outcome.TOO_LARGE if error.__cause__ is not None else Outcome.HTTP_ERROR
    for kinds, outcome in _OUTCOMES:
        if isinstance(error, kinds):
            return outcome
    return Outcome.NETWORK_ERROR


def retry_after(value: str, now: datetime) -> float:
    """Seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3); 0 if it cannot be read."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())

"""What a failed or odd answer amounts to, as one of the counted outcomes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

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
from crawlers.guards import AddressRefusedError, MovedError
from crawlers.lookup import refused_hosts
from crawlers.robots import RobotsRefusedError
from models.vocabulary import Outcome

LATER = frozenset([429, 503])
DNS, ROBOTS_UNREAD = "dns", "robots_unread"
GONE_BELOW = 500
_UNRESOLVED = (CannotResolveHostError, DNSLookupError)
_BARRED = frozenset([401, 403, 451])
"""Who are you, not you, and not where you are (RFC 9110, 15.5.2 and 15.5.4; RFC 7725)."""
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|sso|oauth2?|dang-?nhap|captcha|challenge)(?:/|\.[a-z]{2,5}$|$)", re.IGNORECASE
)
_PASSWORD = re.compile(rb"<input\b[^>]{0,300}\btype\s*=\s*[\"']?password", re.IGNORECASE)
_LOOKED_AT = 200_000
_DEEPEST = 8
_OUTCOMES: tuple[tuple[tuple[type[Exception], ...], Outcome], ...] = (
    ((RobotsRefusedError,), Outcome.ROBOTS),
    ((MovedError,), Outcome.MOVED),
    ((AddressRefusedError, UnsupportedURLSchemeError), Outcome.REFUSED_ADDRESS),
    ((DownloadTimeoutError, TwistedTimeoutError), Outcome.TIMEOUT),
    ((DownloadCancelledError,), Outcome.TOO_LARGE),
    # an address that no request can be made of
    ((ValueError,), Outcome.REFUSED_ADDRESS),
)


def of_error(error: BaseException | None, url: str) -> Outcome:
    """The outcome that an exception of the downloader stands for.

    A host that cannot be found, has moved for good or has a bad certificate is named as that, although it was
    its robots.txt that was asked for first, and that could not be read for it.
    """
    if isinstance(error, RobotsRefusedError) and error.__cause__ is not None:
        behind = of_error(error.__cause__, url)
        named = behind in {Outcome.CERTIFICATE, Outcome.MOVED} or isinstance(error.__cause__, _UNRESOLVED)
        return behind if named else Outcome.ROBOTS
    if isinstance(error, _UNRESOLVED) and urls.host_of(url) in refused_hosts:
        return Outcome.REFUSED_ADDRESS
    if isinstance(error, IgnoreRequest) and not isinstance(error, RobotsRefusedError | AddressRefusedError):
        # a body that inflates beyond the cap (it has a cause), or too many redirects
        return Outcome.TOO_LARGE if error.__cause__ is not None else Outcome.HTTP_ERROR
    for kinds, outcome in _OUTCOMES:
        if isinstance(error, kinds):
            return outcome
    return Outcome.CERTIFICATE if error is not None and _is_certificate(error) else Outcome.NETWORK_ERROR


def of_status(status: int) -> Outcome:
    """The outcome that an answer without a page stands for: kept out, or an error of the server."""
    return Outcome.BLOCKED if status in _BARRED else Outcome.HTTP_ERROR


def is_login(asked: str, answered: str, body: bytes = b"") -> bool:
    """Whether a page asks who reads, in place of what was asked for.

    It was led to an address for signing in, or, where a feed or an article should have stood, `body` has a
    field for a password. Pass no body for a page that could be read: many have such a field in their menu.
    """
    led = answered != asked and _LOGIN_PATH.search(urlsplit(answered).path)
    return bool(led and not _LOGIN_PATH.search(urlsplit(asked).path)) or bool(
        _PASSWORD.search(body, 0, _LOOKED_AT)
    )


def detail(error: BaseException | None) -> str:
    """What the outcome alone does not tell: a name that was not found, a robots.txt not read; else empty."""
    if isinstance(error, _UNRESOLVED) or isinstance(getattr(error, "__cause__", None), _UNRESOLVED):
        return DNS
    return ROBOTS_UNREAD if isinstance(error, RobotsRefusedError) and error.unreachable else ""


def moved_to(error: BaseException | None) -> str:
    """Where a source says it has moved for good; empty if it does not, or if only its robots.txt tells."""
    return error.address if isinstance(error, MovedError) else ""


def _is_certificate(error: BaseException) -> bool:
    # the handler wraps what TLS says in an error of its own, and Twisted's holds its reasons as a list
    from OpenSSL import SSL
    from service_identity import CertificateError, VerificationError

    for one in _causes(error):
        if isinstance(one, CertificateError | VerificationError):
            return True
        if isinstance(one, SSL.Error) and "certificate" in str(one):
            return True
    return False


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting: list[tuple[BaseException, int]] = [(error, 0)]
    while waiting:
        one, depth = waiting.pop()
        yield one
        if depth == _DEEPEST:
            continue
        reasons = getattr(one, "reasons", None) or ()
        found = [one.__cause__, *(getattr(reason, "value", None) for reason in reasons)]
        waiting += [(each, depth + 1) for each in found if isinstance(each, BaseException)]


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

"""The one module that may send a body: new corrections to subscribers, OIDC sign-ins, receipts over Zalo.

The crawl's guards hold here too: https on its usual port, a public name, every address that it has public,
the connection made to the addresses that were checked; no redirect, no proxy, no cookie, a small answer
within a deadline. Who may import this module is written down in the import contracts and tested (R10).
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers import lookup, urls
from crawlers.errors import CrawlError

LONGEST_S = 10.0
MOST_BYTES = 256 * 1024
METHODS = frozenset({"GET", "POST"})


class OutboundError(CrawlError):
    """Nothing was sent or no whole answer came; the text says why in a word or two."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; a redirect is an answer like any other and is not followed."""

    status: int
    body: bytes


def refusal(guard: urls.Guard, url: str) -> str | None:
    """Why nothing may be sent to an address, in words; None if it may."""
    problem = guard.refusal(url)
    if problem is None and urlsplit(url).scheme != "https" and urls.host_of(url) not in guard.local_hosts:
        return "only https is sent to"
    return problem


def send(
    method: str,
    url: str,
    guard: urls.Guard,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one request and give its answer; raises `OutboundError`."""
    problem = refusal(guard, url) if method in METHODS else "only GET and POST are sent"
    if problem:
        raise OutboundError(problem)
    deadline = time.monotonic() + LONGEST_S
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(urls.host_of(url), timeout=LONGEST_S)
    try:
        connection.sock = _connected(url, guard)
        plain = {"Host": parts.netloc, "Accept-Encoding": "identity", "Connection": "close"}
        connection.request(method, path, body, {**(headers or {}), **plain})
        answer = connection.getresponse()
        return Answer(answer.status, _read(answer, deadline))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutboundError(type(error).__name__) from error
    finally:
        connection.close()


def _connected(url: str, guard: urls.Guard) -> socket.socket:
    """A socket to one of the addresses that were looked up and found public; TLS checks the name."""
    parts, host = urlsplit(url), urls.host_of(url)
    port = parts.port or urls.PORTS[parts.scheme]
    looked_up = lookup.GuardedLookup(guard.local_hosts)(host, port, type=socket.SOCK_STREAM)
    plain = _first_that_answers(looked_up)
    if parts.scheme != "https":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _first_that_answers(looked_up: lookup.AddrInfo) -> socket.socket:
    failed: OSError = OSError("no address")
    for family, kind, protocol, _, address in looked_up[:4]:
        made = socket.socket(family, kind, protocol)
        made.settimeout(LONGEST_S / 2)
        try:
            made.connect(address)
        except OSError as error:
            made.close()
            failed = error
            continue
        return made
    raise failed


def _read(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    found = bytearray()
    while chunk := answer.read1(16 * 1024):
        found += chunk
        if len(found) > MOST_BYTES:
            raise OutboundError("the answer is too large")
        if time.monotonic() > deadline:
            raise OutboundError("the answer takes too long")
    return bytes(found)

"""Addresses: what may be fetched, one normal form, and the keyed hash that the frontier remembers."""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from crawlers import addresses, hosts

LONGEST = 2083
PORTS = {"http": 80, "https": 443}
PERSONAL_PAGE = "the address is that of an account, group or profile (rule 4)"
_TRACKING = re.compile(
    r"utm_\w*|fbclid|gclid|dclid|msclkid|zarsrc|yclid|mc_[ce]id|igshid|_ga|phpsessid|jsessionid|session_?id",
    re.IGNORECASE,
)
# parameters that name a person and never choose the page (rule 1)
_PERSONAL = re.compile(
    r"author|authors|byline|user|user_?name|user_?id|member|profile|account|handle|tac_?gia|nguoi_?viet|but_?danh",
    re.IGNORECASE,
)
_SAFE = "%/:@!$&'()*+,;=?~[]|"
_BAD = re.compile(r"[\x00-\x20\x7f\\]")
_CLOSED_TOP = frozenset(
    [
        *("local", "internal", "localhost", "localdomain", "test", "invalid", "onion", "lan", "home"),
        *("corp", "arpa", "i2p", "alt"),
    ]
)


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be fetched: registered sites over http(s) on the usual ports, and nothing else.

    `local_hosts` maps exact host names to loopback (address, port); it is the only hole in the guard
    and is given by the composition root alone.
    """

    local_hosts: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def refusal(self, url: str, sites: Collection[str] | None = None) -> str | None:
        """Why an address may not be fetched, in words; None if it may. `sites` None means any public site."""
        if len(url) > LONGEST or _BAD.search(url):
            return "the address is too long or holds a forbidden character"
        parts = _split(url)
        if parts is None or parts.scheme not in PORTS:
            return "only http and https are fetched"
        if "@" in parts.netloc:
            return "the address holds a user name or password"
        host, port = _host(parts), _port(parts)
        if host is None or port is None:
            return "the host or port cannot be read"
        if host in self.local_hosts:
            problem = None if port == self.local_hosts[host][1] else "this local host has another port"
        else:
            problem = _public_problem(host, port, parts.scheme)
        if problem is None and hosts.is_personal_path(parts.path):
            problem = PERSONAL_PAGE
        if problem is None and sites is not None and hosts.site_of(host) not in sites:
            return "the host belongs to no registered source"
        return problem


def _public_problem(host: str, port: int, scheme: str) -> str | None:
    last = host.rpartition(".")[2]
    if addresses.parse(host) is not None or last.isdigit() or last.startswith("0x"):
        return "the host is a raw IP address"
    if not hosts.is_well_formed(host):
        return "the host cannot be read"
    if "." not in host or last in _CLOSED_TOP:
        return "the host is not a public name"
    if port != PORTS[scheme]:
        return "only ports 80 and 443 are fetched"
    reason = hosts.refusal(host)
    return f"the host is {reason}" if reason else None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.hostname else None


def _host(parts: SplitResult) -> str | None:
    host = (parts.hostname or "").rstrip(".")
    try:
        # IDNA also folds full-width digits and letters, so "１２７.0.0.1" is seen for what it is
        return host if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


def _port(parts: SplitResult) -> int | None:
    try:
        return PORTS[parts.scheme] if parts.port is None else parts.port
    except (ValueError, KeyError):
        return None


def host_of(url: str) -> str:
    """The host of an address in its normal form; empty if there is none."""
    parts = _split(url)
    return (_host(parts) if parts else None) or ""


def site_of(url: str) -> str:
    """The registrable domain of an address; empty if there is none."""
    host = host_of(url)
    return hosts.site_of(host) if host else ""


def join(base: str, link: str) -> str:
    """An absolute address from a link on a page; empty if it cannot be read."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def normalise(url: str) -> str:
    """One normal form to fetch: lower-case host, no fragment, no default port, no tracking parameters.

    Empty if it cannot be read, or names a user.
    """
    parts = _split(url.strip())
    host = _host(parts) if parts else None
    port = _port(parts) if parts else None
    if parts is None or not host or port is None or "@" in parts.netloc:
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port != PORTS.get(parts.scheme):
        netloc += f":{port}"
    named = [(pair, pair.partition("=")[0]) for pair in parts.query.split("&") if pair]
    kept = [pair for pair, key in named if not _TRACKING.fullmatch(key) and not _PERSONAL.fullmatch(key)]
    path = re.sub(r";jsessionid=[^/?#]*", "", parts.path, flags=re.IGNORECASE) or "/"
    # one spelling for what one publisher writes plainly and another percent-encoded
    plain = [quote(part, safe=_SAFE, errors="replace") for part in (path, "&".join(kept))]
    return urlunsplit((parts.scheme, netloc, plain[0], plain[1], ""))


def key(url: str, secret: bytes) -> str:
    """HMAC-SHA-256 in hex of an address, the same for http and https, with and without `www.`."""
    parts = urlsplit(normalise(url))
    path = parts.path.rstrip("/") or "/"
    query = "&".join(sorted(parts.query.split("&")))
    plain = f"{parts.netloc.removeprefix('www.')}{path}?{query}"
    return hmac.new(secret, plain.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

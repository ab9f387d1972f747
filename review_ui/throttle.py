"""Limits held in memory alone: nothing here is ever written, and no address is kept (rule 1).

A sender is a keyed hash of a network prefix under a salt that lives a day and dies with the process.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from datetime import date, datetime

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from models.weeks import local_day

SIGN_INS = RateLimitItemPerMinute(10)
ALL_SIGN_INS = RateLimitItemPerMinute(300)
CODES = RateLimitItemPerMinute(5)
ALL_CODES = RateLimitItemPerMinute(300)
HOUR_OF_CODES = RateLimitItemPerHour(30)
OUTSIDE_SIGN_INS = RateLimitItemPerMinute(60)
TIPS = RateLimitItemPerMinute(30, 10)
ALL_TIPS = RateLimitItemPerMinute(3_000, 10)
MESSAGES = RateLimitItemPerMinute(10, 10)
ALL_MESSAGES = RateLimitItemPerMinute(3_000, 10)
UNSIGNED = RateLimitItemPerMinute(60)
APPEALS = RateLimitItemPerMinute(10, 10)
ALL_APPEALS = RateLimitItemPerMinute(200, 10)


class Throttle:
    """Sign-ins by account name, tips and appeals by an unnamed network; memory is bounded by the caps."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._day: date | None = None
        self._salt = b""

    def sign_in(self, username: str) -> bool:
        """Whether this try may be judged; the account itself is never locked for good."""
        name = hashlib.sha256(username.strip().lower().encode()).hexdigest()
        return self._admit(SIGN_INS, ALL_SIGN_INS, "sign-in", name)

    def code(self, staff_id: int, *, recovery: bool) -> bool:
        """Whether this code may be judged: at 30 an hour a guess of six digits stays hopeless for years.

        Recovery codes (80 bits) count apart: whoever guesses six digits does not shut out the owner.
        """
        who = f"{staff_id}-{'recovery' if recovery else 'totp'}"
        if not recovery and not self._limiter.test(HOUR_OF_CODES, "code-hour", who):
            return False
        if not self._admit(CODES, ALL_CODES, "code", who):
            return False
        return recovery or self._limiter.hit(HOUR_OF_CODES, "code-hour", who)

    def outside(self) -> bool:
        """Whether one more sign-in over another service may begin or end: each asks that service."""
        return self._limiter.hit(OUTSIDE_SIGN_INS, "outside", "all")

    def tip(self, address: str | None) -> bool:
        """Whether one more tip from this address's network may come in."""
        return self._admit(TIPS, ALL_TIPS, "tip", self._sender(address))

    def message(self, token: str) -> bool:
        """Whether one more message of this day's keyed token of a sender may come in (T3)."""
        return self._admit(MESSAGES, ALL_MESSAGES, "message", token)

    def unsigned(self, channel: str) -> bool:
        """Whether one more delivery that nobody signed is worth a write of its counter."""
        return self._limiter.hit(UNSIGNED, "unsigned", channel)

    def appeal(self, address: str | None) -> bool:
        """Whether one more appeal from this address's network may come in."""
        return self._admit(APPEALS, ALL_APPEALS, "appeal", self._sender(address))

    def _admit(self, each: RateLimitItem, everybody: RateLimitItem, kind: str, who: str) -> bool:
        # one who is over their own limit takes nothing from the others', and a new name costs memory
        # only while the common cap has room
        if not self._limiter.test(each, kind, who) or not self._limiter.hit(everybody, kind, "all"):
            return False
        return self._limiter.hit(each, kind, who)

    def _sender(self, address: str | None) -> str:
        today = local_day(self._clock())
        if today != self._day:
            self._day, self._salt = today, secrets.token_bytes(32)
        return hmac.new(self._salt, prefix(address).encode(), hashlib.sha256).hexdigest()[:16]


def prefix(address: str | None) -> str:
    """The network of an address, /24 or /48 (IPv6): one line must not count as many senders."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    bits = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))

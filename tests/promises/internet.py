"""A stand-in Internet for a crawl in a child process: nothing leaves loopback, and every attempt is noted.

Names have the answers that a test gives them. A socket that is asked to connect to a public address of the
table is connected to its server; asked for any other address, it is connected to the canary of its family.
"""

import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

Place = tuple[str, int]
SECRET = (
    b"<html><head><title>Inside</title></head><body><p>tin \xc4\x91\xe1\xbb\x93n CANARY</p></body></html>"
)


class Canary:
    """A server that must never be reached; it counts who came."""

    def __init__(self, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family)
        self.place: Place = (address, self.listener.getsockname()[1])
        self.hits = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        )
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            self.hits += 1
            with caller:
                caller.settimeout(2)
                try:
                    caller.recv(65_536)
                    caller.sendall(head % len(SECRET) + SECRET)
                except OSError:
                    continue


@contextmanager
def canaries() -> Iterator[tuple[Canary, Canary]]:
    """One canary for IPv4 and one for IPv6."""
    both = Canary("127.0.0.1"), Canary("::1")
    try:
        yield both
    finally:
        for one in both:
            # shutdown wakes the thread that waits in accept
            one.listener.shutdown(socket.SHUT_RDWR)
            one.listener.close()


@dataclass(frozen=True)
class Internet:
    """Names, servers and canaries; `enter` is a plan's `prepare`."""

    log: Path
    canary: Mapping[int, Place]
    names: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """A name's answers: the first time, the second time, and so on; the last one stays."""
    servers: Mapping[str, Place] = field(default_factory=dict)
    delay_s: float = 0.0
    weak: tuple[str, ...] = ()
    """Which defences are broken on purpose: "guard", "resolver"."""
    watched: str = ""
    """A file that nobody may open."""

    def enter(self) -> None:
        """Take the place of the network in this process."""
        from twisted.internet.tcp import BaseClient

        from crawlers import addresses, lookup, policy, urls

        asked: Counter[str] = Counter()
        lookup.GuardedLookup.__init__.__defaults__ = (partial(self.lookup, asked),)
        BaseClient.createInternetSocket = _noting(self)  # type: ignore[method-assign]
        pace = {"DOWNLOAD_DELAY": self.delay_s, "AUTOTHROTTLE_ENABLED": False}
        cast("dict[str, object]", policy.FIXED).update(pace)
        if self.watched:
            sys.addaudithook(self._opened)
        if "guard" in self.weak:
            urls.Guard.refusal = lambda *_, **__: None  # type: ignore[method-assign]
        if "resolver" in self.weak:
            addresses.is_public = lambda address: True  # noqa: ARG005

    def _opened(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and given[0] == self.watched:
            self.note(f"file {self.watched}")

    def note(self, line: str) -> None:
        """Write one attempt down."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")

    def attempts(self) -> list[str]:
        """What the crawl tried to connect to (and files that it opened), one `address port` a line."""
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def lookup(
        self,
        asked: Counter[str],
        host: str,
        port: int,
        family: int = 0,
        kind: int = 0,
        proto: int = 0,
        *_: int,
    ) -> list[Any]:
        """`getaddrinfo` of this Internet."""
        answers = self.names.get(host)
        if answers is None:
            # spellings of addresses, as the real function reads them; it asks nobody
            return socket.getaddrinfo(host, port, family, kind, proto, socket.AI_NUMERICHOST)
        found = answers[min(asked[host], len(answers) - 1)]
        asked[host] += 1
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in found
        ]


def _noting(internet: Internet) -> Callable[[Any], socket.socket]:
    class Noting(socket.socket):
        """A socket that notes where it is sent, and goes where this Internet has the address."""

        def connect_ex(self, where: Any, /) -> int:  # noqa: ANN401
            internet.note(f"{where[0]} {where[1]}")
            # a closed canary cannot be mistaken for a site: sites have their own places
            place = internet.servers.get(where[0]) or internet.canary[self.family]
            return super().connect_ex(place)

    def make(client: Any) -> socket.socket:  # noqa: ANN401
        made = Noting(client.addressFamily, client.socketType)
        made.setblocking(False)
        return made

    return make

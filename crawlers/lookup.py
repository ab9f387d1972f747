"""Looking up a host so that a name with any non-public address does not exist.

Shared by the crawl process and by the one module that may send: whoever connects uses the very addresses
that were checked, so a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from crawlers import addresses

AddrInfo: TypeAlias = list[tuple[Any, Any, int, str, tuple[Any, ...]]]

refused_hosts: set[str] = set()
"""Host names that this process refused, so that the failure can be counted for what it is."""


class GuardedLookup:
    """`socket.getaddrinfo` with the guard in it: raises `socket.gaierror` for a refused name."""

    def __init__(
        self,
        local_hosts: Mapping[str, tuple[str, int]],
        lookup: Callable[..., AddrInfo] = socket.getaddrinfo,
    ) -> None:
        self.local_hosts = local_hosts
        self.lookup = lookup

    def __call__(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 -- the name that getaddrinfo gives it
        proto: int = 0,
        flags: int = 0,
    ) -> AddrInfo:
        """Resolve, and refuse the whole answer if one address in it is not public."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
        name = name.lower().rstrip(".")
        local = self.local_hosts.get(name)
        if local is not None:
            if port not in {local[1], 0}:
                return self._refuse(name)
            return self.lookup(local[0], port, family, type, proto, socket.AI_NUMERICHOST)
        answers = self.lookup(name, port, family, type, proto, flags)
        for answer in answers:
            address = addresses.parse(str(answer[4][0]))
            if address is None or not addresses.is_public(address):
                return self._refuse(name)
        return answers

    def _refuse(self, name: str) -> AddrInfo:
        refused_hosts.add(name)
        raise socket.gaierror(socket.EAI_NONAME, "refused: not a public address")

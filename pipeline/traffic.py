"""How many requests the web processes answered and how long each took, by the template of its address.

Counted in memory, or, where several processes serve, in small files that all of them read
(prometheus-client's own way, named by PROMETHEUS_MULTIPROC_DIR). A template (`/dinh-chinh/{slug}`) says which
page, and never which claim, which search or who asked (rule 1).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

SHARED = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = "kiemchung_http_request_seconds"
REQUESTS = "kiemchung_http_requests"
NO_ROUTE = "none"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends in seconds; 0.1 is the one that public pages are held to."""


@cache
def _kept() -> "tuple[CollectorRegistry, Histogram, Counter]":
    """The counters of this process, made at the first request."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    registry = CollectorRegistry(auto_describe=False)
    seconds = Histogram(
        SECONDS, "Seconds to answer a request, by page.", ["route"], buckets=BUCKETS, registry=registry
    )
    requests = Counter(
        REQUESTS, "Requests by page and kind of answer.", ["route", "status"], registry=registry
    )
    return registry, seconds, requests


def note(route: str | None, status: int, seconds: float) -> None:
    """Count one answered request: the template of its address, its status code, and how long it took."""
    _, histogram, counter = _kept()
    histogram.labels(route or NO_ROUTE).observe(seconds)
    counter.labels(route or NO_ROUTE, f"{status // 100}xx").inc()


def put_in(registry: "CollectorRegistry") -> None:
    """Add what all web processes counted to what is about to be read."""
    if os.environ.get(SHARED):
        from prometheus_client.multiprocess import MultiProcessCollector

        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return
    registry.register(_kept()[0])


@contextmanager
def shared(environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """A folder in which the processes that start meanwhile count together."""
    if environ.get(SHARED):
        yield
        return
    folder = tempfile.mkdtemp(prefix="kiemchung-traffic-")
    environ[SHARED] = folder
    try:
        yield
    finally:
        del environ[SHARED]
        shutil.rmtree(folder, ignore_errors=True)

"""The loopback server that plays the six publishers, told apart by the host name of the request."""

import hashlib
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from demo import content, pages

HANOI = timezone(timedelta(hours=7))
ROBOTS = "User-agent: *\nDisallow: /noi-bo/\n"
HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
PARTS = 2


class SampleSites:
    """What each publisher serves, by path."""

    def __init__(self, port: int, today: date) -> None:
        self.port = port
        self.today = today

    def base(self, publisher: content.Publisher) -> str:
        """The address of a publisher's site."""
        return f"http://{publisher.host}:{self.port}"

    def answer(self, host: str, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body of one request."""
        publisher = content.publishers().get(host.split(":", maxsplit=1)[0].removesuffix(content.SUFFIX))
        if publisher is None:
            return 404, "text/plain; charset=utf-8", "Không có trang này.".encode()
        for page in content.pages():
            if page.publisher == publisher.id and page.path == path:
                kind = "text/html" if page.quirk in {"tcvn3", "windows-1258"} else HTML
                return 200, kind, pages.article(page, publisher, self.base(publisher), self.today)
        return self._index(publisher, path)

    def _index(self, publisher: content.Publisher, path: str) -> tuple[int, str, bytes]:
        mine = sorted(
            (page for page in content.pages() if page.publisher == publisher.id),
            key=lambda page: page.days_ago,
        )
        base, today = self.base(publisher), self.today
        robots = ROBOTS + f"Sitemap: {base}/sitemap.xml\n"
        makers: dict[str, tuple[str, Callable[[], bytes]]] = {
            "/": (HTML, lambda: pages.listing(publisher, mine, today)),
            "/tin-moi": (HTML, lambda: pages.listing(publisher, mine, today)),
            "/robots.txt": ("text/plain; charset=utf-8", robots.encode),
            "/sitemap.xml": (XML, lambda: pages.sitemap(mine, base, today)),
            "/sitemap-index.xml": (XML, lambda: pages.sitemap_index(base, PARTS)),
            "/sitemap-0.xml": (XML, lambda: pages.sitemap(mine[0::PARTS], base, today)),
            "/sitemap-1.xml": (XML, lambda: pages.sitemap(mine[1::PARTS], base, today)),
            "/rss.xml": (XML, lambda: pages.rss(publisher, mine[:25], base, today)),
            "/atom.xml": (XML, lambda: pages.atom(publisher, mine[:25], base, today)),
            "/rss-cu.xml": (XML, lambda: pages.broken_rss(publisher, mine[:25], base, today)),
        }
        if path not in makers:
            return 404, HTML, "<h1>Không tìm thấy trang</h1>".encode()
        kind, make = makers[path]
        return 200, kind, make()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SampleProvince"
    sys_version = ""
    sites: ClassVar[SampleSites]

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        path = self.path.split("?")[0]
        status, kind, body = self.sites.answer(self.headers.get("Host", ""), path)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
        """Stay quiet."""


def make_server(port: int = 0, today: date | None = None) -> ThreadingHTTPServer:
    """A server on a loopback port (0: any free one); `today` is what the pages' dates count back from."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    day = today or datetime.now(UTC).astimezone(HANOI).date()
    handler.sites = SampleSites(server.server_address[1], day)  # type: ignore[attr-defined]
    return server


def main() -> None:
    """Serve on the port given until standard input closes, which it does when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when the sample ends
    server = make_server(int(sys.argv[1]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()

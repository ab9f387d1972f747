"""A real local HTTP server with well-behaved and nasty endpoints, on port 0, in a thread."""

import gzip
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]


@dataclass
class Page:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    # takes over the connection instead of answering
    takeover: Callable[[BaseHTTPRequestHandler], None] | None = None


@dataclass
class Seen:
    """One request as the server saw it."""

    method: str
    host: str
    path: str
    headers: Headers


class Site:
    """The pages of all host names of one server, and every request it got."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.pages: dict[tuple[str, str], Page] = {}
        self.seen: list[Seen] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_GET(self) -> None:
                site.answer(self)

            do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that hangs up is part of the tests."""

        self.server = Server((address, 0), Handler)
        self.port: int = self.server.server_address[1]
        self.address = address

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, host: str, path: str, page: Page | str | bytes) -> None:
        if not isinstance(page, Page):
            page = Page(page.encode() if isinstance(page, str) else page)
        self.pages[host, path] = page

    def paths(self, host: str | None = None) -> list[str]:
        return [seen.path for seen in self.seen if host is None or seen.host == host]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        host = (handler.headers.get("Host") or "").partition(":")[0]
        self.seen.append(Seen(handler.command, host, handler.path, dict(handler.headers.items())))
        page = self.pages.get((host, handler.path)) or self.pages.get(("*", handler.path))
        if page is None:
            page = Page(b"gone", 404)
        if page.takeover is not None:
            page.takeover(handler)
            handler.close_connection = True
            return
        etag = page.headers.get("ETag")
        if etag is not None and handler.headers.get("If-None-Match") == etag:
            page = Page(b"", 304, {"ETag": etag})
        handler.send_response(page.status)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(page.body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(page.body)

    @contextmanager
    def running(self) -> Iterator["Site"]:
        thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join(5)


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Hang up with a TCP reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body without an end."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    try:
        for _ in range(64):
            handler.wfile.write(b"<p>x</p>" * 65_536)
    except OSError:
        return


def bomb(megabytes: int = 300) -> bytes:
    """Zeros that gzip makes small."""
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def page(title: str, *paragraphs: str, extra: str = "") -> str:
    """A plain article page, large enough to be one."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang='vi'><head><meta charset='utf-8'><title>{title} | Báo mẫu</title></head>"
        "<body>"
        f"<nav><a href='/'>Trang chủ</a></nav><main><article><h1>{title}</h1>{body}</article>{extra}</main>"
        f"<footer><p>Cơ quan chủ quản của báo mẫu, giấy phép số một.</p></footer></body></html>"
    )


def feed(*links: str) -> str:
    items = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in links)
    declaration = "<?xml version='1.0' encoding='utf-8'?>"
    return f"{declaration}<rss version='2.0'><channel><title>f</title>{items}</channel></rss>"


XML = {"Content-Type": "application/rss+xml"}
GZIP = gzip.compress

"""A loopback server of benchmark pages: about 50 kB each, from the sample province or from a folder."""

import gzip
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from demo import content, pages

HOST = "bench.localhost"
PAGE_BYTES = 50_000


def sample_pages(n: int, seed: int = 1) -> list[bytes]:
    """`n` pages: the sample articles with another order of paragraphs, padded with a sidebar of links."""
    shuffle = random.Random(seed)
    known = [page for page in content.pages() if page.quirk is None]
    made = []
    for at in range(n):
        page = known[at % len(known)]
        publisher = content.publishers()[page.publisher]
        html = pages.article(page, publisher, "http://" + HOST, date(2026, 11, 1)).decode()
        if at >= len(known):
            paragraphs = list(page.paragraphs)
            shuffle.shuffle(paragraphs)
            for old, new in zip(page.paragraphs, paragraphs, strict=True):
                html = html.replace(old, f"{new} ({at})", 1)
        links = "".join(
            f'<li class="item-{n}"><a href="/chuyen-muc/{at}-{n}.html">Tin trong chuyên mục {n}</a></li>'
            for n in range(max(0, PAGE_BYTES - len(html.encode())) // 90)
        )
        made.append(html.replace("<footer>", f"<aside><ul>{links}</ul></aside><footer>").encode())
    return made


def folder_pages(folder: Path) -> list[bytes]:
    """Every `*.html.gz` or `*.html` of a folder, in the order of their names."""
    found = sorted(path for path in folder.iterdir() if path.name.endswith((".html", ".html.gz")))
    return [
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in found
    ]


def serve(bodies: list[bytes]) -> None:
    """Serve `/page/N.html` and a listing of all of them; prints the port and runs until input closes."""
    listing = "".join(f'<li><a href="/page/{at}.html">Bài {at}</a></li>' for at in range(len(bodies)))
    front = f"<!DOCTYPE html><meta charset=utf-8><title>Bench</title><ul>{listing}</ul>".encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.removeprefix("/page/").removesuffix(".html")
            known = name.isdigit() and int(name) < len(bodies)
            body = bodies[int(name)] if known else front if self.path == "/" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextmanager
def server(n: int, folder: Path | None = None) -> Iterator[int]:
    """The server in a process of its own; gives its port."""
    command = [sys.executable, "-m", "bench.pages", str(n), *([str(folder)] if folder else [])]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None  # noqa: S101 -- PIPE was asked for
    try:
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait(10)


if __name__ == "__main__":
    count = int(sys.argv[1])
    serve(folder_pages(Path(sys.argv[2])) if len(sys.argv) > 2 else sample_pages(count))

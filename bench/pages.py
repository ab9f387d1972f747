"""A loopback server of benchmark pages: about 50 kB each, from the sample province or from a folder."""

import argparse
import gzip
import hashlib
import random
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

from demo import content, pages
from demo.content import Page

HOST = "bench.localhost"
SOURCE = """[[source]]
id = "{id}"
name = "Bench {id}"
kind = "newspaper"
homepage = "{home}"
local = true
enabled = true
[[source.entry]]
kind = "listing"
url = "{home}"
link_pattern = "/page/"
"""
"""A source of the registry whose pages a loopback server gives."""
PAGE_BYTES = 50_000
OURS = frozenset(["correction", "notice", "rumour", "rumour_report"])
"""The kinds of sample pages that are in scope; the others stand for all that a publisher prints besides."""


@dataclass(frozen=True)
class Mix:
    """Which pages are served: how many, how much of them in scope (None: as in the sample), how padded."""

    n: int
    in_scope: float | None = None
    sidebar: str = "aside"
    folder: Path | None = None

    def arguments(self) -> list[str]:
        """As the arguments of this module's own command."""
        given = ["--n", str(self.n), "--sidebar", self.sidebar]
        given += ["--in-scope", str(self.in_scope)] if self.in_scope is not None else []
        return given + (["--pages", str(self.folder)] if self.folder else [])

    def bodies(self) -> list[bytes]:
        """The pages themselves."""
        return folder_pages(self.folder) if self.folder else sample_pages(self)


def _chosen(mix: Mix) -> Iterator[tuple[Page, int]]:
    """The sample pages to make, each with how often it was taken before."""
    known = [page for page in content.pages() if page.quirk is None]
    if mix.in_scope is None:
        for at in range(mix.n):
            yield known[at % len(known)], at // len(known)
        return
    ours = [page for page in known if page.kind in OURS]
    others = [page for page in known if page.kind not in OURS]
    taken = [0, 0]
    for at in range(mix.n):
        mine = int((at + 1) * mix.in_scope) > int(at * mix.in_scope)
        pool: Sequence[Page] = ours if mine else others
        yield pool[taken[mine] % len(pool)], taken[mine] // len(pool)
        taken[mine] += 1


def sample_pages(mix: Mix, seed: int = 1) -> list[bytes]:
    """The sample articles, when used again with another order of paragraphs, padded with a list of links."""
    shuffle = random.Random(seed)
    made = []
    for at, (page, before) in enumerate(_chosen(mix)):
        publisher = content.publishers()[page.publisher]
        html = pages.article(page, publisher, "http://" + HOST, date(2026, 11, 1)).decode()
        if before:
            paragraphs = list(page.paragraphs)
            shuffle.shuffle(paragraphs)
            for old, new in zip(page.paragraphs, paragraphs, strict=True):
                html = html.replace(old, f"{new} ({at})", 1)
            html = html.replace(page.path, f"{page.path}-{at}")
        links = "".join(
            f'<li class="item-{n}"><a href="/chuyen-muc/{at}-{n}.html">Tin trong chuyên mục {n}</a></li>'
            for n in range(max(0, PAGE_BYTES - len(html.encode())) // 90)
        )
        padded = f"<{mix.sidebar}><ul>{links}</ul></{mix.sidebar}><footer>"
        made.append(html.replace("<footer>", padded).encode())
    return made


def folder_pages(folder: Path) -> list[bytes]:
    """Every `*.html.gz` or `*.html` of a folder, in the order of their names."""
    found = sorted(path for path in folder.iterdir() if path.name.endswith((".html", ".html.gz")))
    return [
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in found
    ]


class _Pages:
    """The answers by path, and how many bytes of bodies went out."""

    def __init__(self, bodies: list[bytes]) -> None:
        listing = "".join(f'<li><a href="/page/{at}.html">Bài {at}</a></li>' for at in range(len(bodies)))
        front = f"<!DOCTYPE html><meta charset=utf-8><title>Bench</title><ul>{listing}</ul>".encode()
        self.bodies = {"/": front} | {f"/page/{at}.html": body for at, body in enumerate(bodies)}
        self.tags = {path: f'"{hashlib.sha256(body).hexdigest()[:16]}"' for path, body in self.bodies.items()}
        self.lock = threading.Lock()
        self.sent = 0

    def count(self, n: int) -> None:
        """Add to the bytes sent."""
        with self.lock:
            self.sent += n


def serve(bodies: list[bytes]) -> None:
    """Serve `/page/N.html` and a listing of all of them; prints the port and runs until input closes."""
    known = _Pages(bodies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # as every real server does: a body must not wait 40 ms for the acknowledgement of its headers
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path == "/sent":
                self._answer(200, str(known.sent).encode())
                return
            body, tag = known.bodies.get(self.path, b""), known.tags.get(self.path, "")
            status = 200 if body else 404
            if body and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            known.count(len(body))
            self._answer(status, body, tag)

        def _answer(self, status: int, body: bytes, tag: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if tag:
                self.send_header("ETag", tag)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


def sent(port: int) -> int:
    """Bytes of bodies that the server has sent so far."""
    with urlopen(f"http://127.0.0.1:{port}/sent") as answer:
        return int(answer.read())


@contextmanager
def server(mix: Mix) -> Iterator[int]:
    """The server in a process of its own; gives its port."""
    command = [sys.executable, "-m", "bench.pages", *mix.arguments()]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None  # noqa: S101 -- PIPE was asked for
    try:
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait(10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which pages are served."""
    parser.add_argument("--n", type=int, default=400, help="sample pages to serve")
    parser.add_argument("--in-scope", type=float, metavar="SHARE", help="share of pages in scope")
    parser.add_argument("--sidebar", choices=("aside", "div"), default="aside", help="element of the padding")
    parser.add_argument("--pages", type=Path, help="folder of real pages, *.html or *.html.gz")


def mix_of(given: argparse.Namespace) -> Mix:
    """The mix that was asked for."""
    n = len(folder_pages(given.pages)) if given.pages else given.n
    return Mix(n, given.in_scope, given.sidebar, given.pages)


if __name__ == "__main__":
    reading = argparse.ArgumentParser(description=__doc__)
    add_arguments(reading)
    serve(mix_of(reading.parse_args()).bodies())

"""Small bodies that grow when they are unpacked, each tried in a child process of its own.

`python -m tests.promises.bombs MEBIBYTES MOST FOLDER` prints one JSON line a bomb; FOLDER keeps them.
"""

import gzip
import json
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import brotli  # type: ignore[import-untyped]
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.settings import Settings

from crawlers import policy, worker
from tests.crawlers.limits import _in_child
from tests.crawlers.reader import make_reader

MEBIBYTE = 1024 * 1024
BLOCK = (b"<p>tin \xc4\x91\xe1\xbb\x93n </p>" * 65_536)[:MEBIBYTE]


def _zlib(wbits: int) -> Callable[[int], Iterator[bytes]]:
    def pack(size: int) -> Iterator[bytes]:
        packer = zlib.compressobj(6, wbits=wbits)
        # after a full flush the packer knows nothing of what went before: every later block is the same bytes
        first = packer.compress(BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
        later = packer.compress(BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
        yield first
        for _ in range(size - 1):
            yield later

    return pack


def _brotli(size: int) -> Iterator[bytes]:
    packer = brotli.Compressor(quality=1)
    zeros = bytes(MEBIBYTE)
    for _ in range(size):
        yield packer.process(zeros)
    yield packer.finish()


def _zstd(size: int) -> Iterator[bytes]:
    # RFC 8878: a frame with a window of 1 MiB, and blocks that repeat one byte 131,072 times
    yield b"\x28\xb5\x2f\xfd\x00\x50"
    blocks = size * 8
    for number in range(blocks):
        head = (131_072 << 3) | (1 << 1) | (number == blocks - 1)
        yield struct.pack("<I", head)[:3] + b"p"


PACKERS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "gzip": _zlib(31),
    "deflate": _zlib(15),
    "raw deflate": _zlib(-15),
    "br": _brotli,
    "zstd": _zstd,
}


@lru_cache(maxsize=6)
def packed(kind: str, size: int, folder: Path) -> bytes:
    """A bomb of so many MiB, made once a folder."""
    path = folder / f"{kind.replace(' ', '-')}-{size}"
    if not path.exists():
        with path.open("wb") as file:
            file.writelines(PACKERS[kind](size))
    return path.read_bytes()


def bombs(size: int, folder: Path) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Name, content encoding and maker of each; the sizes are 1/8 to 1/1 of `size` MiB."""
    for kind in PACKERS:
        label = kind.rpartition(" ")[2]
        for part in (8, 4, 2, 1):
            yield f"{kind} 1/{part}", label, lambda k=kind, p=part: packed(k, size // p, folder)  # type: ignore[misc]
        whole: Callable[[], bytes] = lambda k=kind: packed(k, size, folder)  # type: ignore[misc] # noqa: E731
        yield f"{kind} truncated", label, lambda w=whole: w()[: len(w()) * 2 // 3]  # type: ignore[misc]
        yield f"{kind} trailing bytes", label, lambda w=whole: w() + b"<html>" * 99  # type: ignore[misc]
        yield f"{kind} in gzip", f"{label}, gzip", lambda w=whole: gzip.compress(w(), 1)  # type: ignore[misc]
    gz: Callable[[], bytes] = lambda: packed("gzip", size, folder)  # noqa: E731
    yield "gzip in deflate", "gzip, deflate", lambda: zlib.compress(gz(), 1)
    yield "gzip three times", "gzip, gzip, gzip", lambda: gzip.compress(gzip.compress(gz(), 1), 1)
    yield "gzip in br", "gzip, br", lambda: brotli.compress(gz()[: 4 * MEBIBYTE], quality=1)
    yield "gzip called GZIP", "GZIP", gz
    yield "gzip called x-gzip", "x-gzip", gz
    yield "gzip called deflate", "deflate", gz
    yield "gzip called br", "br", gz
    yield "many members", "gzip", lambda: gzip.compress(BLOCK) * size


def tried(body: bytes, label: str, most: int) -> str:
    """What the downloader's own unpacking makes of a body under the policy's caps."""
    made = policy.settings("Bot", "https://example.vn/bot")
    made["DOWNLOAD_MAXSIZE"] = most
    # all that the middleware asks of a crawler
    signals = SimpleNamespace(connect=lambda *_: None)
    crawler: Any = SimpleNamespace(settings=Settings(made), stats=None, signals=signals)
    middleware = HttpCompressionMiddleware(crawler=crawler)
    response = Response(
        "http://bao.vn/", headers={"Content-Encoding": label, "Content-Type": "text/html"}, body=body
    )
    try:
        answer = middleware.process_response(Request("http://bao.vn/"), response)
    except IgnoreRequest:
        return "refused"
    except Exception as error:
        # the downloader hands it to the spider, which counts a network error
        return f"refused: {type(error).__name__}"
    assert isinstance(answer, Response)
    if len(answer.body) > len(body):
        return f"accepted {len(answer.body)}"
    task = worker.PageTask(answer.body[:20_000], "text/html", "http://bao.vn/")
    return f"left packed: {worker._read_page(task, make_reader()).outcome.value}"


def main(size: int, most: int, folder: Path) -> None:
    """Try each in a child."""
    tried(gzip.compress(b"<p>warm</p>" * 9), "gzip", 2**30)
    tried(brotli.compress(b"<p>warm</p>" * 9), "br", 2**30)
    for name, label, make in bombs(size, folder):
        body = make()
        found = _in_child(name, partial(tried, body, label, most))
        sys.stdout.write(json.dumps(vars(found)) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))

"""W17: no body, header or broken-off request makes a fault, leaves a file behind or stops the server."""

import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from review_ui.forms import MAX_BODY, MAX_FIELDS
from tests.browsing import serving
from tests.promises.webworld import AS_FORM, AS_JSON, SAME_SITE, Header, World, slice_of

EVERY = pytest.mark.parametrize(
    "every", [pytest.param(8, id="reduced"), pytest.param(1, id="full", marks=pytest.mark.release)]
)
MULTIPART = ("content-type", "multipart/form-data; boundary=x")


def part(n: int, content: bytes = b"a") -> bytes:
    """One file of a multipart body."""
    name = f'Content-Disposition: form-data; name="f{n}"; filename="f{n}.png"'.encode()
    return b"--x\r\n" + name + b"\r\nContent-Type: image/png\r\n\r\n" + content + b"\r\n"


# what a body can be besides what its page sends: its headers, its pieces
BODIES: dict[str, tuple[tuple[Header, ...], list[bytes]]] = {
    "too many fields": ((AS_FORM,), ["&".join(f"f{n}=1" for n in range(MAX_FIELDS + 1)).encode()]),
    "ten thousand fields": ((AS_FORM,), [b"a=1&" * 10_000]),
    "only separators": ((AS_FORM,), [b"&;=" * 20_000]),
    "bad percent signs": ((AS_FORM,), [b"text=%%%zz%0&%=%"]),
    "no text": ((AS_FORM,), [b"text=\xff\xfe\x00\xed\xa0\x80"]),
    "too large": ((AS_FORM,), [b"text=" + b"a" * MAX_BODY]),
    "too large in pieces": ((AS_FORM,), [b"text=a" * 1_000] * 50),
    "byte by byte": ((AS_FORM,), [b"a"] * 500),
    "empty": ((AS_FORM,), [b""]),
    "a file": ((MULTIPART,), [part(1) + b"--x--\r\n"]),
    "a thousand files": ((MULTIPART,), [part(n) for n in range(1_000)]),
    "a large file": ((MULTIPART,), [part(1, b"a" * (4 * MAX_BODY))]),
    "a file without end": ((MULTIPART,), [part(1)[:-20]]),
    "no boundary": ((("content-type", "multipart/form-data"),), [part(1)]),
    "deep JSON": ((AS_JSON,), [b'{"text":' + b"[" * 100_000]),
    "huge number": ((AS_JSON,), [b'{"text":' + b"9" * 10_000 + b"}"]),
    "not a number": ((AS_JSON,), [b'{"text":NaN,"receipt":Infinity}']),
    "half a letter": ((AS_JSON,), [b'{"text":"\\ud800","receipt":"\\ud800","reason":"\\udfff"}']),
    "not an object": ((AS_JSON,), [b"[[]]"]),
    "packed": ((AS_FORM, ("content-encoding", "gzip")), [b"\x1f\x8b\x08" + b"\x00" * 100]),
    "no kind": ((), [b"text=x"]),
    "odd kind": ((("content-type", ";;;=,"),), [b"text=x"]),
    "odd charset": ((("content-type", "application/x-www-form-urlencoded; charset=utf-7"),), [b"text=+AAA-"]),
    "wrong length": ((AS_FORM, ("content-length", "-1")), [b"text=x"]),
}


# what some form may take after all: whatever charset is claimed, bytes are read as UTF-8
MAY_FIT = frozenset({"odd charset", "wrong length"})


@pytest.fixture
def waste(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of this test's own, where anything that is spooled would land."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@EVERY
@pytest.mark.usefixtures("waste")
def test_no_body_makes_a_fault_or_leaves_a_file(every: int, shared: World) -> None:
    actors = {route: shared.who_may(route) for route in slice_of(shared.unsafe(), every)}
    shared.call("send_tip", shared.actor(""), shared.good("send_tip"))  # whatever is loaded once is loaded
    before = descriptors()
    for route, me in actors.items():
        headers = [SAME_SITE, ("cookie", f"__Host-kc={me.cookie}"), ("authorization", f"Bearer {me.token}")]
        for name, (more, body) in BODIES.items():
            path, method = shared.path(route), shared.method(route)
            answer = shared.wire.send(method, path, [*headers, *more], body)
            least = 200 if name in MAY_FIT else 400
            assert least <= answer.status < 500, f"{route} {name}: {answer.status}"
            gone = shared.wire.send(method, path, [*headers, *more], body, leaves=True)
            assert gone.status < 500, f"{route} {name}, gone: {gone.status}"
    assert descriptors() <= before + 2


def test_who_goes_away_is_no_fault(shared: World, caplog: pytest.LogCaptureFixture) -> None:
    gone = shared.wire.send("POST", "/gui-tin", [SAME_SITE, AS_FORM], b"text=abc", leaves=True)
    assert gone.status == 0
    assert caplog.records == []


def test_control_a_file_that_is_left_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = descriptors()
    with tempfile.NamedTemporaryFile() as spooled:  # as the common readers of multipart bodies do
        assert descriptors() == before + 1
        assert [one.name for one in tmp_path.iterdir()] == [Path(spooled.name).name]


RAW: dict[str, bytes] = {
    "header of 100 kB": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
    "two thousand headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: a\r\n" * 2_000 + b"\r\n",
    "address of 100 kB": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /gui-tin HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\na",
    "length and chunks": b"POST /gui-tin HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "bad chunk": b"POST /gui-tin HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "half a body": b"POST /gui-tin HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 999\r\n\r\ntext=a",
    "half a header": b"GET / HTTP/1.1\r\nHost: a\r\nX-",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "null in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: a\x00b\r\n\r\n",
    "unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "an upgrade": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "from a proxy": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "bad percent signs": b"GET /%ff%zz%00?q=%ff&%=% HTTP/1.1\r\nHost: a\r\n\r\n",
    "a range": b"GET /tinh/site.css HTTP/1.1\r\nHost: a\r\nRange: bytes=-1,5-2,999999999999999999-\r\n\r\n",
}


def exchange(address: str, sent: bytes, patience_s: float = 0.4) -> bytes:
    """Send bytes to a server and read what comes until it ends or nothing more comes."""
    parts = urlsplit(address)
    got = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as line:
        try:
            line.sendall(sent)
            line.settimeout(patience_s)
            while piece := line.recv(65536):
                got += piece
        except (ConnectionError, TimeoutError):
            return got
    return got


def test_a_real_server_answers_none_of_it_with_a_fault(shared: World) -> None:
    well = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with serving(shared.app) as address:
        assert exchange(address, well, 60).startswith(b"HTTP/1.1 200")
        before = descriptors()
        for name, sent in RAW.items():
            statuses = [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3})", exchange(address, sent))]
            assert all(status < 500 for status in statuses), f"{name}: {statuses}"
        assert exchange(address, well, 60).startswith(b"HTTP/1.1 200")
        assert descriptors() <= before + len(RAW)  # connections that the server has not let go yet

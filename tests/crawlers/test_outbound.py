"""The one module that may send: https to public names alone, no redirect followed, small answers in time."""

import socket
from collections.abc import Iterator

import pytest

from crawlers import lookup, outbound
from crawlers.outbound import OutboundError, refusal, send
from crawlers.urls import Guard
from tests.crawlers.server import Page, Site


@pytest.fixture
def site() -> Iterator[Site]:
    """A local server."""
    with Site().running() as made:
        yield made


def guard(site: Site) -> Guard:
    """A guard with this server as its only local host."""
    return Guard({"may.localhost": ("127.0.0.1", site.port)})


@pytest.mark.parametrize(
    "url",
    [
        "http://toasoan.vn/nhan",
        "ftp://toasoan.vn/nhan",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://may.local/",
        "https://169.254.169.254/latest/meta-data",
        "https://１２７.0.0.1/",
        "https://ai:mat@toasoan.vn/",
        "https://toasoan.vn:8443/",
        "https://www.facebook.com/nhom",
        "https://toasoan.vn/user/ai-do",
        "https://toasoan.vn/a\r\nHost: x",
        "",
    ],
)
def test_what_may_not_be_sent_to_is_refused_before_any_lookup(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", None)
    assert refusal(Guard(), url)
    with pytest.raises(OutboundError):
        send("POST", url, Guard(), body=b"x")


def test_a_public_https_address_may_be_sent_to() -> None:
    assert refusal(Guard(), "https://toasoan.vn/nhan?khoa=1") is None


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.1.2.3"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["169.254.169.254"]]
)
def test_a_name_that_leads_inside_is_never_connected_to(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(lookup.GuardedLookup.__init__, "__defaults__", (lambda *_: answers,))
    connected: list[object] = []
    monkeypatch.setattr(outbound, "_first_that_answers", connected.append)
    with pytest.raises(OutboundError, match="gaierror"):
        send("POST", "https://toasoan.vn/nhan", Guard(), body=b"x")
    assert connected == []


def test_control_a_public_name_is_connected_to_at_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]
    monkeypatch.setattr(lookup.GuardedLookup.__init__, "__defaults__", (lambda *_: answers,))
    connected: list[object] = []

    def refuse(looked_up: object) -> socket.socket:
        connected.append(looked_up)
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound, "_first_that_answers", refuse)
    with pytest.raises(OutboundError, match="ConnectionRefusedError"):
        send("POST", "https://toasoan.vn/nhan", Guard(), body=b"x")
    assert connected == [answers]


def test_one_request_goes_out_as_it_was_given(site: Site) -> None:
    site.put("may.localhost", "/nhan", Page(b"duoc"))
    url = site.url("may.localhost", "/nhan?a=1")
    site.put("may.localhost", "/nhan?a=1", Page(b"duoc"))
    answer = send("POST", url, guard(site), headers={"X-Thu": "1"}, body=b"{}")
    assert (answer.status, answer.body) == (200, b"duoc")
    seen = site.seen[-1]
    assert (seen.method, seen.host.split(":")[0]) == ("POST", "may.localhost")
    sent = {name.lower(): value for name, value in seen.headers.items()}
    assert sent["x-thu"] == "1"
    assert not {"cookie", "referer"} & set(sent)


def test_a_redirect_is_an_answer_and_is_not_followed(site: Site) -> None:
    site.put("may.localhost", "/di", Page(status=302, headers={"Location": "/bi-mat"}))
    assert send("POST", site.url("may.localhost", "/di"), guard(site), body=b"x").status == 302
    assert [seen.path for seen in site.seen] == ["/di"]


def test_a_large_answer_is_cut_off(site: Site) -> None:
    site.put("may.localhost", "/to", Page(b"x" * (outbound.MOST_BYTES + 1)))
    with pytest.raises(OutboundError, match="too large"):
        send("GET", site.url("may.localhost", "/to"), guard(site))


def test_a_slow_answer_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.put("may.localhost", "/cham", Page(b"x" * 200_000))
    monkeypatch.setattr(outbound, "LONGEST_S", -1.0)
    monkeypatch.setattr(outbound, "_connected", lambda url, guard: _plain(site))  # noqa: ARG005
    with pytest.raises(OutboundError):
        send("GET", site.url("may.localhost", "/cham"), guard(site))


def _plain(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=5)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "post"])
def test_no_other_method_is_sent(method: str, site: Site) -> None:
    with pytest.raises(OutboundError, match="GET and POST"):
        send(method, site.url("may.localhost", "/"), guard(site))
    assert site.seen == []


def test_a_local_host_is_local_at_its_own_port_alone(site: Site) -> None:
    with pytest.raises(OutboundError):
        send("GET", "http://may.localhost:1/", guard(site))

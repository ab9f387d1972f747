"""Addresses, names and URLs: what is public, what is ours, what is refused."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import addresses, hosts, urls
from crawlers.lookup import AddrInfo, GuardedLookup, refused_hosts

CLOSED = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 -- an address to refuse
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "100::1",
    "fec0::1",
    "::127.0.0.1",
    "3fff::1",
    "5f00::1",
]
OPEN = [
    "8.8.8.8",
    "1.1.1.1",
    "203.119.8.1",
    "123.30.1.1",
    "14.225.0.1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2402:800::1",
]


@pytest.mark.parametrize("text", CLOSED)
def test_closed_addresses(text: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_open_addresses(text: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_never_more_open_than_the_standard_library(address: addresses.Address) -> None:
    if addresses.is_public(address):
        assert address.is_global
        assert not address.is_private
        assert not address.is_multicast


LOCAL = {"bao.localhost": ("127.0.0.1", 8123)}
GUARD = urls.Guard(LOCAL)
REFUSED = [
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://localhost/",
    "http://localhost./",
    "http://bao.localhost/",
    "http://bao.localhost:81/",
    "http://x.bao.localhost:8123/",
    "http://khac.localhost:8123/",
    "http://bao.vn:8080/",
    "https://bao.vn:80/",
    "http://bao.vn:22/",
    "http://bao.vn:99999/",
    "http://user@bao.vn/",
    "http://u:p@bao.vn/",
    "ftp://bao.vn/",
    "file:///etc/passwd",
    "data:text/html,x",
    "javascript:alert(1)",
    "gopher://bao.vn/",
    "//bao.vn/",
    "bao.vn",
    "http:///x",
    "http://intranet/",
    "http://db.internal/",
    "http://printer.local/",
    "http://8.8.8.8/",
    "http://metadata/",
    "http://bao.vn\\@evil.vn/",
    "http://bao_.vn:80:80/",
    "http://-/",
    "http://..vn/",
    "https://www.facebook.com/x",
    "https://m.facebook.com/",
    "https://zalo.me/1",
    "https://t.me/x",
    "https://youtu.be/x",
    "https://www.youtube.com/@x",
    "https://bao.blogspot.com/",
    "https://bao.wordpress.com/",
    "https://bao.blogspot.com.vn/",
    "https://x.com/a",
    "https://www.tiktok.com/@a",
    "https://bit.ly/x",
    "https://voz.vn/t/1",
]
ALLOWED = [
    "http://bao.localhost:8123/a",
    "http://BAO.localhost:8123/",
    "https://baovinhlong.com.vn/",
    "http://vinhlong.gov.vn/a?b=c",
    "https://bao.vn:443/",
    "http://bao.vn:80/",
    "https://xn--bo-vit-nam-0qb.vn/",
    "https://tiếng-việt.vn/",
    "https://bao.vn./",
]


@pytest.mark.parametrize(
    "url", [*REFUSED, "http://bao.vn/a b", "http://bao.vn/\x00", "http://bao.vn/" + "a" * 3000]
)
def test_refused_urls(url: str) -> None:
    assert GUARD.refusal(url), url


@pytest.mark.parametrize("url", ALLOWED)
def test_allowed_urls(url: str) -> None:
    assert GUARD.refusal(url) is None, url


@given(st.text(max_size=80))
def test_no_text_crashes_the_guard_or_the_normal_form(text: str) -> None:
    GUARD.refusal(text)
    GUARD.refusal("http://" + text)
    normal = urls.normalise("http://" + text)
    assert urls.normalise(normal) == normal or not normal
    assert len(urls.key("http://" + text, b"k")) == 64


def test_a_site_must_be_registered() -> None:
    sites = {"baovinhlong.com.vn"}
    assert GUARD.refusal("https://media.baovinhlong.com.vn/a", sites) is None
    assert GUARD.refusal("https://baovinhlong.com.vn.evil.vn/a", sites)
    assert GUARD.refusal("https://notbaovinhlong.com.vn/a", sites)
    assert GUARD.refusal("https://bao.vn/a", ())


def test_sites_follow_the_public_suffix_list() -> None:
    assert hosts.site_of("soyte.vinhlong.gov.vn") == "vinhlong.gov.vn"
    assert hosts.site_of("a.b.bao.vn") == "bao.vn"
    assert hosts.site_of("bao.localhost") == "bao.localhost"


@pytest.mark.parametrize(
    "path", ["/@ai-do", "/user/1", "/groups/2", "/profile.php", "/tac-gia/minh", "/~minh"]
)
def test_personal_paths(path: str) -> None:
    assert hosts.is_personal_path(path)
    assert not hosts.is_personal_path("/tin-tuc/nhom-user")


def test_one_key_for_the_many_forms_of_an_address() -> None:
    forms = [
        "https://bao.vn/a?x=1&y=2",
        "http://www.bao.vn/a?y=2&x=1",
        "https://bao.vn/a/?x=1&y=2#top",
        "https://BAO.vn:443/a?x=1&y=2",
        "https://bao.vn/a?x=1&utm_source=z&y=2&fbclid=q",
        "https://bao.vn/a;jsessionid=AB12?x=1&y=2",
    ]
    assert len({urls.key(form, b"secret") for form in forms}) == 1
    assert urls.key(forms[0], b"secret") != urls.key(forms[0], b"other secret")
    assert urls.key("https://bao.vn/a?sid=1", b"k") != urls.key("https://bao.vn/a?sid=2", b"k")


def test_plain_and_percent_encoded_spellings_are_one() -> None:
    encoded = "https://bao.vn/tin/b%C3%A3o-s%E1%BB%91-9?tu%E1%BA%A7n=m%E1%BB%99t%20hai"
    assert urls.normalise("https://bao.vn/tin/bão-số-9?tuần=một hai") == encoded
    assert urls.normalise(encoded) == encoded
    assert GUARD.refusal(encoded) is None


def answers(*found: str) -> Callable[..., AddrInfo]:
    def lookup(_: str, port: int, *__: int) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return lookup


def test_the_resolver_refuses_a_name_with_one_closed_address() -> None:
    assert GuardedLookup(LOCAL, answers("8.8.8.8", "1.1.1.1"))("bao.vn", 443)
    for mixed in (["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "::1"], ["169.254.169.254", "8.8.8.8"]):
        refused_hosts.clear()
        with pytest.raises(socket.gaierror):
            GuardedLookup(LOCAL, answers(*mixed))("bao.vn", 443)
        assert refused_hosts == {"bao.vn"}


@pytest.mark.parametrize("name", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "::1", "0"])
def test_the_real_resolver_sees_through_odd_spellings(name: str) -> None:
    with pytest.raises(socket.gaierror):
        GuardedLookup({})(name, 80)


def test_a_local_host_has_one_address_and_one_port() -> None:
    lookup = GuardedLookup({"bao.localhost": ("127.0.0.1", 8123)})
    assert {answer[4] for answer in lookup(b"bao.localhost", 8123)} == {("127.0.0.1", 8123)}
    with pytest.raises(socket.gaierror):
        lookup("bao.localhost", 22)

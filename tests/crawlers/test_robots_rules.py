"""What an answer to /robots.txt means, without a server."""

import pytest
from protego import Protego

from crawlers.robots import ALLOW_ALL, READ_BYTES, rules


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599, 301, 302, 307, 100])
def test_unreachable_forbids(status: int) -> None:
    assert rules(status, b"User-agent: *\nAllow: /\n") is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_unavailable_allows(status: int) -> None:
    assert rules(status, b"User-agent: *\nDisallow: /\n") == ALLOW_ALL


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>login</html>", ""),
        (b"  \n<!DOCTYPE html>", "text/plain"),
        (b"User-agent: *\nAllow: /", "text/html; charset=utf-8"),
        (b"\xef\xbb\xbf<!doctype html>", ""),
        (b"U\x00s\x00e\x00r\x00", "text/plain"),
        (b"<?xml version='1.0'?>", ""),
    ],
)
def test_what_is_no_robots_txt_forbids(body: bytes, kind: str) -> None:
    assert rules(200, body, kind) is None


def test_the_first_500_kib_count_and_a_cut_line_does_not() -> None:
    body = b"User-agent: *\nDisallow: /a\n" + b"#" * (READ_BYTES - 40) + b"\nDisallow: /bcd\n"
    parsed = Protego.parse(rules(200, body) or "")
    assert not parsed.can_fetch("http://h/a", "Bot")
    assert parsed.can_fetch("http://h/b", "Bot")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_and_encodings(line_end: str) -> None:
    text = line_end.join(["User-agent: *", "Disallow: /kín", ""])
    for body in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        parsed = Protego.parse(rules(200, body, "text/plain") or "")
        assert not parsed.can_fetch("http://h/k%C3%ADn", "Bot")
        assert parsed.can_fetch("http://h/khac", "Bot")

"""W18: no address that somebody hands in leads a browser away from the site."""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import pytest

from pipeline import accounts, second_factor
from review_ui.routes import sign_in as door
from review_ui.sessions import COOKIE
from tests.promises.webworld import AS_FORM, HOST, SAME_SITE, Actor, Reply, World
from tests.review_ui.house import PASSWORD

BAD = (
    "https://evil.example/",
    "http://evil.example",
    "//evil.example",
    "///evil.example/%2f..",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\r/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x01//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "https://desk.test@evil.example/",
    "https://desk.test.evil.example/",
    "//desk.test@evil.example/ban-lam-viec",
    "//evil.example\\@desk.test/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/ban-lam-viec\r\nLocation: https://evil.example/",
    "/ban-lam-viec/..//evil.example",
    "/.//evil.example",
    "/%5cevil.example",
    "//%65vil.example",
    "?ve=//evil.example",
    "／／evil.example",
)


def leads_to(location: str) -> str:
    """The host where a browser ends up: it drops tabs and line ends and turns backslashes (WHATWG URL)."""
    plain = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33)))).replace("\\", "/")
    if re.match(r"(?i)https?:", plain):
        plain = re.sub(r"(?i)^(https?):/*", r"\1://", plain)
    elif re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", plain):
        return plain
    elif plain.startswith("//"):
        plain = "https://" + plain.lstrip("/")
    else:
        return HOST
    return urlsplit(plain).hostname or ""


def asked(world: World, bad: str, an: Actor) -> dict[str, Reply]:
    """The answers of every place that goes back to an address."""
    signing_in = {"username": "an", "password": PASSWORD, "back": bad}
    return {
        "the page of the door": world.wire.send("GET", f"/dang-nhap?ve={quote(bad, safe='')}"),
        "signing in": world.call("sign_in", world.actor(""), signing_in),
        "the language": world.call("choose_language", an, {"lang": "en", "ve": bad}),
        "a page that asks to sign in": world.wire.send("GET", f"/ban-lam-viec?{quote(bad, safe='')}"),
        "an odd path": world.wire.send("GET", bad if bad.startswith("/") and bad.isprintable() else "/"),
    }


def asked_too(world: World, bad: str, an: Actor) -> dict[str, Reply]:
    """The answers of places that are given an address, or a part of one, and do not go back to it."""
    named, cookie = quote(bad, safe=""), ("cookie", f"{COOKIE}={an.cookie}")
    leaving = world.actor("binh")
    as_leaving = [SAME_SITE, AS_FORM, ("cookie", f"{COOKIE}={leaving.cookie}")]
    return {
        "the other service": world.wire.send("GET", f"/dang-nhap/dich-vu?ve={named}"),
        "a draft": world.call("save_draft", an, {"opinion": "", "ve": bad}),
        "a review": world.call("review_claim", an, {"opinion": "", "ve": bad}),
        "the queue": world.call("save_view", an, {"name": "x", "query": bad}),
        "a claim": world.wire.send("GET", f"/ban-lam-viec/{world.waiting}?ve={named}", [cookie]),
        "another host": world.wire.send("GET", "/ban-lam-viec", [("host", "evil.example")]),
        "signing out": world.wire.send(
            "POST", f"/dang-xuat?lang={named}", as_leaving, f"token={leaving.csrf}".encode()
        ),
    }


def followed(world: World, bads: Sequence[str], *, everywhere: bool = False) -> list[str]:
    """Every bad address that an answer leads or links to."""
    found = []
    an = world.actor("an")
    for bad in bads:
        answers = asked(world, bad, an) | (asked_too(world, bad, an) if everywhere else {})
        for place, answer in answers.items():
            where = answer.headers.get("location", "")
            if leads_to(where) != HOST or "\n" in where or "\r" in where:
                found.append(f"{place} {bad!r}: {where}")
            kept = re.findall(r'name="back" value="([^"]+)"', answer.text)
            if kept:
                found.append(f"{place} {bad!r}: keeps {kept}")
            if answer.status >= 500:
                found.append(f"{place} {bad!r}: {answer.status}")
    return found


@pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=pytest.mark.release)])
def test_no_bad_address_is_followed(everywhere: bool, shared: World) -> None:
    assert len(BAD) >= 25
    assert len([one for one in BAD if leads_to(one) != HOST]) >= 20
    assert followed(shared, BAD, everywhere=everywhere) == []


def test_nor_after_the_second_step(shared: World) -> None:
    desk, person = shared.desk, shared.staff["kiem"]
    secret = second_factor.begin(desk, person.id)
    import pyotp

    codes = second_factor.confirm(desk, person.id, pyotp.TOTP(secret).at(desk.clock()))
    for bad, code in zip(BAD[::4], codes, strict=False):
        ticket = second_factor.ticket(desk, person)
        answer = shared.call("sign_in_code", shared.actor(""), {"ticket": ticket, "code": code, "back": bad})
        assert answer.status == 303
        assert answer.headers["location"] == "/ban-lam-viec"
    accounts.reset_factor(desk, "kiem")


def test_control_a_check_of_the_first_letter_alone_is_noticed(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "safe_back", lambda path: path if path.startswith("/") else None)
    found = followed(shared, BAD[2:6])
    assert [line for line in found if line.startswith("signing in")]

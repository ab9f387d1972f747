"""The sign-in over an OpenID Connect service, through the pages: the same browser, another, hostile ones."""

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI

from models.errors import UsageError
from models.vocabulary import Role
from pipeline import second_factor
from pipeline.compose import Desk, build
from pipeline.settings import load
from review_ui.app import create_app
from tests.pipeline.provider import CLIENT, HOST, Provider, running
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import SITE, Answer, Browser, MovingClock, add_staff, words

START = "/dang-nhap/dich-vu"
BACK = "/dang-nhap/dich-vu/ve"
DESK = "/ban-lam-viec"
COOKIE = "__Host-kc-oidc"


@pytest.fixture
def provider(moving: MovingClock) -> Iterator[Provider]:
    """The organisation's service."""
    with running(int(moving().timestamp())) as made:
        yield made


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, moving: MovingClock, provider: Provider) -> Iterator[Desk]:
    """A desk that trusts the service, with an analyst and an admin."""
    flags = {"database.url": sqlite_url, "paths.var": str(tmp_path / "var"), "web.public_url": SITE}
    flags |= {"oidc.issuer": provider.issuer, "oidc.client_id": CLIENT}
    local = {HOST: ("127.0.0.1", provider.port)}
    made = build(load(environ={}, flags=flags), clock=moving, local_hosts=local, migrated=False)
    add_staff(made, "an", Role.ANALYST)
    add_staff(made, "quan", Role.ADMIN)
    yield made
    made.close()


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """The app of the desk."""
    return create_app(desk)


def come_back(browser: Browser, provider: Provider, started: Answer) -> Answer:
    """What the browser does once the service lets it in."""
    given = provider.let_in(started.headers["location"])
    return browser.get(f"{BACK}?state={given['state']}&code={given['code']}&iss={given['iss']}")


def test_there_and_back_again(browse: OpenBrowser, provider: Provider) -> None:
    browser = browse()
    assert "tài khoản của cơ quan" in words(browser.get("/dang-nhap"))
    started = browser.get(f"{START}?ve=/khang-nghi")
    assert started.status_code == 303
    kept = started.headers["set-cookie"]
    flags = {part.strip().lower() for part in kept.split(";")[1:]}
    assert flags == {"httponly", "secure", "samesite=lax", "path=/", "max-age=600"}
    done = come_back(browser, provider, started)
    assert (done.status_code, done.headers["location"]) == (303, "/khang-nghi")
    assert browser.get(DESK).status_code == 200
    assert browser.client.cookies.get(COOKIE) is None


def test_a_return_address_opens_nothing_twice_and_nothing_elsewhere(
    browse: OpenBrowser, provider: Provider
) -> None:
    browser, thief = browse(), browse()
    started = browser.get(START)
    given = provider.let_in(started.headers["location"])
    address = f"{BACK}?state={given['state']}&code={given['code']}"
    assert thief.get(address).status_code == 422  # another browser has no cookie of it
    cookie = browser.client.cookies[COOKIE]
    assert browser.get(address).status_code == 303
    thief.client.cookies.set(COOKIE, cookie, domain="desk.test")
    again = provider.let_in(started.headers["location"])
    assert thief.get(f"{BACK}?state={again['state']}&code={again['code']}").status_code == 422
    assert thief.get(DESK).status_code == 303


def test_a_second_factor_of_ones_own_is_asked_for(
    browse: OpenBrowser, desk: Desk, provider: Provider, moving: MovingClock
) -> None:
    from pipeline import accounts

    with desk.reading() as session:
        staff = accounts.named(session, "an")
    assert staff is not None
    totp = pyotp.TOTP(second_factor.begin(desk, staff.id))
    second_factor.confirm(desk, staff.id, totp.at(moving()))
    browser = browse()
    asked = come_back(browser, provider, browser.get(START))
    assert asked.status_code == 200
    assert "Sáu chữ số" in words(asked)
    assert browser.get(DESK).status_code == 303


@pytest.mark.parametrize("name", ["ai-do", "", "AN"])
def test_who_has_no_account_learns_nothing(name: str, browse: OpenBrowser, provider: Provider) -> None:
    provider.name = name
    browser = browse()
    answer = come_back(browser, provider, browser.get(START))
    assert answer.status_code == 422
    assert "không xác nhận tài khoản nào" in words(answer)
    assert "__Host-kc=" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "query", ["", "?state=x", "?error=access_denied", "?state=&code=", "?state=%00&code=%00"]
)
def test_an_answer_that_nobody_asked_for_is_refused(query: str, browse: OpenBrowser) -> None:
    browser = browse()
    browser.get(START)
    assert browser.get(BACK + query).status_code == 422


def test_a_service_that_does_not_answer_is_told_without_a_trace(
    browse: OpenBrowser, provider: Provider
) -> None:
    provider.discovery = {"issuer": "https://ke-khac.vn"}
    answer = browse().get(START)
    assert answer.status_code == 422
    assert "ke-khac" not in answer.text


def test_the_service_is_not_asked_more_than_sixty_times_a_minute(browse: OpenBrowser) -> None:
    browser = browse()
    browser.get(START)
    answers = [browser.get(f"{BACK}?state=x").status_code for _ in range(62)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_a_desk_with_a_wrong_setting_does_not_start(sqlite_url: str, tmp_path: Path) -> None:
    flags = {
        "database.url": sqlite_url,
        "paths.var": str(tmp_path / "var"),
        "oidc.issuer": "https://127.0.0.1",
    }
    desk = build(load(environ={}, flags=flags), migrated=False)
    with pytest.raises(UsageError, match=r"oidc\.issuer"):
        create_app(desk)
    desk.close()

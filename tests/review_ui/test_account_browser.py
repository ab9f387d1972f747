"""The second factor in a real Chromium: by keyboard, without JavaScript, on a phone, open to everybody."""

import os
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from models.desk import Staff
from pipeline import subscriptions, tokens
from pipeline.compose import Desk
from tests.browsing import PATIENCE_MS, follow, follow_key, serving
from tests.review_ui.house import PASSWORD, MovingClock

pytestmark = pytest.mark.browser

TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}
PHOTOS = os.environ.get("KIEMCHUNG_TEST_PHOTOS", "")


def looked_at(page: Page, name: str) -> None:
    """No page is wider than the phone; a picture is kept where one was asked for."""
    assert not page.evaluate(TOO_WIDE), name
    if PHOTOS:
        page.screenshot(path=str(Path(PHOTOS) / f"{name}.png"), full_page=True)


def sign_in(page: Page, address: str, username: str) -> None:
    """The first step, by keyboard."""
    page.goto(f"{address}/dang-nhap")
    page.fill("#username", username)
    page.press("#username", "Tab")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    follow_key(page)


def test_set_up_and_sign_in_by_keyboard_without_script_on_a_phone(
    app: FastAPI, desk: Desk, staff: dict[str, Staff], moving: MovingClock, chromium: Chromium
) -> None:
    subscriptions.add(
        desk, "https://toasoan-co-ten-mien-that-dai.example.vn/nhan-dinh-chinh", staff["quan"].id
    )
    tokens.make(desk, staff["quan"].id, "đọc hàng đợi cho bảng điện tử ở ủy ban xã", 30)
    object.__setattr__(desk.settings, "values", {**desk.settings.values, "web.public_url": ""})
    with serving(app) as address:
        phone = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        phone.set_default_timeout(PATIENCE_MS)
        page = phone.new_page()
        sign_in(page, address, "quan")
        assert page.url.endswith("/tai-khoan")
        page.goto(f"{address}/tai-khoan-cua-toi")
        page.get_by_role("button", name="Cài mã xác thực").focus()
        follow_key(page)
        secret = page.locator(".receipt code").inner_text()
        assert page.locator(".qr-frame svg").bounding_box() is not None
        totp = pyotp.TOTP(secret.replace(" ", ""))
        page.focus("#code")
        page.keyboard.type(totp.at(moving()))
        follow_key(page)
        assert page.locator(".recovery-codes li").count() == 10
        page.get_by_role("button", name="Đăng xuất", exact=True).focus()
        follow_key(page)
        assert page.url.endswith("/dang-nhap")
        moving.forward(seconds=30)
        sign_in(page, address, "quan")
        page.focus("#code")
        page.keyboard.type(totp.at(moving()))
        follow_key(page)
        assert page.url.endswith("/tai-khoan")
        phone.close()
        moving.forward(seconds=60)
        _look_everywhere(chromium, address, totp, moving)


def _look_everywhere(chromium: Chromium, address: str, totp: pyotp.TOTP, moving: MovingClock) -> None:
    """Every page of it: as wide as a phone at most, nothing for axe to find, in the dark too."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sign_in(page, address, "quan")
    found = _violations(page, "code")
    page.fill("#code", totp.at(moving()))
    follow_key(page)
    assert page.url.endswith("/tai-khoan")
    for name in ("tai-khoan-cua-toi", "bang-quyen", "nguoi-nhan", "tai-khoan"):
        page.goto(f"{address}/{name}")
        found += _violations(page, name)
    other = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    other.set_default_timeout(PATIENCE_MS)
    sign_in(other, address, "chi")
    assert other.url.endswith("/ban-lam-viec")
    other.goto(f"{address}/tai-khoan-cua-toi")
    follow(other, "text=Cài mã xác thực >> nth=-1")
    expect(other.locator(".qr-frame")).to_be_visible()
    found += _violations(other, "factor")
    if PHOTOS:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{address}/tai-khoan-cua-toi")
        page.screenshot(path=str(Path(PHOTOS) / "wide.png"), full_page=True)
    other.context.close()
    context.close()
    assert found == []


def _violations(page: Page, name: str) -> list[str]:
    looked_at(page, name)
    answer = Axe().run(page, options=OPTIONS).response
    return [f"{name}: {one['id']} at {one['nodes'][0]['target'][0]}" for one in answer["violations"]]

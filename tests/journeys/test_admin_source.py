"""An administrator adds a source on its page: looked at, added, tried, switched on with a reason."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from demo import content
from models.vocabulary import Role
from pipeline import accounts
from pipeline.demo import local_hosts, sample_sites
from pipeline.settings import load
from review_ui.app import create_app
from tests.browsing import serving
from tests.conftest import NOW
from tests.journeys.conftest import PASSWORD, House, Visit, Visitor
from tests.rules.conftest import make_desk

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[House]:
    """A desk with an empty registry that can reach the sample publishers."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    (folder / "sources.toml").touch()
    with sample_sites() as port:
        made = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, lambda: NOW)
        flags = {
            **made.settings.values,
            "sources.file": str(folder / "sources.toml"),
            "crawl.contact_url": "https://desk.example.vn/bot",
        }
        desk = replace(made, settings=load(environ={}, flags=flags), local_hosts=local_hosts(port))
        staff = {"quan": accounts.add(desk, "quan", Role.ADMIN, PASSWORD).id}
        with serving(create_app(desk)) as address:
            yield House(desk, address, staff, f"http://{content.publishers()['benh-vien'].host}:{port}/")
        desk.close()


def pressed(admin: Visitor, name: str) -> None:
    """A button is pressed and the page after it has come."""
    # several pages of the publisher are fetched politely in a process of its own
    with admin.page.expect_navigation(wait_until="load"):
        admin.page.get_by_role("button", name=name, exact=True).click()


def test_an_admin_adds_a_source_on_a_page(house: House, visit: Visit) -> None:
    admin, reader = visit(width=360), visit(width=360, script=False)
    admin.sign_in("quan", lands=lambda url: "/dang-nhap" not in url)
    admin.go("/nguon/suc-khoe")
    with admin.page.expect_navigation(wait_until="load"):
        admin.page.get_by_role("link", name="Thêm nguồn").click()
    admin.page.fill("#url", "https://www.facebook.com/trang-tin")
    pressed(admin, "Dò các mục đọc được")
    expect(admin.page.get_by_role("alert")).to_contain_text("mạng xã hội")

    admin.page.fill("#url", house.slug)
    pressed(admin, "Dò các mục đọc được")
    expect(admin.page.locator("#muc input[type=checkbox]").first).to_be_checked()
    admin.page.fill("#name", "Bệnh viện của tỉnh")
    admin.page.fill("#source-id", "benh-vien")
    admin.page.select_option("#kind", "health")
    assert admin.page.evaluate("document.scrollingElement.scrollWidth") <= 360
    pressed(admin, "Thêm, để tắt")
    expect(admin.page.locator("h1")).to_have_text("Bệnh viện của tỉnh")
    reader.go("/nguon")
    assert "Bệnh viện của tỉnh" not in reader.text, "it is off until the admin switches it on"

    pressed(admin, "Đọc thử")
    expect(admin.page.locator("main [role=status]")).to_contain_text("đọc được")
    admin.page.fill("#reason", "Đã mở trang, đúng là của bệnh viện.")
    pressed(admin, "Bật nguồn")
    expect(admin.page.get_by_role("button", name="Tắt nguồn")).to_be_visible()
    assert "Đã mở trang, đúng là của bệnh viện." in admin.text
    assert admin.page.evaluate("document.scrollingElement.scrollWidth") <= 360
    reader.go("/nguon")
    assert "Bệnh viện của tỉnh" in reader.text
    admin.go("/nhat-ky/noi-bo")
    assert "bật nguồn" in admin.text

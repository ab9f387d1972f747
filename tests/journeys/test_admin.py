"""An administrator adds a source and a colleague, sees both at work, and has no say in what is decided."""

import pytest

from crawlers.registry import EntrySpec, SourceSpec
from models.vocabulary import EntryKind, SourceKind
from pipeline import registering
from tests.journeys.conftest import House, Visit

pytestmark = pytest.mark.browser

HOME = "https://bao-moi-cua-tinh.vn/"


def _added(house: House) -> None:
    """What `kiemchung sources add` does once the site has been read and the question answered with yes."""
    house.desk.settings.path("sources.file").touch()
    entry = EntrySpec(EntryKind.FEED, f"{HOME}rss")
    spec = SourceSpec("bao-moi", "Báo Mới Của Tỉnh", SourceKind.NEWSPAPER, HOME, True, True, (entry,))
    registering.add(house.desk, spec, read=True)


def test_an_admin_adds_a_source_and_a_colleague(house: House, visit: Visit) -> None:
    admin, reader = visit(), visit(width=360, script=False)
    reader.go("/nguon")
    assert "Báo Mới Của Tỉnh" not in reader.text
    _added(house)
    admin.sign_in("quan", lands=lambda url: "/dang-nhap" not in url)
    admin.go("/nguon/suc-khoe")
    admin.follow('main a[href="/nguon/suc-khoe/bao-moi"]')
    assert "Báo Mới Của Tỉnh" in admin.page.inner_text("h1")
    reader.go("/nguon")
    assert "Báo Mới Của Tỉnh" in reader.text

    admin.go("/tai-khoan")
    admin.page.fill('main form[action="/tai-khoan"] input[name="username"]', "hoa")
    admin.page.select_option('main form[action="/tai-khoan"] select[name="role"]', "analyst")
    admin.follow('main form[action="/tai-khoan"] button.primary')
    assert "hoa" in admin.page.inner_text("main")
    # runs the desk, and has no part in what it decides
    admin.go("/ban-lam-viec")
    assert admin.page.locator("main [data-open]").count() == 0

"""A reader of Khmer on a device without Khmer letters: the site brings them, and to nobody else."""

import pytest

from tests.journeys.conftest import House, Visit

pytestmark = pytest.mark.browser

PAGES = ("/", "/gui-tin", "/dinh-chinh/{slug}")
# whether the letters that the style sheet names were fetched
DRAWN = """async () => {
    document.body.getBoundingClientRect();  // laid out: only then are letters asked for
    await document.fonts.ready;
    const faces = [...document.fonts].filter(face => face.family.includes('Site Khmer'));
    return faces.map(face => face.status);
}"""


def test_khmer_pages_bring_their_letters_in_three_requests(house: House, visit: Visit) -> None:
    phone = visit(width=360)
    for path in PAGES:
        phone.page.context.clear_cookies()
        phone.go(f"{path.format(slug=house.slug)}?lang=km")
        assert phone.page.evaluate(DRAWN) == ["loaded"], path
        sent = [url for url, _ in phone.loaded]
        assert len(sent) <= 3, (path, sent)
        assert phone.page.evaluate("document.scrollingElement.scrollWidth") <= 360, path
    # the same style sheet, and no letters that nobody reads there
    for path in ("/", "/?lang=en"):
        phone.go(path)
        assert phone.page.evaluate(DRAWN) == ["unloaded"], path

"""The page of replays: shows what a job has kept, trains nothing, and says which command to run."""

import sys

import pytest

from models.desk import Staff
from pipeline import replays
from pipeline.compose import Desk
from pipeline.replays import DESK, TABLE, Kept
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import words

PAGE = "/mo-hinh/chay-lai"


def result(desk: Desk, name: str = "", **more: object) -> Kept:
    """Two runs of a small queue."""
    runs = [
        {
            "n": 40,
            "positives": 10,
            "seed": seed,
            "curve": [[2, 1], [20, 9], [40, 10]],
            "read_at": {"80": 0.4, "90": 0.5 + seed / 100, "95": 0.75},
            "wss_at": {"80": 0.4, "90": 0.4, "95": 0.2},
            "stop": {"at": 0.625, "recall": 0.9, "claimed_low": 0.875},
        }
        for seed in (0, 4)
    ]
    return Kept(**(vars(replays.summed(runs, name, "none", desk.clock())) | more))


@pytest.mark.parametrize(
    ("who", "status"), [("chi", 200), ("an", 200), ("kiem", 200), ("quan", 403), (None, 303)]
)
def test_who_may_read_it(who: str | None, status: int, staff: dict[str, Staff], browse: OpenBrowser) -> None:
    assert staff
    page = browse(who).get(PAGE)
    assert page.status_code == status
    if status == 200:  # nothing has been replayed yet
        assert "kiemchung simulate --desk --seeds 5" in page.text
        assert "<img" not in page.text


def test_it_shows_curve_table_stops_and_seeds(
    desk: Desk, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    assert staff
    own = result(desk, really=[[0, 0], [1, 1]], really_at={"80": 0.8, "90": 0.925, "95": 0.95})
    replays.keep(desk.settings, DESK, own)
    replays.keep(desk.settings, TABLE, result(desk, "<b>bảng.csv"))
    page = browse("chi").get(PAGE)
    said = words(page)
    for shown in ("52,0%", "50,0% – 54,0%", "92,5%", "62,5%", "87,5%", "hạt giống 0, 4", "40 điều"):
        assert shown in said, shown
    assert page.text.count("<img") == 4
    assert "&lt;b&gt;bảng.csv" in page.text
    assert "style=" not in page.text.replace("data:image", "").split("<main")[1].split('src="')[0]
    assert 'href="/mo-hinh/chay-lai"' in browse("chi").get("/mo-hinh").text


def test_a_page_never_trains(
    desk: Desk, staff: dict[str, Staff], browse: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert staff
    replays.keep(desk.settings, DESK, result(desk))
    monkeypatch.setitem(sys.modules, "classify.learner", None)  # importing it would fail
    assert browse("an").get(PAGE).status_code == 200

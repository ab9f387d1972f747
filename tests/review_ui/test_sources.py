"""The pages of the sources' health: what they tell, to whom, and that the picture agrees with its table."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from models import counters
from models.gathered import EntryPoint, Source
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline.compose import Desk
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import add_source

BAR = re.compile(r'<rect class="habit-bar[^"]*" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"')
pytestmark = pytest.mark.usefixtures("staff")


def fill(desk: Desk) -> str:
    source = add_source(desk, "bao-tinh")
    today = local_day(desk.clock())
    with desk.sessions.begin() as session:
        for ago in range(28):
            n = 2 if ago < 7 else 10
            counters.bump(session, source, today - timedelta(days=ago), Outcome.NOT_OURS, n)
        counters.bump(session, source, today, Outcome.KEPT, 1)
        counters.bump(session, source, today, Outcome.BLOCKED, 3)
    return source


def test_a_source_has_a_page_with_its_habit_and_what_to_do(browse: OpenBrowser, desk: Desk) -> None:
    source = fill(desk)
    page = browse("quan").get(f"/nguon/suc-khoe/{source}")
    assert page.status_code == 200
    assert '<span class="tag tag-quiet">ít tin</span>' in page.text
    assert "<dd>2,1</dd>" in page.text
    assert "<dd>10,0</dd>" in page.text
    assert "Ít hơn hẳn thói quen" in page.text
    assert "Nên làm:" in page.text
    assert "bị chặn 3" in page.text
    bars = re.findall(
        r'<rect class="habit-bar[^"]*" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', page.text
    )
    assert len(bars) == 28
    assert {height for _, height in bars} == {"120.0", "24.0", "36.0"}
    assert all(float(top) + float(height) == 120 for top, height in bars), "every bar stands on the line"
    assert page.text.count('<td data-label="Bài">10</td>') == 21


def test_a_failing_source_says_why_and_when_it_is_tried_again(browse: OpenBrowser, desk: Desk) -> None:
    source = add_source(desk)
    with desk.sessions.begin() as session:
        entry = session.scalars(select(EntryPoint)).one()
        entry.failures, entry.last_outcome = 4, Outcome.CERTIFICATE
        entry.next_due = desk.clock() + timedelta(hours=3)
    reader = browse("quan")
    page = reader.get(f"/nguon/suc-khoe/{source}").text
    assert "không đọc được" in page
    assert "chứng thư bảo mật của nguồn sai hoặc đã hết hạn" in page
    assert "Không bỏ qua chứng thư" in page
    assert "Sẽ thử lại lúc" in page
    listed = reader.get("/nguon/suc-khoe").text
    assert f'href="/nguon/suc-khoe/{source}"' in listed
    assert '<span class="tag tag-failing">không đọc được</span>' in listed


def test_a_source_that_is_off_or_was_never_read_has_a_page_too(browse: OpenBrowser, desk: Desk) -> None:
    source = add_source(desk)
    with desk.sessions.begin() as session:
        session.scalars(select(EntryPoint)).one().last_success = None
    reader = browse("quan")
    assert "Nguồn chưa được đọc lần nào." in reader.get(f"/nguon/suc-khoe/{source}").text
    with desk.sessions.begin() as session:
        session.get_one(Source, source).enabled = False
    assert "sources enable" in reader.get(f"/nguon/suc-khoe/{source}").text
    assert reader.get("/nguon/suc-khoe/khong-co").status_code == 404

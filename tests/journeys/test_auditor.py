"""An auditor's week: labels the independent draw blind and by key, reads the log, and decides nothing."""

import pytest
from sqlalchemy import func, select

from models.audits import AuditLabel, AuditTask
from models.weeks import iso_week
from pipeline import independent, sampling
from tests.browsing import keys_count
from tests.conftest import NOW
from tests.journeys.conftest import House, Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def drawn(house: House) -> int:
    """This week's claims, drawn; gives how many there are to label."""
    for number in range(3):
        house.claim(f"Uống nước lá số {number} là khỏi bệnh tiểu đường")
    sampling.draw(house.desk, iso_week(NOW))
    independent.draw(house.desk, iso_week(NOW))
    with house.desk.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditTask)) or 0


def test_a_week_is_labelled_by_key_alone(house: House, visit: Visit, drawn: int) -> None:
    assert drawn > 0
    auditor = visit()
    auditor.sign_in("kiem")
    auditor.go("/kiem-toan")
    for _ in range(drawn):
        # blind: neither the score nor how it came to be drawn
        assert "Điểm" not in auditor.page.inner_text("main")
        keys_count(auditor.page)  # a key pressed before the eye has reached the next claim is no label
        auditor.follow_key("1")
    assert auditor.page.locator("main form").count() == 0
    with house.desk.reading() as session:
        kept = session.scalars(select(AuditLabel.staff_id)).all()
    assert kept == [house.staff["kiem"]] * drawn

    auditor.go("/nhat-ky/noi-bo")
    assert auditor.page.locator("main tbody tr").count() > 0
    auditor.go("/nhat-ky")
    assert auditor.page.locator("main code").count() > 0
    # reads every claim and has no say in any
    auditor.go("/ban-lam-viec")
    auditor.follow("main [data-open]")
    assert auditor.page.locator('input[name="opinion"]').count() == 0

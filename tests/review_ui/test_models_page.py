"""The registry's pages: a card and a reliability diagram in words too, a trial, and who gave the labels."""

import pytest

from models.desk import ModelMetric, ModelVersion, Staff
from models.vocabulary import ModelKind, ModelState, Rating
from pipeline import modelbox
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.verdicts import settle
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import words


@pytest.fixture
def model(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> int:
    """A candidate with a diagram of two points, whose file is taken on trust."""
    monkeypatch.setattr(modelbox, "validate", lambda folder, sha256: None)  # noqa: ARG005
    kept = {
        "held_auc": 0.91,
        "reliability_0_chance": 0.2,
        "reliability_0_share": 0.25,
        "reliability_0_n": 40.0,
    }
    with desk.sessions.begin() as session:
        made = ModelVersion(
            kind=ModelKind.RANK,
            sha256="a" * 64,
            data_sha256="b" * 64,
            state=ModelState.CANDIDATE,
            n_labels=60,
            created_at=NOW,
        )
        session.add(made)
        session.flush()
        session.add_all(
            [ModelMetric(model_id=made.id, name=name, value=value) for name, value in kept.items()]
        )
        return made.id


def test_a_model_has_a_card_and_a_diagram_that_can_be_read(
    model: int, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    assert staff
    assert model == 1
    page = browse("kiem").get("/mo-hinh")
    said = words(page)
    assert "AUC 0.910" in said
    assert "0,25" in said
    assert page.text.count('class="reliability-point"') == 1
    assert "reliability_0" not in said
    assert "/mo-hinh/chay-thu" not in page.text  # an auditor decides nothing
    assert "style=" not in page.text


def test_a_lead_tries_a_model_and_ends_the_trial(
    model: int, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    assert staff
    lead, analyst = browse("chi"), browse("an")
    assert analyst.post("/mo-hinh/chay-thu", {"model_id": str(model)}).status_code == 403
    assert lead.post("/mo-hinh/chay-thu", {"model_id": str(model)}).status_code == 303
    assert "Đang chạy thử" in words(lead.get("/mo-hinh"))
    again = lead.post("/mo-hinh/chay-thu", {"model_id": str(model)})
    assert again.status_code == 409
    assert "ngừng chạy thử trước" in words(again)
    assert lead.post("/mo-hinh/ngung-thu", {}).status_code == 303
    assert "Đang chạy thử" not in words(lead.get("/mo-hinh"))


@pytest.mark.parametrize(("who", "status"), [("chi", 200), ("kiem", 200), ("an", 403), ("quan", 403)])
def test_leads_and_auditors_see_who_gave_the_labels(
    who: str, status: int, desk: Desk, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    settle(desk, "phà nghỉ chạy đến hết tháng", Rating.TRUE, (staff["an"].id, staff["binh"].id))
    page = browse(who).get("/mo-hinh/nguoi-gan-nhan")
    assert page.status_code == status
    assert ("Nhãn đang dạy máy" in words(page)) == (status == 200)

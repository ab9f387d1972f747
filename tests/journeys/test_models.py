"""A lead puts a candidate to work and takes it back; an auditor reads, and can do neither."""

from pathlib import Path

import pytest

from models.desk import ModelMetric, ModelVersion
from models.vocabulary import ModelKind, ModelState
from pipeline import modelbox
from tests.conftest import NOW
from tests.journeys.conftest import House, Visit

pytestmark = pytest.mark.browser


def _nothing_wrong(folder: Path, sha256: str) -> None:
    """The file's own checks have their own tests: here is no file."""


@pytest.fixture
def candidate(house: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """A model that passed its gates."""
    monkeypatch.setattr(modelbox, "validate", _nothing_wrong)
    with house.desk.sessions.begin() as session:
        model = ModelVersion(
            kind=ModelKind.RANK,
            sha256="a" * 64,
            data_sha256="b" * 64,
            state=ModelState.CANDIDATE,
            n_labels=60,
            created_at=NOW,
        )
        session.add(model)
        session.flush()
        session.add(ModelMetric(model_id=model.id, name="auc", value=0.87))
        return model.id


@pytest.mark.usefixtures("candidate")
def test_a_lead_promotes_a_model_and_takes_it_back(visit: Visit) -> None:
    lead, auditor = visit(), visit()
    auditor.sign_in("kiem")
    auditor.go("/mo-hinh")
    assert "Chờ người duyệt" in auditor.text
    assert auditor.page.locator("main form").count() == 0

    lead.sign_in("chi")
    lead.go("/mo-hinh")
    assert "0,870" in lead.text
    lead.tab_to('form[action="/mo-hinh/dua-vao-dung"] button')
    lead.follow_key()
    assert lead.page.locator('form[action="/mo-hinh/quay-lai"]').count() == 1
    assert "chi duyệt" in lead.text
    auditor.go("/mo-hinh")
    assert "chi duyệt" in auditor.text

    lead.tab_to('form[action="/mo-hinh/quay-lai"] button')
    lead.follow_key()
    assert lead.page.locator('form[action="/mo-hinh/quay-lai"]').count() == 0
    lead.go("/nhat-ky/noi-bo")
    assert lead.text.index("quay lại mô hình trước") < lead.text.index("đưa mô hình vào dùng")

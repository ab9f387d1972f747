"""Each kind of row at the edge of its term: the last day that it is kept, and the day after."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, delete, func, select, text, update

from models import retention
from models.claims import Claim, KnownClaim
from models.decisions import Appeal, Correction, CorrectionText
from models.editing import CorrectionDraft
from models.gathered import FrontierPage, Item, Mention, Tip
from models.sealed import SealedTip
from models.searching import ClaimWord
from models.session import make_engine, make_sessions
from models.vocabulary import ClaimState
from models.weeks import ZONE
from models.workbench import Draft
from tests.models import sown

TODAY = sown.DAY
_TRIGGERS = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
Values = Callable[[int], Mapping[str, Any]]


def table_of(model: Any) -> Table:  # noqa: ANN401 -- any mapped class
    found: Table = model.__table__
    return found


@pytest.fixture(scope="module")
def sown_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> bytes:
    """Two rows in every table, none over age; all claims are decided and answered."""
    path = tmp_path_factory.mktemp("sown") / "desk.sqlite"
    path.write_bytes(sqlite_template)
    made = make_engine(f"sqlite:///{path}")
    sown.sow(made)
    with made.begin() as connection:
        for table in (Claim, Item, Mention, Tip, FrontierPage, SealedTip, Appeal):
            for column in table_of(table).columns:
                if column.type.python_type is date:
                    connection.execute(update(table).values({column.name: TODAY}))
        connection.execute(update(Tip).values(answered_day=None))
        connection.execute(update(Claim).values(state=ClaimState.DECIDED))
    made.dispose()
    return path.read_bytes()


@pytest.fixture
def engine(tmp_path: Path, sown_template: bytes) -> Iterator[Engine]:
    """A copy of the sown desk for one test."""
    path = tmp_path / "desk.sqlite"
    path.write_bytes(sown_template)
    made = make_engine(f"sqlite:///{path}")
    yield made
    made.dispose()


def erased(engine: Engine) -> dict[str, int]:
    with make_sessions(engine).begin() as session:
        return {kind: n for kind, n in retention.erase(session, TODAY).items() if n}


def give(engine: Engine, model: Any, values: Values) -> None:  # noqa: ANN401 -- any mapped class
    """Set columns of a table's first row to what `values(0)` says and of its second to `values(1)`."""
    table = table_of(model)
    key = next(iter(table.primary_key.columns))
    with engine.begin() as connection:
        keys = list(connection.scalars(select(key).order_by(key)))
        assert len(keys) == sown.ROWS
        for late, one in enumerate(keys):
            connection.execute(update(table).where(key == one).values(values(late)))


def count(engine: Engine, model: Any) -> int:  # noqa: ANN401 -- any mapped class
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def midnight(days: int, seconds: int) -> datetime:
    """So many days ago at midnight where the desk is, and some seconds after."""
    local = datetime.combine(days_ago(days), time(), ZONE)
    return local.astimezone(UTC) + timedelta(seconds=seconds)


def test_nothing_young_goes(engine: Engine) -> None:
    assert erased(engine) == {}


def test_the_terms_are_those_of_the_rule() -> None:
    assert (retention.UNFLAGGED_DAYS, retention.QUEUED_DAYS, retention.ANSWERED_TIP_DAYS) == (30, 180, 30)
    assert (retention.SEALED_TIP_DAYS, retention.FRONTIER_DAYS) == (90, 30)
    assert (retention.DRAFT_DAYS, retention.CORRECTION_DRAFT_DAYS) == (14, 14)


@pytest.mark.parametrize(
    ("model", "values", "counted"),
    [
        (FrontierPage, lambda late: {"seen_day": days_ago(30 + late)}, "frontier_page"),
        (SealedTip, lambda late: {"day": days_ago(90 + late)}, "sealed_tip"),
        (Tip, lambda late: {"day": days_ago(180 + late)}, "tip"),
        (Tip, lambda late: {"answered_day": days_ago(30 + late)}, "tip"),
        (Draft, lambda late: {"saved_at": midnight(14, -late)}, "draft"),
        (CorrectionDraft, lambda late: {"saved_at": midnight(14, -late)}, "correction_draft"),
    ],
    ids=["frontier", "sealed", "tip", "answered tip", "draft", "correction draft"],
)
def test_a_row_is_kept_on_its_last_day_and_gone_the_day_after(
    engine: Engine,
    model: Any,  # noqa: ANN401 -- any mapped class
    values: Values,
    counted: str,
) -> None:
    give(engine, model, values)
    assert erased(engine)[counted] == 1
    assert count(engine, model) == 1
    assert erased(engine) == {}


def test_an_item_goes_with_its_answered_tip_and_otherwise_when_nothing_is_kept_of_it(engine: Engine) -> None:
    give(engine, Tip, lambda late: {"answered_day": days_ago(30 + late)})
    assert erased(engine) == {"tip": 1}
    assert (count(engine, Item), count(engine, Mention)) == (1, 1)
    with engine.begin() as connection:
        connection.execute(update(Item).values(day=days_ago(31)))
    assert erased(engine) == {}, "a mention is kept of it"
    with engine.begin() as connection:
        connection.execute(delete(Mention))
        connection.execute(update(Item).values(day=days_ago(30)))
    assert erased(engine) == {}
    with engine.begin() as connection:
        connection.execute(update(Item).values(day=days_ago(31)))
    assert erased(engine) == {"item": 1}


@pytest.mark.parametrize("claim", [None, "decided", "closed"])
def test_mentions_of_no_claim_or_of_an_old_settled_one_go_after_thirty_days(
    engine: Engine, claim: str | None
) -> None:
    if claim is None:
        give(engine, Mention, lambda late: {"claim_id": None, "day": days_ago(30 + late)})
    else:
        # all are old: the claim's own last day decides
        give(engine, Mention, lambda _: {"day": days_ago(31)})
        give(engine, Claim, lambda late: {"state": claim, "last_day": days_ago(30 + late)})
    assert erased(engine)["mention"] == 1


def test_mentions_of_an_open_claim_stay_with_it(engine: Engine) -> None:
    give(engine, Mention, lambda _: {"day": days_ago(31)})
    give(engine, Claim, lambda _: {"state": ClaimState.QUEUED, "last_day": days_ago(31)})
    assert "mention" not in erased(engine)
    # and a young mention of an old settled claim stays as well
    give(engine, Claim, lambda _: {"state": ClaimState.DECIDED, "last_day": days_ago(31)})
    give(engine, Mention, lambda late: {"day": days_ago(30 + late)})
    assert erased(engine)["mention"] == 1


@pytest.mark.parametrize(
    ("state", "days", "counted"),
    [
        (ClaimState.NEW, 30, "claim_unflagged"),
        (ClaimState.QUEUED, 180, "claim_queued"),
        (ClaimState.SECOND, 180, "claim_queued"),
        (ClaimState.THIRD, 180, "claim_queued"),
        (ClaimState.AGREED, 180, "claim_queued"),
        (ClaimState.CLOSED, 30, "claim_closed"),
    ],
)
def test_an_undecided_claim_goes_by_its_state(
    engine: Engine, state: ClaimState, days: int, counted: str
) -> None:
    with engine.begin() as connection:
        for name in ("appeal", "correction_text", "correction", "verdict"):
            for trigger in connection.scalars(_TRIGGERS, {"name": name}).all():
                connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
            connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608 -- the names above
    give(engine, Claim, lambda late: {"state": state, "last_day": days_ago(days + late)})
    assert erased(engine)[counted] == 1
    assert count(engine, Claim) == 1


def test_the_words_of_an_appeal_go_and_the_appeal_stays(engine: Engine) -> None:
    give(engine, Appeal, lambda late: {"received_day": days_ago(180 + late)})
    assert erased(engine) == {"appeal_words": 1}
    assert erased(engine) == {}
    with engine.connect() as connection:
        assert sorted(map(bool, connection.scalars(select(Appeal.reason)))) == [False, True]


def test_of_an_old_answered_claim_the_desks_own_words_are_left(engine: Engine) -> None:
    give(engine, Claim, lambda late: {"last_day": days_ago(180 + late)})
    words = count(engine, ClaimWord)
    found = erased(engine)
    assert found["claim_text"] == 1
    said = select(CorrectionText.said).join(Correction).where(Correction.claim_id == Claim.id).limit(1)
    with engine.connect() as connection:
        texts = connection.execute(select(Claim.text, said.scalar_subquery()).order_by(Claim.id)).all()
    assert texts[0][0] != texts[0][1]
    assert texts[1][0] == texts[1][1]
    assert count(engine, ClaimWord) == words - 1
    assert "claim_text" not in erased(engine)
    # one that an appeal has opened again keeps its words, and is not erased
    give(
        engine, Claim, lambda _: {"state": ClaimState.QUEUED, "last_day": days_ago(400), "text": "nguyên văn"}
    )
    assert not {"claim_text", "claim_queued"} & set(erased(engine))


def test_the_oldest_day_of_each_kind_is_told(engine: Engine) -> None:
    models: dict[str, Any] = {
        "frontier_page": FrontierPage,
        "item": Item,
        "tip": Tip,
        "sealed_tip": SealedTip,
    }
    for number, model in enumerate(models.values()):
        column = "seen_day" if model is FrontierPage else "day"
        give(engine, model, partial(_older, column, number))
    with make_sessions(engine)() as session:
        known = session.scalar(select(func.min(KnownClaim.imported_day)))
        expected = {name: days_ago(number) for number, name in enumerate(models)}
        assert retention.oldest(session) == {**expected, "known_claim": known}
    assert known is not None


def _older(column: str, number: int, late: int) -> dict[str, date]:
    """The second row is a day older than the first: so many days ago."""
    return {column: days_ago(number - 1 + late)}

"""`kiemchung seeds` as a user calls it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from models.errors import ConflictError, NotFoundError, UsageError
from pipeline.cli import console
from pipeline.cli import seeds as commands
from pipeline.compose import Desk
from tests.pipeline.conftest import hire
from tests.pipeline.sown import QUARTER, REWORDED, known_false, settled_seeds


@pytest.fixture(autouse=True)
def _this_desk(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the desk of the test, whose clock stands still."""

    @contextmanager
    def given(_context: object) -> Iterator[Desk]:
        yield sqlite_desk

    monkeypatch.setattr(console, "desk", given)


def call(*arguments: str) -> str:
    result = CliRunner().invoke(commands.app, list(arguments))
    if result.exception is not None:
        raise result.exception
    return result.output


def test_list_shows_the_quarter_and_what_a_seed_can_be_made_of(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    public_id = known_false(sqlite_desk, people)
    settled_seeds(sqlite_desk, 9, 10, people.kiem)
    answer = json.loads(call("list", "--json"))
    assert (answer["quarter"], answer["goal"], answer["made"], answer["settled"]) == (QUARTER, 100, 10, 10)
    assert answer["recognised"] is None  # under eleven
    assert answer["strata"] == {"score-50-80": 10}
    assert [one["claim"] for one in answer["candidates"]] == [public_id]
    settled_seeds(sqlite_desk, 2, 2, people.kiem)
    assert json.loads(call("list", "--json"))["recognised"] == 11
    plain = call("list")
    assert "2026-Q4: 12 of 100 made, 0 waiting" in plain
    assert "settled: 12, recognised: 11" in plain
    assert "  settled in score-50-80: 12" in plain
    assert public_id in plain


def test_an_empty_desk_is_told_what_is_missing() -> None:
    assert "no claim to make a seed from" in call("list")


def test_add_makes_one_and_tells_nothing_that_leads_to_it(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    public_id = known_false(sqlite_desk, people)
    given = ("add", "--claim", public_id, "--text", REWORDED, "--by", "kiem")
    assert json.loads(call(*given, "--json")) == {"quarter": QUARTER, "made": 1, "goal": 100}
    with pytest.raises(ConflictError, match="no seed can be made"):
        call(*given)


@pytest.mark.parametrize(
    ("text", "by", "error"),
    [
        (REWORDED, "nobody", NotFoundError),
        (REWORDED, "an", ConflictError),
        ("Hôm nay trời đẹp quá", "kiem", UsageError),
    ],
)
def test_what_is_wrong_is_told(sqlite_desk: Desk, text: str, by: str, error: type[Exception]) -> None:
    public_id = known_false(sqlite_desk, hire(sqlite_desk))
    with pytest.raises(error):
        call("add", "--claim", public_id, "--text", text, "--by", by)

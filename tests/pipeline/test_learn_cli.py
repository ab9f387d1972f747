"""The commands that try a model out and that withdraw somebody's labels."""

from pathlib import Path

import pytest

from pipeline import labels as labelling
from pipeline import learning
from pipeline.compose import Desk
from tests.pipeline.cli import kiemchung
from tests.pipeline.conftest import hire
from tests.pipeline.verdicts import decide_many

WHY = ("--reason", "đã đối chiếu, nhiều nhãn bị lật")


@pytest.fixture
def place(sqlite_desk: Desk) -> tuple[str, ...]:
    """Where the commands find a desk with a few verdicts of four people."""
    people = hire(sqlite_desk)
    decide_many(sqlite_desk, [people.an, people.binh, people.chi, people.dung], n=8)
    settings = sqlite_desk.settings
    return ("--database", settings.database_url, "--var", str(settings.path("paths.var")))


def test_one_reviewers_labels_are_withdrawn_and_put_back(
    sqlite_desk: Desk, place: tuple[str, ...], tmp_path: Path
) -> None:
    def run(code: int, *words: str) -> None:
        # sixteen verdicts train nothing: what the decision itself does is the subject
        kiemchung(tmp_path, *place, "train", *words[:-1]).refused(code, words[-1])

    def taught() -> int:
        with sqlite_desk.reading() as session:
            return len(labelling.gather(session))

    assert taught() == 16
    run(2, "--without-reviewer", "an", *WHY, "--by")
    run(1, "--without-reviewer", "an", "--by", "binh", *WHY, "only a lead")
    assert taught() == 16  # control: nobody decided it
    run(1, "--without-reviewer", "an", "--by", "chi", *WHY, "8 different labels so far")
    assert taught() == 8
    run(1, "--with-reviewer", "an", "--by", "dung", *WHY, "16 different labels so far")
    assert taught() == 16


def test_a_candidate_is_put_on_trial_and_taken_off(
    sqlite_desk: Desk, place: tuple[str, ...], tmp_path: Path
) -> None:
    with sqlite_desk.reading() as session:
        leads = labelling.gather(session)
    people = sorted({one.reviewer for one in leads})
    decide_many(sqlite_desk, people, n=32, seed=3)
    made = learning.train(sqlite_desk)
    assert made.refusal is None

    def run(*words: str) -> object:
        return kiemchung(tmp_path, *place, "models", "canary", *words, "--json").json()["model"]

    assert run() is None
    kiemchung(tmp_path, *place, "models", "canary", str(made.id)).refused(2, "--by")
    kiemchung(tmp_path, *place, "models", "canary", str(made.id), "--by", "an").refused(1, "only a lead")
    assert run(str(made.id), "--by", "chi") == made.id
    assert run("--end", "--by", "dung") is None
    kiemchung(tmp_path, *place, "models", "canary", "--end", "--by", "chi").refused(1, "no model is on trial")

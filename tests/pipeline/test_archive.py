"""Whole-archive work: the same as the stages do, in parts, going on where it was killed."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from bench.crowded import Words
from classify.encoder import NoEncoder
from models import due
from models.claims import Claim
from models.desk import AuditEntry
from models.errors import ConflictError, KiemChungError
from models.gathered import Mention
from models.vocabulary import ClaimState
from pipeline import archive, archivejobs
from pipeline.cli.main import app
from pipeline.compose import Desk, build
from pipeline.ranking import rank
from pipeline.run import shared
from pipeline.settings import load
from tests.conftest import NOW
from tests.pipeline.test_stages import known, put_mention

N = 30
SEEN = ("mention", "claim", "claim_reason", "claim_match", "claim_word")


def fill(desk: Desk, n: int = N) -> None:
    """Mentions that the stages have been through, and a few known claims."""
    words = Words(5)
    said = [words.sentence() for _ in range(4)]
    for one in said:
        known(desk, one, "false")
    for at in range(n):
        put_mention(desk, said[at % 4] if at % 5 == 0 else words.sentence(), source=f"bao-{at % 3}")
    shared(desk)
    archive.run(desk, archivejobs.rescore(desk), workers=0)


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matching by words alone: the encoder takes a second to load."""
    monkeypatch.setattr("pipeline.vectors.encoder_of", lambda _: NoEncoder())


@pytest.fixture
def filled(sqlite_desk: Desk) -> Desk:
    fill(sqlite_desk)
    return sqlite_desk


def seen(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """All that whole-archive work may touch, row by row."""
    with desk.engine.connect() as connection:
        return {
            table: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}"))), key=repr)  # noqa: S608
            for table in SEEN
        }


def spoil(desk: Desk, *, matches: bool = False) -> None:
    """As an older model and an older index would have left the desk."""
    with desk.sessions.begin() as session:
        session.execute(update(Mention).values(check_score=0.125))
        session.execute(update(Claim).values(score=0.5, priority=0.5))
        session.execute(text("DELETE FROM claim_reason"))
        session.execute(text("DELETE FROM claim_word"))
        if matches:
            session.execute(text("UPDATE claim_match SET score = 0.3"))


def all_of(desk: Desk) -> None:
    for job in (archivejobs.rematch, archivejobs.rescore, archivejobs.reindex):
        archive.run(desk, job(desk), workers=0)


def test_it_ends_as_the_stages_left_the_desk(filled: Desk) -> None:
    before = seen(filled)
    assert before["claim_match"]
    assert before["claim_word"]
    spoil(filled, matches=True)
    assert seen(filled) != before
    all_of(filled)
    rank(filled)  # matches were others than before, so those claims wait to be scored
    assert seen(filled) == before
    with filled.reading() as session:
        assert set(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "archive"))) == {
            "archive:rescore",
            "archive:rematch",
            "archive:reindex",
        }


def test_a_second_time_changes_nothing(filled: Desk) -> None:
    first = archive.run(filled, archivejobs.rescore(filled), workers=0)
    assert (first.done, first.resumed) == (N + len(seen(filled)["claim"]), False)
    before = seen(filled)
    again = archive.run(filled, archivejobs.rescore(filled), workers=0)
    assert (again.counts["mentions"], again.resumed) == (0, False)
    assert seen(filled) == before


def _killed_after(parts: int, url: str, var: str, made: str) -> None:
    """Run the work in this process and kill it after so many parts."""
    desk = opened(url, var)
    write, left = archive._write, [parts]

    def counting(*given: Any) -> archive.State:  # noqa: ANN401
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return write(*given)

    archive._write = counting  # type: ignore[assignment]
    archivejobs.MENTIONS, archivejobs.CLAIMS, archivejobs.MATCHED = 4, 3, 3
    archive.run(desk, getattr(archivejobs, made)(desk), workers=0)


def opened(url: str, var: str) -> Desk:
    flags = {"database.url": url, "paths.var": var}
    return build(load(environ={}, flags=flags), clock=lambda: NOW)


@pytest.mark.parametrize(
    "parts", [3, pytest.param(1, marks=pytest.mark.release), pytest.param(9, marks=pytest.mark.release)]
)
def test_killed_half_way_it_goes_on_and_ends_the_same(filled: Desk, parts: int) -> None:
    before = seen(filled)
    spoil(filled)
    url, var = filled.settings.text("database.url"), str(filled.settings.path("paths.var"))
    spawn = multiprocessing.get_context("spawn")
    child = spawn.Process(target=_killed_after, args=(parts, url, var, "rescore"))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    with filled.reading() as session:
        half = archive.state(session, "rescore")
    assert half is not None
    assert not half.finished
    assert 0 < half.done < N + len(before["claim"])
    report = archive.run(filled, archivejobs.rescore(filled), workers=0)
    assert report.resumed
    assert report.done == N + len(before["claim"])
    found = seen(filled)
    assert (found["mention"], found["claim_reason"]) == (before["mention"], before["claim_reason"])


def test_control_work_that_forgets_how_far_it_was_does_it_twice(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_keep", lambda *_, **__: None)
    for _ in range(2):
        whole = archive.run(filled, archivejobs.reindex(filled), workers=0)
        assert (whole.resumed, archive.begin(filled, archivejobs.reindex(filled))[1]) == (False, False)
    with filled.reading() as session:
        assert archive.state(session, "reindex") is None, "nothing to go on from"


def test_what_it_was_begun_with_has_to_be_the_same(filled: Desk) -> None:
    archive.begin(filled, archivejobs.rematch(filled))
    known(filled, "Uống nước lá đu đủ chữa khỏi sốt xuất huyết", "false")
    with pytest.raises(ConflictError, match="begun with another set of known claims; --restart begins anew"):
        archive.run(filled, archivejobs.rematch(filled), workers=0)
    report = archive.run(filled, archivejobs.rematch(filled), workers=0, restart=True)
    assert not report.resumed


def test_a_later_call_takes_the_work_over(filled: Desk) -> None:
    job = archivejobs.reindex(filled)
    first, _ = archive.begin(filled, job)
    report = archive.run(filled, archivejobs.reindex(filled), workers=0)
    assert report.resumed
    with filled.reading() as session:
        rows = job.steps[0].read(session, 0, 3)
    with pytest.raises(ConflictError, match="another call of this command has taken over"):
        archive._write(filled, job, job.steps[0], first, rows, [[1]] * len(rows))
    assert [1] not in [list(one) for one in seen(filled)["claim_word"]]


def test_grouping_begins_anew_each_time(filled: Desk) -> None:
    archive.begin(filled, archivejobs.recluster(filled))
    assert not archive.run(filled, archivejobs.recluster(filled), workers=0).resumed


def twin(desk: Desk) -> tuple[int, int]:
    """Split a claim in two that say the same; gives the earlier and the later."""
    with desk.sessions.begin() as session:
        session.execute(update(Claim).values(state=ClaimState.NEW, flagged=False))
        earlier = session.scalars(select(Claim).order_by(Claim.id).limit(1)).one()
        later = session.scalars(select(Claim).order_by(Claim.id.desc()).limit(1)).one()
        later.text = f"{earlier.text}!"
        return earlier.id, later.id


def test_new_claims_that_say_the_same_are_joined_only_when_told(filled: Desk) -> None:
    earlier, later = twin(filled)
    before = seen(filled)
    counted = archive.run(filled, archivejobs.recluster(filled), workers=0)
    assert counted.counts["would be joined"] >= 1
    assert seen(filled) == before
    archive.run(filled, archivejobs.recluster(filled, apply=True), workers=0)
    with filled.reading() as session:
        assert session.get(Claim, later) is None
        assert session.get_one(Claim, earlier).n_mentions == len(mentions_of(session, earlier)) >= 2
        assert len(session.scalars(select(Mention.id)).all()) == N


def mentions_of(session: Session, claim_id: int) -> list[int]:
    return list(session.scalars(select(Mention.id).where(Mention.claim_id == claim_id)))


@pytest.mark.parametrize("state", [ClaimState.QUEUED, ClaimState.SECOND, ClaimState.DECIDED])
def test_what_somebody_has_looked_at_never_moves(filled: Desk, state: ClaimState) -> None:
    _, later = twin(filled)
    with filled.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id == later).values(state=state))
        mine = mentions_of(session, later)
    archive.run(filled, archivejobs.recluster(filled, apply=True), workers=0)
    with filled.reading() as session:
        assert session.get(Claim, later) is not None
        assert mentions_of(session, later) == mine


def test_a_claim_that_changed_since_it_was_read_is_left_to_the_stage(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = archive._write

    def late(desk: Desk, job: archive.Job, step: archive.Step, *rest: Any) -> archive.State:  # noqa: ANN401
        if step.name == "claims":
            with desk.sessions.begin() as session:
                session.execute(update(Claim).where(Claim.id == 1).values(n_tips=40))
        return write(desk, job, step, *rest)

    monkeypatch.setattr(archive, "_write", late)
    with filled.sessions.begin() as session:
        score = session.get_one(Claim, 1).score
    report = archive.run(filled, archivejobs.rescore(filled), workers=0)
    assert report.counts["left to the stages"] == 1
    with filled.reading() as session:
        claim = session.get_one(Claim, 1)
        assert (claim.ranked, claim.score) == (0, score)
        assert due.generation(session, "rank") > 0


def test_where_no_scheduler_answers_it_says_so(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.archivecluster.TIMEOUT_S", 0.5)
    with pytest.raises(KiemChungError, match=r"^--dask tcp://127.0.0.1:1: no Dask scheduler answers there"):
        archive.run(filled, archivejobs.reindex(filled), dask="tcp://127.0.0.1:1")


@pytest.mark.release
def test_processes_of_a_local_cluster_do_the_same(filled: Desk) -> None:
    before = seen(filled)
    spoil(filled)
    for job in (archivejobs.rescore, archivejobs.reindex):
        archive.run(filled, job(filled), workers=2)
    assert seen(filled) == before


def test_the_command_says_what_it_did_and_how_far_it_is(filled: Desk, tmp_path: Path) -> None:
    runner = CliRunner()
    at = ["--database", filled.settings.text("database.url"), "--var", str(tmp_path / "var")]
    told = runner.invoke(app, [*at, "archive", "status"])
    assert (told.exit_code, told.output) == (0, f"rescore: ended, {2 * N - 2} rows looked at\n")
    told = runner.invoke(app, [*at, "archive", "reindex", "--workers", "0"])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("reindex: ")
    told = runner.invoke(app, [*at, "archive", "status"])
    assert "reindex: ended" in told.output

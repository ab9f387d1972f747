"""F4: told to stop anywhere, `run`, `worker` and `serve` end cleanly; a second signal ends them at once."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from models import audit
from models.claims import Claim
from models.desk import JobRun
from models.gathered import Mention
from pipeline import worker
from tests.pipeline.cli import environment
from tests.promises import walk
from tests.promises.forge import Forge, Order, Told, forge
from tests.promises.test_f01_path_kills import is_whole, looking
from tests.promises.walk import Plan

LONGEST_S = 30
"""What a clean stop may take."""
COMMANDS = {"run": ["run"], "worker": ["worker"]}


@pytest.fixture(scope="module")
def smithy(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[Forge]:
    """One forge for all tests of this module, with what the stages need loaded."""
    folder = tmp_path_factory.mktemp("forge")
    (folder / "desk.db").write_bytes(sqlite_template)
    with forge() as running:
        plan = filled(f"sqlite:///{folder / 'desk.db'}", folder)
        running.order(Order(plan, ["stages"], here=True))
        yield running


@pytest.fixture
def plan(database_url: str, tmp_path: Path) -> Plan:
    """A desk on each database in turn with something to do for every stage."""
    return filled(database_url, tmp_path)


@pytest.fixture
def sqlite_plan(sqlite_url: str, tmp_path: Path) -> Plan:
    """The same on SQLite alone."""
    return filled(sqlite_url, tmp_path)


def filled(url: str, folder: Path) -> Plan:
    made = Plan(url, str(folder), pages=4, tips=3)
    walk.found(made)
    walk.walk(made, ["gather", "tips"], (), walk.void)
    return made


def told_to_stop(
    smithy: Forge, plan: Plan, command: str, nth: int, *, signals: int = 1
) -> tuple[Told, float]:
    """A command that gets SIGTERM at its nth statement; how it ended, and after how many seconds."""
    started = time.monotonic()
    base = ["--database", plan.database, "--var", f"{plan.folder}/var"]
    order = Order(
        plan, [], nth=nth, point="after a statement", signals=signals, argv=base + COMMANDS[command]
    )
    return smithy.order(order), time.monotonic() - started


def clean(plan: Plan) -> None:
    """Nothing is held, half done or broken."""
    assert is_whole(plan)
    with looking(plan) as session:
        held = select(func.count()).where(JobRun.job == worker.JOB, JobRun.finished_at.is_(None))
        assert session.scalar(held) == 0, "a turn that was stopped is not under way"
        assert audit.verify(session).ok
    output = (Path(plan.folder) / "stderr").read_text()
    assert "Traceback" not in output


def stops(smithy: Forge, plan: Plan, command: str, places: int, chance: random.Random) -> None:
    for _ in range(places):
        told, seconds = told_to_stop(smithy, plan, command, chance.randint(1, 90))
        assert told.code == 0
        assert seconds < LONGEST_S
        clean(plan)
        again(plan)
    # whatever was left is done by the next
    walk.walk(plan, ["stages"], (), walk.void)
    with looking(plan) as session:
        assert session.scalar(select(func.count()).where(Mention.claim_id.is_(None))) == 0
        assert session.scalar(select(func.count()).where(Claim.score.is_(None))) == 0


def again(plan: Plan) -> None:
    """The stages find everything to do once more."""
    desk = walk.opened(plan).desk
    with desk.sessions.begin() as session:
        session.execute(update(Mention).values(claim_id=None))
        session.query(Claim).delete()
        session.query(JobRun).where(JobRun.job == worker.JOB).delete()
    desk.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stop_in_any_place_is_clean(smithy: Forge, sqlite_plan: Plan, command: str) -> None:
    stops(smithy, sqlite_plan, command, 3, random.Random(5))


@pytest.mark.release
@pytest.mark.parametrize("command", COMMANDS)
def test_a_stop_in_23_places_of_each_on_each_database(smithy: Forge, plan: Plan, command: str) -> None:
    stops(smithy, plan, command, 23, random.Random(6))


def test_a_second_signal_ends_it_at_once(smithy: Forge, sqlite_plan: Plan) -> None:
    told, _ = told_to_stop(smithy, sqlite_plan, "worker", 40, signals=2)
    assert told.code == -signal.SIGTERM
    assert is_whole(sqlite_plan)


def test_without_a_handler_a_worker_leaves_its_turn_taken(smithy: Forge, sqlite_plan: Plan) -> None:
    order = Order(sqlite_plan, ["turn"], point="after a statement", nth=40, signals=1)
    assert smithy.order(order).code == -signal.SIGTERM
    with pytest.raises(AssertionError, match="a turn that was stopped"):
        clean(sqlite_plan)


@pytest.mark.release
@pytest.mark.parametrize("seed", range(8))
def test_serve_stops_cleanly_at_any_time(sqlite_plan: Plan, seed: int) -> None:
    plan = sqlite_plan
    command = [sys.executable, "-m", "pipeline.cli.main", "--database", plan.database]
    command += ["--var", f"{plan.folder}/var", "serve", "--port", "0"]
    with (
        (Path(plan.folder) / "stderr").open("w") as errors,
        subprocess.Popen(
            command, cwd=plan.folder, env=environment(), stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline(), "it did not start"
        time.sleep(random.Random(seed).uniform(0, 6))
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST_S) == 0
        assert time.monotonic() - started < LONGEST_S
    clean(plan)

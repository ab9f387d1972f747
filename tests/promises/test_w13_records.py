"""W13: every action of staff has its record in the log, in the same transaction, kill -9 included."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import audit
from models.access import StaffToken
from models.decisions import Appeal, Review
from models.desk import AuditEntry, Staff
from models.session import make_engine, make_sessions
from models.vocabulary import Opinion, Role
from pipeline import accounts, decisions, publishing, subscriptions, tokens
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.promises import webworld
from tests.promises.webworld import World
from tests.review_ui.house import EVIDENCE, PASSWORD, MovingClock, add_claim, make_desk

Act = Callable[[World, random.Random], None]
KILLED = 10


def make_account(world: World, chance: random.Random) -> None:
    accounts.add(world.desk, f"nguoi-{chance.getrandbits(60):x}", Role.ANALYST, PASSWORD, by=1)


def demote(world: World, chance: random.Random) -> None:
    accounts.change_role(world.desk, "binh", chance.choice([Role.ANALYST, Role.AUDITOR]), by=1)


def close(world: World, _: random.Random) -> None:
    accounts.disable(world.desk, "binh", by=1)


def reset(world: World, _: random.Random) -> None:
    accounts.reset(world.desk, "binh", PASSWORD, by=1)


def make_token(world: World, _: random.Random) -> None:
    kiem = world.staff["kiem"].id
    with world.desk.reading() as session:
        open_ones = tokens.listed(session, kiem)
    if len(open_ones) > 5:
        tokens.revoke(world.desk, kiem, open_ones[0].id)
    else:
        tokens.make(world.desk, kiem, "chương trình", 1)


def subscribe(world: World, chance: random.Random) -> None:
    with world.desk.reading() as session:
        rows = subscriptions.listed(session)
    if len(rows) > 5:
        subscriptions.remove(world.desk, rows[0].row.id, 1)
    else:
        subscriptions.add(world.desk, f"https://bao-{chance.getrandbits(40):x}.vn/moi", 1)


def review(world: World, chance: random.Random) -> None:
    claim = add_claim(world.desk, "Một câu để xem", source_id=world.source)
    given = ReviewInput(chance.choice([Opinion.FALSE, Opinion.UNPROVEN]), "Đã đọc thông báo.", [EVIDENCE])
    decisions.record_review(world.desk, claim, world.staff["an"].id, given)


def put_off(world: World, _: random.Random) -> None:
    claim = add_claim(world.desk, "Một câu để hoãn", source_id=world.source)
    until = world.clock().date().replace(day=28)
    decisions.defer(world.desk, claim, world.staff["an"].id, until, "Chờ nguồn trả lời.")


def appeal(world: World, _: random.Random) -> None:
    publishing.file_appeal(world.desk, world.slug, "Tôi thấy câu này chưa đúng, xin xem lại nguồn giúp.")


ACTS: tuple[Act, ...] = (make_account, demote, close, reset, make_token, subscribe, review, put_off, appeal)


def records(world: World) -> int:
    with world.desk.reading() as session:
        return session.scalar(select(func.count(AuditEntry.seq))) or 0


def unrecorded(world: World, n: int) -> list[str]:
    """The actions after which the log did not grow by one."""
    chance, found = random.Random(13), []
    for turn in range(n):
        act = ACTS[turn % len(ACTS)]
        before = records(world)
        act(world, chance)
        if records(world) != before + 1:
            found.append(f"{act.__name__}: {records(world) - before}")
    with world.desk.reading() as session:
        assert audit.verify(session).ok
    return found


@pytest.mark.parametrize("n", [len(ACTS) * 2, pytest.param(1_000, marks=pytest.mark.release)])
def test_every_action_leaves_one_record(n: int, world: World) -> None:
    assert unrecorded(world, n) == []


def test_control_an_action_without_a_record_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.accounts.audit.append", lambda *_, **__: None)
    assert {line.split(":")[0] for line in unrecorded(world, len(ACTS))} >= {"make_account", "reset", "close"}


def state(world: World) -> list[list[Any]]:
    """All rows of what the actions change."""
    with world.desk.reading() as session:
        tables = (Staff, StaffToken, Review, Appeal)
        return [
            session.execute(select(*table.__table__.columns).order_by("id")).mappings().all()  # type: ignore[misc]
            for table in tables
        ]


def test_without_its_record_nothing_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("the log cannot be written")

    before = state(world)
    monkeypatch.setattr(audit, "append", refuse)
    for act in ACTS:
        with pytest.raises(OSError, match="cannot be written"):
            act(world, random.Random(1))
        assert state(world) == before, act.__name__


def busy(url: str, folder: str, split: bool) -> None:
    """Make accounts until killed; with `split` the record has a transaction of its own, as it must not."""
    desk = make_desk(url, Path(folder), MovingClock())
    with webworld.cheap_passwords():
        for n in range(100_000):
            if split:
                _split_add(desk, f"vo-{os.getpid()}-{n}")
            else:
                accounts.add(desk, f"vo-{os.getpid()}-{n}", Role.ANALYST, PASSWORD)


def _split_add(desk: Desk, name: str) -> None:
    with desk.sessions.begin() as session:
        row = Staff(username=name, password_hash="x", role="analyst", disabled=False, created_at=desk.clock())
        session.add(row)
    time.sleep(0.01)
    with desk.sessions.begin() as session:
        audit.append(session, desk.clock, "system", "account_add", f"staff:{row.id}")


def mismatches(session: Session) -> Counter[str]:
    """Accounts without a record, and records without an account."""
    made = {f"staff:{number}" for number in session.scalars(select(Staff.id))}
    told = set(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "account_add")))
    return Counter({"unrecorded": len(made - told), "undone": len(told - made)})


def kill_at_random(url: str, folder: Path, kills: int, *, split: bool = False) -> Counter[str]:
    """Kill a busy process so many times, at random moments; gives what does not fit afterwards."""
    chance, wrong = random.Random(13), Counter[str]()
    engine = make_engine(url)
    with make_sessions(engine)() as session:
        before = session.scalar(select(func.count(Staff.id))) or 0
    for _ in range(kills):
        child = multiprocessing.get_context("spawn").Process(target=busy, args=(url, str(folder), split))
        child.start()
        wait_for_more(url, before)
        time.sleep(chance.random() * 0.05)
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join(30)
        with make_sessions(engine)() as session:
            wrong += mismatches(session)
            before = session.scalar(select(func.count(Staff.id))) or 0
            assert audit.verify(session).ok
    engine.dispose()
    return wrong


def wait_for_more(url: str, before: int) -> None:
    """Until the child has done something."""
    engine, sessions = make_engine(url), None
    sessions = make_sessions(engine)
    for _ in range(6_000):
        with sessions() as session:
            if (session.scalar(select(func.count(Staff.id))) or 0) > before:
                break
        time.sleep(0.01)
    engine.dispose()


@pytest.mark.release
def test_killed_at_any_moment_no_action_is_without_its_record(sqlite_url: str, tmp_path: Path) -> None:
    assert kill_at_random(sqlite_url, tmp_path, KILLED) == Counter()


@pytest.mark.release
def test_control_a_record_of_a_transaction_of_its_own_is_noticed(sqlite_url: str, tmp_path: Path) -> None:
    assert kill_at_random(sqlite_url, tmp_path, KILLED, split=True)["unrecorded"] > 0

"""W3 and W4: guessing at the door is slowed for one account alone, and tells nothing of who is there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from models.desk import Staff
from pipeline import accounts
from review_ui import throttle
from tests.promises.webworld import World
from tests.review_ui.house import PASSWORD, MovingClock

START = 1_800_000_000.0
WRONG = "không phải mật khẩu này"
A_MINUTE = 10


@pytest.fixture
def time_of_limits(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock that the limits go by, moved by hand."""
    from limits.storage import memory

    standing = SimpleNamespace(now=START)
    standing.time = lambda: standing.now
    monkeypatch.setattr(memory, "time", standing)
    return standing


@contextmanager
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names whose password was looked at."""
    seen: list[str] = []
    real = accounts.verify

    def verify(session: Any, username: str, password: str) -> Staff | None:  # noqa: ANN401
        seen.append(username)
        return real(session, username, password)

    with monkeypatch.context() as patch:
        patch.setattr(accounts, "verify", verify)
        yield seen


def attack(world: World, clock: SimpleNamespace, tries: int) -> int:
    """Guess at one account, fifty times a minute; gives for how many minutes."""
    for n in range(tries):
        clock.now = START + n * 1.2
        answer = world.call("sign_in", world.actor(""), {"username": "an", "password": f"{WRONG} {n}"})
        assert answer.status in {422, 429}
    return int(tries * 1.2 // 60) + 1


@pytest.mark.parametrize("tries", [120, pytest.param(10_000, marks=pytest.mark.release)])
def test_at_most_ten_guesses_a_minute_are_judged_and_the_account_opens_again(
    tries: int, world: World, time_of_limits: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with judged(monkeypatch) as seen:
        minutes = attack(world, time_of_limits, tries)
    assert 0 < len(seen) <= A_MINUTE * minutes
    others = world.call("sign_in", world.actor(""), {"username": "binh", "password": PASSWORD})
    assert others.status == 303  # nobody else is held up
    time_of_limits.now += 61
    owner = world.call("sign_in", world.actor(""), {"username": "an", "password": PASSWORD})
    assert owner.status == 303  # and neither is the owner, a minute later


def test_control_without_the_limit_every_guess_is_judged(
    world: World, time_of_limits: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.unthrottled()
    with judged(monkeypatch) as seen:
        minutes = attack(world, time_of_limits, 60)
    assert len(seen) > A_MINUTE * minutes


@contextmanager
def work(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is done for a sign-in: statements sent and hashes made, each with its parameters."""
    done: list[str] = []
    real = accounts._fits

    def fits(hashed: str, password: str) -> bool:
        done.append("hash " + "$".join(hashed.split("$")[1:4]))
        return real(hashed, password)

    def sent(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401
        done.append(statement)

    event.listen(world.desk.engine, "before_cursor_execute", sent)
    with monkeypatch.context() as patch:
        patch.setattr(accounts, "_fits", fits)
        yield done
    event.remove(world.desk.engine, "before_cursor_execute", sent)


def compared(
    world: World, monkeypatch: pytest.MonkeyPatch, n: int
) -> dict[str, tuple[set[str], list[list[str]]]]:
    """The pages and the work of wrong sign-ins: of one who is there, one closed, and some who are not."""
    found: dict[str, tuple[set[str], list[list[str]]]] = {}
    for turn in range(n):
        for kind, name in (("known", "an"), ("closed", "binh"), ("unknown", f"khong-co-{turn}")):
            with work(world, monkeypatch) as done:
                answer = world.call("sign_in", world.actor(""), {"username": name, "password": WRONG})
            page = re.sub(rf'value="{name}"', 'value=""', f"{answer.status} {answer.text}")
            pages, works = found.setdefault(kind, (set(), []))
            pages.add(page)
            works.append(list(done))
    return found


@pytest.mark.parametrize("n", [8, pytest.param(2_000, marks=pytest.mark.release)])
def test_who_is_there_cannot_be_told_from_words_or_work(
    n: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.unthrottled()
    accounts.disable(world.desk, "binh")
    found = compared(world, monkeypatch, n)
    pages = {frozenset(pages) for pages, _ in found.values()}
    assert len(pages) == 1
    assert len(next(iter(pages))) == 1
    # the same statements and the same hashes, so the medians are equal and not only within a twentieth
    works = {tuple(one) for _, all_of_kind in found.values() for one in all_of_kind}
    assert len(works) == 1
    assert len([one for one in next(iter(works)) if one.startswith("hash")]) == 1


def test_control_a_door_that_looks_at_no_hash_for_a_stranger_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import select

    world.unthrottled()

    def verify(session: Any, username: str, password: str) -> Staff | None:  # noqa: ANN401
        staff = session.scalar(select(Staff).where(Staff.username == username))
        return staff if staff is not None and accounts._fits(staff.password_hash, password) else None

    monkeypatch.setattr(accounts, "verify", verify)
    found = compared(world, monkeypatch, 2)
    assert found["known"][1][0] != found["unknown"][1][0]


def flood(limits: throttle.Throttle, clock: SimpleNamespace, tries: int) -> tuple[int, int, int]:
    """Tips from one network, and every tenth time another's; gives who came in, and how many others asked."""
    flooding = others = asked = 0
    for n in range(tries):
        clock.now = START + n * 600 / tries
        flooding += limits.tip(f"203.0.113.{n % 256}")
        if n % 10 == 0:
            asked += 1
            others += limits.tip(f"198.{n // 10 % 250}.{n // 2_500}.1")
    return flooding, others, asked


@pytest.mark.parametrize("tries", [2_000, pytest.param(10_000, marks=pytest.mark.release)])
def test_a_flood_from_one_network_is_stopped_and_others_come_in(
    tries: int, time_of_limits: SimpleNamespace
) -> None:
    flooding, others, asked = flood(throttle.Throttle(MovingClock()), time_of_limits, tries)
    assert flooding <= 30
    assert asked - others < asked / 100


def test_control_limits_that_everybody_shares_are_noticed(
    time_of_limits: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "prefix", lambda _: "one for all")
    _, others, asked = flood(throttle.Throttle(MovingClock()), time_of_limits, 2_000)
    assert asked - others > asked / 2

"""W5: a copied cookie is worth nothing after any of the ways in which a session ends."""

import hashlib
import random
from collections.abc import Callable

import pytest

from models.vocabulary import Role
from pipeline import accounts
from review_ui import sessions
from review_ui.permissions import BY_STAFF_TOKEN, EVERYBODY, PERMISSIONS
from tests.promises.webworld import Actor, World
from tests.review_ui.house import PASSWORD

NEW = "trăng treo đầu ngõ đêm rằm"
FULL = 500
# what ends sessions itself, or would keep the victim from being tried again
LEFT_OUT = frozenset({"sign_out", "end_session", "end_other_sessions", "change_password"})


def sign_out(world: World, victim: Actor) -> None:
    assert world.call("sign_out", victim).status == 303


def change_password(world: World, victim: Actor) -> None:
    answer = world.call("change_password", victim, {"present": PASSWORD, "password": NEW})
    assert answer.status == 303, answer.text
    accounts.reset(world.desk, victim.name, PASSWORD)


def be_reset(world: World, victim: Actor) -> None:
    assert world.call("reset_account", world.actor("thu"), {"username": victim.name}).status == 200
    accounts.reset(world.desk, victim.name, PASSWORD)


def be_disabled(world: World, victim: Actor) -> None:
    assert world.call("disable_account", world.actor("thu"), {"username": victim.name}).status == 303


def be_demoted(world: World, victim: Actor) -> None:
    form = {"username": victim.name, "role": Role.AUDITOR.value}
    assert world.call("change_role", world.actor("thu"), form).status == 303


def end_this_one(world: World, victim: Actor) -> None:
    key = hashlib.sha256(victim.cookie.encode()).hexdigest()
    assert world.call("end_session", world.actor(victim.name), {"key": key}).status == 303


def end_the_others(world: World, victim: Actor) -> None:
    assert world.call("end_other_sessions", world.actor(victim.name)).status == 303


def sign_in_again(world: World, victim: Actor) -> None:
    sessions.begin(world.desk, world.staff[victim.name].id, victim.cookie)


def rest(world: World, _: Actor) -> None:
    world.clock.forward(minutes=31)


def grow_old(world: World, victim: Actor) -> None:
    for _ in range(24):
        world.clock.forward(minutes=29)
        assert sessions.find(world.desk, victim.cookie)
    world.clock.forward(minutes=29)


ENDINGS: tuple[Callable[[World, Actor], None], ...] = (
    sign_out,
    change_password,
    be_reset,
    be_disabled,
    be_demoted,
    end_this_one,
    end_the_others,
    sign_in_again,
    rest,
    grow_old,
)


def restore(world: World, name: str, role: Role) -> None:
    """The victim may work again as before, with the password of all tests."""
    accounts.reset(world.desk, name, PASSWORD)
    accounts.change_role(world.desk, name, role)


def accepted(world: World, thief: Actor, chance: random.Random) -> list[str]:
    """The routes, of some that the victim might call, that take the copied cookie."""
    mine = [
        name
        for name, roles in PERMISSIONS.items()
        if roles is not EVERYBODY and thief.may(name) and name not in BY_STAFF_TOKEN | LEFT_OUT
    ]
    found = []
    for route in [*chance.sample(mine, 2), "my_account"]:
        answer = world.call(route, thief, world.good(route) if route in world.fields else None)
        to_the_door = answer.headers.get("location", "").startswith("/dang-nhap?ve=")
        if not (answer.status == 401 or to_the_door):
            found.append(route)
    return found


def stolen(world: World, trials: int) -> list[str]:
    """Every ending and route after which a copied cookie still opened something."""
    world.unthrottled()
    chance = random.Random(5)
    found = []
    for n in range(trials):
        end = ENDINGS[n % len(ENDINGS)]
        name = chance.choice(["an", "chi", "kiem", "quan"])
        victim = world.actor(name)
        role = victim.role
        assert role is not None
        assert world.call("my_account", victim).status == 200  # before, the copy opens the page
        end(world, victim)
        found += [f"{end.__name__}: {route}" for route in accepted(world, victim, chance)]
        if end in {be_disabled, be_demoted, be_reset, change_password}:
            restore(world, name, role)
    return found


@pytest.mark.parametrize("trials", [10, pytest.param(FULL, marks=pytest.mark.release)])
def test_a_copied_cookie_is_worth_nothing_however_the_session_ended(world: World, trials: int) -> None:
    assert stolen(world, trials) == []


def test_control_a_session_that_cannot_be_called_back_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: dict[str, sessions.SignedIn] = {}
    real = sessions.find

    def find(_: object, secret: str | None) -> sessions.SignedIn | None:
        """A cookie that vouches for itself, as a signed one does."""
        me = real(world.desk, secret)
        if me is not None:
            signed[secret or ""] = me
        return signed.get(secret or "")

    monkeypatch.setattr(sessions, "find", find)
    found = {line.split(":")[0] for line in stolen(world, len(ENDINGS))}
    assert found == {end.__name__ for end in ENDINGS}

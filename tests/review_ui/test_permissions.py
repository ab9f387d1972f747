"""The table of permissions row by row against the page that staff are given, and its four short lists."""

import re
from collections.abc import Iterable

import pytest

from models.vocabulary import Role
from review_ui import permissions
from review_ui.errors import WiringError
from review_ui.permissions import PERMISSIONS, check_routes, may
from tools.budgets import ROOT

ROW = re.compile(r"^\| `(\w+)` \| [A-Z, ]+ \| `[^`]*` \| ([^|]+) \|$", re.MULTILINE)
LEAST = 100


def published() -> dict[str, frozenset[str]]:
    """Who may call what as `docs/reference/routes.md` says; everybody is everybody, signed in or not."""
    page = (ROOT / "docs" / "reference" / "routes.md").read_text(encoding="utf-8")
    return {name: frozenset(who.split(", ")) for name, who in ROW.findall(page)}


def differing(said: dict[str, frozenset[str]]) -> list[str]:
    """The routes for which the code does not do what is said."""
    return sorted(
        name
        for name in set(PERMISSIONS) | set(said)
        if name not in PERMISSIONS or said.get(name) != _row_of(PERMISSIONS[name])
    )


def _row_of(roles: Iterable[Role]) -> frozenset[str]:
    return frozenset(role.value for role in roles) or frozenset({"everybody"})


def test_every_row_is_what_the_page_for_staff_says() -> None:
    assert len(published()) > LEAST
    assert differing(published()) == []


def test_control_a_row_changed_to_any_other_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    said = published()
    for name, roles in list(PERMISSIONS.items()):
        other = permissions._ADMIN if roles != permissions._ADMIN else permissions.EVERYBODY
        with monkeypatch.context() as patch:
            patch.setitem(permissions.PERMISSIONS, name, other)
            assert differing(said) == [name]


def test_a_role_may_call_what_its_row_names_and_nothing_else() -> None:
    for name, who in published().items():
        for role in Role:
            assert may(role, name) is (who == {"everybody"} or role.value in who), (role, name)


def test_a_name_without_a_row_is_nobodys() -> None:
    with pytest.raises(KeyError):
        may(Role.LEAD, "no_such_route")


def test_the_short_lists_name_these_routes_alone() -> None:
    assert {"prometheus"} == permissions.BY_TOKEN
    assert {name for name in PERMISSIONS if name.startswith("desk_")} == permissions.BY_STAFF_TOKEN
    assert {name for name in PERMISSIONS if re.match(r"sign_in(_|$)", name)} == permissions.AT_THE_DOOR
    # without the second factor nobody reads a claim: one's own account, its password, and the way out
    assert sorted(permissions.BEFORE_ENROLLING) == [
        *("begin_factor", "change_password", "choose_language", "confirm_factor", "my_account"),
        *("password_form", "roles", "sign_out"),
    ]
    every = permissions.BY_TOKEN | permissions.BY_STAFF_TOKEN | permissions.AT_THE_DOOR
    assert (every | permissions.BEFORE_ENROLLING) <= set(PERMISSIONS)


def test_the_routes_of_the_table_each_once_are_what_starts() -> None:
    check_routes(PERMISSIONS)
    check_routes(reversed(list(PERMISSIONS)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda names: [*names, "home"], r"same name: \['home'\]"),
        (lambda names: [*names, "new_page"], r"without a permission: \['new_page'\]"),
        (lambda names: names[1:], r"without a route: \['home'\]"),
    ],
)
def test_one_route_too_many_too_few_or_twice_does_not_start(change: object, told: str) -> None:
    assert callable(change)
    with pytest.raises(WiringError, match=told):
        check_routes(change(list(PERMISSIONS)))

"""W10: on every form a field too many or a field twice is refused, and nothing of the form takes effect."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from models.base import Base
from review_ui.forms import Form
from tests.promises.webworld import Actor, Watch, World, is_json, packed, slice_of

EVERY = pytest.mark.parametrize(
    "every", [pytest.param(8, id="reduced"), pytest.param(1, id="full", marks=pytest.mark.release)]
)
# what somebody would like to set who knows the database, and tricks with names
WANTED = sorted({column.name for table in Base.metadata.tables.values() for column in table.columns})
TRICKS = (
    "",
    "text[]",
    "reason.x",
    "__proto__",
    "constructor",
    "Opinion",
    "opinion ",
    "_method",
    "ｒｏｌｅ",
    "claim_0x1",
)


@pytest.fixture
def watch(shared: World) -> Iterator[Watch]:
    seen = Watch(shared.desk)
    yield seen
    seen.close()


def extras(route: str, world: World, every: int) -> list[str]:
    """Names that a form does not have."""
    names = set(WANTED[:: every * every]) | set(TRICKS)
    return sorted(names - set(world.fields[route]) - {"token"})


def doubled(route: str, name: str, world: World, actor: Actor) -> bytes:
    """The form as it should be, with one field a second time."""
    fields = world.good(route)
    if is_json(route):
        whole = json.dumps(fields)
        return (whole[:-1] + (", " if fields else "") + f'{json.dumps(name)}: "lead"}}').encode()
    return packed(route, fields, actor) + b"&" + urlencode({name: "lead"}).encode()


def taken(world: World, watch: Watch, every: int) -> list[str]:
    """The forms that took what they should refuse, or did something in spite of refusing."""
    found = []
    for route in slice_of(world.unsafe(), every):
        me = world.who_may(route)
        for name in extras(route, world, every):
            watch.changed()
            answer = world.call(route, me, {**world.good(route), name: "lead"})
            if answer.status != 422 or watch.changed():
                found.append(f"{route} +{name}: {answer.status}")
        twice = [*world.good(route), *(() if is_json(route) or not me.csrf else ("token",))]
        for name in twice:
            watch.changed()
            answer = world.call(route, me, body=doubled(route, name, world, me))
            if answer.status != 422 or watch.changed():
                found.append(f"{route} 2x{name}: {answer.status}")
    return found


@EVERY
def test_no_form_takes_a_field_too_many_or_a_field_twice(every: int, shared: World, watch: Watch) -> None:
    assert taken(shared, watch, every) == []


def test_control_a_form_that_passes_over_what_it_does_not_know_is_noticed(
    shared: World, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Form, "take", lambda self, *_: self)
    assert [line for line in taken(shared, watch, 11) if "+" in line]


def test_control_a_form_whose_last_field_wins_is_noticed(
    shared: World, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from urllib.parse import parse_qsl

    def parse(body: bytes) -> Form:
        return Form.of(dict(parse_qsl(body.decode(), keep_blank_values=True)))

    monkeypatch.setattr("review_ui.forms.parse", parse)
    assert [line for line in taken(shared, watch, 11) if "2x" in line]

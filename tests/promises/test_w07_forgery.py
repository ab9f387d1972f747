"""W7: no unsafe route takes a form of another site, and no GET changes anything."""

from collections.abc import Iterator

import pytest

from review_ui import security
from review_ui.permissions import BY_STAFF_TOKEN
from tests.promises.webworld import LOOKING, Header, Watch, World, slice_of

# twelve ways in which a browser may say where a form comes from; True: it is this site's own
WAYS: tuple[tuple[tuple[Header, ...], bool], ...] = (
    ((("sec-fetch-site", "same-origin"),), True),
    ((("sec-fetch-site", "none"),), True),
    ((("origin", "https://desk.test"),), True),
    ((("sec-fetch-site", "same-site"),), False),
    ((("sec-fetch-site", "cross-site"),), False),
    ((("sec-fetch-site", "SAME-ORIGIN "),), False),
    ((("sec-fetch-site", "cross-site"), ("origin", "https://desk.test")), False),
    ((("origin", "https://desk.test.evil.example"),), False),
    ((("origin", "https://evil.example"), ("referer", "https://desk.test/")), False),
    ((("origin", "null"),), False),
    ((("origin", "file://desk.test"),), False),
    ((("referer", "https://desk.test/gui-tin"),), False),
)
EVERY = pytest.mark.parametrize(
    "every", [pytest.param(6, id="reduced"), pytest.param(1, id="full", marks=pytest.mark.release)]
)


@pytest.fixture
def watch(shared: World) -> Iterator[Watch]:
    seen = Watch(shared.desk)
    yield seen
    seen.close()


def for_programs(route: str) -> bool:
    """Whether programs call it: they send no header of a browser and hold no session to ride on."""
    return route in BY_STAFF_TOKEN or route.startswith("api_")


def accepted(shared: World, watch: Watch, every: int = 1) -> list[str]:
    """The routes that took a form of another site, or changed something because of one."""
    found = []
    for route in slice_of(shared.unsafe(), every):
        actor = shared.who_may(route)
        for n, (headers, ours) in enumerate(WAYS):
            plain_program = for_programs(route) and not {"origin", "sec-fetch-site"} & {
                name for name, _ in headers
            }
            if ours or plain_program:
                continue
            watch.changed()
            answer = shared.call(route, actor, shared.good(route), headers=headers)
            if answer.status != 403 or watch.changed():
                found.append(f"{route} {n}: {answer.status}")
    return found


def test_no_unsafe_route_takes_a_form_of_another_site(shared: World, watch: Watch) -> None:
    assert len(shared.unsafe()) > 50
    assert accepted(shared, watch) == []


@EVERY
def test_every_unsafe_route_takes_the_forms_of_this_site(every: int, shared: World) -> None:
    for route in slice_of(set(shared.unsafe()) - LOOKING, every):
        for headers, ours in WAYS:
            if ours:
                answer = shared.call(route, shared.who_may(route), shared.good(route), headers=headers)
                assert answer.status not in {401, 403}, route


def test_control_without_the_check_forms_of_other_sites_are_taken(
    shared: World, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security, "same_site", lambda *_: True)
    assert len(accepted(shared, watch, 12)) > 30


@EVERY
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_asking_for_a_page_changes_nothing(method: str, every: int, shared: World, watch: Watch) -> None:
    for route in slice_of(shared.routes, every):
        actor = shared.who_may(route)
        headers: list[Header] = [("sec-fetch-site", "cross-site")]
        if actor.cookie:
            headers += [("cookie", f"__Host-kc={actor.cookie}"), ("authorization", f"Bearer {actor.token}")]
        fields = "&".join(f"{name}=1" for name in shared.fields.get(route, ()))
        watch.changed()
        answer = shared.wire.send(method, f"{shared.path(route)}?{fields}&token={actor.csrf}", headers)
        assert not watch.changed(), f"{method} {route}"
        assert answer.status < 500, route


def test_control_a_write_is_noticed(shared: World, watch: Watch) -> None:
    watch.changed()
    assert shared.call("send_tip", shared.actor(""), shared.good("send_tip")).status == 200
    assert watch.changed()

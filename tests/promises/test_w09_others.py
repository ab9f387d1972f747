"""W9: nobody reads or changes what is another's by its number, and a demotion counts at the next request."""

import random
import secrets

import pytest
from sqlalchemy import select

from models.access import StaffToken
from models.base import Base
from models.desk import StaffSession
from models.vocabulary import Opinion, Role
from models.workbench import Draft, PendingReview, SavedView
from pipeline import accounts, decisions, drafts, tokens, undo, views
from pipeline.decisions import ReviewInput
from review_ui import sessions
from tests.promises.webworld import Actor, Reply, World
from tests.review_ui.house import EVIDENCE, add_claim

SECRET = "Chữ riêng của người kia, chưa ai được đọc"


def fill(world: World, owner: str) -> list[int]:
    """What somebody has for themselves: drafts, views, tokens, sessions, reviews that are not open yet."""
    desk, me = world.desk, world.staff[owner].id
    views.save(desk, me, "Khung riêng", "chu-de=health")
    tokens.make(desk, me, SECRET, 1)
    sessions.begin(desk, me, None)
    claims = [add_claim(desk, f"Câu thứ {n} còn chờ", source_id=world.source) for n in range(3)]
    drafts.save(desk, claims[0], me, {"reason": SECRET})
    decisions.record_review(desk, claims[1], me, ReviewInput(Opinion.FALSE, SECRET, [EVIDENCE]))
    undo.accept(desk, [claims[2]], me, ReviewInput(Opinion.FALSE, SECRET, [EVIDENCE]), {"reason": SECRET})
    return claims


def owned(world: World, owner: str) -> list[tuple[object, ...]]:
    """The rows of somebody's own, as they lie in the database."""
    me = world.staff[owner].id
    tables: tuple[type[Base], ...] = (Draft, SavedView, StaffToken, StaffSession, PendingReview)
    with world.desk.reading() as session:
        return [
            (table.__name__, *row)
            for table in tables
            for row in session.execute(select(*table.__table__.columns).filter_by(staff_id=me)).all()
        ]


def tries(world: World, thief: Actor, claims: list[int], chance: random.Random, only: str = "") -> Reply:
    """One try to read or change something by its number."""
    number = chance.choice([*range(1, 9), 2**31 - 1, 2**63, 0])
    claim = chance.choice([*claims, number])
    with world.desk.reading() as session:
        keys = session.scalars(select(StaffSession.secret_sha256)).all()
    forms: dict[str, dict[str, object]] = {
        "end_session": {"key": chance.choice([*keys, secrets.token_hex(32)])},
        "revoke_token": {"id": number},
        "drop_view": {"view": number},
        "take_back_review": {"review": number},
        "discard_draft": {},
        "release_claim": {},
    }
    pages = ("claim", "desk_claim", "queue", "desk_queue", "my_account")
    route = only or chance.choice([*forms, *pages])
    path = world.path(route, **{"claim_id:int": claim})
    return world.call(route, thief, forms.get(route), path=path)


def reached(world: World, n: int, only: str = "") -> list[str]:
    """What a colleague of the same role read or changed of somebody's own in so many tries."""
    chance = random.Random(9)
    claims = fill(world, "binh")
    before, thief = owned(world, "binh"), world.actor("an")
    found = []
    for _ in range(n):
        answer = tries(world, thief, claims, chance, only)
        if SECRET in answer.text:
            found.append("read")
        if answer.status in {303, 401} and "/dang-nhap" in answer.headers.get("location", "/dang-nhap"):
            thief = world.actor("an")  # ended their own session by its key
        assert answer.status < 500
    return found + (["changed"] if owned(world, "binh") != before else [])


@pytest.mark.parametrize("n", [50, pytest.param(1_000, marks=pytest.mark.release)])
def test_nothing_of_another_is_reached_by_its_number(n: int, world: World) -> None:
    assert reached(world, n) == []


def test_control_a_page_that_asks_for_the_number_alone_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoke(_desk: object, _staff_id: int, token_id: int) -> None:
        with world.desk.sessions.begin() as session:
            row = session.get(StaffToken, token_id) if token_id < 2**31 else None
            if row is not None:
                session.delete(row)

    monkeypatch.setattr(tokens, "revoke", revoke)
    assert reached(world, 40, "revoke_token") == ["changed"]


def test_an_appeal_is_shown_under_its_own_correction_alone(world: World) -> None:
    for _ in range(20):
        guess = secrets.token_hex(8)
        assert world.wire.send("GET", f"/phan-hoi/{world.slug}/{guess}").status == 404
    assert world.wire.send("GET", f"/phan-hoi/khong-co/{world.appeal}").status == 404
    assert world.wire.send("GET", f"/phan-hoi/{world.slug}/{world.appeal}").status == 200


def test_a_demotion_counts_at_the_next_request(world: World) -> None:
    lead = world.actor("chi")
    assert world.call("models", lead).status == world.call("desk_queue", lead).status == 200
    accounts.change_role(world.desk, "chi", Role.ADMIN)
    assert world.call("models", lead).status == 303
    assert world.call("desk_queue", lead).status == 401
    again = world.actor("chi")
    assert world.call("models", again).status == 403
    assert world.call("accounts", again).status == 200

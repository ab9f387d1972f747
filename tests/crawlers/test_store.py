"""Keeping: one unit, one transaction, once; stories; the frontier's side of the ledger."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crawlers.ledger import Leased, Ledger, ReadPage
from crawlers.store import Gathered, keep
from crawlers.worker import PageResult
from models.counters import totals
from models.gathered import EntryPoint, FrontierPage, Item, Mention, MentionToken, MinhashBand
from models.vocabulary import EntryKind, FrontierState, ItemKind, Outcome
from tests.crawlers.child import NOW, CrawlPlan, context
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import StandInReader, similarity
from tests.crawlers.server import Site

DAY = date(2026, 11, 22)
STORY = (
    "Tin đồn cho vay không lãi ở chợ huyện, gọi 0912345678. Tin đồn thứ hai, cũng số 0912345678. "
    "Bà con coi chừng."
)


def gathered(text: str, key: str, **changes: object) -> Gathered:
    plain = Gathered(
        key, ItemKind.ARTICLE, "bao", StandInReader().read(text), DAY, url=f"https://bao.vn/{key}"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def count(desk: Desk, table: type) -> int:
    with desk.sessions.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_item_is_kept_once(desk: Desk) -> None:
    outcomes = []
    for _ in range(3):
        with desk.sessions.begin() as session:
            outcomes.append(keep(session, gathered(STORY, "a"), similarity))
    assert outcomes == [Outcome.KEPT, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert (count(desk, Item), count(desk, Mention), count(desk, MentionToken)) == (1, 2, 2)
    assert count(desk, MinhashBand) == 16
    with desk.sessions.begin() as session:
        assert totals(session, "bao", DAY) == {"kept": 1, "duplicate": 2}


def test_nothing_of_a_unit_stays_if_its_transaction_fails(desk: Desk) -> None:
    def fail() -> None:
        with desk.sessions.begin() as session:
            keep(session, gathered(STORY, "a"), similarity)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [count(desk, table) for table in (Item, Mention, MentionToken, MinhashBand)] == [0, 0, 0, 0]
    with desk.sessions.begin() as session:
        assert totals(session, "bao", DAY) == {}


def test_out_of_scope_leaves_one_count(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        assert keep(session, gathered("Chuyện chợ búa.", "a"), similarity) == Outcome.NOT_OURS
    assert count(desk, Item) == 0


def test_copies_share_the_first_item_of_their_story(desk: Desk) -> None:
    edited = STORY.replace("coi chừng", "cảnh giác")
    other = "Tin đồn vỡ đập thượng nguồn làm mấy xã cù lao sợ hãi suốt đêm, xã nói nước vẫn bình thường."
    with desk.sessions.begin() as session:
        for key, text in (("a", STORY), ("b", edited), ("c", other)):
            keep(session, gathered(text, key), similarity)
        keep(session, gathered(edited, "d", day=DAY + timedelta(days=1)), similarity)
        first, second, third, fourth = session.scalars(select(Item).order_by(Item.id)).all()
    assert (first.story_id, second.story_id, third.story_id, fourth.story_id) == (
        None,
        first.id,
        None,
        first.id,
    )


def test_without_a_similarity_every_item_is_its_own_story(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        for key in "ab":
            keep(session, gathered(STORY, key))
        assert session.scalars(select(Item.story_id)).all() == [None, None]


@pytest.fixture
def ledger(desk: Desk, site: Site) -> Ledger:
    desk.add_source(site, "bao")
    return Ledger(context(desk.plan(site, "bao")), "owner")


def add(ledger: Ledger, site: Site, *paths: str) -> tuple[int, int]:
    source = ledger.sources(None)["bao"]
    return ledger.add_links(source, [site.url("bao.localhost", path) for path in paths])


def test_links_are_new_once_and_foreign_ones_refused(desk: Desk, site: Site, ledger: Ledger) -> None:
    assert add(ledger, site, "/a", "/a#x", "/a?utm_source=z", "/b") == (2, 0)
    assert add(ledger, site, "/b", "/c") == (1, 0)
    source = ledger.sources(None)["bao"]
    foreign = [
        "https://khac.vn/a",
        "javascript:alert(1)",
        "http://127.0.0.1/",
        "",
        f"http://bao.localhost:{site.port + 1}/",
    ]
    assert ledger.add_links(source, foreign) == (0, len(foreign))
    assert desk.counts("bao") == {"refused_address": len(foreign)}
    with desk.sessions.begin() as session:
        keys = session.scalars(select(FrontierPage.url_key)).all()
        assert all(len(key) == 64 and "bao" not in key for key in keys)


def test_a_page_is_leased_to_one_owner_and_forgotten_when_read(
    desk: Desk, site: Site, ledger: Ledger
) -> None:
    add(ledger, site, "/a", "/b")
    other = Ledger(ledger.context, "other")
    mine, theirs = ledger.lease("bao", 1), other.lease("bao", 5)
    assert not {page.id for page in mine} & {page.id for page in theirs}
    assert ledger.lease("bao", 5) == []
    reading = StandInReader().read(STORY)
    source = ledger.sources(None)["bao"]
    read = ReadPage(source, mine[0], mine[0].url, PageResult(Outcome.KEPT, reading, DAY))
    assert ledger.pages_read([read]) == [Outcome.KEPT]
    other.release()
    with desk.sessions.begin() as session:
        pages = {page.id: page for page in session.scalars(select(FrontierPage))}
        assert (pages[mine[0].id].state, pages[mine[0].id].url) == (FrontierState.DONE, None)
        assert (pages[theirs[0].id].state, pages[theirs[0].id].attempts) == (FrontierState.PENDING, 0)


def test_a_failing_page_is_tried_three_times_then_parked(desk: Desk, site: Site, ledger: Ledger) -> None:
    add(ledger, site, "/a")
    tries = 0
    while pages := ledger.lease("bao", 1):
        ledger.page_failed("bao", pages[0], Outcome.TIMEOUT, again=True)
        tries += 1
    assert tries == 3
    assert desk.counts("bao") == {"timeout": 3, "quarantined": 1}


def test_an_expired_lease_is_taken_by_another(desk: Desk, site: Site, ledger: Ledger) -> None:
    add(ledger, site, "/a")
    assert ledger.lease("bao", 1)
    plan = replace(desk.plan(site, "bao"), now=NOW + timedelta(hours=1))
    assert len(Ledger(context(plan), "next").lease("bao", 1)) == 1


def test_due_entries_are_claimed_by_one_process(ledger: Ledger) -> None:
    assert len(ledger.claim_due(["bao"])) == 1
    assert Ledger(ledger.context, "other").claim_due(["bao"]) == []


def poll(desk: Desk, plan: CrawlPlan, new: int | None) -> EntryPoint:
    ledger = Ledger(context(plan), "owner")
    with desk.sessions.begin() as session:
        session.scalars(select(EntryPoint)).one().next_due = None
    (entry,) = ledger.claim_due(["bao"])
    if new is None:
        ledger.entry_failed(entry, Outcome.TIMEOUT)
    else:
        ledger.entry_read(entry, Outcome.FEED_READ, new, ("", ""))
    with desk.sessions.begin() as session:
        return session.scalars(select(EntryPoint)).one()


def test_intervals_adapt_between_a_quarter_hour_and_a_day(desk: Desk, site: Site) -> None:
    desk.add_source(site, "bao")
    plan = desk.plan(site, "bao")
    quick = [poll(desk, plan, 3).interval_s for _ in range(4)]
    assert quick == [1800, 900, 900, 900]
    slow = [poll(desk, plan, 0).interval_s for _ in range(14)]
    assert slow[:2] == [1350, 2025]
    assert slow[-1] == 86400


def test_failures_back_off_and_a_success_forgets_them(desk: Desk, site: Site) -> None:
    desk.add_source(site, "bao")
    plan = desk.plan(site, "bao")
    waits = []
    for _ in range(8):
        entry = poll(desk, plan, None)
        assert entry.next_due is not None
        waits.append((entry.next_due - NOW).total_seconds())
    assert waits == sorted(waits)
    assert waits[0] == 7200
    assert waits[-1] == 86400
    assert poll(desk, plan, 1).failures == 0


def test_a_canonical_address_of_another_site_is_not_kept(desk: Desk, site: Site, ledger: Ledger) -> None:
    add(ledger, site, "/a")
    (page,) = ledger.lease("bao", 1)
    result = PageResult(Outcome.KEPT, StandInReader().read(STORY), date(2027, 1, 1), "https://khac.vn/x")
    ledger.pages_read([ReadPage(ledger.sources(None)["bao"], page, page.url, result)])
    with desk.sessions.begin() as session:
        item = session.scalars(select(Item)).one()
        assert item.url == site.url("bao.localhost", "/a")
        assert item.published_day is None, "a day in the future is no day"


def test_a_listing_keeps_its_pattern(desk: Desk, site: Site) -> None:
    desk.add_source(site, "dai", EntryKind.LISTING, "/moi", "/tin/")
    (entry,) = Ledger(context(desk.plan(site, "dai")), "o").claim_due(["dai"])
    assert (entry.kind, entry.link_pattern) == (EntryKind.LISTING, "/tin/")
    assert Leased(1, "u").id == 1


TWINS: tuple[tuple[dict[str, object], Outcome], ...] = (
    # the same bytes of one source under two addresses, one day: one item, whatever was killed in between
    ({}, Outcome.DUPLICATE),
    ({"source_id": "khac"}, Outcome.KEPT),
    ({"day": DAY + timedelta(days=1)}, Outcome.KEPT),
    ({"kind": ItemKind.TIP, "url": None}, Outcome.KEPT),
)


@pytest.mark.parametrize(("changes", "outcome"), TWINS)
def test_one_text_of_one_source_and_day_is_kept_once_under_any_address(
    desk: Desk, site: Site, changes: dict[str, object], outcome: Outcome
) -> None:
    desk.add_source(site, "bao")
    desk.add_source(site, "khac")
    with desk.sessions.begin() as session:
        assert keep(session, gathered(STORY, "a", source_id="bao"), similarity) == Outcome.KEPT
    with desk.sessions.begin() as session:
        second = gathered(STORY, "b", **{"source_id": "bao", **changes})
        assert keep(session, second, similarity) == outcome
    with desk.sessions.begin() as session:
        items = session.scalars(select(Item).order_by(Item.id)).all()
        stories = {item.story_id or item.id for item in items}
    # where two are kept, they are one story and count once
    assert (len(items), len(stories)) == (1 + (outcome == Outcome.KEPT), 1)


def test_control_other_claims_under_one_signature_are_kept(desk: Desk, site: Site) -> None:
    """A signature is an estimate: a bulletin with another figure may share it."""
    desk.add_source(site, "bao")
    other = gathered(STORY.replace("cho vay", "vay cho"), "b", source_id="bao")
    assert other.reading.minhash == gathered(STORY, "a").reading.minhash
    with desk.sessions.begin() as session:
        keep(session, gathered(STORY, "a", source_id="bao"), similarity)
        assert keep(session, other, similarity) == Outcome.KEPT
    assert count(desk, Item) == 2

"""Rule 9: what is over age goes, from rows, indexes, bytes and backups; nothing under age goes with it."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from models import retention
from models.claims import Claim
from models.gathered import FrontierPage, Item, Mention, MentionToken, MinhashBand, Tip
from models.vocabulary import ClaimState, ItemKind, Language, Opinion
from models.weeks import iso_week, local_day
from pipeline import backup, decisions, erase, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.conftest import NOW
from tests.disk import bytes_of, files_of
from tests.pipeline.conftest import PRIMARY, put_claim
from tests.rules.conftest import make_desk
from tests.rules.crawling import found
from tests.rules.history import APPEAL, REASON, TEXT, staff_of

TODAY = local_day(NOW)
STATES = {
    ClaimState.NEW: 30,
    ClaimState.QUEUED: 180,
    ClaimState.SECOND: 180,
    ClaimState.THIRD: 180,
    ClaimState.AGREED: 180,
    ClaimState.CLOSED: 30,
}
"""How many days each kind of undecided claim is kept, from the rule."""
TIP_DAYS = 30
FRONTIER_DAYS = 30


def _word(number: int) -> str:
    return f"zqword{number:05d}x"


def fill(desk: Desk, chance: random.Random, n: int) -> dict[int, tuple[ClaimState, int]]:
    """Claims of random age and state with all that hangs on them; gives state and age by id."""
    made: dict[int, tuple[ClaimState, int]] = {}
    with desk.sessions.begin() as session:
        for number in range(1, n + 1):
            state = chance.choice(list(STATES))
            limit = STATES[state]
            age = chance.choice([limit - 1, limit, limit + 1, limit + 2, chance.randint(0, 400)])
            day = TODAY - timedelta(days=age)
            words = f"{_word(number)} phải đóng phí trước khi nhận hỗ trợ"
            claim = {
                "id": number,
                "public_id": f"p{number}",
                "key": _word(number),
                "text": words,
                "topic": "benefits",
            }
            claim |= {"state": state, "first_day": day, "last_day": day, "week": iso_week(day)}
            session.execute(insert(Claim).values(claim))
            item = {"id": number, "key": f"i{number}", "kind": ItemKind.ARTICLE, "day": day, "is_local": True}
            session.execute(
                insert(Item).values(item | {"url": f"https://bao.vn/{_word(number)}", "minhash": b"m"})
            )
            mention = {"id": number, "item_id": number, "position": 0, "key": _word(number), "text": words}
            mention |= {"topic": "benefits", "check_score": 0.5, "claim_id": number, "day": day}
            session.execute(insert(Mention).values(mention))
            token = {"mention_id": number, "token": _word(number)[:8], "kind": "phone", "last_two": "07"}
            session.execute(insert(MentionToken).values(token))
            session.execute(insert(MinhashBand).values(band=0, bucket=number, item_id=number))
            made[number] = (state, age)
    return made


def due(made: dict[int, tuple[ClaimState, int]]) -> set[int]:
    """The claims that are over age, by the rule and not by the code."""
    return {number for number, (state, age) in made.items() if age > STATES[state]}


def left(desk: Desk) -> dict[str, set[int]]:
    """The numbers that each table still holds."""
    columns = {Claim: Claim.id, Item: Item.id, Mention: Mention.id, MentionToken: MentionToken.mention_id}
    with desk.reading() as session:
        kept = {
            table.__tablename__: set(session.scalars(select(column))) for table, column in columns.items()
        }
        kept["minhash_band"] = set(session.scalars(select(MinhashBand.item_id)))
    return kept


def faults(desk: Desk, made: dict[int, tuple[ClaimState, int]]) -> list[str]:
    """Everything over age that is left, and everything under age that is lost."""
    gone = due(made)
    problems = []
    for table, numbers in left(desk).items():
        problems += [f"{table} {number} is over age" for number in sorted(numbers & gone)]
        problems += [f"{table} {number} is lost" for number in sorted(set(made) - gone - numbers)]
    return problems


def test_nothing_over_age_is_left_and_nothing_under_age_is_lost(desk: Desk) -> None:
    made = fill(desk, random.Random(9), 300)
    assert 50 < len(due(made)) < 250
    erase.erase_due(desk)
    assert faults(desk, made) == []


@pytest.mark.release
def test_ten_thousand_rows(desk: Desk) -> None:
    made = fill(desk, random.Random(10), 10_000)
    erase.erase_due(desk)
    assert faults(desk, made) == []


def test_erasing_twice_is_erasing_once(sqlite_desk: Desk) -> None:
    made = fill(sqlite_desk, random.Random(3), 60)
    erase.erase_due(sqlite_desk)
    before = left(sqlite_desk)
    counts = erase.erase_due(sqlite_desk)
    assert not any(counts.values())
    assert left(sqlite_desk) == before
    assert faults(sqlite_desk, made) == []


@pytest.mark.parametrize(("days", "wrong"), [(10_000, "is over age"), (1, "is lost")])
def test_control_another_memory_is_seen(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch, days: int, wrong: str
) -> None:
    made = fill(sqlite_desk, random.Random(9), 80)
    monkeypatch.setattr(retention, "UNFLAGGED_DAYS", days)
    monkeypatch.setattr(retention, "QUEUED_DAYS", days)
    erase.erase_due(sqlite_desk)
    assert any(wrong in one for one in faults(sqlite_desk, made))


def test_each_day_erases_what_falls_due_that_day(sqlite_url: str, tmp_path: Path) -> None:
    now = [NOW]
    desk = make_desk(sqlite_url, tmp_path, lambda: now[0])
    made = fill(desk, random.Random(5), 80)
    for days in (0, 1, 5, 29, 150, 400):
        now[0] = NOW + timedelta(days=days)
        erase.erase_due(desk)
        older = {number: (state, age + days) for number, (state, age) in made.items()}
        assert faults(desk, older) == []
    desk.close()


# --- tips and fetched addresses


def _put_tips(desk: Desk, ages: list[tuple[int, int | None]]) -> None:
    """Tips of an age in days, answered so many days ago or not at all; each with an item and a mention."""
    with desk.sessions.begin() as session:
        for number, (age, answered) in enumerate(ages, start=1):
            day = TODAY - timedelta(days=age)
            item = {"id": number, "key": f"t{number}", "kind": ItemKind.TIP, "day": day, "is_local": True}
            session.execute(insert(Item).values(item))
            claim = {"id": number, "public_id": f"t{number}", "key": f"t{number}", "text": _word(number)}
            claim |= {"topic": "health", "state": ClaimState.DECIDED, "week": iso_week(TODAY)}
            session.execute(insert(Claim).values(claim | {"first_day": TODAY, "last_day": TODAY}))
            mention = {"item_id": number, "position": 0, "key": f"t{number}", "text": _word(number)}
            mention |= {"topic": "health", "check_score": 0.5, "claim_id": number, "day": day}
            session.execute(insert(Mention).values(mention))
            done = None if answered is None else TODAY - timedelta(days=answered)
            session.add(Tip(receipt_key=f"r{number}", item_id=number, day=day, answered_day=done))


def test_tips_go_after_their_answer(desk: Desk) -> None:
    ages: list[tuple[int, int | None]] = [(40, 29), (40, 30), (40, 31), (200, 31), (179, None), (20, 5)]
    _put_tips(desk, ages)
    erase.erase_due(desk)
    with desk.reading() as session:
        receipts = set(session.scalars(select(Tip.receipt_key)))
        words = set(session.scalars(select(Mention.text)))
    assert receipts == {"r1", "r2", "r5", "r6"}
    assert not words & {_word(3), _word(4)}


def test_fetched_addresses_are_forgotten_even_as_hashes(desk: Desk) -> None:
    from crawlers.registry import EntrySpec, SourceSpec, sync
    from models.vocabulary import EntryKind, SourceKind

    entry = EntrySpec(EntryKind.FEED, "https://bao.vn/rss")
    spec = SourceSpec("bao", "Báo", SourceKind.NEWSPAPER, "https://bao.vn/", True, True, (entry,))
    with desk.sessions.begin() as session:
        sync(session, [spec])
        for age in (0, 29, 30, 31, 90):
            day: date = TODAY - timedelta(days=age)
            session.add(
                FrontierPage(url_key=f"k{age}", source_id="bao", url=None, state="done", seen_day=day)
            )
    erase.erase_due(desk)
    with desk.reading() as session:
        assert set(session.scalars(select(FrontierPage.url_key))) == {"k0", "k29", "k30"}


# --- what is published lives on


def test_an_appeal_on_an_old_correction_survives_the_night(desk: Desk) -> None:
    staff = staff_of(desk)
    claim = put_claim(desk, day=TODAY - timedelta(days=300))
    for who in staff[:2]:
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    slug = publishing.publish(desk, claim, staff[2], {Language.VI: TEXT})
    publishing.file_appeal(desk, slug, APPEAL)
    erase.erase_due(desk)
    for who in staff[6:8]:
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.TRUE, REASON, (PRIMARY,)))
    erase.erase_due(desk)
    assert publishing.publish(desk, claim, staff[8], {Language.VI: TEXT}, "Sau phản hồi") == slug


def test_of_an_old_answer_only_the_desks_own_words_live_on(desk: Desk) -> None:
    staff = staff_of(desk)
    claim = put_claim(desk, f"{_word(1)} phải đóng phí trước", from_tip=True, day=TODAY - timedelta(days=300))
    for who in staff[:2]:
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    publishing.publish(desk, claim, staff[2], {Language.VI: TEXT})
    erase.erase_due(desk)
    with desk.reading() as session:
        assert session.scalars(select(Claim.text)).all() == [TEXT.said]
        for table in (Mention, Item):
            assert session.scalars(select(table)).all() == []


# --- bytes and backups


@pytest.fixture
def timed(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Desk, list[datetime]]]:
    """A desk whose clock the test moves."""
    now = [NOW]
    desk = make_desk(sqlite_url, tmp_path, lambda: now[0])
    yield desk, now
    desk.close()


def _bytes(desk: Desk) -> bytes:
    path = Path(str(desk.engine.url.database))
    files = [*files_of(path), *desk.settings.path("paths.var").rglob("*")]
    return b"".join(file.read_bytes() for file in files if file.is_file())


def test_erased_bytes_leave_the_file_the_log_and_the_backups(timed: tuple[Desk, list[datetime]]) -> None:
    desk, now = timed
    made = fill(desk, random.Random(11), 120)
    backup.make(desk)
    gone = {_word(number) for number in due(made)}
    kept = {_word(number) for number in made} - gone
    assert found(_bytes(desk), gone) == gone
    erase.erase_due(desk)
    database = Path(str(desk.engine.url.database))
    live = bytes_of(database)
    assert found(live, gone) == set()
    assert found(live, kept) == kept
    # the copy made before still holds them, and not for longer than seven days
    assert found(_bytes(desk), gone) == gone
    now[0] = NOW + timedelta(days=7, seconds=1)
    erase.erase_due(desk)
    assert backup.copies(desk) == []
    assert found(_bytes(desk), gone) == set()


def test_control_rows_deleted_without_compacting_are_found(
    timed: tuple[Desk, list[datetime]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, _ = timed
    made = fill(desk, random.Random(11), 120)
    monkeypatch.setattr(retention, "compact", lambda engine: None)  # noqa: ARG005
    erase.erase_due(desk)
    assert faults(desk, made) == []
    assert found(_bytes(desk), {_word(number) for number in due(made)}) != set()


def test_control_old_backups_that_stay_are_found(
    timed: tuple[Desk, list[datetime]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, now = timed
    made = fill(desk, random.Random(11), 60)
    backup.make(desk)
    monkeypatch.setattr(backup, "KEEP", timedelta(days=3650))
    now[0] = NOW + timedelta(days=8)
    erase.erase_due(desk)
    assert found(_bytes(desk), {_word(number) for number in due(made)}) != set()


def test_only_old_backups_go(timed: tuple[Desk, list[datetime]]) -> None:
    desk, now = timed
    for days in range(0, 12, 2):
        now[0] = NOW + timedelta(days=days)
        backup.make(desk)
    ages = [now[0] - backup.stamp_of(path) for path in backup.copies(desk)]
    assert sorted(ages) == [timedelta(days=days) for days in (0, 2, 4, 6)]


def test_nothing_lives_in_tables_that_no_clock_empties(sqlite_desk: Desk) -> None:
    # a text column that nothing erases would be a memory of its own
    with sqlite_desk.engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
        virtual = [name for name in names if name.startswith(("fts", "search"))]
    assert virtual == []

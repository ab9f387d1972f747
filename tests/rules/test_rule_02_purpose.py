"""Rule 2: nine topics by allow-list; what is not ours leaves one count a day and nothing else."""

import random
import string
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from crawlers.intake import take_tip
from models import retention
from models.claims import Claim, KnownClaim
from models.errors import UsageError
from models.gathered import Item, Mention
from models.vocabulary import Topic
from pipeline import settings
from pipeline.compose import Desk
from tests.rules import breaks, surface
from tests.rules.crawling import Plan, crawl, searched
from tests.rules.site import CLAIM, CLAIM_PAGE, Publisher, running

DAY = date(2026, 11, 17)
DOOR = {"Sec-Fetch-Site": "same-origin"}
NEAR_MISSES = (
    *("politics", "criticism", "religion", "opinion", "protest", "government", "police", "torture", "rights"),
    *("Recruitment", "RECRUITMENT", " recruitment", "recruitment ", "recruitment\x00", "recruitments"),
    *(
        "benefit",
        "benefits\n",
        "heath",
        "healthy",
        "health;politics",
        "health,other",
        "child-safety",
        "childsafety",
    ),
    *(
        "women's",
        "woman",
        "womеn",
        "disabilities",
        "disabled",
        "ethnic",
        "ethnic services",
        "legal",
        "identity",
    ),
    *(
        "legal-identity",
        "disasters",
        "ｄisaster",
        "",
        " ",
        "other",
        "all",
        "*",
        "null",
        "chính trị",
        "phê bình",
    ),
    *("tôn giáo", "biểu tình", "ý kiến", "công an", "nhân quyền"),
)


def _random_names(n: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    letters = string.ascii_lowercase + string.digits + "_- đâơư"
    return ["".join(chance.choices(letters, k=chance.randint(1, 24))) for _ in range(n)]


NAMES = [*NEAR_MISSES, *_random_names(100, seed=2)]


@pytest.fixture
def item_id(engine: Engine) -> int:
    with engine.begin() as connection:
        row = {"key": "k", "kind": "tip", "day": DAY, "is_local": True}
        return int(connection.execute(insert(Item).values(row).returning(Item.id)).scalar_one())


def _rows(topic: str, number: int, item_id: int) -> list[tuple[type, dict[str, object]]]:
    """One row of each table that has a topic."""
    key = f"{number}-{unicodedata.normalize('NFKD', topic)[:8]}".replace("\x00", "")
    claim: dict[str, object] = {"public_id": key, "key": key, "text": "x", "topic": topic}
    claim |= {"state": "new", "week": "2026-W47", "first_day": DAY, "last_day": DAY}
    mention: dict[str, object] = {"item_id": item_id, "position": number, "key": key, "text": "x"}
    mention |= {"topic": topic, "check_score": 0.5, "day": DAY}
    known: dict[str, object] = {
        "key": key,
        "text": "x",
        "topic": topic,
        "rating": "false",
        "url": "https://a.vn/",
        "publisher": "a",
    }
    known |= {"imported_day": DAY}
    return [(Claim, claim), (Mention, mention), (KnownClaim, known)]


def _accepted_by_orm(session: Session, names: Sequence[str], item_id: int) -> int:
    accepted = 0
    for number, name in enumerate(names):
        for table, values in _rows(name, number, item_id):
            try:
                with session.begin_nested():
                    session.add(table(**values))
            except (DatabaseError, ValueError):
                continue
            accepted += 1
    return accepted


def _accepted_by_sql(connection: Connection, names: Sequence[str], item_id: int) -> int:
    defaults = {
        "claim": "round, is_local, n_mentions, n_stories, n_sources, n_tips, flagged",
        "mention": "",
        "known_claim": "",
    }
    values = {"claim": "1, false, 0, 0, 0, 0, false"}
    accepted = 0
    for number, name in enumerate(names):
        for table, row in _rows(name, number, item_id):
            title = str(table.__tablename__)  # type: ignore[attr-defined]
            names_ = ", ".join(filter(None, [*row, defaults[title]]))
            holders = ", ".join(filter(None, [*(f":{column}" for column in row), values.get(title)]))
            try:
                with connection.begin_nested():
                    connection.execute(text(f"INSERT INTO {title} ({names_}) VALUES ({holders})"), row)  # noqa: S608
            except (DatabaseError, ValueError):
                continue
            accepted += 1
    return accepted


def _accepted(engine: Engine, names: Sequence[str], item_id: int) -> int:
    """How many rows with these topics the database took, by either way; nothing stays."""
    with Session(engine) as session:
        by_orm = _accepted_by_orm(session, names, item_id)
        session.rollback()
    with engine.connect() as connection:
        by_sql = _accepted_by_sql(connection, names, item_id)
        connection.rollback()
    return by_orm + by_sql


def _without_checks(engine: Engine) -> None:
    """The broken variant: the same tables with their checks taken away."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA ignore_check_constraints=ON"))
            return
        for table in ("claim", "mention", "known_claim"):
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_topic_known"))


def test_no_database_takes_a_tenth_topic(engine: Engine, item_id: int) -> None:
    assert len(set(NAMES)) >= 140
    assert not {str(topic) for topic in Topic} & set(NAMES)
    assert _accepted(engine, NAMES, item_id) == 0
    # the same rows with the nine topics are taken: the refusal is the topic's
    assert _accepted(engine, list(Topic), item_id) == 9 * 3 * 2


@pytest.mark.release
def test_no_database_takes_any_of_a_thousand_names(engine: Engine, item_id: int) -> None:
    names = [*NEAR_MISSES, *_random_names(1_050, seed=3)]
    assert len(set(names)) >= 1040
    assert _accepted(engine, names, item_id) == 0


def _sent_with(web: TestClient, name: str) -> dict[str, int]:
    """What each public door answers to a claim that comes with a topic of its own."""
    answers = {
        "form": web.post("/gui-tin", data={"text": CLAIM, "topic": name}, headers=DOOR),
        "form in Vietnamese": web.post("/gui-tin", data={"text": CLAIM, "chu_de": name}, headers=DOOR),
        "api": web.post("/api/tips", json={"text": CLAIM, "topic": name}),
        "api list": web.post("/api/tips", json={"text": CLAIM, "topics": [name]}),
    }
    return {door: answer.status_code for door, answer in answers.items()}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(NEAR_MISSES[::4], id="reduced"),
        pytest.param([*NEAR_MISSES, *_random_names(1_050, seed=4)], id="full", marks=pytest.mark.release),
    ],
)
def test_no_door_takes_a_topic_from_its_sender(sqlite_desk: Desk, names: Sequence[str]) -> None:
    from review_ui.app import create_app

    web = TestClient(create_app(sqlite_desk), base_url="https://testserver")
    for name in [*names, *Topic]:
        assert set(_sent_with(web, name).values()) == {422}, name
    with sqlite_desk.engine.connect() as connection:
        for table in ("item", "mention", "tip", "claim"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0  # noqa: S608
    # the control: the same words without the field are taken, and the gate gives the topic
    assert web.post("/api/tips", json={"text": CLAIM}).status_code == 201


def test_control_without_the_constraint_the_same_check_fails(engine: Engine, item_id: int) -> None:
    _without_checks(engine)
    assert _accepted(engine, NAMES[:20], item_id) > 0


def test_a_kept_claim_cannot_be_moved_to_another_topic(engine: Engine, item_id: int) -> None:
    with engine.begin() as connection:
        for table, row in _rows(Topic.HEALTH, 1, item_id):
            connection.execute(insert(table).values(row))
    for name in ("claim", "mention", "known_claim"):
        with engine.begin() as connection, pytest.raises(IntegrityError):
            connection.execute(text(f"UPDATE {name} SET topic = 'politics'"))  # noqa: S608


EDITS = (
    "topic",
    "topics",
    "keyword",
    "keywords",
    "watch",
    "watchlist",
    "chu de",
    "tu khoa",
    "category",
    "hashtag",
)


def _topic_editors(named: Sequence[str]) -> list[str]:
    return surface.holding(named, EDITS)


def test_no_setting_or_command_edits_topics() -> None:
    assert _topic_editors(surface.settings()) == []
    assert _topic_editors(surface.commands()) == []


def test_no_route_edits_topics(sqlite_desk: Desk) -> None:
    from review_ui.app import create_app

    changing = [
        f"{name} {path}"
        for name, path, methods in surface.routes(create_app(sqlite_desk))
        if methods - {"GET", "HEAD"}
    ]
    assert changing
    assert _topic_editors(changing) == []


def test_control_an_editor_of_topics_would_be_seen() -> None:
    assert _topic_editors(["scope.topics", "kiemchung topics add", "add_topic /chu-de/{topic}"]) != []
    assert _topic_editors(["kiemchung sources add --watch-list", "queue.keywords"]) != []


@pytest.mark.parametrize(
    "content", ['topics = ["politics"]', '[scope]\ntopic = "x"', '[queue]\nkeywords = "a"']
)
def test_a_topic_in_the_settings_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kiemchung.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="unknown setting"):
        settings.load(file, environ={})


def test_a_topic_in_the_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="KIEMCHUNG_SCOPE_TOPICS"):
        settings.load(environ={"KIEMCHUNG_SCOPE_TOPICS": "politics"})


DROPPED = "Zqdropped"
"""A word that stands only in pages that are not ours."""
OPINION = (
    f"Tui thấy cách làm việc của xã {DROPPED} mấy năm nay càng lúc càng tệ, dân hỏi gì cũng lắc đầu.",
    f"Ông chủ tịch {DROPPED} hứa cho cố vô rồi để đó, theo tôi nên từ chức cho dân nhờ.",
    f"Ai cũng bức xúc với kiểu cai quản {DROPPED} này mà chẳng ai dám nói, buồn cho quê mình.",
)
SEEN_ONLY = {"alembic_version", "source", "entry_point", "frontier_page", "daily_count"}


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with running("bao") as made:
        yield made


def _frontier(desk: Desk, pages: Sequence[str], publisher: Publisher) -> dict[str, tuple[object, ...]]:
    """What the frontier remembers of each page, but for the keyed hash and the row's number."""
    from crawlers.urls import key

    with desk.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM frontier_page")).mappings().all()
    by_key = {row["url_key"]: row for row in rows}
    kept = {}
    for page in pages:
        row = by_key[key(publisher.url(page), desk.keys.frontier)]
        kept[page] = tuple(value for name, value in row.items() if name not in {"id", "url_key"})
    return kept


def test_a_dropped_page_leaves_one_count_and_nothing_else(sqlite_desk: Desk, publisher: Publisher) -> None:
    publisher.feed({"/y-kien-1": OPINION, "/y-kien-2": tuple(reversed(OPINION))})
    outcomes = crawl(Plan.of(sqlite_desk, publisher))
    assert outcomes == {"feed_read": 1, "not_ours": 2}
    with sqlite_desk.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        filled = {
            table
            for table in tables
            if connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
        }
        counts = connection.execute(text("SELECT outcome, n FROM daily_count ORDER BY outcome")).all()
    assert filled <= SEEN_ONLY
    retention.fold(sqlite_desk.engine)  # as `pipeline.run.stages` does after each crawl
    assert [tuple(row) for row in counts] == [("feed_read", 1), ("not_ours", 2)]
    assert searched(sqlite_desk, [DROPPED, "y-kien-1", "/y-kien-2"]) == {}


def test_kept_and_dropped_pages_look_the_same_in_the_frontier(
    sqlite_desk: Desk, publisher: Publisher
) -> None:
    publisher.feed({"/y-kien": OPINION, "/canh-bao": CLAIM_PAGE})
    assert crawl(Plan.of(sqlite_desk, publisher)) == {"feed_read": 1, "kept": 1, "not_ours": 1}
    rows = _frontier(sqlite_desk, ["/y-kien", "/canh-bao"], publisher)
    assert rows["/y-kien"] == rows["/canh-bao"]
    assert publisher.url("/canh-bao") not in rows["/canh-bao"]


def test_control_a_desk_that_keeps_and_remembers_is_caught(sqlite_desk: Desk, publisher: Publisher) -> None:
    publisher.feed({"/y-kien": OPINION, "/trong": OPINION})
    del publisher.site.pages[publisher.host, "/trong"]
    crawl(Plan.of(sqlite_desk, publisher, breaks.everything_is_ours_and_remembered))
    retention.fold(sqlite_desk.engine)
    assert searched(sqlite_desk, [DROPPED]) != {}
    rows = _frontier(sqlite_desk, ["/y-kien", "/trong"], publisher)
    assert rows["/y-kien"] != rows["/trong"]


def test_the_gate_knows_the_same_nine_topics_as_the_database() -> None:
    from classify.corpus import TOPICS

    assert set(TOPICS) == {topic.value for topic in Topic}
    assert len(TOPICS) == 9


def test_a_reading_of_another_topic_is_not_stored(sqlite_desk: Desk) -> None:
    reader = breaks.politics_reader(sqlite_desk.keys.mask, "86")
    assert reader.read(CLAIM).topic == "politics"
    with pytest.raises(IntegrityError):
        take_tip(sqlite_desk.sessions, reader, CLAIM, sqlite_desk.clock, sqlite_desk.keys.receipt)
    with sqlite_desk.engine.connect() as connection:
        for table in ("item", "mention", "tip", "mention_token", "minhash_band"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0  # noqa: S608

"""Rule 7: every verdict is public, in every form, and nobody can rewrite what was decided unseen."""

import csv
import io
import itertools
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from models import audit, triggers
from models.desk import AuditEntry
from models.errors import KiemChungError
from models.vocabulary import Language, Opinion, Rating
from pipeline import decisions, public, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.pipeline.conftest import PRIMARY, put_claim
from tests.rules.crawling import found
from tests.rules.history import APPEAL, REASON, TEXT, staff_of

RATED = (Opinion.FALSE, Opinion.MISLEADING, Opinion.UNPROVEN, Opinion.TRUE)


def random_history(desk: Desk, staff: list[int], chance: random.Random, claims: int) -> None:
    """Claims that are reviewed, published, appealed, revised or left alone, in any order."""
    slugs: list[str] = []
    open_claims = [put_claim(desk, from_tip=chance.random() < 0.3) for _ in range(claims)]
    for _ in range(claims * 4):
        claim, lead = chance.choice(open_claims), chance.choice(staff[6:])
        first, second = chance.sample([*staff[:4], *staff[6:]], 2)
        with suppress(KiemChungError):
            opinion = chance.choice(RATED)
            for who in (first, second):
                decisions.record_review(desk, claim, who, ReviewInput(opinion, REASON, (PRIMARY,)))
            text_ = replace(TEXT, title=f"{TEXT.title} lần {len(slugs)}")
            slugs.append(publishing.publish(desk, claim, lead, {Language.VI: text_}, "Sau xem xét"))
        if slugs and chance.random() < 0.3:
            with suppress(KiemChungError):
                publishing.file_appeal(desk, chance.choice(slugs), APPEAL)
        if slugs and chance.random() < 0.3:
            with suppress(KiemChungError):
                publishing.revise(desk, chance.choice(slugs), lead, {Language.EN: TEXT}, "Bản tiếng Anh")


# --- the sets are the same


def decided(desk: Desk) -> dict[str, list[str]]:
    """The ratings of every claim that has a verdict, by the slug of its correction; from the tables alone."""
    query = (
        "SELECT coalesce(correction.slug, 'claim ' || verdict.claim_id), verdict.rating FROM verdict "
        "LEFT JOIN correction ON correction.claim_id = verdict.claim_id "
        "ORDER BY verdict.claim_id, verdict.round"
    )
    found: dict[str, list[str]] = {}
    with desk.engine.connect() as connection:
        for slug, rating in connection.execute(text(query)):
            found.setdefault(slug, []).append(rating)
    return found


def _slugs(body: str) -> set[str]:
    return set(re.findall(r"/dinh-chinh/([a-z0-9-]+)", body))


def differences(desk: Desk, web: TestClient, out: Path) -> list[str]:
    """Every public form that does not hold exactly the decided claims."""
    from pipeline import exports

    wanted = decided(desk)
    forms = {
        path: _slugs(web.get(path).text)
        for path in ("/sitemap.xml", "/claimreview.json", "/feed.json", "/rss.xml")
    }
    rows = csv.DictReader(io.StringIO(web.get("/open-data/corrections.csv").text.lstrip("\ufeff")))
    forms["/open-data/corrections.csv"] = {slug for row in rows for slug in _slugs(" ".join(row.values()))}
    for path in exports.export_open_data(desk, out):
        forms[path.name] = _slugs(path.read_text(encoding="utf-8-sig"))
    topics = ["benefits"]
    forms["topic pages"] = set().union(*(_slugs(web.get(f"/chu-de/{topic}").text) for topic in topics))
    wrong = [
        f"{name}: {sorted(found ^ set(wanted))}" for name, found in forms.items() if found != set(wanted)
    ]
    for slug, ratings in wanted.items():
        page = web.get(f"/dinh-chinh/{slug}")
        names = [public.RATING_NAMES_VI[Rating(rating)] for rating in ratings]
        if page.status_code != 200 or any(name not in page.text for name in names):
            wrong.append(f"page of {slug}")
    return wrong


@pytest.fixture
def web(sqlite_desk: Desk) -> TestClient:
    from review_ui.app import create_app

    return TestClient(create_app(sqlite_desk), base_url="https://testserver")


@pytest.mark.parametrize("seed", [1, 2])
def test_all_that_is_decided_is_public_and_nothing_else(
    sqlite_desk: Desk, web: TestClient, tmp_path: Path, seed: int
) -> None:
    random_history(sqlite_desk, staff_of(sqlite_desk), random.Random(seed), claims=6)
    assert len(decided(sqlite_desk)) >= 2
    assert differences(sqlite_desk, web, tmp_path / "out") == []


def test_control_a_hidden_correction_is_seen(
    sqlite_desk: Desk, web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_history(sqlite_desk, staff_of(sqlite_desk), random.Random(1), claims=6)
    whole = public.corrections
    monkeypatch.setattr(public, "corrections", lambda *args, **kwargs: whole(*args, **kwargs)[1:])
    assert len(differences(sqlite_desk, web, tmp_path / "out")) >= 5


def test_control_a_verdict_without_a_page_is_seen(sqlite_desk: Desk, web: TestClient, tmp_path: Path) -> None:
    staff = staff_of(sqlite_desk)
    claim = put_claim(sqlite_desk)
    for who in staff[:2]:
        decisions.record_review(sqlite_desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    with sqlite_desk.engine.begin() as connection:
        row = f"{claim}, 1, 'false', 'x', {staff[0]}, {staff[1]}, '2026-11-18 03:00:00'"
        names = "claim_id, round, rating, method_note, first_staff_id, second_staff_id, at"
        connection.execute(text(f"INSERT INTO verdict ({names}) VALUES ({row})"))  # noqa: S608
    assert any(f"claim {claim}" in one for one in differences(sqlite_desk, web, tmp_path / "out"))


def test_nothing_undecided_is_public(sqlite_desk: Desk, web: TestClient) -> None:
    people = staff_of(sqlite_desk)
    secret = "Zqchuaquyet hộ nghèo nhận 3 triệu đồng nếu đóng phí hồ sơ"
    claim = put_claim(sqlite_desk, secret)
    decisions.record_review(
        sqlite_desk, claim, people[0], ReviewInput(Opinion.FALSE, "Zqlydo đã đối chiếu rồi.", (PRIMARY,))
    )
    for path in (
        "/",
        "/sitemap.xml",
        "/feed.json",
        "/claimreview.json",
        "/open-data/corrections.csv",
        "/so-lieu",
        "/nhat-ky",
    ):
        assert not found(web.get(path).content, ["zqchuaquyet", "zqlydo"]), path
    assert not found(
        web.get("/tim", params={"q": "hộ nghèo nhận 3 triệu"}).content, ["zqchuaquyet", "zqlydo"]
    )


# what one person has typed and not sent: erased within fourteen days, and nothing decided hangs on it
TYPED = ("draft.", "correction_draft.")
FLAGS = ["hidden", "private", "unlisted", "visible", "draft", "embargo"]


def flags(columns: list[str]) -> list[str]:
    from tests.rules import surface

    return [name for name in surface.holding(columns, FLAGS) if not name.startswith(TYPED)]


def test_there_is_no_hidden_flag() -> None:
    from tests.rules import surface

    assert flags(surface.columns()) == []


def test_control_a_flag_on_what_is_decided_would_be_seen() -> None:
    wanted = ["correction.draft", "verdict.hidden", "correction_text.is_visible", "drafts.hidden"]
    assert flags(wanted) == wanted


def test_a_correction_shows_its_ratings_its_versions_and_its_evidence(
    sqlite_desk: Desk, web: TestClient
) -> None:
    staff = staff_of(sqlite_desk)
    claim = put_claim(sqlite_desk)
    for who in staff[:2]:
        decisions.record_review(sqlite_desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    slug = publishing.publish(sqlite_desk, claim, staff[2], {Language.VI: TEXT})
    publishing.revise(
        sqlite_desk, slug, staff[3], {Language.VI: replace(TEXT, truth="Tỉnh trả tận tay.")}, "Viết rõ hơn"
    )
    page = web.get(f"/dinh-chinh/{slug}").text
    for part in (
        "Sai sự thật",
        PRIMARY.quote,
        PRIMARY.publisher,
        PRIMARY.url,
        "Tỉnh trả tận tay.",
        "Viết rõ hơn",
    ):
        assert part in page
    assert TEXT.truth in web.get(f"/dinh-chinh/{slug}/phien-ban/1").text
    data = json.loads(web.get(f"/dinh-chinh/{slug}.json").text)
    assert (data["@type"], data["reviewRating"]["ratingValue"]) == ("ClaimReview", 1)
    # the markup carries no claimant
    assert set(data["itemReviewed"]) == {"@type", "datePublished", "text"}


# --- the log cannot be rewritten unseen


def _chain(desk: Desk) -> None:
    random_history(desk, staff_of(desk), random.Random(4), claims=4)
    with desk.sessions.begin() as session:
        audit.publish_head(session, desk.clock)


def _unlock(connection: Connection) -> None:
    for statement in triggers.drop(connection.engine.dialect.name):
        connection.execute(text(statement))


EDITS = {
    "another actor": "UPDATE audit_entry SET actor = 'staff:999' WHERE seq = :seq",
    "another action": "UPDATE audit_entry SET action = 'revise!' WHERE seq = :seq",
    "another subject": "UPDATE audit_entry SET subject = 'claim:x' WHERE seq = :seq",
    "another time": "UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE seq = :seq",
    "another detail": "UPDATE audit_entry SET detail_sha256 = 'f' WHERE seq = :seq",
    "another link": "UPDATE audit_entry SET previous = 'f' WHERE seq = :seq",
    "another digest": "UPDATE audit_entry SET digest = 'f' WHERE seq = :seq",
    "another number": "UPDATE audit_entry SET seq = seq + 1000 WHERE seq = :seq",
    "a deletion": "DELETE FROM audit_entry WHERE seq = :seq",
    "a cut": "DELETE FROM audit_entry WHERE seq >= :seq",
    "a forgotten start": "DELETE FROM audit_entry WHERE seq <= :seq",
}


def _entries(desk: Desk) -> int:
    with desk.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM audit_entry")).scalar_one())


def unseen(desk: Desk) -> list[str]:
    """The edits of the log, at its start, middle and end, after which it still verifies."""
    n = _entries(desk)
    found = []
    with desk.engine.connect() as connection:
        _unlock(connection)
        for edit, seq in itertools.product(EDITS, sorted({1, 2, n // 2, n})):
            with connection.begin_nested() as step:
                connection.execute(text(EDITS[edit]), {"seq": seq})
                with Session(connection, join_transaction_mode="create_savepoint") as session:
                    if audit.verify(session).ok:
                        found.append(f"{edit} at {seq}")
                step.rollback()
    return found


def test_no_edit_of_the_log_goes_unseen(desk: Desk) -> None:
    _chain(desk)
    assert _entries(desk) >= 8
    with desk.reading() as session:
        assert audit.verify(session).ok
    assert unseen(desk) == []


def test_a_log_written_anew_does_not_fit_the_published_head(desk: Desk) -> None:
    _chain(desk)
    with desk.engine.begin() as connection:
        _unlock(connection)
        connection.execute(text("DELETE FROM audit_entry"))
    with desk.sessions.begin() as session:
        for number in range(20):
            audit.append(session, desk.clock, "staff:1", "review", f"claim:{number}")
        report = audit.verify(session)
    assert not report.ok
    assert "published head" in str(report.reason)


def test_the_database_refuses_to_change_history(desk: Desk) -> None:
    _chain(desk)
    for table in triggers.APPEND_ONLY:
        for statement in (f"UPDATE {table} SET at = at", f"DELETE FROM {table}"):  # noqa: S608
            with desk.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
                connection.execute(text(statement))


def test_control_a_log_whose_digests_leave_the_actor_out_is_seen(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[[AuditEntry], str] = audit.digest_of

    def blind(entry: AuditEntry) -> str:
        kept, entry.actor = entry.actor, ""
        digest = whole(entry)
        entry.actor = kept
        return digest

    monkeypatch.setattr(audit, "digest_of", blind)
    _chain(sqlite_desk)
    assert [one for one in unseen(sqlite_desk) if one.startswith("another actor")] != []


def test_every_decision_has_its_entry(sqlite_desk: Desk) -> None:
    _chain(sqlite_desk)
    with sqlite_desk.engine.connect() as connection:

        def count(query: str) -> int:
            return int(connection.execute(text(query)).scalar_one())

        for table, action in (("review", "review"), ("verdict", "publish"), ("appeal", "appeal")):
            done = count(f"SELECT count(*) FROM {table}")  # noqa: S608
            assert done == count(f"SELECT count(*) FROM audit_entry WHERE action = '{action}'")  # noqa: S608


def test_the_head_is_public(sqlite_desk: Desk, web: TestClient) -> None:
    _chain(sqlite_desk)
    with sqlite_desk.reading() as session:
        last = audit.head(session)
    assert last is not None
    assert last.digest in web.get("/nhat-ky").text


def test_the_log_holds_whatever_zone_a_clock_gives(desk: Desk) -> None:
    for zone in (UTC, ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("America/St_Johns")):
        there = desk.clock().astimezone(zone)
        with desk.sessions.begin() as session:
            audit.append(session, lambda there=there: there, "public", "appeal", "correction:x")  # type: ignore[misc]
    with desk.reading() as session:
        assert audit.verify(session).ok

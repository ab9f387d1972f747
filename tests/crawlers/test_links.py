"""Dead links: which are asked for and when, what an answer means, and fact-checks that are read again."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from crawlers import claimreview, links
from crawlers.fetch import Fetched, FetchPlan, fetch_all
from models import audit
from models.claims import Claim, KnownClaim
from models.decisions import Correction, Evidence, EvidenceLink
from models.desk import AuditEntry, Staff
from models.vocabulary import Outcome
from tests.crawlers.reader import StandInReader
from tests.crawlers.server import Page, Site
from tests.crawlers.test_claimreview import review

TODAY = date(2026, 11, 22)


def at(day: date) -> Callable[[], datetime]:
    return lambda: datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


@dataclass
class Web:
    """Answers by address; what is not there is gone."""

    answers: dict[str, Fetched] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def put(self, url: str, outcome: Outcome = Outcome.KEPT, status: int = 200, body: str = "") -> None:
        self.answers[url] = Fetched(url, url, outcome, status, "text/html; charset=utf-8", body.encode())

    def __call__(self, urls: Sequence[str]) -> list[Fetched]:
        self.asked.append(list(urls))
        return [self.answers.get(url) or Fetched(url, url, Outcome.HTTP_ERROR, 404) for url in urls]


def put_known(sessions: sessionmaker[Session], *urls: str) -> None:
    with sessions.begin() as session:
        for url in urls:
            session.add(
                KnownClaim(
                    key=f"k:{url}",
                    text="Tin đồn",
                    topic="health",
                    rating="false",
                    url=url,
                    publisher="Tổ Kiểm tin",
                    imported_day=TODAY,
                )
            )


def look(sessions: sessionmaker[Session], web: Web, day: date = TODAY) -> links.Checked:
    return links.check(sessions, StandInReader(), web, at(day))


def marks(sessions: sessionmaker[Session]) -> dict[str, tuple[date | None, date | None]]:
    with sessions() as session:
        rows = session.scalars(select(KnownClaim))
        return {one.url: (one.link_checked_day, one.link_dead_day) for one in rows}


def log(sessions: sessionmaker[Session]) -> list[tuple[str, str]]:
    with sessions() as session:
        assert audit.verify(session).ok
        return [
            (one.action, one.subject) for one in session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        ]


DEATHS = [
    (Outcome.KEPT, 200, False),
    (Outcome.HTTP_ERROR, 404, True),
    (Outcome.HTTP_ERROR, 410, True),
    (Outcome.MOVED, 301, True),
    (Outcome.NETWORK_ERROR, 0, True),
    (Outcome.HTTP_ERROR, 500, False),
    (Outcome.BLOCKED, 403, False),
    (Outcome.ROBOTS, 0, False),
    (Outcome.TIMEOUT, 0, False),
]


def test_what_an_answer_means(sessions: sessionmaker[Session]) -> None:
    web = Web()
    expected = {}
    for number, (outcome, status, dead) in enumerate(DEATHS):
        url = f"https://tin{number}.vn/1"
        web.put(url, outcome, status)
        expected[url] = (TODAY, TODAY if dead else None)
    put_known(sessions, *expected)
    assert look(sessions, web) == links.Checked(asked=len(DEATHS), dead=4)
    assert marks(sessions) == expected
    assert [action for action, _ in log(sessions)] == [links.DEAD] * 4
    with sessions() as session:
        assert links.dead(session) == links.Dead(known=4, evidence=0)


def test_a_dead_address_is_asked_daily_a_living_one_weekly(sessions: sessionmaker[Session]) -> None:
    web = Web()
    web.put("https://song.vn/1")
    put_known(sessions, "https://song.vn/1", "https://mat.vn/1")
    asked = []
    for days in range(9):
        look(sessions, web, TODAY + timedelta(days=days))
        # a second look on the same day asks for nothing
        assert look(sessions, web, TODAY + timedelta(days=days)).asked == 0
    asked = [urls for urls in web.asked if urls]
    assert [urls.count("https://mat.vn/1") for urls in asked] == [1] * 9
    assert sum(urls.count("https://song.vn/1") for urls in asked) == 2
    assert marks(sessions)["https://mat.vn/1"] == (TODAY + timedelta(days=8), TODAY), "since the first day"
    web.put("https://mat.vn/1")
    look(sessions, web, TODAY + timedelta(days=9))
    assert marks(sessions)["https://mat.vn/1"][1] is None, "a later answer takes the mark away"
    assert [action for action, _ in log(sessions)] == [links.DEAD, links.ALIVE]


def test_a_few_at_a_time_and_few_of_a_host(sessions: sessionmaker[Session]) -> None:
    put_known(sessions, *(f"https://lon.vn/{number}" for number in range(40)), "https://nho.vn/1")
    with sessions() as session:
        chosen = links.due(session, TODAY)
    assert len([url for url in chosen if "lon.vn" in url]) == links.MOST_A_HOST
    assert "https://nho.vn/1" in chosen, "a large publisher holds up no other"
    put_known(sessions, *(f"https://tin{number}.vn/1" for number in range(60)))
    with sessions() as session:
        assert len(links.due(session, TODAY)) == links.MOST


def test_when_our_own_line_is_dead_nothing_is_noted(sessions: sessionmaker[Session]) -> None:
    web = Web()
    for number in range(3):
        web.put(f"https://tin{number}.vn/1", Outcome.NETWORK_ERROR, 0)
    put_known(sessions, *web.answers)
    assert look(sessions, web).dead == 0
    assert set(marks(sessions).values()) == {(None, None)}


@pytest.fixture
def published(sessions: sessionmaker[Session]) -> int:
    """Published evidence, and evidence of a claim without an answer: gives the id of the first."""
    ids = {}
    with sessions.begin() as session:
        staff = Staff(username="an", role="analyst", password_hash="x", created_at=at(TODAY)())
        session.add(staff)
        session.flush()
        for name in ("public", "hidden"):
            claim = Claim(
                public_id=name,
                key=name,
                text="Tin đồn",
                topic="health",
                first_day=TODAY,
                last_day=TODAY,
                week="2026-W47",
            )
            session.add(claim)
            session.flush()
            quoted = _evidence(claim.id, staff.id, f"https://{name}.vn/1")
            session.add(quoted)
            session.flush()
            ids[name] = quoted.id
            if name == "public":
                session.add(Correction(slug="mot", claim_id=claim.id, published_at=at(TODAY)()))
    return ids["public"]


def _evidence(claim_id: int, staff_id: int, url: str) -> Evidence:
    return Evidence(
        claim_id=claim_id,
        round=1,
        staff_id=staff_id,
        kind="primary",
        url=url,
        domain="public.vn",
        publisher="Cổng thông tin",
        quote="Không có chuyện đó.",
        published_day=TODAY,
        quote_sha256="0" * 64,
        at=at(TODAY)(),
    )


def test_published_evidence_is_watched_and_never_changed(
    sessions: sessionmaker[Session], published: int
) -> None:
    web = Web()
    assert look(sessions, web) == links.Checked(asked=1, dead=1)
    assert web.asked == [["https://public.vn/1"]]
    with sessions() as session:
        link = session.scalars(select(EvidenceLink)).one()
        assert (link.evidence_id, link.checked_day, link.dead_day) == (published, TODAY, TODAY)
        assert links.dead(session) == links.Dead(known=0, evidence=1)
    assert log(sessions) == [(links.DEAD, f"evidence:{published}")]
    web.put("https://public.vn/1")
    look(sessions, web, TODAY + timedelta(days=1))
    with sessions() as session:
        assert links.dead(session).evidence == 0


def test_a_fact_check_that_answers_is_read_again(sessions: sessionmaker[Session]) -> None:
    url = "https://kiemtin.vn/1"
    gone = review(claimReviewed="Tin đồn nước chanh chữa sốt rét")
    with sessions.begin() as session:
        rows = claimreview.read(json.dumps([review(), gone]))
        claimreview.store(session, rows, StandInReader(), at(TODAY))
    newer = review(reviewRating={"@type": "Rating", "alternateName": "Đúng"})
    foreign = review(url="https://khac.vn/9", claimReviewed="Tin đồn của người khác")
    script = f"<script type='application/ld+json'>{json.dumps([newer, foreign])}</script>"
    web = Web()
    web.put(url, body=f"<html>{script}</html>")
    assert look(sessions, web).changed == 1
    with sessions() as session:
        first, second = session.scalars(select(KnownClaim).order_by(KnownClaim.id)).all()
        assert (first.rating, first.link_dead_day) == ("true", None)
        assert second.link_dead_day == TODAY, "its page reviews it no more"
    assert [action for action, _ in log(sessions)] == [claimreview.RERATED, claimreview.GONE]


def test_the_addresses_are_asked_for_by_the_polite_fetcher(
    sessions: sessionmaker[Session], site: Site
) -> None:
    host = "kiem-tin.localhost"
    rules = b"User-agent: *\nDisallow: /cam\n"
    site.put(host, "/robots.txt", Page(rules, headers={"Content-Type": "text/plain"}))
    site.put(host, "/co", Page(b"<p>con day</p>"))
    put_known(sessions, *(site.url(host, path) for path in ("/co", "/mat", "/cam")))
    plan = FetchPlan("KiemChungTest", "https://example.vn/bot", {host: (site.address, site.port)})
    found = links.check(sessions, StandInReader(), lambda urls: fetch_all(urls, plan), at(TODAY))
    assert found == links.Checked(asked=3, dead=1)
    assert sorted(site.paths()) == ["/co", "/mat", "/robots.txt"]
    assert marks(sessions)[site.url(host, "/mat")] == (TODAY, TODAY)
    assert marks(sessions)[site.url(host, "/cam")] == (TODAY, None)

"""ClaimReview from pages, JSON-LD, data feeds and CSV; ratings; the scope gate."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crawlers import claimreview
from crawlers.claimreview import Stored
from crawlers.errors import ClaimReviewError
from crawlers.ratings import map_rating
from crawlers.registry import EntrySpec
from models import audit
from models.claims import KnownClaim
from models.counters import totals
from models.desk import AuditEntry
from models.vocabulary import EntryKind, Rating, SourceKind
from tests.crawlers.child import run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import StandInReader
from tests.crawlers.server import Page, Site

DAY = date(2026, 11, 22)
Clock = Callable[[], datetime]


def review(**changes: object) -> dict[str, Any]:
    node: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": "Tin đồn lá ổi chữa sốt xuất huyết",
        "url": "https://kiemtin.vn/1",
        "datePublished": "2026-11-01",
        "author": {"@type": "Organization", "name": "Tổ Kiểm tin"},
        "itemReviewed": {
            "author": {"@type": "Person", "name": "CANARY"},
            "appearance": {"url": "https://facebook.com/CANARY"},
        },
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": "1",
            "bestRating": "5",
            "worstRating": "1",
            "alternateName": "Sai",
        },
    }
    return {**node, **changes}


SHAPES = {
    "object": review(),
    "list": [review()],
    "graph": {"@graph": [{"@type": "WebPage"}, review()]},
    "types": review(**{"@type": ["ClaimReview", "Review"]}),
    "data feed": {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [review()]}]},
    "item list": {"@type": "ItemList", "itemListElement": [{"item": review()}]},
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_json_ld(name: str, tmp_path: Path) -> None:
    text = json.dumps(SHAPES[name], ensure_ascii=False)
    path = tmp_path / "feed.json"
    path.write_text(text, encoding="utf-8")
    html = f"<html><script type='application/ld+json'>{text}</script></html>"
    for source in (text, path, html):
        (row,) = claimreview.read(source)
        assert (row.claim, row.url, row.publisher) == (
            review()["claimReviewed"],
            "https://kiemtin.vn/1",
            "Tổ Kiểm tin",
        )
        assert (row.rating, row.rating_original, row.day) == (Rating.FALSE, "Sai", date(2026, 11, 1))
        assert "CANARY" not in repr(row)


def test_a_person_is_never_the_publisher() -> None:
    (row,) = claimreview.read(json.dumps(review(author={"@type": "Person", "name": "CANARY"})))
    assert row.publisher == "kiemtin.vn"


CSV = """claim,rating,url,publisher,date
Tin đồn một,Sai sự thật,https://kiemtin.vn/1,Tổ Kiểm tin,2026-11-01
"Tin đồn hai, có dấu phẩy",Misleading,https://kiemtin.vn/2,,
,Sai,https://kiemtin.vn/3,,
Tin đồn bốn,,https://kiemtin.vn/4,,
Tin đồn năm,Sai,https://www.facebook.com/x/posts/1,,
Tin đồn sáu,Sai,,,
Tin đồn bảy,Sai,https://kiemtin.vn/7,,hôm qua
"""


def test_csv_rows_and_named_errors(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(CSV, encoding="utf-8-sig")
    rows = claimreview.read(path)
    assert [(row.claim, row.rating, row.publisher) for row in rows] == [
        ("Tin đồn một", Rating.FALSE, "Tổ Kiểm tin"),
        ("Tin đồn hai, có dấu phẩy", Rating.MISLEADING, "kiemtin.vn"),
    ]
    assert [error.split(": ")[0] for error in rows.errors] == [
        "claims.csv row 4 claimReviewed",
        "claims.csv row 5 reviewRating",
        "claims.csv row 6 url",
        "claims.csv row 7 url",
        "claims.csv row 8 date",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[1", "not JSON"),
        ("a,b\n1,2\n", "no column claim"),
        ("", "no column"),
        ("[" * 99_999, "not JSON"),
    ],
)
def test_what_cannot_be_read_is_one_line(text: str, message: str) -> None:
    with pytest.raises(ClaimReviewError, match=message) as caught:
        claimreview.read(text)
    assert "\n" not in str(caught.value)


def test_a_broken_script_does_not_hide_the_others() -> None:
    script = "<script type='application/ld+json'>{}</script>"
    html = (
        script.format('{"@type": "ClaimReview",') + script.format(json.dumps(review())) + script.format("[]")
    )
    rows = claimreview.from_page(html)
    assert (len(rows), rows.errors) == (1, ["page script 1 line 1: not JSON"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "@type",
                        "@graph",
                        "claimReviewed",
                        "reviewRating",
                        "url",
                        "author",
                        "item",
                        "alternateName",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_no_json_crashes(data: object) -> None:
    wrapped = [
        {"@type": "ClaimReview", "url": data, "claimReviewed": data, "reviewRating": data, "author": data},
        data,
    ]
    rows = claimreview.read(json.dumps(wrapped))
    assert len(rows) + len(rows.errors) >= 1


RATINGS = [
    ("Sai sự thật", Rating.FALSE),
    ("FALSE", Rating.FALSE),
    ("Tin giả!", Rating.FALSE),
    ("False. The video is old.", Rating.FALSE),
    ("Gây hiểu lầm", Rating.MISLEADING),
    ("Missing context", Rating.MISLEADING),
    ("Sai một phần", Rating.MISLEADING),
    ("Chưa có căn cứ", Rating.UNPROVEN),
    ("Unproven", Rating.UNPROVEN),
    ("Đúng", Rating.TRUE),
    ("true", Rating.TRUE),
    ("Four Pinocchios", None),
    ("", None),
]


@pytest.mark.parametrize(("words", "rating"), RATINGS)
def test_ratings_by_words(words: str, rating: Rating | None) -> None:
    assert map_rating(words) == rating


@pytest.mark.parametrize(
    ("numbers", "rating"),
    [
        ((1, 1, 5), Rating.FALSE),
        ((5, 1, 5), Rating.TRUE),
        (("2", None, None), Rating.MISLEADING),
        ((3, 1, 5), Rating.MISLEADING),
        ((4, 1, 5), None),
        ((9, 1, 5), None),
        ((1, 5, 5), None),
        (("x", 1, 5), None),
        ((None, None, None), None),
    ],
)
def test_ratings_by_numbers(numbers: tuple[object, object, object], rating: Rating | None) -> None:
    assert map_rating("", *numbers) == rating


def at(day: int) -> Clock:
    return lambda: datetime(2026, 11, day, 3, 0, tzinfo=UTC)


def take(desk: Desk, clock: Clock, *reviews: dict[str, Any]) -> Stored:
    rows = claimreview.read(json.dumps(reviews))
    with desk.sessions.begin() as session:
        return claimreview.store(session, rows, StandInReader(), clock)


def counts(stored: Stored) -> tuple[int, int, int, int]:
    return stored.kept, stored.changed, stored.not_ours, stored.duplicate


def rated(words: str, **changes: object) -> dict[str, Any]:
    return review(reviewRating={"@type": "Rating", "alternateName": words}, **changes)


def known(desk: Desk) -> list[KnownClaim]:
    with desk.sessions.begin() as session:
        found = session.scalars(select(KnownClaim).order_by(KnownClaim.id)).all()
        session.expunge_all()
        return list(found)


def log(desk: Desk) -> list[tuple[str, str]]:
    with desk.sessions.begin() as session:
        assert audit.verify(session).ok
        rows = session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.seq))
        return [(action, subject) for action, subject in rows]


def test_only_what_is_in_scope_is_stored_and_once(desk: Desk) -> None:
    reviews = [review(), review(claimReviewed="Ông chủ tịch nói dở", url="https://kiemtin.vn/2")]
    assert counts(take(desk, at(22), *reviews)) == (1, 0, 1, 0)
    assert counts(take(desk, at(22), *reviews)) == (0, 0, 1, 1)
    (one,) = known(desk)
    assert (one.topic, one.rating, one.published_day) == ("health", "false", date(2026, 11, 1))
    with desk.sessions.begin() as session:
        assert totals(session, claimreview.IMPORT, DAY) == {"kept": 1, "duplicate": 1, "not_ours": 2}
    assert log(desk) == []


def test_an_unmapped_rating_keeps_its_words(desk: Desk) -> None:
    take(desk, at(22), rated("Bốn mũi dài: ông CANARY nói vậy"))
    (one,) = known(desk)
    assert (one.rating, one.rating_original) == (None, "Bốn mũi dài")


def test_a_changed_rating_changes_the_known_claim_and_is_logged(desk: Desk) -> None:
    take(desk, at(22), rated("Sai"), rated("Sai", url="https://kiemtin.vn/2"))
    again = take(desk, at(23), rated("Đúng"), rated("Sai", url="https://kiemtin.vn/2"))
    assert counts(again) == (0, 1, 0, 1)
    first, second = known(desk)
    assert (first.rating, first.rating_original, first.imported_day) == ("true", "Đúng", DAY)
    assert second.rating == "false"
    assert log(desk) == [(claimreview.RERATED, f"known:{first.id}:false>true")]
    take(desk, at(24), rated("Bốn mũi dài"))
    assert known(desk)[0].rating_original == "Bốn mũi dài"
    assert log(desk)[1] == (claimreview.RERATED, f"known:{first.id}:true>unmapped")


def test_a_review_that_its_page_no_longer_carries_is_marked(desk: Desk) -> None:
    other = "Tin đồn nước chanh chữa sốt rét"
    take(desk, at(20), review(), review(claimReviewed=other), review(url="https://kiemtin.vn/9"))
    with desk.sessions.begin() as session:
        rows = claimreview.read(json.dumps([review()]))
        judged, _ = claimreview.judge(rows, StandInReader())
        assert claimreview.mark_gone(session, judged, at(22)) == 1
        assert claimreview.mark_gone(session, judged, at(23)) == 0
    marked = {one.text: one.link_dead_day for one in known(desk) if one.url.endswith("/1")}
    assert marked == {review()["claimReviewed"]: None, other: DAY}
    # an address that the publisher's feed does not name any more says nothing: feeds hold the newest
    assert [one.link_dead_day for one in known(desk) if one.url.endswith("/9")] == [None]
    assert [action for action, _ in log(desk)] == [claimreview.GONE]


def test_a_polled_entry_point_brings_changed_ratings(desk: Desk, site: Site) -> None:
    host = "kiem-tin.localhost"
    entry = EntrySpec(EntryKind.CLAIM_REVIEW, site.url(host, "/feed.json"))
    desk.add("kiem-tin", site.url(host), [entry], kind=SourceKind.FACT_CHECKER)
    plan = desk.plan(site, "kiem-tin")

    def poll(days: int, *reviews: dict[str, Any]) -> dict[str, int]:
        made = json.dumps(reviews).encode()
        site.put(host, "/feed.json", Page(made, headers={"Content-Type": "application/json"}))
        report = run_crawl(replace(plan, now=plan.now + timedelta(days=days)))
        assert report["errors"] == 0
        return {name: n for name, n in desk.counts("kiem-tin").items() if name != "feed_read"}

    two = review(claimReviewed="Tin đồn nước chanh chữa sốt rét", url=site.url(host, "/1"))
    assert poll(0, rated("Sai", url=site.url(host, "/1")), two) == {"kept": 2}
    poll(2, rated("Gây hiểu lầm", url=site.url(host, "/1")))
    first, second = known(desk)
    assert (first.rating, first.rating_original, first.link_dead_day) == ("misleading", "Gây hiểu lầm", None)
    assert second.link_dead_day == DAY + timedelta(days=2)
    assert log(desk) == [
        (claimreview.RERATED, f"known:{first.id}:false>misleading"),
        (claimreview.GONE, f"known:{second.id}"),
    ]

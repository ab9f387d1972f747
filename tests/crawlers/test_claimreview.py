"""ClaimReview from pages, JSON-LD, data feeds and CSV; ratings; the scope gate."""

import json
from datetime import date
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
from models.claims import KnownClaim
from models.counters import totals
from models.vocabulary import Rating
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import StandInReader

DAY = date(2026, 11, 22)


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


def test_only_what_is_in_scope_is_stored_and_once(desk: Desk) -> None:
    rows = claimreview.read(
        json.dumps([review(), review(claimReviewed="Ông chủ tịch nói dở", url="https://kiemtin.vn/2")])
    )
    with desk.sessions.begin() as session:
        assert claimreview.store(session, rows, StandInReader(), DAY) == Stored(
            kept=1, not_ours=1, duplicate=0
        )
    with desk.sessions.begin() as session:
        assert claimreview.store(session, rows, StandInReader(), DAY) == Stored(
            kept=0, not_ours=1, duplicate=1
        )
    with desk.sessions.begin() as session:
        known = session.scalars(select(KnownClaim)).one()
        assert (known.topic, known.rating, known.published_day) == ("health", "false", date(2026, 11, 1))
        assert totals(session, claimreview.IMPORT, DAY) == {"kept": 1, "duplicate": 1, "not_ours": 2}


def test_an_unmapped_rating_keeps_its_words(desk: Desk) -> None:
    rating = {"@type": "Rating", "alternateName": "Bốn mũi dài: ông CANARY nói vậy"}
    rows = claimreview.read(json.dumps(review(reviewRating=rating)))
    with desk.sessions.begin() as session:
        claimreview.store(session, rows, StandInReader(), DAY)
        known = session.scalars(select(KnownClaim)).one()
        assert (known.rating, known.rating_original) == (None, "Bốn mũi dài")

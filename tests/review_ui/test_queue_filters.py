"""Filters that stay in the address, counts with a ceiling, pages by key, saved views."""

import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from models.claims import Claim
from models.vocabulary import ClaimState, Opinion, Role, SourceKind, Topic
from models.weeks import local_day
from pipeline import drafts, groups, proposals, search, undo
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from review_ui import filters, queue
from review_ui.claims import claim_page
from review_ui.filters import AGES, KINDS, MATCHES, PARAMETERS, STAGES, Filters
from review_ui.queue import Place
from review_ui.sessions import SignedIn
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import (
    MovingClock,
    add_claim,
    add_match,
    add_source,
    add_staff,
    make_desk,
    words,
)
from tests.review_ui.test_review import order

pytestmark = pytest.mark.usefixtures("staff")

COMMITTED = {
    *("tinh-trang", "chu-de", "loai-nguon", "dia-phuong", "doi-chieu", "tuoi", "cua-toi", "q", "sau", "da"),
}
FILTERS = st.builds(
    Filters,
    stage=st.sampled_from(sorted(STAGES)),
    topic=st.none() | st.sampled_from(sorted(Topic)),
    kind=st.sampled_from(["", *KINDS]),
    local=st.booleans(),
    matched=st.sampled_from(["", *MATCHES]),
    age=st.sampled_from(["", *AGES]),
    mine=st.booleans(),
    words=st.sampled_from(["", "lá đu đủ", "a&b=c?#", "%20"]),
)


def put(desk: Desk, words: str, **more: Any) -> int:  # noqa: ANN401 -- what `add_claim` takes
    """A claim that the search knows: those of these tests are put in by hand."""
    claim_id = add_claim(desk, words, **more)
    with desk.sessions.begin() as session:
        search.put_claim(session, session.get_one(Claim, claim_id))
    return claim_id


def links(page: str) -> set[str]:
    """The names in every address of the queue on a page, and the fields of its filter form."""
    addresses = [html.unescape(found) for found in re.findall(r'(?:href|hx-get)="([^"]+)"', page)]
    names = {
        name
        for one in addresses
        if urlsplit(one).path == filters.PATH
        for name, _ in parse_qsl(urlsplit(one).query)
    }
    form = re.search(r'<form action="/ban-lam-viec".*?</form>', page, re.DOTALL)
    assert form
    return names | set(re.findall(r' name="([^"]+)"', form[0]))


def test_an_address_holds_only_what_is_committed(browse: OpenBrowser, desk: Desk) -> None:
    assert PARAMETERS == COMMITTED
    for n in range(30):
        add_claim(desk, priority=n / 30)
    every = Filters("lan-1", Topic.HEALTH, "", True, "khong", "7").address()
    analyst = browse("an")
    found = links(analyst.get("/ban-lam-viec").text) | links(analyst.get(every).text)
    assert found <= COMMITTED
    assert {"tinh-trang", "chu-de", "sau", "q", "cua-toi", "loai-nguon"} <= found
    # whatever else an address asks for is neither used nor carried on
    asked = "/ban-lam-viec?nguon=bao-mau&xa=tra-on&gio=14&nguoi-gui=1&chu-de=health"
    assert links(analyst.get(asked).text) <= COMMITTED
    assert order(analyst.get(asked)) == order(analyst.get("/ban-lam-viec?chu-de=health"))


@given(FILTERS)
def test_filters_read_back_what_they_write(asked: Filters) -> None:
    assert Filters.of_query(asked.text()) == asked
    names = {str(topic): str(topic) for topic in Topic}
    for chip in asked.chips(names):
        cleared = Filters.of_query(chip.without.partition("?")[2])
        assert len(cleared.query()) == len(asked.query()) - 1
    assert not asked.for_view().words


@given(st.dictionaries(st.sampled_from(sorted(COMMITTED)), st.text(max_size=30)))
def test_no_value_of_an_address_breaks_anything(values: dict[str, str]) -> None:
    read = Filters.read(values)
    assert Filters.of_query(read.text()) == read
    place = Place.read(values.get("sau", ""))
    assert place is None or Place.read(place.value()) == place


def test_kind_match_age_and_words(browse: OpenBrowser, desk: Desk, moving: MovingClock) -> None:
    from_paper = put(desk, "Uống nước lá đu đủ khỏi bệnh", source_id=add_source(desk, "bao-a"))
    from_body = put(desk, "Phát gạo ở trụ sở", source_id=add_source(desk, "so-y-te", SourceKind.HEALTH))
    from_tip = put(desk, "Cầu sắp sập", topic="disaster", tip="Cầu sắp sập đó")
    add_match(desk, from_tip)
    add_match(desk, from_body, "ngày: 3/9 / 9/9")
    with desk.sessions.begin() as session:
        session.get_one(Claim, from_paper).first_day = local_day(moving()) - timedelta(days=10)
    analyst = browse("an")

    def found(address: str) -> set[int]:
        return set(order(analyst.get(f"/ban-lam-viec?{address}")))

    assert found("loai-nguon=newspaper") == {from_paper}
    assert found("loai-nguon=health") == {from_body}
    assert found("loai-nguon=tin-bao") == {from_tip}
    assert found("doi-chieu=co") == {from_tip}  # a match that differs in a value is another claim
    assert found("doi-chieu=khong") == {from_paper, from_body}
    assert found("tuoi=cu") == {from_paper}
    assert found("tuoi=3") == {from_body, from_tip}
    assert found("tuoi=1") == set()
    assert found("q=la+du+du") == {from_paper}
    assert found("q=L%C3%A1+%C4%91u") == {from_paper}
    assert found("q=g%E1%BA%A1o&chu-de=disaster") == set()
    assert found("q=khongcotu") == set()
    page = analyst.get("/ban-lam-viec?loai-nguon=health&tuoi=3&q=gao")
    for chip in ("Cơ sở y tế", "Trong 3 ngày", "“gao”", "Bỏ hết"):
        assert chip in words(page)


def test_what_is_mine(browse: OpenBrowser, desk: Desk) -> None:
    held, begun, decided, _other = (add_claim(desk) for _ in range(4))
    analyst = browse("an")
    analyst.post(f"/ban-lam-viec/{held}/giu", {})
    analyst.post(f"/ban-lam-viec/{begun}/nhap", {"reason": "đang viết dở"})
    analyst.post(f"/ban-lam-viec/{decided}/y-kien", {"opinion": "not_a_claim", "preset": "hoi", "reason": ""})
    assert set(order(analyst.get("/ban-lam-viec?cua-toi=1"))) == {held, begun, decided}
    assert order(browse("binh").get("/ban-lam-viec?cua-toi=1")) == []
    page = words(analyst.get("/ban-lam-viec"))
    for tag in ("Bạn đang giữ", "Có bản nháp của bạn", "Bạn đã có ý kiến"):
        assert tag in page
    assert "bản nháp" not in words(browse("binh").get("/ban-lam-viec"))


def test_every_claim_is_on_one_page_whatever_its_priority(browse: OpenBrowser, desk: Desk) -> None:
    ids = [add_claim(desk, priority=(n % 4) / 4) for n in range(70)]
    with desk.sessions.begin() as session:
        for claim_id in ids[:20]:
            session.get_one(Claim, claim_id).priority = None
        for claim_id in ids[50:]:
            session.get_one(Claim, claim_id).state = ClaimState.SECOND
    analyst = browse("an")
    seen: list[int] = []
    address: str | None = "/ban-lam-viec"
    while address:
        page = analyst.get(address)
        seen += order(page)
        following = re.search(r'rel="next"[^>]* href="([^"]+)"', page.text)
        address = html.unescape(following[1]) if following else None
    with desk.reading() as session:
        rows = session.execute(text("SELECT id FROM claim ORDER BY priority IS NULL, priority DESC, id"))
        assert seen == list(rows.scalars())


def test_a_rare_filter_looks_through_a_piece_of_the_queue_at_a_time(
    browse: OpenBrowser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "SCAN", 10)
    for n in range(25):
        add_claim(desk, priority=1 - n / 100)
    last = add_claim(desk, priority=0.1, local=True)
    analyst = browse("an")
    page = analyst.get("/ban-lam-viec?dia-phuong=1")
    assert "Đã xem 10 điều tiếp theo" in words(page)
    for _ in range(2):
        following = re.search(r'href="([^"]+)">Tìm tiếp', page.text)
        assert following
        page = analyst.get(html.unescape(following[1]))
    assert order(page) == [last]
    assert "Tìm tiếp" not in words(page)


def test_counts_stop_and_know_what_is_put_off(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "COUNTED", 10)
    put_off = add_claim(desk, topic="disaster")
    with desk.sessions.begin() as session:
        session.get_one(Claim, put_off).deferred_until = local_day(moving()) + timedelta(days=2)
    add_claim(desk, topic="disaster")
    for _ in range(12):
        add_claim(desk)
    again = add_claim(desk, topic="women", state=ClaimState.SECOND)
    with desk.sessions.begin() as session:
        session.get_one(Claim, again).round = 2
    with desk.reading() as session:
        page = queue.queue_page(session, Filters(), 1, moving())
        assert page.stages["cho"] > 10
        assert page.stages["hoan"] == page.stages["lan-2"] == page.stages["khieu-nai"] == 1
        assert page.topics[Topic.HEALTH] > 10
        assert (page.topics[Topic.DISASTER], page.topics[Topic.WOMEN]) == (1, 1)
        narrowed = queue.queue_page(session, Filters(topic=Topic.DISASTER), 1, moving())
        assert (narrowed.stages["cho"], narrowed.stages["hoan"], narrowed.total) == (1, 1, 1)
        assert queue.queue_page(session, Filters(stage="hoan"), 1, moving()).topics[Topic.DISASTER] == 1
        assert [
            row.claim.id for row in queue.queue_page(session, Filters(stage="khieu-nai"), 1, moving()).rows
        ] == [again]
    assert "hơn" in words(browse("an").get("/ban-lam-viec"))


def test_no_query_of_the_queue_reads_all_claims(desk: Desk, moving: MovingClock) -> None:
    """SQLite says how it would answer each query: by an index, or by an ordered piece of one."""
    for n in range(40):
        add_claim(desk, priority=n / 40)
    asked: list[tuple[str, object]] = []
    event.listen(
        desk.engine, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values))
    )
    with desk.reading() as session:
        for one in (
            Filters(),
            Filters(topic=Topic.HEALTH),
            Filters(stage="hoan"),
            Filters(stage="khieu-nai"),
            Filters(kind="newspaper", local=True, matched="co", age="3"),
            Filters(mine=True),
        ):
            queue.queue_page(session, one, 1, moving(), Place(0.5, 3))
    with desk.engine.connect() as connection:
        for sql, values in asked:
            if sql.lstrip().upper().startswith("SELECT"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)  # type: ignore[arg-type]
                plan = [row[3] for row in rows]
                assert not [
                    step for step in plan if re.match(r"SCAN (claim|mention|item|review)\b(?!.*INDEX)", step)
                ], sql


def test_views_are_saved_listed_used_and_dropped(browse: OpenBrowser) -> None:
    analyst = browse("an")
    made = analyst.post(
        "/ban-lam-viec/khung-nhin",
        {
            "name": "Bão lũ tại chỗ",
            "query": "chu-de=disaster&dia-phuong=1&q=ten+ai+do&nguon=bao&tinh-trang=la",
        },
    )
    # unknown names and words to search for are not kept: no keyword watch list (rule 2)
    assert made.headers["location"] == "/ban-lam-viec?chu-de=disaster&dia-phuong=1&da=khung"
    page = analyst.get("/ban-lam-viec")
    assert 'href="/ban-lam-viec?chu-de=disaster&amp;dia-phuong=1"' in page.text
    assert "Bão lũ tại chỗ" in words(page)
    assert "ten ai do" not in page.text
    assert "Bão lũ" not in words(browse("binh").get("/ban-lam-viec"))
    number = re.search(r'name="view" value="(\d+)"', page.text)
    assert number
    browse("binh").post("/ban-lam-viec/bo-khung-nhin", {"view": number[1]})
    assert "Bão lũ" in words(analyst.get("/ban-lam-viec"))
    analyst.post("/ban-lam-viec/bo-khung-nhin", {"view": number[1]})
    assert "Bão lũ" not in words(analyst.get("/ban-lam-viec"))
    for wrong in ("", "x" * 41):
        refused = analyst.post("/ban-lam-viec/khung-nhin", {"name": wrong, "query": "tuoi=3"})
        assert refused.status_code == 422
        assert "Tên khung nhìn" in words(refused)


def test_the_score_from_which_a_match_counts_is_the_matchers() -> None:
    from classify.rerank import THRESHOLD

    assert proposals.SAME == THRESHOLD
    assert drafts.MAX_CHARACTERS > 4_000 + 3 * 4_400


def test_the_queue_and_the_claim_page_are_the_same_on_both_databases(
    database_url: str, tmp_path: Path, moving: MovingClock
) -> None:
    desk = make_desk(database_url, tmp_path, moving)
    me = SignedIn(add_staff(desk, "mai", Role.ANALYST).id, "mai", Role.ANALYST, "")
    ids = [
        put(
            desk,
            f"Điều thứ {n}",
            priority=n / 8,
            topic=["health", "women"][n % 2],
            tip="Tin",
            token="1a2b3c4d",
        )
        for n in range(8)
    ]
    add_match(desk, ids[0])
    with desk.sessions.begin() as session:
        session.get_one(Claim, ids[1]).priority = None
        session.get_one(Claim, ids[2]).deferred_until = local_day(moving()) + timedelta(days=1)
        session.get_one(Claim, ids[3]).round = 2
        session.get_one(Claim, ids[4]).state = ClaimState.SECOND
    drafts.save(desk, ids[5], me.staff_id, {"reason": "đang viết"})
    given = ReviewInput(Opinion.NOT_A_CLAIM, "Chỉ là lời chào đầu năm.")
    undo.accept(desk, [ids[6]], me.staff_id, given, {"reason": given.reason})

    def found(after: Place | None = None, **asked: Any) -> list[int]:  # noqa: ANN401 -- any filter
        with desk.reading() as session:
            page = queue.queue_page(session, Filters(**asked), me.staff_id, moving(), after)
        return [ids.index(row.claim.id) for row in page.rows]

    assert found() == [7, 6, 5, 4, 3, 0, 1]
    assert found(Place(4 / 8, ids[4])) == [3, 0, 1]
    assert found(Place(None, ids[0])) == [1]
    assert found(topic=Topic.WOMEN) == [7, 5, 3, 1]
    assert (found(stage="hoan"), found(stage="khieu-nai"), found(stage="lan-2")) == ([2], [3], [4])
    assert found(mine=True) == [6, 5]
    assert found(words="thu") == found(kind="tin-bao") == found(age="3") == found()
    assert found(matched="co") == [0]
    with desk.reading() as session:
        page = claim_page(session, ids[0], me, moving())
        assert queue.next_free(session, Filters(), me.staff_id, moving(), ids[7]) == ids[5]
        known = page.matches[0].known.id
        assert [claim.id for claim in groups.members(session, known, me.staff_id)] == [ids[0]]
    assert page.tokens[0].other_claims == 7
    assert page.matches[0].open_claims == 1
    desk.close()

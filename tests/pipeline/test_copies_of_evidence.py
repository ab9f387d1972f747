"""The desk opens the pages that evidence quotes: what it finds, when it asks again, what a verdict needs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from crawlers.fetch import Fetched
from models.claims import Claim
from models.decisions import Evidence, EvidenceCopy, Verdict
from models.desk import AuditEntry
from models.errors import UsageError
from models.retention import erase_claim
from models.vocabulary import CopyOutcome, Language, Opinion, Outcome
from pipeline import copies, decisions, public, publishing, schedule
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.conftest import NOW
from tests.pipeline.conftest import PRIMARY, People, hire, put_claim
from tests.pipeline.test_decisions import REASON, TEXT

HTML = "text/html; charset=utf-8"


class Web:
    """Answers by address; what is not there is gone."""

    def __init__(self, **pages: str) -> None:
        self.pages = dict(pages)
        self.asked: list[str] = []

    def put(self, url: str, body: str) -> None:
        self.pages[url] = body

    def __call__(self, addresses: Sequence[str]) -> list[Fetched]:
        self.asked += addresses
        return [self._one(url) for url in addresses]

    def _one(self, url: str) -> Fetched:
        body = self.pages.get(url)
        if body is None:
            return Fetched(url, url, Outcome.HTTP_ERROR, 404)
        return Fetched(url, url, Outcome.KEPT, 200, HTML, body.encode())


def page(words: str) -> str:
    return f"<html><head><script>var x = 'không có ở đây'</script></head><body><p>{words}</p></body></html>"


def copy_of(desk: Desk) -> EvidenceCopy:
    with desk.reading() as session:
        return session.scalars(select(EvidenceCopy)).one()


def later(desk: Desk, days: int) -> Desk:
    """The same desk some days on."""
    return replace(desk, clock=lambda: NOW + timedelta(days=days))


def agreed(desk: Desk, people: People) -> int:
    claim_id = put_claim(desk)
    decisions.record_review(desk, claim_id, people.an, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    decisions.record_review(desk, claim_id, people.binh, ReviewInput(Opinion.FALSE, REASON))
    return claim_id


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        (PRIMARY.quote, CopyOutcome.FOUND),
        (PRIMARY.quote.upper().replace(" ", "\n  "), CopyOutcome.FOUND),
        ("Một thông báo khác hẳn.", CopyOutcome.MISSING),
        (None, CopyOutcome.UNREAD),
    ],
)
def test_a_page_is_opened_and_the_quoted_words_are_looked_for(
    desk: Desk, people: People, shown: str | None, outcome: CopyOutcome
) -> None:
    agreed(desk, people)
    web = Web()
    if shown is not None:
        web.put(PRIMARY.url, page(shown))
    copies.look(desk, web)
    found = copy_of(desk)
    assert found.outcome == outcome
    assert found.looked_day == desk.clock().date()
    assert (found.page_sha256 is None) == (shown is None)
    assert (found.again_day is None) == (outcome is CopyOutcome.FOUND)
    with desk.reading() as session:
        actions = list(session.scalars(select(AuditEntry.action)))
    assert actions.count(copies.SEEN) == 1


def test_no_word_of_the_page_is_kept(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    agreed(sqlite_desk, people)
    canary = "chim hoàng yến bay qua sông"
    copies.look(sqlite_desk, Web(**{PRIMARY.url: page(f"{PRIMARY.quote} {canary}")}))
    with sqlite_desk.reading() as session:
        rows = session.execute(text("SELECT * FROM evidence_copy")).all()
    assert canary not in str(rows)
    assert all(
        canary.encode() not in file.read_bytes()
        for file in Path(str(sqlite_desk.engine.url.database)).parent.rglob("*")
        if file.is_file()
    )


def test_a_page_that_does_not_open_is_asked_again_on_five_days_and_no_more(
    desk: Desk, people: People
) -> None:
    agreed(desk, people)
    web = Web()
    for _ in range(3):
        copies.look(desk, web)
    assert len(web.asked) == 1  # once a day
    for day in range(1, 10):
        copies.look(later(desk, day), web)
    assert len(web.asked) == copies.MOST_LOOKS
    assert copy_of(desk).again_day is None


def test_what_is_found_later_counts(desk: Desk, people: People) -> None:
    agreed(desk, people)
    web = Web()
    copies.look(desk, web)
    web.put(PRIMARY.url, page(PRIMARY.quote))
    copies.look(later(desk, 1), web)
    assert copy_of(desk).outcome == CopyOutcome.FOUND


def test_a_verdict_whose_quotation_was_not_found_needs_a_public_note(desk: Desk, people: People) -> None:
    claim_id = agreed(desk, people)
    copies.look(desk, Web(**{PRIMARY.url: page("Một thông báo khác hẳn.")}))
    with pytest.raises(UsageError, match="looked for and not found"):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    note = "Trang gốc là ảnh chụp văn bản, câu trích nằm trong ảnh."
    slug = publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT}, note)
    with desk.reading() as session:
        assert note in session.scalars(select(Verdict.method_note)).one()
        assert public.correction(session, slug).text().reason == note


@pytest.mark.parametrize("words", [PRIMARY.quote, None])
def test_control_a_quotation_that_was_found_or_not_looked_for_needs_none(
    desk: Desk, people: People, words: str | None
) -> None:
    claim_id = agreed(desk, people)
    copies.look(desk, Web(**({PRIMARY.url: page(words)} if words else {})))
    publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})


@pytest.mark.parametrize(
    ("quote", "page_words", "found"),
    [
        ("Không thu phí của người dân", "…, không thu phí, của người dân.", True),
        ("Không thu phí của người dân", "khong thu phi cua nguoi dan", False),
        ("Không thu phí … ở mọi xã trong tỉnh", "Không thu phí gì hết; áp dụng ở mọi xã trong tỉnh", True),
        ("ở mọi xã trong tỉnh [...] không thu phí", "Không thu phí, ở mọi xã trong tỉnh", False),
        ("… … …", "bất cứ điều gì ở đây cũng được", False),
        ("thu phí của người", "không thu phí của người dân", True),
        ("thu phí của ngườ", "không thu phí của người dân", False),
    ],
)
def test_words_count_and_nothing_between_them(quote: str, page_words: str, found: bool) -> None:
    words = copies.words_of(Fetched("u", "u", Outcome.KEPT, 200, HTML, page(page_words).encode()))
    assert words is not None
    assert copies.stands_in(quote, words) is found


def test_words_of_two_cells_do_not_run_together_and_scripts_are_no_text() -> None:
    body = "<table><tr><td>hai trăm</td><td>nghìn đồng</td></tr></table><script>ba trăm nghìn</script>"
    words = copies.words_of(Fetched("u", "u", Outcome.KEPT, 200, HTML, body.encode()))
    assert words == ["hai", "trăm", "nghìn", "đồng"]


def test_one_page_is_asked_once_for_all_that_quote_it(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    other = replace(PRIMARY, quote="Một câu khác không có ở trên trang đó.")
    given = ReviewInput(Opinion.FALSE, REASON, (PRIMARY, other))
    decisions.record_review(desk, claim_id, people.an, given)
    web = Web(**{PRIMARY.url: page(PRIMARY.quote)})
    assert copies.look(desk, web) == copies.Looked(found=1, missing=1)
    assert web.asked == [PRIMARY.url]


def test_few_pages_of_one_host_are_opened_at_once(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    many = tuple(replace(PRIMARY, url=f"https://vinhlong.gov.vn/{n}") for n in range(9))
    decisions.record_review(desk, claim_id, people.an, ReviewInput(Opinion.FALSE, REASON, many))
    web = Web()
    copies.look(desk, web)
    assert len(web.asked) == copies.MOST_A_HOST


def test_nothing_of_it_outlives_the_claim(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    decisions.record_review(desk, claim_id, people.an, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    with desk.sessions.begin() as session:
        erase_claim(session, claim_id)
    with desk.reading() as session:
        for table in (Claim, Evidence, EvidenceCopy):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_the_scheduler_looks_only_while_something_waits_and_only_if_it_may_go_out(
    sqlite_desk: Desk,
) -> None:
    now = sqlite_desk.clock()
    agreed(sqlite_desk, hire(sqlite_desk))
    assert schedule.quotes_due(sqlite_desk, now) == []  # no contact address is set
    values = {**sqlite_desk.settings.values, "crawl.contact_url": "https://tin.example.vn/may-doc"}
    open_desk = replace(sqlite_desk, settings=replace(sqlite_desk.settings, values=values))
    assert len(schedule.quotes_due(open_desk, now)) == 1
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(EvidenceCopy).values(again_day=None))
    assert schedule.quotes_due(open_desk, now) == []

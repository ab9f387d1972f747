"""What an answer leaves behind: its record, its address, answered tips, and a claim that is known now."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from models.access import Delivery, Subscription
from models.claims import KnownClaim
from models.decisions import Correction, CorrectionText
from models.desk import AuditEntry
from models.errors import ConflictError, NotFoundError, UsageError
from models.gathered import Mention, Tip
from models.vocabulary import Language, Opinion
from models.weeks import local_day
from pipeline import correctiondrafts, decisions, publishing
from pipeline.compose import Desk
from tests.pipeline.conftest import People, hire, put_claim
from tests.pipeline.sown import claim
from tests.pipeline.test_decisions import TEXT, agree, answered


def newest_entry(desk: Desk) -> tuple[str, str, str]:
    with desk.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    return entry.actor, entry.action, entry.subject


def test_the_log_says_who_published_and_who_revised_what(desk: Desk, people: People) -> None:
    _, slug = answered(desk, people)
    assert newest_entry(desk) == (f"staff:{people.chi}", "publish", f"correction:{slug}")
    publishing.revise(desk, slug, people.dung, {Language.VI: TEXT}, "Nói rõ hơn nơi hỏi.")
    assert newest_entry(desk) == (f"staff:{people.dung}", "revise", f"correction:{slug}")


def test_an_address_is_the_title_and_six_letters_of_the_claim(desk: Desk, people: People) -> None:
    claim_id, slug = answered(desk, people)
    name = claim(desk, claim_id).public_id
    with desk.reading() as session:
        said = session.scalars(select(CorrectionText)).one()
    assert slug == f"khong-co-khoan-phi-ho-so-nao-khi-nhan-ho-{name[:6]}"
    assert (said.reason, said.contact, said.spoken) == ("first publication", "", "")


def test_a_title_without_a_word_has_an_address_too(desk: Desk, people: People) -> None:
    text = replace(TEXT, title="?!")
    slug = publishing.publish(desk, agree(desk, people), people.chi, {Language.VI: text})
    assert re.fullmatch(r"dinh-chinh-[0-9a-f]{6}", slug)


def test_the_tips_of_the_claim_are_answered_today_and_no_others(desk: Desk, people: People) -> None:
    claim_id = agree(desk, people, from_tip=True)
    other = put_claim(desk, "Đăng ký nhận xe lăn phải đóng 90 nghìn", from_tip=True)
    with desk.sessions.begin() as session:
        for number, one in enumerate((claim_id, other)):
            item = session.scalars(select(Mention.item_id).where(Mention.claim_id == one)).one()
            session.add(Tip(receipt_key=f"{number:064x}", item_id=item, day=local_day(desk.clock())))
    publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    with desk.reading() as session:
        days = list(session.scalars(select(Tip.answered_day).order_by(Tip.receipt_key)))
    assert days == [local_day(desk.clock()), None]


def test_what_is_answered_is_a_known_claim_from_then_on(desk: Desk, people: People) -> None:
    claim_id, slug = answered(desk, people)
    name = claim(desk, claim_id).public_id
    with desk.reading() as session:
        own = session.scalars(select(KnownClaim)).one()
    assert (own.key, own.url, own.text, own.rating) == (
        f"own:{name}",
        f"/dinh-chinh/{slug}",
        TEXT.said,
        "false",
    )


def test_a_draft_goes_when_its_words_are_published(desk: Desk, people: People) -> None:
    claim_id, slug = answered(desk, people)
    for lead in (people.chi, people.dung):
        assert correctiondrafts.keep(desk, claim_id, lead, {"title": "Bản nháp"})
    publishing.revise(desk, slug, people.chi, {Language.VI: TEXT}, "Nói rõ hơn nơi hỏi.")
    with desk.reading() as session:
        assert correctiondrafts.kept(session, claim_id, people.chi) is None
        assert correctiondrafts.kept(session, claim_id, people.dung) is not None, "another lead's own words"


def test_what_is_gone_or_not_agreed_on_cannot_be_published(desk: Desk, people: People) -> None:
    with pytest.raises(NotFoundError, match="erased"):
        publishing.publish(desk, 999, people.chi, {Language.VI: TEXT})
    with pytest.raises(ConflictError, match="have not agreed"):
        publishing.publish(desk, put_claim(desk), people.chi, {Language.VI: TEXT})
    with pytest.raises(NotFoundError, match="no such correction"):
        publishing.revise(desk, "khong-co", people.chi, {Language.VI: TEXT}, "Nói rõ hơn nơi hỏi.")


def test_changed_corrections_are_listed_newest_first_and_page_by_page(desk: Desk, people: People) -> None:
    _, slug = answered(desk, people)
    for reason in ("Nói rõ hơn nơi hỏi.", "Thêm số của tổng đài."):
        publishing.revise(desk, slug, people.chi, {Language.VI: TEXT}, reason)
    with desk.reading() as session:
        newest, older = publishing.revisions(session)
        assert (newest.reason, older.reason) == ("Thêm số của tổng đài.", "Nói rõ hơn nơi hỏi.")
        assert (newest.version, older.version) == (3, 2), "a first version changes nothing"
        assert publishing.revisions(session, before=newest.key) == [older]
        assert publishing.revisions(session, before=older.key) == []


@pytest.mark.parametrize("name", ["truth", "how_known", "contact"])
def test_a_field_of_four_thousand_characters_is_the_longest(desk: Desk, people: People, name: str) -> None:
    claim_id, longest = agree(desk, people), ("dài " * 1_000)[:4_000]
    with pytest.raises(UsageError, match=f"vi.{name}: at most 4000"):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: replace(TEXT, **{name: longest + "."})})
    assert publishing.publish(desk, claim_id, people.chi, {Language.VI: replace(TEXT, **{name: longest})})


def test_a_public_reason_of_four_thousand_characters_is_the_longest(desk: Desk, people: People) -> None:
    _, slug = answered(desk, people)
    with pytest.raises(UsageError, match="reason: at most 4000"):
        publishing.revise(desk, slug, people.chi, {Language.VI: TEXT}, "d" * 4_001)
    publishing.revise(desk, slug, people.chi, {Language.VI: TEXT}, "d" * 4_000)


def test_a_new_correction_waits_for_those_who_subscribed(desk: Desk, people: People) -> None:
    with desk.sessions.begin() as session:
        session.add(Subscription(url="https://bao.vn/nhan", sealed_secret="", created_at=desk.clock()))
    _, slug = answered(desk, people)
    with desk.reading() as session:
        waiting = session.scalars(select(Delivery)).one()
        assert session.get_one(Correction, waiting.correction_id).slug == slug


def test_the_reason_of_a_change_repeats_no_tip(desk: Desk, people: People) -> None:
    words = "Bà con ấp mình phải nộp ba trăm nghìn đồng cho cán bộ xã trước thứ Sáu thì mới có tên nhận quà"
    claim_id = agree(desk, people, text=words, from_tip=True)
    slug = publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    with pytest.raises(UsageError, match="reason: repeats a reader's own words"):
        publishing.revise(desk, slug, people.chi, {Language.VI: TEXT}, f"Có bạn đọc viết: {words}.")


def test_whoever_publishes_or_reviews_a_claim_holds_its_row(postgres_desk: Desk) -> None:
    """SQLite has one writer at a time by itself; on PostgreSQL the claim's row is locked."""
    desk, people = postgres_desk, hire(postgres_desk)
    queued, agreed = put_claim(desk), agree(desk, people, text="Đăng ký nhận xe lăn phải đóng 90 nghìn")
    for claim_id, hold in ((queued, decisions.open_claim), (agreed, publishing.agreed_claim)):
        with desk.sessions.begin() as first, desk.sessions.begin() as second:
            hold(first, claim_id)
            second.execute(text("SET LOCAL lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                hold(second, claim_id)
            second.rollback()


def test_a_page_of_changes_has_thirty_and_each_stands_beside_its_own_correction(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    _, slug = answered(sqlite_desk, people)
    other = agree(sqlite_desk, people, Opinion.TRUE, text="Đăng ký nhận xe lăn phải đóng 90 nghìn")
    publishing.publish(sqlite_desk, other, people.chi, {Language.VI: TEXT})
    for number in range(31):
        publishing.revise(sqlite_desk, slug, people.chi, {Language.VI: TEXT}, f"Lần {number}: nói rõ hơn.")
    with sqlite_desk.reading() as session:
        page = publishing.revisions(session)
        assert [one.version for one in page] == [*range(32, 2, -1)]
        assert {(one.slug, one.rating, one.rating_before) for one in page} == {(slug, "false", "false")}


def test_what_waits_for_a_translation_is_listed_newest_first(desk: Desk, people: People) -> None:
    first, slug = answered(desk, people)
    second = agree(desk, people, text="Đăng ký nhận xe lăn phải đóng 90 nghìn")
    publishing.publish(desk, second, people.chi, {Language.VI: replace(TEXT, title="Xe lăn")})
    with desk.reading() as session:
        assert [(one.claim_id, one.title) for one in publishing.untranslated(session)] == [
            (second, "Xe lăn"),
            (first, TEXT.title),
        ]
        assert [one.claim_id for one in publishing.untranslated(session, limit=1)] == [second]
    publishing.revise(desk, slug, people.chi, {Language.EN: TEXT}, "Bản tiếng Anh.")
    with desk.reading() as session:
        left = {one.claim_id: one.missing for one in publishing.untranslated(session)}
    others = [language for language in Language if language is not Language.VI]
    assert left[second] == others
    assert left.get(first, []) == [language for language in others if language is not Language.EN]


def test_the_vietnamese_text_comes_first(desk: Desk, people: People) -> None:
    claim_id = agree(desk, people)
    with pytest.raises(UsageError, match="the Vietnamese text comes first"):
        publishing.publish(desk, claim_id, people.chi, {Language.EN: TEXT})


def test_what_is_read_aloud_has_ninety_syllables_at_most(desk: Desk, people: People) -> None:
    claim_id, longest = agree(desk, people), "bà con " * 45
    with pytest.raises(UsageError, match=r"vi\.spoken: longer than 90"):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: replace(TEXT, spoken=longest + "ơi")})
    assert publishing.publish(desk, claim_id, people.chi, {Language.VI: replace(TEXT, spoken=longest)})


def test_a_tip_of_the_day_of_the_answer_is_a_source_and_one_of_the_next_day_is_none(
    desk: Desk, people: People
) -> None:
    claim_id = agree(desk, people, from_tip=True)
    publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    for later, sources in ((0, 1), (1, 0)):
        with desk.sessions.begin() as session:
            day = local_day(desk.clock()) + timedelta(days=later)
            session.execute(update(Mention).where(Mention.claim_id == claim_id).values(day=day))
        with desk.reading() as session:
            assert len(publishing.public_sources(session, claim_id)) == sources

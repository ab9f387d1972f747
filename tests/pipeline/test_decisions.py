"""Two people decide with evidence; nothing else moves a claim."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from models import audit
from models.claims import Claim
from models.decisions import Appeal, Correction, CorrectionText, Evidence, Review, Verdict
from models.desk import AuditEntry, Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.gathered import Item, Mention
from models.vocabulary import AppealState, ClaimState, Language, Opinion
from pipeline import decisions, publishing, workdays
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from pipeline.publishing import CorrectionInput
from tests.pipeline.conftest import PRIMARY, People, put_claim

REASON = "Đã đối chiếu với thông báo của tỉnh."
TEXT = CorrectionInput(
    title="Không có khoản phí hồ sơ nào khi nhận hỗ trợ",
    said="Có tin nói người dân phải nộp tiền trước mới được lãnh hỗ trợ.",
    truth="Tỉnh chi trả trực tiếp và không thu phí.",
    how_known="Thông báo ngày 16/11 của tỉnh nêu rõ điều này.",
    what_to_do="Không chuyển tiền; hỏi cán bộ xã nơi mình ở.",
)


def rate(
    desk: Desk, claim: int, staff: int, opinion: Opinion = Opinion.FALSE, *, proof: bool = True
) -> decisions.Decided:
    given = ReviewInput(opinion, REASON, (PRIMARY,) if proof else ())
    return decisions.record_review(desk, claim, staff, given)


def agree(desk: Desk, people: People, opinion: Opinion = Opinion.FALSE, **claim: object) -> int:
    claim_id = put_claim(desk, **claim)  # type: ignore[arg-type]
    rate(desk, claim_id, people.an, opinion)
    rate(desk, claim_id, people.binh, opinion)
    return claim_id


def answered(desk: Desk, people: People) -> tuple[int, str]:
    """A claim with its correction: its number and its address."""
    claim_id = agree(desk, people)
    return claim_id, publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})


def test_two_reviews_and_a_lead_make_a_public_correction(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    assert rate(desk, claim_id, people.an).state is ClaimState.SECOND
    assert rate(desk, claim_id, people.binh, proof=False).state is ClaimState.AGREED
    slug = publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    with desk.reading() as session:
        verdict = session.scalars(select(Verdict)).one()
        assert {verdict.first_staff_id, verdict.second_staff_id} == {people.an, people.binh}
        assert session.scalars(select(Correction.slug)).one() == slug
        assert session.get_one(Claim, claim_id).state == ClaimState.DECIDED
        assert audit.verify(session).ok
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))
    assert actions == ["review", "review", "publish"]


def test_a_rating_without_evidence_is_refused_and_changes_nothing(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    with pytest.raises(UsageError, match="evidence"):
        rate(desk, claim_id, people.an, proof=False)
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 0
        assert session.get_one(Claim, claim_id).state == ClaimState.QUEUED


def test_one_newspaper_is_not_enough_but_two_independent_ones_are(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    one = replace(PRIMARY, url="https://tin.example.com.vn/a", publisher="Báo Một")
    same = replace(PRIMARY, url="https://www.example.com.vn/b", publisher="Báo Một")
    other = replace(PRIMARY, url="https://khac.vn/b", publisher="Báo Hai")
    for rows in [(one,), (one, same)]:
        with pytest.raises(UsageError, match="one primary source or two"):
            decisions.record_review(desk, claim_id, people.an, ReviewInput(Opinion.FALSE, REASON, rows))
    given = ReviewInput(Opinion.FALSE, REASON, (one, other))
    assert decisions.record_review(desk, claim_id, people.an, given).state is ClaimState.SECOND


def test_the_same_person_cannot_review_twice(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    rate(desk, claim_id, people.an)
    with pytest.raises(ConflictError, match="another person"):
        rate(desk, claim_id, people.an)


@pytest.mark.parametrize("who", ["kiem", "quan"])
def test_auditors_and_admins_decide_nothing(desk: Desk, people: People, who: str) -> None:
    with pytest.raises(ConflictError, match="may not review"):
        rate(desk, put_claim(desk), getattr(people, who))


def test_a_disabled_account_reviews_nothing(desk: Desk, people: People) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Staff, people.an).disabled = True
    with pytest.raises(ConflictError):
        rate(desk, put_claim(desk), people.an)


def test_disagreement_goes_to_a_third_person(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    rate(desk, claim_id, people.an, Opinion.FALSE)
    assert rate(desk, claim_id, people.binh, Opinion.TRUE).state is ClaimState.THIRD
    assert rate(desk, claim_id, people.chi, Opinion.FALSE).state is ClaimState.AGREED
    publishing.publish(desk, claim_id, people.dung, {Language.VI: TEXT})
    with desk.reading() as session:
        verdict = session.scalars(select(Verdict)).one()
        assert (verdict.first_staff_id, verdict.second_staff_id) == (people.an, people.chi)


def test_not_ours_erases_at_once_and_leaves_only_that_it_happened(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk, "Chuyện riêng của ai đó", from_tip=True)
    given = ReviewInput(Opinion.NOT_OURS, "Đây là lời phê bình, không phải tin cần kiểm.")
    assert decisions.record_review(desk, claim_id, people.an, given).erased
    with desk.reading() as session:
        for table in (Claim, Mention, Item, Review, Evidence):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.scalars(select(AuditEntry.action)).all() == ["erase_not_ours"]


def test_two_people_who_see_no_claim_close_it(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    rate(desk, claim_id, people.an, Opinion.NOT_A_CLAIM, proof=False)
    assert rate(desk, claim_id, people.binh, Opinion.NOT_A_CLAIM, proof=False).state is ClaimState.CLOSED
    with pytest.raises(ConflictError):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})


def test_only_a_lead_who_did_not_review_first_publishes(desk: Desk, people: People) -> None:
    claim_id = agree(desk, people)
    with pytest.raises(ConflictError, match="only a lead"):
        publishing.publish(desk, claim_id, people.binh, {Language.VI: TEXT})
    claim_id = put_claim(desk)
    rate(desk, claim_id, people.chi)
    rate(desk, claim_id, people.an)
    with pytest.raises(ConflictError, match="another lead"):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    publishing.publish(desk, claim_id, people.dung, {Language.VI: TEXT})


def test_a_correction_may_not_repeat_a_tip(desk: Desk, people: People) -> None:
    tip = "nghe nói xã phát cho mỗi hộ ba triệu mà phải đóng trước hai trăm rưỡi"
    claim_id = agree(desk, people, text=tip, from_tip=True)
    quoted = replace(TEXT, said="Có người nhắn: XA PHAT cho mỗi hộ ba triệu mà phải đóng trước.")
    with pytest.raises(UsageError, match=r"vi\.said"):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: quoted})
    publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})


@pytest.mark.parametrize("field", ["title", "said", "truth", "how_known", "what_to_do"])
def test_an_empty_field_is_named(desk: Desk, people: People, field: str) -> None:
    claim_id = agree(desk, people)
    with pytest.raises(UsageError, match=rf"vi\.{field}"):
        publishing.publish(desk, claim_id, people.chi, {Language.VI: replace(TEXT, **{field: "  "})})


def test_versions_are_appended_with_a_reason(desk: Desk, people: People) -> None:
    slug = publishing.publish(desk, agree(desk, people), people.chi, {Language.VI: TEXT})
    better = replace(TEXT, truth="Tỉnh chi trả tận tay, không thu phí.")
    with pytest.raises(UsageError, match="reason"):
        publishing.revise(desk, slug, people.dung, {Language.VI: better}, " ")
    publishing.revise(desk, slug, people.dung, {Language.VI: better}, "Viết rõ hơn")
    publishing.revise(desk, slug, people.dung, {Language.EN: TEXT}, "Bản tiếng Anh")
    with desk.reading() as session:
        rows = select(CorrectionText.language, CorrectionText.version, CorrectionText.truth)
        versions = {(language, version): truth for language, version, truth in session.execute(rows)}
    assert versions[("vi", 1)] == TEXT.truth
    assert versions[("vi", 2)] == better.truth
    assert ("en", 1) in versions


def test_a_later_tip_that_quotes_the_answer_does_not_block_the_next_version(
    desk: Desk, people: People
) -> None:
    claim_id = agree(desk, people)
    slug = publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    quoting = f"Báo nói là {TEXT.said}"
    with desk.sessions.begin() as session:
        item = Item(key="later", kind="tip", day=desk.clock().date() + timedelta(days=3), is_local=True)
        session.add(item)
        session.flush()
        session.add(
            Mention(
                item_id=item.id,
                position=0,
                key="later",
                text=quoting,
                topic="benefits",
                check_score=0.5,
                claim_id=claim_id,
                day=item.day,
            )
        )
    publishing.revise(desk, slug, people.dung, {Language.EN: TEXT}, "Bản tiếng Anh")


def test_published_words_cannot_be_changed_in_place(desk: Desk, people: People) -> None:
    publishing.publish(desk, agree(desk, people), people.chi, {Language.VI: TEXT})
    changes = ("UPDATE correction_text SET truth = 'x'", "DELETE FROM verdict", "DELETE FROM evidence")
    for change in (*changes, "UPDATE evidence SET quote = 'x'"):
        with desk.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text(change))


def test_an_appeal_is_decided_by_two_others(desk: Desk, people: People) -> None:
    claim_id = agree(desk, people)
    slug = publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    publishing.file_appeal(desk, slug, "Bài của quý vị nhầm ngày chi trả, xin xem lại giúp.")
    for person in (people.an, people.binh):
        with pytest.raises(ConflictError, match="decided this claim before"):
            rate(desk, claim_id, person)
    rate(desk, claim_id, people.chi, Opinion.MISLEADING)
    rate(desk, claim_id, people.dung, Opinion.MISLEADING)
    with desk.sessions.begin() as session:
        third = Staff(username="giang", password_hash="x", role="lead", created_at=desk.clock())
        session.add(third)
        session.flush()
        lead = third.id
    assert publishing.publish(desk, claim_id, lead, {Language.VI: TEXT}, "Sau phản hồi") == slug
    with desk.reading() as session:
        appeal = session.scalars(select(Appeal)).one()
        assert (appeal.state, appeal.reason) == (AppealState.CHANGED, "")
        assert session.scalar(select(func.count()).select_from(Verdict)) == 2


def test_an_appeal_is_due_in_seven_working_days() -> None:
    assert workdays.add(date(2026, 11, 18), 7) == date(2026, 11, 27)
    assert workdays.add(date(2026, 11, 20), 1) == date(2026, 11, 23)


def test_a_deferred_claim_keeps_its_score(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    today = desk.clock().date()
    decisions.defer(desk, claim_id, people.an, today + timedelta(days=3), "Chờ thông báo của tỉnh")
    with desk.reading() as session:
        claim = session.get_one(Claim, claim_id)
        assert (claim.score, claim.state) == (0.5, ClaimState.QUEUED)
    with pytest.raises(UsageError, match="until"):
        decisions.defer(desk, claim_id, people.an, today, "Chờ thông báo của tỉnh")


def test_a_claim_is_worked_on_by_one_person_at_a_time(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    assert decisions.take(desk, claim_id, people.an)
    assert not decisions.take(desk, claim_id, people.binh)
    assert decisions.take(desk, claim_id, people.an)


def test_what_was_erased_says_so(desk: Desk, people: People) -> None:
    with pytest.raises(NotFoundError, match="erased"):
        rate(desk, 999, people.an)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://vinhlong.gov.vn/a"}, "address"),
        ({"url": "https://10.0.0.1/a"}, "number"),
        ({"url": "https://www.facebook.com/ai.do/posts/1"}, "not a publisher"),
        ({"quote": "ngắn"}, "quotation"),
        ({"publisher": " "}, "publisher"),
        ({"published_day": date(2027, 1, 1)}, "future"),
    ],
)
def test_bad_evidence_is_named(desk: Desk, people: People, change: dict[str, object], field: str) -> None:
    claim_id = put_claim(desk)
    wrong = replace(PRIMARY, **change)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=field):
        decisions.record_review(desk, claim_id, people.an, ReviewInput(Opinion.FALSE, REASON, (wrong,)))

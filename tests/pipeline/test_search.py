"""Search over corrections and claims: marks or none, hostile input, a ceiling, nothing left after erasure."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models.claims import Claim
from models.retention import QUEUED_DAYS, erase, erase_claim
from models.searching import ClaimWord, claim_keys, fold, keys, words
from models.session import make_engine
from models.vocabulary import Language, Opinion
from models.weeks import local_day
from pipeline import publishing, search
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput, record_review
from pipeline.publishing import CorrectionInput
from pipeline.ranking import enter
from tests.conftest import NOW
from tests.pipeline.conftest import PRIMARY, People, put_claim

TEXT = CorrectionInput(
    "Không ai phải nộp phí để nhận trợ cấp",
    "Có tin nhắn dọa cắt tiền của người chưa đóng một khoản.",
    "Việc chi trả không thu đồng nào ở Vĩnh Long.",
    "Chúng tôi đọc thông báo của Sở.",
    "Gọi tổng đài khi có người đòi tiền.",
)
OTHER = CorrectionInput(
    "Lá đu đủ không chữa được ung thư",
    "Có lời đồn về một loại lá.",
    "Không có lá nào thay được bác sĩ, dù nhận trợ cấp hay không.",
    "Bệnh viện trả lời.",
    "Đi khám.",
)


def answer(desk: Desk, people: People, said: str, text: CorrectionInput) -> str:
    """A published correction; gives its address."""
    claim = put_claim(desk, said)
    for who in (people.an, people.binh):
        record_review(desk, claim, who, ReviewInput(Opinion.FALSE, "Đã đọc thông báo của Sở.", (PRIMARY,)))
    return publishing.publish(desk, claim, people.chi, {Language.VI: text})


def entered(desk: Desk, text: str) -> int:
    """A claim that has come into the queue the way the stages bring it there."""
    claim_id = put_claim(desk, text)
    with desk.sessions.begin() as session:
        enter(session.get_one(Claim, claim_id), NOW, flagged=True)
    return claim_id


def slugs(desk: Desk, query: str, lang: str = "vi") -> list[str]:
    """The addresses that a query finds."""
    with desk.reading() as session:
        return [one.slug for one in search.corrections(session, query, lang).items]


def found(desk: Desk, query: str) -> list[int]:
    """The claims that a query finds."""
    with desk.reading() as session:
        return [one.id for one in search.claims(session, query).items]


@pytest.mark.parametrize(
    "query", ["trợ cấp", "tro cap", "TRO CAP nop phi", "  phí, nhận!  ", "vinh long", "Sở", "tro'cap"]
)
def test_a_correction_is_found_with_and_without_marks(desk: Desk, people: People, query: str) -> None:
    slug = answer(desk, people, "Ai chưa nộp phí thì bị cắt trợ cấp", TEXT)
    assert slug in slugs(desk, query)


@pytest.mark.parametrize(
    "query", ["", "   ", "%", "_", "\x00", "'; DROP TABLE claim --", "trợ cấp xyz", "NEAR(a"]
)
def test_what_is_not_there_is_not_found(desk: Desk, people: People, query: str) -> None:
    answer(desk, people, "Ai chưa nộp phí thì bị cắt trợ cấp", TEXT)
    entered(desk, "Sắp cắt trợ cấp của cả xã")
    assert slugs(desk, query) == []
    assert found(desk, query) == []


def test_a_word_in_the_title_weighs_more(desk: Desk, people: People) -> None:
    first = answer(desk, people, "Ai chưa nộp phí thì bị cắt trợ cấp", TEXT)
    second = answer(desk, people, "Lá đu đủ chữa khỏi ung thư", OTHER)
    # both hold the words; the older one in its title
    assert slugs(desk, "nhan tro cap") == [first, second]
    assert slugs(desk, "khong") == [second, first]


def test_every_language_is_searched(desk: Desk, people: People) -> None:
    slug = answer(desk, people, "Ai chưa nộp phí thì bị cắt trợ cấp", TEXT)
    english = CorrectionInput("Nobody pays a fee", "A threat.", "No fee.", "We read it.", "Call 111.")
    khmer = CorrectionInput("គ្មាននរណាត្រូវបង់ថ្លៃទេ", "សារ។", "មិនយកថ្លៃទេ។", "អាន។", "ហៅ ១១១។")
    both = {Language.EN: english, Language.KM: khmer}
    publishing.revise(desk, slug, people.chi, both, "Thêm bản tiếng Anh và tiếng Khmer.")
    assert slugs(desk, "nobody fee", "en") == [slug]
    assert slugs(desk, "បង់ថ្លៃ", "km") == [slug]
    assert slugs(desk, "tro cap") == [slug]


def test_the_words_of_an_older_version_are_no_more(desk: Desk, people: People) -> None:
    slug = answer(desk, people, "Ai chưa nộp phí thì bị cắt trợ cấp", TEXT)
    changed = CorrectionInput("Trợ cấp không mất tiền", TEXT.said, TEXT.truth, "Đã hỏi xã.", TEXT.what_to_do)
    publishing.revise(desk, slug, people.chi, {Language.VI: changed}, "Nói ngắn hơn.")
    assert slugs(desk, "mat tien") == [slug]
    assert slugs(desk, "nop phi") == []


def test_claims_are_found_from_the_moment_they_are_in_the_queue(desk: Desk) -> None:
    claim_id = put_claim(desk, "Mỗi hộ nghèo được nhận năm triệu đồng")
    assert found(desk, "ho ngheo") == []
    with desk.sessions.begin() as session:
        enter(session.get_one(Claim, claim_id), NOW, flagged=True)
        enter(session.get_one(Claim, claim_id), NOW, flagged=True)  # twice is once
    assert found(desk, "ho ngheo") == found(desk, "hộ nghèo triệu") == [claim_id]
    assert found(desk, "ho giau") == []


def test_words_side_by_side_come_first_and_then_the_newer(desk: Desk) -> None:
    apart = entered(desk, "Phí rất cao cho mọi hồ của sơ nhà máy")
    older = entered(desk, "Chuyển phí hồ sơ trước chiều nay")
    newer = entered(desk, "Nộp phí hồ sơ trước chiều mai")
    assert found(desk, "phi ho so") == [newer, older, apart]


def test_pages_follow_one_another_without_gap_or_double(desk: Desk) -> None:
    all_of_them = {entered(desk, f"Cầu số {number} sẽ sập đêm nay") for number in range(7)}
    seen: list[int] = []
    after = None
    with desk.reading() as session:
        for _ in range(4):
            page = search.claims(session, "cau sap", after, limit=2)
            seen += [one.id for one in page.items]
            after = page.after
        assert (after, page.total) == (None, 7)
        assert [one.id for one in search.claims(session, "cau sap", "no cursor", limit=2).items] == seen[:2]
    assert (set(seen), len(seen)) == (all_of_them, 7)


def test_common_words_are_searched_to_a_ceiling_and_it_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [entered(desk, f"Cầu số {number} sẽ sập đêm nay") for number in range(6)]
    monkeypatch.setattr(search, "DEEP", 4)
    with desk.reading() as session:
        page = search.claims(session, "cau sap")
        rare = search.claims(session, "cau 2")
    assert ([one.id for one in page.items], page.capped) == (ids[:1:-1], True)
    assert ([one.id for one in rare.items], rare.capped) == ([ids[2]], False)


def test_nothing_of_an_erased_claim_stays_in_the_search(desk: Desk) -> None:
    kept, gone = entered(desk, "Cầu sẽ sập đêm nay"), entered(desk, "Uống lá zqlavang khỏi bệnh")
    with desk.sessions.begin() as session:
        assert _held(session, gone) == len(claim_keys("Uống lá zqlavang khỏi bệnh"))
        erase_claim(session, gone)
    with desk.reading() as session:
        assert _held(session, gone) == 0
        assert _held(session, kept) > 0
        assert session.scalar(select(func.count()).where(ClaimWord.word.in_(keys(["zqlavang"])))) == 0


def _held(session: Session, claim_id: int) -> int:
    return (
        session.scalar(select(func.count()).select_from(ClaimWord).where(ClaimWord.claim_id == claim_id)) or 0
    )


def test_the_sources_words_leave_the_search_when_the_desks_own_take_their_place(
    desk: Desk, people: People
) -> None:
    claim_id = entered(desk, "Ai chưa nộp phí zqnguon thì bị cắt trợ cấp")
    for who in (people.an, people.binh):
        record_review(desk, claim_id, who, ReviewInput(Opinion.FALSE, "Đã đọc thông báo.", (PRIMARY,)))
    publishing.publish(desk, claim_id, people.chi, {Language.VI: TEXT})
    with desk.sessions.begin() as session:
        erase(session, local_day(NOW) + timedelta(days=QUEUED_DAYS + 1))
    with desk.reading() as session:
        assert _held(session, claim_id) == 0
    assert len(slugs(desk, "tro cap")) == 1


def test_the_bytes_of_a_word_are_gone_from_the_file(sqlite_url: str, sqlite_desk: Desk) -> None:
    claim_id = entered(sqlite_desk, "Uống lá zqlavang khỏi bệnh ngay")
    key = keys(["zqlavang"])[0].to_bytes(8, "big")
    file = Path(sqlite_url.removeprefix("sqlite:///"))

    def there() -> bool:
        engine = make_engine(sqlite_url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT", read_only=True) as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return key in file.read_bytes()

    assert there()  # the positive control: while the claim is there, so are the bytes
    with sqlite_desk.sessions.begin() as session:
        erase_claim(session, claim_id)
    assert not there()


@given(st.text(max_size=300))
def test_folding_and_cutting_take_any_text(text: str) -> None:
    assert fold(fold(text)) == fold(text) or not text.isprintable()
    assert all(words(one) for one in words(text) if fold(one))
    assert all(0 <= key < 2**63 for key in claim_keys(text))


def test_marks_and_tone_places_fold_alike() -> None:
    assert [fold(one) for one in words("ĐƯỜNG Đê, hòa hoà Ế")] == ["duong", "de", "hoa", "hoa", "e"]
    assert len(words("ក" * 10)) == 8


def test_any_query_is_safe_on_both_databases(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        for query in ("a" * 5_000, "ê " * 400, "\ud800", "\u0000 a", "∞ ½ ²", "%' OR 1=1", "🙂 a"):
            assert search.claims(session, query).items == []
            assert search.corrections(session, query, "km", "9.9").items == []

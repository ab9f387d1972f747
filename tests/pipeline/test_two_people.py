"""Parts of a claim, second readings, evidence that is checked, and who may publish what."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from models.claims import Claim, FrameUnit, KnownClaim, SampleFrame
from models.decisions import Appeal, CorrectionText, Evidence, Review, Verdict
from models.desk import Staff
from models.errors import ConflictError, UsageError
from models.gathered import Item, Source
from models.vocabulary import AppealState, ClaimState, EvidenceKind, Language, Opinion
from models.weeks import NO_WEEK
from pipeline import appeals, decisions, evidence, frame, public, publishers, publishing, ratedpart, seconds
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from pipeline.ratedpart import Part
from pipeline.sampling import _enter
from tests.pipeline.conftest import PRIMARY, People, hire, put_claim
from tests.pipeline.test_decisions import REASON, TEXT, agree, answered, rate

SENTENCE = "Bánh này ngon nhất chợ và chữa được bệnh tiểu đường"
APPEAL = "Bài của quý vị nhầm ngày chi trả, xin xem lại giúp."


def part(first: int, last: int) -> Part | None:
    return ratedpart.of_words(SENTENCE, str(first), str(last))


def rate_part(desk: Desk, claim: int, staff: int, what: Part | None) -> decisions.Decided:
    given = ReviewInput(Opinion.FALSE, REASON, (PRIMARY,), what)
    return decisions.record_review(desk, claim, staff, given)


# --- parts -------------------------------------------------------------------------------------------------


def test_words_become_a_part_and_back() -> None:
    found = part(7, 11)
    assert found is not None
    assert ratedpart.cut(SENTENCE, found) == ("Bánh này ngon nhất chợ và ", "chữa được bệnh tiểu đường", "")
    assert ratedpart.numbers(SENTENCE, found) == ("7", "11")
    assert ratedpart.of_words(SENTENCE, "", "") is None
    assert part(1, 11) is None  # the whole sentence


@given(st.text(st.sampled_from("aă đ\u0301\u0323ê  x,"), max_size=60), st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_every_part_can_be_rated_and_is_found_again(text: str, first: int, last: int) -> None:
    try:
        found = ratedpart.of_words(text, str(first), str(last))
    except UsageError:
        return
    if found is None:
        return
    ratedpart.check(text, found, rated=True)
    assert ratedpart.numbers(text, found) == (str(first), str(last))
    assert ratedpart.of_words(text, *ratedpart.numbers(text, found)) == found


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("5", "2", "after its last"), ("0", "2", "words 1 to 11"), ("1", "12", "words"), ("²", "", "words")],
)
def test_words_that_are_none_are_named(first: str, last: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ratedpart.of_words(SENTENCE, first, last)


@pytest.mark.parametrize(
    ("wrong", "opinion", "said"),
    [
        (Part(1, 8), Opinion.FALSE, "begin and end"),
        (Part(0, 3), Opinion.FALSE, "begin and end"),
        (Part(0, len(SENTENCE)), Opinion.FALSE, "whole claim"),
        (Part(0, 8), Opinion.NOT_A_CLAIM, "only a rating"),
    ],
)
def test_a_part_that_cannot_be_rated_changes_nothing(
    sqlite_desk: Desk, wrong: Part, opinion: Opinion, said: str
) -> None:
    people = hire(sqlite_desk)
    claim = put_claim(sqlite_desk, SENTENCE)
    with pytest.raises(UsageError, match=said):
        decisions.record_review(
            sqlite_desk, claim, people.an, ReviewInput(opinion, REASON, (PRIMARY,), wrong)
        )
    with sqlite_desk.reading() as session:
        assert session.scalars(select(Review)).all() == []


def test_two_people_agree_on_the_same_part_alone(desk: Desk, people: People) -> None:
    claim = put_claim(desk, SENTENCE)
    rate_part(desk, claim, people.an, part(7, 11))
    assert rate_part(desk, claim, people.binh, None).state is ClaimState.THIRD
    assert rate_part(desk, claim, people.chi, part(7, 11)).state is ClaimState.AGREED
    slug = publishing.publish(desk, claim, people.dung, {Language.VI: TEXT})
    with desk.reading() as session:
        verdict = session.scalars(select(Verdict)).one()
        assert Part(verdict.part_start or 0, verdict.part_end or 0) == part(7, 11)
        assert {verdict.first_staff_id, verdict.second_staff_id} == {people.an, people.chi}
        assert public.correction(session, slug).partly


def test_control_a_rating_of_the_whole_is_of_the_whole(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claim = put_claim(sqlite_desk, SENTENCE)
    for who in (people.an, people.binh):
        rate_part(sqlite_desk, claim, who, None)
    slug = publishing.publish(sqlite_desk, claim, people.chi, {Language.VI: TEXT})
    with sqlite_desk.reading() as session:
        assert not public.correction(session, slug).partly


# --- second readings ---------------------------------------------------------------------------------------


def with_share(desk: Desk, share: float) -> Desk:
    return replace(
        desk, settings=replace(desk.settings, values={**desk.settings.values, seconds.SHARE: share})
    )


def test_every_claim_is_read_twice_as_shipped(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claim = put_claim(sqlite_desk)
    assert rate(sqlite_desk, claim, people.an, Opinion.NOT_A_CLAIM, proof=False).state is ClaimState.SECOND


def test_a_share_of_what_one_person_closes_is_read_again(sqlite_desk: Desk) -> None:
    desk = with_share(sqlite_desk, 0.3)
    people = hire(desk)
    states = [
        rate(desk, put_claim(desk, f"tin số {n}"), people.an, Opinion.NOT_A_CLAIM, proof=False).state
        for n in range(60)
    ]
    assert set(states) == {ClaimState.SECOND, ClaimState.CLOSED}
    assert 6 <= states.count(ClaimState.SECOND) <= 32


@given(st.binary(min_size=32, max_size=32), st.floats(0.1, 1), st.text("0123456789abcdef", min_size=16))
def test_the_draw_is_the_same_every_time_and_grows_with_the_share(
    key: bytes, share: float, name: str
) -> None:
    drawn = seconds.chosen(key, name, share)
    assert seconds.chosen(key, name, share) == drawn
    assert not drawn or seconds.chosen(key, name, 1.0)


def test_the_share_is_kept_over_many_claims_and_another_key_draws_others() -> None:
    names = [f"{n:016x}" for n in range(20_000)]
    one = {name for name in names if seconds.chosen(b"a" * 32, name, 0.1)}
    two = {name for name in names if seconds.chosen(b"b" * 32, name, 0.1)}
    assert 1_850 <= len(one) <= 2_150
    assert len(one & two) < 300


def test_a_rating_and_a_seed_are_always_read_twice(sqlite_desk: Desk) -> None:
    desk = with_share(sqlite_desk, 0.0)
    people = hire(desk)
    assert rate(desk, put_claim(desk), people.an, Opinion.FALSE).state is ClaimState.SECOND
    seed = put_claim(desk)
    with desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id == seed).values(week=NO_WEEK))
    assert rate(desk, seed, people.an, Opinion.NOT_A_CLAIM, proof=False).state is ClaimState.SECOND


def test_an_audit_draw_is_always_read_twice(sqlite_desk: Desk) -> None:
    desk = with_share(sqlite_desk, 0.0)
    people = hire(desk)
    drawn, other = put_claim(desk), put_claim(desk)
    with desk.sessions.begin() as session:
        claims = {one: session.get_one(Claim, one) for one in (drawn, other)}
        week = claims[drawn].week
        session.add(
            SampleFrame(
                week=week,
                frame_sha256="0",
                seed="0",
                seed_commitment="0",
                n_frame=2,
                n_drawn=1,
                drawn_at=desk.clock(),
            )
        )
        session.flush()
        for at, one in enumerate((drawn, other)):
            ref = frame.claim_ref(desk.keys.sampling, claims[one].public_id)
            unit = FrameUnit(week=week, position=at, claim_ref=ref, stratum="x", probability=0.5)
            unit.drawn = one == drawn
            session.add(unit)
    assert rate(desk, drawn, people.an, Opinion.NOT_A_CLAIM, proof=False).state is ClaimState.SECOND
    assert rate(desk, other, people.an, Opinion.NOT_A_CLAIM, proof=False).state is ClaimState.CLOSED


def test_a_claim_that_one_person_closed_is_read_again_if_it_is_drawn(desk: Desk, people: People) -> None:
    lax = with_share(desk, 0.0)
    alone, pair = put_claim(desk), put_claim(desk)
    rate(lax, alone, people.an, Opinion.NOT_A_CLAIM, proof=False)
    for who in (people.an, people.binh):
        rate(desk, pair, who, Opinion.NOT_A_CLAIM, proof=False)
    with desk.sessions.begin() as session:
        _enter(session, desk, [alone, pair])
    with desk.reading() as session:
        assert session.get_one(Claim, alone).state == ClaimState.SECOND
        assert session.get_one(Claim, pair).state == ClaimState.CLOSED
    with pytest.raises(ConflictError, match="another person"):
        rate(desk, alone, people.an, Opinion.NOT_A_CLAIM, proof=False)


# --- evidence ----------------------------------------------------------------------------------------------

NEWS = replace(PRIMARY, url="https://bao-mot.vn/a", publisher="Báo Một")
OTHER = replace(PRIMARY, url="https://bao-hai.vn/b", publisher="Báo Hai")


def kind(desk: Desk, url: str, claim: str = "") -> EvidenceKind:
    with desk.reading() as session:
        return evidence.kind_of(session, url, evidence.registered_domain(url), claim)


@pytest.mark.parametrize(
    ("url", "claim", "primary"),
    [
        ("https://soyte.vinhlong.gov.vn/a", "", True),
        ("https://www.who.int/a", "", True),
        ("https://gov.vn.tin-la.com/a", "", False),
        ("https://xwho.int/a", "", False),
        ("https://vietcombank.com.vn/a", "Vietcombank khóa tài khoản chưa xác thực", True),
        ("https://portal.vietcombank.com.vn/a", "Tài khoản VCB bị khóa", True),
        ("https://vietcombank.com.vn/a", "Ngân hàng khóa tài khoản", False),
        ("https://vietcombank.com.vn/a", "Mã VCBX hết hạn", False),
        ("https://evnspc.vn/a", "Nợ TIEN DIEN sẽ bị cắt", True),
        ("https://bao-mot.vn/a", "Vietcombank khóa tài khoản", False),
    ],
)
def test_who_is_primary_follows_from_the_list(sqlite_desk: Desk, url: str, claim: str, primary: bool) -> None:
    assert (kind(sqlite_desk, url, claim) is EvidenceKind.PRIMARY) == primary


@pytest.mark.parametrize(
    ("source", "primary"),
    [("public_body", True), ("health", True), ("association", True), ("newspaper", False)],
)
def test_or_from_the_source_registry(sqlite_desk: Desk, source: str, primary: bool) -> None:
    assert kind(sqlite_desk, "https://co-quan.vn/a") is EvidenceKind.INDEPENDENT
    with sqlite_desk.sessions.begin() as session:
        home = "https://co-quan.vn/"
        row = Source(id="x", name="X", kind=source, homepage=home, domain="co-quan.vn", is_local=True)
        session.add(row)
    assert (kind(sqlite_desk, "https://co-quan.vn/a") is EvidenceKind.PRIMARY) == primary


def test_the_list_is_sound() -> None:
    listed = publishers.listed()
    suffixes = [one.suffix for one in listed]
    assert len(set(suffixes)) == len(suffixes)
    assert all(one.names for one in listed if one.kind is publishers.Why.ORGANISATION)


def test_a_body_that_publishes_elsewhere_is_refused_by_name(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claim = put_claim(sqlite_desk)
    false_name = replace(NEWS, publisher="Bộ Y tế")
    given = ReviewInput(Opinion.FALSE, REASON, (false_name, OTHER))
    with pytest.raises(
        UsageError, match=r"Bộ Y tế publishes at moh\.gov\.vn; name who publishes bao-mot\.vn"
    ):
        decisions.record_review(sqlite_desk, claim, people.an, given)
    honest = ReviewInput(Opinion.FALSE, REASON, (NEWS, OTHER))
    assert decisions.record_review(sqlite_desk, claim, people.an, honest).state is ClaimState.SECOND


def store(desk: Desk, url: str, story: int | None = None) -> int:
    with desk.sessions.begin() as session:
        day = desk.clock().date()
        item = Item(key=url, kind="article", url=url, day=day, is_local=True, story_id=story)
        session.add(item)
        session.flush()
        return item.id


def test_copies_of_one_agency_story_are_one_source(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    first = store(desk, NEWS.url)
    store(desk, OTHER.url, first)
    with pytest.raises(UsageError, match="one and the same text"):
        decisions.record_review(desk, claim, people.an, ReviewInput(Opinion.FALSE, REASON, (NEWS, OTHER)))
    third = replace(OTHER, url="https://bao-ba.vn/c", publisher="Báo Ba")
    given = ReviewInput(Opinion.FALSE, REASON, (NEWS, OTHER, third))
    assert decisions.record_review(desk, claim, people.an, given).state is ClaimState.SECOND


def test_control_two_stories_are_two_sources(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claim = put_claim(sqlite_desk)
    store(sqlite_desk, NEWS.url)
    store(sqlite_desk, OTHER.url)
    given = ReviewInput(Opinion.FALSE, REASON, (NEWS, OTHER))
    assert decisions.record_review(sqlite_desk, claim, people.an, given).state is ClaimState.SECOND


proofs = st.lists(
    st.builds(
        evidence.Proof,
        st.sampled_from(["primary", "independent"]),
        st.sampled_from(["a.vn", "b.vn", "c.vn"]),
        st.sampled_from(["u1", "u2", "u3", "u4"]),
    ),
    max_size=5,
)


@given(proofs, st.dictionaries(st.sampled_from(["u1", "u2", "u3", "u4"]), st.integers(1, 2)))
def test_what_is_enough_stays_enough_and_copies_never_help(
    rows: list[evidence.Proof], stories: dict[str, int]
) -> None:
    found = evidence.enough(rows, stories)
    assert not found or evidence.enough(rows)
    assert not found or evidence.enough([*rows, evidence.Proof("primary", "x", "x")], stories)
    assert evidence.enough(rows[::-1], stories) == found
    if not any(row.kind == "primary" for row in rows) and len({row.domain for row in rows}) < 2:
        assert not found


# --- who publishes, and appeals ----------------------------------------------------------------------------


def test_a_lead_publishes_neither_the_first_review_nor_the_first_of_the_pair(
    desk: Desk, people: People
) -> None:
    claim = put_claim(desk)
    rate(desk, claim, people.an, Opinion.TRUE)
    rate(desk, claim, people.chi)
    rate(desk, claim, people.binh)
    with pytest.raises(ConflictError, match="another lead"):
        publishing.publish(desk, claim, people.chi, {Language.VI: TEXT})
    publishing.publish(desk, claim, people.dung, {Language.VI: TEXT})


def another_lead(desk: Desk, name: str = "giang") -> int:
    with desk.sessions.begin() as session:
        staff = Staff(username=name, password_hash="x", role="lead", created_at=desk.clock())
        session.add(staff)
        session.flush()
        return staff.id


@pytest.mark.parametrize(
    ("opinion", "said"), [(Opinion.NOT_A_CLAIM, "is rated again"), (Opinion.NOT_OURS, "cannot be erased")]
)
def test_an_appeal_is_decided_with_a_rating(sqlite_desk: Desk, opinion: Opinion, said: str) -> None:
    people = hire(sqlite_desk)
    claim, slug = answered(sqlite_desk, people)
    appeals.file_appeal(sqlite_desk, slug, APPEAL)
    with pytest.raises(ConflictError, match=f"{said}: decide the appeal"):
        decisions.record_review(sqlite_desk, claim, people.chi, ReviewInput(opinion, REASON))


def test_an_appeal_is_answered_with_a_public_reason(desk: Desk, people: People) -> None:
    claim, slug = answered(desk, people)
    appeals.file_appeal(desk, slug, APPEAL)
    rate(desk, claim, people.chi)
    rate(desk, claim, people.dung)
    with pytest.raises(UsageError, match="reason: say why"):
        publishing.publish(desk, claim, another_lead(desk), {Language.VI: TEXT}, "  ")
    with desk.reading() as session:
        assert session.scalars(select(Appeal.state)).one() == AppealState.OPEN
        assert len(session.scalars(select(Verdict)).all()) == 1, "nothing of it was kept"


def test_the_outcome_is_public_with_the_reason_that_was_given(desk: Desk, people: People) -> None:
    claim, slug = answered(desk, people)
    appeals.file_appeal(desk, slug, APPEAL)
    rate(desk, claim, people.chi)
    rate(desk, claim, people.dung)
    lead = another_lead(desk)
    quoting = f"Bạn đọc viết: {APPEAL}"
    with pytest.raises(UsageError, match="repeats a reader's own words"):
        publishing.publish(desk, claim, lead, {Language.VI: TEXT}, quoting)
    why = "Hai người khác đọc lại thông báo của tỉnh: ngày chi trả không đổi."
    publishing.publish(desk, claim, lead, {Language.VI: TEXT}, why)
    with desk.reading() as session:
        shown = public.correction(session, slug).appeals[0]
        kept = session.scalars(select(Appeal)).one()
    assert (shown.state, shown.outcome) == (AppealState.UPHELD, why)
    assert kept.reason == ""
    assert REASON not in (shown.outcome or "")  # what reviewers wrote for themselves is not published


def test_what_an_appeal_changes_is_known_anew_and_the_claim_beside_it_is_not(
    desk: Desk, people: People
) -> None:
    other = agree(desk, people, text="Đăng ký nhận xe lăn phải đóng 90 nghìn")
    publishing.publish(desk, other, people.chi, {Language.VI: TEXT})
    claim, slug = answered(desk, people)
    with desk.sessions.begin() as session:
        for known in session.scalars(select(KnownClaim)):
            known.offered = True
    appeals.file_appeal(desk, slug, APPEAL)
    rate(desk, claim, people.chi, Opinion.TRUE)
    rate(desk, claim, people.dung, Opinion.TRUE)
    why = "Thông báo mới của tỉnh nói khác thông báo trước."
    lead, said = another_lead(desk), replace(TEXT, said="Có tin nói phải nộp tiền trước, và tin này đúng.")
    publishing.publish(desk, claim, lead, {Language.VI: said}, why)
    with desk.reading() as session:
        rows = {one.claim_id: one for one in session.scalars(select(KnownClaim))}
    assert (rows[claim].rating, rows[claim].text, rows[claim].offered) == ("true", said.said, False)
    assert (rows[other].rating, rows[other].text, rows[other].offered) == ("false", TEXT.said, True)


def test_a_new_wording_after_an_appeal_stands_with_the_newest_verdict(desk: Desk, people: People) -> None:
    claim, slug = answered(desk, people)
    appeals.file_appeal(desk, slug, APPEAL)
    rate(desk, claim, people.chi, Opinion.TRUE)
    rate(desk, claim, people.dung, Opinion.TRUE)
    publishing.publish(desk, claim, another_lead(desk), {Language.VI: TEXT}, "Thông báo mới nói khác.")
    publishing.revise(desk, slug, people.chi, {Language.VI: TEXT}, "Nói rõ hơn nơi hỏi.")
    with desk.reading() as session:
        texts = select(CorrectionText).order_by(CorrectionText.version)
        rounds = [session.get_one(Verdict, one.verdict_id).round for one in session.scalars(texts)]
    assert rounds == [1, 2, 2]


def attempts(desk: Desk, claim: int, people: tuple[int, ...], n: int) -> int:
    """How many of `n` attempts of these people to decide are accepted, whatever they say and bring."""
    accepted = 0
    for k in range(n):
        opinion = tuple(Opinion)[k % len(Opinion)]
        proof = ((), (PRIMARY,), (NEWS, OTHER))[k % 3]
        try:
            decisions.record_review(desk, claim, people[k % len(people)], ReviewInput(opinion, REASON, proof))
        except (ConflictError, UsageError):
            continue
        accepted += 1
    return accepted


@pytest.mark.parametrize("n", [60, pytest.param(1_000, marks=pytest.mark.release)])
def test_who_checked_it_first_never_decides_the_appeal(sqlite_desk: Desk, n: int) -> None:
    people = hire(sqlite_desk)
    claim, slug = answered(sqlite_desk, people)
    appeals.file_appeal(sqlite_desk, slug, APPEAL)
    assert attempts(sqlite_desk, claim, (people.an, people.binh), n) == 0
    assert attempts(sqlite_desk, claim, (people.chi,), 12) == 1  # the positive control: another one may, once
    with sqlite_desk.reading() as session:
        late = {one.staff_id for one in session.scalars(select(Review).where(Review.round == 2))}
        assert late == {people.chi}
        assert session.scalars(select(Evidence.staff_id).where(Evidence.round == 2)).all() != [people.an]


def test_the_clock_counts_working_days_and_the_alarm_comes_on_the_fifth() -> None:
    from datetime import date

    received, due = date(2026, 11, 18), date(2026, 11, 27)
    none: frozenset[date] = frozenset()
    stages = [appeals.stage(received, due, date(2026, 11, day), none) for day in (18, 24, 25, 27, 28)]
    assert stages == ["later", "later", "alarm", "alarm", "overdue"]
    assert appeals.stage(received, due, date(2026, 11, 25), frozenset({date(2026, 11, 24)})) == "later"

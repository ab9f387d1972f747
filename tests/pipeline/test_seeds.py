"""Seeds look like tips, measure the reviewers, and enter nothing else: no week, no model, no public page."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from models import audit, retention
from models.audits import Seed
from models.claims import Claim, ClaimMatch, FrameUnit, KnownClaim
from models.decisions import Verdict
from models.desk import AuditEntry, Staff
from models.errors import ConflictError, KiemChungError, UsageError
from models.gathered import DailyCount, Item, Mention, MentionToken, Tip
from models.vocabulary import ClaimState, ItemKind, Language, Opinion, Rating
from models.weeks import NO_WEEK, iso_week, local_day
from pipeline import (
    clustering,
    decisions,
    exports,
    labels,
    matching,
    metrics,
    publishing,
    run,
    sampling,
    schedule,
    seeding,
    seeds,
    tips,
)
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import People, hire, put_claim
from tests.pipeline.sown import (
    ANSWER,
    QUARTER,
    REWORDED,
    RUMOUR,
    claim,
    known_false,
    review,
    seed,
    settled_seeds,
    sow,
)


@pytest.fixture
def staffed(sqlite_desk: Desk) -> tuple[Desk, People]:
    """A desk on SQLite with its people."""
    return sqlite_desk, hire(sqlite_desk)


Staffed = tuple[Desk, People]


def test_a_seed_enters_the_queue_as_a_tip_that_nobody_sent(desk: Desk, people: People) -> None:
    public_id = known_false(desk, people)
    with desk.reading() as session:
        assert [one.public_id for one in seeds.candidates(session, desk)] == [public_id]
        before = session.scalar(select(func.count()).select_from(DailyCount))
    made = seeds.make(desk, public_id, people.kiem, REWORDED)
    assert made.claim_id is not None
    assert claim(desk, made.claim_id).state == ClaimState.NEW  # it comes in with the next batch
    run.stages(desk)
    found = claim(desk, made.claim_id)
    assert (found.state, found.week, found.text, found.topic) == ("queued", NO_WEEK, REWORDED, "health")
    assert (found.n_tips, found.n_mentions, found.n_stories, found.n_sources) == (1, 1, 1, 0)
    assert found.is_local
    assert found.first_day == found.last_day == local_day(NOW)
    assert found.priority is not None
    assert found.queued_at == NOW
    with desk.reading() as session:
        (mention,) = session.scalars(select(Mention).where(Mention.claim_id == found.id))
        item = session.get_one(Item, mention.item_id)
        assert (item.kind, item.source_id, item.url) == (ItemKind.TIP, None, None)
        assert session.scalar(select(func.count()).where(Tip.item_id == item.id)) == 0
        assert session.scalar(select(func.count()).select_from(DailyCount)) == before
        assert seeds.candidates(session, desk) == []  # once a quarter
        progress = seeds.progress(session, QUARTER)
    assert (progress.quarter, progress.goal, progress.made, progress.waiting, progress.settled) == (
        QUARTER, 100, 1, 1, 0,
    )  # fmt: skip


def test_two_people_settle_it_and_no_lead_ever_waits_for_its_correction(desk: Desk, people: People) -> None:
    claim_id = sow(desk, people)
    assert review(desk, claim_id, people.an, Opinion.FALSE).state == ClaimState.SECOND
    assert seed(desk).recognised is None
    assert review(desk, claim_id, people.chi, Opinion.FALSE).state == ClaimState.CLOSED
    found = seed(desk)
    assert (found.recognised, found.settled_day, found.claim_id) == (True, local_day(NOW), claim_id)
    assert claim(desk, claim_id).state == ClaimState.CLOSED
    with pytest.raises(ConflictError, match="not open for review"):
        review(desk, claim_id, people.dung, Opinion.FALSE)
    with desk.reading() as session:
        assert audit.verify(session).ok


@pytest.mark.parametrize(
    ("opinions", "recognised"),
    [
        ([Opinion.MISLEADING, Opinion.MISLEADING], True),
        ([Opinion.TRUE, Opinion.TRUE], False),
        ([Opinion.UNPROVEN, Opinion.UNPROVEN], False),
        ([Opinion.NOT_A_CLAIM, Opinion.NOT_A_CLAIM], False),
        ([Opinion.TRUE, Opinion.FALSE, Opinion.FALSE], True),
        ([Opinion.FALSE, Opinion.TRUE, Opinion.TRUE], False),
        ([Opinion.NOT_OURS], False),
        ([Opinion.FALSE, Opinion.NOT_OURS], False),
    ],
)
def test_what_people_agree_on_settles_it(
    staffed: Staffed, opinions: list[Opinion], *, recognised: bool
) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    for person, opinion in zip((people.an, people.binh, people.dung), opinions, strict=False):
        assert seed(desk).recognised is None
        review(desk, claim_id, person, opinion)
    found = seed(desk)
    assert (found.recognised, found.settled_day) == (recognised, local_day(NOW))
    with desk.reading() as session:
        assert seeds.counted(session, QUARTER) == (int(recognised), 1)
        left = session.get(Claim, claim_id)
    assert (left is None) is (opinions[-1] is Opinion.NOT_OURS)
    assert left is None or left.state == ClaimState.CLOSED


def test_two_people_who_disagree_leave_it_open(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    review(desk, claim_id, people.an, Opinion.FALSE)
    assert review(desk, claim_id, people.binh, Opinion.MISLEADING).state == ClaimState.THIRD
    with desk.reading() as session:
        assert seeds.counted(session, QUARTER) == (0, 0)


def test_it_is_put_off_as_any_claim(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    until = local_day(NOW) + timedelta(days=3)
    decisions.defer(desk, claim_id, people.an, until, "Chờ trả lời của trạm y tế.")
    assert claim(desk, claim_id).deferred_until == until
    assert seed(desk).settled_day is None


def test_who_wrote_it_may_not_review_it(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people, by=people.dung)
    with pytest.raises(ConflictError, match="wrote these words"):
        review(desk, claim_id, people.dung, Opinion.FALSE)
    with desk.reading() as session:
        found = session.get_one(Claim, claim_id)
        assert not decisions.may_review(session, found, people.dung)
        assert decisions.may_review(session, found, people.chi)


def test_a_seed_whose_original_turned_out_true_counts_nowhere(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    of = seed(desk).of_claim_id
    assert of is not None
    pair = {"first_staff_id": people.chi, "second_staff_id": people.dung}
    with desk.sessions.begin() as session:
        session.add(Verdict(claim_id=of, round=2, rating=Rating.TRUE, method_note="x", at=NOW, **pair))
    review(desk, claim_id, people.an, Opinion.TRUE)
    review(desk, claim_id, people.binh, Opinion.TRUE)
    assert (seed(desk).recognised, claim(desk, claim_id).state) == (None, ClaimState.CLOSED)
    with desk.reading() as session:
        assert seeds.counted(session, QUARTER) == (0, 0)
        assert seeds.progress(session, QUARTER).waiting == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write something"),
        ("   ", "write something"),
        ("lá đu đủ " * 200, "at most 1000"),
        ("Hôm nay trời đẹp quá", "finds 0 claims"),
        ("Uống lá đu đủ là hết ung thư. Nộp phí 250 nghìn để nhận trợ cấp 3 triệu đồng mỗi hộ.", "finds 2"),
        ("Nghe nói uống nước lá đu đủ chữa dứt sốt xuất huyết liền, khỏi đi viện", "repeats"),
        ("nghe nói uong nuoc la du du chua dut sot xuat huyet lien, khoi di vien", "repeats"),
        ("Bà con mách nhau nấu lá đu đủ uống là hết sốt rét liền trong đêm, khỏi đi bệnh viện", "bệnh:"),
    ],
)
def test_words_that_cannot_be_taken_are_named_and_change_nothing(
    staffed: Staffed, text: str, said: str
) -> None:
    desk, people = staffed
    public_id = known_false(desk, people)
    with pytest.raises(UsageError, match=said):
        seeds.make(desk, public_id, people.kiem, text)
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Seed)) == 0
        assert session.scalar(select(func.count()).where(Claim.week == NO_WEEK)) == 0
        assert session.scalar(select(func.count()).where(AuditEntry.action == seeds.MAKE)) == 0


def test_the_words_of_another_claim_are_refused(staffed: Staffed) -> None:
    desk, people = staffed
    public_id = known_false(desk, people)
    tips.take(desk, REWORDED)
    with pytest.raises(UsageError, match="very words"):
        seeds.make(desk, public_id, people.kiem, REWORDED)


def test_the_words_of_the_desks_own_answer_are_refused(staffed: Staffed) -> None:
    desk, people = staffed
    public_id = known_false(desk, people)
    with pytest.raises(UsageError, match="repeats"):
        seeds.make(desk, public_id, people.kiem, f"Uống lá là hết sốt xuất huyết, {ANSWER.said[3:-1]}")


@pytest.mark.parametrize("who", ["an", "quan"])
def test_only_an_auditor_or_a_lead_writes_one(staffed: Staffed, who: str) -> None:
    desk, people = staffed
    with pytest.raises(ConflictError, match="only an auditor or a lead"):
        seeds.make(desk, known_false(desk, people), getattr(people, who), REWORDED)


def test_a_disabled_account_writes_none(staffed: Staffed) -> None:
    desk, people = staffed
    public_id = known_false(desk, people)
    with desk.sessions.begin() as session:
        session.get_one(Staff, people.kiem).disabled = True
    with pytest.raises(ConflictError, match="only an auditor or a lead"):
        seeds.make(desk, public_id, people.kiem, REWORDED)


def test_only_false_answered_unused_claims_of_earlier_weeks_are_offered(desk: Desk, people: People) -> None:
    false = known_false(desk, people)
    misleading = known_false(desk, people, RUMOUR + " hai", Opinion.MISLEADING)
    true = known_false(desk, people, RUMOUR + " ba", Opinion.TRUE)
    unproven = known_false(desk, people, RUMOUR + " bốn", Opinion.UNPROVEN)
    waiting = claim(desk, put_claim(desk, RUMOUR + " năm")).public_id
    with desk.sessions.begin() as session:
        late = session.scalars(select(Claim).where(Claim.public_id == misleading)).one()
        late.week = iso_week(NOW)
        assert [one.public_id for one in seeds.candidates(session, desk)] == [false]
        late.week = "2026-W45"
        assert {one.public_id for one in seeds.candidates(session, desk)} == {false, misleading}
    for wrong in (true, unproven, waiting, "0" * 16):
        with pytest.raises(ConflictError, match="no seed can be made"):
            seeds.make(desk, wrong, people.kiem, REWORDED)
    seeds.make(desk, false, people.kiem, REWORDED)
    with pytest.raises(ConflictError, match="no seed can be made"):
        seeds.make(desk, false, people.kiem, REWORDED)
    later = replace(desk, clock=lambda: NOW + timedelta(weeks=7))
    with desk.reading() as session:
        assert {one.public_id for one in seeds.candidates(session, later)} == {false, misleading}


@pytest.mark.parametrize("number", ["0912345678", "‹phone·78·1a2b3c4d›"])
def test_a_number_in_the_words_is_masked_as_in_a_tip(staffed: Staffed, number: str) -> None:
    desk, people = staffed
    claim_id = sow(desk, people, f"{REWORDED}, hỏi mua lá gọi số {number}")
    with desk.reading() as session:
        (token,) = session.scalars(select(MentionToken))
    assert (token.kind, token.last_two) == ("phone", "78")
    text = claim(desk, claim_id).text
    assert "0912345678" not in text
    assert f"‹phone·78·{token.token}›" in text


# what a seed must never enter


def untouched(desk: Desk) -> dict[str, object]:
    """Everything that a seed must not move: figures of its weeks, labels, draws, first week, public files."""
    with desk.reading() as session:
        kept: dict[str, object] = {
            "labels": [one.claim_id for one in labels.gather(session)],
            "frame": session.scalar(select(func.count()).select_from(FrameUnit)),
            "known": session.scalar(select(func.count()).select_from(KnownClaim)),
        }
    this, before = iso_week(NOW), iso_week(NOW - timedelta(days=7))
    seen = {week: metrics.weekly(desk, week) for week in (this, before)}
    kept["figures"] = [one for week in seen for one in seen[week] if one.name != "verdict_sensitivity"]
    kept["first"] = metrics.first_week(desk)
    kept["ended"] = schedule.ended_weeks(desk, NOW)
    return kept


def test_open_or_settled_it_is_in_no_figure_no_label_no_draw_and_no_week(staffed: Staffed) -> None:
    desk, people = staffed
    public_id = known_false(desk, people)
    put_claim(desk, "Cầu Cổ Chiên sắp sập, cấm xe từ ngày mai", topic="disaster")
    run.stages(desk)
    before = untouched(desk)
    claim_id = seeds.make(desk, public_id, people.kiem, REWORDED).claim_id or 0
    run.stages(desk)
    assert untouched(desk) == before
    review(desk, claim_id, people.an, Opinion.NOT_A_CLAIM)
    assert untouched(desk) == before
    review(desk, claim_id, people.binh, Opinion.NOT_A_CLAIM)
    sampling.draw_due(replace(desk, clock=lambda: NOW + timedelta(days=7)))
    with desk.reading() as session:
        assert session.scalar(select(func.count()).where(FrameUnit.week == iso_week(NOW))) == 1
        assert session.scalar(select(func.count()).where(FrameUnit.week == NO_WEEK)) == 0
        assert all(one.claim_id != claim_id for one in labels.gather(session))
    assert metrics.first_week(desk) == "2026-W45"
    metrics.close_due(replace(desk, clock=lambda: NOW + timedelta(weeks=8)))


def test_positive_control_with_a_real_week_it_would_be_counted(staffed: Staffed) -> None:
    desk, people = staffed
    public_id = known_false(desk, people)
    put_claim(desk, "Cầu Cổ Chiên sắp sập, cấm xe từ ngày mai", topic="disaster")
    run.stages(desk)
    before = untouched(desk)
    claim_id = seeds.make(desk, public_id, people.kiem, REWORDED).claim_id or 0
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).week = iso_week(NOW)
    run.stages(desk)
    after = untouched(desk)
    assert after["figures"] != before["figures"]
    review(desk, claim_id, people.an, Opinion.NOT_A_CLAIM)
    review(desk, claim_id, people.binh, Opinion.NOT_A_CLAIM)
    assert untouched(desk)["labels"] != before["labels"]


def test_no_mention_ever_joins_a_seed_not_even_of_the_same_words(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    with desk.sessions.begin() as session:  # its original, which they would join, out of the way
        session.get_one(Claim, seed(desk).of_claim_id).text = "Cầu Cổ Chiên cấm xe"
    for text in (REWORDED, REWORDED.replace("Bà con mách nhau", "Ngoài chợ người ta nói")):
        tips.take(desk, text)
    run.stages(desk)
    with desk.reading() as session:
        others = session.scalars(select(Claim.id).where(Claim.week == iso_week(NOW))).all()
        assert session.scalar(select(func.count()).where(Mention.claim_id == claim_id)) == 1
    assert len(others) == 1  # both tips, together
    assert claim(desk, claim_id).n_mentions == 1


def test_positive_control_a_claim_of_a_week_takes_them(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).week = iso_week(NOW)
    tips.take(desk, REWORDED.replace("Bà con mách nhau", "Ngoài chợ người ta nói"))
    clustering.cluster(desk)
    assert claim(desk, claim_id).n_mentions == 2


def test_the_answer_to_its_original_is_not_shown_beside_it_but_others_are(
    staffed: Staffed, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    said = "Lá đu đủ nấu uống hết sốt xuất huyết trong đêm"
    with desk.sessions.begin() as session:
        own = session.scalars(select(KnownClaim)).one()
        own.text = said
        for at in range(4):
            other = KnownClaim(key=f"k{at}", text=f"{said} {at}", topic="health", rating="false")
            other.url, other.publisher, other.imported_day = "https://kiem.vn/", "Tổ Kiểm tin", local_day(NOW)
            session.add(other)
    matching.match(desk)
    with desk.reading() as session:
        shown = list(session.scalars(select(ClaimMatch.known_id).where(ClaimMatch.claim_id == claim_id)))
    assert own.id not in shown
    assert len(shown) == matching.SHOWN  # as many as any claim shows
    # positive control: without the list it would stand there first
    monkeypatch.setattr(matching, "hidden_matches", lambda session: {})  # noqa: ARG005
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).match_due = True
    matching.match(desk)
    with desk.reading() as session:
        assert own.id in set(
            session.scalars(select(ClaimMatch.known_id).where(ClaimMatch.claim_id == claim_id))
        )


def test_it_can_never_be_published(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    review(desk, claim_id, people.an, Opinion.FALSE)
    review(desk, claim_id, people.binh, Opinion.FALSE)
    for state in (ClaimState.CLOSED, ClaimState.AGREED):  # not even if somebody forces its state
        with desk.sessions.begin() as session:
            session.get_one(Claim, claim_id).state = state
        with pytest.raises(ConflictError, match="not agreed"):
            publishing.publish(desk, claim_id, people.chi, {Language.VI: ANSWER})


def test_no_public_file_holds_its_words_or_its_name(staffed: Staffed, tmp_path: Path) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    review(desk, claim_id, people.an, Opinion.FALSE)
    review(desk, claim_id, people.binh, Opinion.FALSE)
    name = claim(desk, claim_id).public_id
    files = exports.export_open_data(desk, tmp_path)
    held = b"".join(file.read_bytes() for file in files)
    assert ANSWER.title.encode() in held  # the export is not empty
    assert REWORDED[:30].encode() not in held
    assert name.encode() not in held


def test_the_log_says_that_one_was_made_and_gives_nothing_away(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    found = claim(desk, claim_id)
    with desk.reading() as session:
        rows = list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))
        (made,) = [row for row in rows if row.action == seeds.MAKE]
    assert made.actor == f"staff:{people.kiem}"
    assert made.subject.startswith("seed:")
    for row in rows:
        line = json.dumps([row.actor, row.action, row.subject, row.detail_sha256], ensure_ascii=False)
        assert found.public_id not in line
    # whoever reads the queue can guess words and numbers, and hash them: none of it fits
    guesses: list[dict[str, object]] = [
        {"text": found.text}, {"claim": found.public_id}, {"claim_id": claim_id}, {"id": 1}, {"seed": 1}, {},
        {"text": found.text, "claim": found.public_id}, {"seed": f"1:{found.public_id}:{found.text}"},
    ]  # fmt: skip
    assert made.detail_sha256 not in {audit.detail_digest(guess) for guess in guesses}


def test_settling_it_writes_the_log_of_any_claim_and_no_more(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    other = put_claim(desk)
    review(desk, claim_id, people.an, Opinion.FALSE)
    review(desk, claim_id, people.binh, Opinion.FALSE)
    review(desk, other, people.an, Opinion.FALSE)
    review(desk, other, people.binh, Opinion.FALSE)
    with desk.reading() as session:
        of = {name: f"claim:{claim(desk, name).public_id}" for name in (claim_id, other)}
        entries = [
            [
                (row.actor, row.action, row.detail_sha256)
                for row in session.scalars(select(AuditEntry).where(AuditEntry.subject == of[name]))
            ]
            for name in (claim_id, other)
        ]
        newest = audit.head(session)
    assert entries[0] == entries[1]
    assert newest is not None
    assert newest.action == "review"


def test_its_claim_goes_with_the_normal_terms_and_the_count_stays(staffed: Staffed) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    review(desk, claim_id, people.an, Opinion.FALSE)
    review(desk, claim_id, people.binh, Opinion.FALSE)
    with desk.sessions.begin() as session:
        retention.erase(session, local_day(NOW) + timedelta(days=31))
    with desk.reading() as session:
        assert session.get(Claim, claim_id) is None
        assert session.scalar(select(func.count()).where(Item.kind == ItemKind.TIP)) == 0
        found = session.scalars(select(Seed)).one()
        assert (found.claim_id, found.recognised) == (None, True)
        assert seeds.counted(session, QUARTER) == (1, 1)


def test_one_that_nobody_reads_is_erased_and_counts_nowhere(staffed: Staffed) -> None:
    desk, people = staffed
    sow(desk, people)
    with desk.sessions.begin() as session:
        retention.erase(session, local_day(NOW) + timedelta(days=181))
        progress = seeds.progress(session, QUARTER)
    assert (progress.made, progress.waiting, progress.settled) == (1, 0, 0)


@pytest.mark.parametrize(
    ("score", "band"),
    [(None, "unscored"), (0.01, "score-00-50"), (0.70, "score-50-80"), (0.99, "score-95-100")],
)
def test_its_band_is_its_rank_among_the_weeks_scores(
    staffed: Staffed, score: float | None, band: str
) -> None:
    desk, people = staffed
    claim_id = sow(desk, people)
    with desk.sessions.begin() as session:
        for at in range(100):
            other = session.get_one(Claim, put_claim_in(session, at))
            other.score = at / 100
        session.get_one(Claim, claim_id).score = score
    review(desk, claim_id, people.an, Opinion.FALSE)
    review(desk, claim_id, people.binh, Opinion.TRUE)
    review(desk, claim_id, people.dung, Opinion.TRUE)
    with desk.reading() as session:
        assert seeds.progress(session, QUARTER).strata == {band: 1}


def put_claim_in(session: object, at: int) -> int:
    """A bare claim of this week."""
    from sqlalchemy.orm import Session

    assert isinstance(session, Session)
    day = local_day(NOW)
    row = Claim(
        public_id=f"bare{at}", key=f"bare{at}", text="x", topic="health", state=ClaimState.NEW,
        first_day=day, last_day=day, week=iso_week(NOW),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def test_offers_are_the_same_until_they_are_used_and_differ_from_quarter_to_quarter(
    staffed: Staffed,
) -> None:
    desk, people = staffed
    for at in range(8):
        known_false(desk, people, f"{RUMOUR} lần {at}")
    later = replace(desk, clock=lambda: NOW + timedelta(weeks=7))
    with desk.reading() as session:
        first, again, next_quarter = (
            [one.public_id for one in seeds.candidates(session, when)] for when in (desk, desk, later)
        )
        few = [one.public_id for one in seeds.candidates(session, desk, limit=3)]
    assert first == again
    assert few == first[:3]
    assert set(first) == set(next_quarter)
    assert first != next_quarter


def test_a_claim_that_is_no_seed_is_left_as_it_is(staffed: Staffed) -> None:
    desk, people = staffed
    settled_seeds(desk, 1, 2, people.kiem)
    other = put_claim(desk)
    review(desk, other, people.an, Opinion.FALSE)
    assert review(desk, other, people.binh, Opinion.FALSE).state == ClaimState.AGREED
    with desk.sessions.begin() as session:
        found = session.get_one(Claim, other)
        seeding.settle(session, found, Opinion.FALSE, local_day(NOW))
        assert found.state == ClaimState.AGREED
        assert seeds.counted(session, QUARTER) == (1, 2)
        assert session.execute(update(Seed).values(stratum=None)).rowcount == 2  # type: ignore[attr-defined]


def test_errors_are_of_the_house(staffed: Staffed) -> None:
    desk, people = staffed
    with pytest.raises(KiemChungError):
        seeds.make(desk, "không có", people.kiem, REWORDED)

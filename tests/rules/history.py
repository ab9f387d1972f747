"""Random lives of a desk, and what must hold of every verdict at any moment (rules 5 and 8)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim
from models.decisions import Appeal, Correction, CorrectionText, Evidence, Review, Verdict
from models.desk import Staff
from models.errors import KiemChungError
from models.vocabulary import AppealState, ClaimState, Language, Opinion, Role
from pipeline import decisions, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from pipeline.evidence import EvidenceInput
from pipeline.publishing import CorrectionInput
from tests.pipeline.conftest import PRIMARY, hire, put_claim

REASON = "Đã đối chiếu với thông báo của tỉnh."
TEXT = CorrectionInput(
    title="Không có khoản phí hồ sơ nào khi nhận hỗ trợ",
    said="Có tin nói người dân phải nộp tiền trước mới được lãnh hỗ trợ.",
    truth="Tỉnh chi trả trực tiếp và không thu phí.",
    how_known="Thông báo ngày 16/11 của tỉnh nêu rõ điều này.",
    what_to_do="Không chuyển tiền; hỏi cán bộ xã nơi mình ở.",
)
NEWS = replace(PRIMARY, url="https://tin.example.com.vn/a", publisher="Báo Một")
SAME_HOUSE = replace(PRIMARY, url="https://www.example.com.vn/b", publisher="Báo Một")
OTHER_NEWS = replace(PRIMARY, url="https://khac.vn/b", publisher="Báo Hai")
PROOFS: tuple[tuple[EvidenceInput, ...], ...] = (
    (),
    (PRIMARY,),
    (NEWS,),
    (NEWS, SAME_HOUSE),
    (NEWS, OTHER_NEWS),
)
APPEAL = "Bài của quý vị nhầm ngày chi trả, xin xem lại giúp."


def broken_verdicts(session: Session) -> list[str]:
    """Every verdict that lacks evidence, two different people, or their two reviews in its round."""
    problems = []
    for verdict in session.scalars(select(Verdict).order_by(Verdict.id)):
        mine = Evidence.claim_id == verdict.claim_id
        proof = session.scalars(select(Evidence).where(mine, Evidence.at <= verdict.at)).all()
        if not any(row.kind == "primary" for row in proof) and len({row.domain for row in proof}) < 2:
            problems.append(f"verdict {verdict.id}: no evidence")
        if verdict.first_staff_id == verdict.second_staff_id:
            problems.append(f"verdict {verdict.id}: one person")
        rows = select(Review.staff_id).where(
            Review.claim_id == verdict.claim_id,
            Review.round == verdict.round,
            Review.opinion == verdict.rating,
        )
        if not {verdict.first_staff_id, verdict.second_staff_id} <= set(session.scalars(rows)):
            problems.append(f"verdict {verdict.id}: not what two people said")
    return problems


def decided_twice(session: Session) -> list[str]:
    """Every person who had a hand in two rounds of one claim."""
    hands: dict[tuple[int, int], set[int]] = {}
    for claim_id, round_number, staff_id in session.execute(
        select(Review.claim_id, Review.round, Review.staff_id)
    ):
        hands.setdefault((claim_id, staff_id), set()).add(round_number)
    return [
        f"staff {who} in rounds {rounds} of claim {claim}"
        for (claim, who), rounds in hands.items()
        if len(rounds) > 1
    ]


def hidden_verdicts(session: Session) -> list[str]:
    """Every decided claim without a public correction, and every verdict without its public words."""
    problems = []
    answered = set(session.scalars(select(Correction.claim_id)))
    worded = set(session.scalars(select(CorrectionText.verdict_id)))
    for claim in session.scalars(select(Claim.id).where(Claim.state == ClaimState.DECIDED)):
        problems += [] if claim in answered else [f"claim {claim} is decided and not public"]
    for verdict in session.scalars(select(Verdict.id)):
        problems += [] if verdict in worded else [f"verdict {verdict} has no public words"]
    return problems


def open_appeals_of_settled_claims(session: Session) -> list[str]:
    """Appeals that stay open although their claim was decided after them."""
    rows = session.execute(
        select(Appeal.public_id)
        .join(Correction, Correction.id == Appeal.correction_id)
        .join(Claim, Claim.id == Correction.claim_id)
        .where(Appeal.state == AppealState.OPEN, Claim.state == ClaimState.DECIDED)
    )
    return [public_id for (public_id,) in rows]


def problems(session: Session) -> list[str]:
    """All that is wrong with a desk's decisions."""
    return [
        *broken_verdicts(session),
        *decided_twice(session),
        *hidden_verdicts(session),
        *open_appeals_of_settled_claims(session),
    ]


def staff_of(desk: Desk, extra: int = 4) -> list[int]:
    """Ids of everybody: analysts, leads, auditor, admin and some more leads, in that order."""
    people = hire(desk)
    ids = [people.an, people.binh, people.chi, people.dung, people.kiem, people.quan]
    with desk.sessions.begin() as session:
        for number in range(extra):
            one = Staff(username=f"them{number}", password_hash="x", role=Role.LEAD, created_at=desk.clock())
            session.add(one)
            session.flush()
            ids.append(one.id)
    return ids


class DeskLife(RuleBasedStateMachine):
    """Anybody tries anything; whatever the desk accepts, its decisions stay sound."""

    make: Callable[[], Desk]
    check: Callable[[Session], Sequence[str]] = staticmethod(problems)
    verdicts = 0

    def __init__(self) -> None:
        super().__init__()
        self.claims: list[int] = []
        self.slugs: list[str] = []

    @initialize()
    def open(self) -> None:
        self.desk = type(self).make()
        self.staff = staff_of(self.desk)
        self.claims.append(put_claim(self.desk))

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            with self.desk.reading() as session:
                type(self).verdicts += len(session.scalars(select(Verdict.id)).all())
            self.desk.close()

    @rule(from_tip=st.booleans())
    def a_claim_comes(self, from_tip: bool) -> None:
        if len(self.claims) < 3:
            self.claims.append(put_claim(self.desk, from_tip=from_tip))

    @rule(
        claim=st.integers(0, 2),
        who=st.integers(0, 9),
        opinion=st.sampled_from([Opinion.FALSE, Opinion.FALSE, *Opinion]),
        proof=st.sampled_from(PROOFS),
    )
    def review(self, claim: int, who: int, opinion: Opinion, proof: tuple[EvidenceInput, ...]) -> None:
        if self.claims:
            with suppress(KiemChungError):
                given = ReviewInput(opinion, REASON, proof)
                target = self.claims[claim % len(self.claims)]
                decisions.record_review(self.desk, target, self.staff[who], given)

    @rule(claim=st.integers(0, 2), who=st.integers(0, 9))
    def publish(self, claim: int, who: int) -> None:
        if self.claims:
            with suppress(KiemChungError):
                target = self.claims[claim % len(self.claims)]
                slug = publishing.publish(
                    self.desk, target, self.staff[who], {Language.VI: TEXT}, "Sau xem xét"
                )
                self.slugs.append(slug)

    @rule(
        claim=st.integers(0, 2),
        pair=st.sampled_from([(0, 1), (1, 2), (2, 3), (3, 6), (6, 7), (8, 9), (0, 4), (1, 1)]),
        opinion=st.sampled_from([Opinion.FALSE, Opinion.MISLEADING, Opinion.TRUE]),
        proof=st.sampled_from([(PRIMARY,), (NEWS, OTHER_NEWS), (NEWS, SAME_HOUSE), ()]),
    )
    def settle(
        self, claim: int, pair: tuple[int, int], opinion: Opinion, proof: tuple[EvidenceInput, ...]
    ) -> None:
        """The usual way, so that much is published: two people, then every lead tries to publish."""
        for who in pair:
            self.review(claim, who, opinion, proof)
        for lead in (2, 3, 9):
            self.publish(claim, lead)

    @rule(which=st.integers(0, 5))
    def appeal(self, which: int) -> None:
        if self.slugs:
            with suppress(KiemChungError):
                publishing.file_appeal(self.desk, self.slugs[which % len(self.slugs)], APPEAL)

    @rule(which=st.integers(0, 5), who=st.integers(0, 9))
    def revise(self, which: int, who: int) -> None:
        if self.slugs:
            with suppress(KiemChungError):
                slug = self.slugs[which % len(self.slugs)]
                publishing.revise(self.desk, slug, self.staff[who], {Language.EN: TEXT}, "Bản tiếng Anh")

    @rule(claim=st.integers(0, 2), who=st.integers(0, 9))
    def defer(self, claim: int, who: int) -> None:
        if self.claims:
            with suppress(KiemChungError):
                until = self.desk.clock().date() + timedelta(days=2)
                target = self.claims[claim % len(self.claims)]
                decisions.defer(self.desk, target, self.staff[who], until, REASON)

    @invariant()
    def decisions_are_sound(self) -> None:
        if not hasattr(self, "desk"):
            return
        with self.desk.reading() as session:
            found = list(type(self).check(session))
            assert found == [], found
            assert audit.verify(session).ok

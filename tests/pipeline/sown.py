"""Known false claims of an earlier week, seeds made of them, and reviews that settle them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, select

from models.audits import Seed
from models.claims import Claim
from models.vocabulary import ClaimState, Language, Opinion
from pipeline import decisions, publishing, run, seeds
from pipeline.compose import Desk
from pipeline.decisions import Decided, ReviewInput
from pipeline.publishing import CorrectionInput
from tests.pipeline.conftest import PRIMARY, People, put_claim

EARLIER = date(2026, 11, 4)
QUARTER = "2026-Q4"
RUMOUR = "Uống nước lá đu đủ chữa dứt sốt xuất huyết trong một đêm"
REWORDED = "Bà con mách nhau nấu lá đu đủ uống là hết sốt xuất huyết liền trong đêm, khỏi đi bệnh viện"
ANSWER = CorrectionInput(
    title="Không có loại lá nào trị được bệnh do muỗi truyền",
    said="Có lời đồn rằng một thứ lá trong vườn trị dứt bệnh do muỗi truyền.",
    truth="Người sốt cao phải được theo dõi ở trạm y tế.",
    how_known="Chúng tôi đọc thông báo của ngành y tế.",
    what_to_do="Sốt hai ngày thì tới trạm y tế.",
)
REASON = "Đã đọc thông báo của ngành y tế."


def review(desk: Desk, claim_id: int, staff_id: int, opinion: Opinion) -> Decided:
    """One opinion with its evidence."""
    return decisions.record_review(desk, claim_id, staff_id, ReviewInput(opinion, REASON, [PRIMARY]))


def known_false(desk: Desk, people: People, text: str = RUMOUR, opinion: Opinion = Opinion.FALSE) -> str:
    """A claim of an earlier week that was found false and answered in public; gives its public id."""
    claim_id = put_claim(desk, text, topic="health", day=EARLIER, from_tip=True)
    review(desk, claim_id, people.an, opinion)
    review(desk, claim_id, people.binh, opinion)
    publishing.publish(desk, claim_id, people.chi, {Language.VI: ANSWER})
    return claim(desk, claim_id).public_id


def sow(desk: Desk, people: People, text: str = REWORDED, by: int | None = None) -> int:
    """A seed of a known false claim, in the queue; gives the id of its claim."""
    made = seeds.make(desk, known_false(desk, people), by or people.kiem, text)
    run.stages(desk)
    assert made.claim_id is not None
    return made.claim_id


def claim(desk: Desk, claim_id: int) -> Claim:
    """The claim as it is now."""
    with desk.reading() as session:
        return session.get_one(Claim, claim_id)


def seed(desk: Desk, seed_id: int = 1) -> Seed:
    """The seed as it is now."""
    with desk.reading() as session:
        return session.get_one(Seed, seed_id)


def settled_seeds(desk: Desk, recognised: int, settled: int, staff_id: int, quarter: str = QUARTER) -> None:
    """Rows of seeds whose claims are long erased."""
    common = {"quarter": quarter, "staff_id": staff_id, "made_day": EARLIER, "settled_day": EARLIER}
    rows = [common | {"recognised": at < recognised, "stratum": "score-50-80"} for at in range(settled)]
    with desk.sessions.begin() as session:
        session.execute(insert(Seed), rows)


def states(desk: Desk, claim_ids: Sequence[int]) -> list[ClaimState]:
    """Where claims stand."""
    with desk.reading() as session:
        rows = session.scalars(select(Claim.state).where(Claim.id.in_(claim_ids)).order_by(Claim.id))
        return [ClaimState(state) for state in rows]

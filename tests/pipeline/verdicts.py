"""Verdicts put in by hand, for what learns from them: word salads of two kinds, no two near-copies."""

import random
import secrets
from datetime import datetime, timedelta

from models.claims import Claim
from models.decisions import Evidence, Review, Verdict
from models.vocabulary import ClaimState, Opinion, Rating
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import DAY, put_claim

LURE = (
    "chuyển khoản gấp đặt cọc lương cao nhận quà trúng thưởng khỏi bệnh thần dược chia sẻ ngay hôm nay kẻo "
    "muộn bấm liên kết cung cấp mã xác khóa tài phạt nguội bắt cóc vỡ đập chữa dứt điểm gia truyền cam đoan"
)
CALM = (
    "thông báo lịch tiêm chủng trạm y tế theo quyết định ban hành hướng dẫn nộp hồ sơ bộ phận một cửa thời "
    "gian làm việc sáng thứ hai miễn phí đối tượng được hưởng mức hỗ trợ trường học tuyển sinh niêm yết phà"
)
FILLER = (
    "bà con trong xã phường tỉnh mình năm nay từ ngày mai người dân gia đình trẻ em cụ già nhà nước cho biết"
)


def salad(kind: str, draw: random.Random) -> str:
    """Fourteen words of one kind and some that belong to nobody."""
    words = draw.sample(kind.split(), 11) + draw.sample(FILLER.split(), 5)
    draw.shuffle(words)
    return " ".join(words)


def settle(
    desk: Desk,
    text: str,
    rating: Rating,
    pair: tuple[int, int],
    *,
    at: datetime = NOW,
    topic: str = "health",
    round_: int = 1,
    claim_id: int | None = None,
    paper: str = "bao",
) -> int:
    """A claim that two people have decided, with its evidence; gives the claim's id."""
    claim_id = claim_id or put_claim(desk, text, topic=topic, state=ClaimState.DECIDED, paper=paper)
    with desk.sessions.begin() as session:
        session.add(
            Evidence(
                claim_id=claim_id,
                round=round_,
                staff_id=pair[0],
                kind="primary",
                url="https://vinhlong.gov.vn/1",
                domain="vinhlong.gov.vn",
                publisher="Cổng thông tin tỉnh",
                quote="Cơ quan chức năng khẳng định nội dung này.",
                published_day=DAY,
                quote_sha256=secrets.token_hex(32),
                at=at,
            )
        )
        session.flush()
        session.add(
            Verdict(
                claim_id=claim_id,
                round=round_,
                rating=rating,
                method_note="đã đối chiếu văn bản",
                first_staff_id=pair[0],
                second_staff_id=pair[1],
                at=at,
            )
        )
    return claim_id


def close(desk: Desk, text: str, pair: tuple[int, int]) -> int:
    """A claim in which two people found nothing to check."""
    claim_id = put_claim(desk, text, state=ClaimState.CLOSED)
    with desk.sessions.begin() as session:
        for staff_id in pair:
            session.add(
                Review(
                    claim_id=claim_id,
                    round=1,
                    staff_id=staff_id,
                    opinion=Opinion.NOT_A_CLAIM,
                    reason="không có gì để kiểm chứng",
                    at=NOW,
                )
            )
    return claim_id


def decide_many(
    desk: Desk, people: list[int], n: int = 60, seed: int = 1, start: datetime = NOW, papers: int = 12
) -> None:
    """As many false claims as true ones, over several topics and papers, first reviewers taking turns."""
    draw = random.Random(seed)
    topics = ("health", "benefits", "recruitment")
    for number in range(n):
        pair = (people[number % len(people)], people[(number + 1) % len(people)])
        at = start + timedelta(seconds=number)
        for kind, rating in ((LURE, Rating.FALSE), (CALM, Rating.TRUE)):
            paper = f"bao{draw.randrange(papers)}"
            settle(desk, salad(kind, draw), rating, pair, at=at, topic=topics[number % 3], paper=paper)


def claim(desk: Desk, claim_id: int) -> Claim:
    """The claim as it is now."""
    with desk.reading() as session:
        return session.get_one(Claim, claim_id)

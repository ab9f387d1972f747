"""A small desk for tests of the web app: staff, claims, mentions, tips, and a browser that keeps cookies."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.desk import Staff
from models.gathered import EntryPoint, Item, Mention, MentionToken, Source, Tip
from models.vocabulary import ClaimState, ItemKind, Language, Opinion, Role
from models.weeks import iso_week, local_day
from pipeline import accounts, decisions, publishing
from pipeline.compose import Desk, build
from pipeline.decisions import ReviewInput
from pipeline.evidence import EvidenceInput
from pipeline.publishing import CorrectionInput
from pipeline.settings import load

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
PASSWORD = "sông rộng thuyền trôi xa"
SITE = "https://desk.test"
_NUMBERS = count(1)


@dataclass
class MovingClock:
    """A clock that tests move by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**by)


def make_desk(url: str, folder: Path, clock: Callable[[], datetime]) -> Desk:
    """A desk on a migrated database."""
    flags = {"database.url": url, "paths.var": str(folder / "var"), "web.public_url": SITE}
    return build(load(environ={}, flags=flags), clock=clock, migrated=False)


def add_staff(desk: Desk, username: str, role: Role) -> Staff:
    """An account with the password of all tests."""
    return accounts.add(desk, username, role, PASSWORD)


def add_source(desk: Desk, source_id: str = "bao-mau", kind: str = "newspaper") -> str:
    """A registered source with one entry point."""
    with desk.sessions.begin() as session:
        session.add(
            Source(
                id=source_id,
                name=f"Báo Mẫu {source_id}",
                kind=kind,
                homepage=f"https://{source_id}.vn/",
                domain=f"{source_id}.vn",
                is_local=True,
                enabled=True,
                verified_day=None,
            )
        )
        session.flush()
        session.add(
            EntryPoint(
                source_id=source_id,
                kind="feed",
                url=f"https://{source_id}.vn/rss",
                interval_s=3600,
                last_success=desk.clock(),
                failures=0,
            )
        )
    return source_id


def add_claim(
    desk: Desk,
    text: str = "Uống nước lá đu đủ chữa dứt sốt xuất huyết trong một đêm",
    *,
    topic: str = "health",
    state: ClaimState = ClaimState.QUEUED,
    priority: float = 0.5,
    source_id: str | None = None,
    tip: str | None = None,
    token: str | None = None,
    local: bool = False,
) -> int:
    """A claim with a mention of a source (if named) and of a tip (if its words are given)."""
    today = local_day(desk.clock())
    number = next(_NUMBERS)
    with desk.sessions.begin() as session:
        claim = Claim(
            public_id=f"{number:06x}{0:010x}",
            key=f"key-{number}",
            text=text,
            topic=topic,
            state=state.value,
            first_day=today - timedelta(days=2),
            last_day=today,
            week=iso_week(today),
            is_local=local,
            n_mentions=1,
            n_stories=1,
            n_sources=1 if source_id else 0,
            n_tips=1 if tip else 0,
            score=0.7,
            reach=0.8,
            freshness=0.9,
            priority=priority,
            queued_at=desk.clock(),
        )
        session.add(claim)
        session.flush()
        session.add(ClaimReason(claim_id=claim.id, position=0, feature="chữa dứt", weight=1.2))
        if source_id:
            _add_mention(session, claim, text, ItemKind.ARTICLE, source_id, token)
        if tip:
            _add_mention(session, claim, tip, ItemKind.TIP, None, token)
        return claim.id


def _add_mention(
    session: Session, claim: Claim, text: str, kind: ItemKind, source_id: str | None, token: str | None
) -> None:
    today, number = claim.last_day, claim.id
    item = Item(
        key=f"{kind.value}-{number}",
        kind=kind.value,
        source_id=source_id,
        url=f"https://{source_id}.vn/bai-{number}" if source_id else None,
        day=today,
        published_day=today if source_id else None,
        is_local=True,
        minhash=None,
    )
    session.add(item)
    session.flush()
    if kind is ItemKind.TIP:
        session.add(Tip(receipt_key=f"receipt-{number}", item_id=item.id, day=today))
    mention = Mention(
        item_id=item.id,
        position=0,
        key=f"mention-{kind.value}-{number}",
        text=text,
        topic=claim.topic,
        check_score=0.9,
        claim_id=claim.id,
        day=today,
    )
    session.add(mention)
    session.flush()
    if token:
        session.add(MentionToken(mention_id=mention.id, token=token, kind="phone", last_two="07"))


def add_match(desk: Desk, claim_id: int, differs: str | None = None) -> None:
    """A known claim that matches."""
    number = next(_NUMBERS)
    with desk.sessions.begin() as session:
        known = KnownClaim(
            key=f"known-{number}",
            text="Nước lá đu đủ trị khỏi sốt xuất huyết",
            topic="health",
            rating="false",
            rating_original=None,
            url="https://kiem-tin.vn/la-du-du",
            publisher="Tổ Kiểm tin",
            published_day=local_day(desk.clock()),
            imported_day=local_day(desk.clock()),
        )
        session.add(known)
        session.flush()
        session.add(ClaimMatch(claim_id=claim_id, known_id=known.id, score=0.83, differs=differs))


EVIDENCE = EvidenceInput(
    url="https://soyte.vinhlong.gov.vn/tin/123",
    publisher="Sở Y tế",
    quote="Chưa có nghiên cứu nào cho thấy lá đu đủ chữa được sốt xuất huyết.",
    published_day=date(2026, 11, 10),
)
TEXT = CorrectionInput(
    title="Lá đu đủ không chữa được sốt xuất huyết",
    said="Có lời đồn rằng một loại lá cây quen thuộc trị hết bệnh sốt do muỗi truyền.",
    truth="Không có loại lá nào thay được việc theo dõi và điều trị ở cơ sở y tế.",
    how_known="Chúng tôi đọc thông báo của Sở Y tế ngày 10/11/2026.",
    what_to_do="Sốt cao hai ngày thì tới trạm y tế.",
    contact="Trạm y tế nơi bạn ở, hoặc 115.",
)


TIP = "Uống nước lá đu đủ mỗi sáng là dứt liền bệnh sốt xuất huyết nha bà con"
"""A tip on the claim that `TEXT` answers."""


def form(text: CorrectionInput, language: str = "vi", **more: str) -> dict[str, str]:
    """The editor's fields."""
    return {**{f"{language}-{part}": words_ for part, words_ in asdict(text).items()}, **more}


def decide(desk: Desk, claim_id: int, first: int, second: int, opinion: Opinion = Opinion.FALSE) -> None:
    """Two people agree."""
    reason = "Đã đọc thông báo của Sở Y tế."
    decisions.record_review(desk, claim_id, first, ReviewInput(opinion, reason, [EVIDENCE]))
    decisions.record_review(desk, claim_id, second, ReviewInput(opinion, reason + " Đúng vậy."))


def publish(desk: Desk, claim_id: int, lead: int, text: CorrectionInput = TEXT) -> str:
    """The correction goes public."""
    return publishing.publish(desk, claim_id, lead, {Language.VI: text})


class Answer(Protocol):
    """What tests look at of an answer, whichever HTTP library the test client was built with."""

    @property
    def status_code(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def content(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def json(self) -> Any: ...  # noqa: ANN401


@dataclass
class Browser:
    """A client that sends what a browser sends, and the token of the page it is on."""

    app: FastAPI
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = TestClient(
            self.app, base_url=SITE, raise_server_exceptions=False, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def post(
        self, path: str, data: Mapping[str, str], *, token: bool = True, site: str = "same-origin"
    ) -> Answer:
        """Send a form of this site, with the session's token where there is a session."""
        fields = dict(data)
        if token and self.client.cookies.get("__Host-kc"):
            fields["token"] = self.token()
        return self.client.post(path, data=fields, headers={"sec-fetch-site": site})

    def token(self) -> str:
        """The token of the session, read from a page as a browser would."""
        found = re.search(r'name="token" value="([^"]+)"', self.get("/mat-khau").text)
        return found[1] if found else ""

    def sign_in(self, username: str, password: str = PASSWORD) -> Answer:
        """Sign in."""
        return self.post("/dang-nhap", {"username": username, "password": password}, token=False)


def words(page: Answer) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<(script|style).*?</\1>", " ", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))

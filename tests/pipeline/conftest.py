"""A small desk for the pipeline's tests: real database, real keys, staff, and claims put in by hand."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.claims import Claim
from models.desk import Staff
from models.gathered import Item, Mention, Source
from models.vocabulary import ClaimState, ItemKind, Role, SourceKind
from models.weeks import iso_week
from pipeline.compose import Desk, build
from pipeline.evidence import EvidenceInput
from pipeline.settings import load
from tests.conftest import NOW, Clock

DAY = date(2026, 11, 17)


def opened(url: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on a database, closed when the test is over, with the clock standing at `NOW`."""
    settings = load(environ={}, flags={"database.url": url, "paths.var": str(tmp_path / "var")})
    made = build(settings, clock=clock)
    yield made
    made.close()


@pytest.fixture
def desk(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on each database in turn."""
    yield from opened(database_url, tmp_path, clock)


@pytest.fixture
def sqlite_desk(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on SQLite alone, for tests whose subject is not the database."""
    yield from opened(sqlite_url, tmp_path, clock)


@pytest.fixture
def postgres_desk(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on PostgreSQL alone, for what SQLite has no need of."""
    yield from opened(postgres_url, tmp_path, clock)


@dataclass(frozen=True)
class People:
    """Ids of the staff in the tests."""

    an: int
    binh: int
    chi: int
    dung: int
    kiem: int
    quan: int


STAFF = {
    "an": Role.ANALYST,
    "binh": Role.ANALYST,
    "chi": Role.LEAD,
    "dung": Role.LEAD,
    "kiem": Role.AUDITOR,
    "quan": Role.ADMIN,
}


def hire(desk: Desk) -> People:
    """Two analysts, two leads, an auditor and an admin."""
    ids = {}
    with desk.sessions.begin() as session:
        for name, role in STAFF.items():
            staff = Staff(username=name, password_hash="x", role=role, created_at=NOW)
            session.add(staff)
            session.flush()
            ids[name] = staff.id
    return People(**ids)


@pytest.fixture
def people(desk: Desk) -> People:
    """Staff of the desk."""
    return hire(desk)


def put_claim(
    desk: Desk,
    text: str = "Mỗi hộ nghèo nhận 3 triệu đồng nếu đóng phí hồ sơ 250 nghìn",
    *,
    topic: str = "benefits",
    state: ClaimState = ClaimState.QUEUED,
    from_tip: bool = False,
    day: date = DAY,
    paper: str = "bao",
) -> int:
    """One claim with one mention, from a registered newspaper or from a tip."""
    key = secrets.token_hex(8)
    with desk.sessions.begin() as session:
        if session.get(Source, paper) is None:
            session.add(
                Source(
                    id=paper,
                    name="Báo",
                    kind=SourceKind.NEWSPAPER,
                    homepage=f"https://{paper}.example.vn/",
                    domain="example.vn" if paper == "bao" else f"{paper}.example.vn",
                    is_local=True,
                )
            )
        session.flush()
        claim = Claim(
            public_id=secrets.token_hex(8),
            key=key,
            text=text,
            topic=topic,
            state=state,
            first_day=day,
            last_day=day,
            week=iso_week(day),
            n_mentions=1,
            n_stories=1,
            n_sources=1,
            n_tips=int(from_tip),
            score=0.5,
            priority=0.5,
        )
        session.add(claim)
        kind = ItemKind.TIP if from_tip else ItemKind.ARTICLE
        source = None if from_tip else paper
        item = Item(key=key, kind=kind, source_id=source, url=None, day=day, is_local=True)
        session.add(item)
        session.flush()
        session.add(
            Mention(
                item_id=item.id,
                position=0,
                key=key,
                text=text,
                topic=topic,
                check_score=0.9,
                claim_id=claim.id,
                day=day,
            )
        )
        return claim.id


PRIMARY = EvidenceInput(
    url="https://vinhlong.gov.vn/thong-bao/1",
    publisher="Cổng thông tin tỉnh",
    quote="Tỉnh không thu bất kỳ khoản phí hồ sơ nào khi chi trả hỗ trợ.",
    published_day=date(2026, 11, 16),
)

Maker = Callable[..., int]


def count(desk: Desk, table: type[object]) -> int:
    """How many rows a table holds."""
    with desk.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def state_of(desk: Desk, claim_id: int) -> str:
    """How far a claim is."""
    with desk.reading() as session:
        return session.get_one(Claim, claim_id).state

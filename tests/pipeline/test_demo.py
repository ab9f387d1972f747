"""The main job from one command: six sites crawled for real, tips taken, a queue to work on."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from demo import content
from models import audit
from models.claims import Claim, ClaimMatch, KnownClaim, SampleFrame
from models.gathered import DailyCount, FrontierPage, Item, Mention, Source
from models.session import make_engine, make_sessions
from models.vocabulary import ClaimState, FrontierState, ItemKind, Outcome


@dataclass(frozen=True)
class Filled:
    """A desk that `kiemchung demo --fill-only` has made, and what the command answered."""

    folder: Path
    answer: dict[str, Any]
    sessions: sessionmaker[Session]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Run the command once, as a visitor does, in an empty folder."""
    folder = tmp_path_factory.mktemp("demo")
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    command = [sys.executable, "-m", "pipeline.cli.main", "demo", "--fill-only", "--json", "--port", "0"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    engine = make_engine(f"sqlite:///{folder / 'var/demo/desk.sqlite'}")
    yield Filled(folder, json.loads(done.stdout), make_sessions(engine))
    engine.dispose()


def test_every_page_has_an_outcome(filled: Filled) -> None:
    forbidden = [page for page in content.pages() if page.quirk == "forbidden"]
    outcomes = filled.answer["report"]["outcomes"]
    assert outcomes[Outcome.ROBOTS] == len(forbidden)
    read = sum(
        outcomes.get(one, 0) for one in (Outcome.KEPT, Outcome.NOT_OURS, Outcome.EMPTY, Outcome.DUPLICATE)
    )
    assert read == len(content.pages()) - len(forbidden)
    with filled.sessions() as session:
        counts = select(func.sum(DailyCount.n)).where(DailyCount.source_id == "tip-line")
        assert session.scalar(counts) == len(content.tips())


def test_the_desk_has_a_queue_with_matches_and_blind_draws(filled: Filled) -> None:
    with filled.sessions() as session:
        queued = select(func.count()).select_from(Claim).where(Claim.state == ClaimState.QUEUED)
        assert (session.scalar(queued) or 0) >= 30
        assert (session.scalar(select(func.count()).select_from(KnownClaim)) or 0) >= 10
        assert (session.scalar(select(func.count()).select_from(ClaimMatch)) or 0) >= 5
        frame = session.scalars(select(SampleFrame)).one()
        assert frame.n_drawn > 0
        unflagged = select(func.count()).select_from(Claim)
        unflagged = unflagged.where(Claim.state == ClaimState.QUEUED, Claim.flagged.is_(False))
        assert (session.scalar(unflagged) or 0) > 0
        assert audit.verify(session).ok


def test_sport_opinion_and_criticism_are_not_kept(filled: Filled) -> None:
    kinds = {page.path: page.kind for page in content.pages()}
    with filled.sessions() as session:
        urls = session.scalars(select(Item.url).where(Item.kind == ItemKind.ARTICLE)).all()
    kept = [kinds["/" + url.split("/", 3)[3]] for url in urls if url]
    assert kept.count("opinion") == 0
    assert kept.count("criticism") == 0
    assert kept.count("notice") >= 20


def test_no_byline_comment_or_whole_text_is_stored(filled: Filled) -> None:
    stored = b"".join(path.read_bytes() for path in filled.folder.rglob("*") if path.is_file())
    names = {page.byline for page in content.pages() if page.byline}
    names |= {row["name"] for page in content.pages() for row in page.comments}
    assert [name for name in names if name.encode() in stored] == []
    with filled.sessions() as session:
        assert all(len(text) <= 1500 for text in session.scalars(select(Mention.text)))


def test_forbidden_folders_were_not_read(filled: Filled) -> None:
    with filled.sessions() as session:
        assert not [url for url in session.scalars(select(Item.url)) if url and "/noi-bo/" in url]


def test_the_frontier_has_forgotten_every_address(filled: Filled) -> None:
    with filled.sessions() as session:
        rows = session.execute(select(FrontierPage.state, FrontierPage.url)).all()
    assert {(row.state, row.url) for row in rows} == {(FrontierState.DONE, None)}


def test_every_source_was_read(filled: Filled) -> None:
    with filled.sessions() as session:
        ids = set(session.scalars(select(Source.id)))
        counted = set(session.scalars(select(DailyCount.source_id).where(DailyCount.outcome == Outcome.KEPT)))
    assert ids == set(content.publishers())
    assert ids <= counted


def test_accounts_for_every_role_are_given(filled: Filled) -> None:
    accounts = filled.answer["accounts"]
    assert {one["role"] for one in accounts.values()} == {"analyst", "lead", "auditor", "admin"}
    assert all(len(one["password"]) >= 15 for one in accounts.values())
    assert filled.answer["address"].startswith("http://127.0.0.1:")

"""F1 for the whole way: kill -9 from the first fetched page to the backup, on both databases.

Nothing is lost, nothing is doubled, whatever was acknowledged is there, the log verifies, and the end is that
of a walk that nobody disturbed.
"""

import hashlib
import io
import json
import logging
import random
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models import audit
from models.access import Delivery
from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.decisions import Correction, CorrectionText, Evidence, Review, Verdict
from models.desk import AuditEntry, JobRun, Staff, WeeklyFigure
from models.gathered import DailyCount, FrontierPage, Item, Mention, MinhashBand, Tip
from models.searching import ClaimWord, CorrectionWord
from models.session import make_engine, make_reading_sessions
from models.workbench import Draft, PendingReview
from pipeline import backup, exports, keys
from tests.conftest import postgres_copy
from tests.pipeline.test_backup import postgres_programs
from tests.promises import walk
from tests.promises.forge import POINTS, Forge, Order, forge
from tests.promises.naive import HARM
from tests.promises.walk import LIVE, WAY, Plan, number_of

LOG = logging.getLogger("kills")
NAMED = [point for point in POINTS if point != "between"]
IN_DATABASE = NAMED[:3]
"""All that the live steps pass: they write no file."""
REST = [name for name in WAY if name not in LIVE]
SHARE = 50
"""Kills of one test of eight: with the hundred of the crawl, 500 on each of the two databases."""


@pytest.fixture(scope="module")
def smithy(postgres_server: str) -> Iterator[Forge]:
    """One forge for all tests of this module."""
    assert postgres_server
    programs = postgres_programs()
    with forge([programs] if programs else []) as running:
        yield running


# --- what is in the database and beside it


@contextmanager
def looking(plan: Plan) -> Iterator[Session]:
    engine = make_engine(plan.database)
    with make_reading_sessions(engine)() as session:
        yield session
    engine.dispose()


def facts(plan: Plan) -> dict[str, Any]:
    """Everything that a walk leaves, in a form that two walks of the same way share."""
    with looking(plan) as session:
        return {**_gathered(session), **_decided(session)}


def _rows(session: Session, *columns: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- SQLAlchemy's own
    return sorted((tuple(row) for row in session.execute(select(*columns))), key=repr)


def _count(session: Session, table: type[object]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def _gathered(session: Session) -> dict[str, Any]:
    counted: Counter[tuple[str, str]] = Counter()
    for source, outcome, n in session.execute(select(DailyCount.source_id, DailyCount.outcome, DailyCount.n)):
        # a tip whose answer was lost is handed in again and counted as known
        if (source, outcome) != ("tip-line", "duplicate"):
            counted[source, outcome] += n
    mentions = select(Item.key, Mention.position, Mention.key, Claim.key).select_from(Mention)
    mentions = mentions.join(Item, Item.id == Mention.item_id).outerjoin(Claim, Claim.id == Mention.claim_id)
    return {
        "counts": dict(counted),
        "frontier": _rows(session, FrontierPage.state, FrontierPage.url),
        "items": _rows(session, Item.key, Item.kind),
        "mentions": sorted((tuple(row) for row in session.execute(mentions)), key=repr),
        "tips": _count(session, Tip),
        "bands": _count(session, MinhashBand),
    }


def _decided(session: Session) -> dict[str, Any]:
    claims = (Claim.key, Claim.text, Claim.state, Claim.n_mentions, Claim.n_stories, Claim.n_tips)
    reviews = select(Claim.text, Staff.username, Review.round, Review.opinion).select_from(Review)
    reviews = reviews.join(Claim, Claim.id == Review.claim_id).join(Staff, Staff.id == Review.staff_id)
    log = select(AuditEntry.action, AuditEntry.actor)
    verdicts = select(Claim.text, Verdict.rating, Verdict.round).select_from(Verdict)
    verdicts = verdicts.join(Claim, Claim.id == Verdict.claim_id)
    answers = select(Claim.text, CorrectionText.version, CorrectionText.said).select_from(CorrectionText)
    answers = answers.join(Correction, Correction.id == CorrectionText.correction_id)
    answers = answers.join(Claim, Claim.id == Correction.claim_id)
    tables = (ClaimMatch, ClaimReason, Evidence, PendingReview, Draft, ClaimWord, CorrectionWord)
    return {
        "claims": _rows(session, *claims),
        "reviews": sorted(tuple(row) for row in session.execute(reviews)),
        "verdicts": sorted(tuple(row) for row in session.execute(verdicts)),
        "answers": sorted(tuple(row) for row in session.execute(answers)),
        "known": _rows(session, KnownClaim.text, KnownClaim.rating),
        "log": Counter(tuple(row) for row in session.execute(log)),
        "ledger": _rows(session, JobRun.job, JobRun.period, JobRun.outcome),
        # not their values: some follow the clock, which goes on after each kill
        "figures": _rows(session, WeeklyFigure.week, WeeklyFigure.name),
        "outbox": _rows(session, Delivery.taken, Delivery.done_at.is_(None)),
        **{table.__name__: _count(session, table) for table in tables},
    }


def is_whole(plan: Plan) -> bool:
    """The database's own checks, and the chain of the log."""
    with looking(plan) as session:
        whole = audit.verify(session).ok
        if plan.database.startswith("sqlite"):
            whole &= session.scalar(text("PRAGMA integrity_check")) == "ok"
            whole &= not session.execute(text("PRAGMA foreign_key_check")).all()
        orphans = select(func.count()).select_from(Mention).where(Mention.item_id.not_in(select(Item.id)))
        return whole and session.scalar(orphans) == 0


def missing(plan: Plan, said: list[str]) -> list[str]:
    """What was acknowledged and is not there, once all live steps are done."""
    with looking(plan) as session:
        reviews = select(Claim.text, Staff.username).select_from(Review)
        reviews = reviews.join(Claim, Claim.id == Review.claim_id).join(Staff, Staff.id == Review.staff_id)
        there = {f"review {number_of(words)} {name}" for words, name in session.execute(reviews)}
        answered = select(Claim.text).join(Correction, Correction.claim_id == Claim.id)
        there |= {f"publish {number_of(words)}" for words in session.scalars(answered)}
        claims = {number_of(words) for words in session.scalars(select(Claim.text))}
    acts = [act for act in said if act.startswith(("review", "publish"))]
    # what was found not to be ours is erased with its reviews
    return [act for act in acts if act not in there and int(act.split()[1]) in claims]


# --- walks that die


@dataclass
class Walk:
    """One desk on its way through all steps, killed again and again."""

    smithy: Forge
    plan: Plan
    variant: str = ""
    said: list[str] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)
    reach: float = 2.0
    """How many passings of a point a walk may live at most; more after each that got no step further."""
    growth: float = 1.15
    """By how much more; a smaller one dies more often on the same way."""

    @property
    def kills(self) -> int:
        """How often it was killed."""
        return sum(self.points.values())

    def go(self, steps: list[str], **dies: Any) -> bool:  # noqa: ANN401 -- fields of an order
        """One process; says whether it was killed."""
        order = Order(self.plan, steps, self.said, variant=self.variant, **dies)
        told = self.smithy.order(order)
        self.said += told.said
        self.plan = replace(self.plan, attempt=self.plan.attempt + 1)
        if told.killed:
            self.points[dies.get("point") or "at random"] += 1
        ended = [act for act in told.said if act.startswith("step ")]
        self.reach = 2.0 if ended else min(60.0, self.reach * self.growth)
        return told.killed

    def killed_through(self, steps: list[str], chance: random.Random, most: int) -> None:
        """Kill it at most so often, at every kind of moment, until it has gone these steps."""
        target = self.kills + most
        points = IN_DATABASE if steps == list(LIVE) else NAMED
        while self.kills < target and not all(f"step {name}" in self.said for name in steps):
            if chance.random() < 0.25:
                self.go(steps, after_s=chance.uniform(0.01, 0.03 * self.reach + 0.1))
            else:
                self.go(steps, point=chance.choice(points), nth=chance.randint(1, round(self.reach)))
        self.finish(steps)

    def finish(self, steps: list[str]) -> None:
        """Go these steps undisturbed from wherever it is."""
        assert not self.go(steps)
        assert is_whole(self.plan)


def way(smithy: Forge, url: str, folder: Path, variant: str = "") -> Walk:
    """A new desk."""
    folder.mkdir(parents=True, exist_ok=True)
    # every desk with the same key, so that what is keyed can be compared
    (folder / "var").mkdir()
    key = folder / "var" / keys.FILE_NAME
    key.write_text("07" * 32)
    key.chmod(0o600)
    plan = Plan(url, str(folder))
    walk.found(plan)
    return Walk(smithy, plan, variant)


def undisturbed(smithy: Forge, folder: Path, template: bytes) -> list[dict[str, Any]]:
    """What a walk that nobody disturbs leaves, while everything is there and at its end."""
    folder.mkdir(parents=True)
    (folder / "desk.db").write_bytes(template)
    return end_states(way(smithy, f"sqlite:///{folder / 'desk.db'}", folder))


def end_states(one: Walk) -> list[dict[str, Any]]:
    assert not one.go(list(LIVE), here=True)
    live = facts(one.plan)
    assert not one.go(list(WAY), here=True)
    return [live, facts(one.plan)]


def whole_copies(plan: Plan) -> int:
    """How many backups there are; each is what its manifest says."""
    copies = list((Path(plan.folder) / "var" / "backups").glob(f"{backup.PREFIX}*{backup.SUFFIX}"))
    for path in copies:
        with tarfile.open(path) as tar:
            held = {one.name: (tar.extractfile(one) or io.BytesIO()).read() for one in tar}
        listed = json.loads(held.pop(backup.MANIFEST))["files"]
        assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in held.items()}
    return len(copies)


def left_behind(plan: Plan) -> list[str]:
    """Copies of the desk that dead processes left beside the backups."""
    folders = (Path(plan.folder) / "var" / "backups").glob(".*")
    return [path.name for path in folders if any(path.iterdir())]


def written(plan: Plan) -> dict[str, str]:
    """The exported files by name, with what is in those that are the same whenever they are written."""
    weeks = (Path(plan.folder) / "var" / "exports" / "weekly").glob("*/*")
    named = {path.name: "" for path in (Path(plan.folder) / "open").glob("[!.]*")}
    return named | {path.name: path.read_text() if path.suffix == ".csv" else "" for path in weeks}


def holds(one: Walk, expected: list[dict[str, Any]], chance: random.Random, kills: int) -> None:
    """Kill a walk so often on its way and compare its end with an undisturbed one."""
    one.killed_through(list(LIVE), chance, kills * 2 // 3)
    live = facts(one.plan)
    assert live == expected[0]
    assert missing(one.plan, one.said) == []
    sent = set((Path(one.plan.folder) / "received").read_text().split())
    assert len(sent) == len(live["outbox"]), "each correction has one identifier, however often it is sent"
    one.killed_through(REST, chance, kills - kills * 2 // 3)
    assert facts(one.plan) == expected[1]
    assert left_behind(one.plan) == []
    assert whole_copies(one.plan) >= 1
    assert len(written(one.plan)) == 3 + len(exports.KINDS), "every file is there, and none half"


@pytest.fixture(scope="module")
def expected(
    smithy: Forge, tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes
) -> list[dict[str, Any]]:
    """What an undisturbed walk leaves; it also loads into the forge what all the others use."""
    return undisturbed(smithy, tmp_path_factory.mktemp("way") / "undisturbed", sqlite_template)


def test_killed_on_the_whole_way_it_ends_as_if_nothing_had_been(
    smithy: Forge, expected: list[dict[str, Any]], database_url: str, tmp_path: Path
) -> None:
    one = way(smithy, database_url, tmp_path / "desk")
    holds(one, expected, random.Random(11), 12)
    assert one.kills >= 8


@dataclass
class Databases:
    """As many new databases of one kind as a test asks for."""

    kind: str
    folder: Path
    request: pytest.FixtureRequest

    @contextmanager
    def new(self, name: str) -> Iterator[str]:
        """One of them, until nobody needs it any more."""
        if self.kind == "sqlite":
            path = self.folder / f"{name}.db"
            path.write_bytes(self.request.getfixturevalue("sqlite_template"))
            yield f"sqlite:///{path}"
            return
        ask = self.request.getfixturevalue
        with postgres_copy(ask("postgres_server"), ask("postgres_template")) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """New databases of each kind in turn."""
    return Databases(request.param, tmp_path, request)


@pytest.mark.release
@pytest.mark.parametrize("seed", range(8))
def test_four_hundred_kills_on_each_database(
    smithy: Forge, expected: list[dict[str, Any]], databases: Databases, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    points: Counter[str] = Counter()
    walks = 0
    # how often a walk dies depends on how quick the machine is: the next desk gets the kills that are left
    while points.total() < SHARE and walks < SHARE:
        walks += 1
        with databases.new(f"desk{walks}") as url:
            one = way(smithy, url, tmp_path / f"desk{walks}")
            one.growth = 1.0
            holds(one, expected, chance, max(3, (SHARE - points.total()) * 3 // 2))
            points += one.points
    LOG.info("kills=%d walks=%d points=%s", points.total(), walks, dict(points))
    assert points.total() >= SHARE, "eight of these make four hundred"


def test_a_copy_that_a_dead_process_left_is_deleted_by_the_next_one(
    smithy: Forge, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = way(smithy, sqlite_url, tmp_path / "desk")
    desk = walk.opened(one.plan).desk
    assert one.go(["copy"], point="before link")
    assert left_behind(one.plan)
    with monkeypatch.context() as careless:
        careless.setattr(backup, "drop_left", lambda folder: 0)  # noqa: ARG005
        backup.make(desk)
    assert left_behind(one.plan), "it would lie there for ever, with the whole desk in it"
    with backup.scratch_in(backup.folder_of(desk)) as busy:
        (busy / "half").write_bytes(b"x")
        backup.make(desk)
        assert left_behind(one.plan) == [busy.name], "one that is at work keeps its own"
    desk.close()


@pytest.mark.parametrize("variant", HARM)
def test_a_desk_that_commits_in_two_halves_is_found_out(
    smithy: Forge,
    expected: list[dict[str, Any]],
    sqlite_url: str,
    tmp_path: Path,
    variant: str,
) -> None:
    one = way(smithy, sqlite_url, tmp_path / "desk", variant)
    steps = list(LIVE)[: LIVE.index(HARM[variant]) + 1]
    assert one.go(steps, point="between"), "it was never between its halves"
    one.finish(list(LIVE))
    assert facts(one.plan) != expected[0]

"""One walk of a small desk through everything: gathered, read, clustered, ranked, reviewed, published, sent,
closed, exported, erased, copied. It can be killed anywhere and goes on from what the database says.

What was acknowledged is never done a second time: if a kill lost it, it is missing at the end.
"""

import contextlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from crawlers import urls, worker
from crawlers.context import CrawlContext
from crawlers.intake import take_tip
from crawlers.ledger import Leased, Ledger, ReadPage, SourceFacts
from crawlers.outbound import Answer
from models.access import Delivery, Subscription
from models.claims import Claim
from models.desk import Staff
from models.errors import ConflictError, NotFoundError
from models.gathered import Source
from models.vocabulary import ClaimState, Language, Opinion, Role, SourceKind
from models.weeks import iso_week
from pipeline import (
    backup,
    export_jobs,
    exports,
    metrics,
    publishing,
    sampling,
    strongbox,
    subscriptions,
    undo,
)
from pipeline.compose import Desk, build
from pipeline.decisions import OPEN_STATES, ReviewInput
from pipeline.erase import erase_due
from pipeline.evidence import EvidenceInput
from pipeline.publishing import CorrectionInput
from pipeline.run import stages
from pipeline.settings import load
from pipeline.worker import turn as worker_turn
from tests.crawlers.reader import make_reader, similarity

NOW = datetime.fromisoformat("2026-11-18T03:00:00+00:00")
ATTEMPT = timedelta(seconds=60)
"""How far the clock goes on after each kill: within one local day for all of them."""
LATER = timedelta(days=25)
MUCH_LATER = timedelta(days=200)
BATCH = 3
HOST = "bao.example.vn"
CROPS = (
    "cam sành",
    "bưởi năm roi",
    "khoai lang",
    "chôm chôm",
    "sầu riêng",
    "thanh trà",
    "nấm rơm",
    "dừa sáp",
)
PRIMARY = EvidenceInput(
    url="https://vinhlong.gov.vn/thong-bao/1",
    publisher="Cổng thông tin tỉnh",
    quote="Tỉnh không thu bất kỳ khoản phí hồ sơ nào khi chi trả hỗ trợ.",
    published_day=date(2026, 11, 16),
)
ANSWER = CorrectionInput(
    title="Không phải nộp phí để nhận hỗ trợ",
    said="Có lời truyền rằng muốn nhận hỗ trợ thì phải nộp phí.",
    truth="Tỉnh chi trả hỗ trợ mà không thu một khoản phí nào.",
    how_known="Đối chiếu thông báo của tỉnh ngày 16/11/2026.",
    what_to_do="Đừng nộp tiền; hỏi bộ phận một cửa của xã.",
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Where a walk takes place and how much there is on its way."""

    database: str
    folder: str
    pages: int = 8
    tips: int = 4
    attempt: int = 0


@dataclass
class World:
    """A desk, its clock, and what was acknowledged before this process began."""

    plan: Plan
    desk: Desk
    done: Collection[str]
    say: Say
    now: datetime = field(default=NOW)

    def once(self, act: str, work: Callable[[], object]) -> None:
        """Do what was not acknowledged yet; a refusal says that it was done and only the answer was lost."""
        if act in self.done:
            return
        with contextlib.suppress(ConflictError, NotFoundError):
            work()
        self.say(act)

    def staff(self, name: str) -> int:
        """The number of a member of staff."""
        with self.desk.reading() as session:
            return session.scalars(select(Staff.id).where(Staff.username == name)).one()


def opened(plan: Plan, done: Collection[str] = (), say: Say = lambda _: None) -> World:
    """The desk of a plan as a process that has just started finds it."""
    flags = {
        "database.url": plan.database,
        "paths.var": f"{plan.folder}/var",
        "web.public_url": "https://kiem.example.vn",
        "crawl.contact_url": "",
    }
    world: World
    settings = load(environ={}, flags=flags)
    # everything is read, whatever its score
    settings = replace(settings, values={**settings.values, "queue.exploration": 1.0})
    desk = build(settings, clock=lambda: world.now, migrated=False)
    desk.__dict__["reader"] = make_reader()  # in place of the cached one
    world = World(plan, desk, done, say, NOW + plan.attempt * ATTEMPT)
    return world


def found(plan: Plan) -> None:
    """Put source, staff and a subscription into a new desk."""
    world = opened(plan)
    with world.desk.sessions.begin() as session:
        home = f"https://{HOST}/"
        kind = SourceKind.NEWSPAPER
        session.add(
            Source(id="bao", name="Báo", kind=kind, homepage=home, domain="example.vn", is_local=True)
        )
        for name, role in (("an", Role.ANALYST), ("binh", Role.ANALYST), ("chi", Role.LEAD)):
            session.add(Staff(username=name, password_hash="x", role=role, created_at=NOW))
        row = Subscription(url="https://dai.example.vn/", sealed_secret="", created_at=NOW, stopped=False)
        session.add(row)
        session.flush()
        row.sealed_secret = strongbox.seal(world.desk.keys.seal, f"subscription:{row.id}", "a2V5")
    world.desk.close()


# --- what is said


def rumour(number: int) -> str:
    """So many rumours, no two of them one claim."""
    crop = CROPS[number % len(CROPS)]
    return (
        f"Có tin đồn rằng hộ trồng {crop} ở ấp {number + 3} được nhận {number + 2} triệu đồng "
        f"nếu nộp phí hồ sơ {number + 11} nghìn đồng"
    )


def number_of(text: str) -> int:
    """Which rumour a text is."""
    told = re.search(r"ở ấp (\d+)", text)
    assert told is not None, text
    return int(told.group(1)) - 3


def html(number: int) -> bytes:
    """A page; every third one is not ours, every fourth repeats an older rumour."""
    filler = (
        f"Bà con xóm {number} đi chợ sớm, ghe xuồng tấp nập, giá trái cây giữ ổn định so với tuần trước đó."
    )
    told = number - 2 if number % 4 == 3 else number
    inside = f"Chuyện mùa vụ năm thứ {number}." if number % 3 == 2 else f"{rumour(told)}."
    body = (
        f"<article><h1>Bài {number}</h1><p>{filler}</p><p>{inside}</p><p>{filler} Kỳ {number}.</p></article>"
    )
    return f"<html><head><title>Bài {number}</title></head><body>{body}</body></html>".encode()


# --- the way


def gather(world: World) -> None:
    """Crawl, extract and store: what the spider does with the ledger, without a network."""
    desk = world.desk
    context = CrawlContext(
        desk.sessions,
        desk.reader_factory,
        desk.keys.frontier,
        "Bot",
        "",
        desk.clock,
        similarity=similarity,
    )
    worker._reader = make_reader()
    ledger = Ledger(context, "walker")
    ledger.release()
    source = ledger.sources(None)["bao"]
    ledger.add_links(source, [f"https://{HOST}/tin/{number}" for number in range(world.plan.pages)])
    while leased := ledger.lease(source.id, BATCH):
        for outcome in ledger.pages_read([_read(source, page) for page in leased]):
            if isinstance(outcome, Exception):
                raise outcome
        for page in leased:
            assert page.url not in world.done, "a page that was acknowledged is asked for again"
            world.say(page.url)


def _read(source: SourceFacts, page: Leased) -> ReadPage:
    number = int(urls.normalise(page.url).rsplit("/", 1)[1])
    result = worker.read_page(worker.PageTask(html(number), "text/html", page.url))
    return ReadPage(source, page, page.url, result)


def tips(world: World) -> None:
    """Tips of a file, row by row."""
    desk = world.desk
    for number in range(world.plan.tips):

        def take(number: int = number) -> None:
            text, once = rumour(number * 2 + 1), f"row {number}"
            key = desk.keys.receipt
            take_tip(desk.sessions, desk.reader, text, desk.clock, key, once=once, similarity=similarity)

        world.once(f"tip {number}", take)


def opinion_of(number: int) -> Opinion:
    """What both reviewers think of a rumour."""
    return (Opinion.NOT_A_CLAIM, Opinion.FALSE, Opinion.NOT_OURS, Opinion.FALSE)[number % 4]


def review(world: World) -> None:
    """Both analysts review everything that waits; each review counts ten seconds after it was accepted."""
    desk = world.desk
    for name in ("an", "binh"):
        staff_id = world.staff(name)
        with desk.reading() as session:
            waiting = select(Claim.id, Claim.text).where(Claim.state.in_(OPEN_STATES)).order_by(Claim.key)
            claims = session.execute(waiting).all()
        for claim_id, text in claims:
            number = number_of(text)
            opinion = opinion_of(number)
            evidence = [PRIMARY] if opinion is Opinion.FALSE else []
            given = ReviewInput(opinion, "Trang của tỉnh nói khác hẳn lời này.", evidence)

            def accept(claim_id: int = claim_id, given: ReviewInput = given, by: int = staff_id) -> None:
                undo.accept(desk, [claim_id], by, given, {"reason": given.reason})

            world.now += timedelta(seconds=1)
            world.once(f"review {number} {name}", accept)
        world.now += timedelta(minutes=10)
        undo.settle_due(desk)


def publish(world: World) -> None:
    """A lead publishes what two agree on, with verdict, correction, log entry and outbox in one."""
    chi = world.staff("chi")
    with world.desk.reading() as session:
        agreed = select(Claim.id, Claim.text).where(Claim.state == ClaimState.AGREED).order_by(Claim.key)
        claims = session.execute(agreed).all()
    for claim_id, text in claims:

        def answer(claim_id: int = claim_id) -> None:
            publishing.publish(world.desk, claim_id, chi, {Language.VI: ANSWER})

        world.once(f"publish {number_of(text)}", answer)


def deliver(world: World) -> None:
    """Send the outbox; the receiver notes the identifier of what it takes."""
    target = Path(world.plan.folder) / "received"

    def take(method: str, url: str, guard: object, *, headers: dict[str, str], body: bytes) -> Answer:  # noqa: ARG001
        with target.open("a") as file:
            file.write(headers["webhook-id"] + "\n")
        return Answer(200, b"")

    while _undelivered(world):
        subscriptions.deliver(world.desk, take)
        world.now += timedelta(minutes=6)


def _undelivered(world: World) -> bool:
    with world.desk.reading() as session:
        return session.scalar(select(Delivery.id).where(Delivery.done_at.is_(None)).limit(1)) is not None


def close(world: World) -> None:
    """Draw for the week and close its figures."""
    world.now = NOW + LATER
    sampling.draw_due(world.desk)
    metrics.close_due(world.desk)


def export(world: World) -> None:
    """Write the open data, and the closed week in every form."""
    world.now = NOW + LATER
    exports.export_open_data(world.desk, Path(world.plan.folder) / "open")
    world.say("open data")
    export_jobs.write_week(world.desk, iso_week(NOW))
    world.say("week")


def erase(world: World) -> None:
    """Erase all that is over age, in rows and bytes."""
    world.now = NOW + MUCH_LATER
    erase_due(world.desk)


def copy(world: World) -> None:
    """Make a backup."""
    world.now = NOW + MUCH_LATER
    world.once("backup", lambda: backup.make(world.desk))


WAY: dict[str, Callable[[World], None]] = {
    "gather": gather,
    "tips": tips,
    "stages": lambda world: void(stages(world.desk)),
    "review": review,
    "publish": publish,
    "deliver": deliver,
    "close": close,
    "export": export,
    "erase": erase,
    "copy": copy,
}
BESIDE: dict[str, Callable[[World], None]] = {"turn": lambda world: void(worker_turn(world.desk))}
"""Steps that are no part of the way."""
LIVE = ("gather", "tips", "stages", "review", "publish", "deliver")
"""The part of the way after which everything is still there."""


def void(_: object) -> None:
    """What it gave does not matter."""


def walk(plan: Plan, steps: Collection[str], done: Collection[str], say: Say) -> None:
    """Go the steps that are not acknowledged as a whole."""
    world = opened(plan, done, say)
    try:
        for name in steps:
            if f"step {name}" not in done:
                (WAY | BESIDE)[name](world)
                say(f"step {name}")
    finally:
        world.desk.close()

"""Is all well? Each check looks, says what it found and what to do, and changes nothing."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from classify.errors import ClassifyError
from models import audit, migrate, parking, retention
from models.desk import Staff
from models.errors import KiemChungError
from models.gathered import DailyCount, Source
from models.session import make_engine, make_reading_sessions
from models.vocabulary import Outcome, Role
from models.weeks import local_day
from pipeline import autoqueue, export_jobs, keys, ledger, room
from pipeline.compose import Clock, system_clock
from pipeline.figures import shown
from pipeline.learning import champion_problem
from pipeline.places import sqlite_file
from pipeline.settings import Settings

OK, ADVICE, FAILED = "ok", "advice", "failed"
STALE = timedelta(days=2)


@dataclass(frozen=True)
class Check:
    """One thing looked at: `ok`, `advice` (works, could be better) or `failed`, and what to do."""

    name: str
    state: str
    message: str
    todo: str = ""

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return self.state == FAILED

    def as_dict(self) -> dict[str, str]:
        """The check as plain values."""
        return asdict(self)


def examine(settings: Settings, clock: Clock = system_clock) -> list[Check]:
    """Every check, in an order in which the first failure explains the later ones."""
    return [
        _key(settings),
        _disk(settings),
        _sources(settings),
        _gate(settings),
        *_database(settings, clock),
    ]


def _key(settings: Settings) -> Check:
    path = settings.path("paths.var") / keys.FILE_NAME
    if not path.exists():
        return Check(
            "key", FAILED, f"{path} does not exist", "run `kiemchung init`, or put the desk's key back"
        )
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Check("key", FAILED, f"{path} can be read by other users", f"chmod 600 {path}")
    try:
        keys.load_or_create(path.parent)
    except KiemChungError as error:
        return Check("key", FAILED, str(error), "put the desk's key back from where you keep its copy")
    return Check("key", OK, f"{path}, readable by its owner alone")


def _disk(settings: Settings) -> Check:
    found = room.look(settings)
    message = f"{found.share:.0%} free ({found.free / 2**30:.1f} GiB) where {found.folder} lies"
    if found.share < room.LEAST:
        return Check("disk", FAILED, message, "make room: at less than 10% free nothing is safe to keep")
    if found.share < room.ALARM:
        return Check("disk", ADVICE, message, "make room before it is less than 10%")
    return Check("disk", OK, message)


def _sources(settings: Settings) -> Check:
    from crawlers import registry

    path = settings.path("sources.file")
    if not path.exists():
        return Check(
            "sources", ADVICE, f"{path} does not exist", "run `kiemchung init` for one to start from"
        )
    try:
        specs = registry.load(path)
    except KiemChungError as error:
        return Check("sources", FAILED, str(error), "correct that line")
    switched_on = sum(spec.enabled for spec in specs)
    if not switched_on:
        todo = "`kiemchung sources check`, then enabled = true for those that can be read"
        return Check("sources", ADVICE, f"{len(specs)} sources, none switched on", todo)
    if not settings.text("crawl.contact_url"):
        todo = "set crawl.contact_url to a page about your crawler; nothing is fetched before"
        return Check(
            "sources", FAILED, f"{switched_on} sources on, but the crawler has no contact page", todo
        )
    return Check("sources", OK, f"{switched_on} of {len(specs)} sources switched on")


def _gate(settings: Settings) -> Check:
    from classify.places import Gazetteer
    from pipeline import provincegates, provinces

    code = settings.text("desk.province")
    try:
        package = provinces.find(code)
        provincegates.gate_of(package)
        Gazetteer(code, provinces.local_names(package) if package else {})
    except (ClassifyError, KiemChungError) as error:
        return Check("gate", FAILED, str(error), "install the program again; check desk.province")
    if package is not None and package.gate is not None:
        return Check("gate", OK, f"the scope gate is that of {package.package}, and passes its exit tests")
    return Check("gate", OK, "the scope gate is the one that was shipped")


def _database(settings: Settings, clock: Clock) -> Iterator[Check]:
    file = sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        yield Check("database", FAILED, f"{file} does not exist", "run `kiemchung init`")
        return
    engine = make_engine(settings.database_url)
    place = engine.url.render_as_string()
    try:
        schema = _schema(engine, place)
        yield schema
        if schema.failed:
            return
        with make_reading_sessions(engine)() as session:
            for look in _looks(settings, clock):
                yield look(session)
    except DBAPIError as error:
        yield Check(
            "database", FAILED, f"{place}: {error.orig}", "is another program holding it, is it running?"
        )
    finally:
        engine.dispose()


def _schema(engine: Engine, place: str) -> Check:
    at, newest = migrate.current(engine), migrate.head()
    if at is None:
        return Check("database", FAILED, f"{place} is empty", "run `kiemchung init`")
    if migrate.is_next(at):
        message = f"{place} is at {at}, one revision ahead: this program works with it and changes nothing"
        return Check("database", ADVICE, message, "upgrade this program too")
    if not migrate.knows(at):
        return Check("database", FAILED, f"{place} is of a newer version ({at})", "upgrade this program")
    if at != newest:
        return Check("database", ADVICE, f"{place} is at {at}", "the next command brings it to this version")
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            answer = connection.execute(text("PRAGMA quick_check")).scalar()
        if answer != "ok":
            return Check("database", FAILED, f"{place}: {answer}", "stop the desk and restore a backup")
    return Check("database", OK, f"{place} at {at}")


def _looks(settings: Settings, clock: Clock) -> list[Callable[[Session], Check]]:
    today = local_day(clock())
    folder = settings.path("paths.var") / "models"
    return [
        _log,
        lambda session: _retention(session, today),
        lambda session: _model(session, folder),
        _staff,
        _factors,
        lambda session: _queueing(session, clock),
        lambda session: _jobs(session, clock),
        _leader,
        lambda session: _connections(session, settings),
        lambda session: _report(session, today),
        _verified,
        _links,
        lambda session: _parked(session, today),
    ]


def _log(session: Session) -> Check:
    report = audit.verify(session)
    if not report.ok:
        todo = "keep a copy of the database, compare with published heads, restore a backup"
        return Check("log", FAILED, f"broken at entry {report.broken_at}: {report.reason}", todo)
    return Check("log", OK, f"{report.entries} entries verify")


def _retention(session: Session, today: date) -> Check:
    oldest = retention.oldest(session)
    limits = {"frontier_page": retention.FRONTIER_DAYS, "tip": retention.QUEUED_DAYS}
    limits["sealed_tip"] = retention.SEALED_TIP_DAYS
    # a day is given for the nightly run to come
    over = [name for name, days in limits.items() if (day := oldest[name]) and (today - day).days > days + 1]
    if over:
        return Check("retention", FAILED, f"over age: {', '.join(over)}", "run `kiemchung erase`")
    return Check("retention", OK, "nothing is kept longer than promised")


def _factors(session: Session) -> Check:
    from pipeline.accounts import everyone

    working = [one for one in everyone(session) if not one.disabled and one.role in {Role.LEAD, Role.ADMIN}]
    bare = [one.username for one in working if not one.second_factor]
    if bare:
        todo = 'set it up under /tai-khoan-cua-toi; web.second_factor = "leads" makes it a must'
        return Check(
            "second factor", ADVICE, f"{len(bare)} of {len(working)} leads and admins have none", todo
        )
    return Check("second factor", OK, f"all {len(working)} leads and admins sign in with one")


def _model(session: Session, folder: Path) -> Check:
    problem = champion_problem(session, folder)
    if problem:
        return Check("model", FAILED, problem, "`kiemchung models rollback`, or restore a backup")
    return Check("model", OK, "what ranks is what was promoted, or the open cues")


def _staff(session: Session) -> Check:
    query = select(Staff.role, func.count()).where(Staff.disabled.is_(False)).group_by(Staff.role)
    counts = dict(session.execute(query).all())
    reviewers = counts.get(Role.ANALYST, 0) + counts.get(Role.LEAD, 0)
    if reviewers < 2 or not counts.get(Role.LEAD):
        todo = "`kiemchung users add NAME --role lead`: two people decide, one of them a lead (rule 5)"
        return Check("staff", ADVICE, f"{reviewers} reviewers, {counts.get(Role.LEAD, 0)} leads", todo)
    return Check("staff", OK, f"{reviewers} reviewers, {counts[Role.LEAD]} of them leads")


def _queueing(session: Session, clock: Clock) -> Check:
    stop = autoqueue.stopped(session, clock())
    if stop is not None:
        found = shown(autoqueue.false_flags(stop), "en")
        message = (
            f"the score fills the queue no more: in the independent audit of {stop.week} {found} of "
            f"{stop.judged} flags are false, and the upper limit exceeds {autoqueue.MOST:.0%}"
        )
        todo = "look at what the auditors found; a newer audit or a lead, on the queue page, starts it again"
        return Check("queueing", ADVICE, message, todo)
    return Check("queueing", OK, "no independent audit keeps the score from filling the queue")


def _jobs(session: Session, clock: Clock) -> Check:
    late = []
    for job in ("erase", "backup"):
        last = ledger.last_done(session, job)
        if last is not None and clock() - last.started_at > STALE:
            late.append(f"{job} (last {last.period})")
    if late:
        return Check("schedule", FAILED, f"late: {', '.join(late)}", "is `kiemchung serve` running?")
    return Check("schedule", OK, "nothing is late")


def _leader(session: Session) -> Check:
    from pipeline.leadership import leader

    found = leader(session)
    if found is None:
        return Check("leader", OK, "no process runs the schedule now")
    return Check("leader", OK, f"process {found} runs the schedule")


def _connections(session: Session, settings: Settings) -> Check:
    from pipeline.processes import demand

    found = demand(session, settings.pool)
    if found is None:
        return Check("connections", OK, "SQLite: no limit")
    message = f"{found.processes} processes may open {found.most} connections, the server takes {found.limit}"
    if found.fits:
        return Check("connections", OK, message)
    todo = "lower database.pool_size and database.max_overflow, or raise the server's max_connections"
    return Check("connections", ADVICE, message, todo)


def _report(session: Session, today: date) -> Check:
    in_hand, message = export_jobs.outlook(session, today)
    if in_hand:
        return Check("report", OK, message)
    todo = "`kiemchung serve` writes it into var/exports, `kiemchung export annual --out DIR` anywhere"
    return Check("report", ADVICE, message, todo)


def _verified(session: Session) -> Check:
    never = list(
        session.scalars(
            select(Source.id).where(Source.enabled, Source.verified_day.is_(None)).order_by(Source.id)
        )
    )
    if never:
        todo = "`kiemchung sources check` says why"
        return Check("reading", ADVICE, f"never read: {', '.join(never[:5])}", todo)
    return Check("reading", OK, "every source that is switched on has been read")


def _links(session: Session) -> Check:
    from crawlers import links

    dead = links.dead(session)
    if dead.known or dead.evidence:
        message = f"dead: {dead.evidence} of published evidence, {dead.known} of others' fact-checks"
        todo = "look at those claims: the answer stands on a page that readers cannot open any more"
        return Check("links", ADVICE, message, todo)
    return Check("links", OK, "no address of evidence or of a fact-check is known to be dead")


def _parked(session: Session, today: date) -> Check:
    left = [f"{one.stage} {one.item} ({one.error})" for one in parking.tried(session) if one.parked]
    since = today - timedelta(days=7)
    parked = (DailyCount.outcome == Outcome.QUARANTINED) & DailyCount.day.between(since, today)
    pages = select(DailyCount.source_id, func.sum(DailyCount.n)).where(parked)
    counted = session.execute(pages.group_by(DailyCount.source_id).order_by(DailyCount.source_id)).all()
    of_crawl = [f"{n} pages of {source}" for source, n in counted if not source.startswith("stage:")]
    if left:
        named = ", ".join([*left[:5], *([f"and {len(left) - 5} more"] if len(left) > 5 else []), *of_crawl])
        todo = "a fault of this program: report it; `kiemchung run --once --parked` tries them again"
        return Check("parked", FAILED, f"given up after {parking.TRIES} tries: {named}", todo)
    if of_crawl:
        todo = "the crawler could not read them in three tries; look at the source by hand"
        return Check("parked", ADVICE, f"given up in 7 days: {', '.join(of_crawl[:5])}", todo)
    return Check("parked", OK, "nothing that came in was given up")

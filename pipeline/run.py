"""Every stage for what is new, in order; killing it at any moment loses nothing and doubles nothing."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from models import audit, retention
from models.errors import KiemChungError
from pipeline import freshness, independent, liverank, logs, outlook, parking, undo
from pipeline.clustering import MOST, cluster
from pipeline.compose import Desk, build
from pipeline.matching import match
from pipeline.progress import Progress, silent
from pipeline.ranking import queue, rank
from pipeline.sampling import draw_due
from pipeline.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from crawlers.crawl import CrawlReport


STOP_S = 15


@dataclass(frozen=True)
class RunReport:
    """What one run did."""

    outcomes: Mapping[str, int]
    clustered: int
    matched: int
    ranked: int
    drawn: int
    queued: int

    def as_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


def run_once(desk: Desk, *, crawl: bool = True, progress: Progress = silent) -> RunReport:
    """Crawl what is due, then every stage up to the queue, then fix today's log head."""
    outcomes = crawl_in_child(desk) if crawl else {}
    report = stages(desk, progress)
    return RunReport(outcomes, *report)


def stages(desk: Desk, progress: Progress = silent) -> tuple[int, int, int, int, int]:
    """Cluster, match, rank, queue, draw; gives the count of each, the draw before the queue."""
    clustered, matched, ranked, queued = shared(desk, progress)
    return clustered, matched, ranked, closing(desk), queued


def shared(desk: Desk, progress: Progress = silent) -> tuple[int, int, int, int]:
    """The stages whose work any number of processes share: cluster, match, rank, queue.

    A long backlog goes through them in parts, so that its first claims are in the queue while the last wait.
    """
    undo.settle_due(desk)
    done = [0, 0, 0, 0]
    while True:
        clustered = cluster(desk, progress)
        # first the queue: what the score flags in this very run must not count as missed in the week's frame
        part = (clustered, match(desk, progress), rank(desk, progress), queue(desk))
        done = [whole + more for whole, more in zip(done, part, strict=True)]
        if clustered < MOST:
            return done[0], done[1], done[2], done[3]


def closing(desk: Desk) -> int:
    """What looks at all claims together, and is one process's work: freshness, order, outlook, draws, log.

    Gives how many claims were drawn.
    """
    freshness.renew(desk)
    parking.whole(desk, "order", lambda: liverank.once(desk))
    outlook.reckon(desk)
    drawn = draw_due(desk)
    independent.draw_due(desk)
    with desk.sessions.begin() as session:
        audit.publish_head(session, desk.clock)
    retention.fold(desk.engine)
    return drawn


def sync_sources(desk: Desk) -> int:
    """Bring the sources in the database in line with the registry file; gives how many there are."""
    from crawlers import registry

    specs = registry.load(desk.settings.path("sources.file"), desk.local_hosts)
    with desk.sessions.begin() as session:
        registry.sync(session, specs)
    return len(specs)


def crawl_now(desk: Desk, source_ids: Sequence[str] | None = None) -> "CrawlReport":
    """Crawl in this process. Scrapy's reactor cannot start twice, so a process calls this once."""
    from classify.near import similarity
    from crawlers.crawl import CrawlContext, crawl

    context = CrawlContext(
        sessions=desk.sessions,
        reader_factory=desk.reader_factory,
        frontier_key=desk.keys.frontier,
        bot_name=desk.settings.text("crawl.bot_name"),
        contact_url=desk.settings.text("crawl.contact_url"),
        clock=desk.clock,
        local_hosts=desk.local_hosts,
        workers=desk.settings.number("crawl.workers"),
        similarity=similarity,
    )
    return crawl(context, list(source_ids) if source_ids is not None else None)


def crawl_in_child(desk: Desk, source_ids: Sequence[str] | None = None) -> Mapping[str, int]:
    """Crawl in a process of its own, so that the same program can do it again; gives the outcomes."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    child = spawn.Process(
        target=_crawl_child, args=(desk.settings, dict(desk.local_hosts), source_ids, there)
    )
    child.start()
    there.close()
    try:
        answer: Mapping[str, int] | KiemChungError = here.recv()
    except EOFError:
        child.join()
        raise KiemChungError(f"the crawl process ended with exit code {child.exitcode}") from None
    except BaseException:
        # told to stop: the crawl ends the pages it has in hand, and nobody waits for it longer than this
        child.terminate()
        child.join(STOP_S)
        child.kill()
        raise
    child.join()
    if isinstance(answer, KiemChungError):
        raise answer
    return answer


def _crawl_child(
    settings: Settings,
    local_hosts: dict[str, tuple[str, int]],
    source_ids: Sequence[str] | None,
    answer: "Connection",
) -> None:
    stop_with_parent()
    logs.configure(settings)
    desk = build(settings, local_hosts=local_hosts, migrated=False)
    try:
        answer.send(dict(crawl_now(desk, source_ids).outcomes))
    except KiemChungError as error:
        answer.send(error)
    finally:
        answer.close()


def stop_with_parent() -> None:
    """Ask this process to stop, as its operator would, when the process that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()

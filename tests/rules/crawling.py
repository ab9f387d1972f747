"""One crawl as the product does it, in a process of its own, whole or broken on purpose."""

import multiprocessing
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from models.errors import KiemChungError
from pipeline.compose import Desk, build
from pipeline.settings import Settings
from tests.disk import files_of
from tests.rules.site import Publisher

Breakage = Callable[[], None]


@dataclass(frozen=True)
class Plan:
    """A picklable crawl: the desk's settings, the local publishers, the time, and what to break before."""

    settings: Settings
    local_hosts: Mapping[str, tuple[str, int]]
    now: datetime
    breakage: Breakage | None = None

    @classmethod
    def of(cls, desk: Desk, publisher: Publisher, breakage: Breakage | None = None) -> "Plan":
        """The plan to crawl one publisher, registered first."""
        publisher.register(desk)
        return cls(desk.settings, publisher.local_hosts, desk.clock(), breakage)


@dataclass(frozen=True)
class _Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def _child(plan: Plan, pipe: Connection) -> None:
    from pipeline.run import crawl_now

    try:
        if plan.breakage is not None:
            plan.breakage()
        desk = build(plan.settings, local_hosts=plan.local_hosts, clock=_Clock(plan.now), migrated=False)
        pipe.send(dict(crawl_now(desk).outcomes))
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


def crawl(plan: Plan, timeout_s: float = 300) -> dict[str, int]:
    """The outcomes of the crawl; raises `KiemChungError` with what stopped it."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=_child, args=(plan, theirs))
    child.start()
    theirs.close()
    try:
        assert ours.poll(timeout_s), "the crawl did not end in time"
        answer = ours.recv()
    except EOFError:
        answer = "the crawl process died"
    finally:
        child.join(60)
        if child.is_alive():
            child.kill()
            child.join()
        child.close()
        ours.close()
    if isinstance(answer, str):
        raise KiemChungError(answer)
    outcomes: dict[str, int] = answer
    return outcomes


def found(data: bytes, words: Iterable[str]) -> set[str]:
    """The words that stand in these bytes, whatever their case.

    A number of a few digits counts by itself alone: a digest in hexadecimal holds any of them by chance.
    """
    low = data.lower()
    return {word for word in words if _stands(word.lower().encode(), low)}


def _stands(word: bytes, data: bytes) -> bool:
    if word.isdigit() and len(word) < 8:
        return re.search(rb"(?<![0-9a-f])" + word + rb"(?![0-9a-f])", data) is not None
    return word in data


def searched(desk: Desk, words: Iterable[str]) -> dict[str, set[str]]:
    """File by file what is found in the bytes of the database, its write-ahead log and the var folder."""
    wanted = list(words)
    database = Path(str(desk.engine.url.database))
    files = [*files_of(database), *searched_folder(desk.settings.path("paths.var"))]
    hits = {path.name: found(path.read_bytes(), wanted) for path in files}
    return {name: some for name, some in hits.items() if some}


def searched_folder(folder: Path) -> list[Path]:
    """Every file under a folder."""
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []

"""The desk on the sample province: a loopback server plays the publishers, the real crawler reads it."""

import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import exists, select

from demo import content, sources
from models.errors import KiemChungError
from models.gathered import Mention
from models.vocabulary import Role
from models.weeks import iso_week
from pipeline import accounts, run, sampling
from pipeline.compose import Desk, build
from pipeline.progress import Progress, silent
from pipeline.settings import load

LOOPBACK = "127.0.0.1"
READ_EVERY_S = 5.0
BANNER = "Dữ liệu mẫu: mọi tổ chức, con người và sự việc ở đây đều là hư cấu."
STAFF = (
    ("an", Role.ANALYST),
    ("binh", Role.ANALYST),
    ("chi", Role.LEAD),
    ("dung", Role.LEAD),
    ("kiem", Role.AUDITOR),
    ("quan", Role.ADMIN),
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Demo:
    """A desk filled from the sample province, and who may sign in."""

    desk: Desk
    passwords: Mapping[str, tuple[Role, str]]
    report: run.RunReport


@contextmanager
def sample_sites() -> Iterator[int]:
    """The six publishers on a free loopback port, in a process of their own; gives the port."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "demo.server", str(port)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 -- our own program
    try:
        assert child.stdout is not None  # noqa: S101 -- PIPE was asked for
        if child.stdout.readline().strip() != b"ready":
            raise KiemChungError("the sample publishers could not be started")
        yield port
    finally:
        child.terminate()
        child.communicate(timeout=10)


def local_hosts(port: int) -> dict[str, tuple[str, int]]:
    """The only hole in the crawler's address guard: these exact names, on loopback, on this port."""
    return {publisher.host: (LOOPBACK, port) for publisher in content.publishers().values()}


def fill(folder: Path, port: int, say: Say, progress: Progress = silent) -> Demo:
    """Make a fresh desk in `folder`, crawl the sample province, take its tips and fill the queue."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    registry = folder / "sources.toml"
    registry.write_text(sources.registry(port), encoding="utf-8")
    settings = load(
        environ={},
        flags={
            "database.url": f"sqlite:///{(folder / 'desk.sqlite').resolve()}",
            "paths.var": str(folder.resolve()),
            "sources.file": str(registry.resolve()),
            "desk.name": "Kiểm Chứng (dữ liệu mẫu)",
            "audit.weekly_draws": 20,
            "crawl.contact_url": f"http://kiem-tin{content.SUFFIX}:{port}/",
        },
    )
    desk = build(settings, local_hosts=local_hosts(port))
    passwords = _accounts(desk)
    say("Đang đọc sáu trang báo mẫu bằng bộ thu thập thật…")
    run.sync_sources(desk)
    outcomes = run.crawl_in_child(desk)
    say("Đang nhận tin báo mẫu…")
    _take_tips(desk, progress)
    say("Đang gom, đối chiếu và xếp hàng đợi…")
    counts = run.stages(desk, progress)
    drawn = sampling.draw(desk, iso_week(desk.clock()))
    report = run.RunReport(outcomes, *counts[:3], counts[3] + drawn, counts[4])
    return Demo(desk, passwords, report)


def _accounts(desk: Desk) -> dict[str, tuple[Role, str]]:
    made = {}
    for username, role in STAFF:
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        accounts.add(desk, username, role, password)
        made[username] = (role, password)
    return made


def _take_tips(desk: Desk, progress: Progress) -> None:
    from crawlers.intake import take_tip

    for tip in progress(content.tips(), "tips"):
        take_tip(desk.sessions, desk.reader, tip.text, desk.clock, desk.keys.receipt)


def keep_reading(desk: Desk, stop: threading.Event) -> None:
    """Run the stages whenever a visitor's tip has come in, so that it appears in the queue."""
    while not stop.wait(READ_EVERY_S):
        with desk.reading() as session:
            waiting = session.scalar(select(exists().where(Mention.claim_id.is_(None))))
        if waiting:
            run.stages(desk)

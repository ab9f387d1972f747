"""The whole life of a desk in a process of its own: everything that it writes or says lands in one folder.

Run as `python -m tests.rules.life FOLDER PORT [BREAKAGE]`. The planted pages are served by the caller.
"""

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from starlette.testclient import TestClient

from models.claims import Claim
from models.errors import KiemChungError
from models.vocabulary import ClaimState, Language, Opinion
from pipeline import backup, decisions, imports, publishing, run
from pipeline.compose import Desk, build
from pipeline.decisions import ReviewInput
from pipeline.settings import load
from tests.disk import files_of
from tests.pipeline.conftest import PRIMARY, People, hire
from tests.rules import breaks, canaries
from tests.rules.crawling import Plan, crawl
from tests.rules.history import APPEAL, REASON, TEXT
from tests.rules.site import CLAIM

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
DOOR = {"Sec-Fetch-Site": "same-origin"}
PUBLIC = (
    *(
        "/",
        "/gui-tin",
        "/theo-doi",
        "/so-lieu",
        "/nhat-ky",
        "/phuong-phap",
        "/quy-tac",
        "/nguon",
        "/feed.json",
    ),
    *(
        "/rss.xml",
        "/atom.xml",
        "/claimreview.json",
        "/open-data/corrections.csv",
        "/sitemap.xml",
        "/robots.txt",
    ),
    "/healthz",
    "/readyz",
)


CALLS = os.environ.get("KIEMCHUNG_LIFE_CALLS")
_CALLING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


def _write_down(event: str, args: tuple[object, ...]) -> None:
    if event in _CALLING and CALLS:
        with Path(CALLS).open("a", encoding="utf-8") as file:
            file.write(f"{args[1]!r}\n")


if CALLS:  # when this is imported, so that the processes which it spawns are listened to as well
    sys.addaudithook(_write_down)


def _now() -> datetime:
    return NOW


def _log_everything(folder: Path) -> None:
    (folder / "logs").mkdir()
    logging.basicConfig(level=logging.DEBUG, filename=folder / "logs" / "all.log", force=True)
    # the client of this test says what it sends; the product does not hold it
    for name in ("httpx", "httpcore", "httpx2", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _desk(folder: Path, port: int) -> Desk:
    base = f"http://bao.localhost:{port}"
    (folder / "sources.toml").write_text(
        f'[[source]]\nid = "bao"\nname = "Báo mẫu"\nkind = "newspaper"\nhomepage = "{base}/"\nlocal = true\n'
        f'[[source.entry]]\nkind = "feed"\nurl = "{base}/rss"\n',
        encoding="utf-8",
    )
    flags: dict[str, str | int | float | bool | None] = {
        "database.url": f"sqlite:///{folder / 'desk.sqlite'}",
        "paths.var": str(folder / "var"),
        "sources.file": str(folder / "sources.toml"),
        "crawl.contact_url": f"{base}/bot",
        "queue.threshold": 0.0,
        "train.min_labels": 20,
    }
    return build(
        load(environ={}, flags=flags), clock=_now, local_hosts={"bao.localhost": ("127.0.0.1", port)}
    )


def _gather(desk: Desk, breakage: str | None) -> Mapping[str, int]:
    run.sync_sources(desk)
    if breakage is None:
        return run.crawl_in_child(desk)
    return crawl(Plan(desk.settings, desk.local_hosts, NOW, getattr(breaks, breakage)))


def _tips(desk: Desk, web: TestClient, files: Path) -> int:
    headers = {**DOOR, **canaries.marked_headers("tip")}
    taken = 0
    for text in canaries.tip_texts():
        address = f"/gui-tin?ai={canaries.at('tip query')}"
        taken += web.post(address, data={"text": text}, headers=headers).status_code == 200
    spam = {"text": CLAIM, "website": canaries.at("tip hidden field")}
    web.post("/gui-tin", data=spam, headers=headers)
    odd = {"text": "x", canaries.at("refused form field"): "x"}
    web.post("/gui-tin", data=odd, headers=headers)
    files.mkdir()
    for path in canaries.tip_files(files):
        imports.tips(desk, path)
    shutil.rmtree(files)  # the sender's own file is not the desk's
    return taken


def _decide(desk: Desk, people: People) -> list[str]:
    slugs = []
    with desk.reading() as session:
        claims = list(session.scalars(select(Claim.id).where(Claim.state == ClaimState.QUEUED)))
    for number, claim in enumerate(claims):
        opinion = Opinion.FALSE if number % 3 else Opinion.TRUE
        for who in (people.an, people.binh):
            decisions.record_review(desk, claim, who, ReviewInput(opinion, REASON, (PRIMARY,)))
        title = f"{TEXT.title}, trường hợp {number}"
        slugs.append(publishing.publish(desk, claim, people.chi, {Language.VI: replace(TEXT, title=title)}))
    return slugs


def _strangers(web: TestClient, slug: str) -> None:
    """Visitors who appeal, lose their way, search, try receipts and passwords, and meet a fault."""
    say = (
        f"{APPEAL} Gọi {canaries.IDENTIFIERS['phone in an appeal'][0]} hoặc @{canaries.at('appeal mention')}."
    )
    headers = {**DOOR, **canaries.marked_headers("appeal")}
    web.post(f"/phan-hoi/{slug}", data={"reason": say}, headers=headers)
    web.get(f"/khong-co/{canaries.at('address of a missing page')}", headers=headers)
    web.get("/tim", params={"q": canaries.at("search words")}, headers=headers)
    web.post("/theo-doi", data={"receipt": canaries.at("receipt that is none")}, headers=headers)
    who = {"username": canaries.at("sign-in name of a stranger").lower(), "password": "khong-phai-mat-khau"}
    web.post("/dang-nhap", data=who, headers=headers)


def _pages(web: TestClient, slugs: list[str], out: Path) -> None:
    out.mkdir()
    for number, path in enumerate([*PUBLIC, *(f"/dinh-chinh/{slug}" for slug in slugs)]):
        answer = web.get(path, headers=canaries.marked_headers("crash"))
        assert answer.status_code == 200, (path, answer.status_code)
        heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        (out / f"{number}.txt").write_bytes(heads.encode() + b"\n\n" + answer.content)


def _keep(desk: Desk, folder: Path) -> None:
    """Exports, a model, a backup: whatever the product writes beside its database."""
    from pipeline import exports, learning

    out = folder / "exports"
    exports.export_open_data(desk, out / "open-data")
    exports.export_weekly(desk, "2026-W47", out / "weekly")
    with suppress(KiemChungError):  # too few verdicts of one kind: the model is not the subject here
        learning.train(desk)
    backup.make(desk)


def live(folder: Path, port: int, breakage: str | None) -> None:
    """Everything that a desk does, once."""
    from review_ui.app import create_app

    _log_everything(folder)
    if breakage is not None:
        getattr(breaks, breakage)()
    desk = _desk(folder, port)
    web = TestClient(create_app(desk), base_url="https://testserver", raise_server_exceptions=False)
    people = hire(desk)
    print("crawl", dict(_gather(desk, breakage)))  # noqa: T201 -- the caller reads it
    print("tips", _tips(desk, web, folder / "handed-in"))  # noqa: T201
    run.stages(desk)
    slugs = _decide(desk, people)
    print("published", len(slugs))  # noqa: T201
    if breakage is None:
        _strangers(web, slugs[0])
        _pages(web, slugs, folder / "public")
        _keep(desk, folder)
    # as a thief would find it: with the log beside it, while the desk is open
    (folder / "stolen").mkdir()
    for path in files_of(folder / "desk.sqlite"):
        shutil.copy(path, folder / "stolen" / path.name)
    desk.close()


if __name__ == "__main__":
    live(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)

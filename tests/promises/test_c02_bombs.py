"""C2: a body that grows when unpacked is refused early: at the cap, in little memory and time."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from crawlers import policy
from tests.crawlers.conftest import Desk
from tests.crawlers.limits import ROOT, Measured
from tests.crawlers.server import Page, Site, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss
from tests.promises import bombs

EXTRA_MIB, SECONDS = 64, 1.0
CAP = 8 * 1024 * 1024


def measure(size: int, most: int, folder: Path) -> list[Measured]:
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.promises.bombs",
        str(size),
        str(most),
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=900)
    return [Measured(**json.loads(line)) for line in done.stdout.splitlines()]


def accepted(found: Sequence[Measured]) -> list[str]:
    return [one.name for one in found if not one.said.startswith(("refused", "left packed"))]


def check(found: Sequence[Measured]) -> None:
    assert len(found) >= 40
    assert [one.name for one in found if not one.alive] == []
    assert accepted(found) == []
    assert [one for one in found if one.said == "left packed: kept"] == []
    assert [one for one in found if one.mebibytes > EXTRA_MIB or one.seconds > SECONDS] == []
    # most are unpacked and stopped; only what nobody can unpack stays as it came
    assert sum(one.said.startswith("refused") for one in found) >= 30


def test_the_cap_is_the_policys() -> None:
    assert policy.FIXED["DOWNLOAD_MAXSIZE"] == CAP


def test_no_bomb_is_accepted(tmp_path: Path) -> None:
    check(measure(80, CAP, tmp_path))


@pytest.mark.release
def test_no_bomb_to_a_gibibyte_is_accepted(tmp_path: Path) -> None:
    check(measure(1024, CAP, tmp_path))


@pytest.mark.release
def test_control_without_the_cap_they_are_accepted(tmp_path: Path) -> None:
    found = measure(80, 2**30, tmp_path)
    assert len(accepted(found)) + sum(not one.alive for one in found) >= 15
    assert max(one.mebibytes for one in found) > EXTRA_MIB


def test_control_a_small_packed_page_is_accepted() -> None:
    import gzip

    body = gzip.compress(b"<p>a small page</p>" * 500)
    assert bombs.tried(body, "gzip", CAP) == "accepted 9500"
    assert bombs.tried(body, "gzip", 9_000) == "refused"


def test_over_http_the_next_page_is_read(desk: Desk, site: Site, tmp_path: Path) -> None:
    from tests.crawlers.child import run_crawl

    host, paths = "bao.localhost", []
    for at, (_, label, make) in enumerate(list(bombs.bombs(12, tmp_path))[::6]):
        paths.append(f"/bomb{at}")
        headers = {"Content-Type": "text/html", "Content-Encoding": label}
        site.put(host, paths[-1], Page(make(), headers=headers))
    site.put(host, "/good", page("Lá ổi", RUMOUR, FILLER))
    site.put(host, "/rss", rss(site, host, *paths, "/good"))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"]["kept"] == 1
    assert report["outcomes"]["too_large"] >= 3
    assert (report["crashes"], report["errors"]) == (0, 0)

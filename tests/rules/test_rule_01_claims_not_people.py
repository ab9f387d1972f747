"""Rule 1: no trace of a person. Canaries wherever an identity can be carried, then a search of every byte."""

import gzip
import io
import lzma
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.crawlers.server import Seen
from tests.rules import canaries
from tests.rules.crawling import found, searched_folder
from tests.rules.site import running

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Lived:
    """What a whole life of a desk left: its folder and what it said."""

    folder: Path
    said: str
    seen: tuple[Seen, ...]
    calls: tuple[str, ...]


def _live(folder: Path, breakage: str | None = None) -> Lived:
    with running("bao") as publisher:
        canaries.serve(publisher)
        command = [
            sys.executable,
            "-W",
            "error",
            "-m",
            "tests.rules.life",
            str(folder),
            str(publisher.site.port),
        ]
        command += [breakage] if breakage else []
        calls = folder / "calls.txt"
        listened = {**os.environ, "KIEMCHUNG_LIFE_CALLS": str(calls)}
        done = subprocess.run(
            command, cwd=ROOT, env=listened, capture_output=True, text=True, timeout=150, check=False
        )
    # what the process printed belongs to its logs
    (folder / "printed.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-4000:]
    return Lived(
        folder,
        done.stdout,
        tuple(publisher.site.seen),
        tuple(line.replace(str(publisher.site.port), "PORT") for line in calls.read_text().splitlines()),
    )


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return _live(tmp_path_factory.mktemp("life"))


def _layers(name: str, data: bytes, depth: int = 3) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and of what is packed inside it."""
    yield name, data
    if not depth:
        return
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for member in packed.namelist():
                yield from _layers(f"{name}/{member}", packed.read(member), depth - 1)
    elif data[:2] == b"\x1f\x8b":
        yield from _layers(f"{name}/gunzip", gzip.decompress(data), depth - 1)
    elif data[:6] == b"\xfd7zXZ\x00":
        yield from _layers(f"{name}/xz", lzma.decompress(data), depth - 1)
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as packed_tar:
            for member_info in packed_tar:
                inner = packed_tar.extractfile(member_info)
                yield from _layers(f"{name}/{member_info.name}", inner.read() if inner else b"", depth - 1)


def hits(folder: Path, wanted: list[str] = canaries.SPELLINGS) -> dict[str, set[str]]:
    """File by file, what of the canaries is in its name or bytes, packed ones too."""
    seen: dict[str, set[str]] = {}
    for path in searched_folder(folder):
        relative = str(path.relative_to(folder))
        for name, data in _layers(relative, path.read_bytes()):
            some = found(data + b"\n" + name.encode(), wanted)
            if some:
                seen[name] = some
    return seen


def _said(lived: Lived, word: str) -> str:
    return str(re.findall(rf"^{word} (.*)$", lived.said, re.MULTILINE)[0])


def test_enough_is_planted_and_enough_is_kept(lived: Lived) -> None:
    assert len(canaries.PLANTED) >= 60
    assert len(set(canaries.SPELLINGS)) == len(canaries.SPELLINGS)
    crawl = _said(lived, "crawl")
    assert int(re.findall(r"'kept': (\d+)", crawl)[0]) >= 4
    assert int(_said(lived, "tips")) == len(canaries.tip_texts())
    assert int(_said(lived, "published")) >= 3
    engine = create_engine(f"sqlite:///{lived.folder / 'desk.sqlite'}")
    with engine.connect() as connection:
        tokens = set(connection.execute(text("SELECT kind FROM mention_token")).scalars())
        tips = connection.execute(text("SELECT count(*) FROM tip")).scalar_one()
        last_two = set(connection.execute(text("SELECT last_two FROM mention_token")).scalars())
    engine.dispose()
    # the identifiers were there and became tokens
    assert {"phone", "bank_account", "citizen_id", "email", "plate", "handle"} <= tokens
    assert {"56", "74"} & last_two
    assert max(len(one) for one in last_two) <= 2
    assert tips >= len(canaries.tip_texts())


def test_what_is_searched_holds_every_kind_of_file(lived: Lived) -> None:
    names = {str(path.relative_to(lived.folder)) for path in searched_folder(lived.folder)}
    for part in (
        "desk.sqlite",
        "stolen/desk.sqlite",
        "logs/all.log",
        "printed.txt",
        "public/0.txt",
        "var/desk.key",
    ):
        assert part in names
    for folder in ("exports/open-data/", "exports/weekly/", "var/backups/", "public/"):
        assert any(name.startswith(folder) for name in names), folder


def test_no_canary_is_anywhere(lived: Lived) -> None:
    assert hits(lived.folder) == {}


def abroad(lived: Lived) -> set[str]:
    """R10: every call to anybody but the listed publisher, and everything that was more than asking."""
    called = {line for line in lived.calls if line != "('127.0.0.1', PORT)"}
    asked = {f"{one.method} {one.host}" for one in lived.seen}
    return called | {one for one in asked if one not in {"GET bao.localhost", "HEAD bao.localhost"}}


def test_a_whole_life_calls_nobody_but_the_listed_publisher(lived: Lived) -> None:
    assert len(lived.seen) >= 6
    assert lived.calls
    assert abroad(lived) == set()


def test_the_search_finds_what_is_there(lived: Lived) -> None:
    # something that must be in the database, its copy, its backup, the exports and the pages
    seen = hits(lived.folder, ["nộp tiền trước mới được lãnh", "khoan-phi-ho-so"])
    for part in ("desk.sqlite", "stolen/", ".backup.tar/desk.sqlite", "exports/open-data", "public/"):
        assert any(part in name for name in seen), part


def test_control_kept_identities_are_found(tmp_path: Path) -> None:
    lived = _live(tmp_path, "identities_are_kept")
    posted = replace(
        lived, calls=(*lived.calls, "('203.0.113.5', 443)"), seen=(Seen("POST", "a.vn", "/", {}),)
    )
    assert abroad(posted) == {"('203.0.113.5', 443)", "POST a.vn"}
    seen = {one for some in hits(lived.folder).values() for one in some}
    assert canaries.at("meta author") in seen
    for place in ("phone in a tip", "phone in an article", "citizen number", "plate", "e-mail in a tip"):
        assert seen & set(canaries.IDENTIFIERS[place]), place

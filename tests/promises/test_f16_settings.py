"""F16: every setting that is missing, mistyped or empty is refused by name, and nothing half starts.

The cases are made from the one table of settings, so that a new one is covered by standing in it.
"""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.errors import KiemChungError, UsageError
from pipeline import settings, startcheck
from pipeline.compose import build
from pipeline.settings import TABLE, Setting, Value, load
from review_ui.app import create_app
from tests.pipeline.cli import kiemchung

OF_TYPE: dict[type, str] = {bool: "true", int: "7", float: "0.5", str: '"chữ"'}


@dataclass(frozen=True)
class Case:
    """A line of the file, and the same as a variable where that can be said there."""

    setting: Setting
    line: str
    variable: str | None = None

    def __str__(self) -> str:
        return f"{self.setting.name} {self.line}"


def cases() -> Iterator[Case]:
    """Every wrong way to give a setting that its row in the table already tells."""
    for one in TABLE:
        key = one.name.split(".", 1)[1]
        for kind, text in OF_TYPE.items():
            fits = isinstance(one.default, kind) and not (kind is int and isinstance(one.default, bool))
            if not fits and not (kind is int and isinstance(one.default, float)):
                yield Case(one, f"{key} = {text}", None if isinstance(one.default, str) else "chữ")
        yield from (Case(one, f"{key} = {text}") for text in ("[]", "{}", "2026-11-22", ""))
        if isinstance(one.default, str):
            yield Case(one, f'{key} = "a\\u0000b"')
            yield Case(one, f'{key} = "a\\nb"', "a\nb")
        else:
            yield Case(one, f'{key} = ""', "")
            yield Case(one, f"{key} = nan" if isinstance(one.default, float) else f'{key} = "nan"', "nan")
        if one.default != "" and isinstance(one.default, str):
            yield from (Case(one, f'{key} = "{text}"', text) for text in ("", "  "))
        if one.form:
            yield Case(one, f'{key} = "hai từ"', "hai từ")
        if one.low is not None and one.high is not None:
            for number in (one.low - 1, one.high + 1):
                shown = f"{number:g}" if isinstance(one.default, int) else f"{number:.3f}"
                yield Case(one, f"{key} = {shown}", shown)


CASES = list(cases())


def accepted(folder: Path) -> list[str]:
    """The cases that are not refused in one line that names the setting, or the line of the file."""
    found = []
    file = folder / "kiemchung.toml"
    for case in CASES:
        section = case.setting.name.split(".", 1)[0]
        file.write_text(f"[{section}]\n{case.line}\n", encoding="utf-8")
        if not _refused(file, {}, case.setting.name):
            found.append(f"file: {case}")
        variable = case.setting.variable
        if case.variable is not None and not _refused(None, {variable: case.variable}, variable):
            found.append(f"variable: {case}")
    return found


def _refused(file: Path | None, environ: dict[str, str], name: str) -> bool:
    try:
        load(file, environ)
    except UsageError as error:
        return name in str(error) or (f"{file}: " in str(error) and "line 2" in str(error))
    return False


def test_every_setting_mistyped_or_empty_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert {case.setting.name for case in CASES} == {one.name for one in TABLE}
    (tmp_path / "file").mkdir()
    assert accepted(tmp_path / "file") == []


def test_a_table_that_checks_nothing_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: values taken as they come."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "_checked", lambda _setting, value, _where: value)
    assert len(accepted(tmp_path)) > len(CASES) / 2


def test_every_setting_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "kiemchung.toml"
    file.write_text("", encoding="utf-8")
    assert load(file, {}).values == {one.name: one.default for one in TABLE}


# what only shows when it is used: refused at the start all the same
LATER: tuple[tuple[str, Value], ...] = (
    ("desk.province", "99"),
    ("desk.province", "tỉnh"),
    ("database.url", "mysql://x/y"),
    ("database.url", "chữ"),
    ("ranking.encoder", "no/such/folder"),
    ("web.second_factor", "sometimes"),
    ("appeal.extra_holidays", "2027-13-01"),
    ("appeal.extra_holidays", "Tết"),
    ("tips.seal_to", "not a key"),
    ("metrics.token_file", "no/such/file"),
    ("oidc.issuer", "http://sso.example.vn"),
    ("oidc.issuer", "https://sso.example.vn"),
    ("web.public_url", "desk.example.vn"),
    ("crawl.contact_url", "desk.example.vn"),
    ("web.proxy_header", "X Forwarded"),
    ("crawl.bot_name", "bot (x)"),
)


def named(name: str, words: str) -> bool:
    """Whether a line names a setting, as a flag or in a file; of `oidc` any one."""
    wanted = name.split(".", maxsplit=1)[0] if name.startswith("oidc") else name
    return wanted.replace(".", "_") in words.replace(".", "_").replace("-", "_")


@pytest.mark.parametrize(("name", "value"), LATER)
def test_what_only_work_would_show_is_refused_before_it(tmp_path: Path, name: str, value: Value) -> None:
    database = tmp_path / "desk.sqlite"
    flags: dict[str, Value | None] = {"database.url": f"sqlite:///{database}", "paths.var": str(tmp_path)}

    def start() -> None:
        desk = build(load(environ={}, flags={**flags, name: value}), migrated=False)
        try:
            startcheck.check(desk)
            create_app(desk)
        finally:
            desk.close()

    with pytest.raises(KiemChungError) as refused:
        start()
    words = str(refused.value)
    assert named(name, words)
    assert "\n" not in words
    assert not database.exists()


def started(folder: Path, name: str, value: Value) -> tuple[int, str, list[str]]:
    """`kiemchung serve` with one wrong setting: exit code, what it said, and what it made."""
    section, key = name.split(".", 1)
    text = json.dumps(value, ensure_ascii=False)
    (folder / "kiemchung.toml").write_text(f"[{section}]\n{key} = {text}\n", encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = kiemchung(folder, "serve", "--port", str(port))
    assert done.out == ""
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    # a lock and a key are made before anything is looked at, and are what the next start uses too
    return done.code, done.err, sorted(made - {"kiemchung.toml", "var/desk.lock", "var/desk.key"})


def test_a_server_with_a_wrong_setting_does_not_half_start(tmp_path: Path) -> None:
    code, words, made = started(tmp_path, "oidc.issuer", "https://sso.example.vn")
    assert (code, words.count("\n"), made) == (2, 1, [])
    assert "oidc.client_id: is missing" in words


@pytest.mark.release
@pytest.mark.parametrize(
    ("name", "value"),
    [*LATER, *((one.name, "" if not isinstance(one.default, str) else 7) for one in TABLE[::6])],
)
def test_no_wrong_setting_half_starts_a_server(tmp_path: Path, name: str, value: Value) -> None:
    code, words, made = started(tmp_path, name, value)
    assert (code, words.count("\n"), made) == (2, 1, []), words
    assert named(name, words)

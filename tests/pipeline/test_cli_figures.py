"""The commands `metrics`, `export` and `audit`, called as a user calls them."""

import json
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from models.errors import KiemChungError, UsageError
from pipeline.cli import figures
from pipeline.cli.console import Options
from pipeline.cli.main import explain
from pipeline.compose import Desk
from pipeline.sampling import draw
from tests.pipeline.weeks import WEEK, arrive


def program(desk: Desk) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None)

    @app.callback()
    def root(context: typer.Context) -> None:
        folder = desk.settings.path("paths.var")
        context.obj = Options(None, desk.settings.database_url, folder)

    app.command("metrics", epilog=figures.METRICS_EXAMPLES)(figures.metrics_command)
    app.add_typer(figures.export_app, name="export")
    app.add_typer(figures.audit_app, name="audit")
    return app


def call(desk: Desk, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(program(desk), list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


KEYS = {"name", "week", "value", "low", "high", "level", "n", "method", "enough"}


def test_metrics_answers_in_json_as_designed(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40)
    code, output = call(sqlite_desk, "metrics", "--week", WEEK, "--json")
    answer = json.loads(output)
    assert code == 0
    assert all(set(one) == KEYS for one in answer)
    found = {one["name"]: one for one in answer}
    assert found["claims_in_scope"]["value"] == 40
    assert found["answered"]["enough"] is False


def test_metrics_of_several_weeks_in_order(sqlite_desk: Desk) -> None:
    _, output = call(sqlite_desk, "metrics", "--from", "2026-W44", "--to", WEEK, "--json")
    weeks = dict.fromkeys(one["week"] for one in json.loads(output))
    assert list(weeks) == ["2026-W44", "2026-W45", "2026-W46"]


def test_metrics_for_people_never_shows_a_share_without_its_interval(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40)
    code, output = call(sqlite_desk, "metrics", "--week", WEEK)
    assert code == 0
    assert f"{WEEK} (provisional)" in output
    assert all("[" in line for line in output.splitlines() if "%" in line and "whatever" not in line)
    assert "too few data" in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--week", "2026-47"), "2026-W47"),
        (("--week", WEEK, "--to", WEEK), "--week"),
        (("--to", WEEK), "--from"),
        (("--from", "2026-W46", "--to", "2026-W40"), "later"),
    ],
)
def test_metrics_refuses_what_makes_no_sense(
    sqlite_desk: Desk, arguments: tuple[str, ...], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        call(sqlite_desk, "metrics", *arguments)


def test_export_writes_the_files_that_it_names(sqlite_desk: Desk, tmp_path: Path) -> None:
    for arguments, n in (
        (("weekly", "--week", WEEK), 8),
        (("weekly", "--from", "2026-W44", "--to", WEEK), 24),
        (("annual", "--year", "2026"), 8),
        (("open-data",), 3),
    ):
        code, output = call(sqlite_desk, "export", *arguments, "--out", str(tmp_path / "out"), "--json")
        files = json.loads(output)["files"]
        assert code == 0
        assert len(files) == n
        assert all(Path(one).stat().st_size for one in files)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("weekly", "--week", "2099-W01"), "week 2099-W01: has not begun"),
        (("weekly", "--from", "2026-W44", "--to", "2099-W01"), "has not begun"),
        (("weekly", "--week", "2025-W53"), "2025-W53"),
        (("weekly", "--to", WEEK), "--from"),
        (("weekly", "--from", WEEK, "--to", "2026-W44"), "later"),
        (("weekly", "--week", WEEK, "--from", WEEK), "not both"),
        (("annual", "--year", "2099"), "year 2099: its report begins with week 2098-W47"),
        (("annual", "--year", "2020"), "year 2020: its report ends with week 2020-W46; the desk began in"),
    ],
)
def test_export_refuses_what_makes_no_sense_and_writes_nothing(
    sqlite_desk: Desk, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    arrive(sqlite_desk, 1)
    with pytest.raises(KiemChungError) as caught:
        call(sqlite_desk, "export", *arguments, "--out", str(tmp_path / "out"))
    line, code = explain(caught.value) or ("", 0)
    assert (says in line, code) == (True, 2)
    out = tmp_path / "out"
    assert not out.exists() or list(out.iterdir()) == []


@pytest.mark.parametrize("kind", ["weekly", "annual", "open-data"])
def test_export_names_a_folder_that_cannot_be_used(sqlite_desk: Desk, tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        call(sqlite_desk, "export", kind, "--out", str(tmp_path / "file"))
    line, code = explain(caught.value) or ("", 0)
    assert line.startswith(f"{tmp_path / 'file'}: files cannot be written there (")
    assert code == 2


def test_audit_tells_a_whole_log_from_a_broken_one(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40)
    draw(sqlite_desk, WEEK)
    code, output = call(sqlite_desk, "audit", "verify", "--json")
    assert (code, json.loads(output)["ok"], json.loads(output)["broken_draws"]) == (0, True, [])
    code, output = call(sqlite_desk, "audit", "head", "--json")
    assert (code, json.loads(output)["seq"]) == (0, 1)
    with sqlite_desk.sessions.begin() as session:
        session.execute(text("UPDATE frame_unit SET drawn = NOT drawn WHERE position = 0"))
    code, output = call(sqlite_desk, "audit", "verify", "--json")
    assert (code, json.loads(output)["broken_draws"]) == (1, [WEEK])
    assert call(sqlite_desk, "audit", "verify")[0] == 1


def test_the_module_starts_without_heavy_libraries() -> None:
    import subprocess
    import sys

    code = (
        "import sys, pipeline.cli.figures\n"
        "heavy = {'scipy', 'pandas', 'altair', 'numpy', 'sqlalchemy'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

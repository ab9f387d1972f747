"""Every command from the user's side: help, JSON, and one line for each thing that can go wrong."""

import json
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from models.migrate import head
from pipeline.cli.console import examples
from tests.pipeline.cli import environment, kiemchung

COMMANDS = (
    "init", "demo", "crawl", "run", "serve",
    "worker", "check", "simulate", "train", "metrics",
    "erase", "backup", "restore", "doctor", "sources|list",
    "sources|check", "sources|add", "import|tips", "import|claims", "evaluate|scope",
    "evaluate|claims", "evaluate|match", "evaluate|extract", "models|list", "models|show",
    "models|promote", "models|rollback", "export|weekly", "export|annual", "export|open-data",
    "audit|verify", "audit|head", "seeds|list", "seeds|add", "users|add",
    "users|disable", "users|reset",
)  # fmt: skip
CLAIM = "Uống lá đu đủ ba ngày là hết ung thư, chia sẻ gấp cho người thân ở Vĩnh Long!"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `init` was run."""
    folder = tmp_path_factory.mktemp("made")
    done = kiemchung(folder, "init", "--json")
    assert [one["new"] for one in done.json()["made"]] == [True] * 4
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(tmp_path: Path, command: str) -> None:
    done = kiemchung(tmp_path, *command.split("|"), "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: kiemchung {' '.join(command.split('|'))}" in done.out
    assert "Examples:\n    kiemchung" in done.out
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command_and_starts_at_once(tmp_path: Path) -> None:
    seconds = []
    for _ in range(3):
        began = used_by_children()
        done = kiemchung(tmp_path, "--help")
        seconds.append(used_by_children() - began)
    for command in COMMANDS:
        assert f"  {command.split('|', maxsplit=1)[0]} " in done.out
    assert "0 done, 1 could not, 2 used wrongly" in done.out
    # 0.4 s of work; what others do on the machine is not counted
    assert min(seconds) < 1.0


def used_by_children() -> float:
    """The seconds of processor that the programs started so far have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; import pipeline.cli.main; "
        "heavy = 'sqlalchemy numpy sklearn scrapy pandas fastapi rich'.split(); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_no_command_shows_help_and_a_version_is_told(tmp_path: Path) -> None:
    assert "Usage: kiemchung" in kiemchung(tmp_path).out
    assert kiemchung(tmp_path, "--version").out.startswith("kiemchung ")


def test_examples_keep_their_lines() -> None:
    assert examples("a", "b") == "\b\nExamples:\n  a\n  b"


def test_init_is_safe_to_repeat(made: Path) -> None:
    names = ("kiemchung.toml", "sources.toml", "var/desk.key", "var/kiemchung.sqlite")
    before = {name: (made / name).read_bytes() for name in names}
    again = kiemchung(made, "init")
    assert again.code == 0
    assert again.out.count("kept ") == 4
    assert {name: (made / name).read_bytes() for name in names} == before
    assert (made / "var/desk.key").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(made / "var/kiemchung.sqlite")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (head(),)


def test_the_settings_file_that_init_writes_is_valid_and_says_everything(made: Path) -> None:
    text = (made / "kiemchung.toml").read_text(encoding="utf-8")
    (made / "all.toml").write_text(
        "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines()),
        encoding="utf-8",
    )
    assert kiemchung(made, "--config", "all.toml", "models", "list", "--json").json() == {"models": []}


def test_global_options_say_where_the_desk_is(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    options = ("--database", "sqlite:///elsewhere/d.sqlite", "--var", "elsewhere/v")
    assert kiemchung(tmp_path, *options, "init").code == 0
    assert (tmp_path / "elsewhere/d.sqlite").exists()
    assert (tmp_path / "elsewhere/v/desk.key").exists()
    assert not (tmp_path / "var").exists()


def test_a_desk_works_in_an_empty_folder_without_init(tmp_path: Path) -> None:
    done = kiemchung(tmp_path, "run", "--once", "--json")
    answer = done.json()
    assert (answer["queued"], answer["outcomes"]) == (0, {})
    assert "no source registry here" in answer["not_crawled"]
    assert "nothing crawled" in done.err


def test_a_new_desk_is_well_and_told_what_to_do_next(made: Path) -> None:
    done = kiemchung(made, "doctor", "--json")
    checks = {one["name"]: one["state"] for one in done.json()["checks"]}
    assert set(checks.values()) <= {"ok", "advice"}
    assert (checks["staff"], checks["sources"], checks["key"]) == ("advice", "advice", "ok")


def test_the_doctor_makes_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    done = kiemchung(tmp_path, "doctor")
    assert done.code == 1
    assert "kiemchung init" in done.out
    assert list(tmp_path.iterdir()) == []


# what goes wrong: each is one line that says what and where


def test_unknown_things_are_named(tmp_path: Path) -> None:
    kiemchung(tmp_path, "nosuch").refused(2, "nosuch", "--help")
    kiemchung(tmp_path, "check", "--nosuch", "x").refused(2, "--nosuch")
    kiemchung(tmp_path, "users", "add", "lan").refused(2, "role")
    kiemchung(tmp_path, "simulate").refused(2, "DATA")
    kiemchung(tmp_path, "simulate", "x.csv", "--seed", "many").refused(2, "--seed", "integer")
    kiemchung(tmp_path, "metrics", "--week", "2027-W53").refused(2, "2027-W53")


def test_settings_that_are_wrong_are_named(tmp_path: Path) -> None:
    (tmp_path / "kiemchung.toml").write_text("[queue]\ntreshold = 0.4\n", encoding="utf-8")
    kiemchung(tmp_path, "run", "--once").refused(2, "kiemchung.toml", "queue.treshold", "queue.threshold")
    (tmp_path / "kiemchung.toml").write_text("[queue]\nthreshold = 'high'\n", encoding="utf-8")
    kiemchung(tmp_path, "run", "--once").refused(2, "queue.threshold", "high")
    (tmp_path / "kiemchung.toml").write_bytes(b"[desk]\nname = 'B\xe1o'\n")
    kiemchung(tmp_path, "run", "--once").refused(2, "kiemchung.toml")
    kiemchung(tmp_path, "--config", "missing.toml", "run").refused(2, "missing.toml")
    (tmp_path / "kiemchung.toml").unlink()
    kiemchung(tmp_path, "run", env={"KIEMCHUNG_TOPICS": "x"}).refused(2, "KIEMCHUNG_TOPICS")
    kiemchung(tmp_path, "--database", "mysql://x/y", "run", "--once").refused(2, "mysql")
    kiemchung(tmp_path, "serve", "--port", "99999").refused(2, "99999")
    assert not (tmp_path / "var" / "kiemchung.sqlite").exists()


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.sqlite").write_bytes(b"this is not a database at all, not even nearly" * 50)
    for command in (("run", "--once"), ("init",), ("metrics",), ("check", CLAIM), ("backup",)):
        kiemchung(tmp_path, "--database", "sqlite:///bad.sqlite", *command).refused(
            1, "bad.sqlite", "not a database"
        )


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, sqlite_template: bytes) -> None:
    (tmp_path / "new.sqlite").write_bytes(sqlite_template)
    with closing(sqlite3.connect(tmp_path / "new.sqlite")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    kiemchung(tmp_path, "--database", "sqlite:///new.sqlite", "run", "--once").refused(1, "9999", "newer")


def test_a_locked_database_is_named(tmp_path: Path, sqlite_template: bytes) -> None:
    (tmp_path / "d.sqlite").write_bytes(sqlite_template)
    with closing(sqlite3.connect(tmp_path / "d.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        done = kiemchung(tmp_path, "--database", "sqlite:///d.sqlite", "erase")
    done.refused(1, "database", "locked")


def test_a_postgresql_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = kiemchung(tmp_path, "--database", f"postgresql://u:geheim@127.0.0.1:{port}/d", "run", "--once")
    done.refused(1, "database", "refused")
    assert "geheim" not in done.err


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    kiemchung(tmp_path, "import", "tips", "missing.csv").refused(2, "missing.csv", "No such file")
    kiemchung(tmp_path, "simulate", "missing.csv").refused(2, "missing.csv", "No such file")
    kiemchung(tmp_path, "evaluate", "scope", "missing.tsv").refused(2, "missing.tsv")
    kiemchung(tmp_path, "evaluate", "match", "nowhere").refused(2, "known_claims.tsv")
    kiemchung(tmp_path, "evaluate", "extract", "nowhere").refused(2, "ground-truth.json")
    kiemchung(tmp_path, "import", "claims", "missing.json").refused(2, "missing.json")
    kiemchung(tmp_path, "restore", "missing.tar").refused(1, "missing.tar")


def test_wrong_columns_encodings_and_labels_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("title,label\nmột,1\n", encoding="utf-8")
    kiemchung(tmp_path, "simulate", "a.csv").refused(2, "a.csv", "'text'", "title, label")
    kiemchung(tmp_path, "import", "tips", "a.csv").refused(2, "a.csv", "'text'")
    (tmp_path / "b.csv").write_bytes("text,label\nmột,1\nhai,0\nbáo,1\n".encode("cp1258", "replace"))
    kiemchung(tmp_path, "simulate", "b.csv").refused(2, "b.csv line", "UTF-8")
    kiemchung(tmp_path, "import", "tips", "b.csv").refused(2, "b.csv line", "UTF-8")
    (tmp_path / "c.csv").write_text("text,label\nmột,1\nhai,2\nba,3\n", encoding="utf-8")
    kiemchung(tmp_path, "simulate", "c.csv").refused(2, "3 different labels", "--positive")
    (tmp_path / "d.csv").write_text("text,label\nmột,1\nhai,1,9\n", encoding="utf-8")
    kiemchung(tmp_path, "simulate", "d.csv").refused(2, "d.csv row 2", "3 cells under 2 columns")
    (tmp_path / "e.tsv").write_text("text\tlabel\ttopic\nmột\tin\tpolitics\n", encoding="utf-8")
    kiemchung(tmp_path, "evaluate", "scope", "e.tsv").refused(2, "e.tsv row 1", "politics", "recruitment")
    (tmp_path / "f.tsv").write_text("doc_id\ttext\tlabel\n1\tmột\tyes\n", encoding="utf-8")
    kiemchung(tmp_path, "evaluate", "claims", "f.tsv").refused(2, "f.tsv row 1", "'yes'")
    (tmp_path / "g.csv").write_text("text,label\nmột,1\nhai,1\n", encoding="utf-8")
    kiemchung(tmp_path, "simulate", "g.csv", "--positive", "x").refused(2, "labelled 'x'")


def test_bad_input_to_the_database_leaves_nothing_half_done(tmp_path: Path) -> None:
    rows = [{"text": CLAIM}, {"text": "xin chào"}, {"txt": "?"}]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    kiemchung(tmp_path, "import", "tips", "t.jsonl").refused(2, "t.jsonl row 3", "text")
    with closing(sqlite3.connect(tmp_path / "var/kiemchung.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM daily_count").fetchone() == (0,)


def test_tips_are_imported_once(tmp_path: Path) -> None:
    rows = [{"text": CLAIM, "days_ago": 2}, {"text": "chúc cả nhà ngủ ngon"}]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    first = kiemchung(tmp_path, "import", "tips", "t.jsonl", "--json").json()
    assert first == {"rows": 2, "outcomes": {"kept": 1, "not_ours": 1}, "errors": []}
    again = kiemchung(tmp_path, "import", "tips", "t.jsonl", "--json").json()
    assert again["outcomes"] == {"duplicate": 1, "not_ours": 1}
    ran = kiemchung(tmp_path, "run", "--once", "--json").json()
    assert (ran["clustered"], ran["ranked"]) == (1, 1)


def test_fact_checks_are_imported_and_found_again_by_check(tmp_path: Path) -> None:
    rows = (f'"{CLAIM}",Sai,https://kiem.example.vn/1,Tổ Kiểm tin,2026-11-10', "x,,u,,")
    text = "\n".join(("claim,rating,url,publisher,date", *rows))
    (tmp_path / "known.csv").write_text(text, encoding="utf-8")
    done = kiemchung(tmp_path, "import", "claims", "known.csv", "--json").json()
    assert (done["rows"], done["outcomes"]) == (2, {"kept": 1})
    assert len(done["errors"]) == 1
    (claim,) = kiemchung(tmp_path, "check", CLAIM, "--json").json()["claims"]
    (match,) = claim["matches"]
    assert set(match) == {"claim", "rating", "url", "score"}
    assert (match["rating"], match["url"]) == ("false", "https://kiem.example.vn/1")
    assert "https://kiem.example.vn/1" in kiemchung(tmp_path, "check", CLAIM).out


def test_check_answers_the_design_and_makes_nothing(tmp_path: Path) -> None:
    answer = kiemchung(tmp_path, "check", CLAIM, "--json").json()
    assert list(answer) == ["in_scope", "topic", "local", "claims"]
    assert (answer["in_scope"], answer["topic"], answer["local"]) == (True, "health", True)
    (claim,) = answer["claims"]
    assert set(claim) == {"text", "start", "end", "score", "reasons", "matches"}
    assert CLAIM[claim["start"] : claim["end"]] == CLAIM
    assert 0 <= claim["score"] <= 1
    assert all(set(reason) == {"feature", "weight"} for reason in claim["reasons"])
    assert claim["matches"] == []
    dropped = kiemchung(tmp_path, "check", "-", "--json", given="hôm nay trời đẹp quá").json()
    assert dropped == {"in_scope": False, "topic": None, "local": False, "claims": []}
    assert list(tmp_path.iterdir()) == []


def test_check_speaks_vietnamese_to_people(tmp_path: Path) -> None:
    done = kiemchung(tmp_path, "check", CLAIM)
    assert "Thuộc phạm vi: Sức khỏe" in done.out
    assert CLAIM in done.out
    assert "Không thuộc phạm vi" in kiemchung(tmp_path, "check", given="chào cả nhà").out


def test_check_never_loads_the_training_library(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['kiemchung', 'check', '--json', sys.argv[1]]\n"
        "from pipeline.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('sklearn', 'scipy', 'pandas', 'sqlalchemy', 'scrapy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, CLAIM],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_many_texts_are_answered_in_order(tmp_path: Path) -> None:
    texts = [CLAIM if at % 7 == 0 else f"chúc bà con ngủ ngon lần {at}" for at in range(6000)]
    lines = "\n".join(json.dumps({"text": text}) for text in texts)
    done = kiemchung(tmp_path, "check", "--jsonl", given=lines)
    assert (done.code, done.err) == (0, "")
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["in_scope"] for answer in answers] == [at % 7 == 0 for at in range(6000)]


def test_whoever_waits_for_an_answer_gets_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli.main", "check", "--jsonl"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for text, expected in ((CLAIM, True), ("chào", False), (CLAIM, True)):
            child.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["in_scope"] is expected
        child.stdin.close()
        assert child.wait(timeout=120) == 0


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    done = kiemchung(tmp_path, "check", "--jsonl", given='{"text": "chào"}\n{"txt": 1}\n')
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "line 2" in done.err
    done = kiemchung(tmp_path, "check", "--jsonl", given=b'{"text": "b\xe1o"}\n')
    assert (done.code, "line 1" in done.err, "UTF-8" in done.err) == (2, True, True)
    kiemchung(tmp_path, "check", "-", given=b"b\xe1o").refused(2, "standard input", "UTF-8")


def test_a_reader_who_leaves_is_not_a_fault(tmp_path: Path) -> None:
    lines = json.dumps({"text": CLAIM}) + "\n"
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli.main", "check", "--jsonl"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.close()
        _, err = child.communicate(lines.encode() * 50, timeout=120)
    assert err == b""


def test_simulate_replays_a_small_table(tmp_path: Path) -> None:
    rows = ["title,kind"]
    rows += [f'"giật gân {at} không thể tin nổi",clickbait' for at in range(12)]
    rows += [f'"tin thường {at} hội nghị tổng kết",non-clickbait' for at in range(48)]
    (tmp_path / "q.csv").write_text("\n".join(rows), encoding="utf-8")
    columns = ("--text-column", "title", "--label-column", "kind", "--seed", "3")
    command = ("simulate", "q.csv", *columns, "--encoder", "none")
    answer = kiemchung(tmp_path, *command, "--stop", "quarter", "--json").json()
    assert set(answer) == {"n", "positives", "seed", "order", "curve", "read_at", "wss_at", "stop"}
    assert (answer["n"], answer["positives"], answer["seed"]) == (60, 12, 3)
    assert sorted(answer["order"]) == list(range(60))
    assert answer["curve"][-1] == [60, 12]
    assert set(answer["read_at"]) == set(answer["wss_at"]) == {"80", "90", "95"}
    assert 0 < answer["read_at"]["90"] < 0.5
    assert set(answer["stop"]) == {"at", "recall", "claimed_low"}
    assert kiemchung(tmp_path, *command, "--json").json()["order"] == answer["order"]
    assert "60 rows, 12 to find" in kiemchung(tmp_path, *command).out
    kiemchung(tmp_path, *command, "--stop", "never").refused(2, "never", "quarter")
    several = (*command, "--seeds", "2", "--chart", "recall.svg", "--stop", "recall90")
    found = kiemchung(tmp_path, *several, "--json").json()
    assert [run["seed"] for run in found["runs"]] == [3, 4]
    for level, mean in found["mean"]["read_at"].items():
        assert mean == pytest.approx(sum(run["read_at"][level] for run in found["runs"]) / 2)
    assert all(run["stop"]["recall"] >= 0.9 for run in found["runs"])
    assert (tmp_path / "recall.svg").read_text(encoding="utf-8").startswith("<svg")
    kiemchung(tmp_path, *command, "--encoder", "nowhere").refused(2, "nowhere", "no such folder")
    kiemchung(tmp_path, *command, "--chart", "gone/recall.svg").refused(2, "gone/recall.svg")


def test_evaluate_gives_figures_with_intervals_and_wrong_rows(tmp_path: Path) -> None:
    (tmp_path / "s.tsv").write_text(
        f"text\tlabel\ttopic\n{CLAIM}\tin\thealth\nchào cả nhà\tout\t-\n", encoding="utf-8"
    )
    found = kiemchung(tmp_path, "evaluate", "scope", "s.tsv", "--json").json()
    figures = {one["name"]: one for one in found["figures"]}
    assert (figures["out admitted"]["value"], figures["in kept"]["value"]) == (0.0, 1.0)
    assert set(figures["in kept"]) == {"name", "value", "low", "high", "n"}
    assert found["wrong"]["admitted"] == []
    (tmp_path / "p.tsv").write_text(f"in_text\tout_text\n{CLAIM}\tchào cả nhà\n", encoding="utf-8")
    assert "both right" in kiemchung(tmp_path, "evaluate", "scope", "--pairs", "p.tsv").out
    (tmp_path / "known_claims.tsv").write_text(
        f"id\tclaim\nk1\t{CLAIM}\nk2\tPhà Vàm Cống ngừng chạy\n", encoding="utf-8"
    )
    (tmp_path / "queries.tsv").write_text(
        f"query\tknown_claim_id\n{CLAIM}\tk1\nchào nhé\t-\n", encoding="utf-8"
    )
    names = [one["name"] for one in kiemchung(tmp_path, "evaluate", "match", ".", "--json").json()["figures"]]
    assert {"recall@1", "recall@5", "map@5", "ms a query"} <= set(names)
    kiemchung(tmp_path, "evaluate", "scope").refused(2, "--pairs")


def test_accounts_never_take_a_password_as_an_argument(tmp_path: Path) -> None:
    done = kiemchung(tmp_path, "users", "add", "lan", "--role", "lead", "--generate", "--json").json()
    assert len(done["password"]) >= 15
    typed = kiemchung(
        tmp_path, "users", "add", "minh", "--role", "analyst", given="muoi hai con vit buoi sang\n"
    )
    assert (typed.code, typed.out) == (0, "minh: added\n")
    kiemchung(tmp_path, "users", "add", "lan", "--role", "lead", "--generate").refused(1, "lan", "taken")
    kiemchung(tmp_path, "users", "add", "tu", "--role", "boss", "--generate").refused(2, "boss", "analyst")
    kiemchung(tmp_path, "users", "add", "tu", "--role", "lead", given="ngan\n").refused(2, "password")
    kiemchung(tmp_path, "users", "disable", "khong-co").refused(1, "khong-co")
    assert kiemchung(tmp_path, "users", "disable", "minh").code == 0
    again = kiemchung(tmp_path, "users", "reset", "minh", "--generate", "--json").json()
    assert again["password"] != done["password"]
    off = kiemchung(tmp_path, "users", "reset-factor", "lan", "--json").json()
    assert off["done"] == "second factor taken off"
    kiemchung(tmp_path, "users", "reset-factor", "khong-co").refused(1, "khong-co")
    users = kiemchung(tmp_path, "users", "list", "--json").json()["users"]
    expected = {"role": "lead", "disabled": False, "second_factor": False, "tokens": 0}
    assert users[0] == {"username": "lan", **expected}
    log = kiemchung(tmp_path, "audit", "verify", "--json").json()
    assert log["ok"] is True


def test_models_without_any_say_so(tmp_path: Path) -> None:
    assert kiemchung(tmp_path, "models", "list", "--json").json() == {"models": []}
    kiemchung(tmp_path, "train").refused(1, "0 different labels", "train.min_labels")
    kiemchung(tmp_path, "models", "show", "7").refused(1, "model 7")
    kiemchung(tmp_path, "models", "promote", "7", "--by", "lan").refused(1, "lan")


def test_sources_are_listed_and_what_rule_4_refuses_is_refused(made: Path) -> None:
    listed = kiemchung(made, "sources", "list", "--json").json()["sources"]
    assert listed
    assert not any(one["enabled"] for one in listed)
    kiemchung(made, "crawl", "--once").refused(2, "sources.toml", "no source is switched on")
    kiemchung(made, "sources", "check").refused(2, "crawl.contact_url")
    known = {"KIEMCHUNG_CRAWL_CONTACT_URL": "https://desk.example.vn/bot"}
    kiemchung(made, "sources", "add", "https://www.facebook.com/ai-do", env=known).refused(2, "facebook")
    kiemchung(made, "sources", "add", "http://127.0.0.1:9/", env=known).refused(2, "127.0.0.1")
    kiemchung(made, "sources", "add", "https://x.vn/", "--kind", "blog", env=known).refused(2, "blog")
    kiemchung(made, "sources", "check", "khong-co", env=known).refused(1, "khong-co")


def test_a_registry_with_a_fault_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(
        '[[source]]\nid = "a-b"\nname = "A"\nkind = "person"\n', encoding="utf-8"
    )
    kiemchung(tmp_path, "sources", "list").refused(2, "sources.toml:4", "kind", "person")
    kiemchung(tmp_path, "run", "--once").refused(2, "sources.toml:4")


# the server


def wait_for(url: str, child: "subprocess.Popen[bytes]") -> bytes:
    for _ in range(900):
        assert child.poll() is None, child.communicate()
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 -- loopback
                assert answer.headers.get("server") is None
                body: bytes = answer.read()
                return body
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server never answered")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_serves_and_stops_on_a_signal(tmp_path: Path, workers: str) -> None:
    command = [sys.executable, "-m", "pipeline.cli.main", "serve", "--port", "0", "--workers", workers]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline().decode()
        address = line.split(" ")[-1].strip()
        assert address.startswith("http://127.0.0.1:"), line
        try:
            assert b"<html" in wait_for(address, child)
            port = address.rstrip("/").rsplit(":", 1)[1]
            other = kiemchung(tmp_path, "serve", "--port", port)
            other.refused(1, f"port {port}", "taken")
            kiemchung(tmp_path, "restore", "x.tar").refused(1, "in use")
        finally:
            child.send_signal(signal.SIGTERM)
            _, err = child.communicate(timeout=120)
        assert child.returncode == 0
        assert b"Traceback" not in err
    with closing(sqlite3.connect(tmp_path / "var/kiemchung.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_interrupt_ends_quietly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli.main", "run"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a shell that runs the tests in the background lets its children ignore it
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"nothing was due\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=120)
    assert child.returncode == 130
    assert b"Traceback" not in err

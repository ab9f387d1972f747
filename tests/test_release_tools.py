"""The tools of a release tell silence from safety, and a mutant that is seen from one that is not."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import audit, mutantrun, mutation, release, scan
from tools.budgets import ROOT
from tools.mutants import mutants, mutated

SOURCE = '''
"""A module."""
LIMIT = 6
ROLES = {"read": READERS, "write": WRITERS}

def allowed(n: int, who: str = "a") -> bool:
    """Whether it is allowed."""
    if n < 0:
        raise ValueError("no such number")
    note(who)
    return n <= LIMIT and who in NAMES
'''


def test_every_operator_finds_its_place_and_messages_are_left_alone() -> None:
    keys = [one.key for one in mutants(SOURCE)]
    assert keys == [
        "module: 6 -> 7",
        "module: 'read': READERS -> WRITERS",
        "module: 'write': WRITERS -> READERS",
        "module: 'read' -> 'XXread'",
        "module: 'write' -> 'XXwrite'",
        "allowed: 'a' -> 'XXa'",
        "allowed: n < 0 -> n <= 0",
        "allowed: 0 -> 1",
        "allowed: raise ValueError('no such number') -> pass",
        "allowed: note(who) -> pass",
        "allowed: return n <= LIMIT and who in NAMES -> return None",
        "allowed: n <= LIMIT and who in NAMES -> n <= LIMIT or who in NAMES",
        "allowed: n <= LIMIT -> n < LIMIT",
        "allowed: who in NAMES -> who not in NAMES",
    ]


def test_each_mutant_is_one_change_that_compiles() -> None:
    whole = ast.unparse(ast.parse(SOURCE))
    texts = [ast.unparse(mutated(SOURCE, one.number)) for one in mutants(SOURCE)]
    assert len({*texts, whole}) == len(texts) + 1
    for text in texts:
        compile(text, "mutant", "exec")


def test_a_mutant_that_no_test_sees_survives_and_one_that_is_seen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "sums.py"
    made.write_text("def more(n):\n    return n + 1\n\n\ndef less(n):\n    return n - 1\n", encoding="utf-8")
    (tmp_path / "test_sums.py").write_text(
        "from sums import less, more\n\n\ndef test_more():\n    assert more(1) == 2\n    less(1)\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  release: x\n  browser: x\n", encoding="utf-8"
    )
    for module in (mutation, mutantrun):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    report = mutation.check("sums", ["test_sums.py"], None, verbose=False)
    assert (report.mutants, report.tried, report.killed) == (6, 6, 3)
    assert all("less" in one for one in report.survivors)


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    every = mutants(SOURCE)
    assert mutation.drawn("a", every, (5, 3)) == mutation.drawn("a", every, (5, 3))
    assert mutation.drawn("a", every, (5, 3)) != mutation.drawn("a", every, (5, 4))
    assert mutation.drawn("a", every, (99, 3)) == mutation.drawn("a", every, None) == every


def test_a_module_falls_by_itself_if_enough_were_tried_and_a_small_sample_with_the_others() -> None:
    a, b, *_ = sorted(mutation.held())
    whole = [mutation.Report(a, 30, tried=30, killed=26), mutation.Report(b, 30, tried=30, killed=30)]
    assert mutation.fallen(whole) == [a]
    assert mutation.fallen([mutation.Report(a, 8, tried=8, killed=7)]) == [a], "all there are"
    assert mutation.fallen([mutation.Report("not.held", 30, tried=30, killed=3)]) == []
    small = [mutation.Report(a, 30, tried=6, killed=5), mutation.Report(b, 30, tried=6, killed=6)]
    assert mutation.fallen(small) == []
    small[1].killed = 5
    assert mutation.fallen(small) == ["2 sampled modules together"]


def test_every_target_and_every_equivalent_mutant_is_there() -> None:
    for module, tests in mutation.targets().items():
        assert mutantrun.file_of(module).is_file(), module
        assert [test for test in tests if not (ROOT / test).is_file()] == []
    for module, alike in mutation.judged_equivalent().items():
        source = mutantrun.file_of(module).read_text(encoding="utf-8")
        assert alike <= {one.key for one in mutants(source)}, module


def told(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages)}


SOUND = {"name": "a", "version": "1", "vulns": []}
HOLED = {"name": "jinja2", "version": "2.11.2", "vulns": [{"id": "CVE-2020-28493"}]}


def test_silence_of_the_advisories_is_no_pass() -> None:
    assert audit.dependencies(lambda _: None) == audit.UNCHECKED
    assert audit.dependencies(lambda _: told(SOUND)) == audit.UNCHECKED
    assert audit.dependencies(lambda path: told(HOLED) if path.suffix == ".txt" else None) == audit.UNCHECKED
    assert audit.dependencies(lambda path: told(HOLED if path.suffix == ".txt" else SOUND)) == 0


def test_control_a_hole_a_skip_and_a_new_secret_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.dependencies(lambda _: told(HOLED)) == audit.FOUND
    skipped = {"name": "b", "skip_reason": "not found"}
    answer = {".txt": told(HOLED), ".lock": told(SOUND, skipped)}
    assert audit.dependencies(lambda path: answer[path.suffix]) == audit.FOUND
    assert "b: not checked, not found" in capsys.readouterr().out
    listed = audit.known_lookalikes()
    monkeypatch.setattr(audit, "looks_like_a_secret", lambda *_: listed + type(listed)({("a.py", "AWS"): 1}))
    assert audit.secrets() == audit.FOUND
    assert "a.py: 1 × AWS" in capsys.readouterr().out
    monkeypatch.setattr(audit, "looks_like_a_secret", lambda *_: None)
    assert audit.secrets() == audit.UNCHECKED


def test_what_looks_like_a_secret_is_listed_with_a_reason() -> None:
    rows = [line.split("\t") for line in audit.LOOKALIKES.read_text(encoding="utf-8").splitlines()[1:]]
    assert rows
    assert all(len(row) == 4 and len(row[3]) > 5 and (ROOT / row[0]).is_file() for row in rows)
    assert audit.is_made_up("tests/a.py", "Secret Keyword")
    assert not audit.is_made_up("tests/a.py", "AWS Access Key")
    assert not audit.is_made_up("models/a.py", "Secret Keyword")


def test_the_list_of_components_holds_what_the_product_needs_alone() -> None:
    whole = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [{"bom-ref": name} for name in "abc"],
        "dependencies": [{"ref": "root", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["b"]}, {"ref": "c"}],
    }
    assert [one["bom-ref"] for one in audit.of_the_product(whole)["components"]] == ["a", "b"]


def test_a_finding_of_the_scanner_is_a_finding() -> None:
    one = {"method": "GET", "path": "/", "info": "something new"}
    assert scan.findings({"vulnerabilities": {"XSS": [one]}, "anomalies": {}}) == ["XSS: GET / something new"]
    known = {**one, "info": "X-Frame-Options is not set"}
    assert scan.findings({"vulnerabilities": {"Clickjacking": [known]}, "anomalies": {}}) == []
    assert scan.findings(json.loads('{"vulnerabilities": {"XSS": []}, "anomalies": {}}')) == []


def done(name: str, *program: str) -> release.Step:
    return release.Step(name, [sys.executable, "-c", *program], release.last_line)


def test_a_release_does_every_step_and_writes_what_each_counted(tmp_path: Path) -> None:
    quick = done("quick", "print('x'); print('3 of 3')")
    broken = done("broken", "raise SystemExit('no such thing')")
    missing = release.Step("missing", ["no-such-program-here"], release.last_line)
    release.run([quick, broken, missing], tmp_path)
    assert [step.code for step in (quick, broken, missing)] == [0, 1, 127]
    (tmp_path / "tests.xml").write_text(
        "<testsuites><testsuite><testcase classname='tests.a.test_b' name='test_c' time='2.5'/>"
        "<testcase classname='tests.a.test_b' name='test_d' time='9'><failure/></testcase>"
        "</testsuite></testsuites>",
        encoding="utf-8",
    )
    text = release.report([quick, broken, missing], release.tested(tmp_path / "tests.xml"), 1.0)
    assert "| quick | ok | 0.0 | 3 of 3 |" in text
    assert "| broken | **failed (1)** | 0.0 | no such thing |" in text
    assert "| missing | **failed (127)** |" in text
    assert "Tests: 1 failure, 1 passed; 0.2 minutes" in text
    assert "- failure: `tests/a/test_b.py::test_d`" in text


def test_a_release_counts_the_mutants_of_all_modules_once() -> None:
    line = "| `a.b` | 40 | 6 | 4 | 1 | 1 | 80.0% |"
    other = "| `a.c` | 40 | 6 | 6 | 0 | 0 | 100.0% |"
    log = f"{line}\n| module | mutants |\n{line}\n{other}\n\nfallen below it: none\n"
    assert release.killed(log) == "10 of 11 mutants killed, 1 survived, 1 equivalent; fallen below it: none"


def test_a_release_leaves_nothing_out() -> None:
    every = [" ".join(step.command) for group in release.steps("2", Path("/x")) for step in group]
    tests = next(command for command in every if "pytest" in command)
    assert "-m not" not in tests, "the always-run tests and the full counts"
    assert any("tools.fuzz_web" in command and "--requests 50000" in command for command in every)
    assert any("tools.mutation --sample 6" in command for command in every)
    assert any("tools.audit secrets components" in command for command in every)

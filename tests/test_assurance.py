"""The page of assurance is held to the suite: every promise once, every test there, controls named."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "assurance.md").read_text(encoding="utf-8")
LIST = {"R": 16, "T": 10, "C": 12, "W": 20, "M": 10, "F": 16}
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
WHY = re.compile(r"none: \S.{5,}")


def table(page: str) -> list[list[str]]:
    """The cells of each row of the table of promises."""
    part = page.split("## Every promise", 1)[-1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| [A-Z]\d+ .*$", part, re.MULTILINE)
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows]


@cache
def defined(file: str) -> frozenset[str]:
    path = ROOT / file
    return (
        frozenset(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        if path.is_file()
        else frozenset()
    )


def faults(page: str) -> list[str]:
    """What is missing, doubled, blank or not in the suite."""
    rows = table(page)
    times = Counter(row[0] for row in rows)
    wanted = [f"{letter}{number}" for letter, most in LIST.items() for number in range(1, most + 1)]
    found = [f"{name} stands {times[name]} times" for name in wanted if times[name] != 1]
    found += [f"{name} is no promise" for name in times if name not in wanted]
    for row in rows:
        found += [f"{row[0]}: {fault}" for fault in _faults_of(row)]
    return found


def _faults_of(row: list[str]) -> list[str]:
    if len(row) != 5 or not all(row):
        return ["a cell is blank"]
    found = []
    for what, cell in (("test", row[2]), ("control", row[3])):
        if not TEST.search(cell) and not WHY.match(cell):
            found.append(f"no {what} and no reason")
    named = [match for cell in row[1:] for match in TEST.findall(cell)]
    return found + [f"no {test or file} in {file}" for file, test in named if not _stands(file, test)]


def _stands(file: str, test: str) -> bool:
    return test in defined(file) if test else bool(defined(file))


def test_every_promise_has_its_test_its_control_and_its_figure() -> None:
    assert faults(PAGE) == []


SCAN = "| none: a program of its own, `make scan` (Wapiti on the sample desk) |"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("\n| W13 |", "\n| W31 |", "W13 stands 0 times"),
        ("\n| W13 |", "\n| W12 |", "W12 stands 2 times"),
        (
            "::test_no_canary_is_anywhere`",
            "::test_some_canary_is_somewhere`",
            "R4: no test_some_canary_is_somewhere",
        ),
        ("tests/rules/test_rule_02_purpose.py::", "tests/rules/test_rule_22.py::", "R1: no test_no_database"),
        (SCAN, "|  |", "W12: a cell is blank"),
        (SCAN, "| later |", "W12: no test and no reason"),
        ("| none: the scanner's own |", "| none |", "W12: no control and no reason"),
    ],
)
def test_control_a_page_that_is_not_whole_is_found_out(before: str, after: str, fault: str) -> None:
    head, part = PAGE.split("## Every promise", 1)
    assert before in part
    assert any(
        one.startswith(fault) for one in faults(f"{head}## Every promise{part.replace(before, after)}")
    )

"""The table of ASVS 5.0: each item of level 2 that can apply stands there once, none blank, with tests."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "asvs.md"
STATES = {"test", "lint", "hand", "n/a", "open"}
# items of levels 1 and 2 by section (OWASP ASVS 5.0.0), as section: how many, numbered from 1
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4,
    "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
OPTIONAL = re.compile(r"(9|10)\.")


def table(page: str) -> list[tuple[str, str, str, str]]:
    """Number, what it asks, state and how, of each row."""
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.*?) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    return [(number, asks, state, how) for number, asks, state, how in rows]


def faults(page: str) -> list[str]:
    """What is missing, doubled, blank or unknown in a page."""
    rows = table(page)
    numbers = Counter(number for number, *_ in rows)
    wanted = {f"{section}.{place}" for section, most in SECTIONS.items() for place in range(1, most + 1)}
    found = [f"{number} is missing" for number in sorted(wanted - numbers.keys())]
    found += [f"{number} stands twice" for number, times in numbers.items() if times > 1]
    found += [
        f"{number} is no item" for number in numbers if number not in wanted and not OPTIONAL.match(number)
    ]
    for number, asks, state, how in rows:
        if not asks.strip() or not how.strip() or state not in STATES:
            found.append(f"{number} is blank")
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", how)
        if (state == "test") != bool(named):
            found.append(f"{number} says {state} and names {len(named)} tests")
        found += [f"{number} names {test}" for file, test in named if not _exists(file, test)]
    return found


def _exists(file: str, test: str) -> bool:
    path = ROOT / file
    return path.is_file() and f"def {test}(" in path.read_text(encoding="utf-8")


def test_every_item_is_there_once_and_none_is_blank() -> None:
    assert sum(SECTIONS.values()) == 210
    assert faults(PAGE.read_text(encoding="utf-8")) == []


def test_the_counts_are_those_of_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    counts = Counter(state for number, _, state, _ in table(page) if not OPTIONAL.match(number))
    told = re.search(r"(\d+) test, (\d+) lint, (\d+) hand, (\d+) n/a, (\d+) open", page)
    assert told is not None
    assert [int(one) for one in told.groups()] == [
        counts[state] for state in ("test", "lint", "hand", "n/a", "open")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("| 6.5.1 |", "| 6.5.9 |"),
        ("| 7.3.2 | age ends it | test |", "| 7.3.2 | age ends it |  |"),
        ("::test_no_code_is_taken_twice", "::test_no_code_is_taken_thrice"),
        ("| 5.4.3 | virus scan | n/a |", "| 5.4.3 | virus scan | test |"),
    ],
)
def test_control_what_is_missing_blank_or_invented_is_seen(before: str, after: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert before in page
    assert faults(page.replace(before, after, 1))

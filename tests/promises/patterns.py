"""Every regular expression of the product, and texts that make a bad one slow."""

import ast
import re
import signal
import time
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
ROOMS = ("models", "classify", "crawlers", "pipeline", "review_ui")
CALLS = frozenset(["compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"])
LENGTH = 50_000
ALLOWED_S = 0.050
# of a loaded machine; the promise is that the time grows as the text does
GENEROUS = 4.0
# where a search is given up
LONGEST_S = 0.3
# four times the text takes four times the time where it is linear, sixteen times where it is quadratic
FASTER = 8.0
_NESTED = re.compile(r"\((?:\?:|\?P<\w{1,40}>)?[^()|]{0,80}[*+]\)(?:[*+](?!\+)|\{\d{1,9},\})")


def sources() -> Iterator[Path]:
    """The modules of the product."""
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


@cache
def literals() -> dict[str, str | bytes]:
    """Every pattern that is written as one literal, by file and line."""
    found: dict[str, str | bytes] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _is_call(node) and isinstance(node, ast.Call) and node.args:
                given = node.args[0]
                if isinstance(given, ast.Constant) and isinstance(given.value, str | bytes):
                    found[f"{path.relative_to(ROOT)}:{node.lineno}"] = given.value
    return found


def _is_call(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value
    return isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr in CALLS


@cache
def composed() -> int:
    """How many calls make their pattern of pieces."""
    calls = [
        node
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _is_call(node)
    ]
    return len(calls) - len(literals())


@cache
def compiled() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Every pattern that a module of the product holds once it is imported, and every literal one."""
    import importlib

    found: dict[str, re.Pattern[str] | re.Pattern[bytes]] = {}
    for path in sources():
        if "migrations" in path.parts or path.name == "__main__.py":
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for variable, value in vars(importlib.import_module(name)).items():
            for at, pattern in enumerate(_held(value)):
                found.setdefault(f"{name}.{variable}[{at}]", pattern)
    known = {pattern.pattern for pattern in found.values()}
    for where, text in literals().items():
        if text not in known:
            found[where] = re.compile(text)
    return {where: found[where] for where in _first_of_each(found)}


def _held(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset | set):
        yield from chain.from_iterable(map(_held, value))
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_held, (*value.keys(), *value.values())))


def _first_of_each(found: dict[str, re.Pattern[str] | re.Pattern[bytes]]) -> Iterator[str]:
    seen = set()
    for where, pattern in found.items():
        if (pattern.pattern, pattern.flags) not in seen:
            seen.add((pattern.pattern, pattern.flags))
            yield where


def is_nested(pattern: str | bytes) -> bool:
    """Whether an unlimited repetition stands in another: the shape that takes exponential time."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    return bool(_NESTED.search(text))


PIECES = (
    *(
        "a",
        "A",
        "0",
        " ",
        "\t",
        "\n",
        "\r\n",
        ".",
        ",",
        "-",
        "_",
        "/",
        ":",
        ";",
        "=",
        "&",
        "<",
        ">",
        '"',
        "'",
        "(",
    ),
    *(
        ")",
        "[",
        "]",
        "{",
        "}",
        "@",
        "#",
        "%",
        "+",
        "*",
        "?",
        "!",
        "\\",
        "|",
        "~",
        "^",
        "$",
        "ă",
        "ố",
        "\u0301",
        "‹",
        "›",
    ),
    *(
        "a ",
        "a.",
        "a-",
        "0 ",
        "0.",
        "0-",
        "0,",
        ". ",
        "- ",
        " -",
        "a@",
        "@a",
        "a/",
        "//",
        "<a",
        "<a ",
        "<!--",
        "<![CDATA[",
        "<?a",
        "<a/b=",
        '<a b="',
        "</",
        "&a",
    ),
    *(
        "&#",
        "aA",
        "0a",
        "ố ",
        "ố 0",
        "Nguyễn ",
        "An ",
        "http://",
        "www.a.",
        "a=b&",
        "utm_a",
        "03.",
        "+84",
        "090 ",
        "12/",
    ),
    *(
        "12/11/",
        "charset=",
        "\n ",
        " \n",
        "\n\n",
        ". A",
        "a. ",
        '""',
        "''",
        "“",
        "”",
        "… ",
        "triệu ",
        "tháng ",
        "đồng ",
    ),
)
ENDS = ("", "!", "\x00")


@cache
def texts(length: int = LENGTH) -> list[str]:
    """A little over 200 evil texts of that length."""
    made = [
        (piece * (length // len(piece) + 1))[: length - len(end)] + end for end in ENDS for piece in PIECES
    ]
    return list(dict.fromkeys(made))


class SlowError(Exception):
    """A search that went on for too long."""


def _alarm(_: int, __: FrameType | None) -> None:
    raise SlowError


def seconds(pattern: re.Pattern[str] | re.Pattern[bytes], text: str, most: float) -> float:
    """Processor time of a search over a text; `most` if it took as long as that."""
    given = text.encode("utf-8", "replace")[: len(text)] if isinstance(pattern.pattern, bytes) else text
    signal.signal(signal.SIGVTALRM, _alarm)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    start = time.process_time()
    try:
        pattern.search(given)  # type: ignore[arg-type]
    except SlowError:
        return most
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - start


def slow(pattern: re.Pattern[str] | re.Pattern[bytes], evil: list[str]) -> tuple[str, float] | None:
    """The first text on which a pattern takes too long, and the time.

    Within the promised time is quick, four times that is slow; between the two, where a loaded machine also
    comes, the time of a quarter of the text tells: it has to be about a quarter.
    """
    for text in evil:
        if seconds(pattern, text, LONGEST_S) <= ALLOWED_S:
            continue
        whole = min(seconds(pattern, text, LONGEST_S) for _ in range(3))
        if whole > ALLOWED_S * GENEROUS or (whole > ALLOWED_S and grows_faster(pattern, text)):
            return text[:20] + "…" + text[-1:], whole
    return None


def grows_faster(pattern: re.Pattern[str] | re.Pattern[bytes], text: str) -> bool:
    """Whether a search over a quarter of the text takes clearly less than a quarter of its time.

    Both are measured in turn, so that a machine that is busy for a moment is so for both.
    """
    quarter = text[: len(text) // 4 - 1] + text[-1:]
    turns = [(seconds(pattern, text, LONGEST_S), seconds(pattern, quarter, LONGEST_S)) for _ in range(5)]
    return min(whole for whole, _ in turns) > FASTER * min(part for _, part in turns)


def too_slow(strings: int) -> list[tuple[str, str, float]]:
    """The patterns of the product that are slow on one of so many of the texts: where, text and seconds."""
    every = texts()
    some = every[:: max(1, len(every) // strings)]
    found = []
    for where, pattern in compiled().items():
        if told := slow(pattern, some):
            found.append((where, *told))
    return found

"""`check --jsonl`: many texts from a pipe, answered in order, by two processes once a flood has shown itself.

What comes slowly is answered as it comes. The helpers are forked after the reader has been loaded, so that
they cost no second start; they only read, known claims are looked up by the process that has the database.
"""

import json
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from models.errors import UsageError
from pipeline.check import NOT_OURS, Answer, Checker

BLOCK = 1 << 16
FLOOD = 2
"""Full blocks in a row from which more than one process pays."""
LONGEST_LINE = 8 << 20
MOST_HELPERS = 4
_DROPPED = json.dumps(NOT_OURS)


@dataclass(frozen=True)
class Block:
    """Whole lines as they were read; `first` is the number of the first, `full` says that more is waiting."""

    first: int
    lines: Sequence[bytes]
    full: bool


def blocks(descriptor: int) -> Iterator[Block]:
    """The lines of a stream, in blocks of what is there to be read."""
    rest, number = b"", 1
    while True:
        data = os.read(descriptor, BLOCK)
        whole = rest + data
        if not data:
            if whole.strip():
                yield Block(number, [whole], full=False)
            return
        *lines, rest = whole.split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise UsageError(f"line {number + len(lines)}: longer than {LONGEST_LINE >> 20} MB")
        yield Block(number, lines, full=len(data) == BLOCK)
        number += len(lines)


def answers(checker: Checker, descriptor: int) -> Iterator[str]:
    """The answers to the JSON lines of a stream, in blocks of whole lines."""
    arriving = blocks(descriptor)
    in_a_row = 0
    for block in arriving:
        yield _finished(checker, read_block(checker, block))
        in_a_row = in_a_row + 1 if block.full else 0
        if in_a_row >= FLOOD and helpers() > 1:
            yield from _shared(checker, arriving)


def helpers() -> int:
    """How many processes may read at once: as many as this one may use processors."""
    return min(MOST_HELPERS, len(os.sched_getaffinity(0)))


_checker: list[Checker] = []


def _read_forked(block: Block) -> list[Answer | None]:
    return read_block(_checker[0], block)


def _shared(checker: Checker, arriving: Iterator[Block]) -> Iterator[str]:
    """Spread the blocks over forked helpers; a pause in the stream waits for all that is under way."""
    _checker[:] = [checker]
    n = helpers()
    with ProcessPoolExecutor(n, get_context("fork")) as pool:
        waiting: deque[Future[list[Answer | None]]] = deque()
        for block in arriving:
            waiting.append(pool.submit(_read_forked, block))
            while len(waiting) > (2 * n if block.full else 0):
                yield _finished(checker, waiting.popleft().result())
        while waiting:
            yield _finished(checker, waiting.popleft().result())


def read_block(checker: Checker, block: Block) -> list[Answer | None]:
    """The answers of a block before matching; None for what is not ours, so that little travels back."""
    found = (checker.read(text) for text in texts_of(block))
    return [None if answer is NOT_OURS else answer for answer in found]


def _finished(checker: Checker, read: Sequence[Answer | None]) -> str:
    lines = (
        _DROPPED if answer is None else json.dumps(checker.matched(answer), ensure_ascii=False)
        for answer in read
    )
    return "".join(f"{line}\n" for line in lines)


def texts_of(block: Block) -> Iterator[str]:
    """The texts of a block; raises `UsageError` naming the line that is not `{"text": "…"}`."""
    for number, line in enumerate(block.lines, start=block.first):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except UnicodeDecodeError as error:
            raise UsageError(f"standard input line {number}: not UTF-8") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(f'line {number}: not {{"text": "…"}}, one object a line') from error
        if not isinstance(text, str):
            raise UsageError(f"line {number}: text is not a string")
        yield text

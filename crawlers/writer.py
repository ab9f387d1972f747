"""The writing side of a crawl: one thread, one transaction at a time; pages that wait go together.

Every page is all or nothing, in a group or alone; a killed process leaves its last group unwritten.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias, TypeVar

from crawlers.ledger import Ledger, ReadPage
from models.vocabulary import Outcome

DONE = TypeVar("DONE")
Written: TypeAlias = "asyncio.Future[Outcome]"
MOST_TOGETHER = 32
MOST_WAITING = 128
LINGER_S = 0.2
"""How long a read page waits for others: a commit costs as much for thirty pages as for one."""


class Writer:
    """Hands the ledger's transactions to its thread, so that a slow disk never stops the fetching."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._waiting: list[tuple[ReadPage, Written]] = []
        self._under_way: set[Written] = set()
        self._busy = False

    async def run(self, work: Callable[[], DONE]) -> DONE:
        """Run one transaction of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def page(self, page: ReadPage) -> Written:
        """Take a read page to write it with others that are ready; the future gives what became of it.

        Waits only while far too many pages are waiting, as they do when another process holds the database.
        """
        while len(self._under_way) >= MOST_WAITING:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        loop = asyncio.get_running_loop()
        written: Written = loop.create_future()
        self._waiting.append((page, written))
        self._under_way.add(written)
        if not self._busy:
            self._busy = True
            loop.call_later(LINGER_S, self._next_group)
        return written

    async def drain(self) -> None:
        """Wait until every page is written."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _next_group(self) -> None:
        group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        pages = [page for page, _ in group]
        task = asyncio.get_running_loop().run_in_executor(self._thread, self.ledger.pages_read, pages)
        task.add_done_callback(lambda done: self._written([future for _, future in group], done.result()))

    def _written(self, futures: list[Written], results: list[Outcome | Exception]) -> None:
        for future, result in zip(futures, results, strict=True):
            self._under_way.discard(future)
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        if len(self._waiting) >= MOST_TOGETHER:
            self._next_group()
        elif self._waiting:
            asyncio.get_running_loop().call_later(LINGER_S, self._next_group)
        else:
            self._busy = False

    def close(self) -> None:
        """Finish what is being written and end the thread."""
        self._thread.shutdown(wait=True)

"""The crawl's most telling tests once more, on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models.session import make_engine, make_sessions
from tests.crawlers import child
from tests.crawlers.conftest import Desk
from tests.crawlers.test_crawl import (
    test_a_budget_ends_a_run_and_the_next_one_goes_on,
    test_a_feed_is_fetched_read_and_stored,
    test_a_poisonous_page_is_parked_and_the_rest_is_read,
    test_a_second_crawl_asks_conditionally_and_fetches_no_page_again,
    test_same_bytes_are_parsed_once_and_canonical_pages_kept_once,
)
from tests.crawlers.test_store import (
    ledger,
    test_a_failing_page_is_tried_three_times_then_parked,
    test_a_page_is_leased_to_one_owner_and_forgotten_when_read,
    test_an_expired_lease_is_taken_by_another,
    test_an_item_is_kept_once,
    test_copies_share_the_first_item_of_their_story,
    test_due_entries_are_claimed_by_one_process,
    test_links_are_new_once_and_foreign_ones_refused,
    test_nothing_of_a_unit_stays_if_its_transaction_fails,
)

__all__ = [
    "ledger",
    "test_a_budget_ends_a_run_and_the_next_one_goes_on",
    "test_a_failing_page_is_tried_three_times_then_parked",
    "test_a_feed_is_fetched_read_and_stored",
    "test_a_page_is_leased_to_one_owner_and_forgotten_when_read",
    "test_a_poisonous_page_is_parked_and_the_rest_is_read",
    "test_a_second_crawl_asks_conditionally_and_fetches_no_page_again",
    "test_an_expired_lease_is_taken_by_another",
    "test_an_item_is_kept_once",
    "test_copies_share_the_first_item_of_their_story",
    "test_due_entries_are_claimed_by_one_process",
    "test_links_are_new_once_and_foreign_ones_refused",
    "test_nothing_of_a_unit_stays_if_its_transaction_fails",
    "test_same_bytes_are_parsed_once_and_canonical_pages_kept_once",
]


@pytest.fixture
def desk(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on PostgreSQL, for every test that this module names."""
    engines: list[Engine] = []

    def made(url: str) -> Engine:
        engines.append(make_engine(url))
        return engines[-1]

    # the engines of the tests' own contexts hold connections, which have to be closed
    monkeypatch.setattr(child, "make_engine", made)
    yield Desk(postgres_url, make_sessions(made(postgres_url)), tmp_path)
    for engine in engines:
        engine.dispose()

"""The closed lists, word by word: the words stand in databases, exports and addresses, so none may change."""

import re
from enum import StrEnum

import pytest
from sqlalchemy import Engine, StaticPool, create_engine, inspect

from models import vocabulary
from models.schema import Base
from models.session import make_engine
from models.vocabulary import COUNTED_FALSE, Opinion, Rating

WORDS = {
    "Topic": (
        "recruitment benefits health child_safety women disability ethnic_services legal_identity disaster"
    ),
    "Rating": "false misleading unproven true",
    "Opinion": "false misleading unproven true not_a_claim not_ours",
    "SourceKind": "newspaper broadcaster public_body health fact_checker association",
    "EntryKind": "feed sitemap listing claim_review",
    "FrontierState": "pending leased done",
    "Outcome": (
        "kept not_ours duplicate unchanged empty robots refused_address http_error timeout network_error "
        "certificate blocked moved too_large parse_error feed_read not_html quarantined"
    ),
    "ItemKind": "article tip",
    "ClaimState": "new queued second third agreed decided closed",
    "EvidenceKind": "primary independent",
    "CopyOutcome": "waiting found missing unread",
    "Language": "vi en km",
    "Role": "analyst lead auditor admin",
    "ModelKind": "rank scope",
    "ModelState": "candidate champion retired refused",
    "AppealState": "open upheld changed",
}


def lists() -> dict[str, type[StrEnum]]:
    """Every closed list of the module by its name."""
    return {
        name: one
        for name, one in vars(vocabulary).items()
        if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum
    }


def test_there_is_no_list_that_is_not_written_here() -> None:
    assert set(lists()) == set(WORDS)


@pytest.mark.parametrize("name", sorted(WORDS))
def test_each_list_has_these_words_in_this_order(name: str) -> None:
    assert [one.value for one in lists()[name]] == WORDS[name].split()


def test_a_word_is_its_own_name() -> None:
    for one in lists().values():
        assert [word.name.lower() for word in one] == [word.value for word in one]


def test_what_reviewers_say_of_a_claim_can_be_its_rating() -> None:
    assert {one.value for one in Rating} == {one.value for one in Opinion} - {"not_a_claim", "not_ours"}
    assert {Rating.FALSE, Rating.MISLEADING} == COUNTED_FALSE


def rules(engine: Engine) -> dict[str, set[str]]:
    """The words that a database takes, by table and rule, for each column of a closed list."""
    look = inspect(engine)
    return {
        f"{table}.{rule['name']}": set(re.findall(r"'(\w+)'", rule["sqltext"]))
        for table in Base.metadata.tables
        for rule in look.get_check_constraints(table)
        if str(rule["name"]).endswith("_known")
    }


def test_a_migrated_database_takes_the_words_of_the_models_and_no_other(sqlite_url: str) -> None:
    migrated, fresh = make_engine(sqlite_url), create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(fresh)
    assert len(rules(migrated)) > 15
    assert rules(migrated) == rules(fresh)
    known = [{word.value for word in one} for one in lists().values()]
    assert {name for name, words in rules(migrated).items() if words not in known} == {
        "live_order.ck_live_order_state_known"  # on or off
    }
    migrated.dispose()
    fresh.dispose()

"""What the tests of reading share: the shipped gate, one masking key, one gazetteer."""

import pytest

from classify.mask import Masker
from classify.places import Gazetteer
from classify.reader import Reader
from classify.scope import ScopeGate


@pytest.fixture(scope="session")
def masker() -> Masker:
    return Masker(b"a test key of 32 bytes, no other")


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer("86")


@pytest.fixture(scope="session")
def gate() -> ScopeGate:
    return ScopeGate.load()


@pytest.fixture(scope="session")
def reader(gate: ScopeGate, masker: Masker, gazetteer: Gazetteer) -> Reader:
    return Reader(gate, masker, gazetteer)

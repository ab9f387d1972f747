"""Every way in takes any text: no exception, and an answer of the right shape."""

import pytest
from hypothesis import given, settings

from classify.detect import check_score
from classify.match import ClaimIndex
from classify.places import Gazetteer
from classify.scope import ScopeGate
from tests.classify.wild import ENDLESS, wild

quick = settings(deadline=None, max_examples=40)


@quick
@given(wild)
def test_places(gazetteer: Gazetteer, text: str) -> None:
    end = 0
    for hit in gazetteer.found(text):
        assert end <= hit.start < hit.end
        assert hit.places
        end = hit.end
    units = gazetteer.places(text)
    assert len(units) == len(set(units))
    assert gazetteer.is_local(text) in {True, False}


@quick
@given(wild)
def test_the_gate_and_the_detector(gate: ScopeGate, text: str) -> None:
    scoped = gate.decide(text)
    assert scoped.in_scope == bool(scoped.sentences) == (scoped.topic is not None)
    assert 0 <= gate.score([text])[0] <= 1
    assert 0 < check_score(text)[0] < 1


def test_the_index() -> None:
    index = ClaimIndex()
    index.add(0, "Hộ nghèo được nhận 2 triệu đồng")

    @quick
    @given(wild)
    def ask(text: str) -> None:
        index.add(1, text)
        for hit in index.search(text):
            assert 0 <= hit.score <= 1
        index.remove(1)
        assert len(index) == 1

    ask()


@pytest.mark.parametrize("text", ENDLESS[::2], ids=lambda text: repr(text[:8]))
def test_the_longest_text(gate: ScopeGate, gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.is_local(text) in {True, False}
    assert 0 < check_score(text)[0] < 1
    assert gate.decide(text).in_scope in {True, False}
    index = ClaimIndex()
    index.add(1, text)
    assert len(index.search(text, 1)) <= 1

"""Word by word: what stands in the place of what, in free spelling too."""

import pytest

from classify.align import aligned, compared

KNOWN = "thuoc ho tre em be khoe thu hoi chat gay suy than".split()  # noqa: SIM905


def _found(asked: str, *, is_spelled_freely: bool = False) -> dict[str, float]:
    found = aligned(asked.split(), KNOWN, is_spelled_freely=is_spelled_freely)
    return compared(found, lambda _: 5.0, (set(), set()))


def test_the_same_words_leave_nothing_over() -> None:
    found = aligned(KNOWN, KNOWN, is_spelled_freely=False)
    assert found.verbatim == 1
    assert not found.swapped
    assert not found.added
    assert not found.left_out


def test_a_word_in_the_place_of_another_is_seen() -> None:
    asked = [word if word != "than" else "gan" for word in KNOWN]
    found = aligned(asked, KNOWN, is_spelled_freely=False)
    assert found.swapped == ((("gan",), ("than",)),)
    assert _found(" ".join(asked))["replaced_nearer"] > 0


def test_a_free_retelling_is_not_nearly_verbatim() -> None:
    assert _found("chai be khoe tri benh con nit nguoi ta gom uong vo hu than")["replaced_nearer"] == 0


@pytest.mark.parametrize(("spelled", "replaced"), [(True, 0.0), (False, 1.0)])
def test_chat_spelling_replaces_nothing_only_where_it_is_free(spelled: bool, replaced: float) -> None:
    asked = " ".join(word if word != "thuoc" else "thuok" for word in KNOWN)
    assert _found(asked, is_spelled_freely=spelled)["replaced"] == replaced


def test_empty_texts_are_alike_in_nothing() -> None:
    assert aligned([], [], is_spelled_freely=False).verbatim == 0

"""Near-copies are found by their buckets; other texts are not."""

import unicodedata

import pytest
from hypothesis import given, settings

from classify.near import BANDS, bands, jaccard, shingles, signature, similarity
from tests.classify.wild import ENDLESS, wild

quick = settings(deadline=None, max_examples=40)

STORY = (
    "Công an tỉnh Vĩnh Long cảnh báo thủ đoạn giả danh cán bộ bảo hiểm xã hội gọi điện yêu cầu người dân "
    "cài ứng dụng VssID giả để chiếm đoạt tiền trong tài khoản. Nhiều người ở xã Càng Long và phường Long "
    "Châu đã mất từ năm triệu đến hai trăm triệu đồng chỉ trong một buổi sáng."
)
EDITED = STORY.replace("Nhiều người ở", "Đã có nhiều bà con tại").replace("chỉ trong một buổi sáng", "")
OTHER = (
    "Trung tâm y tế khu vực tổ chức tiêm vắc xin sởi miễn phí cho trẻ từ sáu đến chín tháng tuổi tại các "
    "trạm y tế xã, bắt đầu từ thứ hai tuần sau, phụ huynh mang theo sổ tiêm chủng của con."
)


def test_an_edited_copy_shares_a_bucket_and_another_story_none() -> None:
    story, edited, other = map(signature, (STORY, EDITED, OTHER))
    assert set(bands(story)) & set(bands(edited))
    assert not set(bands(story)) & set(bands(other))
    assert similarity(story, edited) > 0.6
    assert similarity(story, other) < 0.2
    assert jaccard(STORY, EDITED) > 0.6
    assert jaccard(STORY, OTHER) < 0.1


@quick
@given(wild, wild)
def test_likeness_goes_both_ways(one: str, other: str) -> None:
    a, b = signature(one), signature(other)
    assert similarity(a, b) == similarity(b, a)
    assert jaccard(one, other) == jaccard(other, one)
    assert 0 <= similarity(a, b) <= 1
    assert 0 <= jaccard(one, other) <= 1
    assert similarity(a, a) == 1
    assert bool(set(bands(a)) & set(bands(b))) == bool(set(bands(b)) & set(bands(a)))


@quick
@given(wild)
def test_the_signature_is_of_the_words_not_of_their_spelling(text: str) -> None:
    base = signature(unicodedata.normalize("NFC", text))
    assert base == signature(unicodedata.normalize("NFD", text))
    assert len(base) == 504
    assert [band for band, _ in bands(base)] == list(range(BANDS))
    assert all(-(2**63) <= bucket < 2**63 for _, bucket in bands(base))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [("", set()), ("Một", {"mot"}), ("Một, hai; BA", {"mot hai", "hai ba"}), ("a a a", {"a a"})],
)
def test_shingles(text: str, pairs: set[str]) -> None:
    assert shingles(text) == pairs


def test_the_estimate_is_close_to_the_true_share() -> None:
    for text in (EDITED, STORY[:200], OTHER):
        assert abs(similarity(signature(STORY), signature(text)) - jaccard(STORY, text)) < 0.15


def test_two_empty_texts_have_nothing_in_common() -> None:
    assert jaccard("", "…") == 0


@pytest.mark.parametrize("text", ENDLESS[:3], ids=lambda text: repr(text[:8]))
def test_the_longest_text_has_a_signature(text: str) -> None:
    assert len(signature(text)) == 504

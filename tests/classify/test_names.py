"""Names go where something announces a person; places, bodies, titles and kinship words stay (rule 1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.features import prepared, quick_terms
from classify.mask import Masker
from classify.text import normalise
from tests.classify.wild import wild


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("chị Nguyễn Thị Lan kêu đóng 2 triệu", "chị ‹tên› kêu đóng 2 triệu"),
        ("gặp anh Tuấn, cô Hoa nha", "gặp anh ‹tên›, cô ‹tên› nha"),
        ("em tên là Lan ở Trà Ôn", "em tên là ‹tên› ở Trà Ôn"),
        ("ký tên: Lê Văn Tám", "ký tên: ‹tên›"),
        ("BS. Trần Văn Hùng ở đường Nguyễn Huệ", "BS. ‹tên› ở đường Nguyễn Huệ"),
        ("bac si Tran Van Hung noi", "bac si ‹tên› noi"),
        ("chi nguyen thi lan ban rau", "chi ‹tên› ban rau"),
        ("CHỊ NGUYỄN THỊ LAN LỪA ĐẢO", "CHỊ ‹tên› LỪA ĐẢO"),
        ("chủ tài khoản NGUYEN VAN A", "chủ tài khoản ‹tên›"),
        ("Trân trọng,\nNguyễn Văn An", "Trân trọng,\n‹tên›"),
        ("ông Hai Phước với ông Hai", "ông ‹tên› với ông Hai"),
        ("thầy Sa Phal dặn", "thầy ‹tên› dặn"),
        ("Bị cáo Trần Văn K. lãnh án", "Bị cáo ‹tên›. lãnh án"),
        ("anh tuấn bán cá, chị hạnh phúc", "anh ‹tên› bán cá, chị hạnh phúc"),
        ("nhà tôi số 45/12 hẻm 3 đường Lê Lợi", "nhà tôi số ‹số nhà› đường Lê Lợi"),
    ],
)
def test_an_announced_name_is_gone(masker: Masker, text: str, left: str) -> None:
    masked = masker.mask(text)
    assert (masked.text, masked.tokens) == (left, ())
    assert masker.mask(masked.text) == masked


def test_a_contact_is_masked_with_its_number(masker: Masker) -> None:
    masked = masker.mask("liên hệ Minh 0912345678, liên hệ Bình Minh để biết")
    assert masked.text.startswith("liên hệ ‹tên› ‹phone·78·")
    assert masked.text.endswith(", liên hệ Bình Minh để biết")
    assert [token.kind for token in masked.tokens] == ["phone"]


KEPT = (
    "đường Nguyễn Huệ", "Bệnh viện Nguyễn Đình Chiểu", "huyện Trần Văn Thời", "xã Nguyễn Việt Khái",
    "phường Lê Bình",
    "trường THPT Lưu Văn Liệt", "Trường Tiểu học Nguyễn Du", "trường Phan Bội Châu", "đường Bà Triệu",
    "chợ Bà Chiểu",
    "cầu Ông Cộ", "tỉnh Bà Rịa - Vũng Tàu", "đảo Cô Tô", "huyện Côn Đảo", "núi Bà Đen", "chùa Ông Bổn",
    "quận Bình Thạnh",
    "phố Trần Hưng Đạo", "công viên Lê Thị Riêng", "hẻm 12 Phạm Hùng", "Đại học Nguyễn Tất Thành",
    "thành phố Hồ Chí Minh",
    "TP. Hồ Chí Minh", "cầu Mỹ Thuận", "bệnh viện Chợ Rẫy", "xã Càng Long", "huyện Ba Tri", "khu Bà Lụa",
    "sân bay Côn Sơn",
    "quảng trường Ba Đình", "bác sĩ", "bác sĩ Bệnh viện Đa khoa", "thầy cô trường Nguyễn Du", "anh em",
    "bà con", "cô bác",
    "anh chị em", "bà con cô bác xã Long Đức", "chị Hai", "ông Năm", "dì Út", "chú Ba bán vé số",
    "các chị Hội Phụ nữ",
    "chủ tịch xã", "Chủ tịch UBND tỉnh", "giám đốc Sở Y tế", "đại biểu Quốc hội", "bí thư Đoàn thanh niên",
    "Bác Hồ",
    "anh Công an xã", "cán bộ Trạm Y tế", "các em học sinh Khmer", "anh CSGT", "ông bà nội", "luật sư",
    "giáo viên Tiếng Anh",
    "nhân viên Ngân hàng Nhà nước", "trưởng ấp", "trưởng phòng Giáo dục", "công nhân Công ty May",
)  # fmt: skip
FRAMES = (
    "Nghe nói {} được phát gạo từ ngày 5/12, có thật không?", "Hôm qua {} có thông báo mới về thẻ bảo hiểm.",
    "Tin đồn về {} là không đúng", "Ai ở gần {} cho tui hỏi chút",
    "Sáng nay {} họp bàn chuyện tiêm ngừa cho trẻ em.",
)  # fmt: skip


def test_places_bodies_titles_and_kinship_words_stay(masker: Masker) -> None:
    sentences = [frame.format(kept) for kept in KEPT for frame in FRAMES]
    assert len(sentences) >= 300
    lost = [text for text in sentences if masker.mask(text).text != normalise(text)]
    assert len(lost) <= 0.02 * len(sentences), lost


@pytest.mark.parametrize(
    "text",
    [
        "liên hệ Ủy ban xã", "gặp Hà Nội mùa thu", "gọi Bình Minh", "di Nhat lam dieu duong",
        "cau My Thuan ket xe",
        "con so Hai", "cán bộ. Đăng ký ở xã", "chi Cuc thue hay Chi Cuc Thue", "tháng Tám",
        "nhà tôi 11 người",
        "nhà có 3 công dừa", "mỗi lớp 8 em. Đăng ký sớm", "ngủ 8 tiếng", "phạm tội", "dang ky", "em pham toi",
        "số 12 đường Lê Lợi phát quà", "UBND xã, địa chỉ: 15 đường Hùng Vương",
    ],
)  # fmt: skip
def test_everyday_words_are_no_names(masker: Masker, text: str) -> None:
    assert masker.mask(text).text.replace("chi ‹tên› thue", "chi Cuc thue") == normalise(text)


def test_the_gate_sees_no_sign_for_a_name(masker: Masker) -> None:
    masked = masker.mask("gặp chị Nguyễn Thị Lan để nhận 3 triệu").text
    assert prepared(masked).split() == prepared("gặp chị để nhận 3 triệu").split()
    assert quick_terms(masked) == quick_terms("gặp chị để nhận 3 triệu")


ANNOUNCED = st.lists(
    st.sampled_from(
        ["chị ", "Lan", "Nguyễn Thị ", "NGUYỄN ", "bác sĩ ", "tên là ", "ký tên:", "\n", " ", "lh ",
        "0912345678", "@Lan ",
         "đường ", "‹tên›", "‹", "nhà số 12/3 ", "a", "Hai ", "gặp ", "thị ", "văn "]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(ANNOUNCED | wild)
def test_masking_names_twice_is_masking_once(masker: Masker, text: str) -> None:
    once, edits = masker.mask_with_edits(normalise(text))
    assert masker.mask(once.text) == once
    built, at = "", 0
    for edit in edits:
        assert at <= edit.start < edit.end
        built += normalise(text)[at : edit.start] + edit.text
        at = edit.end
    assert normalise(built + normalise(text)[at:]) == once.text


@pytest.mark.parametrize(
    "piece", ["chị Lan ", "Nguyễn Thị ", "chị chị ", "ký tên: ", "A B ", "nhà số 1 ", "địa chỉ a "]
)
def test_the_longest_text_takes_no_longer_a_word(masker: Masker, piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    assert len(masker.mask(text).text) <= 300_000

# ruff: noqa: E501 -- a sentence stays on its line
"""The vocabulary and the sentences of the stream: patterns with places to fill, invented for this benchmark.

`{tên}` is an invented name, `{số}` and `{tiền}` figures, `{ngày}` a day of the month; other places are lists.
"""

CLAIMS: dict[str, tuple[str, ...]] = {
    "recruitment": (
        "Công ty {tên} tuyển {nghề} tại {nơi}, lương {tiền} một tháng, phải đóng {phí} trước khi nhận việc",
        "{cơ sở} {tên} nhận người làm {nghề} tại nhà, chỉ cần chuyển khoản {phí} giữ chỗ là được trả {tiền} mỗi ngày",
        "Đi lao động {nước} qua công ty {tên} không cần bằng cấp, chỉ nộp {phí} tiền cọc, lương {tiền} một tháng",
    ),
    "benefits": (
        "Từ ngày {ngày}, mỗi {hộ} ở {nơi} được nhận {tiền} tiền trợ cấp, muốn lãnh phải đóng {phí} phí hồ sơ",
        "Bảo hiểm xã hội chi thêm {tiền} cho {hộ}, ai không đăng ký qua đường link {tên} trước ngày {ngày} sẽ mất quyền lợi",
        "Người nghỉ hưu ở {nơi} phải nộp {phí} qua trang {tên} mới được tăng lương hưu thêm {tiền}",
    ),
    "health": (
        "Uống nước {cây} với {thứ} {số} ngày là khỏi hẳn bệnh {bệnh}, không cần uống thuốc",
        "Thuốc gia truyền {tên} chữa dứt {bệnh} sau {số} ngày, giá {phí} một hộp",
        "Vắc xin ngừa {bệnh} tiêm ở {nơi} làm trẻ bị liệt sau {số} ngày",
        "Ăn {cây} chung với {thứ} gây ngộ độc chết người, {số} người ở {nơi} đã nhập viện",
    ),
    "child_safety": (
        "Có nhóm đi xe {xe} bắt cóc trẻ em trước cổng trường ở {nơi}, đã có {số} cháu bị bắt trong ngày {ngày}",
        "Trò chơi {tên} trên mạng dụ trẻ em tự làm hại mình, {số} học sinh ở {nơi} đã làm theo",
        "Học sinh trường ở {nơi} được nghỉ học {số} ngày vì có người lạ phát kẹo tẩm thuốc mê mang tên {tên}",
    ),
    "women": (
        "Trung tâm môi giới {tên} giới thiệu phụ nữ ở {nơi} lấy chồng {nước}, nhà trai trả ngay {tiền} và bao vé máy bay",
        "Lao động nữ ở {nơi} nghỉ thai sản quá {số} ngày sẽ bị cắt toàn bộ trợ cấp thai sản",
        "Phụ nữ mang thai ở {nơi} phải nộp {phí} mới được hưởng chế độ thai sản từ ngày {ngày}",
    ),
    "disability": (
        "Người khuyết tật ở {nơi} sẽ bị cắt trợ cấp hằng tháng nếu không nộp {phí} trước ngày {ngày}",
        "Máy {tên} giúp người khiếm thính nghe lại bình thường sau {số} ngày, giá {tiền}",
        "Dầu {tên} chữa khỏi bại liệt cho người khuyết tật sau {số} lần xoa",
    ),
    "ethnic_services": (
        "Đồng bào Khmer ở {nơi} phải đóng {phí} mới được cấp thẻ bảo hiểm y tế từ ngày {ngày}",
        "Trường dân tộc nội trú ở {nơi} bỏ dạy tiếng Khmer từ ngày {ngày}, học sinh phải nộp {phí} để chuyển trường",
        "Hộ dân tộc thiểu số ở {nơi} không còn được hỗ trợ {tiền} tiền học nếu chưa khai trên ứng dụng {tên}",
    ),
    "legal_identity": (
        "Tài khoản định danh chưa cập nhật ứng dụng {tên} sẽ bị khóa từ ngày {ngày}, phí mở lại là {phí}",
        "Người dân ở {nơi} nhận giấy phạt nguội phải chuyển {phí} vào số tài khoản ghi trong tin nhắn của {tên}",
        "Căn cước cấp trước ngày {ngày} hết giá trị, ai không đổi qua trang {tên} sẽ bị phạt {tiền}",
    ),
    "disaster": (
        "Đập {tên} sắp vỡ, nước sẽ tràn về {nơi} trong {số} giờ tới",
        "Bão số {cơn} đổi hướng vào {nơi} ngày {ngày}, gió giật cấp {cấp}, người dân phải rời nhà trong {số} giờ",
        "Cầu {tên} ở {nơi} bị sập lúc {giờ} giờ sáng ngày {ngày}, {số} xe rơi xuống sông",
        "Độ mặn ở {nơi} lên {số} phần nghìn từ ngày {ngày}, nước máy sẽ bị cắt {cấp} ngày",
    ),
}
OTHER: tuple[str, ...] = (
    "Đội bóng {tên} thắng đội {tên} với tỉ số {cấp}-1 trên sân {nơi}",
    "Vườn {cây} của gia đình ở {nơi} cho thu hoạch {số} tấn, thương lái đến tận nơi xem",
    "Đêm hội {tên} thu hút {số} du khách đến nghe đờn ca tài tử bên bờ sông",
    "Tác giả bộ phim {tên} cho biết cảnh quay ở {nơi} mất {số} ngày",
    "Giống {cây} mới được trồng thử trên {số} công đất ở {nơi}",
    "Quán {thứ} {tên} mở cửa từ {giờ} giờ sáng, khách quen thường ngồi ở hàng hiên",
    "Cuộc đua ghe ngo năm nay có {số} đội, đội {tên} về nhất sau {cấp} vòng",
    "Ca sĩ {tên} trở lại sân khấu {nơi} với {số} bài hát mới",
    "Người thợ đan lát ở {nơi} làm nghề đã {số} năm, mỗi ngày được {cấp} chiếc giỏ",
    "Sách về làng nghề {tên} dày {số} trang, kèm nhiều ảnh chụp cũ",
    "Bảo tàng {tên} bày {số} chiếc ghe, xuồng và nông cụ của miền Tây",
    "Hai vận động viên ở {nơi} giành huy chương môn {môn} hạng {số} ki lô gam",
)
BACKGROUND: tuple[str, ...] = (
    "Bài viết kèm {cấp} tấm ảnh không rõ chụp ở đâu",
    "Nội dung được chia sẻ lại nhiều lần trong ngày {ngày}",
    "Tin được nhắc tới ở {nơi} và mấy xã lân cận",
    "Đoạn ghi âm dài {số} giây không có tiếng người quen",
    "Hình minh họa giống một tấm ảnh đã đăng {cấp} năm trước",
    "Buổi sáng ở {nơi} trời nhiều mây, chợ họp đông như thường lệ",
    "Tên {tên} xuất hiện {cấp} lần trong bài",
)
OPENERS = (
    "",
    "",
    "",
    "Tin lan truyền: ",
    "Nhiều người chuyển tiếp: ",
    "Cảnh báo: ",
    "Nghe nói ",
    "Tin nóng: ",
)
TAILS = (
    "",
    "",
    "",
    ", mọi người chú ý",
    ", xin chia sẻ cho nhiều người biết",
    ", có thật không",
    " đó bà con",
)
SAME = {
    "người dân": "bà con",
    "chuyển khoản": "chuyển tiền",
    "trẻ em": "trẻ nhỏ",
    "phải đóng": "phải nộp",
    "phải nộp": "phải đóng",
    "không cần": "khỏi cần",
    "nhiều": "rất nhiều",
    "sau": "chỉ sau",
    "một tháng": "mỗi tháng",
    "được nhận": "được lãnh",
}
"""What an editor of a near-copy writes instead; the meaning stays."""

LISTS: dict[str, tuple[str, ...]] = {
    "nghề": (
        "công nhân may", "thợ hàn", "phụ bếp", "bán hàng", "xâu chuỗi hạt", "dán bao thư", "đóng gói kẹo",
        "gấp hộp giấy", "giữ trẻ", "lái xe tải", "bốc xếp", "đan lục bình", "chốt đơn", "lột hành", "cạo vỏ dừa",
        "nhập liệu", "tạp vụ", "phục vụ bàn", "đánh giá khách sạn", "xem phim tính tiền",
    ),
    "cơ sở": ("Xưởng", "Cửa hàng", "Cơ sở", "Trung tâm", "Tổ hợp tác", "Chi nhánh"),
    "nước": (
        "Nhật Bản", "Hàn Quốc", "Đài Loan", "Úc", "Canada", "Đức", "Campuchia", "Trung Quốc", "Singapore",
        "Malaysia", "Ba Lan", "New Zealand",
    ),
    "hộ": (
        "hộ nghèo", "hộ cận nghèo", "người cao tuổi", "học sinh nghèo", "hộ bị thiệt hại do bão",
        "người nuôi con nhỏ", "người già neo đơn", "người bán vé số", "lao động mất việc", "gia đình có công",
    ),
    "cây": (
        "lá sa kê", "lá đu đủ", "rễ nhàu", "hạt bơ", "lá mãng cầu", "nấm linh chi", "củ sả", "trái khổ qua",
        "lá xoài non", "vỏ bưởi", "đậu bắp", "cây lược vàng", "lá ổi", "gừng tươi", "nghệ đen", "tỏi đen",
        "hạt é", "rau má", "lá dứa", "trái cau", "măng cụt", "sầu riêng", "chôm chôm", "thanh trà",
    ),
    "thứ": (
        "mật ong", "muối hột", "giấm gạo", "nước dừa", "sữa đặc", "rượu trắng", "chanh", "đường phèn", "tiêu sọ",
        "trứng vịt", "cà phê", "trà xanh", "nước mía", "hột gà", "cua đồng", "tôm khô", "bột nếp", "dầu dừa",
    ),
    "bệnh": (
        "tiểu đường", "ung thư", "cao huyết áp", "sốt xuất huyết", "viêm gan", "thoái hóa khớp", "đột quỵ", "gút",
        "tay chân miệng", "suy thận", "bệnh dại", "viêm xoang", "sỏi thận", "lao phổi", "hen suyễn", "cúm",
        "thủy đậu", "bại liệt", "viêm phổi", "dịch tả",
    ),
    "xe": ("bảy chỗ màu đen", "tải nhỏ", "máy không biển số", "cứu thương giả", "bán kem", "hơi màu trắng"),
    "môn": ("vovinam", "cử tạ", "điền kinh", "đua thuyền", "bi sắt", "cầu mây", "võ cổ truyền", "đẩy gậy"),
    "xã": (
        "An Bình", "Bình Phước", "Long Hồ", "Phú Quới", "Nhơn Phú", "Cái Nhum", "Tân Long Hội", "Trung Thành",
        "Quới Thiện", "Hiếu Phụng", "Hiếu Thành", "Lục Sĩ Thành", "Trà Ôn", "Hòa Bình", "Vĩnh Xuân", "Tam Bình",
        "Ngãi Tứ", "Song Phú", "Cái Ngang", "Tân Quới", "Tân Lược", "Mỹ Thuận", "Càng Long", "An Trường",
        "Nhị Long", "Châu Thành", "Song Lộc", "Hưng Mỹ", "Cầu Kè", "Phong Thạnh", "An Phú Tân", "Tam Ngãi",
        "Tiểu Cần", "Tân Hòa", "Hùng Hòa", "Tập Ngãi", "Cầu Ngang", "Mỹ Long", "Vinh Kim", "Nhị Trường",
        "Trà Cú", "Lưu Nghiệp Anh", "Đại An", "Hàm Giang", "Duyên Hải", "Long Hữu", "Đông Hải", "Ba Tri",
        "Giồng Trôm", "Mỏ Cày", "Thạnh Phú", "Bình Đại", "Chợ Lách", "Tân Phú", "Lộc Thuận", "Thới Thuận",
    ),
    "vùng": ("xã", "ấp", "chợ", "bến phà", "thị trấn", "khu dân cư", "cụm công nghiệp"),
}  # fmt: skip

HEADS = (
    "b", "c", "ch", "d", "đ", "gi", "h", "kh", "l", "m", "n", "nh", "ph", "qu", "t", "th", "tr", "v", "x", "s",
)  # fmt: skip
RHYMES = (
    "an", "anh", "ang", "âm", "ân", "âu", "em", "ên", "iên", "iêm", "inh", "oan", "oai", "ong", "ông", "ơn",
    "uân", "uyên", "ưng", "ương", "ai", "ao", "ay", "ia", "oa", "ô", "ơ", "ưa", "ưu", "yên",
)  # fmt: skip
"""Syllables of invented names: all of them without a tone mark, so that every one can be pronounced."""

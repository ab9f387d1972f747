"""Vietnamese names of the closed word lists, as pages show them."""

from models.vocabulary import (
    AppealState,
    ClaimState,
    CopyOutcome,
    EntryKind,
    EvidenceKind,
    ModelState,
    Opinion,
    Outcome,
    Role,
    SourceKind,
)

OPINIONS = {
    Opinion.FALSE: "Sai sự thật",
    Opinion.MISLEADING: "Gây hiểu lầm",
    Opinion.UNPROVEN: "Chưa có bằng chứng",
    Opinion.TRUE: "Đúng",
    Opinion.NOT_A_CLAIM: "Không phải điều kiểm chứng được",
    Opinion.NOT_OURS: "Không thuộc việc của bàn tin (xóa ngay)",
}
OPINION_HELP = {
    Opinion.FALSE: "Nguồn gốc bác bỏ rõ ràng.",
    Opinion.MISLEADING: "Có phần đúng, nhưng làm người đọc hiểu sai.",
    Opinion.UNPROVEN: "Chưa đủ nguồn để nói đúng hay sai; không tính là sai.",
    Opinion.TRUE: "Nguồn gốc xác nhận.",
    Opinion.NOT_A_CLAIM: "Câu hỏi, lời chào, tin không nêu điều gì kiểm chứng được.",
    Opinion.NOT_OURS: "Ý kiến, phê bình, chuyện riêng, ngoài chín chủ đề. Sau mười giây thì bị xóa hẳn.",
}
LABELS = {**OPINIONS, Opinion.NOT_OURS: "Không thuộc việc của bàn tin"}
LABEL_HELP = {
    **OPINION_HELP,
    Opinion.NOT_OURS: "Ý kiến, phê bình, chuyện riêng, ngoài chín chủ đề. Nhãn này không xóa gì.",
}
STATES = {
    ClaimState.NEW: "Mới đọc",
    ClaimState.QUEUED: "Chờ ý kiến thứ nhất",
    ClaimState.SECOND: "Chờ ý kiến thứ hai",
    ClaimState.THIRD: "Hai ý kiến khác nhau, chờ thêm",
    ClaimState.AGREED: "Đã thống nhất, chờ công bố",
    ClaimState.DECIDED: "Đã trả lời",
    ClaimState.CLOSED: "Đã đóng, không có gì để kiểm chứng",
}
TIP_STATES = {
    ClaimState.NEW: "Đã nhận, đang chờ đọc.",
    ClaimState.QUEUED: "Đang chờ thẩm định.",
    ClaimState.SECOND: "Đang được hai người thẩm định.",
    ClaimState.THIRD: "Đang được thẩm định thêm.",
    ClaimState.AGREED: "Đã có kết luận, câu trả lời sắp được đăng.",
    ClaimState.DECIDED: "Đã được trả lời.",
    ClaimState.CLOSED: "Hai người thẩm định thấy không có điều gì để kiểm chứng.",
}
ROLES = {
    Role.ANALYST: "Thẩm định viên",
    Role.LEAD: "Trưởng nhóm",
    Role.AUDITOR: "Kiểm toán viên",
    Role.ADMIN: "Quản trị",
}
SOURCE_KINDS = {
    SourceKind.NEWSPAPER: "Báo",
    SourceKind.BROADCASTER: "Phát thanh – truyền hình",
    SourceKind.PUBLIC_BODY: "Cơ quan nhà nước",
    SourceKind.HEALTH: "Cơ sở y tế",
    SourceKind.FACT_CHECKER: "Đơn vị kiểm chứng",
    SourceKind.ASSOCIATION: "Hội, hiệp hội",
}
ENTRY_KINDS = {
    EntryKind.FEED: "RSS, Atom hay JSON Feed",
    EntryKind.SITEMAP: "sơ đồ trang",
    EntryKind.LISTING: "trang danh mục",
    EntryKind.CLAIM_REVIEW: "bài kiểm chứng (ClaimReview)",
}
EVIDENCE_KINDS = {EvidenceKind.PRIMARY: "Nguồn gốc", EvidenceKind.INDEPENDENT: "Nguồn độc lập"}
COPY_OUTCOMES = {
    CopyOutcome.WAITING: "chưa mở trang để tìm câu trích",
    CopyOutcome.FOUND: "đã thấy câu trích",
    CopyOutcome.MISSING: "chưa thấy câu trích",
    CopyOutcome.UNREAD: "không mở được trang",
}
APPEAL_STATES = {
    AppealState.OPEN: "Đang xét",
    AppealState.UPHELD: "Giữ nguyên kết luận",
    AppealState.CHANGED: "Đã đổi kết luận",
}
APPEAL_STATES_EN = {
    AppealState.OPEN: "Open",
    AppealState.UPHELD: "Rating kept",
    AppealState.CHANGED: "Rating changed",
}
MODEL_STATES = {
    ModelState.CANDIDATE: "Chờ người duyệt",
    ModelState.CHAMPION: "Đang dùng",
    ModelState.RETIRED: "Đã nghỉ",
    ModelState.REFUSED: "Không qua cổng an toàn",
}
OUTCOMES = {
    Outcome.KEPT: "giữ lại",
    Outcome.NOT_OURS: "không thuộc việc",
    Outcome.DUPLICATE: "trùng",
    Outcome.UNCHANGED: "không đổi",
    Outcome.EMPTY: "trang rỗng",
    Outcome.ROBOTS: "robots.txt cấm",
    Outcome.REFUSED_ADDRESS: "địa chỉ bị từ chối",
    Outcome.HTTP_ERROR: "lỗi HTTP",
    Outcome.TIMEOUT: "hết giờ",
    Outcome.NETWORK_ERROR: "lỗi mạng",
    Outcome.CERTIFICATE: "chứng thư lỗi",
    Outcome.BLOCKED: "bị chặn",
    Outcome.MOVED: "đã dời đi",
    Outcome.TOO_LARGE: "quá lớn",
    Outcome.PARSE_ERROR: "không đọc được",
    Outcome.FEED_READ: "đã đọc mục lục",
    Outcome.NOT_HTML: "không phải trang",
    Outcome.QUARANTINED: "cách ly",
}
SCORE_BANDS = {
    "unscored": "chưa có điểm",
    "score-00-50": "nửa dưới",
    "score-50-80": "từ 50% đến 80%",
    "score-80-95": "từ 80% đến 95%",
    "score-95-100": "5% cao nhất",
}
TOKEN_KINDS = {
    "phone": "số điện thoại",
    "citizen_id": "số căn cước",
    "bank_account": "số tài khoản",
    "email": "thư điện tử",
    "plate": "biển số xe",
    "handle": "tên tài khoản mạng",
    "url": "địa chỉ mạng",
}
ACTIONS = {
    "review": "thẩm định",
    "defer": "hoãn",
    "review_taken_back": "lấy lại ý kiến trong mười giây",
    "review_not_taken": "ý kiến không ghi được nữa, trả về bản nháp",
    "publish": "công bố",
    "revise": "đăng bản sửa",
    "appeal": "nhận khiếu nại",
    "appeal_upheld": "khiếu nại: giữ nguyên",
    "appeal_changed": "khiếu nại: đổi kết luận",
    "erase_not_ours": "xóa vì không thuộc việc",
    "source_add": "thêm nguồn",
    "source_on": "bật nguồn",
    "source_off": "tắt nguồn",
    "source_rest": "cho nguồn nghỉ",
    "account_add": "tạo tài khoản",
    "account_disable": "khóa tài khoản",
    "account_password": "đặt lại mật khẩu",
    "account_role": "đổi vai trò",
    "model_candidate": "huấn luyện mô hình, chờ duyệt",
    "model_refused": "mô hình không qua cổng an toàn",
    "model_promote": "đưa mô hình vào dùng",
    "model_rollback": "quay lại mô hình trước",
    "model_canary": "chạy thử mô hình trên một phần hàng đợi",
    "model_canary_end": "ngừng chạy thử mô hình",
    "labels_withdraw": "rút nhãn của một người khỏi huấn luyện",
    "labels_readmit": "dùng lại nhãn của một người",
    "audit_draw": "rút mẫu kiểm toán",
    "independent_draw": "rút mẫu kiểm toán độc lập",
    "independent_label": "gắn nhãn kiểm toán độc lập",
    "queue_resume": "cho máy xếp hàng trở lại",
    "order_on": "cho thứ tự học từ kết luận mới",
    "order_off": "dừng học từ kết luận mới",
    "reason_answer": "nói một lý do xếp hàng là không đúng",
    "commit_seed": "cam kết hạt giống rút mẫu",
    "close_figures": "chốt số liệu tuần",
    "erase": "xóa theo hạn lưu giữ",
    "known_rerated": "kiểm chứng của nơi khác đổi xếp loại",
    "known_gone": "trang của nơi khác không còn kiểm chứng này",
    "link_dead": "địa chỉ không còn trả lời",
    "link_alive": "địa chỉ trả lời lại",
    "seed_make": "viết câu thử",
    "evidence_looked": "mở trang nguồn, tìm câu trích",
}

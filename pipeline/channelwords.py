"""What a messaging channel answers, once, to whoever wrote; no other message is ever sent."""

ACCEPTED = (
    "Cảm ơn bạn, tin đã được nhận. Mã của tin:\n{receipt}\n"
    "Dùng mã này để theo dõi hoặc xóa tin tại {address}. "
    "Bàn tin không lưu bạn là ai và sẽ không nhắn gì thêm; bạn có thể xóa cuộc trò chuyện này."
)
NOT_OURS = (
    "Tin này không thuộc việc của bàn tin và đã bị bỏ ngay, không có gì được giữ lại. "
    "Nếu tin có nêu một điều cụ thể kiểm chứng được, hãy gửi riêng câu đó."
)
NO_TEXT = (
    "Bàn tin chỉ đọc chữ: ảnh, tệp, giọng nói, danh bạ và vị trí không được mở. "
    "Hãy gõ lại lời của tin rồi gửi."
)
TOO_LONG = "Tin quá dài. Hãy gửi riêng những câu cần kiểm chứng."
GREETING = (
    "Hãy dán hoặc gõ tin cần kiểm chứng. Bàn tin không hỏi và không lưu bạn là ai; "
    "đừng ghi tên hay số điện thoại của bạn."
)
LIMITED = "Bạn gửi nhiều tin trong thời gian ngắn. Hãy thử lại sau mười phút; tin vừa rồi chưa được nhận."

"""Vietnamese lines for what goes wrong with accounts, codes, tokens, subscriptions and the API."""

from collections.abc import Sequence

_CODE = "Mã không đúng, hoặc đã dùng rồi. Hãy chờ mã kế tiếp."

ROWS: Sequence[tuple[str, str, str | None]] = (
    (r"second factor: is set up already", "Mã xác thực đã được cài.", None),
    (r"second factor: nothing waits to be set up", "Chưa có gì để xác nhận; hãy bắt đầu cài lại.", None),
    (r"second factor: is not set up", "Tài khoản này chưa có mã xác thực.", None),
    (
        r"second factor: was sealed with another key; .*",
        "Khóa của bàn tin đã đổi nên mã xác thực không đọc được; quản trị phải bỏ nó.",
        None,
    ),
    (
        r"second factor: yours goes with a code, .*",
        "Mã xác thực của chính bạn thì bỏ ở trang tài khoản của bạn, bằng một mã.",
        None,
    ),
    (r"\S+: \S+ is none of \S+, .*", "Thiết lập này không đúng; hãy xem tài liệu vận hành.", None),
    (r"language: choose one", "Hãy chọn một ngôn ngữ.", None),
    (r"code: is not the one that the app shows now", _CODE, "code"),
    (
        r"name: say in 1 to (\d+) characters what the token is for",
        r"Hãy ghi khóa dùng để làm gì, từ 1 đến \1 ký tự.",
        "name",
    ),
    (r"days: 1 to (\d+)", r"Số ngày: từ 1 đến \1.", "days"),
    (r"tokens: (\d+) are open, revoke one first", r"Đã có \1 khóa đang mở; hãy thu hồi bớt.", None),
    (r"there is no such (page|token|subscription|account)", "Không có trang này.", None),
    (r"url: is subscribed already", "Địa chỉ này đã có trong danh sách.", "url"),
    (r"url: only https is sent to", "Địa chỉ phải bắt đầu bằng https://.", "url"),
    (r"url: (.*)", r"Địa chỉ này không gửi tới được (\1).", "url"),
    (
        r"web\.public_url: set it first, .*",
        "Hãy đặt web.public_url trước: nơi nhận cần địa chỉ của trang này.",
        None,
    ),
    (r"subscriptions: (\d+) are the most", r"Nhiều nhất là \1 nơi nhận.", None),
    (r"after: .*", "Chỗ bắt đầu (after) không đúng.", None),
    (r"topic: is none of the nine", "Chủ đề không thuộc chín chủ đề.", None),
    (r"limit: 1 to (\d+)", r"Số lượng (limit): từ 1 đến \1.", None),
    (r"q: 1 to (\d+) characters", r"Hãy gõ từ 1 đến \1 ký tự để tìm.", "q"),
    (r"reason: must be a text", "Lý do phải là chữ.", "reason"),
    (r"body: .*", "Nội dung gửi lên không đúng dạng.", None),
)

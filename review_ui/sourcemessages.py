"""Vietnamese lines for what the source registry refuses, each with the field that it is about."""

from collections.abc import Sequence

_PERSONAL = "Địa chỉ là của một tài khoản, nhóm hay trang cá nhân (quy tắc 4): chỉ nhận tổ chức xuất bản."

# why an address can be no source, as the guard of the fetcher says it
_REFUSALS = {
    "the address is too long or holds a forbidden character": "Địa chỉ quá dài hoặc có ký tự lạ.",
    "only http and https are fetched": "Địa chỉ phải bắt đầu bằng http:// hoặc https://.",
    "the address holds a user name or password": "Địa chỉ không được chứa tên đăng nhập hay mật khẩu.",
    "the host or port cannot be read": "Không đọc được tên miền của địa chỉ.",
    "this local host has another port": "Không đọc được tên miền của địa chỉ.",
    "the host is a raw IP address": "Địa chỉ phải là tên miền của tổ chức, không phải dãy số IP.",
    "the host cannot be read": "Không đọc được tên miền của địa chỉ.",
    "the host is not a public name": "Tên miền này không công khai trên mạng.",
    "only ports 80 and 443 are fetched": "Chỉ đọc cổng 80 và 443, không đọc cổng khác.",
    "the host is .*": "Đây là mạng xã hội, ứng dụng nhắn tin, trang cá nhân hay nơi chia sẻ tệp, "
    "không phải trang của một tổ chức xuất bản (quy tắc 4).",
    r"the address is that of an account, group or profile \(rule 4\)": _PERSONAL,
}
_SITE = r"(?:\S+|the new source:\d+: (?:homepage|url)): "

SOURCE_ROWS: Sequence[tuple[str, str, str | None]] = (
    *((f"{_SITE}{problem}", line, "url") for problem, line in _REFUSALS.items()),
    (
        r"\S+: no feed, sitemap or list of articles was found",
        "Trang này không có RSS, sơ đồ trang hay danh mục bài nào đọc được.",
        "url",
    ),
    (
        r"the new source:\d+: id: .*",
        "Mã nguồn: 2 đến 40 ký tự, gồm chữ thường a–z, chữ số và gạch nối.",
        "source-id",
    ),
    (r"the new source:\d+: name: .*", "Tên nguồn: từ 1 đến 120 ký tự.", "name"),
    (r"the new source:\d+: (\w+): .*", r"Danh sách nguồn không nhận ô này: \1.", None),
    (
        r"source (\S+): is in .* already; choose another with --id",
        r"Mã “\1” đã có trong danh sách nguồn: hãy chọn mã khác.",
        "source-id",
    ),
    (
        r"source .*: never read yet; .*",
        "Nguồn này chưa đọc thử được lần nào: hãy bấm “Đọc thử” trước khi bật.",
        None,
    ),
    (r"source .*: not in .*", "Nguồn này không còn trong sources.toml.", None),
    (
        r"source .*: set `enabled` by hand; .*",
        "sources.toml được viết theo cách máy không sửa được: hãy sửa tay trên máy chủ.",
        None,
    ),
    (
        r".*: no source registry here; .*",
        "Máy chủ chưa có tệp sources.toml: hãy chạy kiemchung init trên máy chủ.",
        None,
    ),
    (
        r"setting crawl\.contact_url: .*",
        "Hãy đặt crawl.contact_url trước: trang giới thiệu máy đọc của bàn tin.",
        None,
    ),
    (r"rest: 0 to (\d+) days", r"Số ngày nghỉ: từ 0 đến \1.", "days"),
    (r"kind: choose one", "Hãy chọn loại tổ chức.", "kind"),
    (r"entries: choose at least one", "Hãy chọn ít nhất một mục để đọc.", "muc"),
    (r"another site is being looked at; .*", "Đang dò một trang khác: hãy thử lại sau một phút.", None),
    (r"no such source", "Không có nguồn này.", None),
)

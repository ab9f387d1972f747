"""The desk's keys: one table that the `?` window shows, and that the tests hold the pages and scripts to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shortcut:
    """Keys that do one thing; `marked` if the page marks what they press with `data-key`."""

    keys: tuple[str, ...]
    does: str
    where: str
    marked: bool = True


EVERYWHERE, QUEUE, CLAIM = "Mọi trang", "Hàng đợi", "Trang thẩm định"
SHORTCUTS = (
    Shortcut(("?",), "mở bảng này", EVERYWHERE, marked=False),
    Shortcut(("g", "q"), "về hàng đợi", EVERYWHERE, marked=False),
    Shortcut(("u",), "lấy lại quyết định vừa ghi, trong mười giây", EVERYWHERE),
    Shortcut(("j", "k"), "điều sau, điều trước", QUEUE, marked=False),
    Shortcut(("Enter",), "mở điều đang chọn; điều đầu tiên nếu chưa chọn", QUEUE, marked=False),
    Shortcut(("f",), "tới bộ lọc", QUEUE),
    Shortcut(("/",), "tìm trong hàng đợi", QUEUE),
    Shortcut(("m",), "trang sau của hàng đợi", QUEUE),
    Shortcut(("1", "2", "3", "4", "5", "6"), "chọn ý kiến; gắn nhãn khi kiểm toán", CLAIM),
    Shortcut(("7", "8", "9"), "chọn lý do có sẵn", CLAIM),
    Shortcut(("r",), "tới ô lý do", CLAIM),
    Shortcut(("e",), "tới bằng chứng", CLAIM),
    Shortcut(("y",), "tới nút xác nhận đề xuất; Enter để ghi", CLAIM),
    Shortcut(("b",), "cùng quyết định những điều trùng nhau", CLAIM),
    Shortcut(("d",), "hoãn điều này", CLAIM),
    Shortcut(("n",), "điều tiếp theo chưa có ai xem", CLAIM),
    Shortcut(("Enter",), "ghi ý kiến, khi đang ở một lựa chọn", CLAIM, marked=False),
)


def groups() -> dict[str, list[Shortcut]]:
    """The table by page, in its order."""
    found: dict[str, list[Shortcut]] = {}
    for one in SHORTCUTS:
        found.setdefault(one.where, []).append(one)
    return found

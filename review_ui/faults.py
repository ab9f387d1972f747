"""Every fault becomes a page, in the language asked for, that says what to do. One table of errors."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from models.errors import ConflictError, KiemChungError, NotFoundError, StoreError, UsageError
from models.session import is_away, is_full
from review_ui import stafflanguage
from review_ui.errors import (
    CrossSiteError,
    ForbiddenError,
    MediaTypeError,
    MustChangeError,
    MustEnrolError,
    NotSignedInError,
    TooLargeError,
    TooManyError,
)
from review_ui.messages import translate
from review_ui.pages import Site, language_of, render
from review_ui.problems import is_api, problem
from review_ui.security import NO_STORE


@dataclass(frozen=True)
class Fault:
    """How one kind of error is shown: status, headline and what to do; `told` shows the error's own line."""

    status: int
    title: str
    advice: str
    told: bool = False


BROKEN = Fault(
    500,
    "Có lỗi trong máy chủ",
    "Lỗi này là của chúng tôi, không phải của bạn. Hãy thử lại sau ít phút; chưa có gì được ghi dở dang.",
)
_BUSY = Fault(503, "Máy chủ đang bận", "Hãy thử lại sau một phút. Chưa có gì được ghi dở dang.")
_FULL = Fault(
    507,
    "Máy chủ hết chỗ chứa",
    "Hiện chưa nhận thêm được; các trang vẫn đọc được. Chưa có gì được ghi dở dang. Hãy thử lại sau.",
)
# the first row that fits counts: special errors stand before their base
_TABLE: tuple[tuple[type[Exception], Fault], ...] = (
    (NotSignedInError, Fault(401, "Bạn chưa đăng nhập", "Phiên làm việc đã hết. Hãy đăng nhập rồi làm lại.")),
    (
        MustChangeError,
        Fault(403, "Cần đổi mật khẩu", "Hãy tự chọn mật khẩu của bạn, rồi mới làm việc tiếp."),
    ),
    (
        MustEnrolError,
        Fault(403, "Cần cài lớp bảo vệ thứ hai", "Hãy mở trang tài khoản của bạn và cài mã xác thực."),
    ),
    (
        ForbiddenError,
        Fault(403, "Bạn không có quyền này", "Vai trò của bạn không làm việc này."),
    ),
    (
        CrossSiteError,
        Fault(403, "Biểu mẫu không được nhận", "Hãy mở lại trang của chúng tôi, rồi gửi lại từ đó."),
    ),
    (TooManyError, Fault(429, "Gửi quá nhanh", "Đã có quá nhiều lần thử. Hãy chờ mười phút rồi thử lại.")),
    (
        MediaTypeError,
        Fault(415, "Kiểu dữ liệu không đúng", "Hãy gửi application/json; không nhận tệp."),
    ),
    (TooLargeError, Fault(413, "Nội dung quá lớn", "Hãy gửi phần chính thôi.")),
    (
        NotFoundError,
        Fault(404, "Không tìm thấy", "Nội dung đã được xóa, hoặc địa chỉ gõ sai.", told=True),
    ),
    (
        ConflictError,
        Fault(409, "Việc này không làm được nữa", "Hãy quay lại để xem tình trạng mới nhất.", told=True),
    ),
    (UsageError, Fault(422, "Chưa nhận được", "Hãy quay lại, sửa rồi gửi lại.", told=True)),
    (StoreError, _BUSY),
    (KiemChungError, Fault(503, "Chưa làm được", "Hãy thử lại sau ít phút; nếu vẫn vậy, hãy báo quản trị.")),
)
_HTTP = {
    404: Fault(404, "Không có trang này", "Địa chỉ có thể gõ sai, hoặc trang đã được chuyển đi."),
    410: Fault(410, "Trang này đã được gỡ hẳn", "Nội dung không còn nữa và sẽ không trở lại."),
    501: Fault(501, "Không có ở dạng này", "Hãy dùng dạng JSON."),
    405: Fault(405, "Không mở được cách này", "Hãy vào từ trang chủ."),
}
_PLAIN = Fault(400, "Yêu cầu không đọc được", "Hãy vào từ trang chủ.")


def shown() -> list[Fault]:
    """Every fault that a visitor may see."""
    return [BROKEN, _FULL, _PLAIN, *_HTTP.values(), *(fault for _, fault in _TABLE)]


def fault_of(error: Exception) -> Fault:
    """How an error is shown; anything unknown is our own fault."""
    if isinstance(error, HTTPException):
        return _HTTP.get(error.status_code, _PLAIN)
    if is_full(error) or (error.__cause__ is not None and is_full(error.__cause__)):
        return _FULL
    if is_away(error):
        return _BUSY
    return next((fault for kind, fault in _TABLE if isinstance(error, kind)), BROKEN)


def fault_page(site: Site, request: Request, error: Exception) -> Response:
    """The page of an error; a reader who is not signed in is led to the sign-in page and back."""
    to_read = request.method in {"GET", "HEAD"} and not is_api(request)
    if isinstance(error, MustChangeError) and to_read:
        return RedirectResponse("/mat-khau", 303, headers={"cache-control": NO_STORE})
    if isinstance(error, MustEnrolError) and to_read:
        return RedirectResponse("/tai-khoan-cua-toi", 303, headers={"cache-control": NO_STORE})
    if isinstance(error, NotSignedInError) and to_read:
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        door = f"/dang-nhap?ve={quote(back, safe='')}"
        tag = stafflanguage.asked(request)
        return RedirectResponse(
            f"{door}&lang={tag}" if tag else door, 303, headers={"cache-control": NO_STORE}
        )
    fault = fault_of(error)
    language = language_of(request)
    detail = translate(error, language).text if fault.told and str(error) else None
    shown = {"fault": fault, "detail": detail, "path": "/"}
    status = error.status_code if isinstance(error, HTTPException) else fault.status
    if is_api(request):
        line = translate(error).text if detail else fault.advice
        return problem(status, fault.title, line, str(error) if fault.told else "")
    headers = {"cache-control": NO_STORE}
    if isinstance(error, HTTPException) and error.headers:
        headers |= {name.lower(): value for name, value in error.headers.items()}
    return HTMLResponse(render(site, "public/fault.html", shown, language), status, headers=headers)

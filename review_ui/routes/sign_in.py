"""Signing in and out, and one's own password."""

import logging
import re

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import UsageError
from pipeline import accounts, second_factor
from pipeline.compose import Desk
from review_ui import entering, sessions, stafflanguage
from review_ui.errors import TooManyError
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, localized, me_of, said, site_of, staff_page

routes = Routes()
log = logging.getLogger("kiemchung.web")
_BACK = re.compile(
    r"/(?:ban-lam-viec|khang-nghi|nguon/suc-khoe|mo-hinh|tai-khoan|nhat-ky/noi-bo|mat-khau|bang-quyen|nguoi-nhan)[a-zA-Z0-9_/?=&-]{0,200}"
)


def safe_back(path: str) -> str | None:
    """A page of the desk to go back to after signing in, or None: never another site's."""
    return path if _BACK.fullmatch(path) else None


@routes.page("/dang-nhap")
def sign_in_form(request: Request) -> Response:
    """The sign-in form."""
    back = safe_back(request.query_params.get("ve", "")) or ""
    return entering.first_page(request, back=back)


@routes.form("/dang-nhap")
def sign_in(request: Request, form: Posted) -> Response:
    """Check name and password; the answer is the same whether the account exists or not."""
    form.take("username", "password", "back")
    if not site_of(request).throttle.sign_in(form["username"]):
        raise TooManyError("too many tries")
    staff = accounts.sign_in(desk_of(request), form["username"], form["password"])
    back = safe_back(form["back"]) or ""
    if staff is None:
        log.warning("sign-in refused")
        wrong = Message(said(request, "Tên đăng nhập hoặc mật khẩu không đúng."), "username")
        return entering.first_page(request, 422, username=form["username"], back=back, error=wrong)
    return entering.known(request, staff, back)


@routes.form("/dang-nhap/ma")
def sign_in_code(request: Request, form: Posted) -> Response:
    """The second step: a code of the authenticator, or a recovery code; each opens once."""
    form.take("ticket", "code", "back")
    desk = desk_of(request)
    staff = second_factor.holder(desk, form["ticket"])
    if staff is None:
        late = Message(said(request, "Đã quá năm phút. Hãy đăng nhập lại từ đầu."), "username")
        return entering.first_page(request, 422, error=late)
    check_pace(request, staff.id, form["code"])
    back = safe_back(form["back"]) or ""
    if not second_factor.check(desk, staff.id, form["code"]):
        log.warning("code refused")
        wrong = Message(said(request, "Mã không đúng, hoặc đã dùng rồi. Hãy chờ mã kế tiếp."), "code")
        return entering.second_page(request, form["ticket"], back, 422, wrong)
    return entering.enter(request, staff, back)


def check_pace(request: Request, staff_id: int, code: str) -> None:
    """Raise `TooManyError` if this account's codes are being guessed; the two kinds count apart."""
    plain = second_factor.plain(code)
    if not site_of(request).throttle.code(staff_id, recovery=not second_factor.is_totp(plain)):
        raise TooManyError("too many tries")


@routes.form("/dang-xuat")
def sign_out(request: Request, form: Posted) -> Response:
    """End this session; a copy of its cookie is worth nothing from now on."""
    form.take()
    sessions.end(desk_of(request), request.cookies.get(sessions.COOKIE))
    response = RedirectResponse(localized(request, "/dang-nhap"), 303)
    sessions.clear_cookie(response)
    return response


@routes.form("/ngon-ngu")
def choose_language(request: Request, form: Posted) -> Response:
    """Keep the language that somebody reads the desk in, and go back to where they were."""
    form.take("lang", "ve")
    if form["lang"] not in stafflanguage.LANGUAGES:
        raise UsageError("language: choose one")
    back = stafflanguage.safe_here(form["ve"]) or entering.START[me_of(request).role]
    response = RedirectResponse(back, 303)
    stafflanguage.keep(response, form["lang"])
    return response


@routes.page("/mat-khau")
def password_form(request: Request) -> Response:
    """The form for one's own password."""
    return staff_page(request, "staff/password.html")


@routes.form("/mat-khau")
def change_password(request: Request, form: Posted) -> Response:
    """Change one's own password; every session of the account ends, this one too."""
    form.take("present", "password")
    desk, me = desk_of(request), me_of(request)
    if not site_of(request).throttle.sign_in(me.username):
        raise TooManyError("too many tries")
    try:
        _check_present(desk, me.username, form["present"])
        _check_other(form["present"], form["password"])
        accounts.reset(desk, me.username, form["password"], by=me.staff_id)
    except UsageError as error:
        return staff_page(
            request, "staff/password.html", 422, errors=[translate(error, language_of(request))]
        )
    response = RedirectResponse(localized(request, "/dang-nhap"), 303)
    sessions.clear_cookie(response)
    return response


def _check_present(desk: Desk, username: str, password: str) -> None:
    with desk.reading() as session:
        if accounts.verify(session, username, password) is None:
            raise UsageError("password: the present one is wrong")


def _check_other(present: str, password: str) -> None:
    if password == present:
        raise UsageError("password: is the present one, choose another")

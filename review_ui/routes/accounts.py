"""Accounts of staff, for admins: a new password is shown once and never again."""

import secrets

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Role
from pipeline import accounts as staff_accounts
from review_ui import reading
from review_ui.faults import fault_of
from review_ui.forms import Form, Posted
from review_ui.guard import Routes
from review_ui.messages import Message, translate
from review_ui.pages import desk_of, language_of, me_of, staff_page

routes = Routes()


def _page(
    request: Request,
    typed: Form | None = None,
    error: Exception | None = None,
    shown: tuple[str, str] | None = None,
) -> Response:
    with desk_of(request).reading() as session:
        people = reading.staff(session)
        with_factor = staff_accounts.with_factor(session)
    errors: list[Message] = [translate(error, language_of(request))] if error else []
    return staff_page(
        request,
        "staff/accounts.html",
        fault_of(error).status if error else 200,
        people=people,
        with_factor=with_factor,
        typed=typed or Form({}),
        errors=errors,
        shown=shown,
        roles=tuple(Role),
    )


def _generated() -> str:
    return "-".join(secrets.token_hex(2) for _ in range(6))


@routes.page("/tai-khoan")
def accounts(request: Request) -> Response:
    """Every account, and the form for a new one."""
    return _page(request)


@routes.form("/tai-khoan")
def add_account(request: Request, form: Posted) -> Response:
    """Make an account with a generated password."""
    form.take("username", "role")
    password = _generated()
    try:
        role = _role(form)
        made = staff_accounts.add(
            desk_of(request), form["username"], role, password, by=me_of(request).staff_id, first=True
        )
    except (UsageError, ConflictError) as error:
        return _page(request, form, error)
    return _page(request, shown=(made.username, password))


@routes.form("/tai-khoan/khoa")
def disable_account(request: Request, form: Posted) -> Response:
    """Close an account; its sessions end at once."""
    form.take("username")
    try:
        staff_accounts.disable(desk_of(request), form["username"], by=me_of(request).staff_id)
    except (UsageError, ConflictError, NotFoundError) as error:
        return _page(request, error=error)
    return RedirectResponse("/tai-khoan", 303)


@routes.form("/tai-khoan/mat-khau")
def reset_account(request: Request, form: Posted) -> Response:
    """Give an account a new generated password; its sessions end at once."""
    form.take("username")
    password = _generated()
    try:
        by = me_of(request).staff_id
        staff_accounts.reset(desk_of(request), form["username"], password, by=by, first=True)
    except (UsageError, ConflictError, NotFoundError) as error:
        return _page(request, error=error)
    return _page(request, shown=(form["username"], password))


@routes.form("/tai-khoan/ma-xac-thuc")
def reset_factor(request: Request, form: Posted) -> Response:
    """Take the second factor of somebody who lost phone and codes; their sessions end at once."""
    form.take("username")
    try:
        staff_accounts.reset_factor(desk_of(request), form["username"], by=me_of(request).staff_id)
    except (ConflictError, NotFoundError) as error:
        return _page(request, error=error)
    return RedirectResponse("/tai-khoan", 303)


@routes.form("/tai-khoan/vai-tro")
def change_role(request: Request, form: Posted) -> Response:
    """Give an account another role; its sessions end at once."""
    form.take("username", "role")
    try:
        staff_accounts.change_role(
            desk_of(request), form["username"], _role(form), by=me_of(request).staff_id
        )
    except (UsageError, ConflictError, NotFoundError) as error:
        return _page(request, error=error)
    return RedirectResponse("/tai-khoan", 303)


def _role(form: Form) -> Role:
    if form["role"] not in set(Role):
        raise UsageError("role: choose one")
    return Role(form["role"])

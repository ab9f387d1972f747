"""Right of reply: anyone can appeal a correction without an account; staff see what waits and until when."""

import re

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from models.errors import NotFoundError, UsageError
from models.weeks import local_day
from pipeline import appeals as replies
from pipeline import workdays
from review_ui import appeallist
from review_ui.errors import TooManyError
from review_ui.forms import Posted
from review_ui.guard import Routes
from review_ui.messages import translate
from review_ui.pages import desk_of, form_page, language_of, localized, public_page, site_of, staff_page
from review_ui.routes.corrections import load
from review_ui.routes.tips import HONEYPOT
from review_ui.senders import address_of

routes = Routes()
_PUBLIC_ID = re.compile(r"[0-9a-f]{16}")


@routes.page("/phan-hoi/{slug}")
def appeal_form(request: Request, slug: str) -> Response:
    """The appeal form of one correction."""
    return public_page(request, "public/appeal.html", item=load(request, slug), reason="")


@routes.form("/phan-hoi/{slug}")
def appeal(request: Request, slug: str, form: Posted) -> Response:
    """Take an appeal: it reopens the claim for two people who did not decide it."""
    item = load(request, slug)
    form.take("reason", HONEYPOT)
    if form[HONEYPOT]:
        raise TooManyError("this form was filled in by a program")
    if not site_of(request).throttle.appeal(address_of(request)):
        raise TooManyError("too many appeals in a short time")
    try:
        public_id = replies.file_appeal(desk_of(request), slug, form["reason"])
    except UsageError as error:
        return form_page(
            request,
            "public/appeal.html",
            422,
            item=item,
            reason=form["reason"],
            errors=[translate(error, language_of(request))],
        )
    return RedirectResponse(localized(request, f"/phan-hoi/{slug}/{public_id}"), 303)


@routes.page("/phan-hoi/{slug}/{public_id}")
def appeal_status(request: Request, slug: str, public_id: str) -> Response:
    """Where an appeal stands; everybody may see it, and it holds nothing of who appealed."""
    item = load(request, slug)
    found = [one for one in item.appeals if one.public_id == public_id]
    if not _PUBLIC_ID.fullmatch(public_id) or not found:
        raise NotFoundError("there is no such appeal")
    desk = desk_of(request)
    return public_page(
        request,
        "public/appeal_status.html",
        item=item,
        appeal=found[0],
        days=desk.settings.number("appeal.working_days"),
        today=local_day(desk.clock()),
    )


@routes.page("/khang-nghi")
def appeals(request: Request) -> Response:
    """The open appeals with their working days, and the last ones decided, for staff."""
    desk = desk_of(request)
    today, extra = local_day(desk.clock()), workdays.extra_days(desk.settings)
    with desk.reading() as session:
        return staff_page(
            request,
            "staff/appeals.html",
            waiting=appeallist.open_appeals(session, today, extra),
            counted=replies.waiting(session, today, extra),
            settled=appeallist.settled_appeals(session),
            days=desk.settings.number("appeal.working_days"),
            alarm_days=replies.ALARM_DAYS,
        )

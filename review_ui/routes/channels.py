"""Webhooks of messaging channels: 404 while a channel is off, nothing read before its signature is right."""

from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from models.errors import NotFoundError
from pipeline import channels, zalo
from pipeline.channels import Received
from review_ui.bodies import PostedBytes, json_answer
from review_ui.errors import ForbiddenError
from review_ui.guard import Routes
from review_ui.pages import base_url, desk_of, site_of

routes = Routes()


@routes.form("/channels/telegram")
def telegram_channel(request: Request, body: PostedBytes) -> Response:
    """An update of the desk's Telegram bot; the answer to its writer is this answer."""
    return _answered(request, "telegram", body)


@routes.form("/channels/zalo")
def zalo_channel(request: Request, body: PostedBytes) -> Response:
    """An event of the desk's Zalo account; the answer to its writer is sent after this one."""
    return _answered(request, "zalo", body)


def _answered(request: Request, name: str, body: bytes) -> Response:
    desk, throttle = desk_of(request), site_of(request).throttle
    channel = channels.opened(desk.settings, name)
    if channel is None:
        if throttle.unsigned(name):
            channels.count(desk, name, Received.OFF)
        raise NotFoundError("there is no such page")
    follow_at = f"{base_url(request)}/theo-doi"
    handled = channels.handle(desk, channel, request.headers, body, throttle.message, follow_at)
    if handled.outcome == Received.BAD_SIGNATURE:
        if throttle.unsigned(name):
            channels.count(desk, name, handled.outcome)
        raise ForbiddenError("the signature is wrong")
    reply = handled.reply
    # whatever became of it, the platform need not deliver it again
    answer = json_answer(dict(reply.inline or {}) if reply else {})
    if reply and reply.call:
        answer.background = BackgroundTask(zalo.answer, desk, reply.call)
    return answer

"""Zalo: events of an Official Account, and the answer by its message API.

Format: https://developers.zalo.me/docs/official-account/webhook (event user_send_text; X-ZEvent-Signature is
"mac=" and SHA-256 in hexadecimal over app id, body, timestamp and the account's secret key) and
https://developers.zalo.me/docs/official-account/tin-nhan (message/cs of v3.0). Read are event_name, app_id,
timestamp, sender.id, message.msg_id and message.text: no user_id_by_app, no attachment, no quoted message.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from crawlers.channels.port import Message, Reply, number, parsed, part, words
from crawlers.errors import IntakeError

SIGNATURE_HEADER = "x-zevent-signature"
_TEXT = "user_send_text"
_UNREAD = frozenset(
    {
        "user_send_image",
        "user_send_gif",
        "user_send_audio",
        "user_send_video",
        "user_send_file",
        "user_send_sticker",
        "user_send_location",
        "user_send_link",
        "user_send_business_card",
    }
)


class Zalo:
    """The adapter of an Official Account: its app's id and the account's secret key."""

    name = "zalo"

    def __init__(self, app_id: str, secret: str) -> None:
        self._app_id = app_id
        self._secret = secret

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the signature is of this body, this app and this account."""
        try:
            stamp = str(parsed(body).get("timestamp", ""))[:20]
        except IntakeError:
            stamp = ""
        signed = self._app_id.encode() + body + stamp.encode() + self._secret.encode()
        given = headers.get(SIGNATURE_HEADER, "").strip().removeprefix("mac=")
        return hmac.compare_digest(given.encode(), hashlib.sha256(signed).hexdigest().encode())

    def read(self, body: bytes) -> Message | None:
        """The message of an event; what was sent without words is empty, other events are None."""
        event = parsed(body)
        name = words(event, "event_name")
        if name != _TEXT and name not in _UNREAD:
            return None
        try:
            at = datetime.fromtimestamp(number(event.get("timestamp"), "timestamp") / 1000, UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise IntakeError("timestamp: not a time") from error
        message, sender = part(event, "message"), words(part(event, "sender"), "id")
        once = words(message, "msg_id")
        if not sender or not once:
            raise IntakeError("sender.id, message.msg_id: missing")
        return Message(once[:200], sender[:64], at, words(message, "text") if name == _TEXT else "")

    def answer(self, message: Message, text: str) -> Reply:
        """A text to the writer, to be sent by the account's message API."""
        return Reply(call={"recipient": {"user_id": message.sender}, "message": {"text": text}})

"""Telegram: updates of a bot, and the answer in the webhook's own answer.

Format: https://core.telegram.org/bots/api#setwebhook (`secret_token` comes back in the header
X-Telegram-Bot-Api-Secret-Token), #update, #message, and #making-requests-when-getting-updates (a method in
the answer of the webhook). Read are update_id, message.date, message.chat.id, message.chat.type and
message.text: no `from`, no `forward_origin`, no `contact`, no `location`, no file. Groups and channels are
not read (rule 4).
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from crawlers.channels.port import Message, Reply, number, parsed, part, words
from crawlers.errors import IntakeError

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 -- the name of a header


class Telegram:
    """The adapter of a bot whose webhook was set with this secret token."""

    name = "telegram"

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 -- the port's signature
        """Whether the header carries the secret token; the body itself is not signed."""
        return hmac.compare_digest(headers.get(SECRET_HEADER, "").encode(), self._secret.encode())

    def read(self, body: bytes) -> Message | None:
        """The message of an update from a private chat; edits, groups and other updates are None."""
        update = parsed(body)
        message = part(update, "message")
        chat = part(message, "chat")
        if chat.get("type") != "private":
            return None
        try:
            at = datetime.fromtimestamp(number(message.get("date"), "date"), UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise IntakeError("date: not a time") from error
        once = str(number(update.get("update_id"), "update_id"))
        return Message(once, str(number(chat.get("id"), "chat.id")), at, words(message, "text"))

    def answer(self, message: Message, text: str) -> Reply:
        """`sendMessage` in the answer of the webhook: the desk calls nobody."""
        return Reply(inline={"method": "sendMessage", "chat_id": int(message.sender), "text": text})

"""The stand-in: a channel of no platform, for trials and for the test that holds every channel to the port.

A body is `{"id", "chat", "at", "text"}` (`at` in seconds of UTC); its HMAC-SHA-256 in hexadecimal stands in
the header x-standin-signature.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from crawlers.channels.port import Message, Reply, number, parsed, words

SIGNATURE_HEADER = "x-standin-signature"


class StandIn:
    """The adapter of the stand-in, with the key that it signs with."""

    name = "stand-in"

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, body: bytes) -> str:
        """The signature of a body."""
        return hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the signature is of this body."""
        return hmac.compare_digest(headers.get(SIGNATURE_HEADER, "").encode(), self.sign(body).encode())

    def read(self, body: bytes) -> Message | None:
        """The message of a body; None if it names no chat."""
        event = parsed(body)
        if not words(event, "chat"):
            return None
        at = datetime.fromtimestamp(number(event.get("at"), "at"), UTC)
        return Message(words(event, "id"), words(event, "chat"), at, words(event, "text"))

    def answer(self, message: Message, text: str) -> Reply:
        """The answer in the webhook's own answer."""
        return Reply(inline={"chat": message.sender, "text": text})

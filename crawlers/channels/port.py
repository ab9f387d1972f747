"""The port: what a messaging platform's webhook is to the tip-line.

`sender` is the platform's number of a chat. It lives for one request: limits turn it into a keyed token (T3),
the answer goes to it, and nothing of it is stored or logged.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crawlers.errors import IntakeError


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a person: the platform's number of the delivery, the chat, when, and the words.

    `text` is empty for what is not read (pictures, contacts, places).
    """

    once: str
    sender: str = field(repr=False)
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """How an answer travels: in the webhook's own answer, or as one call to the platform."""

    inline: Mapping[str, object] | None = field(default=None, repr=False)
    call: Mapping[str, object] | None = field(default=None, repr=False)


class Channel(Protocol):
    """A messaging platform."""

    @property
    def name(self) -> str:
        """The name in counts and in the webhook's address."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the platform itself sent this body; compared in constant time."""

    def read(self, body: bytes) -> Message | None:
        """The message of a body; None for events that are none. Raises `IntakeError` for another format."""

    def answer(self, message: Message, text: str) -> Reply:
        """The answer to the writer of a message."""


def parsed(body: bytes) -> Mapping[str, object]:
    """A body as one JSON object; raises `IntakeError`."""
    try:
        found = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise IntakeError("body: not one JSON object in UTF-8") from error
    if not isinstance(found, dict):
        raise IntakeError("body: not one JSON object in UTF-8")
    return found


def part(node: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object inside an object; empty if there is none."""
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def words(node: Mapping[str, object], name: str) -> str:
    """A text inside an object; empty if there is none."""
    found = node.get(name)
    return found if isinstance(found, str) else ""


def number(value: object, name: str) -> int:
    """A whole number, written as a number or in digits; raises `IntakeError`."""
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > 20:
        raise IntakeError(f"{name}: not a whole number")
    try:
        return int(value)
    except ValueError as error:
        raise IntakeError(f"{name}: not a whole number") from error

"""A message of a messaging channel becomes a tip and is answered with its receipt; nobody is remembered.

Nothing of a sender is stored. Limits count in the process's memory by a keyed token (`channelkeys`), and a
message that is delivered twice is known by its receipt, which is made from the platform's number of the
message under the month's key. So there is no table of senders, and a dump of the database holds none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from crawlers.channels.port import Channel, Message, Reply
from crawlers.channels.telegram import Telegram
from crawlers.channels.zalo import Zalo
from crawlers.errors import IntakeError
from models.counters import bump
from models.errors import UsageError
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline import channelkeys, channelwords, tips
from pipeline.compose import Desk
from pipeline.settings import Settings

WINDOW = timedelta(hours=24)
"""How old a message may be: Telegram delivers one again for so long."""
AHEAD = timedelta(minutes=5)
LONGEST = 20_000
LEAST_SECRET = 24
"""Characters of a secret: two thirds of 128 bits in hexadecimal, what Zalo gives; ours should be longer."""
Admit = Callable[[str], bool]
"""Whether limits let one more message of this token in."""


class Received(StrEnum):
    """What became of a delivery: each has a daily counter under `channel:NAME/OUTCOME`."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    NOT_KEPT = "not_kept"
    LIMITED = "limited"
    BAD_SIGNATURE = "bad_signature"
    NO_TEXT = "no_text"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    IGNORED = "ignored"
    OFF = "off"
    UNANSWERED = "unanswered"


# the counters know the outcomes of tips; which one it was here stands in the counter's own name
_COUNTED = {
    Received.ACCEPTED: Outcome.KEPT,
    Received.DUPLICATE: Outcome.DUPLICATE,
    Received.NO_TEXT: Outcome.EMPTY,
    Received.IGNORED: Outcome.EMPTY,
    Received.UNREADABLE: Outcome.PARSE_ERROR,
    Received.UNANSWERED: Outcome.NETWORK_ERROR,
}


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a delivery, and the answer to its writer if there is one."""

    outcome: Received
    reply: Reply | None = None


def check(settings: Settings) -> None:
    """Raise `UsageError` if a channel is switched on and its secret cannot be used."""
    for name in ("telegram", "zalo"):
        opened(settings, name)


def opened(settings: Settings, name: str) -> Channel | None:
    """The channel of a name, or None while it is switched off; raises `UsageError` naming the setting."""
    if not settings.flag(f"channels.{name}"):
        return None
    if name == "telegram":
        return Telegram(secret_of(settings, "channels.telegram_secret_file"))
    if not settings.text("channels.zalo_app_id"):
        raise UsageError("channels.zalo_app_id: is needed while channels.zalo is on")
    for setting in ("channels.zalo_app_secret_file", "channels.zalo_refresh_token_file"):
        secret_of(settings, setting)
    return Zalo(
        settings.text("channels.zalo_app_id"), secret_of(settings, "channels.zalo_secret_file", least=8)
    )


def secret_of(settings: Settings, name: str, least: int = 8) -> str:
    """The secret in the file that a setting names; raises `UsageError`."""
    if name == "channels.telegram_secret_file":
        least = LEAST_SECRET
    if not settings.text(name):
        raise UsageError(f"{name}: name the file that holds the secret")
    try:
        found = settings.path(name).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: cannot be read ({type(error).__name__})") from error
    if len(found) < least or not found.isprintable():
        raise UsageError(f"{name}: the file must hold one line of {least} characters or more")
    return found


def handle(
    desk: Desk, channel: Channel, headers: Mapping[str, str], body: bytes, admit: Admit, follow_at: str
) -> Handled:
    """Take one delivery of a webhook; gives what became of it and counts that.

    `follow_at` is the address where a receipt is followed. A body whose signature is wrong is not read and
    not counted here: anybody may send one, so its caller decides how many are worth a write.
    """
    if not channel.is_genuine(headers, body):
        return Handled(Received.BAD_SIGNATURE)
    handled = _handle(desk, channel, body, admit, follow_at)
    count(desk, channel.name, handled.outcome)
    return handled


def count(desk: Desk, channel: str, outcome: Received) -> None:
    """Count an outcome of a channel today."""
    with desk.sessions.begin() as session:
        counted = _COUNTED.get(outcome, Outcome.BLOCKED)
        bump(session, f"channel:{channel}/{outcome.value}", local_day(desk.clock()), counted)


def _handle(desk: Desk, channel: Channel, body: bytes, admit: Admit, follow_at: str) -> Handled:
    try:
        message = channel.read(body)
    except IntakeError:
        return Handled(Received.UNREADABLE)
    if message is None:
        return Handled(Received.IGNORED)
    if not desk.clock() - WINDOW <= message.at <= desk.clock() + AHEAD:
        return Handled(Received.EXPIRED)
    key = channelkeys.key_of(desk, message.at)
    day = local_day(desk.clock())
    # limits count by the day on which they hold, under the key of the message's own month
    if not admit(channelkeys.token(key, day, channel.name, message.sender)):
        return Handled(Received.LIMITED, channel.answer(message, channelwords.LIMITED))
    return _taken(desk, channel, message, channelkeys.receipt(key, channel.name, message.once), follow_at)


def _taken(desk: Desk, channel: Channel, message: Message, receipt: str, follow_at: str) -> Handled:
    text = message.text.strip()
    if not text or text.split("@")[0] == "/start":
        words = channelwords.GREETING if text else channelwords.NO_TEXT
        return Handled(Received.NO_TEXT, channel.answer(message, words))
    if len(text) > LONGEST:
        return Handled(Received.NO_TEXT, channel.answer(message, channelwords.TOO_LONG))
    outcome = tips.take(desk, text, receipt).outcome
    if outcome not in {Outcome.KEPT, Outcome.DUPLICATE}:
        return Handled(Received.NOT_KEPT, channel.answer(message, channelwords.NOT_OURS))
    words = channelwords.ACCEPTED.format(receipt=receipt, address=follow_at)
    received = Received.ACCEPTED if outcome == Outcome.KEPT else Received.DUPLICATE
    return Handled(received, channel.answer(message, words))

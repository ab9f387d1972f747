"""The answer to a Zalo user: one call to the account's message API, and the tokens that it needs.

Source: https://developers.zalo.me/docs/official-account (v4 tokens: an access token lives about a day, a
refresh token is good for one use, so the newest pair is kept in a file beside the keys; v3.0 message/cs).
An answer that cannot be sent is counted and not tried again: no address is kept to try it with.
"""

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from crawlers import outbound, urls
from models.errors import KiemChungError
from pipeline import channelkeys, channels, files
from pipeline.compose import Desk

LOG = logging.getLogger("kiemchung.channels")
FILE = "zalo-tokens.json"
_EARLY = timedelta(minutes=5)
_STALE = frozenset({-216, -124})
"""The API's errors for an access token that it does not take any more."""
Send = Callable[..., outbound.Answer]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The account's tokens and until when the access token is good (seconds of UTC)."""

    access: str
    refresh: str
    until: float


def answer(desk: Desk, call: Mapping[str, object], send: Send = outbound.send) -> bool:
    """Send an answer; gives whether the API took it. Counts `unanswered` otherwise."""
    try:
        taken = _try(desk, call, send, fresh=False) or _try(desk, call, send, fresh=True)
    except (KiemChungError, OSError, ValueError) as error:
        LOG.warning("channel_unanswered error=%s", type(error).__name__)
        taken = False
    if not taken:
        channels.count(desk, "zalo", channels.Received.UNANSWERED)
    return taken


def _try(desk: Desk, call: Mapping[str, object], send: Send, *, fresh: bool) -> bool:
    headers = {"Content-Type": "application/json", "access_token": _access(desk, send, fresh=fresh)}
    body = json.dumps(call, ensure_ascii=False).encode()
    address = desk.settings.text("channels.zalo_api")
    got = send("POST", address, urls.Guard(desk.local_hosts), headers=headers, body=body)
    code = _object(got).get("error")
    if code in _STALE and not fresh:
        return False
    if code != 0:
        LOG.warning("channel_refused status=%s error=%s", got.status, code if isinstance(code, int) else "?")
        raise KiemChungError("the message API refused the answer")
    return True


def _access(desk: Desk, send: Send, *, fresh: bool) -> str:
    """The access token, renewed if it is old; one process at a time, as a refresh token is good once."""
    with _locked(channelkeys.folder(desk)):
        path = channelkeys.folder(desk) / FILE
        kept = _kept(path)
        if kept is not None and not fresh and kept.until - _EARLY.total_seconds() > desk.clock().timestamp():
            return kept.access
        first = channels.secret_of(desk.settings, "channels.zalo_refresh_token_file")
        renewed = _renewed(desk, kept.refresh if kept else first, send, desk.clock())
        _keep(path, renewed)
        return renewed.access


def _renewed(desk: Desk, refresh: str, send: Send, now: datetime) -> Tokens:
    fields = {
        "refresh_token": refresh,
        "app_id": desk.settings.text("channels.zalo_app_id"),
        "grant_type": "refresh_token",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "secret_key": channels.secret_of(desk.settings, "channels.zalo_app_secret_file"),
    }
    address = desk.settings.text("channels.zalo_token_api")
    guard = urls.Guard(desk.local_hosts)
    given = _object(send("POST", address, guard, headers=headers, body=urlencode(fields).encode()))
    access, newer = given.get("access_token"), given.get("refresh_token")
    if not isinstance(access, str) or not isinstance(newer, str) or not access or not newer:
        raise KiemChungError("the token API gave no tokens; a new refresh token may be needed")
    return Tokens(access, newer, now.timestamp() + float(str(given.get("expires_in", 3600))))


def _object(answer: outbound.Answer) -> dict[str, object]:
    found = json.loads(answer.body)
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 -- a wrong answer, like one that is not JSON
    return found


def _kept(path: Path) -> Tokens | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Tokens(str(found["access"]), str(found["refresh"]), float(found["until"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, tokens: Tokens) -> None:
    kept = {"access": tokens.access, "refresh": tokens.refresh, "until": tokens.until}
    files.write_all(path.parent, {path.name: json.dumps(kept).encode()})
    path.chmod(0o600)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / "zalo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

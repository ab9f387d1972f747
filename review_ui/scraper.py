"""The token of a machine that reads `/metrics`: kept in a file, compared in constant time."""

import hmac

from models.errors import UsageError
from pipeline.settings import Settings

SCHEME = "Bearer "
LEAST = 32


def check(settings: Settings) -> None:
    """Raise `UsageError` naming the setting if its file cannot be read or its token is short."""
    named = settings.text("metrics.token_file")
    if not named:
        return
    try:
        token = _token(settings)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"metrics.token_file: {named} cannot be read ({error})") from error
    if len(token) < LEAST:
        raise UsageError(f"metrics.token_file: {named} holds {len(token)} characters, {LEAST} are needed")


def is_scraper(settings: Settings, authorization: str | None) -> bool:
    """Whether a request carries the token of `metrics.token_file`; a short token lets nobody in."""
    named = settings.text("metrics.token_file")
    if not named or not authorization or not authorization.startswith(SCHEME):
        return False
    try:
        token = _token(settings)
    except (OSError, UnicodeDecodeError):
        return False
    given = authorization.removeprefix(SCHEME).strip()
    return len(token) >= LEAST and hmac.compare_digest(token.encode(), given.encode())


def _token(settings: Settings) -> str:
    return settings.path("metrics.token_file").read_text(encoding="utf-8").strip()

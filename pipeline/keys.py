"""The desk's secret: one random key in a file, and the keys derived from it for each purpose.

A keyed token (HMAC-SHA-256) of a phone number cannot be turned back without this file, and no key is in
the database. Deriving (RFC 5869's expand step) keeps one purpose's tokens apart from another's.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from models.errors import KiemChungError

FILE_NAME = "desk.key"
_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """Keys for masking identifiers, hashing page addresses, receipts, sampling seeds, and what staff keep.

    `seal` seals secrets that must be read back (second factors, signing keys), `recovery` hashes codes.
    """

    mask: bytes
    frontier: bytes
    receipt: bytes
    sampling: bytes
    seal: bytes
    recovery: bytes


def derive(secret: bytes) -> Keys:
    """The keys for each purpose from the desk's secret."""

    def key(purpose: str) -> bytes:
        return hmac.new(secret, purpose.encode() + b"\x01", hashlib.sha256).digest()

    return Keys(key("mask"), key("frontier"), key("receipt"), key("sampling"), key("seal"), key("recovery"))


def load_or_create(folder: Path) -> Keys:
    """Read the desk's secret from `folder`, or make it, readable by its owner alone."""
    return derive(secret(folder / FILE_NAME))


def secret(path: Path) -> bytes:
    """The 256 random bits of a key file, made if it is missing; raises `KiemChungError` naming the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _create(path)
        text = path.read_text(encoding="ascii").strip()
        found = bytes.fromhex(text)
    except OSError as error:
        raise KiemChungError(f"{path}: {error.strerror}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise KiemChungError(f"{path}: is not a key file; restore it from a backup") from error
    if len(found) != _BYTES:
        raise KiemChungError(f"{path}: is not a key file; restore it from a backup")
    return found


def _create(path: Path) -> None:
    if path.exists():
        return
    # a file of its own, then a link: two processes that start at once end with the same key
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # the other process was first: its key is the desk's
    finally:
        temporary.unlink()

"""The offline key of the tip-line: an X25519 pair, and sealed boxes to it (libsodium's `crypto_box_seal`).

Only the public half belongs on the server. A sealed box is encrypted to it with a key pair of its own that is
thrown away, so the machine that sealed a tip cannot open it again.
"""

import base64
import os
from pathlib import Path

from models.errors import KiemChungError, UsageError

SETTING = "tips.seal_to"
_BYTES = 32
_PRIVATE = "kiemchung-tips-private:"


def public_key(setting: str) -> bytes:
    """The key of the setting, empty if it is empty; raises `UsageError` if it is no such key."""
    text = setting.strip()
    if not text:
        return b""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise UsageError(f"{SETTING}: not a public key; make one with `kiemchung keys tips`")
    return key


def make_pair(file: Path) -> str:
    """Write a new private key to `file`, readable by its owner alone; gives the public one for the setting.

    Raises `UsageError` if the file exists: a key that is overwritten takes all that was sealed to it with it.
    """
    from nacl.public import PrivateKey

    private = PrivateKey.generate()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{file}: exists already; a key is never overwritten") from error
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as written:
        written.write(_PRIVATE + base64.b64encode(bytes(private)).decode("ascii") + "\n")
        written.flush()
        os.fsync(written.fileno())
    return base64.b64encode(bytes(private.public_key)).decode("ascii")


def seal(plain: bytes, key: bytes) -> str:
    """Seal to a public key; base64."""
    from nacl.public import PublicKey, SealedBox

    return base64.b64encode(SealedBox(PublicKey(key)).encrypt(plain)).decode("ascii")


class Opener:
    """Opens what was sealed to a private key."""

    def __init__(self, private: bytes) -> None:
        from nacl.public import PrivateKey, SealedBox

        self._box = SealedBox(PrivateKey(private))

    @classmethod
    def of_file(cls, file: Path) -> "Opener":
        """Read the private key of `kiemchung keys tips`; raises `UsageError`."""
        try:
            text = file.read_text(encoding="ascii").strip()
            key = base64.b64decode(text.removeprefix(_PRIVATE), validate=True)
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}") from error
        except ValueError:
            key = b""
        if len(key) != _BYTES:
            raise UsageError(f"{file}: is not a private key of `kiemchung keys tips`")
        return cls(key)

    def open(self, sealed: str) -> bytes:
        """What was sealed; raises `KiemChungError` if it was not sealed to this key, or was changed."""
        from nacl.exceptions import CryptoError

        try:
            return self._box.decrypt(base64.b64decode(sealed, validate=True))
        except (CryptoError, ValueError) as error:
            raise KiemChungError("was not sealed to this key, or was changed") from error

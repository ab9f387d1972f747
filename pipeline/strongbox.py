"""Secrets that must be read back, sealed with a key of the desk's key file (XSalsa20-Poly1305, NaCl).

A copy of the database without the key file opens none of them. Each is bound to what it is for, so that a
sealed secret moved to another row or handed in at another place is refused.
"""

from datetime import datetime


def seal(key: bytes, purpose: str, text: str) -> str:
    """A text sealed for one purpose, as URL-safe characters."""
    from nacl.encoding import URLSafeBase64Encoder
    from nacl.secret import SecretBox

    sealed = SecretBox(key).encrypt(f"{purpose}\x00{text}".encode(), encoder=URLSafeBase64Encoder)
    return bytes(sealed).decode()


def unseal(key: bytes, purpose: str, sealed: str) -> str | None:
    """The text, or None if it was not sealed with this key for this purpose."""
    from nacl.encoding import URLSafeBase64Encoder
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    try:
        opened = SecretBox(key).decrypt(sealed.encode(), encoder=URLSafeBase64Encoder)
    except (CryptoError, ValueError):
        return None
    found, _, rest = opened.decode().partition("\x00")
    return rest if found == purpose else None


def ticket(key: bytes, purpose: str, text: str, ends: datetime) -> str:
    """A sealed text that is worth nothing from `ends` on."""
    return seal(key, purpose, f"{ends.timestamp():.0f} {text}")


def redeem(key: bytes, purpose: str, sealed: str, now: datetime) -> str | None:
    """The text of a ticket, or None if it is not ours or its time is over."""
    opened = unseal(key, purpose, sealed)
    if opened is None:
        return None
    ends, _, text = opened.partition(" ")
    return text if now.timestamp() < int(ends) else None

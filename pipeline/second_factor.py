"""The second factor of staff: codes of an authenticator (TOTP, RFC 6238), recovery codes for a lost phone.

A code is good for its half minute and the ones beside it, once: the number of the newest used half minute is
kept, and nothing at or before it is taken again. A recovery code (80 bits) opens once and is then gone.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import audit
from models.access import StaffFactor, StaffRecovery
from models.desk import Staff, StaffSession
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Role
from pipeline import strongbox
from pipeline.compose import Desk

STEP_S = 30
WINDOW = 1
CODES = 10
_CODE_BYTES = 10
SETTING = "web.second_factor"
OPTIONAL, LEADS, EVERYBODY = "optional", "leads", "everybody"
TICKET = timedelta(minutes=5)
_NOT_CODE = re.compile(r"[\s-]+")


@dataclass(frozen=True)
class State:
    """What an account has: a factor that counts or not, and how many recovery codes are left."""

    on: bool
    codes_left: int


def check_setting(desk: Desk) -> None:
    """Raise `UsageError` unless the setting is one of its three words."""
    chosen = desk.settings.text(SETTING)
    if chosen not in {OPTIONAL, LEADS, EVERYBODY}:
        raise UsageError(f"{SETTING}: {chosen!r} is none of {OPTIONAL}, {LEADS}, {EVERYBODY}")


def is_required(desk: Desk, role: Role) -> bool:
    """Whether an account of this role must have a second factor before it works."""
    chosen = desk.settings.text(SETTING)
    return chosen == EVERYBODY or (chosen == LEADS and role in {Role.LEAD, Role.ADMIN})


def is_on(session: Session, staff_id: int) -> bool:
    """Whether signing in needs a code."""
    factor = session.get(StaffFactor, staff_id)
    return factor is not None and factor.confirmed


def state(session: Session, staff_id: int) -> State:
    """What an account has."""
    left = select(func.count()).select_from(StaffRecovery).where(StaffRecovery.staff_id == staff_id)
    return State(is_on(session, staff_id), session.scalar(left) or 0)


def begin(desk: Desk, staff_id: int) -> str:
    """The secret to set up, in base32; a set-up that was begun and not ended goes on with the same one.

    Raises `ConflictError` if the account has a second factor.
    """
    import pyotp

    with desk.sessions.begin() as session:
        factor = session.get(StaffFactor, staff_id, with_for_update=True)
        if factor is not None and factor.confirmed:
            raise ConflictError("second factor: is set up already")
        if factor is not None:
            return _secret(desk, factor)
        secret = pyotp.random_base32()
        sealed = strongbox.seal(desk.keys.seal, _purpose(staff_id), secret)
        session.add(
            StaffFactor(
                staff_id=staff_id,
                sealed_secret=sealed,
                confirmed=False,
                used_step=0,
                created_at=desk.clock(),
            )
        )
        return secret


def address(desk: Desk, username: str, secret: str) -> str:
    """The `otpauth:` address that an authenticator reads from the QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=desk.settings.text("desk.name"))


def qr(text: str) -> str:
    """An address as a QR code (ISO 18004) in SVG without styles, one unit a module."""
    import segno

    return segno.make(text, error="m").svg_inline(
        omitsize=True, svgclass="qr", lineclass=None, border=4, light="#fff", dark="#000"
    )


def confirm(desk: Desk, staff_id: int, code: str) -> list[str]:
    """Let the factor count from now on and give the recovery codes; raises `UsageError` for a wrong code."""
    with desk.sessions.begin() as session:
        factor = session.get(StaffFactor, staff_id, with_for_update=True)
        if factor is None or factor.confirmed:
            raise ConflictError("second factor: nothing waits to be set up")
        if not _take_step(session, desk, factor, plain(code)):
            raise UsageError("code: is not the one that the app shows now")
        factor.confirmed = True
        codes = _new_codes(session, desk, staff_id)
        audit.append(session, desk.clock, f"staff:{staff_id}", "factor_on", f"staff:{staff_id}")
    return codes


def check(desk: Desk, staff_id: int, code: str) -> bool:
    """Whether a code of the authenticator or a recovery code opens this account; that uses it up."""
    given = plain(code)
    with desk.sessions.begin() as session:
        factor = session.get(StaffFactor, staff_id, with_for_update=True)
        if factor is None or not factor.confirmed:
            return False
        if is_totp(given):
            return _take_step(session, desk, factor, given)
        return _take_recovery(session, desk, staff_id, given)


def renew_codes(desk: Desk, staff_id: int) -> list[str]:
    """New recovery codes; the old ones open nothing any more. Raises `ConflictError` without a factor."""
    with desk.sessions.begin() as session:
        if not is_on(session, staff_id):
            raise ConflictError("second factor: is not set up")
        codes = _new_codes(session, desk, staff_id)
        audit.append(session, desk.clock, f"staff:{staff_id}", "factor_codes", f"staff:{staff_id}")
    return codes


def remove(desk: Desk, staff_id: int, by: int | None = None) -> None:
    """Take the second factor from an account; every session of it ends. Raises `NotFoundError`."""
    with desk.sessions.begin() as session:
        if session.get(Staff, staff_id) is None:
            raise NotFoundError("there is no such account")
        session.execute(delete(StaffRecovery).where(StaffRecovery.staff_id == staff_id))
        session.execute(delete(StaffFactor).where(StaffFactor.staff_id == staff_id))
        session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))
        actor = "system" if by is None else f"staff:{by}"
        audit.append(session, desk.clock, actor, "factor_off", f"staff:{staff_id}")


def ticket(desk: Desk, staff: Staff) -> str:
    """What the second step of a sign-in carries: who gave the right password, for five minutes."""
    return strongbox.ticket(desk.keys.seal, "sign-in", f"{staff.id} {_stamp(staff)}", desk.clock() + TICKET)


def holder(desk: Desk, sealed: str) -> Staff | None:
    """The account of a ticket: None if it is not ours, too old, or the account has changed since."""
    text = strongbox.redeem(desk.keys.seal, "sign-in", sealed, desk.clock())
    if text is None:
        return None
    number, _, stamp = text.partition(" ")
    with desk.reading() as session:
        staff = session.get(Staff, int(number))
    if staff is None or staff.disabled or not hmac.compare_digest(stamp, _stamp(staff)):
        return None
    return staff


def plain(code: str) -> str:
    """A code as it is compared: without blanks and dashes, in small letters."""
    return _NOT_CODE.sub("", code).lower()


def is_totp(given: str) -> bool:
    """Whether a plain code has the form of an authenticator's."""
    return len(given) == 6 and given.isascii() and given.isdigit()


def _take_step(session: Session, desk: Desk, factor: StaffFactor, given: str) -> bool:
    import pyotp

    if not is_totp(given):
        return False
    totp = pyotp.TOTP(_secret(desk, factor))
    now = int(desk.clock().timestamp()) // STEP_S
    fits = [
        step
        for step in range(now - WINDOW, now + WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step), given)
    ]
    if not fits:
        return False
    # the condition and the change are one statement: of two sign-ins with one code only one gets in
    taken = (
        update(StaffFactor)
        .where(StaffFactor.staff_id == factor.staff_id, StaffFactor.used_step < fits[-1])
        .values(used_step=fits[-1])
        .returning(StaffFactor.staff_id)
    )
    return bool(session.execute(taken).all())


def _take_recovery(session: Session, desk: Desk, staff_id: int, given: str) -> bool:
    mine = (StaffRecovery.staff_id == staff_id) & (
        StaffRecovery.code_hmac == _code_hmac(desk, staff_id, given)
    )
    gone = delete(StaffRecovery).where(mine).returning(StaffRecovery.staff_id)
    if not session.execute(gone).all():
        return False
    audit.append(session, desk.clock, f"staff:{staff_id}", "factor_recovery", f"staff:{staff_id}")
    return True


def _new_codes(session: Session, desk: Desk, staff_id: int) -> list[str]:
    session.execute(delete(StaffRecovery).where(StaffRecovery.staff_id == staff_id))
    plain_codes = [_random_code() for _ in range(CODES)]
    session.add_all(
        StaffRecovery(staff_id=staff_id, code_hmac=_code_hmac(desk, staff_id, one)) for one in plain_codes
    )
    return ["-".join(one[at : at + 4] for at in range(0, len(one), 4)) for one in plain_codes]


def _random_code() -> str:
    return base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()


def _code_hmac(desk: Desk, staff_id: int, code: str) -> str:
    return hmac.new(desk.keys.recovery, f"{staff_id}:{code}".encode(), hashlib.sha256).hexdigest()


def _secret(desk: Desk, factor: StaffFactor) -> str:
    secret = strongbox.unseal(desk.keys.seal, _purpose(factor.staff_id), factor.sealed_secret)
    if secret is None:
        raise ConflictError("second factor: was sealed with another key; an admin must reset it")
    return secret


def _purpose(staff_id: int) -> str:
    return f"factor:{staff_id}"


def _stamp(staff: Staff) -> str:
    return hashlib.sha256(staff.password_hash.encode()).hexdigest()[:16]

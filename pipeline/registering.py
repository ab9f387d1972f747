"""Changes of the source registry: a source added, switched on or off, or left to rest, each in the log.

The file is the registry's truth and the database follows it. A change appends its entry to the log first,
whose lock keeps a second hand off the file, and puts the new file in place last, before it commits.
"""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers import registry
from crawlers.errors import RegistryError
from crawlers.registry import SourceSpec
from models import audit
from models.errors import ConflictError, KiemChungError, NotFoundError, UsageError
from models.gathered import Source
from models.weeks import local_day
from pipeline.compose import Desk

ADDED, ON, OFF, REST = "source_add", "source_on", "source_off", "source_rest"
SHORTEST_REASON, LONGEST_REASON = 5, 200
LONGEST_REST_DAYS = 30
NEW = "the new source"
"""What the refusal of a source names instead of a file and a line."""


@dataclass(frozen=True)
class _Entry:
    """What the log says of a change."""

    by: int | None
    action: str
    source: str
    detail: Mapping[str, object]

    def append(self, desk: Desk, session: Session) -> None:
        actor = "system" if self.by is None else f"staff:{self.by}"
        audit.append(session, desk.clock, actor, self.action, f"source:{self.source}", self.detail)


def registry_file(desk: Desk) -> Path:
    """The registry file; raises `UsageError` if there is none yet."""
    path = desk.settings.path("sources.file")
    if not path.exists():
        raise UsageError(f"{path}: no source registry here; `kiemchung init` writes one to start from")
    return path


def reason_of(text: str) -> str:
    """A reason in one line; raises `UsageError` if it is too short or too long to say anything."""
    line = " ".join(text.split())
    if not SHORTEST_REASON <= len(line) <= LONGEST_REASON:
        raise UsageError(f"reason: write {SHORTEST_REASON} to {LONGEST_REASON} characters")
    return line


def add(desk: Desk, spec: SourceSpec, *, read: bool, by: int | None = None) -> Path:
    """Add a source to the end of the registry file and keep the rest as it is; whole or not at all.

    `read` says that its entry points have just been read, which counts as verified. Raises `ConflictError`
    if the identifier is taken, `UsageError` naming the field of what the registry refuses.
    """
    path = registry_file(desk)

    detail = {"homepage": spec.homepage, "kind": spec.kind, "enabled": spec.enabled}

    def change(_session: Session) -> str:
        if any(spec.id == known.id for known in registry.load(path, desk.local_hosts)):
            raise ConflictError(f"source {spec.id}: is in {path} already; choose another with --id")
        text = _text(path).rstrip("\r\n")
        return f"{text}\n\n{registry.to_toml([spec])}".lstrip("\n")

    def after(session: Session) -> None:
        if read:
            registry.verified(session, spec.id, local_day(desk.clock()))

    _edit(desk, path, [_Entry(by, ADDED, spec.id, detail)], change, after)
    return path


def switch(
    desk: Desk, source_ids: Sequence[str], *, on: bool, reason: str = "", by: int | None = None
) -> Path:
    """Switch sources on or off in the registry file, whose comments and order stay; a reason joins it.

    Raises `NotFoundError` for an unknown source, and `ConflictError` before one is switched on that no check
    has ever read.
    """
    path = registry_file(desk)

    def change(session: Session) -> str:
        _known(desk, path, source_ids)
        verified = set(session.scalars(select(Source.id).where(Source.verified_day.is_not(None))))
        unread = sorted(set(source_ids) - verified)
        if on and unread:
            raise ConflictError(
                f"source {', '.join(unread)}: never read yet; run `kiemchung sources check {unread[0]}`"
            )
        text = _text(path)
        for source_id in source_ids:
            text = registry.with_enabled(text, source_id, enabled=on, note=reason or None)
        return text

    action = ON if on else OFF
    _edit(desk, path, [_Entry(by, action, one, {"reason": reason}) for one in source_ids], change)
    return path


def rest(desk: Desk, source_id: str, days: int, *, reason: str, by: int | None = None) -> None:
    """Leave a source alone for some days, or, with 0, end its rest; it stays as it is switched.

    Raises `UsageError` for more than `LONGEST_REST_DAYS`, `NotFoundError` for an unknown source.
    """
    if not 0 <= days <= LONGEST_REST_DAYS:
        raise UsageError(f"rest: 0 to {LONGEST_REST_DAYS} days")
    path = registry_file(desk)

    def change(session: Session) -> str:
        _known(desk, path, [source_id])
        is_on = session.get_one(Source, source_id).enabled
        return registry.with_enabled(_text(path), source_id, enabled=is_on, note=reason)

    def after(session: Session) -> None:
        until = desk.clock() + timedelta(days=days) if days else None
        session.get_one(Source, source_id).rest_until = until

    _edit(desk, path, [_Entry(by, REST, source_id, {"days": days, "reason": reason})], change, after)


def note_of(desk: Desk, source_id: str) -> str:
    """What the last hand that switched a source wrote; empty if there is no such note or no readable file."""
    try:
        specs = registry.load(registry_file(desk), desk.local_hosts)
    except UsageError:
        return ""
    return next((spec.note for spec in specs if spec.id == source_id), "")


def _known(desk: Desk, path: Path, source_ids: Sequence[str]) -> None:
    unknown = sorted(set(source_ids) - {spec.id for spec in registry.load(path, desk.local_hosts)})
    if unknown:
        raise NotFoundError(f"source {', '.join(unknown)}: not in {path}")


def _text(path: Path) -> str:
    # line ends as they are: what is not changed stays the same to the byte
    return path.read_bytes().decode("utf-8-sig")


def _edit(
    desk: Desk,
    path: Path,
    entries: Sequence[_Entry],
    change: Callable[[Session], str],
    after: Callable[[Session], None] = lambda _session: None,
) -> None:
    """Put a new text in the registry's place if it can be read as one, and never half of it."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        with desk.sessions.begin() as session:
            for one in entries:
                one.append(desk, session)
            # what was edited by hand comes first: it may have added the source that is switched now
            registry.sync(session, registry.load(path, desk.local_hosts))
            _write(temporary, change(session))
            registry.sync(session, _checked(temporary, desk))
            after(session)
            temporary.replace(path)
    except OSError as error:
        raise KiemChungError(f"{path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _checked(temporary: Path, desk: Desk) -> Sequence[SourceSpec]:
    try:
        return registry.load(temporary, desk.local_hosts)
    except RegistryError as error:
        raise UsageError(str(error).replace(str(temporary), NEW)) from error


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

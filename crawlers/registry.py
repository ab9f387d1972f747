r"""The source registry `sources.toml`: organisations that publish, and nothing else (rule 4).

[[source]]
id = "bao-tinh"
name = "Báo tỉnh"
kind = "newspaper"          # newspaper broadcaster public_body health fact_checker association
homepage = "https://example.vn/"
local = true
enabled = true
# note = "why it is on or off"   what the last hand that switched it wrote

[[source.entry]]
kind = "feed"               # feed sitemap listing claim_review
url = "https://example.vn/rss"
# link_pattern = '/tin-tuc/.+\\.html$'   only for listing and claim_review
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers import children, hosts, listing, urls
from crawlers.claimreview import IMPORT
from crawlers.errors import RegistryError
from crawlers.tomllines import Lines
from models.counters import TIP_LINE
from models.gathered import EntryPoint, Source
from models.vocabulary import EntryKind, SourceKind

STARTER = Path(__file__).with_name("starter_sources.toml")
LARGEST = 5 * 1024 * 1024
LONGEST_NOTE = 300
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])")
_RESERVED = frozenset([TIP_LINE, IMPORT])
_SOURCE_FIELDS = frozenset(["id", "name", "kind", "homepage", "local", "enabled", "note", "entry"])
_ENTRY_FIELDS = frozenset(["kind", "url", "link_pattern"])
KIND = TypeVar("KIND", SourceKind, EntryKind)
# a field's name and its value in one line, without the remark that may stand after it
_VALUE = re.compile(r'(=\s*)(?:true|false|"(?:[^"\\]|\\.)*"|\'[^\']*\')')
_PATTERNED = frozenset([EntryKind.LISTING, EntryKind.CLAIM_REVIEW])


@dataclass(frozen=True, slots=True)
class EntrySpec:
    """One entry point of a source as the registry names it."""

    kind: EntryKind
    url: str
    link_pattern: str | None = None


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One source as the registry names it."""

    id: str
    name: str
    kind: SourceKind
    homepage: str
    local: bool
    enabled: bool
    entries: tuple[EntrySpec, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the file a value stands, for messages."""

    file: str
    lines: Lines
    source: int
    entry: int | None = None

    def error(self, field: str, problem: str) -> RegistryError:
        line = self.lines.of(self.source, self.entry, field)
        return RegistryError(f"{self.file}:{line}: {field}: {problem}")


def load(path: Path, local_hosts: Mapping[str, tuple[str, int]] | None = None) -> list[SourceSpec]:
    """Read and check a registry file; raises `RegistryError` with file, line and field.

    `local_hosts` is the sample province's own and comes from the composition root alone.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{path}: not TOML: {error}") from error
    lines = Lines(text)
    unknown = sorted(set(data) - {"source"})
    if unknown:
        raise RegistryError(
            f"{path}:{lines.top(unknown[0])}: {unknown[0]}: unknown, a registry holds [[source]]"
        )
    tables = data.get("source", [])
    if not isinstance(tables, list):
        raise RegistryError(f"{path}:{lines.top('source')}: source: write each as [[source]]")
    guard = urls.Guard(local_hosts or {})
    specs: list[SourceSpec] = []
    for number, table in enumerate(tables):
        place = _Place(str(path), lines, number)
        spec = _source(table, place, guard)
        if any(spec.id == other.id for other in specs):
            raise place.error("id", f"{spec.id!r} is used twice")
        specs.append(spec)
    return specs


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise RegistryError(f"{path}: larger than {LARGEST // 1024 // 1024} MB")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RegistryError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RegistryError(f"{path}: not UTF-8 (byte {error.start})") from error


def _source(table: Mapping[str, Any], place: _Place, guard: urls.Guard) -> SourceSpec:
    _refuse_unknown(table, _SOURCE_FIELDS, place)
    source_id = _string(table, "id", place)
    if not _ID.fullmatch(source_id) or source_id in _RESERVED:
        raise place.error("id", f"{source_id!r}: 2 to 40 lower-case letters, digits and hyphens")
    kind = _one_of(SourceKind, _string(table, "kind", place), "kind", place)
    homepage = _address(_string(table, "homepage", place), "homepage", place, guard)
    entries = table.get("entry", [])
    if not isinstance(entries, list) or not entries:
        raise place.error("entry", "a source needs at least one [[source.entry]]")
    return SourceSpec(
        id=source_id,
        name=_string(table, "name", place, longest=120),
        kind=kind,
        homepage=homepage,
        local=_flag(table, "local", place),
        enabled=_flag(table, "enabled", place, default=True),
        entries=_entries(entries, place, guard),
        note=_string(table, "note", place, longest=LONGEST_NOTE) if "note" in table else "",
    )


def _entries(tables: list[Any], place: _Place, guard: urls.Guard) -> tuple[EntrySpec, ...]:
    specs: list[EntrySpec] = []
    for number, table in enumerate(tables):
        here = _Place(place.file, place.lines, place.source, number)
        spec = _entry(table, here, guard)
        if any(spec.url == other.url for other in specs):
            raise here.error("url", "this entry point is named twice")
        specs.append(spec)
    return tuple(specs)


def _entry(table: Mapping[str, Any], place: _Place, guard: urls.Guard) -> EntrySpec:
    _refuse_unknown(table, _ENTRY_FIELDS, place)
    kind = _one_of(EntryKind, _string(table, "kind", place), "kind", place)
    url = _address(_string(table, "url", place), "url", place, guard)
    if "link_pattern" not in table:
        if kind == EntryKind.LISTING:
            raise place.error("link_pattern", "a listing needs the pattern of its links")
        return EntrySpec(kind, url)
    pattern = _string(table, "link_pattern", place)
    if kind not in _PATTERNED:
        raise place.error("link_pattern", f"a {kind.value} has none")
    problem = listing.pattern_problem(pattern)
    if problem:
        raise place.error("link_pattern", problem)
    return EntrySpec(kind, url, pattern)


def _refuse_unknown(table: Mapping[str, Any], known: frozenset[str], place: _Place) -> None:
    for field in table:
        if field not in known:
            raise place.error(field, f"unknown field, one of {', '.join(sorted(known))}")


def _string(table: Mapping[str, Any], field: str, place: _Place, longest: int = 2000) -> str:
    value = table.get(field)
    if value is None:
        raise place.error(field, "missing")
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise place.error(field, f"a text of 1 to {longest} characters")
    return value.strip()


def _flag(table: Mapping[str, Any], field: str, place: _Place, *, default: bool | None = None) -> bool:
    value = table.get(field, default)
    if value is None:
        raise place.error(field, "missing")
    if not isinstance(value, bool):
        raise place.error(field, "true or false")
    return value


def _one_of(kinds: type[KIND], value: str, field: str, place: _Place) -> KIND:
    try:
        return kinds(value)
    except ValueError:
        known = ", ".join(kinds)
        raise place.error(field, f"{value!r} is not one of {known}") from None


def _address(value: str, field: str, place: _Place, guard: urls.Guard) -> str:
    problem = guard.refusal(value)
    if problem:
        raise place.error(field, problem)
    if hosts.is_personal_path(urlsplit(value).path):
        raise place.error(field, "the address is that of an account, group or profile (rule 4)")
    return value


def sync(session: Session, specs: Iterable[SourceSpec]) -> None:
    """Bring the source tables to what the registry says; polling state is kept, nothing is committed.

    A source that left the registry is switched off, as items may still name it.
    """
    wanted = {spec.id: spec for spec in specs}
    known = {source.id: source for source in session.scalars(select(Source))}
    for source_id, source in known.items():
        if source_id not in wanted:
            source.enabled = False
    for spec in wanted.values():
        source = known.get(spec.id) or Source(id=spec.id)
        source.name, source.kind, source.homepage = spec.name, spec.kind.value, spec.homepage
        source.domain = urls.site_of(spec.homepage)
        source.is_local, source.enabled = spec.local, spec.enabled
        session.add(source)
    session.flush()
    for spec in wanted.values():
        _sync_entries(session, spec)


def _sync_entries(session: Session, spec: SourceSpec) -> None:
    known = {
        entry.url: entry
        for entry in session.scalars(select(EntryPoint).where(EntryPoint.source_id == spec.id))
    }
    wanted = {entry.url for entry in spec.entries}
    left = [one for url, one in known.items() if url not in wanted and not children.is_child(one)]
    for entry in left:
        session.delete(entry)
    for named in spec.entries:
        entry = known.get(named.url) or EntryPoint(source_id=spec.id, url=named.url)
        if entry.link_pattern != named.link_pattern or entry.kind != named.kind.value:
            # read otherwise than before: an unchanged page is no longer known
            entry.etag = entry.last_modified = None
        entry.kind, entry.link_pattern = named.kind.value, named.link_pattern
        session.add(entry)
    session.flush()
    children.forget_orphans(session, spec.id, wanted)


def verified(session: Session, source_id: str, day: date) -> None:
    """Note that a source answered a check; does not commit."""
    source = session.get_one(Source, source_id)
    source.verified_day = source.verified_day or day


def with_enabled(text: str, source_id: str, *, enabled: bool, note: str | None = None) -> str:
    """The text of a registry with one source switched on or off; comments, order and all else stay.

    A note, which says why, is put in the place of the one before. Raises `RegistryError` if the source is not
    in it, or is written in a way that cannot be edited by line.
    """
    tables = tomllib.loads(text).get("source", [])
    ids = [table.get("id") for table in tables]
    if source_id not in ids:
        raise RegistryError(f"source {source_id}: not in the registry")
    number = ids.index(source_id)
    changed = _with_value(text, number, "enabled", value=enabled)
    wanted = {**tables[number], "enabled": enabled}
    if note is not None:
        changed, wanted = _with_value(changed, number, "note", value=note), {**wanted, "note": note}
    # the line-wise edit is trusted only if it changed this and nothing else
    try:
        kept = tomllib.loads(changed).get("source") == [*tables[:number], wanted, *tables[number + 1 :]]
    except tomllib.TOMLDecodeError:
        kept = False
    if not kept:
        raise RegistryError(f"source {source_id}: set `enabled` by hand; it is not on a line of its own")
    return changed


def _with_value(text: str, number: int, field: str, *, value: bool | str) -> str:
    """The text with a field of one source set on its own line, or on a new one below the identifier."""
    rows = text.splitlines(keepends=True)
    place = Lines(text)
    at = place.of(number, None, field) - 1
    if place.has(number, field):
        written = _toml(value)
        rows[at] = _VALUE.sub(lambda found: found[1] + written, rows[at], count=1)
    else:
        at = place.of(number, None, "id")
        ending = "\r\n" if rows[at - 1].endswith("\r\n") else "\n"
        rows.insert(at, f"{field} = {_toml(value)}{ending}")
    return "".join(rows)


def to_toml(specs: Iterable[SourceSpec]) -> str:
    """The registry file of these sources; `load` reads it back to the same."""
    blocks = []
    for spec in specs:
        lines = ["[[source]]"]
        pairs: list[tuple[str, object]] = [("id", spec.id), ("name", spec.name), ("kind", spec.kind.value)]
        pairs += [("homepage", spec.homepage), ("local", spec.local), ("enabled", spec.enabled)]
        pairs += [("note", spec.note)] if spec.note else []
        lines += [f"{name} = {_toml(value)}" for name, value in pairs]
        for entry in spec.entries:
            lines += [
                "",
                "[[source.entry]]",
                f"kind = {_toml(entry.kind.value)}",
                f"url = {_toml(entry.url)}",
            ]
            if entry.link_pattern is not None:
                lines.append(f"link_pattern = {_toml(entry.link_pattern)}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # a JSON string is a TOML basic string, but for DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

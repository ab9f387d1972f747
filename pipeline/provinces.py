"""Province packages: what another province brings with it, as data (sources, place names, gate texts).

An installed package announces itself by an entry point of the group `kiemchung.provinces`: its name is the
code of the province, its value the package. Nothing of a package is run: its folder is found, `province.toml`
and the files that it names are read and checked. A package can add no topic, no source that is a person, and
nothing to the gate of the product.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ConflictError, UsageError

if TYPE_CHECKING:
    from crawlers.registry import SourceSpec

GROUP = "kiemchung.provinces"
MANIFEST = "province.toml"
VIETNAMESE = "vi"
_CODE = re.compile(r"\d\d")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"[a-z_][a-z0-9_]*")
_FILES = ("sources", "names", "texts", "protected")
_WORDS = ("code", "name_vi", "name_en", "language", "former", *_FILES)
_NAME_WORDS = (2, 4)
LONGEST_TEXT = 4000
"""Characters of one text of a package; a gate text is a message, not a book."""


@dataclass(frozen=True)
class OwnGate:
    """The gate of another language: its weights, and the SHA-256 (hex) that the manifest pins."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class GateText:
    """One text that the gate is measured on: ours with one of the nine topics, or not ours with none."""

    in_scope: bool
    topic: str | None
    text: str


@dataclass(frozen=True)
class Province:
    """A province package as its manifest describes it; the files are read when somebody asks."""

    package: str
    code: str
    name_vi: str
    name_en: str
    language: str
    former: tuple[str, ...]
    sources: Path | None
    names: Path | None
    texts: Path | None
    protected: Path | None
    gate: OwnGate | None


def installed() -> list[Province]:
    """Every package that is installed, in the order of their codes; raises `UsageError` for a broken one."""
    return [_opened(entry) for entry in sorted(_entries(), key=lambda entry: entry.name)]


def find(code: str) -> Province | None:
    """The package of a province, or None: the place names of all provinces come with the product.

    Raises `ConflictError` where two packages claim the code, `UsageError` for a broken one.
    """
    mine = [entry for entry in _entries() if entry.name == code]
    if len(mine) > 1:
        packages = " and ".join(sorted(entry.value for entry in mine))
        raise ConflictError(f"province {code}: {packages} both serve it, take one away")
    return _opened(mine[0]) if mine else None


@cache
def _entries() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def _opened(entry: EntryPoint) -> Province:
    found = load(_folder(entry), entry.value)
    if found.code != entry.name:
        raise UsageError(f"{entry.value}: announces {entry.name!r}, but {MANIFEST} is of {found.code!r}")
    return found


def _folder(entry: EntryPoint) -> Path:
    # a module of a top level is found without running it; one inside a package would run the package
    spec = find_spec(entry.value) if _FOLDER.fullmatch(entry.value) else None
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(f"{GROUP}: {entry.value!r} is not an installed package of the top level")
    return Path(spec.submodule_search_locations[0])


def load(folder: Path, package: str = "") -> Province:
    """The package in a folder; raises `UsageError` naming file and field."""
    path = folder / MANIFEST
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    _only(content, ("province", "gate"), path, "")
    table = _table(content, "province", path)
    _only(table, _WORDS, path, "province.")
    code = _text(table, "code", path)
    if not _CODE.fullmatch(code):
        raise UsageError(f"{path}: province.code: {code!r} is not two digits, such as 96")
    files = {name: _file(table, name, path) for name in _FILES}
    language = _text(table, "language", path)
    return Province(
        package=package or folder.name,
        code=code,
        name_vi=_text(table, "name_vi", path),
        name_en=_text(table, "name_en", path),
        language=language,
        former=_former(table, path),
        gate=_gate(content, language, path),
        **files,
    )


def _gate(content: dict[str, Any], language: str, path: Path) -> OwnGate | None:
    if "gate" not in content:
        if language != VIETNAMESE:
            raise UsageError(f"{path}: gate: a package in {language!r} needs a gate of its own")
        return None
    if language == VIETNAMESE:
        raise UsageError(f"{path}: gate: Vietnamese is read by the gate of the product alone (rule 10)")
    table = _table(content, "gate", path)
    _only(table, ("artefact", "sha256"), path, "gate.")
    file, sha256 = _file(table, "artefact", path), _text(table, "sha256", path)
    if file is None or not _SHA256.fullmatch(sha256):
        raise UsageError(f'{path}: gate: needs artefact = "FILE.npz" and its sha256 in 64 hex digits')
    return OwnGate(file, sha256)


def _only(table: dict[str, Any], known: tuple[str, ...], path: Path, head: str) -> None:
    for name in table:
        if name not in known:
            raise UsageError(
                f"{path}: {head}{name}: not known; a package adds no topic, word list or setting (rule 2)"
            )


def _table(content: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    value = content.get(name)
    if not isinstance(value, dict):
        raise UsageError(f"{path}: [{name}] is missing")
    return value


def _text(table: dict[str, Any], name: str, path: Path) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{path}: {name}: a text is missing")
    return value.strip()


def _former(table: dict[str, Any], path: Path) -> tuple[str, ...]:
    value = table.get("former", [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise UsageError(f"{path}: former: a list of names of provinces of before July 2025")
    return tuple(value)


def _file(table: dict[str, Any], name: str, path: Path) -> Path | None:
    if name not in table:
        return None
    written = _text(table, name, path)
    file = path.parent / written
    # beside the manifest, so that a package cannot point at a file of the machine
    if Path(written).name != written or not file.is_file():
        raise UsageError(f"{path}: {name}: {written!r} is not a file beside {MANIFEST}")
    return file


def sources(province: Province) -> "list[SourceSpec]":
    """The sources of a package; raises `RegistryError` with file, line and field (rule 4)."""
    from crawlers import registry

    return registry.load(province.sources) if province.sources else []


def local_names(province: Province) -> dict[str, str]:
    """Names below the units, and the unit of today that each lies in; raises `UsageError` with its row."""
    names: dict[str, str] = {}
    for where, (name, unit) in _rows(province.names, ("name", "unit")):
        words = name.split(" ")
        least, most = _NAME_WORDS
        if not least <= len(words) <= most or not all(word.isalpha() for word in words):
            raise UsageError(f"{where} column name: {name!r} is not {least} to {most} words of letters")
        if not words[-1][0].isupper():
            raise UsageError(f"{where} column name: {name!r} ends in a small letter, so it is no name")
        if name in names:
            raise UsageError(f"{where} column name: {name!r} is named twice")
        names[name] = unit
    return names


def gate_texts(province: Province) -> list[GateText]:
    """The texts that the gate is measured on; raises `UsageError` with file and row."""
    from models.vocabulary import Topic

    found: list[GateText] = []
    for where, (label, topic, text) in _rows(province.texts, ("label", "topic", "text")):
        if label not in {"in", "out"}:
            raise UsageError(f"{where} column label: {label!r} is neither in nor out")
        if label == "in" and topic not in set(Topic):
            raise UsageError(f"{where} column topic: {topic!r} is not one of the nine topics (rule 2)")
        if label == "out" and topic != "-":
            raise UsageError(f"{where} column topic: a text that is not ours has none, write - (rule 3)")
        found.append(GateText(label == "in", topic if label == "in" else None, text))
    return found


def protected_texts(province: Province) -> list[str]:
    """Speech that no gate may ever admit; one column, so that nothing is said about it (rule 3)."""
    return [text for _, (text,) in _rows(province.protected, ("text",))]


def _rows(path: Path | None, head: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """The rows of a TSV with its header, each with "file row N"; no file has no rows."""
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error
    if not lines or lines[0].split("\t") != list(head):
        raise UsageError(f"{path} row 1: the header is not {' TAB '.join(head)}")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != len(head) or not all(cells) or len(line) > LONGEST_TEXT:
            raise UsageError(f"{path} row {number}: needs {len(head)} filled columns, {', '.join(head)}")
        rows.append((f"{path} row {number}", cells))
    return rows

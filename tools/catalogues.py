"""The catalogues: extract, merge, and check. One command.

English holds every text of the site; Khmer those of the public door, because the staff's room has none.
`python -m tools.catalogues` reads the texts from the templates and the word lists, adds what is new to
`review_ui/locale/<language>/LC_MESSAGES/kiemchung.po`, drops what is gone and prints what is not translated.
`--check` writes nothing and exits 1 when a text is missing, a placeholder differs or a plural form is wrong.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from classify import detect
from pipeline import chartwords, public
from pipeline.dictionary import ENTRIES
from pipeline.figures import STATES_VI
from pipeline.methodwords import LINES
from review_ui import (
    chartlist,
    editing,
    faults,
    figuregroups,
    filters,
    keyboard,
    messages,
    presets,
    rolewords,
    words,
)
from review_ui.language import DOMAIN, FIRST, LANGUAGES, po_file
from review_ui.routes import claim, outside, queue

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "review_ui" / "templates"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": (2,)}
STAFF_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "said": (2,)}
WHOLE = "en"
"""The language that the staff's room has beside Vietnamese."""
PUBLIC_PYTHON = (
    "review_ui/routes",
    "review_ui/handouts.py",
    "review_ui/figuregroups.py",
    "review_ui/figurewords.py",
    "review_ui/messages.py",
)
STAFF_PYTHON = ("review_ui/editing.py", "review_ui/templating.py")
"""Where `say` is handed texts of the staff's room."""
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\\[1-9]|\{\w+\}")
# a date that stays, so that a catalogue changes only with its texts
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
HEADERS = {
    "en": "English texts of Kiểm Chứng: the public door and the staff's room.",
    "km": "Khmer texts of the public door of Kiểm Chứng.\n\n"
    "DRAFT: no reader of Khmer has signed these off. Every Khmer page says so until `km` is taken out of\n"
    "`DRAFTS` in review_ui/language.py.",
}
Text = str | tuple[str, str]
# what `classify` says in Vietnamese in front of a reviewer and has no list of
REASONS = (
    "giống một tin đã kết luận là sai",
    "giống một tin đã kết luận là đúng",
    "chưa có câu trả lời nào gần giống",
    "người dân gửi tin hỏi",
)
DIFFERENCES = (
    "số tiền",
    "tỷ lệ",
    "ngày tháng",
    "bệnh",
    "nơi",
    "cơ quan",
    "ý trái ngược",
    "phủ định: một bên nói không, một bên nói có",
)


def templates() -> Iterator[Path]:
    """The templates that visitors see."""
    yield TEMPLATES / "base.html"
    yield TEMPLATES / "macros.html"
    yield from sorted((TEMPLATES / "public").rglob("*.html"))


def from_templates() -> Iterator[tuple[str, Text]]:
    """Each text of a public template with the file that it stands in."""
    for path in templates():
        yield from _found(path, "jinja2.ext:babel_extract")


def from_python() -> Iterator[tuple[str, Text]]:
    """Each text that Python hands to `say`."""
    for name in PUBLIC_PYTHON:
        place = ROOT / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield from _found(path, "python")


def from_staff() -> Iterator[tuple[str, Text]]:
    """Each text of the staff's room: its templates, what Python says there, its word lists."""
    for path in (TEMPLATES / "staff.html", *sorted((TEMPLATES / "staff").rglob("*.html"))):
        yield from _found(path, "jinja2.ext:babel_extract")
    for path in sorted((ROOT / "review_ui").rglob("*.py")):
        yield from _found(path, "python", STAFF_KEYWORDS)
    for name in STAFF_PYTHON:
        yield from _found(ROOT / name, "python")
    for place, found in _staff_lists():
        yield from ((f"{place}.py", text) for text in found)


def _staff_lists() -> Iterator[tuple[str, Iterable[str]]]:
    lists = [one for name, one in vars(words).items() if name.isupper() and not name.endswith("_EN")]
    yield "review_ui/words", (text for one in lists for text in one.values())
    yield "review_ui/keyboard", (text for one in keyboard.SHORTCUTS for text in (one.where, one.does))
    yield "review_ui/rolewords", rolewords.DOES.values()
    kinds = (filters.STAGES, filters.KINDS, filters.AGES, filters.MATCHES)
    yield (
        "review_ui/filters",
        (*(text for one in kinds for text in one.values()), filters.LOCAL, filters.MINE),
    )
    yield "review_ui/presets", (text for one in presets.PRESETS.values() for text in one.values())
    yield "review_ui/messages", messages.STAFF
    yield "review_ui/editing", editing.HINTS.values()
    yield "review_ui/routes/claim", claim.DONE.values()
    yield "review_ui/routes/queue", queue.DONE.values()
    yield "review_ui/routes/outside", (outside.FAILED,)
    yield "classify/detect", detect.LABELS.values()
    yield "classify/rank", REASONS
    yield "classify/values", DIFFERENCES


def _found(
    path: Path, method: str, keywords: Mapping[str, tuple[int, ...] | None] = KEYWORDS
) -> Iterator[tuple[str, Text]]:
    with path.open("rb") as file:
        for found in extract(method, file, keywords, options={"silent": "false"}):
            yield str(path.relative_to(ROOT)), found[1] if isinstance(found[1], str) else _pair(found[1])


def _pair(found: tuple[str, ...]) -> Text:
    return found[0], found[1]


def pairs() -> dict[str, str]:
    """Texts of Python's word lists that have their English beside them, which the catalogue repeats."""
    found = {public.RATING_NAMES_VI[one]: public.RATING_NAMES_EN[one] for one in public.RATING_NAMES_VI}
    found |= {public.TOPIC_NAMES_VI[one]: public.TOPIC_NAMES_EN[one] for one in public.TOPIC_NAMES_VI}
    found |= {words.APPEAL_STATES[one]: words.APPEAL_STATES_EN[one] for one in words.APPEAL_STATES}
    found |= {group.vi: group.en for group in figuregroups.GROUPS}
    found |= dict(figuregroups.MARKS.values())
    for page in chartlist.charts():
        found |= {page.vi: page.en, page.read_vi: page.read_en}
    found |= {vi: en for en, vi in STATES_VI.items()}
    short = [name for name in chartwords.WORDS[FIRST] if name in ENTRIES]
    found |= {chartwords.brief(name, FIRST): chartwords.brief(name, "en") for name in short}
    return found | {entry.vi: entry.en for name, entry in ENTRIES.items() if not figuregroups.is_part(name)}


def from_lists(language: str) -> Iterator[tuple[str, Text]]:
    """Each text of the word lists that visitors see; English keeps the methods as the figures name them."""
    for text in pairs():
        yield "pipeline/dictionary.py", text
    for text in (*words.TIP_STATES.values(), *words.SOURCE_KINDS.values()):
        yield "review_ui/words.py", text
    for fault in faults.shown():
        yield from (("review_ui/faults.py", text) for text in (fault.title, fault.advice))
    for text in messages.PUBLIC:
        yield "review_ui/messages.py", text
    for text in LINES if language != "en" else ():
        yield "pipeline/methodwords.py", text


def texts(language: str) -> dict[Text, list[str]]:
    """Every text that a catalogue must hold, with the files that use it."""
    found: dict[Text, list[str]] = {}
    staff = from_staff() if language == WHOLE else ()
    for place, text in (*from_templates(), *from_python(), *from_lists(language), *staff):
        if place not in found.setdefault(text, []):
            found[text].append(place)
    return found


def read(language: str) -> Catalog:
    """The catalogue as it stands in the tree; an empty one if there is none."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def merged(language: str) -> Catalog:
    """The catalogue with every text of today and no other; what was translated stays."""
    old, english = read(language), pairs() if language == "en" else {}
    new = Catalog(
        locale=language,
        domain=DOMAIN,
        project="Kiểm Chứng",
        version="1",
        header_comment="\n".join(f"# {line}".rstrip() for line in HEADERS[language].split("\n")),
        creation_date=STAMP,
        revision_date=STAMP,
        last_translator="",
        language_team=language,
        copyright_holder="",
        fuzzy=False,
    )
    for text, places in texts(language).items():
        plural = isinstance(text, tuple)
        kept = old.get(text[0] if plural else text)
        string = kept.string if kept is not None else ("",) * new.num_plurals if plural else ""
        new.add(
            text,
            english.get(text, string) if isinstance(text, str) else string,
            [(one, 1) for one in places],
        )
    return new


def faulty(catalogue: Catalog, language: str) -> Iterator[str]:
    """What is wrong with a catalogue, one line each."""
    known = {message.id: message for message in catalogue if message.id}
    for text in texts(language):
        message = known.pop(text, None)
        if message is None:
            yield f"{language}: is not in the catalogue: {text!r}"
            continue
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        forms = catalogue.num_plurals if isinstance(text, tuple) else 1
        if len(strings) != forms or not all(strings):
            yield f"{language}: is not translated: {text!r}"
        elif message.fuzzy:
            yield f"{language}: is marked fuzzy: {text!r}"
        elif any(_holes(str(one)) != _holes(text if isinstance(text, str) else text[1]) for one in strings):
            yield f"{language}: holds other placeholders: {text!r}"
    yield from (f"{language}: is used nowhere: {text!r}" for text in known)


def _holes(text: str) -> list[str]:
    return sorted({found[0] for found in PLACEHOLDER.finditer(text)})


def all_faults() -> list[str]:
    """What is wrong with the catalogues of all languages."""
    return [line for language in LANGUAGES if language != FIRST for line in faulty(read(language), language)]


def write(language: str) -> None:
    """Write a catalogue with what is new."""
    out = io.BytesIO()
    write_po(out, merged(language), width=110, include_lineno=False)
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())


def main(arguments: list[str] | None = None) -> int:
    """Merge or check; 1 if a catalogue is not complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing")
    asked = parser.parse_args(arguments)
    if not asked.check:
        for language in LANGUAGES:
            if language != FIRST:
                write(language)
    wrong = all_faults()
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

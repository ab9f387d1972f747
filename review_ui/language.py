"""Languages of the public door: catalogues (GNU gettext), what a page calls `_`, dates and numbers.

The Vietnamese text is the msgid: what is not translated yet is shown in Vietnamese. Catalogues are read from
`locale/<language>/LC_MESSAGES/kiemchung.po` when the first page of that language is asked for.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from markupsafe import escape

from models.weeks import ZONE

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "kiemchung"
FIRST = "vi"
NAMES = {"vi": "Tiếng Việt", "en": "English", "km": "ភាសាខ្មែរ"}
"""Each language in its own words, in the order that pages offer them."""
LANGUAGES = tuple(NAMES)
DRAFTS = frozenset({"km"})
"""Catalogues that no reader of the language has signed off yet; their pages say so."""
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "km": (
        "មករា",
        "កុម្ភៈ",
        "មីនា",
        "មេសា",
        "ឧសភា",
        "មិថុនា",
        "កក្កដា",
        "សីហា",
        "កញ្ញា",
        "តុលា",
        "វិច្ឆិកា",
        "ធ្នូ",
    ),
}


def known(language: str | None) -> str:
    """The language of an address, Vietnamese where it names none that pages have."""
    return language if language in NAMES else FIRST


def po_file(language: str) -> Path:
    """Where the catalogue of a language stands."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@lru_cache(maxsize=len(NAMES))
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; Vietnamese needs none."""
    if language == FIRST:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with po_file(language).open("rb") as file:
        catalogue = read_po(file, locale=language, domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True)
class Speech:
    """What a template of one language is given: `gettext` and `ngettext`, which `_` leads to."""

    language: str

    def gettext(self, text: str, **values: object) -> str:
        """The text in this language, its `%(name)s` filled in; values are escaped, texts hold no markup."""
        return _filled(translations(self.language).gettext(text), values)

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """The form that this language uses for `n` (CLDR plural rules); `%(num)s` is `n` unless given."""
        found = translations(self.language).ngettext(one, many, n)
        return _filled(found, {"num": number(n, 0, self.language), **values})


def _filled(text: str, values: dict[str, object]) -> str:
    # without values a text is left as it is, so that a per cent sign needs no doubling
    return escape(text) % values if values else text


@lru_cache(maxsize=len(NAMES))
def speech(language: str) -> Speech:
    """The words of a language."""
    return Speech(language)


def say(language: str, text: str) -> str:
    """One text in a language, for Python that is no template."""
    return translations(language).gettext(text)


def day(value: date, language: str = FIRST) -> str:
    """18/11/2026; 18 Nov 2026 in English; 18 វិច្ឆិកា 2026 in Khmer."""
    months = _MONTHS.get(language)
    if months is None:
        return f"{value.day:02d}/{value.month:02d}/{value.year}"
    return f"{value.day} {months[value.month - 1]} {value.year}"


def instant(value: datetime, language: str = FIRST) -> str:
    """The desk's local time of an instant: 10:00, 18/11/2026."""
    local = value.astimezone(ZONE)
    return f"{local:%H:%M}, {day(local.date(), language)}"


def number(value: float, digits: int = 0, language: str = FIRST) -> str:
    """1.234,5 in Vietnamese, 1,234.5 in English and Khmer (CLDR)."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == FIRST else text

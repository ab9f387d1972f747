"""Templates: one Jinja environment, escaping on, undefined names refused, dates as locals write them."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from models.vocabulary import Rating, Topic
from models.weeks import ZONE
from pipeline import public
from review_ui import words

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGES = ("vi", "en")
_TOKEN = re.compile(r"‹([a-z_]{1,20})·([0-9]{0,2})·([0-9a-f]{8})›")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SLUGS = {topic.value: topic.value.replace("_", "-") for topic in Topic}


@lru_cache(maxsize=1)
def make_environment() -> Environment:
    """The environment of all pages; a process needs one, whatever number of apps it holds."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters |= {
        "day": day,
        "instant": instant,
        "number": number,
        "masked": masked,
        "address": address,
        "host": host,
        "lines": lines,
    }
    env.globals |= {
        "asset": asset,
        "words": words,
        "topic_slug": _SLUGS.__getitem__,
        "ratings": tuple(Rating),
        "topics": tuple(topic.value for topic in Topic),
        "query": query,
    }
    return env


def in_language(language: str) -> Callable[[str, str], str]:
    """Gives a page its `t`: the Vietnamese words and the English ones, of which one is shown."""
    return lambda vietnamese, english: english if language == "en" else vietnamese


def names(language: str) -> Mapping[str, Mapping[str, str] | Mapping[Rating, str]]:
    """Names of topics and ratings in a language."""
    if language == "en":
        return {"topics": public.TOPIC_NAMES_EN, "ratings": public.RATING_NAMES_EN}
    return {"topics": public.TOPIC_NAMES_VI, "ratings": public.RATING_NAMES_VI}


def topic_of_slug(slug: str) -> Topic | None:
    """The topic of an address, or None."""
    return next((Topic(topic) for topic, known in _SLUGS.items() if known == slug), None)


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """The address of a static file with a piece of its hash, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/tinh/{name}?v={digest}"


def day(value: date, language: str = "vi") -> str:
    """18/11/2026, or 18 Nov 2026 in English."""
    if language == "en":
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return f"{value.day:02d}/{value.month:02d}/{value.year}"


def instant(value: datetime, language: str = "vi") -> str:
    """The desk's local time of an instant: 10:00, 18/11/2026."""
    local = value.astimezone(ZONE)
    return f"{local:%H:%M}, {day(local.date(), language)}"


def number(value: float, digits: int = 0, language: str = "vi") -> str:
    """1.234,5 in Vietnamese and 1,234.5 in English."""
    text = f"{value:,.{digits}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def masked(text: str) -> Markup:
    """A masked sentence with readable tokens: what kind of number stood there, and its last two digits."""
    out = Markup()
    at = 0
    for found in _TOKEN.finditer(text):
        kind, last_two, short = found.groups()
        name = words.TOKEN_KINDS.get(kind, kind)
        shown = f"{name} …{last_two}" if last_two else name
        out += escape(text[at : found.start()])
        out += Markup('<span class="token" title="dấu {}">{}</span>').format(short, shown)
        at = found.end()
    return out + escape(text[at:])


def address(url: str) -> str:
    """A web address that is safe as a link, or an empty one: escaping does not stop `javascript:`."""
    parts = urlsplit(url.strip())
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


def host(url: str) -> str:
    """The host of a web address, for people to read."""
    return (urlsplit(url.strip()).hostname or "").removeprefix("www.")


def lines(text: str) -> Markup:
    """Text with its paragraphs kept."""
    parts = [part.strip() for part in re.split(r"\n{2,}", text) if part.strip()]
    return Markup().join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in part.split("\n")))
        for part in parts
    )


def query(path: str, **values: object) -> str:
    """An address with the query values that are not empty."""
    kept = {name.replace("_", "-"): value for name, value in values.items() if value not in {None, "", False}}
    return f"{path}?{urlencode(kept)}" if kept else path

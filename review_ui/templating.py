"""Templates: one Jinja environment, escaping on, undefined names refused, dates as locals write them."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from models.vocabulary import Rating, Topic
from pipeline import public
from review_ui import keyboard, language, words
from review_ui.language import day, instant, number

HERE = Path(__file__).parent
STATIC = HERE / "static"
_OWN = re.compile(r"/dinh-chinh/[a-z0-9-]{1,200}")
_TOKEN = re.compile(r"‹([a-z_]{1,20})·([0-9]{0,2})·([0-9a-f]{8})›")
_WORD = re.compile(r"từ “(.+)”")
_UNIT = re.compile(r"con số \((.+)\)")
_DATES = "ngày tháng"
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
        extensions=["jinja2.ext.i18n"],
    )
    first = language.speech(language.FIRST)
    # what holds where no page gives its own: staff pages, and macros that are imported without their context
    env.globals |= {"gettext": first.gettext, "ngettext": first.ngettext}
    env.filters |= {
        "day": _day,
        "instant": _instant,
        "number": _number,
        "masked": _masked,
        "reason_name": _reason_name,
        "difference": _difference,
        "own_address": own_address,
        "address": address,
        "host": host,
        "bare": bare,
        "lines": lines,
    }
    env.globals |= {
        "asset": asset,
        "inline_icon": inline_icon,
        "words": words,
        "topic_slug": _SLUGS.__getitem__,
        "ratings": tuple(Rating),
        "topics": tuple(topic.value for topic in Topic),
        "query": query,
        "shortcuts": keyboard.groups,
    }
    return env


def _here(context: Context) -> str:
    """The language of the page; macros that are imported without their context speak Vietnamese."""
    return str(context.get("lang") or language.FIRST)


@pass_context
def _day(context: Context, value: date, tag: str | None = None) -> str:
    return day(value, tag or _here(context))


@pass_context
def _instant(context: Context, value: datetime, tag: str | None = None) -> str:
    return instant(value, tag or _here(context))


@pass_context
def _number(context: Context, value: float, digits: int = 0, tag: str | None = None) -> str:
    return number(value, digits, tag or _here(context))


@pass_context
def _masked(context: Context, text: str) -> Markup:
    return masked(text, _here(context))


@pass_context
def _reason_name(context: Context, feature: str) -> Markup:
    """What moved a score; a word of the model itself stays as it is."""
    tag, word = _here(context), _WORD.fullmatch(feature)
    if word:
        return escape(language.say(tag, "từ “%(word)s”")) % {"word": _quoted(word[1])}
    name = language.say(tag, feature)
    return _quoted(feature) if name == feature else escape(name)


@pass_context
def _difference(context: Context, told: str) -> Markup:
    """Which value differs, its kind in the language of the page and the values as they were written."""
    tag, (kind, colon, values) = _here(context), told.partition(": ")
    whole = language.say(tag, told)
    if whole != told or not colon:
        return escape(whole)
    unit = _UNIT.fullmatch(kind)
    if unit:
        named = language.say(tag, "con số (%(unit)s)") % {"unit": unit[1]}
    else:
        # "ngày" also counts days elsewhere, which is another word in English
        named = kind if tag == language.FIRST else language.say(tag, _DATES if kind == "ngày" else kind)
    return escape(named) + colon + _quoted(values)


def _quoted(text: str) -> Markup:
    return Markup('<span lang="vi">{}</span>').format(text)


class Words:
    """The lists of `review_ui.words` in another language, under the same names."""

    def __init__(self, tag: str) -> None:
        self._tag = tag

    def __getattr__(self, name: str) -> Mapping[str, str]:
        """One list; made once."""
        found = {key: language.say(self._tag, text) for key, text in getattr(words, name).items()}
        setattr(self, name, found)
        return found


@lru_cache(maxsize=len(language.NAMES))
def words_in(tag: str) -> object:
    """What templates call `words` in a language."""
    return words if tag == language.FIRST else Words(tag)


def names(tag: str) -> Mapping[str, Mapping[str, str]]:
    """Names of topics and ratings in a language."""
    return {
        "topics": {one: language.say(tag, name) for one, name in public.TOPIC_NAMES_VI.items()},
        "ratings": {one: language.say(tag, name) for one, name in public.RATING_NAMES_VI.items()},
    }


def addresses(tag: str) -> Callable[..., str]:
    """Gives a page its `href`: an address of this site that stays in the language of the page."""

    def href(path: str, **values: object) -> str:
        return query(path, **values, lang=None if tag == language.FIRST else tag)

    return href


def topic_of_slug(slug: str) -> Topic | None:
    """The topic of an address, or None."""
    return next((Topic(topic) for topic, known in _SLUGS.items() if known == slug), None)


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """The address of a static file with a piece of its hash, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/tinh/{name}?v={digest}"


@lru_cache(maxsize=1)
def inline_icon() -> str:
    """The icon as an address that holds it, for pages whose third request is a font (RFC 2397)."""
    return "data:image/svg+xml," + quote((STATIC / "icon.svg").read_text(encoding="utf-8"))


def masked(text: str, tag: str = language.FIRST) -> Markup:
    """A masked sentence with readable tokens: what kind of number stood there, and its last two digits."""
    mark = language.say(tag, "dấu %(short)s")
    out = Markup()
    at = 0
    for found in _TOKEN.finditer(text):
        kind, last_two, short = found.groups()
        name = language.say(tag, words.TOKEN_KINDS.get(kind, kind))
        shown = f"{name} …{last_two}" if last_two else name
        out += escape(text[at : found.start()])
        out += Markup('<span class="token" title="{}">{}</span>').format(mark % {"short": short}, shown)
        at = found.end()
    return out + escape(text[at:])


def address(url: str) -> str:
    """A web address that is safe as a link, or an empty one: escaping does not stop `javascript:`."""
    parts = urlsplit(url.strip())
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else ""


def own_address(url: str) -> str:
    """The address of a correction of this desk, or an empty one: two slashes of either kind lead away."""
    return url if _OWN.fullmatch(url) else ""


def host(url: str) -> str:
    """The host of a web address, for people to read."""
    return (urlsplit(url.strip()).hostname or "").removeprefix("www.")


def bare(url: str) -> str:
    """A web address as people copy it from paper: without the scheme."""
    return url.partition("://")[2] or url


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

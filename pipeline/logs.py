"""What this program says while it runs: one event a line, as text or as JSON, on standard error.

An event is a constant string and its fields are values that lead to nobody (rules 1 and 2): no address of a
visitor, no path of a request, no words of a page or tip. Of another library only the logger's name and the
kind of a fault are said, because its lines may quote what it was given; of uvicorn its constant words
too.
"""

import contextlib
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from models.errors import UsageError
from pipeline.settings import Settings

OURS = "kiemchung"
FOREIGN = "library_line"
FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
FRAMES = 6
_WORDED = "uvicorn"
_PAIR = re.compile(r"(?<!\s)\s*\b(\w+)=%[\d.]*[a-z]")
# what the standard library itself puts on a record; everything else came by `extra`
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def check(settings: Settings) -> None:
    """Raise `UsageError` naming the setting if it is none of those that there are."""
    for name, known in (("log.format", FORMATS), ("log.level", LEVELS)):
        if settings.text(name) not in known:
            raise UsageError(f"{name}: {settings.text(name)!r} is none of {', '.join(known)}")


def configure(settings: Settings) -> None:
    """Send every line of this process the one way; called first in each process, twice does no harm."""
    check(settings)
    handler = _Here()
    handler.setFormatter(Json() if settings.text("log.format") == "json" else Text())
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Here)]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger(OURS).setLevel(settings.text("log.level").upper())


class _Here(logging.Handler):
    """Standard error as it is when a line is written, not when the program started."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line in one piece; who reads may have gone, and that is no fault of the work."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()


class Json(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `event`, and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        return json.dumps(_parts(record), ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """The same for people: time, level, event, `field=value`; a value with spaces stands in quotes."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        parts = dict(_parts(record))
        head = f"{parts.pop('time')} {parts.pop('level')} {parts.pop('event')}"
        return " ".join([head, *(f"{name}={_shown(value)}" for name, value in parts.items())])


def _parts(record: logging.LogRecord) -> Mapping[str, object]:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    head = {"time": moment.replace("+00:00", "Z"), "level": record.levelname.lower()}
    if record.name == OURS or record.name.startswith(OURS + "."):
        event, fields = _of_ours(record)
        return {**head, "event": event, **fields, **_fault(record)}
    worded = record.name.split(".")[0] == _WORDED and isinstance(record.msg, str)
    said = {"says": " ".join(str(record.msg).split())} if worded else {}
    return {**head, "event": FOREIGN, "logger": record.name, **said, **_fault(record)}


def _of_ours(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    """The constant event, and what `name=%s` and `extra` say; the values are not read out of the text."""
    template = str(record.msg)
    names = _PAIR.findall(template)
    values = record.args if isinstance(record.args, tuple) else (record.args,) if names else ()
    fields = dict(zip(names, values, strict=False))
    event = _PAIR.sub("", template).strip()
    return event, {**fields, **{k: v for k, v in vars(record).items() if k not in _OWN}}


def _fault(record: logging.LogRecord) -> dict[str, object]:
    """A fault by type and place alone: its text could hold words of a tip or values of a query."""
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    return {"error": type(error).__name__, "place": " < ".join(_places(error))}


def _places(error: BaseException) -> Iterator[str]:
    # walk_tb reads no source: a fault may well be that nothing can be read
    frames = list(traceback.walk_tb(error.__traceback__))[-FRAMES:]
    return (f"{frame.f_code.co_name}:{line}" for frame, line in reversed(frames))


def _shown(value: object) -> str:
    text = " ".join(str(value).split())
    return json.dumps(text, ensure_ascii=False) if " " in text or '"' in text or not text else text

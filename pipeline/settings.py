"""The settings: one table of name, type, default and help, read from defaults, file, environment and flags.

The table feeds `--help`, the reference page and its test. There is no topic, keyword or watch list among
them and a test says so (rule 2).
"""

import os
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError

if TYPE_CHECKING:
    from models.session import Pool

FILE_NAME = "kiemchung.toml"
PREFIX = "KIEMCHUNG_"

Value = str | int | float | bool


@dataclass(frozen=True)
class Setting:
    """One row of the table; `name` is `section.key` in the file and `KIEMCHUNG_SECTION_KEY` outside."""

    name: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    form: str = ""
    """For text: a regular expression that the whole of it fits (empty: any)."""

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return PREFIX + self.name.replace(".", "_").upper()


_ADDRESS = r"|https?://[^\s/?#]+\S*"
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"  # of RFC 9110, section 5.6.2, the part that needs no thought

TABLE: tuple[Setting, ...] = (
    Setting("desk.name", "Kiểm Chứng", "name of the desk on every page and in every feed"),
    Setting("desk.province", "86", "code of the province that the desk serves (86 is Vĩnh Long)"),
    Setting("database.url", "sqlite:///var/kiemchung.sqlite", "SQLite file or PostgreSQL address"),
    Setting(
        "database.password_file",
        "",
        "file with the password of the PostgreSQL role, so that it stands in no address; empty: none",
    ),
    Setting("database.pool_size", 5, "connections to PostgreSQL that each process keeps", 1, 100),
    Setting("database.max_overflow", 5, "connections that each process may open beyond them", 0, 100),
    Setting(
        "database.pool_timeout_s", 10, "seconds that a page or stage waits for a free connection", 1, 120
    ),
    Setting("paths.var", "var", "folder for keys, models, exports and backups"),
    Setting("sources.file", "sources.toml", "the source registry"),
    Setting("crawl.bot_name", "KiemChungBot", "name of the crawler in every request", form=_WORD),
    Setting(
        "crawl.contact_url",
        "",
        "page about the crawler, sent with every request; needed to crawl the internet",
        form=_ADDRESS,
    ),
    Setting("crawl.workers", 2, "processes that extract and read pages", 1, 64),
    Setting("crawl.interval_minutes", 30, "how often `serve` looks for what is due", 5, 1440),
    Setting("web.host", "127.0.0.1", "address that `serve` listens on"),
    Setting("web.port", 8000, "port that `serve` listens on", 0, 65535),
    Setting("web.workers", 1, "web processes", 1, 64),
    Setting(
        "web.proxy_header",
        "",
        "header in which your own proxy names a reader's address, for limits in memory alone; empty: none",
        form=f"|{_WORD}",
    ),
    Setting("web.public_url", "", "address that readers use, for feeds and ClaimReview", form=_ADDRESS),
    Setting(
        "web.second_factor",
        "optional",
        "who must sign in with a second factor: optional (nobody must), leads (leads and admins), everybody",
    ),
    Setting("oidc.issuer", "", "https address of the OpenID Connect service that staff may sign in with"),
    Setting("oidc.client_id", "", "name of this desk at that service"),
    Setting("oidc.client_secret_file", "", "file with the secret that the service gave this desk"),
    Setting(
        "oidc.claim",
        "preferred_username",
        "claim of the service's answer that holds the username of an account; nobody is registered by it",
    ),
    Setting("queue.threshold", 0.5, "score from which a claim is flagged", 0, 1),
    Setting("queue.exploration", 0.05, "share of the queue that ignores the score", 0.01, 0.5),
    Setting(
        "ranking.encoder",
        "bundled",
        "sentence vectors for ranking: bundled, none, or the path of a sentence-transformers folder",
    ),
    Setting("audit.weekly_draws", 100, "claims drawn at random each week, with known probability", 5, 5000),
    Setting("answer.hours", 72, "promised hours from a claim's arrival to its public answer", 1, 720),
    Setting(
        "review.second_share",
        1.0,
        "share of what one person finds to be no claim that a second reads blind; a rating needs two",
        0.1,
        1,
    ),
    Setting("appeal.working_days", 7, "working days to decide an appeal", 1, 30),
    Setting(
        "appeal.extra_holidays",
        "",
        "days off besides Vietnam's public holidays, as 2027-02-05, 2027-02-12; no working days",
    ),
    Setting(
        "tips.seal_to",
        "",
        "public key of `kiemchung keys tips`: tips are kept sealed to it, unreadable here; empty: not sealed",
    ),
    Setting("channels.telegram", False, "whether a Telegram bot of the desk takes tips"),
    Setting(
        "channels.telegram_secret_file", "", "file with the secret_token (24 or more) of the bot's webhook"
    ),
    Setting("channels.zalo", False, "whether a Zalo Official Account of the desk takes tips"),
    Setting("channels.zalo_app_id", "", "id of the Zalo app that the account belongs to", form=r"|\d{1,30}"),
    Setting("channels.zalo_secret_file", "", "file with the account's secret key, which signs its events"),
    Setting("channels.zalo_app_secret_file", "", "file with the app's secret key, which renews its tokens"),
    Setting("channels.zalo_refresh_token_file", "", "file with the first refresh token of the account"),
    Setting(
        "channels.zalo_api",
        "https://openapi.zalo.me/v3.0/oa/message/cs",
        "address that answers to Zalo users are sent to",
        form=_ADDRESS.removeprefix("|"),
    ),
    Setting(
        "channels.zalo_token_api",
        "https://oauth.zaloapp.com/v4/oa/access_token",
        "address that gives the account's tokens",
        form=_ADDRESS.removeprefix("|"),
    ),
    Setting("train.min_labels", 40, "verdicts needed before a challenger is trained", 20, 100000),
    Setting(
        "metrics.token_file",
        "",
        "file with the token (32 characters or more) by which Prometheus reads /metrics; empty: only admins",
    ),
    Setting("schedule.enabled", True, "whether `serve` also runs the stages on schedule"),
    Setting(
        "log.format", "text", "how events are written on standard error: text, or json, one object a line"
    ),
    Setting("log.level", "warning", "the least that is written: debug, info, warning or error"),
)

BY_NAME = {setting.name: setting for setting in TABLE}


@dataclass(frozen=True)
class Settings:
    """All settings of one run; made by `load`."""

    values: Mapping[str, Value]
    folder: Path

    def text(self, name: str) -> str:
        """A setting as text."""
        return str(self.values[name])

    def number(self, name: str) -> int:
        """A setting as a whole number."""
        return int(self.values[name])

    def share(self, name: str) -> float:
        """A setting as a real number."""
        return float(self.values[name])

    def flag(self, name: str) -> bool:
        """A setting as yes or no."""
        return bool(self.values[name])

    def path(self, name: str) -> Path:
        """A setting as a path, relative to the folder of the settings file."""
        return self.folder / self.text(name)

    @property
    def pool(self) -> "Pool":
        """How many connections a process may have."""
        from models.session import Pool  # SQLAlchemy takes a third of a second

        size, overflow = self.number("database.pool_size"), self.number("database.max_overflow")
        return Pool(size, overflow, self.number("database.pool_timeout_s"))

    @property
    def database_url(self) -> str:
        """The database address, complete; raises `UsageError` if the file of its password cannot be read."""
        url = self.database_place
        if not self.text("database.password_file") or url.startswith("sqlite"):
            return url
        from sqlalchemy import make_url  # a third of a second, spared to everybody who has no such file
        from sqlalchemy.exc import ArgumentError

        try:
            password = self.path("database.password_file").read_text(encoding="utf-8").strip()
            return make_url(url).set(password=password).render_as_string(hide_password=False)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"database.password_file: cannot be read ({error})") from error
        except ArgumentError as error:
            raise UsageError("database.url: not a database address that can be read") from error

    @property
    def database_place(self) -> str:
        """The address as it is set, with a relative SQLite path taken from the settings' folder."""
        url = self.text("database.url")
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/") and ":memory:" not in url:
            return prefix + str(self.folder / url.removeprefix(prefix))
        return url


def load(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Value | None] | None = None,
) -> Settings:
    """Defaults, then the file, then `KIEMCHUNG_*`, then flags; raises `UsageError` naming what is wrong."""
    environ = os.environ if environ is None else environ
    path = file or Path(environ.get(PREFIX + "CONFIG", FILE_NAME))
    values: dict[str, Value] = {setting.name: setting.default for setting in TABLE}
    if path.exists() or file is not None or PREFIX + "CONFIG" in environ:
        values |= _from_file(path)
    values |= _from_environment(environ)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _checked(BY_NAME[name], value, "flag --" + name.replace(".", "-"))
    return Settings(values, path.parent if path.exists() else Path())


def _from_file(path: Path) -> dict[str, Value]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    found: dict[str, Value] = {}
    for section, keys in content.items():
        if not isinstance(keys, dict):
            raise UsageError(f"{path}: unknown setting {section!r}{_suggest(section)}")
        for key, value in keys.items():
            name = f"{section}.{key}"
            if name not in BY_NAME:
                raise UsageError(f"{path}: unknown setting {name!r}{_suggest(name)}")
            found[name] = _checked(BY_NAME[name], value, f"{path}: {name}")
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    variables = {setting.variable: setting for setting in TABLE}
    found: dict[str, Value] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith((PREFIX + "TEST_", PREFIX + "CONFIG")):
            continue
        if variable not in variables:
            raise UsageError(f"environment: unknown setting {variable}")
        setting = variables[variable]
        found[setting.name] = _checked(setting, _parse(setting, text, variable), variable)
    return found


def _parse(setting: Setting, text: str, where: str) -> Value:
    if isinstance(setting.default, bool):
        if text.lower() not in {"true", "false", "1", "0"}:
            raise UsageError(f"{where}: {text!r} is neither true nor false")
        return text.lower() in {"true", "1"}
    if isinstance(setting.default, str):
        return text
    try:
        return int(text) if isinstance(setting.default, int) else float(text)
    except ValueError as error:
        raise UsageError(f"{where}: {text!r} is not a number") from error


def _checked(setting: Setting, value: object, where: str) -> Value:
    default = setting.default
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise UsageError(f"{where}: expected {_kind(default)}, got {value!r}")
    assert isinstance(value, str | int | float | bool)  # noqa: S101 -- narrows the type for the checker
    if isinstance(value, str):
        _check_text(setting, value, where)
    if isinstance(value, str) or setting.low is None or setting.high is None:
        return value
    if not setting.low <= value <= setting.high:
        raise UsageError(f"{where}: {value} is not between {setting.low:g} and {setting.high:g}")
    return value


def _check_text(setting: Setting, value: str, where: str) -> None:
    if not value.strip() and setting.default != "":
        raise UsageError(f"{where}: may not be empty")
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise UsageError(f"{where}: {value!r} holds a control character")
    if setting.form and not re.fullmatch(setting.form, value):
        wanted = "an address that begins with http:// or https://" if setting.form == _ADDRESS else "one word"
        raise UsageError(f"{where}: {value!r} is not {wanted}")


def _kind(default: Value) -> str:
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, int):
        return "a whole number"
    return "a number" if isinstance(default, float) else "text in quotes"


def _suggest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, BY_NAME, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def template(given: Mapping[str, Value] | None = None) -> str:
    """A settings file with every setting, its help and its default, commented out unless it is given."""
    chosen = given or {}
    lines = ["# Settings of the desk. Take the # away from what you change.", ""]
    section = ""
    for setting in TABLE:
        head, key = setting.name.split(".", 1)
        if head != section:
            lines += [f"[{head}]"] if not section else ["", f"[{head}]"]
            section = head
        off = "" if setting.name in chosen else "# "
        lines += [f"# {setting.help}", f"{off}{key} = {_toml(chosen.get(setting.name, setting.default))}"]
    return "\n".join(lines) + "\n"


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)

"""A desk in production: settings that are safe, secrets in files, and what its machine needs to run it.

The templates lie in `pipeline/deploy`. What is there already is never overwritten: a file that would come out
otherwise is put beside it as `NAME.new`, so that the operator sees what changed.
"""

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from models.errors import KiemChungError, UsageError
from pipeline.init import Made, initialise, put
from pipeline.settings import FILE_NAME, Settings, Value, load

TEMPLATES = Path(__file__).parent / "deploy"
HARDENING = "hardening.tmpl"
UNITS = (
    "kiemchung-web.service",
    "kiemchung-worker@.service",
    "kiemchung-backup.service",
    "kiemchung-backup.timer",
)
PLACES: Mapping[str, str] = {
    **{unit: f"deploy/systemd/{unit}" for unit in UNITS},
    "Caddyfile": "deploy/Caddyfile",
    "nginx.conf": "deploy/nginx.conf",
    "compose.yaml": "deploy/compose.yaml",
    "Containerfile": "deploy/Containerfile",
    "prometheus.yaml": "deploy/prometheus.yaml",
    "kiemchung-alerts.yaml": "deploy/kiemchung-alerts.yaml",
    "grafana-dashboard.json": "deploy/grafana-dashboard.json",
}
"""Every file that is made from a template besides the settings, by where it goes."""
COPIES = "/var/backups/kiemchung"
SECRETS = ("deploy/secrets/database_password", "var/metrics.token")
PASSWORD = "var/database_password"  # noqa: S105 -- the place of a password
SOMEBODY = 10001
DOMAIN = "desk.example.org"
USER = "kiemchung"
PORT = 8000
_DOMAIN = re.compile(
    r"\A(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_HOLE = re.compile(r"@@(\w+)@@")


@dataclass(frozen=True)
class Wanted:
    """What the files are made for; `password` is of the database and stands in no file but its own."""

    folder: Path
    domain: str = DOMAIN
    user: str = USER
    database: str = ""
    port: int = PORT
    password: str = ""

    def values(self) -> dict[str, str]:
        """What goes into the holes of the templates."""
        hidden = any(str(one).startswith(("/home", "/root")) for one in (self.folder, program()))
        uid, gid = os.getuid(), os.getgid()
        return {
            "folder": str(self.folder),
            "program": str(program()),
            "domain": self.domain,
            "public_url": f"https://{self.domain}",
            "user": self.user,
            "database": json.dumps(self.database, ensure_ascii=False)[1:-1],
            "port": str(self.port),
            "copies": COPIES,
            "version": version("kiemchung"),
            "uid": str(uid or SOMEBODY),
            "gid": str(gid or SOMEBODY),
            # a program that lies in somebody's home must still be read
            "protect_home": "read-only" if hidden else "yes",
        }


def program() -> Path:
    """The installed program, as a service calls it."""
    beside = Path(sys.executable).with_name("kiemchung")
    return beside if beside.exists() else Path(shutil.which("kiemchung") or beside).absolute()


def prepare(
    out: Path,
    environ: Mapping[str, str],
    *,
    domain: str | None = None,
    user: str | None = None,
    database: str | None = None,
) -> list[Made]:
    """Make everything that a desk in production needs, and say of each thing whether it is new.

    What is not given is taken from the desk that is there. Raises `UsageError` naming what cannot be used.
    """
    wanted = _with_given(_as_it_is(out.absolute()), domain, user, database)
    for place in (*SECRETS, PASSWORD):
        _private((wanted.folder / place).parent)
    made = [_secret(wanted.folder / place) for place in SECRETS]
    if wanted.password:
        made.append(put("secret", wanted.folder / PASSWORD, wanted.password + "\n", 0o600))
    made.append(put("settings", wanted.folder / FILE_NAME, settings_text(wanted)))
    made += [put("deploy", wanted.folder / place, text) for place, text in files(wanted).items()]
    # a PostgreSQL may not be up yet, and the first start makes its tables: it is left alone here
    local = wanted.database.startswith("sqlite")
    return made + initialise(wanted.folder / FILE_NAME, environ, {}, store=local)[1:]


def files(wanted: Wanted) -> dict[str, str]:
    """Every file of the folder `deploy` but the secrets, by its place."""
    values = wanted.values()
    values["hardening"] = filled((TEMPLATES / HARDENING).read_text(encoding="utf-8"), values)
    return {place: filled(template(name), values) for name, place in PLACES.items()}


def template(name: str) -> str:
    """A template by the name of what it makes."""
    plain = TEMPLATES / name
    path = plain if plain.exists() else plain.with_name(name + ".tmpl")
    return path.read_text(encoding="utf-8")


def settings_text(wanted: Wanted) -> str:
    """The settings of a desk in production."""
    text = filled(template(FILE_NAME), wanted.values())
    return text.replace("# password_file =", "password_file =") if wanted.password else text


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with its holes filled; a hole without a value is a fault of this program."""
    return _HOLE.sub(lambda hole: values[hole[1]], text)


def next_steps(wanted: Path, made: list[Made]) -> list[str]:
    """What the operator does now, in order."""
    settings = load(wanted / FILE_NAME, environ={})
    owner = _owner(wanted) or USER
    steps = [
        f"useradd --system --home-dir {wanted} {owner}; chown -R {owner}: {wanted}",
        f"keep a copy of {wanted / 'var/desk.key'} in another place: it is in no backup",
        f"as {owner}: kiemchung --config {wanted / FILE_NAME} users add NAME --role admin, then --role lead",
        f"cp {wanted}/deploy/systemd/* /etc/systemd/system/; systemctl enable --now kiemchung-web "
        "kiemchung-backup.timer",
        f"the proxy: {wanted}/deploy/Caddyfile or nginx.conf for {_host(settings) or DOMAIN}",
        "set crawl.contact_url, then kiemchung sources check; kiemchung doctor says what is left",
        f"with containers instead of all this: {wanted}/deploy/compose.yaml",
    ]
    differ = [f"compare {one.path} with {one.beside}: yours is kept" for one in made if one.beside]
    return [*differ, *steps]


def _as_it_is(folder: Path) -> Wanted:
    """What the files that are there were made for."""
    fresh = Wanted(folder, database="sqlite:///var/kiemchung.sqlite")
    if not (folder / FILE_NAME).exists():
        return fresh
    there = load(folder / FILE_NAME, environ={})
    password = folder / PASSWORD
    return replace(
        fresh,
        domain=_host(there) or DOMAIN,
        user=_owner(folder) or USER,
        database=there.text("database.url"),
        port=there.number("web.port"),
        password=password.read_text(encoding="utf-8").strip() if password.exists() else "",
    )


def _host(settings: Settings) -> str:
    return urlsplit(settings.text("web.public_url")).hostname or ""


def _owner(folder: Path) -> str:
    unit = folder / PLACES[UNITS[0]]
    found = (
        re.search(r"^User=(\S+)$", unit.read_text(encoding="utf-8"), re.MULTILINE) if unit.exists() else None
    )
    return found[1] if found else ""


def _with_given(there: Wanted, domain: str | None, user: str | None, database: str | None) -> Wanted:
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise UsageError(f"--domain: {domain!r} is not the name of a site, as desk.example.org")
    if user is not None and not _USER.fullmatch(user):
        raise UsageError(f"--user: {user!r} is not the name of a user of this system")
    if re.search(r"\s|@@|[\"\\%]", str(there.folder)):
        raise UsageError(f"--out: {there.folder}: a service's folder may not hold spaces, quotes or %")
    given: dict[str, Value] = {"domain": domain or there.domain, "user": user or there.user}
    if database is not None:
        given |= _database(database)
    return replace(there, **given)  # type: ignore[arg-type]


def _database(url: str) -> dict[str, Value]:
    """The address without its password, and the password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError("--database: not a database address that can be read") from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise UsageError(
            f"--database: {parsed.get_backend_name()} is not supported, use sqlite or postgresql"
        )
    if parsed.password is None:
        return {"database": url, "password": ""}
    # `set(password=None)` would change nothing
    bare = parsed._replace(password=None).render_as_string(hide_password=False)
    return {"database": bare, "password": str(parsed.password)}


def _private(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise KiemChungError(f"{folder}: {error.strerror}") from error


def _secret(path: Path) -> Made:
    return put("secret", path, secrets.token_urlsafe(36) + "\n", 0o600, keep=True)

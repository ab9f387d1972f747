"""`init --production`: its files can be read by what they are for, agree with the product, keep secrets."""

import configparser
import json
import re
import shlex
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from models.errors import UsageError
from pipeline import deployment, startcheck
from pipeline.compose import build
from pipeline.deployment import COPIES, PASSWORD, PLACES, SECRETS, UNITS, Wanted
from pipeline.settings import BY_NAME, PREFIX, load
from review_ui import scraper
from review_ui.app import create_app
from review_ui.security import HEADERS
from tests.conftest import Clock
from tests.pipeline.cli import kiemchung
from tests.test_docs import parse

SERVICES = [unit for unit in UNITS if unit.endswith(".service")]
HARD = {
    *(
        "NoNewPrivileges",
        "ProtectSystem",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "RestrictNamespaces",
    ),
    *(
        "CapabilityBoundingSet",
        "SystemCallFilter",
        "RestrictAddressFamilies",
        "ProtectKernelModules",
        "UMask",
    ),
}
OPINION = "Tôi thấy quán này phục vụ chậm quá."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production set-up as the program itself makes it."""
    made = tmp_path_factory.mktemp("production") / "desk"
    done = kiemchung(
        made.parent,
        *("init", "--production", "--domain", "tin.example.org", "--user", "ban-tin", "--out", str(made)),
    )
    assert done.code == 0, done.err
    assert "kiemchung-web" in done.out
    return made


def text(folder: Path, name: str) -> str:
    return (folder / PLACES[name]).read_text(encoding="utf-8")


def unit(written: str) -> configparser.ConfigParser:
    """A unit as systemd reads it; of a key that stands twice the last value is kept here."""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, comment_prefixes=("#",), delimiters="="
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(written)
    return parser


# settings and secrets


def test_the_desk_starts_with_its_settings(folder: Path, clock: Clock) -> None:
    settings = load(folder / "kiemchung.toml", environ={})
    assert settings.text("web.host") == "127.0.0.1"
    assert settings.text("web.public_url") == "https://tin.example.org"
    assert settings.text("web.second_factor") == "leads"
    scraper.check(settings)
    desk = build(settings, clock=clock)
    startcheck.check(desk)
    with TestClient(create_app(desk)) as client:
        assert client.get("/healthz").status_code == 200
        token = (folder / "var/metrics.token").read_text(encoding="utf-8").strip()
        answer = client.get("/metrics", headers={"authorization": f"Bearer {token}"}, follow_redirects=False)
        assert answer.status_code == 200
    desk.close()


def test_every_line_that_is_left_out_is_a_setting_with_its_reason(folder: Path) -> None:
    written = (folder / "kiemchung.toml").read_text(encoding="utf-8")
    shown = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", written, flags=re.MULTILINE))
    names = [f"{section}.{key}" for section, keys in shown.items() for key in keys]
    assert [name for name in names if name not in BY_NAME] == []
    for line in re.findall(r"(?m)^.*\n^(?:# )?\w+ = ", written):
        assert line.startswith(("#", "[", "host", "name")), line


def test_secrets_are_their_owners_alone_and_stand_in_no_other_file(folder: Path) -> None:
    secret = [folder / place for place in (*SECRETS, "var/desk.key")]
    for path in secret:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    words = [path.read_text(encoding="utf-8").strip() for path in secret]
    assert all(len(word) >= 32 for word in words)
    assert len(set(words)) == len(words)
    others = [path for path in folder.rglob("*") if path.is_file() and path not in secret]
    assert len(others) > 10
    assert [path for path in others for word in words if word.encode() in path.read_bytes()] == []


def test_a_password_in_the_address_goes_into_a_file_of_its_own(tmp_path: Path) -> None:
    url = "postgresql://ban:h%40i%2Fxuan@db.example/tin"
    deployment.prepare(tmp_path, {}, database=url)
    assert stat.S_IMODE((tmp_path / PASSWORD).stat().st_mode) == 0o600
    settings = load(tmp_path / "kiemchung.toml", environ={})
    assert settings.text("database.url") == "postgresql://ban@db.example/tin"
    assert settings.database_url == url
    holding = [p for p in tmp_path.rglob("*") if p.is_file() and b"xuan" in p.read_bytes()]
    assert holding == [tmp_path / PASSWORD]
    # and a second time it is found there
    assert [one for one in deployment.prepare(tmp_path, {}) if one.new or one.beside] == []


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    flags = {
        "database.url": "postgresql://ban@db.example/tin",
        "database.password_file": str(tmp_path / "none"),
    }
    with pytest.raises(UsageError, match=r"^database\.password_file: cannot be read"):
        _ = load(environ={}, flags=dict(flags)).database_url


# twice


def test_a_second_time_changes_nothing_and_says_so(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    made = deployment.prepare(folder, {})
    assert [one for one in made if one.new or one.beside] == []
    after = {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file() if ".sqlite" not in path.name
    }
    assert after == {path: before[path] for path in after}


def test_a_file_that_somebody_changed_is_kept_and_named(tmp_path: Path) -> None:
    deployment.prepare(tmp_path, {}, domain="tin.example.org")
    mine = tmp_path / PLACES["nginx.conf"]
    mine.write_text("# mine\n", encoding="utf-8")
    made = deployment.prepare(tmp_path, {}, domain="khac.example.org")
    beside = {one.path: one.beside for one in made if one.beside}
    assert mine.read_text(encoding="utf-8") == "# mine\n"
    assert "khac.example.org" in Path(beside[str(mine)]).read_text(encoding="utf-8")
    assert str(tmp_path / "kiemchung.toml") in beside
    assert "tin.example.org" in (tmp_path / "kiemchung.toml").read_text(encoding="utf-8")
    assert any("yours is kept" in step for step in deployment.next_steps(tmp_path, made))


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--domain", "https://tin.example.org"),
        ("--domain", "tin.example.org; include /etc/passwd"),
        ("--user", "root; x"),
        ("--database", "mysql://a/b"),
        ("--out", "hai từ"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(flag: str, value: str, tmp_path: Path) -> None:
    kwargs: dict[str, str] = {} if flag == "--out" else {flag[2:]: value}
    with pytest.raises(UsageError, match=f"^{flag}: "):
        deployment.prepare(tmp_path / value if flag == "--out" else tmp_path, {}, **kwargs)
    assert list(tmp_path.iterdir()) == []


def test_the_options_go_with_production(tmp_path: Path) -> None:
    kiemchung(tmp_path, "init", "--domain", "tin.example.org").refused(2, "--production")


# systemd


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened_and_calls_what_there_is(name: str, folder: Path) -> None:
    service = unit(text(folder, name))["Service"]
    assert set(service) >= HARD, HARD - set(service)
    assert service["ProtectSystem"] == "strict"
    assert service["User"] == "ban-tin"
    assert service["WorkingDirectory"] == str(folder)
    assert service["Environment"] == f"KIEMCHUNG_CONFIG={folder}/kiemchung.toml"
    program, *words = shlex.split(service["ExecStart"])
    assert Path(program) == deployment.program()
    parse(words)
    assert str(folder) in service["ReadWritePaths"].split()


def test_the_copy_goes_where_its_service_may_write_and_old_ones_are_dropped(folder: Path) -> None:
    service = unit(text(folder, "kiemchung-backup.service"))["Service"]
    assert f"-{COPIES}" in service["ReadWritePaths"].split()
    assert f"{COPIES} " in service["ExecStartPost"]
    assert "-mtime +6 -delete" in service["ExecStartPost"]  # rule 9: seven days at most
    timer = unit(text(folder, "kiemchung-backup.timer"))["Timer"]
    assert timer["Persistent"] == "yes"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_reads_the_units_and_finds_them_tight(folder: Path, tmp_path: Path) -> None:
    for name in UNITS:
        # the account and the folder are of another machine
        (tmp_path / name).write_text(
            text(folder, name).replace("User=ban-tin", "User=root"), encoding="utf-8"
        )
    for name in UNITS:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", tmp_path / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert [line for line in done.stderr.splitlines() if "kiemchung" in line] == []
    web = tmp_path / UNITS[0]
    assert exposure(web) <= 25
    # control: the same without its hardening
    loose = tmp_path / "loose.service"
    kept = [line for line in web.read_text(encoding="utf-8").splitlines() if line.split("=")[0] not in HARD]
    loose.write_text("\n".join(kept), encoding="utf-8")
    assert exposure(loose) > 25


def exposure(path: Path) -> int:
    """What systemd makes of a unit without running it: 0 (nothing to reach) to 100."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", path],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
    if found is None:
        pytest.skip("this systemd-analyze cannot look at a unit that is not installed")
    return round(float(found[1]) * 10)


# the proxies


def proxy_headers(nginx: str) -> dict[str, str]:
    return {k.lower(): v for k, v in re.findall(r'proxy_set_header (\S+) (\S+|"");', nginx)}


def proxy_problems(nginx: str, caddy: str, believed: str) -> list[str]:
    """Where a proxy and the product disagree."""
    found = []
    headers = proxy_headers(nginx)
    if headers.get(believed.lower()) != "$remote_addr" or headers.get("x-forwarded-for") != '""':
        found.append("nginx passes on what a reader says of its address")
    if f"header_up {believed} {{remote_host}}" not in caddy or "header_up -X-Forwarded-For" not in caddy:
        found.append("caddy passes on what a reader says of its address")
    if nginx.count("access_log off;") != nginx.count("server {") or "exclude http.log" not in caddy:
        found.append("an access log is written")
    doubled = [name for name in HEADERS if name in nginx.lower() or name in caddy.lower()]
    return found + [f"{name} is set twice" for name in doubled]


def test_the_proxies_agree_with_the_settings(folder: Path) -> None:
    settings = load(folder / "kiemchung.toml", environ={})
    nginx, caddy = text(folder, "nginx.conf"), text(folder, "Caddyfile")
    assert proxy_problems(nginx, caddy, settings.text("web.proxy_header")) == []
    port = settings.number("web.port")
    assert f"server 127.0.0.1:{port};" in nginx
    assert f":127.0.0.1:{port}}}" in caddy
    for one in (nginx, caddy):
        assert "tin.example.org" in one
        assert one.count("{") == one.count("}")
        assert "/metrics" in one
    statements = [line.split("#")[0].strip() for line in nginx.splitlines()]
    assert [one for one in statements if one and not one.endswith((";", "{", "}"))] == []


def test_positive_control_a_proxy_that_passes_addresses_on_is_found(folder: Path) -> None:
    nginx, caddy = text(folder, "nginx.conf"), text(folder, "Caddyfile")
    loose = nginx.replace('X-Forwarded-For ""', "X-Forwarded-For $proxy_add_x_forwarded_for")
    assert proxy_problems(loose, caddy, "X-Real-IP") != []
    assert proxy_problems(nginx, caddy, "X-Forwarded-For") != []
    assert proxy_problems(nginx.replace("access_log off;", ""), caddy, "X-Real-IP") != []
    added = nginx.replace("server_tokens off;", "add_header Referrer-Policy unsafe-url;")
    assert proxy_problems(added, caddy, "X-Real-IP") == ["referrer-policy is set twice"]


def through(nginx: str, sent: Mapping[str, str], remote: str) -> dict[str, str]:
    """The headers that reach the desk when the proxy of this file passes a request on."""
    headers = {name.lower(): value for name, value in sent.items()}
    for name, value in proxy_headers(nginx).items():
        headers.pop(name, None)
        if value == "$remote_addr":
            headers[name] = remote
    return headers


def test_behind_the_proxy_nobody_gets_round_a_limit_by_what_they_send(folder: Path, clock: Clock) -> None:
    nginx = text(folder, "nginx.conf")
    desk = build(load(folder / "kiemchung.toml", environ={}), clock=clock)
    with TestClient(create_app(desk), base_url="https://tin.example.org") as client:

        def tip(number: int, remote: str) -> int:
            lie = {
                "X-Real-IP": f"10.{number}.0.1",
                "X-Forwarded-For": f"10.{number}.0.2",
                "Forwarded": "for=10.1.1.1",
            }
            return client.post(
                "/api/tips", json={"text": OPINION}, headers=through(nginx, lie, remote)
            ).status_code

        assert [tip(number, "203.0.113.9") for number in range(31)] == [200] * 30 + [429]
        assert tip(1, "198.51.100.7") == 200
    desk.close()


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed here")
def test_caddy_reads_its_file(folder: Path) -> None:  # pragma: no cover - only where there is a caddy
    config = folder / PLACES["Caddyfile"]
    subprocess.run(["caddy", "validate", "--adapter", "caddyfile", "--config", config], check=True)


# containers


def compose(folder: Path) -> Any:  # noqa: ANN401 -- what YAML holds
    return yaml.safe_load(text(folder, "compose.yaml"))


def test_the_containers_agree_with_the_settings(folder: Path) -> None:
    whole = compose(folder)
    services = whole["services"]
    assert set(services) == {"db", "web", "worker", "proxy"}
    variables = {one.variable for one in BY_NAME.values()} | {PREFIX + "CONFIG"}
    for name in ("web", "worker"):
        named = {key for key in services[name]["environment"] if key.startswith(PREFIX)}
        assert named <= variables, named - variables
        assert services[name]["user"].split(":")[0] != "0"
        assert services[name]["read_only"] is True
        assert services[name]["depends_on"]["db"]["condition"] == "service_healthy"
        parse(services[name]["command"])
    port = str(load(folder / "kiemchung.toml", environ={}).number("web.port"))
    assert services["web"]["expose"] == [port]
    assert services["proxy"]["environment"]["KIEMCHUNG_UPSTREAM"] == f"web:{port}"
    assert f":{port}/healthz" in services["web"]["healthcheck"]["test"][-1]


def test_only_the_proxy_can_be_reached_and_versions_are_pinned(folder: Path) -> None:
    services = compose(folder)["services"]
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    assert all("healthcheck" in services[name] for name in ("db", "web", "proxy"))
    for one in services.values():
        assert re.search(r":\d+\.\d+", one["image"]), one["image"]
        assert "no-new-privileges:true" in one["security_opt"]
    built = text(folder, "Containerfile")
    assert re.search(r"^FROM python:3\.11-\S+$", built, re.MULTILINE)
    assert re.search(r"^USER (?!0\b|root)", built, re.MULTILINE)
    # the client programs are of the server's major version: an older pg_dump refuses
    major = services["db"]["image"].split(":")[1].split(".")[0]
    assert f"postgresql-client-{major}" in built


def test_the_secret_of_the_database_is_a_file(folder: Path) -> None:
    whole = compose(folder)
    place = whole["secrets"]["database_password"]["file"]
    assert (folder / "deploy" / place).exists()
    assert "database_password" in whole["services"]["db"]["secrets"]
    assert "PASSWORD" not in " ".join(
        key for one in whole["services"].values() for key in one.get("environment", {}) if "FILE" not in key
    )


# templates


def test_a_hole_that_nobody_fills_is_a_fault(tmp_path: Path) -> None:
    written = deployment.files(Wanted(tmp_path))
    assert len(written) == len(PLACES)
    assert [place for place, one in written.items() if "@@" in one] == []
    with pytest.raises(KeyError):
        deployment.filled("@@nothing@@", {})


def test_every_template_is_used() -> None:
    there = {path.name.removesuffix(".tmpl") for path in deployment.TEMPLATES.iterdir()}
    assert there == {*PLACES, "kiemchung.toml", "hardening"}


def test_the_dashboard_and_the_alerts_can_be_read(folder: Path) -> None:
    panels = json.loads(text(folder, "grafana-dashboard.json"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 12
    rules = yaml.safe_load(text(folder, "kiemchung-alerts.yaml"))["groups"][0]["rules"]
    assert all({"alert", "expr", "labels", "annotations"} <= rule.keys() for rule in rules)
    scrape = yaml.safe_load(text(folder, "prometheus.yaml"))
    assert scrape["rule_files"] == [Path(PLACES["kiemchung-alerts.yaml"]).name]

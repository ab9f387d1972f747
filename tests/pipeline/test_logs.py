"""Lines of the running program: one event a line, parseable, and never with words that came from outside."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.errors import UsageError
from pipeline import logs
from pipeline.settings import Settings, load
from tests.pipeline.cli import environment

SECRET = "Zqvkx0912345678"


def settings(**values: str) -> Settings:
    return load(environ={}, flags={name.replace("__", "."): value for name, value in values.items()})


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The loggers as they were."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    handlers, level = list(root.handlers), ours.level
    yield
    root.handlers[:] = handlers
    ours.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail() -> None:
    raise ValueError(SECRET)


def test_an_event_is_a_constant_string_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(settings(log__format="json", log__level="info"))
    log = logging.getLogger("kiemchung.schedule")
    log.info("job_ended job=%s period=%s outcome=%s", "backup", "2026-11-23", "hỏng vì đầy")
    log.warning("batch_failed stage=rank claims=%d error=%s", 7, "Timeout")
    logging.getLogger("kiemchung.web").warning("access refused", extra={"staff": 3, "route": "accounts"})
    log.debug("not at this level")
    first, second, third = lines(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {
        "level": "info",
        "event": "job_ended",
        "job": "backup",
        "period": "2026-11-23",
        "outcome": "hỏng vì đầy",
    }
    assert (second["event"], second["claims"], second["error"]) == ("batch_failed stage=rank", 7, "Timeout")
    assert (third["event"], third["staff"], third["route"]) == ("access refused", 3, "accounts")


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_fault_is_said_by_type_and_place_alone(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(settings(log__format=form))
    try:
        fail()
    except ValueError:
        logging.getLogger("kiemchung.schedule").exception("schedule_failed")
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "fail:" in said
    assert SECRET not in said
    assert said.count("\n") == 1


def library_lines() -> None:
    """What other libraries may say at any moment, with words that they were given."""
    logging.getLogger("httpsomething").warning(f"cannot read {SECRET}")  # noqa: G004 -- as libraries do
    logging.getLogger("sqlalchemy.pool").error("connection %s", SECRET)
    logging.getLogger("uvicorn.error").warning('%s - "WebSocket %s" 403', SECRET, SECRET)


@pytest.mark.parametrize("form", logs.FORMATS)
def test_another_library_gives_no_words_of_its_input(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(settings(log__format=form))
    library_lines()
    said = capsys.readouterr().err
    assert SECRET not in said
    assert said.count("library_line") == 3
    assert "sqlalchemy.pool" in said


def test_positive_control_the_usual_way_would_give_them_away(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers[:] = [logging.StreamHandler(sys.stderr)]
    library_lines()
    assert capsys.readouterr().err.count(SECRET) == 4


def test_the_text_form_quotes_what_has_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(settings(log__level="info"))
    logging.getLogger("kiemchung.x").info("job_failed job=%s error=%s", "backup", 'the "disk" is full')
    assert capsys.readouterr().err.split(" ", 1)[1] == (
        'info job_failed job=backup error="the \\"disk\\" is full"\n'
    )


def test_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        logs.configure(settings(log__format="json"))
    logging.getLogger("kiemchung.x").warning("once")
    assert len(lines(capsys)) == 1


@pytest.mark.parametrize(("name", "value"), [("log.format", "xml"), ("log.level", "loud")])
def test_a_value_that_is_none_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: '{value}' is none of "):
        logs.check(settings(**{name.replace(".", "__"): value}))


# the running program

ASKED = (
    f"GET /{SECRET}?q={SECRET} HTTP/1.1\r\nHost: desk.example\r\nUser-Agent: {SECRET}\r\n"
    "X-Forwarded-For: 203.0.113.77\r\nConnection: close\r\n\r\n",
    f"{SECRET} this is no request\r\n\r\n",
    f"GET /tim?q={SECRET} HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
)


def ask(port: int, text: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(text.encode())
        line.recv(1)


@pytest.mark.parametrize("more", ["--no-schedule", pytest.param("--schedule", marks=pytest.mark.release)])
def test_every_line_of_a_served_desk_parses_and_none_says_who_asked(
    more: str, sqlite_template: bytes, tmp_path: Path
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "kiemchung.sqlite").write_bytes(sqlite_template)
    env = environment(KIEMCHUNG_LOG_FORMAT="json", KIEMCHUNG_LOG_LEVEL="debug")
    errors = tmp_path / "errors"
    with errors.open("wb") as sink:
        command = [sys.executable, "-m", "pipeline.cli.main", "serve", "--port", "0", more]
        served = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=sink, stdout=subprocess.PIPE)
        try:
            port = port_of(errors, served)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                assert answer.status == 200
            for text in ASKED:
                ask(port, text)
            if more == "--schedule":
                wait_for(errors, "job_ended", served)
        finally:
            served.send_signal(signal.SIGTERM)
            out, _ = served.communicate(timeout=60)
    assert out == b""
    found = [json.loads(line) for line in errors.read_text(encoding="utf-8").splitlines()]
    assert {"serving", "library_line"} <= {one["event"] for one in found}
    assert all({"time", "level", "event"} <= one.keys() for one in found)
    raw = errors.read_bytes()
    for word in (SECRET.encode(), b"203.0.113", b"/tim"):
        assert word not in raw


def port_of(errors: Path, served: "subprocess.Popen[bytes]") -> int:
    return int(wait_for(errors, '"serving"', served).rsplit(":", 1)[1].split("/")[0])


def wait_for(errors: Path, word: str, served: "subprocess.Popen[bytes]") -> str:
    for _ in range(1200):
        for line in errors.read_text(encoding="utf-8").splitlines():
            if word in line:
                return line
        assert served.poll() is None, errors.read_text(encoding="utf-8")
        time.sleep(0.05)
    pytest.fail(f"{word} was never written: {os.linesep}{errors.read_text(encoding='utf-8')}")

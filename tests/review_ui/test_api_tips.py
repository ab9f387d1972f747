"""`/api/tips`: sent, followed and taken back by a program; refused in words that it can read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from models.counters import TIP_LINE
from models.gathered import DailyCount, Item, Tip
from pipeline.compose import Desk, build
from pipeline.settings import load
from review_ui.app import create_app
from tests.review_ui.house import SITE, Answer, MovingClock

RUMOUR = "Công ty ABC tuyển lao động đi Hàn Quốc lương 60 triệu một tháng, đóng cọc 15 triệu giữ chỗ hôm nay."
OPINION = "Tôi thấy con đường mới này đẹp, đi làm đỡ hẳn kẹt xe."


class Program:
    """What a script sends: JSON, no cookie, none of a browser's headers."""

    def __init__(self, app: FastAPI) -> None:
        self.client = TestClient(app, base_url=SITE, raise_server_exceptions=False)

    def call(self, method: str, path: str, body: Mapping[str, object] | bytes, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = {"content-type": "application/json", **headers}
        return self.client.request(method, path, content=data, headers=sent)

    def send(self, text: str) -> Answer:
        return self.call("POST", "/api/tips", {"text": text})


@pytest.fixture
def program(app: FastAPI) -> Program:
    return Program(app)


def kept(desk: Desk) -> int:
    with desk.reading() as session:
        return session.scalar(select(func.count()).select_from(Tip)) or 0


def refused(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["title"]
    assert document["detail_en"]
    return document


def test_a_tip_is_sent_followed_and_taken_back(program: Program, desk: Desk) -> None:
    sent = program.send(RUMOUR)
    assert sent.status_code == 201
    assert "set-cookie" not in sent.headers
    receipt = sent.json()["receipt"]
    assert len(receipt) >= 22  # 128 bits in base64
    assert receipt not in sent.json()["status_url"]
    assert kept(desk) == 1
    status = program.call("POST", "/api/tips/status", {"receipt": receipt})
    assert status.status_code == 200
    assert status.json()["answered_day"] is None
    assert program.call("DELETE", "/api/tips", {"receipt": receipt}).status_code == 204
    assert kept(desk) == 0
    refused(program.call("POST", "/api/tips/status", {"receipt": receipt}), 404)
    refused(program.call("DELETE", "/api/tips", {"receipt": receipt}), 404)


def test_what_is_not_ours_leaves_one_count(program: Program, desk: Desk) -> None:
    answer = program.send(OPINION)
    assert answer.status_code == 200
    assert answer.json() == {"outcome": "not_ours", "receipt": None, "status_url": None}
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0
        assert session.scalar(select(DailyCount.n).where(DailyCount.source_id == TIP_LINE)) == 1


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 422, "not one JSON object"),
        (b"[1]", 422, "not one JSON object"),
        (b'{"text": "a", "text": "b"}', 422, "not one JSON object"),
        (b'{"text": 5}', 422, "text: must be a text"),
        (b'{"text": "a", "name": "b"}', 422, "does not have"),
        (b'{"text": "  "}', 422, "write something"),
        (b"\xff\xfe", 422, "not one JSON object"),
        (b"[" * 200_000, 422, "not one JSON object"),
        (json.dumps({"text": "a" * 20_001}).encode(), 422, "at most 20000"),
        (b'{"text": "' + b"a" * 300_000 + b'"}', 413, ""),
    ],
)
def test_a_wrong_body_is_refused_by_name(
    body: bytes, status: int, said: str, program: Program, desk: Desk
) -> None:
    assert said in refused(program.call("POST", "/api/tips", body), status)["detail_en"]
    assert kept(desk) == 0


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "image/png", ""]
)
def test_no_file_and_no_form_is_taken(kind: str, program: Program, desk: Desk) -> None:
    refused(program.call("POST", "/api/tips", b"x", **{"content-type": kind}), 415)
    assert kept(desk) == 0


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://other.example"}, {"origin": "null"}]
)
def test_another_site_cannot_send_through_a_reader(
    headers: dict[str, str], program: Program, desk: Desk
) -> None:
    refused(program.call("POST", "/api/tips", {"text": RUMOUR}, **headers), 403)
    assert kept(desk) == 0
    # control: the same call without those headers is taken
    assert program.send(RUMOUR).status_code == 201


def test_a_flood_from_one_network_is_slowed(program: Program) -> None:
    found = [program.send(OPINION).status_code for _ in range(35)]
    assert found == [200] * 30 + [429] * 5
    answer = program.send(OPINION)
    refused(answer, 429)
    assert answer.headers["retry-after"] == "600"


def test_an_unknown_call_is_a_problem_too(program: Program) -> None:
    refused(program.call("POST", "/api/nothing", {}), 404)
    refused(program.call("PUT", "/api/tips", {}), 405)
    refused(program.client.get("/api/tips"), 405)


def test_behind_a_proxy_each_network_has_its_own_limit(
    sqlite_url: str, tmp_path: Path, moving: MovingClock
) -> None:
    flags = {"database.url": sqlite_url, "paths.var": str(tmp_path), "web.proxy_header": "X-Real-IP"}
    desk = build(load(environ={}, flags=flags), clock=moving)
    program = Program(create_app(desk))

    def send(address: str) -> int:
        return program.call("POST", "/api/tips", {"text": OPINION}, **{"x-real-ip": address}).status_code

    assert [send("203.0.113.9") for _ in range(31)] == [200] * 30 + [429]
    assert send("198.51.100.7") == 200
    # what a reader wrote before the proxy's own entry does not count
    assert send("198.51.100.8, 203.0.113.77") == 429
    desk.close()


def test_without_the_setting_the_header_is_not_believed(program: Program) -> None:
    found = [
        program.call("POST", "/api/tips", {"text": OPINION}, **{"x-real-ip": f"10.0.{n}.1"}).status_code
        for n in range(31)
    ]
    assert found[-1] == 429

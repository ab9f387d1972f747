"""T1: twenty marked headers and a marked address leave no byte, whatever the answer, a crash included."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from pipeline.compose import Desk
from review_ui.app import create_app
from review_ui.routes import api_tips, tips
from tests.conftest import NOW
from tests.review_ui.house import SITE, MovingClock, make_desk

ADDRESS = "198.51.100.213"
MARKS = {
    name: f"ZQMARK{number:02d}x"
    for number, name in enumerate(
        (
            *("user-agent", "referer", "cookie", "x-forwarded-for", "forwarded", "x-real-ip", "via", "from"),
            *("authorization", "accept-language", "x-device-id", "x-request-id", "true-client-ip", "dnt"),
            *(
                "cf-connecting-ip",
                "x-client-ip",
                "sec-ch-ua",
                "sec-ch-ua-model",
                "x-wap-profile",
                "origin-id",
            ),
        )
    )
}
SCAM = "Nghe nói đóng 250.000 đồng phí hồ sơ thì được nhận tiền hỗ trợ bão 5 triệu đồng, có thật không?"
SMALL_TALK = "Tôi thấy bữa nay trời đẹp quá, cám ơn ban biên tập nhiều."


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(sqlite_url, tmp_path, MovingClock(NOW))
    yield made
    made.close()


def visits(client: TestClient, crash: Callable[[], None]) -> dict[str, Response]:
    """Every way that a request to the tip-line can end; gives the answers by what was tried."""
    own = {**MARKS, "sec-fetch-site": "same-origin"}

    def form(text: str = SCAM, path: str = "/gui-tin", **fields: str) -> Response:
        answer: Response = client.post(path, data={"text": text, "website": "", **fields}, headers=own)  # type: ignore[assignment]
        return answer

    def api(text: object = SCAM) -> Response:
        answer: Response = client.post("/api/tips", json={"text": text}, headers=own)  # type: ignore[assignment]
        return answer

    answers = {
        "form kept": form(),
        "form not ours": form(SMALL_TALK),
        "form empty": form(""),
        "form with another field": form(owner="x"),
        "form too long": form("a" * 30_000),
        "body too large": form("a" * 3_000_000),
        "honeypot": form(website="x"),
        "no such page": form(path="/gui-tin/x"),
        "no such receipt": client.post("/theo-doi", data={"receipt": "x"}, headers=own),
        "other method": client.put("/gui-tin", headers=own),
        "other site": client.post(
            "/gui-tin", data={"text": SCAM}, headers=MARKS | {"sec-fetch-site": "cross-site"}
        ),
        "api kept": api(),
        "api no text": api(7),
        "api no JSON": client.post("/api/tips", content=b"{", headers=own),
        "read the form": client.get("/gui-tin", headers=own),
    }
    answers["flood"] = [form(SMALL_TALK) for _ in range(40)][-1]
    crash()
    answers |= {"form crash": form(), "api crash": api()}
    return answers  # type: ignore[return-value]


def left(desk: Desk, folder: Path, logged: str, answers: dict[str, Response]) -> set[str]:
    """Where a mark or the address is found: files, log, or the body or headers of an answer."""
    desk.engine.dispose()
    places = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    places["the log"] = logged.encode()
    for name, answer in answers.items():
        body: bytes = answer.content  # type: ignore[attr-defined]
        places[name] = body + repr(answer.headers).encode()
    marks = [b"zqmark", ADDRESS.encode(), ADDRESS.rpartition(".")[0].encode()]
    return {name for name, held in places.items() if any(mark in held.lower() for mark in marks)}


class _Boom:
    """Makes the tip-line crash with the request at hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def __call__(self) -> None:
        for module in (tips, api_tips):
            self.patch.setattr(module, "within_limits", self.crash)

    @staticmethod
    def crash(request: Request) -> None:
        raise RuntimeError(f"fault in the middle of a tip to {request.url.path}")


def run(
    desk: Desk, folder: Path, log: pytest.LogCaptureFixture, patch: pytest.MonkeyPatch
) -> tuple[dict[str, int], set[str]]:
    """All visits, with everything logged; the statuses and the places that hold a mark."""
    client = TestClient(
        create_app(desk), base_url=SITE, raise_server_exceptions=False, client=(ADDRESS, 50_000)
    )
    with log.at_level(logging.DEBUG), log.at_level(logging.DEBUG, "kiemchung"):
        answers = visits(client, _Boom(patch))
    own = [
        record
        for record in log.records
        if record.name.partition(".")[0] not in {"httpx", "httpcore", "httpx2"}
    ]
    logged = "\n".join(f"{record.getMessage()} {record.__dict__} {record.exc_text}" for record in own)
    return {name: answer.status_code for name, answer in answers.items()}, left(desk, folder, logged, answers)


def test_no_mark_stays_whatever_the_answer(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(set(MARKS.values())) == 20
    statuses, found = run(desk, tmp_path, caplog, monkeypatch)
    assert found == set()
    assert {200, 201, 403, 404, 405, 413, 422, 429, 500} <= set(statuses.values()), statuses
    assert statuses["form crash"] == statuses["api crash"] == 500


def test_control_a_careless_line_in_the_log_is_found(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(request: Request) -> None:
        logging.getLogger("kiemchung").info("tip from %s", request.headers.get("user-agent"))

    for module in (tips, api_tips):
        monkeypatch.setattr(module, "within_limits", careless)
    assert run(desk, tmp_path, caplog, monkeypatch)[1] == {"the log"}

"""Connections run out: a page says so with 503, the next one is served, and the doctor reckons them up."""

from pathlib import Path

from starlette.testclient import TestClient

from models.session import Pool
from pipeline.compose import Desk, build
from pipeline.processes import Demand, demand, not_ready
from pipeline.settings import load
from review_ui.app import create_app


def small(url: str, folder: Path) -> Desk:
    """A desk whose processes have one connection each, and wait for it for a second."""
    flags: dict[str, str | int | float | bool | None] = {
        "database.url": url,
        "paths.var": str(folder / "var"),
    }
    limits = {"database.pool_size": 1, "database.max_overflow": 0, "database.pool_timeout_s": 1}
    return build(load(environ={}, flags={**flags, **limits}))


def test_without_a_free_connection_a_page_says_that_it_is_busy(postgres_url: str, tmp_path: Path) -> None:
    desk = small(postgres_url, tmp_path)
    with TestClient(create_app(desk)) as client:
        with desk.engine.connect():
            answer = client.get("/")
            assert answer.status_code == 503
            assert "Máy chủ đang bận" in answer.text
            assert "Traceback" not in answer.text
            assert not_ready(desk) == "database"
            assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        assert client.get("/readyz").status_code == 200
    with desk.reading() as session:
        found = demand(session, desk.settings.pool)
    assert found is not None
    assert (found.processes >= 1, found.each, found.fits) == (True, 1, True)
    desk.close()


def test_processes_by_connections_against_what_the_server_takes(sqlite_url: str, tmp_path: Path) -> None:
    assert Demand(8, Pool().most, 97).fits
    assert not Demand(9, Pool().most, 97).fits
    desk = small(sqlite_url, tmp_path)
    with desk.reading() as session:
        assert demand(session, Pool()) is None
    desk.close()

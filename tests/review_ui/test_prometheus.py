"""`/metrics`: what it counts, who may read it, and that a bad token file stops the start by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from models import counters
from models.desk import JobRun
from models.errors import UsageError
from models.gathered import EntryPoint
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline.compose import Desk, build
from pipeline.prometheus import CONTENT_TYPE, exposition
from pipeline.settings import load
from review_ui.app import create_app
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Browser, MovingClock, add_claim, add_source

pytestmark = pytest.mark.usefixtures("staff")
TOKEN = "s" * 40


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels, read as a Prometheus server reads it."""
    return {
        (one.name, tuple(one.labels[name] for name in sorted(one.labels))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.fixture
def scraped(sqlite_url: str, tmp_path: Path, moving: MovingClock) -> Iterator[Desk]:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    flags = {"database.url": sqlite_url, "paths.var": str(tmp_path), "metrics.token_file": str(token)}
    desk = build(load(environ={}, flags=flags), clock=moving)
    yield desk
    desk.close()


def test_an_admin_reads_what_the_desk_counts(browse: OpenBrowser, desk: Desk) -> None:
    source = add_source(desk)
    add_claim(desk, "Chủ tịch xã không thu phí nhận gạo hỗ trợ ngày 20/11.")
    day = local_day(desk.clock())
    with desk.sessions.begin() as session:
        counters.bump(session, source, day, Outcome.KEPT, 3)
        counters.bump(session, source, day, Outcome.ROBOTS, 2)
        session.scalars(select(EntryPoint)).one().last_success = desk.clock()
        session.add(
            JobRun(
                job="backup", period="p", started_at=desk.clock(), finished_at=desk.clock(), outcome="done"
            )
        )
    answer = browse("quan").get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert answer.headers["cache-control"] == "no-store"
    found = samples(answer.text)
    assert found["kiemchung_outcomes_total", ("kept", source)] == 3
    assert found["kiemchung_outcomes_total", ("robots", source)] == 2
    assert found["kiemchung_claims", ("queued",)] == 1
    assert found["kiemchung_claims", ("decided",)] == 0
    assert found["kiemchung_source_last_success_timestamp_seconds", (source,)] == desk.clock().timestamp()
    assert found["kiemchung_job_last_success_timestamp_seconds", ("backup",)] == desk.clock().timestamp()
    assert found["kiemchung_oldest_open_claim_seconds", ()] >= 0


def test_counters_only_grow_and_an_empty_desk_answers(desk: Desk) -> None:
    before = samples(exposition(desk).decode())
    assert before["kiemchung_oldest_open_claim_seconds", ()] == 0
    assert before["kiemchung_appeals", ("overdue",)] == 0
    day = local_day(desk.clock())
    totals = []
    for _ in range(3):
        with desk.sessions.begin() as session:
            counters.bump(session, counters.TIP_LINE, day, Outcome.NOT_OURS)
        totals.append(
            samples(exposition(desk).decode())["kiemchung_outcomes_total", ("not_ours", "tip-line")]
        )
    assert totals == [1, 2, 3]


def test_no_label_holds_a_claim_or_a_name(browse: OpenBrowser, desk: Desk) -> None:
    add_source(desk)
    add_claim(desk, "Uống nước lá đu đủ chữa khỏi ung thư sau bảy ngày.")
    text = browse("quan").get("/metrics").text
    assert "đu đủ" not in text
    for name in ("an", "binh", "chi", "quan"):
        assert f'"{name}"' not in text


@pytest.mark.parametrize("username", ["an", "chi", None])
def test_nobody_else_reads_them(username: str | None, browse: OpenBrowser) -> None:
    answer = (browse(username) if username else browse()).get("/metrics")
    assert answer.status_code in {303, 403}
    assert "kiemchung_" not in answer.text


@pytest.mark.parametrize("sent", ["Bearer " + TOKEN, f"Bearer {TOKEN} "])
def test_a_server_with_the_token_reads_them_and_nothing_else(sent: str, scraped: Desk) -> None:
    with Browser(create_app(scraped)) as machine:
        assert samples(machine.get("/metrics", Authorization=sent).text)
        # the token is for this one route
        assert machine.get("/tai-khoan", Authorization=sent).status_code == 303


@pytest.mark.parametrize(
    "sent", ["", "Bearer ", "Bearer wrong", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN[:-1]]
)
def test_another_token_does_not(sent: str, scraped: Desk) -> None:
    with Browser(create_app(scraped)) as machine:
        assert machine.get("/metrics", Authorization=sent).status_code == 303


def test_without_a_token_file_no_token_fits(browse: OpenBrowser) -> None:
    assert browse().get("/metrics", Authorization="Bearer ").status_code == 303


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("short", "5 characters, 32 are needed")]
)
def test_a_bad_token_file_stops_the_start_by_name(
    content: str | None, said: str, sqlite_url: str, tmp_path: Path, moving: MovingClock
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    flags = {"database.url": sqlite_url, "paths.var": str(tmp_path), "metrics.token_file": str(file)}
    desk = build(load(environ={}, flags=flags), clock=moving)
    with pytest.raises(UsageError, match=f"metrics.token_file: .*{said}"):
        create_app(desk)
    desk.close()

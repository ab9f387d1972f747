"""What an operator watches: each name of the dashboard and the alerts is exported and counts what happens."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from models import parking
from models.desk import JobRun
from models.staging import StageLease
from pipeline import backup, deployment, ledger, traffic
from pipeline.compose import Desk
from pipeline.prometheus import exposition
from review_ui.app import create_app
from tests.pipeline.conftest import put_claim
from tests.review_ui.house import Browser
from tests.review_ui.test_prometheus import samples

NAME = re.compile(r"\bkiemchung_[a-z_]+")


def exported(text: str) -> set[str]:
    """The names of every series that a server reads."""
    found = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and line[0] != "#"}
    declared = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    return found | declared


def named(text: str) -> set[str]:
    return set(NAME.findall(text))


def asked() -> dict[str, str]:
    """Every expression of the dashboard and of the alerts."""
    panels = json.loads(deployment.template("grafana-dashboard.json"))["panels"]
    board = {panel["title"]: " ".join(one["expr"] for one in panel["targets"]) for panel in panels}
    alerts = re.findall(r"alert: (\w+)\n\s+expr: (.+)", deployment.template("kiemchung-alerts.yaml"))
    return board | dict(alerts)


def test_every_name_of_the_dashboard_and_the_alerts_is_exported(desk: Desk) -> None:
    with Browser(create_app(desk)) as reader:
        assert reader.get("/").status_code == 200
    there = exported(exposition(desk).decode())
    wanted = asked()
    assert len(wanted) > 25
    missing = {title: names for title, text in wanted.items() if (names := named(text) - there)}
    assert missing == {}


def test_positive_control_a_name_that_is_not_exported_is_found(desk: Desk) -> None:
    there = exported(exposition(desk).decode())
    assert named("rate(kiemchung_claims[5m]) > kiemchung_gone") - there == {"kiemchung_gone"}


def test_jobs_leases_and_what_was_given_up_are_counted(desk: Desk) -> None:
    claim = put_claim(desk, "Xã thu phí 300 nghìn đồng mới cho nhận tiền hỗ trợ.")
    now = desk.clock()
    with desk.sessions.begin() as session:
        for job, outcome in (("backup", ledger.DONE), ("erase", ledger.FAILED)):
            start = now - timedelta(seconds=90)
            session.add(JobRun(job=job, period="p", started_at=start, finished_at=now, outcome=outcome))
        session.add(JobRun(job="stages", period="p", started_at=now))
        session.add(StageLease(stage="match", claim_id=claim, owner="a", until=now + timedelta(minutes=1)))
        for _ in range(parking.TRIES):
            parking.failed(session, "match", f"claim:{claim}", ValueError("x"), now)
    backup.make(desk)
    found = samples(exposition(desk).decode())
    assert found["kiemchung_job_duration_seconds", ("backup",)] == 90
    assert found["kiemchung_job_last_failure_timestamp_seconds", ("erase",)] == now.timestamp()
    assert found["kiemchung_jobs_running", ("stages",)] == 1
    assert found["kiemchung_stage_leases", ("match",)] == 1
    assert found["kiemchung_parked_items", ()] == 1
    assert found["kiemchung_waiting", ("match",)] == 1
    assert found["kiemchung_backup_last_timestamp_seconds", ()] == int(now.timestamp())
    assert found["kiemchung_database_connections", ("in_use",)] >= 1
    assert not [key for key in found if any(label.startswith("tried:") for label in key[1])]


def test_requests_are_counted_by_template_and_never_by_address(desk: Desk) -> None:
    before = samples(exposition(desk).decode())
    with Browser(create_app(desk)) as reader:
        for path in ("/tim?q=Zqvkx", "/dinh-chinh/zqvkx-zqvkx", "/zqvkx", "/zqvkx2"):
            reader.get(path)
    text = exposition(desk).decode()
    found = samples(text)
    assert "zqvkx" not in text.lower()

    def more(route: str, status: str) -> float:
        key = ("kiemchung_http_requests_total", (route, status))
        return found[key] - before.get(key, 0)

    assert more("/tim", "2xx") == 1
    assert more(traffic.NO_ROUTE, "4xx") == 2
    assert more("/dinh-chinh/{slug}", "4xx") == 1
    assert found["kiemchung_http_request_seconds_count", ("/tim",)] >= 1


COUNT = """
import os, sys
from pipeline import traffic
traffic.note("/", 200, 0.03)
if len(sys.argv) > 1:
    from prometheus_client import CollectorRegistry, generate_latest
    registry = CollectorRegistry()
    traffic.put_in(registry)
    print(generate_latest(registry).decode())
"""


@pytest.mark.parametrize(("together", "counted"), [(True, 3.0), (False, 1.0)])
def test_several_processes_count_together(together: bool, counted: float) -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(traffic.__file__).parents[1])}
    with traffic.shared(environ):
        folder = Path(environ[traffic.SHARED])
        if not together:  # control: each for itself, as before
            del environ[traffic.SHARED]
        for more in ([], [], ["read"]):
            command = [sys.executable, "-c", COUNT, *more]
            out = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
        environ[traffic.SHARED] = str(folder)
    assert samples(out)["kiemchung_http_requests_total", ("/", "2xx")] == counted
    assert not folder.exists()


def test_every_metric_is_named_in_the_page_about_watching(desk: Desk) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operate-watch.md").read_text(encoding="utf-8")
    declared = set(re.findall(r"^# TYPE (\S+) \w+$", exposition(desk).decode(), re.MULTILINE))
    ours = {name for name in declared if name.startswith("kiemchung_")}
    assert {name for name in ours if not name.endswith("_created")} == set(
        re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    ) - {"log"}

"""Making, cleaning and examining a desk."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from models import audit
from models.desk import AuditEntry
from models.errors import KiemChungError
from models.gathered import FrontierPage, Source
from models.vocabulary import ClaimState, SourceKind
from pipeline import doctor, ledger
from pipeline.compose import Desk
from pipeline.doctor import Check
from pipeline.erase import erase_due
from pipeline.init import initialise
from pipeline.settings import Settings, Value
from tests.conftest import NOW, Clock
from tests.pipeline.conftest import hire, put_claim


def state(checks: Sequence[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def examined(desk: Desk, clock: Clock | None = None) -> list[Check]:
    return doctor.examine(desk.settings, clock or desk.clock)


def changed(settings: Settings, **values: Value) -> Settings:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return replace(settings, values={**settings.values, **named})


def test_a_desk_with_staff_is_well(sqlite_desk: Desk) -> None:
    hire(sqlite_desk)
    found = examined(sqlite_desk)
    assert [check.name for check in found if check.failed] == []
    assert state(found, "staff").state == doctor.OK
    assert all(check.todo for check in found if check.state != doctor.OK)


def test_a_key_that_others_can_read_fails(sqlite_desk: Desk) -> None:
    path = sqlite_desk.settings.path("paths.var") / "desk.key"
    path.chmod(0o644)
    found = state(examined(sqlite_desk), "key")
    assert found.failed
    assert "chmod 600" in found.todo
    path.chmod(0o600)
    path.write_text("not a key", encoding="ascii")
    assert state(examined(sqlite_desk), "key").failed


def test_a_broken_log_fails(sqlite_desk: Desk) -> None:
    with sqlite_desk.sessions.begin() as session:
        for number in range(3):
            audit.append(session, sqlite_desk.clock, "system", "x", f"claim:{number}")
    with sqlite_desk.sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_delete"))
        session.execute(text("DELETE FROM audit_entry WHERE seq = 2"))
    found = state(examined(sqlite_desk), "log")
    assert found.failed
    assert "entry 3" in found.message


def test_a_broken_database_fails_and_ends_the_examination(sqlite_desk: Desk, tmp_path: Path) -> None:
    sqlite_desk.close()
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"no database" * 500)
    settings = changed(sqlite_desk.settings, database__url=f"sqlite:///{bad}")
    found = doctor.examine(settings, sqlite_desk.clock)
    assert found[-1].name == "database"
    assert found[-1].failed


def test_rows_that_outlive_their_promise_fail_until_erased(sqlite_desk: Desk) -> None:
    with sqlite_desk.sessions.begin() as session:
        home = "https://b.vn/"
        session.add(
            Source(id="b", name="B", kind=SourceKind.NEWSPAPER, homepage=home, domain="b.vn", is_local=True)
        )
        session.flush()
        page = FrontierPage(url_key="k", source_id="b", state="done", seen_day=date(2026, 10, 1))
        session.add(page)
    assert "frontier_page" in state(examined(sqlite_desk), "retention").message
    assert erase_due(sqlite_desk)["frontier_page"] == 1
    assert not state(examined(sqlite_desk), "retention").failed


def test_late_jobs_fail(sqlite_desk: Desk) -> None:
    with sqlite_desk.sessions.begin() as session:
        ledger.claim(session, "erase", "2026-11-18", NOW)
        ledger.finish(session, "erase", "2026-11-18", NOW, ledger.DONE)
    assert not state(examined(sqlite_desk), "schedule").failed
    later = state(examined(sqlite_desk, lambda: NOW + timedelta(days=3)), "schedule")
    assert later.failed
    assert "2026-11-18" in later.message


def test_a_crawler_without_a_contact_page_fails(sqlite_desk: Desk, tmp_path: Path) -> None:
    from crawlers.registry import STARTER

    path = tmp_path / "sources.toml"
    path.write_text(
        STARTER.read_text(encoding="utf-8").replace("enabled = false", "enabled = true"), encoding="utf-8"
    )
    settings = changed(sqlite_desk.settings, sources__file=str(path))
    assert state(doctor.examine(settings), "sources").failed
    named = changed(settings, crawl__contact_url="https://desk.example.vn/bot")
    assert state(doctor.examine(named), "sources").state == doctor.OK
    path.write_text("[[source]]\nid = 1\n", encoding="utf-8")
    assert "sources.toml:2" in state(doctor.examine(named), "sources").message


def test_an_unknown_province_fails(sqlite_desk: Desk) -> None:
    found = state(doctor.examine(changed(sqlite_desk.settings, desk__province="999")), "gate")
    assert found.failed
    assert "999" in found.message


def test_erasing_is_written_down_without_saying_what(sqlite_desk: Desk) -> None:
    put_claim(sqlite_desk, "tin bí mật", state=ClaimState.NEW, day=date(2026, 10, 1))
    counts = erase_due(sqlite_desk)
    assert counts["claim_unflagged"] == 1
    with sqlite_desk.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.subject) == ("system", "erase", "day:2026-11-18")
    assert sum(erase_due(sqlite_desk).values()) == 0
    with sqlite_desk.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1
    assert "tin bí mật".encode() not in Path(str(sqlite_desk.engine.url.database)).read_bytes()


def test_init_never_overwrites_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    config = tmp_path / "desk" / "kiemchung.toml"
    first = initialise(config, {}, {})
    assert [(one.what, one.new) for one in first] == [
        ("settings", True),
        ("sources", True),
        ("key", True),
        ("database", True),
    ]
    config.write_text("# my own\n" + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert not any(one.new for one in initialise(config, {}, {}))
    assert config.read_text(encoding="utf-8").startswith("# my own\n")
    names = {str(path.relative_to(config.parent)) for path in config.parent.rglob("*") if path.is_file()}
    assert names >= {"kiemchung.toml", "sources.toml", "var/desk.key", "var/kiemchung.sqlite"}
    assert not [name for name in names if name.endswith(".new")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_init_in_a_folder_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(KiemChungError, match="Permission denied"):
        initialise(tmp_path / "kiemchung.toml", {}, {})


def test_init_where_a_folder_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(KiemChungError, match="file"):
        initialise(tmp_path / "file" / "kiemchung.toml", {}, {})

"""The auditors' page: theirs alone, blind, one claim and one key at a time; the banner of a stopped queue."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from models.audits import AuditLabel, AuditTask
from models.claims import Claim
from models.desk import JobRun, Staff
from models.retention import erase_claim
from models.vocabulary import Opinion, Role
from models.weeks import iso_week
from pipeline import autoqueue, decisions, independent, sampling
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from review_ui.permissions import PERMISSIONS
from tests.browsing import follow, follow_key, keys_count, let_pass, stop_time
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import (
    EVIDENCE,
    Browser,
    MovingClock,
    add_claim,
    add_match,
    add_source,
    add_staff,
    words,
)
from tests.review_ui.test_browser import Visits, address, visits

__all__ = ["address", "visits"]  # fixtures of the browser

pytestmark = pytest.mark.usefixtures("staff")

ROUTES = ("independent_audit", "label_claim", "resume_queue")
PAGE, LABEL, RESUME = "/kiem-toan", "/kiem-toan/nhan", "/ban-lam-viec/xep-hang-tro-lai"


def audit_week(desk: Desk, n: int = 4, *, flagged: int = 2) -> str:
    """`n` claims of the week in the queue, the first ones flagged, and their audit; gives the week."""
    source = add_source(desk)
    for number in range(n):
        claim_id = add_claim(desk, f"Uống nước lá số {number} là khỏi bệnh", source_id=source)
        with desk.sessions.begin() as session:
            session.get_one(Claim, claim_id).flagged = number < flagged
    week = iso_week(desk.clock())
    sampling.draw(desk, week)
    independent.draw(desk, week)
    return week


def task(desk: Desk, position: int = 0) -> AuditTask:
    """A drawn claim by its place in the auditors' list."""
    with desk.reading() as session:
        return session.scalars(select(AuditTask).where(AuditTask.position == position)).one()


def send(browser: Browser, of: AuditTask, label: str = "true") -> int:
    """Send one label as the page's buttons do."""
    fields = {"week": of.week, "ref": of.claim_ref, "label": label}
    return browser.post(LABEL, fields).status_code


def n_labels(desk: Desk) -> int:
    """How many labels are kept."""
    with desk.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditLabel)) or 0


# --- who may


def test_only_auditors_hold_the_audit_and_only_leads_the_stop() -> None:
    assert PERMISSIONS["independent_audit"] == PERMISSIONS["label_claim"] == {Role.AUDITOR}
    assert PERMISSIONS["resume_queue"] == {Role.LEAD}


@pytest.mark.parametrize("actor", [None, "an", "chi", "kiem", "quan"])
def test_every_role_against_every_route(browse: OpenBrowser, desk: Desk, actor: str | None) -> None:
    audit_week(desk)
    browser = browse(actor)
    page = browser.get(PAGE).status_code
    labelled = send(browser, task(desk))
    resumed = browser.post(RESUME, {"reason": "đã thay mô hình xếp hàng"}).status_code
    auditor, lead = actor == "kiem", actor == "chi"
    if actor is None:
        assert (page, labelled, resumed) == (303, 401, 401)
    else:
        assert page == (200 if auditor else 403)
        assert labelled == (303 if auditor else 403)
        assert resumed == (409 if lead else 403)  # nothing is stopped
    assert n_labels(desk) == (1 if auditor else 0)


def test_the_link_to_the_audit_stands_where_it_leads_somewhere(browse: OpenBrowser) -> None:
    assert f'href="{PAGE}"' in browse("kiem").get("/ban-lam-viec").text
    assert f'href="{PAGE}"' not in browse("chi").get("/ban-lam-viec").text


# --- blind


def leaks(browser: Browser, desk: Desk, path: str) -> list[str]:
    """What changes on a page when all that an auditor may not know changes."""

    def shown() -> str:
        return re.sub(r'name="token" value="[^"]*"', "", browser.get(path).text)

    before, found = shown(), []
    claim_id = task(desk).claim_id or 0
    of_claim = update(Claim).where(Claim.id == claim_id)
    flag = session_flag(desk, claim_id)
    changes = {
        "score": of_claim.values(score=0.123, reach=0.456, freshness=0.789, priority=0.044),
        "flag": of_claim.values(flagged=not flag),
        "half": update(AuditTask).where(AuditTask.claim_id == claim_id).values(flagged=not flag),
    }
    for name, change in changes.items():
        with desk.sessions.begin() as session:
            session.execute(change)
        found += [name] if shown() != before else []
    add_match(desk, claim_id)
    found += ["match"] if shown() != before else []
    with desk.reading() as session:
        reviewer = session.scalars(select(Staff.id).where(Staff.username == "an")).one()
        other = session.scalars(select(Staff.id).where(Staff.username == "kiem-hai")).one()
    opinion = ReviewInput(Opinion.FALSE, "Sở Y tế đã bác bỏ điều này.", [EVIDENCE])
    decisions.record_review(desk, claim_id, reviewer, opinion)
    found += ["review"] if shown() != before else []
    independent.record_label(desk, other, task(desk).week, task(desk).claim_ref, "not_ours")
    found += ["label"] if shown() != before else []
    return found


def session_flag(desk: Desk, claim_id: int) -> bool:
    """Whether a claim is flagged."""
    with desk.reading() as session:
        return session.get_one(Claim, claim_id).flagged


def test_the_page_shows_nothing_that_an_auditor_may_not_know(browse: OpenBrowser, desk: Desk) -> None:
    add_staff(desk, "kiem-hai", Role.AUDITOR)
    audit_week(desk)
    assert leaks(browse("kiem"), desk, PAGE) == []


def test_control_the_reviewers_page_shows_it_all_but_the_audit(browse: OpenBrowser, desk: Desk) -> None:
    add_staff(desk, "kiem-hai", Role.AUDITOR)
    audit_week(desk)
    seen = leaks(browse("chi"), desk, f"/ban-lam-viec/{task(desk).claim_id}")
    assert {"score", "match", "review"} <= set(seen)


def test_control_a_page_that_tells_the_half_is_seen(
    browse: OpenBrowser, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_staff(desk, "kiem-hai", Role.AUDITOR)
    audit_week(desk)
    whole = independent.next_task

    def telling(session: object, staff_id: int) -> object:
        found = whole(session, staff_id)  # type: ignore[arg-type]
        if found is None:
            return None
        half = session.get(AuditTask, (found.week, found.claim_ref)).flagged  # type: ignore[attr-defined]
        return independent.Task(f"{found.week}{'!' if half else ''}", *list(vars(found).values())[1:])

    monkeypatch.setattr(independent, "next_task", telling)
    assert "half" in leaks(browse("kiem"), desk, PAGE)


def test_the_page_shows_the_words_and_mentions_as_reviewers_see_them(browse: OpenBrowser, desk: Desk) -> None:
    audit_week(desk)
    first = task(desk)
    auditor, lead = browse("kiem").get(PAGE), browse("chi").get(f"/ban-lam-viec/{first.claim_id}")
    listed = re.compile(r'<ul class="mentions">.*?</ul>', re.DOTALL)
    assert listed.findall(auditor.text) == listed.findall(lead.text) != []
    with desk.reading() as session:
        assert session.get_one(Claim, first.claim_id or 0).text in words(auditor)
    for told in (f"/ban-lam-viec/{first.claim_id}", "0,70", "chữa dứt"):
        assert told not in auditor.text


def test_an_auditor_labels_before_reading_what_others_think(browse: OpenBrowser, desk: Desk) -> None:
    audit_week(desk)
    first = task(desk)
    auditor = browse("kiem")
    path = f"/ban-lam-viec/{first.claim_id}"
    closed = auditor.get(path)
    assert closed.status_code == 409
    assert "gắn nhãn" in words(closed)
    assert browse("chi").get(path).status_code == 200
    assert send(auditor, first) == 303
    assert auditor.get(path).status_code == 200


# --- labelling


def test_a_week_is_labelled_claim_by_claim_without_a_script(browse: OpenBrowser, desk: Desk) -> None:
    audit_week(desk, 5)
    auditor = browse("kiem")
    for turn in range(5):
        page = auditor.get(PAGE)
        assert f"{turn} / 5" in words(page)
        fields = dict(re.findall(r'<input type="hidden" name="(week|ref)" value="([^"]+)"', page.text))
        assert fields["ref"] == task(desk, turn).claim_ref
        values = re.findall(r'<button name="label" value="(\w+)" data-key="(\d)"', page.text)
        assert values == [(one.value, str(at)) for at, one in enumerate(Opinion, start=1)]
        answer = auditor.post(LABEL, fields | {"label": values[turn][0]})
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert "Không còn điều nào" in words(auditor.get(PAGE))
    assert n_labels(desk) == 5


def test_a_label_does_not_change(browse: OpenBrowser, desk: Desk) -> None:
    audit_week(desk)
    auditor, first = browse("kiem"), task(desk)
    assert send(auditor, first, "true") == 303
    again = auditor.post(LABEL, {"week": first.week, "ref": first.claim_ref, "label": "false"})
    assert again.status_code == 409
    assert "nhãn không sửa được" in words(again)
    assert "1 / 4" in words(again)  # and the next claim stands ready
    with desk.reading() as session:
        assert session.scalars(select(AuditLabel.label)).all() == ["true"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"label": "wrong"}, 422),
        ({"label": ""}, 422),
        ({"ref": "khong-co"}, 404),
        ({"week": "2026-W60"}, 404),
        ({"score": "1"}, 422),
    ],
)
def test_a_form_that_makes_no_sense_keeps_nothing(
    browse: OpenBrowser, desk: Desk, fields: dict[str, str], status: int
) -> None:
    audit_week(desk)
    first = task(desk)
    sent = {"week": first.week, "ref": first.claim_ref, "label": "true"} | fields
    assert browse("kiem").post(LABEL, sent).status_code == status
    assert n_labels(desk) == 0


def test_a_claim_that_goes_while_it_is_read_is_said_to_be_gone(browse: OpenBrowser, desk: Desk) -> None:
    audit_week(desk)
    auditor, first = browse("kiem"), task(desk)
    with desk.sessions.begin() as session:
        erase_claim(session, first.claim_id or 0)
    gone = auditor.post(LABEL, {"week": first.week, "ref": first.claim_ref, "label": "true"})
    assert gone.status_code == 404
    assert "đã được xóa" in words(gone)
    assert "0 / 3" in words(gone)


def test_the_page_is_calm_while_there_is_nothing_to_label(browse: OpenBrowser) -> None:
    page = browse("kiem").get(PAGE)
    assert page.status_code == 200
    assert "Không còn điều nào chờ bạn" in words(page)


# --- the stop


@pytest.fixture
def stopped(desk: Desk, moving: MovingClock) -> str:
    """A desk whose newest audit found eight false flags in forty; gives its week."""
    other = add_staff(desk, "kiem-hai", Role.AUDITOR).id
    with desk.reading() as session:
        one = session.scalars(select(Staff.id).where(Staff.username == "kiem")).one()
    week = audit_week(desk, 40, flagged=40)
    with desk.sessions.begin() as session:
        session.add_all(
            AuditLabel(
                week=week,
                claim_ref=ref,
                staff_id=person,
                label="not_a_claim" if at < 8 else "false",
                at=desk.clock(),
            )
            for at, ref in enumerate(session.scalars(select(AuditTask.claim_ref)))
            for person in (one, other)
        )
    moving.now += timedelta(minutes=5)
    return week


def test_everybody_is_told_that_the_queue_is_stopped_and_why(browse: OpenBrowser, stopped: str) -> None:
    told = "Máy đã ngừng tự xếp hàng"
    for who in ("an", "chi", "kiem"):
        page = words(browse(who).get("/ban-lam-viec"))
        assert told in page
        assert f"tuần {stopped}: 20,0% [20% – 20%] trong 40" in page
    assert "máy đang ngừng tự xếp hàng" in words(browse().get("/so-lieu"))
    assert "automatic queueing is stopped" in words(browse().get("/so-lieu?lang=en"))


def test_control_nobody_is_told_while_it_runs(browse: OpenBrowser, desk: Desk) -> None:
    audit_week(desk)
    assert "ngừng tự xếp hàng" not in words(browse("chi").get("/ban-lam-viec"))
    assert "máy đang ngừng tự xếp hàng" not in words(browse().get("/so-lieu"))
    assert "automatic queueing is stopped" not in words(browse().get("/so-lieu?lang=en"))


def test_a_lead_resumes_with_a_reason_that_everybody_can_read(
    browse: OpenBrowser, desk: Desk, stopped: str
) -> None:
    lead, analyst = browse("chi"), browse("an")
    assert RESUME in lead.get("/ban-lam-viec").text
    assert RESUME not in analyst.get("/ban-lam-viec").text
    short = lead.post(RESUME, {"reason": "thôi"})
    assert short.status_code == 422
    assert "Lý do" in words(short)
    assert lead.post(RESUME, {"reason": "đã thay mô hình <b>xếp hàng</b>"}).status_code == 303
    page = analyst.get("/ban-lam-viec")
    assert "Máy đã ngừng" not in words(page)
    assert "vì: đã thay mô hình" in words(page)
    assert "<b>xếp" not in page.text
    assert lead.post(RESUME, {"reason": "thêm một lần nữa"}).status_code == 409
    with desk.reading() as session:
        assert session.scalars(select(JobRun.period).where(JobRun.job == autoqueue.RESUME)).all() == [stopped]
    assert "cho máy xếp hàng trở lại" in words(browse("dung").get("/nhat-ky/noi-bo"))


# --- a real browser


@pytest.mark.browser
def test_one_key_is_one_label_and_a_held_key_is_not_two(visits: Visits, desk: Desk) -> None:
    audit_week(desk, 6)
    visit = visits(width=360)
    stop_time(visit.page, desk.clock())
    visit.sign_in("kiem")
    visit.open(PAGE)
    wide = visit.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    for turn, key in enumerate(("1", "6", "3")):
        assert f"{turn} / 6" in visit.page.inner_text("main")
        let_pass(visit.page, 0.6)
        keys_count(visit.page)
        follow_key(visit.page, key)
        visit.page.keyboard.press(key)  # no time has passed: before the eye has reached the next claim
        let_pass(visit.page, 0.3)
        visit.page.keyboard.press(key)
    let_pass(visit.page, 0.6)
    with visit.page.expect_navigation(wait_until="load"):
        visit.page.keyboard.down("2")
    let_pass(visit.page, 0.6)
    visit.page.keyboard.down("2")  # still held: the browser repeats it
    visit.page.keyboard.up("2")
    assert "4 / 6" in visit.page.inner_text("main")
    with desk.reading() as session:
        order = select(AuditLabel.label).join(
            AuditTask, (AuditTask.week == AuditLabel.week) & (AuditTask.claim_ref == AuditLabel.claim_ref)
        )
        kept = session.scalars(order.order_by(AuditTask.position)).all()
    assert kept == ["false", "not_ours", "unproven", "misleading"]
    assert visit.complaints == []


@pytest.mark.browser
def test_the_audit_is_labelled_without_javascript(visits: Visits, desk: Desk) -> None:
    audit_week(desk, 2)
    visit = visits(script=False)
    visit.sign_in("kiem")
    visit.open(PAGE)
    follow(visit.page, "button[value=misleading]")
    visit.page.focus("button[value=true]")
    follow_key(visit.page)
    assert "Không còn điều nào" in visit.page.inner_text("main")
    assert n_labels(desk) == 2

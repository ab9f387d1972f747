"""Seeds in the browser: a reviewer cannot tell one from a tip, and who may makes them sees sums alone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from models.audits import Seed
from models.claims import Claim, KnownClaim
from models.desk import Staff
from models.gathered import Item, Mention
from models.vocabulary import ClaimState, ItemKind, Opinion, Role
from pipeline import matching, run, seeds, tips
from pipeline.compose import Desk
from pipeline.shares import MIN_CASES
from review_ui.app import create_app
from tests.review_ui.conftest import STAFF, OpenBrowser
from tests.review_ui.house import (
    NOW,
    Answer,
    Browser,
    MovingClock,
    add_claim,
    add_staff,
    decide,
    make_desk,
    publish,
    words,
)

pytestmark = pytest.mark.usefixtures("staff")

PAGE = "/ban-lam-viec/mau-thu"
TEXT = "Bà con mách nhau nấu lá đu đủ uống là hết sốt xuất huyết liền trong đêm, khỏi đi bệnh viện"
QUARTER = "2026-Q4"


def known_false(desk: Desk, moving: MovingClock, staff: dict[str, Staff]) -> str:
    """A claim of last week that was found false and answered; gives its public id."""
    moving.forward(days=-7)
    claim_id = add_claim(desk, tip="Uống nước lá đu đủ chữa dứt sốt xuất huyết trong một đêm")
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    publish(desk, claim_id, staff["chi"].id)
    moving.forward(days=7)
    with desk.sessions.begin() as session:
        # the desk's answer is worded so that it would be shown beside the seed
        session.execute(update(KnownClaim).values(text="Lá đu đủ nấu uống hết sốt xuất huyết trong đêm"))
        return session.get_one(Claim, claim_id).public_id


def sow(desk: Desk, moving: MovingClock, staff: dict[str, Staff], by: str = "kiem") -> int:
    """A seed in the queue; gives the id of its claim."""
    made = seeds.make(desk, known_false(desk, moving, staff), staff[by].id, TEXT)
    run.stages(desk)
    return made.claim_id or 0


def settled(desk: Desk, recognised: int, n: int, staff_id: int) -> None:
    """Seeds that were settled earlier this quarter."""
    day = NOW.date()
    common = {"quarter": QUARTER, "staff_id": staff_id, "made_day": day, "settled_day": day}
    with desk.sessions.begin() as session:
        rows = [common | {"recognised": at < recognised, "stratum": "score-50-80"} for at in range(n)]
        session.execute(insert(Seed), rows)


# what a reviewer sees


@pytest.fixture
def twin(sqlite_template: bytes, tmp_path: Path) -> Iterator[tuple[Desk, Browser]]:
    """Another desk, where a member of the public really sent these words."""
    path = tmp_path / "twin.sqlite"
    path.write_bytes(sqlite_template)
    made = make_desk(f"sqlite:///{path}", tmp_path / "twin", MovingClock())
    for username, role in STAFF.items():
        add_staff(made, username, role)
    tips.take(made, TEXT)
    run.stages(made)
    with Browser(create_app(made)) as browser:
        yield made, browser
    made.close()


def of_words(desk: Desk) -> int:
    """The claim of these words."""
    with desk.reading() as session:
        return session.scalars(select(Claim.id).where(Claim.text == TEXT)).one()


def bare(page: Answer, claim_id: int) -> str:
    """A page without what is another on each desk and in each session: numbers of rows and tokens."""
    text = page.text.replace(f"/ban-lam-viec/{claim_id}", "/ban-lam-viec/N")
    text = re.sub(r'name="token" value="[^"]+"', "", text)
    return re.sub(r'<span class="muted">#\d+</span>', "", text)


def seen(browser: Browser, username: str, claim_id: int) -> dict[str, str]:
    """Everything that one person can see of a claim: its row, its page, the list that htmx asks for."""
    assert browser.sign_in(username).status_code == 303
    queue = browser.get("/ban-lam-viec")
    row = re.search(
        rf'<li class="claim-row(?:(?!</li>).)*?/ban-lam-viec/{claim_id}".*?</li>', queue.text, re.DOTALL
    )
    return {
        "page": bare(browser.get(f"/ban-lam-viec/{claim_id}"), claim_id),
        "row": row[0].replace(f"/{claim_id}", "/N") if row else "",
        "stages": re.sub(r"\s+", " ", bare(queue, claim_id)),
        "list": bare(browser.get("/ban-lam-viec", **{"hx-request": "true"}), claim_id),
        "second": bare(browser.get("/ban-lam-viec?tinh-trang=lan-2"), claim_id),
    }


def compare(desk: Desk, browser: Browser, twin: tuple[Desk, Browser], username: str) -> None:
    """Every view of the seed is that of the tip, letter by letter."""
    ours = seen(browser, username, of_words(desk))
    theirs = seen(twin[1], username, of_words(twin[0]))
    assert TEXT in ours["page"]
    assert ours["row"]
    for name, view in ours.items():
        # the other desk has not answered the original: its stage counts say so, and nothing else differs
        assert _uncounted(view) == _uncounted(theirs[name]), name


def _uncounted(view: str) -> str:
    # nor does it miss the translations of that answer
    view = re.sub(r'<details class="untranslated">.*?</details>', "", view, flags=re.DOTALL)
    view = re.sub(r"\s+", " ", view)
    # which claims a desk looks at by chance follows its own key; how many there are does not
    view = re.sub(r"(kết luận thêm|Tính lúc [^<]* từ|điểm;) \d+ điều", r"\1 … điều", view)
    return re.sub(r'(Đã trả lời</span><span class="count">)\d+', r"\1", view)


def test_nothing_but_the_words_tells_a_seed_from_a_tip(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff], twin: tuple[Desk, Browser]
) -> None:
    sow(desk, moving, staff)
    browser = browse()
    for username in ("an", "chi", "kiem"):  # an analyst, a lead, an auditor who may not see it either
        compare(desk, browser, twin, username)
    for where, ids in ((desk, staff), (twin[0], _ids(twin[0]))):
        decide_first(where, of_words(where), ids["an"].id)
    for username in ("an", "binh", "dung"):
        compare(desk, browser, twin, username)


def _ids(desk: Desk) -> dict[str, Staff]:
    with desk.reading() as session:
        return {one.username: one for one in session.scalars(select(Staff))}


def decide_first(desk: Desk, claim_id: int, staff_id: int) -> None:
    """The first of two opinions."""
    from pipeline import decisions
    from pipeline.decisions import ReviewInput
    from tests.review_ui.house import EVIDENCE

    given = ReviewInput(Opinion.FALSE, "Đã đọc thông báo của Sở Y tế.", [EVIDENCE])
    decisions.record_review(desk, claim_id, staff_id, given)


def _show_match(desk: Desk, claim_id: int) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).match_due = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "hidden_matches", lambda session: {})  # noqa: ARG005
        matching.match(desk)


def _no_tip(desk: Desk, claim_id: int) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).n_tips = 0


def _no_mention(desk: Desk, claim_id: int) -> None:
    with desk.sessions.begin() as session:
        session.execute(update(Mention).where(Mention.claim_id == claim_id).values(claim_id=None))


def _not_local(desk: Desk, claim_id: int) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).is_local = False


def _unranked(desk: Desk, claim_id: int) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).priority = None


def _older(desk: Desk, claim_id: int) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim_id).first_day = NOW.date().replace(day=1)


@pytest.mark.parametrize("tell", [_show_match, _no_tip, _no_mention, _not_local, _unranked, _older])
def test_positive_control_a_seed_that_is_made_carelessly_shows(
    tell: Callable[[Desk, int], None],
    browse: OpenBrowser,
    desk: Desk,
    moving: MovingClock,
    staff: dict[str, Staff],
    twin: tuple[Desk, Browser],
) -> None:
    tell(desk, sow(desk, moving, staff))
    with pytest.raises(AssertionError):
        compare(desk, browse(), twin, "an")


def test_once_it_is_settled_people_are_told_and_no_lead_is_asked_for_a_correction(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    claim_id = sow(desk, moving, staff)
    assert "câu thử" not in words(browse("an").get(f"/ban-lam-viec/{claim_id}")).lower()
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    lead = browse("chi")
    assert "Đây là câu thử" in words(lead.get(f"/ban-lam-viec/{claim_id}"))
    assert f"/ban-lam-viec/{claim_id}" not in lead.get("/ban-lam-viec?tinh-trang=cho-dang").text
    assert lead.get(f"/ban-lam-viec/{claim_id}/dinh-chinh").status_code == 409


def test_its_writer_may_not_review_it_and_is_told_why(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    claim_id = sow(desk, moving, staff, by="dung")
    lead = browse("dung")
    page = words(lead.get(f"/ban-lam-viec/{claim_id}"))
    assert "Bạn viết câu thử này" in page
    assert "Ghi ý kiến" not in page
    answer = lead.post(
        f"/ban-lam-viec/{claim_id}/y-kien", {"opinion": "not_a_claim", "reason": "không có gì để xem"}
    )
    assert answer.status_code == 409
    assert "Ghi ý kiến" in words(browse("chi").get(f"/ban-lam-viec/{claim_id}"))


def test_the_public_never_sees_it(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    claim_id = sow(desk, moving, staff)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    with desk.reading() as session:
        name = session.get_one(Claim, claim_id).public_id
        slug = f"{name[:6]}"
    reader = browse()
    paths = (
        "/", "/tim?q=bệnh viện", "/chu-de/health", "/feed.json", "/rss.xml", "/atom.xml", "/claimreview.json",
        "/open-data/corrections.csv", "/sitemap.xml", "/so-lieu", "/nhat-ky",
    )  # fmt: skip
    for path in paths:
        answer = reader.get(path)
        assert answer.status_code in {200, 404}, path
        for secret in ("mách nhau", "khỏi đi bệnh viện", name, slug):
            assert secret not in answer.text, (path, secret)
    assert "khỏi đi bệnh viện" not in reader.get("/nhat-ky.jsonl").text


# the page of those who make them


def test_analysts_and_admins_neither_see_the_page_nor_a_way_to_it(browse: OpenBrowser) -> None:
    for username in ("an", "quan"):
        browser = browse(username)
        assert browser.get(PAGE).status_code == 403
        assert browser.post(PAGE, {"claim": "x", "text": "y"}).status_code == 403
        assert PAGE not in browser.get("/mat-khau").text
    for username in ("chi", "kiem"):
        page = browse(username).get(PAGE)
        assert page.status_code == 200
        assert re.search(rf'<a href="{PAGE}" aria-current="page">Câu thử</a>', page.text)
        assert page.text.count('aria-current="page"') == 1
    assert {Role.LEAD, Role.AUDITOR} == {STAFF["chi"], STAFF["kiem"]}


def test_an_empty_desk_says_what_is_needed(browse: OpenBrowser) -> None:
    page = words(browse("kiem").get(PAGE))
    assert "Đã viết 0 / 100 câu" in page
    assert "Chưa có tin nào để viết lại" in page
    assert "Cần ít nhất 50 câu" in page


def test_a_seed_is_made_and_the_claim_is_not_offered_again(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    public_id = known_false(desk, moving, staff)
    auditor = browse("kiem")
    assert f'value="{public_id}"' in auditor.get(PAGE).text
    done = auditor.post(PAGE, {"claim": public_id, "text": TEXT})
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?da=xong")
    page = auditor.get(f"{PAGE}?da=xong")
    assert "Đã nhận" in words(page)
    assert "Đã viết 1 / 100 câu" in words(page)
    assert public_id not in page.text
    assert TEXT not in page.text
    with desk.reading() as session:
        item = session.scalars(select(Item).where(Item.kind == ItemKind.TIP).order_by(Item.id.desc())).first()
        assert item is not None
        assert session.scalars(select(Claim.state).where(Claim.week == "")).one() == ClaimState.NEW


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Hãy dán hoặc gõ"),
        ("Uống nước lá đu đủ chữa dứt sốt xuất huyết <b>gấp</b>", "Trùng hơn sáu từ với lời cũ"),
        ("Bà con mách nhau nấu lá đu đủ uống là hết sốt rét liền trong đêm", "nói điều khác (bệnh"),
        ("Hôm nay trời <i>đẹp</i> quá", "thấy 0 điều"),
    ],
)
def test_what_was_typed_is_kept_with_what_is_wrong(
    text: str, told: str, browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    public_id = known_false(desk, moving, staff)
    lead = browse("chi")
    page = lead.post(PAGE, {"claim": public_id, "text": text})
    assert page.status_code == 422
    assert told in words(page)
    assert 'href="#text"' in page.text
    kept = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    assert kept
    assert kept[1].replace("&lt;", "<").replace("&gt;", ">") == text


def test_what_was_typed_is_kept_if_somebody_used_the_claim_meanwhile(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    public_id = known_false(desk, moving, staff)
    seeds.make(desk, public_id, staff["kiem"].id, TEXT)
    page = browse("chi").post(PAGE, {"claim": public_id, "text": "Lời của <trưởng nhóm>"})
    assert page.status_code in {409, 422}
    assert "Lời của &lt;trưởng nhóm&gt;" in page.text
    assert browse("chi").post(PAGE, {"claim": "x", "text": "y", "by": "z"}).status_code == 422


def test_the_page_shows_sums_and_no_person_and_no_share_of_a_few(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    auditor = browse("kiem")
    settled(desk, 8, MIN_CASES - 1, staff["chi"].id)
    few = words(auditor.get(PAGE))
    assert "Đã xong 10" in few
    assert "Được nhận ra" not in few
    assert "Độ nhạy:" not in few
    settled(desk, 2, 2, staff["chi"].id)
    page = auditor.get(PAGE)
    assert "Được nhận ra 10" in words(page)
    assert re.search(r"Độ nhạy: \d+,\d% \[\d+% – \d+%\]", words(page))
    assert "từ 50% đến 80% 12" in words(page)
    for username in set(STAFF) - {"kiem"}:
        assert not re.search(rf">\s*{username}\s*<", page.text)

"""R5, R7, R8, R16: over many random histories what is decided is public, versioned, and quotes nobody."""

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from starlette.testclient import TestClient

from models import triggers
from models.decisions import CorrectionText
from models.errors import KiemChungError, UsageError
from models.vocabulary import Language, Opinion
from pipeline import decisions, public, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.conftest import Clock
from tests.pipeline.conftest import PRIMARY, put_claim
from tests.rules.conftest import make_desk
from tests.rules.history import REASON, TEXT, staff_of
from tests.rules.test_rule_07_everything_public import decided, differences, random_history

BATCH = 20
"""Claims of one desk: as many as a topic page shows, so that every list is read whole."""


@pytest.fixture
def fresh(sqlite_template: bytes, tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Desk]]:
    """Fresh SQLite desks, closed at the end."""
    number = itertools.count()
    made: list[Desk] = []

    def make() -> Desk:
        folder = tmp_path / f"desk{next(number)}"
        folder.mkdir()
        (folder / "desk.sqlite").write_bytes(sqlite_template)
        made.append(make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, clock))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


def site(desk: Desk) -> TestClient:
    """A visitor of the desk's pages."""
    from review_ui.app import create_app

    return TestClient(create_app(desk), base_url="https://testserver")


def claimants(web: TestClient, desk: Desk) -> list[str]:
    """Every page, data block and feed whose reviewed item says more than the claim and its day."""
    found = []
    for slug in decided(desk):
        page = web.get(f"/dinh-chinh/{slug}").text
        blocks = re.findall(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page, re.DOTALL)
        blocks.append(web.get(f"/dinh-chinh/{slug}.json").text)
        items = [json.loads(block).get("itemReviewed", {}) for block in blocks]
        found += [slug for item in items if not set(item) <= {"@type", "datePublished", "text"}]
    feed = web.get("/claimreview.json").text
    found += ["/claimreview.json"] if re.search(r'"itemReviewed": ?\{[^}]*"author"', feed) else []
    return found


@pytest.mark.parametrize(
    "histories", [pytest.param(4, id="reduced"), pytest.param(1_000, id="full", marks=pytest.mark.release)]
)
def test_the_public_pages_are_the_verdicts_over_random_histories(
    fresh: Callable[[], Desk], tmp_path: Path, histories: int
) -> None:
    settled = 0
    for seed, start in enumerate(range(0, histories, BATCH)):
        desk = fresh()
        random_history(desk, staff_of(desk), random.Random(100 + seed), min(BATCH, histories - start))
        web = site(desk)
        assert differences(desk, web, tmp_path / f"out{seed}") == []
        assert claimants(web, desk) == []
        settled += len(decided(desk))
    assert settled >= histories / 2


def test_control_a_page_that_names_a_claimant_is_seen(
    fresh: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = fresh()
    random_history(desk, staff_of(desk), random.Random(100), 2)
    whole: Callable[..., Any] = public.claim_review

    def named(*args: object) -> dict[str, object]:
        made = whole(*args)
        return {**made, "itemReviewed": {**made["itemReviewed"], "author": "Ai đó"}}

    monkeypatch.setattr(public, "claim_review", named)
    assert claimants(site(desk), desk) != []


# --- R8: old versions stay


def _published(desk: Desk, staff: list[int], number: int) -> str:
    claim = put_claim(desk)
    for who in staff[:2]:
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    title = f"Không có khoản phí hồ sơ nào, tin số {number}"
    return publishing.publish(desk, claim, staff[2], {Language.VI: replace(TEXT, title=title)})


def edit_history(desk: Desk, staff: list[int], number: int, draw: random.Random) -> tuple[str, list[str]]:
    """One correction with one to four later wordings; gives its slug and what each version says."""
    slug = _published(desk, staff, number)
    words = [TEXT.truth]
    for version in range(draw.randint(1, 4)):
        field = draw.choice(["truth", "truth", "how_known"])
        new = replace(TEXT, truth=f"Tỉnh chi trả {number}.{version} ngày {draw.randint(1, 28)}.")
        new = replace(new, how_known=f"Công văn {draw.randint(1, 99)}.") if field == "how_known" else new
        publishing.revise(desk, slug, staff[3], {Language.VI: new}, f"Sửa lần {version} của tin {number}")
        words.append(new.truth)
    return slug, words


def lost_versions(web: TestClient, slug: str, words: list[str], number: int) -> list[str]:
    """Versions of a correction without an address, a reason or a comparison with the one before."""
    page, wrong = web.get(f"/dinh-chinh/{slug}").text, []
    for version, said in enumerate(words, start=1):
        address = f"/dinh-chinh/{slug}/phien-ban/{version}"
        if said not in web.get(address).text or address not in page:
            wrong.append(f"{address} is not what it was")
        if version == 1:
            continue
        if f"Sửa lần {version - 2} của tin {number}" not in page:
            wrong.append(f"{address} has no reason")
        compared = web.get(f"{address}/so-sanh")
        if compared.status_code != 200 or not {"<del>", "<ins>"} <= set(
            re.findall("<del>|<ins>", compared.text)
        ):
            wrong.append(f"{address} shows no change")
    return wrong


def changed_in_place(desk: Desk, slug: str) -> int:
    """How many of the two ways to change published words the database takes."""
    taken = 0
    mine = "WHERE correction_id = (SELECT id FROM correction WHERE slug = :slug)"
    for verb in ("UPDATE correction_text SET truth = 'x'", "DELETE FROM correction_text"):
        with suppress(DatabaseError), desk.engine.connect() as connection:
            connection.execute(text(f"{verb} {mine}"), {"slug": slug})
            taken += 1
            connection.rollback()
    return taken


@pytest.mark.parametrize(
    "histories", [pytest.param(6, id="reduced"), pytest.param(500, id="full", marks=pytest.mark.release)]
)
def test_every_old_version_keeps_its_address_its_reason_and_its_changes(
    fresh: Callable[[], Desk], histories: int
) -> None:
    desk, draw = fresh(), random.Random(histories)
    staff, web = staff_of(desk), site(desk)
    for number in range(histories):
        slug, words = edit_history(desk, staff, number, draw)
        assert lost_versions(web, slug, words, number) == []
        assert changed_in_place(desk, slug) == 0


def test_control_words_changed_in_place_are_seen(fresh: Callable[[], Desk]) -> None:
    desk = fresh()
    staff, web = staff_of(desk), site(desk)
    slug, words = edit_history(desk, staff, 1, random.Random(1))
    with desk.engine.begin() as connection:
        for statement in triggers.drop("sqlite"):
            connection.execute(text(statement))
    assert changed_in_place(desk, slug) == 2
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE correction_text SET truth = 'Khác hẳn.' WHERE version = 1"))
    assert lost_versions(web, slug, words, 1) != []


# --- R5: what is published quotes no tip

WORDS = (
    "bà con lẹ lên xã đang phát mỗi nhà mười lăm ký gạo với hai trăm rưỡi mà phải đem căn cước gốc "
    "tới đóng trước tám chục tiền giấy tờ ai tới trễ khỏi lãnh nghe đâu chiều nay hết hạn"
)
TIP = tuple(WORDS.split())


def longest_run(one: str, other: str) -> int:
    """Words of the longest common run, by plain comparison and not by the product's own way."""
    from classify.text import strip_marks

    first, second = (re.findall(r"\w+", strip_marks(words).lower()) for words in (one, other))
    best, row = 0, [0] * (len(second) + 1)
    for word in first:
        new = [0] * (len(second) + 1)
        for at, mine in enumerate(second, start=1):
            new[at] = row[at - 1] + 1 if word == mine else 0
            best = max(best, new[at])
        row = new
    return best


def publish_quoting(desk: Desk, staff: list[int], draw: random.Random) -> bool:
    """A lead publishes words that hold a run of a tip, of any length; whether the desk took them."""
    claim = put_claim(desk, WORDS, from_tip=True)
    for who in staff[:2]:
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    start, length = draw.randrange(len(TIP) - 12), draw.randint(1, 12)
    field = draw.choice(sorted(asdict(TEXT)))
    quoted = replace(TEXT, **{field: f"Không thật: {' '.join(TIP[start : start + length])}. Hỏi tỉnh."})
    try:
        slug = publishing.publish(desk, claim, staff[2], {Language.VI: quoted})
    except UsageError:
        return False
    with suppress(KiemChungError):  # the same by a later wording
        more = " ".join(TIP[: draw.randint(1, 12)])
        publishing.revise(desk, slug, staff[3], {Language.VI: replace(TEXT, truth=more)}, "Viết lại")
    return True


def quotations(desk: Desk) -> list[int]:
    """The longest run of the tip in each published version, where it is longer than six words."""
    with desk.reading() as session:
        rows = session.scalars(select(CorrectionText)).all()
        texts = [" | ".join(getattr(row, name) for name in asdict(TEXT)) for row in rows]
    return [run for run in (longest_run(one, WORDS) for one in texts) if run > 6]


@pytest.mark.parametrize(
    "n", [pytest.param(24, id="reduced"), pytest.param(1_000, id="full", marks=pytest.mark.release)]
)
def test_no_published_version_shares_more_than_six_words_with_a_tip(
    fresh: Callable[[], Desk], n: int
) -> None:
    desk, draw = fresh(), random.Random(n)
    staff = staff_of(desk)
    taken = sum(publish_quoting(desk, staff, draw) for _ in range(n))
    assert n / 4 < taken < n * 3 / 4
    assert quotations(desk) == []


def test_control_without_the_check_quotations_are_published(
    fresh: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "shared_run", lambda written, sources: None)  # noqa: ARG005
    desk, draw = fresh(), random.Random(2)
    staff = staff_of(desk)
    assert all(publish_quoting(desk, staff, draw) for _ in range(6))
    assert quotations(desk) != []

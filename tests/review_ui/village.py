"""A desk that looks lived in, for looking at every page: claims, answers, appeals, figures, staff."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import insert, select

from models.audits import AuditTask
from models.claims import ClaimMatch
from models.decisions import Appeal
from models.desk import ModelMetric, ModelVersion, WeeklyFigure
from models.vocabulary import Language, ModelKind, ModelState, Opinion, Role
from models.weeks import iso_week, weeks_between
from pipeline import independent, metrics, publishing, sampling
from pipeline.compose import Desk
from pipeline.publishing import CorrectionInput
from review_ui.permissions import EVERYBODY, PERMISSIONS
from tests.pipeline.weeks import LONG_AFTER, WEEK, at, audited
from tests.review_ui.house import (
    MovingClock,
    add_claim,
    add_match,
    add_source,
    add_staff,
    decide,
    make_desk,
    publish,
)

STAFF = {
    "an": Role.ANALYST,
    "binh": Role.ANALYST,
    "chi": Role.LEAD,
    "dung": Role.LEAD,
    "kiem": Role.AUDITOR,
    "quan": Role.ADMIN,
}
WHO = {Role.ANALYST: "an", Role.LEAD: "dung", Role.AUDITOR: "kiem", Role.ADMIN: "quan"}
# answers that are no pages: data for machines, pictures and files are told by their addresses, and these
NOT_PAGES = frozenset(
    {
        "healthz",
        "readyz",
        "oembed",
        "prometheus",
        "static_file",
        "short_address",
        "sign_in_outside",
        "sign_in_return",
    }
)
DATA = re.compile(r"/api/.*|.*\.(?:json|jsonl|csv|xml|txt|svg|png|pdf|\{kind\})")
OPEN = (
    (
        "recruitment",
        "Sang Campuchia làm nhân viên văn phòng lương 30 triệu, bao ăn ở, không cần bằng cấp",
        0.93,
    ),
    (
        "benefits",
        "Mỗi hộ nghèo ở Vĩnh Long được nhận 5 triệu đồng nếu chuyển trước 200 nghìn phí hồ sơ",
        0.88,
    ),
    ("health", "Uống nước chanh pha muối mỗi sáng thì khỏi hẳn bệnh tiểu đường sau hai tuần", 0.81),
    ("legal_identity", "Ai không cập nhật căn cước trước ngày 30/11 sẽ bị khóa tài khoản ngân hàng", 0.77),
    ("disaster", "Cầu Mỹ Thuận sẽ đóng hoàn toàn từ đêm nay vì sụt lún", 0.72),
    ("child_safety", "Có nhóm người đi xe bán tải bắt cóc học sinh ở ba xã ven sông", 0.66),
    ("women", "Phụ nữ nghỉ thai sản từ năm tới chỉ còn được hưởng hai tháng lương", 0.58),
    ("disability", "Người khuyết tật phải đóng tiền mới được cấp lại thẻ bảo hiểm y tế", 0.51),
    ("ethnic_services", "Trường dân tộc nội trú dừng dạy tiếng Khmer từ học kỳ sau", 0.44),
)
TIP = "Bà con coi chừng, nghe nói mỗi hộ được 5 triệu mà phải chuyển trước 200 nghìn phí hồ sơ"
ANSWERS = (
    (
        "benefits",
        "Tin nhắn báo ai chưa nộp phí thì bị cắt trợ cấp từ tháng sau",
        CorrectionInput(
            "Không ai phải nộp phí để nhận trợ cấp xã hội",
            "Có tin nhắn dọa cắt trợ cấp của người chưa đóng một khoản phí.",
            "Việc xét và chi trợ cấp xã hội không thu một khoản phí nào.",
            "Chúng tôi đọc quy định hiện hành và thông báo của Sở Y tế ngày 10/11/2026.",
            "Không chuyển tiền. Hỏi cán bộ xã hoặc gọi tổng đài 111.",
            "Ủy ban nhân dân xã nơi bạn ở, hoặc 111.",
        ),
    ),
    (
        "health",
        "Lá đu đủ chữa khỏi sốt xuất huyết trong một đêm",
        CorrectionInput(
            "Lá đu đủ không chữa được sốt xuất huyết",
            "Có lời đồn rằng một loại lá cây quen thuộc trị hết bệnh sốt do muỗi truyền.",
            "Không có loại lá nào thay được việc theo dõi và điều trị ở cơ sở y tế.",
            "Chúng tôi đọc thông báo của Sở Y tế ngày 10/11/2026.",
            "Sốt cao hai ngày thì tới trạm y tế.",
            "Trạm y tế nơi bạn ở, hoặc 115.",
        ),
    ),
    (
        "disaster",
        "Nước mặn sẽ lên tới trung tâm tỉnh vào cuối tuần này",
        CorrectionInput(
            "Chưa có dự báo mặn lên tới trung tâm tỉnh",
            "Có người nói độ mặn sẽ vượt ngưỡng ở ngay trung tâm tỉnh trong vài ngày.",
            "Bản tin khí tượng thủy văn không dự báo như vậy trong tuần này.",
            "Chúng tôi đối chiếu bản tin ngày 10/11/2026.",
            "Theo dõi bản tin hằng ngày trước khi lấy nước.",
            "",
        ),
    ),
)
ENGLISH = CorrectionInput(
    "Nobody pays a fee to receive social benefits",
    "A message threatens to stop the benefits of people who have not paid a fee.",
    "No fee is charged for deciding on or paying social benefits.",
    "We read the rules in force and the notice of 10 November 2026.",
    "Send no money. Ask your commune, or call 111.",
    "Your commune's office, or 111.",
)
KHMER = CorrectionInput(
    "គ្មាននរណាត្រូវបង់ថ្លៃដើម្បីទទួលប្រាក់ឧបត្ថម្ភទេ",
    "មានសារមួយគំរាមកាត់ប្រាក់ឧបត្ថម្ភរបស់អ្នកដែលមិនទាន់បង់ថ្លៃ។",
    "ការផ្ដល់ប្រាក់ឧបត្ថម្ភសង្គមមិនយកថ្លៃអ្វីទេ។",
    "យើងបានអានបទបញ្ញត្តិ និងសេចក្ដីជូនដំណឹងថ្ងៃទី១០ ខែវិច្ឆិកា ឆ្នាំ២០២៦។",
    "កុំផ្ញើប្រាក់។ សួរឃុំរបស់អ្នក ឬហៅទូរស័ព្ទលេខ ១១១។",
    "ការិយាល័យឃុំ ឬ ១១១។",
)
APPEAL = "Thông báo mới của xã nói khác, xin bàn tin xem lại ngày áp dụng của quy định này."


@dataclass
class Village:
    """The desk and what stands in it, by the names that addresses need."""

    desk: Desk
    staff: dict[str, int]
    claims: list[int] = field(default_factory=list)
    slugs: list[str] = field(default_factory=list)
    agreed: int = 0
    known: int = 0
    appeal: str = ""

    def examples(self) -> Mapping[str, Sequence[str]]:
        """The addresses of each route that has a variable part, or that is worth more than one look."""
        first, second = self.slugs[0], self.slugs[1]
        return {
            "topic": ["/chu-de/benefits", "/chu-de/women"],
            "find": ["/tim", "/tim?q=phi+tro+cap", "/tim?q=khong+co+gi+het"],
            "correction": [f"/dinh-chinh/{first}", f"/dinh-chinh/{second}"],
            "correction_version": [f"/dinh-chinh/{first}/phien-ban/1"],
            "correction_diff": [f"/dinh-chinh/{first}/phien-ban/2/so-sanh"],
            "notice": [f"/dinh-chinh/{first}/ban-in"],
            "read_aloud": [f"/dinh-chinh/{first}/doc-loa"],
            "embedded": [f"/nhung/{first}"],
            "appeal_form": [f"/phan-hoi/{first}"],
            "appeal_status": [f"/phan-hoi/{second}/{self.appeal}"],
            "figure_page": ["/so-lieu/tips", "/so-lieu/answered"],
            "figure_week": [f"/so-lieu/tuan/{WEEK}"],
            "one_source_health": ["/nguon/suc-khoe/bao-mau"],
            "queue": ["/ban-lam-viec", "/ban-lam-viec?chu-de=health", "/ban-lam-viec?tinh-trang=hoan"],
            "claim": [f"/ban-lam-viec/{self.claims[1]}", f"/ban-lam-viec/{self.claims[2]}"],
            "claim_group": [f"/ban-lam-viec/cung-mot-dieu/{self.known}"],
            "correction_editor": [f"/ban-lam-viec/{self.agreed}/dinh-chinh"],
        }


def settle_in(folder: Path, template: bytes) -> Village:
    """A village in a folder, from the bytes of a migrated, empty database."""
    (folder / "desk.sqlite").write_bytes(template)
    clock = MovingClock()
    desk = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, clock)
    village = Village(desk, {name: add_staff(desk, name, role).id for name, role in STAFF.items()})
    for name, kind in (("bao-mau", "newspaper"), ("dai-mau", "broadcaster"), ("so-mau", "public_body")):
        add_source(desk, name, kind)
    clock.forward(days=-7)
    _answer(village)
    clock.forward(days=7)
    _wait(village)
    _appeal(village)
    _draw(village)
    _models(village)
    _figures(village, folder, template)
    return village


def _answer(village: Village) -> None:
    desk, staff = village.desk, village.staff
    for topic, said, text in ANSWERS:
        claim = add_claim(desk, said, topic=topic, source_id="bao-mau", tip=said)
        decide(desk, claim, staff["an"], staff["binh"])
        village.slugs.append(publish(desk, claim, staff["chi"], text))
    words = {Language.EN: ENGLISH, Language.KM: KHMER}
    publishing.revise(desk, village.slugs[0], staff["chi"], words, "Thêm bản tiếng Anh và tiếng Khmer.")
    clearer = replace(ANSWERS[0][2], what_to_do="Đừng chuyển tiền. Hỏi cán bộ xã hoặc gọi tổng đài 111.")
    publishing.revise(
        desk, village.slugs[0], staff["chi"], {Language.VI: clearer}, "Nói rõ hơn việc cần làm."
    )


def _wait(village: Village) -> None:
    for topic, text, priority in OPEN:
        tip = TIP if topic == "benefits" else None
        token = "1a2b3c4d" if priority > 0.8 else None
        claim = add_claim(
            village.desk,
            text,
            topic=topic,
            priority=priority,
            source_id="bao-mau",
            tip=tip,
            token=token,
            local=priority > 0.7,
        )
        village.claims.append(claim)
    add_match(village.desk, village.claims[2])
    with village.desk.sessions.begin() as session:
        # two claims that say the same may be decided together
        village.known = session.scalars(select(ClaimMatch.known_id)).one()
        session.add(ClaimMatch(claim_id=village.claims[8], known_id=village.known, score=0.83))
    add_match(village.desk, village.claims[1], "số tiền: 5 triệu / 3 triệu")
    agreed = "Phải mua bảo hiểm nhân thọ mới được cấp sổ hộ nghèo"
    village.agreed = add_claim(village.desk, agreed, topic="benefits", source_id="dai-mau")
    decide(village.desk, village.agreed, village.staff["an"], village.staff["binh"], Opinion.FALSE)


def _appeal(village: Village) -> None:
    village.appeal = publishing.file_appeal(village.desk, village.slugs[1], APPEAL)
    with village.desk.reading() as session:
        assert session.scalar(select(Appeal.public_id)) == village.appeal


def _draw(village: Village) -> None:
    week = iso_week(village.desk.clock())
    sampling.draw(village.desk, week)
    independent.draw(village.desk, week)
    with village.desk.reading() as session:
        assert session.scalar(select(AuditTask.claim_ref)) is not None


def _models(village: Village) -> None:
    states = ((ModelState.REFUSED, "gắn cờ 3 câu được bảo vệ"), (ModelState.CANDIDATE, None))
    with village.desk.sessions.begin() as session:
        for number, (state, refusal) in enumerate(states):
            model = ModelVersion(
                kind=ModelKind.RANK.value,
                sha256=f"{number}b" * 32,
                data_sha256="cd" * 32,
                state=state.value,
                refusal=refusal,
                n_labels=64,
                created_at=village.desk.clock(),
            )
            session.add(model)
            session.flush()
            session.add(ModelMetric(model_id=model.id, name="auc", value=0.87))


def _figures(village: Village, folder: Path, template: bytes) -> None:
    """Half a year of closed weeks with the figures of one audited week, worked out on another desk."""
    aside = folder / "aside"
    aside.mkdir()
    (aside / "desk.sqlite").write_bytes(template)
    other = make_desk(f"sqlite:///{aside / 'desk.sqlite'}", aside, MovingClock())
    metrics.close_week(at(audited(other), LONG_AFTER), WEEK)
    with other.reading() as session:
        rows = [dict(row) for row in session.execute(select(WeeklyFigure.__table__)).mappings()]
    other.close()
    with village.desk.sessions.begin() as session:
        weeks = weeks_between("2026-W20", WEEK)
        session.execute(insert(WeeklyFigure), [row | {"week": week} for week in weeks for row in rows])


def pages_of(app: FastAPI, village: Village) -> dict[Role | None, list[str]]:
    """The address of every page by who opens it: None for the public, else each role that may.

    Raises `KeyError` naming a route whose variable part has no example, so that no new page is left out.
    """
    examples = village.examples()
    found: dict[Role | None, list[str]] = {None: [], **{role: [] for role in Role}}
    for route in app.routes:
        if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
            continue
        if route.name in NOT_PAGES or DATA.fullmatch(route.path):
            continue
        if "{" in route.path and route.name not in examples:
            raise KeyError(f"{route.name}: give an example of {route.path}, or say that it is no page")
        addresses = list(examples.get(route.name, [route.path]))
        roles = PERMISSIONS[route.name]
        for role in [None] if roles is EVERYBODY else roles:
            found[role] += addresses
    found[None].append("/khong-co-trang-nay")
    return found


def spoken(path: str, language: str) -> str:
    """An address in a language."""
    return path if language == "vi" else f"{path}{'&' if '?' in path else '?'}lang={language}"

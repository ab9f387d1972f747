"""Which figure stands under which heading: the one place. Every figure is in exactly one group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure
from pipeline.public import TOPIC_NAMES_VI
from review_ui.language import say


@dataclass(frozen=True)
class Group:
    """A theme of the weekly page: its figures by name; one that ends in `*` stands for all that begin so."""

    id: str
    vi: str
    en: str
    names: str

    def holds(self, name: str) -> bool:
        """Whether a figure belongs here."""
        return any(
            name.startswith(one.removesuffix("*")) if one.endswith("*") else name == one
            for one in self.names.split()
        )


GROUPS = (
    Group(
        "muc-tieu",
        "Hai mục tiêu",
        "The two targets",
        # spelt out, because `answered_within_…` is about time
        "answered answered_mentions answered_corrected* answered_4_weeks answered_quarter"
        " answered_year_to_date answered_missing_all_false answered_missing_none_false prevalence*",
    ),
    Group(
        "rut-mau",
        "Rút mẫu",
        "Sampling",
        "known_answered known_late audit_frame audit_drawn audit_judged audit_false audits_needed"
        " audit_alarm",
    ),
    Group("thoi-gian", "Thời gian", "Time", "time_to_answer_days answered_within_* open_claims"),
    Group(
        "chat-luong-doc",
        "Chất lượng đọc",
        "Quality of reading",
        "verdict_sensitivity agreement* false_flag_rate* audit_false_flags audit_unflagged_false"
        " audit_not_judged auto_queue_stopped calibration_* score_drift* input_drift evidence_per_verdict",
    ),
    Group(
        "nguon",
        "Nguồn và thông tin đọc được",
        "Sources and what was read",
        "sources_* claims_in_scope* dropped_not_ours",
    ),
    Group("tin-bao", "Tin báo và khiếu nại", "Tips and appeals", "tips_* appeals_*"),
    Group("ngon-ngu", "Đính chính và ngôn ngữ", "Corrections and languages", "corrections_*"),
    Group("cong-viec", "Khối lượng công việc", "Staff load", "effort_saved reviews_*"),
)

_PARTS = ("false_flag_rate_", "claims_in_scope_")
# Vietnamese and English words of the two ways of writing
MARKS = {
    "with_marks": ("câu viết có dấu", "written with marks"),
    "without_marks": ("câu viết không dấu", "written without marks"),
}


def label(name: str, language: str = "vi") -> str:
    """What a figure says, in the words that a row has room for: a part of a breakdown by its part alone."""
    if name.startswith("answered_within_"):
        days = name.removeprefix("answered_within_").removesuffix("_days")
        return say(language, "Tin sai được trả lời trong %(days)s ngày") % {"days": days}
    part = next((name.removeprefix(one) for one in _PARTS if name.startswith(one)), None)
    if part in MARKS:
        return say(language, MARKS[part][0])
    return say(language, ENTRIES[name].vi if part is None else TOPIC_NAMES_VI[part])


def is_part(name: str) -> bool:
    """Whether a figure is a part of the figure above it."""
    return name.startswith(_PARTS)


def groups_of(name: str) -> list[Group]:
    """The groups of a figure: one, or a test fails."""
    return [group for group in GROUPS if group.holds(name)]


def grouped(figures: Sequence[Figure]) -> list[tuple[Group, list[Figure]]]:
    """The figures of one week under their headings, in the dictionary's order; empty groups are left out."""
    found: Mapping[str, list[Figure]] = {group.id: [] for group in GROUPS}
    for figure in figures:
        for group in groups_of(figure.name):
            found[group.id].append(figure)
    return [(group, found[group.id]) for group in GROUPS if found[group.id]]

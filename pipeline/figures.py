"""A figure and its state in words: a target is met or not by the interval, never by the point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from pipeline import dictionary
from pipeline.statistics import ALPHA, sensitivity_state

LEVEL = 1 - ALPHA
RECALL_TARGET = 0.90
PREVALENCE_TARGET = 0.10

TARGET_MET = "TARGET MET"
INDICATES_MET = "indicates met (this week)"
NOT_MET = "NOT MET"
UNDECIDED = "undecided"
TOO_FEW = "too few data"
NO_STATISTICS = "no statistics for the week"
NONE_KNOWN = "no false harmful item known this week"
SENSITIVITY = "verdict sensitivity too low/unknown"
HIDDEN = "hidden"
UNREACHED = "under half are answered"
ALARM = "alarm"
QUIET = "quiet"
COULD_NOT = (
    "cannot tell yet, {n} more audits are needed: this audit could not have shown 90 % whatever it found"
)

STATES_VI = {
    TARGET_MET: "ĐẠT MỤC TIÊU",
    INDICATES_MET: "có dấu hiệu đạt (tuần này)",
    NOT_MET: "KHÔNG ĐẠT",
    UNDECIDED: "chưa kết luận được",
    TOO_FEW: "chưa đủ dữ liệu",
    NO_STATISTICS: "tuần này không có thống kê",
    NONE_KNOWN: "tuần này chưa biết tin sai nào",
    SENSITIVITY: "độ nhạy của người thẩm định quá thấp hoặc chưa đo đủ, nên chưa thể công bố đạt mục tiêu",
    HIDDEN: "được ẩn",
    UNREACHED: "chưa đến một nửa được trả lời, nên chưa có trung vị",
    ALARM: "báo động",
    QUIET: "bình thường",
    COULD_NOT: "chưa kết luận được, cần thêm {n} mẫu: mẫu này dù không thấy gì cũng không thể chứng tỏ 90%",
}
_REASONS = (NO_STATISTICS, NONE_KNOWN, SENSITIVITY, HIDDEN, UNREACHED)
# an alarm's figure says in its method whether it rang, so that a kept figure says the same for ever
_ALARMS = ("audit_alarm", "score_drift", "calibration_bias", "input_drift")
YEAR_TO_DATE = "_year_to_date"
CORRECTED = "_corrected"  # for what reviewers do not recognise


@dataclass(frozen=True)
class Figure:
    """One figure of one week; shares are fractions. `enough` False: there is no value, `method` says why."""

    name: str
    week: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    method: str
    enough: bool
    state: str = ""
    provisional: bool = True

    def as_dict(self) -> dict[str, object]:
        """The figure as `metrics --json` answers it."""
        return {
            "name": self.name,
            "week": self.week,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "n": self.n,
            "method": self.method,
            "enough": self.enough,
        }


def count(name: str, week: str, n: int) -> Figure:
    """A plain count: complete, so without an interval."""
    return Figure(name, week, float(n), None, None, LEVEL, n, "count", enough=True)


def missing(name: str, week: str, n: int, why: str, level: float = LEVEL) -> Figure:
    """A figure that cannot be given, and why."""
    return Figure(name, week, None, None, None, level, n, why, enough=False)


def with_states(figures: Sequence[Figure]) -> list[Figure]:
    """The figures of one week with their states; the same figures always give the same states."""
    needed = next((one.value for one in figures if one.name == "audits_needed"), None)
    return _claimed([replace(one, state=_state(one, needed)) for one in figures])


def _claimed(figures: list[Figure]) -> list[Figure]:
    """The figures without the targets that the limits corrected for reviewers' errors do not reach."""
    short = {one.name.replace(CORRECTED, "") for one in figures if one.state == UNDECIDED}
    return [
        replace(one, state=UNDECIDED) if one.state == TARGET_MET and one.name in short else one
        for one in figures
    ]


def _state(figure: Figure, needed: float | None) -> str:
    if not figure.enough:
        return next((reason for reason in _REASONS if figure.method.startswith(reason)), TOO_FEW)
    if figure.name in _ALARMS:
        return ALARM if figure.method.startswith(ALARM) else QUIET
    if figure.name.startswith("answered_within"):
        return ""
    if figure.name.startswith("answered"):
        return _recall_state(figure, needed)
    if figure.name.startswith("prevalence"):
        return _prevalence_state(figure)
    return _sensitivity_state(figure) if figure.name == "verdict_sensitivity" else ""


def _sensitivity_state(figure: Figure) -> str:
    recognised = round((figure.value or 0.0) * figure.n)
    return SENSITIVITY if sensitivity_state(recognised, figure.n) else ""


def _recall_state(figure: Figure, needed: float | None) -> str:
    if figure.low is not None and figure.low >= RECALL_TARGET:
        return TARGET_MET if figure.name.endswith(YEAR_TO_DATE) else INDICATES_MET
    if figure.high is not None and figure.high < RECALL_TARGET:
        return NOT_MET
    if figure.name == "answered" and needed is not None and figure.n < needed:
        return COULD_NOT.format(n=int(needed) - figure.n)
    return UNDECIDED


def _prevalence_state(figure: Figure) -> str:
    if figure.high is not None and figure.high < PREVALENCE_TARGET:
        return TARGET_MET if figure.name.endswith(YEAR_TO_DATE) else INDICATES_MET
    if figure.low is not None and figure.low >= PREVALENCE_TARGET:
        return NOT_MET
    return UNDECIDED


def is_wide(figure: Figure) -> bool:
    """Whether the point is to be shown grey: the interval says too little to look at the point."""
    if figure.value is None or figure.low is None or figure.high is None:
        return False
    if dictionary.ENTRIES[figure.name].unit != dictionary.SHARE:
        return False
    if figure.name.startswith("prevalence"):
        return figure.high > 5 * figure.value  # with three or more positives it never is
    return figure.high - figure.low > 0.30


def state_vi(state: str, say: Callable[[str], str] = str) -> str:
    """A state in Vietnamese, or in the language that `say` turns Vietnamese into."""
    start, _, end = COULD_NOT.partition("{n}")
    if state.startswith(start):
        return say(STATES_VI[COULD_NOT]).format(n=state.removeprefix(start).removesuffix(end))
    return say(STATES_VI.get(state, state))


def shown(figure: Figure, language: str = "vi") -> str:
    """Value and interval in words, its ends rounded outwards; never a percentage without its interval."""
    if figure.value is None:
        nothing = next((one for one in (HIDDEN, UNREACHED) if figure.method.startswith(one)), TOO_FEW)
        return STATES_VI[nothing] if language == "vi" else nothing
    unit = dictionary.ENTRIES[figure.name].unit
    if unit == dictionary.COUNT:
        return f"{figure.value:.0f}"
    if unit != dictionary.SHARE:
        return _decimal(_measure(figure, dictionary.DIGITS[unit], language), language)
    digits = 1 if figure.name.startswith("prevalence") else 0
    low = _outwards(figure.low or 0.0, digits, floor)
    high = _outwards(1.0 if figure.high is None else figure.high, digits, ceil)
    return _decimal(f"{100 * figure.value:.1f}% [{low:.{digits}f}% – {high:.{digits}f}%]", language)


def _measure(figure: Figure, digits: int, language: str) -> str:
    """A figure that is no share; the upper end of a median may lie beyond what is known yet."""
    text = f"{figure.value:.{digits}f}"
    if figure.low is None:
        return text
    if figure.high is None:
        return f"{text} [{'từ' if language == 'vi' else 'from'} {figure.low:.{digits}f}]"
    return f"{text} [{figure.low:.{digits}f} – {figure.high:.{digits}f}]"


def _outwards(share: float, digits: int, rounding: Callable[[float], int]) -> float:
    scale = 10.0**digits
    exact = round(100 * share * scale, 6)  # 0.9 * 100 must not become 91
    return rounding(exact) / scale


def _decimal(text: str, language: str) -> str:
    return text.replace(".", ",") if language == "vi" else text

"""The charts of the metrics page: which figures each shows, and how to read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.dictionary import ENTRIES

INTERVAL, COUNT, CURVE, RELIABILITY = "interval", "count", "curve", "reliability"


@dataclass(frozen=True)
class ChartPage:
    """One chart: its address, its figures, its title, and one sentence on how to read it."""

    id: str
    kind: str
    names: tuple[str, ...]
    vi: str
    en: str
    read_vi: str
    read_en: str

    @property
    def shown(self) -> tuple[str, ...]:
        """Its figures that the data dictionary holds."""
        return tuple(name for name in self.names if name in ENTRIES)


_ALL = (
    ChartPage(
        "answered",
        INTERVAL,
        ("answered",),
        "Tin sai được trả lời đúng hạn, theo tuần",
        "False claims answered in time, by week",
        "Mỗi vạch là khoảng tin cậy 95% của riêng tuần đó. Cả vạch nằm trên nét đứt thì tuần đó có dấu hiệu "
        "đạt; cả vạch nằm dưới thì không đạt; vạch cắt nét đứt thì chưa kết luận được, dù chấm ở đâu.",
        "Each bar is the 95% interval of that week alone. A bar wholly above the dashes indicates that the "
        "target was met, one wholly below that it was not; one across them decides nothing, wherever its "
        "dot is.",
    ),
    ChartPage(
        "prevalence",
        INTERVAL,
        ("prevalence",),
        "Tỷ lệ tin sai trong thông tin đã theo dõi, theo tuần",
        "False claims among all monitored, by week",
        "Ở đây càng thấp càng tốt: cả vạch nằm dưới nét đứt thì tuần đó có dấu hiệu đạt. Con số chỉ nói về "
        "những thông tin bàn tin đọc được, không nói về mọi tin trên mạng.",
        "Lower is better here: a bar wholly under the dashes indicates that the target was met. It tells of "
        "what the desk reads, not of all that is said online.",
    ),
    ChartPage(
        "time-to-answer",
        CURVE,
        ("time_to_answer_days",),
        "Bao lâu thì một tin sai được trả lời",
        "How soon a false claim is answered",
        "Đường cho biết đến ngày thứ mấy thì bao nhiêu phần tin sai đã có đính chính công khai "
        "(Kaplan–Meier, 13 tuần gộp lại). Tin còn mở được tính là “chưa trả lời "
        "tới nay”, không bị bỏ ra ngoài.",
        "The curve tells what share of false claims has a public correction by which day (Kaplan–Meier, "
        "13 weeks pooled). Open claims count as not answered so far; they are not left out.",
    ),
    ChartPage(
        "false-flags",
        INTERVAL,
        ("false_flag_rate",),
        "Máy gợi ý nhầm",
        "False flags",
        "Trong các thông tin máy gợi ý và hai người đã kết luận: bao nhiêu phần hóa ra không sai. Thấp quá "
        "không hẳn là tốt: máy dè dặt thì bỏ sót nhiều.",
        "Of the flagged claims that two people settled: the share that is not false. Very low is not always "
        "good: a timid machine misses more.",
    ),
    ChartPage(
        "agreement",
        INTERVAL,
        ("agreement",),
        "Mức đồng thuận của người thẩm định",
        "Agreement of reviewers",
        "Alpha của Krippendorff trên hai ý kiến đầu, đều cho khi chưa thấy ý kiến kia: 1 là luôn giống nhau, "
        "0 là như đoán mò. Khi tin sai hiếm, alpha thấp dù người thẩm định giỏi, nên đây không phải ngưỡng.",
        "Krippendorff’s alpha over the first two opinions, both given blind: 1 is always alike, 0 is as by "
        "chance. Where false claims are rare alpha is low even for good reviewers: it is no gate.",
    ),
    ChartPage(
        "tips",
        COUNT,
        ("tips_received", "tips_answered"),
        "Tin báo của người dân",
        "Tips of the public",
        "Số tin báo đã nhận và số tin đã được trả lời trong tuần. Tin trả lời tuần này có thể đã nhận từ "
        "tuần trước.",
        "Tips received and tips answered in the week. One that is answered now may have come earlier.",
    ),
    ChartPage(
        "sources",
        INTERVAL,
        ("sources_healthy",),
        "Nguồn đọc được bình thường",
        "Sources that could be read",
        "Trong các nguồn đang bật: bao nhiêu phần có ít nhất một lần đọc được trong tuần. Đây là đếm đủ, "
        "không phải ước lượng.",
        "Of the sources that are switched on: the share that could be read at least once in the week. A "
        "complete count, no estimate.",
    ),
    ChartPage(
        "appeals",
        COUNT,
        ("appeals_received", "appeals_overturned", "appeals_open", "appeals_overdue"),
        "Khiếu nại",
        "Appeals",
        "Khiếu nại nhận trong tuần, số đã đổi kết luận, và số còn chờ hoặc quá hạn vào cuối tuần.",
        "Appeals received and those that changed a rating in the week; open and overdue ones at its end.",
    ),
    ChartPage(
        "languages",
        INTERVAL,
        ("corrections_other_languages",),
        "Đính chính có thêm tiếng Khmer hoặc tiếng Anh",
        "Corrections that are also in Khmer or English",
        "Trong các đính chính công bố trong tuần: bao nhiêu phần có thêm tiếng Khmer hoặc tiếng Anh. "
        "Đây là đếm đủ.",
        "Of the corrections published in the week: the share that is also in Khmer or English. A complete "
        "count.",
    ),
    ChartPage(
        "calibration",
        RELIABILITY,
        ("calibration_error", "calibration_bias"),
        "Điểm của máy có đáng tin không",
        "Are the machine’s scores true",
        "Điểm chỉ để xếp hàng, nên lệch không làm sai các con số ở trên. Chấm nằm trên đường chéo thì điểm "
        "cao quá thấp; nằm dưới thì điểm quá cao.",
        "Scores only order the queue, so that a wrong one spoils no figure above. A dot over the diagonal "
        "means that scores are too low there, one under it that they are too high.",
    ),
)


def charts() -> Sequence[ChartPage]:
    """The charts that have figures, in the order of the page."""
    return [one for one in _ALL if one.shown]


def chart(chart_id: str) -> ChartPage | None:
    """A chart by its address."""
    return next((one for one in charts() if one.id == chart_id), None)

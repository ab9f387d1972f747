"""The words on charts, in Vietnamese and English."""

from collections.abc import Mapping
from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TITLES: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "answered": "Tin sai được trả lời đúng hạn, theo tuần",
        "prevalence": "Tỷ lệ tin sai trong thông tin đã theo dõi, theo tuần",
        "false_flag_rate": "Máy gợi ý nhầm: tỷ lệ không sai trong số đã kết luận",
        "agreement": "Mức đồng thuận của người thẩm định (alpha của Krippendorff)",
        "sources_healthy": "Tỷ lệ nguồn đọc được bình thường",
        "corrections_other_languages": "Đính chính có thêm tiếng Khmer hoặc tiếng Anh",
        "calibration_error": "Điểm của máy lệch bao nhiêu so với thực tế",
    },
    "en": {
        "answered": "False claims answered in time, by week",
        "prevalence": "False claims among all monitored, by week",
        "false_flag_rate": "False flags: share of the settled flagged that is not false",
        "agreement": "Agreement of reviewers (Krippendorff’s alpha)",
        "sources_healthy": "Share of sources that could be read",
        "corrections_other_languages": "Corrections that are also in Khmer or English",
        "calibration_error": "How far the machine’s scores are from what was found",
    },
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "weeks": "Tuần bắt đầu ngày",
        "interval_key": "Chấm: ước lượng, vạch: khoảng tin cậy 95%",
        "point_key": "Chấm: ước lượng",
        "grey_key": "xám: khoảng quá rộng",
        "gap_key": "×: tuần chưa đủ dữ liệu",
        "note_key": "nét chấm dọc: đổi mô hình",
        "target_answered": "mục tiêu:\ntừ 90%",
        "target_prevalence": "mục tiêu:\ndưới 10%",
        "target_answered_key": "nét đứt đỏ: mục tiêu từ 90%",
        "target_prevalence_key": "nét đứt đỏ: mục tiêu dưới 10%",
        "nothing": "Chưa có tuần nào đủ dữ liệu để ước lượng",
        "nothing_else": "Chưa đủ dữ liệu để vẽ",
        "curve_key": "Đường: phần đã được trả lời trong 30 ngày đầu, dải: khoảng tin cậy 95%",
        "reliability_key": "Chấm: phần thực tế là sai, vạch: khoảng tin cậy 95%, nét đứt: khớp hoàn toàn",
        "tips_received": "tin báo đã nhận",
        "tips_answered": "tin báo đã được trả lời",
        "appeals_received": "nhận trong tuần",
        "appeals_upheld": "giữ kết luận",
        "appeals_overturned": "đổi kết luận",
        "appeals_open": "đang chờ cuối tuần",
        "appeals_overdue": "quá hạn cuối tuần",
        "sources_silent": "nguồn im lặng",
    },
    "en": {
        "weeks": "Week beginning",
        "interval_key": "Dot: estimate, bar: 95% interval",
        "point_key": "Dot: estimate",
        "grey_key": "grey: interval too wide",
        "gap_key": "×: too few data that week",
        "note_key": "dotted upright: model changed",
        "target_answered": "target:\nat least 90%",
        "target_prevalence": "target:\nunder 10%",
        "target_answered_key": "red dashes: target, at least 90%",
        "target_prevalence_key": "red dashes: target, under 10%",
        "nothing": "No week holds enough data for an estimate yet",
        "nothing_else": "Too few data to draw",
        "curve_key": "Line: share answered within the first 30 days, band: 95% interval",
        "reliability_key": "Dot: share found false, bar: 95% interval, dashes: where both agree",
        "tips_received": "tips received",
        "tips_answered": "tips answered",
        "appeals_received": "received in the week",
        "appeals_upheld": "rating kept",
        "appeals_overturned": "rating changed",
        "appeals_open": "open at the week’s end",
        "appeals_overdue": "overdue at the week’s end",
        "sources_silent": "silent sources",
    },
}


def month_day(day: date, language: str) -> str:
    """16/11, or 16 Nov in English."""
    return f"{day.day} {_MONTHS[day.month - 1]}" if language == "en" else f"{day.day}/{day.month}"


def brief(name: str, language: str) -> str:
    """A count in a few words, for a legend; an empty text if it has none."""
    return WORDS[language].get(name, "")

"""The data dictionary: every figure's name, unit and meaning, in Vietnamese and English."""

from dataclasses import dataclass

from models.vocabulary import Topic
from pipeline.public import TOPIC_NAMES_EN, TOPIC_NAMES_VI

SHARE, COUNT, DAYS, ALPHA = "share", "count", "days", "alpha"


@dataclass(frozen=True)
class Entry:
    """One figure: its unit (`share` is 0..1) and what it says."""

    unit: str
    vi: str
    en: str


def _topics() -> dict[str, Entry]:
    return {
        f"claims_in_scope_{topic.value}": Entry(
            COUNT,
            f"Số thông tin về: {TOPIC_NAMES_VI[topic.value]} (ô dưới 11 được ẩn)",
            f"Claims about: {TOPIC_NAMES_EN[topic.value]} (cells under 11 are hidden)",
        )
        for topic in Topic
    }


ENTRIES: dict[str, Entry] = {
    "answered": Entry(
        SHARE,
        "Tin sai được phát hiện và trả lời công khai trong thời hạn đã hứa (mục tiêu: từ 90%)",
        "False claims caught and answered in public within the promised hours (target: at least 90%)",
    ),
    "answered_mentions": Entry(
        SHARE,
        "Như trên, tính theo số lần xuất hiện",
        "The same, weighted by mentions",
    ),
    "answered_4_weeks": Entry(
        SHARE,
        "Tỷ lệ trả lời, gộp 4 tuần vì một tuần có quá ít tin sai",
        "Answered, four weeks pooled because one week holds too few false claims",
    ),
    "answered_quarter": Entry(
        SHARE,
        "Tỷ lệ trả lời, gộp cả quý vì bốn tuần vẫn còn quá ít tin sai",
        "Answered, the quarter pooled because four weeks hold too few false claims",
    ),
    "answered_missing_all_false": Entry(
        SHARE,
        "Tỷ lệ trả lời nếu mọi mẫu chưa xem được đều là tin sai",
        "Answered, if every draw that could not be judged were false",
    ),
    "answered_missing_none_false": Entry(
        SHARE,
        "Tỷ lệ trả lời nếu không mẫu nào chưa xem được là tin sai",
        "Answered, if no draw that could not be judged were false",
    ),
    "answered_year_to_date": Entry(
        SHARE,
        "Tỷ lệ trả lời từ đầu năm, cận một phía dùng để công bố đạt mục tiêu",
        "Answered, year to date, with the one-sided limit that a claim of the target rests on",
    ),
    "prevalence": Entry(
        SHARE,
        "Tỷ lệ tin sai trong các thông tin đã theo dõi (mục tiêu: dưới 10%)",
        "Share of the monitored claims that are false (target: under 10%)",
    ),
    "prevalence_mentions": Entry(
        SHARE,
        "Như trên, tính theo số lần xuất hiện",
        "The same, weighted by mentions",
    ),
    "prevalence_missing_all_false": Entry(
        SHARE,
        "Tỷ lệ tin sai nếu mọi mẫu chưa xem được đều là tin sai",
        "Prevalence, if every draw that could not be judged were false",
    ),
    "prevalence_missing_none_false": Entry(
        SHARE,
        "Tỷ lệ tin sai nếu không mẫu nào chưa xem được là tin sai",
        "Prevalence, if no draw that could not be judged were false",
    ),
    "prevalence_unproven_counted": Entry(
        SHARE,
        "Dòng độ nhạy: nếu tin “chưa có bằng chứng” cũng bị coi là sai (chỉ số chính không tính như vậy)",
        "Sensitivity line: if unproven claims counted as false (the headline never counts them)",
    ),
    "prevalence_year_to_date": Entry(
        SHARE,
        "Tỷ lệ tin sai từ đầu năm, cận một phía dùng để công bố đạt mục tiêu",
        "Prevalence, year to date, with the one-sided limit that a claim of the target rests on",
    ),
    "known_answered": Entry(
        COUNT,
        "A: tin sai đã biết và được trả lời đúng hạn",
        "A: false claims known and answered in time",
    ),
    "known_late": Entry(
        COUNT,
        "D: tin sai đã biết nhưng chưa được trả lời đúng hạn",
        "D: false claims known and not answered in time",
    ),
    "audit_frame": Entry(
        COUNT,
        "N_V: số thông tin còn lại, được kiểm tra bằng mẫu ngẫu nhiên",
        "N_V: all other claims, which the random audit stands for",
    ),
    "audit_drawn": Entry(COUNT, "Số mẫu ngẫu nhiên đã rút", "Claims drawn at random"),
    "audit_judged": Entry(COUNT, "n: số mẫu đã được hai người xem", "n: draws that two people judged"),
    "audit_false": Entry(COUNT, "x: số tin sai trong mẫu", "x: false claims among the draws"),
    "audits_needed": Entry(
        COUNT,
        "Số mẫu ít nhất để có thể chứng tỏ 90% nếu không tìm thấy tin sai nào",
        "The smallest audit that could show 90% if it found nothing",
    ),
    "verdict_sensitivity": Entry(
        SHARE,
        "Tỷ lệ tin sai đã biết mà người thẩm định nhận ra khi được trộn kín",
        "Share of known false claims, mixed in blind, that reviewers recognise",
    ),
    "time_to_answer_days": Entry(
        DAYS,
        "Số ngày (trung vị) từ khi xuất hiện đến khi có đính chính, chỉ tính tin sai đã trả lời",
        "Median days from arrival to the correction, answered false claims alone",
    ),
    "open_claims": Entry(
        COUNT, "Thông tin trong hàng đợi chưa có kết luận", "Claims in the queue that are not settled"
    ),
    "agreement": Entry(
        ALPHA,
        "Mức đồng thuận giữa những người thẩm định (alpha của Krippendorff)",
        "Agreement of reviewers (Krippendorff's alpha, false against not false)",
    ),
    "agreement_on_false": Entry(
        SHARE,
        "Khi một trong hai người cho là sai, người kia cũng cho là sai",
        "Raw agreement on positives: 2 x both false / all false opinions",
    ),
    "false_flag_rate": Entry(
        SHARE,
        "Trong các thông tin máy gợi ý và đã có kết luận: tỷ lệ không sai",
        "Of the flagged claims that are settled: the share that is not false",
    ),
    "tips_received": Entry(COUNT, "Tin báo đã nhận", "Tips received"),
    "tips_answered": Entry(COUNT, "Tin báo đã được trả lời", "Tips answered"),
    "appeals_open": Entry(COUNT, "Phản hồi đang chờ cuối tuần", "Appeals open at the week's end"),
    "appeals_overdue": Entry(COUNT, "Phản hồi quá hạn cuối tuần", "Appeals overdue at the week's end"),
    "corrections_published": Entry(COUNT, "Đính chính đã công bố", "Corrections published"),
    "corrections_other_languages": Entry(
        SHARE,
        "Tỷ lệ đính chính có thêm tiếng Khmer hoặc tiếng Anh",
        "Share of corrections that are also in Khmer or English",
    ),
    "claims_in_scope": Entry(COUNT, "Thông tin thuộc phạm vi", "Claims in scope"),
    **_topics(),
    "dropped_not_ours": Entry(
        COUNT,
        "Bài và tin báo không thuộc phạm vi, đã bỏ ngay, chỉ còn lại con số này",
        "Pages and tips that were not ours, dropped at once: this number is all that is left",
    ),
}

ORDER = {name: at for at, name in enumerate(ENTRIES)}

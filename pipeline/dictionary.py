"""The data dictionary: every figure's name, unit and meaning, in Vietnamese and English."""

from dataclasses import dataclass

from models.vocabulary import Topic
from pipeline.public import TOPIC_NAMES_EN, TOPIC_NAMES_VI

SHARE, COUNT, DAYS, ALPHA = "share", "count", "days", "alpha"
MEAN, INDEX, CHANCE = "mean", "index", "probability"
# decimals of what is neither a share nor a count
DIGITS = {DAYS: 1, MEAN: 1, INDEX: 1, ALPHA: 2, CHANCE: 3}


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


def _within(vi: str, en: str) -> Entry:
    return Entry(
        SHARE,
        f"Tỷ lệ tin sai của tuần được đính chính công khai trong {vi} kể từ ngày xuất hiện, "
        "tính cả những tin còn chờ (Kaplan–Meier)",
        f"Share of the week's false claims with a public correction within {en} of their first day, "
        "open ones counted (Kaplan-Meier)",
    )


def _false_flags() -> dict[str, Entry]:
    by_topic = {
        f"false_flag_rate_{topic.value}": Entry(
            SHARE,
            f"Tỷ lệ gợi ý không sai, riêng về: {TOPIC_NAMES_VI[topic.value]} (ô dưới 11 được ẩn)",
            f"Flagged and settled claims that are not false, about: {TOPIC_NAMES_EN[topic.value]} "
            "(cells under 11 are hidden)",
        )
        for topic in Topic
    }
    return by_topic | {
        "false_flag_rate_with_marks": Entry(
            SHARE,
            "Tỷ lệ gợi ý không sai, riêng các câu viết có dấu (ô dưới 11 được ẩn)",
            "Flagged and settled claims that are not false, written with Vietnamese marks "
            "(cells under 11 are hidden)",
        ),
        "false_flag_rate_without_marks": Entry(
            SHARE,
            "Tỷ lệ gợi ý không sai, riêng các câu viết không dấu (ô dưới 11 được ẩn)",
            "Flagged and settled claims that are not false, written without marks "
            "(cells under 11 are hidden)",
        ),
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
    "answered_corrected": Entry(
        SHARE,
        "Tỷ lệ trả lời, đã tính cả phần tin sai mà người thẩm định không nhận ra",
        "Answered, corrected for the false claims that reviewers do not recognise",
    ),
    "answered_corrected_year_to_date": Entry(
        SHARE,
        "Tỷ lệ trả lời từ đầu năm, cận một phía, đã tính cả phần người thẩm định không nhận ra",
        "Answered, year to date, one-sided limit, corrected for what reviewers do not recognise",
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
    "prevalence_corrected": Entry(
        SHARE,
        "Tỷ lệ tin sai, đã tính cả phần tin sai mà người thẩm định không nhận ra",
        "Prevalence, corrected for the false claims that reviewers do not recognise",
    ),
    "prevalence_corrected_year_to_date": Entry(
        SHARE,
        "Tỷ lệ tin sai từ đầu năm, cận một phía, đã tính cả phần người thẩm định không nhận ra",
        "Prevalence, year to date, one-sided limit, corrected for what reviewers do not recognise",
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
    "audit_false_flags": Entry(
        SHARE,
        "Kiểm toán độc lập: trong các thông tin máy gợi ý, tỷ lệ không thuộc việc của bàn tin hoặc không nêu "
        "điều kiểm chứng được; một trong hai kiểm toán viên cho là vậy thì đã tính "
        "(cận trên quá 10% thì máy ngừng tự xếp hàng)",
        "Independent audit: of the flagged claims, the share that is not ours or no claim; one of the two "
        "auditors saying so is enough (automatic queueing stops if the upper limit exceeds 10%)",
    ),
    "audit_unflagged_false": Entry(
        SHARE,
        "Kiểm toán độc lập: trong các thông tin máy không gợi ý, tỷ lệ mà cả hai kiểm toán viên cho là sai "
        "hoặc gây hiểu lầm",
        "Independent audit: of the claims not flagged, the share that both auditors call false or misleading",
    ),
    "audit_not_judged": Entry(
        SHARE,
        "Kiểm toán độc lập: tỷ lệ mẫu chưa đủ hai người xem, hoặc đã bị xóa trước khi xem",
        "Independent audit: share of the drawn claims that two auditors have not judged, or erased before",
    ),
    "auto_queue_stopped": Entry(
        COUNT,
        "Máy có bị ngừng tự xếp hàng vào cuối tuần không (1: có, 0: không)",
        "Whether automatic queueing was stopped at the week's end (1: yes, 0: no)",
    ),
    "verdict_sensitivity": Entry(
        SHARE,
        "Tỷ lệ tin sai đã biết mà người thẩm định nhận ra khi được trộn kín (câu thử, từ đầu quý)",
        "Share of known false claims, mixed in blind, that reviewers recognise (seeds, quarter to date)",
    ),
    "answered_within_1_days": _within("một ngày", "one day"),
    "answered_within_3_days": _within("ba ngày", "three days"),
    "answered_within_7_days": _within("bảy ngày", "seven days"),
    "answered_within_14_days": _within("14 ngày", "14 days"),
    "answered_within_30_days": _within("30 ngày", "30 days"),
    "time_to_answer_days": Entry(
        DAYS,
        "Số ngày (trung vị) từ khi tin sai xuất hiện đến khi có đính chính, tính cả những tin còn chờ",
        "Median days from a false claim's first day to its correction, open claims counted (Kaplan-Meier)",
    ),
    "open_claims": Entry(
        COUNT, "Thông tin trong hàng đợi chưa có kết luận", "Claims in the queue that are not settled"
    ),
    "effort_saved": Entry(
        SHARE,
        "Công đọc tiết kiệm được: phần thông tin thuộc phạm vi của tuần không phải đưa cho người đọc",
        "Reading effort saved: share of the week's claims in scope that nobody had to read",
    ),
    "reviews_done": Entry(
        COUNT, "Số lượt thẩm định trong tuần", "Reviews done in the week, by everybody together"
    ),
    "reviews_per_reviewer": Entry(
        MEAN,
        "Số lượt thẩm định của một người trong tuần (trung vị; ẩn nếu có dưới ba người thẩm định)",
        "Reviews a reviewer did in the week (median; hidden if fewer than three people reviewed)",
    ),
    "evidence_per_verdict": Entry(
        MEAN,
        "Số nguồn được trích dẫn cho mỗi kết luận (trung bình), tính theo tuần tin xuất hiện",
        "Sources quoted for a verdict (mean), by the week in which the claim arrived",
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
    **_false_flags(),
    "calibration_error": Entry(
        CHANCE,
        "Sai số hiệu chuẩn: điểm của máy lệch bao nhiêu so với tỷ lệ tin sai thật "
        "(13 tuần, mẫu ngẫu nhiên; chỉ để tham khảo)",
        "Calibration error: how far scores are from the share that is false "
        "(13 weeks of random draws; shown, never a gate)",
    ),
    "calibration_bias": Entry(
        CHANCE,
        "Độ chệch của điểm: điểm trung bình trừ tỷ lệ tin sai thật "
        "(dương là máy cho điểm quá cao; báo động nếu chắc chắn lệch quá 0,05)",
        "Bias of the scores: mean score minus the share that is false "
        "(above nought: scores are too high; it rings when surely off by more than 0.05)",
    ),
    "input_drift": Entry(
        CHANCE,
        "Chủ đề của thông tin tuần này khác bốn tuần đã chốt trước đó bao nhiêu "
        "(báo động từ 0,15 nếu không thể do ngẫu nhiên)",
        "How far the topics of this week's claims differ from the four closed weeks before "
        "(rings from 0.15 where chance cannot be the reason)",
    ),
    "score_drift": Entry(
        CHANCE,
        "Độ lệch giữa phân bố điểm tuần này và bốn tuần trước (Kolmogorov–Smirnov; chỉ để tham khảo)",
        "Distance of this week's scores from the four weeks before (Kolmogorov-Smirnov; never relied on)",
    ),
    "audit_alarm": Entry(
        INDEX,
        "Chuông báo của mẫu ngẫu nhiên: từ 52 trở lên là báo động bỏ sót tin sai nhiều hơn mức cho phép",
        "Audit alarm: at 52 or more it rings, because more false claims are missed than the target tolerates",
    ),
    "tips_received": Entry(COUNT, "Tin báo đã nhận", "Tips received"),
    "tips_answered": Entry(COUNT, "Tin báo đã được trả lời", "Tips answered"),
    "appeals_received": Entry(COUNT, "Phản hồi đã nhận trong tuần", "Appeals received in the week"),
    "appeals_upheld": Entry(
        COUNT,
        "Phản hồi được xử lý trong tuần và giữ nguyên kết luận",
        "Appeals decided in the week that left the verdict as it was",
    ),
    "appeals_overturned": Entry(
        COUNT,
        "Phản hồi được xử lý trong tuần và làm thay đổi kết luận",
        "Appeals decided in the week that changed the verdict",
    ),
    "appeals_open": Entry(COUNT, "Phản hồi đang chờ cuối tuần", "Appeals open at the week's end"),
    "appeals_overdue": Entry(COUNT, "Phản hồi quá hạn cuối tuần", "Appeals overdue at the week's end"),
    "corrections_published": Entry(COUNT, "Đính chính đã công bố", "Corrections published"),
    "corrections_other_languages": Entry(
        SHARE,
        "Tỷ lệ đính chính có thêm tiếng Khmer hoặc tiếng Anh",
        "Share of corrections that are also in Khmer or English",
    ),
    "corrections_digital": Entry(
        SHARE,
        "Tỷ lệ đính chính của tuần có trên trang web và các nguồn tin máy đọc được",
        "Share of the week's corrections that are on the public pages and in the feeds",
    ),
    "sources_healthy": Entry(
        SHARE,
        "Tỷ lệ nguồn đang bật đã được đọc thành công ít nhất một lần trong tuần",
        "Share of the enabled sources that were read with success at least once in the week",
    ),
    "sources_silent": Entry(
        COUNT,
        "Số nguồn đang bật mà cả tuần không đọc được lần nào",
        "Enabled sources that were not read with success even once in the week",
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

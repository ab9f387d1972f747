"""Methods and reasons in Vietnamese: what stands beside each figure, and why one cannot be given.

The figures keep them in English, as the exports and the literature name them. Parts that no row knows are
shown as they are.
"""

import re
from collections.abc import Callable

_ROWS = (
    # methods
    (r"hypergeometric mid-p, proportional strata pooled", "siêu bội mid-p, gộp các tầng theo tỷ lệ"),
    (r"stratified Horvitz-Thompson, mid-p gamma", "Horvitz–Thompson phân tầng, gamma mid-p"),
    (r"weeks as strata, one-sided Fay-Feuer limit", "mỗi tuần một tầng, cận một phía Fay–Feuer"),
    (r"weeks as strata, Fay-Feuer gamma", "mỗi tuần một tầng, gamma Fay–Feuer"),
    (r"melding: (\d+) of (\d+) seeds recognised", r"melding: nhận ra \1 trên \2 câu thử"),
    (r"^one-sided, ", "cận một phía, "),
    (r"(?<!\d)(\d+)-week window: ", r"gộp \1 tuần: "),
    (r"; no miss found among the draws", "; không thấy tin sai nào trong các mẫu"),
    (r"weighted by mentions", "tính theo số lần xuất hiện"),
    (r"1 - claims that entered the queue / claims in scope", "1 − tin vào hàng đợi / tin thuộc phạm vi"),
    (r"sources quoted / verdicts", "số nguồn được trích / số kết luận"),
    (r"complete count", "đếm đủ, không ước lượng"),
    (r"median over the people who reviewed", "trung vị của những người có thẩm định"),
    (
        r"median of the Kaplan-Meier curve, limits where its exponential Greenwood band crosses a half",
        "trung vị của đường Kaplan–Meier, cận ở chỗ dải Greenwood mũ cắt mức một nửa",
    ),
    (r"Kaplan-Meier, exponential Greenwood", "Kaplan–Meier, khoảng Greenwood mũ"),
    (
        r"Krippendorff's alpha, nominal, false against not false; a diagnostic, not a gate",
        "alpha của Krippendorff, sai so với không sai; để chẩn đoán, không phải ngưỡng",
    ),
    (
        r"2 x both false / false opinions; Wilson's limits of both false / either false",
        "2 × cả hai cho là sai / số ý kiến cho là sai; cận Wilson của tỷ lệ cả hai cho là sai",
    ),
    (
        r"expected calibration error, 10 equal-count bins, weighted 1/p, 13 weeks; shown, never a gate",
        "sai số hiệu chuẩn kỳ vọng, 10 nhóm bằng nhau, trọng số 1/p, 13 tuần; để xem, không phải ngưỡng",
    ),
    (
        r"calibration in the large, weighted 1/p, 13 weeks, linearised variance",
        "độ chệch chung, trọng số 1/p, 13 tuần, phương sai tuyến tính hóa",
    ),
    (r"e-Shiryaev-Roberts over closed weeks, rings at 52", "e-Shiryaev–Roberts qua các tuần đã chốt, từ 52"),
    (r"; nothing to add this week", "; tuần này không có gì thêm"),
    (
        r" at 1 %: two-sample Kolmogorov-Smirnov, p = ([\d.e-]+); never relied on",
        r" ở mức 1%: Kolmogorov–Smirnov hai mẫu, p = \1; chỉ để tham khảo",
    ),
    (
        r" at 1 %: chi-squared of topics against four closed weeks before, p = ([\d.e-]+)",
        r" ở mức 1%: khi bình phương theo chủ đề so với bốn tuần đã chốt trước đó, p = \1",
    ),
    (r"^quiet", "bình thường"),
    (r"^alarm", "báo động"),
    (r"^count$", "đếm"),
    (r"stopped by the audit of (\S+)", r"ngừng vì lượt kiểm toán tuần \1"),
    (r"no audit with enough labels stops it", "không lượt kiểm toán đủ nhãn nào buộc ngừng"),
    # reasons
    (r"too few data: the audit has not been drawn", "chưa rút mẫu; mẫu được rút khi tuần đã kết thúc"),
    (r"too few data: no audit has been judged yet", "chưa có mẫu nào được xem xong"),
    (r"too few data: no independent audit was drawn", "chưa có lượt kiểm toán độc lập nào"),
    (r"too few data: there is no week yet", "chưa có tuần nào"),
    (
        r"too few data: (\d+) answered, (\d+) late, (\d+) missed in (\d+) draws",
        r"mới có \1 tin sai trả lời đúng hạn, \2 trễ, \3 bỏ sót trong \4 mẫu: quá ít để tính tỷ lệ",
    ),
    (r"too few data: (\d+) cases are needed", r"cần ít nhất \1 trường hợp"),
    (r"too few data: (\d+) false claims, (\d+) are needed", r"mới có \1 tin sai, cần ít nhất \2"),
    (
        r"too few data: the false claims of this week were followed for (\d+) days at most",
        r"tin sai của tuần này mới được theo dõi nhiều nhất \1 ngày",
    ),
    (
        r"too few data: (\d+) claims with two opinions, or all opinions alike",
        r"mới có \1 tin đủ hai ý kiến, hoặc mọi ý kiến giống nhau",
    ),
    (
        r"too few data: (\d+) of (\d+) are labelled twice, (\d+) are needed",
        r"mới có \1 trong \2 mẫu đủ hai nhãn, cần ít nhất \3",
    ),
    (
        r"too few data: (\d+) false among the draws judged in 13 weeks, (\d+) are needed, and (\d+) claims"
        r" in all",
        r"mới có \1 tin sai trong các mẫu đã xem của 13 tuần, cần ít nhất \2, và \3 tin cả thảy",
    ),
    (
        r"too few data: (\d+) false among (\d+) judged in 13 weeks, (\d+) among (\d+) are needed",
        r"mới có \1 tin sai trong \2 tin đã xem của 13 tuần, cần \3 trong \4",
    ),
    (
        r"too few data: (\d+) scores this week and (\d+) in the four weeks before, (\d+) are needed",
        r"có \1 điểm trong tuần và \2 trong bốn tuần trước, mỗi bên cần ít nhất \3",
    ),
    (
        r"not reached: the curve of (\d+) false claims has not come to a half",
        r"chưa tới: chưa đến một nửa trong \1 tin sai được trả lời",
    ),
    (
        r"no false harmful item known this week; up to (\d+) may exist",
        r"tuần này chưa biết tin sai nào; có thể còn đến \1",
    ),
    (
        r"no statistics for the week: the seed was not committed to before the draw",
        "hạt giống chưa được cam kết trước khi rút mẫu, nên tuần này không có thống kê",
    ),
    (
        r"verdict sensitivity too low/unknown — T1 cannot be claimed",
        "chưa đo được, hoặc chưa đủ, độ nhạy của người thẩm định, nên chưa thể nói là đạt",
    ),
    (r": (\d+) seeds are settled this quarter, (\d+) are needed", r": quý này mới xong \1 câu thử, cần \2"),
    (
        r"hidden: cells under 11 are not shown \(R11\)",
        "ẩn vì ô dưới 11 trường hợp, hoặc vì hiện ra thì tính ngược được một ô như vậy",
    ),
    (
        r"hidden: fewer than (\d+) people reviewed, so it would tell of one of them",
        r"ẩn vì có dưới \1 người thẩm định, nên con số sẽ nói về một người",
    ),
    (r"no correction was published", "tuần này không có đính chính nào"),
    (r"no claim in scope this week", "tuần này không có thông tin nào thuộc phạm vi"),
    (r"no claim of this week has a verdict", "chưa thông tin nào của tuần này có kết luận"),
    (r"no source is enabled", "chưa bật nguồn nào"),
)
_JUDGED = re.compile(r"too few data: (\d+) of (\d+) draws are judged, (\d+) are needed")
_TABLE = tuple((re.compile(pattern), line) for pattern, line in _ROWS)
_NEEDED, _UNSEEN, _PROGRESS = (
    "cần ít nhất",
    "còn tầng chưa xem mẫu nào",
    r"mới xem xong \1 trong \2 mẫu",
)
LINES = (*dict.fromkeys(line for _, line in _ROWS), _NEEDED, _UNSEEN, _PROGRESS)
"""Every Vietnamese line, for catalogues of other languages."""


def told(method: str, language: str = "vi", say: Callable[[str], str] = str) -> str:
    """A figure's method, or why it is missing, in a language; `say` turns a Vietnamese line into it."""
    if language == "en":
        return method
    method = _JUDGED.sub(lambda found: _judged(found, say), method)
    for pattern, line in _TABLE:
        method = pattern.sub(say(line), method)
    return method


def _judged(found: re.Match[str], say: Callable[[str], str]) -> str:
    judged, _, needed = found.groups()
    # with enough draws in all, what is missing is a stratum of which none was looked at
    why = f"{say(_NEEDED)} {needed}" if int(judged) < int(needed) else say(_UNSEEN)
    return f"{found.expand(say(_PROGRESS))}, {why}"

"""Why a source is silent, in plain Vietnamese, from what the desk has counted (no log is read)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import counters
from models.gathered import EntryPoint, Source
from models.vocabulary import Outcome
from models.weeks import ZONE, local_day

_REASONS = {
    Outcome.ROBOTS: "robots.txt của nguồn không cho đọc, hoặc không mở được robots.txt nên coi như không cho",
    Outcome.REFUSED_ADDRESS: "địa chỉ dẫn ra ngoài trang của nguồn hoặc vào mạng nội bộ nên không được mở",
    Outcome.HTTP_ERROR: "máy chủ của nguồn trả lời lỗi hoặc trang đã dời đi",
    Outcome.TIMEOUT: "máy chủ của nguồn trả lời quá chậm",
    Outcome.NETWORK_ERROR: "không kết nối được với máy chủ của nguồn (tên miền, mạng hoặc chứng thư)",
    Outcome.TOO_LARGE: "nội dung lớn quá mức cho phép",
    Outcome.PARSE_ERROR: "nội dung nhận về không phải định dạng đã khai trong danh sách nguồn",
    Outcome.EMPTY: "trang đọc được nhưng không có liên kết hay nội dung nào",
    Outcome.NOT_HTML: "nội dung nhận về không phải trang web",
}
_DROPPED = (Outcome.NOT_OURS, Outcome.DUPLICATE)
SILENT_AFTER = timedelta(days=2)


def why_silent(session: Session, source_id: str, now: datetime) -> str:
    """One or two sentences: whether a source is well, and if not, what keeps it silent and the next try."""
    source = session.get(Source, source_id)
    if source is None:
        return "Không có nguồn này trong danh sách."
    if not source.enabled:
        return "Nguồn đang tắt trong danh sách nguồn."
    entries = session.scalars(
        select(EntryPoint).where(EntryPoint.source_id == source_id).order_by(EntryPoint.id)
    ).all()
    if not entries:
        return "Nguồn chưa có mục nào để đọc."
    failing = [entry for entry in entries if entry.failures]
    if failing:
        return _failing(failing[0], len(failing), len(entries))
    reads = [entry.last_success for entry in entries if entry.last_success is not None]
    return _working(session, source_id, now, max(reads)) if reads else "Nguồn chưa được đọc lần nào."


def _failing(entry: EntryPoint, failing: int, entries: int) -> str:
    outcome = Outcome(entry.last_outcome) if entry.last_outcome else Outcome.NETWORK_ERROR
    reason = _REASONS.get(outcome, "lần đọc gần nhất không thành công")
    parts = f"{failing}/{entries} mục đọc không được {entry.failures} lần liền: {reason}."
    last = (
        f" Lần đọc tốt gần nhất: {_at(entry.last_success)}."
        if entry.last_success
        else " Chưa lần nào đọc được."
    )
    again = f" Sẽ thử lại lúc {_at(entry.next_due)}." if entry.next_due else ""
    return parts + last + again


def _working(session: Session, source_id: str, now: datetime, last: datetime) -> str:
    if now - last > SILENT_AFTER:
        return f"Chưa đọc lại kể từ {_at(last)}; hãy chạy lại bộ thu thập."
    totals = counters.totals(session, source_id, local_day(now))
    kept = totals.get(Outcome.KEPT, 0)
    start = f"Đang hoạt động, đọc gần nhất {_at(last)}."
    if kept:
        return f"{start} Bảy ngày qua giữ {kept} bài."
    troubles = {Outcome(name): n for name, n in totals.items() if Outcome(name) in _REASONS}
    if troubles:
        worst = max(troubles, key=lambda outcome: troubles[outcome])
        seen = f"{troubles[worst]} lần không đọc được: {_REASONS[worst]}"
        return f"{start} Bảy ngày qua không giữ bài nào; {seen}."
    dropped = sum(totals.get(outcome, 0) for outcome in _DROPPED)
    if dropped:
        return f"{start} Bảy ngày qua đã đọc {dropped} bài, không bài nào thuộc phạm vi."
    return f"{start} Bảy ngày qua nguồn không có bài mới."


def _at(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%H:%M ngày %d/%m/%Y")

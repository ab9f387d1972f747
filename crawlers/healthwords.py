"""What the health of a source is called, why it is silent and what to do, in Vietnamese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crawlers.health import WEEK_DAYS, Health, State
from models.vocabulary import Outcome
from models.weeks import ZONE


@dataclass(frozen=True, slots=True)
class Said:
    """Why nothing is read, as a clause, and what somebody can do about it, as a sentence."""

    why: str
    do: str


VI: Mapping[Outcome, Said] = {
    Outcome.BLOCKED: Said(
        "nguồn chặn máy đọc hoặc bắt đăng nhập",
        "Không lách. Viết cho tòa soạn hay cơ quan, kèm trang giới thiệu máy đọc, và xin phép đọc; "
        "nếu không được thì tắt nguồn.",
    ),
    Outcome.ROBOTS: Said(
        "robots.txt của nguồn không cho đọc, hoặc không mở được robots.txt nên coi như không cho",
        "Luôn tuân theo, không có cách tắt. Chọn mục khác mà robots.txt cho phép, hoặc xin phép nguồn.",
    ),
    Outcome.MOVED: Said(
        "nguồn đã dời hẳn sang một trang khác chưa có trong danh sách",
        "Kiểm tra xem trang mới có đúng là của tổ chức ấy không, rồi sửa địa chỉ trong sources.toml.",
    ),
    Outcome.CERTIFICATE: Said(
        "chứng thư bảo mật của nguồn sai hoặc đã hết hạn",
        "Không bỏ qua chứng thư. Báo cho nguồn; khi họ gia hạn, máy sẽ tự đọc lại.",
    ),
    Outcome.PARSE_ERROR: Said(
        "nội dung nhận về không phải định dạng đã khai trong danh sách nguồn",
        "Chạy kiemchung sources add với trang chủ để tìm lại mục, rồi sửa sources.toml.",
    ),
    Outcome.EMPTY: Said(
        "trang đọc được nhưng không có liên kết hay nội dung nào",
        "Trang có lẽ đã đổi cách trình bày: kiểm tra link_pattern, hoặc chạy lại kiemchung sources add.",
    ),
    Outcome.TIMEOUT: Said(
        "máy chủ của nguồn trả lời quá chậm",
        "Chưa cần làm gì; nếu kéo dài vài ngày thì chọn mục nhẹ hơn, như RSS thay cho trang chủ.",
    ),
    Outcome.NETWORK_ERROR: Said(
        "không tìm thấy tên miền (DNS) hoặc không kết nối được với máy chủ của nguồn",
        "Thử mở trang bằng trình duyệt. Nếu mở được, xem lại mạng của máy này; nếu không, nguồn đang ngừng.",
    ),
    Outcome.HTTP_ERROR: Said(
        "máy chủ của nguồn báo lỗi, hoặc không còn trang ở địa chỉ này",
        "Mở địa chỉ bằng trình duyệt; nếu trang không còn thì tìm mục mới bằng kiemchung sources add.",
    ),
    Outcome.REFUSED_ADDRESS: Said(
        "địa chỉ dẫn ra ngoài trang của nguồn hoặc vào mạng nội bộ nên không được mở",
        "Sửa mục trong sources.toml thành địa chỉ công khai trên trang của chính nguồn.",
    ),
    Outcome.TOO_LARGE: Said(
        "nội dung lớn quá mức cho phép, hoặc chuyển hướng quá nhiều lần",
        "Chọn một mục nhỏ hơn, như RSS hay sơ đồ trang tin mới.",
    ),
    Outcome.NOT_HTML: Said(
        "nội dung nhận về không phải trang web",
        "Thường là ảnh hoặc tệp đính kèm; thu hẹp link_pattern để chỉ đọc bài viết.",
    ),
    Outcome.QUARANTINED: Said(
        "trang làm máy đọc dừng nhiều lần nên được cách ly",
        "Báo lỗi cho người làm phần mềm, kèm tên nguồn; máy vẫn đọc các trang khác.",
    ),
}
EN: Mapping[Outcome, Said] = {
    Outcome.BLOCKED: Said(
        "the source keeps crawlers out or asks for a login",
        "Do not work around it. Write to the publisher, with the bot's page, and ask; or switch it off.",
    ),
    Outcome.ROBOTS: Said(
        "robots.txt forbids it, or could not be read, which forbids for now",
        "It is always obeyed. Choose an entry point that robots.txt allows, or ask the publisher.",
    ),
    Outcome.MOVED: Said(
        "the source has moved for good to a site that is not in the registry",
        "Make sure that the new site is the organisation's own, then correct sources.toml.",
    ),
    Outcome.CERTIFICATE: Said(
        "the certificate of the source is wrong or has run out",
        "It is not ignored. Tell the publisher; once it is renewed the source is read again by itself.",
    ),
    Outcome.PARSE_ERROR: Said(
        "what came is not of the kind that the registry names",
        "Look for the entry point again with `kiemchung sources add`, then correct sources.toml.",
    ),
    Outcome.EMPTY: Said(
        "it was read, but names no page and holds no text",
        "The page may have a new layout: check link_pattern, or look again with `kiemchung sources add`.",
    ),
    Outcome.TIMEOUT: Said(
        "the server answers too slowly",
        "Nothing yet; if it lasts for days choose a lighter entry point, a feed instead of the home page.",
    ),
    Outcome.NETWORK_ERROR: Said(
        "the name was not found (DNS), or the server cannot be connected to",
        "Open the page in a browser. If it opens, look at this machine's network; else the source is down.",
    ),
    Outcome.HTTP_ERROR: Said(
        "the server answers with an error, or the page is gone",
        "Open the address in a browser; if it is gone, look for another with `kiemchung sources add`.",
    ),
    Outcome.REFUSED_ADDRESS: Said(
        "the address leads off the source's site or into a private network, and is not opened",
        "Correct sources.toml to a public address on the source's own site.",
    ),
    Outcome.TOO_LARGE: Said(
        "it is larger than is read, or redirects too often",
        "Choose a smaller entry point, such as a feed or a news sitemap.",
    ),
    Outcome.NOT_HTML: Said(
        "what came is not a web page",
        "Mostly pictures or attachments; narrow link_pattern to articles.",
    ),
    Outcome.QUARANTINED: Said(
        "pages stopped the reader again and again and were put aside",
        "Report it with the source's name; the other pages are still read.",
    ),
}
STATES: Mapping[State, str] = {
    State.WELL: "tốt",
    State.QUIET: "ít tin",
    State.PARTLY: "lỗi một phần",
    State.FAILING: "không đọc được",
    State.STALE: "lâu chưa đọc",
    State.NEW: "chưa đọc",
    State.OFF: "đang tắt",
}
STATES_EN: Mapping[State, str] = {
    State.WELL: "well",
    State.QUIET: "quiet",
    State.PARTLY: "partly failing",
    State.FAILING: "failing",
    State.STALE: "not polled",
    State.NEW: "not read yet",
    State.OFF: "off",
}


def why(outcome: Outcome, language: str = "vi") -> str:
    """The clause for an outcome; every outcome has one."""
    said = (EN if language == "en" else VI).get(outcome)
    if said is not None:
        return said.why
    return "the last poll did not succeed" if language == "en" else "lần đọc gần nhất không thành công"


def advice(health: Health, language: str = "vi") -> str:
    """What somebody can do about a source; empty if there is nothing to do."""
    if health.reason is not None:
        said = (EN if language == "en" else VI).get(health.reason)
        return said.do if said else ""
    return _ADVICE[language == "en"].get(health.state, "")


_ADVICE: tuple[Mapping[State, str], Mapping[State, str]] = (
    {
        State.OFF: "Chạy kiemchung sources check, xem kết quả, rồi kiemchung sources enable.",
        State.NEW: "Chạy kiemchung run, hoặc chờ lần thu thập tới.",
        State.STALE: "Xem lịch chạy có còn hoạt động không: kiemchung work, hoặc cron gọi kiemchung run.",
        State.QUIET: "Mở trang của nguồn và so với những gì máy đọc được; mục khai báo có thể đã cũ.",
    },
    {
        State.OFF: "Run `kiemchung sources check`, look at the result, then `kiemchung sources enable`.",
        State.NEW: "Run `kiemchung run`, or wait for the next crawl.",
        State.STALE: "See whether the schedule still runs (`kiemchung work`, or cron with `kiemchung run`).",
        State.QUIET: "Open the site and compare it with what was read; the entry point may be an old one.",
    },
)


_VI = {
    "off": "Nguồn đang tắt trong danh sách nguồn.",
    "no entry": "Nguồn chưa có mục nào để đọc.",
    "failing": "{failing}/{entries} mục đọc không được {times} lần liền: {why}.",
    "last": " Lần đọc tốt gần nhất: {last}.",
    "never": " Chưa lần nào đọc được.",
    "again": " Sẽ thử lại lúc {again}.",
    "new": "Nguồn chưa được đọc lần nào.",
    "stale": "Chưa đọc lại kể từ {last}; hãy chạy lại bộ thu thập.",
    "working": "Đang hoạt động, đọc gần nhất {last}.",
    "trouble": " Bảy ngày qua giữ {kept} bài; {n} lần không đọc được: {why}.",
    "nothing": " Bảy ngày qua nguồn không có bài mới.",
    "none kept": " Bảy ngày qua đã đọc {read} bài, không bài nào thuộc phạm vi.",
    "kept": " Bảy ngày qua đã đọc {read} bài, giữ {kept} bài.",
    "quiet": " Ít hơn hẳn thói quen của nguồn.",
}
_EN = {
    "off": "Switched off in the registry.",
    "no entry": "It has no entry point.",
    "failing": "{failing} of {entries} entry points failed, {times} times in a row: {why}.",
    "last": " Last read well {last}.",
    "never": " Never read yet.",
    "again": " Next try {again}.",
    "new": "Not read yet.",
    "stale": "Not read since {last}; start the crawl again.",
    "working": "Working, last read {last}.",
    "trouble": " {kept} kept in seven days; {n} could not be read: {why}.",
    "nothing": " Nothing new in seven days.",
    "none kept": " {read} read in seven days, none in scope.",
    "kept": " {read} read and {kept} kept in seven days.",
    "quiet": " Much less than its habit.",
}


def sentence(health: Health, language: str = "vi") -> str:
    """A sentence or three: whether a source is well, and if not, what keeps it silent and the next try."""
    words = _EN if language == "en" else _VI
    last = at(health.last_success, language) if health.last_success else ""
    reason = why(health.reason, language) if health.reason else ""
    if health.state == State.OFF:
        return words["off"]
    if not health.entries:
        return words["no entry"]
    if health.failing:
        worst, all_of = health.failing[0], len(health.entries)
        said = words["failing"].format(
            failing=len(health.failing), entries=all_of, times=worst.failures, why=reason
        )
        again = words["again"].format(again=at(worst.next_due, language)) if worst.next_due else ""
        return said + words["last" if last else "never"].format(last=last) + again
    if not last or health.state == State.STALE:
        return words["stale" if last else "new"].format(last=last)
    read = sum(health.items[-WEEK_DAYS:])
    key = "trouble" if reason else "nothing" if not read else "kept" if health.kept else "none kept"
    n = health.week[health.reason] if health.reason else 0
    quiet = words["quiet"] if health.state == State.QUIET and read else ""
    said = words[key].format(kept=health.kept, n=n, why=reason, read=read)
    return words["working"].format(last=last) + said + quiet


def at(moment: datetime, language: str = "vi") -> str:
    """A moment in the desk's own time."""
    form = "%Y-%m-%d %H:%M" if language == "en" else "%H:%M ngày %d/%m/%Y"
    return moment.astimezone(ZONE).strftime(form)

"""What went wrong, in Vietnamese and with what to do about it.

The rooms below raise errors in plain English for the command line; pages are in Vietnamese. One table, and a
test that every message which `pipeline` can raise at a form has a row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from review_ui.accountmessages import ROWS
from review_ui.language import FIRST, say
from review_ui.sourcemessages import SOURCE_ROWS


@dataclass(frozen=True)
class Message:
    """One line for the reader, and the id of the field that it is about if there is one."""

    text: str
    field: str | None = None


FIELD_NAMES = {
    "title": "Tiêu đề",
    "said": "Người ta nói gì",
    "truth": "Sự thật là gì",
    "how_known": "Vì sao chúng tôi biết",
    "what_to_do": "Bạn nên làm gì",
    "contact": "Gọi cho ai",
    "spoken": "Bài đọc loa nửa phút",
}


def upper_first(text: str) -> str:
    """The text with a capital at its start, and names within it as they are: Tiếng Việt."""
    return text[:1].upper() + text[1:]


LANGUAGES = {"vi": "tiếng Việt", "en": "tiếng Anh", "km": "tiếng Khmer"}

# pattern of the message, the Vietnamese line (\1 … are its groups), the field
_TABLE: Sequence[tuple[str, str, str | None]] = (
    *ROWS,
    *SOURCE_ROWS,
    (r"reason: write (\d+) to (\d+) characters", r"Lý do: hãy viết từ \1 đến \2 ký tự.", "reason"),
    (r"reason: say why the correction changes", "Hãy ghi lý do vì sao bản đính chính thay đổi.", "reason"),
    (
        r"evidence: a rating needs one primary source or two independent ones",
        "Bằng chứng chưa đủ: cần một nguồn gốc, hoặc hai nguồn độc lập khác tên miền.",
        "evidence",
    ),
    (
        r"evidence: the address must begin with .*",
        "Bằng chứng: địa chỉ phải bắt đầu bằng http:// hoặc https://.",
        "evidence",
    ),
    (
        r"evidence: the address must be a publisher's, .*",
        "Bằng chứng: địa chỉ phải là của một cơ quan xuất bản, không phải dãy số hay tài khoản.",
        "evidence",
    ),
    (
        r"evidence: (.*) is not a publisher",
        "Bằng chứng: mạng xã hội hay trang cá nhân không phải là cơ quan xuất bản; hãy dẫn trang gốc.",
        "evidence",
    ),
    (
        r"evidence: the quotation must have (\d+) to (\d+) characters",
        r"Bằng chứng: câu trích phải có từ \1 đến \2 ký tự.",
        "evidence",
    ),
    (r"evidence: name the publisher", "Bằng chứng: hãy ghi tên nơi xuất bản.", "evidence"),
    (
        r"evidence: (.*) publishes at (.*); name who publishes (.*)",
        r"Bằng chứng: \1 đăng ở \2; hãy ghi đúng tên nơi xuất bản của \3.",
        "evidence",
    ),
    (
        r"evidence: the sources carry one and the same text; .*",
        "Bằng chứng: các nguồn này đăng cùng một bản tin (chép lại của nhau); hãy thêm một nguồn khác hẳn.",
        "evidence",
    ),
    (
        r"part: its first word comes after its last",
        "Phần được xếp loại: chữ đầu đứng sau chữ cuối.",
        "part_first",
    ),
    (r"part: choose words 1 to (\d+)", r"Phần được xếp loại: chọn chữ số 1 đến \1.", "part_first"),
    (
        r"part: only a rating can be of a part",
        "Chỉ khi xếp loại (sai, gây hiểu lầm, chưa có bằng chứng, đúng) mới chọn một phần của câu.",
        "part_first",
    ),
    (
        r"part: must begin and end with a word of the claim",
        "Phần được xếp loại phải bắt đầu và kết thúc ở trọn một chữ.",
        "part_first",
    ),
    (
        r"part: is the whole claim; leave it empty",
        "Phần được xếp loại là cả câu: hãy để trống.",
        "part_first",
    ),
    (
        r"reason: a quotation was looked for and not found .*",
        "Bàn tin đã mở trang nguồn mà chưa thấy câu trích: hãy ghi vì sao vẫn dùng được (công khai).",
        "reason",
    ),
    (
        r"reason: repeats a reader's own words \(“(.*)…”\); say it in yours",
        r"Lý do: trùng hơn sáu từ với lời của người dân (“\1…”). Hãy viết bằng lời của bàn tin.",
        "reason",
    ),
    (r"reason: at most (\d+) characters", r"Lý do: nhiều nhất \1 ký tự.", "reason"),
    (r"evidence: the date lies in the future", "Bằng chứng: ngày đăng nằm ở tương lai.", "evidence"),
    (
        r"evidence (\d): fill in all four fields or none",
        r"Bằng chứng \1: điền đủ bốn ô, hoặc để trống cả bốn.",
        "evidence",
    ),
    (r"opinion: choose one", "Hãy chọn một ý kiến.", "opinion"),
    (
        r"you wrote these words yourself; others review them",
        "Bạn viết câu thử này, nên người khác thẩm định.",
        None,
    ),
    (r"only an auditor or a lead writes seeds", "Chỉ kiểm toán viên và trưởng nhóm viết câu thử.", None),
    (
        r"no seed can be made of this claim: .*",
        "Tin này không dùng làm câu thử được: phải là tin sai đã trả lời ở tuần trước, và quý này chưa dùng.",
        None,
    ),
    (
        r"text: the reader finds (\d+) claims in it; .*",
        r"Máy đọc thấy \1 điều trong câu này; hãy viết một câu nêu đúng một điều.",
        "text",
    ),
    (
        r"text: repeats the claim's own words \(“(.*)…”\); say it in others",
        r"Trùng hơn sáu từ với lời cũ (“\1…”). Hãy viết bằng lời khác.",
        "text",
    ),
    (
        r"text: says another thing \((.*)\); keep .*",
        r"Câu này nói điều khác (\1): hãy giữ nguyên số tiền, nơi và ngày.",
        "text",
    ),
    (
        r"text: another claim has these very words; .*",
        "Đã có tin đúng những lời này; hãy viết khác đi.",
        "text",
    ),
    (r"label: choose one", "Hãy chọn một nhãn.", None),
    (r"only an auditor labels .*", "Chỉ kiểm toán viên gắn nhãn trong kiểm toán độc lập.", None),
    (r"you have labelled this claim; .*", "Bạn đã gắn nhãn điều này; nhãn không sửa được.", None),
    (r"two auditors have labelled this claim", "Điều này đã đủ nhãn của hai kiểm toán viên.", None),
    (
        r"the figures of this week are final; .*",
        "Số liệu của tuần này đã chốt; không nhận thêm nhãn.",
        None,
    ),
    (
        r"you reviewed this claim; its audit is for others",
        "Bạn đã thẩm định điều này khi giữ vai trò khác; người khác sẽ kiểm toán nó.",
        None,
    ),
    (
        r"label this claim in the independent audit before you read it here",
        "Hãy gắn nhãn điều này ở trang Kiểm toán trước khi đọc điểm và ý kiến của người khác.",
        None,
    ),
    (r"only a lead lets the score .*", "Chỉ trưởng nhóm mới được cho máy xếp hàng trở lại.", None),
    # learning between models, and answers to reasons
    (r"only a lead decides whether the order .*", "Chỉ trưởng nhóm mới được bật hoặc tắt việc này.", None),
    (r"the order learns from new verdicts already", "Thứ tự đang học từ các kết luận mới rồi.", None),
    (r"the order learns from no new verdicts now", "Thứ tự hiện không học từ kết luận mới.", None),
    (
        r"the order may not learn now: .*",
        "Chưa bật được: một kiểm toán đang báo động. Hãy tìm hiểu kiểm toán đó trước.",
        None,
    ),
    (
        r"the independent audit found too many false flags",
        "Kiểm toán độc lập thấy quá nhiều gợi ý sai.",
        None,
    ),
    (
        r"the weekly audit's alarm for missed claims rings",
        "Kiểm toán hằng tuần báo động vì sót tin sai.",
        None,
    ),
    (r"the model that served was taken back", "Mô hình đang dùng khi bật đã bị lùi lại.", None),
    (
        r"would flag (.*) more of the protected texts .*",
        r"Điều học được sẽ đẩy thêm \1 câu được bảo vệ qua ngưỡng.",
        None,
    ),
    (
        r"would lift the protected texts by .*",
        "Điều học được sẽ đẩy các câu được bảo vệ lên cao hơn.",
        None,
    ),
    (
        r"would make false flags uneven over topics",
        "Điều học được sẽ làm gợi ý sai lệch giữa các chủ đề.",
        None,
    ),
    (
        r"would make false flags uneven over text .*",
        "Điều học được sẽ làm gợi ý sai lệch giữa chữ có dấu và không dấu.",
        None,
    ),
    (r"why: write (\d+) to (\d+) characters", r"Vì sao: hãy viết từ \1 đến \2 ký tự.", "why"),
    (r"this reason is not shown any more", "Lý do này không còn được nêu nữa.", None),
    (r"you have answered this reason already", "Bạn đã nói về lý do này rồi.", None),
    (r"the score fills the queue already", "Máy đang tự xếp hàng; không có gì để mở lại.", None),
    (r"until: choose a day within the next 30", "Hãy chọn một ngày trong 30 ngày tới.", "until"),
    (r"\w+: choose a day", "Hãy chọn một ngày hợp lệ.", None),
    (
        r"correction: the Vietnamese text comes first",
        "Bản tiếng Việt phải có trước.",
        "vi-title",
    ),
    (
        r"this claim is not open for review any more",
        "Điều này không còn chờ thẩm định: có người đã làm xong trước bạn.",
        None,
    ),
    (
        r"this claim was erased or never existed",
        "Điều này đã được xóa, hoặc chưa từng có.",
        None,
    ),
    (
        r"the ten seconds are over: this review counts",
        "Đã quá mười giây: ý kiến này đã được tính.",
        None,
    ),
    (r"claims: choose 1 to (\d+)", r"Hãy chọn từ 1 đến \1 điều.", "chon"),
    (
        r"one of these claims is not open for your review any more",
        "Có điều trong số này không còn chờ bạn thẩm định. Hãy xem lại danh sách rồi ghi lại.",
        "chon",
    ),
    (r"draft: at most (\d+) characters", r"Bản nháp dài quá \1 ký tự.", None),
    (r"name: write 1 to (\d+) characters", r"Tên khung nhìn: từ 1 đến \1 ký tự.", "name"),
    (r"query: too long", "Bộ lọc quá dài.", None),
    (r"you have (\d+) views; delete one first", r"Bạn đã có \1 khung nhìn; hãy bỏ bớt một cái.", None),
    (r"this account may not review", "Tài khoản này không được thẩm định.", None),
    (
        r"you have reviewed this claim; .*",
        "Bạn đã thẩm định điều này; ý kiến thứ hai phải là của người khác.",
        None,
    ),
    (
        r"you decided this claim before; .*",
        "Bạn đã quyết định điều này trước đây; khiếu nại phải do người khác xét.",
        None,
    ),
    (
        r"a published claim cannot be erased: decide the appeal",
        "Điều đã công bố thì không xóa được: hãy xét khiếu nại.",
        "opinion",
    ),
    (
        r"a published claim is rated again: .*",
        "Điều đã công bố phải được xếp loại lại: hãy xét khiếu nại bằng một trong bốn kết luận.",
        "opinion",
    ),
    (r"only a lead publishes", "Chỉ trưởng nhóm mới được công bố.", None),
    (r"two people have not agreed .*", "Hai người chưa cùng ý kiến về điều này.", None),
    (
        r"you gave the first review; another lead publishes it",
        "Bạn là người thẩm định đầu tiên; một trưởng nhóm khác phải công bố.",
        None,
    ),
    (
        r"a verdict needs one primary source or two independent ones",
        "Kết luận cần một nguồn gốc hoặc hai nguồn độc lập.",
        None,
    ),
    (r"this correction has no verdict", "Bản đính chính này chưa có kết luận.", None),
    (r"there is no such correction", "Không có bản đính chính này.", None),
    (r"this correction is not published in (\w+) yet", "Bản đính chính này chưa có ở ngôn ngữ đó.", None),
    (r"password: (\d+) to (\d+) characters", r"Mật khẩu phải có từ \1 đến \2 ký tự.", "password"),
    (
        r"password: too easy to guess, .*",
        "Mật khẩu này dễ đoán; vài từ không liên quan với nhau thì tốt hơn.",
        "password",
    ),
    (r"password: may not be made of the username", "Mật khẩu không được là tên đăng nhập.", "password"),
    (r"password: the present one is wrong", "Mật khẩu hiện nay không đúng.", "present"),
    (
        r"sign-in: is more than ten minutes old, .*",
        "Bạn đăng nhập đã quá mười phút. Hãy đăng xuất rồi đăng nhập lại, rồi làm việc này.",
        "",
    ),
    (r"password: is the present one, .*", "Đây là mật khẩu đang dùng; hãy chọn mật khẩu khác.", "password"),
    (
        r"username: 2 to 32 characters .*",
        "Tên đăng nhập: 2 đến 32 ký tự gồm a-z, 0-9, chấm, gạch ngang, gạch dưới.",
        "username",
    ),
    (r"username (.*): is taken", r"Tên đăng nhập “\1” đã có người dùng.", "username"),
    (r"username (.*): there is no such account", r"Không có tài khoản “\1”.", "username"),
    (r"role: choose one", "Hãy chọn một vai trò.", "role"),
    (r"you cannot close your own account", "Bạn không thể khóa tài khoản của chính mình.", None),
    (r"you cannot change your own role", "Bạn không thể đổi vai trò của chính mình.", None),
    (r"correction: nothing was changed", "Chưa có chữ nào thay đổi.", "vi-title"),
    (r"there is no such (topic|version of this correction|appeal|file)", "Không có trang này.", None),
    (r"model: choose one", "Hãy chọn một mô hình.", None),
    (r"model (\d+): is not in the registry", r"Không có mô hình #\1.", None),
    (r"another model was promoted at the same moment", "Có người vừa đưa một mô hình khác vào dùng.", None),
    (r"another model is on trial: .*", "Đang chạy thử một mô hình khác: hãy ngừng chạy thử trước.", None),
    (r"no model is on trial", "Không có mô hình nào đang chạy thử.", None),
    (r"model (\d+): only a candidate can be tried", r"Chỉ chạy thử được mô hình đang chờ duyệt (#\1).", None),
    (r"no model serves: .*", "Chưa có mô hình nào đang dùng để quay lại.", None),
    (r"the model before cannot serve: (.*)", r"Mô hình trước không dùng được: \1.", None),
    (r"only a lead decides which model serves", "Chỉ trưởng nhóm mới được quyết định mô hình.", None),
    (r"model (\d+): is (\w+), not a candidate(.*)", r"Mô hình #\1 không chờ duyệt (\2).", None),
    (
        r"this is the last admin account: .*",
        "Đây là tài khoản quản trị cuối cùng: hãy tạo một tài khoản khác.",
        None,
    ),
    (
        r"receipt: there is no tip of this receipt, or it was erased",
        "Không có tin nào ứng với mã này, hoặc tin đã được xóa.",
        "receipt",
    ),
    (r"text: write something", "Hãy dán hoặc gõ nội dung tin.", "text"),
    (r"text: at most (\d+) characters", r"Tin dài quá \1 ký tự: hãy gửi phần chính.", "text"),
    (
        r"form: holds fields that this page does not have",
        "Biểu mẫu có ô lạ. Hãy mở lại trang và gửi lại.",
        None,
    ),
    (r"form: .*", "Biểu mẫu không đọc được. Hãy mở lại trang và gửi lần nữa.", None),
)
_OF_VISITORS = (
    "reason: write",
    "receipt: ",
    "text: write",
    "text: at most",
    "form: ",
    "there is no such",
    "this correction is not published",
)
PUBLIC = tuple(line for pattern, line, _ in _TABLE if pattern.startswith(_OF_VISITORS))
"""Lines that the public door can show, which every catalogue holds."""
_RUN = re.compile(r"(\w\w)\.(\w+): repeats a tip's own words \(“(.*)…”\); say it in yours")
_EMPTY = re.compile(r"(\w\w)\.(\w+): may not be empty")
_ALOUD = re.compile(r"(\w\w)\.(spoken): longer than (\d+) words when read aloud")
_LONG = re.compile(r"(\w\w)\.(\w+): at most (\d+) characters")
_OF_CORRECTIONS = (
    (_RUN, "trùng hơn sáu từ với tin của người dân (“{2}…”). Hãy viết bằng lời của bàn tin."),
    (_EMPTY, "chưa có nội dung."),
    (_LONG, "dài quá {2} ký tự."),
    (_ALOUD, "dài quá {2} tiếng khi đọc lên; nửa phút chỉ đọc được chừng ấy."),
)
STAFF = (
    *(line for _, line, _ in _TABLE),
    *(line for _, line in _OF_CORRECTIONS),
    *FIELD_NAMES.values(),
    *LANGUAGES.values(),
    *(upper_first(name) for name in LANGUAGES.values()),
)
"""Lines that the pages of staff can show, which the English catalogue holds."""


def translate(error: Exception, language: str = FIRST) -> Message:
    """The line of an error for a reader, or a general one that shows the English after it.

    English has every line; Khmer those that the public door shows.
    """
    text = str(error)
    found = _of_correction(text, language) or _of_table(text, language)
    # not in an f-string, which the catalogue's tool cannot look into
    return found or Message(say(language, "Không làm được") + f": {text}")


def known(text: str) -> bool:
    """Whether a message has a row of its own."""
    return (_of_correction(text) or _of_table(text)) is not None


def _of_table(text: str, language: str = FIRST) -> Message | None:
    for pattern, line, field in _TABLE:
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match:
            return Message(match.expand(say(language, line)), field)
    return None


def _of_correction(text: str, language: str = FIRST) -> Message | None:
    for pattern, line in _OF_CORRECTIONS:
        match = pattern.fullmatch(text)
        if match and match[1] in LANGUAGES:
            name = say(language, FIELD_NAMES.get(match[2], match[2]))
            told = say(language, line).format(*match.groups())
            return Message(f"{name} ({say(language, LANGUAGES[match[1]])}): {told}", f"{match[1]}-{match[2]}")
    return None

"""PDF notices of public bodies: their text, never their metadata; broken and hostile files are counted."""

import io
import zlib
from collections.abc import Callable
from datetime import date

import pypdf
import pytest
import typst

from crawlers import pdf, worker
from models.vocabulary import Outcome, SourceKind
from tests.crawlers.limits import MEBIBYTES, SECONDS, Measured, measure
from tests.crawlers.reader import make_reader

PDF = "application/pdf"
NAME = "Nguyễn Văn Canary"
NOTICE = f"""
#set document(author: "{NAME}", title: "CANARY của máy", keywords: ("CANARY",))
#set page(width: 12cm, height: 16cm, header: [SỞ MẪU TỈNH VĨNH LONG], numbering: "1/1")
#set text(size: 10pt)
Vĩnh Long, ngày 20 tháng 11 năm 2026

= THÔNG BÁO

Về việc tin đồn phát thuốc miễn phí tại nhà

Những ngày qua có tin đồn rằng Sở cho người đến từng nhà phát thuốc chữa sốt xuất huyết và thu năm trăm nghìn
đồng một hộ. Sở không cử ai làm việc này.

- Người dân không đưa tiền và không uống thuốc của người lạ mang đến tận nhà.

- Khi cần, bà con đến trạm y tế xã để được khám.

#pagebreak()
Thông báo này có hiệu lực từ ngày ký.

#pagebreak()
Nơi nhận:

- Như trên;

KT. GIÁM ĐỐC

PHÓ GIÁM ĐỐC

{NAME}
"""


@pytest.fixture(scope="module")
def notice(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    source = tmp_path_factory.mktemp("pdf") / "notice.typ"
    source.write_text(NOTICE, encoding="utf-8")
    made = typst.compile(source)
    assert isinstance(made, bytes)
    return made


def read(body: bytes, *, content_type: str = PDF, allowed: bool = True) -> worker.PageResult:
    return worker._read_page(
        worker.PageTask(body, content_type, "https://so.vn/a.pdf", allowed), make_reader()
    )


def test_a_notice_is_read_as_paragraphs(notice: bytes) -> None:
    article = pdf.article(notice)
    lines = article.text.split("\n")
    assert article.title == "Về việc tin đồn phát thuốc miễn phí tại nhà"
    assert article.day == date(2026, 11, 20)
    long = (
        "Những ngày qua có tin đồn rằng Sở cho người đến từng nhà phát thuốc chữa sốt xuất huyết và thu năm"
    )
    assert any(line.startswith(long) and line.endswith("Sở không cử ai làm việc này.") for line in lines)
    assert "• Khi cần, bà con đến trạm y tế xã để được khám." in lines
    assert "Thông báo này có hiệu lực từ ngày ký." in lines
    assert not any("SỞ MẪU" in line or line.startswith("1/") for line in lines), "what every page repeats"


def test_who_made_and_who_signed_it_is_not_read(notice: bytes) -> None:
    metadata = pypdf.PdfReader(io.BytesIO(notice)).metadata
    assert "Canary" in str(metadata), "positive control: the file names its author"
    assert "Canary" in "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(notice)).pages)
    article = pdf.article(notice)
    assert "canary" not in f"{article}".lower()


def test_only_public_bodies_and_health_services(notice: bytes) -> None:
    assert {SourceKind.PUBLIC_BODY, SourceKind.HEALTH} == pdf.KINDS
    kept = read(notice)
    assert kept.outcome == Outcome.KEPT
    assert kept.day == date(2026, 11, 20)
    assert read(notice, allowed=False).outcome == Outcome.NOT_HTML


@pytest.mark.parametrize(
    ("content_type", "outcome"),
    [
        (PDF, Outcome.KEPT),
        ("application/pdf; charset=binary", Outcome.KEPT),
        ("application/octet-stream", Outcome.KEPT),
        ("", Outcome.KEPT),
        ("text/html", Outcome.NOT_HTML),
        ("image/png", Outcome.NOT_HTML),
    ],
)
def test_label_and_first_bytes_have_to_agree(notice: bytes, content_type: str, outcome: Outcome) -> None:
    assert read(notice, content_type=content_type).outcome == outcome
    assert read(b"<html>error</html>").outcome == Outcome.NOT_HTML


def test_a_notice_without_a_text_layer_raises_the_alarm() -> None:
    writer = pypdf.PdfWriter()
    for _ in range(3):
        writer.add_blank_page(width=200, height=200)
    scan = io.BytesIO()
    writer.write(scan)
    assert pdf.article(scan.getvalue()).text == ""
    assert read(scan.getvalue()).outcome == Outcome.EMPTY


def encrypted(notice: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(notice))
    writer.encrypt("", "owner", algorithm="RC4-40")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def built(*objects: bytes, root: int = 1) -> bytes:
    """A PDF file of these objects, numbered from 1, with its table."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out + b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, root, start)
    )


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (extra, len(data), data)


FONT = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


def paged(content: bytes, extra: bytes = b"") -> bytes:
    """One page with this content stream."""
    return built(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources %s>>" % FONT,
        stream(content, extra),
    )


def many_pages(n: int) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources %s>>" % FONT
    kids = b" ".join([b"3 0 R"] * n)
    text = stream(b"BT /F 9 Tf (trang) Tj ET")
    return built(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, n), page, text
    )


def squeezed(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return paged(data, b"/Filter[%s]" % (b"/FlateDecode" * times))


LOOP = built(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>")
HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "encrypted": encrypted,
    "cut in half": lambda notice: notice[: len(notice) // 2],
    "cut at the start": lambda notice: b"%PDF-1.7\n" + notice[len(notice) // 2 :],
    "only a head": lambda _: b"%PDF-1.7\n",
    "zeros": lambda _: b"%PDF-1.7\n" + bytes(100_000),
    "wrong table": lambda notice: notice.replace(b"startxref", b"startxxxx"),
    "flipped bytes": lambda notice: bytes(byte ^ (at % 97 == 0) for at, byte in enumerate(notice)),
    "too large": lambda notice: notice + bytes(pdf.LARGEST),
    "pages that hold themselves": lambda _: LOOP,
    "root that is itself": lambda _: built(b"<</Type/Catalog/Pages 1 0 R>>"),
    "stream bomb": lambda _: squeezed(bytes(500_000_000)),
    "bomb in a bomb": lambda _: squeezed(b"BT /F 9 Tf (a) Tj ET " * 8_000_000, 2),
    "many filters": lambda _: paged(b"x", b"/Filter[%s]" % (b"/FlateDecode" * 5000)),
    "nested arrays": lambda _: paged(b"[" * 1_000_000),
    "nested dictionaries": lambda _: built(b"<</a" * 100_000),
    "deep page tree": lambda _: built(
        b"<</Type/Catalog/Pages 2 0 R>>",
        *(b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (at + 1) for at in range(2, 3000)),
    ),
    "slow text": lambda _: squeezed(b"BT /F 9 Tf " + b"1 0 0 1 5 5 Tm (abc) Tj " * 600_000 + b"ET"),
    "many fonts": lambda _: squeezed(b"BT " + b"/F 9 Tf (a) Tj " * 900_000 + b"ET"),
    "long string": lambda _: squeezed(b"BT /F 9 Tf (" + b"a" * 15_000_000 + b") Tj ET"),
    "a hundred thousand pages": lambda _: many_pages(100_000),
    "declared length": lambda _: built(b"<</Length 999999999999>>stream\nx\nendstream"),
    "PDF in name alone": lambda _: b"%PDF-1.7 <html><script>x</script></html>",
}


@pytest.fixture(scope="module")
def measured(notice: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    folder = tmp_path_factory.mktemp("hostile")
    for name, make in HOSTILE.items():
        (folder / f"{name}.pdf").write_bytes(make(notice))
    return {one.name: one for one in measure("pdf", 0, folder)}


@pytest.mark.parametrize("name", HOSTILE)
def test_broken_and_hostile_files_are_counted_and_harm_nothing(
    name: str, measured: dict[str, Measured]
) -> None:
    one = measured[name]
    assert one.alive, "it ended the process"
    assert one.seconds <= SECONDS
    assert one.mebibytes <= MEBIBYTES
    harmless = {Outcome.PARSE_ERROR, Outcome.EMPTY, Outcome.NOT_OURS}
    assert one.said in harmless or name in {"flipped bytes", "wrong table"}
    assert name not in {"encrypted", "too large", "only a head", "zeros"} or one.said == Outcome.PARSE_ERROR


def test_limits_are_as_before_afterwards(notice: bytes) -> None:
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGVTALRM)
    pdf.article(notice)
    with pytest.raises(pdf.PdfError):
        pdf.article(b"%PDF-1.7\n")
    assert (resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGVTALRM)) == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_no_more_pages_than_a_notice_has() -> None:
    assert pdf.article(many_pages(pdf.MOST_PAGES + 5)).text.count("trang") <= pdf.MOST_PAGES


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        (["Người dân không đưa tiền", "cho người lạ."], ["Người dân không đưa tiền cho người lạ."]),
        (["The hospital an-", "nounces a day."], ["The hospital announces a day."]),
        (["Dịch COVID-", "19 đã lui, bà con an tâm."], ["Dịch COVID-19 đã lui, bà con an tâm."]),
        (["THÔNG BÁO", "Về việc nghỉ lễ"], ["THÔNG BÁO", "Về việc nghỉ lễ"]),
        (
            ["Gồm các xã sau đây:", "- An Bình", "- Bình Hòa"],
            ["Gồm các xã sau đây:", "- An Bình", "- Bình Hòa"],
        ),
        (["Câu một dài vừa đủ một dòng.", "Câu hai."], ["Câu một dài vừa đủ một dòng.", "Câu hai."]),
        (["đoạn một", "", "đoạn hai"], ["đoạn một", "đoạn hai"]),
        (["1. Mục một", "tiếp theo", "2. Mục hai"], ["1. Mục một tiếp theo", "2. Mục hai"]),
    ],
)
def test_lines_are_joined_again(lines: list[str], paragraphs: list[str]) -> None:
    assert pdf._joined(lines) == paragraphs


def test_old_fonts_are_read() -> None:
    from crawlers import charsets
    from tests.crawlers.test_texts import ENCODED, TEXT

    assert charsets.unpack(ENCODED["tcvn3"].decode("latin-1")) == TEXT

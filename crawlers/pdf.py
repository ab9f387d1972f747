"""Notices that public bodies publish as PDF: the text layer alone, by pypdf, within caps.

Who made the file, who signed it and every other piece of metadata is never read (rule 1).
"""

import io
import re
import resource
import signal
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

from crawlers import charsets, signatures
from crawlers.extract import LONGEST_TEXT, Article
from models.vocabulary import SourceKind

if TYPE_CHECKING:
    from pypdf import PdfReader

KINDS = frozenset([SourceKind.PUBLIC_BODY, SourceKind.HEALTH])
"""Whose PDF files are read; those of all others stay `not_html`."""
LARGEST = 8 * 1024 * 1024
MOST_PAGES = 40
MOST_SECONDS = 4.0
MOST_MEMORY = 256 * 1024 * 1024
_MOST_STREAM = 8 * 1024 * 1024
_TYPES = frozenset(["application/pdf", "application/x-pdf", "application/octet-stream", ""])
_HEAD = 1024

_PAGE_NUMBER = re.compile(r"(?:trang|page)?\s?[-–]?\s?\d{1,4}\s?(?:[/|]\s?\d{1,4})?\s?[-–]?", re.IGNORECASE)
_STARTS_PARAGRAPH = re.compile(
    r"[-–+•*▪●]\s|\(?(?:\d{1,3}|[a-zđ]|[IVX]{1,5})[.)]\s|(?:Điều|Mục|Chương|Phần|Căn cứ|Kính gửi|PHỤ LỤC)\b"
)
_ENDS = (".", "!", "?", ":", ";", "…", "”", '"')
_SIGNED_BY = re.compile(
    r"(?:nơi nhận\s?:|(?:kt|tm|tl|tuq|q)\.\s?\w|người ký\s?:|ký bởi\s?:|thời gian ký\s?:|\(?đã ký\b"
    r"|signed by\b)",
    re.IGNORECASE,
)
_AFTER_SIGNATURE = re.compile(r"(?:phụ lục|danh sách|biểu|mẫu số)\b", re.IGNORECASE)
_LONGEST_SIGNATURE = 30
_ABOUT = re.compile(r"(?:V/v|Về việc|Về)\s?:?\s\S.{8,}", re.IGNORECASE)
_DAY = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
_REPEATED = 3


class PdfError(ValueError):
    """A PDF that is broken, encrypted, or larger or slower than a notice is."""


class _TooLong(BaseException):
    """The time for one file is over; no Exception, because pypdf catches those on its way."""


def is_pdf(body: bytes, content_type: str) -> bool:
    """Whether both the label and the first bytes say that this is a PDF file."""
    declared = content_type.partition(";")[0].strip().lower()
    return declared in _TYPES and b"%PDF-" in body[:_HEAD]


def article(body: bytes) -> Article:
    """The text of a PDF notice, its subject and its day; an empty text if it has no text layer.

    Raises `PdfError` for a file that cannot or may not be read.
    """
    text = charsets.unpack("\n".join(_lines(_pages(body))))
    lines = _unsigned(charsets.clean(text)[:LONGEST_TEXT].split("\n"))
    paragraphs = _joined(lines)
    subject = next((one for one in paragraphs[:12] if len(one) <= 300 and _ABOUT.match(one)), "")
    return Article(subject, signatures.drop("\n".join(paragraphs)), _day(paragraphs), "")


# --- bytes to lines


def _pages(body: bytes) -> list[str]:
    if len(body) > LARGEST:
        raise PdfError("larger than 8 MB")
    from pypdf import PdfReader, apply_configuration

    try:
        with _limits(), apply_configuration(**_caps()):
            return _texts(PdfReader(io.BytesIO(body)))
    except PdfError:
        raise
    except (Exception, _TooLong) as error:
        # pypdf raises many kinds of errors for broken files, and so does Python for deep ones
        raise PdfError(type(error).__name__) from error


def _caps() -> dict[str, Any]:
    names = ("zlib", "lzw", "run_length", "brotli", "jbig2")
    outputs = {f"{name}_maximum_output_length": _MOST_STREAM for name in names}
    return outputs | {
        "maximum_declared_stream_length": LARGEST,
        "array_based_stream_maximum_output_length": _MOST_STREAM,
        "stream_decoding_work_maximum_length": 4 * _MOST_STREAM,
        "stream_parsing_work_maximum_count": 500_000,
        "page_tree_maximum_entries": 10_000,
        "page_tree_maximum_page_entries": 100_000,
        # no other program is ever started
        "jbig2dec_binary": None,
    }


def _texts(reader: "PdfReader") -> list[str]:
    if reader.is_encrypted:
        raise PdfError("encrypted")
    found: list[str] = []
    total = 0
    for number, page in enumerate(reader.pages):
        if number == MOST_PAGES or total > LONGEST_TEXT:
            break
        found.append(page.extract_text())
        total += len(found[-1])
    return found


@contextmanager
def _limits() -> Iterator[None]:
    """Processor time and memory for one file; both as they were afterwards."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    room = _address_space() + MOST_MEMORY
    if soft == resource.RLIM_INFINITY or room < soft:
        resource.setrlimit(resource.RLIMIT_AS, (room, hard))
    # signals reach the main thread alone, which is where an extraction process works
    timed = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGVTALRM, _out_of_time) if timed else None
    if timed:
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS, 1.0)
    try:
        yield
    finally:
        if timed:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before or signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _out_of_time(*_: object) -> NoReturn:
    raise _TooLong


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def _lines(pages: Sequence[str]) -> list[str]:
    """The lines of all pages without page numbers and what stands on every page."""
    split = [[line.strip() for line in page.split("\n")] for page in pages]
    seen: dict[str, int] = {}
    for lines in split:
        for line in {*lines[:2], *lines[-2:]} - {""}:
            seen[line] = seen.get(line, 0) + 1
    repeated = {line for line, times in seen.items() if times >= _REPEATED}
    return [
        line
        for lines in split
        for line in lines
        if not (line in repeated or (line and _PAGE_NUMBER.fullmatch(line)))
    ]


# --- lines to paragraphs


def _unsigned(lines: list[str]) -> list[str]:
    """The lines without the block of recipients and signatures that ends an official notice."""
    kept: list[str] = []
    skipping = 0
    for number, line in enumerate(lines):
        # the head of a notice names the office that issues it, in the same words
        if not skipping and number > len(lines) // 4 and _SIGNED_BY.match(line):
            skipping = _LONGEST_SIGNATURE
        if skipping and _AFTER_SIGNATURE.match(line):
            skipping = 0
        if skipping:
            skipping -= 1
        else:
            kept.append(line)
    return kept


def _joined(lines: Sequence[str]) -> list[str]:
    """Paragraphs from lines that were broken at the edge of the page."""
    lengths = [len(line) for line in lines if line]
    full = 0.75 * statistics.quantiles(lengths, n=10)[-1] if len(lengths) > 1 else 0.0
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        if line and last and _goes_on(last, line, full):
            paragraphs[-1] = _glued(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        last = line
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def _goes_on(last: str, line: str, full: float) -> bool:
    if _STARTS_PARAGRAPH.match(line) or last.isupper() != line.isupper():
        return False
    if line[0].islower() or re.search(r"[^\W\d_]-$", last):
        return True
    return len(last) >= full and not last.endswith(_ENDS)


def _glued(paragraph: str, line: str) -> str:
    # a word broken at the end of a line; "COVID-" and "19" belong together with their hyphen
    if paragraph.endswith("-") and paragraph[-2:-1].isalpha():
        broken = paragraph[-2].islower() and line[0].islower()
        return f"{paragraph[:-1] if broken else paragraph}{line}"
    return f"{paragraph} {line}"


def _day(paragraphs: Sequence[str]) -> date | None:
    found = _DAY.search("\n".join(paragraphs[:12]))
    if found is None:
        return None
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None

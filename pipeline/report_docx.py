"""A report as DOCX, with real styles, table header rows, words for each chart, and the language of the text.

python-docx writes the time of writing into the ZIP and its own name into the properties; both are put right
here, so that the same report is the same bytes. docx and vl_convert are imported where they are used.
"""

import io
import zipfile
from datetime import datetime, time
from typing import TYPE_CHECKING

from pipeline.report import Block, Drawing, Heading, Items, Note, Paragraph, Report, Table, flat

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable
    from docx.text.paragraph import Paragraph as WordParagraph

FONT = "Times New Roman"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can hold
PNG_SCALE = 2.0


def render(report: Report) -> bytes:
    """The file."""
    import docx

    document = docx.Document()
    _properties(document, report)
    _styles(document, report.tag)
    document.add_heading(report.title, level=0)
    document.add_paragraph(report.lead, style="Subtitle")
    for block in flat(report.blocks):
        _add(document, block)
    out = io.BytesIO()
    document.save(out)
    return steady(out.getvalue())


def steady(archive: bytes) -> bytes:
    """The same ZIP with every entry at one fixed time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, old.read(name))
    return out.getvalue()


def _properties(document: "Document", report: Report) -> None:
    core = document.core_properties
    core.title, core.author, core.last_modified_by = report.title, report.author, report.author
    core.language, core.subject, core.comments, core.keywords = report.tag, report.lead, "", ""
    core.created = core.modified = datetime.combine(report.day, time())
    core.revision = 1


def _styles(document: "Document", tag: str) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Caption", "Intense Quote"):
        font = document.styles[name].font
        font.name = FONT
        # a theme's font would win over the name
        fonts = font.element.rPr.rFonts
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)
        fonts.set(qn("w:eastAsia"), FONT)
    document.styles["Normal"].font.size = Pt(11)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), tag)
        language.set(qn("w:eastAsia"), tag)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)


def _add(document: "Document", block: Block) -> None:
    if isinstance(block, Heading):
        document.add_heading(block.text, level=block.level)
    elif isinstance(block, Paragraph):
        document.add_paragraph(block.text)
    elif isinstance(block, Note):
        document.add_paragraph(block.text, style="Intense Quote")
    elif isinstance(block, Items):
        for text in block.texts:
            document.add_paragraph(text, style="List Bullet")
    elif isinstance(block, Table):
        _add_table(document, block)
    elif isinstance(block, Drawing):
        _add_drawing(document, block)


def _add_table(document: "Document", block: Table) -> None:
    document.add_paragraph(block.caption, style="Caption").paragraph_format.keep_with_next = True
    table = document.add_table(rows=1 + len(block.rows), cols=len(block.head), style="Table Grid")
    # python-docx looks a table's cells up one by one, which takes a second for fifty weeks: taken once
    cells = [cell for row in table.rows for cell in row.cells]
    texts = [*block.head, *(text for row in block.rows for text in row)]
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        _fill(cell.paragraphs[0], text, block, place)
    _head(table)
    _widths(table, block)
    document.add_paragraph()


def _fill(paragraph: "WordParagraph", text: str, block: Table, place: int) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    line, column = divmod(place, len(block.head))
    run = paragraph.add_run(text)
    run.font.size = Pt(8 if block.small else 9.5)
    run.bold = line == 0
    paragraph.paragraph_format.space_after = Pt(1)
    if column in block.numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _head(table: "WordTable") -> None:
    """Mark the first row as one that repeats on every page, and let no row break across pages."""
    from docx.oxml import OxmlElement

    for at, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 -- python-docx has no call for it
        properties.append(OxmlElement("w:cantSplit"))
        if at == 0:
            properties.append(OxmlElement("w:tblHeader"))


def _widths(table: "WordTable", block: Table) -> None:
    from docx.shared import Cm

    shares = list(block.shares) or [1] * len(block.head)
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        width = Cm(17 * share / sum(shares))
        column.width = width
        for cell in column.cells:
            cell.width = width


def _add_drawing(document: "Document", block: Drawing) -> None:
    import vl_convert
    from docx.shared import Cm

    png: bytes = vl_convert.svg_to_png(block.svg, scale=PNG_SCALE)
    picture = document.add_picture(io.BytesIO(png), width=Cm(16.5))
    properties = picture._inline.docPr  # noqa: SLF001 -- python-docx has no call for it
    properties.set("descr", block.alt)
    document.add_paragraph(block.caption, style="Caption")

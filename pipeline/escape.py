"""Cells that a spreadsheet would run as a formula are made plain text (CSV injection).

Excel, LibreOffice and Google Sheets start a formula at `=`, `+`, `-` or `@`, in full-width form too, and
look past leading blanks and a byte order mark; tab, CR, LF and NUL can start a new cell.
"""

_FORMULA = frozenset("=+-@＝＋－＠")
_BREAKS = frozenset("\t\r\n\0")
_PASSED_OVER = " \u00a0\u2007\u202f\u3000\ufeff\u200b"


def escape_cell(text: str) -> str:
    """The text with a leading apostrophe if a spreadsheet could read it as anything but text."""
    bare = text.lstrip(_PASSED_OVER)
    if not bare:
        return text
    return "'" + text if bare[0] in _FORMULA | _BREAKS else text

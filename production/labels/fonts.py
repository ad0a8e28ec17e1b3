"""The fonts as the PDF library knows them; they are embedded where they are used."""

from __future__ import annotations

from functools import cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from production.font_files import path_of


@cache
def registered(name: str) -> str:
    """The name, known to reportlab from now on; the file is read once."""
    pdfmetrics.registerFont(TTFont(name, str(path_of(name))))
    return name


def width_of(text: str, name: str, size: float) -> float:
    """How wide the text is, in the unit of `size`."""
    return float(pdfmetrics.stringWidth(text, registered(name), size))

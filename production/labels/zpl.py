"""A label in the language of Zebra printers, at 203 dpi. The printer draws the codes; letters that its own font lacks,
such as Hangul, go as a picture."""

from __future__ import annotations

import math
from functools import cache

from PIL import ImageFont

from production.font_files import path_of
from production.labels.codes import code128, qr
from production.labels.layout import (
    BARS_HEIGHT,
    BARS_TOP,
    HEIGHT,
    QR_BOX,
    WIDTH,
    Label,
    Text,
    bar_module,
    texts,
)

DOTS = 8  # per mm
QR_SINK = 10  # dots that the printer itself leaves above a QR code


def zpl(label: Label) -> str:
    """One format, ^XA to ^XZ."""
    parts = [
        f"^XA^CI28^PW{_dots(WIDTH)}^LL{_dots(HEIGHT)}^LH0,0",
        _qr(label.number),
        *(_text(text) for text in texts(label)),
        _bars(label.number),
        "^PQ1^XZ",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def escaped(words: str) -> str:
    """As field data after ^FH: whatever would be a command or an escape is written by its number."""
    plain = "".join(letter for letter in words if letter.isprintable())
    return plain.replace("_", "_5F").replace("^", "_5E").replace("~", "_7E")


def _dots(millimetres: float) -> int:
    return round(millimetres * DOTS)


def _qr(number: str) -> str:
    size = len(qr(number))
    module = max(1, _dots(QR_BOX) // (size + 2))
    place = (_dots(QR_BOX) - size * module) // 2
    return f"^FO{place},{max(0, place - QR_SINK)}^BQN,2,{module}^FH^FDQA,{escaped(number)}^FS"


def _bars(number: str) -> str:
    """Nothing where the bars would be too fine."""
    module, widths = bar_module(number), code128(number)
    if module is None or widths is None:
        return ""
    dots = max(1, math.floor(module * DOTS))
    left = max(0, (_dots(WIDTH) - sum(widths) * dots) // 2)
    top, height = _dots(BARS_TOP), _dots(BARS_HEIGHT)
    return f"^BY{dots}^FO{left},{top}^BCN,{height},N,N,N,A^FH^FD{escaped(number)}^FS"


def _text(text: Text) -> str:
    left, size = _dots(text.left), _dots(text.size)
    if all(letter < "\u0100" for letter in text.words):  # Latin-1, which every printer's own font has
        return f"^FO{left},{_dots(text.baseline) - size}^A0N,{size},{size}^FH^FD{escaped(text.words)}^FS"
    return _picture(text, left, size)


def _picture(text: Text, left: int, size: int) -> str:
    """The line as dots: ^GFA, one bit each, rows of whole bytes."""
    font = _font(text.font, size)
    mask = font.getmask(text.words, mode="1")
    width, height = mask.size
    per_row = (width + 7) // 8
    rows = [_row([mask.getpixel((x, y)) for x in range(width)], per_row) for y in range(height)]
    top = max(0, _dots(text.baseline) + font.getbbox(text.words, anchor="ls")[1])
    total = per_row * height
    return f"^FO{left},{top}^GFA,{total},{total},{per_row},{''.join(rows)}^FS"


def _row(pixels: list[int], per_row: int) -> str:
    bits = "".join("1" if pixel else "0" for pixel in pixels).ljust(8 * per_row, "0")
    return f"{int(bits, 2):0{2 * per_row}X}"


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path_of(name)), size)

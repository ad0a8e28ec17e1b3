"""Where everything lies on a label of 60 × 20 mm: QR code and three lines of text above, Code 128 below.

Millimetres from the upper left corner. Each printer's language draws the same layout.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from production.labels.codes import QUIET_BARS, QUIET_QR, code128, qr
from production.labels.fonts import width_of
from production.models import Lot, Serial

WIDTH, HEIGHT = 60.0, 20.0
QR_BOX = 12.5  # its quiet zone included
BARS_TOP, BARS_HEIGHT = 13.4, 6.0
BARS_MARGIN = 1.0
LARGEST_MODULE, SMALLEST_MODULE = 0.33, 0.125  # of Code 128; a finer one no common printer makes
TEXT_LEFT, TEXT_WIDTH = 14.0, 45.0
BASELINES, SIZES = (4.6, 8.2, 11.6), (3.6, 2.6, 2.6)
SMALLEST_TEXT = 1.8
REGULAR, BOLD = "Pretendard", "Pretendard-Bold"


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says: the number is in both codes and in words, the lines are for people."""

    number: str
    lines: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A line at its baseline; `size` as of a font."""

    left: float
    baseline: float
    size: float
    font: str
    words: str


@dataclass(frozen=True, slots=True)
class Box:
    """A dark rectangle."""

    left: float
    top: float
    width: float
    height: float


def label_of(of: Lot | Serial) -> Label:
    """Of a unit: product, lot and position; of a lot: product, date, shift and quantity."""
    lot = of.lot if isinstance(of, Serial) else of
    product = f"{lot.product.model_code} {lot.product.model_name}"
    when = f"{lot.production_date:%Y-%m-%d}"
    if isinstance(of, Serial):
        more = _("%(lot)s · No. %(position)d") % {"lot": lot.lot_number, "position": of.sequence_in_lot}
        return Label(of.serial_number, (product, f"{when} · {more}"))
    more = _("%(shift)s · %(count)d units") % {
        "shift": lot.get_shift_display(),
        "count": lot.target_quantity,
    }
    return Label(lot.lot_number, (product, f"{when} · {more}"))


def texts(label: Label) -> list[Text]:
    """The number in bold and the two lines, each small enough for its place."""
    words = (label.number, *label.lines)
    fonts = (BOLD, REGULAR, REGULAR)
    return [_fitted(TEXT_LEFT, *place) for place in zip(BASELINES, SIZES, fonts, words, strict=True)]


def _fitted(left: float, baseline: float, size: float, font: str, words: str) -> Text:
    wide = width_of(words, font, size)
    size = max(SMALLEST_TEXT, min(size, size * TEXT_WIDTH / wide)) if wide else size
    while width_of(words, font, size) > TEXT_WIDTH:
        words = words[:-2].rstrip() + "…"
    return Text(left, baseline, size, font, words)


def boxes(label: Label) -> list[Box]:
    """The dark parts of both codes."""
    return [*qr_boxes(label.number), *bar_boxes(label.number)]


def qr_boxes(number: str) -> list[Box]:
    """One box per run of dark modules in a row."""
    rows = qr(number)
    module = QR_BOX / (len(rows) + 2 * QUIET_QR)
    return [
        Box((QUIET_QR + start) * module, (QUIET_QR + place) * module, length * module, module)
        for place, row in enumerate(rows)
        for start, length in _runs(row)
    ]


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    found, start = [], 0
    for place, dark in enumerate((*row, False)):
        if not dark:
            if place > start:
                found.append((start, place - start))
            start = place + 1
    return found


def bar_module(number: str) -> float | None:
    """How wide a module of Code 128 is, or None where the number is too long for bars that can be read."""
    widths = code128(number)
    if widths is None:
        return None
    module = min(LARGEST_MODULE, (WIDTH - 2 * BARS_MARGIN) / (sum(widths) + 2 * QUIET_BARS))
    return module if module >= SMALLEST_MODULE else None


def bar_boxes(number: str) -> list[Box]:
    """The bars, in the middle of the label."""
    module, widths = bar_module(number), code128(number)
    if module is None or widths is None:
        return []
    left, found = (WIDTH - sum(widths) * module) / 2, []
    for place, width in enumerate(widths):
        if place % 2 == 0:
            found.append(Box(left, BARS_TOP, width * module, BARS_HEIGHT))
        left += width * module
    return found

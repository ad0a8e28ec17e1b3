"""A label as SVG, for the page and for printing from a browser."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from production.labels.fonts import width_of
from production.labels.layout import BOLD, HEIGHT, WIDTH, Box, Label, Text, boxes, texts

FAMILY = "'Pretendard Variable', Pretendard, 'Noto Sans KR', sans-serif"


def svg(label: Label) -> str:
    """Black on white whatever the page around it; its name is read out as the number."""
    dark = "".join(_box(box) for box in boxes(label))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}mm" height="{HEIGHT:g}mm" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label={quoteattr(label.number)}>'
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>'
        f'<path d="{dark}" fill="#000" shape-rendering="crispEdges"/>'
        f"{''.join(_text(text) for text in texts(label))}</svg>"
    )


def _box(box: Box) -> str:
    return f"M{box.left:.4g} {box.top:.4g}h{box.width:.4g}v{box.height:.4g}h-{box.width:.4g}z"


def _text(text: Text) -> str:
    """As wide as in the label's own font, whichever font the reader has."""
    weight = "700" if text.font == BOLD else "400"
    wide = width_of(text.words, text.font, text.size)
    return (
        f'<text x="{text.left:g}" y="{text.baseline:g}" font-family="{FAMILY}" font-size="{text.size:.3g}" '
        f'font-weight="{weight}" textLength="{wide:.4g}" lengthAdjust="spacingAndGlyphs" fill="#000">'
        f"{escape(text.words)}</text>"
    )

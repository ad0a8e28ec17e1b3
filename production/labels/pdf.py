"""A label as PDF: one page of its size, with the letters it needs embedded."""

from __future__ import annotations

from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from production.labels.fonts import registered
from production.labels.layout import HEIGHT, WIDTH, Label, boxes, texts


def pdf(label: Label) -> bytes:
    """The same label always gives the same bytes."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH * mm, HEIGHT * mm), invariant=True)
    canvas.setTitle(label.number)
    for box in boxes(label):
        top = HEIGHT - box.top - box.height
        canvas.rect(box.left * mm, top * mm, box.width * mm, box.height * mm, stroke=0, fill=1)
    for text in texts(label):
        canvas.setFont(registered(text.font), text.size * mm)
        canvas.drawString(text.left * mm, (HEIGHT - text.baseline) * mm, text.words)
    canvas.save()
    return file.getvalue()

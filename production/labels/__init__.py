"""Labels of lots and units: one layout, drawn as SVG, PDF or ZPL."""

from production.labels.layout import Label, label_of
from production.labels.pdf import pdf
from production.labels.svg import svg
from production.labels.zpl import zpl

__all__ = ["Label", "label_of", "pdf", "svg", "zpl"]

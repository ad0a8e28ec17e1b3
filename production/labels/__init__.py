"""Labels of lots and units: one layout, drawn as SVG, PDF or ZPL."""

from production.labels.files import TYPES, label_file
from production.labels.layout import Label, label_of
from production.labels.pdf import pdf
from production.labels.svg import svg
from production.labels.zpl import zpl

__all__ = ["TYPES", "Label", "label_file", "label_of", "pdf", "svg", "zpl"]
